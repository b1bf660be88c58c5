#include "core/stats/interval.h"

#include <math.h>

#include "core/base/math.h"
#include "core/stats/distribution.h"
#include "core/stats/summary.h"

struct pl_interval pl_interval_none(void) {
    return (struct pl_interval){NAN, NAN};
}

bool pl_interval_exists(struct pl_interval interval) {
    return !isnan(interval.low) && !isnan(interval.high);
}

struct pl_interval pl_interval_exp(struct pl_interval interval) {
    return (struct pl_interval){pl_exp(interval.low), pl_exp(interval.high)};
}

struct pl_interval pl_stats_t_interval(const double *values, size_t count, double confidence) {
    if (count < 2) return pl_interval_none();
    double mean = pl_stats_mean(values, count);
    double t = pl_stats_student_quantile(0.5 + 0.5 * confidence, (double)(count - 1));
    double reach = t * pl_stats_sd(values, count) / sqrt((double)count);
    return (struct pl_interval){mean - reach, mean + reach};
}

/* Wilson's score interval of the share [y] of [n] trials, [z] standard errors wide. */
static struct pl_interval score_interval(double y, double n, double z) {
    double square = z * z / n, middle = (y + 0.5 * square) / (1.0 + square);
    double reach = sqrt(square * (y * (1.0 - y) + 0.25 * square)) / (1.0 + square);
    return (struct pl_interval){y <= 0.0 ? 0.0 : middle - reach, y >= 1.0 ? 1.0 : middle + reach};
}

struct pl_interval pl_stats_bounded_interval(const double *values, size_t count, double low,
                                             double high, size_t most, double confidence) {
    if (count < 2 || !(low < high)) return pl_interval_none();
    double y = (pl_stats_mean(values, count) - low) / (high - low);
    double sd = pl_stats_sd(values, count) / (high - low), n = (double)count;
    double trials = sd > 0.0             ? n * y * (1.0 - y) / (sd * sd)
                    : y > 0.0 && y < 1.0 ? (double)most
                                         : n;
    if (trials < n) trials = n;
    struct pl_interval share =
        score_interval(y, trials, pl_stats_student_quantile(0.5 + 0.5 * confidence, n - 1.0));
    return (struct pl_interval){low + (high - low) * share.low, low + (high - low) * share.high};
}

struct pl_interval pl_stats_wilson(size_t hits, size_t count, double confidence) {
    if (count == 0) return pl_interval_none();
    return score_interval((double)hits / (double)count, (double)count,
                          pl_stats_normal_quantile(0.5 + 0.5 * confidence));
}

/* Twice the smaller tail of signs that are even, at most 1. */
static double sign_test(size_t a, size_t b) {
    size_t few = a < b ? a : b, all = a + b;
    double term = 1.0, sum = 0.0;
    for (size_t k = 0; k < all; k++) term *= 0.5;
    for (size_t k = 0; k <= few; k++) {
        sum += term;
        term *= (double)(all - k) / (double)(k + 1);
    }
    return 2.0 * sum < 1.0 ? 2.0 * sum : 1.0;
}

void pl_stats_paired_shares(struct pl_paired_shares *out, size_t both, size_t first, size_t second,
                            size_t neither, double confidence) {
    double e = (double)both, f = (double)first, g = (double)second, h = (double)neither,
           n = e + f + g + h, product = e * h - f * g,
           norm = sqrt((e + f) * (g + h) * (e + g) * (f + h)), phi = 0.0;
    *out = (struct pl_paired_shares){both + first + second + neither, NAN, NAN, pl_interval_none()};
    if (out->pairs == 0) return;
    double a = (e + f) / n, b = (e + g) / n;
    struct pl_interval one = pl_stats_wilson(both + first, out->pairs, confidence),
                       two = pl_stats_wilson(both + second, out->pairs, confidence);
    if (product > 0.0) product = product > n / 2 ? product - n / 2 : 0.0;
    if (norm > 0.0) phi = product / norm;
    double below = a - one.low, above = two.high - b;
    double low = sqrt(below * below - 2 * phi * below * above + above * above);
    below = one.high - a, above = b - two.low;
    double high = sqrt(below * below - 2 * phi * below * above + above * above);
    out->difference = a - b;
    out->interval = (struct pl_interval){a - b - low, a - b + high};
    out->p = sign_test(first, second);
}
