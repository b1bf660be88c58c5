/* Analysis: from the results of cells to evidence. Pure: results in, numbers out.
 *
 *     cells + results ──► table [point][entry][seed] ──► summaries    one per entry and axes point
 *                                                    ──► comparisons  one per entry but the baseline
 *                                                    ──► ranking      one per entry
 *                                                    ──► crossovers   one per sign change
 *
 * How evidence is made:
 *   - The unit is the seed, and runs are paired by seed: for one seed every entry saw the same data
 *     and the same shared initial weights. The effect is the paired difference d of
 *     log(max(loss, floor)), floor = 1e-12 x the trivial predictor's loss; exp(mean d) is a ratio.
 *   - A diverged run is a result. Where one is among the runs concerned, the mean of logs does not
 *     exist: ratio and loss are then medians (diverged = infinitely bad, both diverged = equal), with
 *     the count beside them and without an interval. In the sign-flip test it takes the worst value,
 *     the greatest of all finite losses of that point and of 1000 x trivial (where divergence
 *     begins); in ranks it is last.
 *   - Failed and pending cells say nothing about a loss: a pair or a block that lacks one is left out.
 *   - A finished run without the metric (or with a NaN for it) counts as missing.
 *   - Everything depends on identity of cells alone, never on the order in which they finished.
 *
 * Later kinds of evidence (selection of a learning rate, bootstrap intervals, slopes) add fields here.
 */
#ifndef PL_EXPERIMENTS_ANALYSIS_H
#define PL_EXPERIMENTS_ANALYSIS_H

#include <stdbool.h>

#include "core/base/arena.h"
#include "core/stats/interval.h"
#include "experiments/cell.h"
#include "experiments/experiment.h"
#include "experiments/result.h"

#define PL_METRIC_DEFAULT "test_loss"
#define PL_LOSS_FLOOR                                                                              \
    1e-12 /* x trivial (x 1 where a run has none): a smaller loss counts as this */
#define PL_DIVERGED_ABOVE 1e3 /* x trivial: where divergence begins */
#define PL_CONFIDENCE     0.95
#define PL_ALPHA          0.05

/* Practical equivalence: two entries are equivalent when the whole interval of their ratio lies
 * within 1/1.02 .. 1.02, that is, when a difference of more than 2 % is excluded. */
#define PL_EQUIVALENCE_RATIO 1.02

#define PL_NO_CELL ((size_t)-1)

/* BETTER and WORSE: p_holm <= PL_ALPHA, and the ratio and its whole interval (where there is one) on
 * that side of 1. EQUIVALENT comes before both: the difference may be real, but it is too small to
 * matter. INCONCLUSIVE is all else, also too few seeds. */
enum pl_verdict { PL_INCONCLUSIVE, PL_BETTER, PL_WORSE, PL_EQUIVALENT };

struct pl_axis_scale {
    bool numeric;      /* every value of the axis is a number */
    double *values;    /* numeric: as numbers, in the order of the axis; otherwise NULL */
    size_t *ascending; /* numeric: indices of the values from smallest to greatest */
};

struct pl_tally {
    size_t done, diverged, failed, pending; /* running counts as pending */
    size_t missing;                         /* of done: without the metric */
};

/* One entry at one point. */
struct pl_summary {
    size_t entry, point;
    struct pl_tally tally;
    size_t n;        /* finite losses */
    bool median;     /* some run diverged: loss is the median, mean_log does not exist */
    double mean_log; /* of log(max(loss, floor)) */
    struct pl_interval log_interval;
    double loss; /* exp(mean_log), the geometric mean; inf when most runs diverged */
    struct pl_interval interval;
};

/* One entry against the baseline at one point; ratio below 1 means the entry has the lower loss. */
struct pl_comparison {
    size_t entry, point;
    size_t n;               /* pairs */
    size_t diverged;        /* pairs in which either side diverged */
    bool median;            /* diverged > 0 */
    double mean_difference; /* of logs; NaN when median */
    double ratio;           /* 0 or inf when most pairs have one side diverged */
    struct pl_interval interval;
    double p;      /* two-sided sign-flip test */
    double p_holm; /* Holm over the comparisons of this point */
    enum pl_verdict verdict;
};

