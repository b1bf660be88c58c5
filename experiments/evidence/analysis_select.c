/* Selection: one value of an axis (a learning rate) for each entry and setting, chosen by a loss that
 * the comparison does not use, and the analysis of the runs at the chosen values.
 *
 *     lr      1e-3  3e-3  1e-2  3e-2      score = mean over seeds of log valid_loss
 *     a         -2   -3    -4*   +7       a diverged run has the worst value of its setting
 *     b         -2   -4*   -3    -1       * chosen; both bear 3e-3 well: the common best
 *
 *     whole table [setting x lr][entry][seed] ──► best    [setting][entry][seed], each at its own
 *                                             ──► common  [setting][entry][seed], all at one
 *
 * The seeds of a score are those with a result at every value of the entry and setting that has any, so
 * that values are compared over the same seeds.
 */
#include <math.h>
#include <string.h>

#include "core/base/math.h"
#include "core/stats/summary.h"
#include "experiments/evidence/analysis_impl.h"

#define LN10 2.30258509299404568402

struct chooser {
    struct pl_analysis *whole;
    struct pl_selection *out;
    size_t values;   /* of the axis */
    double *by_logs; /* the loss that chooses, in the shape of the table */
    double *scores;  /* [entry][value] of one setting, inf where there is no result */
    double *room;    /* for ranks: twice the values */
};

size_t pl_selection_point(const struct pl_analysis *analysis, size_t setting, size_t value) {
    size_t axis = analysis->selection->axis, after = 1;
    for (size_t k = axis + 1; k < analysis->experiment->axis_count; k++)
        after *= analysis->experiment->axes[k].count;
    return (setting / after * analysis->experiment->axes[axis].count + value) * after +
           setting % after;
}

/* ------------------------------------------------------------------------------- the scores */

static double log_at(const struct chooser *c, const double *logs, size_t setting, size_t value,
                     size_t entry, size_t seed) {
    size_t point = pl_selection_point(c->whole, setting, value);
    return logs[pl_table_place(&c->whole->table, point, entry, seed)];
}

static bool has_any(const struct chooser *c, const double *logs, size_t setting, size_t value,
                    size_t entry) {
    for (size_t s = 0; s < c->whole->experiment->seed_count; s++)
        if (!isnan(log_at(c, logs, setting, value, entry, s))) return true;
    return false;
}

static bool seed_counts(const struct chooser *c, const double *logs, size_t setting, size_t entry,
                        size_t seed) {
    bool any = false;
    for (size_t v = 0; v < c->values; v++) {
        if (!has_any(c, logs, setting, v, entry)) continue;
        if (isnan(log_at(c, logs, setting, v, entry, seed))) return false;
        any = true;
    }
    return any;
}

static double worst_of(const struct chooser *c, const double *logs, size_t setting) {
    const char *metric = logs == c->by_logs ? c->out->by : c->whole->metric;
    double worst = -INFINITY;
    for (size_t v = 0; v < c->values; v++) {
        double here = pl_table_worst(&c->whole->table, pl_metric_find(metric), logs,
                                     pl_selection_point(c->whole, setting, v));
        if (here > worst) worst = here;
    }
    return worst;
}

/* Mean logs by value over the seeds that count, diverged = worst; NaN where there is no result. */
static size_t mean_logs(const struct chooser *c, const double *logs, size_t setting, size_t entry,
                        double *means) {
    double worst = worst_of(c, logs, setting);
    size_t seeds = 0;
    for (size_t v = 0; v < c->values; v++)
        means[v] = has_any(c, logs, setting, v, entry) ? 0.0 : NAN;
    for (size_t s = 0; s < c->whole->experiment->seed_count; s++) {
        if (!seed_counts(c, logs, setting, entry, s)) continue;
        seeds++;
        for (size_t v = 0; v < c->values; v++) {
            double log = log_at(c, logs, setting, v, entry, s);
            means[v] += log < worst ? log : worst;
        }
    }
    for (size_t v = 0; v < c->values; v++) means[v] = seeds > 0 ? means[v] / (double)seeds : NAN;
    return seeds;
}

/* The place in [scores] of the least, the smaller value of the axis among equals. */
static size_t least(const struct chooser *c, const double *scores) {
    const size_t *ascending = c->whole->scales[c->out->axis].ascending;
    size_t best = ascending[0];
    for (size_t i = 1; i < c->values; i++)
        if (scores[ascending[i]] < scores[best]) best = ascending[i];
    return best;
}

static bool is_edge(const struct chooser *c, size_t value) {
    const size_t *ascending = c->whole->scales[c->out->axis].ascending;
    return c->values > 1 && (value == ascending[0] || value == ascending[c->values - 1]);
}

/* ------------------------------------------------------------------------------ the choices */

