/* The cases of the operator suite: at least one for every operator and every kind an operator has.
 * Sizes are odd on purpose (3 to 13 rows) so that a kernel's rests are exercised. */
#include <stdio.h>
#include <string.h>

#include "core/graph/grad.h"
#include "experiments/tools/conformance_impl.h"

/* ---- drawing ---- */

static int below(struct pl_case_bench *b, int bound) {
    return (int)pl_rng_below(&b->rng, (uint64_t)bound);
}

static int some_rows(struct pl_case_bench *b) {
    return 3 + below(b, 11);
}

static float eighths(struct pl_case_bench *b) {
    return (float)(below(b, 33) - 16) / 8;
}

static float draw(struct pl_case_bench *b, enum pl_leaf_kind kind) {
    static const float weights[] = {0, 0.5f, 1, 2};
    float normal = (float)((int)(256 * pl_rng_normal(&b->rng))) / 256;
    switch (kind) {
    case PL_LEAF_ODD:
        return eighths(b) + 1.0f / 16;
    case PL_LEAF_EIGHTH:
        return eighths(b);
    case PL_LEAF_WEIGHT:
        return weights[below(b, 4)];
    default:
        return normal;
    }
}

static void add_leaf(struct pl_case_bench *b, struct pl_leaf leaf) {
    leaf.values = pl_alloc(leaf.count * sizeof *leaf.values);
    leaf.labels = pl_alloc(leaf.count * sizeof *leaf.labels);
    for (size_t k = 0; k < leaf.count; k++) {
        leaf.values[k] = draw(b, leaf.kind);
        leaf.labels[k] = leaf.classes ? below(b, leaf.classes) : 0;
    }
    PL_VEC_PUSH(&b->leaves, leaf);
}

static int feed(struct pl_case_bench *b, int rows, enum pl_leaf_kind kind) {
    char name[32];
    snprintf(name, sizeof name, "feed.%zu", b->leaves.count);
    int node = pl_feed_tile(&b->graph, name, rows, PL_NUMBER);
    add_leaf(
        b, (struct pl_leaf){.kind = kind, .node = node, .count = (size_t)rows * (size_t)b->tokens});
    return node;
}

static int real(struct pl_case_bench *b, int rows) {
    return feed(b, rows, PL_LEAF_REAL);
}

static int param_of(struct pl_case_bench *b, int rows, int cols, enum pl_leaf_kind kind) {
    static const enum pl_group groups[] = {PL_GROUP_WEIGHT, PL_GROUP_PLAIN, PL_GROUP_CONNECTION};
    char name[32];
    snprintf(name, sizeof name, "param.%zu", b->leaves.count);
    int node = pl_param(&b->graph, name, rows, cols, groups[below(b, 3)], PL_FILL_VALUE, 0);
    add_leaf(b, (struct pl_leaf){.kind = kind, .node = node, .count = (size_t)rows * (size_t)cols});
    return node;
}

static int param(struct pl_case_bench *b, int rows, int cols) {
    return param_of(b, rows, cols, PL_LEAF_PARAM);
}

/* ---- ends ---- */

static void end_with(struct pl_case_bench *b, int sum) {
    b->loss = pl_mul(&b->graph, sum, b->inverse_weight);
}

static void end_mse(struct pl_case_bench *b, int y) {
    int target = feed(b, pl_graph_node(&b->graph, y)->rows, PL_LEAF_TARGET);
    end_with(b, pl_mse(&b->graph, y, target, b->weight));
}

/* How many tokens are asked in all. */
static size_t asked_tokens(const struct pl_case_bench *b) {
    int sequence = b->graph.sequence;
    return (size_t)((b->tokens + sequence - 1) / sequence * b->graph.asked);
}

static int feed_asked(struct pl_case_bench *b, int rows, enum pl_leaf_kind kind) {
    char name[32];
    snprintf(name, sizeof name, "feed.%zu", b->leaves.count);
    int node = pl_feed_asked(&b->graph, name, rows, PL_NUMBER);
    add_leaf(b,
             (struct pl_leaf){.kind = kind, .node = node, .count = (size_t)rows * asked_tokens(b)});
    return node;
}

static int asked_below(struct pl_case_bench *b, const char *name, int classes) {
    int node = pl_feed_asked(&b->graph, name, 1, PL_INDEX);
    add_leaf(
        b, (struct pl_leaf){
               .kind = PL_LEAF_LABEL, .node = node, .count = asked_tokens(b), .classes = classes});
    return node;
}

static int labels_below(struct pl_case_bench *b, int classes) {
    int node = pl_feed_tile(&b->graph, "labels", 1, PL_INDEX);
    add_leaf(b, (struct pl_leaf){.kind = PL_LEAF_LABEL,
                                 .node = node,
                                 .count = (size_t)b->tokens,
                                 .classes = classes});
    return node;
}

static void end_xent(struct pl_case_bench *b, int y) {
    int labels = labels_below(b, pl_graph_node(&b->graph, y)->rows);
    b->hits = pl_hits(&b->graph, y, labels, b->weight);
    end_with(b, pl_xent(&b->graph, y, labels, b->weight));
}

/* ---- pointwise ---- */

static void build_sum(struct pl_case_bench *b) {
    int rows = some_rows(b), x = real(b, rows), y = real(b, rows);
    const int in[] = {x, y, x};
    end_mse(b, pl_sum(&b->graph, in, 3));
}

