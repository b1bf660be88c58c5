/* run: a study from its file to its report. Plan, what is already there, workers, store, report. */
#include "core/base/log.h"
#include "experiments/cli/dry_run.h"
#include "experiments/cli/request.h"
#include "experiments/cli/run_publish.h"
#include "experiments/cli/run_report.h"
#include "experiments/evidence/balance.h"
#include "experiments/run/pending.h"
#include "experiments/study/reach.h"

struct options {
    struct pl_request_flags request;
    const char *metric, *shard, *publish;
    bool dry_run, reuse_old, why_not;
};

static const struct pl_flag flags[] = {
    PL_REQUEST_FLAGS(struct options, request),
    {"dry-run", 'n', NULL, "print the plan, what is done already and a time estimate; run nothing",
     PL_SWITCH(struct options, dry_run)},
    {"metric", 'm', "NAME", "the loss that the report compares (default: the study's)",
     PL_TEXT(struct options, metric, NULL)},
    {"reuse-old", 0, NULL, "keep finished cells of other numerics instead of computing them again",
     PL_SWITCH(struct options, reuse_old)},
    {"shard", 0, "I/N", "compute the cells of part I of N alone, and print no report",
     PL_TEXT(struct options, shard, NULL)},
    {"publish", 0, "DIR",
     "another folder of results: take what is there first, and copy the database there, whole, now "
     "and then and at the end",
     PL_TEXT(struct options, publish, NULL)},
    {"why-not", 0, NULL, "print why cells are pending, with examples (-v: every cell); run nothing",
     PL_SWITCH(struct options, why_not)},
    {0},
};

/* The first reason stands for all; --why-not has the others. */
static enum pl_status tell_difference(const struct pl_ledger *ledger, struct pl_store *store,
                                      size_t cells) {
    struct pl_pending_list list;
    const char *first = "";
    size_t reasons = 0;
    PL_TRY(pl_pending_find(&list, ledger, store));
    for (size_t k = 0; k < list.group_count; k++)
        if (list.groups[k].why == PL_PENDING_OTHER && reasons++ == 0) first = list.groups[k].detail;
    pl_info("%zu cells are finished under other numerics (%s%s) and are computed again; "
            "--reuse-old keeps them",
            cells, first, reasons > 1 ? "; --why-not has more" : "");
    pl_pending_finish(&list);
    return PL_OK;
}

static enum pl_status compute(struct pl_ledger *ledger, struct pl_store *store,
                              const struct pl_request *request, const struct options *options,
                              struct pl_arena *arena, size_t *failed) {
    const enum pl_ledger_rule rule = options->reuse_old ? PL_LEDGER_NEWEST : PL_LEDGER_PRESENT;
    struct pl_run_publish publish;
    struct pl_work work;
    PL_TRY(pl_ledger_register(ledger, store));
    if (options->publish) PL_TRY(pl_shard_take(&request->shard, ledger, store, options->publish));
    PL_TRY(pl_ledger_read(ledger, store, rule));
    PL_TRY(pl_work_find(ledger, store, &request->shard, arena, &work));
    pl_info("%s: %zu cells, %zu done already, %zu to do with %zu jobs", ledger->experiment.name,
            work.finished + work.count, work.finished, work.count, request->jobs);
    PL_TRY(pl_request_tell_others(ledger, &work, arena));
    if (work.elsewhere) PL_TRY(tell_difference(ledger, store, work.elsewhere));
    if (work.lacking)
        pl_info("%zu cells are done, but without the diagnostics that are asked for, and are "
                "computed again; their metrics stay the same",
                work.lacking);
    pl_run_publish_init(&publish, &request->shard, ledger, store, options->publish);
    enum pl_status status =
        pl_work_run(&work, ledger, store, request->jobs, &publish.events, failed);
    PL_TRY(pl_run_publish_end(&publish, status));
    if (request->shard.count) return PL_OK;
    PL_TRY(pl_ledger_read(ledger, store, rule));
    PL_TRY(pl_ledger_diagnostics(ledger, store));
    pl_balance(ledger);
    if (ledger->missing) pl_warn("%s", ledger->missing);
    return pl_run_report(ledger, options->metric, request->results, arena);
}

static int run(const struct pl_args *args) {
    const struct options *options = args->options;
    const enum pl_ledger_rule rule = options->reuse_old ? PL_LEDGER_NEWEST : PL_LEDGER_PRESENT;
    struct pl_arena arena = {0};
    struct pl_ledger ledger = {0};
    struct pl_store *store = NULL;
    struct pl_request request;
    size_t failed = 0;
    enum pl_status status = pl_request_read(&request, args, &options->request, &arena);
    if (status == PL_OK) status = pl_shard_read(&request.shard, options->shard);
    if (status == PL_OK)
        status = pl_ledger_plan(&ledger, request.path, request.overrides, request.override_count);
    if (status == PL_OK) pl_experiment_warn_of_reach(&ledger.experiment);
    if (status == PL_OK && (options->dry_run || options->why_not)) {
        status = pl_dry_run(&ledger, &request, rule, options->why_not);
    } else if (status == PL_OK) {
        const char *name = ledger.experiment.name;
        status = pl_store_open(&store, request.results, name, PL_STORE_WRITE);
        if (status == PL_OK) status = compute(&ledger, store, &request, options, &arena, &failed);
    }
    pl_store_close(store);
    pl_ledger_finish(&ledger);
    pl_arena_finish(&arena);
    if (status != PL_OK) return pl_cli_fail(status);
    return failed ? pl_status_exit(PL_ECELL) : 0;
}

const struct pl_command pl_command_run = {
    .name = "run",
    .summary = "Runs a study: computes the missing cells and reports",
    .usage = "STUDY.yaml [key=value ...] [-j N] [--backend NAME] [--shard I/N] [--dry-run] "
             "[--results DIR]",
    .details =
        "Each key=value has the dotted name and the sweep grammar of the study file and "
        "wins over it:\n"
        "  train.lr=1e-3,3e-3   task.structure=linspace(0,1,11)   "
        "train.lr=logspace(-3,-1,5)   seeds=10\n"
        "Finished cells are never run twice. Interrupting is safe: the same command goes "
        "on. The report\n"
        "is printed, and kept with the database in DIR/STUDY/. limits.hours=H ends a run after "
        "H hours, with\n"
        "status 0 and a report of the seeds that are complete.\n",
    .examples = "  plumbline run quickstart\n"
                "  plumbline run quickstart --dry-run\n"
                "  plumbline run quickstart --why-not\n"
                "  plumbline run liu-post1 task.structure=0,1 model.depth=10 -j 2\n",
    .flags = flags,
    .options_size = sizeof(struct options),
    .run = run,
};
