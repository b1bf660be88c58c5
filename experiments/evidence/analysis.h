/* Analysis: from the results of cells to evidence. Pure: results in, numbers out.
 *
 *     cells + results ──► table [point][entry][seed] ──► summaries    one per entry and axes point
 *                                                    ──► comparisons  one per entry but the baseline
 *                                                    ──► ranking      one per entry
 *                                                    ──► interactions one per curve along an axis
 *                                                    ──► crossovers   one per sign change of a curve
 *                                                    ──► compute      what a loss would cost the baseline
 *                                                    ──► selection    all of this at chosen rates
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
 *   - Intervals are t intervals over seeds; beside them stand BCa bootstrap intervals, seeds drawn whole.
 *   - A rate (accuracy, exact, score) may be 0 and is compared by plain differences. Its number is -rate, so
 *     that lower is better here too, and what is told of a number is pl_analysis_shown of it: of a log its
 *     exponential, of -rate the rate. So `loss` is then a mean rate, and `ratio`, an interval beside it,
 *     `hodges_lehmann` and `iqm` are the difference entry - baseline: above 0 the entry is better.
 *   - Everything depends on identity of cells alone, never on the order in which they finished.
 */
#ifndef PL_EXPERIMENTS_EVIDENCE_ANALYSIS_H
#define PL_EXPERIMENTS_EVIDENCE_ANALYSIS_H

#include <stdbool.h>

#include "core/base/arena.h"
#include "core/stats/interval.h"
#include "core/stats/law.h"
#include "core/stats/skew.h"
#include "core/train/metric.h"
#include "experiments/cell/cell.h"
#include "experiments/evidence/table.h"
#include "experiments/run/result.h"
#include "experiments/study/experiment.h"

#define PL_CONFIDENCE 0.95

/* BETTER and WORSE: p_holm <= PL_ALPHA, and the ratio and its whole interval (where there is one) on
 * that side of 1 (of a difference: of 0). EQUIVALENT comes before both: the difference may be real, but it is too small to
 * matter. INCONCLUSIVE is all else, also too few seeds. */
enum pl_verdict { PL_INCONCLUSIVE, PL_BETTER, PL_WORSE, PL_EQUIVALENT };

struct pl_axis_scale {
    bool numeric;   /* every value of the axis is a number */
    bool log;       /* read better in logarithms: all above 0, the greatest over 50 x the least */
    double *values; /* numeric: as numbers, in the order of the axis; otherwise NULL */
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
    /* What is known of the task beforehand, geometric means over the runs: the loss of the predictor that
     * looks at no input, and (of test_loss alone) that of the best one of all. NaN: not known, or the metric
     * is no such loss. */
    double trivial, best_known;
    /* Over the least along the way, at evaluated steps: geometric mean over the runs that were evaluated more
     * than once and did not diverge. 1: no run has risen. NaN: none of them, or the metric has no curve. */
    double rise;
    struct pl_interval interval;
    double
        divergence; /* share of the finished runs (done, diverged) that diverged; NaN without any */
    struct pl_interval divergence_interval; /* Wilson's */
    struct pl_groups
        groups; /* of log losses that did not diverge, PL_GROUPS_RATIO apart at least */
};

#define PL_GROUPS_RATIO 2.0  /* of losses: nearer groups are one */
#define PL_GROUPS_RATE  0.25 /* of rates */
#define PL_RISE_RATIO   1.1  /* a loss that ends higher above its least than this has risen again */

/* One entry against the baseline at one point; ratio below 1 means the entry has the lower loss. */
struct pl_comparison {
    size_t entry, point;
    size_t n;               /* pairs */
    size_t diverged;        /* pairs in which either side diverged */
    bool median;            /* diverged > 0 */
    double mean_difference; /* of numbers (logs); NaN when median */
    double middle;          /* the same, or when median the median: below 0 the entry is better */
    /* Of the differences with diverged runs at the worst value, which p is of. Where it lies on the other side than
     * the median, neither side is told. */
    double capped_difference;
    double ratio;                /* 0 or inf when most pairs have one side diverged */
    struct pl_interval interval; /* t */
    /* Of the ratio with the skewness taken out (core/stats/skew.h): the verdict asks both intervals. */
    struct pl_interval skew_interval;
    struct pl_interval bootstrap; /* BCa; none when median */
    double hodges_lehmann;        /* the ratio by that estimate; NaN when median */
    double p;                     /* two-sided sign-flip test */
    double p_holm;                /* Holm over the comparisons of this point */
    /* p is the least that the test can give of n pairs, below 1: only more seeds could make it smaller.
     * Where all comparisons of the point have n pairs, p_holm is their number times it. */
    bool at_floor;
    double p_signed_rank; /* Wilcoxon's, beside it */
    double p_equivalence; /* two one-sided t tests of the region of equivalence; NaN when median */
    double improvement;   /* chance that a run of the entry beats one of the baseline */
    enum pl_verdict verdict;
};

