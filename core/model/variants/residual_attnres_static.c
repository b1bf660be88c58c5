/* attnres_static: one learned logit a source instead of queries and keys (Kimi Team, 2603.15031, Table 4:
 * input-independent mixing).
 *
 *     h_l = sum_{i<l} softmax_i(a_{l,i} / temperature) v_i,   a = 0 at the start
 */
#include "core/model/variants/bank.h"

struct options {
    struct pl_depth_options depth;
};

static const struct pl_option rows[] = {
    PL_DEPTH_STATIC_NORM_ROW(struct options, depth),
    PL_DEPTH_TEMPERATURE_ROW(struct options, depth),
    PL_DEPTH_WINDOW_ROW(struct options, depth),
    PL_DEPTH_READOUT_ROW(struct options, depth),
};

static struct pl_bank_options settled(const struct pl_host *host, const void *options) {
    (void)host;
    struct pl_bank_options bank = {((const struct options *)options)->depth, 1};
    bank.depth.mix = PL_DEPTH_STATIC;
    return bank;
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

const struct pl_residual pl_residual_attnres_static = {
    .name = "attnres_static",
    .family = "cross-layer",
    .formula = "h_l = sum_i softmax_i(a_l / temperature) v_i, learned numbers a_l, one a source",
    .citation = "Kimi Team 2026, \"Attention Residuals\", arXiv 2603.15031",
    .evidence = "[P]",
    .version = 1,
    .flags = PL_RESIDUAL_STARTS_STANDARD,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct pl_bank),
    .begin = begin,
    .layer_input = pl_bank_input,
    .layer_output = pl_bank_output,
    .readout = pl_bank_readout,
    .param_count = param_count,
    .mix_row = pl_bank_mix_row,
    .flops = flops,
};
