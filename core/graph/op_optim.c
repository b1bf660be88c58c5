/* Updates: optimizer steps over a flat group of parameters, and the clock that counts them. They
 * overwrite their first input (and moments) in place: run state, never shared, in a schedule of their
 * own. */
#include "core/graph/op.h"

static void shape_step(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *params = pl_in(graph, node, 0);
    const struct pl_node *grads = pl_in(graph, node, 1);
    if (grads->kind == PL_KIND_OP && grads->op == PL_OP_CLIP) grads = pl_in(graph, grads, 0);
    PL_SHAPE(params->kind == PL_KIND_PARAMS && grads->kind == PL_KIND_GRADS);
    PL_SHAPE(grads->group == params->group);
    PL_SHAPE(pl_in(graph, node, 2)->domain == PL_STEP && pl_in(graph, node, 2)->cols == 1);
    for (int k = 3; k < node->in_count; k++)
        PL_SHAPE(pl_in(graph, node, k)->kind == PL_KIND_STATE &&
                 pl_in(graph, node, k)->rows == params->rows);
    node->rows = params->rows;
    node->cols = 1;
    node->domain = PL_STEP;
}

static void shape_pick(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *table = pl_in(graph, node, 0), *clock = pl_in(graph, node, 1);
    int rows = node->attr.pick.rows;
    PL_SHAPE(table->domain == PL_STEP && table->cols == 1 && rows > 0 && table->rows % rows == 0);
    PL_SHAPE(clock->kind == PL_KIND_STATE && clock->rows == 2);
    node->rows = rows;
    node->cols = 1;
    node->domain = PL_STEP;
}

static void shape_tick(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *clock = pl_in(graph, node, 0), *loss = pl_in(graph, node, 1);
    PL_SHAPE(clock->kind == PL_KIND_STATE && clock->rows == 2);
    PL_SHAPE(loss->domain == PL_STEP && loss->rows == 1 && loss->cols == 1);
    node->rows = 2;
    node->cols = 1;
    node->domain = PL_STEP;
}

static void shape_squares(const struct pl_graph *graph, struct pl_node *node) {
    for (int k = 0; k < node->in_count; k++) PL_SHAPE(pl_in(graph, node, k)->domain == PL_STEP);
    node->rows = node->cols = 1;
    node->domain = PL_STEP;
}

static void shape_clip(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *grads = pl_in(graph, node, 0), *s = pl_in(graph, node, 1);
    PL_SHAPE(grads->kind == PL_KIND_GRADS && node->attr.clip.most > 0);
    PL_SHAPE(s->domain == PL_STEP && s->rows == 1 && s->cols == 1);
    node->rows = grads->rows;
    node->cols = 1;
    node->domain = PL_STEP;
}

const struct pl_op_rules pl_rules_squares = {shape_squares, NULL};
const struct pl_op_rules pl_rules_clip = {shape_clip, NULL};
const struct pl_op_rules pl_rules_sgd_step = {shape_step, NULL};
const struct pl_op_rules pl_rules_adam_step = {shape_step, NULL};
const struct pl_op_rules pl_rules_pick = {shape_pick, NULL};
const struct pl_op_rules pl_rules_tick = {shape_tick, NULL};
