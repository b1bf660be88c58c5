/* Attention, embeddings, rotation, dropout and clipping, held to closed forms, on every backend and at
 * every level of cpu. */
#include <math.h>
#include <stdlib.h>

#include "core/backend/backend.h"
#include "core/base/rng.h"
#include "core/graph/dropout.h"
#include "core/graph/op.h"
#include "tests/support/support.h"

enum { MOST = 1 << 16 };

static const char *const levels[] = {"baseline", "x86-64-v3", "x86-64-v4", "neon"};
enum { LEVELS = sizeof levels / sizeof levels[0] };

/* Runs [test] on ref, on cpu at every level that this processor has, and on a device if one is there. */
static void on_all(void (*test)(const struct pl_backend *backend)) {
    const struct pl_backend *backend;
    for (size_t k = 0; k < LEVELS; k++) {
        setenv("PLUMBLINE_ISA", levels[k], 1);
        if (pl_backend_find(&backend, "cpu") == PL_OK) test(backend);
    }
    unsetenv("PLUMBLINE_ISA");
    for (int k = 0; (backend = pl_backend_here(k)); k++)
        if (strcmp(pl_backend_name(backend), "cpu") != 0) test(backend);
}

/* Attention with its statistic, gradient and entropy, of q, k, v and g from one feed. */
struct bench {
    struct pl_graph graph;
    struct pl_plan plan;
    struct pl_program *program;
    int d, heads, tokens; /* of a sequence */
    int samples;          /* of a tile */
    int x, target[4];     /* o, dq over dk over dv, lse, entropy */
};

enum { O, GRADS, LSE, ENTROPY, TARGETS };

static void bench_init(struct bench *b, int d, int heads, int tokens) {
    memset(b, 0, sizeof *b);
    pl_graph_init(&b->graph);
    b->graph.sequence = b->tokens = tokens;
    b->d = d;
    b->heads = heads;
    b->x = pl_feed_tile(&b->graph, "x", 4 * d, PL_NUMBER);
    int part[4];
    for (int k = 0; k < 4; k++) part[k] = pl_view(&b->graph, b->x, k * d, d);
    int lse = pl_attend_lse(&b->graph, heads, part[0], part[1]);
    int o = pl_attend(&b->graph, heads, part[0], part[1], part[2], lse);
    const int in[] = {part[3], part[0], part[1], part[2], o, lse};
    b->target[O] = o;
    b->target[GRADS] =
        pl_op(&b->graph, PL_OP_ATTEND_GRAD, (struct pl_attr){.attend.heads = heads}, in, 6);
    b->target[LSE] = lse;
    b->target[ENTROPY] = pl_attend_entropy(&b->graph, heads, part[0], part[1], lse);
}

static void bench_plan(struct bench *b, const struct pl_backend *backend, int samples) {
    struct pl_pass_spec spec = {"value", b->target, TARGETS};
    int width =
        pl_plan_tile(&b->graph, (size_t)(samples * b->tokens), (size_t)samples, &b->samples);
    pl_plan_make(&b->plan, &b->graph, width, &spec, 1);
    pl_plan_check(&b->plan);
    PL_REQUIRE_OK(pl_program_create(&b->program, backend, &b->plan));
}

static void bench_finish(struct bench *b) {
    pl_program_destroy(b->program);
    pl_plan_finish(&b->plan);
    pl_graph_finish(&b->graph);
}

static int target_rows(const struct bench *b, int target) {
    return pl_graph_node(&b->graph, b->target[target])->rows;
}

/* Runs samples which[0 .. count - 1] of [data], [token][4 d], in tiles. Target [rows][tokens] of sample s
 * goes to out[target] + s * rows * tokens. */
