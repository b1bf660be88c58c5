/* One cell from start to end: settings, job, training, outcome. It is what a worker process runs for each
 * cell that it is sent (pool.h); nothing is shared between cells. */
#ifndef PL_EXPERIMENTS_RUN_CELL_RUN_H
#define PL_EXPERIMENTS_RUN_CELL_RUN_H

#include "experiments/cell/job.h"
#include "experiments/run/result.h"

/* Who wants to see a run from inside: the weights are in job->program. Either call may be NULL; one
 * that fails ends the run. */
struct pl_cell_watch {
    void *context;
    enum pl_status (*before)(void *context, const struct pl_job *job); /* initial weights */
    enum pl_status (*after)(void *context, const struct pl_job *job);  /* trained */
};

/* Runs a cell: data, network, training, metrics. [watch] may be NULL and changes nothing. */
enum pl_status pl_cell_run(const struct pl_bound *bound, const struct pl_cell_watch *watch,
                           struct pl_result *out) PL_NODISCARD;

/* Runs the cell whose canonical text this is, which diagnostics.* settings may follow, and says what became of it; a failure that the
 * program itself can see is a FAILED result with its sentence. For pl_pool_serve; [context] is a struct
 * pl_checkpoint_place (checkpoint.h) or NULL: a run that was killed is taken up from there. */
void pl_cell_run_text(void *context, const char *text, size_t length, struct pl_result *out);

#endif
