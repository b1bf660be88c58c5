/* A plan is made in this order; each step reads what the steps before it wrote:
 *
 *     find_phases       before, tiles, after or update, for every operator
 *     place_*           slots in the step and run regions, the same for every pass
 *     plan_pass         a pass: what its targets stand on, the schedules, the life of each tile-level
 *                       tensor, its place in scratch, then the views, which lie where their base lies
 *
 * Node numbers are a topological order, so one sweep over them, up or down, is enough everywhere. Scratch
 * is handed out by best fit in schedule order, which makes the layout a function of the graph alone.
 */
#include "core/graph/plan.h"

#include <limits.h>
#include <string.h>

#include "core/graph/op.h"

enum { NO_PHASE = PL_PHASES }; /* leaves and views: nothing runs */

/* The life of one tile-level tensor, in positions of the tile schedule. */
struct life {
    int born; /* the position that writes it; -1 for a feed */
    int dies; /* the last position that reads it; INT_MAX for a target */
};

struct planner {
    struct pl_plan *plan;
    const struct pl_graph *graph;
    int count;             /* nodes */
    int *phase;            /* of each node; NO_PHASE for leaves */
    struct pl_slot *fixed; /* slots in the step and run regions, shared by all passes */
    bool *is_param_grad;
};

/* ---- phases ---- */

/* Step-level work waits for the tiles when an accumulator stands behind it. */
static bool waits_for_tiles(const struct planner *planner, int node) {
    const struct pl_node *n = pl_graph_node(planner->graph, node);
    for (int k = 0; k < n->in_count; k++) {
        int in = pl_graph_root(planner->graph, n->in[k], NULL);
        if (pl_graph_node(planner->graph, in)->kind == PL_KIND_GRADS ||
            pl_graph_is_boundary(planner->graph, in) || planner->phase[in] == PL_PHASE_AFTER)
            return true;
    }
    return false;
}

static void find_phases(struct planner *planner) {
    for (int n = 0; n < planner->count; n++) {
        const struct pl_node *node = pl_graph_node(planner->graph, n);
        int *phase = &planner->phase[n];
        if (node->kind != PL_KIND_OP)
            *phase = NO_PHASE;
        else if (pl_graph_is_update(node))
            *phase = PL_PHASE_UPDATE;
        else if (node->domain == PL_TILE || pl_graph_is_boundary(planner->graph, n))
            *phase = PL_PHASE_TILES;
        else
            *phase = waits_for_tiles(planner, n) ? PL_PHASE_AFTER : PL_PHASE_BEFORE;
    }
}

/* ---- the step and run regions: the same for every pass ---- */

static size_t elements(const struct planner *planner, int node) {
    const struct pl_node *n = pl_graph_node(planner->graph, node);
    return pl_graph_padded((size_t)n->rows * (size_t)pl_plan_cols(planner->plan, n));
}

static struct pl_slot take(struct planner *planner, enum pl_region region, size_t count) {
    struct pl_slot slot = {region, planner->plan->size[region]};
    planner->plan->size[region] += count;
    return slot;
}

static void mark_param_grads(struct planner *planner) {
    const struct pl_graph *graph = planner->graph;
    for (int n = 0; n < (int)graph->grads.count; n++)
        if (graph->grads.items[n] != PL_NONE && pl_graph_node(graph, n)->kind == PL_KIND_PARAM)
            planner->is_param_grad[graph->grads.items[n]] = true;
}

static void place_accumulators(struct planner *planner) {
    for (int n = 0; n < planner->count; n++)
        if (pl_graph_is_boundary(planner->graph, n) && !planner->is_param_grad[n])
            planner->fixed[n] = take(planner, PL_REGION_STEP, elements(planner, n));
}