static void bench_run(struct bench *b, const float *data, const uint32_t *which, int count,
                      double *const *out) {
    uint32_t *index = pl_alloc((size_t)(b->samples * b->tokens) * sizeof *index);
    pl_program_begin(b->program, 0);
    for (int first = 0; first < count; first += b->samples) {
        int here = count - first < b->samples ? count - first : b->samples;
        for (int t = 0; t < here * b->tokens; t++)
            index[t] =
                which[first + t / b->tokens] * (uint32_t)b->tokens + (uint32_t)(t % b->tokens);
        pl_program_gather(b->program, 0, b->x, data,
                          (struct pl_gather){.index = index, .count = here * b->tokens});
        pl_program_tile(b->program, 0);
        for (int k = 0; k < TARGETS; k++) {
            int rows = target_rows(b, k), width = b->plan.tokens;
            double *tile = pl_alloc((size_t)(rows * width) * sizeof *tile);
            pl_program_read_tile(b->program, 0, b->target[k], tile);
            for (int s = 0; out[k] && s < here; s++)
                for (int c = 0; c < rows; c++)
                    for (int t = 0; t < b->tokens; t++)
                        out[k][((int)which[first + s] * rows + c) * b->tokens + t] =
                            tile[c * width + s * b->tokens + t];
            pl_free(tile);
        }
    }
    pl_program_end(b->program, 0);
    pl_free(index);
}

static float random_data[MOST];

static void draw(void) {
    struct pl_rng rng;
    pl_rng_init(&rng, 1, "attend");
    for (int k = 0; k < MOST; k++) random_data[k] = (float)pl_rng_normal(&rng);
}

static double values[TARGETS][MOST];
static double *const all_values[TARGETS] = {values[O], values[GRADS], values[LSE], values[ENTROPY]};

static void run_one(const struct pl_backend *backend, int d, int heads, int tokens,
                    const float *data) {
    struct bench b;
    const uint32_t first = 0;
    bench_init(&b, d, heads, tokens);
    bench_plan(&b, backend, 1);
    bench_run(&b, data, &first, 1, all_values);
    bench_finish(&b);
}

static bool is_near(double found, double expected) {
    return fabs(found - expected) <= 2e-6 * (1 + fabs(expected));
}
#define NEAR(found, expected) PL_CHECK(is_near(found, expected))

/* ---- closed forms ---- */

/* Two tokens, one head of one channel: q = 1, 2; k = 1, -1; v = 3, 5; g = 0, 1. The second token's scores
 * are 2 and -2. */
static void check_by_hand(const struct pl_backend *backend) {
    const float data[] = {1, 1, 3, 0, 2, -1, 5, 1};
    double p = exp(2) / (exp(2) + exp(-2)), o = 3 * p + 5 * (1 - p);
    double ds = p * (3 - o); /* of the first key; the second's is its opposite */
    run_one(backend, 1, 1, 2, data);
    NEAR(values[O][0], 3);
    NEAR(values[O][1], o);
    NEAR(values[LSE][0], 1);
    NEAR(values[LSE][1], log(exp(2) + exp(-2)));
    NEAR(values[ENTROPY][0], 0);
    NEAR(values[ENTROPY][1], -p * log(p) - (1 - p) * log(1 - p));
    const double expected[] = {0, ds * 1 - ds * -1, ds * 2, -ds * 2, p, 1 - p};
    for (int k = 0; k < 6; k++) NEAR(values[GRADS][k], expected[k]);
}

static void test_attend__one_head_by_hand(void) {
    on_all(check_by_hand);
}

/* q = 0: every token takes the mean of what came before it and itself. */
static void check_uniform(const struct pl_backend *backend) {
    enum { D = 6, T = 37 };
    static float data[T * 4 * D];
    for (int k = 0; k < T * 4 * D; k++) data[k] = k % (4 * D) < D ? 0 : random_data[k];
    run_one(backend, D, 2, T, data);
    for (int c = 0; c < D; c++) {
        double sum = 0;
        for (int t = 0; t < T; t++) {
            sum += data[t * 4 * D + 2 * D + c];
            NEAR(values[O][c * T + t], sum / (t + 1));
            if (c < 2) NEAR(values[ENTROPY][c * T + t], log(t + 1));
        }
    }
}

static void test_attend__without_query_attention_is_a_mean(void) {
    draw();
    on_all(check_uniform);
}

/* ---- causality ---- */

/* A number that is not finite at token [AT] shows in no token before it, whichever of q, k, v it is in; and in
 * the gradient that comes back, g, in none after it. */
