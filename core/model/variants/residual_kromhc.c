/* kromhc: mHC whose mixing is a Kronecker product (2601.21579).
 *
 *     res = U_1 x U_2 x ... x U_k,   U = [ p  1-p ],   p = softmax(z_1, z_2)_1,   n = 2^k streams
 *                                        [1-p  p  ]
 */
#include "core/model/variants/manifold.h"

struct options {
    struct pl_manifold_options manifold;
    long k;
};

static const struct pl_option rows[] = {
    PL_OPTION_INT(struct options, k, "2", 1, 3, "factors: 2^k streams"),
    PL_MANIFOLD_ROWS(struct options, manifold),
};

static struct pl_manifold manifold_of(const struct options *options) {
    int k = (int)options->k;
    return (struct pl_manifold){.options = &options->manifold,
                                .map = PL_DOUBLY_KRONECKER,
                                .n = 1 << k,
                                .logits = 2 * k,
                                .b_rows = k,
                                .b_cols = 2,
                                .b_step = 2};
}

static void begin(struct pl_build *build, int e) {
    struct pl_manifold manifold = manifold_of(build->options);
    pl_manifold_begin(build, &manifold, e);
}

static size_t param_count(const struct pl_host *host, const void *options) {
    struct pl_manifold manifold = manifold_of(options);
    return pl_manifold_params(&manifold, host);
}

/* Each entry of the product takes a factor a digit. */
static double flops(const struct pl_host *host, const void *options, long l) {
    (void)l;
    struct pl_manifold manifold = manifold_of(options);
    double n = manifold.n;
    return pl_manifold_flops(&manifold, host, n * n * manifold.logits / 2);
}

const struct pl_residual pl_residual_kromhc = {
    .name = "kromhc",
    .family = "multi-state",
    .formula = "mhc with U_1 x ... x U_k in place of Sinkhorn, U = [p 1-p; 1-p p], n = 2^k",
    .citation = "KromHC 2026, arXiv 2601.21579; code wz1119/KromHC",
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
