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

/* Of the mean of [values], each between [low] and [high], such as mean ranks: an interval that stays
 * between them. Wilson's score interval (1927) of the mean's share y of the way from low to high, with
 * Student's t for z, and for the number of trials as many as the spread over the values is worth:
 * N = count y (1 - y) / var(y), at least [count]. Values that are all the same have no spread to judge by;
 * then N is [most], the trials that there were (blocks of all seeds), and [count] at low or high. None with
 * fewer than two values. */
struct pl_interval pl_stats_bounded_interval(const double *values, size_t count, double low,
                                             double high, size_t most, double confidence);

/* Of the share [hits] / [count] of independent trials, by Wilson's score (1927): it stays within 0..1 and
 * says something of 0 out of n as well. None without a trial. */
struct pl_interval pl_stats_wilson(size_t hits, size_t count, double confidence);

/* Two shares of the same trials, by how each trial came out: in both, in one alone, in neither. The difference is
 * first less second, with the interval of Newcombe (1998, his method 10: Wilson's limits of each, and the
 * correlation between the two, corrected for continuity); p is two-sided, of the exact test of McNemar (signs of
 * the trials that differ). Without a trial all are NaN. */
struct pl_paired_shares {
    size_t pairs;
    double difference, p;
    struct pl_interval interval;
};
void pl_stats_paired_shares(struct pl_paired_shares *out, size_t both, size_t first, size_t second,
                            size_t neither, double confidence);

#endif
