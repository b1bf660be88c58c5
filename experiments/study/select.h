/* Select: what a study chooses before it compares, `select: {over: train.lr, by: valid_loss}`.
 *
 *     over   an axis of the sweep, of numbers above 0 (rates are seen on a log scale)
 *     by     valid_loss (the default) or train_loss; never the loss of the test, for a number that was
 *            chosen by itself flatters whoever has the most to choose from
 */
#ifndef PL_EXPERIMENTS_STUDY_SELECT_H
#define PL_EXPERIMENTS_STUDY_SELECT_H

#include "experiments/study/experiment.h"

/* Reads the mapping [node] (NULL: nothing is chosen) into [out]->select, whose axes are resolved; [by],
 * unless NULL, takes the place of what the mapping says there. */
enum pl_status pl_select_read(struct pl_experiment *out, const struct pl_yaml *node,
                              const struct pl_yaml *by) PL_NODISCARD;

#endif
