/* Pending: why a cell of the plan has no result that counts, one reason a cell.
 *
 *     held             a live process computes it now
 *     failed           it failed under the present numerics; the next run tries again
 *     other numerics   it is finished, but what can change its numbers has changed since
 *     no diagnostics   it is finished, but lacks diagnostics that the study asks for
 *     stopped          it was begun and its process ended before there was a result
 *     never started
 *
 * Where several hold, the first in this list is told.
 */
#ifndef PL_EXPERIMENTS_RUN_PENDING_H
#define PL_EXPERIMENTS_RUN_PENDING_H

#include "experiments/run/ledger.h"

enum pl_pending_why {
    PL_PENDING_HELD,
    PL_PENDING_FAILED,
    PL_PENDING_OTHER,
    PL_PENDING_LACKS,
    PL_PENDING_STOPPED,
    PL_PENDING_NEVER,
};

struct pl_pending {
    size_t cell; /* index into the plan */
    enum pl_pending_why why;
    const char *detail; /* HELD: "process 123"; FAILED: the message; OTHER: which parts of the stamp
                           differ; STOPPED: how often it was begun; otherwise "" */
};

/* Cells with the same reason and detail. */
struct pl_pending_group {
    enum pl_pending_why why;
    const char *detail;
    size_t count;
    size_t first; /* index into items of the first of them */
};

struct pl_pending_list {
    struct pl_arena arena;
    struct pl_pending *items; /* in the order of the plan */
    size_t count;
    struct pl_pending_group *groups; /* in the order of the list above, then as they come */
    size_t group_count;
};

/* Tells for every cell that is still to be computed, going by its result in [ledger], which was read from [store] (NULL: there
 * is no database yet). The caller ends [out] with pl_pending_finish; on failure it is empty. */
enum pl_status pl_pending_find(struct pl_pending_list *out, const struct pl_ledger *ledger,
                               struct pl_store *store) PL_NODISCARD;
void pl_pending_finish(struct pl_pending_list *list);

/* "finished under other numerics", ... */
const char *pl_pending_name(enum pl_pending_why why);

#endif
