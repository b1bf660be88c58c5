/* Bank: the sources of the attnres family, and its sites over them. The members share options and
 * callbacks; each has rows for the options it offers, and settles others in options_start.
 *
 * Layers come in blocks of S. A finished block is one source, the sum of its outputs; the running block
 * is one more. With S = 1 every output is a source. The bank starts empty and the running vector is e:
 *
 *     before layer l:  attend over bank + running;  at a block's first layer the running vector moves
 *                      into the bank and starts anew
 *     after layer l:   running ← running + y_l
 *     readout:         attend over bank + running
 *
 *     layer   1        2           3            4              (S = 2)
 *     sees    b0       b0 y1       b0 b1        b0 b1 y3
 *
 * With `sources: states` a source is the state e + y_1 + .. at the end of a block, or the present one, in
 * place of a sum of outputs. With `summary: rms` a finished block is the sum of its outputs' RMS norms.
 *
 * Site 1 has the one source e, which is its result.
 */
#ifndef PL_MODEL_VARIANTS_BANK_H
#define PL_MODEL_VARIANTS_BANK_H

#include "core/model/variants/depth.h"

struct pl_bank_options {
    struct pl_depth_options depth;
    long block_size; /* as bound; pl_depth_block_size() gives S */
};

/* A variant's state. */
struct pl_bank {
    struct pl_depth_options options;
    long block_size;           /* S */
    struct pl_sources sources; /* the bank, then the running vector when [running] */
    bool running;              /* is the last source the running vector? */
    int sum;                   /* of all outputs, where queries read it or sources are states */
    int shares;                /* of the running block, with summary: rms; PL_NONE: none yet */
    struct pl_choice_of_sources *chosen; /* of site l, at l */
};

enum pl_status pl_bank_check(const struct pl_host *host, const void *options, const char **key);
void pl_bank_begin(struct pl_build *build, int e);
int pl_bank_input(struct pl_build *build, long l, int port);
void pl_bank_output(struct pl_build *build, long l, int y);
int pl_bank_readout(struct pl_build *build);
int pl_bank_mix_row(struct pl_build *build, long l);
size_t pl_bank_param_count(const struct pl_host *host, const void *options);
double pl_bank_flops(const struct pl_host *host, const void *options, long l);

/* The lines of a member's row that are the same for all. */
#define PL_BANK_MEMBER                                                                             \
    .family = "cross-layer", .sources = "outputs", .options_size = sizeof(struct pl_bank_options), \
    .state_size = sizeof(struct pl_bank), .check = pl_bank_check, .begin = pl_bank_begin,          \
    .layer_input = pl_bank_input, .layer_output = pl_bank_output, .readout = pl_bank_readout,      \
    .param_count = pl_bank_param_count, .mix_row = pl_bank_mix_row, .flops = pl_bank_flops

#endif
