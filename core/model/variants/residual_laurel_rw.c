/* laurel_rw: learned weights of residual and output (LAuReL-RW, Menghani et al., 2411.07501).
 *
 *     h ← a_l y_l + b_l h          (a_l, b_l) = 2 softmax(w_l), w_l = 0 at the start: a = b = 1
 */
#include "core/model/variants/laurel.h"

static void layer_output(struct pl_build *build, long l, int y) {
    struct pl_single *state = pl_single(build);
    int weights = pl_laurel_weights(build, l);
    int a = pl_view(build->graph, weights, 0, 1), b = pl_view(build->graph, weights, 1, 1);
    state->h = pl_laurel_weigh(build, weights, y, state->h);
    pl_single_note(build, l, pl_node_of(b), pl_node_of(a));
}

static size_t param_count(const struct pl_host *host, const void *options) {
    (void)options;
    return 2 * (size_t)host->depth;
}

static double flops(const struct pl_host *host, const void *options, long l) {
    (void)options, (void)l;
    return 3 * (double)host->width;
}

const struct pl_residual pl_residual_laurel_rw = {
    .name = "laurel_rw",
    .family = "single-state",
    .formula = "h <- a_l y + b_l h, (a_l, b_l) = 2 softmax(w_l)",
    .citation = "Menghani et al. 2024, \"LAuReL\", arXiv 2411.07501",
    .evidence = "[A] [I]",
    .version = 1,
    .flags = PL_RESIDUAL_STARTS_STANDARD,
    .state_size = sizeof(struct pl_single),
    .begin = pl_single_begin,
    .layer_input = pl_single_input,
    .layer_output = layer_output,
    .readout = pl_single_readout,
    .param_count = param_count,
    .mix_row = pl_single_mix_row,
    .flops = flops,
};
