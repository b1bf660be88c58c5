#include "core/graph/graph.h"

#include <signal.h>

#include "core/graph/op.h"
#include "tests/support/support.h"

static int matrix(struct pl_graph *graph, const char *name, int rows, int cols) {
    return pl_param(graph, name, rows, cols, PL_GROUP_WEIGHT, PL_FILL_VALUE, 0);
}

static void test_graph__operators_have_the_shapes_of_their_formulas(void) {
    struct pl_graph graph;
    pl_graph_init(&graph);
    int x = pl_feed_tile(&graph, "x", 5, PL_NUMBER), w = matrix(&graph, "w", 7, 5);
    int y = pl_matmul(&graph, w, x), back = pl_matmul_transposed(&graph, w, y);
    int stats = pl_norm_stats(&graph, y, PL_NORM_LAYER, 0, 1);
    int outer = pl_op(&graph, PL_OP_OUTER, (struct pl_attr){0}, (const int[]){y, x}, 2);
    PL_CHECK_INT(pl_graph_node(&graph, y)->rows, 7);
    PL_CHECK_INT(pl_graph_node(&graph, y)->domain, PL_TILE);
    PL_CHECK_INT(pl_graph_node(&graph, back)->rows, 5);
    PL_CHECK_INT(pl_graph_node(&graph, stats)->rows, 2);
    PL_CHECK_INT(pl_graph_node(&graph, outer)->rows, 7);
    PL_CHECK_INT(pl_graph_node(&graph, outer)->cols, 5);
    PL_CHECK_INT(pl_graph_node(&graph, outer)->domain, PL_STEP);
    pl_graph_check(&graph);
    pl_graph_finish(&graph);
}

static void test_graph__boundaries_are_where_tokens_are_summed(void) {
    struct pl_graph graph;
    pl_graph_init(&graph);
    int x = pl_feed_tile(&graph, "x", 5, PL_NUMBER), w = matrix(&graph, "w", 5, 5);
    int weight = pl_feed_tile(&graph, "weight", 1, PL_NUMBER);
    int y = pl_matmul(&graph, w, x), loss = pl_mse(&graph, y, x, weight);
    int twice = pl_scale(&graph, 2, loss), ww = pl_mul(&graph, w, w);
    PL_CHECK(!pl_graph_is_boundary(&graph, x));
    PL_CHECK(!pl_graph_is_boundary(&graph, y));
    PL_CHECK(pl_graph_is_boundary(&graph, loss));
    PL_CHECK(!pl_graph_is_boundary(&graph, twice));
    PL_CHECK(!pl_graph_is_boundary(&graph, ww));
    pl_graph_finish(&graph);
}

static void test_graph__a_view_is_a_base_and_a_first_row(void) {
    struct pl_graph graph;
    int first = -1;
    pl_graph_init(&graph);
    int x = pl_feed_tile(&graph, "x", 9, PL_NUMBER);
    int outer = pl_view(&graph, x, 2, 6), inner = pl_view(&graph, outer, 3, 2);
    PL_CHECK_INT(pl_graph_root(&graph, inner, &first), x);
    PL_CHECK_INT(first, 5);
    PL_CHECK_INT(pl_graph_node(&graph, inner)->rows, 2);
    PL_CHECK_INT(pl_graph_root(&graph, x, &first), x);
    PL_CHECK_INT(first, 0);
    PL_CHECK_INT(pl_view(&graph, x, 0, 9), x); /* all of it is it */
    pl_graph_finish(&graph);
}

static void test_graph__a_sum_of_one_is_that_one(void) {
    struct pl_graph graph;
    pl_graph_init(&graph);
    int x = pl_feed_tile(&graph, "x", 3, PL_NUMBER);
    PL_CHECK_INT(pl_sum(&graph, &x, 1), x);
    pl_graph_finish(&graph);
}

