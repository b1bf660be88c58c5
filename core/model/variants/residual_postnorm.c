/* postnorm: the norm stands behind the addition (Vaswani et al., 1706.03762).
 *
 *     h ← Norm_l(h + F_l(h))       the last layer's norm is the final norm
 */
#include "core/model/variants/single.h"

struct options {
    bool embed_norm;
};

static const struct pl_option rows[] = {
    PL_SINGLE_EMBED_NORM_ROW(struct options),
};

static void begin(struct pl_build *build, int e) {
    pl_single_begin_norm(build, e, ((const struct options *)build->options)->embed_norm);
}

static void layer_output(struct pl_build *build, long l, int y) {
    struct pl_single *state = pl_single(build);
    state->h = pl_residual_norm(build, "norm", l, pl_add(build->graph, state->h, y));
}

static size_t param_count(const struct pl_host *host, const void *options) {
    long norms = host->depth + ((const struct options *)options)->embed_norm;
    return (size_t)norms * (size_t)host->width;
}

static double flops(const struct pl_host *host, const void *options, long l) {
    (void)options, (void)l;
    return 5 * (double)host->width;
}

const struct pl_residual pl_residual_postnorm = {
    .name = "postnorm",
    .family = "single-state",
    .formula = "h <- Norm_l(h + F_l(h))",
    .citation = "Vaswani et al. 2017, \"Attention Is All You Need\", arXiv 1706.03762",
    .evidence = "[P]",
    .version = 1,
    .flags = PL_RESIDUAL_PRENORM_OFF | PL_RESIDUAL_FINAL_NORM_OFF,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct pl_single),
    .begin = begin,
    .layer_input = pl_single_input,
    .layer_output = layer_output,
    .readout = pl_single_readout,
    .param_count = param_count,
    .flops = flops,
};
