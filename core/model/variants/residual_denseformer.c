/* denseformer: learned averages of states (Pagliardini et al., 2402.02622; epfml/DenseFormer). A block
 * of an MLP model is one layer, of a transformer two; within a block the residual stream goes on.
 *
 *     X_0 = Y_0 = e;   X_b = Y_{b-1} + y of the layers of block b
 *     Y_b = sum_{j <= b, j = b mod dilation} a_{b,j} X_j after every [period] blocks, else X_b;  r = Y_B
 *
 * a_b starts as 1 at X_b and 0 elsewhere: the residual connection. Its name has the block's last layer.
 */
#include "core/model/variants/depth.h"

struct options {
    long dilation, period;
};

struct state {
    struct pl_sources states; /* X_0 .. */
    int y;                    /* Y_{b-1}, and what the block has added */
};

static const struct pl_option rows[] = {
    PL_OPTION_INT(struct options, dilation, "1", 1, 1000000,
                  "an average takes every so-many-th of the earlier states"),
    PL_OPTION_INT(struct options, period, "1", 1, 1000000, "layers from one average to the next"),
};

/* States that the average after layer l takes. */
static long kept(const struct pl_host *host, const struct options *options, long l) {
    long layers = pl_host_period(host), b = l / layers;
    return l % layers == 0 && b % options->period == 0 ? b / options->dilation + 1 : 0;
}

static void begin(struct pl_build *build, int e) {
    struct state *state = build->state;
    pl_sources_add(build, &state->states, e);
    state->y = e;
}

static int layer_input(struct pl_build *build, long l, int port) {
    (void)l, (void)port;
    return ((struct state *)build->state)->y;
}

static void layer_output(struct pl_build *build, long l, int y) {
    const struct options *options = build->options;
    struct state *state = build->state;
    long count = kept(build->host, options, l), layers = pl_host_period(build->host);
    state->y = pl_add(build->graph, state->y, y);
    if (l % layers != 0) return;
    pl_sources_add(build, &state->states, state->y);
    if (count == 0) return;
    int *x = PL_ARENA_ARRAY(build->arena, int, (size_t)count);
    int *from = PL_ARENA_ARRAY(build->arena, int, (size_t)count);
    for (long k = 0; k < count; k++) {
        long b = l / layers - (count - 1 - k) * options->dilation;
        from[k] = (int)(b * layers);
        x[k] = state->states.items[b].v;
    }
    int a = pl_residual_param(build, "a", l, count, 1, PL_GROUP_CONNECTION, PL_FILL_ONE_HOT,
                              (double)count - 1);
    a = pl_depth_masked(build, l, a, (int)count, from);
    state->y = pl_depth_mix(build->graph, a, x, (int)count, 1);
}

static int readout(struct pl_build *build) {
    return ((struct state *)build->state)->y;
}

static size_t param_count(const struct pl_host *host, const void *options) {
    size_t total = 0;
    for (long l = 1; l <= host->depth; l++) total += (size_t)kept(host, options, l);
    return total;
}

static double flops(const struct pl_host *host, const void *options, long l) {
    return 2 * (double)host->width * (double)kept(host, options, l);
}

const struct pl_residual pl_residual_denseformer = {
    .name = "denseformer",
    .family = "cross-layer",
    .formula = "X_l = Y + y; Y <- sum_{j<=l} a_l X_j, learned numbers a_l, one a state",
    .citation = "Pagliardini et al. 2024, \"DenseFormer\", arXiv 2402.02622; epfml/DenseFormer",
    .evidence = "[C]",
    .version = 1,
    .flags = PL_RESIDUAL_STARTS_STANDARD,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct state),
    .begin = begin,
    .layer_input = layer_input,
    .layer_output = layer_output,
    .readout = readout,
    .param_count = param_count,
    .flops = flops,
};
