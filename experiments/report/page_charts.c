/* Figures of the page, and what stands in their place: tables of their numbers, or plots of characters. */
#include <math.h>

#include "experiments/report/page_impl.h"

#define PLOTS_AT_MOST   6
#define NUMBERS_AT_MOST 300

/* A point of a series: cells of its line. */
struct point {
    const struct pl_chart_panel *panel;
    const struct pl_chart_series *series;
    size_t index;
};

static void add_point(struct pl_page *page, struct pl_lines *lines, const struct point *p) {
    const struct pl_chart_series *s = p->series;
    const double numbers[] = {s->x[p->index], s->y[p->index], s->low[p->index], s->high[p->index]};
    PL_VEC_PUSH(&lines->cells, p->panel->title);
    PL_VEC_PUSH(&lines->cells, s->name);
    for (int k = 0; k < 4; k++)
        PL_VEC_PUSH(&lines->cells, pl_number_text(&page->arena, PL_UNIT_NONE, numbers[k]));
}

/* The numbers of a chart that was not drawn. Those of a forest stand in the tables below it, and choices in
 * strips of characters. */
static void add_numbers(struct pl_page *page, const struct pl_chart *chart) {
    bool heat = chart->kind == PL_CHART_HEAT;
    const struct pl_column columns[] = {
        {.header = "", .alignment = 'l'},
        {.header = "variant", .alignment = 'e'},
        {.header = chart->x_label, .alignment = 'r'},
        {.header = chart->y_label, .alignment = 'r'},
        {.header = heat ? "weight" : "low", .alignment = 'r'},
        {.header = heat ? "" : "high", .alignment = 'r'},
    };
    struct pl_lines lines = PL_LINES(columns);
    size_t count = 0;
    if (chart->kind == PL_CHART_FOREST || chart->kind == PL_CHART_CHOICES) return;
    for (size_t p = 0; p < chart->panels.count; p++)
        for (size_t s = 0; s < chart->panels.items[p].series.count; s++) {
            const struct pl_chart_panel *panel = &chart->panels.items[p];
            struct point point = {panel, &panel->series.items[s], 0};
            for (; point.index < point.series->count; point.index++)
                if (count++ < NUMBERS_AT_MOST) add_point(page, &lines, &point);
        }
    pl_page_end_lines(page, &lines);
    if (count > NUMBERS_AT_MOST)
        pl_page_paragraph(page, pl_arena_printf(&page->arena, "And %zu more: report --format json.",
                                                count - NUMBERS_AT_MOST));
}

/* False when the page has no such chart at all. */
bool pl_page_chart(struct pl_page *page, enum pl_figure_kind kind) {
    if (!page->figures || !page->figures->items[kind].exists) return false;
    const struct pl_figure *figure = &page->figures->items[kind];
    if (figure->svg)
        page->style->chart(page->out, figure);
    else
        add_numbers(page, &figure->chart);
    return true;
}

static void add_plot(struct pl_page *page, size_t axis, size_t point) {
    struct pl_strbuf plot;
    pl_strbuf_init(&plot);
    pl_report_plot(page->told, axis, point, &plot);
    const char *rest = pl_report_point(page->told, &page->arena, point, axis);
    if (plot.length > 0) {
        if (*rest) pl_page_subheading(page, rest);
        page->style->figure(page->out, plot.text);
    }
    pl_strbuf_finish(&plot);
}

void pl_page_plots(struct pl_page *page, size_t axis) {
    const struct pl_analysis *a = page->told;
    size_t plots = a->point_count / a->experiment->axes[axis].count;
    if (plots > PLOTS_AT_MOST) {
        pl_say_too_many_plots(pl_page_say(page), plots);
        pl_page_said(page);
        return;
    }
    for (size_t point = 0; point < a->point_count; point++)
        if (pl_analysis_axis_index(a, point, axis) == 0) add_plot(page, axis, point);
}

/* The figure of the page: a chart where there are any, else a plot of characters. */
void pl_page_main(struct pl_page *page) {
    const struct pl_analysis *a = page->told;
    size_t axis = pl_report_main_axis(a);
    bool drawn = page->figures && !page->figures->refusal;
    if (axis == PL_WHOLE && !drawn) return;
    if (axis == PL_WHOLE)
        pl_page_heading(page, pl_arena_printf(&page->arena, "%s of every variant", a->metric));
    else
        pl_page_heading(page, pl_arena_printf(&page->arena, "%s against %s", a->metric,
                                              a->experiment->axes[axis].key));
    if (!drawn) pl_page_plots(page, axis);
    pl_page_chart(page, PL_FIGURE_MAIN);
}

/* The learning rates of a study that does not select. */
void pl_page_rates(struct pl_page *page) {
    if (page->whole->selection || !page->figures || !page->figures->items[PL_FIGURE_RATES].exists)
        return;
    pl_page_heading(page, page->figures->items[PL_FIGURE_RATES].chart.title);
    pl_page_chart(page, PL_FIGURE_RATES);
}

/* Over two axes of numbers. */
void pl_page_map(struct pl_page *page) {
    if (!page->figures || !page->figures->items[PL_FIGURE_MAP].exists) return;
    pl_page_heading(page, page->figures->items[PL_FIGURE_MAP].chart.title);
    pl_page_chart(page, PL_FIGURE_MAP);
}

/* The inside of the networks, where it was measured. */
void pl_page_inside(struct pl_page *page) {
    static const enum pl_figure_kind kinds[] = {PL_FIGURE_STATES,    PL_FIGURE_OUTPUTS,
                                                PL_FIGURE_GRADIENTS, PL_FIGURE_MIXING,
                                                PL_FIGURE_SOURCES,   PL_FIGURE_HEADS};
    bool begun = false;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        if (!page->figures || !page->figures->items[kinds[k]].exists) continue;
        if (!begun) pl_page_heading(page, "Inside the networks");
        begun = true;
        pl_page_subheading(page, page->figures->items[kinds[k]].chart.title);
        pl_page_chart(page, kinds[k]);
    }
}

void pl_page_learning(struct pl_page *page) {
    if (!page->figures || !page->figures->items[PL_FIGURE_LEARNING].exists) return;
    pl_page_heading(page, "Learning curves");
    pl_page_chart(page, PL_FIGURE_LEARNING);
    if (!page->figures->items[PL_FIGURE_ACCURACY].exists) return;
    pl_page_subheading(page, page->figures->items[PL_FIGURE_ACCURACY].chart.title);
    pl_page_chart(page, PL_FIGURE_ACCURACY);
}
