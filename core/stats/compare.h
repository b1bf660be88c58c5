/* Compare: is one thing better than another, judged on pairs.
 *
 * Each seed gives one paired difference (of log losses, say). Under the hypothesis that the two
 * sides are exchangeable, every pattern of signs of those differences was as likely as the one seen:
 *
 *     seen       +.3 +.1 +.2 -.1     |sum| = .5
 *     flipped    -.3 +.1 +.2 -.1     |sum| = .1
 *     ...        2^n patterns        p = share of patterns whose |sum| is at least the one seen
 *
 * No shape of distribution is assumed. The smallest two-sided p is 2^(1-n).
 */
#ifndef PL_STATS_COMPARE_H
#define PL_STATS_COMPARE_H

#include <stddef.h>

#include "core/base/rng.h"

#define PL_SIGN_FLIP_EXACT_MAX 14    /* up to here all 2^n patterns are gone through */
#define PL_SIGN_FLIP_RESAMPLES 99999 /* above, this many are drawn */

/* Two-sided p of the sign-flip test on the mean of [differences], all finite. Exact for up to
 * PL_SIGN_FLIP_EXACT_MAX of them ([rng] is then not touched and may be NULL); above, Monte Carlo with
 * p = (b + 1) / (B + 1). NaN when there are none. */
double pl_stats_sign_flip(const double *differences, size_t count, struct pl_rng *rng);

/* The two ways by name, for tests and for callers that want one of them: exact asks for
 * count <= 24; the other draws [resamples] patterns. */
double pl_stats_sign_flip_exact(const double *differences, size_t count);
double pl_stats_sign_flip_drawn(const double *differences, size_t count, size_t resamples,
                                struct pl_rng *rng);

/* Holm's step-down correction of one family of p-values: adjusted[i] is the smallest level at which
 * the i-th is rejected while the chance of any false rejection stays at that level. NaN entries are
 * not part of the family and stay NaN. [adjusted] may be [p]. */
void pl_stats_holm(double *adjusted, const double *p, size_t count);

/* The least number of seeds with which the smallest possible p survives Holm over [comparisons] at
 * level [alpha]: the least n with comparisons * 2^(1-n) <= alpha. */
size_t pl_stats_seeds_needed(size_t comparisons, double alpha);

#endif
