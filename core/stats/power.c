#include "core/stats/power.h"

#include <math.h>

#include "core/base/math.h"
#include "core/stats/distribution.h"

/* P(T <= t) for t >= 0. With x = t^2 / (t^2 + df) and l = noncentrality^2 / 2:
 *
 *     Phi(-noncentrality) + 1/2 sum_j  e^-l l^j / j!                   I_x(j + 1/2, df / 2)
 *                                    + d/sqrt(2) e^-l l^j / gamma(j + 3/2) I_x(j + 1, df / 2)
 */
static double upper_half(double t, double df, double noncentrality) {
    double x = t * t / (t * t + df), l = 0.5 * noncentrality * noncentrality;
    double sum = 0.0;
    if (noncentrality == 0.0) return pl_stats_student_cdf(t, df);
    for (int j = 0; j < 4000; j++) {
        double power = (double)j * pl_log(l) - l;
        double even = pl_exp(power - pl_stats_log_gamma((double)j + 1.0));
        double odd =
            pl_exp(power - pl_stats_log_gamma((double)j + 1.5)) * noncentrality / sqrt(2.0);
        if (even + fabs(odd) < 1e-18) {
            if ((double)j > l) break;
            continue;
        }
        sum += even * pl_stats_incomplete_beta((double)j + 0.5, 0.5 * df, x) +
               odd * pl_stats_incomplete_beta((double)j + 1.0, 0.5 * df, x);
    }
    return pl_stats_normal_cdf(-noncentrality) + 0.5 * sum;
}

double pl_stats_noncentral_t_cdf(double t, double df, double noncentrality) {
    if (!(df > 0.0) || isnan(t) || !(fabs(noncentrality) <= PL_NONCENTRALITY_MOST)) return NAN;
    double p =
        t >= 0.0 ? upper_half(t, df, noncentrality) : 1.0 - upper_half(-t, df, -noncentrality);
    return p < 0.0 ? 0.0 : p > 1.0 ? 1.0 : p;
}

double pl_stats_t_power(size_t pairs, double effect, double alpha) {
    if (pairs < 2) return NAN;
    double df = (double)(pairs - 1), shift = fabs(effect) * sqrt((double)pairs);
    double limit = pl_stats_student_quantile(1.0 - 0.5 * alpha, df);
    if (shift > PL_NONCENTRALITY_MOST) shift = PL_NONCENTRALITY_MOST;
    return 1.0 - pl_stats_noncentral_t_cdf(limit, df, shift) +
           pl_stats_noncentral_t_cdf(-limit, df, shift);
}

size_t pl_stats_t_seeds(double effect, double alpha, double power) {
    size_t high = 2, low;
    if (!(fabs(effect) > 0.0)) return PL_NO_SEEDS;
    while (high < PL_NO_SEEDS && pl_stats_t_power(high, effect, alpha) < power) high *= 2;
    if (high >= PL_NO_SEEDS) return PL_NO_SEEDS;
    for (low = high / 2; high - low > 1;) {
        size_t middle = low + (high - low) / 2;
        if (pl_stats_t_power(middle, effect, alpha) < power)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* The x with P(X > x) = tail, by halving. */
static double chi_squared_at(double tail, double df) {
    double low = 0.0, high = df + 10.0;
    while (pl_stats_chi_squared_tail(high, df) > tail) high *= 2.0;
    for (int i = 0; i < 200 && high - low > 1e-15 * high; i++) {
        double middle = 0.5 * (low + high);
        if (pl_stats_chi_squared_tail(middle, df) > tail)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

struct pl_interval pl_stats_sd_interval(double sd, size_t count, double confidence) {
    if (count < 2 || isnan(sd)) return pl_interval_none();
    double df = (double)(count - 1);
    return (struct pl_interval){sd * sqrt(df / chi_squared_at(0.5 - 0.5 * confidence, df)),
                                sd * sqrt(df / chi_squared_at(0.5 + 0.5 * confidence, df))};
}
