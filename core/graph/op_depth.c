/* Depth attention: a site l chooses from earlier outputs v_0 .. v_{n-1} (AttnRes, 2603.15031).
 *
 *            v_0   v_1  ...  v_{n-1}      sources, [d][tokens]; never copied, only listed
 *             │     │          │
 *     p ──► depth_weights (scores r_i <p, v_i>, softmax over i) ──► alpha [n*heads][tokens]
 *             │     │          │                                     │
 *             └─────┴──────────┴────────► depth_mix ◄────────────────┘
 *                                            │
 *                                           h_l = sum_i alpha_i v_i
 *
 * The query p is one vector for all tokens, or a token's own ([d][tokens], computed from its state).
 * The weights and the mixture are two nodes, so static mixing, masks and probes share the mixture;
 * depth_mask stands between them when a probe takes sources away.
 * Backward, in pull form: one node a site gives the score gradients (depth_mix_grad, then
 * depth_score_grad) and one the query's; one node a source gathers what all later sites send it, as a
 * value (depth_value_grad) and as a key (depth_key_grad).
 *
 * Depth heads split the channels: rows c of head c*heads/d. With keys normalised over the full vector r_i
 * has one row, with single-head norms one row a head.
 */
#include "core/base/fault.h"
#include "core/graph/op.h"

/* Inputs of depth_weights and depth_query_grad: one leading node, sources, then their r_i. */
static int source_count(const struct pl_node *node) {
    return node->attr.depth.keyed ? (node->in_count - 1) / 2 : node->in_count - 1;
}

static void check_sources(const struct pl_graph *graph, struct pl_node *node, int first, int count,
                          int rows) {
    PL_SHAPE(count >= 1 && node->attr.depth.heads >= 1 && rows % node->attr.depth.heads == 0);
    for (int k = first; k < first + count; k++)
        PL_SHAPE(pl_in(graph, node, k)->domain == PL_TILE && pl_in(graph, node, k)->rows == rows);
}

static void check_keys(const struct pl_graph *graph, struct pl_node *node, int count) {
    if (!node->attr.depth.keyed) return;
    PL_SHAPE(node->in_count == 1 + 2 * count);
    for (int k = 1 + count; k < node->in_count; k++) {
        PL_SHAPE(pl_in(graph, node, k)->domain == PL_TILE);
        PL_SHAPE(pl_in(graph, node, k)->rows == 1 ||
                 pl_in(graph, node, k)->rows == node->attr.depth.heads);
    }
}

static void shape_depth_weights(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *p = pl_in(graph, node, 0);
    int count = source_count(node);
    PL_SHAPE(p->domain == PL_TILE || p->cols == 1);
    check_sources(graph, node, 1, count, p->rows);
    check_keys(graph, node, count);
    node->rows = count * node->attr.depth.heads;
    node->domain = PL_TILE;
}

/* delta_i = d loss / d s_i. Normalised sigmoids also need 1 - sigmoid(s/T) = sigmoid(s/-T). */
static int score_grad(struct pl_graph *graph, int node, int g) {
    const struct pl_node n = *pl_graph_node(graph, node);
    int in[] = {g, node, PL_NONE};
    bool third = n.attr.depth.score == PL_SCORE_SIGMOID_NORM;
    if (third) {
        struct pl_attr rest = n.attr;
        rest.depth.score = PL_SCORE_SIGMOID;
        rest.depth.temperature = -n.attr.depth.temperature;
        in[2] = pl_op(graph, PL_OP_DEPTH_WEIGHTS, rest, n.in, n.in_count);
    }
    return pl_op(graph, PL_OP_DEPTH_SCORE_GRAD, n.attr, in, third ? 3 : 2);
}

/* s_i = r_i <p, v_i>, alpha = softmax(s / T); delta_i = d loss / d s_i:
 *     dp = sum_i delta_i r_i v_i, summed over tokens when they share p
 *     dv_i gathers delta_i (r_i p - s_i r_i^2 v_i / d) over the sites */