static void check_spread(const struct pl_backend *backend) {
    enum { D = 8, T = 29, AT = 19 };
    static float data[T * 4 * D];
    static double before[TARGETS][MOST];
    memcpy(data, random_data, sizeof data);
    run_one(backend, D, 2, T, data);
    memcpy(before, values, sizeof before);
    for (int part = 0; part < 4; part++)
        for (int infinite = 0; infinite < 2; infinite++) {
            memcpy(data, random_data, sizeof data);
            data[AT * 4 * D + part * D + 3] = infinite ? INFINITY : NAN;
            run_one(backend, D, 2, T, data);
            for (int t = 0; t < AT && part < 3; t++)
                for (int c = 0; c < D; c++) PL_CHECK(values[O][c * T + t] == before[O][c * T + t]);
            for (int t = AT + 1; t < T && part == 3; t++)
                for (int row = 0; row < 3 * D; row++)
                    PL_CHECK(values[GRADS][row * T + t] == before[GRADS][row * T + t]);
            for (int t = 0; t < AT && part < 3; t++)
                for (int c = 0; c < D; c++)
                    PL_CHECK(values[LSE][c / 4 * T + t] == before[LSE][c / 4 * T + t]);
            bool shows = false;
            for (int k = 0; k < 3 * D * T; k++) shows |= !isfinite(values[GRADS][k]);
            PL_CHECK(shows);
        }
}

static void test_attend__what_is_not_finite_does_not_go_back(void) {
    draw();
    on_all(check_spread);
}

/* Token [at] and those before it are as they were, to the bit, when later ones change; a gradient at it
 * reaches nothing later. */
static void check_causality(const struct pl_backend *backend) {
    enum { D = 8, T = 29, AT = 17 };
    static float data[T * 4 * D];
    static double before[MOST];
    memcpy(data, random_data, sizeof data);
    for (int t = 0; t < T; t++)
        for (int c = 3 * D; c < 4 * D; c++)
            if (t != AT) data[t * 4 * D + c] = 0;
    run_one(backend, D, 2, T, data);
    for (int row = 0; row < 3 * D; row++)
        for (int t = AT + 1; t < T; t++) PL_CHECK(values[GRADS][row * T + t] == 0);
    memcpy(before, values[O], sizeof before);
    for (int t = AT + 1; t < T; t++)
        for (int c = 0; c < 3 * D; c++) data[t * 4 * D + c] = 10 * data[t * 4 * D + c] - 3;
    run_one(backend, D, 2, T, data);
    for (int c = 0; c < D; c++) {
        for (int t = 0; t <= AT; t++) PL_CHECK(values[O][c * T + t] == before[c * T + t]);
        PL_CHECK(values[O][c * T + AT + 1] != before[c * T + AT + 1]);
    }
}

static void test_attend__later_tokens_do_not_show(void) {
    draw();
    on_all(check_causality);
}

/* ---- company ---- */

enum { SAMPLES = 19 };

static void run_in(const struct pl_backend *backend, int d, int heads, int tokens, int samples,
                   bool backwards, double *const *out) {
    struct bench b;
    uint32_t which[SAMPLES];
    for (uint32_t s = 0; s < SAMPLES; s++) which[s] = backwards ? SAMPLES - 1 - s : s;
    bench_init(&b, d, heads, tokens);
    bench_plan(&b, backend, samples);
    bench_run(&b, random_data, which, SAMPLES, out);
    bench_finish(&b);
}

static double other[TARGETS][MOST];
static double *const other_values[TARGETS] = {other[O], other[GRADS], other[LSE], other[ENTROPY]};

static void check_same(int d, int heads, int tokens) {
    const int rows[TARGETS] = {d, 3 * d, heads, heads};
    for (int k = 0; k < TARGETS; k++) {
        size_t count = (size_t)(SAMPLES * rows[k] * tokens);
        PL_REQUIRE(count <= MOST);
        PL_CHECK(memcmp(values[k], other[k], count * sizeof(double)) == 0);
    }
}

/* The same bits alone, padded, in company, and in another order. */
static void check_company(const struct pl_backend *backend) {
    static const struct {
        int d, heads, tokens;
    } shapes[] = {{12, 3, 13}, {6, 1, 1}, {16, 1, 32}, {5, 5, 40}, {20, 1, 19}};
    for (size_t k = 0; k < sizeof shapes / sizeof shapes[0]; k++) {
        int d = shapes[k].d, heads = shapes[k].heads, tokens = shapes[k].tokens;
        run_in(backend, d, heads, tokens, 1, false, all_values);
        run_in(backend, d, heads, tokens, 3, false, other_values);
        check_same(d, heads, tokens);
        run_in(backend, d, heads, tokens, SAMPLES, true, other_values);
        check_same(d, heads, tokens);
    }
}

