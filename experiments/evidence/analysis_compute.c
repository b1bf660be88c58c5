/* Compute: what a variant's loss would cost the baseline.
 *
 *     log loss   b *
 *                    \          a variant at budget p has the loss v. The baseline b reaches v at some
 *            v  - - - x- *      compute, by straight lines between its budgets (in logarithms); over the
 *                     |    \    variant's own compute that is the factor. 1.25: the baseline needs a
 *                     '      *  quarter more.
 *                log compute
 *
 * Each seed has such curves, so the factor is a crossing (core/stats/crossing.h) of the curves
 * b(compute) - v of the seeds, and its interval that of a crossing. Beside the factors at each budget
 * stands one over all of them: how far the baseline's straight line through all its budgets would have to
 * be moved to meet the variant's mean.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/math.h"
#include "core/stats/crossing.h"
#include "core/stats/summary.h"
#include "experiments/evidence/analysis_impl.h"

#define FAR 100.0 /* log of a factor beyond which there is none */

/* ------------------------------------------------------------------------------ one curve */

/* An entry's runs along the axis of the budget, at one setting of the others, from the least value up. */
struct runs {
    size_t entry, count;
    size_t *values; /* index of the value of the axis */
    double *x;      /* log compute */
    double *table;  /* [seed][budget] log losses, NaN where there is none */
    double *mean;   /* over the seeds that have it */
};

static size_t axis_of(const struct pl_analysis *a) {
    size_t axis = 0;
    while (axis < a->experiment->axis_count &&
           strcmp(a->experiment->axes[axis].key, a->experiment->budget) != 0)
        axis++;
    return axis;
}

/* Log FLOPs of the runs of one entry at one point, the same for every seed; NaN when none says. */
static double log_compute(const struct pl_analysis *a, size_t point, size_t entry) {
    for (size_t s = 0; s < a->experiment->seed_count; s++) {
        const struct pl_result *result = pl_table_result(&a->table, point, entry, s);
        double flops = pl_result_value(result, pl_metric_find("train_flops"));
        if (flops > 0.0 && isfinite(flops)) return pl_log(flops);
    }
    return NAN;
}

/* Whether some run has a loss there and none diverged. */
static bool sound(const struct pl_analysis *a, size_t point, size_t entry) {
    const double *logs = a->logs + pl_table_place(&a->table, point, entry, 0);
    bool any = false;
    for (size_t s = 0; s < a->experiment->seed_count; s++) {
        if (isinf(logs[s])) return false;
        any = any || !isnan(logs[s]);
    }
    return any;
}

static void fill_runs(const struct pl_analysis *a, struct runs *runs, size_t axis, size_t first) {
    size_t seeds = a->experiment->seed_count;
    for (size_t i = 0; i < runs->count; i++) {
        size_t point = pl_analysis_point_with(a, first, axis, runs->values[i]);
        for (size_t s = 0; s < seeds; s++)
            runs->table[s * runs->count + i] =
                a->logs[pl_table_place(&a->table, point, runs->entry, s)];
    }
    struct pl_sample sample = pl_sample_blocks(runs->table, seeds, runs->count);
    pl_stats_mean_curve(runs->mean, &sample);
}

/* The budgets at which [entry] has runs with a loss and a known compute. Two values of the axis with the
 * same compute would be no curve; the second is passed over. */
static void trace_runs(struct pl_analysis *a, struct runs *runs, size_t axis, size_t first,
                       size_t entry) {
    size_t most = a->experiment->axes[axis].count, seeds = a->experiment->seed_count;
    *runs = (struct runs){.entry = entry,
                          .values = PL_ARENA_ARRAY(&a->arena, size_t, most),
                          .x = PL_ARENA_ARRAY(&a->arena, double, most),
                          .mean = PL_ARENA_ARRAY(&a->arena, double, most),
                          .table = PL_ARENA_ARRAY(&a->arena, double, most *seeds)};
    for (size_t i = 0; i < most; i++) {
        size_t value = a->scales[axis].ascending[i];
        size_t point = pl_analysis_point_with(a, first, axis, value);
        double x = log_compute(a, point, entry);
        if (isnan(x) || !sound(a, point, entry)) continue;
        if (runs->count > 0 && x <= runs->x[runs->count - 1]) continue;
        runs->values[runs->count] = value;
        runs->x[runs->count++] = x;
    }
    fill_runs(a, runs, axis, first);
}