/* One entry over the whole study. A block is a (point, seed) that every ranked entry finished; the
 * value of a seed is its mean over its blocks, and the interval is over seeds. */
struct pl_rank {
    size_t entry;
    bool ranked;                 /* false: it has no finished cell, and the numbers below are NaN */
    size_t seeds, blocks;        /* equal for all ranked entries */
    double mean_rank;            /* 1 = always the lowest loss */
    struct pl_interval interval; /* within 1 .. ranked entries (pl_stats_bounded_interval) */
    size_t best_place, worst_place; /* that the pairs below leave open; 0: no block */
    struct pl_interval bootstrap;   /* percentile, seeds drawn */
    size_t diverged;                /* of its blocks */
    bool median;  /* some block has a diverged run of this entry or of the baseline */
    double ratio; /* to the baseline; the baseline has 1 without an interval */
    struct pl_interval ratio_interval;
    double iqm; /* interquartile mean of the blocks' log differences, as a ratio */
    struct pl_interval iqm_interval;  /* jackknife t; none unless every seed has every block, all
                                        finite */
    struct pl_interval iqm_bootstrap; /* BCa, as far as that one exists */
    double
        improvement; /* mean of the comparisons' over the points that have it; NaN: the baseline */
};

/* Two ranked entries over the whole study: the seed means of the paired difference of logs over the blocks,
 * with diverged runs at the worst value of their point. All pairs are one family. */
struct pl_pair {
    size_t entry, other; /* indices, entry < other */
    size_t seeds;
    bool same;                        /* every block has the same bits for both */
    bool median;                      /* a run of a block diverged: no interval */
    double difference;                /* of entry to other; below 0: entry has the lower loss */
    struct pl_interval interval;      /* of the ratio, t */
    struct pl_interval skew_interval; /* as a comparison's */
    double p;                         /* sign-flip test of all pairs at once (max T) */
    enum pl_verdict verdict; /* of entry against other, by p and interval as a comparison's */
};

/* One entry's paired difference to the baseline along a numeric axis, tested as a whole: does it change
 * with the axis? Each seed that has every point of the curve gives a least-squares slope of its
 * differences; the slopes are the independent numbers. Points with a diverged pair are passed over. */
struct pl_interaction {
    size_t entry, axis;
    size_t point;         /* the curve: the point at the first value of [axis] */
    size_t points, seeds; /* that it rests on; at least 2 points */
    double *x, *y;        /* the axis and the mean difference of logs, from the smallest x up */
    double *p_points;     /* of y: sign-flip test, corrected over the points of the curve (max T) */
    struct pl_interval *intervals; /* of y: t, over the pairs of that point */
    double slope; /* per unit of the axis, per factor of ten when it is logarithmic; NaN: no seed */
    struct pl_interval interval, bootstrap; /* t and BCa */
    double p, p_holm; /* sign-flip on the slopes; Holm over the entries of this curve */
    size_t crossings; /* sign changes of y */
};

/* Where the mean paired difference to the baseline changes sign along a numeric axis, by a straight
 * line between neighbours (over log10 of a logarithmic axis); points with a diverged pair or without
 * pairs are passed over. A curve without a sign change has one row with found = false. */
struct pl_crossover {
    size_t entry, axis;
    size_t point;  /* the curve: the point at the first value of [axis] */
    size_t points; /* of the axis that the curve rests on; at least 2 */
    bool found;
    /* The interval ends within the range on both sides, and on each some point is told from 0 with the
     * sign of that side (p_points of the interaction). A sign change that is not told may be noise. */
    bool told;
    double at; /* on the axis; NaN when not found */
    /* Where a t test over seeds does not tell the curve from 0, around [at] (core/stats/crossing.h). An
     * infinite end lies beyond the range. */
    struct pl_interval interval;
    /* Percentile bootstrap over seeds, of the nearest crossing of the same direction in the curve of a
     * draw; infinite where draws have none within the range. Too short with few seeds. */
    struct pl_interval bootstrap;
    double support;   /* share of the draws that have such a crossing within the range */
    size_t crossings; /* of this curve: with more than 1, no single point parts better from worse */
    bool better_before; /* below [at] the entry has the lower loss; not found: along the curve */
};