/* More inputs than an overwrite mask has bits. */
static void build_sum_of_many(struct pl_case_bench *b) {
    int in[40], rows = some_rows(b), x = real(b, rows);
    for (int k = 0; k < 40; k++) in[k] = pl_scale(&b->graph, 1.0 / (k + 8), x);
    end_mse(b, pl_sum(&b->graph, in, 40));
}

static void build_axpby(struct pl_case_bench *b) {
    int rows = some_rows(b), x = real(b, rows), y = real(b, rows);
    int z = pl_axpby(&b->graph, 0.7, x, -1.3, y);
    end_mse(b, pl_axpby(&b->graph, 1, z, 0.4, x));
}

static void build_axpby_of_itself(struct pl_case_bench *b) {
    int x = real(b, some_rows(b));
    end_mse(b, pl_axpby(&b->graph, 0.7, x, 0.6, x));
}

static void build_scale(struct pl_case_bench *b) {
    end_mse(b, pl_scale(&b->graph, -1.7, real(b, some_rows(b))));
}

static void build_mul(struct pl_case_bench *b) {
    int rows = some_rows(b), x = real(b, rows), y = real(b, rows);
    end_mse(b, pl_mul(&b->graph, x, y));
}

static void build_square(struct pl_case_bench *b) {
    int x = real(b, some_rows(b));
    end_mse(b, pl_mul(&b->graph, x, x));
}

static void build_bias(struct pl_case_bench *b) {
    int rows = some_rows(b), x = real(b, rows), bias = param(b, rows, 1);
    int y = pl_bias(&b->graph, x, bias);
    end_mse(b, pl_bias(&b->graph, pl_mul(&b->graph, y, y), bias)); /* two sites, one parameter */
}

/* A matrix has an entry a row, in its order. */
static void build_bias_matrix(struct pl_case_bench *b) {
    int rows = some_rows(b), x = real(b, 3 * rows), w = param(b, rows, 3);
    int y = pl_bias(&b->graph, pl_mul(&b->graph, x, x), w);
    end_mse(b, pl_activate(&b->graph, y, w, PL_ACT_SIGMOID));
}

static void build_act(struct pl_case_bench *b) {
    int rows = some_rows(b), x = feed(b, rows, PL_LEAF_ODD);
    int y = pl_activate(&b->graph, x, param_of(b, rows, 1, PL_LEAF_EIGHTH), b->with.act);
    end_mse(b, y);
}

static void build_act_without_bias(struct pl_case_bench *b) {
    int x = real(b, some_rows(b));
    end_mse(b, pl_activate(&b->graph, x, PL_NONE, PL_ACT_GELU));
}

/* At step level: a gate of a mixture. */
static void build_sigmoid_of_vector(struct pl_case_bench *b) {
    int rows = some_rows(b), x = real(b, rows);
    end_mse(b, pl_bias(&b->graph, x, pl_sigmoid(&b->graph, param(b, rows, 1))));
}

/* ---- gains ---- */

static void build_gain(struct pl_case_bench *b) {
    int rows = some_rows(b), x = real(b, rows), s = param(b, rows, 1);
    end_mse(b, pl_gain(&b->graph, s, pl_gain(&b->graph, s, x))); /* two sites, one parameter */
}

static void build_gain_of_one_number(struct pl_case_bench *b) {
    int x = real(b, some_rows(b));
    end_mse(b, pl_add(&b->graph, x, pl_gain(&b->graph, param(b, 1, 1), x)));
}

/* A gate: one number a token. */
static void build_gain_of_tokens(struct pl_case_bench *b) {
    int rows = some_rows(b), x = real(b, rows);
    int s = pl_matmul_transposed(&b->graph, param(b, rows, 1), x);
    int g = pl_activate(&b->graph, s, param(b, 1, 1), PL_ACT_SIGMOID);
    end_mse(b, pl_gain(&b->graph, g, x));
}

/* ---- views ---- */

static void build_view(struct pl_case_bench *b) {
    int rows = 4 + some_rows(b), x = real(b, rows);
    int top = pl_view(&b->graph, x, 0, rows - 2), low = pl_view(&b->graph, x, 2, rows - 2);
    end_mse(b, pl_mul(&b->graph, top, low)); /* they overlap */
}

static void build_view_of_view(struct pl_case_bench *b) {
    int rows = 6 + some_rows(b), x = real(b, rows), y = pl_mul(&b->graph, x, x);
    int middle = pl_view(&b->graph, pl_view(&b->graph, y, 1, rows - 2), 2, rows - 4);
    end_mse(b, pl_add(&b->graph, middle, pl_view(&b->graph, x, 0, rows - 4)));
}

static void build_view_of_param(struct pl_case_bench *b) {
    int rows = some_rows(b), in = some_rows(b), x = real(b, in);
    int w = param(b, rows + 3, in), bias = param(b, rows + 1, 1);
    int y = pl_matmul(&b->graph, pl_view(&b->graph, w, 2, rows), x);
    end_mse(b, pl_bias(&b->graph, y, pl_view(&b->graph, bias, 1, rows)));
}

static void build_place(struct pl_case_bench *b) {
    int rows = some_rows(b), x = real(b, rows);
    struct pl_attr attr = {.place = {2, rows + 3}};
    int y = pl_op(&b->graph, PL_OP_PLACE, attr, &x, 1);
    end_mse(b, pl_add(&b->graph, y, real(b, rows + 3)));
}

