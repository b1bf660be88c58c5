#include "core/backend/backend.h"

#include <stdlib.h>

#include "core/graph/op.h"
#include "tests/support/levels.h"
#include "tests/support/support.h"

enum { TILE = 32 };

/* ---- the registry ---- */

static void test_backend__known_names_are_found(void) {
    const struct pl_backend *backend;
    for (int k = 0; pl_backend_here(k); k++) {
        PL_REQUIRE_OK(pl_backend_find(&backend, pl_backend_name(pl_backend_here(k))));
        PL_CHECK(backend == pl_backend_here(k));
        PL_CHECK(strlen(pl_backend_summary(backend)) > 10);
    }
    PL_REQUIRE_OK(pl_backend_find(&backend, "ref"));
    PL_CHECK_INT(pl_backend_element_size(backend), sizeof(double));
    PL_REQUIRE_OK(pl_backend_find(&backend, "cpu"));
    PL_CHECK_INT(pl_backend_element_size(backend), sizeof(float));
    PL_CHECK(pl_backend_at(-1) == NULL && pl_backend_here(-1) == NULL);
}

static void test_backend__an_unknown_name_is_refused(void) {
    const struct pl_backend *backend;
    PL_CHECK_FAILS(pl_backend_find(&backend, "abacus"), PL_EBACKEND, "\"abacus\"");
    PL_CHECK(backend == NULL);
}

static void test_backend__an_unknown_level_is_refused(void) {
    const struct pl_backend *backend;
    setenv("PLUMBLINE_ISA", "x86-64-v9", 1);
    PL_CHECK_FAILS(pl_backend_find(&backend, "cpu"), PL_EBACKEND, "PLUMBLINE_ISA=x86-64-v9");
    PL_REQUIRE_OK(pl_backend_find(&backend, "ref")); /* which has no levels */
    PL_REQUIRE(pl_test_level(0) > 0);
    PL_REQUIRE_OK(pl_backend_find(&backend, "cpu"));
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_backend_numerics(backend, &text);
    PL_CHECK(strstr(text.text, "float32") && strstr(text.text, getenv("PLUMBLINE_ISA")));
    pl_strbuf_finish(&text);
    unsetenv("PLUMBLINE_ISA");
}

static void test_backend__tiles_are_whole_vectors(void) {
    for (int k = 0; pl_backend_at(k); k++)
        for (long width = 1; width < 5000; width = width * 3 + 1)
            for (size_t tokens = 1; tokens < 5000; tokens = tokens * 2 + 1) {
                int tile = pl_backend_tile(pl_backend_at(k), width, 4 * width, tokens);
                PL_CHECK(tile > 0 && tile % PL_ALIGN_ELEMENTS == 0);
                PL_CHECK((size_t)tile <= pl_graph_padded(tokens));
                PL_CHECK_INT(tile, pl_backend_tile(pl_backend_at(k), width, 4 * width, tokens));
            }
}

/* Cut into as many tiles as its table asks for, a batch loses less than a vector's worth to each. */
static void test_backend__tiles_of_a_batch_are_equal(void) {
    const struct pl_backend *cpu;
    PL_REQUIRE_OK(pl_backend_find(&cpu, "cpu"));
    for (long width = 1; width < 5000; width = width * 3 + 1)
        for (size_t tokens = 1; tokens < 5000; tokens = tokens * 2 + 1) {
            size_t tile = (size_t)pl_backend_tile(cpu, width, 4 * width, tokens);
            size_t tiles = (tokens + tile - 1) / tile;
            PL_CHECK(tiles * tile - tokens < tiles * PL_ALIGN_ELEMENTS + tile * (tiles > 16));
        }
}

static void test_backend__a_tile_can_be_forced(void) {
    const struct pl_backend *cpu;
    PL_REQUIRE_OK(pl_backend_find(&cpu, "cpu"));
    setenv("PLUMBLINE_TILE", "48", 1);
    PL_CHECK_INT(pl_backend_tile(cpu, 10, 40, 1000), 48);
    PL_CHECK_INT(pl_backend_tile(cpu, 10, 40, 20), 32);
    unsetenv("PLUMBLINE_TILE");
    PL_CHECK(pl_backend_tile(cpu, 10, 40, 1000) > 48);
}

/* ---- numbers in and out, on every backend ---- */

struct bench {
    struct pl_graph graph;
    struct pl_plan plan;
    struct pl_program *program;
};

static void bench_plan(struct bench *b, const struct pl_backend *backend, const int *targets,
                       int count) {
    pl_plan_make(&b->plan, &b->graph, TILE, &(struct pl_pass_spec){"value", targets, count}, 1);
    PL_REQUIRE_OK(pl_program_create(&b->program, backend, &b->plan));
}

static void bench_finish(struct bench *b) {
    pl_program_destroy(b->program);
    pl_plan_finish(&b->plan);
    pl_graph_finish(&b->graph);
}

static void check_gather(const struct pl_backend *backend) {
    struct bench b = {0};
    float data[40 * 3];
    const uint32_t index[] = {39, 0, 7, 7};
    double x[3 * TILE];
    pl_graph_init(&b.graph);
    int feed = pl_feed_tile(&b.graph, "x", 3, PL_NUMBER), y = pl_scale(&b.graph, 1, feed);
    const int targets[] = {feed, y};
    bench_plan(&b, backend, targets, 2);
    for (int k = 0; k < 40 * 3; k++) data[k] = (float)k;
    pl_program_gather(b.program, 0, feed, data, (struct pl_gather){.first = 5, .count = TILE});
    pl_program_read_tile(b.program, 0, feed, x);
    for (int c = 0; c < 3; c++)
        for (int t = 0; t < TILE; t++) PL_CHECK(x[c * TILE + t] == 3 * (t + 5) + c);
    pl_program_gather(b.program, 0, feed, data, (struct pl_gather){index, 0, 4});
    pl_program_tile(b.program, 0);
    pl_program_read_tile(b.program, 0, y, x);
    for (int c = 0; c < 3; c++)
        for (int t = 0; t < TILE; t++)
            PL_CHECK(x[c * TILE + t] == (t < 4 ? 3 * (int)index[t] + c : 0)); /* padded */
    bench_finish(&b);
}

