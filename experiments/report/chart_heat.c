/* Heat: a square a number, in a panel for each thing compared; the darker the greater, numbers below 0 in
 * another colour. One hue that fades into the paper reads the same on light and dark. */
#include <math.h>
#include <stdio.h>

#include "core/base/escape.h"
#include "experiments/report/chart_impl.h"

#define LEFT   56
#define STEPS  12 /* shades */
#define SQUARE 16 /* pixels, of the legend */
#define LINE   20

/* The greatest magnitude of all panels, at least 1: shares of 1 look alike in every figure. */
static double greatest(const struct pl_chart *chart) {
    double most = 1.0;
    for (size_t p = 0; p < chart->panels.count; p++)
        for (size_t s = 0; s < chart->panels.items[p].series.count; s++) {
            const struct pl_chart_series *series = &chart->panels.items[p].series.items[s];
            for (size_t i = 0; i < series->count; i++)
                if (fabs(series->low[i]) > most) most = fabs(series->low[i]);
        }
    return most;
}

static struct pl_scale index_scale(const struct pl_chart *chart, bool across) {
    struct pl_scale scale = pl_scale_empty(false);
    for (size_t p = 0; p < chart->panels.count; p++) {
        const struct pl_chart_series *series = &chart->panels.items[p].series.items[0];
        for (size_t i = 0; i < series->count; i++)
            pl_scale_take(&scale, across ? series->x[i] : series->y[i]);
    }
    return scale;
}

/* Ticks at whole numbers, about [wanted]. */
static void tick_indices(struct pl_scale *scale, double wanted) {
    double every = ceil((scale->high - scale->low + 1) / wanted);
    scale->tick_count = 0;
    for (double i = ceil(scale->low / every) * every; i <= scale->high; i += every)
        if (scale->tick_count < PL_TICKS) scale->ticks[scale->tick_count++] = i;
    scale->low -= 0.5;
    scale->high += 0.5;
}

/* The same ticks by the names of the whole numbers. */
static void name_ticks(const char *axis, const struct pl_scale *scale, const char *const *names,
                       bool labelled, struct pl_strbuf *out) {
    pl_strbuf_addf(out, "set %stics (", axis);
    for (size_t i = 0; i < scale->tick_count; i++) {
        if (i) pl_strbuf_add(out, ", ");
        pl_escape_gnuplot(out, labelled ? names[(size_t)scale->ticks[i]] : "");
        pl_strbuf_addf(out, " %.9g", scale->ticks[i]);
    }
    pl_strbuf_add(out, ")\n");
}

static double shade(int step) {
    return ((double)step + 0.5) / STEPS;
}

static bool has_below(const struct pl_chart_series *series) {
    for (size_t i = 0; i < series->count; i++)
        if (series->low[i] < 0) return true;
    return false;
}

static void add_panel(const struct pl_chart *chart, const struct pl_layout *layout, size_t index,
                      const struct pl_scale *x, const struct pl_scale *y, double most,
                      struct pl_strbuf *out) {
    const struct pl_chart_panel *panel = &chart->panels.items[index];
    struct pl_box box = pl_layout_box(layout, index);
    struct pl_scale turned = *y; /* the first layer on top */
    turned.low = y->high;
    turned.high = y->low;
    pl_gp_box(layout, box, out);
    pl_gp_range("x", x, true, out);
    pl_gp_range("y", &turned, index % layout->columns == 0, out);
    if (chart->x_names) name_ticks("x", x, chart->x_names, true, out);
    if (chart->y_names) name_ticks("y", y, chart->y_names, index % layout->columns == 0, out);
    pl_gp_title(layout, box, panel->title, out);
    /* For each step on each side of 0: the squares whose magnitude, of [most], falls on it. */
    for (int below = 0; below <= has_below(&panel->series.items[0]); below++)
        for (int step = 0; step < STEPS; step++) {
            double low = most * step / STEPS, high = most * (step + 1) / STEPS;
            const char *sign = below ? "-" : "";
            pl_strbuf_addf(
                out,
                "%s '%s.dat' index %zu using 1:(%s$3 >%s %.9g && %s$3 %s %.9g ? $2 : 1/0)"
                ":(0.5):(0.5) with boxxyerror fs transparent solid %.3f noborder lc rgb '%s'",
                !below && step == 0 ? "plot" : ", \\\n    ", chart->name, index, sign,
                step || below ? "" : "=", low, sign, "<=", high, shade(step),
                pl_looks[below ? 2 : 1].colour);
        }
    pl_strbuf_add(out, "\nunset label\nunset object\n");
}

static void add_square(const struct pl_layout *layout, double x, double y, int step, int look,
                       int number, struct pl_strbuf *out) {
    pl_strbuf_addf(out,
                   "set object %d rectangle from screen %.5f,%.5f to screen %.5f,%.5f fc rgb '%s' "
                   "fs transparent solid %.3f noborder\n",
                   number, x / layout->width, 1 - (y - SQUARE / 2.0) / layout->height,
                   (x + SQUARE) / layout->width, 1 - (y + SQUARE / 2.0) / layout->height,
                   pl_looks[look].colour, shade(step));
}

/* From the greatest below 0, where there is any, over 0 to the greatest. */
static void add_legend(const struct pl_chart *chart, const struct pl_layout *layout, double most,
                       struct pl_strbuf *out) {
    double x = LEFT, y = LINE / 2.0 + 4;
    bool below = false;
    char end[32];
    int number = 1;
    for (size_t p = 0; p < chart->panels.count; p++)
        below = below || has_below(&chart->panels.items[p].series.items[0]);
    snprintf(end, sizeof end, "%.3g", below ? -most : 0.0);
    pl_gp_text(layout, x - 6, y, "right", end, out);
    for (int step = STEPS - 1; below && step >= 0; step--, x += SQUARE)
        add_square(layout, x, y, step, 2, number++, out);
    for (int step = 0; step < STEPS; step++, x += SQUARE)
        add_square(layout, x, y, step, 1, number++, out);
    snprintf(end, sizeof end, "%.3g", most);
    pl_gp_text(layout, x + 6, y, "left", end, out);
}

void pl_chart_heat(const struct pl_chart *chart, struct pl_strbuf *script) {
    size_t panels = chart->panels.count;
    struct pl_layout layout = pl_layout_make(chart, LEFT,
                                             panels == 1                  ? 320
                                             : panels == 2 || panels == 4 ? 280
                                                                          : 190);
    struct pl_scale x = index_scale(chart, true), y = index_scale(chart, false);
    double most = greatest(chart);
    tick_indices(&x, 8);
    tick_indices(&y, 8);
    pl_gp_head(chart, &layout, script);
    add_legend(chart, &layout, most, script);
    pl_gp_labels(chart, &layout, script);
    for (size_t p = 0; p < panels; p++) add_panel(chart, &layout, p, &x, &y, most, script);
    pl_gp_foot(script);
}
