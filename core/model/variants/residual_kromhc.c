/* kromhc: mHC whose mixing is a Kronecker product (2601.21579).
 *
 *     res = U_1 x U_2 x ... x U_k,   U = [ p  1-p ],   p = softmax(z_1, z_2)_1,   n = 2^k streams
 *                                        [1-p  p  ]
 */
#include "core/model/variants/manifold.h"

static const struct pl_option rows[] = {
    {"streams", PL_TYPE_CHOICE, offsetof(struct pl_manifold_options, factors), "4", 0, 0, "2|4|8",
     "copies of the state that are read, mixed and written; a power of two"},
    PL_MANIFOLD_ROWS,
};

/* Each entry of the product takes a factor a digit. */
static struct pl_manifold describe(const struct pl_manifold_options *options) {
    int k = 1 + options->factors;
    return (struct pl_manifold){.map = PL_DOUBLY_KRONECKER,
                                .n = 1 << k,
                                .logits = 2 * k,
                                .b_rows = k,
                                .b_cols = 2,
                                .b_step = 2,
                                .flops = (double)(1 << k) * (1 << k) * k};
}

static const struct pl_manifold_options start = {.describe = describe};

const struct pl_residual pl_residual_kromhc = {
    .name = "kromhc",
    PL_MANIFOLD_MEMBER,
    .formula = "mhc with U_1 x ... x U_k in place of Sinkhorn, U = [p 1-p; 1-p p], n = 2^k",
    .citation = "KromHC 2026, arXiv 2601.21579; code wz1119/KromHC",
    .evidence = "[C]",
    .version = 1,
    .options = PL_OPTIONS("variant", rows),
};
