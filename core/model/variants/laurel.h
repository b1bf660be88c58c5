/* Laurel: the two parts of LAuReL (Menghani et al., 2411.07501; docs/variants.md 2.10), of which
 * its variants are made. */
#ifndef PL_MODEL_VARIANTS_LAUREL_H
#define PL_MODEL_VARIANTS_LAUREL_H

#include "core/model/variants/single.h"

#define PL_LAUREL_RANK(S, field)                                                                   \
    PL_OPTION_AUTO_INT(S, field, "auto", 1, 65536,                                                 \
                       "rank of the map; auto is 16, in narrow models width / 8")

/* Auto is max(1, min(16, d/8)). */
long pl_laurel_rank(const struct pl_host *host, long rank);

/* RW: the node (a, b) = 2 softmax(w), a number each; parameter residual.rw.l [2]. And a y + b h. */
int pl_laurel_weights(struct pl_build *build, long l);
int pl_laurel_weigh(struct pl_build *build, int weights, int y, int h);

/* LR: A B h; parameters residual.lr_a.l [d,q] and residual.lr_b.l [q,d]. B starts at 0, A with
 * 1/sqrt(q d) where row mod q is the column. */
int pl_laurel_low_rank(struct pl_build *build, long l, long rank, int h);

#endif
