/* Nodes lie in one growing array: a pointer to a node is good until the next one is appended. Names and
 * lists of inputs are the arena's and stay. Every operator goes through pl_op, which asks the shape rule of
 * its row; the constructors behind it only put inputs and attributes together.
 */
#include "core/graph/graph.h"

#include <string.h>

#include "core/graph/dropout.h"
#include "core/graph/op.h"

size_t pl_graph_padded(size_t elements) {
    return (elements + PL_ALIGN_ELEMENTS - 1) / PL_ALIGN_ELEMENTS * PL_ALIGN_ELEMENTS;
}

void pl_graph_init(struct pl_graph *graph) {
    memset(graph, 0, sizeof *graph);
    graph->sequence = 1;
}

void pl_graph_finish(struct pl_graph *graph) {
    PL_VEC_FINISH(&graph->nodes);
    PL_VEC_FINISH(&graph->grads);
    pl_arena_finish(&graph->arena);
}

/* ---- reading ---- */

int pl_graph_root(const struct pl_graph *graph, int node, int *first) {
    int row = 0;
    while (pl_graph_node(graph, node)->kind == PL_KIND_VIEW) {
        row += pl_graph_node(graph, node)->attr.place.first;
        node = pl_graph_node(graph, node)->in[0];
    }
    if (first) *first = row;
    return node;
}

int pl_graph_find(const struct pl_graph *graph, const char *name) {
    for (size_t n = 0; n < graph->nodes.count; n++) {
        const char *candidate = graph->nodes.items[n].name;
        if (candidate && strcmp(candidate, name) == 0) return (int)n;
    }
    return PL_NONE;
}

bool pl_graph_is_boundary(const struct pl_graph *graph, int node) {
    const struct pl_node *n = pl_graph_node(graph, node);
    if (n->kind != PL_KIND_OP || n->domain != PL_STEP) return false;
    for (int k = 0; k < n->in_count; k++)
        if (pl_in(graph, n, k)->domain == PL_TILE) return true;
    return false;
}

bool pl_graph_is_update(const struct pl_node *node) {
    return node->kind == PL_KIND_OP && (node->op == PL_OP_CLIP || node->op == PL_OP_SGD_STEP ||
                                        node->op == PL_OP_ADAM_STEP || node->op == PL_OP_TICK);
}

size_t pl_graph_param_count(const struct pl_graph *graph, enum pl_group group) {
    size_t total = 0;
    for (size_t k = 0; k < graph->nodes.count; k++) {
        const struct pl_node *n = &graph->nodes.items[k];
        if (n->kind == PL_KIND_PARAM && n->group == group)
            total += (size_t)n->rows * (size_t)n->cols;
    }
    return total;
}

size_t pl_graph_trained_count(const struct pl_graph *graph) {
    size_t total = 0;
    for (int group = 0; group < PL_GROUPS; group++)
        if (group != PL_GROUP_CONSTANT) total += pl_graph_param_count(graph, (enum pl_group)group);
    return total;
}

/* ---- making: leaves ---- */

static int append(struct pl_graph *graph, struct pl_node node) {
    PL_VEC_PUSH(&graph->nodes, node);
    return (int)graph->nodes.count - 1;
}

static const char *keep_name(struct pl_graph *graph, const char *name) {
    PL_ASSERT(name && pl_graph_find(graph, name) == PL_NONE);
    return pl_arena_strdup(&graph->arena, name);
}

static struct pl_node leaf(enum pl_kind kind, enum pl_domain domain, int rows, int cols) {
    return (struct pl_node){
        .kind = kind, .domain = domain, .rows = rows, .cols = cols, .companion = PL_NONE};
}

int pl_feed_tile(struct pl_graph *graph, const char *name, int rows, enum pl_dtype dtype) {
    struct pl_node node = leaf(PL_KIND_FEED, PL_TILE, rows, 0);
    node.dtype = dtype;
    node.name = keep_name(graph, name);
    return append(graph, node);
}

int pl_feed_asked(struct pl_graph *graph, const char *name, int rows, enum pl_dtype dtype) {
    int node = pl_feed_tile(graph, name, rows, dtype);
    graph->nodes.items[node].asked = true;
    return node;
}

int pl_feed_step(struct pl_graph *graph, const char *name, int rows) {
    struct pl_node node = leaf(PL_KIND_FEED, PL_STEP, rows, 1);
    node.name = keep_name(graph, name);
    return append(graph, node);
}

