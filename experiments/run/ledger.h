/* Ledger: what is known of a study, ready for analysis: its plan and a result for every cell. From
 * a study file and its database, or from a database alone. */
#ifndef PL_EXPERIMENTS_RUN_LEDGER_H
#define PL_EXPERIMENTS_RUN_LEDGER_H

#include "core/base/json.h"
#include "experiments/cell/cell.h"
#include "experiments/run/history.h"
#include "experiments/run/result.h"
#include "experiments/run/store/store.h"
#include "experiments/study/experiment.h"

struct pl_ledger {
    struct pl_experiment experiment;
    struct pl_cells cells;
    struct pl_result *results; /* one a cell; PENDING where nothing is known */
    struct pl_arena arena;     /* what they hold, but for diagnostics */
    char (*stamps)
        [PL_HASH_TEXT]; /* the numerics a cell's result comes from: the present ones, or older */
    char (*present)[PL_HASH_TEXT]; /* the stamps of here and now, once pl_ledger_read was called */
    size_t older;                  /* finished cells that come from other numerics */
    size_t damaged; /* cells that are pending since their stored numbers were changed or lost */
    size_t damaged_inside;     /* cells whose diagnostics are left out for that reason */
    size_t held;               /* finished, but of seeds that are not complete (balance.h) */
    char *missing;             /* a sentence on what a budget left undone; NULL: nothing */
    bool from_store;           /* the plan is what the database had, not a study file's */
    struct pl_history history; /* when the plan was recorded, and how it changed */
    char *store;               /* path of the database; NULL when there is none */
};

/* Which results count for a cell. */
enum pl_ledger_rule {
    PL_LEDGER_PRESENT, /* those of the present numerics only */
    PL_LEDGER_NEWEST,  /* else the newest of other numerics, counted in [older] */
};

/* The plan alone; every cell pending. The caller ends [out] with pl_ledger_finish; on failure it is empty,
 * and ending it does no harm. */
enum pl_status pl_ledger_plan(struct pl_ledger *out, const char *path, const char *const *overrides,
                              size_t override_count) PL_NODISCARD;

/* The plan as the database itself has it: no study file needed. */
enum pl_status pl_ledger_plan_from(struct pl_ledger *out, struct pl_store *store) PL_NODISCARD;

/* What is going to be run and judged is recorded, and the plan with the facts of its study (name,
 * question, baseline, ...) becomes the database's: what pl_ledger_plan_from reads. */
enum pl_status pl_ledger_register(const struct pl_ledger *ledger,
                                  struct pl_store *store) PL_NODISCARD;

/* Reads the result of every cell from [store]. */
enum pl_status pl_ledger_read(struct pl_ledger *ledger, struct pl_store *store,
                              enum pl_ledger_rule rule) PL_NODISCARD;

/* Where plan and results are: a study file, whose database is under [results], or a database alone (*.db),
 * with which overrides and [results] mean nothing. */
struct pl_ledger_source {
    const char *path;
    const char *const *overrides;
    size_t override_count;
    const char *results;
};

/* Plan and results in one, with their diagnostics if wanted; [out]->store is NULL when nothing of the study
 * has run. On failure [out] is empty. */
enum pl_status pl_ledger_load(struct pl_ledger *out, const struct pl_ledger_source *source,
                              enum pl_ledger_rule rule, bool diagnostics) PL_NODISCARD;

/* Whether a finished cell lacks diagnostics that the study asks for and is computed again for them. A
 * result of other numerics, where it counts, is kept as it is. */
enum pl_status pl_ledger_lacks(const struct pl_ledger *ledger, size_t index,
                               bool *lacks) PL_NODISCARD;

/* Adds to every result the diagnostics that [store] has of it; pl_ledger_read leaves them out, since
 * they may be many. */
enum pl_status pl_ledger_diagnostics(struct pl_ledger *ledger, struct pl_store *store) PL_NODISCARD;

void pl_ledger_finish(struct pl_ledger *ledger);

/* What pl_provenance would say of [cell], were it computed here and now; owned by the caller. */
enum pl_status pl_ledger_provenance(const struct pl_cell *cell, struct pl_json **out) PL_NODISCARD;

/* The cell that tells on which class of machine the results depend: the first that is not portable, or cell 0 when
 * all are. */
const struct pl_cell *pl_ledger_machine(const struct pl_ledger *ledger);

/* The numerics stamp under which [cell] would be computed here and now. A cell that this program cannot bind
 * (its plug-in is not loaded, its backend not there) gets one that no result has, so that a database can be
 * read all the same. */
void pl_ledger_stamp(const struct pl_cell *cell, char out[PL_HASH_TEXT]);

/* The same of many, into out[k] for cells->items[k]. */
void pl_ledger_stamps(const struct pl_cells *cells, char (*out)[PL_HASH_TEXT]);

#endif