static void test_backend__gather_transposes_and_pads(void) {
    for (int k = 0; pl_backend_here(k); k++) check_gather(pl_backend_here(k));
}

static void check_writes(const struct pl_backend *backend) {
    struct bench b = {0};
    double values[6] = {1, -2, 0.5, 1e30, 0, 3}, found[6], two;
    pl_graph_init(&b.graph);
    int w = pl_param(&b.graph, "w", 2, 3, PL_GROUP_WEIGHT, PL_FILL_VALUE, 0);
    int u = pl_param(&b.graph, "u", 2, 3, PL_GROUP_WEIGHT, PL_FILL_VALUE, 0);
    int unread = pl_param(&b.graph, "unread", 2, 3, PL_GROUP_PLAIN, PL_FILL_VALUE, 0);
    int c = pl_const(&b.graph, 2), c2 = pl_scale(&b.graph, 1, c);
    const int targets[] = {pl_mul(&b.graph, w, u), c2};
    bench_plan(&b, backend, targets, 2);
    pl_program_write(b.program, w, values);
    pl_program_write(b.program, u, values);
    pl_program_write(b.program, unread, values); /* no pass reads it: no harm */
    pl_program_begin(b.program, 0);
    pl_program_read(b.program, w, found);
    for (int k = 0; k < 6; k++) PL_CHECK(found[k] == (k == 3 ? found[3] : values[k]));
    PL_CHECK_NEAR(found[3] / 1e30, 1, 1e-7);
    pl_program_read(b.program, targets[0], found);
    PL_CHECK(found[1] == 4 && found[2] == 0.25 && found[5] == 9);
    pl_program_read(b.program, c2, &two);
    PL_CHECK(two == 2);
    bench_finish(&b);
}

static void test_backend__parameters_are_written_and_read(void) {
    for (int k = 0; pl_backend_here(k); k++) check_writes(pl_backend_here(k));
}

/* Sums go on from tile to tile and start anew at each step; labels are integers. */
static void check_steps(const struct pl_backend *backend) {
    struct bench b = {0};
    const float logits[] = {1, 2, 0, 5, 4, 0}, ones[] = {1, 1};
    const int32_t labels[] = {1, 1};
    double hits;
    pl_graph_init(&b.graph);
    int x = pl_feed_tile(&b.graph, "x", 3, PL_NUMBER);
    int label = pl_feed_tile(&b.graph, "labels", 1, PL_INDEX);
    int weight = pl_feed_tile(&b.graph, "weight", 1, PL_NUMBER);
    int node = pl_hits(&b.graph, x, label, weight);
    bench_plan(&b, backend, &node, 1);
    for (int step = 0; step < 3; step++) {
        pl_program_begin(b.program, 0);
        for (int tile = 0; tile < 4; tile++) {
            pl_program_gather(b.program, 0, x, logits, (struct pl_gather){.count = 2});
            pl_program_gather_index(b.program, 0, label, labels, (struct pl_gather){.count = 2});
            pl_program_fill(b.program, 0, weight, ones, 2);
            pl_program_tile(b.program, 0);
        }
        pl_program_end(b.program, 0);
        pl_program_read(b.program, node, &hits);
        PL_CHECK(hits == 4); /* the first of two tokens, four times; padding counts for nothing */
    }
    bench_finish(&b);
}

static void test_backend__a_step_starts_from_nothing(void) {
    for (int k = 0; pl_backend_here(k); k++) check_steps(pl_backend_here(k));
}

/* ---- memory ---- */

static void test_backend__short_memory_is_a_sentence(void) {
    struct pl_graph graph;
    struct pl_plan plan;
    pl_graph_init(&graph);
    int x = pl_feed_tile(&graph, "x", 3, PL_NUMBER), y = pl_scale(&graph, 2, x);
    pl_plan_make(&plan, &graph, TILE, &(struct pl_pass_spec){"value", &y, 1}, 1);
    plan.size[PL_REGION_SCRATCH] = (size_t)1 << 58;
    for (int k = 0; pl_backend_here(k); k++) {
        struct pl_program *program;
        PL_CHECK_FAILS(pl_program_create(&program, pl_backend_here(k), &plan), PL_EMEMORY,
                       "tile scratch");
        PL_CHECK(program == NULL);
    }
    pl_program_destroy(NULL);
    pl_plan_finish(&plan);
    pl_graph_finish(&graph);
}

const struct pl_test pl_suite_backend[] = {
    {"known_names_are_found", test_backend__known_names_are_found},
    {"an_unknown_name_is_refused", test_backend__an_unknown_name_is_refused},
    {"an_unknown_level_is_refused", test_backend__an_unknown_level_is_refused},
    {"tiles_are_whole_vectors", test_backend__tiles_are_whole_vectors},
    {"tiles_of_a_batch_are_equal", test_backend__tiles_of_a_batch_are_equal},
    {"a_tile_can_be_forced", test_backend__a_tile_can_be_forced},
    {"gather_transposes_and_pads", test_backend__gather_transposes_and_pads},
    {"parameters_are_written_and_read", test_backend__parameters_are_written_and_read},
    {"a_step_starts_from_nothing", test_backend__a_step_starts_from_nothing},
    {"short_memory_is_a_sentence", test_backend__short_memory_is_a_sentence},
    {0},
};
