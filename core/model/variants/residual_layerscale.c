/* layerscale: each layer enters through a small learned gain a channel (Touvron et al., CaiT, 2103.17239).
 *
 *     h ← h + lambda_l * y_l       lambda_l [d], starts at a small number
 *
 * The paper starts at 0.1 up to 18 transformer blocks, at 1e-5 at 24 and at 1e-6 beyond.
 */
#include "core/model/variants/single.h"

struct options {
    double start;
};

static const struct pl_option rows[] = {
    PL_OPTION_REAL(struct options, start, "0.1", -1000, 1000,
                   "initial gain of every channel; 1 starts as standard"),
};

static void layer_output(struct pl_build *build, long l, int y) {
    const struct options *options = build->options;
    struct pl_single *state = pl_single(build);
    int lambda = pl_residual_param(build, "lambda", l, build->host->width, 1, PL_GROUP_CONNECTION,
                                   PL_FILL_VALUE, options->start);
    state->h = pl_add(build->graph, state->h, pl_gain(build->graph, lambda, y));
    pl_single_note(build, l, pl_number(1), pl_node_of(lambda));
}

static size_t param_count(const struct pl_host *host, const void *options) {
    (void)options;
    return (size_t)host->depth * (size_t)host->width;
}

static double flops(const struct pl_host *host, const void *options, long l) {
    (void)options, (void)l;
    return 2 * (double)host->width;
}

const struct pl_residual pl_residual_layerscale = {
    .name = "layerscale",
    .family = "single-state",
    .formula = "h <- h + lambda_l * y, lambda_l a learned vector that starts small",
    .citation =
        "Touvron et al. 2021, \"Going deeper with Image Transformers\" (CaiT), arXiv 2103.17239",
    .evidence = "[P] [R] [D]",
    .version = 1,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct pl_single),
    .begin = pl_single_begin,
    .layer_input = pl_single_input,
    .layer_output = layer_output,
    .readout = pl_single_readout,
    .param_count = param_count,
    .mix_row = pl_single_mix_row,
    .flops = flops,
};
