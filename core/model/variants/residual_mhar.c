/* mhar: multi-head attention residuals (2607.27230): each group of channels chooses its own mixture of
 * the earlier outputs.
 *
 *     h_l[head c] = sum_i softmax_i(w_l[c] . (gain_l * rms(v_i))[c]) v_i[c]
 */
#include "core/model/variants/bank.h"

static const struct pl_option rows[] = {
    PL_DEPTH_ATTENTION_ROWS(struct pl_bank_options, depth, "4"),
    PL_DEPTH_SOURCES_ROW(struct pl_bank_options, depth),
    PL_DEPTH_SUMMARY_ROW(struct pl_bank_options, depth),
    PL_DEPTH_READOUT_ROW(struct pl_bank_options, depth),
    PL_OPTION_INT(struct pl_bank_options, block_size, "1", 1, 1000000,
                  "layers of a block, as attnres_block; with 1 every output is a source"),
};

const struct pl_residual pl_residual_mhar = {
    .name = "mhar",
    PL_BANK_MEMBER,
    .formula = "h_l[head] = sum_i softmax_i(w_l[head] . (gain_l * rms(v_i))[head]) v_i[head]",
    .citation = "\"Multi-Head Attention Residuals\" 2026, arXiv 2607.27230",
    .evidence = "[A] [I]",
    .version = 1,
    .flags = PL_RESIDUAL_STARTS_STANDARD,
    .options = PL_OPTIONS("variant", rows),
};
