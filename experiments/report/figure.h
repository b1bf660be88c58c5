/* Figures: what a study has to show, as charts.
 *
 *     MAIN       the loss against the axis with the most values; without a numeric axis, every loss
 *     RATIO      the paired ratio to the baseline along that axis
 *     FOREST     the paired ratios, with intervals
 *     READINGS   the ratios of all readings in order, where the study draws readings: in place of the three
 *     CHOICES    the same for one entry each (the first four), and below which choices each reading made
 *     SHARES     which choice they depend on          above it
 *     RATES      the loss against the learning rate, or whatever the study selects over
 *     LEARNING   the loss against the step
 *     ACCURACY   the accuracy against the step, SOLVED the share of seeds that had solved the task by then
 *     MAP        accuracy, or else the loss, over two axes of numbers
 *     STATES, OUTPUTS, GRADIENTS   norms by depth   ┐ where diagnostics were measured
 *     MIXING, SOURCES   what each layer reads, by weight and by size, as maps
 *     HEADS            how widely heads look, as a map    ┘
 *
 * A figure that the study has no numbers for is not there. Where the study selects, all but RATES are
 * of the chosen runs.
 */
#ifndef PL_EXPERIMENTS_REPORT_FIGURE_H
#define PL_EXPERIMENTS_REPORT_FIGURE_H

#include "experiments/evidence/analysis.h"
#include "experiments/report/chart.h"

enum pl_figure_kind {
    PL_FIGURE_MAIN,
    PL_FIGURE_RATIO,
    PL_FIGURE_FOREST,
    PL_FIGURE_READINGS,
    PL_FIGURE_CHOICES, /* the first of PL_FIGURE_CHOICES_MOST */
    PL_FIGURE_CHOICES_LAST = PL_FIGURE_CHOICES + 3,
    PL_FIGURE_SHARES,
    PL_FIGURE_RATES,
    PL_FIGURE_LEARNING,
    PL_FIGURE_ACCURACY,
    PL_FIGURE_SOLVED,
    PL_FIGURE_MAP,
    PL_FIGURE_STATES,
    PL_FIGURE_OUTPUTS,
    PL_FIGURE_GRADIENTS,
    PL_FIGURE_MIXING,
    PL_FIGURE_SOURCES,
    PL_FIGURE_HEADS,
    PL_FIGURES
};

#define PL_FIGURE_CHOICES_MOST (PL_FIGURE_CHOICES_LAST - PL_FIGURE_CHOICES + 1)

struct pl_figure {
    bool exists;
    struct pl_chart chart;
    char *data, *script; /* of its files; owned */
    char *svg;           /* as gnuplot wrote it, owned; NULL when it was not drawn */
};

struct pl_figures {
    struct pl_arena arena;              /* owns the charts */
    const struct pl_analysis *told;     /* what is told: the whole, or what was chosen of it */
    int *looks;                         /* of each entry, the same in every figure */
    struct pl_figure items[PL_FIGURES]; /* by kind */
    const char *folder;                 /* where the files are; NULL: nowhere */
    const char *refusal;                /* why they were not drawn, a sentence; NULL: they were */
};

/* Makes the charts, their data and scripts; draws nothing. The caller ends [out] with
 * pl_figures_finish; [analysis] must outlive it. */
void pl_figures_make(struct pl_figures *out, const struct pl_analysis *analysis);
void pl_figures_finish(struct pl_figures *figures);

#endif
