/* Forest: a row a series, its estimate as a mark and its interval as a whisker; the level as a line, and
 * around it the zone that counts as no difference. Panels share the rows, which are named at the left. */
#include <math.h>
#include <string.h>

#include "experiments/report/chart_impl.h"

#define ROW         19    /* pixels */
#define NAME_MOST   240.0 /* pixels at the left */
#define WIDEST_ZOOM 40    /* whiskers that reach further than this times the estimates are cut */

/* The estimates, then of the whiskers as much as leaves the estimates readable. */
static void take_panels(const struct pl_chart *chart, struct pl_scale *x) {
    if (!isnan(chart->level)) pl_scale_take(x, chart->level);
    for (size_t p = 0; p < chart->panels.count; p++)
        for (size_t s = 0; s < chart->panels.items[p].series.count; s++)
            pl_scale_take(x, chart->panels.items[p].series.items[s].x[0]);
    if (!pl_scale_exists(x)) return;
    double least = x->log ? x->low / WIDEST_ZOOM : -INFINITY;
    double most = x->log ? x->high * WIDEST_ZOOM : INFINITY;
    for (size_t p = 0; p < chart->panels.count; p++)
        for (size_t s = 0; s < chart->panels.items[p].series.count; s++) {
            const struct pl_chart_series *series = &chart->panels.items[p].series.items[s];
            if (isnan(series->low[0])) continue;
            pl_scale_take(x, series->low[0] < least ? least : series->low[0]);
            pl_scale_take(x, series->high[0] > most ? most : series->high[0]);
        }
}

/* The zone is the paper's neighbour; its look is the grid's. */
static void add_zone(const struct pl_chart *chart, struct pl_strbuf *out) {
    if (isnan(chart->level)) return;
    if (chart->level_width > 0)
        pl_strbuf_addf(
            out,
            "set object 1 rectangle from first %.9g, graph 0 to first %.9g, graph 1 "
            "fc rgb '" PL_GRID "' fs transparent solid 0.5 noborder behind\n",
            chart->log_x ? chart->level / chart->level_width : chart->level - chart->level_width,
            chart->log_x ? chart->level * chart->level_width : chart->level + chart->level_width);
    pl_strbuf_addf(out,
                   "set arrow from first %.9g, graph 0 to first %.9g, graph 1 nohead lw 1 dt 1 "
                   "lc rgb '" PL_AXIS "' back\n",
                   chart->level, chart->level);
}

static void add_row(const struct pl_chart *chart, const struct pl_chart_series *series,
                    size_t block, bool first, struct pl_strbuf *out) {
    const struct pl_look *look = &pl_looks[series->look];
    const char *colour = series->look >= PL_LOOK_GREY ? PL_AXIS : look->colour;
    pl_strbuf_addf(out,
                   "%s '%s.dat' index %zu using 1:2:3:4 with xerrorbars lw 2 pt %d ps 0.01 "
                   "lc rgb '%s'",
                   first ? "plot" : ", \\\n    ", chart->name, block, look->mark, colour);
    if (series->hollow)
        pl_strbuf_addf(
            out, ", \\\n     '' index %zu using 1:2 with points pt %d ps 0.8 lc rgb '" PL_PAPER "'",
            block, look->mark);
    pl_strbuf_addf(out,
                   ", \\\n     '' index %zu using 1:2 with points pt %d ps 0.8 lw 1.5 lc rgb '%s'",
                   block, series->hollow ? look->hollow : look->mark, colour);
}

static void add_panel(const struct pl_chart *chart, const struct pl_layout *layout, size_t index,
                      size_t block, const struct pl_scale *x, struct pl_strbuf *out) {
    const struct pl_chart_panel *panel = &chart->panels.items[index];
    struct pl_box box = pl_layout_box(layout, index);
    bool begun = false;
    pl_gp_box(layout, box, out);
    pl_gp_range("x", x, true, out);
    pl_strbuf_addf(out, "set yrange [%zu.5:-0.5]\nunset ytics\nset border 1\n",
                   panel->series.count - 1);
    pl_strbuf_add(out, "set grid noytics xtics lc rgb '" PL_GRID "' lw 1 lt 1 dt 1\n");
    pl_gp_title(layout, box, panel->title, out);
    add_zone(chart, out);
    for (size_t s = 0; index % layout->columns == 0 && s < panel->series.count; s++) {
        struct pl_strbuf text;
        pl_strbuf_init(&text);
        pl_gp_shorten(&text, panel->series.items[s].name, NAME_MOST);
        pl_gp_text(layout, box.left - 10, box.top + (0.5 + (double)s) * ROW, "right", text.text,
                   out);
        pl_strbuf_finish(&text);
    }
    for (size_t s = 0; s < panel->series.count; s++) {
        add_row(chart, &panel->series.items[s], block + s, !begun, out);
        begun = true;
    }
    if (!begun) pl_strbuf_addf(out, "plot 1/0");
    pl_strbuf_add(out, "\nunset label\nunset arrow\nunset object\n");
}

void pl_chart_forest(const struct pl_chart *chart, struct pl_strbuf *script) {
    size_t panels = chart->panels.count, block = 0;
    const struct pl_chart_panel *first = &chart->panels.items[0];

    double width = 0;
    for (size_t s = 0; s < first->series.count; s++) {
        double own = pl_text_width(first->series.items[s].name);
        if (own > width) width = own < NAME_MOST ? own : NAME_MOST;
    }
    struct pl_layout layout = pl_layout_make(chart, width + 18, ROW * (double)first->series.count);
    struct pl_scale x = pl_scale_empty(chart->log_x);
    take_panels(chart, &x);
    pl_scale_pad(&x, 0.06, 0.06);
    pl_scale_tick(&x, (size_t)(layout.panel_width / 70));
    pl_gp_head(chart, &layout, script);
    pl_gp_labels(chart, &layout, script);
    for (size_t p = 0; p < panels; p++) {
        add_panel(chart, &layout, p, block, &x, script);
        block += chart->panels.items[p].series.count;
    }
    pl_gp_foot(script);
}
