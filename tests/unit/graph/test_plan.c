#include "core/graph/plan.h"

#include "core/backend/backend.h"
#include "core/base/rng.h"
#include "core/graph/grad.h"
#include "core/graph/op.h"
#include "tests/support/support.h"

enum { TILE = 16 };

/* ---- small cases ---- */

static const struct pl_slot *slot(const struct pl_plan *plan, int pass, int node) {
    return &plan->passes[pass].slot[node];
}

/* A chain of operators that may overwrite their input needs the memory of one tensor besides the
 * feed's: scale takes new memory, for a feed is never overwritten, and the rest follow in place. */
static void test_plan__a_chain_runs_in_place(void) {
    struct pl_graph graph;
    struct pl_plan plan;
    pl_graph_init(&graph);
    int x = pl_feed_tile(&graph, "x", 3, PL_NUMBER), y = x;
    int first = PL_NONE;
    for (int k = 0; k < 5; k++) {
        y = pl_scale(&graph, 2, y);
        if (k == 0) first = y;
    }
    pl_plan_make(&plan, &graph, TILE, &(struct pl_pass_spec){"value", &y, 1}, 1);
    pl_plan_check(&plan);
    PL_CHECK_INT(plan.passes[0].phase[PL_PHASE_TILES].count, 5);
    PL_CHECK_INT(slot(&plan, 0, y)->offset, slot(&plan, 0, first)->offset);
    PL_CHECK_INT(plan.passes[0].scratch, 2 * 3 * TILE);
    pl_plan_finish(&plan);
    pl_graph_finish(&graph);
}

/* An operator that may overwrite any input may overwrite its fortieth. */
static void test_plan__any_input_may_be_overwritten(void) {
    struct pl_graph graph;
    struct pl_plan plan;
    int in[40], targets[40];
    pl_graph_init(&graph);
    int x = pl_feed_tile(&graph, "x", 3, PL_NUMBER);
    for (int k = 0; k < 40; k++) targets[k] = in[k] = pl_scale(&graph, k, x);
    targets[39] = pl_sum(&graph, in, 40);
    pl_plan_make(&plan, &graph, TILE, &(struct pl_pass_spec){"value", targets, 40}, 1);
    pl_plan_check(&plan);
    PL_CHECK_INT(slot(&plan, 0, targets[39])->offset, slot(&plan, 0, in[39])->offset);
    pl_plan_finish(&plan);
    pl_graph_finish(&graph);
}

static void test_plan__reuses_space_after_last_use(void) {
    struct pl_graph graph;
    struct pl_plan plan;
    pl_graph_init(&graph);
    int x = pl_feed_tile(&graph, "x", 4, PL_NUMBER);
    int w = pl_param(&graph, "w", 4, 4, PL_GROUP_WEIGHT, PL_FILL_VALUE, 0), y = x;
    for (int k = 0; k < 8; k++) y = pl_matmul(&graph, w, y); /* never in place */
    pl_plan_make(&plan, &graph, TILE, &(struct pl_pass_spec){"value", &y, 1}, 1);
    pl_plan_check(&plan);
    PL_CHECK_INT(plan.passes[0].scratch, 2 * 4 * TILE); /* by turns */
    pl_plan_finish(&plan);
    pl_graph_finish(&graph);
}

