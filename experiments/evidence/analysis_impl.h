/* Analysis, for its own files.
 *
 *     analysis.c          table, summaries, comparisons, ranking
 *     analysis_curve.c    interactions and crossovers: differences along an axis
 *     analysis_compute.c  laws of loss over compute, and factors of compute
 *     analysis_select.c   a rate chosen per variant and setting, and the analysis of what was chosen
 */
#ifndef PL_EXPERIMENTS_EVIDENCE_ANALYSIS_IMPL_H
#define PL_EXPERIMENTS_EVIDENCE_ANALYSIS_IMPL_H

#include "core/base/rng.h"
#include "core/stats/bootstrap.h"
#include "experiments/evidence/analysis.h"

/* Scales of the axes and the number of points. */
void pl_analysis_describe_axes(struct pl_analysis *analysis);

/* All evidence from the table. */
void pl_analysis_conclude(struct pl_analysis *analysis);

/* The bootstrap of a mean, as everywhere in an analysis. */
extern const struct pl_bootstrap pl_analysis_mean_bootstrap;

/* For statistics of tables that are made here: a refusal would be a mistake of ours. */
void pl_analysis_must(enum pl_status status);

/* Starts the stream of one resampling: it depends on the plan, the metric and on who is compared where. */
void pl_analysis_stream(struct pl_rng *rng, const struct pl_analysis *analysis, const char *purpose,
                        size_t point, size_t entry);

void pl_analysis_make_curves(struct pl_analysis *analysis);
/* Leaves compute NULL when the axis of the budget is not there. */
void pl_analysis_make_compute(struct pl_analysis *analysis);
/* Leaves selection NULL when the axis to choose over is not there (a database of another plan). */
/* [conclude]: the analyses of what was chosen are made, too; otherwise they have a table alone. */
void pl_analysis_make_selection(struct pl_analysis *analysis, bool conclude);
void pl_selection_finish(struct pl_selection *selection); /* NULL is fine */

#endif
