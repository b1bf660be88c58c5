/* delta_attnres: the residual stream plus attention over all earlier outputs (delta_attn.h).
 *
 *     h_l = S_l + g_l sum_{i<l} softmax_i(w_l . (gain_l * rms(v_i))) v_i
 */
#include "core/model/variants/delta_attn.h"

static const struct pl_option rows[] = {
    PL_DEPTH_ROWS(struct pl_delta_attn_options, depth),
    PL_OPTION_CHOICE(struct pl_delta_attn_options, gate, "none", PL_DELTA_ATTN_GATES,
                     PL_DELTA_ATTN_GATE_HELP),
};

static struct pl_delta_attn_options settled(const struct pl_host *host, const void *options) {
    struct pl_delta_attn_options delta = *(const struct pl_delta_attn_options *)options;
    (void)host;
    delta.block_size = 1;
    return delta;
}

static enum pl_status check(const struct pl_host *host, const void *options, const char **key) {
    return pl_depth_check(host, &((const struct pl_delta_attn_options *)options)->depth, key);
}

static void begin(struct pl_build *build, int e) {
    pl_delta_attn_begin(build, settled(build->host, build->options), e);
}

static size_t param_count(const struct pl_host *host, const void *options) {
    return pl_delta_attn_params(host, settled(host, options));
}

static double flops(const struct pl_host *host, const void *options, long l) {
    return pl_delta_attn_flops(host, settled(host, options), l);
}

const struct pl_residual pl_residual_delta_attnres = {
    .name = "delta_attnres",
    .family = "cross-layer",
    .formula = "h_l = S + sum_i softmax_i(w_l . (gain_l * rms(v_i))) v_i; S <- S + y",
    .citation = "Luo et al. 2026, \"Delta Attention Residuals\", arXiv 2605.18855",
    .evidence = "[C]",
    .version = 1,
    .flags = PL_RESIDUAL_STARTS_STANDARD,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct pl_delta_attn_options),
    .state_size = sizeof(struct pl_delta_attn),
    .check = check,
    .begin = begin,
    .layer_input = pl_delta_attn_input,
    .layer_output = pl_delta_attn_output,
    .readout = pl_delta_attn_readout,
    .param_count = param_count,
    .mix_row = pl_delta_attn_mix_row,
    .flops = flops,
};
