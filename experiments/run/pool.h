/* Pool: long-lived worker processes, one job at a time each.
 *
 *         parent: pl_pool_run                            worker: pl_pool_serve
 *    ┌──────────────────────────┐    fd 3: jobs         ┌──────────────────────┐
 *    │ jobs[0..n), in order     ├──────────────────────►│ read a job           │
 *    │   claim    may I run it? │                       │ run(ctx, text, ...)  │
 *    │   started  handed out    │◄──────────────────────┤ write the result     │
 *    │   finished result is in  │    fd 4: results      │ ... until end of file│
 *    │                          │◄──────────────────────┤                      │
 *    └──────────────────────────┘    fd 1, 2: stderr    └──────────────────────┘
 *
 * A worker is the program itself, started anew with other arguments (never a bare fork: libraries
 * that own threads or devices do not survive one) in a process group of its own, so that a Ctrl-C at
 * the terminal reaches the parent alone. What a worker prints is conversation: the last 4 KiB are
 * kept for the message of a failure, and all of it is shown at level debug.
 *
 * A worker that crashes, exits, exceeds the time limit or answers nonsense costs its one job: that
 * job gets a FAILED result whose message says what happened, with the end of the worker's stderr,
 * and another worker takes the place. Workers die with their parent, whatever ended it, and processes
 * that a worker has started end with it, or with the pool. Time in which a worker, or all of it, was
 * stopped does not count against a limit.
 *
 * An interrupt asks the workers to end (SIGTERM) and gives them five seconds to keep a checkpoint
 * (cell_run.c); then they are killed.
 *
 * A message, either way: 12 bytes (the letters "PLW1", job number, length; the two numbers 32 bits,
 * little-endian), then the text: pl_cell_text to the worker, pl_result_write's from it. A worker's
 * first message is empty and says that it is ready.
 *
 * The parent is one loop over poll(), without threads; events are called from it, one at a time.
 */
#ifndef PL_EXPERIMENTS_RUN_POOL_H
#define PL_EXPERIMENTS_RUN_POOL_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/status.h"
#include "experiments/run/result.h"

struct pl_pool_config {
    const char *program;            /* NULL: this very program (/proc/self/exe) */
    const char *const *arguments;   /* after the program's name, ended by NULL: {"worker", NULL} */
    const char *const *environment; /* "NAME=value", ended by NULL, or NULL: added to ours and to
                                       OPENBLAS_NUM_THREADS=1, OMP_NUM_THREADS=1 and
                                       POCL_MAX_PTHREAD_COUNT=1, and stronger */
    size_t workers;                 /* at most this many at once; 0 counts as 1 */
    double cell_seconds;            /* a job that runs longer fails; 0: no limit */
    const volatile sig_atomic_t *interrupt; /* stop when it becomes non-zero; may be NULL */
};

/* What the caller is asked and hears. Each may be NULL but text and finished. One that does not return PL_OK stops the
 * pool: the workers are killed and pl_pool_run returns that status. */
struct pl_pool_events {
    void *ctx;
    /* What the worker is sent; borrowed until the next call. */
    const char *(*text)(void *ctx, size_t job);
    /* Before a job is handed out; *run is true beforehand. Set it to false and the job is passed over:
     * no other event names it. */
    enum pl_status (*claim)(void *ctx, size_t job, bool *run);
    /* The worker [pid] has it. */
    enum pl_status (*started)(void *ctx, size_t job, long pid);
    /* [result] is borrowed for the call. */
    enum pl_status (*finished)(void *ctx, size_t job, const struct pl_result *result);
    /* About ten times a second, for a progress line. */
    enum pl_status (*tick)(void *ctx);
};

/* Runs [count] jobs. Returns when each was passed over or has its result, which
 * may be a failed one. Otherwise: PL_EINTERRUPT (jobs in flight have no result), PL_EPROCESS (a worker
 * cannot even start; the sentence has the end of its stderr), or what an event returned. No worker
 * is left behind in any case. */
enum pl_status pl_pool_run(const struct pl_pool_config *config, size_t count,
                           const struct pl_pool_events *events) PL_NODISCARD;

/* The worker's side: answers jobs until the parent has no more. [run] fills the zeroed [out], which
 * serve ends. PL_EPROCESS when the process was not started by a pool. */
enum pl_status pl_pool_serve(void (*run)(void *ctx, const char *text, size_t length,
                                         struct pl_result *out),
                             void *ctx) PL_NODISCARD;

#endif
