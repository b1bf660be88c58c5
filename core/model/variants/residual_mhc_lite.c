/* mhc_lite: mHC whose mixing is a mean of permutations (2601.05732).
 *
 *     res = sum_k softmax(alpha_res x phi_res + b_res)_k P_k over all n! permutation matrices, in
 *     lexicographic order, the identity first: doubly stochastic exactly, without iterations
 */
#include "core/model/variants/manifold.h"

static const struct pl_option rows[] = {
    PL_OPTION_INT(struct pl_manifold_options, streams, "4", 1, 4,
                  "copies of the state that are read, mixed and written"),
    PL_MANIFOLD_ROWS,
};

static struct pl_manifold describe(const struct pl_manifold_options *options) {
    static const int factorial[] = {1, 1, 2, 6, 24};
    int n = (int)options->streams;
    return (struct pl_manifold){.map = PL_DOUBLY_BIRKHOFF,
                                .n = n,
                                .logits = factorial[n],
                                .b_rows = factorial[n],
                                .b_cols = 1,
                                .b_step = factorial[n],
                                .flops = 2.0 * n * n * factorial[n]};
}

static const struct pl_manifold_options start = {.describe = describe};

const struct pl_residual pl_residual_mhc_lite = {
    .name = "mhc_lite",
    PL_MANIFOLD_MEMBER,
    .formula = "mhc with sum_k softmax(z)_k P_k over the n! permutations in place of Sinkhorn",
    .citation = "mHC-lite 2026, arXiv 2601.05732; code FFTYYY/mhc-lite",
    .evidence = "[C]",
    .version = 1,
    .options = PL_OPTIONS("variant", rows),
};
