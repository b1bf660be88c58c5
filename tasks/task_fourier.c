/* fourier: a random Fourier series, smooth or rough.
 *
 *     x uniform in [-1, 1]^d     f(x) = sum_m a_m cos(pi k_m . x + phi_m)     y = s f(x) + (1-s) z
 *
 * The k_m are different vectors of whole numbers from -F to F (F is the option frequency), not 0,
 * and of k and -k, which make the same waves, one: ((2F+1)^d - 1) / 2 vectors exist, of which the
 * seed draws `terms`, or all where there are fewer. The phases are uniform, the a_m normal, then
 * scaled to sum_m a_m^2 = 2. A low F is smooth; at a high one samples are few for a wave.
 *
 * Points. On the cube the waves are orthogonal, with mean 0 and mean square 1/2, so f has the variance
 * sum_m a_m^2 / 2 = 1, and with the weights a and b of tasks/mixture.h (z ~ N(0, 1)):
 * trivial = a^2 + b^2, best test = b^2. The best predictor is a f(x).
 */
#include <math.h>

#include "core/base/math.h"
#include "core/base/rng.h"
#include "tasks/deal.h"
#include "tasks/mixture.h"
#include "tasks/split.h"
#include "tasks/task.h"

#define MOST_DIM   10 /* and frequency 32: 65^10 vectors are less than 2^61 */
#define MOST_TERMS 256

struct fourier {
    struct pl_task_common common;
    long dim, frequency, terms;
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS(struct fourier),
    PL_OPTION_INT(struct fourier, dim, "2", 1, MOST_DIM, "features of an input"),
    PL_OPTION_INT(struct fourier, frequency, "4", 1, 32,
                  "highest frequency in each direction: waves from -1 to 1"),
    PL_OPTION_INT(struct fourier, terms, "16", 1, MOST_TERMS,
                  "waves in the series; fewer where there are not so many"),
};

struct wave {
    double amplitude;
    double phase;           /* in turns */
    double turns[MOST_DIM]; /* for each unit of x: k / 2 */
};

/* What a seed decides. */
struct world {
    size_t dim, terms;
    struct wave waves[MOST_TERMS];
};

/* Vectors of the box as numbers in base 2F+1: 0 lies in the middle, and -k opposite k. */
static uint64_t half_box(const struct fourier *own) {
    uint64_t box = 1;
    for (long j = 0; j < own->dim; j++) box *= 2 * (uint64_t)own->frequency + 1;
    return box / 2;
}

static void wave_init(struct wave *wave, const struct fourier *own, uint64_t number,
                      struct pl_rng *rng) {
    uint64_t base = 2 * (uint64_t)own->frequency + 1;
    for (long j = 0; j < own->dim; j++, number /= base)
        wave->turns[j] = ((double)(number % base) - (double)own->frequency) / 2;
    wave->amplitude = pl_rng_normal(rng);
    wave->phase = pl_rng_uniform(rng);
}

static void world_init(struct world *world, const struct fourier *own, uint64_t seed) {
    uint64_t half = half_box(own);
    double square = 0;
    struct pl_deal deal;
    struct pl_rng rng;
    world->dim = (size_t)own->dim;
    world->terms = (uint64_t)own->terms < half ? (size_t)own->terms : (size_t)half;
    pl_rng_init(&rng, seed, "task-world");
    pl_deal_init(&deal, half, &rng);
    for (size_t m = 0; m < world->terms; m++) {
        wave_init(&world->waves[m], own, half + 1 + pl_deal_at(&deal, m), &rng);
        square += world->waves[m].amplitude * world->waves[m].amplitude;
    }
    for (size_t m = 0; m < world->terms; m++) world->waves[m].amplitude *= sqrt(2 / square);
}

static double series(const struct world *world, const float *x) {
    double sum = 0;
    for (size_t m = 0; m < world->terms; m++) {
        const struct wave *wave = &world->waves[m];
        double turns = wave->phase;
        for (size_t j = 0; j < world->dim; j++) turns += wave->turns[j] * (double)x[j];
        sum += wave->amplitude * pl_cos_turn(turns);
    }
    return sum;
}

static enum pl_status target(const void *context, const float *x, size_t samples, double *y) {
    const struct world *world = context;
    for (size_t n = 0; n < samples; n++) y[n] = series(world, x + n * world->dim);
    return PL_OK;
}

static enum pl_status check(const void *options, const char **key) {
    (void)options; /* the rows say it all */
    *key = NULL;
    return PL_OK;
}

static void shape(const void *options, struct pl_data_shape *out) {
    long dim = ((const struct fourier *)options)->dim;
    *out = (struct pl_data_shape){PL_INPUT_REAL, PL_TARGET_REAL, dim, 1, 1};
}

static enum pl_status generate(const void *options, uint64_t seed, struct pl_dataset *out) {
    const struct fourier *own = options;
    struct world world;
    world_init(&world, own, seed);
    struct pl_mixture mixture = {.common = &own->common,
                                 .inputs = PL_INPUTS_CUBE,
                                 .sigma = 1,
                                 .target = target,
                                 .world = &world};
    shape(options, &mixture.shape);
    return pl_mixture_generate(&mixture, seed, out);
}

static enum pl_status points(const void *options, uint64_t seed, const struct pl_dataset *data,
                             struct pl_task_points *out) {
    double a, b;
    (void)seed, (void)data; /* a formula knows better */
    pl_mixture_weights(&((const struct fourier *)options)->common, &a, &b);
    pl_points_set(out, a * a + b * b, b * b);
    return PL_OK;
}

const struct pl_task pl_task_fourier = {
    .name = "fourier",
    .summary = "a random Fourier series of bounded frequency: smooth versus rough",
    .formula = "x in [-1, 1]^d, z ~ N(0, 1): x -> s sum_m a_m cos(pi k_m x + phi_m) + (1-s) z, "
               "|k| <= frequency",
    .citation = "Rahaman et al., On the spectral bias of neural networks (arXiv 1806.08734)",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct fourier),
    .check = check,
    .shape = shape,
    .generate = generate,
    .points = points,
};
