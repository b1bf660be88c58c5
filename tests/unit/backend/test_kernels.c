/* Every instruction-set level of the cpu backend at the ends of the range, and the promises about
 * tokens: a token's numbers depend on its own column, and a masked token shows nowhere. */
#include "core/backend/backend.h"
#include "core/base/math.h"
#include "core/base/rng.h"
#include "core/graph/grad.h"
#include "core/graph/op.h"
#include "tests/support/levels.h"
#include "tests/support/support.h"
#include "tests/unit/backend/bench.h"

enum { TILE = 64 };

/* Runs [test] on ref, then on cpu at every level that this processor has. */
static void on_every_level(void (*test)(const struct pl_backend *backend)) {
    const struct pl_backend *backend;
    PL_REQUIRE_OK(pl_backend_find(&backend, "ref"));
    test(backend);
    int found = 0;
    for (int k = 0; (k = pl_test_level(k)); found++) {
        PL_REQUIRE_OK(pl_backend_find(&backend, "cpu"));
        test(backend);
    }
    PL_CHECK(found > 0);
}

/* ---- one operator over one feed ---- */

/* [x] is token by token. */
static void bench_run(struct bench *b, const float *x, int tokens) {
    pl_program_begin(b->program, 0);
    pl_program_gather(b->program, 0, b->x, x, (struct pl_gather){.count = tokens});
    pl_program_tile(b->program, 0);
    pl_program_end(b->program, 0);
}

/* ---- activations ---- */

/* y = f(x) and s = f'(x) of TILE numbers, fused or each alone. */
static void activate(const struct pl_backend *backend, enum pl_act act, const float *x, double *y,
                     double *s, bool fused) {
    struct bench b;
    bench_init(&b, 1);
    int bias = pl_param(&b.graph, "b", 1, 1, PL_GROUP_PLAIN, PL_FILL_VALUE, 0);
    int node = pl_activate(&b.graph, b.x, bias, act);
    const int targets[] = {node, pl_graph_node(&b.graph, node)->companion};
    for (int k = fused ? 1 : 0; k < 2; k++) { /* alone: first the value, then the slope */
        bench_plan(&b, backend, fused ? targets : targets + k, fused ? 2 : 1, TILE);
        bench_run(&b, x, TILE);
        if (fused || k == 0) pl_program_read_tile(b.program, 0, targets[0], y);
        if (fused || k == 1) pl_program_read_tile(b.program, 0, targets[1], s);
        pl_program_destroy(b.program);
        pl_plan_finish(&b.plan);
        b.program = NULL;
        memset(&b.plan, 0, sizeof b.plan);
    }
    bench_finish(&b);
}

static void check_extremes(const struct pl_backend *backend, enum pl_act act) {
    static const float ends[] = {1e4F, -1e4F, 1e30F, -1e30F, 200, -200, 90, -90, 0};
    static const double low[] = {[PL_ACT_RELU] = 0, 0, 0, -1}, slope[] = {1, 1, 1, 0};
    float x[TILE] = {0};
    double y[TILE], s[TILE];
    memcpy(x, ends, sizeof ends);
    for (int fused = 0; fused < 2; fused++) {
        activate(backend, act, x, y, s, fused);
        for (int k = 0; k < 8; k += 2) {
            PL_CHECK(y[k] == (act == PL_ACT_TANH ? 1 : (double)x[k]));
            PL_CHECK(fabs(y[k + 1] - low[act]) <= 1e-35); /* silu(-90) is about -1e-37 */
            PL_CHECK(s[k] == slope[act]);
            PL_CHECK(fabs(s[k + 1]) <= 1e-35);
        }
        PL_CHECK(y[8] == 0);
    }
}

static void check_specials(const struct pl_backend *backend, enum pl_act act) {
    float x[TILE] = {NAN, INFINITY};
    double y[TILE], s[TILE];
    for (int fused = 0; fused < 2; fused++) {
        activate(backend, act, x, y, s, fused);
        PL_CHECK(isnan(y[0]) && isnan(s[0]));
        PL_CHECK(act == PL_ACT_TANH ? y[1] == 1 : isinf(y[1]));
        PL_CHECK(isfinite(y[2]) && isfinite(s[2])); /* neighbours are untouched */
    }
}

