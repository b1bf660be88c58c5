#include "core/model/variants/single.h"

struct pl_single *pl_single(struct pl_build *build) {
    return build->state;
}

void pl_single_begin(struct pl_build *build, int e) {
    struct pl_single *state = pl_single(build);
    size_t layers = (size_t)build->host->depth + 1;
    state->h = e;
    state->keep = PL_ARENA_ARRAY(build->arena, struct pl_coefficient, layers);
    state->write = PL_ARENA_ARRAY(build->arena, struct pl_coefficient, layers);
}

void pl_single_norms_begin(struct pl_build *build, int e) {
    const struct pl_single_norms *norms = build->options;
    pl_single_begin(build, norms->embed_norm ? pl_residual_norm(build, "embed_norm", 0, e) : e);
}

size_t pl_single_norms_params(const struct pl_host *host, const void *options) {
    const struct pl_single_norms *norms = options;
    return (size_t)(host->depth + norms->embed_norm) * (size_t)host->width;
}

int pl_single_input(struct pl_build *build, long l, int port) {
    (void)l, (void)port;
    return pl_single(build)->h;
}

int pl_single_readout(struct pl_build *build) {
    return pl_single(build)->h;
}

/* ---- mixing rows ---- */

struct pl_coefficient pl_number(double number) {
    return (struct pl_coefficient){number, PL_NONE, false};
}

struct pl_coefficient pl_node_of(int node) {
    return (struct pl_coefficient){1, node, false};
}

void pl_single_note(struct pl_build *build, long l, struct pl_coefficient keep,
                    struct pl_coefficient write) {
    pl_single(build)->keep[l] = keep;
    pl_single(build)->write[l] = write;
}

/* 1 - sigmoid(z + b) is sigmoid(-z - b). */
static struct pl_coefficient plain(struct pl_graph *graph, struct pl_coefficient x) {
    if (!x.complement) return x;
    const struct pl_node *gate = pl_graph_node(graph, x.node);
    PL_ASSERT(gate->op == PL_OP_ACT && gate->attr.act.kind == PL_ACT_SIGMOID &&
              gate->in_count == 2);
    int z = gate->in[0], b = gate->in[1];
    int minus_b = pl_scale(graph, -1, b), minus_z = pl_scale(graph, -1, z);
    x.node = pl_activate(graph, minus_z, minus_b, PL_ACT_SIGMOID);
    x.complement = false;
    return x;
}

static struct pl_coefficient product(struct pl_graph *graph, struct pl_coefficient x,
                                     struct pl_coefficient y) {
    int node = x.node == PL_NONE ? y.node : x.node;
    if (x.node != PL_NONE && y.node != PL_NONE) node = pl_mul(graph, x.node, y.node);
    return (struct pl_coefficient){x.number * y.number, node, false};
}

/* 0 but for the rows of [x] from [first] on. */
static int place(struct pl_graph *graph, int x, long first, long rows) {
    struct pl_attr attr = {.place = {(int)first, (int)rows}};
    return pl_op(graph, PL_OP_PLACE, attr, &x, 1);
}

/* [rows] rows of a coefficient that is a number, or its node. */
static int rows_of(struct pl_build *build, struct pl_coefficient x, long rows) {
    struct pl_graph *graph = build->graph;
    if (x.node != PL_NONE) return x.number == 1 ? x.node : pl_scale(graph, x.number, x.node);
    int number = pl_const(graph, x.number),
        *parts = PL_ARENA_ARRAY(build->arena, int, (size_t)rows);
    for (long c = 0; c < rows; c++) parts[c] = place(graph, number, c, rows);
    return rows == 1 ? number : pl_sum(graph, parts, (int)rows);
}

/* From the last output to the first, [rest] being the product of what was kept since. */
int pl_single_mix_row(struct pl_build *build, long l) {
    struct pl_single *state = pl_single(build);
    struct pl_coefficient rest = pl_number(1);
    struct pl_coefficient *share = PL_ARENA_ARRAY(build->arena, struct pl_coefficient, (size_t)l);
    int *parts = PL_ARENA_ARRAY(build->arena, int, (size_t)l);
    long groups = 1;
    for (long i = l - 1; i >= 0; i--) {
        share[i] = i ? product(build->graph, plain(build->graph, state->write[i]), rest) : rest;
        if (i) rest = product(build->graph, plain(build->graph, state->keep[i]), rest);
        if (share[i].node != PL_NONE) groups = pl_graph_node(build->graph, share[i].node)->rows;
    }
    for (long i = 0; i < l; i++)
        parts[i] = place(build->graph, rows_of(build, share[i], groups), i * groups, l * groups);
    return pl_sum(build->graph, parts, (int)l);
}
