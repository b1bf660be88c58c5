/* The readings of a design: the specification curve, and which choice decides. A panel a setting of the kept
 * axes; the figures that have a panel or a line a point of the axes are left out then. */
#include <math.h>
#include <string.h>

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
    const struct pl_multiverse *multiverse = drawing->multiverse;
    chart->name = pl_figure_name(drawing, "readings");
    if (!multiverse) return;
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
    for (size_t k = 0; k < multiverse->count; k++) {
        const struct pl_specification *item = &multiverse->items[k];
        bool begins = k == 0 || multiverse->items[k - 1].setting != item->setting;
        if (begins && chart->panels.count == PL_CHART_PANELS) break;
        if (begins)
            PL_VEC_PUSH(&chart->panels, (struct pl_chart_panel){.title = title_of(drawing, item)});
        add_curve(drawing, multiverse, item, &chart->panels.items[chart->panels.count - 1]);
    }
}

/* ---- choices ---- */

#define SQUARES_MOST 60 /* of a row: more readings share one */

/* "activation = relu", from the factor that explains most (at the first setting) down. */
static void name_rows(struct pl_drawing *drawing, const struct pl_specification *item,
                      size_t *order, struct pl_chart *chart) {
    const struct pl_design *design = drawing->multiverse->design;
    size_t rows = 0;
    pl_multiverse_rank_factors(drawing->multiverse, item, order);
    for (size_t f = 0; f < design->factor_count; f++) rows += design->factors[f].count;
    struct pl_chart_row *names = PL_ARENA_ARRAY(drawing->arena, struct pl_chart_row, rows + 1);
    for (size_t k = 0; k < design->factor_count; k++) {
        const struct pl_axis *axis = &design->factors[order[k]];
        const char *dot = strrchr(axis->key, '.');
        for (size_t v = 0; v < axis->count; v++)
            names[chart->row_count++] =
                (struct pl_chart_row){pl_arena_printf(drawing->arena, "%s = %s",
                                                      dot ? dot + 1 : axis->key, axis->values[v]),
                                      k};
    }
    chart->rows = names;
}

/* One square a row and a group of readings that follow each other. */
static void add_squares(struct pl_drawing *drawing, const struct pl_specification *item,
                        const size_t *order, const struct pl_chart *chart,
                        struct pl_chart_panel *panel) {
    const struct pl_design *design = drawing->multiverse->design;
    size_t step = (size_t)chart->step, groups = (item->count + step - 1) / step;
    struct pl_chart_series *series =
        pl_figure_series(drawing, panel, item->entry, groups * chart->row_count);
    series->count = 0;
    for (size_t k = 0, row = 0; k < design->factor_count; k++)
        for (size_t v = 0; v < design->factors[order[k]].count; v++, row++)
            for (size_t g = 0; g < groups; g++) {
                size_t begin = g * step;
                size_t end = begin + step < item->count ? begin + step : item->count, have = 0;
                for (size_t i = begin; i < end; i++)
                    have += design->levels[item->order[i] * design->factor_count + order[k]] == v;
                if (have == 0) continue;
                series->x[series->count] = (double)(begin + end + 1) / 2;
                series->y[series->count] = (double)row;
                series->low[series->count++] = (double)have / (double)(end - begin);
            }
}

void pl_figure_choices(struct pl_drawing *drawing, struct pl_chart *chart) {
    const struct pl_analysis *a = drawing->told;
    const struct pl_multiverse *multiverse = drawing->multiverse;
    size_t place = (size_t)(drawing->kind - PL_FIGURE_CHOICES), entries = 0;
    if (multiverse) entries = multiverse->count / multiverse->setting_count;
    chart->name =
        pl_figure_name(drawing, pl_arena_printf(drawing->arena, "choices-%zu", place + 1));
    chart->kind = PL_CHART_CHOICES;
    if (place >= entries) return;
    const char *label = a->experiment->entries[multiverse->items[place].entry].label;
    size_t *order = PL_ARENA_ARRAY(drawing->arena, size_t, multiverse->design->factor_count),
           most = 0;
    chart->title = pl_arena_printf(drawing->arena, "The readings of %s, and their choices", label);
    chart->x_label = "readings, in the order of their ratio";
    chart->y_label = pl_arena_printf(drawing->arena, "%s of %s over that of %s (log scale)",
                                     a->metric, label, a->experiment->baseline);
    chart->log_y = true;
    chart->level = 1.0;
    for (size_t k = place; k < multiverse->count; k += entries)
        if (multiverse->items[k].count > most) most = multiverse->items[k].count;
    chart->step = (double)((most + SQUARES_MOST - 1) / SQUARES_MOST);
    chart->caption = pl_arena_printf(
        drawing->arena,
        "Above: the paired ratio of %s to %s in every reading with its 95 %% interval, from the "
        "least up; "
        "below 1 is better. Below: which choices these readings made%s; a choice whose dark "
        "squares stand at "
        "one end decides the order, one that is even does not. Choices stand in the order of the "
        "share of the "
        "variance that they explain%s. Dotted: where the ratio passes 1.",
        label, a->experiment->baseline,
        chart->step > 1
            ? pl_arena_printf(drawing->arena,
                              " (the darker, the more of %.0f readings that follow each other)",
                              chart->step)
            : "",
        multiverse->setting_count > 1 ? " in the first panel" : "");
    name_rows(drawing, &multiverse->items[place], order, chart);
    for (size_t k = place; k < multiverse->count && chart->panels.count < 3; k += entries) {
        const struct pl_specification *item = &multiverse->items[k];
        struct pl_chart_panel panel = {.title = title_of(drawing, item)};
        add_curve(drawing, multiverse, item, &panel);
        add_squares(drawing, item, order, chart, &panel);
        PL_VEC_PUSH(&chart->panels, panel);
    }
}

void pl_figure_shares(struct pl_drawing *drawing, struct pl_chart *chart) {
    const struct pl_multiverse *multiverse = drawing->multiverse;
    chart->name = pl_figure_name(drawing, "shares");
    if (!multiverse) return;
    chart->kind = PL_CHART_FOREST;
    chart->title = "Which choice decides";
    chart->x_label = "share of the variance over readings";
    chart->level = 0.0;
    chart->caption = "Share of the variance of the log ratio that each choice explains alone, with "
                     "its 95 % interval over readings; the line is 0.";
    for (size_t k = 0; k < multiverse->count && chart->panels.count < PL_CHART_PANELS; k++) {
        const struct pl_specification *item = &multiverse->items[k];
        struct pl_chart_panel panel = {
            .title = pl_arena_printf(drawing->arena, "%s, %s", title_of(drawing, item),
                                     drawing->told->experiment->entries[item->entry].label)};
        if (!(item->shares.variance > 0) || item->count < PL_SHARES_LEAST) continue;
        for (size_t f = 0; f < multiverse->design->factor_count; f++) {
            const struct pl_share *share = &item->shares.alone[f];
            struct pl_chart_series *series = pl_figure_series(drawing, &panel, item->entry, 1);
            series->name = multiverse->design->factors[f].key;
            series->x[0] = share->value;
            series->y[0] = (double)f;
            series->low[0] = share->interval.low;
            series->high[0] = share->interval.high;
        }
        PL_VEC_PUSH(&chart->panels, panel);
    }
}
