/* laurel_rw_lr: learned weights and a low-rank map together (LAuReL-RW+LR, Menghani et al., 2411.07501).
 *
 *     h ← a_l y_l + b_l (h + A_l B_l h)     (a_l, b_l) = 2 softmax(w_l)
 */
#include "core/model/variants/laurel.h"

static const struct pl_option rows[] = {PL_LAUREL_ROW};

static void layer_output(struct pl_build *build, long l, int y) {
    struct pl_single *state = pl_single(build);
    int map = pl_laurel_low_rank(build, l, state->h);
    int weights = pl_laurel_weights(build, l), kept = pl_add(build->graph, state->h, map);
    state->h = pl_laurel_weigh(build, weights, y, kept);
}

/* Two weights and two matrices a layer. */
static size_t param_count(const struct pl_host *host, const void *options) {
    return pl_laurel_low_rank_params(host, options) + 2 * (size_t)host->depth;
}

/* Two products, a sum, and a weighted sum. */
static double flops(const struct pl_host *host, const void *options, long l) {
    (void)l;
    return pl_laurel_low_rank_flops(host, options) + 4 * (double)host->width;
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
    .options_size = sizeof(struct pl_laurel),
    .state_size = sizeof(struct pl_single),
    .begin = pl_single_begin,
    .layer_input = pl_single_input,
    .layer_output = layer_output,
    .readout = pl_single_readout,
    .param_count = param_count,
    .flops = flops,
};
