/* Looks: a group-sequential plan, for claims that the seeds at hand do not settle.
 *
 *     seeds      1 ............ 10 | 11 ............ 20 | 21 ................... 40
 *     look                      1                    2                         3
 *     of alpha                 1/2                  1/4                       1/4
 *
 * The plan is fixed by two numbers, the seeds of the study and the most that may be used, before any
 * result is seen: each look doubles the seeds, and a step that would leave less than half as many again
 * for the last one goes straight to the end. Look k of K is given the share 2^-k of alpha, the last one
 * what is left. At each look every claim that is still open is tested on all seeds so far, with Holm's
 * correction over all claims of the study (settled ones counting as p = 1); what is settled stays so.
 *
 * Why the stated rate holds: at look k the chance of any false rejection is at most share(k) x alpha,
 * since Holm's procedure bounds it on any fixed set of seeds, and to replace p-values by 1 can only
 * reject less. The shares add up to 1, and the chance that something goes wrong at some look is at
 * most the sum of the chances (Bonferroni). This needs no independence between looks, which share
 * seeds. Which claims are still open depends on the data, but a claim that is not tested is not rejected.
 *
 * Seeds beyond those of the study are the numbers after its greatest. They are the same every time, so
 * the same results give the same verdicts, and no seed counts twice.
 */
#ifndef PL_EXPERIMENTS_CHECK_LOOKS_H
#define PL_EXPERIMENTS_CHECK_LOOKS_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/strbuf.h"

enum { PL_LOOKS_MOST = 64 };

struct pl_looks {
    size_t count;
    size_t seeds[PL_LOOKS_MOST]; /* in all, at each look */
    double share[PL_LOOKS_MOST]; /* of alpha; they add up to 1 */
};

/* From [first] >= 1 seeds to at most [most]; a single look when [most] <= [first]. */
void pl_looks_plan(struct pl_looks *out, size_t first, size_t most);

/* "seeds=1,2,3,...": the override that gives a study [count] seeds, its own [own] first. */
void pl_looks_seeds(struct pl_strbuf *out, const uint64_t *own, size_t own_count, size_t count);

#endif
