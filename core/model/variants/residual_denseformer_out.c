/* denseformer_out: DenseFormer's static, unnormalised sums on layer outputs, at every layer (the form in
 * Table 5 of 2603.15031; Pagliardini et al., 2402.02622, average states: residual_denseformer.c).
 *
 *     h_l = sum_{i<l} a_{l,i} v_i,   a = 1 at the start
 */
#include "core/model/variants/bank.h"

static const struct pl_bank_options start = {
    .depth = {.mix = PL_DEPTH_STATIC, .static_norm = PL_DEPTH_STATIC_NONE, .heads = 1},
};

const struct pl_residual pl_residual_denseformer_out = {
    .name = "denseformer_out",
    PL_BANK_MEMBER,
    .formula = "h_l = sum_i a_l v_i, learned numbers a_l, one a source",
    .citation = "Pagliardini et al. 2024, arXiv 2402.02622, on outputs as in arXiv 2603.15031",
    .evidence = "[P] [D]",
    .version = 1,
    .flags = PL_RESIDUAL_STARTS_STANDARD,
    .options_start = &start,
};
