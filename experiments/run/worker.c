#include "experiments/run/worker.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/math.h"
#include "core/data/batch.h"
#include "core/train/metric.h"
#include "experiments/run/checkpoint.h"
#include "experiments/run/diagnosis.h"
#include "experiments/run/stamp.h"
#include "experiments/run/weights.h"

/* ---- settings to structs ---- */

static enum pl_status bind(struct pl_worker_cell *cell) {
    const struct pl_settings *settings = &cell->settings;
    cell->seed = strtoull(pl_settings_value(settings, "seed", "1"), NULL, 10);
    PL_TRY(pl_backend_find(&cell->backend, pl_settings_value(settings, "backend", "cpu")));
    PL_TRY(pl_task_find(&cell->task, pl_settings_value(settings, "task.name", "")));
    void *options = pl_arena_alloc(&cell->arena, cell->task->options_size);
    PL_TRY(pl_settings_bind(settings, &cell->task->options, options, &cell->arena));
    cell->task_options = options;
    cell->task->shape(options, &cell->shape);
    cell->io = (struct pl_model_io){cell->shape.in, cell->shape.out,
                                    cell->shape.target == PL_TARGET_CLASS};
    PL_TRY(pl_settings_bind(settings, &pl_train_options, &cell->train, &cell->arena));
    PL_TRY(pl_settings_bind(settings, &pl_probe_options, &cell->diagnostics, &cell->arena));
    pl_probe_settle(&cell->diagnostics);
    PL_TRY(pl_model_bind(&cell->model, settings, &cell->arena));
    return pl_model_fit(&cell->model, settings, &cell->io);
}

enum pl_status pl_worker_cell_read(struct pl_worker_cell *out, const char *text) {
    memset(out, 0, sizeof *out);
    enum pl_status status = pl_settings_read(&out->settings, &out->arena, text);
    if (status == PL_OK) status = bind(out);
    if (status != PL_OK) pl_worker_cell_finish(out);
    return status;
}

void pl_worker_cell_finish(struct pl_worker_cell *cell) {
    pl_settings_finish(&cell->settings);
    pl_arena_finish(&cell->arena);
}

/* ---- the run ---- */

struct pl_network pl_worker_network(struct pl_graph *graph, const struct pl_model *model) {
    return (struct pl_network){.graph = graph,
                               .x = model->x,
                               .y = model->y,
                               .labels = model->labels,
                               .weight = model->weight,
                               .inverse_weight = model->inverse_weight,
                               .loss = model->loss,
                               .accuracy = model->accuracy,
                               .hidden = model->host.hidden};
}

struct metrics {
    struct pl_arena *arena;
    PL_VEC(struct pl_metric) list;
};

static void add_metric(struct metrics *metrics, const char *name, long step, double value) {
    PL_VEC_PUSH(&metrics->list, (struct pl_metric){name, step, value});
}

static void add_curve(struct metrics *metrics, const struct pl_run *run) {
    for (size_t k = 0; k < run->count; k++) {
        const struct pl_point *point = &run->points[k];
        add_metric(metrics, pl_metric_of_split(PL_METRIC_LOSS, point->split), point->step,
                   point->loss);
        if (!isnan(point->accuracy))
            add_metric(metrics, pl_metric_of_split(PL_METRIC_RATE, point->split), point->step,
                       point->accuracy);
    }
}

/* The first evaluated step whose test loss is at or below [solved]; NaN when there is none. */
static double steps_to_solve(const struct pl_run *run, double solved) {
    for (size_t k = 0; k < run->count; k++)
        if (run->points[k].split == PL_TEST && run->points[k].loss <= solved)
            return (double)run->points[k].step;
    return NAN;
}

/* (trivial - loss)/(trivial - best); NaN where there is nothing to normalise (SCIENCE.md section 5). */
static double score(const struct pl_task_points *points, double loss) {
    double range = points->trivial - points->best_test;
    return range >= 0.01 * points->trivial && range > 0 ? (points->trivial - loss) / range : NAN;
}

static double last_loss(const struct pl_run *run, enum pl_split split) {
    double loss = NAN;
    for (size_t k = 0; k < run->count; k++)
        if (run->points[k].split == split) loss = run->points[k].loss;
    return loss;
}

