/* Table: the results of a study by place, and their numbers as everything compares them.
 *
 *     cells + results ──► [point][entry][seed] ──► value    as it was measured
 *                                              ──► number   lower is better, whatever the metric
 *
 * Analysis, claims, references, fractions and profiles read the same table, so that they agree about
 * what a run says:
 *
 *     outcome of the run          value              number
 *     done, finite                the metric         log(max(loss, floor)), log(max(steps, 1)),
 *                                                    or -rate
 *     done, without the metric    NaN                NaN; +inf for steps that were never reached
 *     done, not finite            the metric         NaN
 *     diverged                    +inf               +inf: worse than any finite number
 *     failed, pending, no cell    NaN                NaN: says nothing
 *
 * Where a finite number is needed in place of +inf, it is the worst one of the point
 * (pl_table_worst). How far two values are apart, with infinities: pl_stats_relative
 * (core/stats/summary.h).
 */
#ifndef PL_EXPERIMENTS_EVIDENCE_TABLE_H
#define PL_EXPERIMENTS_EVIDENCE_TABLE_H

#include "core/base/arena.h"
#include "core/train/metric.h"
#include "experiments/cell/cell.h"
#include "experiments/run/result.h"
#include "experiments/study/experiment.h"

#define PL_NO_CELL ((size_t)-1)

#define PL_DIVERGED_ABOVE 1e3 /* x trivial: where divergence begins */

struct pl_table {
    const struct pl_experiment *experiment; /* borrowed, as are the next two */
    const struct pl_cells *cells;
    const struct pl_result *results; /* one a cell, in their order */
    size_t point_count;              /* of the axes, the last one fastest; 1 without axes */
    size_t *places; /* index of the cell of [point][entry][seed], or PL_NO_CELL; the arena's */
};

/* Every cell in its place. */
void pl_table_make(struct pl_table *out, struct pl_arena *arena,
                   const struct pl_experiment *experiment, const struct pl_cells *cells,
                   const struct pl_result *results);

/* The same shape without a cell, for whoever puts chosen cells in places of their own. */
void pl_table_empty(struct pl_table *out, struct pl_arena *arena,
                    const struct pl_experiment *experiment, const struct pl_cells *cells,
                    const struct pl_result *results);

/* Where [point][entry][seed] stands in the table, and in arrays of its shape. */
size_t pl_table_place(const struct pl_table *table, size_t point, size_t entry, size_t seed);

/* How many places there are. */
size_t pl_table_size(const struct pl_table *table);

/* Index of the cell, PL_NO_CELL where the plan has none; its result, then NULL. */
size_t pl_table_cell(const struct pl_table *table, size_t point, size_t entry, size_t seed);
const struct pl_result *pl_table_result(const struct pl_table *table, size_t point, size_t entry,
                                        size_t seed);

/* The two columns above of one result; NULL is no cell. */
double pl_result_value(const struct pl_result *result, const struct pl_metric_row *metric);
double pl_result_number(const struct pl_result *result, const struct pl_metric_row *metric);

/* The numbers of all places, in the shape of the table. */
double *pl_table_numbers(const struct pl_table *table, const struct pl_metric_row *metric,
                         struct pl_arena *arena);

/* The step of a share of samples, such as accuracy: one sample of one run; 0 of any other metric. (Of a task of
 * sequences a share counts tokens, whose step is smaller.) */
double pl_table_step(const struct pl_table *table, const struct pl_metric_row *metric,
                     struct pl_arena *arena);

/* What a diverged run counts as at [point]: the worst finite one of [numbers] there, and at least
 * 1000 x trivial (a loss) or 0 (a rate); twice the most steps. -inf where nothing is known. */
double pl_table_worst(const struct pl_table *table, const struct pl_metric_row *metric,
                      const double *numbers, size_t point);

#endif
