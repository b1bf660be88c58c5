/* ddl: deep delta learning, one vector: what lies along the layer's output is erased and rewritten
 * (Zhang et al., 2601.00417; without the official convolution over tokens).
 *
 *     h ← h + beta (v - k . h) k      k = y/|y|, beta in (0, 2), v in (0, 4): see delta.h
 */
#include "core/model/variants/delta.h"
#include "core/model/variants/single.h"

static void layer_output(struct pl_build *build, long l, int y) {
    struct pl_single *state = pl_single(build);
    state->h = pl_delta_update(build, l, 1, state->h, state->h, y);
}

static size_t param_count(const struct pl_host *host, const void *options) {
    (void)options;
    return (size_t)host->depth * pl_delta_params(host->width, 1);
}

static double flops(const struct pl_host *host, const void *options, long l) {
    (void)options, (void)l;
    return 11 * (double)host->width;
}

const struct pl_residual pl_residual_ddl = {
    .name = "ddl",
    .family = "multi-state",
    .formula = "h <- h + beta (v - k . h) k, k = y/|y|",
    .citation = "Zhang et al. 2026, \"Deep Delta Learning\", arXiv 2601.00417",
    .evidence = "[C]",
    .version = 1,
    .state_size = sizeof(struct pl_single),
    .begin = pl_single_begin,
    .layer_input = pl_single_input,
    .layer_output = layer_output,
    .readout = pl_single_readout,
    .param_count = param_count,
    .flops = flops,
};
