#include "experiments/check/runs.h"

#include <math.h>
#include <string.h>

#include "core/base/math.h"
#include "experiments/evidence/analysis.h"

/* ---- places ---- */

static size_t stride(const struct pl_runs *runs, size_t axis) {
    size_t steps = 1;
    for (size_t k = axis + 1; k < runs->experiment->axis_count; k++)
        steps *= runs->experiment->axes[k].count;
    return steps;
}

size_t pl_runs_axis_index(const struct pl_runs *runs, size_t point, size_t axis) {
    return point / stride(runs, axis) % runs->experiment->axes[axis].count;
}

static size_t place(const struct pl_runs *runs, size_t point, size_t entry, size_t seed) {
    const struct pl_experiment *experiment = runs->experiment;
    return (point * experiment->entry_count + entry) * experiment->seed_count + seed;
}

size_t pl_runs_cell(const struct pl_runs *runs, size_t point, size_t entry, size_t seed) {
    return runs->places[place(runs, point, entry, seed)];
}

static size_t place_of(const struct pl_runs *runs, const struct pl_cell *cell) {
    const struct pl_experiment *experiment = runs->experiment;
    size_t point = 0, entry = 0, seed = 0;
    for (size_t k = 0; k < experiment->axis_count; k++) {
        const struct pl_axis *axis = &experiment->axes[k];
        size_t value = 0;
        while (strcmp(axis->values[value], cell->axis_values[k]) != 0) value++;
        point = point * axis->count + value;
    }
    while (strcmp(experiment->entries[entry].label, cell->label) != 0) entry++;
    while (experiment->seeds[seed] != cell->seed) seed++;
    return place(runs, point, entry, seed);
}

void pl_runs_init(struct pl_runs *out, const struct pl_experiment *experiment,
                  const struct pl_cells *cells, const struct pl_result *results) {
    *out = (struct pl_runs){
        .experiment = experiment, .cells = cells, .results = results, .point_count = 1};
    for (size_t k = 0; k < experiment->axis_count; k++)
        out->point_count *= experiment->axes[k].count;
    size_t count = place(out, out->point_count, 0, 0);
    out->places = PL_ARENA_ARRAY(&out->arena, size_t, count + 1);
    for (size_t k = 0; k < count; k++) out->places[k] = PL_NO_CELL;
    for (size_t k = 0; k < cells->count; k++) out->places[place_of(out, &cells->items[k])] = k;
}

void pl_runs_finish(struct pl_runs *runs) {
    pl_arena_finish(&runs->arena);
    *runs = (struct pl_runs){0};
}

/* ---- numbers ---- */

static double log_loss(const struct pl_result *result, double loss) {
    double trivial = pl_result_final(result, "trivial");
    double floor = trivial > 0.0 && isfinite(trivial) ? PL_LOSS_FLOOR * trivial : PL_LOSS_FLOOR;
    return pl_log(loss > floor ? loss : floor);
}

double pl_runs_value(const struct pl_runs *runs, const struct pl_metric_row *metric, size_t point,
                     size_t entry, size_t seed) {
    size_t cell = pl_runs_cell(runs, point, entry, seed);
    if (cell == PL_NO_CELL) return NAN;
    const struct pl_result *result = &runs->results[cell];
    if (result->outcome == PL_DIVERGED) return INFINITY;
    if (result->outcome != PL_DONE) return NAN;
    double value = pl_result_final(result, metric->name);
    if (metric->open) return isnan(value) ? INFINITY : pl_log(value > 1.0 ? value : 1.0);
    if (!isfinite(value)) return NAN;
    return metric->ratio ? log_loss(result, value) : -value;
}

/* Where even a run that did not diverge could have ended. */
static double at_least(const struct pl_runs *runs, const struct pl_metric_row *metric,
                       size_t cell) {
    if (!metric->ratio) return 0.0;
    double trivial = pl_result_final(&runs->results[cell], "trivial");
    if (metric->open || !(trivial > 0.0) || !isfinite(trivial)) return -INFINITY;
    return pl_log(PL_DIVERGED_ABOVE * trivial);
}

double pl_runs_worst(const struct pl_runs *runs, const struct pl_metric_row *metric, size_t point) {
    const struct pl_experiment *experiment = runs->experiment;
    double worst = -INFINITY;
    for (size_t e = 0; e < experiment->entry_count; e++)
        for (size_t s = 0; s < experiment->seed_count; s++) {
            double value = pl_runs_value(runs, metric, point, e, s);
            if (isnan(value)) continue;
            double least = at_least(runs, metric, pl_runs_cell(runs, point, e, s));
            if (isfinite(value) && value > worst) worst = value;
            if (least > worst) worst = least;
        }
    if (!isfinite(worst)) return 0.0;
    return metric->open ? worst + pl_log(2.0) : worst;
}
