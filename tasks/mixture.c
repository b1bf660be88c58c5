#include "tasks/mixture.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/rng.h"
#include "tasks/split.h"

#define CHUNK  512  /* samples whose targets and noise are held in double at a time */
#define PROBES 1024 /* inputs of the estimate of a variance */

/* A run of consecutive samples, with pointers into the arrays of its split. */
struct chunk {
    size_t samples;
    float *x, *y;
    float *clean_x, *clean_y; /* NULL outside test */
    double *f, *z;            /* [samples][out], scratch */
};

void pl_mixture_weights(const struct pl_task_common *common, double *structured, double *random) {
    bool variance = common->mix == PL_MIX_VARIANCE;
    double s = common->structure;
    *structured = variance ? sqrt(s) : s;
    *random = variance ? sqrt(1 - s) : 1 - s;
}

static float draw_input(enum pl_mixture_inputs inputs, struct pl_rng *rng) {
    return (float)(inputs == PL_INPUTS_CUBE ? 2 * pl_rng_uniform(rng) - 1 : pl_rng_normal(rng));
}

static void chunk_draw(const struct chunk *chunk, const struct pl_mixture *mixture,
                       struct pl_rng *rng) {
    size_t in = (size_t)mixture->shape.in, out = (size_t)mixture->shape.out;
    for (size_t i = 0; i < chunk->samples; i++) {
        for (size_t j = 0; j < in; j++) chunk->x[i * in + j] = draw_input(mixture->inputs, rng);
        for (size_t j = 0; j < out; j++) chunk->z[i * out + j] = pl_rng_normal(rng);
    }
}

static void chunk_mix(const struct chunk *chunk, const struct pl_mixture *mixture) {
    size_t in = (size_t)mixture->shape.in, out = (size_t)mixture->shape.out;
    double a, b;
    pl_mixture_weights(mixture->common, &a, &b);
    b *= mixture->sigma;
    for (size_t i = 0; i < chunk->samples * out; i++)
        chunk->y[i] = (float)(a * chunk->f[i] + b * chunk->z[i]);
    if (chunk->clean_y == NULL) return;
    memcpy(chunk->clean_x, chunk->x, chunk->samples * in * sizeof *chunk->x);
    for (size_t i = 0; i < chunk->samples * out; i++) chunk->clean_y[i] = (float)chunk->f[i];
}

static enum pl_status chunks_fill(const struct pl_mixture *mixture, struct pl_rng *rng,
                                  struct pl_samples *out, struct pl_samples *clean, double *f,
                                  double *z) {
    size_t in = (size_t)mixture->shape.in, width = (size_t)mixture->shape.out;
    for (size_t first = 0; first < out->count; first += CHUNK) {
        struct chunk chunk = {.samples = out->count - first, .f = f, .z = z};
        if (chunk.samples > CHUNK) chunk.samples = CHUNK;
        chunk.x = out->x + first * in;
        chunk.y = out->y + first * width;
        if (clean != NULL) chunk.clean_x = clean->x + first * in;
        if (clean != NULL) chunk.clean_y = clean->y + first * width;
        chunk_draw(&chunk, mixture, rng);
        PL_TRY(mixture->target(mixture->world, chunk.x, chunk.samples, f));
        chunk_mix(&chunk, mixture);
    }
    return PL_OK;
}

static enum pl_status mixture_draw(const void *world, enum pl_split split, struct pl_rng *rng,
                                   struct pl_samples *out, struct pl_samples *clean) {
    const struct pl_mixture *mixture = world;
    (void)split; /* all alike */
    size_t items = (out->count < CHUNK ? out->count : CHUNK) * (size_t)mixture->shape.out;
    void *scratch;
    PL_TRY(pl_alloc_try(&scratch, 2 * items * sizeof(double), 64, "the scratch of a task"));
    double *f = scratch, *z = f + items;
    enum pl_status status = chunks_fill(mixture, rng, out, clean, f, z);
    pl_free(scratch);
    memset(out->corrupted, mixture->common->structure < 1, out->count);
    return status;
}

/* Mean over [width] outputs of the unbiased variance over [count] samples. */
static double mean_variance(const double *y, size_t count, size_t width) {
    double total = 0;
    for (size_t j = 0; j < width; j++) {
        double mean = 0, square = 0;
        for (size_t i = 0; i < count; i++) mean += y[i * width + j];
        mean /= (double)count;
        for (size_t i = 0; i < count; i++) {
            double apart = y[i * width + j] - mean;
            square += apart * apart;
        }
        total += square / (double)(count - 1);
    }
    return total / (double)width;
}

enum pl_status pl_mixture_variance(const struct pl_mixture *mixture, struct pl_rng *rng,
                                   double *out) {
    size_t in = PROBES * (size_t)mixture->shape.in, width = (size_t)mixture->shape.out;
    void *memory;
    PL_TRY(pl_alloc_try(&memory, PROBES * width * sizeof(double) + in * sizeof(float), 64,
                        "the estimate of the variance of a task"));
    double *y = memory;
    float *x = (float *)(y + PROBES * width);
    for (size_t i = 0; i < in; i++) x[i] = draw_input(mixture->inputs, rng);
    enum pl_status status = mixture->target(mixture->world, x, PROBES, y);
    if (status == PL_OK) *out = mean_variance(y, PROBES, width);
    pl_free(memory);
    return status;
}

enum pl_status pl_mixture_generate(const struct pl_mixture *mixture, uint64_t seed,
                                   struct pl_dataset *out) {
    struct pl_split_draw draw = {.draw = mixture_draw, .world = mixture, .clean = true};
    out->shape = mixture->shape;
    return pl_split_generate(&draw, mixture->common, seed, out);
}