/* Friedman's test of the entries' mean ranks, a number a seed; and the distance of mean ranks beyond
 * which two entries differ at PL_ALPHA (Nemenyi). */
struct pl_rank_test {
    size_t seeds, entries; /* ranked ones */
    double statistic, p, distance;
};

struct pl_analysis;

/* The value chosen for one entry at one setting, a point of the other axes. */
struct pl_chosen {
    size_t entry, setting;
    bool found;   /* false: no seed has a result at every value that has any */
    size_t value; /* index of the chosen value: the least score, among equals the smaller value */
    double score; /* mean over seeds of the log of the loss that chooses, diverged = worst */
    size_t seeds; /* that score rests on */
    size_t diverged; /* of them, at the chosen value */
    bool edge;       /* the smallest or greatest of several: the best may lie beyond */
};

/* One value for all entries of a setting: the lowest mean rank over entries of their scores. */
struct pl_chosen_common {
    size_t setting;
    bool found;
    size_t value;
    double mean_rank; /* 1 = the best for every entry */
    bool edge;
};

/* How one entry bears other values: the compared loss over the log of the axis. */
struct pl_robustness {
    size_t entry, setting;
    size_t seeds; /* that have a result at every value that has any; 0: no numbers below */
    double *logs; /* mean log loss at each value in ascending order; NaN: no result */
    double area;  /* under that curve, by trapezoids, over its width: a mean log loss */
    double loss;  /* exp(area) */
    size_t best;  /* place in ascending order of the least */
    double low,
        high; /* the values around it, without a gap, with a loss of at most 1.1 x the least */
    double decades; /* log10(high / low) */
};

#define PL_ROBUST_RATIO 1.1

/* What `select: {over, by}` of a study gives. Settings are the points of the other axes. */
struct pl_selection {
    size_t axis; /* that was chosen over */
    const char *by;
    size_t setting_count;
    struct pl_chosen *choices;         /* [setting][entry] */
    struct pl_chosen_common *commons;  /* [setting] */
    struct pl_robustness *robustness;  /* [setting][entry] */
    struct pl_analysis *best, *common; /* of the chosen cells; their points are the settings */
};

/* How the loss of one entry falls with the compute of its training (FLOPs of products), along the axis
 * that the study names as its budget. */
struct pl_compute_law {
    size_t entry;
    size_t point;   /* the curve: the point at the first value of the axis */
    size_t budgets; /* with finite losses alone; at least 2 */
    size_t *values; /* of the axis, by index, from the least up; the next two are beside them */
    double *log_compute, *log_loss; /* mean over seeds */
    size_t seeds;                   /* that have every budget: the intervals rest on their lines */
    struct pl_law law;              /* of the means: loss = a compute^-b */
    struct pl_interval log_a, b;    /* t, of the seeds' own log a and b */
    /* loss = a compute^-b + c, from PL_OFFSET_BUDGETS budgets up; percentile bootstrap over seeds. It is
     * supported when the interval of c lies above 0. NaN: not fitted. */
    struct pl_law offset;
    struct pl_interval offset_b, offset_c;
    bool supported;
};

#define PL_OFFSET_BUDGETS 5
#define PL_LAW_RESAMPLES  500 /* each is a fit by steps */
#define PL_ALL_BUDGETS    ((size_t)-1)

/* The compute with which the baseline reaches the loss of an entry, over the entry's own. */
struct pl_compute_factor {
    size_t entry, point; /* the curve, as above */
    size_t value;        /* index of the budget, or PL_ALL_BUDGETS: one factor over all of them */
    size_t seeds;
    bool reached;  /* by the budgets that the baseline has run */
    double factor; /* not reached: inf, or 0 when even its least budget does better; NaN: no seed */
    double least, greatest;       /* what the baseline's budgets allow to see; NaN over all */
    struct pl_interval interval;  /* t inversion (core/stats/crossing.h); none when not reached */
    struct pl_interval bootstrap; /* percentile, seeds drawn */
    double support;               /* share of the draws that reach it */
};

