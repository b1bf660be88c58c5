/* Rows of evidence: tables of rows, and above each the values that no member of a struct holds as they are
 * written (names of entries, values of axes, lists). */
#include "experiments/report/rows_evidence.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "core/base/math.h"
#include "core/model/residual.h"
#include "experiments/evidence/solved.h"
#include "experiments/report/multiverse.h"

#define NO_AXIS ((size_t)-1)

/* --------------------------------------------------------------------------- what all have */

struct pl_json *pl_axis_json(const struct pl_axis_scale *scale, const char *text) {
    if (!scale->numeric) return pl_json_text(text);
    char *end;
    errno = 0;
    long long whole = strtoll(text, &end, 10);
    if (*end == '\0' && end != text && errno == 0) return pl_json_int(whole);
    return pl_json_real(strtod(text, NULL));
}

struct pl_json *pl_axes_json(const struct pl_analysis *a, size_t point, size_t skip) {
    struct pl_json *axes = pl_json_object();
    for (size_t k = 0; k < a->experiment->axis_count; k++)
        if (k != skip)
            pl_json_set(axes, a->experiment->axes[k].key,
                        pl_axis_json(&a->scales[k], pl_analysis_axis_value(a, point, k)));
    return axes;
}

static const char *label_of(const struct pl_analysis *a, size_t entry) {
    return a->experiment->entries[entry].label;
}

struct pl_json *pl_make_label(const void *analysis, const void *item, const void *entry) {
    (void)item;
    return pl_json_text(label_of(analysis, *(const size_t *)entry));
}

struct pl_json *pl_make_variant(const void *analysis, const void *item, const void *entry) {
    const struct pl_analysis *a = analysis;
    (void)item;
    return pl_json_text(a->experiment->entries[*(const size_t *)entry].variant);
}

struct pl_json *pl_make_baseline(const void *analysis, const void *item, const void *entry) {
    const struct pl_analysis *a = analysis;
    (void)item;
    (void)entry;
    return pl_json_text(label_of(a, a->baseline));
}

struct pl_json *pl_make_axes(const void *analysis, const void *item, const void *point) {
    (void)item;
    return pl_axes_json(analysis, *(const size_t *)point, NO_AXIS);
}

static struct pl_json *make_axis_key(const void *analysis, const void *item, const void *axis) {
    const struct pl_analysis *a = analysis;
    (void)item;
    return pl_json_text(a->experiment->axes[*(const size_t *)axis].key);
}

static struct pl_json *make_pair(const void *analysis, const void *item, const void *entry) {
    const struct pl_analysis *a = analysis;
    struct pl_json *pair = pl_json_array();
    (void)item;
    pl_json_append(pair, pl_json_text(label_of(a, a->baseline)));
    pl_json_append(pair, pl_json_text(label_of(a, *(const size_t *)entry)));
    return pair;
}

#define VARIANT(type)                                                                              \
    PL_ROW_MADE_BY(type, entry, "variant", pl_make_variant, "name in the catalogue")
#define LABEL(type) PL_ROW_MADE_BY(type, entry, "label", pl_make_label, "of the entry, unique")
#define BASELINE(type)                                                                             \
    PL_ROW_MADE_BY(type, entry, "baseline", pl_make_baseline, "label of the baseline")
#define AXES(type) PL_ROW_MADE_BY(type, point, "axes", pl_make_axes, "value of each axis")

#define TALLY(type, path)                                                                          \
    PL_ROW_AS("done", type, path done, PL_ROW_SIZE, PL_UNIT_NONE, "cells that finished"),          \
        PL_ROW_AS("diverged", type, path diverged, PL_ROW_SIZE, PL_UNIT_NONE,                      \
                  "cells that diverged"),                                                          \
        PL_ROW_AS("failed", type, path failed, PL_ROW_SIZE, PL_UNIT_NONE, "cells that failed"),    \
        PL_ROW_AS("pending", type, path pending, PL_ROW_SIZE, PL_UNIT_NONE,                        \
                  "cells still to be run, running ones included"),                                 \
        PL_ROW_AS("missing", type, path missing, PL_ROW_SIZE, PL_UNIT_NONE,                        \
                  "of those done: without the metric")

const struct pl_row pl_tally_rows[] = {TALLY(struct pl_tally, ), {0}};

/* -------------------------------------------------------------------------------- one cell */

