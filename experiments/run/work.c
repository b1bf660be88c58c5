/* Missing cells, found and computed. pl_work_run gives the pool a text for each job and five events:
 *
 *     claim      a lease in the store, or the cell is passed over: another run has it
 *     started
 *     finished   the result is put, and then its checkpoint is dropped: never the other way round
 *     tick       the end of the budget is looked for
 *
 * What is asked of a worker is text: the cell's settings and those of the diagnostics that are wanted. It
 * learns where checkpoints are from its environment, and which plug-ins to load from its arguments.
 */
#include "experiments/run/work.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/interrupt.h"
#include "core/base/log.h"
#include "experiments/run/checkpoint.h"
#include "experiments/run/pool.h"
#include "tasks/plugin.h"

enum pl_status pl_work_find(const struct pl_ledger *ledger, struct pl_store *store,
                            const struct pl_shard *shard, struct pl_arena *arena,
                            struct pl_work *out) {
    *out = (struct pl_work){.cells = PL_ARENA_ARRAY(arena, size_t, ledger->cells.count),
                            .seen = PL_ARENA_ARRAY(arena, const char *, ledger->cells.count)};
    for (size_t k = 0; k < ledger->cells.count; k++) {
        struct pl_store_state state = {0};
        if (shard && !pl_shard_has(shard, ledger->cells.items[k].id)) continue;
        if (pl_outcome_is_finished(ledger->results[k].outcome)) {
            bool lacks;
            PL_TRY(pl_ledger_lacks(ledger, k, &lacks));
            out->finished += !lacks;
            if (!lacks) continue;
            out->lacking++;
            out->seen[out->count] = pl_arena_strdup(arena, ledger->results[k].diagnosed);
            out->cells[out->count++] = k;
            continue;
        }
        if (store)
            PL_TRY(pl_store_state(store, ledger->cells.items[k].id, ledger->stamps[k], &state));
        out->failed += state.outcome == PL_FAILED;
        out->elsewhere += state.elsewhere;
        out->cells[out->count++] = k;
    }
    return PL_OK;
}

/* ---- workers ---- */

/* What pl_work_check_plugins reads. */
static const char *const *worker_arguments(struct pl_arena *arena) {
    size_t count = 0, used = 0;
    while (pl_plugin_at(count)) count++;
    const char **out = PL_ARENA_ARRAY(arena, const char *, 2 + 3 * count);
    out[used++] = "worker";
    for (size_t k = 0; k < count; k++) {
        out[used++] = "--plugin";
        out[used++] = pl_plugin_at(k)->path;
    }
    for (size_t k = 0; k < count; k++) out[used++] = pl_plugin_at(k)->digest;
    return out;
}

enum pl_status pl_work_check_plugins(const char *const *digests, size_t count) {
    for (size_t k = 0; k < count; k++) {
        const struct pl_plugin *plugin = pl_plugin_at(k);
        if (plugin && strcmp(plugin->digest, digests[k]) == 0) continue;
        return pl_fail(PL_ECONFIG, "the plug-in %s has changed since the run began; run it again",
                       plugin ? plugin->path : "that was named");
    }
    return PL_OK;
}

static enum pl_status run_jobs(size_t count, size_t workers, const struct pl_ledger *ledger,
                               const char *const *environment, const struct pl_pool_events *events,
                               const struct pl_work_events *told) {
    struct pl_arena arena = {0};
    struct pl_pool_config config = {.arguments = worker_arguments(&arena),
                                    .environment = environment,
                                    .workers = workers,
                                    .cell_seconds = ledger->experiment.cell_seconds,
                                    .interrupt = pl_interrupt_hold()};
    told->begin(told->ctx, count);
    enum pl_status status = pl_pool_run(&config, count, events);
    told->end(told->ctx);
    if (pl_interrupt_release() && status == PL_OK) status = pl_fail(PL_EINTERRUPT, PL_INTERRUPTED);
    pl_arena_finish(&arena);
    return status;
}