static void test_plan__schedules_by_phase(void) {
    struct pl_graph graph;
    struct pl_plan plan;
    pl_graph_init(&graph);
    int x = pl_feed_tile(&graph, "x", 4, PL_NUMBER);
    int weight = pl_feed_tile(&graph, "weight", 1, PL_NUMBER);
    int w = pl_param(&graph, "w", 4, 4, PL_GROUP_WEIGHT, PL_FILL_VALUE, 0);
    int ww = pl_mul(&graph, w, w), y = pl_matmul(&graph, ww, x);
    int sum = pl_mse(&graph, y, x, weight), loss = pl_scale(&graph, 0.5, sum);
    pl_plan_make(&plan, &graph, TILE, &(struct pl_pass_spec){"value", &loss, 1}, 1);
    const struct pl_schedule *phase = plan.passes[0].phase;
    PL_CHECK_INT(phase[PL_PHASE_BEFORE].count, 1);
    PL_CHECK_INT(phase[PL_PHASE_BEFORE].nodes[0], ww);
    PL_CHECK_INT(phase[PL_PHASE_TILES].count, 2);
    PL_CHECK_INT(phase[PL_PHASE_TILES].nodes[1], sum);
    PL_CHECK_INT(phase[PL_PHASE_AFTER].count, 1);
    PL_CHECK_INT(phase[PL_PHASE_AFTER].nodes[0], loss);
    PL_CHECK_INT(phase[PL_PHASE_UPDATE].count, 0);
    PL_CHECK(slot(&plan, 0, sum)->offset < plan.passes[0].clear);
    PL_CHECK(slot(&plan, 0, loss)->offset >= plan.passes[0].clear);
    pl_plan_finish(&plan);
    pl_graph_finish(&graph);
}

static void test_plan__a_view_lies_in_its_base(void) {
    struct pl_graph graph;
    struct pl_plan plan;
    pl_graph_init(&graph);
    int x = pl_feed_tile(&graph, "x", 6, PL_NUMBER), y = pl_scale(&graph, 2, x);
    int part = pl_view(&graph, pl_view(&graph, y, 1, 5), 2, 2), z = pl_scale(&graph, 3, part);
    pl_plan_make(&plan, &graph, TILE, &(struct pl_pass_spec){"value", &z, 1}, 1);
    pl_plan_check(&plan);
    PL_CHECK_INT(slot(&plan, 0, part)->offset, slot(&plan, 0, y)->offset + 3 * TILE);
    pl_plan_finish(&plan);
    pl_graph_finish(&graph);
}

/* Gradients lie like their parameters; the flat groups begin where their first member lies. */
static void test_plan__gradients_are_flat(void) {
    static const enum pl_group groups[] = {PL_GROUP_WEIGHT, PL_GROUP_PLAIN};
    struct pl_graph graph;
    struct pl_plan plan;
    pl_graph_init(&graph);
    int x = pl_feed_tile(&graph, "x", 5, PL_NUMBER);
    int weight = pl_feed_tile(&graph, "weight", 1, PL_NUMBER);
    int w = pl_param(&graph, "w", 5, 5, PL_GROUP_WEIGHT, PL_FILL_VALUE, 0);
    int b = pl_param(&graph, "b", 5, 1, PL_GROUP_PLAIN, PL_FILL_VALUE, 0);
    int u = pl_param(&graph, "u", 5, 5, PL_GROUP_WEIGHT, PL_FILL_VALUE, 0);
    int y = pl_matmul(&graph, u, pl_bias(&graph, pl_matmul(&graph, w, x), b));
    pl_graph_grad(&graph, pl_mse(&graph, y, x, weight), NULL, 0);
    int hyper = pl_feed_step(&graph, "hyper", 1), steps[2];
    for (int k = 0; k < 2; k++) {
        const int in[] = {pl_params(&graph, groups[k]), pl_grads(&graph, groups[k]), hyper};
        steps[k] = pl_op(&graph, PL_OP_SGD_STEP, (struct pl_attr){0}, in, 3);
    }
    pl_plan_make(&plan, &graph, TILE, &(struct pl_pass_spec){"train", steps, 2}, 1);
    pl_plan_check(&plan);
    const int params[] = {w, b, u};
    for (int k = 0; k < 3; k++) {
        const struct pl_node *node = pl_graph_node(&graph, params[k]);
        int grad = graph.grads.items[params[k]];
        PL_CHECK_INT(slot(&plan, 0, params[k])->offset,
                     plan.group_offset[node->group] + node->flat);
        PL_CHECK_INT(slot(&plan, 0, grad)->offset, plan.grads_offset[node->group] + node->flat);
        PL_CHECK(slot(&plan, 0, grad)->offset < plan.passes[0].clear);
    }
    PL_CHECK_INT(plan.passes[0].phase[PL_PHASE_UPDATE].count, 2);
    pl_plan_finish(&plan);
    pl_graph_finish(&graph);
}

