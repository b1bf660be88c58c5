#include "core/stats/summary.h"

#include <math.h>
#include <stdbool.h>
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

/* Sorting is most of a bootstrap's work, so it is done without calls: runs of 16 by insertion, then
 * merged, run length doubling, to and fro between [values] and [room]. */
#define RUN 16

static void sort_run(double *values, size_t count) {
    for (size_t i = 1; i < count; i++) {
        double value = values[i];
        size_t at = i;
        for (; at > 0 && values[at - 1] > value; at--) values[at] = values[at - 1];
        values[at] = value;
    }
}

static void merge(double *out, const double *a, size_t a_count, const double *b, size_t b_count) {
    const double *a_end = a + a_count, *b_end = b + b_count;
    while (a < a_end && b < b_end) {
        bool second = *b < *a;
        *out++ = second ? *b : *a;
        b += second;
        a += !second;
    }
    while (a < a_end) *out++ = *a++;
    while (b < b_end) *out++ = *b++;
}

/* Gives which of the two holds the sorted numbers. */
static double *sort_values(double *values, double *room, size_t count) {
    for (size_t i = 0; i < count; i += RUN) sort_run(values + i, count - i < RUN ? count - i : RUN);
    for (size_t run = RUN; run < count; run *= 2) {
        for (size_t i = 0; i < count; i += 2 * run) {
            size_t first = count - i < run ? count - i : run, rest = count - i - first;
            merge(room + i, values + i, first, values + i + first, rest < run ? rest : run);
        }
        double *sorted = room;
        room = values;
        values = sorted;
    }
    return values;
}

static double between(const double *sorted, size_t count, double p) {
    double place = p * (double)(count - 1);
    size_t below = (size_t)floor(place);
    double share = place - (double)below;
    if (share == 0.0 || sorted[below] == sorted[below + 1]) return sorted[below];
    if (isinf(sorted[below])) return isinf(sorted[below + 1]) ? NAN : sorted[below];
    return sorted[below] + share * (sorted[below + 1] - sorted[below]);
}

const double *pl_stats_sorted(double **block, const double *values, size_t count) {
    *block = pl_alloc((2 * count + 1) * sizeof **block);
    if (count > 0) memcpy(*block, values, count * sizeof **block);
    return sort_values(*block, *block + count, count);
}

void pl_stats_quantiles(double *out, const double *shares, size_t share_count, const double *values,
                        size_t count) {
    double *block;
    const double *sorted = pl_stats_sorted(&block, values, count);
    for (size_t i = 0; i < share_count; i++) {
        bool fits = count > 0 && shares[i] >= 0.0 && shares[i] <= 1.0;
        out[i] = fits ? between(sorted, count, shares[i]) : NAN;
    }
    pl_free(block);
}

double pl_stats_quantile(const double *values, size_t count, double p) {
    double value;
    pl_stats_quantiles(&value, &p, 1, values, count);
    return value;
}

double pl_stats_iqm(const double *values, size_t count) {
    double *block;
    size_t cut = count / 4;
    double mean = pl_stats_mean(pl_stats_sorted(&block, values, count) + cut, count - 2 * cut);
    pl_free(block);
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

double pl_stats_rank_ties(const double *ranks, size_t count) {
    double sum = 0.0; /* member by member: t^3 - t is t times t^2 - 1 */
    for (size_t i = 0; i < count; i++) {
        double equal = 0.0;
        for (size_t j = 0; j < count; j++) equal += ranks[j] == ranks[i];
        sum += equal * equal - 1.0;
    }
    return sum;
}

double pl_stats_relative(double a, double b) {
    double size = fabs(a) > fabs(b) ? fabs(a) : fabs(b);
    if (a == b || (isnan(a) && isnan(b))) return 0.0;
    return isfinite(a) && isfinite(b) ? fabs(a - b) / size : INFINITY;
}
