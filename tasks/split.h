/* Split: what every generator does alike.
 *
 *     stream       splits
 *     data-train   train
 *     data-valid   valid
 *     data-test    test, and test_clean from the same draws
 *     data-fresh/n the n-th new samples of train, where out->fresh asks for them alone
 *
 * Each stream is read sample by sample from its beginning, so that the first n samples of a split are
 * the same whatever its size, and no split hears of another's.
 */
#ifndef PL_TASKS_SPLIT_H
#define PL_TASKS_SPLIT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/rng.h"
#include "tasks/task.h"

/* How a task draws one split. */
struct pl_split_draw {
    /* Fills the arrays of [out], which is [split], from [rng], one sample after the other. [clean] is
     * NULL, or has the size of [out] and takes the same inputs with the uncorrupted targets. */
    enum pl_status (*draw)(const void *world, enum pl_split split, struct pl_rng *rng,
                           struct pl_samples *out, struct pl_samples *clean);
    const void *world; /* passed through: options, and what was drawn from task-world */
    bool clean;        /* the task has uncorrupted targets, hence a test_clean */
    bool weights;      /* every split has weights, which are 1 until [draw] says otherwise */
};

/* Allocates and draws all splits of [out], whose shape is set; on failure [out] is empty again. */
enum pl_status pl_split_generate(const struct pl_split_draw *draw,
                                 const struct pl_task_common *common, uint64_t seed,
                                 struct pl_dataset *out) PL_NODISCARD;

/* Points for a task that counts as solved 1 % of the way from [best] to [trivial]. Where the two are
 * closer than 1 % of trivial there is nothing to solve, and solved is NaN. */
void pl_points_set(struct pl_task_points *out, double trivial, double best);

/* For a task without a dial: refuses a structure other than [only], and a mix other than linear, with
 * [why] the task has nothing to mix ("task null is constant"). */
enum pl_status pl_task_refuse_dial(const struct pl_task_common *common, double only,
                                   const char *why, const char **key) PL_NODISCARD;

#endif
