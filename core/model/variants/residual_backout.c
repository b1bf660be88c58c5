/* backout: the readout subtracts a share of the state in the middle (in deployed use in small language
 * models: what early layers wrote for late ones is no part of the prediction).
 *
 *     h <- h + y_l;   r = h_{L+1} - lambda h_m,   m = floor(L/2) + 1,   lambda one learned number
 *
 * m counts layers, also where that cuts a transformer block in two. lambda 0 is standard. The start is
 * modded-nanogpt's, whose m is at two thirds of the depth; nanochat has .2, and its m is in the middle.
 */
#include "core/model/variants/past.h"

struct options {
    double start;
};

static const struct pl_option rows[] = {
    PL_OPTION_REAL(struct options, start, "0.5", -1000, 1000,
                   "initial lambda; 0 starts as standard"),
};

static long middle(const struct pl_host *host) {
    return host->depth / 2 + 1;
}

static int readout(struct pl_build *build) {
    const struct options *options = build->options;
    struct pl_past *past = pl_past(build);
    long last = build->host->depth + 1;
    int lambda = pl_param(build->graph, "residual.lambda", 1, 1, PL_GROUP_CONNECTION, PL_FILL_VALUE,
                          options->start);
    past->number[last] = pl_scale(build->graph, -1, lambda);
    return pl_add(build->graph, past->h[last],
                  pl_gain(build->graph, past->number[last], past->h[middle(build->host)]));
}

static int mix_row(struct pl_build *build, long l) {
    const struct pl_past_part part = {pl_past(build)->number[l], middle(build->host)};
    return pl_past_row(build, l, &part, 1);
}

static size_t param_count(const struct pl_host *host, const void *options) {
    (void)host, (void)options;
    return 1;
}

static double flops(const struct pl_host *host, const void *options, long l) {
    (void)options;
    return (l <= host->depth ? 1 : 2) * (double)host->width;
}

const struct pl_residual pl_residual_backout = {
    .name = "backout",
    .family = "cross-layer",
    .formula = "h <- h + y; r = h_{L+1} - lambda h_m, m = floor(L/2) + 1, lambda learned",
    .citation =
        "KellerJordan/modded-nanogpt, record of 2025-10-04; karpathy/nanochat 2026; no paper",
    .evidence = "[C] [D]",
    .version = 1,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct pl_past),
    .begin = pl_past_begin,
    .layer_input = pl_past_input,
    .layer_output = pl_past_output,
    .readout = readout,
    .param_count = param_count,
    .mix_row = mix_row,
    .flops = flops,
};