/* -------------------------------------------------------------------------------- the laws */

/* What the draws of an offset fit have in common. */
struct offset_fit {
    const struct runs *runs;
    const struct pl_law *start;
    double *mean; /* room for the mean of a draw */
    bool of_b;    /* the statistic is b; otherwise c */
};

static double offset_of_draw(const struct pl_sample *sample, const void *context) {
    const struct offset_fit *fit = context;
    pl_stats_mean_curve(fit->mean, sample);
    struct pl_law law = pl_stats_offset_law(fit->runs->x, fit->mean, fit->runs->count, fit->start);
    return fit->of_b ? law.b : law.c;
}

/* The table of the seeds that have every budget. */
static struct pl_sample whole_seeds(struct pl_analysis *a, const struct runs *runs) {
    double *table = PL_ARENA_ARRAY(&a->arena, double, a->experiment->seed_count * runs->count);
    size_t seeds = 0;
    for (size_t s = 0; s < a->experiment->seed_count; s++) {
        const double *row = runs->table + s * runs->count;
        bool whole = true;
        for (size_t i = 0; i < runs->count; i++) whole = whole && !isnan(row[i]);
        if (whole) memcpy(table + runs->count * seeds++, row, runs->count * sizeof *row);
    }
    return pl_sample_blocks(table, seeds, runs->count);
}

/* The law with an offset, where there are more budgets than the law has numbers, by two. It is supported
 * when the interval of c lies above 0. */
static void fit_offset(struct pl_analysis *a, struct pl_compute_law *out, const struct runs *runs) {
    struct pl_sample sample = whole_seeds(a, runs);
    out->offset = (struct pl_law){NAN, NAN, NAN, NAN};
    out->offset_b = out->offset_c = pl_interval_none();
    if (runs->count < PL_OFFSET_BUDGETS || runs->count > PL_LAW_POINTS) return;
    out->offset = pl_stats_offset_law(runs->x, runs->mean, runs->count, NULL);
    if (!(out->offset.c > 0.0) || sample.sizes[0] < 2) return;
    struct offset_fit fit = {runs, &out->offset, PL_ARENA_ARRAY(&a->arena, double, runs->count),
                             true};
    struct pl_bootstrap how = {offset_of_draw, &fit, PL_CONFIDENCE, PL_LAW_RESAMPLES};
    struct pl_rng rng;
    pl_analysis_stream(&rng, a, "law", out->point, out->entry);
    pl_analysis_must(pl_stats_bootstrap(&out->offset_b, NULL, &sample, &how, &rng));
    fit.of_b = false;
    pl_analysis_stream(&rng, a, "law", out->point, out->entry);
    pl_analysis_must(pl_stats_bootstrap(&out->offset_c, NULL, &sample, &how, &rng));
    out->supported = out->offset_c.low > 0.0;
}

static void fit_law(struct pl_analysis *a, struct pl_compute_law *out, const struct runs *runs) {
    size_t seeds = a->experiment->seed_count;
    double *log_a = PL_ARENA_ARRAY(&a->arena, double, 2 * seeds), *b = log_a + seeds;
    out->budgets = runs->count;
    out->log_compute = runs->x;
    out->log_loss = runs->mean;
    out->values = runs->values;
    out->law = pl_stats_power_law(runs->x, runs->mean, runs->count);

    /* The lines of the seeds that have every budget. */
    size_t count = 0;
    for (size_t s = 0; s < a->experiment->seed_count; s++) {
        struct pl_law law = pl_stats_power_law(runs->x, runs->table + s * runs->count, runs->count);
        if (isnan(law.b)) continue;
        log_a[count] = law.log_a;
        b[count++] = law.b;
    }
    out->seeds = count;

    out->log_a = pl_stats_t_interval(log_a, out->seeds, PL_CONFIDENCE);
    out->b = pl_stats_t_interval(b, out->seeds, PL_CONFIDENCE);
    fit_offset(a, out, runs);
}

