/* Batch: walks the training split in seeded order.
 *
 * Full batch (size 0 or >= samples): every step is the whole split in stored order, and nothing is
 * drawn. Otherwise one permutation an epoch from the stream "order" of the seed; the last batch of an
 * epoch may be short and is kept.
 */
#ifndef PL_DATA_BATCH_H
#define PL_DATA_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/rng.h"

struct pl_batches {
    struct pl_rng rng; /* stream "order" */
    uint32_t *order;   /* owned; the present epoch's permutation */
    size_t samples;    /* of the split */
    size_t size;       /* of a batch; samples when full */
    size_t next;       /* position in order */
};

void pl_batches_init(struct pl_batches *batches, size_t samples, size_t size, uint64_t seed);
void pl_batches_finish(struct pl_batches *batches);

/* How many samples the first [steps] batches hold. */
double pl_batches_samples(size_t samples, size_t size, long steps);

/* The next batch's sample numbers, borrowed until the next call; *count of them (at least 1). */
const uint32_t *pl_batches_next(struct pl_batches *batches, size_t *count);

#endif