/* ---- doing it ---- */

struct running {
    const struct pl_ledger *ledger;
    struct pl_store *store;
    const struct pl_work *work;
    const struct pl_work_events *told;
    size_t failed;
    double end;              /* of the budget, on the monotonic clock; 0: there is none */
    bool over;               /* the budget ended the run */
    struct pl_strbuf text;   /* what the last worker was sent */
    const char *checkpoints; /* folder; NULL: none are kept */
};

static const struct pl_cell *cell_of(const struct running *running, size_t job) {
    return &running->ledger->cells.items[running->work->cells[job]];
}

/* What a worker is sent: the cell, and what is to be seen of its inside. A cell that has diagnostics
 * already keeps them. */
static const char *text_of(void *ctx, size_t job) {
    struct running *running = ctx;
    struct pl_probe_options wanted = running->ledger->experiment.diagnostics, have;
    const char *seen = running->work->seen[job];
    pl_strbuf_clear(&running->text);
    pl_cell_add_text(cell_of(running, job), &running->text);
    if (!pl_probe_wanted(&wanted)) return running->text.text;
    if (seen && pl_probe_read(&have, seen) == PL_OK) pl_probe_unite(&wanted, &have);
    pl_probe_write(&wanted, &running->text);
    return running->text.text;
}

static enum pl_status claim(void *ctx, size_t job, bool *run) {
    struct running *running = ctx;
    const char *stamp = running->ledger->stamps[running->work->cells[job]];
    const char *id = cell_of(running, job)->id, *seen = running->work->seen[job];
    return seen ? pl_store_lease_again(running->store, id, stamp, seen, run)
                : pl_store_lease(running->store, id, stamp, run);
}

static enum pl_status started(void *ctx, size_t job, long pid) {
    const struct running *running = ctx;
    (void)job, (void)pid;
    running->told->started(running->told->ctx);
    return PL_OK;
}

static enum pl_status finished(void *ctx, size_t job, const struct pl_result *result) {
    struct running *running = ctx;
    const struct pl_cell *cell = cell_of(running, job);
    const char *stamp = running->ledger->stamps[running->work->cells[job]];
    PL_TRY(pl_store_put(running->store, cell->id, stamp, result));
    /* The result is stored, so the checkpoint has done its work. */
    if (result->outcome != PL_FAILED && running->checkpoints) {
        struct pl_checkpoint checkpoint;
        pl_checkpoint_init(&checkpoint, running->checkpoints, text_of(running, job), "");
        pl_checkpoint_drop(&checkpoint);
        pl_checkpoint_finish(&checkpoint);
    }
    running->told->finished(running->told->ctx, &running->ledger->experiment, cell, result);
    running->failed += result->outcome == PL_FAILED;
    return PL_OK;
}

/* The end of the budget stops the workers as an interrupt does: what is in flight is not waited for. */
static enum pl_status tick(void *ctx) {
    struct running *running = ctx;
    running->told->tick(running->told->ctx);
    running->over = running->end > 0 && pl_clock_seconds() >= running->end;
    return running->over ? pl_fail(PL_EINTERRUPT, "the budget of the study is spent") : PL_OK;
}

/* "results/STUDY/checkpoints", beside the database. */
static const char *checkpoint_folder(const struct pl_store *store, struct pl_arena *arena) {
    const char *path = pl_store_path(store), *slash = strrchr(path, '/');
    return pl_arena_printf(arena, "%.*scheckpoints", slash ? (int)(slash + 1 - path) : 0, path);
}

/* Says which cells are not begun anew. */
static void count_checkpoints(struct running *running) {
    size_t found = 0, other = 0;
    if (!running->checkpoints || access(running->checkpoints, F_OK) != 0) return;
    for (size_t k = 0; k < running->work->count; k++) {
        struct pl_checkpoint checkpoint;
        const char *stamp = running->ledger->stamps[running->work->cells[k]];
        pl_checkpoint_init(&checkpoint, running->checkpoints, text_of(running, k), stamp);
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
        double minutes = running->ledger->experiment.checkpoint_minutes;
        list[count++] = pl_arena_printf(arena, "PLUMBLINE_CHECKPOINTS=%s", running->checkpoints);
        list[count++] = pl_arena_printf(arena, "PLUMBLINE_CHECKPOINT_SECONDS=%.17g", 60 * minutes);
    }
    return list;
}