static struct pl_json *make_cell_axes(const void *analysis, const void *item, const void *values) {
    const struct pl_analysis *a = analysis;
    struct pl_json *axes = pl_json_object();
    (void)item;
    for (size_t k = 0; k < a->experiment->axis_count; k++)
        pl_json_set(axes, a->experiment->axes[k].key,
                    pl_axis_json(&a->scales[k], (*(const char **const *)values)[k]));
    return axes;
}

const char *pl_cell_sources(const struct pl_cell *cell) {
    struct pl_settings settings = {0};
    struct pl_arena arena = {0};
    const struct pl_residual *variant;
    const char *sources = NULL;
    if (cell->settings && pl_settings_read(&settings, &arena, cell->settings) == PL_OK &&
        pl_residual_find(&variant, pl_settings_value(&settings, "variant.name", "")) == PL_OK)
        sources = pl_residual_sources(variant, &settings);
    pl_settings_finish(&settings);
    pl_arena_finish(&arena);
    return sources;
}

static struct pl_json *make_cell_sources(const void *analysis, const void *item,
                                         const void *member) {
    (void)analysis, (void)member;
    return pl_json_text(pl_cell_sources(item));
}

#define ROW(member, kind, help) PL_ROW(struct pl_cell, member, kind, PL_UNIT_NONE, help)
const struct pl_row pl_cell_rows[] = {
    ROW(id, PL_ROW_NAME, "identity: 32 hexadecimal digits"),
    ROW(variant, PL_ROW_TEXT, "name in the catalogue"),
    PL_ROW_MADE_BY(struct pl_cell, settings, "sources", make_cell_sources,
                   "what it attends over in depth: outputs or states; null: it does not"),
    ROW(label, PL_ROW_TEXT, "of the entry, unique"),
    PL_ROW_MADE_BY(struct pl_cell, axis_values, "axes", make_cell_axes, "value of each axis"),
    ROW(seed, PL_ROW_SEED, "of data, start weights and batches"),
    {0},
};
#undef ROW

/* -------------------------------------------------------------------- one entry at one point */

static struct pl_json *make_groups(const void *analysis, const void *item, const void *member) {
    const struct pl_groups *groups = member;
    (void)analysis;
    (void)item;
    if (groups->lower == 0) return pl_json_text(NULL);
    struct pl_json *out = pl_json_array();
    pl_json_append(out, pl_json_int((int64_t)groups->lower));
    pl_json_append(out, pl_json_int((int64_t)groups->upper));
    return out;
}

#define ROW(member, kind, unit, help) PL_ROW(struct pl_summary, member, kind, unit, help)
const struct pl_row pl_summary_rows[] = {
    VARIANT(struct pl_summary),
    LABEL(struct pl_summary),
    AXES(struct pl_summary),
    ROW(n, PL_ROW_SIZE, PL_UNIT_NONE, "finite losses"),
    TALLY(struct pl_summary, tally.),
    PL_ROW_AS("mean_log_loss", struct pl_summary, mean_log, PL_ROW_REAL, PL_UNIT_NONE,
              "of log(max(loss, floor))"),
    ROW(log_interval, PL_ROW_INTERVAL, PL_UNIT_NONE, "of it"),
    ROW(loss, PL_ROW_REAL, PL_UNIT_LOSS, "its exponential, the geometric mean"),
    ROW(interval, PL_ROW_INTERVAL, PL_UNIT_LOSS, "of it"),
    ROW(trivial, PL_ROW_REAL, PL_UNIT_LOSS, "loss of the trivial predictor, geometric mean"),
    ROW(best_known, PL_ROW_REAL, PL_UNIT_LOSS, "loss of the best predictor of all, where known"),
    ROW(rise, PL_ROW_REAL, PL_UNIT_RATIO, "of the last loss over the least along the way"),
    ROW(median, PL_ROW_BOOL, PL_UNIT_NONE, "some run diverged, and loss is the median"),
    ROW(divergence, PL_ROW_REAL, PL_UNIT_PERCENT, "share of the finished runs that diverged"),
    ROW(divergence_interval, PL_ROW_INTERVAL, PL_UNIT_PERCENT, "Wilson's"),
    PL_ROW_MADE_BY(struct pl_summary, groups, "groups", make_groups,
                   "runs in the lower and the upper of two groups; null: one group"),
    {0},
};
#undef ROW

/* A number that is a ratio, or a difference, by the metric; null in the row of the other. */
static struct pl_json *make_as_ratio(const void *analysis, const void *item, const void *number) {
    const struct pl_analysis *a = analysis;
    (void)item;
    return pl_json_real(a->row->ratio ? *(const double *)number : NAN);
}

