/* Figures along an axis: the loss, and its paired ratio to the baseline. */
#include <math.h>
#include <string.h>

#include "core/base/math.h"
#include "experiments/report/figure_impl.h"
#include "experiments/report/report_impl.h"

/* The points at the first value of [axis], each the beginning of a curve: one a panel, evenly picked
 * where there are too many. */
struct curves {
    size_t *points;
    size_t count, all;
};

static struct curves find_curves(struct pl_drawing *drawing, const struct pl_analysis *a,
                                 size_t axis) {
    struct curves curves = {.all = a->point_count / a->experiment->axes[axis].count};
    size_t *firsts = PL_ARENA_ARRAY(drawing->arena, size_t, curves.all + 1), found = 0;
    for (size_t point = 0; point < a->point_count; point++)
        if (pl_analysis_axis_index(a, point, axis) == 0) firsts[found++] = point;
    curves.count = found < PL_CHART_PANELS ? found : PL_CHART_PANELS;
    curves.points = PL_ARENA_ARRAY(drawing->arena, size_t, curves.count + 1);
    for (size_t k = 0; k < curves.count; k++)
        curves.points[k] = firsts[pl_figure_pick(k, found, PL_CHART_PANELS)];
    return curves;
}

static const char *picked_text(struct pl_drawing *drawing, const struct curves *curves) {
    if (curves->count == curves->all) return "";
    return pl_arena_printf(drawing->arena, " Shown are %zu of %zu settings; the tables have all.",
                           curves->count, curves->all);
}

static void add_curve(struct pl_drawing *drawing, const struct pl_analysis *a,
                      struct pl_chart_panel *panel, size_t axis, size_t first, size_t entry) {
    const struct pl_axis_scale *scale = &a->scales[axis];
    size_t count = a->experiment->axes[axis].count;
    struct pl_chart_series *series = pl_figure_series(drawing, panel, entry, count);
    for (size_t i = 0; i < count; i++) {
        size_t point = pl_analysis_point_with(a, first, axis, scale->ascending[i]);
        const struct pl_summary *summary = pl_analysis_summary(a, point, entry);
        series->x[i] = scale->values[scale->ascending[i]];
        if (isfinite(summary->loss) && (!a->row->ratio || summary->loss > 0))
            series->y[i] = summary->loss;
        if (isnan(series->y[i]) || !pl_interval_exists(summary->interval)) continue;
        series->low[i] = summary->interval.low;
        series->high[i] = summary->interval.high;
    }
}

static void add_known_curve(struct pl_drawing *drawing, const struct pl_analysis *a,
                            struct pl_chart_panel *panel, size_t axis, size_t first, int look) {
    const struct pl_axis_scale *scale = &a->scales[axis];
    size_t count = a->experiment->axes[axis].count;
    if (!pl_figure_is_known(a, look)) return;
    struct pl_chart_series *series = pl_figure_known(drawing, panel, look, count);
    for (size_t i = 0; i < count; i++) {
        size_t point = pl_analysis_point_with(a, first, axis, scale->ascending[i]);
        series->x[i] = scale->values[scale->ascending[i]];
        series->y[i] = pl_figure_known_loss(a, point, look);
    }
}

static struct pl_chart_panel *add_panel(struct pl_drawing *drawing, struct pl_chart *chart,
                                        const struct pl_analysis *a, size_t axis, size_t first) {
    struct pl_chart_panel panel = {.title = pl_report_point(a, drawing->arena, first, axis)};
    PL_VEC_PUSH(&chart->panels, panel);
    return &chart->panels.items[chart->panels.count - 1];
}

/* The baseline's loss at [x], between its neighbours, along a straight line of logs (log_y) or values; NaN
 * outside. */
static double loss_at(const struct pl_chart_panel *panel, size_t baseline, bool log_x, bool log_y,
                      double x) {
    const struct pl_chart_series *series = &panel->series.items[baseline];
    for (size_t i = 1; i < series->count; i++) {
        double a = series->x[i - 1], b = series->x[i];
        if (x < a || x > b) continue;
        double share = log_x ? pl_log(x / a) / pl_log(b / a) : (x - a) / (b - a);
        if (!log_y) return series->y[i - 1] + share * (series->y[i] - series->y[i - 1]);
        double low = pl_log(series->y[i - 1]);
        return pl_exp(low + share * (pl_log(series->y[i]) - low));
    }
    return NAN;
}