static void test_graph__parameters_of_a_group_lie_one_after_the_other(void) {
    struct pl_graph graph;
    pl_graph_init(&graph);
    int a = matrix(&graph, "a", 3, 5);
    int bias = pl_param(&graph, "bias", 3, 1, PL_GROUP_PLAIN, PL_FILL_VALUE, 0);
    int b = matrix(&graph, "b", 4, 4), c = matrix(&graph, "c", 1, 1);
    PL_CHECK_INT(pl_graph_node(&graph, a)->flat, 0);
    PL_CHECK_INT(pl_graph_node(&graph, b)->flat, 16); /* 15, padded */
    PL_CHECK_INT(pl_graph_node(&graph, c)->flat, 32);
    PL_CHECK_INT(pl_graph_node(&graph, bias)->flat, 0);
    PL_CHECK_INT(graph.group_size[PL_GROUP_WEIGHT], 48);
    PL_CHECK_INT(pl_graph_param_count(&graph, PL_GROUP_WEIGHT), 15 + 16 + 1);
    PL_CHECK_INT(pl_graph_param_count(&graph, PL_GROUP_PLAIN), 3);
    PL_CHECK_INT(pl_graph_node(&graph, pl_params(&graph, PL_GROUP_WEIGHT))->rows, 48);
    pl_graph_finish(&graph);
}

static void test_graph__leaves_are_found_by_name(void) {
    struct pl_graph graph;
    pl_graph_init(&graph);
    int x = pl_feed_tile(&graph, "x", 3, PL_NUMBER), w = matrix(&graph, "layers.1.w1", 2, 3);
    int m = pl_state(&graph, "m", 16);
    PL_CHECK_INT(pl_graph_find(&graph, "x"), x);
    PL_CHECK_INT(pl_graph_find(&graph, "layers.1.w1"), w);
    PL_CHECK_INT(pl_graph_find(&graph, "m"), m);
    PL_CHECK_INT(pl_graph_find(&graph, "layers.1"), PL_NONE);
    pl_graph_finish(&graph);
}

static void multiply_unlike(void *context) {
    struct pl_graph *graph = context;
    pl_mul(graph, pl_feed_tile(graph, "x", 3, PL_NUMBER), pl_feed_tile(graph, "y", 4, PL_NUMBER));
}

static void test_graph__a_wrong_shape_is_named_and_aborts(void) {
    struct pl_graph graph;
    struct pl_apart apart;
    pl_graph_init(&graph);
    pl_run_apart(&apart, multiply_unlike, &graph);
    PL_CHECK_INT(apart.signal, SIGABRT);
    PL_CHECK(strstr(apart.err, "mul: inputs [3][tokens] [4][tokens]") != NULL);
    PL_CHECK(strstr(apart.err, "rows == x->rows") != NULL);
    pl_graph_finish(&graph);
}

static void test_graph__pictures_name_every_node(void) {
    struct pl_graph graph;
    struct pl_strbuf text;
    pl_graph_init(&graph);
    pl_strbuf_init(&text);
    int x = pl_feed_tile(&graph, "x", 3, PL_NUMBER), w = matrix(&graph, "w", 2, 3);
    pl_scale(&graph, 2, pl_matmul(&graph, w, x));
    pl_graph_dump_text(&graph, &text);
    const char *const words[] = {"feed", "[3][tokens]", "param", "[2,3]", "matmul", "scale"};
    for (size_t k = 0; k < sizeof words / sizeof words[0]; k++)
        PL_CHECK(strstr(text.text, words[k]) != NULL);
    pl_strbuf_clear(&text);
    pl_graph_dump_dot(&graph, &text);
    PL_CHECK(strstr(text.text, "digraph") == text.text);
    PL_CHECK(strstr(text.text, "matmul") != NULL);
    pl_strbuf_finish(&text);
    pl_graph_finish(&graph);
}

const struct pl_test pl_suite_graph[] = {
    {"operators_have_the_shapes_of_their_formulas",
     test_graph__operators_have_the_shapes_of_their_formulas},
    {"boundaries_are_where_tokens_are_summed", test_graph__boundaries_are_where_tokens_are_summed},
    {"a_view_is_a_base_and_a_first_row", test_graph__a_view_is_a_base_and_a_first_row},
    {"a_sum_of_one_is_that_one", test_graph__a_sum_of_one_is_that_one},
    {"parameters_of_a_group_lie_one_after_the_other",
     test_graph__parameters_of_a_group_lie_one_after_the_other},
    {"leaves_are_found_by_name", test_graph__leaves_are_found_by_name},
    {"a_wrong_shape_is_named_and_aborts", test_graph__a_wrong_shape_is_named_and_aborts},
    {"pictures_name_every_node", test_graph__pictures_name_every_node},
    {0},
};
