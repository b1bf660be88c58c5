/* lr_attnres: attention residuals over narrow keys that layers emit themselves (2607.09694;
 * jon123boss/LR-AttnRes).
 *
 *     key_0 = E v_0                 residual.key_embed [k, d]
 *     key_l = K_l a_l + b_l         residual.key_w.l [k, rows of a_l], key_b.l [k] where the layer has a bias
 *     h_l   = sum_i alpha_i v_i,    alpha = softmax_i(<q_l, rms(key_i)> / sqrt(k / m)), within each of m heads
 *
 *     a_l ─┬─ W ─► v_l          a_l is what the layer's last product reads: of an MLP the activations, of
 *          └─ K ─► key_l        attention what its heads give
 *
 * q_l = residual.query.l [k] starts at 0, which is the average. Keys are normed within their head's k/m
 * channels, without a gain; values are v_i, in m groups of channels. The authors' code has one product of
 * d + k rows where W and K stand here, which is the same function, and no biases.
 */
#include "core/model/init.h"
#include "core/model/variants/depth.h"

#include <math.h>

struct options {
    long rank; /* k; auto (-1) */
    long heads;
    int readout; /* enum pl_depth_readout */
};

struct state {
    int count;
    int *v, *key, *r; /* of source i at i: e and outputs, their keys, the keys' inverse RMS */
    struct pl_choice_of_sources *chosen; /* of site l, at l */
};

static const struct pl_option rows[] = {
    PL_OPTION_AUTO_INT(struct options, rank, "auto", 1, 65536,
                       "channels of a key, at least two a head; auto is width / 8, rounded up to a "
                       "multiple of the heads"),
    PL_OPTION_INT(struct options, heads, "1", 1, 65536,
                  "channel groups with weights of their own; must divide width and rank"),
    PL_OPTION_CHOICE(struct options, readout, "attn", "attn|last|sum",
                     "the last aggregate: a site of its own, the last source, or the plain sum"),
};

/* A head of one channel would keep the sign of its key alone, so there are at least two. */
static long rank_of(const struct pl_host *host, const struct options *options) {
    long m = options->heads, k = host->width / 8 > 2 * m ? host->width / 8 : 2 * m;
    return options->rank > 0 ? options->rank : (k + m - 1) / m * m;
}

static enum pl_status check(const struct pl_host *host, const void *opaque, const char **key) {
    const struct options *options = opaque;
    long m = options->heads, k = rank_of(host, options);
    *key = "variant.heads";
    if (host->width % m)
        return pl_fail(PL_ECONFIG, "%ld heads do not divide the width %ld; choose a divisor", m,
                       host->width);
    *key = "variant.rank";
    if (k % m)
        return pl_fail(PL_ECONFIG,
                       "%ld heads do not divide the rank %ld; choose a multiple of the heads", m,
                       k);
    if (k == m)
        return pl_fail(PL_ECONFIG,
                       "with rank %ld and as many heads a key has one channel a head, of which its "
                       "norm leaves the sign; choose a rank of at least %ld",
                       k, 2 * m);
    return PL_OK;
}

/* Sites that choose: 2 .. last. The sources of the last one are those that have keys. */
static long last_site(const struct pl_host *host, const struct options *options) {
    return host->depth + (options->readout == PL_DEPTH_READ_ATTN);
}

/* Source [v] with the key [key], PL_NONE where no site asks for it. */
static void append(struct pl_build *build, int v, int key) {
    const struct options *options = build->options;
    struct state *state = build->state;
    int at = state->count++;
    state->v[at] = v;
    state->key[at] = key;
    if (key != PL_NONE)
        state->r[at] = pl_norm_stats(build->graph, key, PL_NORM_RMS, build->host->norm_eps,
                                     (int)options->heads);
}

static void begin(struct pl_build *build, int e) {
    struct state *state = build->state;
    size_t sites = (size_t)build->host->depth + 2;
    state->v = PL_ARENA_ARRAY(build->arena, int, sites);
    state->key = PL_ARENA_ARRAY(build->arena, int, sites);
    state->r = PL_ARENA_ARRAY(build->arena, int, sites);
    state->chosen = PL_ARENA_ARRAY(build->arena, struct pl_choice_of_sources, sites);
    int key = PL_NONE;
    if (last_site(build->host, build->options) >= 2) {
        long k = rank_of(build->host, build->options);
        int w = pl_init_connection(build->graph, "residual.key_embed", k, build->host->width,
                                   build->host->init);
        key = pl_matmul(build->graph, w, e);
    }
    append(build, e, key);
}