/* Against the functions of core/base/math.h over the range where they bend. */
static void check_accuracy(const struct pl_backend *backend, enum pl_act act) {
    struct pl_rng rng;
    pl_rng_init(&rng, 1, "activation");
    for (int round = 0; round < 200; round++) {
        float x[TILE];
        double y[TILE], s[TILE];
        for (int t = 0; t < TILE; t++) x[t] = (float)(20 * pl_rng_uniform(&rng) - 10);
        activate(backend, act, x, y, s, round % 2);
        for (int t = 0; t < TILE; t++) {
            double z = x[t], phi = 0.5 * (1 + pl_erf(z * 0.70710678118654752440));
            double g = 1 / (1 + pl_exp(-z)), h = pl_tanh(z);
            double density = 0.39894228040143267794 * pl_exp(-0.5 * z * z);
            const double value[] = {z > 0 ? z : 0, z * phi, z * g, h};
            const double slope[] = {z > 0, phi + z * density, g * (1 + z * (1 - g)), 1 - h * h};
            PL_REQUIRE(fabs(y[t] - value[act]) <= 4e-7 * (fabs(value[act]) + 0.1));
            PL_REQUIRE(fabs(s[t] - slope[act]) <= 6e-7);
        }
    }
}

static void activations(const struct pl_backend *backend) {
    for (int act = PL_ACT_RELU; act <= PL_ACT_TANH; act++) {
        check_extremes(backend, (enum pl_act)act);
        check_specials(backend, (enum pl_act)act);
        check_accuracy(backend, (enum pl_act)act);
    }
}

static void test_kernels__activations_hold_at_the_ends(void) {
    on_every_level(activations);
}

/* ---- depth ---- */

/* Weights over three sources of one channel whose values are the scores (p = 1, raw keys). */
static void weigh(const struct pl_backend *backend, enum pl_score score, const float *s,
                  double *alpha) {
    struct bench b;
    bench_init(&b, 3);
    struct pl_depth depth = {score, 1, 1};
    int p = pl_param(&b.graph, "p", 1, 1, PL_GROUP_CONNECTION, PL_FILL_VALUE, 1), v[3];
    for (int i = 0; i < 3; i++) v[i] = pl_view(&b.graph, b.x, i, 1);
    int weights = pl_depth_weights(&b.graph, &depth, p, v, NULL, 3);
    bench_plan(&b, backend, &weights, 1, TILE);
    pl_program_write(b.program, p, &(double){1});
    bench_run(&b, s, 4);
    pl_program_read_tile(b.program, 0, weights, alpha);
    bench_finish(&b);
}

static void weights(const struct pl_backend *backend) {
    const float scores[4][3] = {
        {1e4F, 0, -1e4F}, {-1e30F, -1e30F, -1e30F}, {5, NAN, 1}, {88, 0, 88}};
    double alpha[3 * TILE];
    weigh(backend, PL_SCORE_SOFTMAX, scores[0], alpha);
    PL_CHECK(alpha[0] == 1 && alpha[TILE] == 0 && alpha[2 * TILE] == 0);
    for (int i = 0; i < 3; i++) PL_CHECK_NEAR(alpha[i * TILE + 1], 1.0 / 3, 1e-7);
    for (int i = 0; i < 3; i++) PL_CHECK(isnan(alpha[i * TILE + 2])); /* of that token only */
    PL_CHECK(alpha[3] == 0.5 && alpha[TILE + 3] < 1e-37 && alpha[2 * TILE + 3] == 0.5);
    PL_CHECK_NEAR(alpha[TILE + 4], 1.0 / 3, 1e-7); /* a padded token */
    weigh(backend, PL_SCORE_SIGMOID, scores[0], alpha);
    PL_CHECK(alpha[0] == 1 && alpha[TILE] == 0.5 && alpha[2 * TILE] == 0);
    PL_CHECK(isnan(alpha[TILE + 2]) && isfinite(alpha[2]));
}