static void place_groups(struct planner *planner) {
    struct pl_plan *plan = planner->plan;
    const struct pl_graph *graph = planner->graph;
    for (int group = 0; group < PL_GROUPS; group++) {
        plan->group_offset[group] = take(planner, PL_REGION_RUN, graph->group_size[group]).offset;
        plan->grads_offset[group] = take(planner, PL_REGION_STEP, graph->group_size[group]).offset;
    }
    for (int n = 0; n < planner->count; n++) {
        const struct pl_node *node = pl_graph_node(graph, n);
        size_t params = plan->group_offset[node->group], grads = plan->grads_offset[node->group];
        int grad = n < (int)graph->grads.count ? graph->grads.items[n] : PL_NONE;
        if (node->kind == PL_KIND_PARAM)
            planner->fixed[n] = (struct pl_slot){PL_REGION_RUN, params + node->flat};
        if (node->kind == PL_KIND_PARAM && grad != PL_NONE)
            planner->fixed[grad] = (struct pl_slot){PL_REGION_STEP, grads + node->flat};
        if (node->kind == PL_KIND_PARAMS)
            planner->fixed[n] = (struct pl_slot){PL_REGION_RUN, params};
        if (node->kind == PL_KIND_GRADS)
            planner->fixed[n] = (struct pl_slot){PL_REGION_STEP, grads};
    }
}

/* Step-level values, states, constants and feeds; an update's result is its first input. */
static void place_rest(struct planner *planner) {
    for (int n = 0; n < planner->count; n++) {
        const struct pl_node *node = pl_graph_node(planner->graph, n);
        struct pl_slot *slot = &planner->fixed[n];
        if (node->domain == PL_TILE || node->kind == PL_KIND_VIEW || slot->region) continue;
        if (pl_graph_is_update(node))
            *slot = planner->fixed[node->in[0]];
        else if (node->kind == PL_KIND_OP)
            *slot = take(planner, PL_REGION_STEP, elements(planner, n));
        else
            *slot = take(planner, PL_REGION_RUN, elements(planner, n));
    }
}

/* ---- one pass ---- */

static void need(const struct planner *planner, bool *needed, int node) {
    needed[node] = true;
    if (pl_graph_node(planner->graph, node)->kind != PL_KIND_GRADS) return;
    enum pl_group group = pl_graph_node(planner->graph, node)->group;
    for (int n = 0; n < (int)planner->graph->grads.count; n++) {
        const struct pl_node *param = pl_graph_node(planner->graph, n);
        int grad = planner->graph->grads.items[n];
        if (param->kind == PL_KIND_PARAM && param->group == group && grad != PL_NONE)
            needed[grad] = true;
    }
}

/* Whatever the targets stand on. GRADS nodes come after every gradient, so one sweep down is enough. */
static void find_needed(const struct planner *planner, const struct pl_pass_spec *spec,
                        bool *needed) {
    for (int k = 0; k < spec->target_count; k++) need(planner, needed, spec->targets[k]);
    for (int n = planner->count - 1; n >= 0; n--) {
        const struct pl_node *node = pl_graph_node(planner->graph, n);
        for (int k = 0; needed[n] && k < node->in_count; k++) need(planner, needed, node->in[k]);
    }
}

static void make_schedules(struct planner *planner, const bool *needed, struct pl_pass *pass) {
    for (int phase = 0; phase < PL_PHASES; phase++) {
        int *nodes = PL_ARENA_ARRAY(&planner->plan->arena, int, (size_t)planner->count);
        int count = 0;
        for (int n = 0; n < planner->count; n++)
            if (needed[n] && planner->phase[n] == phase) nodes[count++] = n;
        pass->phase[phase] = (struct pl_schedule){nodes, count};
    }
    const struct pl_schedule *tiles = &pass->phase[PL_PHASE_TILES];
    for (int k = 0; k < tiles->count; k++)
        pass->whole_sequences |=
            pl_op_info(pl_graph_node(planner->graph, tiles->nodes[k])->op)->tokens ==
            PL_TOKENS_WHOLE;
    PL_ASSERT(!pass->whole_sequences || planner->plan->tokens >= planner->graph->sequence);
}

