/* laurel_lr: a learned low-rank map of the residual (LAuReL-LR, Menghani et al., 2411.07501).
 *
 *     h ← y_l + h + A_l B_l h      A_l [d,q], B_l [q,d], B_l = 0 at the start
 */
#include "core/model/variants/laurel.h"

struct options {
    long rank; /* q; auto (-1) */
};

static const struct pl_option rows[] = {PL_LAUREL_RANK(struct options, rank)};

static void layer_output(struct pl_build *build, long l, int y) {
    const struct options *options = build->options;
    struct pl_single *state = pl_single(build);
    const int in[] = {y, state->h, pl_laurel_low_rank(build, l, options->rank, state->h)};
    state->h = pl_sum(build->graph, in, 3);
}

static size_t param_count(const struct pl_host *host, const void *options) {
    long q = pl_laurel_rank(host, ((const struct options *)options)->rank);
    return 2 * (size_t)host->depth * (size_t)host->width * (size_t)q;
}

/* Two products and two sums. */
static double flops(const struct pl_host *host, const void *options, long l) {
    (void)l;
    double d = (double)host->width;
    double q = (double)pl_laurel_rank(host, ((const struct options *)options)->rank);
    return 4 * d * q + 2 * d;
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
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct pl_single),
    .begin = pl_single_begin,
    .layer_input = pl_single_input,
    .layer_output = layer_output,
    .readout = pl_single_readout,
    .param_count = param_count,
    .flops = flops,
};
