/* muddformer_r: multiway dynamic dense connections of the residual stream alone (mudd.h), for any host.
 *
 *     h <- sum_{j<=b} w_{b,j} X_j,   w_b = gelu(rms(X_b) W1_b) W2_b + a_b
 */
#include "core/model/variants/mudd.h"

const struct pl_residual pl_residual_muddformer_r = {
    .name = "muddformer_r",
    PL_MUDD_MEMBER,
    .formula = "X_l = h + y; h <- sum_{j<=l} w_j X_j, w = gelu(rms(X_l) W1_l) W2_l + a_l",
    .flags = PL_RESIDUAL_NEEDS_BLOCKS | PL_RESIDUAL_STARTS_STANDARD,
};
