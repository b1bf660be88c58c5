/* Job: the worker, a replica and a job made by hand train the same run, to the bit. */
#include "core/train/train.h"
#include "experiments/run/cell_run.h"
#include "experiments/tools/replica.h"
#include "tests/support/support.h"

#define STEPS 30

static const char text[] = "model.depth = 3\nmodel.hidden = 10\nmodel.width = 6\nseed = 9\n"
                           "task.classes = 3\ntask.dim = 4\ntask.name = clusters\n"
                           "task.samples = 70\ntask.test_samples = 20\ntask.valid_samples = 20\n"
                           "train.batch = 16\ntrain.eval_points = 30\ntrain.steps = 30\n"
                           "variant.name = attnres_full\n";

static const char fresh_text[] = "model.depth = 2\nmodel.heads = 2\nmodel.kind = transformer\n"
                                 "model.width = 8\nseed = 9\ntask.length = 10\n"
                                 "task.name = recall\ntask.samples = 30\ntask.test_samples = 9\n"
                                 "task.valid_samples = 9\ntrain.batch = 16\n"
                                 "train.eval_points = 30\ntrain.fresh = true\n"
                                 "train.steps = 30\nvariant.name = attnres_full\n";

static bool same(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

/* Training losses by the worker, one a step from the start on. */
static void worker_losses(const char *cell, double out[STEPS + 1]) {
    struct pl_result result = {0};
    size_t count = 0;
    pl_cell_run_text(NULL, cell, strlen(cell), &result);
    PL_REQUIRE(result.outcome == PL_DONE);
    for (size_t k = 0; k < result.metric_count; k++) {
        if (strcmp(result.metrics[k].name, "train_loss") != 0) continue;
        PL_REQUIRE(count <= STEPS && result.metrics[k].step == (long)count);
        out[count++] = result.metrics[k].value;
    }
    PL_REQUIRE(count == STEPS + 1);
    pl_result_finish(&result);
}

static void test_job__worker_and_replica_are_one_run(void) {
    static const char *const texts[] = {text, fresh_text};
    for (int k = 0; k < 2; k++) {
        double expected[STEPS + 1], loss;
        struct pl_replica replica;
        worker_losses(texts[k], expected);
        PL_REQUIRE_OK(pl_replica_init(&replica, texts[k]));
        for (int step = 0; step <= STEPS; step++) {
            struct pl_point point = pl_trainer_evaluate(replica.job.trainer, PL_TRAIN);
            PL_CHECK(same(point.measure[PL_MEASURE_LOSS], expected[step]));
            PL_REQUIRE_OK(pl_replica_draw(&replica));
            PL_REQUIRE_OK(pl_replica_step(&replica, &loss));
        }
        pl_replica_finish(&replica);
    }
}

/* Along an axis of samples one batch size serves all: where there are fewer, a step takes all of them. */
static void test_job__a_batch_beyond_the_data_is_all_of_them(void) {
    char more[2 * sizeof text + 32], full[2 * sizeof text + 32];
    double a[STEPS + 1], b[STEPS + 1];
    const char *batch = strstr(text, "train.batch = 16");
    snprintf(more, sizeof more, "%.*strain.batch = 1000%s", (int)(batch - text), text, batch + 16);
    snprintf(full, sizeof full, "%.*strain.batch = full%s", (int)(batch - text), text, batch + 16);
    worker_losses(more, a);
    worker_losses(full, b);
    for (int step = 0; step <= STEPS; step++) PL_CHECK(same(a[step], b[step]));
}

static void test_job__trains_on_its_own_data_or_on_given(void) {
    double expected[STEPS + 1];
    struct pl_bound bound;
    struct pl_dataset data = {0};
    worker_losses(text, expected);
    PL_REQUIRE_OK(pl_bound_read(&bound, text));
    PL_REQUIRE_OK(bound.task->generate(bound.task_options, bound.seed, &data));
    for (int given = 0; given < 2; given++) {
        struct pl_job job = {.bound = &bound, .data = given ? &data : NULL};
        struct pl_run run;
        PL_REQUIRE_OK(pl_job_make(&job));
        PL_CHECK(job.data == (given ? &data : &job.generated));
        PL_REQUIRE_OK(pl_train(&run, job.trainer, bound.seed, 1, NULL));
        int step = 0;
        for (size_t k = 0; k < run.count; k++)
            if (run.points[k].split == PL_TRAIN)
                PL_CHECK(same(run.points[k].measure[PL_MEASURE_LOSS], expected[step++]));
        PL_CHECK_INT(step, STEPS + 1);
        pl_run_finish(&run);
        pl_job_finish(&job);
    }
    pl_dataset_finish(&data);
    pl_bound_finish(&bound);
}

static void test_job__a_tile_can_be_asked_for(void) {
    struct pl_bound bound;
    PL_REQUIRE_OK(pl_bound_read(&bound, text));
    struct pl_job job = {.bound = &bound, .tile = 32};
    PL_REQUIRE_OK(pl_job_make(&job));
    PL_CHECK_INT(pl_trainer_plan(job.trainer)->tokens, 32);
    pl_job_finish(&job);
    PL_CHECK(job.bound == NULL && job.trainer == NULL);
    pl_job_finish(&job); /* again: an empty one is fine */
    pl_bound_finish(&bound);
}

const struct pl_test pl_suite_job[] = {
    {"worker_and_replica_are_one_run", test_job__worker_and_replica_are_one_run},
    {"a_batch_beyond_the_data_is_all_of_them", test_job__a_batch_beyond_the_data_is_all_of_them},
    {"trains_on_its_own_data_or_on_given", test_job__trains_on_its_own_data_or_on_given},
    {"a_tile_can_be_asked_for", test_job__a_tile_can_be_asked_for},
    {0}};
