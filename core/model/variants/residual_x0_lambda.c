/* x0_lambda: the embedding is added again after every layer, and the state has a factor (in deployed use
 * in small language models, as "x0 lambdas" and "resid lambdas": modded-nanogpt, nanochat).
 *
 *     h <- lambda_l h + mu_l e + y_l          lambda_l, mu_l learned numbers
 *
 * start: identity   lambda 1, mu 0: the function that standard is
 *        graded     lambda 1.15 .. 1.05 and mu .20 .. .05, linear from layer 1 to layer L
 *
 * e has the positions in it where a model has any. The codes mix before a block, which reads the mixture, and
 * have a pair of numbers a block, or one a layer; here there is a pair a layer, and y_l is of the state
 * before.
 */
#include "core/model/variants/single.h"

enum start { START_IDENTITY, START_GRADED }; /* identity | graded */

struct options {
    int start; /* enum start */
};

struct state {
    struct pl_single single;
    int e;
    int *lambda, *mu; /* of layer l at l */
};

static const struct pl_option rows[] = {
    PL_OPTION_CHOICE(struct options, start, "identity", "identity|graded",
                     "identity: lambda 1, mu 0, as standard; graded: lambda 1.15 to 1.05 and mu "
                     "0.2 to 0.05, linear in depth"),
};

static void begin(struct pl_build *build, int e) {
    struct state *state = build->state;
    size_t layers = (size_t)build->host->depth + 1;
    pl_single_begin(build, e);
    state->e = e;
    state->lambda = PL_ARENA_ARRAY(build->arena, int, layers);
    state->mu = PL_ARENA_ARRAY(build->arena, int, layers);
}

/* [identity], or on the line from [first] at layer 1 to [last] at layer L. */
static int number(struct pl_build *build, const char *what, long l, double identity, double first,
                  double last) {
    const struct options *options = build->options;
    long depth = build->host->depth;
    double share = depth > 1 ? (double)(l - 1) / (double)(depth - 1) : 0;
    double start = options->start == START_IDENTITY ? identity : first + (last - first) * share;
    return pl_residual_param(build, what, l, 1, 1, PL_GROUP_CONNECTION, PL_FILL_VALUE, start);
}

static void layer_output(struct pl_build *build, long l, int y) {
    struct state *state = build->state;
    int lambda = state->lambda[l] = number(build, "lambda", l, 1, 1.15, 1.05);
    int mu = state->mu[l] = number(build, "mu", l, 0, 0.2, 0.05);
    const int in[] = {pl_gain(build->graph, lambda, state->single.h),
                      pl_gain(build->graph, mu, state->e), y};
    state->single.h = pl_sum(build->graph, in, 3);
    pl_single_note(build, l, pl_node_of(lambda), pl_number(1));
}

/* The row of a single state, and at e what the mu have brought: c <- lambda_j c + mu_j. */
static int mix_row(struct pl_build *build, long l) {
    struct pl_graph *graph = build->graph;
    struct state *state = build->state;
    int row = pl_single_mix_row(build, l), c = PL_NONE;
    for (long j = 1; j < l; j++)
        c = c == PL_NONE ? state->mu[j]
                         : pl_add(graph, pl_mul(graph, state->lambda[j], c), state->mu[j]);
    if (c == PL_NONE) return row;
    struct pl_attr attr = {.place = {0, (int)l}};
    return pl_add(graph, row, pl_op(graph, PL_OP_PLACE, attr, &c, 1));
}

static size_t param_count(const struct pl_host *host, const void *options) {
    (void)options;
    return 2 * (size_t)host->depth;
}

static double flops(const struct pl_host *host, const void *options, long l) {
    (void)options;
    return l <= host->depth ? 4 * (double)host->width : 0;
}

const struct pl_residual pl_residual_x0_lambda = {
    .name = "x0_lambda",
    .family = "single-state",
    .formula = "h <- lambda_l h + mu_l e + y, lambda_l and mu_l learned numbers",
    .citation =
        "KellerJordan/modded-nanogpt, record of 2024-11-06; karpathy/nanochat 2026 (the graded "
        "start); no paper",
    .evidence = "[C] [D]",
    .version = 1,
    .flags = PL_RESIDUAL_STARTS_STANDARD,
    .options = PL_OPTIONS("variant", rows),
    .options_size = sizeof(struct options),
    .state_size = sizeof(struct state),
    .begin = begin,
    .layer_input = pl_single_input,
    .layer_output = layer_output,
    .readout = pl_single_readout,
    .param_count = param_count,
    .mix_row = mix_row,
    .flops = flops,
};
