/* teacher: learn a random network with any of the residual connections.
 *
 *     x ~ N(0, I_d)     y* = network(x), depth L, no embedding, no head, no final norm
 *
 * The network is the host's own with the variant of the options, at random values; norms are those
 * that the variant asks for, and its options are at their defaults. Its values, from the stream
 * task-world:
 *
 *     start       one number, the seed from which the network is drawn as training would draw it
 *                 (core/model/init.h); hence it is never the student that the experiment's seed starts
 *     rank r      each matrix W of a layer [rows, cols] becomes c A B, A [rows, r] and B [r, cols]
 *                 standard normal, with c such that the sum of squares stays; full leaves W
 *     gain        factor of all weights and biases of layers
 *     perturb     what the variant adds of its own to train (queries, gates, scales ...) is moved by
 *                 N(0, perturb^2 / max(rows, cols)) from where it starts. Many start where they have no
 *                 effect: at perturb 0 most variants are the same function, and rezero is y = x
 *
 * Matrices and moves are drawn in order of creation; the inputs of the estimate below come last.
 * Run on the backend `ref` in double, and rounded once.
 *
 * v is the variance of the network's outputs, which pl_mixture_variance estimates. It differs by
 * many powers of ten between variants, so with unit_variance the targets are divided by sqrt(v),
 * and v is 1 below; without, a student with the teacher's own values has loss 0. The noise z of the
 * axis has the variance v. Points: trivial = (a^2 + b^2) v, best test = b^2 v, with a and b of
 * tasks/mixture.h. The best constant is a times the mean of y*, the best predictor a y*.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/rng.h"
#include "core/base/vec.h"
#include "core/model/forward.h"
#include "tasks/mixture.h"
#include "tasks/split.h"
#include "tasks/task.h"

struct teacher {
    struct pl_task_common common;
    const char *variant;
    long dim, hidden, depth;
    int activation;
    long rank; /* 0: full */
    double gain, perturb;
    bool unit_variance;
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS(struct teacher),
    PL_OPTION_TEXT(struct teacher, variant, "standard",
                   "its residual connection, a name of `plumbline list variants`"),
    PL_OPTION_INT(struct teacher, dim, "50", 1, 4096,
                  "width of the teacher, hence of inputs and targets"),
    PL_OPTION_INT(struct teacher, hidden, "200", 1, 16384, "hidden units of its layers"),
    PL_OPTION_INT(struct teacher, depth, "10", 1, 256, "its layers"),
    PL_OPTION_CHOICE(struct teacher, activation, "silu", "relu|gelu|silu|tanh",
                     "activation of its layers"),
    PL_OPTION_WORD_INT(struct teacher, rank, "full", 1, 4096,
                       "rank of each matrix of its layers, at most dim and hidden"),
    PL_OPTION_REAL(struct teacher, gain, "1", 1e-3, 1e3,
                   "factor of the weights and biases of its layers"),
    PL_OPTION_REAL(struct teacher, perturb, "1", 0, 10,
                   "size of random moves of the variant's own parameters from where they start"),
    PL_OPTION_BOOL(struct teacher, unit_variance, "true",
                   "whether targets are scaled to variance 1, so that teachers are alike in size"),
};
static const struct pl_options table = PL_OPTIONS("task", rows);

/* ---- in the words of a study -------------------------------------------------------------- */

#define SETTINGS     9
#define NUMBER_BYTES 24

struct description {
    struct pl_forward_setting settings[SETTINGS];
    char text[3][NUMBER_BYTES];
};

static void describe(struct description *out, const struct teacher *own) {
    const struct pl_option *activation = pl_option_find(&table, "activation");
    snprintf(out->text[0], NUMBER_BYTES, "%ld", own->dim);
    snprintf(out->text[1], NUMBER_BYTES, "%ld", own->hidden);
    snprintf(out->text[2], NUMBER_BYTES, "%ld", own->depth);
    const struct pl_forward_setting settings[SETTINGS] = {
        {"variant.name", own->variant},
        {"model.width", out->text[0]},
        {"model.hidden", out->text[1]},
        {"model.depth", out->text[2]},
        {"model.activation", pl_option_word(activation, own->activation)},
        {"model.norm_eps", "1e-6"},
        {"model.final_norm", "false"},
        {"model.embed", "none"},
        {"model.head", "none"},
    };
    memcpy(out->settings, settings, sizeof settings);
}