/* ---- linear ---- */

static void build_matmul(struct pl_case_bench *b) {
    int in = some_rows(b), out = some_rows(b), x = real(b, in);
    end_mse(b, pl_matmul(&b->graph, param(b, out, in), x));
}

static void build_matmul_transposed(struct pl_case_bench *b) {
    int in = some_rows(b), out = some_rows(b), x = real(b, in);
    end_mse(b, pl_matmul_transposed(&b->graph, param(b, in, out), x));
}

/* One matrix at three sites, once transposed. */
static void build_matmul_shared(struct pl_case_bench *b) {
    int rows = some_rows(b), x = real(b, rows), w = param(b, rows, rows);
    int y = pl_matmul(&b->graph, w, pl_matmul(&b->graph, w, x));
    end_mse(b, pl_matmul_transposed(&b->graph, w, y));
}

/* A matrix that is itself computed, once a step; its gradient goes on from the boundary. */
static void build_matmul_computed(struct pl_case_bench *b) {
    int in = some_rows(b), out = some_rows(b), x = real(b, in);
    int w = param(b, out, in), m = param(b, out, in);
    int product = pl_mul(&b->graph, w, pl_add(&b->graph, m, w));
    end_mse(b, pl_matmul(&b->graph, pl_axpby(&b->graph, 0.5, product, 0.25, m), x));
}

static void build_conv(struct pl_case_bench *b) {
    int rows = some_rows(b), x = real(b, rows), w = param(b, 3, 1);
    int y = pl_conv(&b->graph, w, pl_conv(&b->graph, w, x));
    end_mse(b, pl_mul(&b->graph, y, pl_conv(&b->graph, param(b, 1, 1), x)));
}

/* A kernel that reaches beyond both ends. */
static void build_conv_wide(struct pl_case_bench *b) {
    end_mse(b, pl_conv(&b->graph, param(b, 9, 1), real(b, 3)));
}

static void build_conv_transposed(struct pl_case_bench *b) {
    const int in[] = {param(b, 5, 1), real(b, some_rows(b))};
    end_mse(b, pl_op(&b->graph, PL_OP_CONV, (struct pl_attr){.conv.transpose = true}, in, 2));
}

/* ---- norm ---- */

static void build_norm(struct pl_case_bench *b) {
    enum pl_norm kind = b->with.norm.kind;
    int rows = some_rows(b), x = real(b, rows);
    int stats = pl_norm_stats(&b->graph, x, kind, b->with.norm.eps, 1);
    int gain = b->with.norm.gain ? param(b, rows, 1) : PL_NONE;
    end_mse(b, pl_norm_apply(&b->graph, x, stats, gain, kind));
}

/* Two norms of one tensor share its statistics; a third is of a part of it. */
static void build_norm_shared(struct pl_case_bench *b) {
    int rows = 2 + some_rows(b), x = real(b, rows), part = pl_view(&b->graph, x, 1, rows - 2);
    int stats = pl_norm_stats(&b->graph, x, PL_NORM_RMS, 1e-6, 1);
    int part_stats = pl_norm_stats(&b->graph, part, PL_NORM_LAYER, 1e-3, 1);
    int y = pl_norm_apply(&b->graph, x, stats, param(b, rows, 1), PL_NORM_RMS);
    int z = pl_norm_apply(&b->graph, x, stats, param(b, rows, 1), PL_NORM_RMS);
    int u = pl_norm_apply(&b->graph, part, part_stats, PL_NONE, PL_NORM_LAYER);
    end_mse(b, pl_mul(&b->graph, pl_view(&b->graph, pl_mul(&b->graph, y, z), 2, rows - 2), u));
}

/* ---- depth ---- */

enum { MOST_SOURCES = 6 };

struct bank {
    int v[MOST_SOURCES], r[MOST_SOURCES];
    int rows, count, heads;
    enum pl_case_keys keys;
};

/* With one channel a head a key is v / sqrt(v^2 + eps): eps keeps it smooth enough to difference. */
#define KEY_EPS 0.01

static void add_source(struct pl_case_bench *b, struct bank *bank, int v) {
    int groups = bank->keys == PL_KEYS_PERHEAD ? bank->heads : 1;
    bank->v[bank->count] = v;
    bank->r[bank->count++] = pl_norm_stats(&b->graph, v, PL_NORM_RMS, KEY_EPS, groups);
}

static struct bank make_bank(struct pl_case_bench *b, int count, int heads,
                             enum pl_case_keys keys) {
    struct bank bank = {
        .rows = heads * (heads > 1 ? 1 + below(b, 5) : some_rows(b)), .heads = heads, .keys = keys};
    for (int k = 0; k < count; k++) add_source(b, &bank, real(b, bank.rows));
    return bank;
}

/* One site: a query, its weights over the bank as it stands, the mixture. */
static int attend(struct pl_case_bench *b, const struct bank *bank, enum pl_score score,
                  double temperature, int p) {
    struct pl_depth depth = {score, bank->heads, temperature};
    int alpha = pl_depth_weights(&b->graph, &depth, p, bank->v,
                                 bank->keys == PL_KEYS_RAW ? NULL : bank->r, bank->count);
    return pl_depth_mix(&b->graph, alpha, bank->v, bank->count, bank->heads);
}

