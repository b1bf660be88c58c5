#include "experiments/cli/dry_run.h"

#include <stdio.h>

#include "core/base/log.h"
#include "experiments/cli/why_not.h"
#include "experiments/run/work.h"

static void print_plan(const struct pl_ledger *ledger) {
    const struct pl_experiment *experiment = &ledger->experiment;
    const struct pl_history *history = &ledger->history;
    printf("study     %s\n", experiment->name);
    printf("plan      %s\n", history->digest);
    if (history->count == 0)
        printf("          recorded when it runs\n");
    else if (!pl_history_is_recorded(history))
        printf("          not the one recorded last, %s: a run records the change\n",
               history->records[history->count - 1].digest);
    printf("cells     %zu = %zu variants", ledger->cells.count, experiment->entry_count);
    for (size_t a = 0; a < experiment->axis_count; a++)
        printf(" x %zu %s", experiment->axes[a].count, experiment->axes[a].key);
    printf(" x %zu seeds\n", experiment->seed_count);
}

static void print_work(const struct pl_work *work, double seconds, size_t jobs) {
    printf("done      %zu\n", work->finished);
    printf("to do     %zu\n", work->count);
    if (work->elsewhere)
        printf("          %zu of them are finished under other numerics (--reuse-old keeps them)\n",
               work->elsewhere);
    if (work->lacking)
        printf("          %zu of them are done, but without the diagnostics that are asked for\n",
               work->lacking);
    if (work->failed)
        printf("          %zu of them failed before and are tried again\n", work->failed);
    if (seconds > 0)
        printf("estimate  %.0f s with %zu jobs, at %.2g s a cell\n",
               seconds * (double)work->count / (double)jobs, jobs, seconds);
    else
        printf("estimate  none: no cell of this study has run yet\n");
}

static enum pl_status print_all(const struct pl_ledger *ledger, struct pl_store *store,
                                const struct pl_request *request) {
    struct pl_arena arena = {0};
    struct pl_strbuf note;
    struct pl_work work;
    enum pl_status status = pl_work_find(ledger, store, &request->shard, &arena, &work);
    if (status == PL_OK) {
        print_plan(ledger);
        if (request->shard.count)
            printf("shard     %zu of %zu: %zu of the cells\n", request->shard.index,
                   request->shard.count, work.finished + work.count);
        double seconds = 0;
        if (store && pl_store_typical_seconds(store, &seconds) != PL_OK) seconds = 0;
        print_work(&work, seconds, request->jobs);
        pl_strbuf_init(&note);
        pl_experiment_power_note(&ledger->experiment, &note);
        if (note.length) printf("note      %s\n", note.text);
        pl_strbuf_finish(&note);
    }
    pl_arena_finish(&arena);
    return status;
}

static enum pl_status print_why_not(const struct pl_ledger *ledger, struct pl_store *store) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    enum pl_status status = pl_why_not(&text, ledger, store, pl_log_level() >= PL_LOG_DEBUG);
    if (status == PL_OK) status = pl_cli_show(NULL, text.text);
    pl_strbuf_finish(&text);
    return status;
}

enum pl_status pl_dry_run(struct pl_ledger *ledger, const struct pl_request *request,
                          enum pl_ledger_rule rule, bool why_not) {
    const char *name = ledger->experiment.name;
    struct pl_store *store = NULL;
    enum pl_status status = PL_OK;
    if (pl_store_exists(request->results, name)) {
        PL_TRY(pl_store_open(&store, request->results, name, PL_STORE_READ));
        status = pl_ledger_read(ledger, store, rule);
    }
    if (status == PL_OK)
        status = why_not ? print_why_not(ledger, store) : print_all(ledger, store, request);
    pl_store_close(store);
    return status;
}
