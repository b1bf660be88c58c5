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
#include "core/model/variants/streams.h"

struct options {
    long streams;
    bool dynamic, tanh;
};

static const struct pl_option rows[] = {
    PL_OPTION_INT(struct options, streams, "4", 1, PL_STREAMS,
                  "copies of the state that are read, mixed and written"),
    PL_OPTION_BOOL(struct options, dynamic, "true",
                   "coefficients move with the streams; false: learned numbers only"),
    PL_OPTION_BOOL(struct options, tanh, "true", "a tanh around what moves them"),
};

static struct pl_hyper hyper_of(const struct pl_host *host, const struct options *options) {
    return (struct pl_hyper){options->streams, host->width, 1, options->dynamic, options->tanh};
}

static void begin(struct pl_build *build, int e) {
    const struct options *options = build->options;
    pl_streams_begin(build, build->state, e, (int)options->streams, true);
}

static int layer_input(struct pl_build *build, long l, int port) {
    (void)port;
    struct pl_streams *state = build->state;
    struct pl_hyper hyper = hyper_of(build->host, build->options);
    return pl_streams_read(build, state, l, pl_hyper_site(build, &hyper, l, state->h));
}

static void layer_output(struct pl_build *build, long l, int y) {
    pl_streams_write(build, build->state, l, y);
}

static int readout(struct pl_build *build) {
    return pl_streams_sum(build, build->state);
}

static int mix_row(struct pl_build *build, long l) {
    return pl_streams_mix_row(build, build->state, l);
}

static size_t param_count(const struct pl_host *host, const void *options) {
    struct pl_hyper hyper = hyper_of(host, options);
    return (size_t)host->depth * pl_hyper_site_params(&hyper);
}

static double flops(const struct pl_host *host, const void *opaque, long l) {
    (void)l;
    const struct options *options = opaque;
    double n = (double)options->streams, d = (double)host->width, mix = 2 * n * d * (n + 2);
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
    .mix_row = mix_row,
    .flops = flops,
};
