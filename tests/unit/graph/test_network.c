/* What a network notes: feeds by meaning, lists of a stack, sites over depth. */
#include "core/graph/network.h"

#include "tests/support/support.h"

static void test_network__a_feed_is_a_node_by_its_name(void) {
    struct pl_graph graph;
    struct pl_network network;
    pl_graph_init(&graph);
    pl_network_init(&network, &graph);
    for (int k = 0; k < PL_FEEDS; k++) PL_CHECK_INT(network.feed[k], PL_NONE);
    for (int k = 0; k < PL_MEASURES; k++) PL_CHECK_INT(network.measure[k], PL_NONE);
    int x = pl_network_feed(&network, PL_FEED_X, 5);
    int ids = pl_network_feed(&network, PL_FEED_IDS, 1);
    int inverse = pl_network_feed(&network, PL_FEED_INVERSE_WEIGHT, 1);
    PL_CHECK_INT(network.feed[PL_FEED_IDS], ids);
    PL_CHECK_INT(pl_graph_find(&graph, "x"), x);
    PL_CHECK_INT(pl_graph_find(&graph, "ids"), ids);
    PL_CHECK_INT(pl_graph_node(&graph, x)->rows, 5);
    PL_CHECK_INT(pl_graph_node(&graph, x)->dtype, PL_NUMBER);
    PL_CHECK_INT(pl_graph_node(&graph, ids)->dtype, PL_INDEX);
    PL_CHECK_INT(pl_graph_node(&graph, ids)->domain, PL_TILE);
    PL_CHECK_INT(pl_graph_node(&graph, inverse)->domain, PL_STEP);
    PL_CHECK_INT(network.feed[PL_FEED_Y], PL_NONE);
    PL_CHECK_TEXT(pl_measure_name(PL_MEASURE_LOSS), "loss");
    PL_CHECK_TEXT(pl_measure_name(PL_MEASURE_ACCURACY), "accuracy");
    pl_graph_finish(&graph);
}

/* Sites keep their order and a copy of where their entries come from, however many there are. */
static void test_network__sites_are_kept(void) {
    enum { SITES = 37 };
    struct pl_graph graph;
    struct pl_network network;
    int from[3];
    pl_graph_init(&graph);
    pl_network_init(&network, &graph);
    pl_network_stack(&network, SITES - 1);
    for (int k = 0; k < SITES; k++) {
        PL_CHECK_INT(network.v[k], PL_NONE);
        PL_CHECK_INT(network.h[k], PL_NONE);
        PL_CHECK_INT(network.row[k], PL_NONE);
        PL_CHECK_INT(network.source_mask[k], PL_NONE);
        PL_CHECK_INT(network.streams[k].node, PL_NONE);
        for (int i = 0; i < 3; i++) from[i] = 10 * k + i;
        pl_network_site(&network,
                        (struct pl_depth_site){k + 1, 100 + k, PL_NONE, 3, 2, k % 2 ? from : NULL});
    }
    PL_CHECK_INT(network.site_count, SITES);
    for (int k = 0; k < SITES; k++) {
        PL_CHECK_INT(network.sites[k].l, k + 1);
        PL_CHECK_INT(network.sites[k].weights, 100 + k);
        for (int i = 0; i < 3; i++) PL_CHECK_INT(network.sites[k].from[i], k % 2 ? 10 * k + i : i);
    }
    pl_graph_finish(&graph);
}

const struct pl_test pl_suite_network[] = {
    {"a_feed_is_a_node_by_its_name", test_network__a_feed_is_a_node_by_its_name},
    {"sites_are_kept", test_network__sites_are_kept},
    {0},
};