static struct pl_json *make_as_difference(const void *analysis, const void *item,
                                          const void *number) {
    const struct pl_analysis *a = analysis;
    (void)item;
    return pl_json_real(a->row->ratio ? NAN : *(const double *)number);
}

#define EFFECT(type, ratio_help)                                                                   \
    PL_ROW_MADE_BY(type, ratio, "ratio", make_as_ratio, ratio_help),                               \
        PL_ROW_MADE_BY(type, ratio, "difference", make_as_difference,                              \
                       "of a metric compared by differences, in its place: above 0 is better")

static struct pl_json *make_verdict(const void *analysis, const void *item, const void *verdict) {
    (void)analysis;
    (void)item;
    return pl_json_text(pl_verdict_name(*(const enum pl_verdict *)verdict));
}

#define ROW(member, kind, unit, help) PL_ROW(struct pl_comparison, member, kind, unit, help)
const struct pl_row pl_comparison_rows[] = {
    VARIANT(struct pl_comparison),
    LABEL(struct pl_comparison),
    BASELINE(struct pl_comparison),
    AXES(struct pl_comparison),
    ROW(n, PL_ROW_SIZE, PL_UNIT_NONE, "pairs of seeds"),
    ROW(diverged, PL_ROW_SIZE, PL_UNIT_NONE, "pairs with a diverged run on either side"),
    EFFECT(struct pl_comparison, "of losses; below 1: the entry has the lower loss"),
    ROW(interval, PL_ROW_INTERVAL, PL_UNIT_RATIO, "t over seeds"),
    ROW(skew_interval, PL_ROW_INTERVAL, PL_UNIT_RATIO,
        "the skewness taken out; asked by the verdict"),
    ROW(median, PL_ROW_BOOL, PL_UNIT_NONE, "some pair diverged, and ratio is a median"),
    ROW(p, PL_ROW_REAL, PL_UNIT_P, "two-sided sign-flip test"),
    ROW(p_holm, PL_ROW_REAL, PL_UNIT_P, "corrected over the comparisons of this point"),
    ROW(at_floor, PL_ROW_BOOL, PL_UNIT_NONE, "p is the least that so many pairs can give"),
    PL_ROW_MADE_BY(struct pl_comparison, verdict, "verdict", make_verdict,
                   "better, worse, equivalent, inconclusive"),
    PL_ROW_AS("bootstrap_interval", struct pl_comparison, bootstrap, PL_ROW_INTERVAL, PL_UNIT_RATIO,
              "BCa"),
    ROW(hodges_lehmann, PL_ROW_REAL, PL_UNIT_RATIO, "the ratio by that estimate"),
    ROW(p_signed_rank, PL_ROW_REAL, PL_UNIT_P, "Wilcoxon's test"),
    ROW(p_equivalence, PL_ROW_REAL, PL_UNIT_P, "two one-sided t tests"),
    ROW(improvement, PL_ROW_REAL, PL_UNIT_SHARE, "chance that a run beats one of the baseline"),
    {0},
};
#undef ROW

/* ----------------------------------------------------------------------------- the ranking */

/* [1, 3]; null without a block. */
static struct pl_json *make_places(const void *analysis, const void *item, const void *member) {
    const struct pl_rank *rank = item;
    (void)analysis;
    (void)member;
    if (rank->best_place == 0) return pl_json_text(NULL);
    return pl_interval_json(
        (struct pl_interval){(double)rank->best_place, (double)rank->worst_place});
}

static struct pl_json *make_entries(const void *analysis, const void *item, const void *member) {
    const struct pl_pair *pair = item;
    struct pl_json *labels = pl_json_array();
    (void)member;
    pl_json_append(labels, pl_json_text(label_of(analysis, pair->entry)));
    pl_json_append(labels, pl_json_text(label_of(analysis, pair->other)));
    return labels;
}

static struct pl_json *pair_json(const struct pl_analysis *a, const struct pl_pair *pair,
                                 bool ratio) {
    bool there = !pair->median && a->row->ratio == ratio;
    return pl_json_real(there ? pl_analysis_shown(a, pair->difference) : NAN);
}

static struct pl_json *make_ratio(const void *analysis, const void *item, const void *member) {
    (void)member;
    return pair_json(analysis, item, true);
}

static struct pl_json *make_difference(const void *analysis, const void *item, const void *member) {
    (void)member;
    return pair_json(analysis, item, false);
}

