/* The skewness is that of the sample, without a correction for its size: Hall's expansion is in terms of it. */
#include "core/stats/skew.h"

#include <math.h>

#include "core/base/alloc.h"
#include "core/base/math.h"
#include "core/stats/distribution.h"
#include "core/stats/summary.h"

static double skewness(const double *values, size_t count) {
    double mean = pl_stats_mean(values, count), squares = 0.0, cubes = 0.0, n = (double)count;
    for (size_t i = 0; i < count; i++) {
        double away = values[i] - mean;
        squares += away * away;
        cubes += away * away * away;
    }
    if (!(squares > 0.0)) return 0.0;
    return cubes / n / (squares / n * sqrt(squares / n));
}

static double cube_root(double x) {
    if (x == 0.0) return 0.0;
    return x > 0.0 ? pl_exp(pl_log(x) / 3.0) : -pl_exp(pl_log(-x) / 3.0);
}

double pl_stats_mean_above(const double *values, size_t count, double threshold) {
    if (count < 2) return NAN;
    double n = (double)count, away = pl_stats_mean(values, count) - threshold;
    double sd = pl_stats_sd(values, count), a = skewness(values, count) / 3.0;
    if (!(sd > 0.0)) return away > 0.0 ? 0.0 : 1.0;
    double w = away / sd, bent = w + a * w * w + a * a * w * w * w / 3.0 + a / (2.0 * n);
    double p = pl_stats_student_cdf(-w * sqrt(n), n - 1.0);
    double hall = pl_stats_student_cdf(-bent * sqrt(n), n - 1.0);
    return p > hall ? p : hall;
}

/* W of g(W) = y; for a sample without skew g is the identity. */
static double unbent(double y, double a, double n) {
    if (fabs(a) < 1e-9) return y;
    return (cube_root(1.0 + 3.0 * a * (y - a / (2.0 * n))) - 1.0) / a;
}

struct pl_interval pl_stats_skew_interval(const double *values, size_t count, double confidence) {
    struct pl_interval out = pl_stats_t_interval(values, count, confidence);
    if (count < 2) return out;
    double n = (double)count, mean = pl_stats_mean(values, count);
    double sd = pl_stats_sd(values, count), a = skewness(values, count) / 3.0;
    double reach = pl_stats_student_quantile(0.5 + 0.5 * confidence, n - 1.0) / sqrt(n);
    double low = mean - sd * unbent(reach, a, n), high = mean - sd * unbent(-reach, a, n);
    if (low < out.low) out.low = low;
    if (high > out.high) out.high = high;
    return out;
}

/* P(at least [heads] of [count] fair coins). */
static double coins(size_t heads, size_t count) {
    if (heads == 0) return 1.0;
    if (heads > count) return 0.0;
    return pl_stats_incomplete_beta((double)heads, (double)(count - heads) + 1.0, 0.5);
}

double pl_stats_median_above(const double *values, size_t count, double threshold) {
    size_t above = 0;
    for (size_t i = 0; i < count; i++) above += values[i] > threshold;
    return coins(above, count);
}

struct pl_interval pl_stats_median_interval(const double *values, size_t count, double confidence) {
    size_t k = 0;
    while (2 * (k + 1) <= count && 2.0 * coins(count - k, count) <= 1.0 - confidence) k++;
    if (k == 0) return pl_interval_none();
    double *block;
    const double *order = pl_stats_sorted(&block, values, count);
    struct pl_interval out = {order[k - 1], order[count - k]};
    pl_free(block);
    return out;
}

struct pl_groups pl_stats_groups(const double *values, size_t count, double least) {
    struct pl_groups out = {0, 0, NAN, NAN};
    double *block, widest = 0.0;
    const double *all = pl_stats_sorted(&block, values, count);
    size_t cut = 0, from = 0, to = count;
    while (from < to && isinf(all[from])) from++;
    while (to > from && isinf(all[to - 1])) to--;
    const double *order = all + from;
    size_t n = to - from;
    for (size_t k = 2; k + 2 <= n && n >= PL_GROUPS_SEEDS; k++) {
        if (order[k] - order[k - 1] <= widest) continue;
        widest = order[k] - order[k - 1];
        cut = k;
    }
    if (cut > 0 && widest >= least) {
        double lower = order[cut - 1] - order[0], upper = order[n - 1] - order[cut];
        if (widest >= PL_GROUPS_GAP * (lower > upper ? lower : upper))
            out = (struct pl_groups){cut, n - cut, pl_stats_mean(order, cut),
                                     pl_stats_mean(order + cut, n - cut)};
    }
    pl_free(block);
    return out;
}
