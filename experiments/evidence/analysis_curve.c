/* Curves: the paired difference to the baseline along a numeric axis.
 *
 *     d  .3 *
 *        .1      *                slope     does the difference change with the axis?
 *      ---------------x--------   crossing  where does it change sign?
 *       -.1              *
 *            0  .25  .5  1        structure
 *
 * Both are asked of the whole curve, not point by point, and both have the seed as unit: slopes are
 * fitted seed by seed, and a crossing's interval is where a t test over seeds does not tell the curve from 0;
 * beside it crossings are sought again in curves of seeds drawn with replacement.
 *
 * A curve lies on the scale of its axis: curve.x is log10 of the value where the axis is logarithmic, so
 * that slopes, crossings, intervals and figures follow the same straight lines. What leaves this file is a
 * value of the axis again.
 *
 * A mean of noise changes sign too. A crossing is *told* when its interval ends within the range on both
 * sides and some point on each side of it is told from 0 with the sign of that side, by a sign-flip test of
 * all points of the curve at once.
 */
#include <math.h>
#include <stdio.h>

#include "core/base/math.h"
#include "core/stats/compare.h"
#include "core/stats/crossing.h"
#include "core/stats/summary.h"
#include "experiments/evidence/analysis_impl.h"

#define LN10 2.30258509299404568402

/* Of a side of a crossing. Where the other side has a difference and this one has none, it is told with the
 * one sign that makes a crossing in half of the cases: in 1 %. */
#define SIDE_ALPHA 0.02

/* ------------------------------------------------------------------------------- one curve */

/* The points at which the mean difference is finite, from the smallest value of the axis up. */
struct curve {
    size_t entry, axis, point;
    double *x,
        *y; /* place on the scale of the axis (log10 of a logarithmic one), mean difference */
    size_t *points;
    size_t count;
    double
        *table; /* [seed][point]: the differences of all seeds that have any, NaN where one lacks */
    size_t seeds;
    double *p; /* of each mean difference, corrected over the points */
    int *told;
};

static void trace(const struct pl_analysis *a, struct curve *curve) {
    const struct pl_axis_scale *scale = &a->scales[curve->axis];
    curve->count = 0;
    for (size_t i = 0; i < a->experiment->axes[curve->axis].count; i++) {
        size_t value = scale->ascending[i];
        size_t at = pl_analysis_point_with(a, curve->point, curve->axis, value);
        double mean = pl_analysis_comparison(a, at, curve->entry)->mean_difference;
        if (!isfinite(mean)) continue;
        curve->points[curve->count] = at;
        curve->x[curve->count] =
            scale->log ? pl_log(scale->values[value]) / LN10 : scale->values[value];
        curve->y[curve->count++] = mean;
    }
}

/* The differences of one seed; false when it has none. */
static bool seed_row(const struct pl_analysis *a, const struct curve *curve, size_t seed,
                     double *row) {
    bool any = false;
    for (size_t i = 0; i < curve->count; i++) {
        size_t point = curve->points[i];
        row[i] = a->logs[pl_table_place(&a->table, point, curve->entry, seed)] -
                 a->logs[pl_table_place(&a->table, point, a->baseline, seed)];
        any = any || !isnan(row[i]);
    }
    return any;
}

/* ------------------------------------------------------------------------------- crossings */

static size_t count_crossings(const struct curve *curve) {
    struct pl_crossing crossing;
    size_t from = 0, count = 0;
    while (pl_stats_next_crossing(&crossing, &from, curve->x, curve->y, curve->count)) count++;
    return count;
}

/* What is sought in each draw of seeds: the crossing of one direction nearest to the one seen. */
struct search {
    const double *axis;
    double *x, *y; /* room for the curve of a draw */
    struct pl_crossing seen;
    size_t *hits; /* draws that have one */
};

/* The mean differences of the pairs that a draw has; a point without any is passed over. */
static size_t curve_of_draw(const struct pl_sample *sample, const struct search *search) {
    size_t count = 0;
    pl_stats_mean_curve(search->y, sample);
    for (size_t i = 0; i < sample->sizes[1]; i++) {
        if (isnan(search->y[i])) continue;
        search->x[count] = search->axis[i];
        search->y[count++] = search->y[i];
    }
    return count;
}

