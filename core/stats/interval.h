/* Interval: how far a number may be from the truth. */
#ifndef PL_STATS_INTERVAL_H
#define PL_STATS_INTERVAL_H

#include <stdbool.h>
#include <stddef.h>

/* Both ends NaN when there is no interval (fewer than two values). */
struct pl_interval {
    double low, high;
};

struct pl_interval pl_interval_none(void);
bool pl_interval_exists(struct pl_interval interval);

/* Both ends through exp: an interval of a mean of logs becomes one of a ratio. */
struct pl_interval pl_interval_exp(struct pl_interval interval);

/* Of the mean of [values], by Student's t: mean +- t(count - 1) * sd / sqrt(count). The values are
 * the independent units (one a seed). [confidence] is e.g. 0.95. */
struct pl_interval pl_stats_t_interval(const double *values, size_t count, double confidence);

/* Of the share [hits] / [count] of independent trials, by Wilson's score (1927): it stays within 0..1 and
 * says something of 0 out of n as well. None without a trial. */
struct pl_interval pl_stats_wilson(size_t hits, size_t count, double confidence);

#endif
