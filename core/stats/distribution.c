#include "core/stats/distribution.h"

#include <math.h>
#include <stdbool.h>

#include "core/base/math.h"

#define HALF_LOG_TWO_PI 0.91893853320467274178
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

/* The t > 0 whose upper tail is [tail] < 1/2: Newton's steps, kept inside a shrinking bracket. */
static double student_solve(double tail, double df) {
    double low = 0.0, high = 1.0;
    while (student_tail(high, df) > tail && high < 1e150) low = high, high *= 2.0;
    double t = 0.5 * (low + high);
    for (int i = 0; i < 200; i++) {
        double excess = student_tail(t, df) - tail;
        if (excess > 0.0)
            low = t;
        else
            high = t;
        double next = t + excess / student_density(t, df);
        if (!(next > low && next < high)) next = 0.5 * (low + high);
        bool settled = fabs(next - t) <= 1e-15 * t;
        t = next;
        if (settled) break;
    }
    return t;
}

double pl_stats_student_quantile(double p, double df) {
    if (!(df > 0.0) || !(p >= 0.0) || !(p <= 1.0)) return NAN;
    if (p == 0.0) return -INFINITY;
    if (p == 1.0) return INFINITY;
    if (p == 0.5) return 0.0;
    return p < 0.5 ? -student_solve(p, df) : student_solve(1.0 - p, df);
}