static void build_attend(struct pl_case_bench *b) {
    struct bank bank = make_bank(b, 2 + below(b, 3), b->with.depth.heads, b->with.depth.keys);
    end_mse(b, attend(b, &bank, b->with.depth.score, b->with.depth.temperature,
                      param(b, bank.rows, 1)));
}

/* Queries of the tokens' own, computed from a source and added to one that they share. */
static void build_own_query(struct pl_case_bench *b) {
    enum pl_score score = b->with.depth.score;
    struct bank bank = make_bank(b, 2 + below(b, 3), b->with.depth.heads, b->with.depth.keys);
    int u = pl_scale(&b->graph, 0.3, bank.v[1]);
    int q = pl_matmul(&b->graph, param(b, bank.rows, bank.rows), u);
    int h = attend(b, &bank, score, 0.8, pl_bias(&b->graph, q, param(b, bank.rows, 1)));
    end_mse(b, pl_add(&b->graph, h, attend(b, &bank, score, 1, param(b, bank.rows, 1))));
}

/* ---- masks ---- */

/* A constant vector of zeros and ones, ones[first] the first of them. */
static int mask(struct pl_case_bench *b, int count, int first) {
    int node = pl_feed_step(&b->graph, "mask", count);
    add_leaf(b, (struct pl_leaf){.kind = PL_LEAF_MASK, .node = node, .count = (size_t)count});
    float *values = b->leaves.items[b->leaves.count - 1].values;
    for (int i = 0; i < count; i++) values[i] = i >= first && i != first + 1;
    return node;
}

static void build_mask(struct pl_case_bench *b) {
    int heads = b->with.mask.heads;
    struct bank bank = make_bank(b, 4, heads, PL_KEYS_FULL);
    struct pl_depth depth = {PL_SCORE_SOFTMAX, heads, 1};
    int alpha = pl_depth_weights(&b->graph, &depth, param(b, bank.rows, 1), bank.v, bank.r, 4);
    int left = pl_depth_mask(&b->graph, alpha, mask(b, 4, b->with.mask.first), b->with.mask.kind);
    int h = pl_depth_mix(&b->graph, left, bank.v, 4, heads);
    end_mse(b, pl_add(&b->graph, h, bank.v[1])); /* of a masked source nothing would be left */
}

static void build_mask_static(struct pl_case_bench *b) {
    struct bank bank = make_bank(b, 4, 1, PL_KEYS_RAW);
    int alpha = pl_softmax(&b->graph, param(b, 4, 1), 0.6);
    int left = pl_depth_mask(&b->graph, alpha, mask(b, 4, 1), PL_MASK_RENORMALISE);
    end_mse(b, pl_depth_mix(&b->graph, left, bank.v, 4, 1));
}

static void build_depth_one_source(struct pl_case_bench *b) {
    struct bank bank = make_bank(b, 1, 1, PL_KEYS_FULL);
    int h = attend(b, &bank, PL_SCORE_SIGMOID, 1, param(b, bank.rows, 1));
    end_mse(b, pl_add(&b->graph, h, attend(b, &bank, PL_SCORE_SOFTMAX, 1, param(b, bank.rows, 1))));
}

/* The same tensor stands twice among the sources, and a part of another. */
static void build_depth_source_twice(struct pl_case_bench *b) {
    struct bank bank = make_bank(b, 2, 1, PL_KEYS_FULL);
    add_source(b, &bank, bank.v[0]);
    add_source(b, &bank, pl_view(&b->graph, real(b, bank.rows + 2), 1, bank.rows));
    end_mse(b, attend(b, &bank, PL_SCORE_SOFTMAX, 1, param(b, bank.rows, 1)));
}

/* Sites in a row, each over all earlier outputs, with queries times a shared key gain: sources are
 * read by several sites, and the gradient of each is gathered from all of them. */
static void build_depth_sites(struct pl_case_bench *b) {
    struct bank bank = make_bank(b, 2, b->with.depth.heads, b->with.depth.keys);
    int gain = param(b, bank.rows, 1), w = param(b, bank.rows, bank.rows);
    for (int site = 0; site < 3; site++) {
        int p = pl_mul(&b->graph, param(b, bank.rows, 1), gain);
        int h = attend(b, &bank, PL_SCORE_SOFTMAX, 1, p);
        int y = pl_activate(&b->graph, pl_scale(&b->graph, 0.3, pl_matmul(&b->graph, w, h)),
                            param(b, bank.rows, 1), PL_ACT_TANH);
        add_source(b, &bank, y);
    }
    end_mse(b, attend(b, &bank, PL_SCORE_SOFTMAX, 1, param(b, bank.rows, 1)));
}

static void build_static_mix(struct pl_case_bench *b) {
    struct bank bank = make_bank(b, 3, 1, PL_KEYS_RAW);
    int alpha = pl_softmax(&b->graph, param(b, 3, 1), 0.6);
    end_mse(b, pl_depth_mix(&b->graph, alpha, bank.v, 3, 1));
}

static void build_static_mix_heads(struct pl_case_bench *b) {
    struct bank bank = make_bank(b, 4, 3, PL_KEYS_RAW);
    end_mse(b, pl_depth_mix(&b->graph, param(b, 12, 1), bank.v, 4, 3));
}

