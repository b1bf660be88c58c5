/* Conformance of training: whole steps (forward, backward, update), from the settings of a study to
 * the loss curve, shared by the tests and by `plumbline selftest`.
 *
 *     backends     every variant trains on a backend as it does on ref, step after step
 *     identities   variants that are one function under one host train alike (docs/science.md 2)
 *
 * A run is a pair of a backend and settings, trained on full batches of linear_mix at structure 1; of a
 * transformer, of recall.
 * Two runs are compared by their losses before each step and after the last, each difference as a
 * share of the first run's loss at the start.
 */
#ifndef PL_EXPERIMENTS_TOOLS_CONFORMANCE_TRAINING_H
#define PL_EXPERIMENTS_TOOLS_CONFORMANCE_TRAINING_H

#include "core/model/residual.h"
#include "experiments/tools/conformance.h"

/* [settings] are texts "key=value" of model.*, variant.* and train.*, ended by NULL. */
struct pl_training_run {
    const struct pl_backend *backend;
    const char *const *settings;
};

struct pl_training_gap {
    double start; /* of the initial losses */
    double curve; /* the largest of the whole curve */
    bool same;    /* every loss equal, bit for bit */
};

/* Trains both for [steps] and measures. */
enum pl_status pl_training_compare(struct pl_training_gap *out, const struct pl_training_run *a,
                                   const struct pl_training_run *b, long steps) PL_NODISCARD;

/* 20 steps of [residual] on [backend] and on ref, with SGD and with Adam, with each norm of the host on
 * and off: every loss within 1e-4 relative, and at the end every entry of every parameter within 1e-4
 * of the largest entry its tensor has had. With Adam an entry is left aside when its gradient has come
 * near Adam's eps on ref (below 10 eps, not 0): there the step is the ratio of two roundings. At most a
 * tenth of all entries may be. */
void pl_conformance_training_backend(struct pl_conformance *out, const struct pl_residual *residual,
                                     const struct pl_backend *backend);

/* The same of a transformer on recall, with each option of the host moved, and clipping and decay. An option
 * that no run moves is a failure. */
void pl_conformance_training_transformer(struct pl_conformance *out,
                                         const struct pl_backend *backend);

/* On [backend], with both norms on and norm_eps 0 unless said otherwise:
 *   - standard and rescaled: one initial loss and one loss curve for 50 steps, within the backend's
 *     bounds; with final_norm false they part;
 *   - every variant that says so (PL_RESIDUAL_STARTS_STANDARD): the initial loss of standard;
 *   - attnres_block with block_size 1: the curve of attnres_full, bit for bit. */
void pl_conformance_training_identities(struct pl_conformance *out,
                                        const struct pl_backend *backend);

/* How far two such losses may be apart on [backend]. */
struct pl_training_bounds {
    double start, curve;
};
struct pl_training_bounds pl_training_bounds(const struct pl_backend *backend);

#endif
