/* Chart: what a figure shows, before it is drawn. Figures are made from evidence as charts
 * (figure_*.c); a chart becomes a data file and a gnuplot script (chart_*.c); plot.c draws it.
 *
 *     ┌ legend: a line and a mark per named series ───────┐
 *     │ y label                                           │
 *     │ ┌ panel ──────┐ ┌ panel ──────┐ ┌ panel ──────┐   │   panels share both scales, three in a row
 *     │ └─────────────┘ └─────────────┘ └─────────────┘   │
 *     │                     x label                       │
 *     └───────────────────────────────────────────────────┘
 *
 * Every entry of a study has one look (colour, mark, dash), the same in all figures and tables, so
 * that it can be told without colour and by colour-blind readers. A chart lives in one arena.
 */
#ifndef PL_EXPERIMENTS_REPORT_CHART_H
#define PL_EXPERIMENTS_REPORT_CHART_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/strbuf.h"
#include "core/base/vec.h"

#define PL_CHART_WIDTH  760 /* pixels */
#define PL_CHART_PANELS 9   /* at most */

/* Colours of Okabe and Ito, with the baseline in the colour of the text and yellow darkened. */
#define PL_LOOKS     8
#define PL_LOOK_GREY PL_LOOKS /* one of many, drawn behind the others and not named */
/* Losses that are known beforehand: a line without marks behind the others, named. */
#define PL_LOOK_TRIVIAL (PL_LOOKS + 1)
#define PL_LOOK_BEST    (PL_LOOKS + 2)
#define PL_LOOKS_ALL    (PL_LOOKS + 3)

/* How look [index] is drawn; the colour is that of light paper. */
struct pl_look {
    const char *colour; /* "#0072b2" */
    int mark, hollow;   /* gnuplot's point types, filled and not */
    const char *dash;   /* gnuplot's dash type */
};
extern const struct pl_look pl_looks[PL_LOOKS_ALL];

/* Colours that are no look: text, axes, grid and paper. */
#define PL_INK   "#1f2328"
#define PL_AXIS  "#8c959f"
#define PL_GRID  "#d8dee4"
#define PL_PAPER "#ffffff"

/* One line, or in a forest one row. */
struct pl_chart_series {
    const char *name;
    int look;
    bool hollow; /* forest: the mark is not filled */
    size_t count;
    double *x, *y, *low, *high; /* low, high: of y (forest: of x); NaN where there is none */
};

/* A place on the x axis with an interval, marked for one look. */
struct pl_chart_mark {
    int look;
    double at, low, high; /* infinite ends lie beyond the panel */
    double y;             /* where the lines meet */
};

struct pl_chart_panel {
    const char *title; /* "" for none */
    PL_VEC(struct pl_chart_series) series;
    PL_VEC(struct pl_chart_mark) marks;
};

enum pl_chart_kind {
    PL_CHART_LINES,  /* y against x, with bands */
    PL_CHART_FOREST, /* x with whiskers, a row a series */
    PL_CHART_HEAT, /* one series a panel: a square at (x, y), whole numbers, as dark as `low` is great */
    PL_CHART_CHOICES, /* a curve, and a grid of the choices that its points made (chart_choices.c) */
};

/* A row of a grid of choices; rows of one group stand together. */
struct pl_chart_row {
    const char *name;
    size_t group;
};

struct pl_chart {
    enum pl_chart_kind kind;
    const char *name;    /* of its files, without an ending: letters, digits, '-', '_', '.' */
    const char *title;   /* what it is, in a few words */
    const char *caption; /* how to read it, in sentences */
    const char *x_label, *y_label;
    bool log_x, log_y;
    double level; /* a line across at this y (forest: x); NaN for none */
    double
        level_width; /* half the width of a zone around it, on a log scale as a ratio; 0 for none */
    const char *const *x_names,
        *const *y_names;             /* heat: of whole numbers; NULL: the numbers themselves */
    const struct pl_chart_row *rows; /* choices: of the grid */
    size_t row_count;
    double step; /* choices: how many places a square of the grid stands for */
    PL_VEC(struct pl_chart_panel) panels;
};

void pl_chart_finish(struct pl_chart *chart);

/* The data as gnuplot reads it, blocks parted by two empty lines, and the script that draws it. Both
 * are pure functions of the chart. */
void pl_chart_write(const struct pl_chart *chart, struct pl_strbuf *data, struct pl_strbuf *script);

/* Whether there is anything to see. */
bool pl_chart_shows(const struct pl_chart *chart);

#endif
