/* Work: the missing cells of a study, found and computed. What the commands that run cells share.
 *
 *     pl_work_register    the plan goes into the database
 *     pl_ledger_read    what is there already
 *     pl_work_find        what is missing
 *     pl_work_run         workers, progress, a put for every finished cell
 *     pl_ledger_read    what is there now
 */
#ifndef PL_CLI_WORK_H
#define PL_CLI_WORK_H

#include "experiments/cli/args.h"
#include "experiments/run/ledger.h"

/* What the commands that compute cells for a verdict are told: check and bless. */
struct pl_work_request {
    const char *path;
    const char **overrides; /* words, then backend=NAME; with room for one more */
    size_t override_count;
    const char *results;
    long jobs;
};

/* From the words, --backend, --device, --results and --jobs of [command]. */
enum pl_status pl_work_request(struct pl_work_request *out, const struct pl_args *args,
                               const struct pl_command *command,
                               struct pl_arena *arena) PL_NODISCARD;

struct pl_work {
    size_t *cells; /* indices of the cells still to be computed, in order; the arena's */
    size_t count;
    const char *
        *seen; /* [count]: of a cell that is finished but lacks diagnostics, the settings of those
                          that it has (pl_result.diagnosed); NULL for any other */
    size_t finished, failed, elsewhere; /* of all: reused, tried before, done by other numerics */
    size_t lacking;                     /* done, but for diagnostics; they count as missing */
};

/* What --jobs says; NULL: as many as there are processors. */
enum pl_status pl_work_jobs(const char *text, long *out) PL_NODISCARD;

/* The study's name, question and the rest, and its cells as the plan of the database. */
enum pl_status pl_work_register(struct pl_store *store,
                                const struct pl_ledger *evidence) PL_NODISCARD;

/* Sorts the cells of [evidence] by what is known of them. [store] may be NULL: nothing is stored. */
enum pl_status pl_work_find(const struct pl_ledger *evidence, struct pl_store *store,
                            struct pl_arena *arena, struct pl_work *out) PL_NODISCARD;

/* Computes the cells of [work] with [jobs] workers and stores them; *failed is how many failed, each
 * of which has been told. When the study's budget (limits.hours) is spent, it ends with PL_OK: what is in
 * flight is left to the next run. PL_EINTERRUPT after a signal: what was finished is stored. */
enum pl_status pl_work_run(const struct pl_work *work, struct pl_ledger *evidence,
                           struct pl_store *store, size_t jobs, size_t *failed) PL_NODISCARD;

/* Computes every cell of [evidence] once more, with "NAME=value" added to the workers' environment
 * (ended by NULL), and stores nothing: results in the order of the cells, which the caller ends with
 * pl_work_results_finish. PL_ECELL when one fails. */
enum pl_status pl_work_again(struct pl_result **out, const struct pl_ledger *evidence,
                             const char *const *environment, size_t jobs) PL_NODISCARD;
void pl_work_results_finish(struct pl_result *results, size_t count); /* NULL is fine */

/* The sentence for PL_EINTERRUPT; any other status is passed on. */
enum pl_status pl_work_explain(enum pl_status status) PL_NODISCARD;

#endif