static void test_attend__company_does_not_show(void) {
    draw();
    on_all(check_company);
}

/* Every level of cpu gives the same bits. */
static void test_attend__levels_do_not_show(void) {
    const struct pl_backend *backend;
    int ran = 0;
    draw();
    for (size_t k = 0; k < LEVELS; k++) {
        setenv("PLUMBLINE_ISA", levels[k], 1);
        if (pl_backend_find(&backend, "cpu") != PL_OK) continue;
        run_in(backend, 12, 2, 35, 4, false, ran ? other_values : all_values);
        if (ran++) check_same(12, 2, 35);
    }
    unsetenv("PLUMBLINE_ISA");
    PL_CHECK(ran > 0);
}

/* Two products forward and four backward of 2 d for every pair of tokens, (T + 1) / 2 pairs a token. */
static void test_attend__products_are_counted(void) {
    struct bench b;
    struct pl_pass_spec spec = {"value", b.target, TARGETS};
    bench_init(&b, 8, 2, 31);
    pl_plan_make(&b.plan, &b.graph, 32, &spec, 1);
    PL_CHECK(pl_plan_product_flops(&b.plan, 0) == 6 * 2 * 8 * 16);
    pl_plan_finish(&b.plan);
    pl_graph_finish(&b.graph);
}

/* Twice the tokens need no more than twice the memory. */
static void test_attend__memory_is_linear_in_tokens(void) {
    size_t bytes[3];
    for (int k = 0; k < 3; k++) {
        struct bench b;
        struct pl_pass_spec spec = {"value", b.target, TARGETS};
        bench_init(&b, 8, 2, 256 << k);
        pl_plan_make(&b.plan, &b.graph, 256 << k, &spec, 1);
        bytes[k] = pl_plan_bytes(&b.plan, sizeof(float));
        pl_plan_finish(&b.plan);
        pl_graph_finish(&b.graph);
    }
    PL_CHECK(bytes[1] <= 2 * bytes[0] && bytes[2] <= 2 * bytes[1]);
}

/* ---- a graph of one operator ---- */

struct one {
    struct pl_graph graph;
    struct pl_plan plan;
    struct pl_program *program;
    int node;
};

static void one_plan(struct one *one, const struct pl_backend *backend, int tokens) {
    pl_plan_make(&one->plan, &one->graph, tokens, &(struct pl_pass_spec){"value", &one->node, 1},
                 1);
    pl_plan_check(&one->plan);
    PL_REQUIRE_OK(pl_program_create(&one->program, backend, &one->plan));
}

static void one_finish(struct one *one) {
    pl_program_destroy(one->program);
    pl_plan_finish(&one->plan);
    pl_graph_finish(&one->graph);
}

/* Pairs of channels turn as complex numbers do: (x + i y) e^(i angle). */
static void check_rotation(const struct pl_backend *backend) {
    enum { HEADS = 2, HALF = 3, ROWS = HEADS * 2 * HALF, T = 16, POSITIONS = 5 };
    double table[POSITIONS * 2 * HALF], found[ROWS * T];
    int32_t position[T];
    struct one one = {0};
    pl_graph_init(&one.graph);
    int x = pl_feed_tile(&one.graph, "x", ROWS, PL_NUMBER);
    int p = pl_feed_tile(&one.graph, "position", 1, PL_INDEX);
    int at =
        pl_param(&one.graph, "table", POSITIONS, 2 * HALF, PL_GROUP_CONSTANT, PL_FILL_VALUE, 0);
    one.node = pl_rotate(&one.graph, HEADS, x, at, p);
    one_plan(&one, backend, T);
    for (int k = 0; k < POSITIONS; k++)
        for (int c = 0; c < HALF; c++) {
            double angle = k * pow(100, -c / (double)HALF);
            table[k * 2 * HALF + c] = cos(angle);
            table[k * 2 * HALF + HALF + c] = sin(angle);
        }
    for (int t = 0; t < T; t++) position[t] = t % POSITIONS;
    pl_program_write(one.program, at, table);
    pl_program_gather(one.program, 0, x, random_data, (struct pl_gather){.count = T});
    pl_program_gather_index(one.program, 0, p, position, (struct pl_gather){.count = T});
    pl_program_begin(one.program, 0);
    pl_program_tile(one.program, 0);
    pl_program_read_tile(one.program, 0, one.node, found);
    for (int t = 0; t < T; t++)
        for (int h = 0; h < HEADS; h++)
            for (int c = 0; c < HALF; c++) {
                int first = h * 2 * HALF + c, second = first + HALF;
                double re = random_data[t * ROWS + first], im = random_data[t * ROWS + second];
                double angle = position[t] * pow(100, -c / (double)HALF);
                NEAR(found[first * T + t], re * cos(angle) - im * sin(angle));
                NEAR(found[second * T + t], re * sin(angle) + im * cos(angle));
            }
    one_finish(&one);
}

