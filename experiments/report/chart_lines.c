/* Lines: y against x, a band and a line with marks per series; greys first, the baseline last, so that
 * what is named lies on top. Crossings are marked at the foot of a panel: a bar for the interval, a
 * dot for the place, and a dotted line up to where the curves meet. */
#include <math.h>

#include "core/base/math.h"
#include "experiments/report/chart_impl.h"

#define LEFT       24 /* pixels, besides the numbers at the ticks */
#define MARK_ROW   9  /* pixels of a marked crossing at the foot */
#define MARKS_MOST 8  /* of one panel */
#define MARK_ROOM  24 /* pixels a point must have on average for its line to have marks */

/* Where there are more than looks, bands would hide what they belong to: only the baseline and the best
 * other have one. */
static bool has_band(const struct pl_chart_panel *panel, const struct pl_chart_series *series) {
    bool grey = false;
    for (size_t s = 0; s < panel->series.count; s++)
        grey = grey || panel->series.items[s].look == PL_LOOK_GREY;
    return series->look <= (grey ? 1 : PL_LOOKS - 1);
}

/* Bands count as far as they leave the lines readable: twice the lines' own range, or a factor of 1.5, on
 * either side. (With two seeds a t interval is thirteen standard errors wide.) */
static void take_bands(const struct pl_chart *chart, struct pl_scale *y) {
    if (!pl_scale_exists(y)) return;
    double reach = y->high / y->low;
    reach = y->log ? (reach * reach > 1.5 ? reach * reach : 1.5) : INFINITY;
    double least = y->log ? y->low / reach : -INFINITY, most = y->log ? y->high * reach : INFINITY;
    for (size_t p = 0; p < chart->panels.count; p++) {
        const struct pl_chart_panel *panel = &chart->panels.items[p];
        for (size_t s = 0; s < panel->series.count; s++) {
            const struct pl_chart_series *series = &panel->series.items[s];
            for (size_t i = 0; i < series->count && has_band(panel, series); i++) {
                pl_scale_take(y, series->low[i] < least ? least : series->low[i]);
                pl_scale_take(y, series->high[i] > most ? most : series->high[i]);
            }
        }
    }
}

static size_t mark_count(const struct pl_chart_panel *panel) {
    return panel->marks.count < MARKS_MOST ? panel->marks.count : MARKS_MOST;
}

/* A few x of the data, when these are all there are, make better ticks than round numbers. */
static bool tick_data(const struct pl_chart *chart, struct pl_scale *scale) {
    size_t count = 0;
    for (size_t p = 0; p < chart->panels.count; p++)
        for (size_t s = 0; s < chart->panels.items[p].series.count; s++) {
            const struct pl_chart_series *series = &chart->panels.items[p].series.items[s];
            for (size_t i = 0; i < series->count; i++) {
                size_t k = 0;
                if (!isfinite(series->x[i])) continue;
                while (k < count && scale->ticks[k] != series->x[i]) k++;
                if (k < count) continue;
                if (count == 6) return false;
                scale->ticks[count++] = series->x[i];
            }
        }
    scale->tick_count = count;
    return count > 1;
}

static double clip(const struct pl_scale *scale, double value) {
    return value < scale->low ? scale->low : value > scale->high ? scale->high : value;
}

static void add_mark(const struct pl_layout *layout, const struct pl_chart_mark *mark, size_t row,
                     const struct pl_scale *x, struct pl_strbuf *out) {
    const char *colour = pl_looks[mark->look].colour;
    double foot = (0.6 + (double)row) * MARK_ROW / layout->panel_height;
    if (isfinite(mark->y))
        pl_strbuf_addf(out,
                       "set arrow from first %.9g, graph %.5f to first %.9g, first %.9g nohead "
                       "lw 1 dt (2,3) lc rgb '%s' back\n",
                       mark->at, foot, mark->at, mark->y, colour);
    if (!isnan(mark->low))
        pl_strbuf_addf(out,
                       "set arrow from first %.9g, graph %.5f to first %.9g, graph %.5f nohead "
                       "lw 3 dt 1 lc rgb '%s'\n",
                       clip(x, mark->low), foot, clip(x, mark->high), foot, colour);
    pl_strbuf_addf(out,
                   "set label '' at first %.9g, graph %.5f point pt %d ps 0.6 lc rgb '%s' "
                   "front\n",
                   mark->at, foot, pl_looks[mark->look].mark, colour);
}

/* ------------------------------------------------------------------------------- one panel */

struct plot {
    const struct pl_chart *chart;
    double width; /* of the panel */
    size_t block; /* of the panel's first series in the data file */
    bool begun;
    struct pl_strbuf *out;
};

static void begin(struct plot *plot, size_t series) {
    pl_strbuf_addf(plot->out, "%s '%s.dat' index %zu ", plot->begun ? ", \\\n    " : "plot",
                   plot->chart->name, plot->block + series);
    plot->begun = true;
}

