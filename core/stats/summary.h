/* Summary: where a handful of numbers lies and how far it spreads. Pure functions of their input.
 * NaN when there are too few numbers to say; infinite values are allowed in median and quantile. */
#ifndef PL_STATS_SUMMARY_H
#define PL_STATS_SUMMARY_H

#include <stddef.h>

double pl_stats_mean(const double *values, size_t count);
double pl_stats_sd(const double *values, size_t count); /* of a sample: divides by count - 1 */
double pl_stats_median(const double *values, size_t count);

/* The numbers in order, equal ones as they were, in a block that the caller ends with pl_free(*block). */
const double *pl_stats_sorted(double **block, const double *values, size_t count);

/* The value at share [p] of the sorted numbers, 0 <= p <= 1, with linear interpolation between
 * neighbours (the usual default, "type 7"). */
double pl_stats_quantile(const double *values, size_t count, double p);

/* The same at several shares of one sample, which is sorted once. */
void pl_stats_quantiles(double *out, const double *shares, size_t share_count, const double *values,
                        size_t count);

/* The interquartile mean: a quarter of the numbers (rounded down) is left out at either end, the rest is
 * averaged. Steadier than the mean, sharper than the median. */
double pl_stats_iqm(const double *values, size_t count);

/* Ranks from 1 = smallest; equal values share the mean of their places. No NaN in [values]. */
void pl_stats_rank(double *ranks, const double *values, size_t count);

/* The sum of t^3 - t over groups of t equal ranks: what ties take from the variance of rank tests. */
double pl_stats_rank_ties(const double *ranks, size_t count);

/* How far apart two values of one quantity are: |a - b| over the greater of |a| and |b|, which is 0 for
 * equal ones, also for two NaN and two infinities of one sign. Anything else with a NaN or an infinity in
 * it is infinitely far: a run that diverged is not near any number. */
double pl_stats_relative(double a, double b);

#endif