static void test_attend__rotation_is_complex_multiplication(void) {
    draw();
    on_all(check_rotation);
}

/* The gradient of a table is added up token by token, whatever the tile: the bits of that loop in float. */
static void check_embed_grad(const struct pl_backend *backend) {
    enum { VOCABULARY = 7, D = 5, T = 181 };
    static const int widths[] = {16, 48, 192};
    int32_t id[T];
    float expected[VOCABULARY * D] = {0};
    double found[VOCABULARY * D];
    for (int t = 0; t < T; t++) id[t] = (t * t + 3) % VOCABULARY;
    for (int t = 0; t < T; t++)
        for (int c = 0; c < D; c++) expected[id[t] * D + c] += random_data[t * D + c];
    for (int w = 0; w < 3; w++) {
        struct one one = {0};
        pl_graph_init(&one.graph);
        const int in[] = {pl_feed_tile(&one.graph, "g", D, PL_NUMBER),
                          pl_feed_tile(&one.graph, "id", 1, PL_INDEX)};
        one.node =
            pl_op(&one.graph, PL_OP_EMBED_GRAD, (struct pl_attr){.embed.rows = VOCABULARY}, in, 2);
        one_plan(&one, backend, widths[w]);
        pl_program_begin(one.program, 0);
        for (int first = 0; first < T; first += widths[w]) {
            struct pl_gather gather = {.first = (size_t)first,
                                       .count = T - first < widths[w] ? T - first : widths[w]};
            pl_program_gather(one.program, 0, in[0], random_data, gather);
            pl_program_gather_index(one.program, 0, in[1], id, gather);
            pl_program_tile(one.program, 0);
        }
        pl_program_end(one.program, 0);
        pl_program_read(one.program, one.node, found);
        for (int k = 0; k < VOCABULARY * D; k++) {
            double room = strcmp(pl_backend_name(backend), "ref") == 0 ? 1e-5 : 0;
            PL_CHECK(fabs(found[k] - expected[k]) <= room);
        }
        one_finish(&one);
    }
}

static void test_attend__a_table_gathers_in_order(void) {
    draw();
    on_all(check_embed_grad);
}

/* ---- dropout ---- */

enum { DROP_ROWS = 24, DROP_TOKENS = 240 };

/* Ones through dropout, tokens 1000 .. in tiles of [width]. */
static void drop_ones(const struct pl_backend *backend, double rate, int width, double *out) {
    static float ones[DROP_ROWS * DROP_TOKENS];
    static double tile[DROP_ROWS * DROP_TOKENS];
    int32_t number[DROP_TOKENS];
    const double key_numbers[PL_DROPOUT_KEY] = {rate, 12345, 6, 65535, 0};
    struct one one = {0};
    pl_graph_init(&one.graph);
    int x = pl_feed_tile(&one.graph, "x", DROP_ROWS, PL_NUMBER);
    int token = pl_feed_tile(&one.graph, "token", 1, PL_INDEX);
    int key = pl_feed_step(&one.graph, "key", PL_DROPOUT_KEY);
    one.node = pl_dropout(&one.graph, "embed", x, token, key);
    one_plan(&one, backend, width);
    for (int k = 0; k < DROP_ROWS * DROP_TOKENS; k++) ones[k] = 1;
    for (int t = 0; t < DROP_TOKENS; t++) number[t] = 1000 + t;
    pl_program_write(one.program, key, key_numbers);
    pl_program_begin(one.program, 0);
    for (int first = 0; first < DROP_TOKENS; first += width) {
        struct pl_gather gather = {.first = (size_t)first, .count = width};
        pl_program_gather(one.program, 0, x, ones, gather);
        pl_program_gather_index(one.program, 0, token, number, gather);
        pl_program_tile(one.program, 0);
        pl_program_read_tile(one.program, 0, one.node, tile);
        for (int c = 0; c < DROP_ROWS; c++)
            for (int t = 0; t < width; t++) out[c * DROP_TOKENS + first + t] = tile[c * width + t];
    }
    one_finish(&one);
}