#define ROW(member, kind, unit, help) PL_ROW(struct pl_solved, member, kind, unit, help)
const struct pl_row pl_solved_rows[] = {
    VARIANT(struct pl_solved),
    LABEL(struct pl_solved),
    AXES(struct pl_solved),
    ROW(finished, PL_ROW_SIZE, PL_UNIT_NONE, "seeds whose run ended, also by diverging"),
    ROW(solved, PL_ROW_SIZE, PL_UNIT_NONE, "of these, that reached solved_loss"),
    ROW(share_interval, PL_ROW_INTERVAL, PL_UNIT_SHARE, "Wilson's, of their share"),
    ROW(steps, PL_ROW_REAL, PL_UNIT_NONE,
        "median first evaluated step at or below it; null: half or more never got there"),
    PL_ROW_AS("pairs", struct pl_solved, against.pairs, PL_ROW_SIZE, PL_UNIT_NONE,
              "seeds that the baseline has as well"),
    PL_ROW_AS("difference", struct pl_solved, against.difference, PL_ROW_REAL, PL_UNIT_NONE,
              "of shares, entry less baseline"),
    PL_ROW_AS("interval", struct pl_solved, against.interval, PL_ROW_INTERVAL, PL_UNIT_SHARE,
              "of it, Newcombe's for pairs"),
    PL_ROW_AS("p", struct pl_solved, against.p, PL_ROW_REAL, PL_UNIT_P, "exact test of McNemar"),
    {0},
};
#undef ROW

#define ROW(member, kind, unit, help) PL_ROW(struct pl_pair, member, kind, unit, help)
const struct pl_row pl_pair_rows[] = {
    PL_ROW_MADE_BY(struct pl_pair, entry, "pair", make_entries, "labels of the two entries"),
    ROW(seeds, PL_ROW_SIZE, PL_UNIT_NONE, "with a block that every entry finished"),
    PL_ROW_MADE_BY(struct pl_pair, difference, "ratio", make_ratio,
                   "of the first to the second, over all blocks; null: a run diverged"),
    PL_ROW_MADE_BY(struct pl_pair, difference, "difference", make_difference,
                   "in its place, as of a comparison"),
    ROW(interval, PL_ROW_INTERVAL, PL_UNIT_RATIO, "of it, t over seeds"),
    ROW(skew_interval, PL_ROW_INTERVAL, PL_UNIT_RATIO,
        "the skewness taken out; asked by the verdict"),
    ROW(p, PL_ROW_REAL, PL_UNIT_P, "sign-flip test of all pairs at once"),
    PL_ROW_MADE_BY(struct pl_pair, verdict, "verdict", make_verdict, "of the first of the two"),
    ROW(same, PL_ROW_BOOL, PL_UNIT_NONE, "every block has the same bits for both"),
    {0},
};
#undef ROW

#define ROW(member, kind, unit, help) PL_ROW(struct pl_rank, member, kind, unit, help)
const struct pl_row pl_rank_rows[] = {
    VARIANT(struct pl_rank),
    LABEL(struct pl_rank),
    ROW(mean_rank, PL_ROW_REAL, PL_UNIT_RANK, "1 is always the lowest loss"),
    ROW(interval, PL_ROW_INTERVAL, PL_UNIT_RANK, "of it, over seeds"),
    PL_ROW_MADE_BY(struct pl_rank, best_place, "places", make_places, "that no test excludes"),
    EFFECT(struct pl_rank, "to the baseline"),
    ROW(ratio_interval, PL_ROW_INTERVAL, PL_UNIT_RATIO, "of it"),
    ROW(median, PL_ROW_BOOL, PL_UNIT_NONE, "some block diverged, and ratio is a median"),
    ROW(diverged, PL_ROW_SIZE, PL_UNIT_NONE, "runs of its blocks that diverged"),
    ROW(seeds, PL_ROW_SIZE, PL_UNIT_NONE, "with such a block"),
    ROW(blocks, PL_ROW_SIZE, PL_UNIT_NONE, "pairs of point and seed that every entry finished"),
    PL_ROW_AS("bootstrap_interval", struct pl_rank, bootstrap, PL_ROW_INTERVAL, PL_UNIT_RANK,
              "of the mean rank, percentile"),
    ROW(iqm, PL_ROW_REAL, PL_UNIT_RATIO, "interquartile mean of the blocks' ratios"),
    ROW(iqm_interval, PL_ROW_INTERVAL, PL_UNIT_RATIO, "t, by leaving out a seed at a time"),
    PL_ROW_AS("iqm_bootstrap_interval", struct pl_rank, iqm_bootstrap, PL_ROW_INTERVAL,
              PL_UNIT_RATIO, "BCa"),
    ROW(improvement, PL_ROW_REAL, PL_UNIT_SHARE, "mean of the comparisons'"),
    {0},
};
#undef ROW

