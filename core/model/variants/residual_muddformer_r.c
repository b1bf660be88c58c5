/* muddformer_r: multiway dynamic dense connections, the residual stream alone (Xiao et al., 2502.12170;
 * Caiyun-AI/MUDDFormer). Each state computes from itself how the states so far are mixed. A block of an MLP
 * model is one layer, of a transformer two; within a block the residual stream goes on.
 *
 *     X_0 = e;   X_b = h + y of the layers of block b
 *     h <- sum_{j<=b} w_{b,j} X_j,   w_b = gelu(rms(X_b) W1_b) W2_b + a_b,   readout: h after the last
 *
 * K = b + 1 hidden numbers, 4 (B + 1) at the last. W2 = 0 and a_b is 1 at X_b, 0 elsewhere, at the start:
 * the residual connection. Names have the block's last layer. Queries, keys and values of attention have streams of their own in the
 * paper; an MLP has none of them.
 */
#include <math.h>

#include "core/model/variants/depth.h"

struct state {
    struct pl_sources states; /* X_0 .. */
    int h;
};

/* States after layer l, the last of a block. */
static long states_after(const struct pl_host *host, long l) {
    return l / pl_host_period(host) + 1;
}

/* K after layer l. */
static long hidden(const struct pl_host *host, long l) {
    return (l == host->depth ? 4 : 1) * states_after(host, l);
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
    long d = build->host->width, k = hidden(build->host, l), n = states_after(build->host, l);
    const enum pl_group group = PL_GROUP_CONNECTION;
    int w1 =
        pl_residual_param(build, "mudd_w1", l, d, k, group, PL_FILL_NORMAL, 1 / sqrt((double)d));
    int w2 = pl_residual_param(build, "mudd_w2", l, k, n, group, PL_FILL_VALUE, 0);
    int a = pl_residual_param(build, "a", l, n, 1, group, PL_FILL_ONE_HOT, (double)n - 1);
    int r = pl_norm_stats(graph, x, PL_NORM_RMS, build->host->norm_eps, 1);
    int u = pl_norm_apply(graph, x, r, PL_NONE, PL_NORM_RMS);
    int inner = pl_activate(graph, pl_matmul_transposed(graph, w1, u), PL_NONE, PL_ACT_GELU);
    return pl_bias(graph, pl_matmul_transposed(graph, w2, inner), a);
}

static void layer_output(struct pl_build *build, long l, int y) {
    struct state *state = build->state;
    long layers = pl_host_period(build->host), count = states_after(build->host, l);
    state->h = pl_add(build->graph, state->h, y);
    if (l % layers != 0) return;
    int x = state->h;
    pl_sources_add(build, &state->states, x);
    int *all = PL_ARENA_ARRAY(build->arena, int, (size_t)count);
    int *from = PL_ARENA_ARRAY(build->arena, int, (size_t)count);
    for (long j = 0; j < count; j++) {
        all[j] = state->states.items[j].v;
        from[j] = (int)(j * layers);
    }
    int w = pl_depth_masked(build, l, weights(build, l, x), (int)count, from);
    state->h = pl_depth_mix(build->graph, w, all, (int)count, 1);
}

static int readout(struct pl_build *build) {
    return ((struct state *)build->state)->h;
}

static size_t param_count(const struct pl_host *host, const void *options) {
    (void)options;
    size_t total = 0;
    for (long l = pl_host_period(host); l <= host->depth; l += pl_host_period(host)) {
        long n = states_after(host, l);
        total += (size_t)(hidden(host, l) * (host->width + n) + n);
    }
    return total;
}

static double flops(const struct pl_host *host, const void *options, long l) {
    (void)options;
    if (l % pl_host_period(host) != 0) return 0;
    double d = (double)host->width, k = (double)hidden(host, l), n = (double)states_after(host, l);
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
