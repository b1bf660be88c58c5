/* Memory: what a training step really takes, beside what its plan says. */
#ifndef PL_EXPERIMENTS_TOOLS_BENCH_MEMORY_H
#define PL_EXPERIMENTS_TOOLS_BENCH_MEMORY_H

#include "core/backend/backend.h"
#include "experiments/tools/bench_choice.h"

/* The peak of resident memory, 10^6 bytes, of a child process that makes the model with its data,
 * takes two steps and evaluates once; with [model] NULL, of one that does nothing. NaN when the
 * child came to nothing. Call it before this process uses a backend: its memory is the child's too. */
double pl_bench_memory(const struct pl_bench_model *model, const char *variant,
                       const struct pl_backend *backend);

#endif
