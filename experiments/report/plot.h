/* Plot: the one door to gnuplot, which is a program, not a library: it is started once a figure, in
 * the folder of the figures, as anyone can do again by hand.
 *
 *     figures/NAME.dat    the numbers
 *     figures/NAME.gp     the script:  gnuplot -d NAME.gp
 *     figures/NAME.svg    what it draws
 *
 * PLUMBLINE_GNUPLOT in the environment names another program; an empty one means that there is none.
 */
#ifndef PL_EXPERIMENTS_REPORT_PLOT_H
#define PL_EXPERIMENTS_REPORT_PLOT_H

#include "experiments/report/figure.h"

/* Writes the files of every figure into [folder], which is made when it is missing, and draws them;
 * takes the drawings into [figures]. What cannot be done (no folder, nowhere to write, no gnuplot, a
 * script that fails) is said in figures->refusal and fails nothing: reports do without. [folder] must
 * outlive [figures]; NULL means that no figures are wanted. */
void pl_plot_figures(struct pl_figures *figures, const char *folder);

#endif
