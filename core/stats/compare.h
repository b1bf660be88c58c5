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
#include "core/stats/interval.h"
#include "core/stats/sample.h"

#define PL_SIGN_FLIP_EXACT_MAX 14    /* up to here all 2^n patterns are gone through */
#define PL_SIGN_FLIP_RESAMPLES 99999 /* above, this many are drawn */

/* Two-sided p of the sign-flip test on the mean of [differences], all finite. Exact for up to
 * PL_SIGN_FLIP_EXACT_MAX of them ([rng] is then not touched and may be NULL); above, Monte Carlo with
 * p = (b + 1) / (B + 1). NaN when there are none. */
double pl_stats_sign_flip(const double *differences, size_t count, struct pl_rng *rng);

/* The least p that test can give of [count] differences, whatever they are: 2^(1-n), drawn 1 / (B + 1). */
double pl_stats_sign_flip_least(size_t count);

/* The two ways by name, for tests and for callers that want one of them: exact asks for
 * count <= 24; the other draws [resamples] patterns. */
double pl_stats_sign_flip_exact(const double *differences, size_t count);
double pl_stats_sign_flip_drawn(const double *differences, size_t count, size_t resamples,
                                struct pl_rng *rng);

/* The sign-flip test of several means at once (Westfall and Young, 1993: max T). [table] is [seed][block],
 * NaN where a seed has nothing; whole seeds are flipped, so blocks may depend on each other in any way:
 *
 *     p[block] = share of patterns in which the greatest |t| of all blocks reaches the |t| of this one
 *
 * With p[block] <= alpha for "told", the chance of any false one is alpha at most, and the least p is
 * 2^(1-n) however many blocks there are. One block: the test above. A block of zeros has p = 1. Above
 * PL_SIGN_FLIP_EXACT_MAX seeds PL_SIGN_FLIP_MAX_RESAMPLES patterns are drawn; [rng] as above. */
#define PL_SIGN_FLIP_MAX_RESAMPLES 19999
void pl_stats_sign_flip_max(double *p, const struct pl_sample *table, struct pl_rng *rng);

/* Holm's step-down correction of one family of p-values: adjusted[i] is the smallest level at which
 * the i-th is rejected while the chance of any false rejection stays at that level. NaN entries are
 * not part of the family and stay NaN. [adjusted] may be [p]. */
void pl_stats_holm(double *adjusted, const double *p, size_t count);

/* Benjamini and Hochberg's step-up correction: adjusted[i] is the smallest level at which the i-th is
 * rejected while the expected share of false ones among the rejected stays at that level (for
 * independent or positively dependent tests). NaN entries and [adjusted] as above. */
void pl_stats_benjamini_hochberg(double *adjusted, const double *p, size_t count);

/* Two one-sided t tests (TOST): is the mean of the differences, [seed], inside a region that was stated
 * beforehand? Equivalence at level alpha (p <= alpha) is the same as the t interval of confidence
 * 1 - 2 alpha lying within the region. */
struct pl_equivalence {
    double p_low;  /* against "the mean is at most region.low" */
    double p_high; /* against "the mean is at least region.high" */
    double p;      /* the greater of the two; NaN below two seeds */
};
enum pl_status pl_stats_equivalence(struct pl_equivalence *out, const struct pl_sample *differences,
                                    struct pl_interval region) PL_NODISCARD;

/* Probability of improvement: the chance that a run of [a] drawn at random has the lower number than one
 * of [b], ties counting half, by block (Mann and Whitney's U over the number of pairs) and then the
 * mean over blocks. Both are [seed][block] with the same blocks; infinite numbers are welcome. */
enum pl_status pl_stats_improvement(double *out, const struct pl_sample *a,
                                    const struct pl_sample *b) PL_NODISCARD;

/* The least number of seeds with which the smallest possible p survives Holm over [comparisons] at
 * level [alpha]: the least n with comparisons * 2^(1-n) <= alpha. */
size_t pl_stats_seeds_needed(size_t comparisons, double alpha);

#endif
