/* siamesenorm: two streams, one normalised at every site and one never (Li et al., 2602.08064 v2).
 *
 *     u = norm(X),  h_l = u + norm(Y)          X, Y start as e
 *     X ← u + y / c_l,  Y ← Y + y              c_l = sqrt(2 k), k = ceil(l / 2) the block
 *     r = norm(X) + norm(Y)
 *
 *     The norms have gains of their own at every site and at the readout.
 */
#include <math.h>

#include "core/model/residual.h"

struct options {
    bool depth_scale;
};

struct state {
    int x, y;
    int u; /* norm(X) of the site */
};

static const struct pl_option rows[] = {
    PL_OPTION_BOOL(struct options, depth_scale, "true",
                   "outputs enter X divided by sqrt(2 k), k the block; false: as they are"),
};

static void begin(struct pl_build *build, int e) {
    struct state *state = build->state;
    state->x = state->y = e;
}

/* X over Y, for a probe. */
static void show_streams(struct pl_build *build, const struct state *state) {
    const int both[] = {state->x, state->y};
    if (build->look) pl_residual_saw_streams(build, pl_stack(build->graph, both, 2), 2);
}

static int site(struct pl_build *build, long l) {
    struct state *state = build->state;
    show_streams(build, state);
    state->u = pl_residual_norm(build, "norm_x", l, state->x);
    return pl_add(build->graph, state->u, pl_residual_norm(build, "norm_y", l, state->y));
}

static int layer_input(struct pl_build *build, long l, int port) {
    (void)port;
    return site(build, l);
}

static void layer_output(struct pl_build *build, long l, int y) {
    struct state *state = build->state;
    const struct options *options = build->options;
    double block = (double)((l + 1) / 2), c = options->depth_scale ? sqrt(2 * block) : 1;
    state->x = pl_axpby(build->graph, 1, state->u, 1 / c, y);
    state->y = pl_add(build->graph, state->y, y);
}

static int readout(struct pl_build *build) {
    return site(build, build->host->depth + 1);
}

static size_t param_count(const struct pl_host *host, const void *options) {
    (void)options;
    return 2 * (size_t)host->width * ((size_t)host->depth + 1);
}

static double flops(const struct pl_host *host, const void *options, long l) {
    (void)options, (void)l;
    return 12 * (double)host->width;
}

const struct pl_residual pl_residual_siamesenorm = {
    .name = "siamesenorm",
    .family = "multi-state",
    .formula = "u = norm(X), h_l = u + norm(Y); X <- u + y / sqrt(2 ceil(l/2)), Y <- Y + y",
    .citation = "Li et al. 2026, SiameseNorm, arXiv 2602.08064 v2",
    .evidence = "[C]",
    .version = 1,
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
