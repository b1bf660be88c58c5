/* One cell, from its canonical text to a result:
 *
 *     text -> pl_bound_read -> resume or pl_job_make -> train -> metrics of the run -> provenance
 *
 * A result is filled once, at the end, from the run and the job; a failure on the way is a FAILED result
 * with its sentence. Between steps the trainer's state may be kept as a checkpoint, which changes no
 * number. SIGTERM sets a flag that training looks at after each step.
 */
#include "experiments/run/cell_run.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/interrupt.h"
#include "core/base/log.h"
#include "core/base/math.h"
#include "core/data/batch.h"
#include "core/train/metric.h"
#include "experiments/run/checkpoint.h"
#include "experiments/run/diagnosis.h"
#include "experiments/run/stamp.h"

/* ---- metrics ---- */

struct metrics {
    struct pl_arena *arena;
    PL_VEC(struct pl_metric) list;
};

static void add_metric(struct metrics *metrics, const char *name, long step, double value) {
    PL_VEC_PUSH(&metrics->list, (struct pl_metric){name, step, value});
}

/* Losses are taken to be at least as large as where they are compared. */
static void add_curve(struct metrics *metrics, const struct pl_run *run, double trivial) {
    double floor = PL_LOSS_FLOOR * trivial, train = NAN;
    for (size_t k = 0; k < run->count; k++) {
        const struct pl_point *point = &run->points[k];
        double loss = point->measure[PL_MEASURE_LOSS];
        if (point->split == PL_TRAIN) train = loss;
        if (point->split == PL_TEST && isfinite(loss) && isfinite(train) && trivial > 0)
            add_metric(metrics, "gap", point->step, fmax(loss, floor) / fmax(train, floor));
        for (int m = 0; m < PL_MEASURES; m++)
            if (m == PL_MEASURE_LOSS || !isnan(point->measure[m]))
                add_metric(metrics, pl_metric_of_split((enum pl_measure)m, point->split),
                           point->step, point->measure[m]);
    }
}

/* The first evaluated step whose test loss is at or below [solved]; NaN when there is none. */
static double steps_to_solve(const struct pl_run *run, double solved) {
    for (size_t k = 0; k < run->count; k++)
        if (run->points[k].split == PL_TEST && run->points[k].measure[PL_MEASURE_LOSS] <= solved)
            return (double)run->points[k].step;
    return NAN;
}

static double last_loss(const struct pl_run *run, enum pl_split split) {
    double loss = NAN;
    for (size_t k = 0; k < run->count; k++)
        if (run->points[k].split == split) loss = run->points[k].measure[PL_MEASURE_LOSS];
    return loss;
}

static void add_final(struct metrics *metrics, const struct pl_run *run, const struct pl_job *job,
                      const struct pl_task_points *points) {
    size_t connection = pl_graph_param_count(&job->graph, PL_GROUP_CONNECTION);
    size_t all = pl_graph_trained_count(&job->graph);
    long last = run->last_step;
    double solved = steps_to_solve(run, points->solved);
    /* (trivial - loss) / (trivial - best); NaN where best is near trivial (docs/science.md 5). */
    double range = points->trivial - points->best_test;
    double normalised = range >= 0.01 * points->trivial && range > 0
                            ? (points->trivial - last_loss(run, PL_TEST)) / range
                            : NAN;
    add_metric(metrics, "trivial", last, points->trivial);
    if (!isnan(points->best_test)) add_metric(metrics, "best_test", last, points->best_test);
    if (!isnan(points->solved)) add_metric(metrics, "solved_loss", last, points->solved);
    if (!isnan(normalised)) add_metric(metrics, "score", last, normalised);
    if (!isnan(solved)) add_metric(metrics, "steps_to_solve", last, solved);
    add_metric(metrics, "params", last, (double)all);
    add_metric(metrics, "connection_params", last, (double)connection);

    /* Classification, in bits: what the training labels ask for, and what was learned of them, by parameter.
     * Where labels are random, bits that are learned are bits that are memorised. */
    double params = (double)all;
    double bits = pl_log((double)job->data->shape.out) / pl_log(2), nats = last_loss(run, PL_TRAIN);
    double tokens = pl_dataset_weight(job->data, PL_TRAIN);
    if (job->data->shape.target != PL_TARGET_CLASS || !isfinite(nats) || params < 1) return;
    add_metric(metrics, "load", run->last_step, tokens * bits / params);
    add_metric(metrics, "bits_per_param", run->last_step,
               tokens * (bits - nats / pl_log(2)) / params);
}

