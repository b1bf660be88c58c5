/* unet_skip: the second half of the layers gets the states of the first half back, last first (in
 * deployed use in small language models, after U-Net).
 *
 *     l > L/2:  h_l <- h_l + g_l h_{L+1-l},  g_l = sigmoid(gate_l);   h <- h_l + y_l
 *
 *     h_1  h_2  h_3 │ h_4  h_5  h_6        L = 6: 4 adds 3, 5 adds 2, 6 adds 1
 *      │    │    └──┼──┘    │    │
 *      │    └───────┼───────┘    │
 *      └────────────┼────────────┘
 *
 * modded-nanogpt had weights that start at 1 for each such pair, later this gate for one to three of them.
 *
 * With an odd L the layer in the middle is its own partner: it reads, and the state becomes, (1 + g) h.
 */
#include "core/model/variants/past.h"

struct options {
    double start;
};

static const struct pl_option rows[] = {
    PL_OPTION_REAL(struct options, start, "-1.5", -1000, 1000,
                   "initial gate; far below 0 starts as standard"),
};

static int layer_input(struct pl_build *build, long l, int port) {
    const struct options *options = build->options;
    struct pl_past *past = pl_past(build);
    long depth = build->host->depth;
    if (port > 0 || 2 * l <= depth) return past->h[l];
    int gate = pl_residual_param(build, "gate", l, 1, 1, PL_GROUP_CONNECTION, PL_FILL_VALUE,
                                 options->start);
    past->number[l] = pl_sigmoid(build->graph, gate);
    past->h[l] = pl_add(build->graph, past->h[l],
                        pl_gain(build->graph, past->number[l], past->h[depth + 1 - l]));
    return past->h[l];
}

static int readout(struct pl_build *build) {
    return pl_past(build)->h[build->host->depth + 1];
}

static int mix_row(struct pl_build *build, long l) {
    struct pl_past_part *parts = PL_ARENA_ARRAY(build->arena, struct pl_past_part, (size_t)l);
    for (long k = 1; k <= l; k++)
        parts[k - 1] = (struct pl_past_part){pl_past(build)->number[k], build->host->depth + 1 - k};
    return pl_past_row(build, l, parts, l);
}

static size_t param_count(const struct pl_host *host, const void *options) {
    (void)options;
    return (size_t)(host->depth - host->depth / 2);
}

static double flops(const struct pl_host *host, const void *options, long l) {
    (void)options;
    if (l > host->depth) return 0;
    return (2 * l > host->depth ? 3 : 1) * (double)host->width;
}

const struct pl_residual pl_residual_unet_skip = {
    .name = "unet_skip",
    .family = "cross-layer",
    .formula = "l > L/2: h_l <- h_l + sigmoid(gate_l) h_{L+1-l}; h <- h_l + y",
    .citation =
        "KellerJordan/modded-nanogpt, records of 2024-11-10 (learned weights) and 2025-11-18 "
        "(sigmoid of -1.5); no paper",
    .evidence = "[C] [D]",
    .version = 1,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct pl_past),
    .begin = pl_past_begin,
    .layer_input = layer_input,
    .layer_output = pl_past_output,
    .readout = readout,
    .param_count = param_count,
    .mix_row = mix_row,
    .flops = flops,
};
