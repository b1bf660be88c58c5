/* Bootstrap intervals with the seed as unit: a resample draws whole seeds, with repetition, and
 * takes all values of each, so that pairs stay pairs. Draws come from the stream that the caller
 * gives, in one order. The jackknife leaves out one seed at a time; BCa takes its acceleration
 * from there. */
#include "core/stats/bootstrap.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/stats/distribution.h"
#include "core/stats/summary.h"

double pl_statistic_mean(const struct pl_sample *sample, const void *context) {
    (void)context;
    return pl_stats_mean(sample->values, pl_sample_count(sample));
}

double pl_statistic_median(const struct pl_sample *sample, const void *context) {
    (void)context;
    return pl_stats_median(sample->values, pl_sample_count(sample));
}

double pl_statistic_iqm(const struct pl_sample *sample, const void *context) {
    (void)context;
    return pl_stats_iqm(sample->values, pl_sample_count(sample));
}

/* ------------------------------------------------------------------------------- intervals */

static bool any_nan(const double *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (isnan(values[i])) return true;
    return false;
}

static struct pl_interval between_levels(const double *draws, size_t count, double low,
                                         double high) {
    double levels[2] = {low, high}, ends[2];
    pl_stats_quantiles(ends, levels, 2, draws, count);
    return (struct pl_interval){ends[0], ends[1]};
}

struct pl_interval pl_stats_percentile_interval(const double *draws, size_t count,
                                                double confidence) {
    if (count == 0 || any_nan(draws, count)) return pl_interval_none();
    return between_levels(draws, count, 0.5 - 0.5 * confidence, 0.5 + 0.5 * confidence);
}

static double corrected_level(double z0, double a, double level) {
    double z = z0 + pl_stats_normal_quantile(level);
    return pl_stats_normal_cdf(z0 + z / (1.0 - a * z));
}

struct pl_interval pl_stats_bca_interval(const double *draws, size_t count, double estimate,
                                         const double *jackknife, size_t seeds, double confidence) {
    if (count == 0 || any_nan(draws, count) || any_nan(jackknife, seeds)) return pl_interval_none();

    /* The share of draws below the estimate, equal ones counting half. */
    size_t below = 0, equal = 0;
    for (size_t i = 0; i < count; i++) {
        below += draws[i] < estimate;
        equal += draws[i] == estimate;
    }
    double z0 = pl_stats_normal_quantile(((double)below + 0.5 * (double)equal) / (double)count);

    /* The acceleration: a sixth of the skewness of the jackknife's deviations. */
    double mean = pl_stats_mean(jackknife, seeds), squares = 0.0, cubes = 0.0;
    for (size_t i = 0; i < seeds; i++) {
        double away = mean - jackknife[i];
        squares += away * away;
        cubes += away * away * away;
    }
    double a = squares > 0.0 ? cubes / (6.0 * squares * sqrt(squares)) : 0.0;

    if (!isfinite(z0) || !isfinite(a)) return pl_interval_none();
    return between_levels(draws, count, corrected_level(z0, a, 0.5 - 0.5 * confidence),
                          corrected_level(z0, a, 0.5 + 0.5 * confidence));
}

/* --------------------------------------------------------------------------------- drawing */

static void copy_row(double *to, size_t place, const double *from, size_t seed, size_t row) {
    if (row == 1) /* a call would cost more than the number */
        to[place] = from[seed];
    else
        memcpy(to + place * row, from + seed * row, row * sizeof *to);
}

static void leave_out(double *jackknife, const struct pl_sample *sample,
                      const struct pl_bootstrap *how, double *rows) {
    struct pl_sample rest = *sample;
    size_t row = pl_sample_row(sample);
    rest.values = rows;
    rest.sizes[0]--;
    for (size_t out = 0; out < sample->sizes[0]; out++) {
        size_t place = 0;
        for (size_t i = 0; i < sample->sizes[0]; i++)
            if (i != out) copy_row(rows, place++, sample->values, i, row);
        jackknife[out] = how->statistic(&rest, how->context);
    }
}

static enum pl_status check_shape(const struct pl_sample *sample) {
    struct pl_sample shape = *sample; /* what the numbers are is the statistic's matter */
    shape.sizes[0] = 0;
    return pl_sample_check(&shape, "the bootstrap", PL_SAMPLE_BLOCK, PL_SAMPLE_NONE, true);
}

enum pl_status pl_stats_bootstrap(struct pl_interval *percentile, struct pl_interval *bca,
                                  const struct pl_sample *sample, const struct pl_bootstrap *how,
                                  struct pl_rng *rng) {
    size_t seeds = sample->sizes[0];
    if (percentile) *percentile = pl_interval_none();
    if (bca) *bca = pl_interval_none();
    PL_TRY(check_shape(sample));
    if (seeds < 2) return PL_OK;
    double *rows = pl_alloc(pl_sample_count(sample) * sizeof *rows);
    double *draws = pl_alloc((how->resamples + seeds) * sizeof *draws);
    double *jackknife = draws + how->resamples;

    struct pl_sample drawn = *sample;
    size_t row = pl_sample_row(sample);
    drawn.values = rows;
    for (size_t b = 0; b < how->resamples; b++) {
        for (size_t i = 0; i < seeds; i++)
            copy_row(rows, i, sample->values, (size_t)pl_rng_below(rng, seeds), row);
        draws[b] = how->statistic(&drawn, how->context);
    }

    if (percentile)
        *percentile = pl_stats_percentile_interval(draws, how->resamples, how->confidence);
    if (bca) {
        leave_out(jackknife, sample, how, rows);
        *bca = pl_stats_bca_interval(draws, how->resamples, how->statistic(sample, how->context),
                                     jackknife, seeds, how->confidence);
    }
    pl_free(draws);
    pl_free(rows);
    return PL_OK;
}

enum pl_status pl_stats_jackknife_interval(struct pl_interval *out, const struct pl_sample *sample,
                                           const struct pl_bootstrap *how) {
    size_t seeds = sample->sizes[0];
    *out = pl_interval_none();
    PL_TRY(check_shape(sample));
    if (seeds < 2) return PL_OK;
    double n = (double)seeds, *rows = pl_alloc(pl_sample_count(sample) * sizeof *rows);
    double *jackknife = pl_alloc(seeds * sizeof *jackknife);
    leave_out(jackknife, sample, how, rows);
    double estimate = how->statistic(sample, how->context), sd = pl_stats_sd(jackknife, seeds);
    double t = pl_stats_student_quantile(0.5 + 0.5 * how->confidence, n - 1.0);
    double reach = t * sd * (n - 1.0) / sqrt(n);
    *out = (struct pl_interval){estimate - reach, estimate + reach};
    pl_free(jackknife);
    pl_free(rows);
    return PL_OK;
}