/* ---- random graphs ---- */

struct bench {
    struct pl_graph graph;
    struct pl_rng rng;
    int rows, weight, x, y, loss;
    PL_VEC(int) tile, vector, matrix; /* what may be read so far */
    PL_VEC(int) stats;                /* stats.items[k]: of tile.items[k], or PL_NONE */
};

static int below(struct bench *b, size_t bound) {
    return (int)pl_rng_below(&b->rng, bound);
}

static int some_tile(struct bench *b) {
    int late = below(b, b->tile.count), early = below(b, b->tile.count);
    return b->tile.items[late > early ? late : early]; /* rather a late one */
}

static void add_tile(struct bench *b, int node) {
    PL_VEC_PUSH(&b->tile, node);
    PL_VEC_PUSH(&b->stats, PL_NONE);
}

static int some_vector(struct bench *b) {
    return b->vector.items[below(b, b->vector.count)];
}

static int random_sum(struct bench *b) {
    int in[40], count = below(b, 6) == 0 ? 40 : 2 + below(b, 3);
    for (int k = 0; k < count; k++) in[k] = some_tile(b);
    return pl_scale(&b->graph, 1.0 / count, pl_sum(&b->graph, in, count));
}

static int random_parts(struct bench *b) {
    int x = some_tile(b), cut = 1 + below(b, (size_t)b->rows - 1);
    int top = pl_view(&b->graph, x, 0, cut), low = pl_view(&b->graph, x, cut, b->rows - cut);
    struct pl_attr first = {.place = {0, b->rows}};
    struct pl_attr rest = {.place = {cut, b->rows}};
    int y = pl_op(&b->graph, PL_OP_PLACE, rest, &low, 1);
    return pl_axpby(&b->graph, 0.5, pl_op(&b->graph, PL_OP_PLACE, first, &top, 1), 2, y);
}

static int random_norm(struct bench *b) {
    int x = some_tile(b), stats = pl_norm_stats(&b->graph, x, PL_NORM_LAYER, 0.1, 1);
    return pl_norm_apply(&b->graph, x, stats, below(b, 2) ? some_vector(b) : PL_NONE,
                         PL_NORM_LAYER);
}

static int stats_of(struct bench *b, size_t k) {
    if (b->stats.items[k] == PL_NONE)
        b->stats.items[k] = pl_norm_stats(&b->graph, b->tile.items[k], PL_NORM_RMS, 0.1, 1);
    return b->stats.items[k];
}

static int random_attention(struct bench *b) {
    int v[6], r[6], count = 1 + below(b, 6);
    struct pl_depth depth = {below(b, 2) ? PL_SCORE_SOFTMAX : PL_SCORE_SIGMOID,
                             below(b, 2) ? b->rows : 1, 1.5};
    for (int k = 0; k < count; k++) {
        size_t at = (size_t)below(b, b->tile.count);
        v[k] = b->tile.items[at];
        r[k] = stats_of(b, at);
    }
    int alpha =
        pl_depth_weights(&b->graph, &depth, some_vector(b), v, below(b, 2) ? r : NULL, count);
    return pl_depth_mix(&b->graph, alpha, v, count, depth.heads);
}

static int random_static_mixture(struct bench *b) {
    int v[6], count = b->rows < 6 ? b->rows : 6;
    for (int k = 0; k < count; k++) v[k] = some_tile(b);
    int alpha = pl_view(&b->graph, pl_softmax(&b->graph, some_vector(b), 1), 0, count);
    return pl_depth_mix(&b->graph, alpha, v, count, 1);
}

