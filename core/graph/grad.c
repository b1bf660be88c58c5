#include "core/graph/grad.h"

#include <string.h>

#include "core/graph/op.h"

/* What one node's readers gave it: finished summands, and summands still to be gathered. */
struct gather {
    enum pl_op op;
    struct pl_attr attr;
    int lead_count;
    PL_VEC(int) in; /* lead, then the pairs */
};

struct pl_shares {
    PL_VEC(int) given;
    PL_VEC(struct gather) gathers;
};

bool pl_grad_wants(const struct pl_grad *grad, int input) {
    return grad->needed[input];
}

void pl_grad_give(struct pl_grad *grad, int input, int share) {
    PL_ASSERT(grad->needed[input]);
    PL_VEC_PUSH(&grad->shares[input].given, share);
}

static bool same_gather(const struct gather *gather, enum pl_op op, const struct pl_attr *attr,
                        const int *lead, int lead_count) {
    return gather->op == op && gather->lead_count == lead_count &&
           gather->attr.depth.heads == attr->depth.heads &&
           gather->attr.depth.keyed == attr->depth.keyed &&
           gather->attr.stream.blocks == attr->stream.blocks &&
           gather->attr.stream.transpose == attr->stream.transpose &&
           (lead_count == 0 ||
            memcmp(gather->in.items, lead, (size_t)lead_count * sizeof *lead) == 0);
}

void pl_grad_gather(struct pl_grad *grad, int input, enum pl_op op, struct pl_attr attr,
                    const int *lead, int lead_count, const int pair[2]) {
    struct pl_shares *shares = &grad->shares[input];
    struct gather *into = NULL;
    for (size_t k = 0; k < shares->gathers.count && !into; k++)
        if (same_gather(&shares->gathers.items[k], op, &attr, lead, lead_count))
            into = &shares->gathers.items[k];
    if (!into) {
        PL_VEC_PUSH(&shares->gathers,
                    (struct gather){.op = op, .attr = attr, .lead_count = lead_count});
        into = &shares->gathers.items[shares->gathers.count - 1];
        for (int k = 0; k < lead_count; k++) PL_VEC_PUSH(&into->in, lead[k]);
    }
    PL_VEC_PUSH(&into->in, pair[0]);
    PL_VEC_PUSH(&into->in, pair[1]);
}

/* Adds up what [node] was given; PL_NONE when nothing was. */
static int collect(struct pl_grad *grad, int node) {
    struct pl_shares *shares = &grad->shares[node];
    for (size_t k = 0; k < shares->gathers.count; k++) {
        struct gather *gather = &shares->gathers.items[k];
        PL_VEC_PUSH(&shares->given, pl_op(grad->graph, gather->op, gather->attr, gather->in.items,
                                          (int)gather->in.count));
    }
    if (shares->given.count == 0) return PL_NONE;
    return pl_sum(grad->graph, shares->given.items, (int)shares->given.count);
}

static void shares_finish(struct pl_shares *shares) {
    for (size_t k = 0; k < shares->gathers.count; k++) PL_VEC_FINISH(&shares->gathers.items[k].in);
    PL_VEC_FINISH(&shares->gathers);
    PL_VEC_FINISH(&shares->given);
}

/* needed[n]: a trained parameter or a wrt node stands behind n, along a path gradients can take. */
static void mark_needed(struct pl_grad *grad, int last, const int *wrt, int wrt_count) {
    const struct pl_graph *graph = grad->graph;
    for (int k = 0; k < wrt_count; k++) grad->needed[wrt[k]] = true;
    for (int n = 0; n <= last; n++) {
        const struct pl_node *node = pl_graph_node(graph, n);
        bool passes = node->kind == PL_KIND_VIEW ||
                      (node->kind == PL_KIND_OP && pl_op_info(node->op)->rules->grad);
        if (node->kind == PL_KIND_PARAM && node->group != PL_GROUP_CONSTANT) grad->needed[n] = true;
        for (int k = 0; passes && k < node->in_count; k++)
            grad->needed[n] |= grad->needed[node->in[k]];
    }
}

/* A view's share of its base: zero but for the rows it shows. */
static void grad_view(struct pl_grad *grad, int node, int g) {
    const struct pl_node n = *pl_graph_node(grad->graph, node);
    struct pl_attr attr = {
        .place = {n.attr.place.first, pl_graph_node(grad->graph, n.in[0])->rows}};
    pl_grad_give(grad, n.in[0], pl_op(grad->graph, PL_OP_PLACE, attr, &g, 1));
}

/* A copy of the node: rules append nodes, which may move them all. */
static void pass_back(struct pl_grad *grad, int node, int g) {
    const struct pl_node n = *pl_graph_node(grad->graph, node);
    if (n.kind == PL_KIND_VIEW)
        grad_view(grad, node, g);
    else if (n.kind == PL_KIND_OP && pl_op_info(n.op)->rules->grad)
        pl_op_info(n.op)->rules->grad(grad, node, g);
}

void pl_graph_grad(struct pl_graph *graph, int loss, const int *wrt, int wrt_count) {
    int count = (int)graph->nodes.count;
    struct pl_grad grad = {graph, pl_alloc_zero((size_t)count, sizeof *grad.shares),
                           pl_alloc_zero((size_t)count, sizeof *grad.needed)};
    PL_ASSERT(pl_graph_node(graph, loss)->domain == PL_STEP && graph->grads.count == 0);
    mark_needed(&grad, loss, wrt, wrt_count);
    for (int n = 0; n < count; n++) PL_VEC_PUSH(&graph->grads, PL_NONE);
    if (grad.needed[loss]) pl_grad_give(&grad, loss, pl_const(graph, 1));
    for (int n = loss; n >= 0; n--) {
        if (!grad.needed[n]) continue;
        int g = collect(&grad, n);
        graph->grads.items[n] = g;
        if (g != PL_NONE) pass_back(&grad, n, g);
    }

    /* Each parameter's gradient is a node of its own, so that the planner can lay gradients out flat. */
    for (int n = 0; n < count; n++) {
        int g = graph->grads.items[n];
        if (g == PL_NONE || pl_graph_node(graph, n)->kind != PL_KIND_PARAM) continue;
        bool shared = pl_graph_node(graph, g)->kind != PL_KIND_OP;
        for (int other = 0; other < n; other++) shared |= graph->grads.items[other] == g;
        if (shared) graph->grads.items[n] = pl_scale(graph, 1, g);
    }

    for (int n = 0; n < count; n++) shares_finish(&grad.shares[n]);
    pl_free(grad.shares);
    pl_free(grad.needed);
}
