#include "core/model/variants/laurel.h"

#include <math.h>

static long rank_of(const struct pl_host *host, const void *options) {
    long narrow = host->width / 8 < 16 ? host->width / 8 : 16,
         rank = ((const struct pl_laurel *)options)->rank;
    if (rank > 0) return rank;
    return narrow > 1 ? narrow : 1;
}

int pl_laurel_weights(struct pl_build *build, long l) {
    int w = pl_residual_param(build, "rw", l, 2, 1, PL_GROUP_CONNECTION, PL_FILL_VALUE, 0);
    return pl_scale(build->graph, 2, pl_softmax(build->graph, w, 1));
}

int pl_laurel_weigh(struct pl_build *build, int weights, int y, int h) {
    const int in[] = {y, h};
    return pl_depth_mix(build->graph, weights, in, 2, 1);
}

int pl_laurel_low_rank(struct pl_build *build, long l, int h) {
    long d = build->host->width, q = rank_of(build->host, build->options);
    int a = pl_residual_param(build, "lr_a", l, d, q, PL_GROUP_CONNECTION, PL_FILL_DIAGONAL,
                              1 / sqrt((double)q * (double)d));
    /* One column of equal entries is the direction that a LayerNorm behind it takes out. */
    if (q == 1 && build->host->norm == PL_NORM_LAYER)
        pl_param_where(build->graph, a, 1, 2, -1 / sqrt((double)d));
    int b = pl_residual_param(build, "lr_b", l, q, d, PL_GROUP_CONNECTION, PL_FILL_VALUE, 0);
    return pl_matmul(build->graph, a, pl_matmul(build->graph, b, h));
}

size_t pl_laurel_low_rank_params(const struct pl_host *host, const void *options) {
    return 2 * (size_t)(host->depth * host->width * rank_of(host, options));
}

double pl_laurel_low_rank_flops(const struct pl_host *host, const void *options) {
    return 4 * (double)host->width * (double)rank_of(host, options);
}
