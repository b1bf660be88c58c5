#include "core/model/variants/delta_attn.h"

static struct pl_delta_attn *delta(struct pl_build *build) {
    return build->state;
}

enum pl_status pl_delta_attn_check(const struct pl_host *host, const void *options,
                                   const char **key) {
    return pl_depth_check(host, &((const struct pl_delta_attn_options *)options)->depth, key);
}

void pl_delta_attn_begin(struct pl_build *build, int e) {
    const struct pl_delta_attn_options *options = build->options;
    struct pl_delta_attn *state = delta(build);
    size_t sites = (size_t)build->host->depth + 2;
    state->options = *options;
    state->block_size = pl_depth_block_size(build->host, options->block_size);
    state->s = state->sources.state = e;
    state->running = PL_NONE;
    state->chosen = PL_ARENA_ARRAY(build->arena, struct pl_choice_of_sources, sites);
    state->gate = PL_ARENA_ARRAY(build->arena, int, sites);
    for (size_t l = 0; l < sites; l++) state->chosen[l].weights = state->gate[l] = PL_NONE;
    pl_sources_add(build, &state->sources, e);
}

/* The factor g_l, a step-level number; PL_NONE where it is 1. */
static int gate(struct pl_build *build, int kind, long l) {
    if (kind == PL_DELTA_ATTN_NONE) return PL_NONE;
    bool sigmoid = kind == PL_DELTA_ATTN_SIGMOID;
    int g = pl_residual_param(build, "gate", l, 1, 1, PL_GROUP_CONNECTION, PL_FILL_VALUE,
                              sigmoid ? -2 : 0);
    return sigmoid ? pl_sigmoid(build->graph, g) : g;
}

int pl_delta_attn_input(struct pl_build *build, long l, int port) {
    (void)port;
    struct pl_delta_attn *state = delta(build);
    int h = state->s;
    if (l > 1) {
        int a = pl_depth_site(build, &state->options.depth, l, &state->sources, &state->chosen[l]);
        state->gate[l] = gate(build, state->options.gate, l);
        if (state->gate[l] != PL_NONE) a = pl_gain(build->graph, state->gate[l], a);
        h = pl_add(build->graph, h, a);
    }
    if (state->options.depth.query_state == PL_DEPTH_LAYER_INPUT) state->sources.state = h;
    return h;
}

void pl_delta_attn_output(struct pl_build *build, long l, int y) {
    struct pl_delta_attn *state = delta(build);
    state->s = pl_add(build->graph, state->s, y);
    if (state->options.depth.query_state == PL_DEPTH_OUTPUT) state->sources.state = y;
    if (state->options.depth.query_state == PL_DEPTH_SUM) state->sources.state = state->s;
    if (state->options.depth.summary == PL_DEPTH_SUMMARY_RMS) y = pl_depth_share(build, y);
    state->running = state->running == PL_NONE ? y : pl_add(build->graph, state->running, y);
    if (l % state->block_size != 0) return;
    pl_sources_add(build, &state->sources, state->running);
    state->running = PL_NONE;
}

int pl_delta_attn_readout(struct pl_build *build) {
    return delta(build)->s;
}

/* ---- 1 + g alpha, of the outputs in finished blocks; 1 of the others ---- */

/* alpha, output by output, an unfinished block's 0 */
static int spread(struct pl_build *build, long l) {
    struct pl_delta_attn *state = delta(build);
    const struct pl_choice_of_sources *chosen = &state->chosen[l];
    long size = state->block_size, finished = (l - 1) / size * size;
    int *source_of = PL_ARENA_ARRAY(build->arena, int, (size_t)l), heads = chosen->heads;
    for (long i = 0; i <= finished; i++) source_of[i] = (int)((i + size - 1) / size);
    int row = pl_depth_row(build, chosen, source_of, finished + 1);
    if (finished + 1 == l) return row;
    struct pl_attr attr = {.place = {0, (int)l * heads}};
    return pl_op(build->graph, PL_OP_PLACE, attr, &row, 1);
}

/* [count] times the same step-level number */
static int repeated(struct pl_build *build, int number, int count) {
    int *parts = PL_ARENA_ARRAY(build->arena, int, (size_t)count);
    for (int k = 0; k < count; k++) {
        struct pl_attr attr = {.place = {k, count}};
        parts[k] = pl_op(build->graph, PL_OP_PLACE, attr, &number, 1);
    }
    return pl_sum(build->graph, parts, count);
}

int pl_delta_attn_mix_row(struct pl_build *build, long l) {
    struct pl_graph *graph = build->graph;
    struct pl_delta_attn *state = delta(build);
    const struct pl_depth_options *options = &state->options.depth;
    if (options->values == PL_DEPTH_NORMED || options->summary == PL_DEPTH_SUMMARY_RMS)
        return PL_NONE;
    if (state->chosen[l].weights == PL_NONE) return pl_depth_ones(build, 0, l);
    int row = spread(build, l), rows = pl_graph_node(graph, row)->rows;
    bool tile = pl_graph_node(graph, row)->domain == PL_TILE;
    int ones = pl_depth_ones(build, 0, rows), g = state->gate[l];
    if (g != PL_NONE && tile) row = pl_gain(graph, g, row);
    if (g != PL_NONE && !tile) row = pl_mul(graph, repeated(build, g, rows), row);
    return tile ? pl_bias(graph, row, ones) : pl_add(graph, row, ones);
}

/* ---- costs ---- */

static int count_of(const struct pl_host *host, const struct pl_delta_attn_options *options,
                    long l) {
    return 1 + (int)((l - 1) / pl_depth_block_size(host, options->block_size));
}

size_t pl_delta_attn_param_count(const struct pl_host *host, const void *opaque) {
    const struct pl_delta_attn_options *options = opaque;
    size_t total = 0;
    for (long l = 2; l <= host->depth; l++)
        total += pl_depth_site_params(&options->depth, host->width, count_of(host, options, l)) +
                 (options->gate != PL_DELTA_ATTN_NONE);
    return total;
}

/* The stream and what is added to it; sums of blocks; the gate. */
double pl_delta_attn_flops(const struct pl_host *host, const void *opaque, long l) {
    const struct pl_delta_attn_options *options = opaque;
    bool blocks = pl_depth_block_size(host, options->block_size) > 1;
    double d = (double)host->width, sums = blocks ? 3 * d : 2 * d;
    if (options->depth.summary == PL_DEPTH_SUMMARY_RMS) sums += 3 * d;
    if (l < 2) return d;
    return sums + pl_depth_flops(&options->depth, host->width, count_of(host, options, l)) +
           (options->gate == PL_DELTA_ATTN_NONE ? 0 : d);
}
