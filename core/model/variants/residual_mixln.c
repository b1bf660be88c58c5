/* mixln: the first layers postnorm, the rest standard (Mix-LN, 2412.13795).
 *
 *     l <= floor(share L):   h ← Norm_l(h + F_l(h))
 *     else                   h ← h + F_l(Norm_l(h))      as standard
 */
#include "core/model/variants/single.h"

#include <math.h>

struct options {
    double postnorm_share;
};

static const struct pl_option rows[] = {
    PL_OPTION_REAL(struct options, postnorm_share, "0.25", 0, 1,
                   "share of the layers, from the first on, that are postnorm"),
};

/* floor(share L), where a product like 0.29 * 100 = 28.999... counts as 29. */
static long postnorm_layers(const struct pl_host *host, const struct options *options) {
    return (long)floor(options->postnorm_share * (double)host->depth + 1e-9);
}

static int branch_input(struct pl_build *build, long l, int h) {
    bool post = l <= postnorm_layers(build->host, build->options);
    return post ? h : pl_residual_prenorm(build, l, h);
}

static void layer_output(struct pl_build *build, long l, int y) {
    struct pl_single *state = pl_single(build);
    state->h = pl_add(build->graph, state->h, y);
    if (l <= postnorm_layers(build->host, build->options))
        state->h = pl_residual_norm(build, "norm", l, state->h);
}

static size_t param_count(const struct pl_host *host, const void *options) {
    return (size_t)postnorm_layers(host, options) * (size_t)host->width;
}

static double flops(const struct pl_host *host, const void *options, long l) {
    return (l <= postnorm_layers(host, options) ? 5 : 1) * (double)host->width;
}

const struct pl_residual pl_residual_mixln = {
    .name = "mixln",
    .family = "single-state",
    .formula = "the first layers h <- Norm_l(h + F_l(h)), the rest h <- h + F_l(Norm_l(h))",
    .citation = "Li et al. 2024, \"Mix-LN\", arXiv 2412.13795",
    .evidence = "[R]",
    .version = 1,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct pl_single),
    .begin = pl_single_begin,
    .layer_input = pl_single_input,
    .layer_output = layer_output,
    .readout = pl_single_readout,
    .branch_input = branch_input,
    .param_count = param_count,
    .flops = flops,
};
