/* Conformance of residual variants: the suite that every variant of the registry inherits, shared by
 * the tests and by `plumbline selftest variant`. Each variant runs at its defaults and with each of
 * its options moved, one at a time, to each of its words or to a few numbers of its range. */
#ifndef PL_EXPERIMENTS_TOOLS_CONFORMANCE_RESIDUALS_H
#define PL_EXPERIMENTS_TOOLS_CONFORMANCE_RESIDUALS_H

#include "core/model/residual.h"
#include "experiments/tools/conformance.h"

/* Whole-model gradients on ref against central differences: 1e-6 of the tensor's gradient beside the
 * rounding of the differences; every parameter, large tensors along random directions, depth 6,
 * connection parameters moved off their start. A difference across a kink (a weight of sparsemax that becomes 0)
 * is left out, at most one in twenty. */
void pl_conformance_residual_gradients(struct pl_conformance *conformance,
                                       const struct pl_residual *residual);
/* The same at settings of one's own. */
void pl_conformance_residual_gradients_at(struct pl_conformance *conformance, const char *what,
                                          const char *const *settings);
/* Where a variant has mixing rows (residual.h), they give every h_l from the outputs before it. */
void pl_conformance_residual_rows(struct pl_conformance *conformance,
                                  const struct pl_residual *residual);
/* A variant that says it starts as standard (PL_RESIDUAL_STARTS_STANDARD) has, with both norms and eps 0,
 * its initial loss and its gradients of the shared weights, to 1e-12 on ref. */
void pl_conformance_residual_promise(struct pl_conformance *conformance,
                                     const struct pl_residual *residual);
/* Trained connection parameters in the graph = param_count(). */
void pl_conformance_residual_params(struct pl_conformance *conformance,
                                    const struct pl_residual *residual);
/* Loss and gradients of [backend] against ref: 1e-4 of the tensor's gradient beside float32's rounding. */
void pl_conformance_residual_backend(struct pl_conformance *conformance,
                                     const struct pl_residual *residual,
                                     const struct pl_backend *backend);
/* Inputs scaled by 1e3, and besides each connection parameter in turn moved by N(0, 1e3^2), give finite
 * losses and gradients. */
void pl_conformance_residual_finite(struct pl_conformance *conformance,
                                    const struct pl_residual *residual,
                                    const struct pl_backend *backend);

#endif
