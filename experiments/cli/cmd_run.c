/* run: a study from its file to its report. Plan, what is already there, workers, store, report. */
#include <stdio.h>
#include <string.h>

#include "core/base/log.h"
#include "experiments/cli/args.h"
#include "experiments/cli/output.h"
#include "experiments/cli/progress.h"
#include "experiments/cli/why_not.h"
#include "experiments/evidence/balance.h"
#include "experiments/report/report.h"

static const struct pl_flag flags[] = {
    {"jobs", 'j', "N", "cells at a time (default: one a processor)"},
    {"backend", 'b', "NAME", "cpu, ref or opencl; the same as backend=NAME"},
    PL_FLAG_DEVICE,
    {"dry-run", 'n', NULL, "print the plan, what is done already and a time estimate; run nothing"},
    {"metric", 'm', "NAME", "the loss that the report compares (default: the study's)"},
    {"results", 0, "DIR", "where results are kept (default: results)"},
    {"reuse-old", 0, NULL, "keep finished cells of other numerics instead of computing them again"},
    {"why-not", 0, NULL,
     "print why cells are pending, with examples (-v: every cell); run nothing"},
    {0},
};

struct request {
    const char **overrides; /* words, and backend=NAME */
    size_t override_count;
    const char *results, *metric;
    long jobs;
    bool dry_run, why_not;
    enum pl_ledger_rule rule;
};

static const char *flag(const struct pl_args *args, const char *name) {
    return pl_args_get(args, &pl_command_run, name);
}

static enum pl_status read_request(const struct pl_args *args, struct pl_arena *arena,
                                   struct request *out) {
    const char *backend = flag(args, "backend");
    pl_cli_choose_device(flag(args, "device"));
    if (args->word_count == 0)
        return pl_fail(PL_ECONFIG,
                       "run needs a study file, as in plumbline run configs/quickstart.yaml");
    *out = (struct request){.overrides = PL_ARENA_ARRAY(arena, const char *, args->word_count + 1)};
    for (size_t k = 1; k < args->word_count; k++)
        out->overrides[out->override_count++] = args->words[k];
    if (backend)
        out->overrides[out->override_count++] = pl_arena_printf(arena, "backend=%s", backend);
    out->results = flag(args, "results") ? flag(args, "results") : "results";
    out->metric = flag(args, "metric");
    out->why_not = flag(args, "why-not") != NULL;
    out->dry_run = flag(args, "dry-run") != NULL || out->why_not;
    out->rule = flag(args, "reuse-old") ? PL_LEDGER_NEWEST : PL_LEDGER_PRESENT;
    return pl_cli_jobs(flag(args, "jobs"), &out->jobs);
}

/* ---- what is to be done ---- */

/* Mean seconds of a cell, from those that are finished (whatever their numerics); 0 when none is. */
static double typical_seconds(struct pl_ledger *evidence, struct pl_store *store) {
    double total = 0;
    size_t count = 0;
    for (size_t k = 0; store && k < evidence->cells.count; k++) {
        struct pl_result result = {0};
        char stamp[PL_HASH_TEXT];
        const char *id = evidence->cells.items[k].id;
        if (pl_store_newest(store, id, stamp) != PL_OK || !*stamp) continue;
        if (pl_store_find(store, id, stamp, &result) == PL_OK &&
            pl_outcome_is_finished(result.outcome)) {
            total += result.seconds;
            count++;
        }
        pl_result_finish(&result);
    }
    return count ? total / (double)count : 0;
}

static void print_digest(const struct pl_history *history) {
    size_t count = history->count;
    printf("plan      %s\n", history->digest);
    if (count == 0)
        printf("          recorded when it runs\n");
    else if (!pl_history_is_recorded(history))
        printf("          not the one recorded last, %s: a run records the change\n",
               history->records[count - 1].digest);
}

static void print_plan(struct pl_ledger *evidence, struct pl_store *store,
                       const struct pl_work *work, const struct request *request) {
    const struct pl_experiment *experiment = &evidence->experiment;
    printf("study     %s\n", experiment->name);
    print_digest(&evidence->history);
    printf("cells     %zu = %zu variants", evidence->cells.count, experiment->entry_count);
    for (size_t a = 0; a < experiment->axis_count; a++)
        printf(" x %zu %s", experiment->axes[a].count, experiment->axes[a].key);
    printf(" x %zu seeds\n", experiment->seed_count);
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
    double seconds = typical_seconds(evidence, store);
    if (seconds > 0)
        printf("estimate  %.0f s with %ld jobs, at %.2g s a cell\n",
               seconds * (double)work->count / (double)request->jobs, request->jobs, seconds);
    else
        printf("estimate  none: no cell of this study has run yet\n");
    struct pl_strbuf note;
    pl_strbuf_init(&note);
    pl_experiment_power_note(experiment, &note);
    if (note.length) printf("note      %s\n", note.text);
    pl_strbuf_finish(&note);
}

/* ---- telling it ---- */

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
static enum pl_status write_reports(const struct pl_report_input *plain, struct pl_arena *arena,
                                    const char *folder) {
    struct pl_report_input seen = *plain;
    pl_output_look(&seen);
    PL_TRY(write_file(plain, "text", pl_arena_printf(arena, "%s/report.txt", folder)));
    PL_TRY(write_file(plain, "csv", pl_arena_printf(arena, "%s/report.csv", folder)));
    PL_TRY(write_file(plain, "html", pl_arena_printf(arena, "%s/report.html", folder)));
    return write_file(&seen, "text", NULL);
}

