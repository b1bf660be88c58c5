/* Choices: a curve of things in order, and below it a grid of the choices that each of them made; both have the
 * same x. A panel has two series, the curve (x: place from 1, y, low, high) and the squares of the grid (x: place,
 * y: row of chart->rows, low: share of the things around x that have that choice). Rows of one group have one
 * ground.
 *
 *     1.5 ┤             ╭───      curve
 *       1 ┤─────╭───────╯
 *     relu│ ■■■■   ■   ■          grid
 *     silu│     ■■■ ■■■ ■■
 */
#include <math.h>

#include "experiments/report/chart_impl.h"

#define CURVE     190.0 /* pixels: height of the curve */
#define GAP       8.0   /* between it and the grid */
#define ROW       15.0
#define NAME_MOST 210.0 /* pixels at the left */
#define STEPS     8     /* shades */

/* The curve, then of the whiskers what leaves it readable: five times its own range on a log scale. */
static struct pl_scale scale_of(const struct pl_chart *chart) {
    struct pl_scale y = pl_scale_empty(chart->log_y);
    if (!isnan(chart->level)) pl_scale_take(&y, chart->level);
    for (size_t p = 0; p < chart->panels.count; p++) {
        const struct pl_chart_series *curve = &chart->panels.items[p].series.items[0];
        for (size_t i = 0; i < curve->count; i++) pl_scale_take(&y, curve->y[i]);
    }
    double least = y.low / 5, most = y.high * 5;
    for (size_t p = 0; p < chart->panels.count; p++) {
        const struct pl_chart_series *curve = &chart->panels.items[p].series.items[0];
        for (size_t i = 0; i < curve->count; i++) {
            pl_scale_take(&y, curve->low[i] < least ? least : curve->low[i]);
            pl_scale_take(&y, curve->high[i] > most ? most : curve->high[i]);
        }
    }
    pl_scale_pad(&y, 0.04, 0.04);
    pl_scale_tick(&y, (size_t)(CURVE / 40));
    return y;
}

/* The place at which the curve passes the level; NaN when it does not. */
static double passes(const struct pl_chart *chart, const struct pl_chart_series *curve) {
    for (size_t i = 1; i < curve->count; i++)
        if (curve->y[i - 1] < chart->level && curve->y[i] >= chart->level)
            return (curve->x[i - 1] + curve->x[i]) / 2;
    return NAN;
}

static void add_curve(const struct pl_chart *chart, const struct pl_layout *layout, size_t index,
                      struct pl_box box, const struct pl_scale *x, const struct pl_scale *y,
                      struct pl_strbuf *out) {
    const struct pl_chart_panel *panel = &chart->panels.items[index];
    const char *colour = pl_looks[panel->series.items[0].look].colour;
    pl_gp_box(layout, box, out);
    pl_gp_range("x", x, false, out);
    pl_gp_range("y", y, index % layout->columns == 0, out);
    pl_strbuf_add(out, "set border 2\nset grid noxtics ytics lc rgb '" PL_GRID "' lw 1 lt 1 dt 1\n"
                       "set xtics ('' -9)\n");
    pl_gp_title(layout, box, panel->title, out);
    pl_strbuf_addf(out,
                   "set arrow from graph 0, first %.9g to graph 1, first %.9g nohead lw 1 dt 1 lc "
                   "rgb '" PL_AXIS "' back\n",
                   chart->level, chart->level);
    pl_strbuf_addf(out,
                   "plot '%s.dat' index %zu using 1:3:4 with filledcurves lc rgb '%s', \\\n"
                   "     '' index %zu using 1:2 with lines lw 2 lc rgb '%s'\n"
                   "unset label\nunset arrow\n",
                   chart->name, 2 * index, colour, 2 * index, colour);
}

