/* attnres_full: every site attends over all earlier layer outputs (Kimi Team, "Attention Residuals",
 * 2603.15031; switches of docs/variants.md 5 in depth.h).
 *
 *     h_l = sum_{i<l} alpha_i v_i,   alpha = softmax_i(w_l . (gain_l * rms(v_i)))
 *
 *     v_0  v_1  v_2  ...  v_{l-1}
 *      └────┴────┴──── w_l ──┴──► h_l ─► F_l ─► v_l      site 1 has one source: h_1 = v_0
 */
#include "core/model/variants/bank.h"

static const struct pl_option rows[] = {
    PL_DEPTH_ROWS(struct pl_bank_options, depth),
    PL_DEPTH_SOURCES_ROW(struct pl_bank_options, depth),
    PL_DEPTH_READOUT_ROW(struct pl_bank_options, depth),
};

const struct pl_residual pl_residual_attnres_full = {
    .name = "attnres_full",
    PL_BANK_MEMBER,
    .formula = "h_l = sum_i softmax_i(w_l . (gain_l * rms(v_i))) v_i over all outputs before l",
    .citation = "Kimi Team 2026, \"Attention Residuals\", arXiv 2603.15031",
    .evidence = "[P]",
    .version = 1,
    .flags = PL_RESIDUAL_STARTS_STANDARD,
    .options = PL_OPTIONS("variant", rows),
};