/* Where a draw has no such crossing, it has moved out of the range: up when the curve still has the sign
 * from before at the place where the crossing was seen, down when it has the other one already. */
static double crossing_of_draw(const struct pl_sample *sample, const void *context) {
    const struct search *search = context;
    size_t count = curve_of_draw(sample, search), from = 0;
    struct pl_crossing found;
    double nearest = NAN;
    while (pl_stats_next_crossing(&found, &from, search->x, search->y, count)) {
        double away = fabs(found.at - search->seen.at);
        if (found.falling != search->seen.falling) continue;
        if (isnan(nearest) || away < fabs(nearest - search->seen.at)) nearest = found.at;
    }
    if (!isnan(nearest)) {
        ++*search->hits;
        return nearest;
    }
    if (count < 2) return NAN;
    /* On the straight lines through the curve. */
    size_t i = 1;
    while (i + 1 < count && search->x[i] < search->seen.at) i++;
    bool above = (search->y[i - 1] +
                  (search->y[i] - search->y[i - 1]) * ((search->seen.at - search->x[i - 1]) /
                                                       (search->x[i] - search->x[i - 1]))) > 0.0;
    return above == search->seen.falling ? INFINITY : -INFINITY;
}

/* A place on the scale as a value of the axis; an infinite end stays infinite. */
static double value_at(const struct pl_analysis *a, const struct curve *curve, double x) {
    if (!a->scales[curve->axis].log || isnan(x)) return x;
    return isinf(x) ? x : pl_exp(x * LN10);
}

static struct pl_interval values_at(const struct pl_analysis *a, const struct curve *curve,
                                    struct pl_interval places) {
    return (struct pl_interval){value_at(a, curve, places.low), value_at(a, curve, places.high)};
}

/* The nearest told point beyond [end] of the interval of a crossing; 0: none. */
static int told_beyond(const struct curve *curve, double end, bool up) {
    for (size_t k = 0; k < curve->count; k++) {
        size_t i = up ? k : curve->count - 1 - k;
        if ((up ? curve->x[i] > end : curve->x[i] < end) && curve->told[i]) return curve->told[i];
    }
    return 0;
}

/* A crossing is told when its interval ends within the range on both sides, and the difference is told
 * from 0 on both, with the two signs. [interval] is on the scale. */
static bool is_told(const struct curve *curve, struct pl_interval interval, bool falling) {
    if (!isfinite(interval.low) || !isfinite(interval.high)) return false;
    int before = falling ? 1 : -1;
    return told_beyond(curve, interval.low, false) == before &&
           told_beyond(curve, interval.high, true) == -before;
}

static void measure_crossing(const struct pl_analysis *a, const struct curve *curve, double *room,
                             size_t number, struct pl_crossover *out) {
    size_t hits = 0;
    struct search search = {
        curve->x, room, room + curve->count, {out->at, !out->better_before}, &hits};
    struct pl_bootstrap how = {crossing_of_draw, &search, PL_CONFIDENCE, PL_BOOTSTRAP_RESAMPLES};
    struct pl_sample sample = pl_sample_blocks(curve->table, curve->seeds, curve->count);
    struct pl_rng rng;
    char purpose[64];
    snprintf(purpose, sizeof purpose, "crossing-%zu-%zu", curve->axis, number);
    pl_analysis_stream(&rng, a, purpose, curve->point, curve->entry);
    struct pl_interval places =
        pl_stats_crossing_interval(curve->x, &sample, out->at, PL_CONFIDENCE);
    out->told = is_told(curve, places, !out->better_before);
    out->interval = values_at(a, curve, places);
    pl_analysis_must(pl_stats_bootstrap(&out->bootstrap, NULL, &sample, &how, &rng));
    out->bootstrap = values_at(a, curve, out->bootstrap);
    out->at = value_at(a, curve, out->at);
    out->support = curve->seeds < 2 ? NAN : (double)hits / (double)how.resamples;
}

