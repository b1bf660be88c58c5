#include "core/graph/grad.h"

#include "core/backend/backend.h"
#include "core/graph/op.h"
#include "tests/support/support.h"

/* y, target and weight are one-token feeds; every number below is worked out by hand. */
struct bench {
    struct pl_graph graph;
    int x, target, weight;
    struct pl_plan plan;
    struct pl_program *program;
};

static void bench_init(struct bench *b, int rows) {
    memset(b, 0, sizeof *b);
    pl_graph_init(&b->graph);
    b->x = pl_feed_tile(&b->graph, "x", rows, PL_NUMBER);
    b->target = pl_feed_tile(&b->graph, "target", rows, PL_NUMBER);
    b->weight = pl_feed_tile(&b->graph, "weight", 1, PL_NUMBER);
}

static void bench_finish(struct bench *b) {
    pl_program_destroy(b->program);
    pl_plan_finish(&b->plan);
    pl_graph_finish(&b->graph);
}

static int param(struct bench *b, const char *name, int rows, int cols) {
    return pl_param(&b->graph, name, rows, cols, PL_GROUP_WEIGHT, PL_FILL_VALUE, 0);
}

/* Plans the gradients of all parameters (and [wrt]) and makes a program on ref. */
static void plan_grads(struct bench *b, int loss, int wrt) {
    const struct pl_backend *ref;
    PL_VEC(int) targets = {0};
    pl_graph_grad(&b->graph, loss, &wrt, wrt == PL_NONE ? 0 : 1);
    pl_graph_check(&b->graph);
    PL_VEC_PUSH(&targets, loss);
    for (size_t n = 0; n < b->graph.grads.count; n++)
        if (b->graph.grads.items[n] != PL_NONE &&
            ((int)n == wrt || pl_graph_node(&b->graph, (int)n)->kind == PL_KIND_PARAM))
            PL_VEC_PUSH(&targets, b->graph.grads.items[n]);
    const struct pl_pass_spec specs[] = {{"train", targets.items, (int)targets.count},
                                         {"value", &loss, 1}};
    pl_plan_make(&b->plan, &b->graph, 16, specs, 2);
    pl_plan_check(&b->plan);
    PL_VEC_FINISH(&targets);
    PL_REQUIRE_OK(pl_backend_find(&ref, "ref"));
    PL_REQUIRE_OK(pl_program_create(&b->program, ref, &b->plan));
}

/* A step of one token of weight 1. */
static void step(struct bench *b, const float *x, const float *target) {
    const float one = 1;
    struct pl_gather first = {.count = 1};
    pl_program_begin(b->program, 0);
    pl_program_gather(b->program, 0, b->x, x, first);
    pl_program_gather(b->program, 0, b->target, target, first);
    pl_program_gather(b->program, 0, b->weight, &one, first);
    pl_program_tile(b->program, 0);
    pl_program_end(b->program, 0);
}

static double grad_of(const struct bench *b, int param) {
    double values[16];
    pl_program_read(b->program, b->graph.grads.items[param], values);
    return values[0];
}

/* ---- values ---- */

/* loss = (w x + b - t)^2, w = 2, x = 3, b = 1/2, t = 1: 5.5^2; dw = 2 * 5.5 * 3, db = 2 * 5.5 */
static void test_grad__of_a_line(void) {
    struct bench b;
    double loss;
    bench_init(&b, 1);
    int w = param(&b, "w", 1, 1), bias = param(&b, "b", 1, 1);
    int y = pl_bias(&b.graph, pl_matmul(&b.graph, w, b.x), bias);
    int mse = pl_mse(&b.graph, y, b.target, b.weight);
    plan_grads(&b, mse, b.x);
    pl_program_write(b.program, w, &(double){2});
    pl_program_write(b.program, bias, &(double){0.5});
    step(&b, &(float){3}, &(float){1});
    pl_program_read(b.program, mse, &loss);
    PL_CHECK_NEAR(loss, 30.25, 1e-15);
    PL_CHECK_NEAR(grad_of(&b, w), 33, 1e-15);
    PL_CHECK_NEAR(grad_of(&b, bias), 11, 1e-15);
    double dx[16];
    pl_program_read_tile(b.program, 0, b.graph.grads.items[b.x], dx);
    PL_CHECK_NEAR(dx[0], 22, 1e-15);
    PL_CHECK_NEAR(dx[1], 0, 0); /* a padded token */
    bench_finish(&b);
}

