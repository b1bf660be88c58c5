/* What a loss alone does not tell of a task with right answers: accuracy over training, how many seeds had solved
 * the task by which step, and, where the study has two axes of numbers (depth and rows, say), a map over both. */
#include <math.h>

#include "core/stats/summary.h"
#include "experiments/evidence/solved.h"
#include "experiments/report/figure_impl.h"
#include "experiments/report/report_impl.h"

#define POINTS_MOST 6

static const char *shown_text(struct pl_drawing *drawing, size_t count) {
    size_t points = drawing->told->point_count;
    return count < points
               ? pl_arena_printf(drawing->arena, " Shown are %zu of %zu points.", count, points)
               : "";
}

void pl_figure_accuracy(struct pl_drawing *drawing, struct pl_chart *chart) {
    const struct pl_analysis *a = drawing->told;
    size_t count = a->point_count < POINTS_MOST ? a->point_count : POINTS_MOST;
    struct pl_analysis of_accuracy = *a;
    of_accuracy.metric = "accuracy";
    of_accuracy.row = pl_metric_find(of_accuracy.metric);
    chart->name = pl_figure_name(drawing, "accuracy");
    chart->kind = PL_CHART_LINES;
    chart->title = "Accuracy over training";
    chart->x_label = "training step";
    chart->y_label = "test accuracy";
    for (size_t k = 0; k < count; k++) {
        size_t point = pl_figure_pick(k, a->point_count, POINTS_MOST);
        struct pl_chart_panel panel = {.title =
                                           pl_report_point(a, drawing->arena, point, PL_WHOLE)};
        for (size_t e = 0; e < a->experiment->entry_count; e++)
            pl_figure_curve(drawing, &of_accuracy, &panel, point, e);
        PL_VEC_PUSH(&chart->panels, panel);
    }
    chart->caption = pl_arena_printf(drawing->arena,
                                     "Mean over seeds of the share of test answers that are right, "
                                     "with %s; the median "
                                     "where a run diverged.%s",
                                     pl_figure_band(drawing), shown_text(drawing, count));
}

void pl_figure_solved(struct pl_drawing *drawing, struct pl_chart *chart) {
    const struct pl_analysis *a = drawing->told;
    size_t count = a->point_count < POINTS_MOST ? a->point_count : POINTS_MOST;
    bool any = false;
    chart->name = pl_figure_name(drawing, "solved");
    chart->kind = PL_CHART_LINES;
    chart->title = "Solved by which step";
    chart->x_label = "training step";
    chart->y_label = "share of seeds that solved the task";
    for (size_t k = 0; k < count; k++) {
        size_t point = pl_figure_pick(k, a->point_count, POINTS_MOST);
        struct pl_chart_panel panel = {.title =
                                           pl_report_point(a, drawing->arena, point, PL_WHOLE)};
        for (size_t e = 0; e < a->experiment->entry_count; e++) {
            struct pl_solved_curve curve;
            pl_solved_curve_make(&curve, a, point, e, drawing->arena);
            struct pl_chart_series *series = pl_figure_series(drawing, &panel, e, curve.count);
            for (size_t i = 0; i < curve.count; i++) {
                series->x[i] = curve.steps[i];
                series->y[i] = curve.shares[i];
                series->low[i] = curve.intervals[i].low;
                series->high[i] = curve.intervals[i].high;
                any |= curve.shares[i] > 0;
            }
        }
        PL_VEC_PUSH(&chart->panels, panel);
    }
    if (!any) pl_chart_finish(chart); /* a flat line at 0 says nothing that the text does not */
    chart->caption = pl_arena_printf(drawing->arena,
                                     "Share of seeds whose test loss had come below what counts as "
                                     "solved, at each evaluated step (Kaplan and "
                                     "Meier's estimate, runs that end before censored there), with "
                                     "Wilson's 95 %% interval. A run that diverged "
                                     "never solves it.%s",
                                     shown_text(drawing, count));
}

/* ---- the map ---- */

/* Of the told entry and point: mean accuracy over seeds, a diverged run counting as 0; without an accuracy the loss
 * as a share of the trivial one, 1 at most. */
