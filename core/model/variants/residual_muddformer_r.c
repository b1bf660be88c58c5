/* muddformer_r: multiway dynamic dense connections, the residual stream alone (Xiao et al., 2502.12170;
 * Caiyun-AI/MUDDFormer). Each state computes from itself how the states so far are mixed.
 *
 *     X_0 = e;   X_l = h_l + y_l
 *     h_{l+1} = sum_{j<=l} w_{l,j} X_j,   w_l = gelu(rms(X_l) W1_l) W2_l + a_l,   readout: h_{L+1}
 *
 * K = l + 1 hidden numbers, 4 (L + 1) at the last. W2 = 0 and a_l is 1 at X_l, 0 elsewhere, at the start:
 * the residual connection. Queries, keys and values of attention have streams of their own in the
 * paper; an MLP has none of them.
 */
#include <math.h>

#include "core/model/variants/depth.h"

struct state {
    struct pl_sources states; /* X_0 .. */
    int h;
};

/* K after layer l. */
static long hidden(const struct pl_host *host, long l) {
    return l == host->depth ? 4 * (l + 1) : l + 1;
}

static void begin(struct pl_build *build, int e) {
    struct state *state = build->state;
    pl_sources_add(build, &state->states, e);
    state->h = e;
}

static int layer_input(struct pl_build *build, long l, int port) {
    (void)l, (void)port;
    return ((struct state *)build->state)->h;
}

/* w_l, a weight a state and token */
static int weights(struct pl_build *build, long l, int x) {
    struct pl_graph *graph = build->graph;
    long d = build->host->width, k = hidden(build->host, l);
    const enum pl_group group = PL_GROUP_CONNECTION;
    int w1 =
        pl_residual_param(build, "mudd_w1", l, d, k, group, PL_FILL_NORMAL, 1 / sqrt((double)d));
    int w2 = pl_residual_param(build, "mudd_w2", l, k, l + 1, group, PL_FILL_VALUE, 0);
    int a = pl_residual_param(build, "a", l, l + 1, 1, group, PL_FILL_ONE_HOT, (double)l);
    int r = pl_norm_stats(graph, x, PL_NORM_RMS, build->host->norm_eps, 1);
    int u = pl_norm_apply(graph, x, r, PL_NONE, PL_NORM_RMS);
    int inner = pl_activate(graph, pl_matmul_transposed(graph, w1, u), PL_NONE, PL_ACT_GELU);
    return pl_bias(graph, pl_matmul_transposed(graph, w2, inner), a);
}

static void layer_output(struct pl_build *build, long l, int y) {
    struct state *state = build->state;
    int x = pl_add(build->graph, state->h, y);
    pl_sources_add(build, &state->states, x);
    int *all = PL_ARENA_ARRAY(build->arena, int, (size_t)l + 1);
    for (long j = 0; j <= l; j++) all[j] = state->states.items[j].v;
    int w = pl_depth_masked(build, l, weights(build, l, x), (int)l + 1, NULL);
    state->h = pl_depth_mix(build->graph, w, all, (int)l + 1, 1);
}

static int readout(struct pl_build *build) {
    return ((struct state *)build->state)->h;
}

static size_t param_count(const struct pl_host *host, const void *options) {
    (void)options;
    size_t total = 0;
    for (long l = 1; l <= host->depth; l++)
        total += (size_t)(hidden(host, l) * (host->width + l + 1) + l + 1);
    return total;
}

static double flops(const struct pl_host *host, const void *options, long l) {
    (void)options;
    double d = (double)host->width, k = (double)hidden(host, l), n = (double)l + 1;
    return 2 * d * k + 2 * k * n + 2 * d * n;
}

const struct pl_residual pl_residual_muddformer_r = {
    .name = "muddformer_r",
    .family = "cross-layer",
    .formula = "X_l = h + y; h <- sum_{j<=l} w_j X_j, w = gelu(rms(X_l) W1_l) W2_l + a_l",
    .citation = "Xiao et al. 2025, \"MUDDFormer\", arXiv 2502.12170; Caiyun-AI/MUDDFormer",
    .evidence = "[C] [D]",
    .version = 1,
    .flags = PL_RESIDUAL_NEEDS_BLOCKS | PL_RESIDUAL_STARTS_STANDARD,
    .state_size = sizeof(struct state),
    .begin = begin,
    .layer_input = layer_input,
    .layer_output = layer_output,
    .readout = readout,
    .param_count = param_count,
    .flops = flops,
};
