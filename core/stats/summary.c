#include "core/stats/summary.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"

double pl_stats_mean(const double *values, size_t count) {
    if (count == 0) return NAN;
    double sum = 0.0, rest = 0.0;
    for (size_t i = 0; i < count; i++) sum += values[i];
    double mean = sum / (double)count;
    if (!isfinite(mean)) return mean;
    for (size_t i = 0; i < count; i++) rest += values[i] - mean; /* what rounding left behind */
    return mean + rest / (double)count;
}

double pl_stats_sd(const double *values, size_t count) {
    if (count < 2) return NAN;
    double mean = pl_stats_mean(values, count), sum = 0.0;
    for (size_t i = 0; i < count; i++) sum += (values[i] - mean) * (values[i] - mean);
    return sqrt(sum / (double)(count - 1));
}

static int compare_values(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double between(const double *sorted, size_t count, double p) {
    double place = p * (double)(count - 1);
    size_t below = (size_t)floor(place);
    double share = place - (double)below;
    if (share == 0.0 || sorted[below] == sorted[below + 1]) return sorted[below];
    if (isinf(sorted[below])) return isinf(sorted[below + 1]) ? NAN : sorted[below];
    return sorted[below] + share * (sorted[below + 1] - sorted[below]);
}

static double *sorted_copy(const double *values, size_t count) {
    double *sorted = pl_alloc(count * sizeof *sorted);
    if (count > 0) memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_values);
    return sorted;
}

void pl_stats_quantiles(double *out, const double *shares, size_t share_count, const double *values,
                        size_t count) {
    double *sorted = sorted_copy(values, count);
    for (size_t i = 0; i < share_count; i++) {
        bool fits = count > 0 && shares[i] >= 0.0 && shares[i] <= 1.0;
        out[i] = fits ? between(sorted, count, shares[i]) : NAN;
    }
    pl_free(sorted);
}

double pl_stats_quantile(const double *values, size_t count, double p) {
    double value;
    pl_stats_quantiles(&value, &p, 1, values, count);
    return value;
}

double pl_stats_iqm(const double *values, size_t count) {
    double *sorted = sorted_copy(values, count);
    size_t cut = count / 4;
    double mean = pl_stats_mean(sorted + cut, count - 2 * cut);
    pl_free(sorted);
    return mean;
}

double pl_stats_median(const double *values, size_t count) {
    return pl_stats_quantile(values, count, 0.5);
}

void pl_stats_rank(double *ranks, const double *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        size_t below = 0, equal = 0;
        for (size_t j = 0; j < count; j++) {
            below += values[j] < values[i];
            equal += values[j] == values[i];
        }
        ranks[i] = (double)below + 0.5 * (double)(equal + 1);
    }
}
