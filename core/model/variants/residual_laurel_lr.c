/* laurel_lr: a learned low-rank map of the residual (LAuReL-LR, Menghani et al., 2411.07501).
 *
 *     h ← y_l + h + A_l B_l h      A_l [d,q], B_l [q,d], B_l = 0 at the start
 */
#include "core/model/variants/laurel.h"

static const struct pl_option rows[] = {PL_LAUREL_ROW};

static void layer_output(struct pl_build *build, long l, int y) {
    struct pl_single *state = pl_single(build);
    const int in[] = {y, state->h, pl_laurel_low_rank(build, l, state->h)};
    state->h = pl_sum(build->graph, in, 3);
}

/* Two products and two sums. */
static double flops(const struct pl_host *host, const void *options, long l) {
    (void)l;
    return pl_laurel_low_rank_flops(host, options) + 2 * (double)host->width;
}

const struct pl_residual pl_residual_laurel_lr = {
    .name = "laurel_lr",
    .family = "single-state",
    .formula = "h <- y + h + A_l B_l h, A_l [d,q] and B_l [q,d] learned",
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
    .param_count = pl_laurel_low_rank_params,
    .flops = flops,
};