int pl_const(struct pl_graph *graph, double value) {
    struct pl_node node = leaf(PL_KIND_CONST, PL_STEP, 1, 1);
    node.value = value;
    return append(graph, node);
}

int pl_param(struct pl_graph *graph, const char *name, int rows, int cols, enum pl_group group,
             enum pl_fill fill, double a) {
    PL_ASSERT(rows > 0 && cols > 0);
    struct pl_node node = leaf(PL_KIND_PARAM, PL_STEP, rows, cols);
    node.name = keep_name(graph, name);
    node.group = group;
    node.flat = graph->group_size[group];
    node.fill = fill;
    node.fill_a = a;
    graph->group_size[group] += pl_graph_padded((size_t)rows * (size_t)cols);
    return append(graph, node);
}

void pl_param_where(struct pl_graph *graph, int param, int first, int step, double value) {
    struct pl_node *node = &graph->nodes.items[param];
    PL_ASSERT(node->kind == PL_KIND_PARAM && first >= 0 && step > 0);
    node->where_first = first;
    node->where_step = step;
    node->where_value = value;
}

int pl_state(struct pl_graph *graph, const char *name, int rows) {
    struct pl_node node = leaf(PL_KIND_STATE, PL_STEP, rows, 1);
    node.name = keep_name(graph, name);
    return append(graph, node);
}

static int flat_group(struct pl_graph *graph, enum pl_kind kind, enum pl_group group) {
    struct pl_node node = leaf(kind, PL_STEP, (int)graph->group_size[group], 1);
    node.group = group;
    return append(graph, node);
}

int pl_params(struct pl_graph *graph, enum pl_group group) {
    return flat_group(graph, PL_KIND_PARAMS, group);
}

int pl_grads(struct pl_graph *graph, enum pl_group group) {
    return flat_group(graph, PL_KIND_GRADS, group);
}

static const int *keep_inputs(struct pl_graph *graph, const int *in, int count) {
    return pl_arena_copy(&graph->arena, in, (size_t)count * sizeof *in);
}

int pl_view(struct pl_graph *graph, int base, int first, int rows) {
    const struct pl_node *of = pl_graph_node(graph, base);
    PL_ASSERT(first >= 0 && rows > 0 && first + rows <= of->rows);
    if (first == 0 && rows == of->rows) return base;
    struct pl_node node = leaf(PL_KIND_VIEW, of->domain, rows, of->cols);
    node.dtype = of->dtype;
    node.asked = of->asked;
    node.attr.place.first = first;
    node.in = keep_inputs(graph, &base, 1);
    node.in_count = 1;
    return append(graph, node);
}

/* ---- making: operators ---- */

/* Only select and its gradient go from all tokens to the asked ones, or back. */
static bool is_asked(const struct pl_graph *graph, const struct pl_node *node) {
    bool all = false, asked = false;
    for (int k = 0; k < node->in_count; k++) {
        const struct pl_node *in = pl_in(graph, node, k);
        asked |= in->domain == PL_TILE && in->asked;
        all |= in->domain == PL_TILE && !in->asked;
    }
    if (node->op == PL_OP_SELECT) return true;
    if (node->op == PL_OP_SELECT_GRAD) return false;
    PL_ASSERT(!all || !asked);
    return asked && node->domain == PL_TILE;
}

int pl_op(struct pl_graph *graph, enum pl_op op, struct pl_attr attr, const int *in, int in_count) {
    const struct pl_op_info *info = pl_op_info(op);
    PL_ASSERT(in_count >= info->least && in_count <= info->most);
    for (int k = 0; k < in_count; k++) PL_ASSERT(in[k] >= 0 && in[k] < (int)graph->nodes.count);
    struct pl_node node = {.kind = PL_KIND_OP, .op = op, .attr = attr, .companion = PL_NONE};
    node.in = keep_inputs(graph, in, in_count);
    node.in_count = in_count;
    info->rules->shape(graph, &node);
    node.asked = is_asked(graph, &node);
    return append(graph, node);
}

#define PL_INPUTS(...) (const int[]){__VA_ARGS__}, (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int))

int pl_sum(struct pl_graph *graph, const int *in, int count) {
    return count == 1 ? in[0] : pl_op(graph, PL_OP_SUM, (struct pl_attr){0}, in, count);
}

int pl_add(struct pl_graph *graph, int x, int y) {
    return pl_op(graph, PL_OP_SUM, (struct pl_attr){0}, PL_INPUTS(x, y));
}

