/* train.fresh: every step on samples of its own, which are train's but no others', and the same ones again after a
 * checkpoint. */
#include <string.h>

#include "experiments/cell/job.h"
#include "experiments/run/cell_run.h"
#include "experiments/run/checkpoint.h"
#include "tests/support/support.h"

static const char *const cells[] = {
    "task.name = linear_mix\ntask.dim = 6\n",
    "task.name = parity\ntask.bits = 8\n",
    "task.name = depth_teacher\ntask.dim = 4\ntask.hidden = 4\ntask.depth = 2\n",
    "task.name = hierarchy\n",
    "task.name = recall\ntask.length = 10\nmodel.kind = transformer\nmodel.heads = 2\n",
    "task.name = markov\ntask.length = 40\ntask.states = 8\nmodel.kind = transformer\nmodel.heads "
    "= 2\n",
    "task.name = modular_sequence\nmodel.kind = transformer\nmodel.heads = 2\n",
};
enum { CELLS = sizeof cells / sizeof cells[0] };

static void bind(struct pl_bound *bound, const char *cell, const char *samples, const char *train) {
    char text[600];
    snprintf(text, sizeof text,
             "%smodel.width = 8\nmodel.depth = 2\n%stask.valid_samples = 30\n"
             "task.test_samples = 30\ntrain.batch = 16\n%s",
             cell, samples, train);
    PL_REQUIRE_OK(pl_bound_read(bound, text));
}

#define FORTY   "task.samples = 40\n"
#define SIXTEEN "task.samples = 16\n"
#define TWELVE  "train.steps = 12\n"
#define ONE     "train.steps = 1\n"
#define FRESH   "train.fresh = true\n"

static void draw(struct pl_dataset *out, const struct pl_bound *bound, uint64_t step) {
    *out = (struct pl_dataset){.fresh = step};
    PL_REQUIRE_OK(bound->task->generate(bound->task_options, bound->seed, out));
}

static bool same_inputs(const struct pl_data_shape *shape, const struct pl_samples *a, size_t i,
                        const struct pl_samples *b, size_t j) {
    size_t width = (size_t)(shape->tokens * (a->ids ? 1 : shape->in));
    return a->ids ? memcmp(a->ids + i * width, b->ids + j * width, width * sizeof(int32_t)) == 0
                  : memcmp(a->x + i * width, b->x + j * width, width * sizeof(float)) == 0;
}

static size_t shared(const struct pl_data_shape *shape, const struct pl_samples *a,
                     const struct pl_samples *b) {
    size_t found = 0;
    for (size_t i = 0; i < a->count; i++)
        for (size_t j = 0; j < b->count; j++) found += same_inputs(shape, a, i, b, j);
    return found;
}

static void test_fresh__samples_are_new_and_no_others(void) {
    for (int c = 0; c < CELLS; c++) {
        struct pl_bound bound;
        struct pl_dataset all, first, again, second;
        char digest[2][PL_HASH_TEXT];
        bind(&bound, cells[c], FORTY, TWELVE);
        draw(&all, &bound, 0);
        draw(&first, &bound, 1);
        draw(&again, &bound, 1);
        draw(&second, &bound, 2);
        PL_CHECK(first.split[PL_TRAIN].count == 40 && first.split[PL_TEST].count == 0);
        pl_dataset_digest(&first, digest[0]);
        pl_dataset_digest(&again, digest[1]);
        PL_CHECK_TEXT(digest[0], digest[1]);
        pl_dataset_digest(&second, digest[1]);
        PL_CHECK(strcmp(digest[0], digest[1]) != 0);
        PL_CHECK(shared(&bound.shape, &first.split[PL_TRAIN], &all.split[PL_VALID]) == 0);
        PL_CHECK(shared(&bound.shape, &first.split[PL_TRAIN], &all.split[PL_TEST]) == 0);
        pl_dataset_finish(&all);
        pl_dataset_finish(&first);
        pl_dataset_finish(&again);
        pl_dataset_finish(&second);
        pl_bound_finish(&bound);
    }
}

/* ---- a run ---- */

