/* postnorm: the norm stands behind the addition (Vaswani et al., 1706.03762).
 *
 *     h ← Norm_l(h + F_l(h))       the last layer's norm is the final norm
 */
#include "core/model/variants/single.h"

static const struct pl_option rows[] = {PL_SINGLE_NORMS_ROW(struct pl_single_norms)};

static void layer_output(struct pl_build *build, long l, int y) {
    struct pl_single *state = pl_single(build);
    state->h = pl_residual_norm(build, "norm", l, pl_add(build->graph, state->h, y));
}

static double flops(const struct pl_host *host, const void *options, long l) {
    (void)options, (void)l;
    return 5 * (double)host->width;
}

const struct pl_residual pl_residual_postnorm = {
    .name = "postnorm",
    .family = "single-state",
    .formula = "h <- Norm_l(h + F_l(h))",
    .citation = "Vaswani et al. 2017, \"Attention Is All You Need\", arXiv 1706.03762",
    .evidence = "[P]",
    .version = 1,
    .flags = PL_RESIDUAL_PRENORM_OFF | PL_RESIDUAL_FINAL_NORM_OFF,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct pl_single_norms),
    .state_size = sizeof(struct pl_single),
    .begin = pl_single_norms_begin,
    .layer_input = pl_single_input,
    .layer_output = layer_output,
    .readout = pl_single_readout,
    .param_count = pl_single_norms_params,
    .flops = flops,
};
