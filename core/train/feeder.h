/* Feeder: samples into tiles. One pass of a program over some samples of a split, in stored order or by
 * number: total weight first, then tile by tile.
 *
 *     samples ─► gather ─► tile ─► begin, tile ..., end
 */
#ifndef PL_TRAIN_FEEDER_H
#define PL_TRAIN_FEEDER_H

#include "core/train/train.h"

struct pl_feeder {
    struct pl_network network;
    const struct pl_dataset *data; /* borrowed */
    struct pl_program *program;    /* borrowed */
    int samples;                   /* whole samples that a tile holds */
    float *ones;                   /* [tile], the weights of unweighted data */
    uint32_t *index;               /* [tile], token numbers of a tile's samples */
    int32_t *position;             /* [tile], numbers of the tokens in their samples */
    float *weight;                 /* [tile], what [after] is told */
    int32_t *token;                /* [tile], numbers of the tokens in their split */
    int32_t *place;                /* [asked of a tile], positions of asked tokens, and */
    uint32_t *target;              /* their numbers in the split */
};

/* Samples of one split, in stored order or (which not NULL) by number. */
struct pl_selection {
    const struct pl_samples *from;
    const uint32_t *which;
    size_t count;
};

/* What a caller does after each tile of [count] tokens, before the next takes its place; weight[t] of
 * token t. */
typedef void pl_after_tile(void *ctx, int count, const float *weight);

/* Tokens of a tile for batches of up to [batch] samples (pl_plan_tile): the backend's width, cut to whole
 * samples. Settles feeder->samples; network and data are set. */
int pl_feeder_tile(struct pl_feeder *feeder, const struct pl_backend *backend, size_t batch);
/* Room for tiles of the program, which is set by then. */
void pl_feeder_init(struct pl_feeder *feeder, struct pl_program *program);
void pl_feeder_finish(struct pl_feeder *feeder);

/* Runs [pass] over [samples]; [after] may be NULL. Samples that weigh nothing have loss 0 and no
 * gradient. */
void pl_feeder_run(struct pl_feeder *feeder, int pass, const struct pl_selection *samples,
                   pl_after_tile *after, void *ctx);

/* A step-level number; NaN for PL_NONE. */
double pl_feeder_read(const struct pl_feeder *feeder, int node);

#endif