static void test_kernels__weights_hold_at_the_ends(void) {
    on_every_level(weights);
}

/* ---- norm ---- */

/* With eps 0 the norm of a zero token is 0, in both kinds. */
static void zero_token(const struct pl_backend *backend) {
    for (int kind = PL_NORM_RMS; kind <= PL_NORM_LAYER; kind++) {
        struct bench b;
        float x[TILE * 5] = {0};
        double y[TILE * 5], stats[TILE * 2];
        bench_init(&b, 5);
        int node = pl_norm_stats(&b.graph, b.x, (enum pl_norm)kind, 0, 1);
        const int targets[] = {node,
                               pl_norm_apply(&b.graph, b.x, node, PL_NONE, (enum pl_norm)kind)};
        bench_plan(&b, backend, targets, 2, TILE);
        x[5] = 3; /* token 1 is (3, 0, 0, 0, 0) */
        x[10] = NAN;
        bench_run(&b, x, TILE);
        pl_program_read_tile(b.program, 0, targets[0], stats);
        pl_program_read_tile(b.program, 0, targets[1], y);
        PL_CHECK(y[0] == 0 && y[TILE] == 0);
        PL_CHECK(stats[kind == PL_NORM_LAYER ? TILE : 0] == 0);
        PL_CHECK_NEAR(y[1], kind == PL_NORM_RMS ? sqrt(5) : 2, 1e-6);
        PL_CHECK(isnan(y[2]) && isnan(y[TILE + 2]));
        PL_CHECK(y[3] == 0);
        bench_finish(&b);
    }
}

static void test_kernels__the_norm_of_nothing_is_nothing(void) {
    on_every_level(zero_token);
}

/* ---- tokens ---- */

/* NaN in a token of weight 0 reaches neither the loss nor a gradient. */
static void masked_token(const struct pl_backend *backend) {
    for (int classes = 0; classes < 2; classes++) {
        struct bench b;
        float x[TILE * 3], y[TILE * 3] = {0}, weight[TILE];
        int32_t labels[TILE] = {0};
        double loss, dx[TILE * 3];
        bench_init(&b, 3);
        int target = pl_feed_tile(&b.graph, "y", classes ? 1 : 3, classes ? PL_INDEX : PL_NUMBER);
        int weigh_by = pl_feed_tile(&b.graph, "weight", 1, PL_NUMBER);
        int node = classes ? pl_xent(&b.graph, b.x, target, weigh_by)
                           : pl_mse(&b.graph, b.x, target, weigh_by);
        pl_graph_grad(&b.graph, node, &b.x, 1);
        const int targets[] = {node, b.graph.grads.items[b.x]};
        bench_plan(&b, backend, targets, 2, TILE);
        for (int k = 0; k < TILE * 3; k++) x[k] = k / 3 % 2 ? NAN : 1;
        for (int t = 0; t < TILE; t++) weight[t] = t % 2 ? 0 : 1;
        pl_program_begin(b.program, 0);
        pl_program_fill(b.program, 0, weigh_by, weight, TILE);
        if (classes)
            pl_program_gather_index(b.program, 0, target, labels,
                                    (struct pl_gather){.count = TILE});
        else
            pl_program_gather(b.program, 0, target, y, (struct pl_gather){.count = TILE});
        pl_program_gather(b.program, 0, b.x, x, (struct pl_gather){.count = TILE});
        pl_program_tile(b.program, 0);
        pl_program_end(b.program, 0);
        pl_program_read(b.program, node, &loss);
        pl_program_read_tile(b.program, 0, targets[1], dx);
        PL_CHECK_NEAR(loss, TILE / 2 * (classes ? pl_log(3) : 1), 1e-6);
        for (int t = 0; t < TILE; t++) {
            double expected = t % 2 ? 0 : classes ? 1.0 / 3 - 1 : 2.0 / 3;
            PL_CHECK(fabs(dx[t] - expected) <= 1e-6);
        }
        bench_finish(&b);
    }
}

