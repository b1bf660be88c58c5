#include "core/model/variants/streams.h"

int pl_streams_copy(struct pl_build *build, int e, int n) {
    int *copies = PL_ARENA_ARRAY(build->arena, int, (size_t)n);
    for (int k = 0; k < n; k++) copies[k] = e;
    return n == 1 ? e : pl_stack(build->graph, copies, n);
}

void pl_streams_begin(struct pl_build *build, struct pl_streams *streams, int e, int n,
                      bool from_to) {
    size_t sites = (size_t)build->host->depth + 2;
    *streams = (struct pl_streams){n, from_to, e, pl_streams_copy(build, e, n),
                                   PL_ARENA_ARRAY(build->arena, struct pl_site, sites)};
    streams->sites[sites - 1].read = PL_NONE;
}

int pl_streams_read(struct pl_build *build, struct pl_streams *streams, long l,
                    struct pl_site site) {
    const int pair[] = {site.read, streams->h};
    streams->sites[l] = site;
    pl_residual_saw_streams(build, streams->h, streams->n);
    return pl_stream_mix(build->graph, 1, streams->from_to, pair, 2);
}

void pl_streams_write(struct pl_build *build, struct pl_streams *streams, long l, int y) {
    const struct pl_site *site = &streams->sites[l];
    const int pairs[] = {site->write, y, site->mix, streams->h};
    bool mixed = site->mix != PL_NONE;
    int next = pl_stream_mix(build->graph, streams->n, streams->from_to, pairs, mixed ? 4 : 2);
    streams->h = mixed ? next : pl_add(build->graph, streams->h, next);
}

int pl_streams_sum(struct pl_build *build, const struct pl_streams *streams) {
    int n = streams->n, *each = PL_ARENA_ARRAY(build->arena, int, (size_t)n);
    pl_residual_saw_streams(build, streams->h, n);
    int d = pl_graph_node(build->graph, streams->h)->rows / n;
    for (int k = 0; k < n; k++) each[k] = pl_view(build->graph, streams->h, k * d, d);
    return pl_sum(build->graph, each, n);
}

/* ---- mixing rows ---- */

/* 1 for every token. */
static int ones(struct pl_build *build, const struct pl_streams *streams) {
    struct pl_graph *graph = build->graph;
    int zero = pl_scale(graph, 0, pl_view(graph, streams->e, 0, 1));
    return pl_bias(graph, zero, pl_const(graph, 1));
}

/* How site [l] weighs the streams before it: [n] rows. */
static int stream_weights(struct pl_build *build, const struct pl_streams *streams, long l) {
    int one = ones(build, streams), read = streams->sites[l].read;
    const int pair[] = {read, one};
    return read == PL_NONE ? pl_streams_copy(build, one, streams->n)
                           : pl_stream_mix(build->graph, streams->n, false, pair, 2);
}

/* From the last output to the first; [w] weighs the streams after layer i. */
int pl_streams_mix_row(struct pl_build *build, const struct pl_streams *streams, long l) {
    struct pl_graph *graph = build->graph;
    int *row = PL_ARENA_ARRAY(build->arena, int, (size_t)l);
    int w = stream_weights(build, streams, l);
    for (long i = l - 1; i >= 1; i--) {
        const struct pl_site *site = &streams->sites[i];
        const int write[] = {site->write, w}, mix[] = {site->mix, w};
        row[i] = pl_stream_mix(graph, 1, false, write, 2);
        if (site->mix != PL_NONE) w = pl_stream_mix(graph, streams->n, !streams->from_to, mix, 2);
    }
    int *first = PL_ARENA_ARRAY(build->arena, int, (size_t)streams->n);
    for (int k = 0; k < streams->n; k++) first[k] = pl_view(graph, w, k, 1);
    row[0] = pl_sum(graph, first, streams->n);
    return l == 1 ? row[0] : pl_stack(graph, row, (int)l);
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