static double number_at(const struct pl_analysis *a, size_t point, size_t entry, bool *accuracy) {
    double sum = 0, count = 0;
    for (size_t s = 0; s < a->experiment->seed_count; s++) {
        const struct pl_result *result = pl_table_result(&a->table, point, entry, s);
        if (!result || !pl_outcome_is_finished(result->outcome)) continue;
        double value = result->outcome == PL_DIVERGED ? 0 : pl_result_final(result, "accuracy");
        if (isnan(value)) continue;
        *accuracy |= result->outcome == PL_DONE;
        sum += value;
        count += 1;
    }
    if (count > 0 && *accuracy) return sum / count;
    const struct pl_summary *summary = pl_analysis_summary(a, point, entry);
    double share = summary->loss / summary->trivial;
    return share > 1 ? 1 : share;
}

/* The first two axes of numbers with two values or more; the one with more values goes across. */
static bool find_axes(const struct pl_analysis *a, size_t *across, size_t *down) {
    size_t found[2], count = 0;
    for (size_t k = 0; k < a->experiment->axis_count && count < 2; k++)
        if (a->scales[k].numeric && a->experiment->axes[k].count > 1) found[count++] = k;
    if (count < 2) return false;
    bool turned = a->experiment->axes[found[0]].count > a->experiment->axes[found[1]].count;
    *across = found[turned ? 0 : 1];
    *down = found[turned ? 1 : 0];
    return true;
}

static const char **names_of(struct pl_drawing *drawing, size_t axis) {
    const struct pl_axis *given = &drawing->told->experiment->axes[axis];
    const char **names = PL_ARENA_ARRAY(drawing->arena, const char *, given->count + 1);
    for (size_t i = 0; i < given->count; i++)
        names[i] = given->values[drawing->told->scales[axis].ascending[i]];
    return names;
}

void pl_figure_map(struct pl_drawing *drawing, struct pl_chart *chart) {
    const struct pl_analysis *a = drawing->told;
    size_t across, down, last = a->point_count - 1;
    bool accuracy = false;
    chart->name = pl_figure_name(drawing, "map");
    chart->kind = PL_CHART_HEAT;
    if (!find_axes(a, &across, &down)) return;
    const struct pl_axis *x = &a->experiment->axes[across], *y = &a->experiment->axes[down];
    chart->x_names = names_of(drawing, across);
    chart->y_names = names_of(drawing, down);
    chart->x_label = x->key;
    chart->y_label = y->key;
    for (size_t i = 0; i < a->experiment->entry_count && chart->panels.count < PL_CHART_PANELS;
         i++) {
        size_t entry = a->ranking[i].entry, at = 0;
        struct pl_chart_panel panel = {.title = a->experiment->entries[entry].label};
        if (drawing->figures->looks[entry] == PL_LOOK_GREY) continue;
        struct pl_chart_series *series =
            pl_figure_series(drawing, &panel, entry, x->count * y->count);
        for (size_t r = 0; r < y->count; r++)
            for (size_t c = 0; c < x->count; c++, at++) {
                size_t point =
                    pl_analysis_point_with(a, last, across, a->scales[across].ascending[c]);
                point = pl_analysis_point_with(a, point, down, a->scales[down].ascending[r]);
                series->x[at] = (double)c;
                series->y[at] = (double)r;
                series->low[at] = number_at(a, point, entry, &accuracy);
            }
        PL_VEC_PUSH(&chart->panels, panel);
    }
    const char *what = accuracy
                           ? "test accuracy"
                           : pl_arena_printf(drawing->arena, "%s over the trivial loss", a->metric);
    const char *rest = "";
    for (size_t k = 0; k < a->experiment->axis_count; k++)
        if (k != across && k != down && a->experiment->axes[k].count > 1)
            rest = pl_arena_printf(drawing->arena, "%s%s %s = %s", rest, *rest ? "," : " at",
                                   a->experiment->axes[k].key, pl_analysis_axis_value(a, last, k));
    chart->title = pl_arena_printf(drawing->arena, "%s by %s and %s", what, y->key, x->key);
    chart->caption = pl_arena_printf(drawing->arena, "%s of each variant%s, a mean over seeds%s.",
                                     accuracy ? "Test accuracy" : what, rest,
                                     accuracy ? "; a run that diverged counts as 0"
                                              : ", 1 at most: the darker, the worse");
}