static void add_crossings(struct pl_analysis *a, const struct curve *curve, double *room) {
    struct pl_crossover row = {.entry = curve->entry,
                               .axis = curve->axis,
                               .point = curve->point,
                               .points = curve->count,
                               .at = NAN,
                               .interval = pl_interval_none(),
                               .bootstrap = pl_interval_none(),
                               .support = NAN,
                               .crossings = count_crossings(curve)};
    struct pl_crossing found;
    const struct pl_crossover *told =
        NULL; /* the last one; what overlaps it is the same crossing */
    size_t from = 0, last = curve->count;
    for (size_t number = 0; pl_stats_next_crossing(&found, &from, curve->x, curve->y, curve->count);
         number++) {
        struct pl_crossover *out = &a->crossovers[a->crossover_count++];
        *out = row;
        out->found = true;
        out->at = found.at;
        out->better_before = !found.falling;
        measure_crossing(a, curve, room, number, out);
        if (out->told && told && told->interval.high >= out->interval.low) out->told = false;
        if (out->told) told = out;
    }
    if (row.crossings > 0) return;
    while (last > 0 && curve->y[last - 1] == 0.0) last--;
    row.better_before = last > 0 && curve->y[last - 1] < 0.0;
    a->crossovers[a->crossover_count++] = row;
}

/* ------------------------------------------------------------------------------ the slope */

/* The slopes of the seeds that have every point. */
static size_t seed_slopes(const struct curve *curve, double *slopes) {
    size_t count = 0;
    for (size_t s = 0; s < curve->seeds; s++) {
        /* The least-squares slope of [y] over [x]. */
        const double *y = curve->table + s * curve->count;
        double middle = pl_stats_mean(curve->x, curve->count),
               level = pl_stats_mean(y, curve->count);
        double square = 0.0, product = 0.0;
        for (size_t i = 0; i < curve->count; i++) {
            square += (curve->x[i] - middle) * (curve->x[i] - middle);
            product += (curve->x[i] - middle) * (y[i] - level);
        }
        slopes[count] = product / square;

        count += !isnan(slopes[count]);
    }
    return count;
}

static void fit_slopes(struct pl_analysis *a, const struct curve *curve,
                       struct pl_interaction *out) {
    double *slopes = PL_ARENA_ARRAY(&a->arena, double, curve->seeds);
    struct pl_rng rng;
    char purpose[64];
    out->seeds = seed_slopes(curve, slopes);
    struct pl_sample sample = pl_sample_seeds(slopes, out->seeds);
    out->slope = pl_stats_mean(slopes, out->seeds);
    out->interval = pl_stats_t_interval(slopes, out->seeds, PL_CONFIDENCE);
    snprintf(purpose, sizeof purpose, "slope-%zu", curve->axis);
    pl_analysis_stream(&rng, a, purpose, curve->point, curve->entry);
    out->p = pl_stats_sign_flip(slopes, out->seeds, &rng);
    pl_analysis_must(
        pl_stats_bootstrap(NULL, &out->bootstrap, &sample, &pl_analysis_mean_bootstrap, &rng));
}

/* The t interval of each mean difference, over all pairs of its point; comparisons have its exp. */
static struct pl_interval *point_intervals(struct pl_analysis *a, const struct curve *curve) {
    struct pl_interval *intervals = PL_ARENA_ARRAY(&a->arena, struct pl_interval, curve->count);
    for (size_t i = 0; i < curve->count; i++) {
        struct pl_interval ratio =
            pl_analysis_comparison(a, curve->points[i], curve->entry)->interval;
        intervals[i] = (struct pl_interval){pl_log(ratio.low), pl_log(ratio.high)};
    }
    return intervals;
}

static void add_interaction(struct pl_analysis *a, const struct curve *curve) {
    struct pl_interaction *out = &a->interactions[a->interaction_count++];
    size_t bytes = curve->count * sizeof *curve->x;
    double *x = PL_ARENA_ARRAY(&a->arena, double, curve->count);
    /* The value of the axis at the [i]-th point of the curve, as the study has it. */
    for (size_t i = 0; i < curve->count; i++)
        x[i] =
            a->scales[curve->axis].values[pl_analysis_axis_index(a, curve->points[i], curve->axis)];
    *out = (struct pl_interaction){.entry = curve->entry,
                                   .axis = curve->axis,
                                   .point = curve->point,
                                   .points = curve->count,
                                   .x = x,
                                   .y = pl_arena_copy(&a->arena, curve->y, bytes),
                                   .p_points = pl_arena_copy(&a->arena, curve->p, bytes),
                                   .intervals = point_intervals(a, curve),
                                   .bootstrap = pl_interval_none(),
                                   .crossings = count_crossings(curve)};
    fit_slopes(a, curve, out);
}

