/* Work: the missing cells of a study, found and computed. The way of every command that runs cells:
 *
 *     pl_ledger_register  the plan goes into the database
 *     pl_ledger_read      what is there already
 *     pl_work_find        what is missing
 *     pl_work_run         workers, events, a put for every finished cell
 *     pl_ledger_read      what is there now
 *
 * A cell that is begun and not finished goes on from its checkpoint, where there is one (checkpoint.h).
 */
#ifndef PL_EXPERIMENTS_RUN_WORK_H
#define PL_EXPERIMENTS_RUN_WORK_H

#include "experiments/run/ledger.h"
#include "experiments/run/shard.h"

struct pl_work {
    size_t *cells; /* indices of the cells still to be computed, in order; the arena's */
    size_t count;
    const char *
        *seen; /* [count]: of a cell that is finished but lacks diagnostics, the settings of those
                          that it has (pl_result.diagnosed); NULL for any other */
    size_t finished, failed, elsewhere; /* of all: reused, tried before, done by other numerics */
    size_t lacking;                     /* done, but for diagnostics; they count as missing */
};

/* Sorts the cells of [ledger] that are of [shard] (NULL: all) by what is known of them. [store] may be NULL:
 * nothing is stored. */
enum pl_status pl_work_find(const struct pl_ledger *ledger, struct pl_store *store,
                            const struct pl_shard *shard, struct pl_arena *arena,
                            struct pl_work *out) PL_NODISCARD;

/* What a caller hears while cells are computed; called from one thread, one at a time. */
struct pl_work_events {
    void *ctx;
    void (*begin)(void *ctx, size_t total); /* before the first cell */
    void (*started)(void *ctx);             /* a worker has taken a cell */
    /* [result], borrowed, is stored; it may be a failed one. */
    void (*finished)(void *ctx, const struct pl_experiment *experiment, const struct pl_cell *cell,
                     const struct pl_result *result);
    void (*tick)(void *ctx); /* about ten times a second */
    void (*end)(void *ctx);  /* after the last, whatever ended it */
};

/* Computes the cells of [work] with [jobs] workers and stores them; *failed is how many failed. When the
 * study's budget (limits.hours) is spent, it ends with PL_OK: what is in flight is left to the next run.
 * PL_EINTERRUPT after SIGINT, SIGTERM or SIGHUP: what was finished is stored. */
enum pl_status pl_work_run(const struct pl_work *work, const struct pl_ledger *ledger,
                           struct pl_store *store, size_t jobs, const struct pl_work_events *events,
                           size_t *failed) PL_NODISCARD;

/* Computes every cell of [ledger] once more, with "NAME=value" added to the workers' environment (ended by
 * NULL), and stores nothing: results in the order of the cells, which the caller ends with
 * pl_work_results_finish. PL_ECELL when one fails. */
enum pl_status pl_work_again(struct pl_result **out, const struct pl_ledger *ledger,
                             const char *const *environment, size_t jobs,
                             const struct pl_work_events *events) PL_NODISCARD;
void pl_work_results_finish(struct pl_result *results, size_t count); /* NULL is fine */

/* The worker's side of what it is started with: "worker", "--plugin FILE" for each plug-in that is loaded
 * here, and as words what their files held. PL_ECONFIG when one holds something else by now. */
enum pl_status pl_work_check_plugins(const char *const *digests, size_t count) PL_NODISCARD;

#endif
