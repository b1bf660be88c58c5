/* Shares: which factor of a design an effect depends on.
 *
 * Each reading r of a design is one level of every factor and gives an effect y_r with a sampling
 * variance. The variance of the effects over readings, less the mean sampling variance, is what there is
 * to explain:
 *
 *     V = sum_r (y_r - mean)^2 / (n - 1)  -  mean_r variance_r
 *
 * A grouping of the readings into k cells (the levels of a factor, or the pairs of levels of two) explains
 *
 *     V_cells = (SS_between - (k - 1) SS_within / (n - k)) / n            k: cells that have a reading
 *
 * which is unbiased for the variance of the cells' means when the other factors are spread alike over the
 * cells (the numerator of Hays' omega squared, 1963). A factor alone explains V_i / V, two factors together
 * beyond each alone (V_ij - V_i - V_j) / V. What single factors and pairs leave is higher interactions and
 * unequal spread. Estimates may fall a little below 0 or above 1; they are not cut.
 *
 * Intervals are delete-one jackknife t intervals over readings: the readings are the sample.
 */
#ifndef PL_STATS_SHARES_H
#define PL_STATS_SHARES_H

#include "core/base/arena.h"
#include "core/stats/interval.h"

struct pl_effects {
    const double *values;    /* y, finite */
    const double *variances; /* of each value; 0 where nothing is known */
    const size_t *levels;    /* [reading][factor] */
    const size_t *counts;    /* levels of each factor */
    size_t readings, factors;
};

struct pl_share {
    double value;
    struct pl_interval interval;
};

struct pl_shares {
    double variance; /* V */
    double noise;    /* mean sampling variance over V + that: the share of seeds in what is seen */
    struct pl_share *alone; /* [factor] */
    struct pl_share *pairs; /* [factor][factor], the earlier factor first; the others are zeroed */
};

/* All shares are NaN without an interval when V is not above 0, or with fewer than PL_SHARES_LEAST
 * readings. A pair is NaN when its cells leave no degree of freedom. Arrays are the arena's. */
#define PL_SHARES_LEAST 8
void pl_stats_shares(struct pl_shares *out, const struct pl_effects *effects, double confidence,
                     struct pl_arena *arena);

#endif