#define ROW(name, member, kind, unit, help)                                                        \
    PL_ROW_AS(name, struct pl_rank_test, member, kind, unit, help)
const struct pl_row pl_rank_test_rows[] = {
    ROW("seeds", seeds, PL_ROW_SIZE, PL_UNIT_NONE, "that the test rests on"),
    ROW("entries", entries, PL_ROW_SIZE, PL_UNIT_NONE, "that are ranked"),
    ROW("friedman", statistic, PL_ROW_REAL, PL_UNIT_NONE, "statistic of Friedman's test"),
    ROW("p", p, PL_ROW_REAL, PL_UNIT_P, "of it, chi-squared, ties corrected"),
    ROW("nemenyi_distance", distance, PL_ROW_REAL, PL_UNIT_RANK,
        "mean ranks further apart than this differ"),
    {0},
};
#undef ROW

/* --------------------------------------------------------------------------- along an axis */

static struct pl_json *make_other_axes(const void *analysis, const void *item, const void *point) {
    const struct pl_interaction *curve = item;
    return pl_axes_json(analysis, *(const size_t *)point, curve->axis);
}

static struct pl_json *make_scale(const void *analysis, const void *item, const void *axis) {
    const struct pl_analysis *a = analysis;
    (void)item;
    return pl_json_text(a->scales[*(const size_t *)axis].log ? "log10" : "linear");
}

static struct pl_json *make_curve(const void *analysis, const void *item, const void *member) {
    const struct pl_interaction *curve = item;
    struct pl_json *points = pl_json_array();
    (void)analysis;
    (void)member;
    for (size_t i = 0; i < curve->points; i++) {
        struct pl_json *point = pl_json_object();
        pl_json_set(point, "at", pl_json_real(curve->x[i]));
        pl_json_set(point, "difference", pl_json_real(curve->y[i]));
        pl_json_set(point, "interval", pl_interval_json(curve->intervals[i]));
        pl_json_set(point, "p", pl_json_real(curve->p_points[i]));
        pl_json_append(points, point);
    }
    return points;
}

#define ROW(member, kind, unit, help) PL_ROW(struct pl_interaction, member, kind, unit, help)
#define MADE(member, name, make, help)                                                             \
    PL_ROW_MADE_BY(struct pl_interaction, member, name, make, help)
const struct pl_row pl_interaction_rows[] = {
    MADE(entry, "pair", make_pair, "labels of the baseline and of the entry"),
    MADE(axis, "axis", make_axis_key, "along which the curve goes"),
    MADE(point, "axes", make_other_axes, "values of the other axes"),
    MADE(axis, "scale", make_scale, "linear; log10: the slope is per factor of ten"),
    MADE(x, "curve", make_curve, "mean paired difference of log losses, point by point"),
    ROW(seeds, PL_ROW_SIZE, PL_UNIT_NONE, "that have every point"),
    ROW(slope, PL_ROW_REAL, PL_UNIT_NONE, "mean of the seeds' least-squares slopes"),
    ROW(interval, PL_ROW_INTERVAL, PL_UNIT_NONE, "of it, t over seeds"),
    PL_ROW_AS("bootstrap_interval", struct pl_interaction, bootstrap, PL_ROW_INTERVAL, PL_UNIT_NONE,
              "of it, BCa"),
    ROW(p, PL_ROW_REAL, PL_UNIT_P, "sign-flip test on the slopes"),
    ROW(p_holm, PL_ROW_REAL, PL_UNIT_P, "corrected over the entries of this curve"),
    ROW(crossings, PL_ROW_SIZE, PL_UNIT_NONE, "how often the curve changes sign"),
    {0},
};
#undef MADE
#undef ROW

static struct pl_json *make_crossed_axes(const void *analysis, const void *item,
                                         const void *point) {
    const struct pl_crossover *crossover = item;
    return pl_axes_json(analysis, *(const size_t *)point, crossover->axis);
}