int pl_axpby(struct pl_graph *graph, double a, int x, double b, int y) {
    return pl_op(graph, PL_OP_AXPBY, (struct pl_attr){.axpby = {a, b}}, PL_INPUTS(x, y));
}

int pl_scale(struct pl_graph *graph, double a, int x) {
    return pl_op(graph, PL_OP_SCALE, (struct pl_attr){.axpby.a = a}, PL_INPUTS(x));
}

int pl_mul(struct pl_graph *graph, int x, int y) {
    return pl_op(graph, PL_OP_MUL, (struct pl_attr){0}, PL_INPUTS(x, y));
}

int pl_bias(struct pl_graph *graph, int x, int b) {
    return pl_op(graph, PL_OP_BIAS, (struct pl_attr){0}, PL_INPUTS(x, b));
}

int pl_activate(struct pl_graph *graph, int x, int b, enum pl_act act) {
    struct pl_attr attr = {.act.kind = act};
    const int in[] = {x, b};
    int count = b == PL_NONE ? 1 : 2;
    int y = pl_op(graph, PL_OP_ACT, attr, in, count);
    int slope = pl_op(graph, PL_OP_ACT_SLOPE, attr, in, count);
    graph->nodes.items[y].companion = slope;
    return y;
}

int pl_softmax(struct pl_graph *graph, int a, double temperature) {
    return pl_op(graph, PL_OP_SOFTMAX, (struct pl_attr){.softmax.temperature = temperature},
                 PL_INPUTS(a));
}

int pl_sigmoid(struct pl_graph *graph, int a) {
    return pl_op(graph, PL_OP_SIGMOID, (struct pl_attr){0}, PL_INPUTS(a));
}

int pl_matmul(struct pl_graph *graph, int w, int x) {
    return pl_op(graph, PL_OP_MATMUL, (struct pl_attr){0}, PL_INPUTS(w, x));
}

int pl_matmul_transposed(struct pl_graph *graph, int w, int x) {
    return pl_op(graph, PL_OP_MATMUL, (struct pl_attr){.matmul.transpose = true}, PL_INPUTS(w, x));
}

int pl_conv(struct pl_graph *graph, int w, int x) {
    return pl_op(graph, PL_OP_CONV, (struct pl_attr){0}, PL_INPUTS(w, x));
}

int pl_norm_stats(struct pl_graph *graph, int x, enum pl_norm kind, double eps, int groups) {
    struct pl_attr attr = {.norm = {.kind = kind, .groups = groups, .eps = eps}};
    return pl_op(graph, PL_OP_NORM_STATS, attr, PL_INPUTS(x));
}

int pl_norm_apply(struct pl_graph *graph, int x, int stats, int gain, enum pl_norm kind) {
    const int in[] = {x, stats, gain};
    int groups = kind == PL_NORM_RMS ? pl_graph_node(graph, stats)->rows : 1;
    return pl_op(graph, PL_OP_NORM, (struct pl_attr){.norm = {.kind = kind, .groups = groups}}, in,
                 gain == PL_NONE ? 2 : 3);
}

int pl_depth_weights(struct pl_graph *graph, const struct pl_depth *depth, int p, const int *v,
                     const int *r, int count) {
    int total = 1 + count + (r ? count : 0);
    int *in = pl_alloc((size_t)total * sizeof *in);
    in[0] = p;
    memcpy(in + 1, v, (size_t)count * sizeof *in);
    if (r) memcpy(in + 1 + count, r, (size_t)count * sizeof *in);
    struct pl_attr attr = {.depth = {.score = depth->score,
                                     .heads = depth->heads,
                                     .temperature = depth->temperature,
                                     .keyed = r != NULL}};
    int node = pl_op(graph, PL_OP_DEPTH_WEIGHTS, attr, in, total);
    pl_free(in);
    return node;
}

int pl_depth_mix(struct pl_graph *graph, int weights, const int *v, int count, int heads) {
    int *in = pl_alloc((size_t)(1 + count) * sizeof *in);
    in[0] = weights;
    memcpy(in + 1, v, (size_t)count * sizeof *in);
    int node = pl_op(graph, PL_OP_DEPTH_MIX, (struct pl_attr){.depth.heads = heads}, in, 1 + count);
    pl_free(in);
    return node;
}

int pl_gain(struct pl_graph *graph, int s, int x) {
    return pl_depth_mix(graph, s, &x, 1, pl_graph_node(graph, s)->rows);
}

int pl_stack(struct pl_graph *graph, const int *in, int count) {
    return pl_op(graph, PL_OP_STACK, (struct pl_attr){0}, in, count);
}

