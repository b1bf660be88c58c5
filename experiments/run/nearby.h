/* Nearby: what a database has of a study when it has none of the cells that are asked for. A run may have
 * been told another backend, or other settings, than the command that looks for its results. */
#ifndef PL_EXPERIMENTS_RUN_NEARBY_H
#define PL_EXPERIMENTS_RUN_NEARBY_H

#include "experiments/run/ledger.h"

struct pl_nearby {
    size_t
        count; /* finished cells whose settings are the nearest to one that is asked for; 0: none */
    const char
        *words; /* "backend=ref train.lr=0.01": the overrides by which they are asked for; NULL: the
                          command line cannot say it */
    const char *keys; /* "backend and train.lr": in what they differ */
};

/* Looks through the database of [ledger], its last plan and former ones. Nearest is what differs in the
 * fewest settings; the texts are the arena's. */
enum pl_status pl_nearby_find(struct pl_nearby *out, const struct pl_ledger *ledger,
                              struct pl_arena *arena) PL_NODISCARD;

#endif
