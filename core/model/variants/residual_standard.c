/* standard: the residual connection (He et al., 1512.03385; PreNorm form: Xiong et al., 2002.04745).
 *
 *     h ← h + y_l          h_l = v_0 + v_1 + ... + v_{l-1}
 */
#include "core/model/variants/single.h"

static void layer_output(struct pl_build *build, long l, int y) {
    struct pl_single *state = pl_single(build);
    state->h = pl_add(build->graph, state->h, y);
    pl_single_note(build, l, pl_number(1), pl_number(1));
}

static double flops(const struct pl_host *host, const void *options, long l) {
    (void)options, (void)l;
    return (double)host->width;
}

const struct pl_residual pl_residual_standard = {
    .name = "standard",
    .family = "single-state",
    .formula = "h <- h + y",
    .citation =
        "He et al. 2015, arXiv 1512.03385; PreNorm form Xiong et al. 2020, arXiv 2002.04745",
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
