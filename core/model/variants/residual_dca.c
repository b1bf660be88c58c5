/* dca: DeepCrossAttention (Heddes et al., 2502.06785; lucidrains/deep-cross-attention). Queries, keys and values
 * of a block each read a mixture of their own of the embedding and the outputs of earlier blocks.
 *
 *     sources   g_0 = e,  g_b = y of attention + y of MLP of block b
 *     port      h = sum_i (bias_i + relu(<weight, rms(g_i)>)) * g_i        q, k, v of a block; the readout
 *
 *     block:    q ─► attention ─► + ─► MLP ─►          the residual port is the mixture of q
 *               └────────────────┘
 *
 * bias_i [d] starts at 1, so that all sources are summed as by the residual connection; weight [d] starts small
 * and random, for at 0 the ReLU has no gradient. A site reads the first and the last [ends] sources. Names have
 * the block's first layer and the port; the readout's have L+1.
 */
#include "core/model/variants/depth.h"

struct options {
    long ends;
};

struct state {
    struct pl_sources sources;
    int *normed;  /* rms(g_i) at i */
    int h, block; /* what the block's next layer reads; its outputs so far, or PL_NONE */
};

static const struct pl_option rows[] = {
    PL_OPTION_INT(
        struct options, ends, "2", 1, 1000000,
        "sources that are read, of the first and of the last; the embedding is the first"),
};

static int count_read(const struct options *options, int sources) {
    return sources < 2 * options->ends ? sources : 2 * (int)options->ends;
}

static void add_source(struct pl_build *build, int g) {
    struct state *state = build->state;
    struct pl_graph *graph = build->graph;
    int stats = pl_norm_stats(graph, g, PL_NORM_RMS, build->host->norm_eps, 1);
    pl_sources_add(build, &state->sources, g);
    state->normed[state->sources.count - 1] = pl_norm_apply(graph, g, stats, PL_NONE, PL_NORM_RMS);
}

static void begin(struct pl_build *build, int e) {
    struct state *state = build->state;
    state->normed = PL_ARENA_ARRAY(build->arena, int, (size_t)build->host->depth + 1);
    state->h = e;
    state->block = PL_NONE;
    add_source(build, e);
}

/* The mixture that [port] (".q", or "" at the readout) of site l reads. */
static int mixture(struct pl_build *build, long l, const char *port) {
    const struct state *state = build->state;
    struct pl_graph *graph = build->graph;
    long d = build->host->width;
    int all = state->sources.count, count = count_read(build->options, all);
    int *g = PL_ARENA_ARRAY(build->arena, int, (size_t)count);
    int *score = PL_ARENA_ARRAY(build->arena, int, (size_t)count);
    const char *name = pl_arena_printf(build->arena, "residual.bias.%ld%s", l, port);
    int bias = pl_param(graph, name, count * (int)d, 1, PL_GROUP_CONNECTION, PL_FILL_VALUE, 1);
    name = pl_arena_printf(build->arena, "residual.weight.%ld%s", l, port);
    int w = pl_param(graph, name, (int)d, 1, PL_GROUP_CONNECTION, PL_FILL_NORMAL, 0.02);
    for (int k = 0; k < count; k++) {
        int i = k < (count + 1) / 2 ? k : all - (count - k);
        g[k] = state->sources.items[i].v;
        score[k] = pl_matmul_transposed(graph, w, state->normed[i]);
    }
    int s = pl_activate(graph, pl_stack(graph, score, count), PL_NONE, PL_ACT_RELU);
    int scored = pl_depth_mix(graph, s, g, count, 1);
    int summed = pl_depth_mix(graph, bias, g, count, (int)d);
    return pl_add(graph, summed, scored);
}

static int layer_input(struct pl_build *build, long l, int port) {
    static const char *const names[PL_PORTS] = {".q", ".k", ".v", ""};
    struct state *state = build->state;
    if (build->ports == 1) return state->h;
    if (port == PL_PORT_RESIDUAL) return state->h;
    int h = mixture(build, l, names[port]);
    if (port == PL_PORT_QUERY) state->h = h;
    return h;
}

static void layer_output(struct pl_build *build, long l, int y) {
    struct state *state = build->state;
    state->h = pl_add(build->graph, state->h, y);
    state->block = state->block == PL_NONE ? y : pl_add(build->graph, state->block, y);
    if (l % pl_host_period(build->host) != 0) return;
    add_source(build, state->block);
    state->block = PL_NONE;
}

static int readout(struct pl_build *build) {
    return mixture(build, build->host->depth + 1, "");
}

/* Sources of site l, which is the first layer of a block, or L+1. */
static int sources_at(const struct pl_host *host, const void *options, long l) {
    return count_read(options, (int)((l - 1) / pl_host_period(host)) + 1);
}

static size_t param_count(const struct pl_host *host, const void *options) {
    size_t total = 0;
    for (long l = 1; l <= host->depth + 1; l += pl_host_period(host))
        total += (size_t)(l <= host->depth ? 3 : 1) *
                 (size_t)((sources_at(host, options, l) + 1) * host->width);
    return total;
}

/* A score, its source times it, and its source times a bias; each a source, channel and port. */
static double flops(const struct pl_host *host, const void *options, long l) {
    if ((l - 1) % pl_host_period(host) != 0) return 0;
    double ports = l <= host->depth ? 3 : 1;
    return ports * 6 * (double)host->width * sources_at(host, options, l);
}

const struct pl_residual pl_residual_dca = {
    .name = "dca",
    .family = "cross-layer",
    .formula = "q, k, v = sum_i (bias_i + relu(<weight, rms(g_i)>)) * g_i each, g = e and sums of "
               "blocks; residual q",
    .citation = "Heddes et al. 2025, \"DeepCrossAttention\", arXiv 2502.06785; "
                "lucidrains/deep-cross-attention",
    .evidence = "[I]",
    .version = 1,
    .flags = PL_RESIDUAL_NEEDS_BLOCKS | PL_RESIDUAL_PORTS4,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct state),
    .begin = begin,
    .layer_input = layer_input,
    .layer_output = layer_output,
    .readout = readout,
    .param_count = param_count,
    .flops = flops,
};