/* Static weights of two sites are parts of one parameter, and their sources overlap. */
static void build_static_mix_shared(struct pl_case_bench *b) {
    struct bank bank = make_bank(b, 4, 1, PL_KEYS_RAW);
    int all = param(b, 6, 1);
    int h = pl_depth_mix(&b->graph, pl_view(&b->graph, all, 0, 3), bank.v, 3, 1);
    int k = pl_depth_mix(&b->graph, pl_view(&b->graph, all, 2, 3), bank.v + 1, 3, 1);
    end_mse(b, pl_mul(&b->graph, h, k));
}

/* ---- streams ---- */

static void build_stack(struct pl_case_bench *b) {
    int x = real(b, some_rows(b)), y = real(b, some_rows(b));
    const int in[] = {x, y, x};
    int stacked = pl_stack(&b->graph, in, 3);
    end_mse(b, pl_mul(&b->graph, stacked, stacked));
}

static void build_stack_of_params(struct pl_case_bench *b) {
    int rows = some_rows(b), in = some_rows(b);
    const int parts[] = {param(b, rows, in), param(b, 2, in)};
    end_mse(b, pl_matmul(&b->graph, pl_stack(&b->graph, parts, 2), real(b, in)));
}

/* [blocks] from [sources] streams and one vector more, by coefficients a token or static ones. */
static void build_mix(struct pl_case_bench *b) {
    int blocks = b->with.mix.blocks, sources = b->with.mix.sources;
    bool transpose = b->with.mix.transpose, is_static = b->with.mix.is_static;
    int d = 1 + below(b, 6), count = blocks * sources;
    int rows = transpose ? sources : blocks, cols = transpose ? blocks : sources;
    int c = is_static ? param(b, rows, cols) : real(b, count);
    int write = is_static ? param(b, blocks, 1) : real(b, blocks);
    const int pairs[] = {c, real(b, sources * d), write, real(b, d)};
    end_mse(b, pl_stream_mix(&b->graph, blocks, transpose, pairs, 4));
}

/* More sources than a kernel takes at a time, static and moving coefficients together. */
static void build_stream_mix_many(struct pl_case_bench *b) {
    int d = 1 + below(b, 4), pairs[18];
    for (int k = 0; k < 9; k++) {
        pairs[2 * k] = k % 2 ? param(b, 3, 2) : real(b, 6);
        pairs[2 * k + 1] = real(b, 2 * d);
    }
    end_mse(b, pl_stream_mix(&b->graph, 3, false, pairs, 18));
}

static void build_stream_dot(struct pl_case_bench *b) {
    int d = 1 + below(b, 7);
    end_mse(b, pl_stream_dot(&b->graph, real(b, 3 * d), 3, real(b, 5 * d)));
}

static void build_stream_dot_of_itself(struct pl_case_bench *b) {
    int d = 1 + below(b, 7), x = real(b, 4 * d);
    end_mse(b, pl_stream_dot(&b->graph, x, 4, x));
}

/* Streams through three layers, read and written by static and by moving coefficients. */
static void build_stream_network(struct pl_case_bench *b) {
    int d = some_rows(b), n = 4, e = real(b, d), w = param(b, d, d);
    int h = pl_stack(&b->graph, (const int[]){e, e, e, e}, 4);
    for (int layer = 0; layer < 3; layer++) {
        bool still = layer == 1;
        int mix = still ? param(b, n, n) : real(b, n * n);
        int read = still ? param(b, n, 1) : real(b, n), write = still ? param(b, n, 1) : real(b, n);
        int u = pl_stream_mix(&b->graph, 1, true, (const int[]){read, h}, 2);
        int y = pl_activate(&b->graph, pl_matmul(&b->graph, w, u), PL_NONE, PL_ACT_TANH);
        const int pairs[] = {mix, h, write, y};
        h = pl_scale(&b->graph, 0.25, pl_stream_mix(&b->graph, n, true, pairs, 4));
    }
    end_mse(b, h);
}

static void build_projection(struct pl_case_bench *b) {
    int groups = b->with.norm.groups;
    int d = some_rows(b), x = real(b, groups * d);
    const int w[] = {param(b, d, 1), param(b, d, 4), param(b, d, 11)};
    int r = pl_norm_stats(&b->graph, x, PL_NORM_RMS, b->with.norm.eps, groups);
    end_mse(b, pl_project(&b->graph, x, r, w, 3));
}

static void build_project_one(struct pl_case_bench *b) {
    int d = some_rows(b), x = real(b, 2 * d), w = param(b, d, 1);
    int r = pl_norm_stats(&b->graph, x, PL_NORM_RMS, 0.1, 2);
    end_mse(b, pl_project(&b->graph, x, r, &w, 1));
}

static void build_doubly(struct pl_case_bench *b) {
    int z = pl_scale(&b->graph, b->with.doubly.scale, real(b, b->with.doubly.logits));
    end_mse(b, pl_doubly(&b->graph, b->with.doubly.kind, b->with.doubly.n,
                         b->with.doubly.iterations, z));
}

/* ---- sequences ---- */

static void build_embed(struct pl_case_bench *b) {
    int vocabulary = some_rows(b), ids = labels_below(b, vocabulary);
    end_mse(b, pl_embed(&b->graph, param(b, vocabulary, some_rows(b)), ids));
}

