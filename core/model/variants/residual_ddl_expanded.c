/* ddl_expanded: deep delta learning on a matrix of d_v columns (Zhang et al., 2601.00417; without the
 * official convolution over tokens, and with a read of its own for every layer).
 *
 *     H [d, d_v] ── rho_l ──► h_l ─► F_l ─► y_l        H starts as d_v copies of e
 *     H ← H + beta k (v' - k'H)                        r = sum_c rho_{L+1,c} H_c
 */
#include "core/model/variants/delta.h"
#include "core/model/variants/streams.h"

struct options {
    long value_width;
};

struct state {
    int h;    /* the columns, one under another */
    int read; /* what the layer at hand read: the update needs it too */
};

static const struct pl_option rows[] = {
    PL_OPTION_INT(struct options, value_width, "4", 1, 64, "columns of the state"),
};

static int columns(const struct pl_build *build) {
    return (int)((const struct options *)build->options)->value_width;
}

static void begin(struct pl_build *build, int e) {
    ((struct state *)build->state)->h = pl_streams_copy(build, e, columns(build));
}

static int read_columns(struct pl_build *build, long l) {
    struct state *state = build->state;
    int n = columns(build);
    int rho = pl_residual_param(build, "rho", l, n, 1, PL_GROUP_CONNECTION, PL_FILL_VALUE, 1.0 / n);
    const int pair[] = {rho, state->h};
    pl_residual_saw_streams(build, state->h, n);
    return pl_stream_mix(build->graph, 1, false, pair, 2);
}

static int layer_input(struct pl_build *build, long l, int port) {
    (void)port;
    struct state *state = build->state;
    return state->read = read_columns(build, l);
}

static void layer_output(struct pl_build *build, long l, int y) {
    struct state *state = build->state;
    state->h = pl_delta_update(build, l, columns(build), state->h, state->read, y);
}

static int readout(struct pl_build *build) {
    return read_columns(build, build->host->depth + 1);
}

static size_t param_count(const struct pl_host *host, const void *opaque) {
    int n = (int)((const struct options *)opaque)->value_width;
    size_t depth = (size_t)host->depth;
    return depth * pl_delta_params(host->width, n) + (depth + 1) * (size_t)n;
}

static double flops(const struct pl_host *host, const void *opaque, long l) {
    (void)l;
    return (6 + 8 * (double)((const struct options *)opaque)->value_width) * (double)host->width;
}

const struct pl_residual pl_residual_ddl_expanded = {
    .name = "ddl_expanded",
    .family = "multi-state",
    .formula = "H <- H + beta k (v' - k'H), k = y/|y|, h_l = H rho_l",
    .citation = "Zhang et al. 2026, \"Deep Delta Learning\", arXiv 2601.00417",
    .evidence = "[C]",
    .version = 1,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct state),
    .begin = begin,
    .layer_input = layer_input,
    .layer_output = layer_output,
    .readout = readout,
    .param_count = param_count,
    .flops = flops,
};
