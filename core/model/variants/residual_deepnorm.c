/* deepnorm: postnorm with a weighted shortcut and layers that start small (Wang et al., DeepNet,
 * 2203.00555; microsoft/torchscale).
 *
 *     h ← Norm_l(alpha h + F_l(h))         alpha = L^(1/4), fixed
 *     matrices of F_l start at beta times  beta  = (4 L)^(-1/4)
 *
 * In the paper's terms, with B decoder blocks of two layers each: L = 2 B, alpha = (2 B)^(1/4), beta =
 * (8 B)^(-1/4).
 */
#include "core/model/variants/single.h"

#include <math.h>

struct options {
    struct pl_single_norms norms; /* first */
    double alpha, beta;           /* 0: by depth */
};

static const struct pl_option rows[] = {
    PL_OPTION_REAL(struct options, alpha, "0", 0, 1e6,
                   "weight of the shortcut; 0 is depth^(1/4), 1 is postnorm"),
    PL_OPTION_REAL(struct options, beta, "0", 0, 1e6,
                   "factor of the initial matrices of each layer; 0 is (4 depth)^(-1/4)"),
    PL_SINGLE_NORMS_ROW(struct pl_single_norms),
};

static double alpha(const struct pl_host *host, const struct options *options) {
    return options->alpha > 0 ? options->alpha : sqrt(sqrt((double)host->depth));
}

static double beta(const struct pl_host *host, const void *opaque) {
    const struct options *options = opaque;
    return options->beta > 0 ? options->beta : 1 / sqrt(sqrt(4 * (double)host->depth));
}

static void layer_output(struct pl_build *build, long l, int y) {
    struct pl_single *state = pl_single(build);
    double a = alpha(build->host, build->options);
    state->h = pl_residual_norm(build, "norm", l, pl_axpby(build->graph, a, state->h, 1, y));
}

static double flops(const struct pl_host *host, const void *options, long l) {
    (void)options, (void)l;
    return 6 * (double)host->width;
}

const struct pl_residual pl_residual_deepnorm = {
    .name = "deepnorm",
    .family = "single-state",
    .formula = "h <- Norm_l(alpha h + F_l(h)), alpha = L^(1/4); F_l starts at (4 L)^(-1/4)",
    .citation = "Wang et al. 2022, \"DeepNet\", arXiv 2203.00555",
    .evidence = "[P] [C] [D]",
    .version = 1,
    .flags = PL_RESIDUAL_PRENORM_OFF | PL_RESIDUAL_FINAL_NORM_OFF,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct pl_single),
    .begin = pl_single_norms_begin,
    .layer_input = pl_single_input,
    .layer_output = layer_output,
    .readout = pl_single_readout,
    .branch_init_scale = beta,
    .param_count = pl_single_norms_params,
    .flops = flops,
};
