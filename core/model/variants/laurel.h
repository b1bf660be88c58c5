/* Laurel: the two parts of LAuReL (Menghani et al., 2411.07501; docs/variants.md 2.10), of which
 * its variants are made. */
#ifndef PL_MODEL_VARIANTS_LAUREL_H
#define PL_MODEL_VARIANTS_LAUREL_H

#include "core/model/variants/single.h"

/* Options of those with LR. */
struct pl_laurel {
    long rank; /* q; auto (-1) is max(1, min(16, d/8)) */
};
#define PL_LAUREL_ROW                                                                              \
    PL_OPTION_AUTO_INT(struct pl_laurel, rank, "auto", 1, 65536,                                   \
                       "rank of the map; auto is 16, in narrow models width / 8")

/* RW: the node (a, b) = 2 softmax(w), a number each; parameter residual.rw.l [2]. And a y + b h. */
int pl_laurel_weights(struct pl_build *build, long l);
int pl_laurel_weigh(struct pl_build *build, int weights, int y, int h);

/* LR: A B h; parameters residual.lr_a.l [d,q] and residual.lr_b.l [q,d]. B starts at 0, A with
 * 1/sqrt(q d) where row mod q is the column. Over all layers its
 * parameters, and in one its FLOPs: two products. */
int pl_laurel_low_rank(struct pl_build *build, long l, int h);
size_t pl_laurel_low_rank_params(const struct pl_host *host, const void *options);
double pl_laurel_low_rank_flops(const struct pl_host *host, const void *options);

#endif