static struct pl_json *make_lower(const void *analysis, const void *item, const void *before) {
    const struct pl_analysis *a = analysis;
    const struct pl_crossover *crossover = item;
    return pl_json_text(label_of(a, *(const bool *)before ? crossover->entry : a->baseline));
}

#define ROW(member, kind, unit, help)  PL_ROW(struct pl_crossover, member, kind, unit, help)
#define MADE(member, name, make, help) PL_ROW_MADE_BY(struct pl_crossover, member, name, make, help)
const struct pl_row pl_crossover_rows[] = {
    MADE(entry, "pair", make_pair, "labels of the baseline and of the entry"),
    MADE(axis, "axis", make_axis_key, "along which the curve goes"),
    MADE(point, "axes", make_crossed_axes, "values of the other axes"),
    MADE(axis, "scale", make_scale, "linear; log10: straight lines over log10 of the axis"),
    ROW(told, PL_ROW_BOOL, PL_UNIT_NONE, "bounded, and told from 0 on both sides"),
    ROW(at, PL_ROW_REAL, PL_UNIT_NONE, "where the curve changes sign; null: nowhere"),
    ROW(interval, PL_ROW_INTERVAL, PL_UNIT_NONE, "where a t test does not tell it from 0"),
    PL_ROW_AS("bootstrap_interval", struct pl_crossover, bootstrap, PL_ROW_INTERVAL, PL_UNIT_NONE,
              "of the place, percentile"),
    MADE(better_before, "lower_before", make_lower, "which has the lower loss below it"),
    ROW(points, PL_ROW_SIZE, PL_UNIT_NONE, "of the axis that the curve rests on"),
    ROW(crossings, PL_ROW_SIZE, PL_UNIT_NONE, "of this curve"),
    ROW(support, PL_ROW_REAL, PL_UNIT_SHARE, "share of draws that have such a crossing"),
    {0},
};
#undef MADE
#undef ROW

/* --------------------------------------------------------------------------------- compute */

static struct pl_json *make_compute_axes(const void *analysis, const void *item,
                                         const void *point) {
    const struct pl_analysis *a = analysis;
    (void)item;
    return pl_axes_json(a, *(const size_t *)point, a->compute->axis);
}

static struct pl_json *budget_json(const struct pl_analysis *a, size_t value) {
    size_t axis = a->compute->axis;
    return pl_axis_json(&a->scales[axis], a->experiment->axes[axis].values[value]);
}

static struct pl_json *make_budget(const void *analysis, const void *item, const void *value) {
    size_t index = *(const size_t *)value;
    (void)item;
    return index == PL_ALL_BUDGETS ? pl_json_text(NULL) : budget_json(analysis, index);
}

static struct pl_json *make_factor(const void *analysis, const void *item, const void *factor) {
    const struct pl_compute_factor *f = item;
    (void)analysis;
    return pl_json_real(f->reached ? *(const double *)factor : NAN);
}

static struct pl_json *make_over(const void *analysis, const void *item, const void *factor) {
    const struct pl_compute_factor *f = item;
    (void)analysis;
    return pl_json_bool(!f->reached && *(const double *)factor > 1.0);
}

static struct pl_json *make_seen(const void *analysis, const void *item, const void *least) {
    const struct pl_compute_factor *f = item;
    (void)analysis;
    return pl_interval_json((struct pl_interval){*(const double *)least, f->greatest});
}

#define ROW(member, kind, unit, help) PL_ROW(struct pl_compute_factor, member, kind, unit, help)
#define MADE(member, name, make, help)                                                             \
    PL_ROW_MADE_BY(struct pl_compute_factor, member, name, make, help)
const struct pl_row pl_factor_rows[] = {
    VARIANT(struct pl_compute_factor),
    LABEL(struct pl_compute_factor),
    BASELINE(struct pl_compute_factor),
    MADE(point, "axes", make_compute_axes, "setting of the other axes"),
    MADE(value, "budget", make_budget, "null: over all of them"),
    ROW(seeds, PL_ROW_SIZE, PL_UNIT_NONE, "that it rests on"),
    ROW(reached, PL_ROW_BOOL, PL_UNIT_NONE, "by the budgets that the baseline has run"),
    MADE(factor, "factor", make_factor, "compute of the baseline for this loss over the entry's"),
    ROW(interval, PL_ROW_INTERVAL, PL_UNIT_RATIO, "of it, t inversion"),
    PL_ROW_AS("bootstrap_interval", struct pl_compute_factor, bootstrap, PL_ROW_INTERVAL,
              PL_UNIT_RATIO, "of it, percentile"),
    ROW(support, PL_ROW_REAL, PL_UNIT_SHARE, "share of draws that reach it"),
    MADE(factor, "over", make_over, "not reached: above the greatest that can be seen"),
    MADE(least, "seen", make_seen, "what the baseline's budgets allow to see"),
    {0},
};
#undef MADE
#undef ROW

