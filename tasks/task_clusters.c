/* clusters: which of V Gaussian clusters an input comes from.
 *
 *     c uniform in 0 .. V-1     x = centre_c + spread z,  z ~ N(0, I_d)
 *     label = c with probability s, else uniform in 0 .. V-1
 *
 * The centres are the seed's, uniform on the sphere of radius sqrt(d), so a feature is of size 1. A
 * point of a sphere is cut off from any others by a plane, hence every centre from all the others:
 * the structured part is linearly separable, but for what the spread makes overlap. The random part
 * can only be memorised, log2 V bits a corrupted sample.
 *
 * twin: labels is what every task does at s below 1: a corrupted sample keeps its input, so nobody can tell
 * it from the others, and a label is worth what the mixture of both leaves, at s = 1/2 a quarter of log2 V.
 * With twin: samples the input is replaced as well, by N(0, I_d), far from the clusters: structured and
 * random samples can be told apart, each structured one is worth log2 V bits, and s is the structural
 * fraction p_s of the third post. test_clean is then test at s = 1, inputs included.
 *
 * Points. trivial = ln V. The best predictor knows the centres; f_y is the density of cluster y, and g is
 * where a corrupted sample comes from, the mean of all f (labels) or that of N(0, I_d) (samples):
 *
 *     p_y(x) = (s f_y + (1-s) g) / sum_j (s f_j + (1-s) g)     best = mean over x of - sum_y p_y ln p_y
 *
 * a mean over 4096 x drawn from task-world after the centres. A term lies between 0 and ln V, so its
 * standard error is at most ln V / 128, 0.8 % of the trivial loss, and far less where clusters hardly
 * overlap.
 */
#include <math.h>

#include "core/base/alloc.h"
#include "core/base/math.h"
#include "core/base/rng.h"
#include "tasks/labels.h"
#include "tasks/split.h"
#include "tasks/task.h"

#define PROBES 4096 /* inputs of the estimate */

struct clusters {
    struct pl_task_common common;
    long classes, dim;
    double spread;
    int twin;
};

enum { TWIN_LABELS, TWIN_SAMPLES };

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS(struct clusters),
    PL_OPTION_INT(struct clusters, classes, "5", 2, 1024, "clusters, V"),
    PL_OPTION_INT(struct clusters, dim, "10", 2, 4096, "features of an input"),
    PL_OPTION_REAL(struct clusters, spread, "0.3", 0.01, 100,
                   "standard deviation of a feature within a cluster; centres have size 1"),
    PL_OPTION_CHOICE(struct clusters, twin, "labels", "labels|samples",
                     "what is random below structure 1: labels alone, or samples off the clusters"),
};

struct world {
    const struct clusters *options;
    double *centres; /* [classes][dim], owned */
    double *x;       /* [dim], scratch behind the centres */
    double *p;       /* [classes], likewise */
    struct pl_rng rng;
};

static void draw_centre(double *centre, size_t dim, struct pl_rng *rng) {
    double square = 0;
    for (size_t j = 0; j < dim; j++) {
        centre[j] = pl_rng_normal(rng);
        square += centre[j] * centre[j];
    }
    for (size_t j = 0; j < dim; j++) centre[j] *= sqrt((double)dim / square);
}

static enum pl_status world_init(struct world *world, const struct clusters *options,
                                 uint64_t seed) {
    size_t classes = (size_t)options->classes, dim = (size_t)options->dim;
    void *memory;
    PL_TRY(pl_alloc_try(&memory, (classes * dim + dim + classes) * sizeof(double), 64,
                        "the centres of clusters"));
    *world = (struct world){.options = options, .centres = memory};
    world->x = world->centres + classes * dim;
    world->p = world->x + dim;
    pl_rng_init(&world->rng, seed, "task-world");
    for (size_t c = 0; c < classes; c++) draw_centre(world->centres + c * dim, dim, &world->rng);
    return PL_OK;
}

static void world_finish(struct world *world) {
    pl_free(world->centres);
}

/* Writes an input to the scratch and returns its cluster. */
static size_t draw_input(const struct world *world, struct pl_rng *rng) {
    size_t dim = (size_t)world->options->dim;
    size_t c = (size_t)pl_rng_below(rng, (uint64_t)world->options->classes);
    for (size_t j = 0; j < dim; j++)
        world->x[j] = world->centres[c * dim + j] + world->options->spread * pl_rng_normal(rng);
    return c;
}

/* Replaces the input in the scratch by one that belongs to no cluster. */
static void draw_other(const struct world *world, struct pl_rng *rng, bool replace) {
    size_t dim = (size_t)world->options->dim;
    for (size_t j = 0; j < dim; j++) {
        double other = pl_rng_normal(rng);
        if (replace) world->x[j] = other;
    }
}

