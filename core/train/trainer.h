/* Trainer, from the inside: what the loop in train.c may see of it. */
#ifndef PL_TRAIN_TRAINER_H
#define PL_TRAIN_TRAINER_H

#include "core/train/feeder.h"
#include "core/train/optim.h"
#include "core/train/train.h"

struct pl_trainer {
    struct pl_feeder feeder;
    struct pl_train_options options; /* a copy, which optim borrows */
    struct pl_optim optim;
    struct pl_plan plan;
    struct pl_program *program;
    struct pl_watch watch;
    struct pl_keep keep;
    struct pl_supply supply;
    const char *resume; /* borrowed: the state that pl_train goes on from; NULL: the start */
    long step;          /* steps taken */
    uint64_t seed;      /* of dropout */
};

/* One training step, of which nothing is read: a device may run behind. */
void pl_trainer_advance(struct pl_trainer *trainer, const uint32_t *samples, size_t count);

/* The same on the new samples of this step, which come from the supply. */
enum pl_status pl_trainer_advance_fresh(struct pl_trainer *trainer) PL_NODISCARD;

#endif
