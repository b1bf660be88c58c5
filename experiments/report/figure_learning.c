/* Learning curves: the compared loss against the step, a panel a point. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math.h"
#include "core/stats/summary.h"
#include "experiments/report/figure_impl.h"
#include "experiments/report/report_impl.h"

#define POINTS_MOST 6

struct reading {
    long step;
    double log; /* as numbers are compared; inf where the loss is not a number above 0 */
};

/* The compared loss of the runs of one entry at one point. */
struct readings {
    PL_VEC(struct reading) list; /* by step, then by log */
    PL_VEC(long)
    ends; /* the last steps of runs that diverged: from there on they count as
                                    infinitely bad, though nothing more was measured */
};

static int compare_readings(const void *x, const void *y) {
    const struct reading *a = x, *b = y;
    if (a->step != b->step) return a->step < b->step ? -1 : 1;
    return (a->log > b->log) - (a->log < b->log);
}

static void read_run(const struct pl_analysis *a, const struct pl_result *result,
                     struct readings *out) {
    long last = -1;
    for (size_t m = 0; m < result->metric_count; m++) {
        const struct pl_metric *metric = &result->metrics[m];
        if (strcmp(metric->name, a->metric) != 0) continue;
        bool finite = isfinite(metric->value) && (!a->row->ratio || metric->value > 0);
        double number = !finite ? INFINITY : a->row->ratio ? pl_log(metric->value) : -metric->value;
        struct reading reading = {metric->step, number};
        PL_VEC_PUSH(&out->list, reading);
        if (metric->step > last) last = metric->step;
    }
    if (result->outcome == PL_DIVERGED) PL_VEC_PUSH(&out->ends, last);
}

/* The readings of one step, from [first] to before [end]: their mean with its interval, or the median
 * where some run diverged. [logs] has room for them. */
static void set_step(const struct pl_analysis *a, struct pl_chart_series *series, size_t at,
                     const struct readings *readings, size_t first, size_t end, double *logs) {
    long step = readings->list.items[first].step;
    size_t count = 0;
    while (first < end) logs[count++] = readings->list.items[first++].log;
    for (size_t k = 0; k < readings->ends.count; k++)
        if (readings->ends.items[k] < step) logs[count++] = INFINITY;
    series->x[at] = (double)step;
    if (isinf(logs[count - 1])) { /* the greatest */
        double median = pl_stats_median(logs, count);
        if (isfinite(median)) series->y[at] = pl_analysis_shown(a, median);
        return;
    }
    struct pl_interval interval = pl_stats_t_interval(logs, count, PL_CONFIDENCE);
    series->y[at] = pl_analysis_shown(a, pl_stats_mean(logs, count));
    if (!pl_interval_exists(interval)) return;
    interval = pl_analysis_shown_interval(a, interval);
    series->low[at] = interval.low;
    series->high[at] = interval.high;
}

void pl_figure_curve(struct pl_drawing *drawing, const struct pl_analysis *a,
                     struct pl_chart_panel *panel, size_t point, size_t entry) {
    struct readings readings = {0};
    size_t steps = 0, at = 0;

    for (size_t s = 0; s < a->experiment->seed_count; s++) {
        const struct pl_cell *cell = pl_analysis_cell(a, point, entry, s);
        if (cell) read_run(a, &a->results[cell - a->cells->items], &readings);
    }
    if (readings.list.count)
        qsort(readings.list.items, readings.list.count, sizeof *readings.list.items,
              compare_readings);

    const struct reading *list = readings.list.items;
    size_t count = readings.list.count;
    for (size_t i = 0; i < count; i++) steps += i == 0 || list[i].step != list[i - 1].step;
    struct pl_chart_series *series = pl_figure_series(drawing, panel, entry, steps);
    double *logs = PL_ARENA_ARRAY(drawing->arena, double, count + readings.ends.count + 1);
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && list[end].step == list[first].step;) end++;
        set_step(a, series, at++, &readings, first, end, logs);
    }
    PL_VEC_FINISH(&readings.list);
    PL_VEC_FINISH(&readings.ends);
}

/* From the first evaluated step to the last. */
static void add_known(struct pl_drawing *drawing, struct pl_chart_panel *panel, size_t point,
                      int look) {
    double loss = pl_figure_known_loss(drawing->told, point, look), first = INFINITY, last = 0;
    for (size_t s = 0; s < panel->series.count; s++)
        for (size_t i = 0; i < panel->series.items[s].count; i++) {
            double step = panel->series.items[s].x[i];
            if (step < first) first = step;
            if (step > last) last = step;
        }
    struct pl_chart_series *series = pl_figure_known(drawing, panel, look, 2);
    if (isnan(loss) || !(last > first)) return;
    series->x[0] = first;
    series->x[1] = last;
    series->y[0] = series->y[1] = loss;
}

void pl_figure_learning(struct pl_drawing *drawing, struct pl_chart *chart) {
    const struct pl_analysis *a = drawing->told;
    size_t count = a->point_count < POINTS_MOST ? a->point_count : POINTS_MOST;
    chart->name = pl_figure_name(drawing, "learning");
    chart->kind = PL_CHART_LINES;
    chart->x_label = "training step";
    chart->y_label = pl_figure_loss_label(drawing);
    chart->log_y = a->row->ratio;
    chart->title = "Learning curves";
    for (size_t k = 0; k < count; k++) {
        size_t point = pl_figure_pick(k, a->point_count, POINTS_MOST);
        struct pl_chart_panel panel = {.title =
                                           pl_report_point(a, drawing->arena, point, PL_WHOLE)};
        for (size_t e = 0; e < a->experiment->entry_count; e++)
            pl_figure_curve(drawing, a, &panel, point, e);
        for (int look = PL_LOOK_TRIVIAL; look <= PL_LOOK_BEST; look++)
            if (pl_figure_is_known(a, look)) add_known(drawing, &panel, point, look);
        PL_VEC_PUSH(&chart->panels, panel);
    }
    chart->caption = pl_arena_printf(
        drawing->arena, "%s of %s with %s%s.%s%s", pl_figure_mean(drawing), a->metric,
        pl_figure_band(drawing), drawing->whole->selection ? ", of the chosen runs" : "",
        pl_figure_known_text(a),
        count < a->point_count ? pl_arena_printf(drawing->arena, " Shown are %zu of %zu points.",
                                                 count, a->point_count)
                               : "");
}