/* ------------------------------------------------------------------------------ the factors */

/* The first place at which the curve has come down to 0: by a straight line, -inf when it was below
 * already at the first place, inf when it never is. */
static double comes_down(const double *x, const double *y, size_t count) {
    if (count == 0) return NAN;
    if (y[0] < 0.0) return -INFINITY;
    for (size_t i = 0; i < count; i++)
        if (y[i] <= 0.0)
            return i == 0 ? x[0] : x[i - 1] + (x[i] - x[i - 1]) * (y[i - 1] / (y[i - 1] - y[i]));
    return INFINITY;
}

struct descent {
    const double *x;
    double *mean; /* room for the curve of a draw */
    size_t *hits;
};

static double descent_of_draw(const struct pl_sample *sample, const void *context) {
    const struct descent *descent = context;
    pl_stats_mean_curve(descent->mean, sample);
    double at = comes_down(descent->x, descent->mean, sample->sizes[1]);
    *descent->hits += isfinite(at);
    return at;
}

/* From the curves [seed][place] of what the baseline still lacks, over the log of the factor. */
static void find_factor(struct pl_analysis *a, struct pl_compute_factor *out, const double *x,
                        const struct pl_sample *curves, const char *purpose) {
    size_t places = curves->sizes[1], hits = 0;
    double *mean = PL_ARENA_ARRAY(&a->arena, double, 2 * places);
    struct descent descent = {x, mean + places, &hits};
    struct pl_bootstrap how = {descent_of_draw, &descent, PL_CONFIDENCE, PL_BOOTSTRAP_RESAMPLES};
    struct pl_rng rng;
    pl_stats_mean_curve(mean, curves);
    double at = comes_down(x, mean, places);
    out->factor = pl_exp(at);
    out->reached = isfinite(at);
    if (out->reached)
        out->interval = pl_interval_exp(pl_stats_crossing_interval(x, curves, at, PL_CONFIDENCE));
    pl_analysis_stream(&rng, a, purpose, out->point, out->entry);
    pl_analysis_must(pl_stats_bootstrap(&out->bootstrap, NULL, curves, &how, &rng));
    out->bootstrap = pl_interval_exp(out->bootstrap);
    out->support = curves->sizes[0] < 2 ? NAN : (double)hits / (double)how.resamples;
}

static struct pl_compute_factor *add_factor(struct pl_compute *compute, size_t entry,
                                            size_t point) {
    struct pl_compute_factor *out = &compute->factors[compute->factor_count++];
    *out = (struct pl_compute_factor){.entry = entry,
                                      .point = point,
                                      .value = PL_ALL_BUDGETS,
                                      .factor = NAN,
                                      .least = NAN,
                                      .greatest = NAN,
                                      .interval = pl_interval_none(),
                                      .bootstrap = pl_interval_none(),
                                      .support = NAN};
    return out;
}

/* Row by row baseline - [own][column]: seeds that lack either have nothing there. A seed without any number
 * is no row. */
static struct pl_sample differences(struct pl_analysis *a, const struct runs *baseline,
                                    const struct runs *own, size_t column) {
    size_t count = baseline->count, rows = 0;
    double *table = PL_ARENA_ARRAY(&a->arena, double, count * a->experiment->seed_count);
    for (size_t s = 0; s < a->experiment->seed_count; s++) {
        bool any = false;
        for (size_t i = 0; i < count; i++) {
            double difference =
                baseline->table[s * count + i] - own->table[s * own->count + column];
            table[rows * count + i] = difference;
            any = any || !isnan(difference);
        }
        rows += any;
    }
    return pl_sample_blocks(table, rows, count);
}