static void test_kernels__a_masked_token_shows_nowhere(void) {
    on_every_level(masked_token);
}

/* A chain of everything that works token by token; the products too, at full width. */
static int build_column(struct bench *b) {
    struct pl_depth depth = {PL_SCORE_SOFTMAX, 1, 1};
    int w = pl_param(&b->graph, "w", 7, 7, PL_GROUP_WEIGHT, PL_FILL_VALUE, 0);
    int p = pl_param(&b->graph, "p", 7, 1, PL_GROUP_CONNECTION, PL_FILL_VALUE, 0);
    int stats = pl_norm_stats(&b->graph, b->x, PL_NORM_LAYER, 1e-6, 1);
    int n = pl_norm_apply(&b->graph, b->x, stats, p, PL_NORM_LAYER);
    int v[] = {b->x, pl_activate(&b->graph, pl_matmul(&b->graph, w, n), p, PL_ACT_GELU), n};
    int r[3];
    for (int i = 0; i < 3; i++) r[i] = pl_norm_stats(&b->graph, v[i], PL_NORM_RMS, 1e-6, 1);
    int alpha = pl_depth_weights(&b->graph, &depth, p, v, r, 3);
    int h = pl_depth_mix(&b->graph, alpha, v, 3, 1);
    return pl_activate(&b->graph, h, p, PL_ACT_TANH);
}

static void permuted_tokens(const struct pl_backend *backend) {
    struct bench b;
    struct pl_rng rng;
    float x[TILE * 7], moved[TILE * 7];
    double y[TILE * 7], z[TILE * 7], w[49], p[7];
    uint32_t to[TILE];
    pl_rng_init(&rng, 1, "tokens");
    for (int k = 0; k < TILE * 7; k++) x[k] = (float)pl_rng_normal(&rng);
    for (int k = 0; k < 49; k++) w[k] = pl_rng_normal(&rng);
    for (int k = 0; k < 7; k++) p[k] = pl_rng_normal(&rng);
    pl_rng_permutation(&rng, to, TILE);
    for (int t = 0; t < TILE; t++) memcpy(moved + 7 * to[t], x + 7 * t, 7 * sizeof *x);
    bench_init(&b, 7);
    int node = build_column(&b);
    bench_plan(&b, backend, &node, 1, TILE);
    pl_program_write(b.program, pl_graph_find(&b.graph, "w"), w);
    pl_program_write(b.program, pl_graph_find(&b.graph, "p"), p);
    bench_run(&b, x, TILE);
    pl_program_read_tile(b.program, 0, node, y);
    bench_run(&b, moved, TILE);
    pl_program_read_tile(b.program, 0, node, z);
    for (int c = 0; c < 7; c++)
        for (int t = 0; t < TILE; t++) PL_CHECK(y[c * TILE + t] == z[c * TILE + (int)to[t]]);
    bench_finish(&b);
}

static void test_kernels__a_token_depends_on_its_own_column(void) {
    on_every_level(permuted_tokens);
}

/* ---- sums of every shape, against sums written out ---- */

enum { MOST_ROWS = 160, MOST_TOKENS = 144 };
static const int tokens_of_tiles[] = {16, 48, 80, 144}; /* with and without a rest of every run */

static void draw(float *x, int count) {
    struct pl_rng rng;
    pl_rng_init(&rng, 1, "sums");
    for (int k = 0; k < count; k++) x[k] = (float)pl_rng_normal(&rng);
}

