/* delta_attnres_block: delta attention over e and the sums of finished blocks (delta_attn.h). The released code
 * takes "stream minus last source" for a block's sum; this is the true sum, as in the authors' later code.
 */
#include "core/model/variants/delta_attn.h"

static const struct pl_option rows[] = {
    PL_DEPTH_ROWS(struct pl_delta_attn_options, depth),
    PL_OPTION_CHOICE(struct pl_delta_attn_options, gate, "none", PL_DELTA_ATTN_GATES,
                     PL_DELTA_ATTN_GATE_HELP),
    PL_OPTION_AUTO_INT(struct pl_delta_attn_options, block_size, "auto", 1, 1000000,
                       "layers of a block; auto is max(2, (depth + 4) / 8), about eight blocks"),
};

static struct pl_delta_attn_options settled(const struct pl_host *host, const void *options) {
    struct pl_delta_attn_options delta = *(const struct pl_delta_attn_options *)options;
    long about_eight = (host->depth + 4) / 8;
    if (delta.block_size < 0) delta.block_size = about_eight > 2 ? about_eight : 2;
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

const struct pl_residual pl_residual_delta_attnres_block = {
    .name = "delta_attnres_block",
    .family = "cross-layer",
    .formula = "h_l = S + sum_b softmax_b(w_l . (gain_l * rms(u_b))) u_b, u = e and block sums; S "
               "<- S + y",
    .citation = "Luo et al. 2026, \"Delta Attention Residuals\", arXiv 2605.18855",
    .evidence = "[C]",
    .version = 1,
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