/* Sequences of [tokens] tokens, one or more a tile; q, k, v of [heads] heads of [rows] channels. */
static void causal(struct pl_case_bench *b, int tokens, int heads, int rows) {
    b->graph.sequence = tokens;
    int q = real(b, heads * rows), k = real(b, heads * rows), v = real(b, heads * rows);
    int lse = pl_attend_lse(&b->graph, heads, q, k);
    end_mse(b, pl_attend(&b->graph, heads, q, k, v, lse));
}

static void build_causal(struct pl_case_bench *b) {
    causal(b, 2 + below(b, 15), 1, some_rows(b));
}

static void build_causal_heads(struct pl_case_bench *b) {
    causal(b, 17 + below(b, 16), 3, some_rows(b));
}

static void build_causal_of_one(struct pl_case_bench *b) {
    causal(b, 1, 1, 1);
}

/* One tensor for all three, and weights that its readers share. */
static void build_causal_itself(struct pl_case_bench *b) {
    b->graph.sequence = 13;
    int x = real(b, 2 * some_rows(b)), lse = pl_attend_lse(&b->graph, 2, x, x);
    int o = pl_attend(&b->graph, 2, x, x, x, lse);
    b->hits = pl_attend_entropy(&b->graph, 2, x, x, lse);
    end_mse(b, pl_attend(&b->graph, 2, x, x, o, lse));
}

/* Sequences of [tokens] of which [asked] are asked, at any positions, some of them twice. */
static int select_some(struct pl_case_bench *b, int tokens, int asked, int x) {
    b->graph.sequence = tokens;
    b->graph.asked = asked;
    return pl_select(&b->graph, x, asked_below(b, "asked", tokens));
}

static void build_select(struct pl_case_bench *b) {
    int y = select_some(b, 3 + below(b, 20), 3, real(b, some_rows(b)));
    int rows = pl_graph_node(&b->graph, y)->rows;
    int weight = feed_asked(b, 1, PL_LEAF_WEIGHT), target = feed_asked(b, rows, PL_LEAF_TARGET);
    y = pl_bias(&b->graph, pl_matmul(&b->graph, param(b, rows, rows), y), param(b, rows, 1));
    end_with(b, pl_mse(&b->graph, y, target, weight));
}

static void build_exact(struct pl_case_bench *b) {
    int classes = 2, y = select_some(b, 5, 2, real(b, classes));
    int weight = feed_asked(b, 1, PL_LEAF_WEIGHT), labels = asked_below(b, "labels", classes);
    b->hits = pl_exact(&b->graph, y, labels, weight);
    end_with(b, pl_xent(&b->graph, y, labels, weight));
}

/* Drops a quarter. */
static int key(struct pl_case_bench *b) {
    int node = pl_feed_step(&b->graph, "key", PL_DROPOUT_KEY);
    add_leaf(b, (struct pl_leaf){.kind = PL_LEAF_MASK, .node = node, .count = PL_DROPOUT_KEY});
    float *values = b->leaves.items[b->leaves.count - 1].values;
    values[0] = 0.25f;
    for (int k = 1; k < PL_DROPOUT_KEY; k++) values[k] = (float)below(b, 1 << 16);
    return node;
}

static void build_dropout(struct pl_case_bench *b) {
    int token = labels_below(b, 1 << 30), x = real(b, some_rows(b));
    end_mse(b, pl_dropout(&b->graph, "a name", x, token, key(b)));
}

static void build_causal_dropout(struct pl_case_bench *b) {
    b->graph.sequence = 13;
    int token = labels_below(b, 1 << 30), rows = 2 * some_rows(b);
    const int qkv[] = {real(b, rows), real(b, rows), real(b, rows)};
    int lse = pl_attend_lse(&b->graph, 2, qkv[0], qkv[1]);
    end_mse(b, pl_attend_dropout(&b->graph, 2, "weights", qkv, lse, token, key(b)));
}

static int constant(struct pl_case_bench *b, int rows, int cols) {
    int node = pl_param(&b->graph, "constant", rows, cols, PL_GROUP_CONSTANT, PL_FILL_VALUE, 0);
    add_leaf(b, (struct pl_leaf){
                    .kind = PL_LEAF_MASK, .node = node, .count = (size_t)rows * (size_t)cols});
    return node;
}

static void build_rotate(struct pl_case_bench *b) {
    int half = 1 + below(b, 5), positions = 1 + below(b, 20), x = real(b, 3 * 2 * half);
    end_mse(b, pl_rotate(&b->graph, 3, x, constant(b, positions, 2 * half),
                         labels_below(b, positions)));
}

static void build_norm_heads(struct pl_case_bench *b) {
    int rows = some_rows(b), x = real(b, 3 * rows);
    int stats = pl_norm_stats(&b->graph, x, PL_NORM_RMS, 1e-6, 3);
    end_mse(b, pl_norm_apply(&b->graph, x, stats, param(b, rows, 1), PL_NORM_RMS));
}

/* ---- losses ---- */

static void build_xent(struct pl_case_bench *b) {
    end_xent(b, real(b, some_rows(b)));
}

