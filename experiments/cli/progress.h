/* Progress: how a run tells where it is, on stderr. Where a line can be rewritten (core/base/terminal.h) it is
 * the status line of the log:
 *
 *     12/200 done, 2 running, 1 failed, 3m20s left  blocks of 4 task.structure=0.5 seed 3: ok, test loss 0.21
 *
 * Elsewhere a line for each tenth of the cells, and with --verbose for each cell; and a line when nothing has
 * been finished for long. A cell that fails is an error at once, in either case.
 */
#ifndef PL_CLI_PROGRESS_H
#define PL_CLI_PROGRESS_H

#include "experiments/run/work.h"

struct pl_progress {
    size_t total, done, failed, running;
    double start, now; /* monotonic seconds; of the beginning and of the last event */
    double busy;       /* seconds that workers have spent on cells, all together */
    double expected;   /* seconds left, as the last cell that ended lets expect; 0: none has */
    double expected_at;
    double left;    /* the seconds left that are shown; below 0: not known yet */
    double spoken;  /* when the last line was written, where lines are written */
    char last[256]; /* the last result */
};

/* What tells [progress], which must outlive the work. A cell that failed is told as an error. */
struct pl_work_events pl_progress_events(struct pl_progress *progress);

/* What the status line says, in at most [room] columns when that is above 0. The time left does not climb
 * with every slow cell: where more is expected than is shown, what is shown stands still, unless it is less
 * than half. */
void pl_progress_text(const struct pl_progress *progress, int room, char *out, size_t size);

/* An event at [now], monotonic seconds: time and the work of the running cells go on. */
void pl_progress_advance(struct pl_progress *progress, double now);

/* A cell has ended (in an event, so advance comes first): what is left is expected anew. */
void pl_progress_expect(struct pl_progress *progress);

/* "3m20s" */
void pl_progress_duration(char *out, size_t size, double seconds);

#endif
