/* Bank: the sources of the attnres family, and its sites over them. A variant settles its options to
 * struct pl_bank_options and has begin, check, param_count and flops pass them on; the other callbacks
 * are these.
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
 * Site 1 has the one source e, which is its result.
 */
#ifndef PL_MODEL_VARIANTS_BANK_H
#define PL_MODEL_VARIANTS_BANK_H

#include "core/model/variants/depth.h"

struct pl_bank_options {
    struct pl_depth_options depth;
    long block_size; /* S */
};

/* A variant's state. */
struct pl_bank {
    struct pl_bank_options options;
    struct pl_sources sources;           /* the bank, then the running vector when [running] */
    bool running;                        /* is the last source the running vector? */
    int sum;                             /* of all outputs, where queries read it */
    struct pl_choice_of_sources *chosen; /* of site l, at l */
};

void pl_bank_begin(struct pl_build *build, struct pl_bank_options options, int e);
int pl_bank_input(struct pl_build *build, long l, int port);
void pl_bank_output(struct pl_build *build, long l, int y);
int pl_bank_readout(struct pl_build *build);
int pl_bank_mix_row(struct pl_build *build, long l);

size_t pl_bank_params(const struct pl_host *host, struct pl_bank_options options);
double pl_bank_flops(const struct pl_host *host, struct pl_bank_options options, long l);

#endif
