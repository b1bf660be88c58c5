/* Bootstrap: an interval for any statistic, by drawing seeds with replacement.
 *
 *     seeds   1 2 3 4 5        statistic(sample) = estimate
 *     draw    3 1 1 5 2   ──►  statistic of these rows      \
 *     draw    4 4 2 5 1   ──►  ...                           > the draws; their spread is the
 *     ...     B times                                       /  uncertainty of the estimate
 *
 * A seed is drawn with all its blocks: they are not independent of each other. Two intervals:
 *   - percentile: the quantiles at (1 -+ confidence) / 2 of the draws;
 *   - BCa (bias-corrected and accelerated, Efron 1987): the same at levels that correct for the
 *     median of the draws being off the estimate (z0) and for a spread that changes with what is
 *     estimated (a, from leaving out one seed at a time).
 *
 * With few seeds either is too short: a BCa interval of a mean, 95 % by name, covers about 84, 89, 90
 * and 92 % with 5, 8, 12 and 20 seeds (docs/statistics.md). So it only stands beside a t interval.
 *
 * Draws may be infinite (a crossing beyond the range); a NaN among them means that the statistic does
 * not exist on some draw, and then there is no interval.
 */
#ifndef PL_STATS_BOOTSTRAP_H
#define PL_STATS_BOOTSTRAP_H

#include "core/base/rng.h"
#include "core/stats/interval.h"
#include "core/stats/sample.h"

#define PL_BOOTSTRAP_RESAMPLES 2000

struct pl_bootstrap {
    double (*statistic)(const struct pl_sample *sample, const void *context);
    const void *context; /* handed to statistic */
    double confidence;   /* e.g. 0.95 */
    size_t resamples;
};

/* Statistics of all numbers of a sample, for the row above; context is not used. */
double pl_statistic_mean(const struct pl_sample *sample, const void *context);
double pl_statistic_median(const struct pl_sample *sample, const void *context);
double pl_statistic_iqm(const struct pl_sample *sample, const void *context);

/* Fills the two intervals (either may be NULL) of a [seed] or [seed][block] sample, whose numbers may
 * be NaN only where [how]->statistic knows what to do with them. No interval below two seeds. */
enum pl_status pl_stats_bootstrap(struct pl_interval *percentile, struct pl_interval *bca,
                                  const struct pl_sample *sample, const struct pl_bootstrap *how,
                                  struct pl_rng *rng) PL_NODISCARD;

/* A t interval of any statistic by leaving out one seed at a time (Tukey's jackknife):
 *
 *     estimate +- t(n - 1) * sqrt((n - 1) / n * sum of (left out - their mean)^2)
 *
 * For the mean it is the t interval itself. It asks for a smooth statistic (a mean, a trimmed mean; not a
 * median), and with a handful of seeds it is nearer to its level than the bootstrap. None below two. */
enum pl_status pl_stats_jackknife_interval(struct pl_interval *out, const struct pl_sample *sample,
                                           const struct pl_bootstrap *how) PL_NODISCARD;

/* The two rules by themselves, for draws made elsewhere. [jackknife] holds the statistic with each of
 * the seeds left out. None when all draws lie on one side of [estimate]. */
struct pl_interval pl_stats_percentile_interval(const double *draws, size_t count,
                                                double confidence);
struct pl_interval pl_stats_bca_interval(const double *draws, size_t count, double estimate,
                                         const double *jackknife, size_t seeds, double confidence);

#endif
