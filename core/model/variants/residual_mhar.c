/* mhar: multi-head attention residuals (2607.27230): each group of channels chooses its own mixture of
 * the earlier outputs.
 *
 *     h_l[head c] = sum_i softmax_i(w_l[c] . (gain_l * rms(v_i))[c]) v_i[c]
 */
#include "core/model/variants/bank.h"

struct options {
    struct pl_depth_options depth;
    long block_size; /* S; 1: every output is a source */
};

static const struct pl_option rows[] = {
    PL_DEPTH_ATTENTION_ROWS(struct options, depth, "4"),
    PL_DEPTH_READOUT_ROW(struct options, depth),
    PL_OPTION_INT(struct options, block_size, "1", 1, 1000000,
                  "layers of a block, as attnres_block; with 1 every output is a source"),
};

static struct pl_bank_options settled(const struct pl_host *host, const void *opaque) {
    const struct options *options = opaque;
    (void)host;
    return (struct pl_bank_options){options->depth, options->block_size};
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

const struct pl_residual pl_residual_mhar = {
    .name = "mhar",
    .family = "cross-layer",
    .formula = "h_l[head] = sum_i softmax_i(w_l[head] . (gain_l * rms(v_i))[head]) v_i[head]",
    .citation = "\"Multi-Head Attention Residuals\" 2026, arXiv 2607.27230",
    .evidence = "[A] [I]",
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
