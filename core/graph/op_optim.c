/* Optimizer steps over a flat group of parameters. They overwrite parameters and moments in place:
 * run state, never shared, in a schedule of their own. */
#include "core/graph/op.h"

static void shape_step(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *params = pl_in(graph, node, 0);
    PL_SHAPE(params->kind == PL_KIND_PARAMS && pl_in(graph, node, 1)->kind == PL_KIND_GRADS);
    PL_SHAPE(pl_in(graph, node, 1)->group == params->group);
    PL_SHAPE(pl_in(graph, node, 2)->kind == PL_KIND_FEED &&
             pl_in(graph, node, 2)->domain == PL_STEP);
    for (int k = 3; k < node->in_count; k++)
        PL_SHAPE(pl_in(graph, node, k)->kind == PL_KIND_STATE &&
                 pl_in(graph, node, k)->rows == params->rows);
    node->rows = params->rows;
    node->cols = 1;
    node->domain = PL_STEP;
}

const struct pl_op_rules pl_rules_sgd_step = {shape_step, NULL};
const struct pl_op_rules pl_rules_adam_step = {shape_step, NULL};
