/* The invariants of a graph and of a plan, checked by brute force. */
#include <limits.h>

#include "core/graph/op.h"
#include "core/graph/plan.h"

void pl_graph_check(const struct pl_graph *graph) {
    for (int n = 0; n < (int)graph->nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(graph, n);
        PL_ASSERT(node->rows > 0);
        PL_ASSERT((node->domain == PL_TILE) == (node->cols == 0));
        for (int k = 0; k < node->in_count; k++) PL_ASSERT(node->in[k] >= 0 && node->in[k] < n);
        if (node->kind == PL_KIND_OP) {
            struct pl_node again = *node;
            pl_op_info(node->op)->rules->shape(graph, &again);
            PL_ASSERT(again.rows == node->rows && again.domain == node->domain);
        }
    }
    for (int n = 0; n < (int)graph->grads.count; n++) {
        if (graph->grads.items[n] == PL_NONE) continue;
        const struct pl_node *node = pl_graph_node(graph, n);
        const struct pl_node *grad = pl_graph_node(graph, graph->grads.items[n]);
        PL_ASSERT(grad->rows == node->rows && grad->domain == node->domain);
        PL_ASSERT(grad->asked == node->asked);
        PL_ASSERT(node->domain == PL_TILE || grad->cols == node->cols);
    }
}

struct extent {
    int node, born, dies;
    size_t from, to;
};

static size_t size_of(const struct pl_plan *plan, const struct pl_node *node) {
    return (size_t)node->rows * (size_t)pl_plan_cols(plan, node);
}

/* Position of [node] in the tile schedule; -1 for feeds. */
static int position(const struct pl_pass *pass, int node) {
    const struct pl_schedule *tiles = &pass->phase[PL_PHASE_TILES];
    for (int at = 0; at < tiles->count; at++)
        if (tiles->nodes[at] == node) return at;
    return -1;
}

static struct extent extent_of(const struct pl_plan *plan, const struct pl_pass *pass, int node) {
    const struct pl_graph *graph = plan->graph;
    const struct pl_schedule *tiles = &pass->phase[PL_PHASE_TILES];
    struct extent e = {.node = node, .born = position(pass, node)};
    e.dies = e.born;
    e.from = pass->slot[node].offset;
    e.to = e.from + size_of(plan, pl_graph_node(graph, node));
    for (int at = 0; at < tiles->count; at++) {
        const struct pl_node *reader = pl_graph_node(graph, tiles->nodes[at]);
        for (int k = 0; k < reader->in_count; k++)
            if (pl_graph_root(graph, reader->in[k], NULL) == node) {
                PL_ASSERT(e.born < at);
                e.dies = at;
            }
    }
    return e;
}

/* Two tensors may share memory when one is dead before the other is born; at the very position where
 * one dies, the other may be born only as the result that overwrites it. */
static void check_pair(const struct pl_graph *graph, const struct extent *a,
                       const struct extent *b) {
    if (a->to <= b->from || b->to <= a->from) return;
    const struct extent *first = a->born <= b->born ? a : b, *second = first == a ? b : a;
    if (first->dies < second->born) return;
    const struct pl_node *heir = pl_graph_node(graph, second->node);
    unsigned mask = pl_op_info(heir->op)->overwrites;
    bool handed_over = false;
    for (int k = 0; k < heir->in_count; k++)
        handed_over |= heir->in[k] == first->node && (k < 32 ? mask >> k & 1u : mask == PL_OP_ANY);
    PL_ASSERT(first->dies == second->born && handed_over && first->from == second->from);
}

static void check_scratch(const struct pl_plan *plan, const struct pl_pass *pass) {
    PL_VEC(struct extent) extents = {0};
    for (int n = 0; n < (int)plan->graph->nodes.count; n++)
        if (pass->slot[n].region == PL_REGION_SCRATCH &&
            pl_graph_node(plan->graph, n)->kind != PL_KIND_VIEW)
            PL_VEC_PUSH(&extents, extent_of(plan, pass, n));
    for (size_t a = 0; a < extents.count; a++) {
        PL_ASSERT(extents.items[a].to <= plan->size[PL_REGION_SCRATCH]);
        for (size_t b = 0; b < a; b++)
            check_pair(plan->graph, &extents.items[a], &extents.items[b]);
    }
    PL_VEC_FINISH(&extents);
}

/* Step and run regions: no two of a pass's tensors overlap, but for flat groups and what updates
 * them. */
static bool is_flat(const struct pl_node *node) {
    return node->kind == PL_KIND_PARAMS || node->kind == PL_KIND_GRADS ||
           node->kind == PL_KIND_VIEW || pl_graph_is_update(node);
}

static void check_fixed(const struct pl_plan *plan, const struct pl_pass *pass) {
    int count = (int)plan->graph->nodes.count;
    for (int a = 0; a < count; a++) {
        enum pl_region region = pass->slot[a].region;
        const struct pl_node *x = pl_graph_node(plan->graph, a);
        if (region < PL_REGION_STEP || is_flat(x)) continue;
        size_t from = pass->slot[a].offset, to = from + size_of(plan, x);
        PL_ASSERT(to <= plan->size[region]);
        PL_ASSERT(!pl_graph_is_boundary(plan->graph, a) || to <= pass->clear);
        for (int b = 0; b < a; b++) {
            const struct pl_node *y = pl_graph_node(plan->graph, b);
            if (pass->slot[b].region != region || is_flat(y)) continue;
            PL_ASSERT(pass->slot[b].offset >= to ||
                      pass->slot[b].offset + size_of(plan, y) <= from);
        }
    }
}

void pl_plan_check(const struct pl_plan *plan) {
    for (int k = 0; k < plan->pass_count; k++) {
        check_scratch(plan, &plan->passes[k]);
        check_fixed(plan, &plan->passes[k]);
    }
}
