/* mrla_base: a residual connection to which every layer adds what it retrieves from all layers so far
 * (Fang et al., 2302.03985; parts and adaptation in mrla.h).
 *
 *     o_l = sum_{j<=l} softmax_j(q . k_j / sqrt(head width)) val_j, a head at a time
 */
#include "core/model/variants/depth.h"
#include "core/model/variants/mrla.h"

static const struct pl_option rows[] = {PL_MRLA_ROWS};

struct state {
    struct pl_single single;
    int *k, *val; /* of layers 1 .. */
};

static void begin(struct pl_build *build, int e) {
    struct state *state = build->state;
    size_t depth = (size_t)build->host->depth;
    pl_single_begin(build, e);
    state->k = PL_ARENA_ARRAY(build->arena, int, depth);
    state->val = PL_ARENA_ARRAY(build->arena, int, depth);
}

/* 1 .. l: whose values are retrieved. */
static const int *layers(struct pl_build *build, long l) {
    int *list = PL_ARENA_ARRAY(build->arena, int, (size_t)l);
    for (int k = 0; k < l; k++) list[k] = k + 1;
    return list;
}

static void layer_output(struct pl_build *build, long l, int y) {
    struct state *state = build->state;
    struct pl_mrla parts = pl_mrla_parts(build, l, y);
    state->k[l - 1] = parts.k;
    state->val[l - 1] = parts.val;
    int weights = pl_depth_weights(build->graph, &parts.score, parts.q, state->k, NULL, (int)l);
    weights = pl_depth_masked(build, l, weights, (int)l, layers(build, l));
    int o = pl_depth_mix(build->graph, weights, state->val, (int)l, parts.score.heads);
    state->single.h = pl_add(build->graph, parts.s, o);
}

static size_t param_count(const struct pl_host *host, const void *options) {
    (void)options;
    return (size_t)(host->depth * (2 * pl_mrla_kernel(host->width) + host->width));
}

/* Two sums, norm, gain, two convolutions, scores and mixture over l layers. */
static double flops(const struct pl_host *host, const void *options, long l) {
    (void)options;
    double d = (double)host->width, k = (double)pl_mrla_kernel(host->width);
    return 6 * d + 4 * k * d + 4 * d * (double)l;
}

const struct pl_residual pl_residual_mrla_base = {
    .name = "mrla_base",
    .family = "cross-layer",
    .formula =
        "s = h + y; h <- s + sum_j softmax_j(conv(x) . conv'(x_j)) omega_j * x_j, x = rms(s)",
    .citation =
        "Fang et al. 2023, \"Cross-Layer Retrospective Retrieving via Layer Attention\", arXiv "
        "2302.03985; joyfang1106/MRLA; per-token adaptation",
    .evidence = "[C] [D]",
    .version = 1,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct pl_mrla_options),
    .state_size = sizeof(struct state),
    .check = pl_mrla_check,
    .begin = begin,
    .layer_input = pl_single_input,
    .layer_output = layer_output,
    .readout = pl_single_readout,
    .param_count = param_count,
    .flops = flops,
};