static void find_lives(const struct pl_graph *graph, int count, const struct pl_pass *pass,
                       const struct pl_pass_spec *spec, struct life *lives) {
    const struct pl_schedule *tiles = &pass->phase[PL_PHASE_TILES];
    for (int n = 0; n < count; n++) lives[n] = (struct life){-1, -1};
    for (int at = 0; at < tiles->count; at++) {
        const struct pl_node *node = pl_graph_node(graph, tiles->nodes[at]);
        lives[tiles->nodes[at]] = (struct life){at, at};
        for (int k = 0; k < node->in_count; k++)
            lives[pl_graph_root(graph, node->in[k], NULL)].dies = at;
    }
    for (int k = 0; k < spec->target_count; k++)
        lives[pl_graph_root(graph, spec->targets[k], NULL)].dies = INT_MAX;
}

/* Free stretches of scratch, in order of address, never adjacent. */
struct hole {
    size_t offset, size;
};
struct holes {
    PL_VEC(struct hole) list;
    size_t end; /* everything from here on is free */
};

static void holes_remove(struct holes *holes, size_t at) {
    memmove(&holes->list.items[at], &holes->list.items[at + 1],
            (holes->list.count - at - 1) * sizeof *holes->list.items);
    holes->list.count--;
}

/* Best fit: the smallest hole that is large enough, else new memory at the end. */
static size_t holes_take(struct holes *holes, size_t size) {
    size_t best = holes->list.count;
    for (size_t k = 0; k < holes->list.count; k++)
        if (holes->list.items[k].size >= size &&
            (best == holes->list.count || holes->list.items[k].size < holes->list.items[best].size))
            best = k;
    if (best == holes->list.count) {
        holes->end += size;
        return holes->end - size;
    }
    struct hole *hole = &holes->list.items[best];
    size_t offset = hole->offset;
    hole->offset += size;
    hole->size -= size;
    if (hole->size == 0) holes_remove(holes, best);
    return offset;
}

static void holes_give(struct holes *holes, size_t offset, size_t size) {
    size_t at = 0;
    while (at < holes->list.count && holes->list.items[at].offset < offset) at++;
    PL_VEC_PUSH(&holes->list, (struct hole){0});
    struct hole *list = holes->list.items;
    memmove(&list[at + 1], &list[at], (holes->list.count - at - 1) * sizeof *list);
    list[at] = (struct hole){offset, size};
    if (at + 1 < holes->list.count && offset + size == list[at + 1].offset) {
        list[at].size += list[at + 1].size;
        holes_remove(holes, at + 1);
    }
    if (at > 0 && list[at - 1].offset + list[at - 1].size == offset) {
        list[at - 1].size += list[at].size;
        holes_remove(holes, at);
    }
}

/* The input whose memory the result at [at] may take over, or PL_NONE: it is a whole computed tensor
 * of the same size that dies here, and no other input is a part of it. */
static int overwritten(const struct planner *planner, const struct life *lives, int at, int node) {
    const struct pl_graph *graph = planner->graph;
    const struct pl_node *n = pl_graph_node(graph, node);
    unsigned mask = pl_op_info(n->op)->overwrites;
    for (int k = 0; k < n->in_count && (k < 32 || mask == PL_OP_ANY); k++) {
        int in = n->in[k];
        const struct pl_node *x = pl_graph_node(graph, in);
        if (k < 32 && !(mask >> k & 1u)) continue;
        if (x->kind != PL_KIND_OP || x->domain != PL_TILE || x->rows != n->rows) continue;
        if (lives[in].dies != at) continue;
        bool alone = true;
        for (int j = 0; j < n->in_count; j++)
            alone &= n->in[j] == in || pl_graph_root(graph, n->in[j], NULL) != in;
        if (alone) return in;
    }
    return PL_NONE;
}

