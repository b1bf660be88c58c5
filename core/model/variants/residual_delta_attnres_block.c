/* delta_attnres_block: delta attention over e and the sums of finished blocks (delta_attn.h). The released code
 * takes "stream minus last source" for a block's sum; this is the true sum, as in the authors' later code.
 */
#include "core/model/variants/delta_attn.h"

static const struct pl_option rows[] = {
    PL_DELTA_ATTN_ROWS,
    PL_DEPTH_SUMMARY_ROW(struct pl_delta_attn_options, depth),
    PL_DEPTH_BLOCK_ROW(struct pl_delta_attn_options),
};

const struct pl_residual pl_residual_delta_attnres_block = {
    .name = "delta_attnres_block",
    PL_DELTA_ATTN_MEMBER,
    .formula = "h_l = S + sum_b softmax_b(w_l . (gain_l * rms(u_b))) u_b, u = e and block sums; S "
               "<- S + y",
    .citation = "Luo et al. 2026, \"Delta Attention Residuals\", arXiv 2605.18855",
    .evidence = "[C]",
    .version = 1,
    .options = PL_OPTIONS("variant", rows),
};
