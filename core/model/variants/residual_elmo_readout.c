/* elmo_readout: the residual connection, read out as a learned average of all its states (Peters et al.,
 * N18-1202).
 *
 *     S_l = S_{l-1} + y_l,  S_0 = e;   h_l = S_{l-1};   r = c sum_{i=0}^{L} softmax(u)_i S_i
 *
 * u = 0 and c = 1 at the start.
 */
#include "core/model/variants/depth.h"

struct state {
    struct pl_sources states; /* S_0 .. */
};

static struct pl_sources *states(struct pl_build *build) {
    return &((struct state *)build->state)->states;
}

static void begin(struct pl_build *build, int e) {
    pl_sources_add(build, states(build), e);
}

static int layer_input(struct pl_build *build, long l, int port) {
    (void)port;
    return states(build)->items[l - 1].v;
}

static void layer_output(struct pl_build *build, long l, int y) {
    pl_sources_add(build, states(build), pl_add(build->graph, states(build)->items[l - 1].v, y));
}

static int readout(struct pl_build *build) {
    struct pl_graph *graph = build->graph;
    int count = states(build)->count, *s = PL_ARENA_ARRAY(build->arena, int, (size_t)count);
    for (int k = 0; k < count; k++) s[k] = states(build)->items[k].v;
    int u = pl_param(graph, "residual.u", count, 1, PL_GROUP_CONNECTION, PL_FILL_VALUE, 0);
    int c = pl_param(graph, "residual.c", 1, 1, PL_GROUP_CONNECTION, PL_FILL_VALUE, 1);
    int weights = pl_depth_masked(build, count, pl_softmax(graph, u, 1), count, NULL);
    return pl_gain(graph, c, pl_depth_mix(graph, weights, s, count, 1));
}

static size_t param_count(const struct pl_host *host, const void *options) {
    (void)options;
    return (size_t)host->depth + 2;
}

/* The sum; at l = L + 1 the average and its factor. */
static double flops(const struct pl_host *host, const void *options, long l) {
    (void)options;
    double d = (double)host->width;
    return l <= host->depth ? d : 2 * d * (double)l + d;
}

const struct pl_residual pl_residual_elmo_readout = {
    .name = "elmo_readout",
    .family = "cross-layer",
    .formula = "h <- h + y; r = c sum_i softmax(u)_i S_i over all states S",
    .citation = "Peters et al. 2018, \"Deep contextualized word representations\", N18-1202",
    .evidence = "[R]",
    .version = 1,
    .state_size = sizeof(struct state),
    .begin = begin,
    .layer_input = layer_input,
    .layer_output = layer_output,
    .readout = readout,
    .param_count = param_count,
    .flops = flops,
};
