/* The readings of a design: the specification curve, and which choice decides. A panel a setting of the kept
 * axes; the figures that have a panel or a line a point of the axes are left out then. */
#include <math.h>

#include "experiments/report/figure_impl.h"
#include "experiments/report/multiverse.h"
#include "experiments/report/report_impl.h"

static const char *title_of(struct pl_drawing *drawing, const struct pl_specification *item) {
    return pl_report_point(drawing->told, drawing->arena, item->point, 0);
}

static void add_curve(struct pl_drawing *drawing, const struct pl_multiverse *multiverse,
                      const struct pl_specification *item, struct pl_chart_panel *panel) {
    struct pl_chart_series *series = pl_figure_series(drawing, panel, item->entry, item->count);
    for (size_t k = 0; k < item->count; k++) {
        const struct pl_comparison *c = pl_multiverse_comparison(multiverse, item, item->order[k]);
        series->x[k] = (double)(k + 1);
        series->y[k] = c->ratio;
        if (!pl_interval_exists(c->interval)) continue;
        series->low[k] = c->interval.low;
        series->high[k] = c->interval.high;
    }
}

void pl_figure_readings(struct pl_drawing *drawing, struct pl_chart *chart) {
    const struct pl_analysis *a = drawing->told;
    struct pl_multiverse multiverse;
    chart->name = pl_figure_name(drawing, "readings");
    if (!pl_multiverse_make(&multiverse, drawing->whole, drawing->arena)) return;
    chart->kind = PL_CHART_LINES;
    chart->title = "The specification curve";
    chart->x_label = "readings, in the order of each variant's ratio";
    chart->y_label = pl_arena_printf(drawing->arena, "%s over that of %s (log scale)", a->metric,
                                     a->experiment->baseline);
    chart->log_y = true;
    chart->level = 1.0;
    chart->level_width = PL_EQUIVALENCE_RATIO;
    chart->caption = pl_arena_printf(
        drawing->arena,
        "Every reading's paired ratio to %s with its 95 %% interval over seeds, from the least up; "
        "below 1 is better. The line at 1 is no difference.",
        a->experiment->baseline);
    for (size_t k = 0; k < multiverse.count; k++) {
        const struct pl_specification *item = &multiverse.items[k];
        bool begins = k == 0 || multiverse.items[k - 1].setting != item->setting;
        if (begins && chart->panels.count == PL_CHART_PANELS) break;
        if (begins)
            PL_VEC_PUSH(&chart->panels, (struct pl_chart_panel){.title = title_of(drawing, item)});
        add_curve(drawing, &multiverse, item, &chart->panels.items[chart->panels.count - 1]);
    }
}

void pl_figure_shares(struct pl_drawing *drawing, struct pl_chart *chart) {
    struct pl_multiverse multiverse;
    chart->name = pl_figure_name(drawing, "shares");
    if (!pl_multiverse_make(&multiverse, drawing->whole, drawing->arena)) return;
    chart->kind = PL_CHART_FOREST;
    chart->title = "Which choice decides";
    chart->x_label = "share of the variance over readings";
    chart->level = 0.0;
    chart->caption = "Share of the variance of the log ratio that each choice explains alone, with "
                     "its 95 % interval over readings; the line is 0.";
    for (size_t k = 0; k < multiverse.count && chart->panels.count < PL_CHART_PANELS; k++) {
        const struct pl_specification *item = &multiverse.items[k];
        struct pl_chart_panel panel = {
            .title = pl_arena_printf(drawing->arena, "%s, %s", title_of(drawing, item),
                                     drawing->told->experiment->entries[item->entry].label)};
        if (!(item->shares.variance > 0) || item->count < PL_SHARES_LEAST) continue;
        for (size_t f = 0; f < multiverse.design->factor_count; f++) {
            const struct pl_share *share = &item->shares.alone[f];
            struct pl_chart_series *series = pl_figure_series(drawing, &panel, item->entry, 1);
            series->name = multiverse.design->factors[f].key;
            series->x[0] = share->value;
            series->y[0] = (double)f;
            series->low[0] = share->interval.low;
            series->high[0] = share->interval.high;
        }
        PL_VEC_PUSH(&chart->panels, panel);
    }
}