/* Crossings of named entries on the curve that begins at [first]; one that is not told is left to the
 * text. */
static void add_crossings(struct pl_drawing *drawing, const struct pl_analysis *a,
                          struct pl_chart_panel *panel, size_t axis, size_t first, bool ratio) {
    for (size_t i = 0; i < a->crossover_count; i++) {
        const struct pl_crossover *c = &a->crossovers[i];
        int look = drawing->figures->looks[c->entry];
        if (!c->told || c->axis != axis || c->point != first || look == PL_LOOK_GREY) continue;
        double y = ratio ? pl_analysis_shown(a, 0.0)
                         : loss_at(panel, a->baseline, a->scales[axis].log, a->row->ratio, c->at);
        struct pl_chart_mark mark = {look, c->at, c->interval.low, c->interval.high, y};
        PL_VEC_PUSH(&panel->marks, mark);
    }
}

static bool has_marks(const struct pl_chart *chart) {
    for (size_t p = 0; p < chart->panels.count; p++)
        if (chart->panels.items[p].marks.count) return true;
    return false;
}

static const char *marks_text(const struct pl_chart *chart) {
    return has_marks(chart) ? " At the foot: where a variant crosses the baseline, with its 95 % "
                              "interval."
                            : "";
}

static void fill_loss(struct pl_drawing *drawing, struct pl_chart *chart,
                      const struct pl_analysis *a, size_t axis, const struct curves *curves) {
    chart->kind = PL_CHART_LINES;
    chart->x_label = pl_figure_axis_label(drawing, a, axis);
    chart->y_label = pl_figure_loss_label(drawing);
    chart->log_x = a->scales[axis].log;
    chart->log_y = a->row->ratio;
    chart->title =
        pl_arena_printf(drawing->arena, "%s against %s", a->metric, a->experiment->axes[axis].key);
    for (size_t k = 0; k < curves->count; k++) {
        struct pl_chart_panel *panel = add_panel(drawing, chart, a, axis, curves->points[k]);
        for (size_t e = 0; e < a->experiment->entry_count; e++)
            add_curve(drawing, a, panel, axis, curves->points[k], e);
        for (int look = PL_LOOK_TRIVIAL; look <= PL_LOOK_BEST; look++)
            add_known_curve(drawing, a, panel, axis, curves->points[k], look);
    }
}

/* ------------------------------------------------------------------------------------ main */

static void main_of_axis(struct pl_drawing *drawing, struct pl_chart *chart, size_t axis) {
    const struct pl_analysis *a = drawing->told;
    struct curves curves = find_curves(drawing, a, axis);
    fill_loss(drawing, chart, a, axis, &curves);
    for (size_t k = 0; k < curves.count; k++)
        add_crossings(drawing, a, &chart->panels.items[k], axis, curves.points[k], false);
    chart->caption = pl_arena_printf(
        drawing->arena, "%s with %s; %s.%s%s%s%s", pl_figure_mean(drawing), pl_figure_band(drawing),
        pl_figure_direction(drawing), pl_figure_known_text(a), marks_text(chart),
        pl_figure_axis_help(drawing, a->experiment->axes[axis].key), picked_text(drawing, &curves));
}

#define POINTS_MOST 6 /* panels of a study without a numeric axis */

