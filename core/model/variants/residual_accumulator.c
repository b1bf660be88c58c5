/* accumulator: the readout adds what every layer read, each with a learned number (in deployed use in
 * small language models for one state, normed; kin of elmo_readout without its softmax).
 *
 *     h <- h + y_l;   r = h_{L+1} + sum_{l=1}^{L} s_l h_l,   s = 0 at the start, which is standard
 */
#include "core/model/variants/past.h"

static int readout(struct pl_build *build) {
    struct pl_graph *graph = build->graph;
    struct pl_past *past = pl_past(build);
    long depth = build->host->depth;
    int *places = PL_ARENA_ARRAY(build->arena, int, (size_t)depth);
    for (long l = 1; l <= depth; l++) {
        past->number[l] =
            pl_residual_param(build, "scale", l, 1, 1, PL_GROUP_CONNECTION, PL_FILL_VALUE, 0);
        struct pl_attr attr = {.place = {(int)l - 1, (int)depth}};
        places[l - 1] =
            depth == 1 ? past->number[l] : pl_op(graph, PL_OP_PLACE, attr, &past->number[l], 1);
    }
    int weights = pl_sum(graph, places, (int)depth);
    return pl_add(graph, past->h[depth + 1],
                  pl_depth_mix(graph, weights, past->h + 1, (int)depth, 1));
}

static int mix_row(struct pl_build *build, long l) {
    long depth = build->host->depth, n = l > depth ? depth : 0;
    struct pl_past_part *parts =
        PL_ARENA_ARRAY(build->arena, struct pl_past_part, (size_t)depth + 1);
    for (long k = 1; k <= n; k++)
        parts[k - 1] = (struct pl_past_part){pl_past(build)->number[k], k};
    return pl_past_row(build, l, parts, n);
}

static size_t param_count(const struct pl_host *host, const void *options) {
    (void)options;
    return (size_t)host->depth;
}

static double flops(const struct pl_host *host, const void *options, long l) {
    (void)options;
    double d = (double)host->width;
    return l <= host->depth ? d : 2 * d * (double)host->depth;
}

const struct pl_residual pl_residual_accumulator = {
    .name = "accumulator",
    .family = "cross-layer",
    .formula = "h <- h + y; r = h_{L+1} + sum_{l<=L} s_l h_l, s_l learned numbers, 0 at the start",
    .citation =
        "snimu 2025, KellerJordan/modded-nanogpt pull request 139, for one earlier state; no paper",
    .evidence = "[C] [D]",
    .version = 1,
    .flags = PL_RESIDUAL_STARTS_STANDARD,
    .state_size = sizeof(struct pl_past),
    .begin = pl_past_begin,
    .layer_input = pl_past_input,
    .layer_output = pl_past_output,
    .readout = readout,
    .param_count = param_count,
    .mix_row = mix_row,
    .flops = flops,
};