static void build_mlp_xent(struct pl_case_bench *b) {
    int in = some_rows(b), hidden = some_rows(b), out = some_rows(b), x = real(b, in);
    int stats = pl_norm_stats(&b->graph, x, PL_NORM_RMS, 1e-6, 1);
    int n = pl_norm_apply(&b->graph, x, stats, param(b, in, 1), PL_NORM_RMS);
    int y = pl_activate(&b->graph, pl_matmul(&b->graph, param(b, hidden, in), n),
                        param(b, hidden, 1), PL_ACT_SILU);
    end_xent(b,
             pl_bias(&b->graph, pl_matmul(&b->graph, param(b, out, hidden), y), param(b, out, 1)));
}

const struct pl_op_case pl_op_cases[] = {
    {"sum", build_sum},
    {"sum of many", build_sum_of_many},
    {"axpby", build_axpby},
    {"axpby of itself", build_axpby_of_itself},
    {"scale", build_scale},
    {"mul", build_mul},
    {"square", build_square},
    {"bias", build_bias},
    {"bias, a matrix", build_bias_matrix},
    {"relu", build_act, {.act = PL_ACT_RELU}},
    {"gelu", build_act, {.act = PL_ACT_GELU}},
    {"silu", build_act, {.act = PL_ACT_SILU}},
    {"tanh", build_act, {.act = PL_ACT_TANH}},
    {"sigmoid", build_act, {.act = PL_ACT_SIGMOID}},
    {"activation without bias", build_act_without_bias},
    {"sigmoid of a vector", build_sigmoid_of_vector},
    {"gain", build_gain},
    {"gain of one number", build_gain_of_one_number},
    {"gain of tokens", build_gain_of_tokens},
    {"view", build_view},
    {"view of a view", build_view_of_view},
    {"view of a parameter", build_view_of_param},
    {"place", build_place},
    {"matmul", build_matmul},
    {"matmul transposed", build_matmul_transposed},
    {"matmul shared", build_matmul_shared},
    {"matmul computed", build_matmul_computed},
    {"conv", build_conv},
    {"conv, wide", build_conv_wide},
    {"conv transposed", build_conv_transposed},
    {"rmsnorm", build_norm, {.norm = {PL_NORM_RMS, 1e-6, true}}},
    {"rmsnorm without gain", build_norm, {.norm = {PL_NORM_RMS, 0.1, false}}},
    {"rmsnorm without eps", build_norm, {.norm = {PL_NORM_RMS, 0, true}}},
    {"layernorm", build_norm, {.norm = {PL_NORM_LAYER, 1e-6, true}}},
    {"layernorm without gain", build_norm, {.norm = {PL_NORM_LAYER, 0.1, false}}},
    {"norm shared", build_norm_shared},
    {"depth softmax", build_attend, {.depth = {PL_SCORE_SOFTMAX, 1, PL_KEYS_FULL, 1}}},
    {"depth softmax, heads", build_attend, {.depth = {PL_SCORE_SOFTMAX, 3, PL_KEYS_FULL, 0.7}}},
    {"depth softmax, keys per head",
     build_attend,
     {.depth = {PL_SCORE_SOFTMAX, 2, PL_KEYS_PERHEAD, 1.5}}},
    {"depth softmax, raw keys", build_attend, {.depth = {PL_SCORE_SOFTMAX, 1, PL_KEYS_RAW, 2}}},
    {"depth softmax, raw keys, heads",
     build_attend,
     {.depth = {PL_SCORE_SOFTMAX, 3, PL_KEYS_RAW, 2}}},
    {"depth sigmoid", build_attend, {.depth = {PL_SCORE_SIGMOID, 1, PL_KEYS_FULL, 1}}},
    {"depth sigmoid, keys per head",
     build_attend,
     {.depth = {PL_SCORE_SIGMOID, 3, PL_KEYS_PERHEAD, 0.8}}},
    {"depth sigmoid, raw keys", build_attend, {.depth = {PL_SCORE_SIGMOID, 2, PL_KEYS_RAW, 2}}},
    {"depth sigmoid, normalised",
     build_attend,
     {.depth = {PL_SCORE_SIGMOID_NORM, 1, PL_KEYS_FULL, 0.7}}},
    {"depth sigmoid, normalised, heads",
     build_attend,
     {.depth = {PL_SCORE_SIGMOID_NORM, 2, PL_KEYS_PERHEAD, 1}}},
    {"depth sparsemax", build_attend, {.depth = {PL_SCORE_SPARSEMAX, 1, PL_KEYS_FULL, 0.7}}},
    {"depth sparsemax, heads", build_attend, {.depth = {PL_SCORE_SPARSEMAX, 3, PL_KEYS_FULL, 1}}},
    {"depth entmax15", build_attend, {.depth = {PL_SCORE_ENTMAX15, 1, PL_KEYS_FULL, 0.7}}},
    {"depth entmax15, keys per head",
     build_attend,
     {.depth = {PL_SCORE_ENTMAX15, 2, PL_KEYS_PERHEAD, 1}}},
    {"depth, own queries", build_own_query, {.depth = {PL_SCORE_SOFTMAX, 1, PL_KEYS_FULL}}},
    {"depth, own queries, raw keys, heads",
     build_own_query,
     {.depth = {PL_SCORE_SIGMOID, 3, PL_KEYS_RAW}}},
    {"depth, own queries, keys per head",
     build_own_query,
     {.depth = {PL_SCORE_SIGMOID_NORM, 2, PL_KEYS_PERHEAD}}},
    {"mask, the rest as it was", build_mask, {.mask = {PL_MASK_DROP, 3, 0}}},
    {"mask, the rest renormalised", build_mask, {.mask = {PL_MASK_RENORMALISE, 2, 0}}},
    {"mask of all", build_mask, {.mask = {PL_MASK_RENORMALISE, 1, 4}}},
    {"mask of static weights", build_mask_static},
    {"depth of one source", build_depth_one_source},
    {"depth, a source twice", build_depth_source_twice},
    {"depth network", build_depth_sites, {.depth = {PL_SCORE_SOFTMAX, 1, PL_KEYS_FULL}}},
    {"depth network, heads", build_depth_sites, {.depth = {PL_SCORE_SOFTMAX, 2, PL_KEYS_PERHEAD}}},
    {"depth network, raw keys", build_depth_sites, {.depth = {PL_SCORE_SOFTMAX, 1, PL_KEYS_RAW}}},
    {"static mix", build_static_mix},
    {"static mix, heads", build_static_mix_heads},
    {"static mix shared", build_static_mix_shared},
    {"stack", build_stack},
    {"stack of parameters", build_stack_of_params},
    {"stream mix", build_mix, {.mix = {4, 4, false, false}}},
    {"stream mix transposed", build_mix, {.mix = {3, 4, true, false}}},
    {"stream mix static", build_mix, {.mix = {4, 3, false, true}}},
    {"stream mix static, transposed", build_mix, {.mix = {2, 4, true, true}}},
    {"stream read", build_mix, {.mix = {1, 4, false, false}}},
    {"stream mix wide", build_mix, {.mix = {8, 7, true, false}}},
    {"stream mix of many", build_stream_mix_many},
    {"stream dot", build_stream_dot},
    {"stream dot of itself", build_stream_dot_of_itself},
    {"stream network", build_stream_network},
    {"project", build_projection, {.norm = {PL_NORM_RMS, 1e-6, .groups = 1}}},
    {"project in groups", build_projection, {.norm = {PL_NORM_RMS, 0, .groups = 4}}},
    {"project to one", build_project_one},
    {"sinkhorn", build_doubly, {.doubly = {PL_DOUBLY_SINKHORN, 4, 20, 16, 1}}},
    {"sinkhorn, steep", build_doubly, {.doubly = {PL_DOUBLY_SINKHORN, 4, 20, 16, 8}}},
    {"sinkhorn once", build_doubly, {.doubly = {PL_DOUBLY_SINKHORN, 3, 1, 9, 1}}},
    {"sinkhorn of eight", build_doubly, {.doubly = {PL_DOUBLY_SINKHORN, 8, 3, 64, 1}}},
    {"birkhoff", build_doubly, {.doubly = {PL_DOUBLY_BIRKHOFF, 4, 0, 24, 1}}},
    {"birkhoff of three", build_doubly, {.doubly = {PL_DOUBLY_BIRKHOFF, 3, 0, 6, 4}}},
    {"kronecker", build_doubly, {.doubly = {PL_DOUBLY_KRONECKER, 4, 0, 4, 1}}},
    {"kronecker of eight", build_doubly, {.doubly = {PL_DOUBLY_KRONECKER, 8, 0, 6, 2}}},
    {"embed", build_embed},
    {"attention", build_causal},
    {"attention, heads", build_causal_heads},
    {"attention, one token, one channel", build_causal_of_one},
    {"attention of itself", build_causal_itself},
    {"attention, weights dropped out", build_causal_dropout},
    {"select", build_select},
    {"exact", build_exact},
    {"dropout", build_dropout},
    {"rotate", build_rotate},
    {"rmsnorm of heads", build_norm_heads},
    {"xent", build_xent},
    {"mlp with xent", build_mlp_xent},
    {0},
};