enum pl_status pl_work_run(const struct pl_work *work, const struct pl_ledger *ledger,
                           struct pl_store *store, size_t jobs, const struct pl_work_events *events,
                           size_t *failed) {
    struct running running = {.ledger = ledger, .store = store, .work = work, .told = events};
    const struct pl_pool_events heard = {&running, text_of, claim, started, finished, tick};
    struct pl_arena arena = {0};
    *failed = 0;
    if (work->count == 0) return PL_OK;
    pl_strbuf_init(&running.text);
    if (ledger->experiment.checkpoint_minutes > 0)
        running.checkpoints = checkpoint_folder(store, &arena);
    count_checkpoints(&running);
    if (ledger->experiment.hours > 0)
        running.end = pl_clock_seconds() + 3600 * ledger->experiment.hours;
    enum pl_status status =
        run_jobs(work->count, jobs, ledger, environment(&running, &arena), &heard, events);
    if (running.checkpoints) rmdir(running.checkpoints); /* when it is empty */
    if (status == PL_OK) status = pl_store_in_place(store);
    if (running.over && (status == PL_OK || status == PL_EINTERRUPT))
        status = pl_store_release_all(store); /* what is in flight is the next run's */
    pl_strbuf_finish(&running.text);
    pl_arena_finish(&arena);
    *failed = running.failed;
    return status;
}

/* ---- once more, for a comparison ---- */

struct again {
    const struct pl_ledger *ledger;
    struct pl_result *results;
    const struct pl_work_events *told;
    struct pl_strbuf text;
};

static const char *again_text(void *ctx, size_t job) {
    struct again *again = ctx;
    pl_strbuf_clear(&again->text);
    pl_cell_add_text(&again->ledger->cells.items[job], &again->text);
    return again->text.text;
}

static enum pl_status again_started(void *ctx, size_t job, long pid) {
    const struct again *again = ctx;
    (void)job, (void)pid;
    again->told->started(again->told->ctx);
    return PL_OK;
}

static enum pl_status again_finished(void *ctx, size_t job, const struct pl_result *result) {
    struct again *again = ctx;
    struct pl_result *out = &again->results[job];
    const struct pl_cell *cell = &again->ledger->cells.items[job];
    if (result->outcome == PL_FAILED)
        return pl_fail(PL_ECELL, "cell %.8s (%s, seed %llu) failed: %s", cell->id, cell->label,
                       (unsigned long long)cell->seed, result->message);
    for (size_t k = 0; k < result->metric_count; k++)
        pl_result_add(out, result->metrics[k].name, result->metrics[k].step,
                      result->metrics[k].value);
    out->outcome = result->outcome;
    again->told->finished(again->told->ctx, &again->ledger->experiment, cell, result);
    return PL_OK;
}

static enum pl_status again_tick(void *ctx) {
    const struct again *again = ctx;
    again->told->tick(again->told->ctx);
    return PL_OK;
}

enum pl_status pl_work_again(struct pl_result **out, const struct pl_ledger *ledger,
                             const char *const *environment, size_t jobs,
                             const struct pl_work_events *events) {
    size_t count = ledger->cells.count;
    struct again again = {
        .ledger = ledger, .results = pl_alloc_zero(count, sizeof *again.results), .told = events};
    const struct pl_pool_events heard = {&again,        again_text,     NULL,
                                         again_started, again_finished, again_tick};
    pl_strbuf_init(&again.text);
    enum pl_status status = run_jobs(count, jobs, ledger, environment, &heard, events);
    pl_strbuf_finish(&again.text);
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
