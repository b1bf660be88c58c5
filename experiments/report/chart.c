/* What the kinds of charts share: looks, the layout in pixels, scales and titles as gnuplot is told
 * them, and the data file, a block a series in the order of panels. Pixels are counted from the top left;
 * gnuplot counts from the bottom left, so each place is turned around as it is written. A kind writes what
 * stands inside its panels (chart_lines.c, chart_forest.c, chart_heat.c,
 * chart_choices.c).
 */
#include "experiments/report/chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/escape.h"
#include "experiments/report/chart_impl.h"

#define MARGIN      20 /* at the right, and between panels */
#define LINE        20 /* of text */
#define TITLE       24 /* of a panel */
#define TICK_LABELS 30 /* below a panel */
#define SAMPLE      34 /* a piece of line in the legend */

const struct pl_look pl_looks[PL_LOOKS_ALL] = {
    {PL_INK, 7, 6, "1"},
    {"#0072b2", 5, 4, "1"},
    {"#d55e00", 9, 8, "(10,3)"},
    {"#009e73", 13, 12, "(3,3)"},
    {"#cc79a7", 11, 10, "(10,3,3,3)"},
    {"#e69f00", 15, 14, "(6,2)"},
    {"#56b4e9", 5, 4, "(2,4)"},
    {"#a39a00", 9, 8, "(10,3,3,3,3,3)"},
    {"#b0b7bf", 7, 6, "1"},
    {PL_AXIS, 2, 2, "(6,4)"},
    {PL_AXIS, 1, 1, "(10,3,2,3)"},
};

void pl_chart_finish(struct pl_chart *chart) {
    for (size_t i = 0; i < chart->panels.count; i++) {
        PL_VEC_FINISH(&chart->panels.items[i].series);
        PL_VEC_FINISH(&chart->panels.items[i].marks);
    }
    PL_VEC_FINISH(&chart->panels);
}

static bool series_shows(const struct pl_chart_series *series, bool forest) {
    for (size_t i = 0; i < series->count; i++)
        if (isfinite(forest ? series->x[i] : series->y[i])) return true;
    return false;
}

bool pl_chart_shows(const struct pl_chart *chart) {
    for (size_t p = 0; p < chart->panels.count; p++) {
        const struct pl_chart_panel *panel = &chart->panels.items[p];
        for (size_t s = 0; s < panel->series.count; s++)
            if (panel->series.items[s].look <= PL_LOOK_GREY && /* not what is known alone */
                series_shows(&panel->series.items[s], chart->kind == PL_CHART_FOREST))
                return true;
    }
    return false;
}

/* ---------------------------------------------------------------------------------- layout */

/* In the sans-serif fonts that browsers have, at 13 pixels; rather too much than too little. */
double pl_text_width(const char *text) {
    double width = 0;
    for (; *text; text++) {
        if (((unsigned char)*text & 0xC0) == 0x80) continue; /* within a character of UTF-8 */
        width += strchr("fijltI.,:;'|!()[]- ", *text) ? 5.0
                 : strchr("mwMW@%", *text)            ? 12.5
                 : (*text >= 'A' && *text <= 'Z')     ? 9.5
                 : ((unsigned char)*text >= 0x80)     ? 10.0
                                                      : 8.0;
    }
    return width;
}

/* The series of the first panel that are named, place by place; false after the last. */
static const struct pl_chart_series *named(const struct pl_chart *chart, size_t *index) {
    const struct pl_chart_panel *first = &chart->panels.items[0];
    while (*index < first->series.count) {
        const struct pl_chart_series *series = &first->series.items[(*index)++];
        if (series->look != PL_LOOK_GREY) return series;
    }
    return NULL;
}

static double sample_width(const char *name) {
    return SAMPLE + 6 + pl_text_width(name) + 14;
}

/* Only lines have a legend; the rows of a forest and the squares of a heat map name themselves. */
static bool has_legend(const struct pl_chart *chart) {
    return chart->kind == PL_CHART_LINES;
}

