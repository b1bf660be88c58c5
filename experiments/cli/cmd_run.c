/* run: a study from its file to its report. Plan, what is already there, workers, store, report. */
#include "core/base/log.h"
#include "experiments/cli/dry_run.h"
#include "experiments/cli/output.h"
#include "experiments/cli/progress.h"
#include "experiments/cli/request.h"
#include "experiments/evidence/balance.h"
#include "experiments/run/pending.h"

struct options {
    struct pl_request_flags request;
    const char *metric;
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
    {"why-not", 0, NULL, "print why cells are pending, with examples (-v: every cell); run nothing",
     PL_SWITCH(struct options, why_not)},
    {0},
};

static enum pl_status write_file(const struct pl_report_input *input, const char *format,
                                 const char *path) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    enum pl_status status = pl_report_write(input, format, &text);
    if (status == PL_OK) status = pl_cli_write(path, text.text);
    if (status == PL_OK && path) pl_info("%s", path);
    pl_strbuf_finish(&text);
    return status;
}

/* Beside the database as files that look the same everywhere, and then to stdout as the terminal can show
 * it: a reader that goes away there takes nothing else with it. */
static enum pl_status report(const struct pl_ledger *ledger, const char *metric,
                             const char *results, struct pl_arena *arena) {
    struct pl_analysis analysis;
    const char *folder = pl_arena_printf(arena, "%s/%s", results, ledger->experiment.name);
    PL_TRY(pl_analysis_run(&analysis, &ledger->experiment, &ledger->cells, ledger->results,
                           metric ? metric : ledger->experiment.metric));
    struct pl_report_input plain = {.analysis = &analysis,
                                    .store = ledger->store,
                                    .version = PL_VERSION,
                                    .history = &ledger->history,
                                    .older = ledger->older,
                                    .missing = ledger->missing};
    plain.figures = pl_output_figures(arena, ledger->store);
    struct pl_report_input seen = plain;
    pl_output_look(&seen);
    enum pl_status status =
        write_file(&plain, "text", pl_arena_printf(arena, "%s/report.txt", folder));
    if (status == PL_OK)
        status = write_file(&plain, "csv", pl_arena_printf(arena, "%s/report.csv", folder));
    if (status == PL_OK)
        status = write_file(&plain, "html", pl_arena_printf(arena, "%s/report.html", folder));
    if (status == PL_OK) status = write_file(&seen, "text", NULL);
    pl_analysis_finish(&analysis);
    return status;
}

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
                              const struct pl_request *request, enum pl_ledger_rule rule,
                              struct pl_arena *arena, size_t *failed) {
    struct pl_progress progress;
    const struct pl_work_events events = pl_progress_events(&progress);
    struct pl_work work;
    PL_TRY(pl_ledger_register(ledger, store));
    PL_TRY(pl_ledger_read(ledger, store, rule));
    PL_TRY(pl_work_find(ledger, store, arena, &work));
    pl_info("%s: %zu cells, %zu done already, %zu to do with %zu jobs", ledger->experiment.name,
            ledger->cells.count, work.finished, work.count, request->jobs);
    if (work.elsewhere) PL_TRY(tell_difference(ledger, store, work.elsewhere));
    if (work.lacking)
        pl_info("%zu cells are done, but without the diagnostics that are asked for, and are "
                "computed again; their metrics stay the same",
                work.lacking);
    PL_TRY(pl_work_run(&work, ledger, store, request->jobs, &events, failed));
    PL_TRY(pl_ledger_read(ledger, store, rule));
    PL_TRY(pl_ledger_diagnostics(ledger, store));
    pl_balance(ledger);
    if (ledger->missing) pl_warn("%s", ledger->missing);
    return PL_OK;
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
    if (status == PL_OK)
        status = pl_ledger_plan(&ledger, request.path, request.overrides, request.override_count);
    if (status == PL_OK && (options->dry_run || options->why_not)) {
        status = pl_dry_run(&ledger, &request, rule, options->why_not);
    } else if (status == PL_OK) {
        const char *name = ledger.experiment.name;
        status = pl_store_open(&store, request.results, name, PL_STORE_WRITE);
        if (status == PL_OK) status = compute(&ledger, store, &request, rule, &arena, &failed);
        if (status == PL_OK) status = report(&ledger, options->metric, request.results, &arena);
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
    .usage = "STUDY.yaml [key=value ...] [-j N] [--backend NAME] [--dry-run] [--results DIR]",
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
    .examples = "  plumbline run configs/quickstart.yaml\n"
                "  plumbline run configs/quickstart.yaml --dry-run\n"
                "  plumbline run configs/quickstart.yaml --why-not\n"
                "  plumbline run configs/liu-post1.yaml task.structure=0,1 model.depth=10 -j 2\n",
    .flags = flags,
    .options_size = sizeof(struct options),
    .run = run,
};
