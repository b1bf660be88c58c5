/* rezero: each layer enters through a number that starts at zero (Bachlechner et al., 2003.04887;
 * majumderb/rezero).
 *
 *     h ← h + alpha_l y_l          h_l = v_0 + alpha_1 v_1 + ... + alpha_{l-1} v_{l-1}
 *
 * The paper removes every norm: prenorm and final_norm false are its faithful form. Its transformer
 * shares one alpha between the attention and the MLP of a block (share: block); in an MLP model every
 * layer is a block of its own.
 */
#include "core/model/variants/single.h"

enum share { SHARE_LAYER, SHARE_BLOCK }; /* layer | block */

struct options {
    double start;
    int share; /* enum share */
};

struct state {
    struct pl_single single;
    int alpha; /* of the block being built */
};

static const struct pl_option rows[] = {
    PL_OPTION_REAL(struct options, start, "0", -1000, 1000, "initial alpha; 1 starts as standard"),
    PL_OPTION_CHOICE(struct options, share, "layer", "layer|block",
                     "an alpha a layer, or one for the layers of a transformer block"),
};

/* Layers that share one alpha. */
static long period(const struct pl_host *host, const struct options *options) {
    return options->share == SHARE_BLOCK ? pl_host_period(host) : 1;
}

static void layer_output(struct pl_build *build, long l, int y) {
    const struct options *options = build->options;
    struct state *state = build->state;
    if ((l - 1) % period(build->host, options) == 0)
        state->alpha = pl_residual_param(build, "alpha", l, 1, 1, PL_GROUP_CONNECTION,
                                         PL_FILL_VALUE, options->start);
    y = pl_gain(build->graph, state->alpha, y);
    state->single.h = pl_add(build->graph, state->single.h, y);
    pl_single_note(build, l, pl_number(1), pl_node_of(state->alpha));
}

static size_t param_count(const struct pl_host *host, const void *options) {
    long layers = period(host, options);
    return (size_t)((host->depth + layers - 1) / layers);
}

static double flops(const struct pl_host *host, const void *options, long l) {
    (void)options, (void)l;
    return 2 * (double)host->width;
}

const struct pl_residual pl_residual_rezero = {
    .name = "rezero",
    .family = "single-state",
    .formula = "h <- h + alpha_l y, alpha_l a learned number, 0 at the start",
    .citation = "Bachlechner et al. 2020, \"ReZero is All You Need\", arXiv 2003.04887",
    .evidence = "[P] [C] [D]",
    .version = 1,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct state),
    .begin = pl_single_begin,
    .layer_input = pl_single_input,
    .layer_output = layer_output,
    .readout = pl_single_readout,
    .param_count = param_count,
    .mix_row = pl_single_mix_row,
    .flops = flops,
};
