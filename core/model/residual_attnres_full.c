/* attnres_full: every site attends over all earlier layer outputs (Kimi Team, "Attention Residuals",
 * 2603.15031; switches of VARIANTS.md section 5 in depth.h).
 *
 *     h_l = sum_{i<l} alpha_i v_i,   alpha = softmax_i(w_l . (gain_l * rms(v_i)))
 *
 *     v_0  v_1  v_2  ...  v_{l-1}
 *      └────┴────┴──── w_l ──┴──► h_l ─► F_l ─► v_l      site 1 has one source: h_1 = v_0
 */
#include "core/model/depth.h"

struct options {
    struct pl_depth_options depth;
};

struct state {
    struct pl_sources sources; /* v_0 .. */
};

static const struct pl_option rows[] = {PL_DEPTH_ROWS(struct options, depth)};

static enum pl_status check(const struct pl_host *host, const void *options, const char **key) {
    return pl_depth_check(host, &((const struct options *)options)->depth, key);
}

static void begin(struct pl_build *build, int e) {
    pl_sources_add(build, &((struct state *)build->state)->sources, e);
}

static int layer_input(struct pl_build *build, long l, int port) {
    (void)port;
    const struct options *options = build->options;
    return pl_depth_attend(build, &options->depth, l, &((struct state *)build->state)->sources);
}

static void layer_output(struct pl_build *build, long l, int y) {
    (void)l;
    pl_sources_add(build, &((struct state *)build->state)->sources, y);
}

static int readout(struct pl_build *build) {
    const struct options *options = build->options;
    return pl_depth_readout(build, &options->depth, &((struct state *)build->state)->sources);
}

static size_t param_count(const struct pl_host *host, const void *options) {
    const struct pl_depth_options *depth = &((const struct options *)options)->depth;
    size_t total = 0;
    for (long l = 2; l <= host->depth + (depth->readout == PL_DEPTH_READ_ATTN); l++)
        total += pl_depth_site_params(depth, host->width, (int)l);
    return total;
}

static double flops(const struct pl_host *host, const void *options, long l) {
    return pl_depth_flops(&((const struct options *)options)->depth, host->width, (int)l);
}

const struct pl_residual pl_residual_attnres_full = {
    .name = "attnres_full",
    .family = "cross-layer",
    .formula = "h_l = sum_i softmax_i(w_l . (gain_l * rms(v_i))) v_i over all outputs before l",
    .citation = "Kimi Team 2026, \"Attention Residuals\", arXiv 2603.15031",
    .evidence = "[P]",
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
