/* depth_teacher: learn a random network whose layers look back over its depth.
 *
 *     v_0 = x ~ N(0, I_d)
 *     v_l = W2_l act(W1_l norm(h_l) + b1_l) + b2_l               l = 1 .. L
 *     h_l = sum_i alpha_{l,i} v_i over the sources i < l         h_1 = x
 *     y*  = h_{L+1}
 *
 *     alpha_l = softmax(g_l / T), with g ~ N(0,1) once for each pair of a site l and a source i
 *
 * The experiment of the second post: a teacher of the family AttnRes with its depth attention frozen.
 * A low temperature T lets each layer look at one earlier layer, a high one at all alike. There is no
 * embedding, no head and no final norm; norm is RMSNorm (eps 1e-6, gain 1), or nothing with prenorm
 * false. The layer is the host's own, run on the backend `ref` in double, and rounded once.
 *
 * Order of the stream task-world: for l = 1 .. L: W1_l, b1_l, W2_l, b2_l, row by row, uniform in
 * +-gain / sqrt(fan_in); then g_{l+1}, sources 0 .. l. So a teacher begins like a shallower one, and
 * neither temperature nor gain, activation or prenorm changes what is drawn. The inputs of the
 * estimate below come last.
 *
 * The noise z of the axis has the variance v of the teacher's targets, the mean over its outputs. v has
 * no closed form; pl_mixture_variance estimates it from inputs of task-world.
 *
 * Points: trivial = (a^2 + b^2) v, best test = b^2 v, with a and b of tasks/mixture.h. The
 * best predictor is a y*.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/math.h"
#include "core/base/rng.h"
#include "core/model/forward.h"
#include "tasks/mixture.h"
#include "tasks/split.h"
#include "tasks/task.h"

#define NAME_BYTES 48
#define PER_LAYER  6 /* w1 b1 w2 b2, the gain of the norm, the row of the next site */

struct depth_teacher {
    struct pl_task_common common;
    long dim, hidden, depth;
    double temperature;
    int activation;
    double gain;
    bool prenorm;
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS(struct depth_teacher),
    PL_OPTION_INT(struct depth_teacher, dim, "50", 1, 4096,
                  "width of the teacher, hence of inputs and targets"),
    PL_OPTION_INT(struct depth_teacher, hidden, "200", 1, 16384, "hidden units of its layers"),
    PL_OPTION_INT(struct depth_teacher, depth, "10", 1, 256, "its layers"),
    PL_OPTION_REAL(struct depth_teacher, temperature, "1", 0.01, 100,
                   "of its depth attention; low looks at one layer, high at all alike"),
    PL_OPTION_CHOICE(struct depth_teacher, activation, "silu", "relu|gelu|silu|tanh",
                     "activation of its layers"),
    PL_OPTION_REAL(struct depth_teacher, gain, "1", 1e-3, 1e3, "factor of its weights and biases"),
    PL_OPTION_BOOL(struct depth_teacher, prenorm, "true",
                   "whether its layers normalise their input"),
};
static const struct pl_options table = PL_OPTIONS("task", rows);

struct tensor {
    char name[NAME_BYTES]; /* as the model calls it */
    double *values;
    size_t count;
};

struct world {
    const struct depth_teacher *options;
    struct tensor *tensors; /* PER_LAYER x depth */
    size_t count;           /* of those made */
    double *memory;         /* all their values, owned */
    size_t used;
    struct pl_rng rng; /* task-world */
};

/* ---- drawing the teacher ------------------------------------------------------------------ */

/* "layers" 3 ".w1" is layers.3.w1. */
static double *tensor_add(struct world *world, const char *family, long layer, const char *member,
                          size_t count) {
    struct tensor *tensor = &world->tensors[world->count++];
    tensor->values = world->memory + world->used;
    tensor->count = count;
    world->used += count;
    snprintf(tensor->name, NAME_BYTES, "%s.%ld%s", family, layer, member);
    return tensor->values;
}

static void uniform_add(struct world *world, long layer, const char *member, size_t count,
                        long fan_in) {
    double *values = tensor_add(world, "layers", layer, member, count);
    double bound = world->options->gain / sqrt((double)fan_in);
    for (size_t i = 0; i < count; i++) values[i] = bound * (2 * pl_rng_uniform(&world->rng) - 1);
}

/* alpha = softmax(g / T), g drawn here. */
static void attention_add(struct world *world, long site) {
    size_t sources = (size_t)site;
    double *alpha = tensor_add(world, "residual.fixed", site, "", sources);
    double most = -INFINITY, sum = 0;
    for (size_t i = 0; i < sources; i++) {
        alpha[i] = pl_rng_normal(&world->rng) / world->options->temperature;
        if (alpha[i] > most) most = alpha[i];
    }
    for (size_t i = 0; i < sources; i++) sum += alpha[i] = pl_exp(alpha[i] - most);
    for (size_t i = 0; i < sources; i++) alpha[i] /= sum;
}

static void layer_add(struct world *world, long layer) {
    long dim = world->options->dim, hidden = world->options->hidden;
    size_t weights = (size_t)dim * (size_t)hidden;
    uniform_add(world, layer, ".w1", weights, dim);
    uniform_add(world, layer, ".b1", (size_t)hidden, dim);
    uniform_add(world, layer, ".w2", weights, hidden);
    uniform_add(world, layer, ".b2", (size_t)dim, hidden);
    double *gain = tensor_add(world, "norms", layer, ".gain", (size_t)dim);
    for (long i = 0; i < dim; i++) gain[i] = 1;
    attention_add(world, layer + 1);
}

