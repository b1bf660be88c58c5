#include "experiments/evidence/table.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/math.h"

void pl_table_empty(struct pl_table *out, struct pl_arena *arena,
                    const struct pl_experiment *experiment, const struct pl_cells *cells,
                    const struct pl_result *results) {
    *out = (struct pl_table){experiment, cells, results, pl_experiment_points(experiment), NULL};
    size_t size = pl_table_size(out);
    out->places = PL_ARENA_ARRAY(arena, size_t, size + 1);
    for (size_t k = 0; k < size; k++) out->places[k] = PL_NO_CELL;
}

void pl_table_make(struct pl_table *out, struct pl_arena *arena,
                   const struct pl_experiment *experiment, const struct pl_cells *cells,
                   const struct pl_result *results) {
    pl_table_empty(out, arena, experiment, cells, results);
    for (size_t k = 0; k < cells->count; k++) {
        const struct pl_cell *cell = &cells->items[k];
        out->places[pl_table_place(out, cell->point, cell->entry, cell->seed_index)] = k;
    }
}

size_t pl_table_place(const struct pl_table *table, size_t point, size_t entry, size_t seed) {
    const struct pl_experiment *experiment = table->experiment;
    return (point * experiment->entry_count + entry) * experiment->seed_count + seed;
}

size_t pl_table_size(const struct pl_table *table) {
    return pl_table_place(table, table->point_count, 0, 0);
}

size_t pl_table_cell(const struct pl_table *table, size_t point, size_t entry, size_t seed) {
    return table->places[pl_table_place(table, point, entry, seed)];
}

static const struct pl_result *result_at(const struct pl_table *table, size_t place) {
    size_t cell = table->places[place];
    return cell == PL_NO_CELL ? NULL : &table->results[cell];
}

const struct pl_result *pl_table_result(const struct pl_table *table, size_t point, size_t entry,
                                        size_t seed) {
    return result_at(table, pl_table_place(table, point, entry, seed));
}

double pl_result_value(const struct pl_result *result, const struct pl_metric_row *metric) {
    if (!result) return NAN;
    if (result->outcome == PL_DIVERGED) return INFINITY;
    return result->outcome == PL_DONE ? pl_result_final(result, metric->name) : NAN;
}

double pl_result_number(const struct pl_result *result, const struct pl_metric_row *metric) {
    double value = pl_result_value(result, metric);
    bool done = result && result->outcome == PL_DONE;
    if (!done) return value;
    if (metric->open) return isnan(value) ? INFINITY : pl_log(value > 1.0 ? value : 1.0);
    if (!isfinite(value)) return NAN;
    if (!metric->ratio) return -value;
    double trivial = pl_result_final(result, "trivial");
    double floor = trivial > 0.0 && isfinite(trivial) ? PL_LOSS_FLOOR * trivial : PL_LOSS_FLOOR;
    return pl_log(value > floor ? value : floor);
}

double *pl_table_numbers(const struct pl_table *table, const struct pl_metric_row *metric,
                         struct pl_arena *arena) {
    size_t size = pl_table_size(table);
    double *numbers = PL_ARENA_ARRAY(arena, double, size + 1);
    for (size_t k = 0; k < size; k++) numbers[k] = pl_result_number(result_at(table, k), metric);
    return numbers;
}

double pl_table_step(const struct pl_table *table, const struct pl_metric_row *metric,
                     struct pl_arena *arena) {
    static const char *const keys[] = {[PL_TRAIN] = "task.samples",
                                       [PL_VALID] = "task.valid_samples",
                                       [PL_TEST] = "task.test_samples",
                                       [PL_TEST_CLEAN] = "task.test_samples"};
    const struct pl_cells *cells = table->cells;
    if (metric->kind != PL_METRIC_RATE || !metric->classes || cells->count == 0) return 0.0;
    const char *samples =
        pl_cell_setting(cells->items[0].settings, arena, keys[metric->split], NULL);
    return samples ? 1.0 / strtod(samples, NULL) : 0.0;
}

/* Where even a run that did not diverge could have ended. */
static double at_least(const struct pl_result *result, const struct pl_metric_row *metric) {
    if (!metric->ratio) return 0.0;
    double trivial = pl_result_final(result, "trivial");
    if (metric->open || !metric->curve || !(trivial > 0.0) || !isfinite(trivial)) return -INFINITY;
    return pl_log(PL_DIVERGED_ABOVE * trivial);
}

double pl_table_worst(const struct pl_table *table, const struct pl_metric_row *metric,
                      const double *numbers, size_t point) {
    size_t first = pl_table_place(table, point, 0, 0);
    size_t end = pl_table_place(table, point + 1, 0, 0);
    double worst = -INFINITY;
    for (size_t k = first; k < end; k++) {
        if (isnan(numbers[k])) continue;
        double least = at_least(result_at(table, k), metric);
        if (isfinite(numbers[k]) && numbers[k] > worst) worst = numbers[k];
        if (least > worst) worst = least;
    }
    return metric->open && isfinite(worst) ? worst + pl_log(2.0) : worst;
}