/* Classification, in bits: what the training labels ask for, and what was learned of them, by parameter.
 * Where labels are random, bits that are learned are bits that are memorised. */
static void add_bits(struct metrics *metrics, const struct pl_run *run,
                     const struct pl_dataset *data, double params) {
    double bits = pl_log((double)data->shape.out) / pl_log(2), nats = last_loss(run, PL_TRAIN);
    double tokens = pl_dataset_weight(data, PL_TRAIN);
    if (data->shape.target != PL_TARGET_CLASS || !isfinite(nats) || params < 1) return;
    add_metric(metrics, "load", run->last_step, tokens * bits / params);
    add_metric(metrics, "bits_per_param", run->last_step,
               tokens * (bits - nats / pl_log(2)) / params);
}

static void add_final(struct metrics *metrics, const struct pl_run *run,
                      const struct pl_dataset *data, const struct pl_task_points *points,
                      const struct pl_graph *graph) {
    size_t connection = pl_graph_param_count(graph, PL_GROUP_CONNECTION);
    size_t all = connection + pl_graph_param_count(graph, PL_GROUP_WEIGHT) +
                 pl_graph_param_count(graph, PL_GROUP_PLAIN);
    long last = run->last_step;
    double solved = steps_to_solve(run, points->solved);
    double normalised = score(points, last_loss(run, PL_TEST));
    add_metric(metrics, "trivial", last, points->trivial);
    if (!isnan(points->best_test)) add_metric(metrics, "best_test", last, points->best_test);
    if (!isnan(points->solved)) add_metric(metrics, "solved_loss", last, points->solved);
    if (!isnan(normalised)) add_metric(metrics, "score", last, normalised);
    if (!isnan(solved)) add_metric(metrics, "steps_to_solve", last, solved);
    add_metric(metrics, "params", last, (double)all);
    add_metric(metrics, "connection_params", last, (double)connection);
    add_bits(metrics, run, data, (double)all);
}

/* Of the products of all training steps. */
static double train_flops(const struct pl_trainer *trainer, const struct pl_worker_cell *cell,
                          const struct pl_dataset *data, long steps) {
    double samples =
        pl_batches_samples(data->split[PL_TRAIN].count, (size_t)cell->train.batch, steps);
    return pl_plan_product_flops(pl_trainer_plan(trainer), 0) * (double)data->shape.tokens *
           samples;
}

static void fill_result(struct pl_result *out, const struct pl_run *run,
                        const struct pl_dataset *data, const struct pl_task_points *points,
                        const struct pl_graph *graph, double flops) {
    struct metrics metrics = {.arena = &out->arena};
    add_curve(&metrics, run);
    add_final(&metrics, run, data, points, graph);
    add_metric(&metrics, "train_flops", run->last_step, flops);
    out->outcome = run->diverged ? PL_DIVERGED : PL_DONE;
    out->metrics = pl_arena_copy(&out->arena, metrics.list.items,
                                 metrics.list.count * sizeof *metrics.list.items);
    out->metric_count = metrics.list.count;
    out->step_ms = run->step_ms;
    PL_VEC_FINISH(&metrics.list);
}