/* ---- drawing the teacher ------------------------------------------------------------------ */

struct tensor {
    char *name;
    double *values;
    long rows, cols;
};

struct world {
    const struct teacher *options;
    PL_VEC(struct tensor) tensors; /* in order of creation */
    struct pl_rng rng;             /* task-world */
    double unit;                   /* of the targets: what outputs are divided by */
};

static double sum_of_squares(const double *values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += values[i] * values[i];
    return sum;
}

/* W becomes c A B. */
static void lower_rank(const struct tensor *tensor, size_t rank, struct pl_rng *rng) {
    size_t height = (size_t)tensor->rows, width = (size_t)tensor->cols;
    double before = sum_of_squares(tensor->values, height * width);
    double *a = pl_alloc((height + width) * rank * sizeof *a), *b = a + height * rank;
    for (size_t i = 0; i < (height + width) * rank; i++) a[i] = pl_rng_normal(rng);
    memset(tensor->values, 0, height * width * sizeof *tensor->values);
    for (size_t i = 0; i < height; i++)
        for (size_t k = 0; k < rank; k++)
            for (size_t j = 0; j < width; j++)
                tensor->values[i * width + j] += a[i * rank + k] * b[k * width + j];
    double factor = sqrt(before / sum_of_squares(tensor->values, height * width));
    for (size_t i = 0; i < height * width; i++) tensor->values[i] *= factor;
    pl_free(a);
}

static void scale(const struct tensor *tensor, double factor) {
    for (long i = 0; i < tensor->rows * tensor->cols; i++) tensor->values[i] *= factor;
}

static void perturb(const struct tensor *tensor, double size, struct pl_rng *rng) {
    long longer = tensor->rows > tensor->cols ? tensor->rows : tensor->cols;
    double deviation = size / sqrt((double)longer);
    for (long i = 0; i < tensor->rows * tensor->cols; i++)
        tensor->values[i] += deviation * pl_rng_normal(rng);
}

static void take(void *context, const struct pl_forward_tensor *given) {
    struct world *world = context;
    const struct teacher *own = world->options;
    size_t bytes = (size_t)(given->rows * given->cols) * sizeof(double);
    struct tensor tensor = {pl_strdup(given->name), pl_alloc(bytes), given->rows, given->cols};
    bool layer = strncmp(given->name, "layers.", strlen("layers.")) == 0;
    memcpy(tensor.values, given->values, bytes);
    if (layer && given->cols > 1 && given->rows > 1 && own->rank > 0)
        lower_rank(&tensor, (size_t)own->rank, &world->rng);
    if (layer) scale(&tensor, own->gain);
    if (given->connection) perturb(&tensor, own->perturb, &world->rng);
    PL_VEC_PUSH(&world->tensors, tensor);
}

static enum pl_status world_init(struct world *world, const struct teacher *options,
                                 uint64_t seed) {
    struct description teacher;
    *world = (struct world){.options = options, .unit = 1};
    describe(&teacher, options);
    pl_rng_init(&world->rng, seed, "task-world");
    uint64_t start = pl_rng_u64(&world->rng);
    return pl_forward_start(teacher.settings, SETTINGS, options->dim, options->dim, start, take,
                            world);
}

static void world_finish(struct world *world) {
    for (size_t i = 0; i < world->tensors.count; i++) {
        pl_free(world->tensors.items[i].name);
        pl_free(world->tensors.items[i].values);
    }
    PL_VEC_FINISH(&world->tensors);
}

/* ---- running it --------------------------------------------------------------------------- */

static void fill(void *context, const char *name, long height, long width, double *values) {
    const struct world *world = context;
    for (size_t i = 0; i < world->tensors.count; i++) {
        const struct tensor *tensor = &world->tensors.items[i];
        if (strcmp(tensor->name, name) != 0) continue;
        PL_ASSERT(tensor->rows == height && tensor->cols == width);
        memcpy(values, tensor->values, (size_t)(height * width) * sizeof *values);
        return;
    }
    PL_ASSERT(!"the model asks for a tensor that it started with");
}