static void choose(struct chooser *c, size_t setting, size_t entry) {
    size_t entries = c->whole->experiment->entry_count;
    struct pl_chosen *out = &c->out->choices[setting * entries + entry];
    double *scores = c->scores + entry * c->values;
    *out = (struct pl_chosen){.entry = entry, .setting = setting, .score = NAN};
    out->seeds = mean_logs(c, c->by_logs, setting, entry, scores);
    for (size_t v = 0; v < c->values; v++)
        if (isnan(scores[v])) scores[v] = INFINITY;
    out->found = out->seeds > 0;
    if (!out->found) return;
    out->value = least(c, scores);
    out->score = scores[out->value];
    out->edge = is_edge(c, out->value);
    for (size_t s = 0; s < c->whole->experiment->seed_count; s++)
        if (seed_counts(c, c->by_logs, setting, entry, s))
            out->diverged += isinf(log_at(c, c->by_logs, setting, out->value, entry, s)) != 0;
}

/* Ranks of the values within each entry, averaged over entries; equal ones by their mean score. */
static void choose_common(struct chooser *c, size_t setting) {
    size_t entries = c->whole->experiment->entry_count, found = 0;
    struct pl_chosen_common *out = &c->out->commons[setting];
    double *ranks = c->room, *sums = c->room + c->values, least_sum = INFINITY;
    *out = (struct pl_chosen_common){.setting = setting, .mean_rank = NAN};
    for (size_t v = 0; v < c->values; v++) sums[v] = 0.0;
    for (size_t e = 0; e < entries; e++) {
        if (!c->out->choices[setting * entries + e].found) continue;
        pl_stats_rank(ranks, c->scores + e * c->values, c->values);
        for (size_t v = 0; v < c->values; v++) sums[v] += ranks[v];
        found++;
    }
    out->found = found > 0;
    if (!out->found) return;
    for (size_t v = 0; v < c->values; v++) least_sum = fmin(least_sum, sums[v]);
    for (size_t v = 0; v < c->values; v++) {
        ranks[v] = sums[v] > least_sum ? INFINITY : 0.0;
        for (size_t e = 0; e < entries; e++)
            if (c->out->choices[setting * entries + e].found)
                ranks[v] += c->scores[e * c->values + v];
    }
    out->value = least(c, ranks);
    out->mean_rank = sums[out->value] / (double)found;
    out->edge = is_edge(c, out->value);
}

/* ----------------------------------------------------------------------------- robustness */

static void measure_area(const struct pl_analysis *whole, struct pl_robustness *out,
                         const double *x, size_t count) {
    double area = 0.0, width = 0.0;
    size_t last = count;
    for (size_t i = 0; i < count; i++) {
        if (isnan(out->logs[i])) continue;
        if (last < count) {
            double step = pl_log(x[i] / x[last]);
            area += 0.5 * step * (out->logs[last] + out->logs[i]);
            width += step;
        }
        last = i;
    }
    out->area = width > 0.0 ? area / width : out->logs[last];
    out->loss = pl_analysis_shown(whole, out->area);
}

static void measure_range(struct pl_robustness *out, const double *x, size_t count) {
    out->best = count;
    for (size_t i = 0; i < count; i++)
        if (!isnan(out->logs[i]) && (out->best == count || out->logs[i] < out->logs[out->best]))
            out->best = i;
    double limit = out->logs[out->best] + pl_log(PL_ROBUST_RATIO);
    size_t low = out->best, high = out->best;
    while (low > 0 && out->logs[low - 1] <= limit) low--;
    while (high + 1 < count && out->logs[high + 1] <= limit) high++;
    out->low = x[low];
    out->high = x[high];
    out->decades = pl_log(out->high / out->low) / LN10;
}

static void measure_robustness(struct chooser *c, size_t setting, size_t entry) {
    const struct pl_axis_scale *scale = &c->whole->scales[c->out->axis];
    struct pl_robustness *out =
        &c->out->robustness[setting * c->whole->experiment->entry_count + entry];
    double *x = c->room, *means = c->room + c->values;
    *out = (struct pl_robustness){
        .entry = entry, .setting = setting, .area = NAN, .loss = NAN, .low = NAN, .high = NAN};
    out->decades = NAN;
    out->seeds = mean_logs(c, c->whole->logs, setting, entry, means);
    out->logs = PL_ARENA_ARRAY(&c->whole->arena, double, c->values);
    for (size_t i = 0; i < c->values; i++) {
        x[i] = scale->values[scale->ascending[i]];
        out->logs[i] = means[scale->ascending[i]];
    }
    if (out->seeds == 0) return;
    measure_area(c->whole, out, x, c->values);
    measure_range(out, x, c->values);
}

/* ------------------------------------------------------------------------- what was chosen */