/* p read at three places: loss = (p x + p^2 x)^2 at p = 3, x = 2: y = 24, dy/dp = x + 2 p x = 14,
 * dp = 2 * 24 * 14 */
static void test_grad__adds_up_where_paths_meet(void) {
    struct bench b;
    bench_init(&b, 1);
    int p = param(&b, "p", 1, 1), square = pl_mul(&b.graph, p, p);
    int y = pl_add(&b.graph, pl_matmul(&b.graph, p, b.x), pl_matmul(&b.graph, square, b.x));
    plan_grads(&b, pl_mse(&b.graph, y, b.target, b.weight), PL_NONE);
    pl_program_write(b.program, p, &(double){3});
    step(&b, &(float){2}, &(float){0});
    PL_CHECK_NEAR(grad_of(&b, p), 672, 1e-15);
    bench_finish(&b);
}

/* Static mixing of two sources x and 2 x with weights softmax(a), a = (0, ln 3): 1/4 and 3/4; x = 4:
 * h = 7, t = 5, g = 4; dalpha = g v = (16, 32), da = alpha (dalpha - 28) = (-3, 3) */
static void test_grad__of_a_static_mixture(void) {
    struct bench b;
    double da[2];
    bench_init(&b, 1);
    int a = param(&b, "a", 2, 1), alpha = pl_softmax(&b.graph, a, 1);
    const int v[] = {b.x, pl_scale(&b.graph, 2, b.x)};
    int h = pl_depth_mix(&b.graph, alpha, v, 2, 1);
    plan_grads(&b, pl_mse(&b.graph, h, b.target, b.weight), PL_NONE);
    pl_program_write(b.program, a, (const double[]){0, 1.0986122886681098});
    step(&b, &(float){4}, &(float){5});
    pl_program_read(b.program, b.graph.grads.items[a], da);
    PL_CHECK_NEAR(da[0], -3, 1e-14);
    PL_CHECK_NEAR(da[1], 3, 1e-14);
    bench_finish(&b);
}

/* Attention with raw keys over v = (x, 3 x), p = ln 3 / 2, x = 1: scores ln 3 / 2 and 3 ln 3 / 2,
 * weights 1/4 and 3/4, h = 5/2, t = 2, g = 1; dalpha = (1, 3), mean 5/2,
 * delta = (1/4 * -3/2, 3/4 * 1/2) = (-3/8, 3/8); dp = sum delta v = 3/4
 * dx = g (1/4 + 3 * 3/4) + p (delta_1 + 3 delta_2) = 5/2 + p * 3/4 */
static void test_grad__of_depth_attention(void) {
    struct bench b;
    double p_value = 0.54930614433405485, dx[16];
    bench_init(&b, 1);
    int p = param(&b, "p", 1, 1);
    const int v[] = {b.x, pl_scale(&b.graph, 3, b.x)};
    struct pl_depth depth = {PL_SCORE_SOFTMAX, 1, 1};
    int alpha = pl_depth_weights(&b.graph, &depth, p, v, NULL, 2);
    int h = pl_depth_mix(&b.graph, alpha, v, 2, 1);
    plan_grads(&b, pl_mse(&b.graph, h, b.target, b.weight), b.x);
    pl_program_write(b.program, p, &p_value);
    step(&b, &(float){1}, &(float){2});
    PL_CHECK_NEAR(grad_of(&b, p), 0.75, 1e-14);
    pl_program_read_tile(b.program, 0, b.graph.grads.items[b.x], dx);
    PL_CHECK_NEAR(dx[0], 2.5 + 0.75 * p_value, 1e-14);
    bench_finish(&b);
}

