/* Losses and metrics: sums over tokens of weight x term, as boundary operators. Who divides by the
 * whole batch's weight does so once, at step level. */
#include "core/graph/op.h"

static void check_weight(const struct pl_graph *graph, struct pl_node *node) {
    PL_SHAPE(pl_in(graph, node, 0)->domain == PL_TILE && pl_in(graph, node, 1)->domain == PL_TILE);
    PL_SHAPE(pl_in(graph, node, 2)->domain == PL_TILE && pl_in(graph, node, 2)->rows == 1);
}

static void set_scalar(struct pl_node *node) {
    node->rows = node->cols = 1;
    node->domain = PL_STEP;
}

static void shape_mse(const struct pl_graph *graph, struct pl_node *node) {
    check_weight(graph, node);
    PL_SHAPE(pl_in(graph, node, 0)->rows == pl_in(graph, node, 1)->rows);
    set_scalar(node);
}

static void shape_labelled(const struct pl_graph *graph, struct pl_node *node) {
    check_weight(graph, node);
    PL_SHAPE(pl_in(graph, node, 1)->rows == 1 && pl_in(graph, node, 1)->dtype == PL_INDEX);
    set_scalar(node);
}

static void shape_loss_grad(const struct pl_graph *graph, struct pl_node *node) {
    check_weight(graph, node);
    PL_SHAPE(pl_in(graph, node, 3)->domain == PL_STEP && pl_in(graph, node, 3)->rows == 1);
    node->rows = pl_in(graph, node, 0)->rows;
    node->domain = PL_TILE;
}

static void give_loss(struct pl_grad *grad, int node, int u, enum pl_op op) {
    const struct pl_node n = *pl_graph_node(grad->graph, node);
    const int in[] = {n.in[0], n.in[1], n.in[2], u};
    PL_ASSERT(!pl_grad_wants(grad, n.in[1]) &&
              !pl_grad_wants(grad, n.in[2])); /* targets are data */
    if (pl_grad_wants(grad, n.in[0]))
        pl_grad_give(grad, n.in[0], pl_op(grad->graph, op, n.attr, in, 4));
}

/* sum_t weight mean_c (x - y)^2:  dx = u weight 2 (x - y) / rows */
static void grad_mse(struct pl_grad *grad, int node, int u) {
    give_loss(grad, node, u, PL_OP_MSE_GRAD);
}

/* sum_t weight (log sum_c e^x - x[label]):  dx = u weight (softmax(x) - onehot(label)) */
static void grad_xent(struct pl_grad *grad, int node, int u) {
    give_loss(grad, node, u, PL_OP_XENT_GRAD);
}

const struct pl_op_rules pl_rules_mse = {shape_mse, grad_mse};
const struct pl_op_rules pl_rules_mse_grad = {shape_loss_grad, NULL};
const struct pl_op_rules pl_rules_xent = {shape_labelled, grad_xent};
const struct pl_op_rules pl_rules_xent_grad = {shape_loss_grad, NULL};
const struct pl_op_rules pl_rules_hits = {shape_labelled, NULL};
const struct pl_op_rules pl_rules_exact = {shape_labelled, NULL};
