/* Plan: a finished graph becomes offsets and schedules. After this nothing is allocated.
 *
 * Three regions, by lifetime (sizes in elements of the backend's number type):
 *
 *     scratch   one tile     tile-level tensors; memory is shared by liveness, and a result may take
 *                            over the memory of an input that dies (op_list.h says which)
 *     step      one step     | accumulators | gradients, flat, group by group | step-level values |
 *                            '------- cleared at the start of a step --------'
 *     run       whole run    | parameters, flat, group by group | moments | constants, step feeds |
 *
 * A *pass* is what one runs for a purpose (train, evaluate, a probe): the closure of its targets, cut
 * into four schedules. Passes share parameters and step-level slots; each has its own scratch layout.
 *
 *     step begins      before    step-level values from parameters alone           once
 *     for each tile    tiles     forward and backward; boundaries accumulate        many times
 *     step ends        after     step-level values from accumulators                once
 *                      update    optimizer steps                                    once
 *
 * A sample of graph->sequence tokens is never cut: a tile holds whole samples, and what it is padded
 * with. Most operators do not mind where a tile ends; op_list.h names those that do, and a pass says
 * whether it has any.
 *
 *         scratch over the tile schedule:      x ████████
 *         (time runs right, address down)      z  ░░████        <- act_slope takes over z
 *                                              a   ░██████
 *                                              g        ████    <- takes over a
 */
#ifndef PL_GRAPH_PLAN_H
#define PL_GRAPH_PLAN_H

#include "core/graph/graph.h"

enum pl_region { PL_REGION_NONE, PL_REGION_SCRATCH, PL_REGION_STEP, PL_REGION_RUN, PL_REGIONS };
enum pl_phase { PL_PHASE_BEFORE, PL_PHASE_TILES, PL_PHASE_AFTER, PL_PHASE_UPDATE, PL_PHASES };

struct pl_slot {
    enum pl_region region;
    size_t offset; /* elements, from the region's start */
};

struct pl_schedule {
    const int *nodes; /* operators, in the order they run */
    int count;
};

/* What to plan: a name and the nodes whose values (or effects) the pass is for. */
struct pl_pass_spec {
    const char *name;
    const int *targets;
    int target_count;
};

struct pl_pass {
    const char *name;
    struct pl_schedule phase[PL_PHASES];
    struct pl_slot *slot; /* a node's place in this pass; NONE when it does not take part */
    size_t clear;         /* elements of the step region to clear at the start of a step */
    size_t scratch;       /* elements of scratch this pass uses */
    bool whole_sequences; /* some operator takes one token's values to another (PL_TOKENS_WHOLE) */
};

struct pl_plan {
    struct pl_arena arena;
    const struct pl_graph *graph; /* borrowed */
    int tokens;                   /* width of a tile; every tile-level tensor is [rows][tokens] */
    int asked; /* but those of asked tokens, which are [rows][asked]; padded too */
    struct pl_pass *passes;
    int pass_count;
    size_t size[PL_REGIONS];        /* elements */
    size_t group_offset[PL_GROUPS]; /* parameters of a group within the run region */
    size_t grads_offset[PL_GROUPS]; /* gradients of a group within the step region */
};

/* Tokens of a tile that holds whole samples: as many as fit into [tokens], but so that PL_ALIGN_ELEMENTS
 * divides their tokens, and those that are asked, and a token of the batch has the same place modulo
 * that number whatever the tile; at least the fewest of that kind, or a [batch] that is smaller.
 * *samples is how many. */
int pl_plan_tile(const struct pl_graph *graph, size_t tokens, size_t batch, int *samples);

/* The graph must outlive the plan and not grow any more. */
void pl_plan_make(struct pl_plan *out, const struct pl_graph *graph, int tokens,
                  const struct pl_pass_spec *passes, int pass_count);
void pl_plan_finish(struct pl_plan *plan);

/* Columns of [node] in memory. */
static inline int pl_plan_cols(const struct pl_plan *plan, const struct pl_node *node) {
    if (node->domain == PL_STEP) return node->cols;
    return node->asked ? plan->asked : plan->tokens;
}

/* Bytes a plan needs with elements of [element_size] bytes. */
size_t pl_plan_bytes(const struct pl_plan *plan, size_t element_size);

/* FLOPs of the products of a pass, a token: 2 m k for a product with a matrix [m][k], forward and backward
 * alike, and asked / sequence of that for asked tokens. Attention over d channels has two products forward
 * and four backward of 2 d for each token that is looked at, (sequence + 1) / 2 on average; what is computed
 * again is not counted twice. What was pruned is not in the plan and not counted; nor are other operators. */
double pl_plan_product_flops(const struct pl_plan *plan, int pass);

/* No two tensors that live at the same time overlap; inputs are written before they are read. Aborts
 * naming the broken promise. */
void pl_plan_check(const struct pl_plan *plan);

/* Regions, schedules and the life of every tensor of each pass, as text. */
void pl_plan_dump(const struct pl_plan *plan, size_t element_size, struct pl_strbuf *out);

#endif
