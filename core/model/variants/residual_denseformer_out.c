/* denseformer_out: DenseFormer's static, unnormalised sums on layer outputs, at every layer (the form in
 * Table 5 of 2603.15031; Pagliardini et al., 2402.02622, average states: residual_denseformer.c).
 *
 *     h_l = sum_{i<l} a_{l,i} v_i,   a = 1 at the start
 */
#include "core/model/variants/bank.h"

static struct pl_bank_options settled(const struct pl_host *host, const void *options) {
    (void)host, (void)options;
    struct pl_depth_options depth = {.mix = PL_DEPTH_STATIC, .static_norm = PL_DEPTH_STATIC_NONE};
    return (struct pl_bank_options){depth, 1};
}

static void begin(struct pl_build *build, int e) {
    pl_bank_begin(build, settled(build->host, build->options), e);
}

static size_t param_count(const struct pl_host *host, const void *options) {
    return pl_bank_params(host, settled(host, options));
}

static double flops(const struct pl_host *host, const void *options, long l) {
    return pl_bank_flops(host, settled(host, options), l);
}

const struct pl_residual pl_residual_denseformer_out = {
    .name = "denseformer_out",
    .family = "cross-layer",
    .formula = "h_l = sum_i a_l v_i, learned numbers a_l, one a source",
    .citation = "Pagliardini et al. 2024, arXiv 2402.02622, on outputs as in arXiv 2603.15031",
    .evidence = "[P] [D]",
    .version = 1,
    .flags = PL_RESIDUAL_STARTS_STANDARD,
    .options = {.section = "variant"},
    .state_size = sizeof(struct pl_bank),
    .begin = begin,
    .layer_input = pl_bank_input,
    .layer_output = pl_bank_output,
    .readout = pl_bank_readout,
    .param_count = param_count,
    .mix_row = pl_bank_mix_row,
    .flops = flops,
};