static void fill_result(struct pl_result *out, const struct pl_run *run, const struct pl_job *job,
                        const struct pl_task_points *points) {
    struct metrics metrics = {.arena = &out->arena};
    add_curve(&metrics, run, points->trivial);
    add_final(&metrics, run, job, points);
    /* Of the products of all training steps. */
    const struct pl_train_options *train = &job->bound->train;
    double samples = train->fresh && train->batch
                         ? (double)train->batch * (double)run->last_step
                         : pl_batches_samples(job->data->split[PL_TRAIN].count,
                                              (size_t)train->batch, run->last_step);
    add_metric(&metrics, "train_flops", run->last_step,
               pl_plan_product_flops(pl_trainer_plan(job->trainer), 0) *
                   (double)job->data->shape.tokens * samples);
    out->outcome = run->diverged ? PL_DIVERGED : PL_DONE;
    out->metrics = pl_arena_copy(&out->arena, metrics.list.items,
                                 metrics.list.count * sizeof *metrics.list.items);
    out->metric_count = metrics.list.count;
    out->step_ms = run->step_ms;
    PL_VEC_FINISH(&metrics.list);
}

/* ---- checkpoints ---- */

/* A run that can be taken up again. */
struct keeper {
    struct pl_checkpoint checkpoint;
    struct pl_strbuf state; /* what it goes on from; empty: the start */
    double every, since;    /* seconds; on the monotonic clock */
    const struct pl_result *result;
};

static void keeper_init(struct keeper *keeper, const struct pl_checkpoint_place *place,
                        const struct pl_stamp *stamp, const char *text) {
    *keeper = (struct keeper){.every = place->seconds, .since = pl_clock_seconds()};
    pl_strbuf_init(&keeper->state);
    pl_checkpoint_init(&keeper->checkpoint, place->seconds > 0 ? place->folder : NULL, text,
                       stamp->hash);
}

static void keeper_finish(struct keeper *keeper) {
    pl_strbuf_finish(&keeper->state);
    pl_checkpoint_finish(&keeper->checkpoint);
}

static void save(void *ctx, const char *state, size_t size) {
    const struct keeper *keeper = ctx;
    pl_checkpoint_save(&keeper->checkpoint, pl_clock_seconds() - keeper->since, keeper->result,
                       state, size);
}

/* A checkpoint of another run is ignored. */
static void keep(struct keeper *keeper, struct pl_trainer *trainer, struct pl_result *out) {
    keeper->result = out;
    if (!keeper->checkpoint.path) return;
    pl_trainer_keep(trainer, (struct pl_keep){keeper->every, save, keeper});
    if (pl_checkpoint_load(&keeper->checkpoint, &keeper->state, out) == PL_CHECKPOINT_FOUND &&
        pl_trainer_resume(trainer, keeper->state.text, keeper->state.length) != PL_OK) {
        pl_warn("%s: %s; the cell starts anew", keeper->checkpoint.path, pl_message());
        out->diagnostic_count = 0; /* they are measured anew as well */
    }
}

/* ---- being asked to end ---- */

/* While a cell is trained that keeps checkpoints, SIGTERM stops it after the present step, its state is
 * kept, and then the signal ends the worker as it would have at once. */
static volatile sig_atomic_t asked_to_end;

static void on_term(int number) {
    (void)number;
    asked_to_end = 1;
}