/* One sample: a piece of line with its mark, then the name. */
static void add_sample(const struct pl_layout *layout, double x, double y, int look,
                       const char *name, struct pl_strbuf *out) {
    double h = 1.0 - y / layout->height, w = layout->width;
    const struct pl_look *style = &pl_looks[look];
    pl_strbuf_addf(out,
                   "set arrow from screen %.5f,%.5f to screen %.5f,%.5f nohead lw %s dt %s lc rgb "
                   "'%s'\n",
                   x / w, h, (x + SAMPLE) / w, h,
                   look == PL_LOOK_GREY  ? "1"
                   : look > PL_LOOK_GREY ? "1.5"
                                         : "2",
                   style->dash, style->colour);
    if (look < PL_LOOK_GREY)
        pl_strbuf_addf(out,
                       "set label '' at screen %.5f,%.5f point pt %d ps 0.6 lc rgb '%s' "
                       "front\n",
                       (x + SAMPLE / 2.0) / w, h, style->mark, style->colour);
    pl_gp_text(layout, x + SAMPLE + 6, y, "left", name, out);
}

/* Walks the samples line by line and draws them, unless [out] is NULL; gives the height they take. */
static double lay_legend(const struct pl_chart *chart, const struct pl_layout *layout,
                         struct pl_strbuf *out) {
    double x = 8, y = LINE / 2.0 + 4;

    const struct pl_chart_panel *first = &chart->panels.items[0];
    size_t grey = 0;
    for (size_t s = 0; s < first->series.count; s++)
        grey += first->series.items[s].look == PL_LOOK_GREY;

    const struct pl_chart_series *series;
    char rest[40];
    for (size_t i = 0; (series = named(chart, &i));) {
        double width = sample_width(series->name);
        if (x > 8 && x + width > PL_CHART_WIDTH) {
            x = 8;
            y += LINE;
        }
        if (out) add_sample(layout, x, y, series->look, series->name, out);
        x += width;
    }
    if (grey == 0) return y + LINE / 2.0 + 4;
    snprintf(rest, sizeof rest, "%zu %s", grey, grey == 1 ? "other" : "others");
    if (x + sample_width(rest) > PL_CHART_WIDTH) {
        x = 8;
        y += LINE;
    }
    if (out) add_sample(layout, x, y, PL_LOOK_GREY, rest, out);
    return y + LINE / 2.0 + 4;
}

static bool has_titles(const struct pl_chart *chart) {
    for (size_t p = 0; p < chart->panels.count; p++)
        if (*chart->panels.items[p].title) return true;
    return false;
}

struct pl_layout pl_layout_make(const struct pl_chart *chart, double left, double height) {
    size_t panels = chart->panels.count, columns = panels == 2 || panels == 4 ? 2 : 3;
    struct pl_layout layout = {.width = PL_CHART_WIDTH, .left = left};
    if (panels == 1) columns = 1;
    layout.columns = columns;
    layout.legend = has_legend(chart)              ? lay_legend(chart, &layout, NULL)
                    : chart->kind == PL_CHART_HEAT ? LINE + 8
                                                   : 4;
    layout.label = *chart->y_label ? layout.legend + LINE / 2.0 : 0;
    layout.top = layout.legend + (*chart->y_label ? LINE + 4 : 0);
    double room = PL_CHART_WIDTH - left - MARGIN - MARGIN * (double)(columns - 1);
    layout.panel_width = room / (double)columns;
    layout.panel_height = height;
    layout.across = layout.panel_width + MARGIN;
    layout.down = height + TICK_LABELS + (has_titles(chart) ? TITLE : 4);
    layout.top += has_titles(chart) ? TITLE : 4;
    size_t rows = (panels + columns - 1) / columns;
    layout.height = layout.top + (double)(rows - 1) * layout.down + height + TICK_LABELS +
                    (*chart->x_label ? LINE + 4 : 4);
    return layout;
}

