/* Op: the rules of each operator, side by side: name, arity, formula (op_list.h), shape rule and
 * gradient (op_<family>.c). For an operator xxx, its family's file defines `const struct pl_op_rules
 * pl_rules_xxx`. */
#ifndef PL_GRAPH_OP_H
#define PL_GRAPH_OP_H

#include "core/graph/grad.h"
#include "core/graph/graph.h"

struct pl_op_rules {
    /* Required: sets rows, cols, domain of [node] from its inputs; asserts what they must be. */
    void (*shape)(const struct pl_graph *graph, struct pl_node *node);
    /* Optional: given the gradient [g] of [node], gives each input its share through pl_grad_give and
     * pl_grad_gather. Empty: nothing flows back (statistics whose users account for them, gradient
     * operators, metrics, optimizers). */
    void (*grad)(struct pl_grad *grad, int node, int g);
};

struct pl_op_info {
    const char *name;
    int least, most;     /* inputs */
    unsigned overwrites; /* bit k: the result may take input k's memory */
    double tolerance;    /* of float32 against ref */
    enum pl_tokens tokens;
    const char *formula;
    const struct pl_op_rules *rules;
};

const struct pl_op_info *pl_op_info(enum pl_op op);

/* For shape rules: a promise about [node]'s inputs, named in the abort together with their shapes. */
#define PL_SHAPE(promise)                                                                          \
    ((promise) ? (void)0 : pl_shape_broken(graph, node, #promise, __FILE__, __LINE__))
void pl_shape_broken(const struct pl_graph *graph, const struct pl_node *node, const char *promise,
                     const char *file, int line) PL_NORETURN;

static inline const struct pl_node *pl_in(const struct pl_graph *graph, const struct pl_node *node,
                                          int k) {
    return &graph->nodes.items[node->in[k]];
}

#endif
