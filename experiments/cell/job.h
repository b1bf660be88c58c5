/* Job: a bound cell made into a network ready to train: data, graph with gradients and updates, a
 * trainer, initial weights. Whoever trains a cell, looks into one or measures one makes it here, so
 * under the same numerics they all see the same run.
 *
 *     struct pl_job job = {.bound = &bound};
 *     PL_TRY(pl_job_make(&job));
 *     ... pl_train(&run, job.trainer, bound.seed, ...)
 *     pl_job_finish(&job);
 */
#ifndef PL_EXPERIMENTS_CELL_JOB_H
#define PL_EXPERIMENTS_CELL_JOB_H

#include "experiments/cell/bound.h"

struct pl_job {
    const struct pl_bound *bound;  /* borrowed until pl_job_finish */
    const struct pl_dataset *data; /* borrowed likewise; NULL: what the task generates */
    int tile;                      /* tokens of a tile; 0: what the backend finds best */

    /* Filled by pl_job_make. */
    struct pl_dataset generated; /* empty when [data] was given; otherwise [data] points to it */
    struct pl_graph graph;       /* forward pass, gradients and updates */
    struct pl_network network;   /* which of its nodes mean what */
    struct pl_trainer *trainer;
    struct pl_program *program; /* the trainer's; holds the weights */
};

/* On failure [job] is empty. A job that was made stays where it is: it points into itself. */
enum pl_status pl_job_make(struct pl_job *job) PL_NODISCARD;
void pl_job_finish(struct pl_job *job); /* an empty one is fine */

/* The samples of step [step] (from 1 on) of a cell with train.fresh, as its training draws them: in the split train
 * of [out], which pl_dataset_finish ends. */
enum pl_status pl_job_fresh(const struct pl_job *job, long step,
                            struct pl_dataset *out) PL_NODISCARD;

/* Draws the initial values of every parameter of [graph], each from its own stream, into [program]. */
void pl_job_draw(struct pl_program *program, const struct pl_graph *graph, uint64_t seed);

#endif
