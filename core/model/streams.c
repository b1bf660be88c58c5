#include "core/model/streams.h"

int pl_streams_copy(struct pl_build *build, int e, int n) {
    int *copies = PL_ARENA_ARRAY(build->arena, int, (size_t)n);
    for (int k = 0; k < n; k++) copies[k] = e;
    return n == 1 ? e : pl_stack(build->graph, copies, n);
}

int pl_streams_sum(struct pl_build *build, int h, int n) {
    int *streams = PL_ARENA_ARRAY(build->arena, int, (size_t)n);
    int d = pl_graph_node(build->graph, h)->rows / n;
    for (int k = 0; k < n; k++) streams[k] = pl_view(build->graph, h, k * d, d);
    return pl_sum(build->graph, streams, n);
}

int pl_streams_scalar(struct pl_build *build, const char *what, long l, double start) {
    return pl_residual_param(build, what, l, 1, 1, PL_GROUP_CONNECTION, PL_FILL_VALUE, start);
}

/* ---- hyper-connections ---- */

static int learned(struct pl_build *build, const char *what, long l, long rows, long cols,
                   double start) {
    return pl_residual_param(build, what, l, rows, cols, PL_GROUP_CONNECTION, PL_FILL_VALUE, start);
}

/* read: one-hot at stream l mod n, or I where blocks are read; mix: I; write: 1. */
static struct pl_site static_site(struct pl_build *build, const struct pl_hyper *hyper, long l) {
    long n = hyper->n;
    struct pl_site site = {learned(build, "read", l, n, hyper->reads, 0),
                           learned(build, "mix", l, n, n, 0), learned(build, "write", l, n, 1, 1)};
    bool one = hyper->reads == 1;
    pl_param_where(build->graph, site.read, one ? (int)(l % n) : 0, (int)n + 1, 1);
    pl_param_where(build->graph, site.mix, 0, (int)n + 1, 1);
    return site;
}

struct pl_site pl_hyper_site(struct pl_build *build, const struct pl_hyper *hyper, long l, int h) {
    struct pl_graph *graph = build->graph;
    struct pl_site site = static_site(build, hyper, l);
    if (!hyper->dynamic) return site;
    int n = (int)hyper->n, reads = n * (int)hyper->reads, mixes = n * n;
    const int w[] = {learned(build, "read_w", l, hyper->width, hyper->reads, 0),
                     learned(build, "mix_w", l, hyper->width, n, 0),
                     learned(build, "write_w", l, hyper->width, 1, 0)};
    int scale_a = pl_streams_scalar(build, "scale_a", l, 0.01);
    int scale_b = pl_streams_scalar(build, "scale_b", l, 0.01);
    int r = pl_norm_stats(graph, h, PL_NORM_RMS, build->host->norm_eps, n);
    int moved = pl_project(graph, h, r, w, 3);
    if (hyper->tanh) moved = pl_activate(graph, moved, PL_NONE, PL_ACT_TANH);
    int a = pl_gain(graph, scale_a, pl_view(graph, moved, 0, reads + mixes));
    int b = pl_gain(graph, scale_b, pl_view(graph, moved, reads + mixes, n));
    return (struct pl_site){pl_bias(graph, pl_view(graph, a, 0, reads), site.read),
                            pl_bias(graph, pl_view(graph, a, reads, mixes), site.mix),
                            pl_bias(graph, b, site.write)};
}

size_t pl_hyper_site_params(const struct pl_hyper *hyper) {
    size_t n = (size_t)hyper->n, columns = (size_t)hyper->reads + n + 1;
    return n * columns + (hyper->dynamic ? (size_t)hyper->width * columns + 2 : 0);
}
