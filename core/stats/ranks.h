/* Ranks: several things compared at once, by their places alone.
 *
 *                 a  b  c
 *     seed 1      1  2  3      Friedman: could places that lie so far apart come about by chance?
 *     seed 2      1  3  2      Nemenyi:  mean ranks further apart than the critical distance differ.
 *     seed 3      2  1  3
 *     mean     1.33  2  2.67
 *
 * Rank 1 is the smallest number; equal ones share. Infinite numbers (a diverged run) are last.
 */
#ifndef PL_STATS_RANKS_H
#define PL_STATS_RANKS_H

#include "core/base/rng.h"
#include "core/stats/interval.h"
#include "core/stats/sample.h"

struct pl_friedman {
    size_t seeds, entries;
    double statistic; /* chi-squared with entries - 1 degrees of freedom, corrected for ties */
    double p;         /* of the chi-squared approximation; 1 when all entries always tie */
    double distance;  /* Nemenyi's critical distance of mean ranks at the level asked for */
};

/* Of a table [seed][entry]; [mean_ranks] has room for the entries, or is NULL. Numbers that stand for
 * several blocks of a seed (its mean ranks, say) are averaged by the caller first. Two entries and two
 * seeds at least, or the numbers are NaN. */
enum pl_status pl_stats_friedman(struct pl_friedman *out, double *mean_ranks,
                                 const struct pl_sample *sample, double alpha) PL_NODISCARD;

/* q(1 - alpha, entries) / sqrt(2) * sqrt(entries (entries + 1) / (6 seeds)), q of the studentized range. */
double pl_stats_nemenyi_distance(size_t entries, size_t seeds, double alpha);

/* Of a table [seed][block][entry]: each entry's rank in each block, its mean over the blocks of a seed, and
 * the mean of those over seeds, with a percentile bootstrap interval over seeds. Both outputs have room
 * for the entries. */
enum pl_status pl_stats_mean_rank(double *mean_ranks, struct pl_interval *intervals,
                                  const struct pl_sample *sample, double confidence,
                                  size_t resamples, struct pl_rng *rng) PL_NODISCARD;

#endif