static void add_losses(struct pl_drawing *drawing, struct pl_chart_panel *panel, size_t point) {
    const struct pl_analysis *a = drawing->told;
    for (size_t i = 0; i < a->experiment->entry_count; i++) {
        size_t entry = a->ranking[i].entry;
        const struct pl_summary *summary = pl_analysis_summary(a, point, entry);
        struct pl_chart_series *series = pl_figure_series(drawing, panel, entry, 1);
        series->y[0] = (double)i;
        series->hollow = summary->median;
        if (isfinite(summary->loss)) series->x[0] = summary->loss;
        if (!pl_interval_exists(summary->interval)) continue;
        series->low[0] = summary->interval.low;
        series->high[0] = summary->interval.high;
    }
    for (int look = PL_LOOK_TRIVIAL; look <= PL_LOOK_BEST; look++) {
        if (!pl_figure_is_known(a, look)) continue;
        struct pl_chart_series *series = pl_figure_known(drawing, panel, look, 1);
        series->y[0] = (double)(panel->series.count - 1);
        series->x[0] = pl_figure_known_loss(a, point, look);
    }
}

static void main_of_points(struct pl_drawing *drawing, struct pl_chart *chart) {
    const struct pl_analysis *a = drawing->told;
    size_t count = a->point_count < POINTS_MOST ? a->point_count : POINTS_MOST;
    chart->kind = PL_CHART_FOREST;
    chart->x_label = pl_figure_loss_label(drawing);
    chart->log_x = a->row->ratio;
    chart->title = pl_arena_printf(drawing->arena, "%s of every variant", a->metric);
    for (size_t k = 0; k < count; k++) {
        size_t point = pl_figure_pick(k, a->point_count, POINTS_MOST);
        add_losses(drawing, add_panel(drawing, chart, a, PL_WHOLE, point), point);
    }
    struct curves shown = {.count = count, .all = a->point_count};
    chart->caption = pl_arena_printf(drawing->arena,
                                     "%s with its 95 %% interval, the best mean rank on top; %s. "
                                     "Hollow: a median, since some run diverged.%s%s",
                                     pl_figure_mean(drawing), pl_figure_direction(drawing),
                                     pl_figure_known_text(a), picked_text(drawing, &shown));
}

void pl_figure_main(struct pl_drawing *drawing, struct pl_chart *chart) {
    size_t axis = pl_report_main_axis(drawing->told);
    chart->name = pl_figure_name(drawing, "main");
    if (axis == PL_WHOLE)
        main_of_points(drawing, chart);
    else
        main_of_axis(drawing, chart, axis);
}

/* ----------------------------------------------------------------------------------- ratio */

static void add_ratio(struct pl_drawing *drawing, struct pl_chart_panel *panel,
                      const struct pl_interaction *curve) {
    struct pl_chart_series *series = pl_figure_series(drawing, panel, curve->entry, curve->points);
    for (size_t i = 0; i < curve->points; i++) {
        series->x[i] = curve->x[i];
        struct pl_interval interval =
            pl_analysis_shown_interval(drawing->told, curve->intervals[i]);
        series->y[i] = pl_analysis_shown(drawing->told, curve->y[i]);
        if (!pl_interval_exists(curve->intervals[i])) continue;
        series->low[i] = interval.low;
        series->high[i] = interval.high;
    }
}

void pl_figure_ratio(struct pl_drawing *drawing, struct pl_chart *chart) {
    const struct pl_analysis *a = drawing->told;
    size_t axis = pl_report_main_axis(a);
    chart->name = pl_figure_name(drawing, "ratio");
    if (axis == PL_WHOLE || a->experiment->entry_count < 2) return;
    struct curves curves = find_curves(drawing, a, axis);
    chart->kind = PL_CHART_LINES;
    chart->x_label = pl_figure_axis_label(drawing, a, axis);
    chart->y_label = pl_figure_effect_label(drawing);
    chart->log_x = a->scales[axis].log;
    chart->log_y = a->row->ratio;
    chart->level = pl_analysis_shown(a, 0.0);
    chart->title = pl_arena_printf(drawing->arena, "Paired %s to %s against %s",
                                   a->row->ratio ? "ratio" : "difference", a->experiment->baseline,
                                   a->experiment->axes[axis].key);
    for (size_t k = 0; k < curves.count; k++) {
        struct pl_chart_panel *panel = add_panel(drawing, chart, a, axis, curves.points[k]);
        for (size_t i = 0; i < a->interaction_count; i++)
            if (a->interactions[i].axis == axis && a->interactions[i].point == curves.points[k])
                add_ratio(drawing, panel, &a->interactions[i]);
        add_crossings(drawing, a, panel, axis, curves.points[k], true);
    }
    chart->caption = pl_arena_printf(
        drawing->arena, "Mean over seeds of the paired %s, with %s; %s the variant beats %s.%s%s",
        a->row->ratio ? "ratio" : "difference", pl_figure_band(drawing),
        a->row->ratio ? "below 1" : "above 0", a->experiment->baseline, marks_text(chart),
        picked_text(drawing, &curves));
}

