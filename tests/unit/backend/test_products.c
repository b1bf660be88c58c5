/* Products of the backend cpu, bit for bit: an entry of W X or W' X is one chain of fused multiply-adds
 * over k, an entry of g x' one over the tokens of the batch, whatever the level, the shape and the width
 * of a tile; what is computed together with a product has the bits of each alone. */
#include <math.h>
#include <stdlib.h>

#include "core/backend/backend.h"
#include "core/base/rng.h"
#include "core/graph/op.h"
#include "tests/support/levels.h"
#include "tests/support/support.h"
#include "tests/unit/backend/bench.h"

enum { TOKENS = 181, ENTRIES = 1 << 16 };

static const int widths[] = {16, 48, 144, 192}; /* the last one takes the whole batch */

/* Runs [test] on cpu at every level that this processor has. */
static void on_every_level(void (*test)(const struct pl_backend *backend)) {
    const struct pl_backend *backend;
    int ran = 0;
    for (int k = 0; (k = pl_test_level(k)); ran++) {
        PL_REQUIRE_OK(pl_backend_find(&backend, "cpu"));
        test(backend);
    }
    PL_CHECK(ran > 0);
}

static double random_double[ENTRIES];
static float random_float[ENTRIES];

static void draw(void) {
    struct pl_rng rng;
    pl_rng_init(&rng, 1, "products");
    for (int k = 0; k < ENTRIES; k++) {
        random_float[k] = (float)pl_rng_normal(&rng);
        random_double[k] = random_float[k];
    }
}

/* The batch of TOKENS tokens, [rows] random numbers each, in tiles. Of the target [node], tile-level, all
 * tokens go to [out], [rows of node][TOKENS]. */
static void bench_run(struct bench *b, int rows, int node, double *out) {
    int width = b->plan.tokens, node_rows = pl_graph_node(&b->graph, node)->rows;
    double *tile = out ? pl_alloc((size_t)(node_rows * width) * sizeof *tile) : NULL;
    pl_program_begin(b->program, 0);
    for (int first = 0; first < TOKENS; first += width) {
        int count = TOKENS - first < width ? TOKENS - first : width;
        pl_program_gather(b->program, 0, b->x, random_float + first * rows,
                          (struct pl_gather){.count = count});
        pl_program_tile(b->program, 0);
        if (!out) continue;
        pl_program_read_tile(b->program, 0, node, tile);
        for (int c = 0; c < node_rows; c++)
            for (int t = 0; t < count; t++) out[c * TOKENS + first + t] = tile[c * width + t];
    }
    pl_program_end(b->program, 0);
    pl_free(tile);
}

/* Each width of a tile. */
#define EACH_WIDTH(w) for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++)

/* ---- W X and W' X ---- */

static void check_matmul(const struct pl_backend *backend, int rows, int k, bool transpose,
                         int width) {
    static double found[260 * TOKENS];
    struct bench b;
    bench_init(&b, k);
    int w = transpose ? pl_param(&b.graph, "w", k, rows, PL_GROUP_WEIGHT, PL_FILL_VALUE, 0)
                      : pl_param(&b.graph, "w", rows, k, PL_GROUP_WEIGHT, PL_FILL_VALUE, 0);
    int y = transpose ? pl_matmul_transposed(&b.graph, w, b.x) : pl_matmul(&b.graph, w, b.x);
    bench_plan(&b, backend, &y, 1, width);
    pl_program_write(b.program, w, random_double);
    bench_run(&b, k, y, found);
    for (int m = 0; m < rows; m++)
        for (int t = 0; t < TOKENS; t++) {
            float chain = 0;
            double sum = 0, size = 0;
            for (int i = 0; i < k; i++) {
                float from = random_float[transpose ? i * rows + m : m * k + i];
                chain = fmaf(from, random_float[t * k + i], chain);
                sum += (double)from * random_float[t * k + i];
                size += fabs((double)from * random_float[t * k + i]);
            }
            PL_REQUIRE((float)found[m * TOKENS + t] == chain);
            PL_REQUIRE(fabs(sum - chain) <= 1e-7 * (k + 1) * size);
        }
    bench_finish(&b);
}

/* Every number of rows of a block and of what is left over, odd and even k. */
static void matmuls(const struct pl_backend *backend) {
    static const int shapes[][2] = {{1, 1},   {3, 7},   {7, 3},   {5, 2},   {8, 9},    {11, 4},
                                    {12, 5},  {13, 6},  {23, 3},  {25, 8},  {10, 40},  {40, 10},
                                    {50, 33}, {35, 41}, {65, 16}, {2, 300}, {257, 31}, {71, 97}};
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) EACH_WIDTH(w)
    check_matmul(backend, shapes[s][0], shapes[s][1], s % 2, widths[w]);
    for (int rows = 1; rows <= 30; rows++) check_matmul(backend, rows, 5, rows % 2, 48);
}