static int random_node(struct bench *b) {
    struct pl_graph *graph = &b->graph;
    switch (below(b, 10)) {
    case 0:
        return random_sum(b);
    case 1:
        return random_parts(b);
    case 2:
        return random_norm(b);
    case 3:
        return random_attention(b);
    case 4:
        return random_static_mixture(b);
    case 5:
        return pl_mul(graph, some_tile(b), pl_scale(graph, 0.3, some_tile(b)));
    case 6:
        return pl_bias(graph, some_tile(b), some_vector(b));
    case 7:
        return pl_activate(graph, some_tile(b), some_vector(b), (enum pl_act)below(b, 4));
    case 8:
        return pl_matmul(graph, b->matrix.items[below(b, b->matrix.count)], some_tile(b));
    default:
        return pl_matmul_transposed(graph, b->matrix.items[below(b, b->matrix.count)],
                                    some_tile(b));
    }
}

static void add_params(struct bench *b) {
    for (int k = 0; k < 4; k++) {
        char name[16];
        snprintf(name, sizeof name, "w.%d", k);
        PL_VEC_PUSH(&b->matrix,
                    pl_param(&b->graph, name, b->rows, b->rows, PL_GROUP_WEIGHT, PL_FILL_VALUE, 0));
        snprintf(name, sizeof name, "b.%d", k);
        PL_VEC_PUSH(&b->vector,
                    pl_param(&b->graph, name, b->rows, 1, PL_GROUP_PLAIN, PL_FILL_VALUE, 0));
    }
    int w = pl_mul(&b->graph, b->matrix.items[0], b->matrix.items[1]);
    PL_VEC_PUSH(&b->matrix, w);
    int v = pl_axpby(&b->graph, 0.5, b->vector.items[0], 2, b->vector.items[1]);
    PL_VEC_PUSH(&b->vector, v);
}

static void bench_init(struct bench *b, uint64_t seed) {
    memset(b, 0, sizeof *b);
    pl_graph_init(&b->graph);
    pl_rng_init(&b->rng, seed, "test_plan");
    b->rows = 2 + below(b, 6);
    b->x = pl_feed_tile(&b->graph, "x", b->rows, PL_NUMBER);
    b->y = pl_feed_tile(&b->graph, "y", b->rows, PL_NUMBER);
    b->weight = pl_feed_tile(&b->graph, "weight", 1, PL_NUMBER);
    add_tile(b, b->x);
    add_params(b);
    for (int k = 3 + below(b, 25); k > 0; k--) add_tile(b, random_node(b));
    int last = b->tile.items[b->tile.count - 1];
    int sum = pl_mse(&b->graph, pl_add(&b->graph, last, some_tile(b)), b->y, b->weight);
    b->loss = pl_scale(&b->graph, 1.0 / 40, sum);
    pl_graph_grad(&b->graph, b->loss, &b->x, 1);
    pl_graph_check(&b->graph);
}

static void bench_finish(struct bench *b) {
    PL_VEC_FINISH(&b->tile);
    PL_VEC_FINISH(&b->stats);
    PL_VEC_FINISH(&b->vector);
    PL_VEC_FINISH(&b->matrix);
    pl_graph_finish(&b->graph);
}

enum { SHARED, KEPT };

/* Two passes for the same values: in one they share memory by liveness, in the other every node is a
 * target, so that no memory is ever used twice. */
static void plan_both(struct bench *b, struct pl_plan *plan) {
    PL_VEC(int) shared = {0}, kept = {0};
    PL_VEC_PUSH(&shared, b->loss);
    for (size_t n = 0; n < b->graph.grads.count; n++) {
        bool wanted = (int)n == b->x || pl_graph_node(&b->graph, (int)n)->kind == PL_KIND_PARAM;
        if (wanted && b->graph.grads.items[n] != PL_NONE)
            PL_VEC_PUSH(&shared, b->graph.grads.items[n]);
    }
    for (int n = 0; n < (int)b->graph.nodes.count; n++) PL_VEC_PUSH(&kept, n);
    const struct pl_pass_spec specs[] = {{"shared", shared.items, (int)shared.count},
                                         {"kept", kept.items, (int)kept.count}};
    pl_plan_make(plan, &b->graph, TILE, specs, 2);
    pl_plan_check(plan);
    PL_VEC_FINISH(&shared);
    PL_VEC_FINISH(&kept);
}