static enum pl_status draw(const void *context, enum pl_split split, struct pl_rng *rng,
                           struct pl_samples *out, struct pl_samples *clean) {
    const struct world *world = context;
    size_t dim = (size_t)world->options->dim;
    struct pl_labels labels = {&world->options->common, (size_t)world->options->classes, NULL};
    (void)split; /* all alike */
    for (size_t i = 0; i < out->count; i++) {
        int32_t c = (int32_t)draw_input(world, rng);
        pl_labels_draw(&labels, rng, c, &out->labels[i], &out->corrupted[i]);
        for (size_t j = 0; clean && j < dim; j++) clean->x[i * dim + j] = (float)world->x[j];
        if (clean) clean->labels[i] = c;
        if (world->options->twin == TWIN_SAMPLES) draw_other(world, rng, out->corrupted[i]);
        for (size_t j = 0; j < dim; j++) out->x[i * dim + j] = (float)world->x[j];
    }
    return PL_OK;
}

/* ---- the best predictor ------------------------------------------------------------------- */

/* - |x - centre_y|^2 / (2 spread^2), the log of f_y but for a constant. */
static double closeness(const struct world *world, size_t y) {
    size_t dim = (size_t)world->options->dim;
    double spread = world->options->spread, square = 0;
    for (size_t j = 0; j < dim; j++) {
        double apart = world->x[j] - world->centres[y * dim + j];
        square += apart * apart;
    }
    return -square / (2 * spread * spread);
}

/* The log of the density of N(0, I_d) but for the same constant. */
static double background(const struct world *world) {
    size_t dim = (size_t)world->options->dim;
    double square = 0;
    for (size_t j = 0; j < dim; j++) square += world->x[j] * world->x[j];
    return -square / 2 + (double)dim * pl_log(world->options->spread);
}

/* - sum_y p_y ln p_y for the input in the scratch. */
static double entropy(const struct world *world) {
    size_t classes = (size_t)world->options->classes;
    bool samples = world->options->twin == TWIN_SAMPLES;
    double s = world->options->common.structure, most = samples ? background(world) : -INFINITY;
    double other = most, sum = 0, total = 0;
    for (size_t y = 0; y < classes; y++) {
        world->p[y] = closeness(world, y);
        if (world->p[y] > most) most = world->p[y];
    }
    for (size_t y = 0; y < classes; y++) sum += world->p[y] = pl_exp(world->p[y] - most);
    other = samples ? pl_exp(other - most) : sum / (double)classes;
    for (size_t y = 0; y < classes; y++) {
        double all = s * sum + (1 - s) * other * (double)classes;
        double p = all > 0 ? (s * world->p[y] + (1 - s) * other) / all : 1 / (double)classes;
        if (p > 0) total -= p * pl_log(p);
    }
    return total;
}

/* An input as the best predictor meets it. */
static void draw_probe(struct world *world) {
    const struct clusters *own = world->options;
    draw_input(world, &world->rng);
    if (own->twin == TWIN_SAMPLES)
        draw_other(world, &world->rng, pl_rng_uniform(&world->rng) >= own->common.structure);
}

/* ---- the task ----------------------------------------------------------------------------- */

static enum pl_status check(const void *options, const char **key) {
    return pl_labels_check(&((const struct clusters *)options)->common, key);
}

static void shape(const void *options, struct pl_data_shape *out) {
    const struct clusters *own = options;
    *out = (struct pl_data_shape){PL_INPUT_REAL, PL_TARGET_CLASS, own->dim, own->classes, 1};
}

static enum pl_status generate(const void *options, uint64_t seed, struct pl_dataset *out) {
    const struct clusters *own = options;
    struct world world;
    PL_TRY(world_init(&world, own, seed));
    struct pl_split_draw split = {.draw = draw, .world = &world, .clean = true};
    shape(options, &out->shape);
    enum pl_status status = pl_split_generate(&split, &own->common, seed, out);
    world_finish(&world);
    return status;
}

static enum pl_status points(const void *options, uint64_t seed, const struct pl_dataset *data,
                             struct pl_task_points *out) {
    const struct clusters *own = options;
    double trivial = pl_log((double)own->classes), sum = 0;
    struct world world;
    (void)data; /* the points do not depend on the sizes of splits */
    PL_TRY(world_init(&world, own, seed));
    for (int n = 0; n < PROBES; n++) {
        draw_probe(&world);
        sum += entropy(&world);
    }
    double best = sum / PROBES;
    pl_points_set(out, trivial, best < trivial ? best : trivial);
    world_finish(&world);
    return PL_OK;
}

const struct pl_task pl_task_clusters = {
    .name = "clusters",
    .summary =
        "Gaussian clusters around separable centres, some labels random: structural fraction",
    .formula = "x = centre_c + spread z -> c, or with probability 1-s a uniform class",
    .citation = "Ziming Liu, Estimating structural information fraction (2026-03-17)",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct clusters),
    .check = check,
    .shape = shape,
    .generate = generate,
    .points = points,
};