static void add_line(struct plot *plot, const struct pl_chart_series *series, size_t index) {
    const struct pl_look *look = &pl_looks[series->look];
    begin(plot, index);
    if (series->look == PL_LOOK_GREY)
        pl_strbuf_addf(plot->out, "using 1:2 with lines lw 1 lc rgb '%s'", look->colour);
    else if (series->look > PL_LOOK_GREY)
        pl_strbuf_addf(plot->out, "using 1:2 with lines lw 1.5 dt %s lc rgb '%s'", look->dash,
                       look->colour);
    else if ((double)series->count * MARK_ROOM > plot->width)
        pl_strbuf_addf(plot->out, "using 1:2 with lines lw 2 dt %s lc rgb '%s'", look->dash,
                       look->colour);
    else
        pl_strbuf_addf(plot->out, "using 1:2 with linespoints lw 2 dt %s pt %d ps 0.6 lc rgb '%s'",
                       look->dash, look->mark, look->colour);
}

/* What a series is drawn after: greys, bands, lines, and last the baseline's line. */
enum turn { GREYS, BANDS, LINES, BASELINE, TURNS };

static void add_turn(struct plot *plot, const struct pl_chart_panel *panel, enum turn turn) {
    for (size_t s = 0; s < panel->series.count; s++) {
        const struct pl_chart_series *series = &panel->series.items[s];
        bool grey = series->look >= PL_LOOK_GREY;
        if (series->count == 0 || (turn == GREYS) != grey) continue;
        if (turn == BANDS && has_band(panel, series)) {
            begin(plot, s);
            pl_strbuf_addf(plot->out, "using 1:3:4 with filledcurves lc rgb '%s'",
                           pl_looks[series->look].colour);
        } else if (turn != BANDS && (grey || (series->look == 0) == (turn == BASELINE)))
            add_line(plot, series, s);
    }
}

static void add_level(const struct pl_chart *chart, struct pl_strbuf *out) {
    if (isnan(chart->level)) return;
    pl_strbuf_addf(out,
                   "set arrow from graph 0, first %.9g to graph 1, first %.9g nohead lw 1 "
                   "dt 1 lc rgb '" PL_AXIS "' back\n",
                   chart->level, chart->level);
}

static void add_panel(const struct pl_chart *chart, const struct pl_layout *layout, size_t index,
                      size_t block, const struct pl_scale *x, const struct pl_scale *y,
                      struct pl_strbuf *out) {
    const struct pl_chart_panel *panel = &chart->panels.items[index];
    struct pl_box box = pl_layout_box(layout, index);
    struct plot plot = {.chart = chart, .width = box.width, .block = block, .out = out};
    pl_gp_box(layout, box, out);
    pl_gp_range("x", x, true, out);
    pl_gp_range("y", y, index % layout->columns == 0, out);
    pl_strbuf_add(out, "set grid ytics lc rgb '" PL_GRID "' lw 1 lt 1 dt 1\n");
    pl_gp_title(layout, box, panel->title, out);
    add_level(chart, out);
    for (size_t m = 0; m < mark_count(panel); m++)
        add_mark(layout, &panel->marks.items[m], m, x, out);
    for (int turn = GREYS; turn < TURNS; turn++) add_turn(&plot, panel, (enum turn)turn);
    if (!plot.begun) pl_strbuf_addf(out, "plot 1/0");
    pl_strbuf_add(out, "\nunset label\nunset arrow\n");
}

/* Room for the widest number at the ticks. */
static double ticks_width(const struct pl_scale *scale) {
    double widest = 0;
    for (size_t i = 0; i < scale->tick_count; i++) {
        struct pl_strbuf text;
        pl_strbuf_init(&text);
        pl_strbuf_add_real(&text, scale->ticks[i]);
        if (pl_text_width(text.text) > widest) widest = pl_text_width(text.text);
        pl_strbuf_finish(&text);
    }
    return widest;
}

void pl_chart_lines(const struct pl_chart *chart, struct pl_strbuf *script) {
    static const double heights[] = {300, 230, 190};
    size_t panels = chart->panels.count, block = 0;
    double height = heights[panels == 1 ? 0 : panels == 2 || panels == 4 ? 1 : 2];
    struct pl_scale x = pl_scale_empty(chart->log_x), y = pl_scale_empty(chart->log_y);
    for (size_t p = 0; p < panels; p++) {
        for (size_t s = 0; s < chart->panels.items[p].series.count; s++) {
            const struct pl_chart_series *series = &chart->panels.items[p].series.items[s];
            for (size_t i = 0; i < series->count; i++) {
                if (!isfinite(series->y[i])) continue;
                pl_scale_take(&x, series->x[i]);
                pl_scale_take(&y, series->y[i]);
            }
        }
    }
    take_bands(chart, &y);
    if (!isnan(chart->level)) pl_scale_take(&y, chart->level);
    size_t most = 0;
    for (size_t p = 0; p < chart->panels.count; p++)
        if (mark_count(&chart->panels.items[p]) > most) most = mark_count(&chart->panels.items[p]);
    pl_scale_pad(&y, 0.04 + (double)most * MARK_ROW / height, 0.04);
    pl_scale_tick(&y, (size_t)(height / 40));
    struct pl_layout layout = pl_layout_make(chart, ticks_width(&y) + LEFT, height);
    pl_scale_pad(&x, panels == 1 ? 0.025 : 0.06, panels == 1 ? 0.025 : 0.06);
    if (!tick_data(chart, &x)) pl_scale_tick(&x, (size_t)(layout.panel_width / 70));
    pl_gp_head(chart, &layout, script);
    pl_gp_labels(chart, &layout, script);
    for (size_t p = 0; p < panels; p++) {
        add_panel(chart, &layout, p, block, &x, &y, script);
        block += chart->panels.items[p].series.count;
    }
    pl_gp_foot(script);
}
