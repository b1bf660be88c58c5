/* Law: how a loss falls with compute.
 *
 *     loss = a compute^-b             a straight line in logarithms:  log loss = log a - b log compute
 *     loss = a compute^-b + c         with what no compute takes away, c >= 0
 *
 * Both are fitted by least squares of log loss, so that a factor counts the same at every size. The
 * numbers come in as logarithms, and a is kept as one: with FLOPs it may be beyond a double.
 */
#ifndef PL_STATS_LAW_H
#define PL_STATS_LAW_H

#include <stdbool.h>
#include <stddef.h>

#define PL_LAW_POINTS 64 /* of one fit with an offset, at most */

struct pl_law {
    double log_a, b, c;
    double residual; /* root of the mean square of log loss around the fit */
};

/* The straight line through [count] points; c is 0. NaN where it does not exist: fewer than two
 * different places. */
struct pl_law pl_stats_power_law(const double *log_compute, const double *log_loss, size_t count);

/* The law with an offset, by Levenberg and Marquardt's steps in (log a, b, log c) from [start], or, when
 * that is NULL, from the line through log(loss - c) for several c, of which the best end is kept. Where
 * no c above 0 fits better than the straight line, that is the result, with c = 0. NaN for fewer than
 * four points, and for more than PL_LAW_POINTS. */
struct pl_law pl_stats_offset_law(const double *log_compute, const double *log_loss, size_t count,
                                  const struct pl_law *start);

/* The log loss that [law] gives. */
double pl_law_at(const struct pl_law *law, double log_compute);

#endif
