/* Power: how many seeds a difference asks for.
 *
 * For paired differences with mean [effect] x their standard deviation, a two-sided t test with n pairs has
 * a statistic with the noncentral t distribution of n - 1 degrees of freedom and noncentrality
 * effect sqrt(n); its power is the chance that |T| passes the critical value.
 */
#ifndef PL_STATS_POWER_H
#define PL_STATS_POWER_H

#include <stddef.h>

#include "core/stats/interval.h"

/* P(T <= t) of the noncentral t distribution, df > 0, |noncentrality| up to PL_NONCENTRALITY_MOST, by the
 * series of Lenth (Algorithm AS 243, 1989). */
#define PL_NONCENTRALITY_MOST 60.0
double pl_stats_noncentral_t_cdf(double t, double df, double noncentrality);

/* Of a two-sided one-sample (paired) t test at level [alpha]. A noncentrality beyond the most counts as the
 * most. NaN below two pairs. */
double pl_stats_t_power(size_t pairs, double effect, double alpha);

/* The least number of pairs, two or more, with at least [power]; PL_NO_SEEDS when it would take more than
 * that many (an effect of next to nothing). */
#define PL_NO_SEEDS ((size_t)1000000)
size_t pl_stats_t_seeds(double effect, double alpha, double power);

/* Of the standard deviation of normal numbers of which [count] gave [sd]: sd sqrt((n - 1) / chi^2). None
 * below two. */
struct pl_interval pl_stats_sd_interval(double sd, size_t count, double confidence);

#endif