static void free_dead(struct planner *planner, const struct life *lives, const struct pl_pass *pass,
                      struct holes *holes, int at, int kept) {
    const struct pl_graph *graph = planner->graph;
    int node = pass->phase[PL_PHASE_TILES].nodes[at];
    const struct pl_node *n = pl_graph_node(graph, node);
    for (int k = 0; k < n->in_count; k++) {
        int root = pl_graph_root(graph, n->in[k], NULL);
        bool again = false; /* the same tensor listed twice is freed once */
        for (int j = 0; j < k; j++) again |= pl_graph_root(graph, n->in[j], NULL) == root;
        if (again || root == kept || lives[root].dies != at) continue;
        if (pass->slot[root].region == PL_REGION_SCRATCH)
            holes_give(holes, pass->slot[root].offset, elements(planner, root));
    }
    if (lives[node].dies == at && pass->slot[node].region == PL_REGION_SCRATCH)
        holes_give(holes, pass->slot[node].offset, elements(planner, node));
}

static void place_scratch(struct planner *planner, const bool *needed, const struct life *lives,
                          struct pl_pass *pass) {
    const struct pl_graph *graph = planner->graph;
    const struct pl_schedule *tiles = &pass->phase[PL_PHASE_TILES];
    struct holes holes = {0};
    for (int n = 0; n < planner->count; n++) {
        const struct pl_node *node = pl_graph_node(graph, n);
        if (needed[n] && node->kind == PL_KIND_FEED && node->domain == PL_TILE)
            pass->slot[n] =
                (struct pl_slot){PL_REGION_SCRATCH, holes_take(&holes, elements(planner, n))};
    }
    for (int at = 0; at < tiles->count; at++) {
        int node = tiles->nodes[at], kept = PL_NONE;
        if (pl_graph_node(graph, node)->domain == PL_TILE) {
            kept = overwritten(planner, lives, at, node);
            size_t offset = kept != PL_NONE ? pass->slot[kept].offset
                                            : holes_take(&holes, elements(planner, node));
            pass->slot[node] = (struct pl_slot){PL_REGION_SCRATCH, offset};
        }
        free_dead(planner, lives, pass, &holes, at, kept);
    }
    pass->scratch = holes.end;
    PL_VEC_FINISH(&holes.list);
}

/* A view lies where its base lies. */
static void place_views(struct planner *planner, const bool *needed, struct pl_pass *pass) {
    for (int n = 0; n < planner->count; n++) {
        const struct pl_node *node = pl_graph_node(planner->graph, n);
        if (!needed[n] || node->kind != PL_KIND_VIEW) continue;
        size_t cols = (size_t)pl_plan_cols(planner->plan, node);
        pass->slot[n] = pass->slot[node->in[0]];
        pass->slot[n].offset += (size_t)node->attr.place.first * cols;
    }
}

static void plan_pass(struct planner *planner, const struct pl_pass_spec *spec,
                      struct pl_pass *pass) {
    struct pl_plan *plan = planner->plan;
    size_t count = (size_t)planner->count;
    bool *needed = pl_alloc_zero(count, sizeof *needed);
    struct life *lives = pl_alloc(count * sizeof *lives);
    pass->name = pl_arena_strdup(&plan->arena, spec->name);
    pass->slot = PL_ARENA_ARRAY(&plan->arena, struct pl_slot, count);
    find_needed(planner, spec, needed);
    make_schedules(planner, needed, pass);
    pass->clear = plan->grads_offset[0];
    for (int n = 0; n < planner->count; n++) {
        if (needed[n]) pass->slot[n] = planner->fixed[n];
        if (needed[n] && planner->is_param_grad[n])
            pass->clear =
                plan->grads_offset[PL_GROUPS - 1] + planner->graph->group_size[PL_GROUPS - 1];
    }
    find_lives(planner->graph, planner->count, pass, spec, lives);
    place_scratch(planner, needed, lives, pass);
    place_views(planner, needed, pass);
    if (pass->scratch > plan->size[PL_REGION_SCRATCH])
        plan->size[PL_REGION_SCRATCH] = pass->scratch;
    pl_free(needed);
    pl_free(lives);
}

