/* Replica: a cell rebuilt from its text, to be looked at from inside: the data, the network with its
 * initial weights, and its training step by step. It is made by the code that runs cells, so under the
 * same numerics it is that run.
 *
 *     text ──► bound ──► job ──► draw, step ──► draw, step ──► ...
 */
#ifndef PL_EXPERIMENTS_TOOLS_REPLICA_H
#define PL_EXPERIMENTS_TOOLS_REPLICA_H

#include "core/data/batch.h"
#include "experiments/cell/job.h"

struct pl_replica {
    struct pl_bound bound;
    struct pl_job job;
    struct pl_batches batches;
    /* The batch that was drawn last: sample numbers, borrowed; with train.fresh NULL, and the samples themselves are
     * the split train of [fresh]. */
    const uint32_t *batch;
    struct pl_dataset fresh;
    size_t batch_count;
    long step; /* taken so far */
};

/* On failure [out] is empty. A replica stays where it is: it points into itself. */
enum pl_status pl_replica_init(struct pl_replica *out, const char *text) PL_NODISCARD;
void pl_replica_finish(struct pl_replica *replica);

/* Draws the next batch, which is step + 1's. */
enum pl_status pl_replica_draw(struct pl_replica *replica) PL_NODISCARD;
/* Trains on it; its loss, before the update. */
enum pl_status pl_replica_step(struct pl_replica *replica, double *loss) PL_NODISCARD;

/* The entries of parameter [node], or of its gradient in the last step (false when it has none), row by
 * row; [out] has rows x cols of them. */
void pl_replica_weights(struct pl_replica *replica, int node, double *out);
bool pl_replica_gradient(struct pl_replica *replica, int node, double *out);

/* The first forward pass: the first tile of the first batch, which has been drawn, with the initial weights. */
struct pl_glance {
    struct pl_graph graph; /* of the forward pass alone: node numbers are as in the replica's */
    struct pl_network network;
    struct pl_plan plan;
    struct pl_program *program;
    int tokens; /* that count; the rest of the tile is padding */
};
enum pl_status pl_glance_init(struct pl_glance *out, struct pl_replica *replica,
                              int tile) PL_NODISCARD;
void pl_glance_finish(struct pl_glance *glance);

/* Entries of a node, [rows][tokens] at tile level, [rows][cols] at step level; how many. With [out] NULL
 * they are only counted; 0: the node has no numbers of its own (a view, a feed, a parameter). */
size_t pl_glance_read(struct pl_glance *glance, int node, double *out);

#endif
