/* Catalogue: cells and their plans from wherever they stand, and the one that a name means.
 *
 *     1a2b3c4d                            the beginning of an identity (at least 4 digits)
 *     standard                            a label: the first such cell of the plan
 *     standard,seed=3,task.structure=0.5  a label, and what else it must have
 *
 * What is left open of a second cell is taken as the first cell has it. Cells come from a study file, from
 * a database, or from every database under the results folder, earlier plans included.
 */
#ifndef PL_EXPERIMENTS_RUN_CATALOGUE_H
#define PL_EXPERIMENTS_RUN_CATALOGUE_H

#include "experiments/run/ledger.h"

struct pl_catalogue {
    struct pl_store_plan *plans; /* owned */
    size_t count, capacity;
};

/* [study] is a study file or a database (.db); NULL: every [results]/STUDY/cells.db. */
enum pl_status pl_catalogue_init(struct pl_catalogue *out, const char *study, const char *results,
                                 const char *const *overrides, size_t override_count) PL_NODISCARD;
void pl_catalogue_finish(struct pl_catalogue *catalogue);

/* A cell and the plan that it stands in, both borrowed from the catalogue. */
struct pl_pick {
    const struct pl_store_plan *plan;
    const struct pl_cell *cell;
};

/* [like] is a cell that was picked before, or NULL. */
enum pl_status pl_catalogue_pick(struct pl_pick *out, const struct pl_catalogue *catalogue,
                                 const char *name, const struct pl_pick *like) PL_NODISCARD;

/* Appends "1a2b3c4d standard task.structure=0.5 seed 3". */
void pl_pick_describe(const struct pl_pick *pick, struct pl_strbuf *out);

#endif
