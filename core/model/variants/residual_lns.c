/* lns: deeper layers read a smaller vector (LayerNorm Scaling, 2502.05795).
 *
 *     h ← h + F_l(Norm_l(h) / sqrt(l))
 *
 * The paper counts transformer blocks; in an MLP model every layer is one.
 */
#include "core/model/variants/single.h"

#include <math.h>

static int branch_input(struct pl_build *build, long l, int h) {
    long block = (l - 1) / pl_host_period(build->host) + 1;
    int u = pl_residual_prenorm(build, l, h);
    return block == 1 ? u : pl_scale(build->graph, 1 / sqrt((double)block), u);
}

static void layer_output(struct pl_build *build, long l, int y) {
    struct pl_single *state = pl_single(build);
    state->h = pl_add(build->graph, state->h, y);
    pl_single_note(build, l, pl_number(1), pl_number(1));
}

static double flops(const struct pl_host *host, const void *options, long l) {
    (void)options, (void)l;
    return 2 * (double)host->width;
}

const struct pl_residual pl_residual_lns = {
    .name = "lns",
    .family = "single-state",
    .formula = "h <- h + F_l(Norm_l(h) / sqrt(l))",
    .citation =
        "Sun et al. 2025, \"The Curse of Depth in Large Language Models\", arXiv 2502.05795",
    .evidence = "[R] [D]",
    .version = 1,
    .state_size = sizeof(struct pl_single),
    .begin = pl_single_begin,
    .layer_input = pl_single_input,
    .layer_output = layer_output,
    .readout = pl_single_readout,
    .branch_input = branch_input,
    .mix_row = pl_single_mix_row,
    .flops = flops,
};
