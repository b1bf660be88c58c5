/* Figures, for their own files: one function a kind of figure. Each gives a chart without panels when
 * there is nothing to show. */
#ifndef PL_EXPERIMENTS_REPORT_FIGURE_IMPL_H
#define PL_EXPERIMENTS_REPORT_FIGURE_IMPL_H

#include "experiments/report/figure.h"

#define PL_WHOLE ((size_t)-1) /* no axis left out */

struct pl_multiverse;

struct pl_drawing {
    struct pl_figures *figures;
    struct pl_arena *arena;
    const struct pl_analysis *whole, *told;
    const struct pl_multiverse *multiverse; /* NULL without a design */
    enum pl_figure_kind kind;               /* of the figure that is made */
    const char
        *unit; /* of the compared loss: ", mean squared error"; "" when there is none to tell */
};

void pl_figure_main(struct pl_drawing *drawing, struct pl_chart *chart);
void pl_figure_ratio(struct pl_drawing *drawing, struct pl_chart *chart);
void pl_figure_forest(struct pl_drawing *drawing, struct pl_chart *chart);
void pl_figure_readings(struct pl_drawing *drawing, struct pl_chart *chart);
void pl_figure_choices(struct pl_drawing *drawing, struct pl_chart *chart);
void pl_figure_shares(struct pl_drawing *drawing, struct pl_chart *chart);
void pl_figure_rates(struct pl_drawing *drawing, struct pl_chart *chart);
void pl_figure_learning(struct pl_drawing *drawing, struct pl_chart *chart);
void pl_figure_accuracy(struct pl_drawing *drawing, struct pl_chart *chart);
void pl_figure_solved(struct pl_drawing *drawing, struct pl_chart *chart);
void pl_figure_map(struct pl_drawing *drawing, struct pl_chart *chart);
void pl_figure_states(struct pl_drawing *drawing, struct pl_chart *chart);
void pl_figure_outputs(struct pl_drawing *drawing, struct pl_chart *chart);
void pl_figure_gradients(struct pl_drawing *drawing, struct pl_chart *chart);
void pl_figure_mixing(struct pl_drawing *drawing, struct pl_chart *chart);
void pl_figure_sources(struct pl_drawing *drawing, struct pl_chart *chart);
void pl_figure_heads(struct pl_drawing *drawing, struct pl_chart *chart);

/* The name of a chart's files: the metric, a dash and [what]. */
const char *pl_figure_name(struct pl_drawing *drawing, const char *what);

/* "test_loss (mean squared error, log scale)"; a rate has a linear scale and no unit. */
const char *pl_figure_loss_label(struct pl_drawing *drawing);

/* "Geometric mean over seeds", or of a rate "Mean over seeds"; "lower is better" or "higher is better". */
const char *pl_figure_mean(const struct pl_drawing *drawing);
const char *pl_figure_direction(const struct pl_drawing *drawing);

/* "test_loss as a multiple of that of standard (log scale)", "accuracy less that of standard" */
const char *pl_figure_effect_label(struct pl_drawing *drawing);

/* "train.lr (log scale)", and the help of that option as a sentence, "" when it has none. */
const char *pl_figure_axis_label(struct pl_drawing *drawing, const struct pl_analysis *a,
                                 size_t axis);
const char *pl_figure_axis_help(struct pl_drawing *drawing, const char *key);

/* "its 95 % interval", and whose where not every variant has one. */
const char *pl_figure_band(struct pl_drawing *drawing);

/* An empty series of [count] numbers for [entry], at the end of [panel]. */
struct pl_chart_series *pl_figure_series(struct pl_drawing *drawing, struct pl_chart_panel *panel,
                                         size_t entry, size_t count);

/* The same for a loss that is known beforehand, PL_LOOK_TRIVIAL or PL_LOOK_BEST. */
struct pl_chart_series *pl_figure_known(struct pl_drawing *drawing, struct pl_chart_panel *panel,
                                        int look, size_t count);

/* That loss at [point]: of the first entry that has one above 0; all that share a task have the same. NaN: none. */
double pl_figure_known_loss(const struct pl_analysis *analysis, size_t point, int look);

bool pl_figure_is_known(const struct pl_analysis *analysis, int look); /* at some point */

/* A sentence of a caption: what these lines are; "" for none. */
const char *pl_figure_known_text(const struct pl_analysis *analysis);

/* The metric of [a] of one entry at one point against the step, as a series of [panel]: the mean over seeds with its t
 * interval, or the median where a run diverged. */
void pl_figure_curve(struct pl_drawing *drawing, const struct pl_analysis *a,
                     struct pl_chart_panel *panel, size_t point, size_t entry);

/* Of [count] things at most [most], evenly spread: the index of the [k]-th that is shown. */
size_t pl_figure_pick(size_t k, size_t count, size_t most);

#endif
