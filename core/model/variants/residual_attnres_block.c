/* attnres_block: attention over block sums (Kimi Team, 2603.15031; docs/variants.md 4.2). What a
 * site sees is drawn in bank.h.
 */
#include "core/model/variants/bank.h"

static const struct pl_option rows[] = {
    PL_DEPTH_ROWS(struct pl_bank_options, depth),
    PL_DEPTH_SOURCES_ROW(struct pl_bank_options, depth),
    PL_DEPTH_SUMMARY_ROW(struct pl_bank_options, depth),
    PL_DEPTH_READOUT_ROW(struct pl_bank_options, depth),
    PL_DEPTH_BLOCK_ROW(struct pl_bank_options),
};

const struct pl_residual pl_residual_attnres_block = {
    .name = "attnres_block",
    PL_BANK_MEMBER,
    .formula = "h_l = sum_n softmax_n(w_l . (gain_l * rms(b_n))) b_n over block sums b_n",
    .citation = "Kimi Team 2026, \"Attention Residuals\", arXiv 2603.15031",
    .evidence = "[P]",
    .version = 1,
    .flags = PL_RESIDUAL_STARTS_STANDARD,
    .options = PL_OPTIONS("variant", rows),
};
