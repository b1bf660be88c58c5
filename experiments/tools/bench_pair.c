#include "experiments/tools/bench_pair.h"

#include "core/base/clock.h"
#include "core/base/math.h"
#include "experiments/run/weights.h"
#include "experiments/run/worker.h"

#define SIDE_SECONDS 0.0125 /* of one side in one round */

/* A cell ready to train. */
struct side {
    struct pl_worker_cell cell;
    struct pl_dataset data;
    struct pl_graph graph;
    struct pl_trainer *trainer;
    size_t batch; /* samples of a step */
    long steps;   /* of a round */
};

static enum pl_status make_trainer(struct side *side) {
    PL_TRY(side->cell.task->generate(side->cell.task_options, side->cell.seed, &side->data));
    pl_model_build(&side->cell.model, &side->graph, &side->cell.io);
    struct pl_network network = pl_worker_network(&side->graph, &side->cell.model);
    PL_TRY(pl_trainer_create(&side->trainer, &network, &side->cell.train, side->cell.backend,
                             &side->data, side->cell.model.host.width));
    pl_weights_draw(pl_trainer_program(side->trainer), &side->graph, side->cell.seed);
    size_t samples = side->data.split[PL_TRAIN].count, asked = (size_t)side->cell.train.batch;
    side->batch = asked && asked < samples ? asked : samples;
    return PL_OK;
}

static enum pl_status side_init(struct side *out, const char *text) {
    *out = (struct side){.steps = 1};
    pl_graph_init(&out->graph);
    PL_TRY(pl_worker_cell_read(&out->cell, text));
    return make_trainer(out);
}

static void side_finish(struct side *side) {
    pl_trainer_destroy(side->trainer);
    pl_graph_finish(&side->graph);
    pl_dataset_finish(&side->data);
    pl_worker_cell_finish(&side->cell);
}

/* Seconds of a step. */
static double measure(struct side *side) {
    double start = pl_clock_seconds();
    for (long k = 0; k < side->steps; k++) pl_trainer_step(side->trainer, NULL, side->batch);
    return (pl_clock_seconds() - start) / (double)side->steps;
}

/* Once to touch everything, once to see how many steps fill a round. */
static void warm_up(struct side *side) {
    measure(side);
    double seconds = measure(side);
    if (seconds < SIDE_SECONDS) side->steps = (long)(SIDE_SECONDS / (seconds + 1e-9)) + 1;
}

enum pl_status pl_bench_pair(double *logs, size_t rounds, const char *a, const char *b) {
    struct side one = {0}, two = {0};
    enum pl_status status = side_init(&one, a);
    if (status == PL_OK) status = side_init(&two, b);
    if (status == PL_OK) warm_up(&one);
    if (status == PL_OK) warm_up(&two);
    for (size_t k = 0; status == PL_OK && k < rounds; k++) {
        bool turned = k % 2;
        double first = measure(turned ? &two : &one), second = measure(turned ? &one : &two);
        logs[k] = turned ? pl_log(second / first) : pl_log(first / second);
    }
    side_finish(&one);
    side_finish(&two);
    return status;
}
