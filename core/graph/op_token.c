/* Tokens: tables of ids. */
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

const struct pl_op_rules pl_rules_embed = {shape_embed, grad_embed};
const struct pl_op_rules pl_rules_embed_grad = {shape_embed_grad, NULL};
