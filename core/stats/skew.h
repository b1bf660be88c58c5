/* Skew: what can be said of a sample whose shape is not that of a bell.
 *
 * A t interval takes the two sides of a distribution for alike. Where they are not (losses of runs some of
 * which solve their task, exponential noise), it covers less than it says, and on one side much less.
 * Three ways to go on are here:
 *
 *     the mean    Hall's transformation (1992) takes the skewness that the sample has out of t
 *     the median  by counting signs: of any distribution, exactly
 *     two groups  found and told, for then neither number says much
 *
 * For no mean is there a method that holds its level in all worlds (Bahadur and Savage, 1956): a group of
 * runs that no seed shows cannot be reckoned with. docs/statistics.md has what each covers.
 */
#ifndef PL_STATS_SKEW_H
#define PL_STATS_SKEW_H

#include <stddef.h>

#include "core/stats/interval.h"

/* With W = (mean - truth) / sd and the skewness b = sum (x - mean)^3 / n / (sum (x - mean)^2 / n)^1.5,
 *
 *     g(W) = W + b W^2 / 3 + b^2 W^3 / 27 + b / (6 n)
 *
 * times sqrt(n) is held against Student's t(n - 1). It grows with W, so it gives a test and an interval:
 *
 * The one-sided p of "the mean is at most [threshold]"; the greater of Hall's and that of t, so it never
 * speaks where t would not. 0 or 1 for numbers without spread; NaN below two. */
double pl_stats_mean_above(const double *values, size_t count, double threshold);

/* Of the mean: from the lower of the two low ends to the higher of the two high ends of Hall's interval and
 * that of t. None below two. */
struct pl_interval pl_stats_skew_interval(const double *values, size_t count, double confidence);

/* The sign test's one-sided p of "no more than half of all seeds lie above [threshold]": the chance of so
 * many above out of [count] fair coins. A number on the threshold counts as below it. 1 for none. */
double pl_stats_median_above(const double *values, size_t count, double threshold);

/* Of the median: the k-th smallest and the k-th greatest number, with the greatest k for which
 * 2 P(fewer than k heads of [count] fair coins) <= 1 - confidence. None where even k = 1 is too much:
 * below 6 numbers for 95 %. */
struct pl_interval pl_stats_median_interval(const double *values, size_t count, double confidence);

/* Two groups: of the sorted numbers, the widest gap with two or more on either side is at least
 * PL_GROUPS_GAP times the wider of the two groups, and at least [least] wide. Asked of
 * PL_GROUPS_SEEDS numbers or more; below, bells fall apart as often. Infinite numbers are left out. */
#define PL_GROUPS_GAP   2.0
#define PL_GROUPS_SEEDS 8
struct pl_groups {
    size_t lower, upper; /* how many in each; 0: there are not two groups */
    double lower_mean, upper_mean;
};
struct pl_groups pl_stats_groups(const double *values, size_t count, double least);

#endif