int pl_stream_mix(struct pl_graph *graph, int blocks, bool transpose, const int *pairs, int count) {
    struct pl_attr attr = {.stream = {.blocks = blocks, .transpose = transpose}};
    return pl_op(graph, PL_OP_STREAM_MIX, attr, pairs, count);
}

int pl_stream_dot(struct pl_graph *graph, int x, int x_blocks, int y) {
    return pl_op(graph, PL_OP_STREAM_DOT, (struct pl_attr){.stream.blocks = x_blocks},
                 PL_INPUTS(x, y));
}

int pl_project(struct pl_graph *graph, int x, int r, const int *w, int count) {
    int *in = pl_alloc((size_t)(2 + count) * sizeof *in);
    in[0] = x;
    in[1] = r;
    memcpy(in + 2, w, (size_t)count * sizeof *in);
    int node = pl_op(graph, PL_OP_PROJECT, (struct pl_attr){0}, in, 2 + count);
    pl_free(in);
    return node;
}

int pl_doubly(struct pl_graph *graph, enum pl_doubly kind, int n, int iterations, int z) {
    struct pl_attr attr = {.doubly = {kind, n, iterations}};
    return pl_op(graph, PL_OP_DOUBLY, attr, PL_INPUTS(z));
}

int pl_depth_mask(struct pl_graph *graph, int weights, int mask, enum pl_mask kind) {
    return pl_op(graph, PL_OP_DEPTH_MASK, (struct pl_attr){.depth.mask = kind},
                 PL_INPUTS(weights, mask));
}

int pl_embed(struct pl_graph *graph, int table, int ids) {
    return pl_op(graph, PL_OP_EMBED, (struct pl_attr){0}, PL_INPUTS(table, ids));
}

int pl_select(struct pl_graph *graph, int x, int asked) {
    return pl_op(graph, PL_OP_SELECT, (struct pl_attr){0}, PL_INPUTS(x, asked));
}

int pl_dropout(struct pl_graph *graph, const char *name, int x, int token, int key) {
    return pl_op(graph, PL_OP_DROPOUT, (struct pl_attr){.dropout.stream = pl_dropout_stream(name)},
                 PL_INPUTS(x, token, key));
}

int pl_rotate(struct pl_graph *graph, int heads, int x, int table, int position) {
    return pl_op(graph, PL_OP_ROTATE, (struct pl_attr){.rotate.heads = heads},
                 PL_INPUTS(x, table, position));
}

int pl_attend_dropout(struct pl_graph *graph, int heads, const char *name, const int qkv[3],
                      int lse, int token, int key) {
    struct pl_attr attr = {.attend.heads = heads, .dropout.stream = pl_dropout_stream(name)};
    return pl_op(graph, PL_OP_ATTEND, attr, PL_INPUTS(qkv[0], qkv[1], qkv[2], lse, token, key));
}

int pl_attend_lse(struct pl_graph *graph, int heads, int q, int k) {
    return pl_op(graph, PL_OP_ATTEND_LSE, (struct pl_attr){.attend.heads = heads}, PL_INPUTS(q, k));
}

int pl_attend(struct pl_graph *graph, int heads, int q, int k, int v, int lse) {
    return pl_op(graph, PL_OP_ATTEND, (struct pl_attr){.attend.heads = heads},
                 PL_INPUTS(q, k, v, lse));
}

int pl_attend_entropy(struct pl_graph *graph, int heads, int q, int k, int lse) {
    return pl_op(graph, PL_OP_ATTEND_ENTROPY, (struct pl_attr){.attend.heads = heads},
                 PL_INPUTS(q, k, lse));
}

int pl_mse(struct pl_graph *graph, int x, int y, int weight) {
    return pl_op(graph, PL_OP_MSE, (struct pl_attr){0}, PL_INPUTS(x, y, weight));
}

int pl_xent(struct pl_graph *graph, int x, int labels, int weight) {
    return pl_op(graph, PL_OP_XENT, (struct pl_attr){0}, PL_INPUTS(x, labels, weight));
}

int pl_hits(struct pl_graph *graph, int x, int labels, int weight) {
    return pl_op(graph, PL_OP_HITS, (struct pl_attr){0}, PL_INPUTS(x, labels, weight));
}

int pl_exact(struct pl_graph *graph, int x, int labels, int weight) {
    return pl_op(graph, PL_OP_EXACT, (struct pl_attr){0}, PL_INPUTS(x, labels, weight));
}
