/* Forest of paired ratios: the best mean rank on top. Few points of the axes have a panel each; beside
 * them, and alone when there are many, stands the mean over all. */
#include <math.h>

#include "experiments/report/figure_impl.h"
#include "experiments/report/report_impl.h"

#define POINTS_MOST 5

static void set_row(const struct pl_analysis *a, struct pl_chart_series *series, double effect,
                    struct pl_interval interval) {
    if (isfinite(effect) && (!a->row->ratio || effect > 0)) series->x[0] = effect;
    if (isnan(series->x[0]) || !pl_interval_exists(interval)) return;
    series->low[0] = interval.low;
    series->high[0] = interval.high;
}

/* Rows in the order of the ranking; the baseline has none. */
static void add_rows(struct pl_drawing *drawing, struct pl_chart_panel *panel, size_t point) {
    const struct pl_analysis *a = drawing->told;
    for (size_t i = 0; i < a->experiment->entry_count; i++) {
        const struct pl_rank *rank = &a->ranking[i];
        if (rank->entry == a->baseline) continue;
        struct pl_chart_series *series = pl_figure_series(drawing, panel, rank->entry, 1);
        series->y[0] = (double)(panel->series.count - 1);
        if (point == PL_WHOLE) {
            series->hollow = rank->median;
            set_row(a, series, rank->ratio, rank->ratio_interval);
        } else {
            const struct pl_comparison *c = pl_analysis_comparison(a, point, rank->entry);
            series->hollow = c->verdict == PL_INCONCLUSIVE;
            set_row(a, series, c->ratio, c->interval);
        }
    }
}

static void add_panel(struct pl_drawing *drawing, struct pl_chart *chart, const char *title,
                      size_t point) {
    struct pl_chart_panel panel = {.title = title};
    add_rows(drawing, &panel, point);
    PL_VEC_PUSH(&chart->panels, panel);
}

void pl_figure_forest(struct pl_drawing *drawing, struct pl_chart *chart) {
    const struct pl_analysis *a = drawing->told;
    chart->name = pl_figure_name(drawing, "forest");
    if (a->experiment->entry_count < 2) return;
    chart->kind = PL_CHART_FOREST;
    chart->title = pl_arena_printf(drawing->arena, "Paired %ss to %s",
                                   a->row->ratio ? "ratio" : "difference", a->experiment->baseline);
    chart->x_label = pl_figure_effect_label(drawing);
    chart->log_x = a->row->ratio;
    chart->level = pl_analysis_shown(a, 0.0);
    chart->level_width = a->row->ratio ? PL_EQUIVALENCE_RATIO : pl_analysis_region();
    if (a->point_count > 1)
        add_panel(drawing, chart,
                  pl_arena_printf(drawing->arena, "over all %zu points", a->point_count), PL_WHOLE);
    for (size_t p = 0; p < a->point_count && a->point_count <= POINTS_MOST; p++)
        add_panel(drawing, chart, pl_report_point(a, drawing->arena, p, PL_WHOLE), p);
    chart->caption =
        pl_arena_printf(drawing->arena,
                        "Mean paired %s with its 95 %% interval; %s the "
                        "variant beats %s, within the grey "
                        "zone (%s either way) they count as equivalent. At a point, "
                        "a hollow mark is an inconclusive "
                        "verdict; over all points, a %s with diverged runs.",
                        a->row->ratio ? "ratio" : "difference",
                        a->row->ratio ? "left of 1" : "right of 0", a->experiment->baseline,
                        a->row->ratio ? "2 %" : "0.02", a->row->ratio ? "ratio" : "difference");
}
