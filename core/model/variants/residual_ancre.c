/* ancre: learned shortcut coefficients (2602.09009). Its exact formula was not available; this is
 * attnres_static with a temperature.
 *
 *     h_l = sum_{i<l} softmax_i(a_{l,i} / temperature) v_i,   a = 0 at the start
 */
#include "core/model/variants/bank.h"

static const struct pl_option rows[] = {
    PL_DEPTH_TEMPERATURE_ROW(struct pl_bank_options, depth),
};

static const struct pl_bank_options start = {.depth = {.mix = PL_DEPTH_STATIC, .heads = 1}};

const struct pl_residual pl_residual_ancre = {
    .name = "ancre",
    PL_BANK_MEMBER,
    .formula = "h_l = sum_i softmax_i(a_l / temperature) v_i, learned numbers a_l, one a source",
    .citation = "ANCRe 2026, arXiv 2602.09009",
    .evidence = "[A]",
    .version = 1,
    .flags = PL_RESIDUAL_STARTS_STANDARD,
    .options = PL_OPTIONS("variant", rows),
    .options_start = &start,
};