#define ROW(member, kind, unit, help) PL_ROW(struct pl_law, member, kind, unit, help)
static const struct pl_row fit_rows[] = {
    ROW(log_a, PL_ROW_REAL, PL_UNIT_NONE, "log of a"),
    ROW(b, PL_ROW_REAL, PL_UNIT_NONE, "exponent"),
    ROW(c, PL_ROW_REAL, PL_UNIT_NONE, "offset"),
    ROW(residual, PL_ROW_REAL, PL_UNIT_PERCENT, "root mean square of log loss around it"),
    {0},
};
#undef ROW

#define ROW(name, member, kind, help)                                                              \
    PL_ROW_AS(name, struct pl_compute_law, member, kind, PL_UNIT_NONE, help)
static const struct pl_row power_rows[] = {
    ROW("log_a_interval", log_a, PL_ROW_INTERVAL, "t, over the lines of the seeds"),
    ROW("b_interval", b, PL_ROW_INTERVAL, "the same"),
    {0},
};

static const struct pl_row offset_rows[] = {
    ROW("b_interval", offset_b, PL_ROW_INTERVAL, "percentile bootstrap"),
    ROW("c_interval", offset_c, PL_ROW_INTERVAL, "the same"),
    ROW("supported", supported, PL_ROW_BOOL, "the interval of c lies above 0"),
    {0},
};

static struct pl_json *make_budgets(const void *analysis, const void *item, const void *member) {
    const struct pl_compute_law *law = item;
    struct pl_json *points = pl_json_array();
    (void)member;
    for (size_t i = 0; i < law->budgets; i++) {
        struct pl_json *point = pl_json_object();
        pl_json_set(point, "budget", budget_json(analysis, law->values[i]));
        pl_json_set(point, "flops", pl_json_real(pl_exp(law->log_compute[i])));
        pl_json_set(point, "loss", pl_json_real(pl_exp(law->log_loss[i])));
        pl_json_append(points, point);
    }
    return points;
}

static struct pl_json *make_power(const void *analysis, const void *item, const void *fit) {
    struct pl_json *object = pl_rows_json(fit_rows, analysis, fit);
    pl_rows_set(object, power_rows, analysis, item);
    return object;
}

static struct pl_json *make_offset(const void *analysis, const void *item, const void *fit) {
    struct pl_json *object = pl_rows_json(fit_rows, analysis, fit);
    pl_rows_set(object, offset_rows, analysis, item);
    return object;
}

#define MADE(member, name, make, help)                                                             \
    PL_ROW_MADE_BY(struct pl_compute_law, member, name, make, help)
const struct pl_row pl_law_rows[] = {
    VARIANT(struct pl_compute_law),
    LABEL(struct pl_compute_law),
    MADE(point, "axes", make_compute_axes, "setting of the other axes"),
    ROW("seeds", seeds, PL_ROW_SIZE, "that have every budget"),
    MADE(values, "points", make_budgets, "budget, flops, loss (geometric mean)"),
    MADE(law, "power", make_power, "loss = a compute^-b"),
    MADE(offset, "offset", make_offset, "loss = a compute^-b + c"),
    {0},
};
#undef MADE
#undef ROW

/* ------------------------------------------------------------------------------- selection */

/* Settings are the points of what was chosen. */
static struct pl_json *make_setting(const void *analysis, const void *item, const void *setting) {
    const struct pl_analysis *a = analysis;
    (void)item;
    return pl_axes_json(a->selection->best, *(const size_t *)setting, NO_AXIS);
}

static struct pl_json *value_json(const struct pl_analysis *a, size_t value) {
    size_t axis = a->selection->axis;
    return pl_axis_json(&a->scales[axis], a->experiment->axes[axis].values[value]);
}

static struct pl_json *make_value(const void *analysis, const void *item, const void *value) {
    const struct pl_chosen *chosen = item;
    return chosen->found ? value_json(analysis, *(const size_t *)value) : pl_json_text(NULL);
}

