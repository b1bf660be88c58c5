/* mhc: manifold-constrained hyper-connections (Xie et al., 2512.24880).
 *
 *     res = Sinkhorn(alpha_res x phi_res + b_res): e^z, then columns and rows divided by their sums,
 *     in turn; rows come last and sum to 1. The rest stands in manifold.h.
 */
#include "core/model/variants/manifold.h"

static const struct pl_option rows[] = {
    PL_OPTION_INT(struct pl_manifold_options, streams, "4", 1, PL_STREAMS,
                  "copies of the state that are read, mixed and written"),
    PL_OPTION_INT(struct pl_manifold_options, iterations, "20", 1, 100000,
                  "of Sinkhorn: columns, then rows, divided by their sums"),
    PL_MANIFOLD_ROWS,
};

static struct pl_manifold describe(const struct pl_manifold_options *options) {
    int n = (int)options->streams;
    return (struct pl_manifold){.map = PL_DOUBLY_SINKHORN,
                                .n = n,
                                .logits = n * n,
                                .iterations = (int)options->iterations,
                                .b_rows = n,
                                .b_cols = n,
                                .b_step = n + 1,
                                .flops = 4.0 * n * n * (double)options->iterations};
}

static const struct pl_manifold_options start = {.describe = describe};

const struct pl_residual pl_residual_mhc = {
    .name = "mhc",
    PL_MANIFOLD_MEMBER,
    .formula = "h_l = sum_j pre_j H_j, H'_k = sum_j Sinkhorn(z)_kj H_j + post_k y, r = sum_k H_k",
    .citation =
        "Xie et al. 2025, \"mHC: Manifold-Constrained Hyper-Connections\", arXiv 2512.24880",
    .evidence = "[P]",
    .version = 1,
    .options = PL_OPTIONS("variant", rows),
};