static enum pl_status show(const struct pl_worker_watch *watch, bool after,
                           const struct pl_worker_view *view) {
    if (!watch) return PL_OK;
    enum pl_status (*call)(void *, const struct pl_worker_view *) =
        after ? watch->after : watch->before;
    return call ? call(watch->context, view) : PL_OK;
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
                        const struct pl_worker_cell *cell, const char *text) {
    char stamp[PL_HASH_TEXT];
    *keeper = (struct keeper){.every = place->seconds, .since = pl_clock_seconds()};
    pl_strbuf_init(&keeper->state);
    pl_stamp(stamp, cell->backend, cell->task);
    pl_checkpoint_init(&keeper->checkpoint, place->seconds > 0 ? place->folder : NULL, text, stamp);
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

/* A checkpoint that is none of this run's is as good as none. */
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

/* ---- the whole ---- */

/* Model, trainer, weights, training; the data is there. [keeper] may be NULL. */
static enum pl_status train(struct pl_worker_cell *cell, const struct pl_dataset *data,
                            const struct pl_task_points *points,
                            const struct pl_worker_watch *watch, struct keeper *keeper,
                            struct pl_result *out) {
    struct pl_graph graph;
    struct pl_trainer *trainer = NULL;
    struct pl_run run = {0};
    struct pl_diagnosis diagnosis = {0};
    pl_graph_init(&graph);
    pl_model_build(&cell->model, &graph, &cell->io);
    struct pl_network network = pl_worker_network(&graph, &cell->model);
    struct pl_worker_view view = {cell, data, &graph, NULL};
    enum pl_status status = pl_trainer_create(&trainer, &network, &cell->train, cell->backend, data,
                                              cell->model.host.width);
    if (status == PL_OK) {
        view.program = pl_trainer_program(trainer);
        pl_weights_draw(view.program, &graph, cell->seed);
        status = show(watch, false, &view);
    }
    if (status == PL_OK) status = pl_diagnosis_begin(&diagnosis, cell, trainer, data, out);
    if (status == PL_OK && keeper) keep(keeper, trainer, out);
    if (status == PL_OK) status = pl_train(&run, trainer, cell->seed, points->trivial, NULL);
    if (status == PL_OK)
        fill_result(out, &run, data, points, &graph,
                    train_flops(trainer, cell, data, run.last_step));
    if (status == PL_OK) status = show(watch, true, &view);
    pl_diagnosis_end(&diagnosis);
    pl_run_finish(&run);
    pl_trainer_destroy(trainer);
    pl_graph_finish(&graph);
    return status;
}

static enum pl_status make_and_train(struct pl_worker_cell *cell,
                                     const struct pl_worker_watch *watch, struct keeper *keeper,
                                     struct pl_result *out) {
    struct pl_dataset data = {0};
    struct pl_task_points points;
    PL_TRY(cell->task->generate(cell->task_options, cell->seed, &data));
    enum pl_status status = pl_dataset_check(&data, &cell->shape);
    if (status != PL_OK) pl_fail_within(status, "the task %s made no data", cell->task->name);
    if (status == PL_OK)
        status = cell->task->points(cell->task_options, cell->seed, &data, &points);
    if (status == PL_OK) status = train(cell, &data, &points, watch, keeper, out);
    pl_dataset_finish(&data);
    return status;
}

enum pl_status pl_worker_train(struct pl_worker_cell *cell, const struct pl_worker_watch *watch,
                               struct pl_result *out) {
    return make_and_train(cell, watch, NULL, out);
}

/* From the last checkpoint on, if there is one. */
static enum pl_status take_up(struct pl_worker_cell *cell, const char *text,
                              const struct pl_checkpoint_place *place, struct pl_result *out) {
    struct keeper keeper;
    keeper_init(&keeper, place, cell, text);
    enum pl_status status = make_and_train(cell, NULL, &keeper, out);
    out->seconds = keeper.checkpoint.before;
    keeper_finish(&keeper);
    return status;
}

static void add_provenance(struct pl_result *out, const struct pl_worker_cell *cell) {
    struct pl_json *json = pl_provenance(cell->backend, cell->task);
    char *text = pl_json_write(json, false);
    out->provenance = pl_arena_strdup(&out->arena, text);
    pl_free(text);
    pl_json_destroy(json);
}

void pl_worker_run(void *context, const char *text, size_t length, struct pl_result *out) {
    static const struct pl_checkpoint_place nowhere = {0};
    const struct pl_checkpoint_place *place = context ? context : &nowhere;
    struct pl_worker_cell cell;
    double start = pl_clock_seconds();
    const char *asked = pl_arena_strndup(&out->arena, text, length);
    enum pl_status status = pl_worker_cell_read(&cell, asked);
    out->message = out->provenance = "";
    if (status == PL_OK) {
        status = take_up(&cell, asked, place, out);
        add_provenance(out, &cell);
        pl_worker_cell_finish(&cell);
    }
    if (status != PL_OK) {
        out->outcome = PL_FAILED;
        out->message = pl_arena_strdup(&out->arena, pl_message());
    }
    out->seconds += pl_clock_seconds() - start;
}
