/* attnres_block: attention over block sums (Kimi Team, 2603.15031; VARIANTS.md section 4.2). What a
 * site sees is drawn in bank.h.
 */
#include "core/model/variants/bank.h"

struct options {
    struct pl_depth_options depth;
    long block_size; /* S; auto (-1) is about eight blocks */
};

static const struct pl_option rows[] = {
    PL_DEPTH_ROWS(struct options, depth),
    PL_DEPTH_READOUT_ROW(struct options, depth),
    PL_OPTION_AUTO_INT(struct options, block_size, "auto", 1, 1000000,
                       "layers of a block; auto is max(2, (depth + 4) / 8), about eight blocks"),
};

static struct pl_bank_options settled(const struct pl_host *host, const void *opaque) {
    const struct options *options = opaque;
    long about_eight = (host->depth + 4) / 8, size = about_eight > 2 ? about_eight : 2;
    if (options->block_size > 0) size = options->block_size;
    return (struct pl_bank_options){options->depth, size};
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

const struct pl_residual pl_residual_attnres_block = {
    .name = "attnres_block",
    .family = "cross-layer",
    .formula = "h_l = sum_n softmax_n(w_l . (gain_l * rms(b_n))) b_n over block sums b_n",
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
