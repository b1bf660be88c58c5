/* run: a study from its file to its report. Plan, what is already there, workers, store, report. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/log.h"
#include "experiments/cli/args.h"
#include "experiments/cli/progress.h"
#include "experiments/evidence/evidence.h"
#include "experiments/report/report.h"
#include "experiments/run/pool.h"

static const struct pl_flag flags[] = {
    {"jobs", 'j', "N", "cells at a time (default: one a processor)"},
    {"backend", 'b', "NAME", "cpu, ref or opencl; the same as backend=NAME"},
    PL_FLAG_DEVICE,
    {"dry-run", 'n', NULL, "print the plan, what is done already and a time estimate; run nothing"},
    {"metric", 'm', "NAME", "the loss that the report compares (default: the study's)"},
    {"results", 0, "DIR", "where results are kept (default: results)"},
    {"reuse-old", 0, NULL, "keep finished cells of other numerics instead of computing them again"},
    {0},
};

struct request {
    const char **overrides; /* words, and backend=NAME */
    size_t override_count;
    const char *results, *metric;
    long jobs;
    bool dry_run;
    enum pl_evidence_rule rule;
};

static const char *flag(const struct pl_args *args, const char *name) {
    return pl_args_get(args, &pl_command_run, name);
}

static enum pl_status read_jobs(const char *text, long *out) {
    char *end;
    *out = sysconf(_SC_NPROCESSORS_ONLN);
    if (!text) return PL_OK;
    errno = 0;
    *out = strtol(text, &end, 10);
    if (errno || *end || end == text || *out < 1 || *out > 4096)
        return pl_fail(PL_ECONFIG, "--jobs is \"%s\"; it takes a whole number from 1 to 4096",
                       text);
    return PL_OK;
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
    out->dry_run = flag(args, "dry-run") != NULL;
    out->rule = flag(args, "reuse-old") ? PL_EVIDENCE_NEWEST : PL_EVIDENCE_PRESENT;
    return read_jobs(flag(args, "jobs"), &out->jobs);
}

/* ---- what is to be done ---- */

static bool is_finished(const struct pl_result *result) {
    return result->outcome == PL_DONE || result->outcome == PL_DIVERGED;
}

struct work {
    size_t *cells; /* indices of the cells still to be computed, in order */
    size_t count;
    size_t finished, failed, elsewhere; /* of all: reused, tried before, done by other numerics */
};

static enum pl_status find_work(const struct pl_evidence *evidence, struct pl_store *store,
                                struct pl_arena *arena, struct work *out) {
    *out = (struct work){.cells = PL_ARENA_ARRAY(arena, size_t, evidence->cells.count)};
    for (size_t k = 0; k < evidence->cells.count; k++) {
        struct pl_store_state state = {0};
        if (is_finished(&evidence->results[k])) {
            out->finished++;
            continue;
        }
        if (store)
            PL_TRY(pl_store_state(store, evidence->cells.items[k].id, evidence->stamps[k], &state));
        out->failed += state.outcome == PL_FAILED;
        out->elsewhere += state.elsewhere;
        out->cells[out->count++] = k;
    }
    return PL_OK;
}

/* Mean seconds of a cell, from those that are finished (whatever their numerics); 0 when none is. */
static double typical_seconds(struct pl_evidence *evidence, struct pl_store *store) {
    double total = 0;
    size_t count = 0;
    for (size_t k = 0; store && k < evidence->cells.count; k++) {
        struct pl_result result = {0};
        char stamp[PL_HASH_TEXT];
        const char *id = evidence->cells.items[k].id;
        if (pl_store_newest(store, id, stamp) != PL_OK || !*stamp) continue;
        if (pl_store_find(store, id, stamp, &result) == PL_OK && is_finished(&result)) {
            total += result.seconds;
            count++;
        }
        pl_result_finish(&result);
    }
    return count ? total / (double)count : 0;
}

