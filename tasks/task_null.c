/* null: constants, for measuring the harness itself.
 *
 *     every input is 1, every target 1/2
 *
 * It costs nothing to make and asks nothing of a model but its bias, so the time of a cell is the time
 * of the harness. There is nothing to mix: structure is 1 and cannot be otherwise. Test inputs equal
 * training inputs, since all are equal. Trivial and best test loss are 0.
 */
#include "tasks/split.h"
#include "tasks/task.h"

#define INPUT  1.0F
#define TARGET 0.5F

struct null_task {
    struct pl_task_common common;
    long dim;
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS(struct null_task),
    PL_OPTION_INT(struct null_task, dim, "8", 1, 65536, "features of inputs and of targets"),
};

static enum pl_status check(const void *options, const char **key) {
    const struct null_task *own = options;
    return pl_task_refuse_dial(&own->common, 1, "the data of null is constant", key);
}

static void shape(const void *options, struct pl_data_shape *out) {
    long dim = ((const struct null_task *)options)->dim;
    *out = (struct pl_data_shape){PL_INPUT_REAL, PL_TARGET_REAL, dim, dim, 1};
}

static void fill(struct pl_samples *out, size_t dim) {
    for (size_t i = 0; i < out->count * dim; i++) {
        out->x[i] = INPUT;
        out->y[i] = TARGET;
    }
}

static enum pl_status draw(const void *world, enum pl_split split, struct pl_rng *rng,
                           struct pl_samples *out, struct pl_samples *clean) {
    const struct null_task *own = world;
    (void)split, (void)rng; /* nothing is random */
    fill(out, (size_t)own->dim);
    if (clean != NULL) fill(clean, (size_t)own->dim);
    return PL_OK;
}

static enum pl_status generate(const void *options, uint64_t seed, struct pl_dataset *out) {
    const struct null_task *own = options;
    struct pl_split_draw split = {.draw = draw, .world = own, .clean = true};
    shape(options, &out->shape);
    return pl_split_generate(&split, &own->common, seed, out);
}

static enum pl_status points(const void *options, uint64_t seed, const struct pl_dataset *data,
                             struct pl_task_points *out) {
    (void)options;
    (void)seed;
    (void)data;
    pl_points_set(out, 0, 0);
    return PL_OK;
}

const struct pl_task pl_task_null = {
    .name = "null",
    .summary = "constants, for measuring the harness itself",
    .formula = "1 -> 1/2",
    .citation = "",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct null_task),
    .check = check,
    .shape = shape,
    .generate = generate,
    .points = points,
};
