/* keel: a weighted shortcut between an inner and an outer norm (Chen & Wei, "Post-LayerNorm Is Back",
 * 2601.19895).
 *
 *     h ← NormOut_l(alpha h + F_l(Norm_l(h)))       alpha = L, fixed
 *
 *     first block     layer 1:  h ← h + F_1(Norm_1(h))              no outer norm, alpha 1
 *                     layer 2:  h ← NormOut_2(h + F_2(Norm_2(h)))   alpha 1
 */
#include "core/model/variants/single.h"

struct options {
    struct pl_single_norms norms; /* first */
    double alpha;                 /* 0: depth */
    bool first_block;
};

static const struct pl_option rows[] = {
    PL_OPTION_REAL(struct options, alpha, "0", 0, 1e6,
                   "weight of the shortcut; 0 is the depth, what the paper says for deep models"),
    PL_OPTION_BOOL(struct options, first_block, "true",
                   "alpha is 1 in layers 1 and 2, and layer 1 has no outer norm"),
    PL_SINGLE_NORMS_ROW(struct pl_single_norms),
};

static double alpha(const struct pl_host *host, const struct options *options, long l) {
    if (options->first_block && l <= 2) return 1;
    return options->alpha > 0 ? options->alpha : (double)host->depth;
}

static void layer_output(struct pl_build *build, long l, int y) {
    const struct options *options = build->options;
    struct pl_single *state = pl_single(build);
    int sum = pl_axpby(build->graph, alpha(build->host, options, l), state->h, 1, y);
    bool bare = options->first_block && l == 1;
    state->h = bare ? sum : pl_residual_norm(build, "norm", l, sum);
}

static size_t param_count(const struct pl_host *host, const void *opaque) {
    size_t bare = ((const struct options *)opaque)->first_block;
    return pl_single_norms_params(host, opaque) - bare * (size_t)host->width;
}

static double flops(const struct pl_host *host, const void *options, long l) {
    (void)options, (void)l;
    return 6 * (double)host->width;
}

const struct pl_residual pl_residual_keel = {
    .name = "keel",
    .family = "single-state",
    .formula = "h <- NormOut_l(alpha h + F_l(Norm_l(h))), alpha = L (1 in layers 1 and 2)",
    .citation = "Chen & Wei 2026, \"Post-LayerNorm Is Back\", arXiv 2601.19895",
    .evidence = "[P] [D]",
    .version = 1,
    .flags = PL_RESIDUAL_FINAL_NORM_OFF,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct pl_single),
    .begin = pl_single_norms_begin,
    .layer_input = pl_single_input,
    .layer_output = layer_output,
    .readout = pl_single_readout,
    .param_count = param_count,
    .flops = flops,
};
