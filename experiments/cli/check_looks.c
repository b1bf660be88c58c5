/* The looks of a check (looks.h): each is the study with more seeds, of which only what open claims need is
 * computed.
 *
 *     look 1     the study as it is: all of its cells
 *     look k     its seeds and fresh ones, for the claims that are still open
 *     at the end the database's plan is the study's own again, whatever seeds were added
 */
#include "experiments/cli/check_looks.h"

#include "core/base/alloc.h"
#include "core/base/log.h"
#include "experiments/check/looks.h"
#include "experiments/cli/progress.h"

/* ---- one look ---- */

/* Leaves of [work] what the open claims need. */
static void keep_needed(struct pl_work *work, const struct pl_ledger *ledger,
                        const struct pl_check *check) {
    const struct pl_experiment *experiment = &ledger->experiment;
    struct pl_arena arena = {0};
    struct pl_table table;
    size_t kept = 0;
    bool *needed = pl_alloc_zero(ledger->cells.count, sizeof *needed);
    pl_table_make(&table, &arena, experiment, &ledger->cells, ledger->results);
    for (size_t p = 0; p < table.point_count; p++)
        for (size_t e = 0; e < experiment->entry_count; e++)
            for (size_t s = 0; s < experiment->seed_count; s++)
                if (pl_check_needs(check, &table, p, e))
                    needed[pl_table_cell(&table, p, e, s)] = true;
    for (size_t k = 0; k < work->count; k++)
        if (needed[work->cells[k]]) work->cells[kept++] = work->cells[k];
    work->count = kept;
    pl_arena_finish(&arena);
    pl_free(needed);
}

/* The study's own cells are all computed; of the seeds added later, what open claims need. */
static enum pl_status compute(struct pl_ledger *ledger, struct pl_store *store,
                              const struct pl_request *request, const struct pl_check *check,
                              struct pl_arena *arena) {
    struct pl_progress progress;
    const struct pl_work_events events = pl_progress_events(&progress);
    struct pl_work work;
    size_t failed;
    PL_TRY(pl_ledger_register(ledger, store));
    PL_TRY(pl_ledger_read(ledger, store, PL_LEDGER_PRESENT));
    PL_TRY(pl_work_find(ledger, store, NULL, arena, &work));
    if (check->look == 0) PL_TRY(pl_request_tell_others(ledger, &work, arena));
    if (check->look > 0) keep_needed(&work, ledger, check);
    pl_info("%s: look %zu with %zu seeds, %zu cells done already, %zu to do with %zu jobs",
            ledger->experiment.name, check->look + 1, ledger->experiment.seed_count, work.finished,
            work.count, request->jobs);
    PL_TRY(pl_work_run(&work, ledger, store, request->jobs, &events, &failed));
    return pl_ledger_read(ledger, store, PL_LEDGER_PRESENT);
}

/* ---- all looks ---- */

static enum pl_status first_look(struct pl_check *check, struct pl_ledger *ledger,
                                 struct pl_store *store, const struct pl_request *request,
                                 struct pl_arena *arena) {
    struct pl_cost_rounds *costs;
    PL_TRY(compute(ledger, store, request, check, arena));
    PL_TRY(pl_check_costs(ledger, check, arena, &costs));
    pl_check_look(check, &ledger->experiment, &ledger->cells, ledger->results, costs);
    return PL_OK;
}

/* The study again, with the seeds of the next look. */
static enum pl_status next_look(struct pl_check *check, const struct pl_experiment *own,
                                struct pl_store *store, struct pl_request *request,
                                struct pl_arena *arena) {
    struct pl_ledger ledger;
    struct pl_strbuf seeds;
    pl_strbuf_init(&seeds);
    pl_looks_seeds(&seeds, own->seeds, own->seed_count, check->looks.seeds[check->look]);
    request->overrides[request->override_count] = pl_arena_strdup(arena, seeds.text);
    pl_strbuf_finish(&seeds);
    PL_TRY(pl_ledger_plan(&ledger, request->path, request->overrides, request->override_count + 1));
    enum pl_status status = compute(&ledger, store, request, check, arena);
    if (status == PL_OK)
        pl_check_look(check, &ledger.experiment, &ledger.cells, ledger.results, NULL);
    pl_ledger_finish(&ledger);
    return status;
}

enum pl_status pl_check_looks(struct pl_check *check, struct pl_ledger *ledger,
                              struct pl_request *request, struct pl_arena *arena) {
    struct pl_store *store;
    PL_TRY(pl_store_open(&store, request->results, ledger->experiment.name, PL_STORE_WRITE));
    enum pl_status status = first_look(check, ledger, store, request, arena);
    while (status == PL_OK && pl_check_more(check))
        status = next_look(check, &ledger->experiment, store, request, arena);
    if (status == PL_OK && check->look > 1) status = pl_ledger_register(ledger, store);
    pl_store_close(store);
    return status;
}
