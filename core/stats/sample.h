/* Sample: numbers whose axes have names, so that the wrong one is never taken as the unit.
 *
 * Only seeds are independent. Points of an axis, tasks and time steps of one seed share its data and
 * its initial weights, and to count them as units makes every interval too short. So whoever hands
 * over a table says what its axes mean, the seed first, and whoever takes one refuses any other:
 *
 *     [seed]                   one number a seed            pl_sample_seeds
 *     [seed][block]            a block is a point or task   pl_sample_blocks
 *     [seed][block][entry]     and entries are compared     pl_sample_entries
 *
 * The last axis is the fastest. [seed] passes where [seed][block] is asked for: one block.
 */
#ifndef PL_STATS_SAMPLE_H
#define PL_STATS_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/status.h"

#define PL_SAMPLE_AXES 3

enum pl_sample_axis { PL_SAMPLE_NONE, PL_SAMPLE_SEED, PL_SAMPLE_BLOCK, PL_SAMPLE_ENTRY };

struct pl_sample {
    const double *values;                     /* borrowed */
    enum pl_sample_axis axes[PL_SAMPLE_AXES]; /* PL_SAMPLE_NONE after the last */
    size_t sizes[PL_SAMPLE_AXES];             /* 1 after the last */
};

struct pl_sample pl_sample_seeds(const double *values, size_t seeds);
struct pl_sample pl_sample_blocks(const double *values, size_t seeds, size_t blocks);
struct pl_sample pl_sample_entries(const double *values, size_t seeds, size_t blocks,
                                   size_t entries);

size_t pl_sample_row(const struct pl_sample *sample);   /* numbers of one seed */
size_t pl_sample_count(const struct pl_sample *sample); /* of all seeds */

/* Refuses, with PL_EMISMATCH and a sentence that begins with [use] ("the bootstrap"), a sample of
 * other axes than [seed] and then [second], [third] (PL_SAMPLE_NONE: none), and one that holds a NaN
 * or, unless [infinite], an infinite number, naming its place. */
enum pl_status pl_sample_check(const struct pl_sample *sample, const char *use,
                               enum pl_sample_axis second, enum pl_sample_axis third,
                               bool infinite) PL_NODISCARD;

#endif
