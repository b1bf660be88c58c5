/* Delta: delta attention residuals (Luo et al., 2605.18855; wdlctc/delta-attention-residuals-code). The
 * residual stream stays, and each site adds a mixture of earlier outputs to what its layer reads:
 *
 *     h_l = S_l + g_l A_l,   S_l = e + y_1 + ... + y_{l-1},   A_l = sum_i alpha_i u_i;   h_1 = e;   r = S_{L+1}
 *
 * alpha as in attnres. Sources u are e and the sums of finished blocks of S layers: with S = 1 all outputs.
 * g is 1, a learned number, or sigmoid of one. The variants delta_attnres and delta_attnres_block differ in S.
 */
#ifndef PL_MODEL_VARIANTS_DELTA_ATTN_H
#define PL_MODEL_VARIANTS_DELTA_ATTN_H

#include "core/model/variants/depth.h"

enum pl_delta_attn_gate { PL_DELTA_ATTN_NONE, PL_DELTA_ATTN_SCALAR, PL_DELTA_ATTN_SIGMOID };

struct pl_delta_attn_options {
    struct pl_depth_options depth; /* but for the readout, which is no site here */
    int gate;
    long block_size; /* as bound; pl_depth_block_size() gives S */
};

#define PL_DELTA_ATTN_ROWS                                                                         \
    PL_DEPTH_ROWS(struct pl_delta_attn_options, depth),                                            \
        PL_OPTION_CHOICE(struct pl_delta_attn_options, gate, "none", "none|scalar|sigmoid",        \
                         "what the mixture is multiplied by: 1, a learned number from 0, or the "  \
                         "sigmoid of one from -2")

/* A variant's state. */
struct pl_delta_attn {
    struct pl_delta_attn_options options;
    long block_size;                     /* S */
    struct pl_sources sources;           /* e and the sums of finished blocks */
    int s;                               /* S_l */
    int running;                         /* sum of the unfinished block; PL_NONE when empty */
    struct pl_choice_of_sources *chosen; /* of site l, at l */
    int *gate;                           /* of site l, at l; PL_NONE without */
};

enum pl_status pl_delta_attn_check(const struct pl_host *host, const void *options,
                                   const char **key);
void pl_delta_attn_begin(struct pl_build *build, int e);
int pl_delta_attn_input(struct pl_build *build, long l, int port);
void pl_delta_attn_output(struct pl_build *build, long l, int y);
int pl_delta_attn_readout(struct pl_build *build);
int pl_delta_attn_mix_row(struct pl_build *build, long l);
size_t pl_delta_attn_param_count(const struct pl_host *host, const void *options);
double pl_delta_attn_flops(const struct pl_host *host, const void *options, long l);

/* The lines of a member's row that are the same for both. */
#define PL_DELTA_ATTN_MEMBER                                                                       \
    .family = "cross-layer", .sources = "outputs",                                                 \
    .options_size = sizeof(struct pl_delta_attn_options),                                          \
    .state_size = sizeof(struct pl_delta_attn), .check = pl_delta_attn_check,                      \
    .begin = pl_delta_attn_begin, .layer_input = pl_delta_attn_input,                              \
    .layer_output = pl_delta_attn_output, .readout = pl_delta_attn_readout,                        \
    .param_count = pl_delta_attn_param_count, .mix_row = pl_delta_attn_mix_row,                    \
    .flops = pl_delta_attn_flops

#endif
