/* Finite: an exact rule on a finite set of inputs.
 *
 *     0 .. inputs-1 in a secret order:  | train: share of them | valid: half of the rest | test |
 *                                        ▲ sample 0, 1, ...
 *
 * The inputs of a task that can be counted are dealt once, by the stream task-world, to three pools.
 * A split goes through its pool in that order, so no input is in two splits and none is twice in one,
 * until the pool is used up. Samples beyond it repeat the split from its beginning, label and mark
 * included; new samples are drawn from the pool of train, with replacement. Labels are those of tasks/labels.h, from the stream of the split.
 */
#ifndef PL_TASKS_FINITE_H
#define PL_TASKS_FINITE_H

#include <stddef.h>
#include <stdint.h>

#include "tasks/deal.h"
#include "tasks/labels.h"
#include "tasks/task.h"

/* Numbers dealt to train, valid and test. */
struct pl_pools {
    struct pl_deal deal;
    uint64_t first[PL_TEST + 2]; /* of each pool, and the end */
};

void pl_pools_init(struct pl_pools *pools, uint64_t inputs, double train_share, struct pl_rng *rng);
uint64_t pl_pool_size(const struct pl_pools *pools, enum pl_split split);
uint64_t pl_pool_at(const struct pl_pools *pools, enum pl_split split, uint64_t index);

struct pl_finite {
    struct pl_labels labels;
    struct pl_data_shape shape; /* real inputs, classes, one token */
    uint64_t inputs;            /* 4 .. PL_DEAL_MOST (tasks/deal.h) */
    double train_share;         /* of the inputs; at least one is left to each split */
    /* Writes input number [code] to x [in], which holds zeros, and returns its label. What the number
     * leaves open comes from [rng]. */
    int32_t (*show)(const void *world, uint64_t code, struct pl_rng *rng, float *x);
    const void *world; /* passed to show */
};

/* [rng] is task-world, from where the task's own world ended. */
enum pl_status pl_finite_generate(const struct pl_finite *finite, struct pl_rng *rng, uint64_t seed,
                                  struct pl_dataset *out) PL_NODISCARD;

#endif
