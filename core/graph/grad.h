/* Grad: reverse mode as more graph.
 *
 * pl_graph_grad walks back from a scalar. Each node first collects what its readers give it, adds it
 * up, and then gives to its own inputs by its operator's rule. Nothing is computed; only nodes are
 * appended, so a backend needs forward kernels only and the planner sees the whole step.
 *
 * Pull form. Where a value is read by many sites (a source of depth attention), its readers do not
 * each write a gradient to be added up. They *gather*: shares of the same operator with the same
 * leading inputs become one node that reads all of them, so every tensor is still written once.
 */
#ifndef PL_GRAPH_GRAD_H
#define PL_GRAPH_GRAD_H

#include "core/graph/graph.h"

struct pl_grad {
    struct pl_graph *graph;
    struct pl_shares *shares; /* one list a node; private to grad.c */
    bool *needed;             /* does any trained parameter (or wrt node) stand behind this node? */
};

/* Appends the gradients of the step-level scalar [loss] and records them in graph->grads for every
 * trained parameter and every node of [wrt] (feeds or inner nodes whose gradient a caller wants to
 * read). A parameter that the loss does not depend on keeps PL_NONE and is left alone. */
void pl_graph_grad(struct pl_graph *graph, int loss, const int *wrt, int wrt_count);

/* ---- for gradient rules (op_<family>.c) ---- */

/* Whether the gradient of [input] is wanted at all: ask before building nodes for it. */
bool pl_grad_wants(const struct pl_grad *grad, int input);

/* [share] is one summand of the gradient of [input]. */
void pl_grad_give(struct pl_grad *grad, int input, int share);

/* A summand in pull form: operator [op] over [lead] then [pair]; summands of one input with equal op,
 * attr and lead become a single node over lead, pair, pair, ... */
void pl_grad_gather(struct pl_grad *grad, int input, enum pl_op op, struct pl_attr attr,
                    const int *lead, int lead_count, const int pair[2]);

#endif