/* The study without the axis; it owns nothing. */
static struct pl_experiment *reduced(struct pl_analysis *whole, size_t axis) {
    struct pl_experiment *out =
        pl_arena_copy(&whole->arena, whole->experiment, sizeof *whole->experiment);
    out->arena = (struct pl_arena){0};
    out->select.over = NULL;
    out->axes = PL_ARENA_ARRAY(&whole->arena, struct pl_axis, out->axis_count);
    out->axis_count = 0;
    for (size_t k = 0; k < whole->experiment->axis_count; k++)
        if (k != axis) out->axes[out->axis_count++] = whole->experiment->axes[k];
    return out;
}

static struct pl_analysis *analyse(const struct chooser *c, const struct pl_experiment *experiment,
                                   const char *name, bool common, bool conclude) {
    struct pl_analysis *whole = c->whole, *out = PL_ARENA_NEW(&whole->arena, struct pl_analysis);
    size_t entries = experiment->entry_count;
    *out = (struct pl_analysis){.experiment = experiment,
                                .cells = whole->cells,
                                .results = whole->results,
                                .metric = whole->metric,
                                .row = whole->row,
                                .step = whole->step,
                                .baseline = whole->baseline};
    out->stream = pl_arena_printf(&out->arena, "%s/%s", whole->stream, name);
    pl_analysis_describe_axes(out);
    pl_table_empty(&out->table, &out->arena, experiment, whole->cells, whole->results);
    size_t size = pl_table_size(&out->table);
    out->logs = PL_ARENA_ARRAY(&out->arena, double, size + 1);
    for (size_t k = 0; k < size; k++) out->logs[k] = NAN;
    for (size_t i = 0; i < c->out->setting_count * entries; i++) {
        const struct pl_chosen *own = &c->out->choices[i];
        const struct pl_chosen_common *shared = &c->out->commons[own->setting];
        if (common ? shared->found : own->found) {
            size_t point =
                pl_selection_point(c->whole, own->setting, common ? shared->value : own->value);
            for (size_t s = 0; s < out->experiment->seed_count; s++) {
                size_t from = pl_table_place(&c->whole->table, point, own->entry, s);
                size_t to = pl_table_place(&out->table, own->setting, own->entry, s);
                out->table.places[to] = c->whole->table.places[from];
                out->logs[to] = c->whole->logs[from];
            }
        }
    }
    if (conclude) pl_analysis_conclude(out);
    return out;
}

static size_t axis_chosen_over(const struct pl_experiment *experiment) {
    size_t axis = 0;
    while (axis < experiment->axis_count &&
           strcmp(experiment->axes[axis].key, experiment->select.over) != 0)
        axis++;
    return axis;
}

static void chooser_init(struct chooser *c, struct pl_analysis *whole) {
    const struct pl_experiment *experiment = whole->experiment;
    struct pl_arena *arena = &whole->arena;
    struct pl_selection *out = whole->selection = PL_ARENA_NEW(arena, struct pl_selection);
    out->axis = axis_chosen_over(experiment);
    *c = (struct chooser){.whole = whole, .out = out, .values = experiment->axes[out->axis].count};
    out->by = experiment->select.by;
    out->setting_count = whole->point_count / c->values;
    size_t rows = out->setting_count * experiment->entry_count;
    out->choices = PL_ARENA_ARRAY(arena, struct pl_chosen, rows);
    out->commons = PL_ARENA_ARRAY(arena, struct pl_chosen_common, out->setting_count);
    out->robustness = PL_ARENA_ARRAY(arena, struct pl_robustness, rows);
    c->scores = PL_ARENA_ARRAY(arena, double, experiment->entry_count * c->values);
    c->room = PL_ARENA_ARRAY(arena, double, 2 * c->values);
    c->by_logs = pl_table_numbers(&whole->table, pl_metric_find(out->by), arena);
}

void pl_analysis_make_selection(struct pl_analysis *whole, bool conclude) {
    struct chooser chooser;
    size_t axis = axis_chosen_over(whole->experiment);
    if (axis == whole->experiment->axis_count || !whole->scales[axis].numeric) return;
    chooser_init(&chooser, whole);
    struct pl_selection *out = whole->selection;
    for (size_t setting = 0; setting < out->setting_count; setting++) {
        for (size_t entry = 0; entry < whole->experiment->entry_count; entry++) {
            choose(&chooser, setting, entry);
            measure_robustness(&chooser, setting, entry);
        }
        choose_common(&chooser, setting);
    }
    const struct pl_experiment *experiment = reduced(whole, out->axis);
    out->best = analyse(&chooser, experiment, "chosen", false, conclude);
    out->common = analyse(&chooser, experiment, "common", true, conclude);
}

void pl_selection_finish(struct pl_selection *selection) {
    if (!selection) return;
    pl_analysis_finish(selection->best);
    pl_analysis_finish(selection->common);
}