/* A ground for every other group of rows, and the names of the rows at the left. */
static void add_rows(const struct pl_chart *chart, const struct pl_layout *layout,
                     struct pl_box box, bool named, struct pl_strbuf *out) {
    int object = 1;
    for (size_t r = 0; r < chart->row_count; r++) {
        struct pl_strbuf text;
        if (chart->rows[r].group % 2 == 0)
            pl_strbuf_addf(out,
                           "set object %d rectangle from graph 0, first %.1f to graph 1, first "
                           "%.1f fc rgb '" PL_GRID "' fs transparent solid 0.35 noborder behind\n",
                           object++, (double)r - 0.5, (double)r + 0.5);
        if (!named) continue;
        pl_strbuf_init(&text);
        pl_gp_shorten(&text, chart->rows[r].name, NAME_MOST);
        pl_gp_text(layout, box.left - 8, box.top + ((double)r + 0.5) * ROW, "right", text.text,
                   out);
        pl_strbuf_finish(&text);
    }
}

static void add_grid(const struct pl_chart *chart, const struct pl_layout *layout, size_t index,
                     struct pl_box box, const struct pl_scale *x, struct pl_strbuf *out) {
    const struct pl_chart_panel *panel = &chart->panels.items[index];
    double at = passes(chart, &panel->series.items[0]);
    pl_gp_box(layout, box, out);
    pl_gp_range("x", x, true, out);
    pl_strbuf_addf(
        out,
        "unset logscale y\nset yrange [%.1f:-0.5]\nset ytics ('' -9)\nset border 1\nset grid "
        "noxtics noytics\n",
        (double)chart->row_count - 0.5);
    add_rows(chart, layout, box, index % layout->columns == 0, out);
    if (!isnan(at))
        pl_strbuf_addf(out,
                       "set arrow from first %.9g, graph 0 to first %.9g, graph 1 nohead lw 1 dt "
                       "(2,3) lc rgb '" PL_INK "' front\n",
                       at, at);
    for (int step = 0; step < STEPS; step++)
        pl_strbuf_addf(
            out,
            "%s'%s.dat' index %zu using 1:($3 > %.9g && $3 <= %.9g ? $2 : 1/0):(%.9g):"
            "(0.36) with boxxyerror fs transparent solid %.3f noborder lc rgb '" PL_INK "'",
            step ? ", \\\n    " : "plot ", chart->name, 2 * index + 1, (double)step / STEPS,
            (step + 1.0) / STEPS, chart->step * 0.5, (step + 1.0) / STEPS);
    /* rows begin below 0, where the next panel's scale cannot be */
    pl_strbuf_add(out, "\nunset label\nunset arrow\nunset object\nset yrange [1:10]\n");
}

void pl_chart_choices(const struct pl_chart *chart, struct pl_strbuf *script) {
    struct pl_scale x = pl_scale_empty(false), y = scale_of(chart);
    double width = 40, grid = ROW * (double)chart->row_count;
    for (size_t r = 0; r < chart->row_count; r++) {
        double own = pl_text_width(chart->rows[r].name) + 12;
        if (own > width) width = own < NAME_MOST ? own : NAME_MOST;
    }
    for (size_t p = 0; p < chart->panels.count; p++) {
        const struct pl_chart_series *curve = &chart->panels.items[p].series.items[0];
        pl_scale_take(&x, 0.5);
        pl_scale_take(&x, (double)curve->count + 0.5);
    }
    struct pl_layout layout = pl_layout_make(chart, width, CURVE + GAP + grid);
    pl_scale_tick(&x, (size_t)(layout.panel_width / 70));
    pl_gp_head(chart, &layout, script);
    pl_gp_labels(chart, &layout, script);
    for (size_t p = 0; p < chart->panels.count; p++) {
        struct pl_box box = pl_layout_box(&layout, p), below = box;
        box.height = CURVE;
        below.top += CURVE + GAP;
        below.height = grid;
        add_curve(chart, &layout, p, box, &x, &y, script);
        add_grid(chart, &layout, p, below, &x, script);
    }
    pl_gp_foot(script);
}