static void print_plan(struct pl_evidence *evidence, struct pl_store *store,
                       const struct work *work, const struct request *request) {
    const struct pl_experiment *experiment = &evidence->experiment;
    char digest[PL_HASH_TEXT];
    pl_cells_digest(&evidence->cells, digest);
    printf("study     %s\n", experiment->name);
    printf("plan      %s\n", digest);
    printf("cells     %zu = %zu variants", evidence->cells.count, experiment->entry_count);
    for (size_t a = 0; a < experiment->axis_count; a++)
        printf(" x %zu %s", experiment->axes[a].count, experiment->axes[a].key);
    printf(" x %zu seeds\n", experiment->seed_count);
    printf("done      %zu\n", work->finished);
    printf("to do     %zu\n", work->count);
    if (work->elsewhere)
        printf("          %zu of them are finished under other numerics (--reuse-old keeps them)\n",
               work->elsewhere);
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

/* ---- doing it ---- */

static volatile sig_atomic_t interrupted;

static void on_signal(int number) {
    (void)number;
    interrupted = 1;
}

static void catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

struct running {
    struct pl_evidence *evidence;
    struct pl_store *store;
    const struct work *work;
    struct pl_progress progress;
    size_t failed;
};

static const struct pl_cell *cell_of(const struct running *running, size_t job) {
    return &running->evidence->cells.items[running->work->cells[job]];
}

static enum pl_status claim(void *ctx, size_t job, bool *run) {
    struct running *running = ctx;
    const char *stamp = running->evidence->stamps[running->work->cells[job]];
    return pl_store_lease(running->store, cell_of(running, job)->id, stamp, run);
}

static enum pl_status started(void *ctx, size_t job, long pid) {
    (void)job, (void)pid;
    pl_progress_started(&((struct running *)ctx)->progress);
    return PL_OK;
}

static enum pl_status finished(void *ctx, size_t job, const struct pl_result *result) {
    struct running *running = ctx;
    const struct pl_cell *cell = cell_of(running, job);
    const char *stamp = running->evidence->stamps[running->work->cells[job]];
    PL_TRY(pl_store_put(running->store, cell->id, stamp, result));
    pl_progress_finished(&running->progress, cell, &running->evidence->experiment, result);
    if (result->outcome != PL_FAILED) return PL_OK;
    pl_progress_end(&running->progress);
    pl_error("cell %.8s (%s, seed %llu) failed: %s", cell->id, cell->label,
             (unsigned long long)cell->seed, result->message);
    running->failed++;
    return PL_OK;
}

static enum pl_status tick(void *ctx) {
    pl_progress_tick(&((struct running *)ctx)->progress);
    return PL_OK;
}

static enum pl_status compute(struct running *running, const struct request *request,
                              struct pl_arena *arena) {
    const struct work *work = running->work;
    static const char *const arguments[] = {"worker", NULL};
    static const char *const profile[] = {"PLUMBLINE_PROFILE=1", NULL};
    const char **jobs = PL_ARENA_ARRAY(arena, const char *, work->count + 1);
    for (size_t k = 0; k < work->count; k++) jobs[k] = cell_of(running, k)->text;
    struct pl_pool_config config = {.arguments = arguments,
                                    .environment = pl_log_level() >= PL_LOG_DEBUG ? profile : NULL,
                                    .workers = (size_t)request->jobs,
                                    .cell_seconds = running->evidence->experiment.cell_seconds,
                                    .interrupt = &interrupted};
    struct pl_pool_events events = {running, claim, started, finished, tick};
    catch_signals();
    pl_progress_init(&running->progress, work->count);
    enum pl_status status = pl_pool_run(&config, jobs, work->count, &events);
    pl_progress_end(&running->progress);
    return status;
}

/* ---- telling it ---- */

static enum pl_status describe_study(struct pl_store *store, const struct pl_evidence *evidence) {
    const struct pl_experiment *experiment = &evidence->experiment;
    char digest[PL_HASH_TEXT];
    pl_cells_digest(&evidence->cells, digest);
    PL_TRY(pl_store_meta_set(store, "study", experiment->name));
    PL_TRY(pl_store_meta_set(store, "question", experiment->question));
    PL_TRY(pl_store_meta_set(store, "baseline", experiment->baseline));
    PL_TRY(pl_store_meta_set(store, "path", experiment->path));
    PL_TRY(pl_store_meta_set(store, "match", experiment->match_params ? "params" : "none"));
    PL_TRY(pl_store_meta_set(store, "metric", experiment->metric ? experiment->metric : ""));
    const struct pl_select *select = &experiment->select;
    PL_TRY(pl_store_meta_set(store, "select_over", select->over ? select->over : ""));
    PL_TRY(pl_store_meta_set(store, "select_by", select->over ? select->by : ""));
    PL_TRY(pl_store_meta_set(store, "digest", digest));
    return pl_store_register(store, &evidence->cells, experiment->axes, experiment->axis_count);
}

/* report.txt and report.csv beside the database. */
static enum pl_status write_files(const struct pl_report_input *input, const char *folder) {
    static const char *const formats[] = {"text", "csv"}, *const names[] = {"report.txt",
                                                                            "report.csv"};
    enum pl_status status = PL_OK;
    for (int k = 0; k < 2 && status == PL_OK; k++) {
        struct pl_strbuf path, text;
        pl_strbuf_init(&path);
        pl_strbuf_init(&text);
        pl_strbuf_addf(&path, "%s/%s", folder, names[k]);
        status = pl_report_write(input, formats[k], &text);
        if (status == PL_OK) status = pl_cli_write(path.text, text.text);
        if (status == PL_OK && k == 0) status = pl_cli_write(NULL, text.text);
        if (status == PL_OK) pl_info("%s", path.text);
        pl_strbuf_finish(&path);
        pl_strbuf_finish(&text);
    }
    return status;
}

static enum pl_status tell(const struct pl_evidence *evidence, const struct request *request) {
    struct pl_analysis analysis;
    const char *metric = request->metric ? request->metric : evidence->experiment.metric;
    PL_TRY(pl_analysis_run(&analysis, &evidence->experiment, &evidence->cells, evidence->results,
                           metric));
    struct pl_report_input input = {&analysis, evidence->store, PL_VERSION};
    struct pl_strbuf folder;
    pl_strbuf_init(&folder);
    pl_strbuf_addf(&folder, "%s/%s", request->results, evidence->experiment.name);
    enum pl_status status = write_files(&input, folder.text);
    pl_strbuf_finish(&folder);
    pl_analysis_finish(&analysis);
    return status;
}

static enum pl_status run_study(struct pl_evidence *evidence, const struct request *request,
                                struct pl_arena *arena, struct pl_store *store, size_t *failed) {
    struct work work;
    PL_TRY(pl_evidence_read(evidence, store, request->rule));
    PL_TRY(find_work(evidence, store, arena, &work));
    pl_info("%s: %zu cells, %zu done already, %zu to do with %ld jobs", evidence->experiment.name,
            evidence->cells.count, work.finished, work.count, request->jobs);
    if (work.elsewhere)
        pl_info(
            "%zu cells are finished under other numerics (an earlier build, compiler or machine) "
            "and are computed again; --reuse-old keeps them",
            work.elsewhere);
    struct running running = {.evidence = evidence, .store = store, .work = &work};
    if (work.count) PL_TRY(compute(&running, request, arena));
    *failed = running.failed;
    PL_TRY(pl_evidence_read(evidence, store, request->rule));
    return tell(evidence, request);
}

/* Without a database everything is still to do, under the numerics of here and now. */
static enum pl_status stamp_all(struct pl_evidence *evidence) {
    for (size_t k = 0; k < evidence->cells.count; k++) {
        bool first = k == 0;
        if (first)
            PL_TRY(pl_evidence_stamp(&evidence->cells.items[0], evidence->stamps[0]));
        else
            strcpy(evidence->stamps[k], evidence->stamps[0]);
    }
    return PL_OK;
}

static enum pl_status dry_run(struct pl_evidence *evidence, const struct request *request,
                              struct pl_arena *arena) {
    struct pl_store *store = NULL;
    struct work work;
    const char *name = evidence->experiment.name;
    enum pl_status status = PL_OK;
    if (pl_store_exists(request->results, name)) {
        PL_TRY(pl_store_open(&store, request->results, name, PL_STORE_READ));
        status = pl_evidence_read(evidence, store, request->rule);
    } else {
        status = stamp_all(evidence);
    }
    if (status == PL_OK) status = find_work(evidence, store, arena, &work);
    if (status == PL_OK) print_plan(evidence, store, &work, request);
    pl_store_close(store);
    return status;
}

static enum pl_status run_for_real(struct pl_evidence *evidence, const struct request *request,
                                   struct pl_arena *arena, size_t *failed) {
    struct pl_store *store;
    PL_TRY(pl_store_open(&store, request->results, evidence->experiment.name, PL_STORE_WRITE));
    enum pl_status status = describe_study(store, evidence);
    if (status == PL_OK) status = run_study(evidence, request, arena, store, failed);
    pl_store_close(store);
    return status;
}

static int run(const struct pl_args *args) {
    struct pl_arena arena = {0};
    struct pl_evidence evidence;
    struct request request = {0};
    size_t failed = 0;
    enum pl_status status = read_request(args, &arena, &request);
    if (status == PL_OK)
        status =
            pl_evidence_plan(&evidence, args->words[0], request.overrides, request.override_count);
    if (status == PL_OK) {
        status = request.dry_run ? dry_run(&evidence, &request, &arena)
                                 : run_for_real(&evidence, &request, &arena, &failed);
        pl_evidence_finish(&evidence);
    }
    pl_arena_finish(&arena);
    if (status == PL_EINTERRUPT)
        pl_fail(
            status,
            "interrupted; what was finished is stored, and the same command goes on from there");
    if (status != PL_OK) return pl_cli_fail(status);
    return failed ? pl_status_exit(PL_ECELL) : 0;
}

const struct pl_command pl_command_run = {
    .name = "run",
    .summary = "Runs a study: computes the missing cells and reports",
    .usage = "STUDY.yaml [key=value ...] [-j N] [--backend NAME] [--dry-run] [--results DIR]",
    .details = "Each key=value has the dotted name and the sweep grammar of the study file and "
               "wins over it:\n"
               "  train.lr=1e-3,3e-3   task.structure=linspace(0,1,11)   "
               "train.lr=logspace(-3,-1,5)   seeds=10\n"
               "Finished cells are never run twice. Interrupting is safe: the same command goes "
               "on. The report\n"
               "is printed, and kept with the database in DIR/STUDY/.\n",
    .examples = "  plumbline run configs/quickstart.yaml\n"
                "  plumbline run configs/quickstart.yaml --dry-run\n"
                "  plumbline run configs/liu-post1.yaml task.structure=0,1 model.depth=10 -j 2\n",
    .flags = flags,
    .run = run,
};
