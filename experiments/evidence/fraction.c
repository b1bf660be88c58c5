/* A row is an entry at one point of all axes but the one of sizes; the first of its cells stands for it.
 * Each seed that has a finite loss at every size gives one slope of bits over samples, and the row is the
 * mean of the slopes. The numbers come from evidence/table.h.
 */
#include "experiments/evidence/fraction.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math.h"
#include "core/stats/summary.h"
#include "experiments/cell/bound.h"
#include "experiments/evidence/analysis.h"

double pl_fraction_slope(const double *samples, const double *bits, size_t count, long classes) {
    double x = pl_stats_mean(samples, count), y = pl_stats_mean(bits, count), cross = 0, square = 0;
    for (size_t k = 0; k < count; k++) {
        cross += (samples[k] - x) * (bits[k] - y);
        square += (samples[k] - x) * (samples[k] - x);
    }
    return cross / square * pl_log(2) / pl_log((double)classes);
}

/* ---- the task of a cell ----------------------------------------------------------------------- */

/* Classes of the cell's task; it is the same at every size. */
static enum pl_status classes_of(const struct pl_cell *cell, long *out) {
    struct pl_arena arena = {0};
    const struct pl_task *task;
    const void *options;
    struct pl_data_shape shape;
    enum pl_status status = pl_bound_task_read(&task, &options, cell->settings, &arena);
    if (status == PL_OK) {
        task->shape(options, &shape);
        *out = shape.out;
        if (shape.target != PL_TARGET_CLASS || shape.out < 2)
            status = pl_fail(PL_ECONFIG,
                             "the task %s is no classification, and a structural fraction is "
                             "counted in bits of labels; choose one such as clusters",
                             task->name);
    }
    pl_arena_finish(&arena);
    return status;
}

struct finder {
    struct pl_fractions *out;
    const struct pl_ledger *evidence;
    struct pl_table table;
    const struct pl_metric_row *metric;
};

/* ---- one row ---------------------------------------------------------------------------------- */

/* The point of [row] at another size. */
static size_t point_at(const struct finder *finder, const struct pl_fraction *row, size_t size) {
    const struct pl_experiment *experiment = &finder->evidence->experiment;
    size_t step = 1, axis = finder->out->axis, point = row->cell->point;
    for (size_t k = axis + 1; k < experiment->axis_count; k++) step *= experiment->axes[k].count;
    return point + step * size - step * pl_experiment_axis_index(experiment, point, axis);
}

/* C at every size; false when the seed lacks one. */
static bool seed_bits(const struct finder *finder, const struct pl_fraction *row, size_t seed,
                      long classes, double *bits) {
    const struct pl_fractions *out = finder->out;
    for (size_t k = 0; k < out->size_count; k++) {
        const struct pl_result *result =
            pl_table_result(&finder->table, point_at(finder, row, k), row->cell->entry, seed);
        double loss = pl_result_value(result, finder->metric);
        if (!isfinite(loss)) return false;
        bits[k] = (pl_log((double)classes) - loss) * out->sizes[k] / pl_log(2);
    }
    return true;
}

static void estimate(struct finder *finder, struct pl_fraction *row, long classes) {
    struct pl_fractions *out = finder->out;
    size_t seeds = finder->evidence->experiment.seed_count;
    double *values = pl_alloc_zero(seeds, sizeof *values);
    double *bits = pl_alloc_zero(out->size_count, sizeof *bits);
    row->bits = PL_ARENA_ARRAY(&out->arena, double, out->size_count);
    for (size_t s = 0; s < seeds; s++) {
        if (!seed_bits(finder, row, s, classes, bits)) continue;
        values[row->seeds++] = pl_fraction_slope(out->sizes, bits, out->size_count, classes);
        for (size_t k = 0; k < out->size_count; k++) row->bits[k] += bits[k];
    }
    for (size_t k = 0; k < out->size_count; k++) row->bits[k] /= (double)row->seeds;
    row->fraction = pl_stats_mean(values, row->seeds);
    row->interval = pl_stats_t_interval(values, row->seeds, PL_CONFIDENCE);
    pl_free(values);
    pl_free(bits);
}

/* A row for each entry at each point of the other axes, in the order of the cells. */
static enum pl_status add_row(struct finder *finder, const struct pl_cell *cell) {
    struct pl_fractions *out = finder->out;
    long classes;
    for (size_t k = 0; k < out->count; k++) {
        const struct pl_fraction *row = &out->rows[k];
        size_t size =
            pl_experiment_axis_index(&finder->evidence->experiment, cell->point, out->axis);
        if (row->cell->entry == cell->entry && point_at(finder, row, size) == cell->point)
            return PL_OK;
    }
    PL_TRY(classes_of(cell, &classes));
    struct pl_fraction *row = &out->rows[out->count++];
    row->cell = cell;
    estimate(finder, row, classes);
    return PL_OK;
}

/* ---- all of it -------------------------------------------------------------------------------- */

static enum pl_status find_sizes(struct pl_fractions *out, const struct pl_experiment *experiment) {
    out->axis = 0;
    while (out->axis < experiment->axis_count &&
           strcmp(experiment->axes[out->axis].key, PL_FRACTION_AXIS) != 0)
        out->axis++;
    if (out->axis == experiment->axis_count || experiment->axes[out->axis].count < 2)
        return pl_fail(PL_ECONFIG,
                       "%s has no axis " PL_FRACTION_AXIS " of two or more sizes; the estimate "
                       "compares them, so add sweep: {" PL_FRACTION_AXIS ": [1000, 2000]}",
                       experiment->name);
    const struct pl_axis *axis = &experiment->axes[out->axis];
    out->size_count = axis->count;
    out->sizes = PL_ARENA_ARRAY(&out->arena, double, axis->count);
    for (size_t k = 0; k < axis->count; k++) out->sizes[k] = strtod(axis->values[k], NULL);
    return PL_OK;
}

enum pl_status pl_fractions_find(struct pl_fractions *out, const struct pl_ledger *evidence,
                                 const char *metric) {
    const struct pl_cells *cells = &evidence->cells;
    *out = (struct pl_fractions){0};
    struct finder finder = {.out = out, .evidence = evidence, .metric = pl_metric_find(metric)};
    enum pl_status status = pl_metric_check(metric, PL_METRIC_COMPARE, PL_NO_PLACE, "--metric is");
    if (status == PL_OK && !finder.metric->ratio)
        status =
            pl_fail(PL_ECONFIG,
                    "--metric is %s, which is compared by differences, and a fraction is one of "
                    "ratios; take a loss",
                    metric);
    if (status == PL_OK) status = find_sizes(out, &evidence->experiment);
    if (status == PL_OK) {
        out->rows = PL_ARENA_ARRAY(&out->arena, struct pl_fraction, cells->count);
        pl_table_make(&finder.table, &out->arena, &evidence->experiment, cells, evidence->results);
    }
    for (size_t k = 0; status == PL_OK && k < cells->count; k++)
        status = add_row(&finder, &cells->items[k]);
    if (status != PL_OK) pl_fractions_finish(out);
    return status;
}

void pl_fractions_finish(struct pl_fractions *fractions) {
    pl_arena_finish(&fractions->arena);
    *fractions = (struct pl_fractions){0};
}