struct pl_box pl_layout_box(const struct pl_layout *layout, size_t panel) {
    return (struct pl_box){layout->left + (double)(panel % layout->columns) * layout->across,
                           layout->top + (double)(panel / layout->columns) * layout->down,
                           layout->panel_width, layout->panel_height};
}

/* --------------------------------------------------------------------------------- scripts */

void pl_gp_text(const struct pl_layout *layout, double x, double y, const char *place,
                const char *text, struct pl_strbuf *out) {
    pl_strbuf_add(out, "set label ");
    pl_escape_gnuplot(out, text);
    pl_strbuf_addf(out, " at screen %.5f,%.5f %s tc rgb '" PL_INK "'\n", x / layout->width,
                   1.0 - y / layout->height, place);
}

void pl_gp_head(const struct pl_chart *chart, const struct pl_layout *layout,
                struct pl_strbuf *out) {
    pl_strbuf_add(out, "# ");
    pl_escape_gnuplot_comment(out, chart->title);
    pl_strbuf_addf(out,
                   "\n# To draw it again: gnuplot -d %s.gp\n"
                   "set terminal svg size %.0f,%.0f dynamic rounded font 'sans-serif,13' "
                   "background '" PL_PAPER "'\n"
                   "set output '%s.svg'\n",
                   chart->name, layout->width, layout->height, chart->name);
    pl_strbuf_add(out, "set encoding utf8\n"
                       "set termoption noenhanced\n"
                       "set datafile missing 'nan'\n"
                       "unset key\n"
                       "set border 3 lc rgb '" PL_AXIS "' lw 1\n"
                       "set tics nomirror out scale 0.5 textcolor rgb '" PL_INK "'\n"
                       "set xtics offset 0,0.35\n"
                       "set style fill transparent solid 0.15 noborder\n"
                       "set multiplot\n");
}

void pl_gp_labels(const struct pl_chart *chart, const struct pl_layout *layout,
                  struct pl_strbuf *out) {
    double middle = (layout->left + layout->width - MARGIN) / 2;
    if (has_legend(chart)) lay_legend(chart, layout, out);
    if (*chart->y_label) pl_gp_text(layout, 8, layout->label, "left", chart->y_label, out);
    if (*chart->x_label)
        pl_gp_text(layout, middle, layout->height - LINE / 2.0 - 2, "center", chart->x_label, out);
}

void pl_gp_box(const struct pl_layout *layout, struct pl_box box, struct pl_strbuf *out) {
    pl_strbuf_addf(out,
                   "set lmargin at screen %.5f\nset rmargin at screen %.5f\n"
                   "set tmargin at screen %.5f\nset bmargin at screen %.5f\n",
                   box.left / layout->width, (box.left + box.width) / layout->width,
                   1.0 - box.top / layout->height, 1.0 - (box.top + box.height) / layout->height);
}

void pl_gp_range(const char *axis, const struct pl_scale *scale, bool labelled,
                 struct pl_strbuf *out) {
    pl_strbuf_addf(out, "%sset logscale %s\n", scale->log ? "" : "un", axis);
    pl_strbuf_addf(out, "set %srange [%.9g:%.9g]\nset %stics (", axis, scale->low, scale->high,
                   axis);
    for (size_t i = 0; i < scale->tick_count; i++) {
        pl_strbuf_add(out, i ? ", '" : "'");
        if (labelled) pl_strbuf_add_real(out, scale->ticks[i]);
        pl_strbuf_addf(out, "' %.9g", scale->ticks[i]);
    }
    pl_strbuf_add(out, ")\n");
}

