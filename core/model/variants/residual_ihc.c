/* ihc: mHC without mixing, an ablation of it (named in Chimera, 2607.28611).
 *
 *     res = I: streams are read and written adaptively, and otherwise carried
 */
#include "core/model/variants/manifold.h"

struct options {
    struct pl_manifold_options manifold;
    long n;
};

static const struct pl_option rows[] = {
    PL_OPTION_INT(struct options, n, "4", 1, PL_STREAMS, "streams"),
    PL_MANIFOLD_ROWS(struct options, manifold),
};

static struct pl_manifold manifold_of(const struct options *options) {
    return (struct pl_manifold){.options = &options->manifold, .n = (int)options->n};
}

static void begin(struct pl_build *build, int e) {
    struct pl_manifold manifold = manifold_of(build->options);
    pl_manifold_begin(build, &manifold, e);
}

static size_t param_count(const struct pl_host *host, const void *options) {
    struct pl_manifold manifold = manifold_of(options);
    return pl_manifold_params(&manifold, host);
}

static double flops(const struct pl_host *host, const void *options, long l) {
    (void)l;
    struct pl_manifold manifold = manifold_of(options);
    return pl_manifold_flops(&manifold, host, 0);
}

const struct pl_residual pl_residual_ihc = {
    .name = "ihc",
    .family = "multi-state",
    .formula = "h_l = sum_j pre_j H_j, H'_k = H_k + post_k y, r = sum_k H_k",
    .citation =
        "ablation in a later version of arXiv 2512.24880; named in Chimera 2026, arXiv 2607.28611",
    .evidence = "[A]",
    .version = 1,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct pl_manifold_state),
    .begin = begin,
    .layer_input = pl_manifold_input,
    .layer_output = pl_manifold_output,
    .readout = pl_manifold_readout,
    .param_count = param_count,
    .mix_row = pl_manifold_mix_row,
    .flops = flops,
};
