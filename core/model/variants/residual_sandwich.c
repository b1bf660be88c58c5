/* sandwich: a norm before each layer and one behind it (CogView, 2105.13290; Peri-LN, 2502.02732).
 *
 *     h ← h + NormOut_l(F_l(Norm_l(h)))
 *
 * Peri-LN also normalises the embedding (embed_norm: true). Without the host's norms before the layers
 * (prenorm: false) it is the form of OLMo 2.
 */
#include "core/model/variants/single.h"

static const struct pl_option rows[] = {PL_SINGLE_NORMS_ROW(struct pl_single_norms)};

static void layer_output(struct pl_build *build, long l, int y) {
    struct pl_single *state = pl_single(build);
    state->h = pl_add(build->graph, state->h, pl_residual_norm(build, "norm", l, y));
}

static double flops(const struct pl_host *host, const void *options, long l) {
    (void)options, (void)l;
    return 5 * (double)host->width;
}

const struct pl_residual pl_residual_sandwich = {
    .name = "sandwich",
    .family = "single-state",
    .formula = "h <- h + NormOut_l(F_l(Norm_l(h)))",
    .citation =
        "Ding et al. 2021, CogView, arXiv 2105.13290; Kim et al. 2025, Peri-LN, arXiv 2502.02732",
    .evidence = "[R]",
    .version = 1,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct pl_single_norms),
    .state_size = sizeof(struct pl_single),
    .begin = pl_single_norms_begin,
    .layer_input = pl_single_input,
    .layer_output = layer_output,
    .readout = pl_single_readout,
    .param_count = pl_single_norms_params,
    .flops = flops,
};
