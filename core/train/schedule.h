/* Schedule: the learning rate of each step, as a share of train.lr. A table of rows; the enum
 * pl_lr_schedule of train.h numbers them.
 *
 *     constant  1 ──────────────      warmup_cosine  1  ╱╲__
 *                                                      ╱    ╲__
 *     cosine    1 ──╲__               wsd            1  ╱──────╲
 *                      ╲__  lr_min                     ╱        ╲ lr_min
 *
 * Steps count from 1. Warm-up rises linearly and reaches 1 at its last step; what falls starts at 1
 * and would reach lr_min one step after the last, so that no step is wasted at a floor of 0.
 */
#ifndef PL_TRAIN_SCHEDULE_H
#define PL_TRAIN_SCHEDULE_H

#include "core/train/train.h"

struct pl_schedule_rule {
    const char *name;
    const char *summary;
    bool warms_up, decays; /* reads train.warmup, train.decay */
    double (*share)(const struct pl_train_options *options, long step); /* required */
};

/* The table in the order of enum pl_lr_schedule; NULL after the last. */
const struct pl_schedule_rule *pl_schedule_at(int index);

/* Lengths with "auto" resolved: a tenth of the steps, a fifth of the steps (or what warm-up leaves of
 * them); 0 where the schedule has no such stage. */
long pl_schedule_warmup(const struct pl_train_options *options);
long pl_schedule_decay(const struct pl_train_options *options);

/* The rate of [step] = 1, 2, ... */
double pl_schedule_rate(const struct pl_train_options *options, long step);

#endif
