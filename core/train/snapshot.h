/* Snapshot, from the inside: the state of a run between two steps, as bytes and back.
 *
 *     step, next evaluation │ points so far │ times │ parameters, moments
 *
 * What is a function of seed and step is not in it and is worked out again: the order of batches, the
 * schedule, the powers of the betas, the clock. Bytes are
 * those of the machine that wrote them, for a program of the same numerics.
 */
#ifndef PL_TRAIN_SNAPSHOT_H
#define PL_TRAIN_SNAPSHOT_H

#include "core/base/strbuf.h"
#include "core/base/vec.h"
#include "core/data/batch.h"
#include "core/train/trainer.h"

/* Times of a step, each the mean of a few, thinned evenly to a bounded number: of [stride] one is kept. */
enum { PL_TIMES = 4096 };
struct pl_times {
    double seconds[PL_TIMES];
    size_t count;
    long stride, seen;
};

/* What the loop of train.c has in hand. */
struct pl_running {
    struct pl_trainer *trainer; /* borrowed; its program holds the weights */
    struct pl_batches batches;
    struct pl_times times;
    PL_VEC(struct pl_point) points;
    long next; /* number of the next evaluation */
    bool diverged;
};

void pl_snapshot_write(struct pl_strbuf *out, const struct pl_running *running);

/* Whether [state] has the form of this trainer's; PL_ESTORE with a sentence otherwise. */
enum pl_status pl_snapshot_check(const struct pl_trainer *trainer, const char *state,
                                 size_t size) PL_NODISCARD;

/* Puts [running], which is as it was before the first step, where a state that was checked left off. */
void pl_snapshot_read(struct pl_running *running, const char *state);

#endif