struct pl_compute {
    size_t axis; /* the budget */
    struct pl_compute_law *laws;
    size_t law_count;
    struct pl_compute_factor *factors; /* curve by curve, entry by entry; over all budgets first */
    size_t factor_count;
};

struct pl_analysis {
    struct pl_arena arena;                  /* owns all below */
    const struct pl_experiment *experiment; /* borrowed, as are the next two */
    const struct pl_cells *cells;
    const struct pl_result *results;
    const char *metric;
    const struct pl_metric_row *row; /* of the metric */
    /* Of a share of samples: one sample of one run. An equivalence within less than that either way is not told,
     * for runs agree by coincidence. 0: the metric has no such step. */
    double step;
    size_t baseline;              /* index of the entry */
    size_t point_count;           /* product of the axes; 1 without axes */
    struct pl_axis_scale *scales; /* one per axis */
    struct pl_table table;        /* [point][entry][seed] */
    double *logs;                 /* the same shape: pl_table_numbers of the metric */
    struct pl_tally tally;        /* of all cells */
    struct pl_summary *summaries; /* [point][entry] */
    struct pl_comparison *comparisons;
    size_t comparison_count;
    struct pl_rank *ranking; /* best first; unranked entries last */
    struct pl_rank_test rank_test;
    struct pl_pair *pairs; /* of ranked entries */
    size_t pair_count;
    struct pl_interaction *interactions;
    size_t interaction_count;
    struct pl_crossover *crossovers;
    size_t crossover_count;
    const char *stream;             /* part of the names of random streams */
    struct pl_compute *compute;     /* NULL when the study names no budget */
    struct pl_selection *selection; /* NULL when the study does not select */
};

/* Analyses [results], one per cell in the order of [cells]; [metric] is one that can be compared
 * (PL_METRIC_COMPARE), NULL for the default; any other name is refused. On
 * success the caller ends [out] with pl_analysis_finish; the three inputs must outlive it. */
enum pl_status pl_analysis_run(struct pl_analysis *out, const struct pl_experiment *experiment,
                               const struct pl_cells *cells, const struct pl_result *results,
                               const char *metric) PL_NODISCARD;
void pl_analysis_finish(struct pl_analysis *analysis);

/* What the study selects and no more, for whoever judges the chosen runs by other numbers: of [out] the axes,
 * the table and the selection are there (NULL when the study does not select), and of selection->best the
 * experiment (without the axis that is chosen over) and the table of the chosen runs. Ended in the same way. */
void pl_analysis_select(struct pl_analysis *out, const struct pl_experiment *experiment,
                        const struct pl_cells *cells, const struct pl_result *results);

/* A number, or a difference of two, as it is told: the value or the ratio of a metric compared by ratios; the rate
 * or the difference of rates, with its sign turned, of any other. The interval likewise; none stays none. */
double pl_analysis_shown(const struct pl_analysis *analysis, double number);
struct pl_interval pl_analysis_shown_interval(const struct pl_analysis *analysis,
                                              struct pl_interval interval);

/* How far from no difference, in numbers, still counts as equivalent: log PL_EQUIVALENCE_RATIO, of rates the same
 * number as a plain difference (so do claims). */
double pl_analysis_region(void);

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

/* NULL where one of them is not ranked; the order of the two does not matter. */
const struct pl_pair *pl_analysis_pair(const struct pl_analysis *analysis, size_t entry,
                                       size_t other);

/* Whether [entry] is told to have a lower loss than [other] over the whole study. */
bool pl_analysis_is_ahead(const struct pl_analysis *analysis, size_t entry, size_t other);

/* Who may be the best: the entries that no other is told ahead of, and who is not told apart from the first
 * of them in the ranking. One alone is the winner: told ahead of every other. [members] has room for the
 * entries and is in the order of the study; gives how many, 0 without a block. */
size_t pl_analysis_leaders(const struct pl_analysis *analysis, size_t *members);

/* The point of the whole study that belongs to [setting] of its selection, at index [value]. */
size_t pl_selection_point(const struct pl_analysis *analysis, size_t setting, size_t value);

/* The cell, or NULL when the plan has none there. */
const struct pl_cell *pl_analysis_cell(const struct pl_analysis *analysis, size_t point,
                                       size_t entry, size_t seed);

/* "better", "worse", "equivalent", "inconclusive" */
const char *pl_verdict_name(enum pl_verdict verdict);

#endif