static enum pl_status target(const void *context, const float *x, size_t samples, double *y) {
    struct world *world = (struct world *)context;
    struct description teacher;
    long dim = world->options->dim;
    describe(&teacher, world->options);
    PL_TRY(pl_forward(teacher.settings, SETTINGS, dim, dim, fill, world, x, samples, y));
    for (size_t i = 0; i < samples * (size_t)dim; i++) y[i] /= world->unit;
    return PL_OK;
}

/* ---- the task ----------------------------------------------------------------------------- */

static enum pl_status check(const void *options, const char **key) {
    const struct teacher *own = options;
    struct description teacher;
    long most = own->dim < own->hidden ? own->dim : own->hidden;
    *key = "rank";
    if (own->rank > most)
        return pl_fail(PL_ECONFIG,
                       "rank is %ld, but the matrices of a layer are %ld by %ld, so it is at most "
                       "%ld; take a lower rank, or full",
                       own->rank, own->hidden, own->dim, most);
    *key = "variant";
    describe(&teacher, own);
    if (pl_forward_check(teacher.settings, SETTINGS, own->dim, own->dim) != PL_OK)
        return pl_fail_within(PL_ECONFIG, "variant");
    *key = NULL;
    return PL_OK;
}

static void shape(const void *options, struct pl_data_shape *out) {
    long dim = ((const struct teacher *)options)->dim;
    *out = (struct pl_data_shape){PL_INPUT_REAL, PL_TARGET_REAL, dim, dim, 1};
}

#define MOST_VARIANCE 1e30 /* float32 holds such targets with room to spare */

static enum pl_status check_variance(const struct teacher *own, double v) {
    if (v <= MOST_VARIANCE) return PL_OK; /* NaN is not */
    return pl_fail(PL_ECONFIG,
                   "the outputs of this teacher have the variance %g, which is too much for "
                   "targets; lower gain (%g), perturb (%g) or depth (%ld)",
                   v, own->gain, own->perturb, own->depth);
}

/* The task as a mixture, and the variance v of its targets. */
static enum pl_status mixture_init(struct pl_mixture *mixture, struct world *world, double *v) {
    *mixture =
        (struct pl_mixture){.common = &world->options->common, .target = target, .world = world};
    shape(world->options, &mixture->shape);
    PL_TRY(pl_mixture_variance(mixture, &world->rng, v));
    PL_TRY(check_variance(world->options, *v));
    if (world->options->unit_variance && *v > 0) {
        world->unit = sqrt(*v);
        *v = 1;
    }
    mixture->sigma = sqrt(*v);
    return PL_OK;
}

static enum pl_status generate(const void *options, uint64_t seed, struct pl_dataset *out) {
    struct pl_mixture mixture;
    struct world world;
    double variance;
    enum pl_status status = world_init(&world, options, seed);
    if (status == PL_OK) status = mixture_init(&mixture, &world, &variance);
    if (status == PL_OK) status = pl_mixture_generate(&mixture, seed, out);
    world_finish(&world);
    return status;
}

static enum pl_status points(const void *options, uint64_t seed, const struct pl_dataset *data,
                             struct pl_task_points *out) {
    struct pl_mixture mixture;
    struct world world;
    double a, b, variance;
    (void)data; /* the points do not depend on the sizes of splits */
    enum pl_status status = world_init(&world, options, seed);
    pl_mixture_weights(&world.options->common, &a, &b);
    if (status == PL_OK) status = mixture_init(&mixture, &world, &variance);
    if (status == PL_OK) pl_points_set(out, (a * a + b * b) * variance, b * b * variance);
    world_finish(&world);
    return status;
}

const struct pl_task pl_task_teacher = {
    .name = "teacher",
    .summary = "a random network with any residual connection, of a chosen rank",
    .formula = "x ~ N(0, I): x -> s teacher(x) + (1-s) z, teacher = the variant at random values",
    .citation = "",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct teacher),
    .check = check,
    .shape = shape,
    .generate = generate,
    .points = points,
};
