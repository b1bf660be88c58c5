#include "experiments/tools/bench_pair.h"

#include "core/base/clock.h"
#include "core/base/math.h"
#include "experiments/cell/job.h"

#define SIDE_SECONDS 0.0125 /* of one side in one round */

/* A cell ready to train. */
struct side {
    struct pl_bound bound;
    struct pl_job job;
    size_t batch; /* samples of a step */
    long steps;   /* of a round */
};

static enum pl_status side_init(struct side *out, const char *text) {
    *out = (struct side){.job.bound = &out->bound, .steps = 1};
    PL_TRY(pl_bound_read(&out->bound, text));
    PL_TRY(pl_job_make(&out->job));
    size_t samples = out->job.data->split[PL_TRAIN].count, asked = (size_t)out->bound.train.batch;
    out->batch = asked && asked < samples ? asked : samples;
    return PL_OK;
}

static void side_finish(struct side *side) {
    pl_job_finish(&side->job);
    pl_bound_finish(&side->bound);
}

/* Seconds of a step. */
static double measure(struct side *side) {
    double start = pl_clock_seconds();
    for (long k = 0; k < side->steps; k++) pl_trainer_step(side->job.trainer, NULL, side->batch);
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