/* dW = sum of blocks and tokens of g x', over two tiles that are the same */
static void check_outer(const struct pl_backend *backend, int m, int k, int blocks, int tokens) {
    static float x[MOST_ROWS * MOST_TOKENS];
    double found[MOST_ROWS * MOST_ROWS / 4];
    struct bench b;
    int rows = (m + k) * blocks;
    draw(x, rows * tokens);
    bench_init(&b, rows);
    const int in[] = {pl_view(&b.graph, b.x, 0, m * blocks),
                      pl_view(&b.graph, b.x, m * blocks, k * blocks)};
    int node = pl_op(&b.graph, PL_OP_OUTER, (struct pl_attr){.outer.blocks = blocks}, in, 2);
    bench_plan(&b, backend, &node, 1, tokens);
    pl_program_begin(b.program, 0);
    pl_program_gather(b.program, 0, b.x, x, (struct pl_gather){.count = tokens});
    for (int tile = 0; tile < 2; tile++) pl_program_tile(b.program, 0);
    pl_program_read(b.program, node, found);
    for (int i = 0; i < m; i++)
        for (int j = 0; j < k; j++) {
            double sum = 0;
            for (int t = 0; t < tokens; t++)
                for (int block = 0; block < blocks; block++)
                    sum += 2.0 * x[t * rows + block * m + i] *
                           x[t * rows + blocks * m + block * k + j];
            PL_CHECK_NEAR(found[i * k + j], sum, 2e-4);
        }
    bench_finish(&b);
}

/* Narrow matrices are summed by our own kernel, which works in blocks, and wider ones are not. */
static void outers(const struct pl_backend *backend) {
    static const int shapes[][3] = {{1, 1, 1}, {3, 5, 1},   {4, 4, 2},   {10, 40, 1}, {40, 10, 1},
                                    {9, 7, 3}, {32, 33, 1}, {33, 32, 2}, {33, 34, 1}, {17, 2, 4}};
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
        for (size_t w = 0; w < sizeof tokens_of_tiles / sizeof tokens_of_tiles[0]; w++)
            check_outer(backend, shapes[s][0], shapes[s][1], shapes[s][2], tokens_of_tiles[w]);
}

static void test_kernels__gradients_of_every_shape_are_sums(void) {
    on_every_level(outers);
}

/* h = sum_i alpha_i v_i and dalpha_i = <g, v_i>: rows 0.. of x are alpha, then g, then v_1, v_2, ... */
static void check_mixture(const struct pl_backend *backend, int rows, int sources, int tokens) {
    static float x[MOST_ROWS * MOST_TOKENS];
    static double h[MOST_ROWS * MOST_TOKENS], dalpha[MOST_ROWS * MOST_TOKENS];
    int v[16], in[17], all = sources + (1 + sources) * rows;
    struct bench b;
    draw(x, all * tokens);
    bench_init(&b, all);
    int alpha = pl_view(&b.graph, b.x, 0, sources);
    in[0] = pl_view(&b.graph, b.x, sources, rows);
    for (int i = 0; i < sources; i++)
        in[1 + i] = v[i] = pl_view(&b.graph, b.x, sources + (1 + i) * rows, rows);
    const int targets[] = {
        pl_depth_mix(&b.graph, alpha, v, sources, 1),
        pl_op(&b.graph, PL_OP_DEPTH_MIX_GRAD, (struct pl_attr){.depth.heads = 1}, in, sources + 1)};
    bench_plan(&b, backend, targets, 2, tokens);
    bench_run(&b, x, tokens);
    pl_program_read_tile(b.program, 0, targets[0], h);
    pl_program_read_tile(b.program, 0, targets[1], dalpha);
    for (int t = 0; t < tokens; t++) {
        const float *a = x + t * all, *g = a + sources, *first = g + rows;
        for (int c = 0; c < rows; c++) {
            double sum = 0;
            for (int i = 0; i < sources; i++) sum += (double)a[i] * first[i * rows + c];
            PL_CHECK_NEAR(h[c * tokens + t], sum, 2e-5);
        }
        for (int i = 0; i < sources; i++) {
            double sum = 0;
            for (int c = 0; c < rows; c++) sum += (double)g[c] * first[i * rows + c];
            PL_CHECK_NEAR(dalpha[i * tokens + t], sum, 2e-5);
        }
    }
    bench_finish(&b);
}

