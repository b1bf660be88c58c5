#include "core/model/variants/delta.h"

#include <math.h>

/* In |y|^2 + EPS^2, so that y = 0 has a direction: none. */
#define EPS 1e-5

static int weight(struct pl_build *build, const char *what, long l, long rows, long cols) {
    return pl_residual_param(build, what, l, rows, cols, PL_GROUP_CONNECTION, PL_FILL_NORMAL,
                             0.5 / sqrt((double)build->host->width));
}

static int bias(struct pl_build *build, const char *what, long l, long rows) {
    return pl_residual_param(build, what, l, rows, 1, PL_GROUP_CONNECTION, PL_FILL_VALUE, 0);
}

/* y / sqrt(|y|^2 + EPS^2): an RMS norm, divided by sqrt(d) */
static int direction(struct pl_graph *graph, int y) {
    double d = pl_graph_node(graph, y)->rows;
    int stats = pl_norm_stats(graph, y, PL_NORM_RMS, EPS * EPS / d, 1);
    return pl_scale(graph, 1 / sqrt(d), pl_norm_apply(graph, y, stats, PL_NONE, PL_NORM_RMS));
}

/* 2 sigmoid(w . rms(h) + b), in (0, 2): 1 erases what lies along k, 2 reflects it */
static int strength(struct pl_build *build, long l, int read) {
    struct pl_graph *graph = build->graph;
    int w = weight(build, "beta_w", l, build->host->width, 1), b = bias(build, "beta_b", l, 1);
    int r = pl_norm_stats(graph, read, PL_NORM_RMS, build->host->norm_eps, 1);
    int x = pl_project(graph, read, r, &w, 1);
    return pl_scale(graph, 2, pl_activate(graph, x, b, PL_ACT_SIGMOID));
}

/* 4 sigmoid(W h + b); one column's W is a vector */
static int value(struct pl_build *build, long l, int columns, int read) {
    struct pl_graph *graph = build->graph;
    long d = build->host->width;
    int w =
        columns == 1 ? weight(build, "value_w", l, d, 1) : weight(build, "value_w", l, columns, d);
    int b = bias(build, "value_b", l, columns);
    int x = columns == 1 ? pl_matmul_transposed(graph, w, read) : pl_matmul(graph, w, read);
    return pl_scale(graph, 4, pl_activate(graph, x, b, PL_ACT_SIGMOID));
}

int pl_delta_update(struct pl_build *build, long l, int columns, int h, int read, int y) {
    struct pl_graph *graph = build->graph;
    int k = direction(graph, y), beta = strength(build, l, read);
    int v = value(build, l, columns, read);
    int error = pl_axpby(graph, 1, v, -1, pl_stream_dot(graph, k, 1, h));
    const int pair[] = {pl_gain(graph, beta, error), k};
    return pl_add(graph, h, pl_stream_mix(graph, columns, false, pair, 2));
}

size_t pl_delta_params(long width, int columns) {
    size_t d = (size_t)width, n = (size_t)columns;
    return d + 1 + d * n + n;
}