static void write_params(struct bench *b, struct pl_program *program) {
    for (int n = 0; n < (int)b->graph.nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(&b->graph, n);
        double values[64];
        if (node->kind != PL_KIND_PARAM) continue;
        for (int k = 0; k < node->rows * node->cols; k++)
            values[k] = pl_rng_normal(&b->rng) / b->rows;
        pl_program_write(program, n, values);
    }
}

/* Two steps of three tiles; what is left of the first must not show in the second. */
static void run(struct bench *b, struct pl_program *program, int pass, const float *data,
                const float *ones) {
    for (int step = 0; step < 2; step++) {
        pl_program_begin(program, pass);
        for (int first = 0; first < 40; first += TILE) {
            struct pl_gather tile = {.first = (size_t)first,
                                     .count = 40 - first < TILE ? 40 - first : TILE};
            pl_program_gather(program, pass, b->x, data, tile);
            pl_program_gather(program, pass, b->y, data + 40 * b->rows, tile);
            pl_program_gather(program, pass, b->weight, ones, tile);
            pl_program_tile(program, pass);
        }
        pl_program_end(program, pass);
    }
}

static void read_all(const struct bench *b, struct pl_program *program, int pass, double *values) {
    int dx = b->graph.grads.items[b->x];
    pl_program_read(program, b->loss, values++);
    if (dx != PL_NONE) pl_program_read_tile(program, pass, dx, values);
    values += 8 * TILE;
    for (size_t n = 0; n < b->graph.grads.count; n++) {
        if (pl_graph_node(&b->graph, (int)n)->kind != PL_KIND_PARAM) continue;
        if (b->graph.grads.items[n] != PL_NONE)
            pl_program_read(program, b->graph.grads.items[n], values);
        values += 64;
    }
}

static void compare_passes(struct bench *b, const struct pl_plan *plan,
                           const struct pl_backend *backend) {
    enum { VALUES = 1 + 8 * TILE + 8 * 64 };
    double shared[VALUES] = {0}, kept[VALUES] = {0};
    float data[2 * 40 * 8], ones[40];
    struct pl_program *program;
    for (int k = 0; k < 2 * 40 * 8; k++) data[k] = (float)pl_rng_normal(&b->rng);
    for (int k = 0; k < 40; k++) ones[k] = 1;
    PL_REQUIRE_OK(pl_program_create(&program, backend, plan));
    write_params(b, program);
    run(b, program, SHARED, data, ones);
    read_all(b, program, SHARED, shared);
    run(b, program, KEPT, data, ones);
    read_all(b, program, KEPT, kept);
    PL_CHECK(isfinite(shared[0]) && shared[0] > 0);
    PL_CHECK(memcmp(shared, kept, sizeof shared) == 0);
    pl_program_destroy(program);
}

static void test_plan__shared_memory_changes_no_bit(void) {
    size_t smaller = 0;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        struct bench b;
        struct pl_plan plan;
        bench_init(&b, seed);
        plan_both(&b, &plan);
        for (int k = 0; pl_backend_here(k); k++) compare_passes(&b, &plan, pl_backend_here(k));
        smaller += plan.passes[SHARED].scratch < plan.passes[KEPT].scratch;
        pl_plan_finish(&plan);
        bench_finish(&b);
    }
    PL_CHECK_INT(smaller, 150);
}

const struct pl_test pl_suite_plan[] = {
    {"a_chain_runs_in_place", test_plan__a_chain_runs_in_place},
    {"any_input_may_be_overwritten", test_plan__any_input_may_be_overwritten},
    {"reuses_space_after_last_use", test_plan__reuses_space_after_last_use},
    {"schedules_by_phase", test_plan__schedules_by_phase},
    {"a_view_lies_in_its_base", test_plan__a_view_lies_in_its_base},
    {"gradients_are_flat", test_plan__gradients_are_flat},
    {"shared_memory_changes_no_bit", test_plan__shared_memory_changes_no_bit},
    {0},
};
