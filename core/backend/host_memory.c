/* Binding a plan to memory, and running it.
 *
 * pl_host_create takes the regions, then turns each schedule of each pass into an array of calls, in
 * order. Some neighbours become one call there, with the same bits: an activation with its slope
 * (is_pair), log-sum-exps with attention (is_attend_pair), and what follows a product while the product
 * is still near (bind_behind). A boundary whose sums have 16 partial sums adds to memory of its own,
 * which is cleared with the step and folded into the step region when the tiles are done. Nothing is
 * allocated after that: a run is a loop over calls.
 */
#include "core/backend/host_memory.h"

#include <string.h>

#include "core/base/clock.h"

enum { ALIGNMENT = 64, BEYOND = 64 };

struct bound {
    struct pl_call *calls;
    int count;
};

struct host_program {
    struct pl_program base;
    struct pl_arena arena; /* calls and operands */
    void *region[PL_REGIONS];
    void *scratch;  /* for kernels: struct pl_call */
    void *partials; /* of one pass at a time: struct pl_host_kernels */
    size_t partials_size;
    pl_kernel *fold;
    size_t element;
    struct bound (*bound)[PL_PHASES];  /* one row a pass */
    const struct pl_node_times *times; /* NULL: nobody asks */
};

static struct host_program *host(struct pl_program *program) {
    return (struct host_program *)program;
}

static void *at(const struct host_program *program, struct pl_slot slot) {
    PL_ASSERT(slot.region != PL_REGION_NONE);
    return (char *)program->region[slot.region] + slot.offset * program->element;
}

/* ---- binding ---- */

static struct pl_operand bind_operand(const struct host_program *program,
                                      const struct pl_pass *pass, int node) {
    const struct pl_plan *plan = program->base.plan;
    const struct pl_node *n = pl_graph_node(plan->graph, node);
    bool tile = n->domain == PL_TILE;
    return (struct pl_operand){at(program, pass->slot[node]), n->rows, pl_plan_cols(plan, n), tile,
                               !tile      ? 0
                               : n->asked ? plan->graph->asked
                                          : plan->graph->sequence};
}

static struct pl_call bind_call(struct host_program *program, const struct pl_pass *pass, int node,
                                const struct pl_host_kernels *kernels) {
    const struct pl_plan *plan = program->base.plan;
    const struct pl_node *n = pl_graph_node(plan->graph, node);
    struct pl_operand result = bind_operand(program, pass, node);
    struct pl_operand *in = PL_ARENA_ARRAY(&program->arena, struct pl_operand, (size_t)n->in_count);
    int tokens = n->domain == PL_TILE ? result.cols : plan->tokens;
    for (int k = n->in_count - 1; k >= 0; k--) {
        in[k] = bind_operand(program, pass, n->in[k]);
        if (in[k].tile) tokens = in[k].cols;
    }
    return (struct pl_call){.kernel = kernels->op[n->op],
                            .node = n,
                            .in = in,
                            .in_count = n->in_count,
                            .out = result.data,
                            .rows = result.rows,
                            .cols = result.cols,
                            .sequence = result.sequence,
                            .tokens = tokens,
                            .scratch = program->scratch};
}

/* Whether [node] of the schedule "tiles" has partial sums; how many numbers they are. */
static bool has_partials(const struct pl_graph *graph, const struct pl_host_kernels *kernels,
                         int node, size_t *count) {
    const struct pl_node *n = pl_graph_node(graph, node);
    *count = (size_t)n->rows * (size_t)n->cols * PL_PARTIALS;
    return kernels->partial[n->op] && pl_graph_is_boundary(graph, node);
}

/* An activation and its slope stand side by side in the schedule (pl_activate). */
static bool is_pair(const struct pl_graph *graph, const struct pl_schedule *schedule, int k) {
    return k + 1 < schedule->count && schedule->nodes[k + 1] >= 0 &&
           pl_graph_node(graph, schedule->nodes[k])->op == PL_OP_ACT &&
           pl_graph_node(graph, schedule->nodes[k])->companion == schedule->nodes[k + 1];
}