static void weights(const struct pl_job *job, struct pl_strbuf *out) {
    pl_strbuf_init(out);
    for (int n = 0; n < (int)job->graph.nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(&job->graph, n);
        if (node->kind != PL_KIND_PARAM) continue;
        size_t count = (size_t)node->rows * (size_t)node->cols;
        double *values = pl_alloc(count * sizeof *values);
        pl_program_read(job->program, n, values);
        pl_strbuf_add_bytes(out, (const char *)values, count * sizeof *values);
        pl_free(values);
    }
}

static void keep_first(void *ctx, const char *state, size_t size) {
    struct pl_strbuf *kept = ctx;
    if (kept->length == 0) pl_strbuf_add_bytes(kept, state, size);
}

/* Trains, from [from] on where it has something; the first state that is kept goes to [kept]. */
static void train(const struct pl_bound *bound, const struct pl_strbuf *from,
                  struct pl_strbuf *kept, struct pl_strbuf *out) {
    struct pl_job job = {.bound = bound};
    struct pl_run run;
    PL_REQUIRE_OK(pl_job_make(&job));
    if (kept) pl_trainer_keep(job.trainer, (struct pl_keep){1e-9, keep_first, kept});
    if (from) PL_REQUIRE_OK(pl_trainer_resume(job.trainer, from->text, from->length));
    PL_REQUIRE_OK(pl_train(&run, job.trainer, bound->seed, 1, NULL));
    PL_CHECK_INT((int)run.last_step, 12);
    weights(&job, out);
    pl_run_finish(&run);
    pl_job_finish(&job);
}

static void test_fresh__a_checkpoint_goes_on_with_the_same_bits(void) {
    for (int c = 0; c < CELLS; c++) {
        struct pl_bound bound, stored;
        struct pl_strbuf kept, whole, resumed, other;
        pl_strbuf_init(&kept);
        bind(&bound, cells[c], FORTY, TWELVE FRESH);
        bind(&stored, cells[c], FORTY, TWELVE);
        train(&bound, NULL, &kept, &whole);
        PL_REQUIRE(kept.length > 0);
        train(&bound, &kept, NULL, &resumed);
        train(&stored, NULL, NULL, &other);
        PL_CHECK(whole.length == resumed.length &&
                 memcmp(whole.text, resumed.text, whole.length) == 0);
        PL_CHECK(memcmp(whole.text, other.text, whole.length) != 0);
        pl_strbuf_finish(&kept);
        pl_strbuf_finish(&whole);
        pl_strbuf_finish(&resumed);
        pl_strbuf_finish(&other);
        pl_bound_finish(&bound);
        pl_bound_finish(&stored);
    }
}

/* One step from drawn samples is one step from the same samples in the training split. */
static void test_fresh__a_step_is_one_on_those_samples(void) {
    struct pl_bound bound, other;
    struct pl_dataset drawn;
    struct pl_strbuf first, second;
    struct pl_job job;
    struct pl_run run;
    bind(&bound, cells[4], SIXTEEN, ONE FRESH);
    bind(&other, cells[4], SIXTEEN, ONE);
    draw(&drawn, &bound, 1);
    job = (struct pl_job){.bound = &other, .data = &drawn};
    PL_REQUIRE_OK(pl_job_make(&job));
    PL_REQUIRE_OK(pl_train(&run, job.trainer, 1, 1, NULL));
    weights(&job, &first);
    pl_run_finish(&run);
    pl_job_finish(&job);
    job = (struct pl_job){.bound = &bound};
    PL_REQUIRE_OK(pl_job_make(&job));
    PL_REQUIRE_OK(pl_train(&run, job.trainer, 1, 1, NULL));
    weights(&job, &second);
    pl_run_finish(&run);
    pl_job_finish(&job);
    PL_CHECK(first.length == second.length && memcmp(first.text, second.text, first.length) == 0);
    pl_strbuf_finish(&first);
    pl_strbuf_finish(&second);
    pl_dataset_finish(&drawn);
    pl_bound_finish(&bound);
    pl_bound_finish(&other);
}

const struct pl_test pl_suite_fresh[] = {
    {"samples_are_new_and_no_others", test_fresh__samples_are_new_and_no_others},
    {"a_checkpoint_goes_on_with_the_same_bits",
     test_fresh__a_checkpoint_goes_on_with_the_same_bits},
    {"a_step_is_one_on_those_samples", test_fresh__a_step_is_one_on_those_samples},
    {0},
};
