/* Products, which alone a BLAS computes; sums over tokens; a convolution over channels. */
#include "core/graph/op.h"

static const struct pl_attr none;

static void shape_matmul(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *w = pl_in(graph, node, 0), *x = pl_in(graph, node, 1);
    bool t = node->attr.matmul.transpose;
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
        const int in[] = {n.attr.matmul.transpose ? x : g, n.attr.matmul.transpose ? g : x};
        pl_grad_give(grad, w, pl_op(graph, PL_OP_OUTER, none, in, 2));
    }
    if (pl_grad_wants(grad, x))
        pl_grad_give(grad, x,
                     n.attr.matmul.transpose ? pl_matmul(graph, w, g)
                                             : pl_matmul_transposed(graph, w, g));
}

static void shape_outer(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *g = pl_in(graph, node, 0), *x = pl_in(graph, node, 1);
    int blocks = node->attr.outer.blocks ? node->attr.outer.blocks : 1;
    PL_SHAPE(g->domain == PL_TILE && x->domain == PL_TILE);
    PL_SHAPE(g->rows % blocks == 0 && x->rows % blocks == 0);
    node->rows = g->rows / blocks;
    node->cols = x->rows / blocks;
    node->domain = PL_STEP;
}

/* attr.row_sum.rows: of the result, which has the shape of what it is the gradient of. */
static void shape_row_sum(const struct pl_graph *graph, struct pl_node *node) {
    int count = pl_in(graph, node, 0)->rows;
    PL_SHAPE(pl_in(graph, node, 0)->domain == PL_TILE);
    PL_SHAPE(node->attr.row_sum.rows >= 1 && count % node->attr.row_sum.rows == 0);
    node->rows = node->attr.row_sum.rows;
    node->cols = count / node->attr.row_sum.rows;
    node->domain = PL_STEP;
}

static void shape_conv(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *w = pl_in(graph, node, 0), *x = pl_in(graph, node, 1);
    PL_SHAPE(w->domain == PL_STEP && w->cols == 1 && w->rows % 2 == 1);
    PL_SHAPE(x->domain == PL_TILE);
    node->rows = x->rows;
    node->domain = PL_TILE;
}

/* y[c] = sum_j w[j] x[c + j - k/2]:  dx[c] = sum_j w[j] g[c - j + k/2], the transposed product, and
 * dw[j] = sum_t sum_c g[c] x[c + j - k/2]; transposed, g and x change places */
static void grad_conv(struct pl_grad *grad, int node, int g) {
    struct pl_graph *graph = grad->graph;
    const struct pl_node n = *pl_graph_node(graph, node);
    int w = n.in[0], x = n.in[1];
    if (pl_grad_wants(grad, w)) {
        const int in[] = {n.attr.conv.transpose ? x : g, n.attr.conv.transpose ? g : x};
        struct pl_attr attr = {.conv.size = pl_graph_node(graph, w)->rows};
        pl_grad_give(grad, w, pl_op(graph, PL_OP_CONV_KERNEL_GRAD, attr, in, 2));
    }
    if (pl_grad_wants(grad, x)) {
        const int in[] = {w, g};
        struct pl_attr attr = {.conv.transpose = !n.attr.conv.transpose};
        pl_grad_give(grad, x, pl_op(graph, PL_OP_CONV, attr, in, 2));
    }
}

/* attr.conv.size: the entries of the kernel. */
static void shape_conv_kernel_grad(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *g = pl_in(graph, node, 0), *x = pl_in(graph, node, 1);
    PL_SHAPE(g->domain == PL_TILE && x->domain == PL_TILE && g->rows == x->rows);
    PL_SHAPE(node->attr.conv.size % 2 == 1);
    node->rows = node->attr.conv.size;
    node->cols = 1;
    node->domain = PL_STEP;
}

const struct pl_op_rules pl_rules_matmul = {shape_matmul, grad_matmul};
const struct pl_op_rules pl_rules_outer = {shape_outer, NULL};
const struct pl_op_rules pl_rules_row_sum = {shape_row_sum, NULL};
const struct pl_op_rules pl_rules_conv = {shape_conv, grad_conv};
const struct pl_op_rules pl_rules_conv_kernel_grad = {shape_conv_kernel_grad, NULL};