/* ---- life ---- */

void pl_case_init(struct pl_case_bench *b, const struct pl_op_case *from, uint64_t seed) {
    memset(b, 0, sizeof *b);
    pl_graph_init(&b->graph);
    pl_rng_init(&b->rng, seed, from->name);
    b->tokens = PL_CASE_TILE * (1 + below(b, 2)) + 1 + below(b, PL_CASE_TILE - 1);
    b->hits = PL_NONE;
    b->with = from->with;
    b->weight = feed(b, 1, PL_LEAF_WEIGHT);
    b->inverse_weight = pl_feed_step(&b->graph, "inverse_weight", 1);
    for (int t = 0; t < b->tokens; t++) b->total_weight += b->leaves.items[0].values[t];
    from->build(b);

    PL_VEC(int) wrt = {0};
    for (size_t k = 0; k < b->leaves.count; k++) {
        const struct pl_leaf *leaf = &b->leaves.items[k];
        if (leaf->kind == PL_LEAF_REAL || leaf->kind == PL_LEAF_ODD) PL_VEC_PUSH(&wrt, leaf->node);
    }
    pl_graph_grad(&b->graph, b->loss, wrt.items, (int)wrt.count);
    PL_VEC_FINISH(&wrt);

    pl_graph_check(&b->graph);
}

void pl_case_finish(struct pl_case_bench *b) {
    for (size_t k = 0; k < b->leaves.count; k++) {
        pl_free(b->leaves.items[k].values);
        pl_free(b->leaves.items[k].labels);
    }
    PL_VEC_FINISH(&b->leaves);
    pl_graph_finish(&b->graph);
}
