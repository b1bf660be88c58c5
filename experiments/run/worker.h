/* Worker: one cell from start to end, told in one screen: settings, data, model, training, outcome.
 * Nothing is shared between cells. */
#ifndef PL_EXPERIMENTS_RUN_WORKER_H
#define PL_EXPERIMENTS_RUN_WORKER_H

#include "core/model/model.h"
#include "core/train/probe.h"
#include "experiments/run/result.h"
#include "tasks/task.h"

/* What a cell's settings say, bound to the typed structs. */
struct pl_worker_cell {
    struct pl_arena arena;
    struct pl_settings settings;
    uint64_t seed;
    const struct pl_backend *backend;
    const struct pl_task *task;
    const void *task_options;
    struct pl_data_shape shape;
    struct pl_train_options train;
    struct pl_model model;
    struct pl_model_io io;
    struct pl_probe_options diagnostics; /* settled; all off unless the text has some */
};

/* Reads a cell's canonical text, which diagnostics.* settings may follow. On success the caller ends [out] with pl_worker_cell_finish. */
enum pl_status pl_worker_cell_read(struct pl_worker_cell *out, const char *text) PL_NODISCARD;
void pl_worker_cell_finish(struct pl_worker_cell *cell);

/* The nodes of [model] that training must know. */
struct pl_network pl_worker_network(struct pl_graph *graph, const struct pl_model *model);

/* Who wants to see a run from inside. Either call may be NULL; one that fails ends the run. */
struct pl_worker_view {
    const struct pl_worker_cell *cell;
    const struct pl_dataset *data;
    const struct pl_graph *graph;
    struct pl_program *program; /* holds the weights */
};
struct pl_worker_watch {
    void *context;
    enum pl_status (*before)(void *context,
                             const struct pl_worker_view *view);               /* initial weights */
    enum pl_status (*after)(void *context, const struct pl_worker_view *view); /* trained */
};

/* Runs a cell: data, model, training, metrics. [watch] may be NULL and changes nothing. */
enum pl_status pl_worker_train(struct pl_worker_cell *cell, const struct pl_worker_watch *watch,
                               struct pl_result *out) PL_NODISCARD;

/* Runs the cell whose canonical text this is (as above) and says what became of it; a failure that the
 * program itself can see is a FAILED result with its sentence. For pl_pool_serve; [context] is a struct
 * pl_checkpoint_place (checkpoint.h) or NULL: a run that was killed is taken up from there. */
void pl_worker_run(void *context, const char *text, size_t length, struct pl_result *out);

#endif
