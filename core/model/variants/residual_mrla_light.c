/* mrla_light: MRLA as a recurrence, in which a layer retrieves from itself and carries its input along
 * (Fang et al., 2302.03985; parts and adaptation in mrla.h).
 *
 *     o_l = sigmoid(q . k_l / sqrt(head width)) val_l + lambda_l * RMSNorm(h)
 *
 * lambda = 0 at the start, where the released code draws it from N(0, 1).
 */
#include "core/model/variants/mrla.h"

static const struct pl_option rows[] = {PL_MRLA_ROWS};

/* lambda_l * RMSNorm(h) */
static int carried(struct pl_build *build, long l, int h) {
    struct pl_graph *graph = build->graph;
    long d = build->host->width;
    const enum pl_group group = PL_GROUP_CONNECTION;
    int lambda = pl_residual_param(build, "lambda", l, d, 1, group, PL_FILL_VALUE, 0);
    int gain = pl_residual_param(build, "gain", l, d, 1, group, PL_FILL_VALUE, 1);
    int r = pl_norm_stats(graph, h, PL_NORM_RMS, build->host->norm_eps, 1);
    return pl_gain(graph, lambda, pl_norm_apply(graph, h, r, gain, PL_NORM_RMS));
}

static void layer_output(struct pl_build *build, long l, int y) {
    struct pl_single *state = pl_single(build);
    struct pl_mrla parts = pl_mrla_parts(build, l, y);
    parts.score.score = PL_SCORE_SIGMOID;
    int weight = pl_depth_weights(build->graph, &parts.score, parts.q, &parts.k, NULL, 1);
    int own = pl_depth_mix(build->graph, weight, &parts.val, 1, parts.score.heads);
    const int terms[] = {parts.s, own, carried(build, l, state->h)};
    state->h = pl_sum(build->graph, terms, 3);
}

static size_t param_count(const struct pl_host *host, const void *options) {
    (void)options;
    return (size_t)(host->depth * (2 * pl_mrla_kernel(host->width) + 3 * host->width));
}

/* Three sums, two norms, three gains, two convolutions, one score and its product. */
static double flops(const struct pl_host *host, const void *options, long l) {
    (void)options, (void)l;
    double d = (double)host->width, k = (double)pl_mrla_kernel(host->width);
    return 16 * d + 4 * k * d;
}

const struct pl_residual pl_residual_mrla_light = {
    .name = "mrla_light",
    .family = "cross-layer",
    .formula =
        "s = h + y; h <- s + sigmoid(conv(x) . conv'(x)) omega * x + lambda * RMSNorm(h), x = "
        "rms(s)",
    .citation =
        "Fang et al. 2023, \"Cross-Layer Retrospective Retrieving via Layer Attention\", arXiv "
        "2302.03985; joyfang1106/MRLA; per-token adaptation",
    .evidence = "[C] [D]",
    .version = 1,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct pl_mrla_options),
    .state_size = sizeof(struct pl_single),
    .check = pl_mrla_check,
    .begin = pl_single_begin,
    .layer_input = pl_single_input,
    .layer_output = layer_output,
    .readout = pl_single_readout,
    .param_count = param_count,
    .flops = flops,
};