static void grad_depth_weights(struct pl_grad *grad, int node, int g) {
    struct pl_graph *graph = grad->graph;
    const struct pl_node n = *pl_graph_node(graph, node);
    int count = source_count(&n), heads = n.attr.depth.heads, p = n.in[0];
    int delta = score_grad(graph, node, g);
    if (pl_grad_wants(grad, p)) {
        bool own = pl_graph_node(graph, p)->domain == PL_TILE;
        enum pl_op op = own ? PL_OP_DEPTH_OWN_QUERY_GRAD : PL_OP_DEPTH_QUERY_GRAD;
        int *in = pl_alloc((size_t)n.in_count * sizeof *in);
        for (int k = 0; k < n.in_count; k++) in[k] = k ? n.in[k] : delta;
        pl_grad_give(grad, p, pl_op(graph, op, n.attr, in, n.in_count));
        pl_free(in);
    }
    struct pl_attr attr = {.depth = {.heads = heads, .keyed = n.attr.depth.keyed}};
    for (int i = 0; i < count; i++) {
        int v = n.in[1 + i];
        if (!pl_grad_wants(grad, v)) continue;
        const int lead[] = {v, n.attr.depth.keyed ? n.in[1 + count + i] : PL_NONE};
        const int pair[] = {pl_view(graph, delta, i * heads, heads), p};
        pl_grad_gather(grad, v, PL_OP_DEPTH_KEY_GRAD, attr, lead, n.attr.depth.keyed ? 2 : 1, pair);
    }
}

static void shape_depth_mix(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *weights = pl_in(graph, node, 0);
    int count = node->in_count - 1;
    check_sources(graph, node, 1, count, pl_in(graph, node, 1)->rows);
    PL_SHAPE(weights->rows == count * node->attr.depth.heads);
    PL_SHAPE(weights->domain == PL_TILE || weights->cols == 1);
    node->rows = pl_in(graph, node, 1)->rows;
    node->domain = PL_TILE;
}

/* h = sum_i alpha_i v_i:  dalpha_i = <g, v_i> (summed over tokens when alpha is static);
 *     dv_i gathers alpha_i g over the sites */
static void grad_depth_mix(struct pl_grad *grad, int node, int g) {
    struct pl_graph *graph = grad->graph;
    const struct pl_node n = *pl_graph_node(graph, node);
    int weights = n.in[0], heads = n.attr.depth.heads;
    bool is_static = pl_graph_node(graph, weights)->domain == PL_STEP;
    if (pl_fault("mix_gradient")) g = pl_scale(graph, 0.9, g);
    if (pl_grad_wants(grad, weights)) {
        int *in = pl_alloc((size_t)n.in_count * sizeof *in);
        for (int k = 0; k < n.in_count; k++) in[k] = k ? n.in[k] : g;
        enum pl_op op = is_static ? PL_OP_DEPTH_STATIC_GRAD : PL_OP_DEPTH_MIX_GRAD;
        pl_grad_give(grad, weights, pl_op(graph, op, n.attr, in, n.in_count));
        pl_free(in);
    }
    for (int i = 0; i < n.in_count - 1; i++) {
        if (!pl_grad_wants(grad, n.in[1 + i])) continue;
        const int pair[] = {pl_view(graph, weights, i * heads, heads), g};
        pl_grad_gather(grad, n.in[1 + i], PL_OP_DEPTH_VALUE_GRAD, n.attr, NULL, 0, pair);
    }
}

static void shape_depth_mix_grad(const struct pl_graph *graph, struct pl_node *node) {
    check_sources(graph, node, 0, node->in_count, pl_in(graph, node, 0)->rows);
    node->rows = (node->in_count - 1) * node->attr.depth.heads;
    node->domain = PL_TILE;
}

static void shape_depth_static_grad(const struct pl_graph *graph, struct pl_node *node) {
    shape_depth_mix_grad(graph, node);
    node->cols = 1;
    node->domain = PL_STEP;
}

static void shape_depth_score_grad(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *dalpha = pl_in(graph, node, 0), *alpha = pl_in(graph, node, 1);
    PL_SHAPE(dalpha->domain == PL_TILE && alpha->domain == PL_TILE && dalpha->rows == alpha->rows);
    PL_SHAPE((node->in_count > 2) == (node->attr.depth.score == PL_SCORE_SIGMOID_NORM));
    if (node->in_count > 2) PL_SHAPE(pl_in(graph, node, 2)->rows == alpha->rows);
    node->rows = alpha->rows;
    node->domain = PL_TILE;
}

static void shape_depth_own_query_grad(const struct pl_graph *graph, struct pl_node *node) {
    int count = source_count(node), rows = pl_in(graph, node, 1)->rows;
    check_sources(graph, node, 1, count, rows);
    check_keys(graph, node, count);
    PL_SHAPE(pl_in(graph, node, 0)->rows == count * node->attr.depth.heads);
    node->rows = rows;
    node->domain = PL_TILE;
}

