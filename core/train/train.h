/* Train: the loop. Batch in, plan run, update, metrics out, outcome named.
 *
 *     for step = 1..steps:
 *         batch ─► tiles ─► begin, tile ..., end      (forward, backward, update)
 *         at chosen steps: evaluate every split        (after the update)
 *
 * A reported loss is a full evaluation pass after the update of its step; step 0 is the start. A run
 * whose loss stops being finite, or whose final training loss exceeds 1000 times the trivial
 * predictor's, has *diverged*: an outcome, not an error (docs/science.md 5).
 */
#ifndef PL_TRAIN_TRAIN_H
#define PL_TRAIN_TRAIN_H

#include <signal.h>

#include "core/backend/backend.h"
#include "core/config/option.h"
#include "core/data/dataset.h"
#include "core/graph/network.h"

enum pl_optimizer { PL_OPTIM_ADAM, PL_OPTIM_ADAMW, PL_OPTIM_SGD };
enum pl_lr_schedule { PL_LR_CONSTANT, PL_LR_COSINE, PL_LR_WARMUP_COSINE, PL_LR_WSD };

struct pl_train_options {
    int optimizer; /* enum pl_optimizer */
    double lr;
    int schedule;  /* enum pl_lr_schedule */
    long warmup;   /* steps, for warmup_cosine and wsd; auto (-1) is a tenth of the steps */
    long decay;    /* steps, for wsd; auto (-1) is a fifth of the steps */
    double lr_min; /* the schedule's floor, as a share of lr */
    long steps;
    long batch;               /* samples; full (0) */
    bool fresh;               /* new samples at every step */
    double momentum;          /* sgd */
    double beta1, beta2, eps; /* adam, adamw */
    double weight_decay;      /* adamw: decoupled; of matrices only */
    bool decay_embeddings;    /* of embed.w and positions.w too */
    double lr_mult;           /* rate multiplier of a variant's own parameters */
    double clip;              /* greatest norm of all gradients together; 0: any */
    long eval_points; /* evaluations after the start, evenly spread, the last one at the end */
};

extern const struct pl_options pl_train_options; /* section "train" */

/* Checks options against each other; on refusal *key is the one at fault. */
enum pl_status pl_train_check(const struct pl_train_options *options,
                              const char **key) PL_NODISCARD;

/* What a pass over a split said after [step]. */
struct pl_point {
    long step;
    enum pl_split split;
    double measure[PL_MEASURES]; /* NaN where the network has none */
};

struct pl_run {
    struct pl_point *points; /* owned; every split at every chosen step, in order */
    size_t count;
    bool diverged;
    long last_step; /* steps taken */
    double step_ms; /* median time of a training step */
};

/* Appends gradients and optimizer to the graph, and makes the plan and the program. The initial
 * weights are the caller's to write (pl_trainer_program). Ends with pl_trainer_destroy. */
struct pl_trainer;
enum pl_status pl_trainer_create(struct pl_trainer **out, const struct pl_network *network,
                                 const struct pl_train_options *options,
                                 const struct pl_backend *backend,
                                 const struct pl_dataset *data) PL_NODISCARD;
void pl_trainer_destroy(struct pl_trainer *trainer);
struct pl_program *pl_trainer_program(struct pl_trainer *trainer);
/* What dropout draws from, besides step, token and name; 0 until then. */
void pl_trainer_seed(struct pl_trainer *trainer, uint64_t seed);
const struct pl_plan *pl_trainer_plan(const struct pl_trainer *trainer);

/* Called after every evaluation of pl_train, the start (step 0) included; [last] is the end of the run. It
 * may read the trainer's program but change nothing; what it returns ends the run unless it is PL_OK. */
struct pl_watch {
    enum pl_status (*look)(void *ctx, long step, bool last); /* NULL: nobody looks */
    void *ctx;
};
void pl_trainer_watch(struct pl_trainer *trainer, struct pl_watch watch);

/* Keeps what a run needs to be taken up again: every [seconds] of pl_train, after a step, and when it is
 * stopped, [save] is given it as bytes, borrowed for the call. It must change nothing. */
struct pl_keep {
    double seconds; /* 0: never */
    void (*save)(void *ctx, const char *state, size_t size);
    void *ctx;
};
void pl_trainer_keep(struct pl_trainer *trainer, struct pl_keep keep);

/* Makes pl_train go on from such bytes, borrowed until then, instead of from the start: with the same bits as
 * if it had never stopped. What is not a state of this run is refused (PL_ESTORE) and changes nothing; that
 * it comes from the same cell under the same numerics is the caller's to know. */
enum pl_status pl_trainer_resume(struct pl_trainer *trainer, const char *state,
                                 size_t size) PL_NODISCARD;

/* Where train.fresh gets its samples: [draw] fills the split train of [out], which is empty but for [fresh] = the
 * number of the step, from 1 on, with [count] samples. What is drawn depends on the step alone. Without one, train.fresh
 * fails. */
struct pl_supply {
    enum pl_status (*draw)(void *ctx, size_t count, struct pl_dataset *out);
    void *ctx;
};
void pl_trainer_supply(struct pl_trainer *trainer, struct pl_supply supply);

/* One training step of a batch of samples; its loss (before the update). */
double pl_trainer_step(struct pl_trainer *trainer, const uint32_t *samples, size_t count);
/* The same on the new samples of the step, from the supply. */
enum pl_status pl_trainer_step_fresh(struct pl_trainer *trainer, double *loss) PL_NODISCARD;

/* Every measure of a whole split. */
struct pl_point pl_trainer_evaluate(struct pl_trainer *trainer, enum pl_split split);

/* The whole run. [trivial] is the loss of the trivial predictor (for divergence); [stop], if not
 * NULL, ends the run early with PL_EINTERRUPT when it becomes non-zero. */
enum pl_status pl_train(struct pl_run *out, struct pl_trainer *trainer, uint64_t seed,
                        double trivial, const volatile sig_atomic_t *stop) PL_NODISCARD;
void pl_run_finish(struct pl_run *run);

#endif