/* The statistic of attention and the attention that reads it. */
static bool is_attend_pair(const struct pl_graph *graph, const struct pl_schedule *schedule,
                           int k) {
    if (k + 1 >= schedule->count) return false;
    const struct pl_node *lse = pl_graph_node(graph, schedule->nodes[k]);
    const struct pl_node *attend = pl_graph_node(graph, schedule->nodes[k + 1]);
    return lse->op == PL_OP_ATTEND_LSE && attend->op == PL_OP_ATTEND &&
           attend->in[0] == lse->in[0] && attend->in[1] == lse->in[1] &&
           attend->in[3] == schedule->nodes[k];
}

/* Room of the kernels of attention: copies, sums and scores of one head of one sequence. */
static size_t attend_room(const struct pl_graph *graph, const struct pl_node *node) {
    if (node->kind != PL_KIND_OP || node->attr.attend.heads == 0) return 0;
    size_t rows = (size_t)(pl_graph_node(graph, node->in[0])->rows / node->attr.attend.heads);
    size_t padded = pl_graph_padded((size_t)graph->sequence) + PL_ALIGN_ELEMENTS;
    return 9 * padded * pl_graph_padded(rows) + 3 * PL_ALIGN_ELEMENTS * (padded + rows);
}

static size_t elements(const struct pl_operand *x) {
    return (size_t)x->rows * (size_t)x->cols;
}

static bool overlap(const struct host_program *program, const void *a, const struct pl_operand *b,
                    size_t count) {
    const char *first = a, *other = b->data;
    return first < other + elements(b) * program->element &&
           other < first + count * program->element;
}

/* Makes a product one call with what stands behind it in the schedule, where the product's result is
 * needed for that alone: the other's result (an act's slope, if it has one) has taken over its memory.
 * Returns how many operators that are. A result that has taken over the memory of the product's input,
 * which is still read, rules it out. */
static int bind_behind(struct host_program *program, const struct pl_pass *pass,
                       const struct pl_schedule *schedule, int k,
                       const struct pl_host_kernels *kernels, struct pl_call *call) {
    const struct pl_graph *graph = program->base.plan->graph;
    int product = schedule->nodes[k];
    if (call->node->op != PL_OP_MATMUL || k + 1 == schedule->count) return 0;
    struct pl_call other = bind_call(program, pass, schedule->nodes[k + 1], kernels);
    pl_kernel *fused = kernels->behind_product[other.node->op];
    int place = 0, rest = 0;
    while (place < other.in_count && other.node->in[place] != product) place++;
    if (!fused || place == other.in_count) return 0;
    bool pair = is_pair(graph, schedule, k + 1);
    if (pair) other.out2 = at(program, pass->slot[schedule->nodes[k + 2]]);
    if ((pair ? other.out2 : other.out) != call->out ||
        overlap(program, other.out, &call->in[1], (size_t)call->rows * (size_t)call->cols))
        return 0;
    struct pl_operand *in =
        PL_ARENA_ARRAY(&program->arena, struct pl_operand, (size_t)(1 + other.in_count));
    in[rest++] = call->in[0];
    in[rest++] = call->in[1];
    for (int i = 0; i < other.in_count; i++)
        if (i != place) in[rest++] = other.in[i];
    other.kernel = fused;
    other.node = call->node;
    other.next = pl_graph_node(graph, schedule->nodes[k + 1]);
    other.in = in;
    other.in_count = rest;
    *call = other;
    return pair ? 2 : 1;
}

/* The calls of one schedule. Those of "tiles" with partial sums have them one after the other; "after"
 * begins with the folds. */
