/* linear_mix: a linear map, or noise, or anything between.
 *
 *     x ~ N(0, I_d)    W_ij ~ N(0, 1/d)    z ~ N(0, I_d)    y = s W x + (1-s) z
 *
 * The experiment of the first post: at s = 1 one matrix explains every sample, at s = 0 each sample
 * can only be memorised. W is drawn row by row from task-world and never rounded.
 *
 * Points. With v = |W|_F^2 / d, the mean variance of W x over outputs for this very W:
 *
 *     mix        noise variance   trivial                best test
 *     linear     1                s^2 v + (1-s)^2        (1-s)^2
 *     variance   v                s v + (1-s) v = v      (1-s) v
 *
 * The best constant predictor is 0, the best predictor of all is a W x.
 */
#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/fault.h"
#include "core/base/rng.h"
#include "tasks/mixture.h"
#include "tasks/split.h"
#include "tasks/task.h"

struct linear_mix {
    struct pl_task_common common;
    long dim;
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS(struct linear_mix),
    PL_OPTION_INT(struct linear_mix, dim, "50", 1, 16384, "features of inputs and of targets"),
};

/* What a seed decides. */
struct world {
    size_t dim;
    double *columns; /* of W, [input][output], owned: so that outputs are summed side by side */
    double variance; /* v of the text above */
};

static enum pl_status world_init(struct world *world, const struct linear_mix *options,
                                 uint64_t seed) {
    void *memory;
    size_t dim = (size_t)options->dim;
    PL_TRY(pl_alloc_try(&memory, dim * dim * sizeof(double), 64, "the matrix W of linear_mix"));
    *world = (struct world){.dim = dim, .columns = memory};
    struct pl_rng rng;
    pl_rng_init(&rng, seed, "task-world");
    double scale = sqrt((double)dim), sum = 0;
    for (size_t i = 0; i < dim * dim; i++) {
        double w = pl_rng_normal(&rng) / scale;
        world->columns[i % dim * dim + i / dim] = w;
        sum += w * w;
    }
    world->variance = sum / (double)dim;
    return PL_OK;
}

static void world_finish(struct world *world) {
    pl_free(world->columns);
}

/* y = W x, each output summed over inputs from first to last. */
static void apply(const struct world *world, const float *x, double *y) {
    size_t dim = world->dim;
    memset(y, 0, dim * sizeof *y);
    for (size_t j = 0; j < dim; j++) {
        const double *column = world->columns + j * dim;
        double value = (double)x[j];
        for (size_t i = 0; i < dim; i++) y[i] += column[i] * value;
    }
}

static enum pl_status target(const void *context, const float *x, size_t samples, double *y) {
    const struct world *world = context;
    for (size_t n = 0; n < samples; n++) apply(world, x + n * world->dim, y + n * world->dim);
    return PL_OK;
}

static double noise_variance(const struct linear_mix *options, const struct world *world) {
    return options->common.mix == PL_MIX_VARIANCE ? world->variance : 1;
}

static enum pl_status check(const void *options, const char **key) {
    (void)options; /* the rows say it all */
    *key = NULL;
    return PL_OK;
}

static void shape(const void *options, struct pl_data_shape *out) {
    long dim = ((const struct linear_mix *)options)->dim;
    *out = (struct pl_data_shape){PL_INPUT_REAL, PL_TARGET_REAL, dim, dim, 1};
}

static enum pl_status generate(const void *options, uint64_t seed, struct pl_dataset *out) {
    const struct linear_mix *own = options;
    struct pl_task_common common = own->common;
    struct world world;
    if (pl_fault("structure_inverted")) common.structure = 1 - common.structure;
    PL_TRY(world_init(&world, own, seed));
    struct pl_mixture mixture = {.common = &common, .target = target, .world = &world};
    mixture.sigma = sqrt(noise_variance(own, &world));
    shape(options, &mixture.shape);
    enum pl_status status = pl_mixture_generate(&mixture, seed, out);
    world_finish(&world);
    return status;
}

static enum pl_status points(const void *options, uint64_t seed, const struct pl_dataset *data,
                             struct pl_task_points *out) {
    (void)data; /* a formula knows better */
    const struct linear_mix *own = options;
    struct world world;
    PL_TRY(world_init(&world, own, seed));
    double a, b;
    pl_mixture_weights(&own->common, &a, &b);
    double best = b * b * noise_variance(own, &world);
    pl_points_set(out, a * a * world.variance + best, best);
    world_finish(&world);
    return PL_OK;
}

const struct pl_task pl_task_linear_mix = {
    .name = "linear_mix",
    .summary = "a linear map mixed with noise: what is structured and what must be memorised",
    .formula = "x ~ N(0, I), W_ij ~ N(0, 1/dim), z ~ N(0, I): x -> s W x + (1-s) z",
    .citation = "Ziming Liu, When does Kimi's Attention Residuals work? (2026-03-16)",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct linear_mix),
    .check = check,
    .shape = shape,
    .generate = generate,
    .points = points,
};
