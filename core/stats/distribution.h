/* Distribution: the few special functions that intervals and tests stand on.
 *
 * Written with core/base/math.h and square roots alone, so that a p-value or an interval has the
 * same bits on every machine. Checked against SciPy to 1e-10 (tests/golden/stats.py).
 */
#ifndef PL_STATS_DISTRIBUTION_H
#define PL_STATS_DISTRIBUTION_H

/* log of the gamma function, x > 0; NaN otherwise. */
double pl_stats_log_gamma(double x);

/* Regularised incomplete beta function
 *
 *     I_x(a, b) = (1 / B(a, b)) * integral from 0 to x of t^(a-1) (1-t)^(b-1) dt
 *
 * for a, b > 0 and 0 <= x <= 1; NaN otherwise. */
double pl_stats_incomplete_beta(double a, double b, double x);

/* Student's t with [df] > 0 degrees of freedom (up to 10,000 at the stated precision):
 * P(T <= t), and its inverse for 0 < p < 1 (-inf at 0, inf at 1, NaN outside). */
double pl_stats_student_cdf(double t, double df);
double pl_stats_student_quantile(double p, double df);

/* Regularised upper incomplete gamma function
 *
 *     Q(a, x) = (1 / gamma(a)) * integral from x to infinity of t^(a-1) e^-t dt
 *
 * for a > 0 and x >= 0; NaN otherwise. */
double pl_stats_incomplete_gamma(double a, double x);

/* The standard normal: P(Z <= x), and its inverse (-inf at 0, inf at 1, NaN outside). */
double pl_stats_normal_cdf(double x);
double pl_stats_normal_quantile(double p);

/* P(X > x) of chi-squared with [df] > 0 degrees of freedom. */
double pl_stats_chi_squared_tail(double x, double df);

/* The range of [count] >= 2 independent standard normals (the studentized range with infinitely many
 * degrees of freedom): P(R <= range), and its inverse for 0 < p < 1 (0 at 0, inf at 1, NaN outside). */
double pl_stats_range_cdf(double range, double count);
double pl_stats_range_quantile(double p, double count);

#endif
