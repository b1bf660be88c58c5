/* Crossing: where the mean of a bundle of curves changes sign.
 *
 *     each seed is a curve over the same places x       mean  .3 *
 *                                                              .1    *
 *     [seed][place]  .4  .2 -.1                              -----------x------
 *                    .2  .1 -.2                              -.1            *
 *                    .3  .0  .0                                  0   .5     1
 *
 * Between neighbouring places everything is a straight line. A number of the table may be NaN: that
 * seed has nothing there.
 */
#ifndef PL_STATS_CROSSING_H
#define PL_STATS_CROSSING_H

#include <stdbool.h>

#include "core/stats/interval.h"
#include "core/stats/sample.h"

struct pl_crossing {
    double at;
    bool falling; /* from above 0 to below */
};

/* The next crossing of the curve [y] over [x], ascending, after place *from (0 at first), which moves
 * on; false when there is none. A crossing lies between the last value of one sign and the next of the
 * other; values of exactly 0 in between put it at their middle. */
bool pl_stats_next_crossing(struct pl_crossing *out, size_t *from, const double *x, const double *y,
                            size_t count);

/* The means at each place over the seeds that have it, NaN where none has; [out] has room for the
 * places. The sample is [seed][block], its blocks the places. */
void pl_stats_mean_curve(double *out, const struct pl_sample *curves);

/* An interval of a crossing [at] of the mean curve: all places around it, without a gap, where a t test
 * does not tell the mean from 0. For a seed's straight line d(w) = a + w c between neighbours,
 *
 *     mean(d(w))^2 <= t^2 var(d(w)) / n,     a quadratic inequality in w  (Fieller, 1954)
 *
 * so the curve need not be steep or the seeds many for the level to hold, as the delta method and the
 * bootstrap ask for. Where seeds are missing, means and variances at a place are over those that it has,
 * covariances over those in common, and the degrees of freedom are those of the poorer place.
 *
 * An end is infinite when the set reaches the first or last place: it goes on beyond the range. None
 * with fewer than two seeds at the places around [at]. */
struct pl_interval pl_stats_crossing_interval(const double *x, const struct pl_sample *curves,
                                              double at, double confidence);

#endif
