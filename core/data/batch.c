#include "core/data/batch.h"

#include "core/base/alloc.h"
#include "core/base/status.h"

void pl_batches_init(struct pl_batches *batches, size_t samples, size_t size, uint64_t seed) {
    PL_ASSERT(samples >= 1 && samples <= UINT32_MAX);
    *batches = (struct pl_batches){.samples = samples, .next = samples};
    batches->size = size == 0 || size > samples ? samples : size;
    pl_rng_init(&batches->rng, seed, "order");
    batches->order = pl_alloc(samples * sizeof *batches->order);
    for (size_t i = 0; i < samples; i++) batches->order[i] = (uint32_t)i;
}

void pl_batches_finish(struct pl_batches *batches) {
    if (batches == NULL) return;
    pl_free(batches->order);
    *batches = (struct pl_batches){0};
}

/* An epoch is drawn when its first batch is asked for; a full batch keeps the stored order. */
static void epoch_begin(struct pl_batches *batches) {
    batches->next = 0;
    if (batches->size < batches->samples)
        pl_rng_permutation(&batches->rng, batches->order, batches->samples);
}

double pl_batches_samples(size_t samples, size_t size, long steps) {
    if (size == 0 || size > samples) size = samples;
    long epoch = (long)((samples + size - 1) / size);
    return (double)(steps / epoch) * (double)samples + (double)(steps % epoch) * (double)size;
}

const uint32_t *pl_batches_next(struct pl_batches *batches, size_t *count) {
    if (batches->next == batches->samples) epoch_begin(batches);
    size_t first = batches->next, left = batches->samples - first;
    *count = left < batches->size ? left : batches->size;
    batches->next += *count;
    return batches->order + first;
}