static void layer_output(struct pl_build *build, long l, int y) {
    struct pl_graph *graph = build->graph;
    long k = rank_of(build->host, build->options);
    int key = PL_NONE, init = build->host->init;
    if (l < last_site(build->host, build->options)) {
        long in = pl_graph_node(graph, build->inner.node)->rows;
        const char *name_w = pl_arena_printf(build->arena, "residual.key_w.%ld", l);
        const char *name_b = pl_arena_printf(build->arena, "residual.key_b.%ld", l);
        key = pl_matmul(graph, pl_init_connection(graph, name_w, k, in, init), build->inner.node);
        if (build->inner.bias)
            key = pl_bias(graph, key, pl_init_connection_bias(graph, name_b, k, in, init));
    }
    append(build, y, key);
}

static int layer_input(struct pl_build *build, long l, int port) {
    (void)port;
    const struct options *options = build->options;
    struct state *state = build->state;
    struct pl_graph *graph = build->graph;
    int heads = (int)options->heads, count = state->count;
    long k = rank_of(build->host, options);
    const struct pl_depth depth = {PL_SCORE_SOFTMAX, heads, sqrt((double)k / heads)};
    state->chosen[l].weights = PL_NONE;
    if (count == 1) return state->v[0];
    int q = pl_residual_param(build, "query", l, k, 1, PL_GROUP_CONNECTION, PL_FILL_VALUE, 0);
    int weights = pl_depth_weights(graph, &depth, q, state->key, state->r, count);
    weights = pl_depth_masked(build, l, weights, count, NULL);
    state->chosen[l] = (struct pl_choice_of_sources){weights, 1, heads};
    return pl_depth_mix(graph, weights, state->v, count, heads);
}

static int readout(struct pl_build *build) {
    struct state *state = build->state;
    long l = build->host->depth + 1;
    int how = ((const struct options *)build->options)->readout;
    if (how == PL_DEPTH_READ_ATTN) return layer_input(build, l, 0);
    state->chosen[l].weights = PL_NONE;
    return how == PL_DEPTH_READ_LAST ? state->v[l - 1]
                                     : pl_sum(build->graph, state->v, state->count);
}

static int mix_row(struct pl_build *build, long l) {
    const struct state *state = build->state;
    bool last = ((const struct options *)build->options)->readout == PL_DEPTH_READ_LAST;
    if (state->chosen[l].weights == PL_NONE) return pl_depth_ones(build, last ? l - 1 : 0, l);
    int *sources = PL_ARENA_ARRAY(build->arena, int, (size_t)l);
    for (long i = 0; i < l; i++) sources[i] = (int)i;
    return pl_depth_row(build, &state->chosen[l], sources, l);
}

static size_t param_count(const struct pl_host *host, const void *opaque) {
    const struct options *options = opaque;
    long k = rank_of(host, options), last = last_site(host, options);
    long count = last < 2 ? 0 : k * (host->width + last - 1);
    for (long l = 1; l < last; l++) {
        bool bias = false;
        long in = pl_host_kinds[host->kind]->inner(host, l, &bias);
        count += k * (in + bias);
    }
    return (size_t)count;
}

/* At site l, the key of the newest source and its norm, scores, mixture. */
static double flops(const struct pl_host *host, const void *options, long l) {
    bool bias = false;
    double k = (double)rank_of(host, options), d = (double)host->width;
    double in = l > 1 ? (double)pl_host_kinds[host->kind]->inner(host, l - 1, &bias) : d;
    double key = 2 * k * in + 2 * k + (bias ? k : 0);
    return key + (l > 1 ? 2 * k * (double)l + 2 * d * (double)l : 0);
}

const struct pl_residual pl_residual_lr_attnres = {
    .name = "lr_attnres",
    .family = "cross-layer",
    .formula = "h_l = sum_i softmax_i(<q_l, rms(key_i)> / sqrt(k/heads)) v_i, key_i of k channels "
               "from what the last product of layer i reads",
    .citation = "LR-AttnRes 2026, arXiv 2607.09694; code jon123boss/LR-AttnRes",
    .evidence = "[A] [C] [D]",
    .sources = "outputs",
    .version = 1,
    .flags = PL_RESIDUAL_STARTS_STANDARD,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct state),
    .check = check,
    .begin = begin,
    .layer_input = layer_input,
    .layer_output = layer_output,
    .readout = readout,
    .param_count = param_count,
    .mix_row = mix_row,
    .flops = flops,
};