static void shape_depth_query_grad(const struct pl_graph *graph, struct pl_node *node) {
    shape_depth_own_query_grad(graph, node);
    node->cols = 1;
    node->domain = PL_STEP;
}

/* alpha_l [heads] rows (tile-level, or step-level when static) and g_l, site by site. */
static void shape_depth_value_grad(const struct pl_graph *graph, struct pl_node *node) {
    int rows = pl_in(graph, node, 1)->rows;
    PL_SHAPE(node->in_count % 2 == 0);
    for (int k = 0; k < node->in_count; k += 2) {
        PL_SHAPE(pl_in(graph, node, k)->rows == node->attr.depth.heads);
        PL_SHAPE(pl_in(graph, node, k + 1)->domain == PL_TILE);
        PL_SHAPE(pl_in(graph, node, k + 1)->rows == rows);
    }
    node->rows = rows;
    node->domain = PL_TILE;
}

/* v, r (when keyed), then delta_l [heads] rows and p_l, site by site. */
static void shape_depth_key_grad(const struct pl_graph *graph, struct pl_node *node) {
    int rows = pl_in(graph, node, 0)->rows, lead = node->attr.depth.keyed ? 2 : 1;
    PL_SHAPE((node->in_count - lead) % 2 == 0);
    for (int k = lead; k < node->in_count; k += 2) {
        PL_SHAPE(pl_in(graph, node, k)->rows == node->attr.depth.heads);
        PL_SHAPE(pl_in(graph, node, k + 1)->rows == rows);
        PL_SHAPE(pl_in(graph, node, k + 1)->domain == PL_TILE ||
                 pl_in(graph, node, k + 1)->cols == 1);
    }
    node->rows = rows;
    node->domain = PL_TILE;
}

/* Weights of sources (tile-level, or a step-level vector) and a step-level mask, an entry a source. */
static void check_mask(const struct pl_graph *graph, struct pl_node *node, int x, int mask) {
    const struct pl_node *weights = pl_in(graph, node, x), *m = pl_in(graph, node, mask);
    PL_SHAPE(m->domain == PL_STEP && m->cols == 1 && weights->rows % m->rows == 0);
    PL_SHAPE(weights->domain == PL_TILE || weights->cols == 1);
    node->rows = weights->rows;
    node->cols = weights->cols;
    node->domain = weights->domain;
}

static void shape_depth_mask(const struct pl_graph *graph, struct pl_node *node) {
    check_mask(graph, node, 0, 1);
}

/* y_i = k m_i x_i, with k = 1 or sum x / sum m x; a mask has no gradient */
static void grad_depth_mask(struct pl_grad *grad, int node, int g) {
    const struct pl_node n = *pl_graph_node(grad->graph, node);
    const int in[] = {g, n.in[0], n.in[1]};
    PL_ASSERT(!pl_grad_wants(grad, n.in[1]));
    if (pl_grad_wants(grad, n.in[0]))
        pl_grad_give(grad, n.in[0], pl_op(grad->graph, PL_OP_DEPTH_MASK_GRAD, n.attr, in, 3));
}

static void shape_depth_mask_grad(const struct pl_graph *graph, struct pl_node *node) {
    check_mask(graph, node, 1, 2);
    PL_SHAPE(pl_in(graph, node, 0)->rows == node->rows);
    PL_SHAPE(pl_in(graph, node, 0)->domain == node->domain);
}

const struct pl_op_rules pl_rules_depth_weights = {shape_depth_weights, grad_depth_weights};
const struct pl_op_rules pl_rules_depth_mix = {shape_depth_mix, grad_depth_mix};
const struct pl_op_rules pl_rules_depth_mix_grad = {shape_depth_mix_grad, NULL};
const struct pl_op_rules pl_rules_depth_static_grad = {shape_depth_static_grad, NULL};
const struct pl_op_rules pl_rules_depth_score_grad = {shape_depth_score_grad, NULL};
const struct pl_op_rules pl_rules_depth_query_grad = {shape_depth_query_grad, NULL};
const struct pl_op_rules pl_rules_depth_own_query_grad = {shape_depth_own_query_grad, NULL};
const struct pl_op_rules pl_rules_depth_value_grad = {shape_depth_value_grad, NULL};
const struct pl_op_rules pl_rules_depth_key_grad = {shape_depth_key_grad, NULL};
const struct pl_op_rules pl_rules_depth_mask = {shape_depth_mask, grad_depth_mask};
const struct pl_op_rules pl_rules_depth_mask_grad = {shape_depth_mask_grad, NULL};