static void test_products__are_chains_over_k(void) {
    draw();
    on_every_level(matmuls);
}

/* ---- gradients ---- */

/* dW[i][j] over tokens t and blocks q in that order, of g [m * blocks] and x [k * blocks] */
static void check_outer(const struct pl_backend *backend, int m, int k, int blocks, int width) {
    static double found[260 * 200];
    int rows = (m + k) * blocks;
    struct bench b;
    bench_init(&b, rows);
    const int in[] = {pl_view(&b.graph, b.x, 0, m * blocks),
                      pl_view(&b.graph, b.x, m * blocks, k * blocks)};
    int node = pl_op(&b.graph, PL_OP_OUTER, (struct pl_attr){.outer.blocks = blocks}, in, 2);
    bench_plan(&b, backend, &node, 1, width);
    bench_run(&b, rows, node, NULL);
    pl_program_read(b.program, node, found);
    for (int i = 0; i < m; i++)
        for (int j = 0; j < k; j++) {
            float chain = 0;
            double sum = 0, size = 0;
            for (int t = 0; t < TOKENS; t++)
                for (int q = 0; q < blocks; q++) {
                    float g = random_float[t * rows + q * m + i];
                    float x = random_float[t * rows + blocks * m + q * k + j];
                    chain = fmaf(g, x, chain);
                    sum += (double)g * x;
                    size += fabs((double)g * x);
                }
            PL_REQUIRE((float)found[i * k + j] == chain);
            PL_REQUIRE(fabs(sum - chain) <= 1e-7 * (TOKENS * blocks + 1) * size);
        }
    bench_finish(&b);
}

static void outers(const struct pl_backend *backend) {
    static const int shapes[][3] = {{1, 1, 1},   {3, 7, 1},   {7, 3, 2},   {5, 2, 1},  {10, 40, 1},
                                    {40, 10, 1}, {17, 33, 1}, {33, 17, 3}, {8, 8, 4},  {13, 29, 1},
                                    {16, 16, 8}, {2, 65, 1},  {65, 2, 1},  {50, 7, 2}, {71, 97, 1}};
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) EACH_WIDTH(w)
    check_outer(backend, shapes[s][0], shapes[s][1], shapes[s][2], widths[w]);
    for (int m = 1; m <= 36; m++) {
        check_outer(backend, m, 3, 1, 48);
        check_outer(backend, 11, m, 1, 48);
    }
}

static void test_products__gradients_are_chains_over_tokens(void) {
    draw();
    on_every_level(outers);
}

/* ---- what is computed together with a product ---- */

/* f(W x + b) and its slope, (W x) y and W x + b: where the product is a target too it is computed alone. */
static void check_fused(const struct pl_backend *backend, enum pl_act act, int rows, bool alone,
                        int width, double *out) {
    enum { K = 9 };
    for (int kind = 0; kind < 4; kind++, out += 2 * rows * TOKENS) {
        struct bench b;
        bench_init(&b, K + rows);
        int x = pl_view(&b.graph, b.x, 0, K), y = pl_view(&b.graph, b.x, K, rows);
        int w = pl_param(&b.graph, "w", rows, K, PL_GROUP_WEIGHT, PL_FILL_VALUE, 0);
        int shift = pl_param(&b.graph, "b", rows, 1, PL_GROUP_PLAIN, PL_FILL_VALUE, 0);
        int z = pl_matmul(&b.graph, w, x), result, targets[3], count = 0;
        if (kind == 0) result = pl_bias(&b.graph, z, shift);
        if (kind == 1) result = pl_mul(&b.graph, z, y);
        if (kind >= 2) result = pl_activate(&b.graph, z, kind == 2 ? shift : PL_NONE, act);
        targets[count++] = result;
        if (kind == 2) targets[count++] = pl_graph_node(&b.graph, result)->companion;
        if (alone) targets[count++] = z;
        bench_plan(&b, backend, targets, count, width);
        pl_program_write(b.program, w, random_double + 77);
        if (kind == 0 || kind == 2) pl_program_write(b.program, shift, random_double + 7);
        bench_run(&b, K + rows, result, out);
        if (kind == 2) bench_run(&b, K + rows, targets[1], out + rows * TOKENS);
        bench_finish(&b);
    }
}

