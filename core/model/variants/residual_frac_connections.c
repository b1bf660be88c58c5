/* frac_connections: hyper-connections without widening: the m parts of h are the streams (2503.14125).
 *
 *     h = [H_0 H_1 ... H_{m-1}], parts of d/m channels
 *     h_l  = [sum_i read[i,c] H_i]_c
 *     H'_j = sum_i mix[i,j] H_i + write[j] (y_l)_j        read, mix start as I, write as 1
 */
#include "core/model/variants/streams.h"

struct options {
    long streams;
    bool dynamic, tanh;
};

static const struct pl_option rows[] = {
    PL_OPTION_INT(struct options, streams, "4", 1, PL_STREAMS, "parts; must divide the width"),
    PL_OPTION_BOOL(struct options, dynamic, "true",
                   "coefficients move with the parts; false: learned numbers only"),
    PL_OPTION_BOOL(struct options, tanh, "true", "a tanh around what moves them"),
};

struct state {
    int h;
    struct pl_site site; /* of the layer at hand */
};

static enum pl_status check(const struct pl_host *host, const void *opaque, const char **key) {
    const struct options *options = opaque;
    *key = "variant.streams";
    if (host->width % options->streams == 0) return PL_OK;
    return pl_fail(PL_ECONFIG, "%ld parts do not divide the width %ld; choose a divisor",
                   options->streams, host->width);
}

static struct pl_hyper hyper_of(const struct pl_host *host, const struct options *options) {
    return (struct pl_hyper){options->streams, host->width / options->streams, options->streams,
                             options->dynamic, options->tanh};
}

static int parts(const struct pl_build *build) {
    return (int)((const struct options *)build->options)->streams;
}

static void begin(struct pl_build *build, int e) {
    ((struct state *)build->state)->h = e;
}

static int layer_input(struct pl_build *build, long l, int port) {
    (void)port;
    struct state *state = build->state;
    struct pl_hyper hyper = hyper_of(build->host, build->options);
    state->site = pl_hyper_site(build, &hyper, l, state->h);
    const int pair[] = {state->site.read, state->h};
    pl_residual_saw_streams(build, state->h, parts(build));
    return pl_stream_mix(build->graph, parts(build), true, pair, 2);
}

static void layer_output(struct pl_build *build, long l, int y) {
    (void)l;
    struct state *state = build->state;
    const int pair[] = {state->site.mix, state->h};
    int mixed = pl_stream_mix(build->graph, parts(build), true, pair, 2);
    state->h = pl_add(build->graph, mixed, pl_gain(build->graph, state->site.write, y));
}

static int readout(struct pl_build *build) {
    struct state *state = build->state;
    pl_residual_saw_streams(build, state->h, parts(build));
    return state->h;
}

static size_t param_count(const struct pl_host *host, const void *options) {
    struct pl_hyper hyper = hyper_of(host, options);
    return (size_t)host->depth * pl_hyper_site_params(&hyper);
}

/* As hyper_connections over width d/m, with a read of m columns. */
static double flops(const struct pl_host *host, const void *opaque, long l) {
    (void)l;
    const struct options *options = opaque;
    double d = (double)host->width, mix = 2 * d * (2 * (double)options->streams + 1);
    return options->dynamic ? 2 * mix + 6 * d : mix;
}

const struct pl_residual pl_residual_frac_connections = {
    .name = "frac_connections",
    .family = "multi-state",
    .formula =
        "on m parts of h: h_l = [sum_i read_ic H_i]_c, H'_j = sum_i mix_ij H_i + write_j y_j",
    .citation = "Zhu et al. 2025, \"Frac-Connections\", arXiv 2503.14125",
    .evidence = "[I]",
    .version = 1,
    .flags = PL_RESIDUAL_STARTS_STANDARD,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct state),
    .check = check,
    .begin = begin,
    .layer_input = layer_input,
    .layer_output = layer_output,
    .readout = readout,
    .param_count = param_count,
    .flops = flops,
};