/* ---- form ---- */

static int count_ops(const struct pl_graph *graph, const struct pl_pass *pass, enum pl_op op) {
    int count = 0;
    for (int phase = 0; phase < PL_PHASES; phase++)
        for (int k = 0; k < pass->phase[phase].count; k++)
            count += pl_graph_node(graph, pass->phase[phase].nodes[k])->op == op;
    return count;
}

enum { SITES = 4 };

/* A chain of sites, each attending over all earlier outputs; x is the first source. */
static int attend_in_a_row(struct bench *b, int *v) {
    int r[SITES + 1], h = PL_NONE;
    struct pl_depth depth = {PL_SCORE_SOFTMAX, 1, 1};
    v[0] = b->x;
    r[0] = pl_norm_stats(&b->graph, b->x, PL_NORM_RMS, 1e-6, 1);
    for (int site = 0; site < SITES; site++) {
        char name[16];
        snprintf(name, sizeof name, "query.%d", site);
        int alpha = pl_depth_weights(&b->graph, &depth, param(b, name, 3, 1), v, r, site + 1);
        h = pl_depth_mix(&b->graph, alpha, v, site + 1, 1);
        snprintf(name, sizeof name, "bias.%d", site);
        v[site + 1] = pl_activate(&b->graph, h, param(b, name, 3, 1), PL_ACT_SILU);
        r[site + 1] = pl_norm_stats(&b->graph, v[site + 1], PL_NORM_RMS, 1e-6, 1);
    }
    return h;
}

/* The node of [op] that the gradient of [source] is or is summed from. */
static int gathered(const struct pl_graph *graph, int source, enum pl_op op) {
    int grad = graph->grads.items[source];
    const struct pl_node *sum = pl_graph_node(graph, grad);
    if (sum->op == op) return grad;
    for (int k = 0; k < sum->in_count; k++)
        if (pl_graph_node(graph, sum->in[k])->op == op) return sum->in[k];
    return PL_NONE;
}

static void test_grad__one_gather_a_source_and_kind(void) {
    struct bench b;
    int v[SITES + 1];
    bench_init(&b, 3);
    int h = attend_in_a_row(&b, v);
    plan_grads(&b, pl_mse(&b.graph, h, b.target, b.weight), b.x);
    const struct pl_pass *train = &b.plan.passes[0];
    PL_CHECK_INT(count_ops(&b.graph, train, PL_OP_DEPTH_VALUE_GRAD), SITES);
    PL_CHECK_INT(count_ops(&b.graph, train, PL_OP_DEPTH_KEY_GRAD), SITES);
    PL_CHECK_INT(count_ops(&b.graph, train, PL_OP_DEPTH_SCORE_GRAD), SITES);
    PL_CHECK_INT(count_ops(&b.graph, train, PL_OP_DEPTH_QUERY_GRAD), SITES);
    for (int i = 0; i < SITES; i++) { /* source i is read by sites i .. SITES-1 */
        int value = gathered(&b.graph, v[i], PL_OP_DEPTH_VALUE_GRAD);
        int key = gathered(&b.graph, v[i], PL_OP_DEPTH_KEY_GRAD);
        PL_REQUIRE(value != PL_NONE && key != PL_NONE);
        PL_CHECK_INT(pl_graph_node(&b.graph, value)->in_count, 2 * (SITES - i));
        PL_CHECK_INT(pl_graph_node(&b.graph, key)->in_count, 2 + 2 * (SITES - i));
    }
    bench_finish(&b);
}

