/* attnres_block: attention over block sums (Kimi Team, 2603.15031; VARIANTS.md section 4.2).
 *
 * Layers come in blocks of S. A finished block is one source, the sum of its outputs; the running
 * block is one more. The bank starts empty and the running vector is e:
 *
 *     before layer l:  attend over bank + running;  at a block's first layer the running vector moves
 *                      into the bank and starts anew
 *     after layer l:   running ← running + y_l
 *     readout:         attend over bank + running
 *
 *     layer   1        2           3            4              (S = 2)
 *     sees    b0       b0 y1       b0 b1        b0 b1 y3
 */
#include "core/model/depth.h"

struct options {
    struct pl_depth_options depth;
    long block_size; /* S; auto (-1) is about eight blocks */
};

struct state {
    struct pl_sources sources; /* the bank, then the running vector when [running] */
    bool running;              /* is the last source the running vector? */
};

static const struct pl_option rows[] = {
    PL_DEPTH_ROWS(struct options, depth),
    PL_OPTION_AUTO_INT(struct options, block_size, "auto", 1, 1000000,
                       "layers of a block; auto is max(2, (depth + 4) / 8), about eight blocks"),
};

static long block_size(const struct pl_host *host, const struct options *options) {
    long about_eight = (host->depth + 4) / 8;
    if (options->block_size > 0) return options->block_size;
    return about_eight > 2 ? about_eight : 2;
}

static enum pl_status check(const struct pl_host *host, const void *options, const char **key) {
    return pl_depth_check(host, &((const struct options *)options)->depth, key);
}

static void begin(struct pl_build *build, int e) {
    struct state *state = build->state;
    pl_sources_add(build, &state->sources, e);
    state->running = true;
}

static int layer_input(struct pl_build *build, long l, int port) {
    (void)port;
    const struct options *options = build->options;
    struct state *state = build->state;
    int h = pl_depth_attend(build, &options->depth, l, &state->sources);
    if ((l - 1) % block_size(build->host, options) == 0) state->running = false;
    return h;
}

static void layer_output(struct pl_build *build, long l, int y) {
    (void)l;
    struct state *state = build->state;
    if (state->running) {
        int sum = pl_add(build->graph, state->sources.items[state->sources.count - 1].v, y);
        state->sources.count--;
        y = sum;
    }
    pl_sources_add(build, &state->sources, y);
    state->running = true;
}

static int readout(struct pl_build *build) {
    const struct options *options = build->options;
    return pl_depth_readout(build, &options->depth, &((struct state *)build->state)->sources);
}

/* Sources of site l: finished blocks and b_0, and the running block unless l opens one. */
static int sources_of(const struct pl_host *host, const struct options *options, long l) {
    long size = block_size(host, options);
    if (l == 1) return 1;
    if (l == host->depth + 1) return 1 + (int)((host->depth + size - 1) / size);
    return 1 + (int)((l - 1 + size - 1) / size);
}

static size_t param_count(const struct pl_host *host, const void *opaque) {
    const struct options *options = opaque;
    size_t total = 0;
    long last = host->depth + (options->depth.readout == PL_DEPTH_READ_ATTN);
    for (long l = 2; l <= last; l++)
        total += pl_depth_site_params(&options->depth, host->width, sources_of(host, options, l));
    return total;
}

/* The running sum, and the attention. */
static double flops(const struct pl_host *host, const void *opaque, long l) {
    const struct options *options = opaque;
    return (double)host->width +
           pl_depth_flops(&options->depth, host->width, sources_of(host, options, l));
}

const struct pl_residual pl_residual_attnres_block = {
    .name = "attnres_block",
    .family = "cross-layer",
    .formula = "h_l = sum_n softmax_n(w_l . (gain_l * rms(b_n))) b_n over block sums b_n",
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
