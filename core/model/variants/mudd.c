#include "core/model/variants/mudd.h"

#include <math.h>

/* States after layer l, the last of a block. */
static long states_after(const struct pl_host *host, long l) {
    return l / pl_host_period(host) + 1;
}

/* C after layer l. */
static long streams_after(const struct pl_host *host, const void *options, long l) {
    return ((const struct pl_mudd_options *)options)->ports && l < host->depth ? PL_PORTS : 1;
}

/* K after layer l. */
static long hidden(const struct pl_host *host, const void *options, long l) {
    long factor = l == host->depth ? 4 : streams_after(host, options, l);
    return factor * states_after(host, l);
}

void pl_mudd_begin(struct pl_build *build, int e) {
    struct pl_mudd *state = build->state;
    pl_sources_add(build, &state->states, e);
    for (int c = 0; c < PL_PORTS; c++) state->stream[c] = e;
    state->h = e;
}

int pl_mudd_input(struct pl_build *build, long l, int port) {
    const struct pl_mudd *state = build->state;
    (void)l;
    return build->ports > 1 ? state->stream[port] : state->h;
}

/* w_l, a weight a stream, state and token. */
static int weights(struct pl_build *build, long l, int x) {
    struct pl_graph *graph = build->graph;
    const struct pl_host *host = build->host;
    long d = host->width, k = hidden(host, build->options, l), n = states_after(host, l);
    long rows = streams_after(host, build->options, l) * n;
    const enum pl_group group = PL_GROUP_CONNECTION;
    int w1 =
        pl_residual_param(build, "mudd_w1", l, d, k, group, PL_FILL_NORMAL, 1 / sqrt((double)d));
    int w2 = pl_residual_param(build, "mudd_w2", l, k, rows, group, PL_FILL_VALUE, 0);
    int a = pl_residual_param(build, "a", l, rows, 1, group, PL_FILL_VALUE, 0);
    pl_param_where(graph, a, (int)n - 1, (int)n, 1);
    int stats = pl_norm_stats(graph, x, PL_NORM_RMS, host->norm_eps, 1);
    int u = pl_norm_apply(graph, x, stats, PL_NONE, PL_NORM_RMS);
    int inner = pl_activate(graph, pl_matmul_transposed(graph, w1, u), PL_NONE, PL_ACT_GELU);
    return pl_bias(graph, pl_matmul_transposed(graph, w2, inner), a);
}

void pl_mudd_output(struct pl_build *build, long l, int y) {
    struct pl_mudd *state = build->state;
    long layers = pl_host_period(build->host), count = states_after(build->host, l);
    long streams = streams_after(build->host, build->options, l);
    state->h = pl_add(build->graph, state->h, y);
    if (l % layers != 0) return;
    pl_sources_add(build, &state->states, state->h);
    int *all = PL_ARENA_ARRAY(build->arena, int, (size_t)count), w[PL_PORTS];
    int *from = PL_ARENA_ARRAY(build->arena, int, (size_t)count);
    for (long j = 0; j < count; j++) {
        all[j] = state->states.items[j].v;
        from[j] = (int)(j * layers);
    }
    pl_depth_masked_streams(build, l, weights(build, l, state->h), (int)count, (int)streams, from,
                            w);
    for (int c = 0; c < PL_PORTS; c++)
        state->stream[c] =
            c < streams ? pl_depth_mix(build->graph, w[c], all, (int)count, 1) : state->stream[0];
    state->h = state->stream[streams - 1];
}

int pl_mudd_readout(struct pl_build *build) {
    return ((struct pl_mudd *)build->state)->h;
}

size_t pl_mudd_param_count(const struct pl_host *host, const void *options) {
    size_t total = 0;
    for (long l = pl_host_period(host); l <= host->depth; l += pl_host_period(host)) {
        long rows = streams_after(host, options, l) * states_after(host, l);
        total += (size_t)(hidden(host, options, l) * (host->width + rows) + rows);
    }
    return total;
}

double pl_mudd_flops(const struct pl_host *host, const void *options, long l) {
    if (l % pl_host_period(host) != 0) return 0;
    double d = (double)host->width, k = (double)hidden(host, options, l);
    double rows = (double)(streams_after(host, options, l) * states_after(host, l));
    return 2 * d * k + 2 * k * rows + 2 * d * rows;
}
