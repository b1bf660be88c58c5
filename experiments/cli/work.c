#include "experiments/cli/work.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "experiments/cli/args.h"
#include "experiments/cli/progress.h"
#include "experiments/run/checkpoint.h"
#include "experiments/run/pool.h"
#include "experiments/study/registration.h"

enum pl_status pl_work_jobs(const char *text, long *out) {
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

enum pl_status pl_work_request(struct pl_work_request *out, const struct pl_args *args,
                               const struct pl_command *command, struct pl_arena *arena) {
    const char *backend = pl_args_get(args, command, "backend");
    const char *results = pl_args_get(args, command, "results");
    pl_cli_choose_device(pl_args_get(args, command, "device"));
    if (args->word_count == 0)
        return pl_fail(PL_ECONFIG,
                       "%s needs a study file, as in plumbline %s configs/ci-rankings.yaml",
                       command->name, command->name);
    *out = (struct pl_work_request){.path = args->words[0],
                                    .overrides =
                                        PL_ARENA_ARRAY(arena, const char *, args->word_count + 2),
                                    .results = results ? results : "results"};
    for (size_t k = 1; k < args->word_count; k++)
        out->overrides[out->override_count++] = args->words[k];
    if (backend)
        out->overrides[out->override_count++] = pl_arena_printf(arena, "backend=%s", backend);
    return pl_work_jobs(pl_args_get(args, command, "jobs"), &out->jobs);
}

/* ---- what is to be done ---- */

/* What is going to be run and judged, before any of it is. */
static enum pl_status record_plan(struct pl_store *store, const struct pl_ledger *evidence) {
    struct pl_registration registration;
    pl_registration_make(&registration, &evidence->experiment, &evidence->cells);
    enum pl_status status = pl_store_note_plan(store, &registration, &evidence->cells);
    pl_registration_finish(&registration);
    return status;
}

enum pl_status pl_work_register(struct pl_store *store, const struct pl_ledger *evidence) {
    const struct pl_experiment *experiment = &evidence->experiment;
    PL_TRY(pl_store_meta_set(store, "study", experiment->name));
    PL_TRY(pl_store_meta_set(store, "question", experiment->question));
    PL_TRY(pl_store_meta_set(store, "baseline", experiment->baseline));
    PL_TRY(pl_store_meta_set(store, "path", experiment->path));
    PL_TRY(pl_store_meta_set(store, "source", experiment->source));
    PL_TRY(pl_store_meta_set(store, "commanded", experiment->commanded));
    PL_TRY(pl_store_meta_set(store, "match", experiment->match_params ? "params" : "none"));
    PL_TRY(pl_store_meta_set(store, "metric", experiment->metric ? experiment->metric : ""));
    const struct pl_select *select = &experiment->select;
    PL_TRY(pl_store_meta_set(store, "select_over", select->over ? select->over : ""));
    PL_TRY(pl_store_meta_set(store, "select_by", select->over ? select->by : ""));
    PL_TRY(pl_store_meta_set(store, "budget", experiment->budget ? experiment->budget : ""));
    char hours[40];
    snprintf(hours, sizeof hours, "%.17g", experiment->hours);
    PL_TRY(pl_store_meta_set(store, "hours", hours));
    PL_TRY(record_plan(store, evidence));
    return pl_store_register(store, &evidence->cells, experiment->axes, experiment->axis_count);
}

enum pl_status pl_work_find(const struct pl_ledger *evidence, struct pl_store *store,
                            struct pl_arena *arena, struct pl_work *out) {
    *out = (struct pl_work){.cells = PL_ARENA_ARRAY(arena, size_t, evidence->cells.count),
                            .seen = PL_ARENA_ARRAY(arena, const char *, evidence->cells.count)};
    for (size_t k = 0; k < evidence->cells.count; k++) {
        struct pl_store_state state = {0};
        if (pl_outcome_is_finished(evidence->results[k].outcome)) {
            bool lacks;
            PL_TRY(pl_ledger_lacks(evidence, k, &lacks));
            out->finished += !lacks;
            if (!lacks) continue;
            out->lacking++;
            out->seen[out->count] = pl_arena_strdup(arena, evidence->results[k].diagnosed);
            out->cells[out->count++] = k;
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
    struct pl_ledger *evidence;
    struct pl_store *store;
    const struct pl_work *work;
    struct pl_progress progress;
    size_t failed;
    double end;              /* of the budget, on the monotonic clock; 0: there is none */
    bool over;               /* the budget ended the run */
    const char **jobs;       /* what workers are sent */
    const char *checkpoints; /* folder; NULL: none are kept */
};

static const struct pl_cell *cell_of(const struct running *running, size_t job) {
    return &running->evidence->cells.items[running->work->cells[job]];
}

static enum pl_status claim(void *ctx, size_t job, bool *run) {
    struct running *running = ctx;
    const char *stamp = running->evidence->stamps[running->work->cells[job]];
    const char *id = cell_of(running, job)->id, *seen = running->work->seen[job];
    return seen ? pl_store_lease_again(running->store, id, stamp, seen, run)
                : pl_store_lease(running->store, id, stamp, run);
}

static enum pl_status started(void *ctx, size_t job, long pid) {
    (void)job, (void)pid;
    pl_progress_started(&((struct running *)ctx)->progress);
    return PL_OK;
}

/* The result is stored, so the checkpoint has done its work. */
static void drop_checkpoint(const struct running *running, size_t job) {
    struct pl_checkpoint checkpoint;
    pl_checkpoint_init(&checkpoint, running->checkpoints, running->jobs[job], "");
    pl_checkpoint_drop(&checkpoint);
    pl_checkpoint_finish(&checkpoint);
}

static enum pl_status finished(void *ctx, size_t job, const struct pl_result *result) {
    struct running *running = ctx;
    const struct pl_cell *cell = cell_of(running, job);
    const char *stamp = running->evidence->stamps[running->work->cells[job]];
    PL_TRY(pl_store_put(running->store, cell->id, stamp, result));
    if (result->outcome != PL_FAILED) drop_checkpoint(running, job);
    pl_progress_finished(&running->progress, cell, &running->evidence->experiment, result);
    if (result->outcome != PL_FAILED) return PL_OK;
    pl_progress_end(&running->progress);
    pl_error("cell %.8s (%s, seed %llu) failed: %s", cell->id, cell->label,
             (unsigned long long)cell->seed, result->message);
    running->failed++;
    return PL_OK;
}

/* The end of the budget stops the workers as an interrupt does: what is in flight is not waited for. */
static enum pl_status tick(void *ctx) {
    struct running *running = ctx;
    pl_progress_tick(&running->progress);
    running->over = running->end > 0 && pl_clock_seconds() >= running->end;
    return running->over ? pl_fail(PL_EINTERRUPT, "the budget of the study is spent") : PL_OK;
}

/* What a worker is sent: the cell, and what is to be seen of its inside. A cell that has diagnostics
 * already keeps them. */
static const char *job_of(const struct running *running, size_t job, struct pl_arena *arena) {
    struct pl_probe_options wanted = running->evidence->experiment.diagnostics, have;
    const char *text = cell_of(running, job)->text, *seen = running->work->seen[job];
    struct pl_strbuf settings;
    if (!pl_probe_wanted(&wanted)) return text;
    if (seen && pl_probe_read(&have, seen) == PL_OK) pl_probe_unite(&wanted, &have);
    pl_strbuf_init(&settings);
    pl_probe_write(&wanted, &settings);
    text = pl_arena_printf(arena, "%s%s", text, settings.text);
    pl_strbuf_finish(&settings);
    return text;
}

/* "results/STUDY/checkpoints", beside the database. */
static const char *checkpoint_folder(const struct pl_store *store, struct pl_arena *arena) {
    const char *path = pl_store_path(store), *slash = strrchr(path, '/');
    return pl_arena_printf(arena, "%.*scheckpoints", slash ? (int)(slash + 1 - path) : 0, path);
}

/* Says which cells are not begun anew. */
static void look_for_checkpoints(const struct running *running) {
    size_t found = 0, other = 0;
    if (!running->checkpoints || access(running->checkpoints, F_OK) != 0) return;
    for (size_t k = 0; k < running->work->count; k++) {
        struct pl_checkpoint checkpoint;
        const char *stamp = running->evidence->stamps[running->work->cells[k]];
        pl_checkpoint_init(&checkpoint, running->checkpoints, running->jobs[k], stamp);
        enum pl_checkpoint_state state = pl_checkpoint_load(&checkpoint, NULL, NULL);
        found += state == PL_CHECKPOINT_FOUND;
        other += state == PL_CHECKPOINT_OTHER;
        pl_checkpoint_finish(&checkpoint);
    }
    if (found) pl_info("%zu cells go on from a checkpoint", found);
    if (other)
        pl_info("%zu checkpoints are damaged or of other numerics and are passed over", other);
}

/* What workers find in their environment. */
static const char *const *environment(const struct running *running, struct pl_arena *arena) {
    const char **list = PL_ARENA_ARRAY(arena, const char *, 4);
    size_t count = 0;
    if (pl_log_level() >= PL_LOG_DEBUG) list[count++] = "PLUMBLINE_PROFILE=1";
    if (running->checkpoints) {
        double minutes = running->evidence->experiment.checkpoint_minutes;
        list[count++] = pl_arena_printf(arena, "PLUMBLINE_CHECKPOINTS=%s", running->checkpoints);
        list[count++] = pl_arena_printf(arena, "PLUMBLINE_CHECKPOINT_SECONDS=%.17g", 60 * minutes);
    }
    return list;
}

static enum pl_status compute(struct running *running, size_t workers, struct pl_arena *arena) {
    const struct pl_work *work = running->work;
    const char **jobs = PL_ARENA_ARRAY(arena, const char *, work->count + 1);
    double hours = running->evidence->experiment.hours;
    for (size_t k = 0; k < work->count; k++) jobs[k] = job_of(running, k, arena);
    running->jobs = jobs;
    if (running->evidence->experiment.checkpoint_minutes > 0)
        running->checkpoints = checkpoint_folder(running->store, arena);
    look_for_checkpoints(running);
    struct pl_pool_config config = {.arguments = pl_args_for_worker(arena),
                                    .environment = environment(running, arena),
                                    .workers = workers,
                                    .cell_seconds = running->evidence->experiment.cell_seconds,
                                    .interrupt = &interrupted};
    struct pl_pool_events events = {running, claim, started, finished, tick};
    catch_signals();
    pl_progress_init(&running->progress, work->count);
    if (hours > 0) running->end = pl_clock_seconds() + 3600 * hours;
    enum pl_status status = pl_pool_run(&config, jobs, work->count, &events);
    pl_progress_end(&running->progress);
    if (running->checkpoints) rmdir(running->checkpoints); /* when it is empty */
    if (!running->over) return status;
    return pl_store_release_all(running->store); /* as planned: the next run takes them up */
}

enum pl_status pl_work_run(const struct pl_work *work, struct pl_ledger *evidence,
                           struct pl_store *store, size_t jobs, size_t *failed) {
    struct running running = {.evidence = evidence, .store = store, .work = work};
    struct pl_arena arena = {0};
    enum pl_status status = work->count ? compute(&running, jobs, &arena) : PL_OK;
    pl_arena_finish(&arena);
    *failed = running.failed;
    return status;
}

/* ---- once more, for a comparison ---- */

struct again {
    const struct pl_ledger *evidence;
    struct pl_result *results;
    struct pl_progress progress;
};

static enum pl_status again_started(void *ctx, size_t job, long pid) {
    (void)job, (void)pid;
    pl_progress_started(&((struct again *)ctx)->progress);
    return PL_OK;
}

static enum pl_status again_finished(void *ctx, size_t job, const struct pl_result *result) {
    struct again *again = ctx;
    struct pl_result *out = &again->results[job];
    const struct pl_cell *cell = &again->evidence->cells.items[job];
    if (result->outcome == PL_FAILED)
        return pl_fail(PL_ECELL, "cell %.8s (%s, seed %llu) failed: %s", cell->id, cell->label,
                       (unsigned long long)cell->seed, result->message);
    for (size_t k = 0; k < result->metric_count; k++)
        pl_result_add(out, result->metrics[k].name, result->metrics[k].step,
                      result->metrics[k].value);
    out->outcome = result->outcome;
    pl_progress_finished(&again->progress, cell, &again->evidence->experiment, result);
    return PL_OK;
}

static enum pl_status again_tick(void *ctx) {
    pl_progress_tick(&((struct again *)ctx)->progress);
    return PL_OK;
}

enum pl_status pl_work_again(struct pl_result **out, const struct pl_ledger *evidence,
                             const char *const *environment, size_t jobs) {
    struct pl_arena arena = {0};
    size_t count = evidence->cells.count;
    struct again again = {.evidence = evidence,
                          .results = pl_alloc_zero(count, sizeof *again.results)};
    const char **texts = pl_alloc_zero(count, sizeof *texts);
    struct pl_pool_config config = {.arguments = pl_args_for_worker(&arena),
                                    .environment = environment,
                                    .workers = jobs,
                                    .cell_seconds = evidence->experiment.cell_seconds,
                                    .interrupt = &interrupted};
    struct pl_pool_events events = {&again, NULL, again_started, again_finished, again_tick};
    for (size_t k = 0; k < count; k++) texts[k] = evidence->cells.items[k].text;
    catch_signals();
    pl_progress_init(&again.progress, count);
    enum pl_status status = pl_pool_run(&config, texts, count, &events);
    pl_progress_end(&again.progress);
    pl_arena_finish(&arena);
    pl_free(texts);
    *out = again.results;
    if (status != PL_OK) {
        pl_work_results_finish(again.results, count);
        *out = NULL;
    }
    return status;
}

void pl_work_results_finish(struct pl_result *results, size_t count) {
    for (size_t k = 0; results && k < count; k++) pl_result_finish(&results[k]);
    pl_free(results);
}

enum pl_status pl_work_explain(enum pl_status status) {
    if (status != PL_EINTERRUPT) return status;
    return pl_fail(status, "interrupted; what was finished is stored, and the same command goes "
                           "on from there");
}
