/* Chart, for its own files: places in pixels from the top left, scales, and words of gnuplot.
 *
 *     chart.c          scripts: head, legend, panels      chart_scale.c    ranges and ticks
 *     chart_lines.c    y against x                        chart_forest.c   whiskers in rows
 *     chart_heat.c     squares                            chart_choices.c  a curve above a grid of choices
 */
#ifndef PL_EXPERIMENTS_REPORT_CHART_IMPL_H
#define PL_EXPERIMENTS_REPORT_CHART_IMPL_H

#include "experiments/report/chart.h"

#define PL_TICKS_WANTED 10 /* at most */
#define PL_TICKS        16 /* at most, and more than 4/3 of what is wanted */

struct pl_scale {
    bool log;
    double low, high;       /* what the axis shows */
    double ticks[PL_TICKS]; /* within it */
    size_t tick_count;
};

/* An empty range takes in numbers (no NaN, no infinity; only above 0 when logarithmic), is then given
 * room at its ends as shares of its length, and ticks, about [wanted]. */
struct pl_scale pl_scale_empty(bool log);
void pl_scale_take(struct pl_scale *scale, double value);
bool pl_scale_exists(const struct pl_scale *scale); /* it has taken in something */
void pl_scale_pad(struct pl_scale *scale, double before, double after);
void pl_scale_tick(struct pl_scale *scale, size_t wanted);

/* The place at share [share] of the way from low to high. */
double pl_scale_at(const struct pl_scale *scale, double share);

struct pl_box {
    double left, top, width, height; /* pixels, of the plotting area */
};

struct pl_layout {
    double width, height;
    size_t columns;
    double legend; /* height of the legend */
    double label;  /* top of the y label; 0 when there is none */
    double panel_width, panel_height, left, top, across, down; /* the first panel, and steps */
};

/* Where the panels stand: [left] pixels for what is written at their left, [height] each. */
struct pl_layout pl_layout_make(const struct pl_chart *chart, double left, double height);
struct pl_box pl_layout_box(const struct pl_layout *layout, size_t panel);

/* About how wide [text] is when drawn. */
double pl_text_width(const char *text);

/* [text], or as much of its beginning as is [width] wide with an ellipsis. */
void pl_gp_shorten(struct pl_strbuf *out, const char *text, double width);

/* The head of a script; the legend and the labels of the axes; one panel's place, scales and title. */
void pl_gp_head(const struct pl_chart *chart, const struct pl_layout *layout,
                struct pl_strbuf *out);
void pl_gp_labels(const struct pl_chart *chart, const struct pl_layout *layout,
                  struct pl_strbuf *out);
void pl_gp_box(const struct pl_layout *layout, struct pl_box box, struct pl_strbuf *out);
void pl_gp_range(const char *axis, const struct pl_scale *scale, bool named, struct pl_strbuf *out);
void pl_gp_title(const struct pl_layout *layout, struct pl_box box, const char *title,
                 struct pl_strbuf *out);
void pl_gp_text(const struct pl_layout *layout, double x, double y, const char *place,
                const char *text, struct pl_strbuf *out);
void pl_gp_foot(struct pl_strbuf *out);

/* A block of data: a comment with panel and name, then rows of x, y, low, high. */
void pl_gp_block(const struct pl_chart_panel *panel, const struct pl_chart_series *series,
                 struct pl_strbuf *out);

void pl_chart_lines(const struct pl_chart *chart, struct pl_strbuf *script);
void pl_chart_heat(const struct pl_chart *chart, struct pl_strbuf *script);
void pl_chart_choices(const struct pl_chart *chart, struct pl_strbuf *script);
void pl_chart_forest(const struct pl_chart *chart, struct pl_strbuf *script);

#endif