void pl_gp_shorten(struct pl_strbuf *out, const char *text, double width) {
    static const char ellipsis[] = "…";
    struct pl_strbuf start;
    size_t bytes = 0;
    if (pl_text_width(text) <= width) {
        pl_strbuf_add(out, text);
        return;
    }
    pl_strbuf_init(&start);
    while (text[bytes]) {
        size_t next = bytes + 1;
        while (((unsigned char)text[next] & 0xC0) == 0x80) next++;
        pl_strbuf_add_bytes(&start, text + bytes, next - bytes);
        if (pl_text_width(start.text) + pl_text_width(ellipsis) > width) break;
        bytes = next;
    }
    pl_strbuf_finish(&start);
    pl_strbuf_add_bytes(out, text, bytes);
    pl_strbuf_add(out, ellipsis);
}

/* "structure = 0, lr = 0.1" of "task.structure = 0, train.lr = 0.1": a word and a dot at the beginning, or
 * after a comma. */
static void drop_sections(struct pl_strbuf *out, const char *title) {
    while (*title) {
        size_t word = strspn(title, "abcdefghijklmnopqrstuvwxyz_");
        if (title[word] == '.') title += word + 1;
        const char *next = strstr(title, ", ");
        size_t length = next ? (size_t)(next - title) + 2 : strlen(title);
        pl_strbuf_add_bytes(out, title, length);
        title += length;
    }
}

/* Too wide for its panel, it loses the sections of its keys first, then its end. */
void pl_gp_title(const struct pl_layout *layout, struct pl_box box, const char *title,
                 struct pl_strbuf *out) {
    struct pl_strbuf plain, fit;
    if (!*title) return;
    pl_strbuf_init(&plain);
    pl_strbuf_init(&fit);
    if (pl_text_width(title) > box.width)
        drop_sections(&plain, title);
    else
        pl_strbuf_add(&plain, title);
    pl_gp_shorten(&fit, plain.text, box.width);
    pl_gp_text(layout, box.left + box.width / 2, box.top - TITLE / 2.0, "center", fit.text, out);
    pl_strbuf_finish(&plain);
    pl_strbuf_finish(&fit);
}

void pl_gp_foot(struct pl_strbuf *out) {
    pl_strbuf_add(out, "unset multiplot\n");
}

/* ------------------------------------------------------------------------------------ data */

static void add_number(struct pl_strbuf *out, double value) {
    if (isfinite(value))
        pl_strbuf_addf(out, " %.9g", value);
    else
        pl_strbuf_add(out, " nan");
}

void pl_gp_block(const struct pl_chart_panel *panel, const struct pl_chart_series *series,
                 struct pl_strbuf *out) {
    struct pl_strbuf comment;
    pl_strbuf_init(&comment);
    pl_strbuf_addf(&comment, "%s%s%s", panel->title, *panel->title ? ": " : "", series->name);
    pl_strbuf_add(out, "# ");
    pl_escape_gnuplot_comment(out, comment.text);
    pl_strbuf_add(out, "\n");
    pl_strbuf_finish(&comment);
    for (size_t i = 0; i < series->count; i++) {
        add_number(out, series->x[i]);
        add_number(out, series->y[i]);
        add_number(out, series->low[i]);
        add_number(out, series->high[i]);
        pl_strbuf_add(out, "\n");
    }
    pl_strbuf_add(out, "\n\n");
}

void pl_chart_write(const struct pl_chart *chart, struct pl_strbuf *data,
                    struct pl_strbuf *script) {
    static void (*const writers[])(const struct pl_chart *, struct pl_strbuf *) = {
        [PL_CHART_LINES] = pl_chart_lines,
        [PL_CHART_FOREST] = pl_chart_forest,
        [PL_CHART_HEAT] = pl_chart_heat,
        [PL_CHART_CHOICES] = pl_chart_choices,
    };

    pl_strbuf_add(data, "# x y low high\n");
    for (size_t p = 0; p < chart->panels.count; p++)
        for (size_t s = 0; s < chart->panels.items[p].series.count; s++)
            pl_gp_block(&chart->panels.items[p], &chart->panels.items[p].series.items[s], data);

    writers[chart->kind](chart, script);
}
