/* delta_attnres: the residual stream plus attention over all earlier outputs (delta_attn.h).
 *
 *     h_l = S_l + g_l sum_{i<l} softmax_i(w_l . (gain_l * rms(v_i))) v_i
 */
#include "core/model/variants/delta_attn.h"

static const struct pl_option rows[] = {
    PL_DELTA_ATTN_ROWS,
};

const struct pl_residual pl_residual_delta_attnres = {
    .name = "delta_attnres",
    PL_DELTA_ATTN_MEMBER,
    .formula = "h_l = S + sum_i softmax_i(w_l . (gain_l * rms(v_i))) v_i; S <- S + y",
    .citation = "Luo et al. 2026, \"Delta Attention Residuals\", arXiv 2605.18855",
    .evidence = "[C]",
    .version = 1,
    .flags = PL_RESIDUAL_STARTS_STANDARD,
    .options = PL_OPTIONS("variant", rows),
};