static double dropped[DROP_ROWS * DROP_TOKENS], expected_drops[DROP_ROWS * DROP_TOKENS];

static void check_dropout(const struct pl_backend *backend) {
    static const int widths[] = {16, 48, 240};
    for (int w = 0; w < 3; w++) {
        drop_ones(backend, 0.3, widths[w], dropped);
        for (int k = 0; k < DROP_ROWS * DROP_TOKENS; k++) {
            PL_CHECK((dropped[k] == 0) == (expected_drops[k] == 0));
            NEAR(dropped[k], expected_drops[k]);
        }
    }
    drop_ones(backend, 0, 48, dropped);
    for (int k = 0; k < DROP_ROWS * DROP_TOKENS; k++) PL_CHECK(dropped[k] == 1);
}

static void test_attend__a_mask_is_the_same_everywhere(void) {
    const struct pl_backend *ref;
    PL_REQUIRE_OK(pl_backend_find(&ref, "ref"));
    drop_ones(ref, 0.3, 80, expected_drops);
    on_all(check_dropout);
}

/* The share that is kept, of all entries, of each row and of each token, within five standard deviations. */
static void test_attend__the_share_kept(void) {
    const struct pl_backend *ref;
    int total = 0, of_row[DROP_ROWS] = {0}, of_token[DROP_TOKENS] = {0};
    PL_REQUIRE_OK(pl_backend_find(&ref, "ref"));
    drop_ones(ref, 0.3, 80, expected_drops);
    for (int c = 0; c < DROP_ROWS; c++)
        for (int t = 0; t < DROP_TOKENS; t++) {
            int kept = expected_drops[c * DROP_TOKENS + t] != 0;
            if (kept) NEAR(expected_drops[c * DROP_TOKENS + t], 1 / 0.7);
            total += kept;
            of_row[c] += kept;
            of_token[t] += kept;
        }
#define WITHIN(count, n) PL_CHECK(fabs((count)-0.7 * (n)) <= 5 * sqrt(0.21 * (n)))
    WITHIN(total, DROP_ROWS * DROP_TOKENS);
    for (int c = 0; c < DROP_ROWS; c++) WITHIN(of_row[c], DROP_TOKENS);
    for (int t = 0; t < DROP_TOKENS; t++) WITHIN(of_token[t], DROP_ROWS);
}

/* ---- asked tokens ---- */

static void check_select(const struct pl_backend *backend) {
    enum { ROWS = 3, T = 7, ASKED = 2, COUNT = 4, TILE = 32 };
    const int32_t position[COUNT * ASKED] = {0, 6, 3, 3, 5, 1, 2, 4};
    double found[ROWS * 16];
    struct one one = {0};
    pl_graph_init(&one.graph);
    one.graph.sequence = T;
    one.graph.asked = ASKED;
    int x = pl_feed_tile(&one.graph, "x", ROWS, PL_NUMBER);
    int asked = pl_feed_asked(&one.graph, "asked", 1, PL_INDEX);
    one.node = pl_select(&one.graph, x, asked);
    one_plan(&one, backend, TILE);
    PL_CHECK_INT(one.plan.asked, 16);
    pl_program_gather(one.program, 0, x, random_data, (struct pl_gather){.count = COUNT * T});
    pl_program_gather_index(one.program, 0, asked, position,
                            (struct pl_gather){.count = COUNT * ASKED});
    pl_program_begin(one.program, 0);
    pl_program_tile(one.program, 0);
    pl_program_read_tile(one.program, 0, one.node, found);
    for (int u = 0; u < COUNT * ASKED; u++)
        for (int c = 0; c < ROWS; c++)
            PL_CHECK(found[c * 16 + u] == random_data[(u / ASKED * T + position[u]) * ROWS + c]);
    one_finish(&one);
}