/* One entry over the whole study. A block is a (point, seed) that every ranked entry finished; the
 * value of a seed is its mean over its blocks, and the interval is over seeds. */
struct pl_rank {
    size_t entry;
    bool ranked;          /* false: it has no finished cell, and the numbers below are NaN */
    size_t seeds, blocks; /* equal for all ranked entries */
    double mean_rank;     /* 1 = always the lowest loss */
    struct pl_interval interval;
    size_t diverged; /* of its blocks */
    bool median;     /* some block has a diverged run of this entry or of the baseline */
    double ratio;    /* to the baseline; the baseline has 1 without an interval */
    struct pl_interval ratio_interval;
};

/* Where the mean paired difference to the baseline changes sign along a numeric axis, by a straight
 * line between neighbours; points with a diverged pair or without pairs are passed over. A curve
 * without a sign change has one row with found = false. */
struct pl_crossover {
    size_t entry, axis;
    size_t point;  /* the curve: the point at the first value of [axis] */
    size_t points; /* of the axis that the curve rests on; at least 2 */
    bool found;
    double at;                   /* on the axis; NaN when not found */
    struct pl_interval interval; /* none yet */
    bool better_before; /* below [at] the entry has the lower loss; not found: along the curve */
};

struct pl_analysis {
    struct pl_arena arena;                  /* owns all below */
    const struct pl_experiment *experiment; /* borrowed, as are the next two */
    const struct pl_cells *cells;
    const struct pl_result *results;
    const char *metric;
    size_t baseline;              /* index of the entry */
    size_t point_count;           /* product of the axes; 1 without axes */
    struct pl_axis_scale *scales; /* one per axis */
    size_t *table;                /* cell of [point][entry][seed], or PL_NO_CELL */
    double *logs;          /* the same shape: log loss, inf = diverged, NaN = nothing to say */
    struct pl_tally tally; /* of all cells */
    struct pl_summary *summaries; /* [point][entry] */
    struct pl_comparison *comparisons;
    size_t comparison_count;
    struct pl_rank *ranking; /* best first; unranked entries last */
    struct pl_crossover *crossovers;
    size_t crossover_count;
};

/* Analyses [results], one per cell in the order of [cells]; [metric] is a loss (test_loss,
 * train_loss, valid_loss, test_clean_loss), NULL for the default; any other name is refused. On
 * success the caller ends [out] with pl_analysis_finish; the three inputs must outlive it. */
enum pl_status pl_analysis_run(struct pl_analysis *out, const struct pl_experiment *experiment,
                               const struct pl_cells *cells, const struct pl_result *results,
                               const char *metric) PL_NODISCARD;
void pl_analysis_finish(struct pl_analysis *analysis);

/* The index of the value that [axis] has at [point]; points count with the last axis fastest. */
size_t pl_analysis_axis_index(const struct pl_analysis *analysis, size_t point, size_t axis);

/* The same as canonical text. */
const char *pl_analysis_axis_value(const struct pl_analysis *analysis, size_t point, size_t axis);

/* The point that differs from [point] in the value of [axis] alone. */
size_t pl_analysis_point_with(const struct pl_analysis *analysis, size_t point, size_t axis,
                              size_t value);

const struct pl_summary *pl_analysis_summary(const struct pl_analysis *analysis, size_t point,
                                             size_t entry);

/* NULL for the baseline. */
const struct pl_comparison *pl_analysis_comparison(const struct pl_analysis *analysis, size_t point,
                                                   size_t entry);

/* The cell, or NULL when the plan has none there. */
const struct pl_cell *pl_analysis_cell(const struct pl_analysis *analysis, size_t point,
                                       size_t entry, size_t seed);

/* "better", "worse", "equivalent", "inconclusive" */
const char *pl_verdict_name(enum pl_verdict verdict);

#endif
