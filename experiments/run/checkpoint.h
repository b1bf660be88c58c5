/* Checkpoint: a long cell that is killed goes on from its last checkpoint, with the same bits as if it had
 * never stopped.
 *
 *     results/STUDY/checkpoints/HASH.ckpt       HASH: of the text that the worker was sent
 *
 *     "plumbline checkpoint 1\n"
 *     "stamp STAMP\n"              the numerics that it belongs to; with others it is passed over
 *     "seconds S\n"                of work that led to it
 *     "result N\nstate M\n\n"      then N bytes of a result so far (its diagnostics), M of the training state
 *     32 digits                    hash of all before: a file that was cut short or changed is passed over
 *
 * A checkpoint is written to a file beside it, which is then renamed: there is always a whole one or none.
 * It goes when the cell has finished. That it cannot be written is a remark, never a failure of the
 * cell.
 */
#ifndef PL_EXPERIMENTS_RUN_CHECKPOINT_H
#define PL_EXPERIMENTS_RUN_CHECKPOINT_H

#include <stdbool.h>

#include "core/base/hash.h"
#include "core/base/strbuf.h"
#include "experiments/run/result.h"

/* Where a worker keeps them, and how often. */
struct pl_checkpoint_place {
    const char *folder; /* NULL: nowhere */
    double seconds;     /* between two; 0: never */
};

/* The same from and to a worker's environment: PLUMBLINE_CHECKPOINTS, PLUMBLINE_CHECKPOINT_SECONDS. The
 * texts are borrowed from it. */
struct pl_checkpoint_place pl_checkpoint_place(void);

struct pl_checkpoint {
    char *path; /* NULL: there is no place */
    char stamp[PL_HASH_TEXT];
    double before; /* seconds of work before this attempt */
};

void pl_checkpoint_init(struct pl_checkpoint *out, const char *folder, const char *text,
                        const char *stamp);
void pl_checkpoint_finish(struct pl_checkpoint *checkpoint);

enum pl_checkpoint_state { PL_CHECKPOINT_NONE, PL_CHECKPOINT_OTHER, PL_CHECKPOINT_FOUND };

/* What there is: OTHER is one of other numerics, or a damaged one. With FOUND, [state] has the training
 * state, [result] gets the diagnostics so far and checkpoint->before is set; both may be NULL, to ask
 * alone. */
enum pl_checkpoint_state pl_checkpoint_load(struct pl_checkpoint *checkpoint,
                                            struct pl_strbuf *state, struct pl_result *result);

/* Replaces what there is; the folder is made when it is missing. */
void pl_checkpoint_save(const struct pl_checkpoint *checkpoint, double seconds,
                        const struct pl_result *result, const char *state, size_t size);

/* The cell has finished. */
void pl_checkpoint_drop(const struct pl_checkpoint *checkpoint);

#endif
