/* Residual: the contract of a residual variant.
 *
 * A variant says how the outputs of earlier layers reach the next one. It *describes* its forward
 * pass in graph operators; gradients come from the graph and every backend runs it unchanged.
 *
 * For a variant xxx, file residual_xxx.c defines `const struct pl_residual pl_residual_xxx` and
 * promises:
 *   - a drawing or formula at its top, an option table of its own (section "variant");
 *   - begin() is called once with e = v_0; then for l = 1..L layer_input(l) gives the node h_l and
 *     layer_output(l, y_l) absorbs what the host built, y_l = F_l(Norm_l(h_l)); then readout() gives
 *     r = h_{L+1};
 *   - parameters are added through pl_residual_param, named residual.WHAT.l as docs/variants.md 7
 *     has it, so that each starts from a stream of its own;
 *   - param_count() by a formula of its own, which tests hold against the graph.
 *
 *             ┌─ e ─► begin
 *             │
 *     host ───┤  h_l ◄─ layer_input(l, port)   ┐
 *             │  y_l ─► layer_output(l, y)     ┘ l = 1..L
 *             └─ r ◄── readout
 */
#ifndef PL_MODEL_RESIDUAL_H
#define PL_MODEL_RESIDUAL_H

#include "core/config/option.h"
#include "core/config/settings.h"
#include "core/graph/graph.h"
#include "core/model/host.h"

/* The sites being built; a variant keeps its own state in [state]. */
struct pl_build {
    struct pl_graph *graph;
    const struct pl_host *host; /* prenorm and final_norm are settled: never PL_AUTO */
    const void *options;        /* the variant's, bound */
    void *state;                /* state_size bytes, zeroed */
    struct pl_arena *arena;     /* for lists of sources; dies after building */
    int masking;                /* enum pl_masking: what a probe asks for */
    long layer;                 /* the last layer whose output is there, 0 in begin() */
    struct pl_inner inner;      /* of that layer */
    long site;                  /* who reads what is being built: 1 .. L+1 */
    int port, ports;            /* which of how many inputs of its layer; 0 of 1 unless PORTS4 */
    bool look;                  /* a probe wants to see streams, at the cost of nodes */
    struct pl_network *network; /* gets sites and streams */
};

/* Source ablation: sites over depth get a mask residual.mask.l, an entry a source, constant and 1 until
 * the probe writes zeros. The rest is left as it was, or keeps the sum it had with all sources. And every
 * output passes a number residual.source_mask.i, likewise, before the variant has it. */
enum pl_masking { PL_MASKING_OFF, PL_MASKING_DROP, PL_MASKING_RENORMALISE };

/* What a variant asks of its host, and what the host must know. */
enum {
    PL_RESIDUAL_PRENORM_OFF = 1 << 0, /* brings its own norm; `prenorm: true` is refused */
    PL_RESIDUAL_FINAL_NORM_OFF =
        1 << 1, /* its last norm is the final norm; `final_norm: true` is refused */
    PL_RESIDUAL_PORTS4 = 1 << 2,       /* attention reads q, k, v and residual from ports 0..3 */
    PL_RESIDUAL_NEEDS_BLOCKS = 1 << 3, /* works per transformer block (one layer in an MLP model) */
    PL_RESIDUAL_STARTS_STANDARD =
        1 << 4, /* with both norms and eps 0 it starts as the function that standard is */
};

struct pl_residual {
    const char *name;
    const char *family;  /* single-state | multi-state | cross-layer */
    const char *formula; /* one line */
    const char *citation;
    const char
        *evidence; /* [P] paper, [C] authors' code, [I] independent, [A] abstract, [R], [D] */
    /* Attention over depth: "outputs" or "states", what its sites choose from where no option `sources`
     * says so; NULL for others. Two families share the name AttnRes, and whoever prints a result says which. */
    const char *sources;
    int version; /* raised when the same settings and seed give another model */
    unsigned flags;
    struct pl_options options; /* section "variant"; empty without options */
    size_t options_size;
    /* Optional: what options hold before their rows are bound, for choices that a variant of a family has
     * made itself and offers no row for. Empty: zeros. */
    const void *options_start;
    size_t state_size;

    /* Optional: checks options against the host; on refusal *key is the dotted name at fault. */
    enum pl_status (*check)(const struct pl_host *host, const void *options, const char **key);
    void (*begin)(struct pl_build *build, int e); /* required */
    int (*layer_input)(struct pl_build *build, long l,
                       int port); /* required; port 0 unless PORTS4 */
    void (*layer_output)(struct pl_build *build, long l, int y); /* required */
    int (*readout)(struct pl_build *build);                      /* required */
    /* Optional: what F_l reads, given h_l. Empty: pl_residual_prenorm(build, l, h). */
    int (*branch_input)(struct pl_build *build, long l, int h);
    /* Optional: the matrices of every F_l (not its biases) start at this many times their usual
     * values. Empty: 1. */
    double (*branch_init_scale)(const struct pl_host *host, const void *options);
    /* Optional: trained connection parameters by formula. Empty: none. */
    size_t (*param_count)(const struct pl_host *host, const void *options);
    /* Optional, after readout(), for l = 1..L+1: the node of the mixing row M_{. -> l}, or PL_NONE. A row
     * has an entry for each output v_0 .. v_{l-1}, or one for each of its groups of channels, output by
     * output: h_l = pl_depth_mix(row, v_0 .. v_{l-1}), with rows / l heads. */
    int (*mix_row)(struct pl_build *build, long l);
    /* Required: connection FLOPs at layer l, a token, forward (docs/variants.md 7; a multiply-add
     * is 2). */
    double (*flops)(const struct pl_host *host, const void *options, long l);
};

/* The list of variants, in the order of `plumbline list variants`; ended by NULL. */
extern const struct pl_residual *const pl_residuals[];

enum pl_status pl_residual_find(const struct pl_residual **out, const char *name) PL_NODISCARD;

/* What the sites of the variant choose from at its [settings]: "outputs" or "states"; NULL: it does not attend
 * over depth. */
const char *pl_residual_sources(const struct pl_residual *residual,
                                const struct pl_settings *settings);

/* The word of model.kind of the first host that can carry it. */
const char *pl_residual_host(const struct pl_residual *residual);

/* ---- for variants ---- */

/* Parameter residual.WHAT.l [rows, cols] of the connection group (or PL_GROUP_CONSTANT). */
int pl_residual_param(struct pl_build *build, const char *what, long l, long rows, long cols,
                      enum pl_group group, enum pl_fill fill, double a);

/* Tells a probe of a site's weights [count * heads rows, source-major] and of its mask; [from] is copied
 * (NULL: entry k stands for k). */
void pl_residual_saw_site(struct pl_build *build, int weights, int mask, int count,
                          const int *from);

/* Tells a probe of the [n] streams that the present site reads, one under another in [node]. */
void pl_residual_saw_streams(struct pl_build *build, int node, int n);

/* gain * norm(x), of the host's kind, gain 1 at the start; parameter residual.WHAT.l.gain [d] of the
 * connection group. */
int pl_residual_norm(struct pl_build *build, const char *what, long l, int x);

/* The host's Norm_l(h), parameter norms.l.gain; h itself where prenorm is off. */
int pl_residual_prenorm(struct pl_build *build, long l, int h);

#endif
