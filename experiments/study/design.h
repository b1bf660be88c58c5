/* Design: readings of a study, drawn from the product of its axes (a multiverse: Steegen and others
 * 2016). `design: {sample: N, seed: K, keep: [axis, ...]}` draws N points of the axes that are neither
 * kept nor selected over. Each is a *reading*; the kept axes stay whole within each. In the experiment
 * one axis of choices, "reading", takes the place of the axes that were sampled:
 *
 *     sweep   a: [..], b: [..], task.structure: [0, 1], train.lr: [..]     select: {over: train.lr}
 *     design  {sample: 600, keep: [task.structure]}
 *     axes    reading: 1 .. 600     task.structure     train.lr
 *
 * Each axis goes through all of its values in a random order, then in another, and so on, keyed by the
 * seed and its own key: a Latin hypercube block after block. So every value of every axis is drawn alike
 * often, axes are independent of each other, and the first n readings of a larger N are the same. A point
 * that has been drawn before is passed over, so all readings differ; so is one that differs in options of
 * variants alone, since for an entry without them it would be the same run.
 *
 * Not a Sobol sequence: with few values an axis is the first bits of a coordinate, and these repeat from
 * axis to axis. Of the first 32 points of 13 axes two axes of two values had the same value throughout.
 */
#ifndef PL_EXPERIMENTS_STUDY_DESIGN_H
#define PL_EXPERIMENTS_STUDY_DESIGN_H

#include "experiments/study/experiment.h"
#include "experiments/study/study.h"

struct pl_design {
    const struct pl_axis *factors; /* the axes that were sampled */
    size_t factor_count;
    size_t axis;    /* the axis of readings among the experiment's */
    size_t *levels; /* [index of the reading][factor]: index of its value */
};

/* Draws the readings of [experiment], whose axes are still all of [study]'s; nothing without a design.
 * PL_ECONFIG with its place for a design that cannot be drawn. */
enum pl_status pl_design_draw(struct pl_experiment *experiment,
                              const struct pl_study *study) PL_NODISCARD;

#endif