static void test_attend__asked_tokens_are_taken_out(void) {
    draw();
    on_all(check_select);
}

/* ---- the global norm ---- */

static void check_clip(const struct pl_backend *backend) {
    enum { ROWS = 4, COLS = 19, T = 16 };
    for (int clipped = 0; clipped < 2; clipped++) {
        double grads[ROWS * COLS], before[ROWS * COLS], norm, sum = 0;
        struct one one = {0};
        pl_graph_init(&one.graph);
        int w = pl_param(&one.graph, "w", ROWS, COLS, PL_GROUP_WEIGHT, PL_FILL_VALUE, 0);
        int x = pl_feed_tile(&one.graph, "x", COLS, PL_NUMBER);
        int y = pl_feed_tile(&one.graph, "y", ROWS, PL_NUMBER);
        int weight = pl_feed_tile(&one.graph, "weight", 1, PL_NUMBER);
        int loss = pl_mse(&one.graph, pl_matmul(&one.graph, w, x), y, weight);
        pl_graph_grad(&one.graph, loss, NULL, 0);
        int flat = pl_grads(&one.graph, PL_GROUP_WEIGHT);
        int squares = pl_op(&one.graph, PL_OP_SQUARES, (struct pl_attr){0}, &flat, 1);
        const int both[] = {flat, squares};
        one.node = clipped
                       ? pl_op(&one.graph, PL_OP_CLIP, (struct pl_attr){.clip.most = 0.5}, both, 2)
                       : squares;
        one_plan(&one, backend, T);
        pl_program_begin(one.program, 0);
        pl_program_gather(one.program, 0, x, random_data, (struct pl_gather){.count = T});
        pl_program_gather(one.program, 0, y, random_data + 1000, (struct pl_gather){.count = T});
        pl_program_fill(one.program, 0, weight, (const float[T]){1, 1, 1, 1, 1, 2, 2, 2}, T);
        pl_program_tile(one.program, 0);
        pl_program_end(one.program, 0);
        pl_program_read(one.program, squares, &norm);
        pl_program_read(one.program, one.graph.grads.items[w], clipped ? grads : before);
        one_finish(&one);
        static double kept[ROWS * COLS];
        if (!clipped) memcpy(kept, before, sizeof kept);
        for (int k = 0; k < ROWS * COLS; k++) sum += kept[k] * kept[k];
        NEAR(norm / sum, 1);
        for (int k = 0; clipped && k < ROWS * COLS; k++) NEAR(grads[k], kept[k] * 0.5 / sqrt(sum));
    }
}

static void test_attend__gradients_are_clipped_by_their_norm(void) {
    draw();
    on_all(check_clip);
}

const struct pl_test pl_suite_attend[] = {
    {"one_head_by_hand", test_attend__one_head_by_hand},
    {"without_query_attention_is_a_mean", test_attend__without_query_attention_is_a_mean},
    {"later_tokens_do_not_show", test_attend__later_tokens_do_not_show},
    {"what_is_not_finite_does_not_go_back", test_attend__what_is_not_finite_does_not_go_back},
    {"company_does_not_show", test_attend__company_does_not_show},
    {"levels_do_not_show", test_attend__levels_do_not_show},
    {"products_are_counted", test_attend__products_are_counted},
    {"memory_is_linear_in_tokens", test_attend__memory_is_linear_in_tokens},
    {"rotation_is_complex_multiplication", test_attend__rotation_is_complex_multiplication},
    {"a_table_gathers_in_order", test_attend__a_table_gathers_in_order},
    {"a_mask_is_the_same_everywhere", test_attend__a_mask_is_the_same_everywhere},
    {"the_share_kept", test_attend__the_share_kept},
    {"asked_tokens_are_taken_out", test_attend__asked_tokens_are_taken_out},
    {"gradients_are_clipped_by_their_norm", test_attend__gradients_are_clipped_by_their_norm},
    {0},
};
