/* mgr: multi-gate residuals (Zheng et al., 2605.23259; independent code swfsql/burn-mamba).
 *
 *     streams   s_1 = e; layers 1 .. n-1 append their output as a new one;
 *               then s_i <- (1 - g_i) s_i + g_i y_l,   g_i = sigmoid(<w, rms(s_i)> / sqrt(d) + b)
 *     read      h_l = sum_i softmax_i(<u, rms(s_i)> / sqrt(d)) s_i
 *
 *     layer     1      2      3      4      5        (n = 3)
 *     streams   e      e      e      e'     e''
 *                      y1     y1     y1'    y1''
 *                             y2     y2'    y2''     3 is the first that all streams take a share of
 *
 * u = residual.read_w.l and w = residual.write_w.l start at 0: the read is the mean, and gates are equal.
 * b = residual.write_b.l is one number a layer, so that a share of 1 / (sqrt(M/21) (e^3 + 1)) is written at
 * first, M = L - n + 1 being the layers that write: the paper's -3 where M is its 21. The independent
 * code has a bias a stream. The norms have no gain.
 *
 * Streams are nodes of their own, with an inverse RMS that reading and the next gates share.
 */
#include "core/base/math.h"
#include "core/model/variants/depth.h"

#include <math.h>

struct options {
    long streams;
};

/* Gate and carry g, 1 - g of one stream at one layer. */
struct gate {
    int write, keep;
};

struct state {
    int n, count;       /* streams there may be, and are */
    int *s, *r;         /* each, and its inverse RMS; PL_NONE until asked for */
    int *weights;       /* of site l at l; PL_NONE: there was one stream */
    struct gate *gates; /* of layer l and stream i at l n + i */
};

static const struct pl_option rows[] = {
    PL_OPTION_INT(struct options, streams, "4", 2, PL_STREAMS,
                  "streams: the embedding and the outputs of the first layers, to which later "
                  "outputs are added by gates"),
};

static void append(struct state *state, int s) {
    state->r[state->count] = PL_NONE;
    state->s[state->count++] = s;
}

static void begin(struct pl_build *build, int e) {
    struct state *state = build->state;
    size_t sites = (size_t)build->host->depth + 2;
    state->n = (int)((const struct options *)build->options)->streams;
    state->s = PL_ARENA_ARRAY(build->arena, int, (size_t)state->n);
    state->r = PL_ARENA_ARRAY(build->arena, int, (size_t)state->n);
    state->weights = PL_ARENA_ARRAY(build->arena, int, sites);
    state->gates = PL_ARENA_ARRAY(build->arena, struct gate, sites * (size_t)state->n);
    append(state, e);
}

static int vector(struct pl_build *build, const char *what, long l) {
    return pl_residual_param(build, what, l, build->host->width, 1, PL_GROUP_CONNECTION,
                             PL_FILL_VALUE, 0);
}

/* Once a value of the stream. */
static int inverse_rms(struct pl_build *build, struct state *state, int i) {
    if (state->r[i] == PL_NONE)
        state->r[i] =
            pl_norm_stats(build->graph, state->s[i], PL_NORM_RMS, build->host->norm_eps, 1);
    return state->r[i];
}

static int layer_input(struct pl_build *build, long l, int port) {
    (void)port;
    struct state *state = build->state;
    struct pl_graph *graph = build->graph;
    const struct pl_depth depth = {PL_SCORE_SOFTMAX, 1, sqrt((double)build->host->width)};
    int count = state->count;
    state->weights[l] = PL_NONE;
    if (count == 1) return state->s[0];
    for (int i = 0; i < count; i++) inverse_rms(build, state, i);
    if (build->look) pl_residual_saw_streams(build, pl_stack(graph, state->s, count), count);
    int u = vector(build, "read_w", l);
    state->weights[l] = pl_depth_weights(graph, &depth, u, state->s, state->r, count);
    return pl_depth_mix(graph, state->weights[l], state->s, count, 1);
}

static int readout(struct pl_build *build) {
    return layer_input(build, build->host->depth + 1, 0);
}

/* Layers that write into all streams. */
static long writers(const struct pl_host *host, long n) {
    return host->depth >= n ? host->depth - n + 1 : 0;
}

