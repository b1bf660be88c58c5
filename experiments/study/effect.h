/* Effect: does a setting change what is trained? Three kinds that do not, each of which earns a warning:
 *
 *     an entry    that trains what another one does: in a ranking it counts twice
 *     an axis     along which nothing changes: its points have the same bits
 *     a setting   of "train:" that nothing uses: weight_decay with adam, warmup with a constant rate
 *
 * What is trained is read off what does the training and not off a list of names: the model's graph, the
 * optimizer's operator with its numbers, the decay it applies and the rates that the schedule gives.
 */
#ifndef PL_EXPERIMENTS_STUDY_EFFECT_H
#define PL_EXPERIMENTS_STUDY_EFFECT_H

#include "experiments/study/experiment.h"

/* Warns in the log. A large study is looked at in part, and what was not looked at is not warned of. Every
 * cell of [experiment] can be bound. */
void pl_experiment_warn_of_no_effect(const struct pl_experiment *experiment);

#endif
