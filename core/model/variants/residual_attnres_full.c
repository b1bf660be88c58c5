/* attnres_full: every site attends over all earlier layer outputs (Kimi Team, "Attention Residuals",
 * 2603.15031; switches of VARIANTS.md section 5 in depth.h).
 *
 *     h_l = sum_{i<l} alpha_i v_i,   alpha = softmax_i(w_l . (gain_l * rms(v_i)))
 *
 *     v_0  v_1  v_2  ...  v_{l-1}
 *      └────┴────┴──── w_l ──┴──► h_l ─► F_l ─► v_l      site 1 has one source: h_1 = v_0
 */
#include "core/model/variants/bank.h"

struct options {
    struct pl_depth_options depth;
};

static const struct pl_option rows[] = {
    PL_DEPTH_ROWS(struct options, depth),
    PL_DEPTH_READOUT_ROW(struct options, depth),
};

static struct pl_bank_options settled(const struct pl_host *host, const void *options) {
    (void)host;
    return (struct pl_bank_options){((const struct options *)options)->depth, 1};
}

static enum pl_status check(const struct pl_host *host, const void *options, const char **key) {
    struct pl_bank_options bank = settled(host, options);
    return pl_depth_check(host, &bank.depth, key);
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

const struct pl_residual pl_residual_attnres_full = {
    .name = "attnres_full",
    .family = "cross-layer",
    .formula = "h_l = sum_i softmax_i(w_l . (gain_l * rms(v_i))) v_i over all outputs before l",
    .citation = "Kimi Team 2026, \"Attention Residuals\", arXiv 2603.15031",
    .evidence = "[P]",
    .version = 1,
    .flags = PL_RESIDUAL_STARTS_STANDARD,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct pl_bank),
    .check = check,
    .begin = begin,
    .layer_input = pl_bank_input,
    .layer_output = pl_bank_output,
    .readout = pl_bank_readout,
    .param_count = param_count,
    .mix_row = pl_bank_mix_row,
    .flops = flops,
};