static enum pl_status train_until_asked(struct pl_run *run, struct pl_job *job, double trivial) {
    struct sigaction heed = {.sa_handler = on_term}, before;
    sigemptyset(&heed.sa_mask);
    if (pl_interrupt_ignored(SIGTERM))
        return pl_train(run, job->trainer, job->bound->seed, trivial, NULL);
    sigaction(SIGTERM, &heed, &before);
    enum pl_status status = pl_train(run, job->trainer, job->bound->seed, trivial, &asked_to_end);
    sigaction(SIGTERM, &before, NULL);
    if (asked_to_end) raise(SIGTERM);
    return status;
}

/* ---- the whole ---- */

/* [watch] and [keeper] may be NULL. */
static enum pl_status train(struct pl_job *job, const struct pl_cell_watch *watch,
                            struct keeper *keeper, struct pl_result *out) {
    const struct pl_bound *bound = job->bound;
    struct pl_task_points points;
    struct pl_run run = {0};
    struct pl_diagnosis diagnosis = {0};
    PL_TRY(bound->task->points(bound->task_options, bound->seed, job->data, &points));
    enum pl_status status = watch && watch->before ? watch->before(watch->context, job) : PL_OK;
    if (status == PL_OK) status = pl_diagnosis_begin(&diagnosis, job, out);
    if (status == PL_OK && keeper) keep(keeper, job->trainer, out);
    if (status == PL_OK)
        status = keeper && keeper->checkpoint.path
                     ? train_until_asked(&run, job, points.trivial)
                     : pl_train(&run, job->trainer, bound->seed, points.trivial, NULL);
    if (status == PL_OK) fill_result(out, &run, job, &points);
    if (status == PL_OK && watch && watch->after) status = watch->after(watch->context, job);
    pl_diagnosis_end(&diagnosis);
    pl_run_finish(&run);
    return status;
}

static enum pl_status make_and_train(const struct pl_bound *bound,
                                     const struct pl_cell_watch *watch, struct keeper *keeper,
                                     struct pl_result *out) {
    struct pl_job job = {.bound = bound};
    PL_TRY(pl_job_make(&job));
    enum pl_status status = train(&job, watch, keeper, out);
    pl_job_finish(&job);
    return status;
}

enum pl_status pl_cell_run(const struct pl_bound *bound, const struct pl_cell_watch *watch,
                           struct pl_result *out) {
    return make_and_train(bound, watch, NULL, out);
}

/* From the last checkpoint on, if there is one. */
static enum pl_status resume(const struct pl_bound *bound, const struct pl_stamp *stamp,
                             const char *text, const struct pl_checkpoint_place *place,
                             struct pl_result *out) {
    struct keeper keeper;
    keeper_init(&keeper, place, stamp, text);
    enum pl_status status = make_and_train(bound, NULL, &keeper, out);
    out->seconds = keeper.checkpoint.before;
    keeper_finish(&keeper);
    return status;
}

static void add_provenance(struct pl_result *out, const struct pl_bound *bound,
                           const struct pl_stamp *stamp) {
    struct pl_json *json = pl_provenance(bound, stamp);
    char *text = pl_json_write(json, false);
    out->provenance = pl_arena_strdup(&out->arena, text);
    pl_free(text);
    pl_json_destroy(json);
}

void pl_cell_run_text(void *context, const char *text, size_t length, struct pl_result *out) {
    static const struct pl_checkpoint_place nowhere = {0};
    const struct pl_checkpoint_place *place = context ? context : &nowhere;
    struct pl_bound bound;
    double start = pl_clock_seconds();
    const char *asked = pl_arena_strndup(&out->arena, text, length);
    enum pl_status status = pl_bound_read(&bound, asked);
    out->message = out->provenance = "";
    if (status == PL_OK) {
        struct pl_stamp stamp;
        pl_stamp_make(&stamp, &bound);
        status = resume(&bound, &stamp, asked, place, out);
        add_provenance(out, &bound, &stamp);
        pl_stamp_finish(&stamp);
        pl_bound_finish(&bound);
    }
    if (status != PL_OK) {
        out->outcome = PL_FAILED;
        out->message = pl_arena_strdup(&out->arena, pl_message());
    }
    out->seconds += pl_clock_seconds() - start;
}