static void test_grad__evaluation_computes_no_gradient(void) {
    static const enum pl_op backward[] = {
        PL_OP_ACT_SLOPE,        PL_OP_OUTER,
        PL_OP_ROW_SUM,          PL_OP_DEPTH_MIX_GRAD,
        PL_OP_DEPTH_KEY_GRAD,   PL_OP_DEPTH_VALUE_GRAD,
        PL_OP_DEPTH_SCORE_GRAD, PL_OP_DEPTH_QUERY_GRAD,
        PL_OP_MSE_GRAD,
    };
    struct bench b;
    int v[SITES + 1];
    bench_init(&b, 3);
    int h = attend_in_a_row(&b, v);
    plan_grads(&b, pl_mse(&b.graph, h, b.target, b.weight), PL_NONE);
    for (size_t k = 0; k < sizeof backward / sizeof backward[0]; k++)
        PL_CHECK_INT(count_ops(&b.graph, &b.plan.passes[1], backward[k]), 0);
    PL_CHECK_INT(count_ops(&b.graph, &b.plan.passes[1], PL_OP_DEPTH_MIX), SITES);
    PL_CHECK_INT(b.plan.passes[1].phase[PL_PHASE_AFTER].count, 0);
    PL_CHECK(b.plan.passes[1].scratch < b.plan.passes[0].scratch);
    bench_finish(&b);
}

/* Nothing is built for a feed that nobody asked about, nor for frozen or unread parameters. */
static void test_grad__builds_only_what_is_wanted(void) {
    struct bench b;
    bench_init(&b, 3);
    int w = param(&b, "w", 3, 3), unread = param(&b, "unread", 3, 3);
    int frozen = pl_param(&b.graph, "frozen", 3, 3, PL_GROUP_CONSTANT, PL_FILL_VALUE, 1);
    int y = pl_matmul(&b.graph, w, pl_matmul(&b.graph, frozen, b.x));
    plan_grads(&b, pl_mse(&b.graph, y, b.target, b.weight), PL_NONE);
    PL_CHECK_INT(b.graph.grads.items[unread], PL_NONE);
    PL_CHECK_INT(b.graph.grads.items[frozen], PL_NONE);
    PL_CHECK_INT(b.graph.grads.items[b.x], PL_NONE);
    PL_CHECK_INT(pl_graph_node(&b.graph, b.graph.grads.items[w])->op, PL_OP_OUTER);
    PL_CHECK_INT(count_ops(&b.graph, &b.plan.passes[0], PL_OP_OUTER), 1);
    PL_CHECK_INT(count_ops(&b.graph, &b.plan.passes[0], PL_OP_MATMUL), 2); /* none backward */
    bench_finish(&b);
}

/* p + q as a bias: both have the same gradient, each in its own place of the flat group. */
static void test_grad__every_parameter_has_a_gradient_of_its_own(void) {
    struct bench b;
    bench_init(&b, 1);
    int p = param(&b, "p", 1, 1), q = param(&b, "q", 1, 1);
    int y = pl_bias(&b.graph, b.x, pl_add(&b.graph, p, q));
    plan_grads(&b, pl_mse(&b.graph, y, b.target, b.weight), PL_NONE);
    PL_CHECK(b.graph.grads.items[p] != b.graph.grads.items[q]);
    step(&b, &(float){3}, &(float){1});
    PL_CHECK_NEAR(grad_of(&b, p), 4, 1e-15);
    PL_CHECK_NEAR(grad_of(&b, q), 4, 1e-15);
    bench_finish(&b);
}

const struct pl_test pl_suite_grad[] = {
    {"of_a_line", test_grad__of_a_line},
    {"adds_up_where_paths_meet", test_grad__adds_up_where_paths_meet},
    {"of_a_static_mixture", test_grad__of_a_static_mixture},
    {"of_depth_attention", test_grad__of_depth_attention},
    {"one_gather_a_source_and_kind", test_grad__one_gather_a_source_and_kind},
    {"evaluation_computes_no_gradient", test_grad__evaluation_computes_no_gradient},
    {"builds_only_what_is_wanted", test_grad__builds_only_what_is_wanted},
    {"every_parameter_has_a_gradient_of_its_own",
     test_grad__every_parameter_has_a_gradient_of_its_own},
    {0},
};
