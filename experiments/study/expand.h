/* Expand: every cell of a study, each checked as a whole. */
#ifndef PL_EXPERIMENTS_STUDY_EXPAND_H
#define PL_EXPERIMENTS_STUDY_EXPAND_H

#include "experiments/cell/cell.h"
#include "experiments/study/experiment.h"

#define PL_CELLS_MOST 1000000 /* of one study */

/* Every cell of [experiment], each checked as a whole (dimensions of task and model, options against
 * each other): a complaint is PL_ECONFIG and names the place of the setting at fault, or of the entry
 * when it is a default that does not fit. Cells with equal identity (an entry under two labels, auto
 * beside what it comes to) are an error that names both. What changes nothing of what is trained earns a
 * warning in the log (effect.h). */
enum pl_status pl_experiment_expand(struct pl_cells *out,
                                    const struct pl_experiment *experiment) PL_NODISCARD;

/* An entry at a point of the axes, bound, but for its seed; with [params] trained parameters (0: as it
 * asks), and with [instead] (NULL: none) in place of what the study sets. Ends with pl_bound_finish. */
struct pl_bound;
enum pl_status pl_entry_bind(struct pl_bound *out, const struct pl_experiment *experiment,
                             size_t entry, size_t point, size_t params,
                             const struct pl_setting *instead) PL_NODISCARD;

/* Fills entry, point and seed_index of cells whose text alone is known, as a store gives them. Every
 * label, axis value and seed of theirs is one of [experiment]. */
void pl_cells_locate(struct pl_cells *cells, const struct pl_experiment *experiment);

#endif