/* Values of all tensors: the layers, and sites 2 .. L+1 with as many sources as their number. */
static size_t world_values(const struct depth_teacher *options) {
    size_t dim = (size_t)options->dim, hidden = (size_t)options->hidden;
    size_t depth = (size_t)options->depth;
    return depth * (2 * dim * hidden + hidden + 2 * dim) + depth * (depth + 3) / 2;
}

static enum pl_status world_init(struct world *world, const struct depth_teacher *options,
                                 uint64_t seed) {
    void *memory;
    size_t bytes = world_values(options) * sizeof(double);
    PL_TRY(pl_alloc_try(&memory, bytes, 64, "the weights of the teacher"));
    *world = (struct world){.options = options, .memory = memory};
    world->tensors = pl_alloc_zero(PER_LAYER * (size_t)options->depth, sizeof *world->tensors);
    pl_rng_init(&world->rng, seed, "task-world");
    for (long layer = 1; layer <= options->depth; layer++) layer_add(world, layer);
    PL_ASSERT(world->used == world_values(options));
    return PL_OK;
}

static void world_finish(struct world *world) {
    pl_free(world->tensors);
    pl_free(world->memory);
}

/* ---- running it --------------------------------------------------------------------------- */

/* Answers the model's question for the values of a tensor. */
static void fill(void *context, const char *name, long rows_asked, long columns, double *values) {
    const struct world *world = context;
    for (size_t i = 0; i < world->count; i++) {
        const struct tensor *tensor = &world->tensors[i];
        if (strcmp(tensor->name, name) != 0) continue;
        PL_ASSERT((size_t)(rows_asked * columns) == tensor->count);
        memcpy(values, tensor->values, tensor->count * sizeof *values);
        return;
    }
    PL_ASSERT(!"the model asks for a tensor that the teacher has");
}

#define SETTINGS 11

/* The teacher in the words of a study; numbers are written to [text]. */
static void describe(struct pl_forward_setting out[SETTINGS], char text[3][NAME_BYTES],
                     const struct depth_teacher *options) {
    snprintf(text[0], NAME_BYTES, "%ld", options->dim);
    snprintf(text[1], NAME_BYTES, "%ld", options->hidden);
    snprintf(text[2], NAME_BYTES, "%ld", options->depth);
    const struct pl_option *activation = pl_option_find(&table, "activation");
    const struct pl_forward_setting settings[SETTINGS] = {
        {"model.width", text[0]},
        {"model.hidden", text[1]},
        {"model.depth", text[2]},
        {"model.activation", pl_option_word(activation, options->activation)},
        {"model.prenorm", options->prenorm ? "true" : "false"},
        {"model.norm_eps", "1e-6"},
        {"model.final_norm", "false"},
        {"model.embed", "none"},
        {"model.head", "none"},
        {"variant.name", "attnres_full"},
        {"variant.fixed_attn", "1"}, /* the values come from fill() */
    };
    memcpy(out, settings, sizeof settings);
}

static enum pl_status target(const void *context, const float *x, size_t samples, double *y) {
    struct world *world = (struct world *)context;
    struct pl_forward_setting settings[SETTINGS];
    char text[3][NAME_BYTES];
    long dim = world->options->dim;
    describe(settings, text, world->options);
    return pl_forward(settings, SETTINGS, dim, dim, fill, world, x, samples, y);
}

/* ---- the task ----------------------------------------------------------------------------- */

static enum pl_status check(const void *options, const char **key) {
    (void)options; /* the rows say it all */
    *key = NULL;
    return PL_OK;
}

static void shape(const void *options, struct pl_data_shape *out) {
    long dim = ((const struct depth_teacher *)options)->dim;
    *out = (struct pl_data_shape){PL_INPUT_REAL, PL_TARGET_REAL, dim, dim, 1};
}

static struct pl_mixture mixture_of(const struct world *world) {
    struct pl_mixture mixture = {
        .common = &world->options->common, .target = target, .world = world};
    shape(world->options, &mixture.shape);
    return mixture;
}

/* The noise has no part at structure 1, so its size is not asked for there. */
static enum pl_status generate_from(struct world *world, uint64_t seed, struct pl_dataset *out) {
    struct pl_mixture mixture = mixture_of(world);
    double variance = 0;
    if (mixture.common->structure < 1)
        PL_TRY(pl_mixture_variance(&mixture, &world->rng, &variance));
    mixture.sigma = sqrt(variance);
    return pl_mixture_generate(&mixture, seed, out);
}

static enum pl_status generate(const void *options, uint64_t seed, struct pl_dataset *out) {
    struct world world;
    PL_TRY(world_init(&world, options, seed));
    enum pl_status status = generate_from(&world, seed, out);
    world_finish(&world);
    return status;
}

static enum pl_status points(const void *options, uint64_t seed, const struct pl_dataset *data,
                             struct pl_task_points *out) {
    (void)data; /* the points do not depend on the sizes of splits */
    struct world world;
    double a, b, variance;
    PL_TRY(world_init(&world, options, seed));
    pl_mixture_weights(&world.options->common, &a, &b);
    struct pl_mixture mixture = mixture_of(&world);
    enum pl_status status = pl_mixture_variance(&mixture, &world.rng, &variance);
    if (status == PL_OK) pl_points_set(out, (a * a + b * b) * variance, b * b * variance);
    world_finish(&world);
    return status;
}

const struct pl_task pl_task_depth_teacher = {
    .name = "depth_teacher",
    .summary = "a random network whose layers look back over its depth by frozen weights",
    .formula =
        "x ~ N(0, I): x -> s teacher(x) + (1-s) z, teacher = AttnRes with softmax(g/T) fixed",
    .citation = "Ziming Liu, Attention residual 2 (2026-03-18)",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct depth_teacher),
    .check = check,
    .shape = shape,
    .generate = generate,
    .points = points,
};
