/* Products: the only operators that a BLAS computes. */
#include "core/graph/op.h"

static const struct pl_attr none;

static void shape_matmul(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *w = pl_in(graph, node, 0), *x = pl_in(graph, node, 1);
    bool t = node->attr.transpose;
    PL_SHAPE(w->domain == PL_STEP && x->domain == PL_TILE);
    PL_SHAPE(x->rows == (t ? w->rows : w->cols));
    node->rows = t ? w->cols : w->rows;
    node->domain = PL_TILE;
}

/* Y = W X:   dX = W' G,  dW = sum_t g x'.   Y = W' X:  dX = W G,  dW = sum_t x g'. */
static void grad_matmul(struct pl_grad *grad, int node, int g) {
    struct pl_graph *graph = grad->graph;
    const struct pl_node n = *pl_graph_node(graph, node);
    int w = n.in[0], x = n.in[1];
    if (pl_grad_wants(grad, w)) {
        const int in[] = {n.attr.transpose ? x : g, n.attr.transpose ? g : x};
        pl_grad_give(grad, w, pl_op(graph, PL_OP_OUTER, none, in, 2));
    }
    if (pl_grad_wants(grad, x))
        pl_grad_give(grad, x,
                     n.attr.transpose ? pl_matmul(graph, w, g) : pl_matmul_transposed(graph, w, g));
}

static void shape_outer(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *g = pl_in(graph, node, 0), *x = pl_in(graph, node, 1);
    int blocks = node->attr.heads ? node->attr.heads : 1;
    PL_SHAPE(g->domain == PL_TILE && x->domain == PL_TILE);
    PL_SHAPE(g->rows % blocks == 0 && x->rows % blocks == 0);
    node->rows = g->rows / blocks;
    node->cols = x->rows / blocks;
    node->domain = PL_STEP;
}

/* attr.first: rows of the result, which has the shape of what it is the gradient of. */
static void shape_row_sum(const struct pl_graph *graph, struct pl_node *node) {
    int count = pl_in(graph, node, 0)->rows;
    PL_SHAPE(pl_in(graph, node, 0)->domain == PL_TILE);
    PL_SHAPE(node->attr.first >= 1 && count % node->attr.first == 0);
    node->rows = node->attr.first;
    node->cols = count / node->attr.first;
    node->domain = PL_STEP;
}

const struct pl_op_rules pl_rules_matmul = {shape_matmul, grad_matmul};
const struct pl_op_rules pl_rules_outer = {shape_outer, NULL};
const struct pl_op_rules pl_rules_row_sum = {shape_row_sum, NULL};
