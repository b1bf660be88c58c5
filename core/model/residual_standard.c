/* standard: the residual connection (He et al., 1512.03385; PreNorm form: Xiong et al., 2002.04745).
 *
 *     h ← h + y_l          h_l = v_0 + v_1 + ... + v_{l-1}
 */
#include "core/model/residual.h"

struct state {
    int h;
};

static void begin(struct pl_build *build, int e) {
    ((struct state *)build->state)->h = e;
}

static int layer_input(struct pl_build *build, long l, int port) {
    (void)l, (void)port;
    return ((struct state *)build->state)->h;
}

static void layer_output(struct pl_build *build, long l, int y) {
    (void)l;
    struct state *state = build->state;
    state->h = pl_add(build->graph, state->h, y);
}

static int readout(struct pl_build *build) {
    return ((struct state *)build->state)->h;
}

static double flops(const struct pl_host *host, const void *options, long l) {
    (void)options, (void)l;
    return (double)host->width;
}

const struct pl_residual pl_residual_standard = {
    .name = "standard",
    .family = "single-state",
    .formula = "h <- h + y",
    .citation =
        "He et al. 2015, arXiv 1512.03385; PreNorm form Xiong et al. 2020, arXiv 2002.04745",
    .evidence = "[P]",
    .version = 1,
    .options = {.section = "variant"},
    .state_size = sizeof(struct state),
    .begin = begin,
    .layer_input = layer_input,
    .layer_output = layer_output,
    .readout = readout,
    .flops = flops,
};
