/* attnres_static: one learned logit a source instead of queries and keys (Kimi Team, 2603.15031, Table 4:
 * input-independent mixing).
 *
 *     h_l = sum_{i<l} softmax_i(a_{l,i} / temperature) v_i,   a = 0 at the start
 */
#include "core/model/variants/bank.h"

static const struct pl_option rows[] = {
    PL_DEPTH_STATIC_NORM_ROW(struct pl_bank_options, depth),
    PL_DEPTH_TEMPERATURE_ROW(struct pl_bank_options, depth),
    PL_DEPTH_WINDOW_ROW(struct pl_bank_options, depth),
    PL_DEPTH_SOURCES_ROW(struct pl_bank_options, depth),
    PL_DEPTH_VALUES_ROW(struct pl_bank_options, depth),
    PL_DEPTH_READOUT_ROW(struct pl_bank_options, depth),
};

static const struct pl_bank_options start = {.depth = {.mix = PL_DEPTH_STATIC, .heads = 1}};

const struct pl_residual pl_residual_attnres_static = {
    .name = "attnres_static",
    PL_BANK_MEMBER,
    .formula = "h_l = sum_i softmax_i(a_l / temperature) v_i, learned numbers a_l, one a source",
    .citation = "Kimi Team 2026, \"Attention Residuals\", arXiv 2603.15031",
    .evidence = "[P]",
    .version = 1,
    .flags = PL_RESIDUAL_STARTS_STANDARD,
    .options = PL_OPTIONS("variant", rows),
    .options_start = &start,
};
