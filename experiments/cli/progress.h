/* Progress: how a run tells where it is, on stderr. On a terminal one line that is rewritten; elsewhere
 * a line for each finished cell. */
#ifndef PL_CLI_PROGRESS_H
#define PL_CLI_PROGRESS_H

#include "experiments/run/work.h"

struct pl_progress {
    size_t total, done, failed, running;
    double start; /* monotonic seconds */
    bool terminal;
    bool shown;     /* a line stands on the terminal and must be ended */
    char last[160]; /* the last result */
};

/* What tells [progress], which must outlive the work. A cell that failed is told as an error. */
struct pl_work_events pl_progress_events(struct pl_progress *progress);

/* "3m20s" */
void pl_progress_duration(char *out, size_t size, double seconds);

#endif
