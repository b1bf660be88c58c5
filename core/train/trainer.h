/* Trainer, from the inside: what the loop in train.c may see of it. */
#ifndef PL_TRAIN_TRAINER_H
#define PL_TRAIN_TRAINER_H

#include "core/train/optim.h"
#include "core/train/train.h"

struct pl_trainer {
    struct pl_network network;
    struct pl_train_options options; /* a copy, which optim borrows */
    const struct pl_dataset *data;   /* borrowed */
    struct pl_optim optim;
    struct pl_plan plan;
    struct pl_program *program;
    int samples;     /* whole samples that a tile holds */
    float *ones;     /* [tile], the weights of unweighted data */
    uint32_t *index; /* [tile], token numbers of a tile's samples */
    long step;       /* steps taken */
};

#endif
