/* Initial values: bounds, variances, streams, rounding. */
#include "core/base/rng.h"
#include "core/model/init.h"
#include "tests/support/support.h"

enum { ROWS = 40, COLS = 50, SCHEMES = 5 };

static double *draw(struct pl_graph *graph, int param, uint64_t seed) {
    const struct pl_node *node = pl_graph_node(graph, param);
    double *values = pl_alloc((size_t)node->rows * (size_t)node->cols * sizeof *values);
    pl_init_draw(graph, param, seed, values);
    return values;
}

static double mean_square(const double *values, size_t count) {
    double total = 0;
    for (size_t k = 0; k < count; k++) total += values[k] * values[k];
    return total / (double)count;
}

/* Variances by the papers: 1/(3 fan_in), 1/fan_in, 2/fan_in, 2/(fan_in + fan_out) twice. With 2000
 * draws the standard error of a mean square is at most 3.2 % of it. */
static void test_init__weights_have_the_variance_of_their_scheme(void) {
    const double expected[SCHEMES] = {1.0 / (3 * COLS), 1.0 / COLS, 2.0 / COLS, 2.0 / (ROWS + COLS),
                                      2.0 / (ROWS + COLS)};
    for (int scheme = 0; scheme < SCHEMES; scheme++) {
        struct pl_graph graph;
        pl_graph_init(&graph);
        double *w = draw(&graph, pl_init_weight(&graph, "w", ROWS, COLS, scheme, 1), 1);
        PL_CHECK_NEAR(mean_square(w, ROWS * COLS) / expected[scheme], 1, 0.13);
        pl_free(w);
        pl_graph_finish(&graph);
    }
}

static void test_init__uniform_fan_in_stays_in_its_bounds(void) {
    struct pl_graph graph;
    pl_graph_init(&graph);
    double *w = draw(&graph, pl_init_weight(&graph, "w", ROWS, COLS, 0, 1), 3), top = 0;
    double *b = draw(&graph, pl_init_bias(&graph, "b", ROWS, COLS, 0), 3);
    for (int k = 0; k < ROWS * COLS; k++) top = fmax(top, fabs(w[k]));
    PL_CHECK(top <= 1 / sqrt(COLS) && top > 0.99 / sqrt(COLS));
    for (int k = 0; k < ROWS; k++) PL_CHECK(fabs(b[k]) <= 1 / sqrt(COLS));
    PL_CHECK(mean_square(b, ROWS) > 0);
    pl_free(w);
    pl_free(b);
    pl_graph_finish(&graph);
}

static void test_init__other_schemes_have_no_bias(void) {
    for (int scheme = 1; scheme < SCHEMES; scheme++) {
        struct pl_graph graph;
        pl_graph_init(&graph);
        double *b = draw(&graph, pl_init_bias(&graph, "b", ROWS, COLS, scheme), 3);
        PL_CHECK(mean_square(b, ROWS) == 0);
        pl_free(b);
        pl_graph_finish(&graph);
    }
}

/* The stream is init/NAME of the seed, drawn in order and rounded to float32: written out again. */
static void test_init__values_come_from_the_tensor_s_own_stream(void) {
    struct pl_graph graph;
    struct pl_rng rng;
    pl_graph_init(&graph);
    pl_init_weight(&graph, "layers.1.w1", 7, 3, 0, 1);
    double *w = draw(&graph, pl_init_weight(&graph, "layers.2.w1", 7, 3, 0, 1), 9);
    pl_rng_init(&rng, 9, "init/layers.2.w1");
    for (int k = 0; k < 21; k++)
        PL_CHECK(w[k] == (float)((2 * pl_rng_uniform(&rng) - 1) / sqrt(3)));
    pl_free(w);
    pl_graph_finish(&graph);
}

/* Half the factor is half of every value, for every scheme. */
static void test_init__a_factor_scales_every_value(void) {
    for (int scheme = 0; scheme < SCHEMES; scheme++) {
        struct pl_graph whole, half;
        pl_graph_init(&whole);
        pl_graph_init(&half);
        double *a = draw(&whole, pl_init_weight(&whole, "w", 7, 3, scheme, 1), 9);
        double *b = draw(&half, pl_init_weight(&half, "w", 7, 3, scheme, 0.5), 9);
        for (int k = 0; k < 21; k++) PL_CHECK(b[k] == a[k] / 2);
        pl_free(a);
        pl_free(b);
        pl_graph_finish(&whole);
        pl_graph_finish(&half);
    }
}

static void test_init__a_diagonal_repeats_down_the_rows(void) {
    static const double square[9] = {3, 0, 0, 0, 3, 0, 0, 0, 3};
    static const double tall[10] = {3, 0, 0, 3, 3, 0, 0, 3, 3, 0};
    struct pl_graph graph;
    pl_graph_init(&graph);
    enum pl_group group = PL_GROUP_CONNECTION;
    double *a = draw(&graph, pl_param(&graph, "a", 3, 3, group, PL_FILL_DIAGONAL, 3), 1);
    double *b = draw(&graph, pl_param(&graph, "b", 5, 2, group, PL_FILL_DIAGONAL, 3), 1);
    for (int k = 0; k < 9; k++) PL_CHECK(a[k] == square[k]);
    for (int k = 0; k < 10; k++) PL_CHECK(b[k] == tall[k]);
    pl_free(a);
    pl_free(b);
    pl_graph_finish(&graph);
}

static void test_init__one_hot_has_a_single_one(void) {
    struct pl_graph graph;
    pl_graph_init(&graph);
    double *a =
        draw(&graph, pl_param(&graph, "a", 4, 1, PL_GROUP_CONNECTION, PL_FILL_ONE_HOT, 2), 1);
    for (int k = 0; k < 4; k++) PL_CHECK(a[k] == (k == 2));
    pl_free(a);
    pl_graph_finish(&graph);
}

const struct pl_test pl_suite_init[] = {
    {"weights_have_the_variance_of_their_scheme",
     test_init__weights_have_the_variance_of_their_scheme},
    {"uniform_fan_in_stays_in_its_bounds", test_init__uniform_fan_in_stays_in_its_bounds},
    {"other_schemes_have_no_bias", test_init__other_schemes_have_no_bias},
    {"values_come_from_the_tensor_s_own_stream",
     test_init__values_come_from_the_tensor_s_own_stream},
    {"a_factor_scales_every_value", test_init__a_factor_scales_every_value},
    {"a_diagonal_repeats_down_the_rows", test_init__a_diagonal_repeats_down_the_rows},
    {"one_hot_has_a_single_one", test_init__one_hot_has_a_single_one},
    {0},
};
