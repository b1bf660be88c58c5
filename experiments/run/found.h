/* Found: one cell as the databases under a folder have it, by the beginning of its identity. */
#ifndef PL_EXPERIMENTS_RUN_FOUND_H
#define PL_EXPERIMENTS_RUN_FOUND_H

#include "experiments/run/store/store.h"

struct pl_found {
    struct pl_store_plan plan;
    const struct pl_cell *cell; /* of plan */
    bool former;                /* of an earlier plan */
    struct pl_result
        result; /* the newest finished one, else what the present numerics have; whole */
    char stamp[PL_HASH_TEXT]; /* of result */
    char *path;               /* of the database */
};

/* Looks into every [results]/STUDY/cells.db; of a cell that several have, a finished one is taken. PL_ECONFIG
 * when none is meant, or several are. The caller ends [out] with pl_found_finish; on failure it is empty. */
enum pl_status pl_found_find(struct pl_found *out, const char *results,
                             const char *prefix) PL_NODISCARD;
void pl_found_finish(struct pl_found *found); /* an empty one is fine */

#endif