static struct bound bind_schedule(struct host_program *program, const struct pl_pass *pass,
                                  enum pl_phase phase, const struct pl_host_kernels *kernels) {
    const struct pl_graph *graph = program->base.plan->graph;
    const struct pl_schedule *schedule = &pass->phase[phase], *tiles = &pass->phase[PL_PHASE_TILES];
    int folds = phase == PL_PHASE_AFTER ? tiles->count : 0;
    struct bound bound = {
        PL_ARENA_ARRAY(&program->arena, struct pl_call, (size_t)(folds + schedule->count)), 0};
    float *partials = program->partials;
    size_t count;
    for (int k = 0; k < folds; k++) {
        if (!has_partials(graph, kernels, tiles->nodes[k], &count)) continue;
        struct pl_call call = bind_call(program, pass, tiles->nodes[k], kernels);
        struct pl_operand *in = PL_ARENA_ARRAY(&program->arena, struct pl_operand, 1);
        *in = (struct pl_operand){partials, call.rows, call.cols, false};
        call.kernel = kernels->fold;
        call.in = in;
        call.in_count = 1;
        bound.calls[bound.count++] = call;
        partials += count;
    }
    for (int k = 0; k < schedule->count; k++) {
        int node = schedule->nodes[k];
        struct pl_call call = bind_call(program, pass, node, kernels);
        k += bind_behind(program, pass, schedule, k, kernels, &call);
        if (kernels->act_pair && is_pair(graph, schedule, k)) {
            call.kernel = kernels->act_pair;
            call.out2 = at(program, pass->slot[schedule->nodes[++k]]);
        }
        if (kernels->attend_pair && is_attend_pair(graph, schedule, k)) {
            call = bind_call(program, pass, schedule->nodes[++k], kernels);
            call.kernel = kernels->attend_pair;
        }
        if (phase == PL_PHASE_TILES && has_partials(graph, kernels, node, &count)) {
            call.out = partials;
            partials += count;
        }
        PL_ASSERT(call.kernel);
        bound.calls[bound.count++] = call;
    }
    return bound;
}

/* ---- life ---- */

/* Numbers of the pass that has most partial sums. */
static size_t most_partials(const struct pl_plan *plan, const struct pl_host_kernels *kernels) {
    size_t most = 0;
    for (int p = 0; p < plan->pass_count; p++) {
        const struct pl_schedule *tiles = &plan->passes[p].phase[PL_PHASE_TILES];
        size_t sum = 0, count;
        for (int k = 0; k < tiles->count; k++)
            if (has_partials(plan->graph, kernels, tiles->nodes[k], &count)) sum += count;
        most = sum > most ? sum : most;
    }
    return most;
}

static enum pl_status take_memory(struct host_program *program, const struct pl_plan *plan,
                                  const struct pl_host_kernels *kernels) {
    static const char *const names[PL_REGIONS] = {"", "tile scratch", "step memory", "run state"};
    int most = 0, rows = 0;
    size_t attend = 0;
    for (int region = PL_REGION_SCRATCH; region < PL_REGIONS; region++)
        PL_TRY(pl_alloc_try(&program->region[region],
                            plan->size[region] * program->element + BEYOND, ALIGNMENT,
                            names[region]));
    for (size_t n = 0; n < plan->graph->nodes.count; n++) {
        const struct pl_node *node = &plan->graph->nodes.items[n];
        if (node->in_count > most) most = node->in_count;
        if (attend_room(plan->graph, node) > attend) attend = attend_room(plan->graph, node);
        if (node->domain == PL_TILE && node->rows > rows) rows = node->rows;
    }
    program->fold = kernels->fold;
    program->partials_size = most_partials(plan, kernels) * program->element;
    if (kernels->fold)
        PL_TRY(pl_alloc_try(&program->partials, program->partials_size, ALIGNMENT, "partial sums"));
    size_t own = 4 * ((size_t)plan->tokens + (size_t)most) + PL_HOST_ROOM;
    own += PL_HOST_ROOM_ROW * (size_t)rows + attend;
    return pl_alloc_try(&program->scratch, own * program->element, ALIGNMENT, "kernel scratch");
}