/* ----------------------------------------------------------------------------------- rates */

/* The axis that the study selects over, or else the learning rate, unless MAIN shows it already. */
static size_t rate_axis(const struct pl_drawing *drawing) {
    const struct pl_analysis *a = drawing->whole;
    if (a->selection) return a->selection->axis;
    for (size_t k = 0; k < a->experiment->axis_count; k++)
        if (strcmp(a->experiment->axes[k].key, "train.lr") == 0 && a->scales[k].numeric &&
            a->experiment->axes[k].count > 1 && k != pl_report_main_axis(a))
            return k;
    return PL_WHOLE;
}

/* What was chosen for each named entry on the curve that begins at [first]. */
static void add_choices(struct pl_drawing *drawing, struct pl_chart_panel *panel, size_t first) {
    const struct pl_analysis *a = drawing->whole;
    const struct pl_selection *selection = a->selection;
    size_t entries = a->experiment->entry_count;
    for (size_t i = 0; selection && i < selection->setting_count * entries; i++) {
        const struct pl_chosen *chosen = &selection->choices[i];
        int look = drawing->figures->looks[chosen->entry];
        if (!chosen->found || look == PL_LOOK_GREY) continue;
        if (pl_selection_point(a, chosen->setting, 0) != first) continue;
        double at = a->scales[selection->axis].values[chosen->value];
        double loss =
            loss_at(panel, chosen->entry, a->scales[selection->axis].log, a->row->ratio, at);
        struct pl_chart_mark mark = {look, at, NAN, NAN, loss};
        PL_VEC_PUSH(&panel->marks, mark);
    }
}

/* Values that grow by about the same factor, 1.5 at least, from one to the next: 0.001, 0.003, 0.01. */
static bool is_geometric(const struct pl_axis_scale *scale, size_t count) {
    if (!scale->numeric || count < 3 || !(scale->values[scale->ascending[0]] > 0)) return false;
    double whole =
        pl_log(scale->values[scale->ascending[count - 1]] / scale->values[scale->ascending[0]]) /
        (double)(count - 1);
    if (whole < pl_log(1.5)) return false;
    for (size_t i = 1; i < count; i++) {
        double step =
            pl_log(scale->values[scale->ascending[i]] / scale->values[scale->ascending[i - 1]]);
        if (fabs(step - whole) > 0.2 * whole) return false;
    }
    return true;
}

void pl_figure_rates(struct pl_drawing *drawing, struct pl_chart *chart) {
    const struct pl_analysis *a = drawing->whole;
    size_t axis = rate_axis(drawing);
    chart->name = pl_figure_name(drawing, "rates");
    if (axis == PL_WHOLE) return;
    struct curves curves = find_curves(drawing, a, axis);
    fill_loss(drawing, chart, a, axis, &curves);
    if (is_geometric(&a->scales[axis], a->experiment->axes[axis].count) && !chart->log_x) {
        chart->log_x = true;
        chart->x_label = pl_arena_printf(drawing->arena, "%s (log scale)", chart->x_label);
    }
    for (size_t k = 0; k < curves.count; k++)
        add_choices(drawing, &chart->panels.items[k], curves.points[k]);
    chart->caption =
        pl_arena_printf(drawing->arena, "%s with %s; a line ends where most runs diverged.%s%s",
                        pl_figure_mean(drawing), pl_figure_band(drawing),
                        has_marks(chart) ? " At the foot: what was chosen for each variant." : "",
                        picked_text(drawing, &curves));
}