static void fused(const struct pl_backend *backend) {
    enum { ROWS = 37, COUNT = 8 * ROWS * TOKENS };
    static double together[COUNT], apart[COUNT];
    for (int act = PL_ACT_RELU; act <= PL_ACT_SIGMOID; act++) EACH_WIDTH(w) {
            memset(together, 0, sizeof together);
            memset(apart, 0, sizeof apart);
            check_fused(backend, (enum pl_act)act, ROWS, false, widths[w], together);
            check_fused(backend, (enum pl_act)act, ROWS, true, widths[(w + 1) % 4], apart);
            PL_REQUIRE(memcmp(together, apart, sizeof apart) == 0);
        }
}

static void test_products__what_follows_has_the_same_bits(void) {
    draw();
    on_every_level(fused);
}

/* ---- who computes what ---- */

static void plan_one(struct bench *b, int rows, int k) {
    bench_init(b, k);
    int w = pl_param(&b->graph, "w", rows, k, PL_GROUP_WEIGHT, PL_FILL_VALUE, 0);
    int y = pl_matmul(&b->graph, w, b->x);
    pl_plan_make(&b->plan, &b->graph, 16, &(struct pl_pass_spec){"value", &y, 1}, 1);
}

static void test_products__a_shape_alone_says_who_computes_it(void) {
    const struct pl_backend *cpu, *ref;
    struct bench b;
    PL_REQUIRE_OK(pl_backend_find(&cpu, "cpu"));
    PL_REQUIRE_OK(pl_backend_find(&ref, "ref"));
    plan_one(&b, 512, 2048);
    PL_CHECK(pl_backend_portable(cpu, &b.graph) && pl_backend_portable(ref, &b.graph));
    setenv("PLUMBLINE_PRODUCTS", "openblas", 1);
    PL_CHECK(!pl_backend_portable(cpu, &b.graph) && pl_backend_portable(ref, &b.graph));
    setenv("PLUMBLINE_PRODUCTS", "abacus", 1);
    PL_CHECK(pl_backend_find(&cpu, "cpu") == PL_EBACKEND && strstr(pl_message(), "abacus"));
    unsetenv("PLUMBLINE_PRODUCTS");
    PL_REQUIRE_OK(pl_backend_find(&cpu, "cpu"));
    bench_finish(&b);
    plan_one(&b, 513, 2048);
    PL_CHECK(!pl_backend_portable(cpu, &b.graph) && pl_backend_portable(ref, &b.graph));
    bench_finish(&b);
}

/* OpenBLAS as a second opinion: every product by it, within rounding of ours. */
static void test_products__openblas_agrees(void) {
    static const int shapes[][2] = {{10, 40}, {50, 33}, {65, 130}};
    static double ours[65 * TOKENS], theirs[65 * TOKENS];
    const struct pl_backend *cpu;
    draw();
    PL_REQUIRE_OK(pl_backend_find(&cpu, "cpu"));
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
        for (int by_blas = 0; by_blas < 2; by_blas++) {
            struct bench b;
            int rows = shapes[s][0], k = shapes[s][1];
            if (by_blas) setenv("PLUMBLINE_PRODUCTS", "openblas", 1);
            bench_init(&b, k);
            int w = pl_param(&b.graph, "w", rows, k, PL_GROUP_WEIGHT, PL_FILL_VALUE, 0);
            int y = pl_matmul(&b.graph, w, b.x);
            bench_plan(&b, cpu, &y, 1, 48);
            pl_program_write(b.program, w, random_double);
            bench_run(&b, k, y, by_blas ? theirs : ours);
            bench_finish(&b);
            unsetenv("PLUMBLINE_PRODUCTS");
            for (int e = 0; by_blas && e < rows * TOKENS; e++)
                PL_REQUIRE(fabs(ours[e] - theirs[e]) <= 1e-5 * (1 + fabs(ours[e])));
        }
    PL_REQUIRE_OK(pl_backend_find(&cpu, "cpu"));
    struct bench b;
    plan_one(&b, 1, 1);
    PL_REQUIRE_OK(pl_program_create(&b.program, cpu, &b.plan)); /* back to our own */
    bench_finish(&b);
}

const struct pl_test pl_suite_products[] = {
    {"are_chains_over_k", test_products__are_chains_over_k},
    {"gradients_are_chains_over_tokens", test_products__gradients_are_chains_over_tokens},
    {"what_follows_has_the_same_bits", test_products__what_follows_has_the_same_bits},
    {"a_shape_alone_says_who_computes_it", test_products__a_shape_alone_says_who_computes_it},
    {"openblas_agrees", test_products__openblas_agrees},
    {0},
};
