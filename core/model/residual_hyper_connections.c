/* hyper_connections: n streams, read, mixed and written by learned coefficients, static (SHC) or moved
 * by the streams themselves (DHC) (Zhu et al., 2409.19606).
 *
 *     h_l  = sum_j read[j] H_j            read = static + s_a tanh(rms(H_j) . w)
 *     H'_k = sum_j mix[j,k] H_j + write[k] y_l
 *     r    = sum_k H_k
 *
 *     read starts one-hot at stream l mod n, mix as I, write as 1, so every h_l is that of the
 *     standard residual; mixing starts where streams come to differ.
 */
#include "core/model/streams.h"

struct options {
    long n;
    bool dynamic, tanh;
};

static const struct pl_option rows[] = {
    PL_OPTION_INT(struct options, n, "4", 1, PL_STREAMS, "streams"),
    PL_OPTION_BOOL(struct options, dynamic, "true",
                   "coefficients move with the streams; false: learned numbers only"),
    PL_OPTION_BOOL(struct options, tanh, "true", "a tanh around what moves them"),
};

static struct pl_hyper hyper_of(const struct pl_host *host, const struct options *options) {
    return (struct pl_hyper){options->n, host->width, 1, options->dynamic, options->tanh};
}

static long streams(const struct pl_build *build) {
    return ((const struct options *)build->options)->n;
}

static void begin(struct pl_build *build, int e) {
    struct pl_streams *state = build->state;
    state->h = pl_streams_copy(build, e, (int)streams(build));
}

static int layer_input(struct pl_build *build, long l, int port) {
    (void)port;
    struct pl_streams *state = build->state;
    struct pl_hyper hyper = hyper_of(build->host, build->options);
    state->site = pl_hyper_site(build, &hyper, l, state->h);
    const int pair[] = {state->site.read, state->h};
    return pl_stream_mix(build->graph, 1, true, pair, 2);
}

static void layer_output(struct pl_build *build, long l, int y) {
    (void)l;
    struct pl_streams *state = build->state;
    const int pairs[] = {state->site.mix, state->h, state->site.write, y};
    state->h = pl_stream_mix(build->graph, (int)streams(build), true, pairs, 4);
}

static int readout(struct pl_build *build) {
    struct pl_streams *state = build->state;
    return pl_streams_sum(build, state->h, (int)streams(build));
}

static size_t param_count(const struct pl_host *host, const void *options) {
    struct pl_hyper hyper = hyper_of(host, options);
    return (size_t)host->depth * pl_hyper_site_params(&hyper);
}

static double flops(const struct pl_host *host, const void *opaque, long l) {
    (void)l;
    const struct options *options = opaque;
    double n = (double)options->n, d = (double)host->width, mix = 2 * n * d * (n + 2);
    return options->dynamic ? 2 * mix + 6 * n * d : mix;
}

const struct pl_residual pl_residual_hyper_connections = {
    .name = "hyper_connections",
    .family = "multi-state",
    .formula = "h_l = sum_j read_j H_j, H'_k = sum_j mix_jk H_j + write_k y, r = sum_k H_k",
    .citation = "Zhu et al. 2024, \"Hyper-Connections\", arXiv 2409.19606",
    .evidence = "[I]",
    .version = 1,
    .flags = PL_RESIDUAL_STARTS_STANDARD,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct pl_streams),
    .begin = begin,
    .layer_input = layer_input,
    .layer_output = layer_output,
    .readout = readout,
    .param_count = param_count,
    .flops = flops,
};
