/* laurel_rw_lr: learned weights and a low-rank map together (LAuReL-RW+LR, Menghani et al., 2411.07501).
 *
 *     h ← a_l y_l + b_l (h + A_l B_l h)     (a_l, b_l) = 2 softmax(w_l)
 */
#include "core/model/variants/laurel.h"

struct options {
    long rank; /* q; auto (-1) */
};

static const struct pl_option rows[] = {PL_LAUREL_RANK(struct options, rank)};

static void layer_output(struct pl_build *build, long l, int y) {
    const struct options *options = build->options;
    struct pl_single *state = pl_single(build);
    int map = pl_laurel_low_rank(build, l, options->rank, state->h);
    int weights = pl_laurel_weights(build, l), kept = pl_add(build->graph, state->h, map);
    state->h = pl_laurel_weigh(build, weights, y, kept);
}

/* Two weights and two matrices a layer. */
static size_t param_count(const struct pl_host *host, const void *options) {
    long q = pl_laurel_rank(host, ((const struct options *)options)->rank);
    return (size_t)host->depth * (2 + 2 * (size_t)host->width * (size_t)q);
}

/* Two products, a sum, and a weighted sum. */
static double flops(const struct pl_host *host, const void *options, long l) {
    (void)l;
    double d = (double)host->width;
    double q = (double)pl_laurel_rank(host, ((const struct options *)options)->rank);
    return 4 * d * q + d + 3 * d;
}

const struct pl_residual pl_residual_laurel_rw_lr = {
    .name = "laurel_rw_lr",
    .family = "single-state",
    .formula = "h <- a_l y + b_l (h + A_l B_l h), (a_l, b_l) = 2 softmax(w_l)",
    .citation = "Menghani et al. 2024, \"LAuReL\", arXiv 2411.07501",
    .evidence = "[A] [I] [D]",
    .version = 2,
    .flags = PL_RESIDUAL_STARTS_STANDARD,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct pl_single),
    .begin = pl_single_begin,
    .layer_input = pl_single_input,
    .layer_output = layer_output,
    .readout = pl_single_readout,
    .param_count = param_count,
    .flops = flops,
};