static enum pl_status tell(const struct pl_ledger *evidence, const struct request *request) {
    struct pl_analysis analysis;
    const char *metric = request->metric ? request->metric : evidence->experiment.metric;
    PL_TRY(pl_analysis_run(&analysis, &evidence->experiment, &evidence->cells, evidence->results,
                           metric));
    struct pl_arena arena = {0};
    struct pl_report_input input = {.analysis = &analysis,
                                    .store = evidence->store,
                                    .version = PL_VERSION,
                                    .history = &evidence->history,
                                    .older = evidence->older,
                                    .missing = evidence->missing};
    input.figures = pl_output_figures(&arena, evidence->store);
    enum pl_status status = write_reports(
        &input, &arena,
        pl_arena_printf(&arena, "%s/%s", request->results, evidence->experiment.name));
    pl_arena_finish(&arena);
    pl_analysis_finish(&analysis);
    return status;
}

static enum pl_status run_study(struct pl_ledger *evidence, const struct request *request,
                                struct pl_arena *arena, struct pl_store *store, size_t *failed) {
    struct pl_progress progress;
    const struct pl_work_events events = pl_progress_events(&progress);
    struct pl_work work;
    PL_TRY(pl_ledger_read(evidence, store, request->rule));
    PL_TRY(pl_work_find(evidence, store, arena, &work));
    pl_info("%s: %zu cells, %zu done already, %zu to do with %ld jobs", evidence->experiment.name,
            evidence->cells.count, work.finished, work.count, request->jobs);
    if (work.elsewhere)
        pl_info("%zu cells are finished under other numerics (an earlier build, compiler, machine "
                "or plug-in) "
                "and are computed again; --reuse-old keeps them",
                work.elsewhere);
    if (work.lacking)
        pl_info(
            "%zu cells are done, but without the diagnostics that are asked for, and are computed "
            "again; their metrics stay the same",
            work.lacking);
    PL_TRY(pl_work_run(&work, evidence, store, (size_t)request->jobs, &events, failed));
    PL_TRY(pl_ledger_read(evidence, store, request->rule));
    PL_TRY(pl_ledger_diagnostics(evidence, store));
    pl_balance(evidence);
    if (evidence->missing) pl_warn("%s", evidence->missing);
    return tell(evidence, request);
}

/* Without a database everything is still to do, under the numerics of here and now. */
static enum pl_status stamp_all(struct pl_ledger *evidence) {
    for (size_t k = 0; k < evidence->cells.count; k++) {
        bool first = k == 0;
        if (first)
            PL_TRY(pl_ledger_stamp(&evidence->cells.items[0], evidence->stamps[0]));
        else
            strcpy(evidence->stamps[k], evidence->stamps[0]);
    }
    return PL_OK;
}

static enum pl_status print_why_not(const struct pl_ledger *evidence, struct pl_store *store) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    enum pl_status status = pl_why_not(&text, evidence, store, pl_log_level() >= PL_LOG_DEBUG);
    if (status == PL_OK) status = pl_cli_write(NULL, text.text);
    pl_strbuf_finish(&text);
    return status;
}

static enum pl_status dry_run(struct pl_ledger *evidence, const struct request *request,
                              struct pl_arena *arena) {
    struct pl_store *store = NULL;
    struct pl_work work;
    const char *name = evidence->experiment.name;
    enum pl_status status = PL_OK;
    if (pl_store_exists(request->results, name)) {
        PL_TRY(pl_store_open(&store, request->results, name, PL_STORE_READ));
        status = pl_ledger_read(evidence, store, request->rule);
    } else {
        status = stamp_all(evidence);
    }
    if (status == PL_OK && request->why_not) status = print_why_not(evidence, store);
    if (status == PL_OK && !request->why_not) status = pl_work_find(evidence, store, arena, &work);
    if (status == PL_OK && !request->why_not) print_plan(evidence, store, &work, request);
    pl_store_close(store);
    return status;
}

static enum pl_status run_for_real(struct pl_ledger *evidence, const struct request *request,
                                   struct pl_arena *arena, size_t *failed) {
    struct pl_store *store;
    PL_TRY(pl_store_open(&store, request->results, evidence->experiment.name, PL_STORE_WRITE));
    enum pl_status status = pl_ledger_register(evidence, store);
    if (status == PL_OK) status = run_study(evidence, request, arena, store, failed);
    pl_store_close(store);
    return status;
}

static int run(const struct pl_args *args) {
    struct pl_arena arena = {0};
    struct pl_ledger evidence;
    struct request request = {0};
    size_t failed = 0;
    enum pl_status status = read_request(args, &arena, &request);
    if (status == PL_OK)
        status =
            pl_ledger_plan(&evidence, args->words[0], request.overrides, request.override_count);
    if (status == PL_OK) {
        status = request.dry_run ? dry_run(&evidence, &request, &arena)
                                 : run_for_real(&evidence, &request, &arena, &failed);
        pl_ledger_finish(&evidence);
    }
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
    .run = run,
};
