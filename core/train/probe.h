/* Probe: what goes on inside a network, in numbers (docs/diagnostics.md has their formulas).
 *
 *     trainer's program ── parameters ──► probe's program ──► (name, step, layer, source, value) ...
 *                                              ▲
 *                            a fixed batch ────┘
 *
 * A probe has a graph and a program of its own, with whatever it must see as targets: states, outputs,
 * mixing rows, gradients, masks. Training is not touched by one bit. The graph runs on the backend of the
 * cell; means over tokens are taken here, in double and in a fixed order. The batch is drawn once, from the
 * stream "probe" of the seed.
 */
#ifndef PL_TRAIN_PROBE_H
#define PL_TRAIN_PROBE_H

#include "core/train/train.h"

enum pl_probe_at { PL_PROBE_END, PL_PROBE_ENDS, PL_PROBE_EVALUATIONS };

struct pl_probe_options {
    bool all; /* every measure below */
    bool norms, gradients, mixing, attention, streams, rank, source_norms, head_entropy;
    bool ablation, renormalised, site_ablation;
    int at;    /* enum pl_probe_at */
    int split; /* enum pl_split: train, valid or test */
    long samples;
};

extern const struct pl_options pl_probe_options; /* section "diagnostics" */

/* The rows of that table that switch a measure on, [all] first; NULL after the last. */
const struct pl_option *pl_probe_measure_at(size_t index);

/* Whether anything is to be measured. */
bool pl_probe_wanted(const struct pl_probe_options *options);

/* Sets every measure that [all] stands for, and [all] with them when they are all there. */
void pl_probe_settle(struct pl_probe_options *options);

/* Whether what was measured under [have] holds all that [want] asks for. Both are settled. */
bool pl_probe_covers(const struct pl_probe_options *have, const struct pl_probe_options *want);

/* [want], and what [have] has besides under the same conditions, so that nothing is lost when a cell is
 * measured again. */
void pl_probe_unite(struct pl_probe_options *want, const struct pl_probe_options *have);

/* Appends the canonical text of a section of settings, a line each; and back, settled. */
void pl_probe_write(const struct pl_probe_options *options, struct pl_strbuf *out);
enum pl_status pl_probe_read(struct pl_probe_options *out, const char *text) PL_NODISCARD;

/* A number that was measured; an index that it does not have is -1. */
typedef void pl_probe_note(void *ctx, const char *name, long step, int layer, int source,
                           double value);

/* What the second index of a number of that name counts: "source", or "head". */
const char *pl_probe_second_index(const char *name);

struct pl_probe;

/* [network] has a stack, and the parameters of the trained one by name in a graph of its own, which
 * must outlive the probe; masks may come on top, which are constants of ones. Where they renormalise, they
 * are good for [renormalised] alone. Appends gradients, makes plan and program. A split without samples
 * is refused. */
enum pl_status pl_probe_create(struct pl_probe **out, const struct pl_network *network,
                               const struct pl_probe_options *options,
                               const struct pl_backend *backend, const struct pl_dataset *data,
                               uint64_t seed) PL_NODISCARD;
void pl_probe_destroy(struct pl_probe *probe); /* NULL is fine */

/* Measures the network with the parameters that [trained] has now. */
enum pl_status pl_probe_measure(struct pl_probe *probe, struct pl_program *trained, long step,
                                pl_probe_note *note, void *ctx) PL_NODISCARD;

#endif
