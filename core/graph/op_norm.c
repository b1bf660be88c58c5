/* RMSNorm (Zhang & Sennrich 2019) and LayerNorm (Ba et al. 2016, without bias).
 *
 * The statistics are a node of their own, shared by all who read the same tensor; the gradient of the
 * norm accounts for them, so nothing flows back through norm_stats itself.
 *
 *     rms:   r = 1/sqrt(mean x^2 + eps)                 y = gain * x r
 *     layer: m = mean x, r = 1/sqrt(mean (x-m)^2 + eps) y = gain * (x - m) r
 *
 * With groups of rows (heads) each has its r, and all share one gain; norm_gain_grad still has an entry
 * a row of x, whose groups are then added up.
 *
 * A token whose x is all zero, with eps 0, has r = 0: its norm is 0 (docs/hosts.md).
 */
#include "core/graph/op.h"

static void shape_norm_stats(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *x = pl_in(graph, node, 0);
    PL_SHAPE(x->domain == PL_TILE);
    PL_SHAPE(node->attr.norm.groups >= 1 && x->rows % node->attr.norm.groups == 0);
    PL_SHAPE(node->attr.norm.kind == PL_NORM_RMS || node->attr.norm.groups == 1);
    node->rows = node->attr.norm.kind == PL_NORM_LAYER ? 2 : node->attr.norm.groups;
    node->domain = PL_TILE;
}

static void check_stats(const struct pl_graph *graph, struct pl_node *node, int x, int stats) {
    PL_SHAPE(pl_in(graph, node, x)->domain == PL_TILE);
    PL_SHAPE(pl_in(graph, node, stats)->domain == PL_TILE);
    int groups = node->attr.norm.groups ? node->attr.norm.groups : 1;
    PL_SHAPE(pl_in(graph, node, x)->rows % groups == 0);
    PL_SHAPE(pl_in(graph, node, stats)->rows ==
             (node->attr.norm.kind == PL_NORM_LAYER ? 2 : groups));
}

static void check_gain(const struct pl_graph *graph, struct pl_node *node, int gain, int rows) {
    if (node->in_count <= gain) return;
    PL_SHAPE(pl_in(graph, node, gain)->domain == PL_STEP);
    if (node->attr.norm.groups > 1) rows /= node->attr.norm.groups;
    PL_SHAPE(pl_in(graph, node, gain)->rows == rows && pl_in(graph, node, gain)->cols == 1);
}

static void shape_norm(const struct pl_graph *graph, struct pl_node *node) {
    check_stats(graph, node, 0, 1);
    node->rows = pl_in(graph, node, 0)->rows;
    check_gain(graph, node, 2, node->rows);
    node->domain = PL_TILE;
}

/* With c = x - mean (rms: c = x) and k = gain * g:
 *     dx = r (k - [layer: mean k] - c r^2 mean(c k)),   dgain = sum_t g c r */
static void grad_norm(struct pl_grad *grad, int node, int g) {
    const struct pl_node n = *pl_graph_node(grad->graph, node);
    const int in[] = {g, n.in[0], n.in[1], n.in_count > 2 ? n.in[2] : PL_NONE};
    if (n.in_count > 2 && pl_grad_wants(grad, n.in[2])) {
        int all = pl_op(grad->graph, PL_OP_NORM_GAIN_GRAD, n.attr, in, 3);
        int rows = pl_graph_node(grad->graph, n.in[2])->rows;
        for (int first = 0; first < n.rows; first += rows)
            pl_grad_give(grad, n.in[2], pl_view(grad->graph, all, first, rows));
    }
    if (pl_grad_wants(grad, n.in[0]))
        pl_grad_give(grad, n.in[0],
                     pl_op(grad->graph, PL_OP_NORM_GRAD, n.attr, in, n.in_count > 2 ? 4 : 3));
}

static void shape_norm_grad(const struct pl_graph *graph, struct pl_node *node) {
    check_stats(graph, node, 1, 2);
    PL_SHAPE(pl_in(graph, node, 0)->rows == pl_in(graph, node, 1)->rows);
    node->rows = pl_in(graph, node, 1)->rows;
    check_gain(graph, node, 3, node->rows);
    node->domain = PL_TILE;
}

static void shape_norm_gain_grad(const struct pl_graph *graph, struct pl_node *node) {
    check_stats(graph, node, 1, 2);
    PL_SHAPE(pl_in(graph, node, 0)->rows == pl_in(graph, node, 1)->rows);
    node->rows = pl_in(graph, node, 1)->rows;
    node->cols = 1;
    node->domain = PL_STEP;
}

const struct pl_op_rules pl_rules_norm_stats = {shape_norm_stats, NULL};
const struct pl_op_rules pl_rules_norm = {shape_norm, grad_norm};
const struct pl_op_rules pl_rules_norm_grad = {shape_norm_grad, NULL};
const struct pl_op_rules pl_rules_norm_gain_grad = {shape_norm_gain_grad, NULL};
