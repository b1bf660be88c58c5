/* Weights: the initial values of every parameter, drawn from its own stream and written to a program.
 * The one place where a model's init meets a backend's memory. */
#ifndef PL_EXPERIMENTS_RUN_WEIGHTS_H
#define PL_EXPERIMENTS_RUN_WEIGHTS_H

#include <stdint.h>

#include "core/backend/backend.h"

void pl_weights_draw(struct pl_program *program, const struct pl_graph *graph, uint64_t seed);

#endif
