/* mhc: manifold-constrained hyper-connections (Xie et al., 2512.24880).
 *
 *     res = Sinkhorn(alpha_res x phi_res + b_res): e^z, then columns and rows divided by their sums,
 *     in turn; rows come last and sum to 1. The rest stands in manifold.h.
 */
#include "core/model/variants/manifold.h"

struct options {
    struct pl_manifold_options manifold;
    long n, iterations;
};

static const struct pl_option rows[] = {
    PL_OPTION_INT(struct options, n, "4", 1, PL_STREAMS, "streams"),
    PL_OPTION_INT(struct options, iterations, "20", 1, 100000,
                  "of Sinkhorn: columns, then rows, divided by their sums"),
    PL_MANIFOLD_ROWS(struct options, manifold),
};

static struct pl_manifold manifold_of(const struct options *options) {
    int n = (int)options->n;
    return (struct pl_manifold){.options = &options->manifold,
                                .map = PL_DOUBLY_SINKHORN,
                                .n = n,
                                .logits = n * n,
                                .iterations = (int)options->iterations,
                                .b_rows = n,
                                .b_cols = n,
                                .b_step = n + 1};
}

static void begin(struct pl_build *build, int e) {
    struct pl_manifold manifold = manifold_of(build->options);
    pl_manifold_begin(build, &manifold, e);
}

static size_t param_count(const struct pl_host *host, const void *options) {
    struct pl_manifold manifold = manifold_of(options);
    return pl_manifold_params(&manifold, host);
}

static double flops(const struct pl_host *host, const void *options, long l) {
    (void)l;
    struct pl_manifold manifold = manifold_of(options);
    double n = manifold.n;
    return pl_manifold_flops(&manifold, host, 4 * n * n * manifold.iterations);
}

const struct pl_residual pl_residual_mhc = {
    .name = "mhc",
    .family = "multi-state",
    .formula = "h_l = sum_j pre_j H_j, H'_k = sum_j Sinkhorn(z)_kj H_j + post_k y, r = sum_k H_k",
    .citation =
        "Xie et al. 2025, \"mHC: Manifold-Constrained Hyper-Connections\", arXiv 2512.24880",
    .evidence = "[P]",
    .version = 1,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct pl_manifold_state),
    .begin = begin,
    .layer_input = pl_manifold_input,
    .layer_output = pl_manifold_output,
    .readout = pl_manifold_readout,
    .param_count = param_count,
    .mix_row = pl_manifold_mix_row,
    .flops = flops,
};
