/* Distribution functions of the tests, each by a method whose error is below rounding:
 *
 *     log gamma            Stirling's series from x = 15 on, brought there by the recurrence
 *     incomplete beta      continued fraction on the side where it converges; Student's t from it
 *     incomplete gamma     series below a + 1, continued fraction above; chi-squared, normal from it
 *     studentised range    sum over the smallest value by the trapezoid rule
 *
 * A small tail is computed as such and not as 1 minus the rest, so that a small p keeps its
 * digits. Quantiles solve for the tail by Newton's steps inside a shrinking bracket. */
#include "core/stats/distribution.h"

#include <math.h>
#include <stdbool.h>

#include "core/base/math.h"

#define HALF_LOG_TWO_PI 0.91893853320467274178
#define PI              3.14159265358979323846
#define STIRLING_FROM   15.0

/* Stirling's series in 1/x, from x = 15 on: the first term left out is below 1e-16. */
static double stirling(double x) {
    static const double terms[] = {1.0 / 12,   -1.0 / 360,        1.0 / 1260, -1.0 / 1680,
                                   1.0 / 1188, -691.0 / 360360.0, 1.0 / 156};
    double inverse = 1.0 / x, square = inverse * inverse, sum = 0.0;
    for (int i = (int)(sizeof terms / sizeof terms[0]) - 1; i >= 0; i--)
        sum = sum * square + terms[i];
    return (x - 0.5) * pl_log(x) - x + HALF_LOG_TWO_PI + sum * inverse;
}

double pl_stats_log_gamma(double x) {
    if (!(x > 0.0)) return NAN;
    double product = 1.0;
    for (; x < STIRLING_FROM; x += 1.0) product *= x; /* gamma(x) = gamma(x + 1) / x */
    return stirling(x) - pl_log(product);
}

static double log_beta(double a, double b) {
    return pl_stats_log_gamma(a) + pl_stats_log_gamma(b) - pl_stats_log_gamma(a + b);
}

static double away_from_zero(double x) {
    const double tiny = 1e-300;
    return fabs(x) < tiny ? tiny : x;
}

/* The continued fraction of the incomplete beta function by Lentz's method (Abramowitz and Stegun
 * 26.5.8); it converges in about sqrt(max(a, b)) steps when x < (a + 1) / (a + b + 2). */
static double beta_fraction(double a, double b, double x) {
    double c = 1.0, d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0)), value = d;
    for (int m = 1; m < 100000; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m));
        d = 1.0 / away_from_zero(1.0 + even * d);
        c = away_from_zero(1.0 + even / c);
        value *= d * c;
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0));
        d = 1.0 / away_from_zero(1.0 + odd * d);
        c = away_from_zero(1.0 + odd / c);
        value *= d * c;
        if (fabs(d * c - 1.0) < 1e-16) break;
    }
    return value;
}

/* I_x(a, b) with the complement y = 1 - x given too, since the caller may know it better. */
static double beta_ratio(double a, double b, double x, double y) {
    if (x <= 0.0) return 0.0;
    if (y <= 0.0) return 1.0;
    double front = pl_exp(a * pl_log(x) + b * pl_log(y) - log_beta(a, b));
    if (x < (a + 1.0) / (a + b + 2.0)) return front * beta_fraction(a, b, x) / a;
    return 1.0 - front * beta_fraction(b, a, y) / b;
}

double pl_stats_incomplete_beta(double a, double b, double x) {
    if (!(a > 0.0) || !(b > 0.0) || !(x >= 0.0) || !(x <= 1.0)) return NAN;
    return beta_ratio(a, b, x, 1.0 - x);
}

/* P(T > t) for t >= 0: I at df / (df + t^2), halved. */
static double student_tail(double t, double df) {
    if (isinf(t)) return 0.0;
    double total = df + t * t;
    if (isinf(total)) return 0.0;
    return 0.5 * beta_ratio(0.5 * df, 0.5, df / total, t * t / total);
}

double pl_stats_student_cdf(double t, double df) {
    if (!(df > 0.0) || isnan(t)) return NAN;
    double tail = student_tail(fabs(t), df);
    return t > 0.0 ? 1.0 - tail : tail;
}

static double student_density(double t, double df) {
    double power = -0.5 * (df + 1.0) * pl_log(1.0 + t * t / df);
    return pl_exp(power - log_beta(0.5 * df, 0.5)) / sqrt(df);
}

/* The x > 0 whose upper tail is [wanted], less than the tail at 0: Newton's steps, kept inside a
 * shrinking bracket. [shape] is what the two functions need besides. */
static double solve_tail(double (*tail)(double, double), double (*density)(double, double),
                         double wanted, double shape) {
    double low = 0.0, high = 1.0;
    while (tail(high, shape) > wanted && high < 1e150) low = high, high *= 2.0;
    double x = 0.5 * (low + high);
    for (int i = 0; i < 200; i++) {
        double excess = tail(x, shape) - wanted;
        if (excess > 0.0)
            low = x;
        else
            high = x;
        double next = x + excess / density(x, shape);
        if (!(next > low && next < high)) next = 0.5 * (low + high);
        bool settled = fabs(next - x) <= 1e-15 * x;
        x = next;
        if (settled) break;
    }
    return x;
}