static void factor_at(struct pl_analysis *a, struct pl_compute *compute,
                      const struct runs *baseline, const struct runs *own, size_t column,
                      size_t point) {
    struct pl_compute_factor *out = add_factor(compute, own->entry, point);
    double *x = PL_ARENA_ARRAY(&a->arena, double, baseline->count);
    char purpose[64];
    for (size_t i = 0; i < baseline->count; i++) x[i] = baseline->x[i] - own->x[column];
    struct pl_sample curves = differences(a, baseline, own, column);
    out->value = own->values[column];
    out->seeds = curves.sizes[0];
    out->least = pl_exp(x[0]);
    out->greatest = pl_exp(x[baseline->count - 1]);
    snprintf(purpose, sizeof purpose, "compute-%zu", out->value);
    if (out->seeds > 0) find_factor(a, out, x, &curves, purpose);
}

/* Over all budgets. For one seed, with means over its budgets (bars) and the slope -b of the baseline's
 * line, the baseline lacks
 *
 *     (bar y_base - bar y_own) - b (g - (bar x_base - bar x_own))
 *
 * at the factor e^g: a straight line in g, so two places far apart describe it whole. */
static void factor_of_all(struct pl_analysis *a, struct pl_compute *compute,
                          const struct runs *baseline, const struct runs *own, size_t point) {
    static const double x[2] = {-FAR, FAR};
    struct pl_compute_factor *out = add_factor(compute, own->entry, point);
    double *lines = PL_ARENA_ARRAY(&a->arena, double, 2 * a->experiment->seed_count);
    double apart = pl_stats_mean(baseline->x, baseline->count) - pl_stats_mean(own->x, own->count);
    for (size_t s = 0; s < a->experiment->seed_count; s++) {
        const double *base = baseline->table + s * baseline->count;
        double b = pl_stats_power_law(baseline->x, base, baseline->count).b;
        double lacks = pl_stats_mean(base, baseline->count) -
                       pl_stats_mean(own->table + s * own->count, own->count);
        if (isnan(b) || isnan(lacks)) continue;
        lines[2 * out->seeds] = lacks - b * (x[0] - apart);
        lines[2 * out->seeds + 1] = lacks - b * (x[1] - apart);
        out->seeds++;
    }
    struct pl_sample curves = pl_sample_blocks(lines, out->seeds, 2);
    if (out->seeds > 0) find_factor(a, out, x, &curves, "compute");
}

/* ------------------------------------------------------------------------------- all of them */

static void compare_compute(struct pl_analysis *a, struct pl_compute *compute,
                            const struct runs *baseline, const struct runs *own, size_t point) {
    if (own->count == 0 || baseline->count < 2) return;
    if (own->count == a->experiment->axes[compute->axis].count && own->count == baseline->count)
        factor_of_all(a, compute, baseline, own, point);
    for (size_t i = 0; i < own->count; i++) factor_at(a, compute, baseline, own, i, point);
}

static void make_curve(struct pl_analysis *a, struct pl_compute *compute, size_t point) {
    struct runs baseline, own;
    trace_runs(a, &baseline, compute->axis, point, a->baseline);
    for (size_t e = 0; e < a->experiment->entry_count; e++) {
        trace_runs(a, &own, compute->axis, point, e);
        if (own.count >= 2) {
            struct pl_compute_law *law = &compute->laws[compute->law_count++];
            *law = (struct pl_compute_law){.entry = e, .point = point};
            fit_law(a, law, &own);
        }
        if (e != a->baseline) compare_compute(a, compute, &baseline, &own, point);
    }
}

void pl_analysis_make_compute(struct pl_analysis *a) {
    size_t axis = axis_of(a), entries = a->experiment->entry_count;
    if (axis == a->experiment->axis_count || !a->scales[axis].numeric) return;
    size_t budgets = a->experiment->axes[axis].count, curves = a->point_count / budgets;
    struct pl_compute *compute = a->compute = PL_ARENA_NEW(&a->arena, struct pl_compute);
    *compute = (struct pl_compute){.axis = axis};
    compute->laws = PL_ARENA_ARRAY(&a->arena, struct pl_compute_law, curves * entries);
    compute->factors =
        PL_ARENA_ARRAY(&a->arena, struct pl_compute_factor, curves * entries * (budgets + 1));
    for (size_t point = 0; point < a->point_count; point++)
        if (pl_analysis_axis_index(a, point, axis) == 0) make_curve(a, compute, point);
}
