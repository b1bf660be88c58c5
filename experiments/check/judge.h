/* Judge: one claim held against results.
 *
 * Each claim is cut into parts, every one a sample with one number a seed, its advantage: above 0 in
 * favour of the claim. (A better than B: log B - log A; an order of three: two parts; a bound: the
 * distance to it.) Three questions are asked of each part, each answered by a p-value:
 *
 *               -margin      0      by
 *     ─────────────┼─────────┼───────┼──────────── advantage
 *      against     │         │       │     for        against  the reverse effect: the mean is below 0
 *     ◄────────────┤         │       ├────────────►            (sign-flip, one-sided), and its estimate
 *                  ├─────────────────┤                         is beyond the margin, or p is 1
 *                        small                        for      the mean is above `by` (sign-flip)
 *                                                     small    the mean is between (two t tests)
 *
 * A claim of several parts holds when all do: its p for is the greatest. It is contradicted when one
 * is: its p against is the smallest, times the number of parts (Bonferroni), as its p small is.
 * A claim about a share of readings is held against each reading by itself, with these three questions at the
 * level PL_READING_ALPHA. What is counted then is tested by the binomial's tails: the readings are a sample.
 * Since a few readings are answered wrongly, a share s is held to s + (1 - s) x level x (number of answers
 * that count).
 *
 *     in ">= s"   for      readings in which it holds                  above s
 *                 against  those in which it is contradicted           above 1 - s
 *                 small    these, and those in which it is too small   above 1 - s
 *     in "<= s"   for      readings contradicted or too small          above 1 - s
 *                 against  those in which it holds                     above s
 *
 * Where only counts speak (divergence), the tests are the binomial's own tails. Costs that follow
 * from the model alone (parameters) are compared as they are.
 */
#ifndef PL_EXPERIMENTS_CHECK_JUDGE_H
#define PL_EXPERIMENTS_CHECK_JUDGE_H

#include "core/stats/interval.h"
#include "experiments/evidence/table.h"
#include "experiments/study/claims.h"

/* What the four answers of a check are called: "holds", "contradicted", "too small" (for a claim about
 * a difference: there is none that matters), "inconclusive". */
enum pl_claim_verdict { PL_CLAIM_OPEN, PL_CLAIM_HOLDS, PL_CLAIM_TOO_SMALL, PL_CLAIM_CONTRADICTED };

/* Log ratios A over B of a cost that was measured, one a round; none when count is 0. */
struct pl_cost_rounds {
    const double *logs;
    size_t count;
};

struct pl_finding {
    const char *subject; /* of the part that decides: "a / b", "a - b", "a"; the arena's */
    double estimate;     /* in the words of the claim: a ratio, a difference, a value, a share */
    struct pl_interval interval; /* of it, 95 %, t over seeds (Wilson for a share) */
    size_t n;                    /* of that part: */
    const char *unit;            /* "seeds", "runs", "rounds", "pairs" or "readings" */
    size_t diverged;             /* of its runs; then estimate is a median without an interval */
    double p_for, p_against, p_small; /* 1 where there is nothing to say */
    size_t readings[4]; /* share of readings: how many have each verdict (enum pl_claim_verdict) */
    bool counted; /* follows from the model alone: there is no chance in it, and no p to tell */
};

/* [stream] names the random stream of tests with too many seeds to count through. */
void pl_judge(struct pl_finding *out, const struct pl_claim *claim, const struct pl_table *table,
              const struct pl_cost_rounds *cost, const char *stream, struct pl_arena *arena);

/* Settled by the first look: nothing that another seed could change. */
bool pl_claim_is_settled_once(const struct pl_claim *claim);

/* Whether the claim speaks of this entry at this point: which cells it needs. */
bool pl_claim_needs(const struct pl_claim *claim, const struct pl_table *table, size_t point,
                    size_t entry);

const char *pl_claim_verdict_name(enum pl_claim_verdict verdict);

#endif
