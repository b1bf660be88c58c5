/* Deal: the numbers 0 .. count-1 in a secret order, without a table.
 *
 *     index ──► Feistel network on 2b bits, 8 rounds ──► a number below count? else once more
 *
 * A permutation of any size up to 2^62 whose n-th element costs the same everywhere. It deals the
 * inputs of a finite task to its splits, which are then disjoint by construction, and gives rules
 * their distinct right-hand sides. The order is that of its eight keys, which come from a stream.
 */
#ifndef PL_TASKS_DEAL_H
#define PL_TASKS_DEAL_H

#include <stdint.h>

#include "core/base/rng.h"

#define PL_DEAL_ROUNDS 8
#define PL_DEAL_MOST   (UINT64_C(1) << 62) /* numbers in one order */

struct pl_deal {
    uint64_t count;
    unsigned half_bits; /* b: 4^b is the first power of 4 that is at least count */
    uint64_t keys[PL_DEAL_ROUNDS];
};

/* An order of 1 .. PL_DEAL_MOST numbers; takes PL_DEAL_ROUNDS numbers from [rng], whatever [count]. */
void pl_deal_init(struct pl_deal *deal, uint64_t count, struct pl_rng *rng);

/* The number in place [index], which is below count. */
uint64_t pl_deal_at(const struct pl_deal *deal, uint64_t index);

#endif
