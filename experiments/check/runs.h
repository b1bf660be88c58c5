/* Runs: the results of a study by place, and their numbers as claims compare them.
 *
 *     cells + results ──► [point][entry][seed] ──► one number: lower is better, whatever the metric
 *
 * That number is the logarithm of a loss (floored as in evidence/analysis.h) or of steps, and the
 * negative of an accuracy or a score. A run that diverged, or that never solved its task where steps
 * to solve are asked for, is infinitely bad; NaN says nothing (a cell that failed or is missing).
 */
#ifndef PL_EXPERIMENTS_CHECK_RUNS_H
#define PL_EXPERIMENTS_CHECK_RUNS_H

#include "core/train/metric.h"
#include "experiments/run/result.h"
#include "experiments/study/cell.h"

struct pl_runs {
    struct pl_arena arena;
    const struct pl_experiment *experiment; /* borrowed, as are the next two */
    const struct pl_cells *cells;
    const struct pl_result *results; /* one a cell */
    size_t *places;                  /* cell of [point][entry][seed], or PL_NO_CELL */
    size_t point_count;              /* of the axes, the last one fastest */
};

void pl_runs_init(struct pl_runs *out, const struct pl_experiment *experiment,
                  const struct pl_cells *cells, const struct pl_result *results);
void pl_runs_finish(struct pl_runs *runs);

/* The index of the value that [axis] has at [point]. */
size_t pl_runs_axis_index(const struct pl_runs *runs, size_t point, size_t axis);

/* The cell's index, PL_NO_CELL where the plan has none. */
size_t pl_runs_cell(const struct pl_runs *runs, size_t point, size_t entry, size_t seed);

/* The number of [metric], lower is better. */
double pl_runs_value(const struct pl_runs *runs, const struct pl_metric_row *metric, size_t point,
                     size_t entry, size_t seed);

/* What an infinitely bad run counts as at [point] where a finite number is needed: the worst finite
 * one there, and at least 1000 x trivial (losses) or 0 (accuracy, score); twice the most steps. */
double pl_runs_worst(const struct pl_runs *runs, const struct pl_metric_row *metric, size_t point);

#endif
