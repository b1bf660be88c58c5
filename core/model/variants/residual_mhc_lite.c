/* mhc_lite: mHC whose mixing is a mean of permutations (2601.05732).
 *
 *     res = sum_k softmax(alpha_res x phi_res + b_res)_k P_k over all n! permutation matrices, in
 *     lexicographic order, the identity first: doubly stochastic exactly, without iterations
 */
#include "core/model/variants/manifold.h"

struct options {
    struct pl_manifold_options manifold;
    long n;
};

static const struct pl_option rows[] = {
    PL_OPTION_INT(struct options, n, "4", 1, 4, "streams"),
    PL_MANIFOLD_ROWS(struct options, manifold),
};

static struct pl_manifold manifold_of(const struct options *options) {
    static const int factorial[] = {1, 1, 2, 6, 24};
    int n = (int)options->n;
    return (struct pl_manifold){.options = &options->manifold,
                                .map = PL_DOUBLY_BIRKHOFF,
                                .n = n,
                                .logits = factorial[n],
                                .b_rows = factorial[n],
                                .b_cols = 1,
                                .b_step = factorial[n]};
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
    return pl_manifold_flops(&manifold, host, 2 * n * n * manifold.logits);
}

const struct pl_residual pl_residual_mhc_lite = {
    .name = "mhc_lite",
    .family = "multi-state",
    .formula = "mhc with sum_k softmax(z)_k P_k over the n! permutations in place of Sinkhorn",
    .citation = "mHC-lite 2026, arXiv 2601.05732; code FFTYYY/mhc-lite",
    .evidence = "[C]",
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
