/* muddformer: multiway dynamic dense connections, with a stream for each port of attention (mudd.h).
 *
 *     stream c = sum_{j<=b} w_{b,c,j} X_j, c = q, k, v, r;   w_b = gelu(rms(X_b) W1_b) W2_b + a_b
 *
 * The paper's growing widths of MLPs, and its form with norms of states, are not here.
 */
#include "core/model/variants/mudd.h"

static const struct pl_mudd_options start = {.ports = true};

const struct pl_residual pl_residual_muddformer = {
    .name = "muddformer",
    PL_MUDD_MEMBER,
    .formula = "q, k, v, r = sum_{j<=b} w_{b,c,j} X_j each, w = gelu(rms(X_b) W1_b) W2_b + a_b; "
               "X_b = r + y of block b",
    .flags = PL_RESIDUAL_NEEDS_BLOCKS | PL_RESIDUAL_PORTS4 | PL_RESIDUAL_STARTS_STANDARD,
    .options_start = &start,
};
