/* Progress: how a run tells where it is, on stderr. On a terminal one line that is rewritten; elsewhere
 * a line for each finished cell. */
#ifndef PL_CLI_PROGRESS_H
#define PL_CLI_PROGRESS_H

#include "experiments/run/result.h"
#include "experiments/study/cell.h"

struct pl_progress {
    size_t total, done, failed, running;
    double start; /* monotonic seconds */
    bool terminal;
    bool shown;     /* a line stands on the terminal and must be ended */
    char last[160]; /* the last result */
};

void pl_progress_init(struct pl_progress *progress, size_t total);
void pl_progress_started(struct pl_progress *progress);
void pl_progress_finished(struct pl_progress *progress, const struct pl_cell *cell,
                          const struct pl_experiment *experiment, const struct pl_result *result);
void pl_progress_tick(struct pl_progress *progress); /* rewrites the line on a terminal */
void pl_progress_end(struct pl_progress *progress);

#endif