static void mixtures(const struct pl_backend *backend) {
    static const int shapes[][2] = {{1, 1}, {2, 3},  {3, 4},  {5, 5},  {8, 7},
                                    {9, 8}, {10, 9}, {11, 2}, {12, 1}, {13, 6}};
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
        for (size_t w = 0; w < sizeof tokens_of_tiles / sizeof tokens_of_tiles[0]; w++)
            check_mixture(backend, shapes[s][0], shapes[s][1], tokens_of_tiles[w]);
}

static void test_kernels__mixtures_of_every_shape_are_sums(void) {
    on_every_level(mixtures);
}

/* ---- optimizers, against the formulas of the papers ---- */

static void adam(const struct pl_backend *backend) {
    struct bench b;
    double m = 0, v = 0, p = 0.5, found;
    const float one = 1, target = 3;
    bench_init(&b, 1);
    int w = pl_param(&b.graph, "w", 1, 1, PL_GROUP_WEIGHT, PL_FILL_VALUE, 0);
    int y = pl_feed_tile(&b.graph, "y", 1, PL_NUMBER);
    int weight = pl_feed_tile(&b.graph, "weight", 1, PL_NUMBER);
    pl_graph_grad(&b.graph, pl_mse(&b.graph, pl_matmul(&b.graph, w, b.x), y, weight), NULL, 0);
    int hyper = pl_feed_step(&b.graph, "hyper", 4);
    const int in[] = {pl_params(&b.graph, PL_GROUP_WEIGHT), pl_grads(&b.graph, PL_GROUP_WEIGHT),
                      hyper, pl_state(&b.graph, "m", 16), pl_state(&b.graph, "v", 16)};
    struct pl_attr attr = {.adam = {.beta1 = 0.9, .beta2 = 0.99, .eps = 1e-8}};
    int step = pl_op(&b.graph, PL_OP_ADAM_STEP, attr, in, 5);
    bench_plan(&b, backend, &step, 1, TILE);
    pl_program_write(b.program, w, &p);
    for (int t = 1; t <= 10; t++) {
        double g = 2 * (p - 3), m_hat, v_hat, power1 = 1, power2 = 1;
        for (int k = 0; k < t; k++) {
            power1 *= 0.9;
            power2 *= 0.99;
        }
        m = 0.9 * m + 0.1 * g;
        v = 0.99 * v + 0.01 * g * g;
        m_hat = m / (1 - power1);
        v_hat = v / (1 - power2);
        p = p - 0.1 * 0.01 * p - 0.1 * m_hat / (sqrt(v_hat) + 1e-8);
        const double now[] = {0.1, 1 / (1 - power1), 1 / (1 - power2), 0.1 * 0.01};
        pl_program_write(b.program, hyper, now);
        pl_program_begin(b.program, 0);
        pl_program_gather(b.program, 0, b.x, &one, (struct pl_gather){.count = 1});
        pl_program_gather(b.program, 0, y, &target, (struct pl_gather){.count = 1});
        pl_program_fill(b.program, 0, weight, &one, 1);
        pl_program_tile(b.program, 0);
        pl_program_end(b.program, 0);
        pl_program_read(b.program, w, &found);
        PL_CHECK_NEAR(found, p, pl_backend_element_size(backend) == 8 ? 1e-14 : 3e-6);
    }
    bench_finish(&b);
}

static void test_kernels__adam_is_the_papers(void) {
    on_every_level(adam);
}

const struct pl_test pl_suite_kernels[] = {
    {"activations_hold_at_the_ends", test_kernels__activations_hold_at_the_ends},
    {"weights_hold_at_the_ends", test_kernels__weights_hold_at_the_ends},
    {"the_norm_of_nothing_is_nothing", test_kernels__the_norm_of_nothing_is_nothing},
    {"a_masked_token_shows_nowhere", test_kernels__a_masked_token_shows_nowhere},
    {"a_token_depends_on_its_own_column", test_kernels__a_token_depends_on_its_own_column},
    {"gradients_of_every_shape_are_sums", test_kernels__gradients_of_every_shape_are_sums},
    {"mixtures_of_every_shape_are_sums", test_kernels__mixtures_of_every_shape_are_sums},
    {"adam_is_the_papers", test_kernels__adam_is_the_papers},
    {0},
};
