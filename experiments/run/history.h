/* History: when a plan was recorded, and how it has changed since. A plan that is recorded before the
 * first cell runs and never changes is pre-registered; one that changes after results exist is
 * told with its changes, in every report.
 *
 *     record 0 ──► cells finish ──► record 1 ──► ...        results/schema.sql, table plans
 *     finished = 0                  finished = 20: a change after results
 */
#ifndef PL_EXPERIMENTS_RUN_HISTORY_H
#define PL_EXPERIMENTS_RUN_HISTORY_H

#include <stdbool.h>

#include "experiments/run/store/store.h"

struct pl_history {
    struct pl_arena arena;                 /* owns the records */
    const struct pl_store_record *records; /* oldest first */
    size_t count;
    char digest[PL_HASH_TEXT]; /* of the plan that is being looked at; "": none is known */
};

/* A zeroed struct is a valid empty history. */
void pl_history_finish(struct pl_history *history);

/* Reads what [store] has; without a digest the newest record's is taken. */
enum pl_status pl_history_read(struct pl_history *history, struct pl_store *store) PL_NODISCARD;

/* Whether the plan that is being looked at is the one that was recorded last. */
bool pl_history_is_recorded(const struct pl_history *history);

/* How many cells had finished when the first plan was recorded: 0 for a pre-registered study. */
size_t pl_history_finished_at_first(const struct pl_history *history);

/* Changes after results: records after the first that found finished cells. */
size_t pl_history_changes(const struct pl_history *history);

/* Whether record [index] is one, and what it changed: "40 cells added, 4 cells removed; now metric ...". */
bool pl_history_is_change(const struct pl_history *history, size_t index);
void pl_history_change_text(const struct pl_history *history, size_t index, struct pl_strbuf *out);

#endif