enum pl_status pl_host_create(struct pl_program **out, const struct pl_backend *backend,
                              const struct pl_plan *plan, const struct pl_host_kernels *kernels) {
    struct host_program *program = pl_alloc_zero(1, sizeof *program);
    program->base = (struct pl_program){backend, plan};
    program->element = backend->element_size;
    enum pl_status status = take_memory(program, plan, kernels);
    if (status != PL_OK) {
        pl_host_destroy(&program->base);
        return status;
    }
    program->bound =
        pl_arena_alloc(&program->arena, (size_t)plan->pass_count * sizeof *program->bound);
    for (int p = 0; p < plan->pass_count; p++)
        for (int phase = 0; phase < PL_PHASES; phase++)
            program->bound[p][phase] =
                bind_schedule(program, &plan->passes[p], (enum pl_phase)phase, kernels);
    *out = &program->base;
    return PL_OK;
}

void pl_host_destroy(struct pl_program *base) {
    if (!base) return;
    struct host_program *program = host(base);
    for (int region = 0; region < PL_REGIONS; region++) pl_free(program->region[region]);
    pl_free(program->partials);
    pl_free(program->scratch);
    pl_arena_finish(&program->arena);
    pl_free(program);
}

/* ---- data in and out ---- */

void pl_host_write(struct pl_program *base, struct pl_slot slot, const double *values,
                   size_t count) {
    struct host_program *program = host(base);
    double *real = at(program, slot);
    float *single = at(program, slot);
    for (size_t k = 0; k < count; k++) {
        if (program->element == sizeof(double))
            real[k] = values[k];
        else
            single[k] = (float)values[k];
    }
}

void pl_host_read(struct pl_program *base, struct pl_slot slot, double *values, size_t count) {
    struct host_program *program = host(base);
    const double *real = at(program, slot);
    const float *single = at(program, slot);
    for (size_t k = 0; k < count; k++)
        values[k] = program->element == sizeof(double) ? real[k] : (double)single[k];
}

static size_t token(struct pl_gather gather, int j) {
    return gather.index ? gather.index[j] : gather.first + (size_t)j;
}

/* Token by token in, feature by feature out. */
void pl_host_gather(struct pl_program *base, struct pl_slot slot, int rows, int cols,
                    const float *data, struct pl_gather gather) {
    struct host_program *program = host(base);
    size_t tokens = (size_t)cols;
    double *real = at(program, slot);
    float *single = at(program, slot);
    memset(real, 0, (size_t)rows * tokens * program->element);
    for (int j = 0; j < gather.count; j++) {
        const float *from = data + token(gather, j) * (size_t)rows;
        for (size_t c = 0; c < (size_t)rows; c++) {
            if (program->element == sizeof(double))
                real[c * tokens + (size_t)j] = from[c];
            else
                single[c * tokens + (size_t)j] = from[c];
        }
    }
}

void pl_host_gather_index(struct pl_program *base, struct pl_slot slot, int cols,
                          const int32_t *data, struct pl_gather gather) {
    int32_t *to = at(host(base), slot);
    memset(to, 0, (size_t)cols * sizeof *to);
    for (int j = 0; j < gather.count; j++) to[j] = data[token(gather, j)];
}

/* ---- running ---- */

void pl_host_clear(struct pl_program *base, size_t count) {
    struct host_program *program = host(base);
    memset(program->region[PL_REGION_STEP], 0, count * program->element);
    if (program->partials) memset(program->partials, 0, program->partials_size);
}

void pl_host_time(struct pl_program *base, const struct pl_node_times *times) {
    host(base)->times = times;
}

static void run_timed(const struct host_program *program, const struct bound *bound) {
    const struct pl_node *first = program->base.plan->graph->nodes.items;
    double start = pl_clock_seconds();
    for (int k = 0; k < bound->count; k++) {
        const struct pl_call *call = &bound->calls[k];
        call->kernel(call);
        double end = pl_clock_seconds();
        program->times->seconds[call->node - first] += end - start;
        program->times->calls[call->node - first] += call->kernel != program->fold;
        start = end;
    }
}

void pl_host_run(struct pl_program *base, int pass, enum pl_phase phase) {
    const struct host_program *program = host(base);
    const struct bound *bound = &program->bound[pass][phase];
    if (program->times) {
        run_timed(program, bound);
        return;
    }
    for (int k = 0; k < bound->count; k++) bound->calls[k].kernel(&bound->calls[k]);
}
