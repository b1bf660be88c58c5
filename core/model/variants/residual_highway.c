/* highway: a gate chooses between carrying and the new output (Srivastava et al., 1505.00387).
 *
 *     g_l = sigmoid(W_l h + b_l)
 *     h ← (1 - g_l) * h + g_l * y_l
 *
 *     gate     W_l              b_l    g_l
 *     vector   diagonal [d]     [d]    a number a channel
 *     scalar   one row [d]      []     a number a token
 *     dense    [d,d]            [d]    a number a channel; the paper's form
 *
 * The gate reads h as it is, without a norm. A negative bias lets layers start by carrying. The weights of
 * the outputs break a stick: g_i (1 - g_{i+1}) ... (1 - g_{l-1}), so they are positive and sum to 1.
 */
#include "core/model/variants/single.h"

#include <math.h>

enum gate { GATE_VECTOR, GATE_SCALAR, GATE_DENSE }; /* vector | scalar | dense */

struct options {
    int gate; /* enum gate */
    double bias;
};

static const struct pl_option rows[] = {
    PL_OPTION_CHOICE(
        struct options, gate, "vector", "vector|scalar|dense",
        "what a gate reads: its own channel, all for one gate, or all for each channel"),
    PL_OPTION_REAL(struct options, bias, "-2", -100, 100,
                   "initial bias of the gates; negative ones start by carrying"),
};

/* W_l h, before the bias. */
static int gate_input(struct pl_build *build, enum gate gate, long l, int h) {
    long d = build->host->width;
    bool dense = gate == GATE_DENSE;
    int w =
        pl_residual_param(build, "gate_w", l, d, dense ? d : 1, PL_GROUP_CONNECTION,
                          dense ? PL_FILL_NORMAL : PL_FILL_VALUE, dense ? 1 / sqrt((double)d) : 0);
    if (gate == GATE_VECTOR) return pl_gain(build->graph, w, h);
    return dense ? pl_matmul(build->graph, w, h) : pl_matmul_transposed(build->graph, w, h);
}

/* h + g (y - h) */
static void layer_output(struct pl_build *build, long l, int y) {
    const struct options *options = build->options;
    struct pl_single *state = pl_single(build);
    struct pl_graph *graph = build->graph;
    bool scalar = options->gate == GATE_SCALAR;
    int z = gate_input(build, (enum gate)options->gate, l, state->h);
    int b = pl_residual_param(build, "gate_b", l, scalar ? 1 : build->host->width, 1,
                              PL_GROUP_CONNECTION, PL_FILL_VALUE, options->bias);
    int g = pl_activate(graph, z, b, PL_ACT_SIGMOID);
    int step = pl_axpby(graph, 1, y, -1, state->h);
    state->h = pl_add(graph, state->h, scalar ? pl_gain(graph, g, step) : pl_mul(graph, g, step));
    pl_single_note(build, l, (struct pl_coefficient){1, g, true}, pl_node_of(g));
}

static size_t param_count(const struct pl_host *host, const void *options) {
    size_t d = (size_t)host->width, layers = (size_t)host->depth;
    const size_t each[] = {[GATE_VECTOR] = 2 * d, [GATE_SCALAR] = d + 1, [GATE_DENSE] = d * d + d};
    return layers * each[((const struct options *)options)->gate];
}

static double flops(const struct pl_host *host, const void *options, long l) {
    (void)l;
    double d = (double)host->width;
    const double each[] = {
        [GATE_VECTOR] = 8 * d, [GATE_SCALAR] = 6 * d, [GATE_DENSE] = 2 * d * d + 6 * d};
    return each[((const struct options *)options)->gate];
}

const struct pl_residual pl_residual_highway = {
    .name = "highway",
    .family = "single-state",
    .formula = "h <- (1 - g) * h + g * y, g = sigmoid(W_l h + b_l)",
    .citation = "Srivastava et al. 2015, \"Highway Networks\", arXiv 1505.00387",
    .evidence = "[P] [A] [D]",
    .version = 1,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct pl_single),
    .begin = pl_single_begin,
    .layer_input = pl_single_input,
    .layer_output = layer_output,
    .readout = pl_single_readout,
    .param_count = param_count,
    .mix_row = pl_single_mix_row,
    .flops = flops,
};