static double student_solve(double tail, double df) {
    return solve_tail(student_tail, student_density, tail, df);
}

double pl_stats_student_quantile(double p, double df) {
    if (!(df > 0.0) || !(p >= 0.0) || !(p <= 1.0)) return NAN;
    if (p == 0.0) return -INFINITY;
    if (p == 1.0) return INFINITY;
    if (p == 0.5) return 0.0;
    return p < 0.5 ? -student_solve(p, df) : student_solve(1.0 - p, df);
}

/* ------------------------------------------------------------------- normal and chi-squared */

/* The series of the lower function, for x < a + 1. */
static double gamma_series(double a, double x) {
    double term = 1.0 / a, sum = term;
    for (int n = 1; n < 100000 && term > 1e-17 * sum; n++) sum += term *= x / (a + n);
    return sum;
}

/* The continued fraction of the upper one (Abramowitz and Stegun 6.5.31), for x >= a + 1. */
static double gamma_fraction(double a, double x) {
    double b = x + 1.0 - a, c = 1e300, d = 1.0 / b, value = d;
    for (int n = 1; n < 100000; n++) {
        double numerator = -n * (n - a);
        b += 2.0;
        d = 1.0 / away_from_zero(numerator * d + b);
        c = away_from_zero(b + numerator / c);
        value *= c * d;
        if (fabs(c * d - 1.0) < 1e-16) break;
    }
    return value;
}

double pl_stats_incomplete_gamma(double a, double x) {
    if (!(a > 0.0) || !(x >= 0.0)) return NAN;
    if (x == 0.0) return 1.0;
    if (isinf(x)) return 0.0;
    double front = pl_exp(a * pl_log(x) - x - pl_stats_log_gamma(a));
    return x < a + 1.0 ? 1.0 - front * gamma_series(a, x) : front * gamma_fraction(a, x);
}

double pl_stats_chi_squared_tail(double x, double df) {
    return x >= 0.0 ? pl_stats_incomplete_gamma(0.5 * df, 0.5 * x) : isnan(x) ? NAN : 1.0;
}

/* P(Z > x) for x >= 0; what is halved has a relative precision far out. */
static double normal_tail(double x, double none) {
    (void)none;
    return 0.5 * pl_stats_incomplete_gamma(0.5, 0.5 * x * x);
}

static double normal_density(double x, double none) {
    (void)none;
    return pl_exp(-0.5 * x * x) / sqrt(2.0 * PI);
}

double pl_stats_normal_cdf(double x) {
    if (isnan(x)) return NAN;
    return x > 0.0 ? 1.0 - normal_tail(x, 0.0) : normal_tail(-x, 0.0);
}

double pl_stats_normal_quantile(double p) {
    if (!(p >= 0.0) || !(p <= 1.0)) return NAN;
    if (p == 0.0) return -INFINITY;
    if (p == 1.0) return INFINITY;
    if (p == 0.5) return 0.0;
    return p < 0.5 ? -solve_tail(normal_tail, normal_density, p, 0.0)
                   : solve_tail(normal_tail, normal_density, 1.0 - p, 0.0);
}

/* ------------------------------------------------------------------------------- the range */

/* The smallest lies at z, all others above it within the range: the sum over z is the trapezoid rule,
 * whose error for an integrand this smooth and this flat at its ends is below rounding. */
#define RANGE_STEP  0.0625
#define RANGE_STEPS 160 /* on either side of 0: the density at 10 is below 1e-22 */

static double range_sum(double range, double count, bool density) {
    double sum = 0.0;
    for (int i = -RANGE_STEPS; i <= RANGE_STEPS; i++) {
        double z = RANGE_STEP * i, weight = normal_density(z, 0.0);
        if (density) weight *= (count - 1.0) * normal_density(z + range, 0.0);
        /* (between)^(count - 1 - less), where between is the chance of a number in z .. z + range. */
        double less = density ? 1.0 : 0.0;
        double between = pl_stats_normal_cdf(z + range) - pl_stats_normal_cdf(z);
        sum += weight * (between > 0.0 ? pl_exp((count - 1.0 - less) * pl_log(between))
                                       : count - 1.0 == less);
    }
    return count * RANGE_STEP * sum;
}

static double range_tail(double range, double count) {
    return 1.0 - range_sum(range, count, false);
}

static double range_density(double range, double count) {
    return range_sum(range, count, true);
}

double pl_stats_range_cdf(double range, double count) {
    if (!(count >= 2.0) || isnan(range)) return NAN;
    if (range <= 0.0) return 0.0;
    return isinf(range) ? 1.0 : range_sum(range, count, false);
}

double pl_stats_range_quantile(double p, double count) {
    if (!(count >= 2.0) || !(p >= 0.0) || !(p <= 1.0)) return NAN;
    if (p == 0.0) return 0.0;
    if (p == 1.0) return INFINITY;
    return solve_tail(range_tail, range_density, 1.0 - p, count);
}
