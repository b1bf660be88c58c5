/* Manifold: what manifold-constrained hyper-connections share (docs/variants.md 3.3 and 3.4). n
 * streams are read, mixed and written by coefficients of the whole state; the members differ in how
 * the mixing matrix comes to be doubly stochastic.
 *
 *     x = rms(vec H)      pre = sigmoid(alpha_pre x phi_pre + b_pre),  post = 2 sigmoid(...)
 *                         res = map(alpha_res x phi_res + b_res)
 *     h_l  = sum_j pre[j] H_j
 *     H'_k = sum_j res[k,j] H_j + post[k] y_l
 */
#ifndef PL_MODEL_VARIANTS_MANIFOLD_H
#define PL_MODEL_VARIANTS_MANIFOLD_H

#include "core/model/variants/streams.h"

enum pl_manifold_init { PL_MANIFOLD_IDENTITY, PL_MANIFOLD_RANDOM };
enum pl_manifold_head { PL_MANIFOLD_SUM, PL_MANIFOLD_SIGMOID };

struct pl_manifold;

/* Of every member; which of streams, factors and iterations there are is told by its rows. */
struct pl_manifold_options {
    /* The member's, in its options_start: its map, as the options have it. */
    struct pl_manifold (*describe)(const struct pl_manifold_options *options);
    int start;   /* enum pl_manifold_init */
    int readout; /* enum pl_manifold_head */
    long streams, iterations;
    int factors;          /* kromhc: one less than the logarithm of its streams */
    double mixing_budget; /* c_mhc: beta, twice what all layers together may mix */
};

#define PL_MANIFOLD_START_ROW(help)                                                                \
    {                                                                                              \
        "start", PL_TYPE_CHOICE, offsetof(struct pl_manifold_options, start), "identity", 0, 0,    \
            "identity|random", help                                                                \
    }
#define PL_MANIFOLD_READOUT_ROW                                                                    \
    {                                                                                              \
        "readout", PL_TYPE_CHOICE, offsetof(struct pl_manifold_options, readout), "sum", 0, 0,     \
            "sum|sigmoid", "the readout: the sum of streams, or a sum weighted as they are read"   \
    }
#define PL_MANIFOLD_ROWS                                                                           \
    PL_MANIFOLD_START_ROW("identity: phi 0, biases near one stream in, no mixing; random: "        \
                          "phi N(0, 0.02^2), biases 0"),                                           \
        PL_MANIFOLD_READOUT_ROW

/* A member: its map from logits to a mixing matrix. */
struct pl_manifold {
    enum pl_doubly map;
    /* In place of [map] where not NULL: [n n] (to, from) from rows [z] of logits. */
    int (*matrix)(struct pl_build *build, int n, int z);
    int n;              /* streams */
    int logits;         /* of the map: columns of phi_res; 0: res = I */
    int iterations;     /* of Sinkhorn */
    int b_rows, b_cols; /* shape of b_res */
    int b_step;         /* entries 0, b_step, ... of b_res start at 0, the others at -8 */
    double flops;       /* of the map, a token */
};

struct pl_manifold_state {
    const struct pl_manifold_options *options;
    struct pl_manifold manifold;
    struct pl_streams streams;
};

void pl_manifold_begin(struct pl_build *build, int e);
int pl_manifold_input(struct pl_build *build, long l, int port);
void pl_manifold_output(struct pl_build *build, long l, int y);
int pl_manifold_readout(struct pl_build *build);
int pl_manifold_mix_row(struct pl_build *build, long l);
size_t pl_manifold_param_count(const struct pl_host *host, const void *options);
double pl_manifold_flops(const struct pl_host *host, const void *options, long l);

/* The lines of a member's row that are the same for all. */
#define PL_MANIFOLD_MEMBER                                                                         \
    .family = "multi-state", .options_size = sizeof(struct pl_manifold_options),                   \
    .options_start = &start, .state_size = sizeof(struct pl_manifold_state),                       \
    .begin = pl_manifold_begin, .layer_input = pl_manifold_input,                                  \
    .layer_output = pl_manifold_output, .readout = pl_manifold_readout,                            \
    .param_count = pl_manifold_param_count, .mix_row = pl_manifold_mix_row,                        \
    .flops = pl_manifold_flops

#endif
