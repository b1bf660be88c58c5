/* Pointwise operators, and the softmax of a step-level vector. */
#include "core/graph/op.h"

static void shape_like_first(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *x = pl_in(graph, node, 0);
    for (int k = 1; k < node->in_count; k++) {
        PL_SHAPE(pl_in(graph, node, k)->rows == x->rows);
        PL_SHAPE(pl_in(graph, node, k)->cols == x->cols);
        PL_SHAPE(pl_in(graph, node, k)->domain == x->domain);
    }
    node->rows = x->rows;
    node->cols = x->cols;
    node->domain = x->domain;
}

/* y = x_1 + x_2 + ...:  dx_k = g */
static void grad_sum(struct pl_grad *grad, int node, int g) {
    const struct pl_node *n = pl_graph_node(grad->graph, node);
    const int *in = n->in;
    for (int k = 0, count = n->in_count; k < count; k++)
        if (pl_grad_wants(grad, in[k])) pl_grad_give(grad, in[k], g);
}

/* z = a x + b y:  dx = a g, dy = b g */
static void grad_axpby(struct pl_grad *grad, int node, int g) {
    const struct pl_node n = *pl_graph_node(grad->graph, node);
    const double factor[2] = {n.attr.axpby.a, n.attr.axpby.b};
    for (int k = 0; k < 2; k++)
        if (pl_grad_wants(grad, n.in[k]))
            pl_grad_give(grad, n.in[k], factor[k] == 1 ? g : pl_scale(grad->graph, factor[k], g));
}

/* y = a x:  dx = a g */
static void grad_scale(struct pl_grad *grad, int node, int g) {
    const struct pl_node n = *pl_graph_node(grad->graph, node);
    if (pl_grad_wants(grad, n.in[0]))
        pl_grad_give(grad, n.in[0], pl_scale(grad->graph, n.attr.axpby.a, g));
}

/* z = x y:  dx = g y, dy = g x */
static void grad_mul(struct pl_grad *grad, int node, int g) {
    const struct pl_node n = *pl_graph_node(grad->graph, node);
    for (int k = 0; k < 2; k++)
        if (pl_grad_wants(grad, n.in[k]))
            pl_grad_give(grad, n.in[k], pl_mul(grad->graph, g, n.in[1 - k]));
}

/* attr.place: the first row that x fills, and the rows of the result. */
static void shape_place(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *x = pl_in(graph, node, 0);
    PL_SHAPE(node->attr.place.first + x->rows <= node->attr.place.rows);
    node->rows = node->attr.place.rows;
    node->cols = x->cols;
    node->domain = x->domain;
}

/* The inverse of place: dx = rows first.. of g */
static void grad_place(struct pl_grad *grad, int node, int g) {
    const struct pl_node n = *pl_graph_node(grad->graph, node);
    int rows = pl_graph_node(grad->graph, n.in[0])->rows;
    if (pl_grad_wants(grad, n.in[0]))
        pl_grad_give(grad, n.in[0], pl_view(grad->graph, g, n.attr.place.first, rows));
}

static void shape_bias(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *x = pl_in(graph, node, 0);
    PL_SHAPE(x->domain == PL_TILE);
    node->rows = x->rows;
    node->domain = PL_TILE;
    if (node->in_count < 2) return;
    PL_SHAPE(pl_in(graph, node, 1)->domain == PL_STEP);
    PL_SHAPE(pl_in(graph, node, 1)->rows * pl_in(graph, node, 1)->cols == x->rows);
}

static void give_bias(struct pl_grad *grad, const int *in, int in_count, int dx) {
    if (in_count > 1 && pl_grad_wants(grad, in[1])) {
        struct pl_attr attr = {.row_sum.rows = pl_graph_node(grad->graph, in[1])->rows};
        pl_grad_give(grad, in[1], pl_op(grad->graph, PL_OP_ROW_SUM, attr, &dx, 1));
    }
    if (pl_grad_wants(grad, in[0])) pl_grad_give(grad, in[0], dx);
}

/* y = x + b:  dx = g, db = sum_t g */
static void grad_bias(struct pl_grad *grad, int node, int g) {
    give_bias(grad, pl_graph_node(grad->graph, node)->in, 2, g);
}

/* y = f(x + b):  dx = g f'(x + b), db = sum_t dx; the slope was saved in the forward sweep */
static void grad_act(struct pl_grad *grad, int node, int g) {
    const struct pl_node n = *pl_graph_node(grad->graph, node);
    give_bias(grad, n.in, n.in_count, pl_mul(grad->graph, g, n.companion));
}

static void shape_step_vector(const struct pl_graph *graph, struct pl_node *node) {
    PL_SHAPE(pl_in(graph, node, 0)->domain == PL_STEP);
    shape_like_first(graph, node);
}

/* y = softmax(a/T):  da = y (g - <g, y>) / T */
static void grad_softmax(struct pl_grad *grad, int node, int g) {
    const struct pl_node n = *pl_graph_node(grad->graph, node);
    const int in[] = {g, node};
    if (pl_grad_wants(grad, n.in[0]))
        pl_grad_give(grad, n.in[0], pl_op(grad->graph, PL_OP_SOFTMAX_GRAD, n.attr, in, 2));
}

/* y = 1 / (1 + e^-x):  dx = g (y - y^2) */
static void grad_sigmoid(struct pl_grad *grad, int node, int g) {
    struct pl_graph *graph = grad->graph;
    int x = pl_graph_node(graph, node)->in[0];
    if (!pl_grad_wants(grad, x)) return;
    int slope = pl_axpby(graph, 1, node, -1, pl_mul(graph, node, node));
    pl_grad_give(grad, x, pl_mul(graph, g, slope));
}

const struct pl_op_rules pl_rules_sum = {shape_like_first, grad_sum};
const struct pl_op_rules pl_rules_axpby = {shape_like_first, grad_axpby};
const struct pl_op_rules pl_rules_scale = {shape_like_first, grad_scale};
const struct pl_op_rules pl_rules_mul = {shape_like_first, grad_mul};
const struct pl_op_rules pl_rules_place = {shape_place, grad_place};
const struct pl_op_rules pl_rules_bias = {shape_bias, grad_bias};
const struct pl_op_rules pl_rules_act = {shape_bias, grad_act};
const struct pl_op_rules pl_rules_act_slope = {shape_bias, NULL};
const struct pl_op_rules pl_rules_softmax = {shape_step_vector, grad_softmax};
const struct pl_op_rules pl_rules_softmax_grad = {shape_step_vector, NULL};
const struct pl_op_rules pl_rules_sigmoid = {shape_step_vector, grad_sigmoid};