#define ROW(member, kind, unit, help) PL_ROW(struct pl_chosen, member, kind, unit, help)
const struct pl_row pl_chosen_rows[] = {
    VARIANT(struct pl_chosen),
    LABEL(struct pl_chosen),
    PL_ROW_MADE_BY(struct pl_chosen, setting, "axes", make_setting, "without the axis chosen over"),
    PL_ROW_MADE_BY(struct pl_chosen, value, "value", make_value, "the one with the least score"),
    ROW(score, PL_ROW_REAL, PL_UNIT_NONE, "mean log of the loss that chooses"),
    ROW(seeds, PL_ROW_SIZE, PL_UNIT_NONE, "with a result at every value that has any"),
    ROW(diverged, PL_ROW_SIZE, PL_UNIT_NONE, "runs of these at the chosen value"),
    ROW(edge, PL_ROW_BOOL, PL_UNIT_NONE, "the smallest or greatest of several values"),
    {0},
};
#undef ROW

static struct pl_json *make_common(const void *analysis, const void *item, const void *value) {
    const struct pl_chosen_common *chosen = item;
    return chosen->found ? value_json(analysis, *(const size_t *)value) : pl_json_text(NULL);
}

#define ROW(member, kind, unit, help) PL_ROW(struct pl_chosen_common, member, kind, unit, help)
const struct pl_row pl_common_rows[] = {
    PL_ROW_MADE_BY(struct pl_chosen_common, setting, "axes", make_setting,
                   "without the axis chosen over"),
    PL_ROW_MADE_BY(struct pl_chosen_common, value, "value", make_common, "the one for all entries"),
    ROW(mean_rank, PL_ROW_REAL, PL_UNIT_RANK, "over entries, of that value among all"),
    ROW(edge, PL_ROW_BOOL, PL_UNIT_NONE, "the smallest or greatest of several values"),
    {0},
};
#undef ROW

static struct pl_json *make_rates(const void *analysis, const void *item, const void *member) {
    const struct pl_analysis *a = analysis;
    const struct pl_robustness *robust = item;
    struct pl_json *curve = pl_json_array();
    (void)member;
    for (size_t i = 0; i < a->experiment->axes[a->selection->axis].count; i++) {
        struct pl_json *point = pl_json_object();
        pl_json_set(point, "value", value_json(a, a->scales[a->selection->axis].ascending[i]));
        pl_json_set(point, "mean_log_loss", pl_json_real(robust->logs[i]));
        pl_json_append(curve, point);
    }
    return curve;
}

static struct pl_json *make_within(const void *analysis, const void *item, const void *low) {
    const struct pl_robustness *robust = item;
    (void)analysis;
    return pl_interval_json((struct pl_interval){*(const double *)low, robust->high});
}

#define ROW(member, kind, unit, help) PL_ROW(struct pl_robustness, member, kind, unit, help)
const struct pl_row pl_robustness_rows[] = {
    VARIANT(struct pl_robustness),
    LABEL(struct pl_robustness),
    PL_ROW_MADE_BY(struct pl_robustness, setting, "axes", make_setting,
                   "without the axis chosen over"),
    ROW(seeds, PL_ROW_SIZE, PL_UNIT_NONE, "with a result at every value that has any"),
    PL_ROW_MADE_BY(struct pl_robustness, logs, "curve", make_rates, "value, mean_log_loss"),
    ROW(area, PL_ROW_REAL, PL_UNIT_NONE, "under it over the log of the axis, by its width"),
    ROW(loss, PL_ROW_REAL, PL_UNIT_LOSS, "exponential of area"),
    PL_ROW_MADE_BY(struct pl_robustness, low, "within", make_within,
                   "values around the best that are nearly as good"),
    ROW(decades, PL_ROW_REAL, PL_UNIT_NONE, "between these"),
    {0},
};
#undef ROW

const struct pl_named_rows pl_evidence_rows[] = {
    {"cells", pl_cell_rows},
    {"summary", pl_summary_rows},
    {"comparisons", pl_comparison_rows},
    {"ranking", pl_rank_rows},
    {"pairs", pl_pair_rows},
    {"rank_test", pl_rank_test_rows},
    {"interactions", pl_interaction_rows},
    {"crossovers", pl_crossover_rows},
    {"compute", pl_factor_rows},
    {"compute", pl_law_rows},
    {"selection", pl_chosen_rows},
    {"selection", pl_common_rows},
    {"selection", pl_robustness_rows},
    {"solved", pl_solved_rows},
    {"readings", pl_specification_rows},
    {"readings", pl_factor_share_rows},
    {0},
};