/* b, where sigmoid(b) = 1 / (sqrt(M/21) (e^3 + 1)). */
static double first_bias(const struct pl_host *host, long n) {
    return -pl_log(sqrt((double)writers(host, n) / 21) * (pl_exp(3) + 1) - 1);
}

static void layer_output(struct pl_build *build, long l, int y) {
    struct state *state = build->state;
    struct pl_graph *graph = build->graph;
    if (state->count < state->n) {
        append(state, y);
        return;
    }
    int w = vector(build, "write_w", l);
    int b = pl_residual_param(build, "write_b", l, 1, 1, PL_GROUP_CONNECTION, PL_FILL_VALUE,
                              first_bias(build->host, state->n));
    int minus_b = pl_scale(graph, -1, b);
    for (int i = 0; i < state->n; i++) {
        int score = pl_project(graph, state->s[i], inverse_rms(build, state, i), &w, 1);
        int z = pl_scale(graph, 1 / sqrt((double)build->host->width), score);
        struct gate gate = {pl_activate(graph, z, b, PL_ACT_SIGMOID),
                            pl_activate(graph, pl_scale(graph, -1, z), minus_b, PL_ACT_SIGMOID)};
        const int shares[] = {gate.keep, gate.write}, both[] = {state->s[i], y};
        state->gates[l * state->n + i] = gate;
        state->s[i] = pl_depth_mix(graph, pl_stack(graph, shares, 2), both, 2, 1);
        state->r[i] = PL_NONE;
    }
}

/* From the last output to the first; w_i weighs stream i after layer j. */
static int mix_row(struct pl_build *build, long l) {
    struct state *state = build->state;
    struct pl_graph *graph = build->graph;
    int n = l < state->n ? (int)l : state->n, w[PL_STREAMS], shares[PL_STREAMS];
    int *row = PL_ARENA_ARRAY(build->arena, int, (size_t)l);
    if (l == 1) return pl_depth_ones(build, 0, 1);
    for (int i = 0; i < n; i++) w[i] = pl_view(graph, state->weights[l], i, 1);
    for (long j = l - 1; j >= n; j--) {
        for (int i = 0; i < n; i++) {
            const struct gate *gate = &state->gates[j * state->n + i];
            shares[i] = pl_mul(graph, gate->write, w[i]);
            w[i] = pl_mul(graph, gate->keep, w[i]);
        }
        row[j] = pl_sum(graph, shares, n);
    }
    for (int i = 0; i < n; i++) row[i] = w[i];
    return pl_stack(graph, row, (int)l);
}

static size_t param_count(const struct pl_host *host, const void *options) {
    size_t d = (size_t)host->width;
    long n = ((const struct options *)options)->streams;
    return (size_t)host->depth * d + (size_t)writers(host, n) * (d + 1);
}

/* Norms of streams that are new to the site, scores and mean; then gates and mixtures. */
static double flops(const struct pl_host *host, const void *options, long l) {
    double d = (double)host->width;
    long n = ((const struct options *)options)->streams, streams = l < n ? l : n;
    long fresh = l <= 2 ? l - 1 + (l == 2) : l <= n ? 1 : n;
    double read = l < 2 ? 0 : 4 * d * (double)streams + 2 * d * (double)fresh;
    return read + (l < n ? 0 : 5 * d * (double)n);
}

const struct pl_residual pl_residual_mgr = {
    .name = "mgr",
    .family = "multi-state",
    .formula = "h_l = sum_i softmax_i(<u_l, rms(s_i)>/sqrt(d)) s_i, s_i <- (1 - g_i) s_i + g_i y, "
               "g_i = sigmoid(<w_l, rms(s_i)>/sqrt(d) + b_l)",
    .citation = "Zheng et al. 2026, \"Multi-Gate Residuals\", arXiv 2605.23259",
    .evidence = "[A] [I] [D]",
    .version = 1,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct state),
    .begin = begin,
    .layer_input = layer_input,
    .layer_output = layer_output,
    .readout = readout,
    .param_count = param_count,
    .mix_row = mix_row,
    .flops = flops,
};