/* ------------------------------------------------------------------------------- all curves */

static void make_curve(struct pl_analysis *a, struct curve *curve, double *room, bool slope) {
    trace(a, curve);
    if (curve->count < 2) return;
    curve->seeds = 0;
    for (size_t s = 0; s < a->experiment->seed_count; s++)
        curve->seeds += seed_row(a, curve, s, curve->table + curve->seeds * curve->count);

    /* Which points of the curve are told from 0: -1 below, 1 above, 0 not told. The points of a curve are one
     * family. */
    struct pl_sample sample = pl_sample_blocks(curve->table, curve->seeds, curve->count);
    struct pl_rng rng;
    char purpose[64];
    snprintf(purpose, sizeof purpose, "points-%zu", curve->axis);
    pl_analysis_stream(&rng, a, purpose, curve->point, curve->entry);
    pl_stats_sign_flip_max(curve->p, &sample, &rng);
    for (size_t i = 0; i < curve->count; i++)
        curve->told[i] = !(curve->p[i] <= SIDE_ALPHA) ? 0 : curve->y[i] < 0.0 ? -1 : 1;

    if (slope)
        add_interaction(a, curve);
    else
        add_crossings(a, curve, room);
}

static bool has_curves(const struct pl_analysis *a, size_t axis) {
    return a->scales[axis].numeric && a->experiment->axes[axis].count > 1;
}

/* Interactions stand curve by curve, so that a family stands together. */
static void make_interactions(struct pl_analysis *a, struct curve *curve, double *room) {
    for (size_t k = 0; k < a->experiment->axis_count; k++)
        for (size_t point = 0; point < a->point_count && has_curves(a, k); point++) {
            size_t first = a->interaction_count;
            if (pl_analysis_axis_index(a, point, k) != 0) continue;
            for (size_t entry = 0; entry < a->experiment->entry_count; entry++) {
                if (entry == a->baseline) continue;
                curve->entry = entry, curve->axis = k, curve->point = point;
                make_curve(a, curve, room, true);
            }

            /* The entries of one curve are one family. */
            size_t count = a->interaction_count - first;
            for (size_t i = 0; i < count; i++) room[i] = a->interactions[first + i].p;
            pl_stats_holm(room, room, count);
            for (size_t i = 0; i < count; i++) a->interactions[first + i].p_holm = room[i];
        }
}

void pl_analysis_make_curves(struct pl_analysis *a) {
    size_t axes = a->experiment->axis_count, entries = a->experiment->entry_count, longest = 0;
    for (size_t k = 0; k < axes; k++)
        if (a->experiment->axes[k].count > longest) longest = a->experiment->axes[k].count;
    struct pl_arena *arena = &a->arena;
    struct curve curve = {.x = PL_ARENA_ARRAY(arena, double, longest),
                          .y = PL_ARENA_ARRAY(arena, double, longest),
                          .points = PL_ARENA_ARRAY(arena, size_t, longest),
                          .p = PL_ARENA_ARRAY(arena, double, longest),
                          .told = PL_ARENA_ARRAY(arena, int, longest),
                          .table =
                              PL_ARENA_ARRAY(arena, double, longest * a->experiment->seed_count)};
    double *room = PL_ARENA_ARRAY(arena, double, 2 * longest + entries);
    /* a curve of n values has at most n - 1 crossings, so a value each is room enough */
    size_t most = axes * entries * a->point_count + 1;
    a->interactions = PL_ARENA_ARRAY(arena, struct pl_interaction, most);
    a->crossovers = PL_ARENA_ARRAY(arena, struct pl_crossover, most);
    make_interactions(a, &curve, room);

    for (size_t entry = 0; entry < a->experiment->entry_count; entry++)
        for (size_t k = 0; k < a->experiment->axis_count && entry != a->baseline; k++)
            for (size_t point = 0; point < a->point_count && has_curves(a, k); point++) {
                if (pl_analysis_axis_index(a, point, k) != 0) continue;
                curve.entry = entry, curve.axis = k, curve.point = point;
                make_curve(a, &curve, room, false);
            }
}