int pl_plan_tile(const struct pl_graph *graph, size_t tokens, size_t batch, int *samples) {
    size_t sequence = (size_t)graph->sequence, all = pl_graph_padded(batch * sequence);
    size_t least = 1, count;
    while (least * sequence % PL_ALIGN_ELEMENTS || least * (size_t)graph->asked % PL_ALIGN_ELEMENTS)
        least *= 2;
    if (all < least * sequence)
        count = all / sequence;
    else
        count = tokens < least * sequence ? least : tokens / (least * sequence) * least;
    *samples = (int)count;
    return (int)pl_graph_padded(count * sequence);
}

void pl_plan_make(struct pl_plan *out, const struct pl_graph *graph, int tokens,
                  const struct pl_pass_spec *passes, int pass_count) {
    PL_ASSERT(tokens > 0 && tokens % PL_ALIGN_ELEMENTS == 0);
    memset(out, 0, sizeof *out);
    out->graph = graph;
    out->tokens = tokens;
    out->asked = (int)pl_graph_padded((size_t)(tokens / graph->sequence * graph->asked));
    out->pass_count = pass_count;
    out->passes = PL_ARENA_ARRAY(&out->arena, struct pl_pass, (size_t)pass_count);
    size_t count = graph->nodes.count;
    struct planner planner = {.plan = out,
                              .graph = graph,
                              .count = (int)count,
                              .phase = pl_alloc(count * sizeof(int)),
                              .fixed = pl_alloc_zero(count, sizeof(struct pl_slot)),
                              .is_param_grad = pl_alloc_zero(count, sizeof(bool))};
    find_phases(&planner);
    mark_param_grads(&planner);
    place_accumulators(&planner);
    place_groups(&planner);
    place_rest(&planner);
    for (int k = 0; k < pass_count; k++) plan_pass(&planner, &passes[k], &out->passes[k]);
    pl_free(planner.phase);
    pl_free(planner.fixed);
    pl_free(planner.is_param_grad);
}

void pl_plan_finish(struct pl_plan *plan) {
    pl_arena_finish(&plan->arena);
    memset(plan, 0, sizeof *plan);
}

double pl_plan_product_flops(const struct pl_plan *plan, int pass) {
    const struct pl_schedule *tiles = &plan->passes[pass].phase[PL_PHASE_TILES];
    double total = 0, seen = (plan->graph->sequence + 1) / 2.0;
    double asked = (double)plan->graph->asked / plan->graph->sequence;
    for (int k = 0; k < tiles->count; k++) {
        const struct pl_node *node = pl_graph_node(plan->graph, tiles->nodes[k]);
        const struct pl_node *w = pl_graph_node(plan->graph, node->in_count ? node->in[0] : 0);
        if (node->kind != PL_KIND_OP || node->in_count == 0) continue;
        double share = pl_graph_node(plan->graph, node->in[node->in_count - 1])->asked ? asked : 1;
        if (node->op == PL_OP_MATMUL) total += share * 2.0 * w->rows * w->cols;
        if (node->op == PL_OP_OUTER) total += share * 2.0 * node->rows * node->cols;
        if (node->op == PL_OP_ATTEND) total += 2 * 2.0 * node->rows * seen;
        if (node->op == PL_OP_ATTEND_GRAD) total += 4 * 2.0 * (node->rows / 3.0) * seen;
    }
    return total;
}

size_t pl_plan_bytes(const struct pl_plan *plan, size_t element_size) {
    size_t total = 0;
    for (int region = 0; region < PL_REGIONS; region++) total += plan->size[region];
    return total * element_size;
}
