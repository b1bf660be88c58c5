/* densenet: every layer reads a projection of all earlier outputs together (Huang et al., 1608.06993,
 * transposed as in Table 5 of 2603.15031; densenet.h).
 *
 *     h_l = sum_{i<l} W_{l,i} v_i, W_{l,i} [d, d]
 */
#include "core/model/variants/densenet.h"

static const struct pl_option rows[] = {PL_DENSENET_ROWS};

static void begin(struct pl_build *build, int e) {
    pl_densenet_begin(build, e, false);
}

static size_t param_count(const struct pl_host *host, const void *options) {
    (void)options;
    size_t d = (size_t)host->width;
    return pl_densenet_pairs(host) * d * d;
}

static double flops(const struct pl_host *host, const void *options, long l) {
    (void)options;
    double d = (double)host->width;
    return l < 2 ? 0 : 2 * d * d * (double)l;
}

const struct pl_residual pl_residual_densenet = {
    .name = "densenet",
    .family = "cross-layer",
    .formula = "h_l = sum_i W_{l,i} v_i, matrices of each pair of layers",
    .citation = "Huang et al. 2016, arXiv 1608.06993, transposed as in arXiv 2603.15031; per-token "
                "adaptation",
    .evidence = "[P] [D]",
    .version = 1,
    .flags = PL_RESIDUAL_STARTS_STANDARD,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct pl_densenet_options),
    .state_size = sizeof(struct pl_densenet),
    .begin = begin,
    .layer_input = pl_densenet_input,
    .layer_output = pl_densenet_output,
    .readout = pl_densenet_readout,
    .param_count = param_count,
    .mix_row = pl_densenet_mix_row,
    .flops = flops,
};
