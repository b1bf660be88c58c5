/* denseformer: learned averages of states (Pagliardini et al., 2402.02622; epfml/DenseFormer). A block
 * of a transformer is one layer here.
 *
 *     X_0 = Y_0 = e;   h_l = Y_{l-1};   X_l = Y_{l-1} + y_l
 *     Y_l = sum_{j <= l, j = l mod dilation} a_{l,j} X_j after every [period] layers, else X_l;  r = Y_L
 *
 * a_l starts as 1 at X_l and 0 elsewhere: the residual connection.
 */
#include "core/model/variants/depth.h"

struct options {
    long dilation, period;
};

struct state {
    struct pl_sources states; /* X_0 .. */
    int y;                    /* Y_{l-1} */
};

static const struct pl_option rows[] = {
    PL_OPTION_INT(struct options, dilation, "1", 1, 1000000,
                  "an average takes every so-many-th of the earlier states"),
    PL_OPTION_INT(struct options, period, "1", 1, 1000000, "layers from one average to the next"),
};

/* States that the average after layer l takes. */
static long kept(const struct options *options, long l) {
    return l % options->period == 0 ? l / options->dilation + 1 : 0;
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
    long count = kept(options, l);
    state->y = pl_add(build->graph, state->y, y);
    pl_sources_add(build, &state->states, state->y);
    if (count == 0) return;
    int *x = PL_ARENA_ARRAY(build->arena, int, (size_t)count);
    int *from = PL_ARENA_ARRAY(build->arena, int, (size_t)count);
    for (long k = 0; k < count; k++) {
        from[k] = (int)(l - (count - 1 - k) * options->dilation);
        x[k] = state->states.items[from[k]].v;
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
    for (long l = 1; l <= host->depth; l++) total += (size_t)kept(options, l);
    return total;
}

static double flops(const struct pl_host *host, const void *options, long l) {
    return 2 * (double)host->width * (double)kept(options, l);
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
