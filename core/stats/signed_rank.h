/* Signed rank: Wilcoxon's test on paired differences, and the estimate that belongs to it.
 *
 *     differences   +.3 +.1 +.5 -.2      W = sum of the ranks of those above 0 = 3 + 1 + 4 = 8
 *     rank of size    3   1   4   2      as far from its middle, n (n + 1) / 4 = 5, as chance lets it?
 *
 * Differences of 0 are left out (Wilcoxon's own way); equal sizes share the mean of their ranks. Only
 * ranks count, so an infinite difference (one side diverged) is welcome.
 */
#ifndef PL_STATS_SIGNED_RANK_H
#define PL_STATS_SIGNED_RANK_H

#include <stdbool.h>

#include "core/stats/sample.h"

#define PL_SIGNED_RANK_EXACT_MAX 25 /* up to here all 2^n patterns of signs are counted */

struct pl_signed_rank {
    size_t n;         /* differences other than 0 */
    double statistic; /* W, the sum of the ranks of those above 0 */
    double p;         /* two-sided; 1 when all differences are 0, NaN when there are none */
    bool exact;       /* counted, ties included; otherwise from the normal approximation */
};

/* Of the differences, [seed]. With n up to PL_SIGNED_RANK_EXACT_MAX p is exact, given the ranks as they
 * are, ties too: twice the smaller tail. Above, the normal approximation with the variance corrected
 * for ties and a continuity correction of 1/2. */
enum pl_status pl_stats_signed_rank(struct pl_signed_rank *out,
                                    const struct pl_sample *differences) PL_NODISCARD;

/* Hodges and Lehmann's estimate of the centre of symmetry: the median of the n (n + 1) / 2 means of two
 * (a number with itself included). It keeps 29 % of wild values at bay and is almost as sharp as the mean.
 * Finite numbers, [seed]; NaN for none. */
enum pl_status pl_stats_hodges_lehmann(double *out, const struct pl_sample *values) PL_NODISCARD;

#endif
