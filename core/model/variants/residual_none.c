/* none: no residual at all, the control that shows why residuals exist.
 *
 *     h ← y_l
 */
#include "core/model/variants/single.h"

static void layer_output(struct pl_build *build, long l, int y) {
    pl_single(build)->h = y;
    pl_single_note(build, l, pl_number(0), pl_number(1));
}

static double flops(const struct pl_host *host, const void *options, long l) {
    (void)host, (void)options, (void)l;
    return 0;
}

const struct pl_residual pl_residual_none = {
    .name = "none",
    .family = "single-state",
    .formula = "h <- y",
    .citation = "a plain stack of layers, as before He et al. 2015, arXiv 1512.03385",
    .evidence = "[D]",
    .version = 1,
    .state_size = sizeof(struct pl_single),
    .begin = pl_single_begin,
    .layer_input = pl_single_input,
    .layer_output = layer_output,
    .readout = pl_single_readout,
    .mix_row = pl_single_mix_row,
    .flops = flops,
};
