/* Densenet: every earlier output through a matrix, or a gain a channel, of its own for every layer that
 * reads it. The variants densenet and densenet_diag differ in nothing else.
 *
 *     h_l = sum_{i<l} W_{l,i} v_i,   l = 2..L+1;   h_1 = e
 *
 * An adaptation: the original's growth rate, convolution and batch norm mean nothing for a token's vector.
 */
#ifndef PL_MODEL_VARIANTS_DENSENET_H
#define PL_MODEL_VARIANTS_DENSENET_H

#include "core/model/residual.h"

struct pl_densenet_options {
    int start;     /* identity | normal */
    bool diagonal; /* gains in place of matrices; the member's, in its options_start */
};

#define PL_DENSENET_ROWS                                                                           \
    PL_OPTION_CHOICE(struct pl_densenet_options, start, "identity", "identity|normal",             \
                     "how each W starts: as the identity, which sums outputs, or N(0, 1/(l d))")

struct pl_densenet {
    int *v; /* v_0 .. */
    int count;
    int *w; /* W_{l,i} at l (depth + 1) + i */
};

void pl_densenet_begin(struct pl_build *build, int e);
int pl_densenet_input(struct pl_build *build, long l, int port);
void pl_densenet_output(struct pl_build *build, long l, int y);
int pl_densenet_readout(struct pl_build *build);
int pl_densenet_mix_row(struct pl_build *build, long l); /* of gains; PL_NONE of matrices */
size_t pl_densenet_param_count(const struct pl_host *host, const void *options);
double pl_densenet_flops(const struct pl_host *host, const void *options, long l);

/* The lines of a member's row that are the same for both. */
#define PL_DENSENET_MEMBER                                                                         \
    .family = "cross-layer", .options_size = sizeof(struct pl_densenet_options),                   \
    .state_size = sizeof(struct pl_densenet), .begin = pl_densenet_begin,                          \
    .layer_input = pl_densenet_input, .layer_output = pl_densenet_output,                          \
    .readout = pl_densenet_readout, .param_count = pl_densenet_param_count,                        \
    .mix_row = pl_densenet_mix_row, .flops = pl_densenet_flops

#endif
