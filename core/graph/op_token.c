/* Tokens: tables of ids, the asked tokens of sequences, dropout. */
#include "core/graph/op.h"

static void shape_embed(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *table = pl_in(graph, node, 0), *id = pl_in(graph, node, 1);
    PL_SHAPE(table->domain == PL_STEP);
    PL_SHAPE(id->domain == PL_TILE && id->dtype == PL_INDEX && id->rows == 1);
    node->rows = table->cols;
    node->domain = PL_TILE;
}

/* y[c,t] = W[id[t], c]:  dW[i,c] = sum_t [id[t] == i] g[c,t] */
static void grad_embed(struct pl_grad *grad, int node, int g) {
    const struct pl_node n = *pl_graph_node(grad->graph, node);
    struct pl_attr attr = {.embed.rows = pl_graph_node(grad->graph, n.in[0])->rows};
    const int in[] = {g, n.in[1]};
    if (pl_grad_wants(grad, n.in[0]))
        pl_grad_give(grad, n.in[0], pl_op(grad->graph, PL_OP_EMBED_GRAD, attr, in, 2));
}

static void shape_embed_grad(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *g = pl_in(graph, node, 0), *id = pl_in(graph, node, 1);
    PL_SHAPE(g->domain == PL_TILE && node->attr.embed.rows > 0);
    PL_SHAPE(id->domain == PL_TILE && id->dtype == PL_INDEX && id->rows == 1);
    node->rows = node->attr.embed.rows;
    node->cols = g->rows;
    node->domain = PL_STEP;
}

static bool is_index(const struct pl_node *x) {
    return x->domain == PL_TILE && x->dtype == PL_INDEX && x->rows == 1;
}

static void shape_select(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *x = pl_in(graph, node, 0), *asked = pl_in(graph, node, 1);
    PL_SHAPE(x->domain == PL_TILE && !x->asked && is_index(asked) && asked->asked);
    PL_SHAPE(graph->asked >= 1 && graph->asked <= graph->sequence);
    node->rows = x->rows;
    node->domain = PL_TILE;
}

static void grad_select(struct pl_grad *grad, int node, int g) {
    const struct pl_node n = *pl_graph_node(grad->graph, node);
    const int in[] = {g, n.in[1]};
    if (pl_grad_wants(grad, n.in[0]))
        pl_grad_give(grad, n.in[0], pl_op(grad->graph, PL_OP_SELECT_GRAD, n.attr, in, 2));
}

static void shape_select_grad(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *g = pl_in(graph, node, 0), *asked = pl_in(graph, node, 1);
    PL_SHAPE(g->domain == PL_TILE && g->asked && is_index(asked) && asked->asked);
    node->rows = g->rows;
    node->domain = PL_TILE;
}

static void shape_dropout(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *x = pl_in(graph, node, 0), *key = pl_in(graph, node, 2);
    PL_SHAPE(x->domain == PL_TILE && is_index(pl_in(graph, node, 1)));
    PL_SHAPE(key->domain == PL_STEP && key->rows == PL_DROPOUT_KEY && key->cols == 1);
    node->rows = x->rows;
    node->domain = PL_TILE;
}

/* dx is g under the same mask */
static void grad_dropout(struct pl_grad *grad, int node, int g) {
    const struct pl_node n = *pl_graph_node(grad->graph, node);
    const int in[] = {g, n.in[1], n.in[2]};
    if (pl_grad_wants(grad, n.in[0]))
        pl_grad_give(grad, n.in[0], pl_op(grad->graph, PL_OP_DROPOUT, n.attr, in, 3));
}

const struct pl_op_rules pl_rules_select = {shape_select, grad_select};
const struct pl_op_rules pl_rules_select_grad = {shape_select_grad, NULL};
const struct pl_op_rules pl_rules_dropout = {shape_dropout, grad_dropout};
const struct pl_op_rules pl_rules_embed = {shape_embed, grad_embed};
const struct pl_op_rules pl_rules_embed_grad = {shape_embed_grad, NULL};
