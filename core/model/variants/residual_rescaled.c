/* rescaled: the running average of all outputs (Ziming Liu, "Attention residual 2", 2026-03-18).
 *
 *     h ← l/(l+1) h + 1/(l+1) y_l       h_l = (v_0 + ... + v_{l-1}) / l,   l counted from 1
 */
#include "core/model/variants/single.h"

static void layer_output(struct pl_build *build, long l, int y) {
    struct pl_single *state = pl_single(build);
    double count = (double)l + 1;
    state->h = pl_axpby(build->graph, (double)l / count, state->h, 1 / count, y);
    pl_single_note(build, l, pl_number((double)l / count), pl_number(1 / count));
}

static double flops(const struct pl_host *host, const void *options, long l) {
    (void)options, (void)l;
    return 3 * (double)host->width;
}

const struct pl_residual pl_residual_rescaled = {
    .name = "rescaled",
    .family = "single-state",
    .formula = "h <- l/(l+1) h + 1/(l+1) y, l from 1: the average of all outputs",
    .citation = "Ziming Liu 2026, blog post \"Attention residual 2\"",
    .evidence = "[P]",
    .version = 1,
    .flags = PL_RESIDUAL_STARTS_STANDARD,
    .state_size = sizeof(struct pl_single),
    .begin = pl_single_begin,
    .layer_input = pl_single_input,
    .layer_output = layer_output,
    .readout = pl_single_readout,
    .mix_row = pl_single_mix_row,
    .flops = flops,
};
