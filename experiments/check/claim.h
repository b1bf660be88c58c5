/* Claim: one promise of a study, typed. study/claims.h has the grammar; this is what it means.
 *
 *     kind        holds when                                             practical margin
 *     better      A's advantage over B is greater than `by` (1x)         margin, 1.02x
 *     equivalent  A and B differ by less than `within` (1.02x)           the region itself
 *     order       A is better than B, B better than C, ...               margin, 1.02x
 *     crossover   A is better at the lower end of `in` (of the axis),    margin, 1.02x
 *                 B at its upper end;
 *                 in: none: one of the two is nowhere worse              margin, 1.02x
 *     bound       A's metric is below, above, or between                 margin, 1.02x
 *     divergence  the share of A's runs that diverge is below a rate     none
 *     cost        A's cost over B's is below a factor                    margin, 1.05x (time), 1x
 *
 * Advantage is a log ratio of losses or steps, oriented so that above 0 is better; of accuracy and
 * score it is a plain difference, and the logarithm of a margin is taken as one (1.02x: 0.02). An axis
 * that `at` does not name is averaged: the number of a seed is its mean over those points.
 */
#ifndef PL_EXPERIMENTS_CHECK_CLAIM_H
#define PL_EXPERIMENTS_CHECK_CLAIM_H

#include <stdbool.h>

#include "core/train/metric.h"
#include "experiments/study/experiment.h"

enum pl_claim_kind {
    PL_CLAIM_BETTER,
    PL_CLAIM_EQUIVALENT,
    PL_CLAIM_ORDER,
    PL_CLAIM_CROSSOVER,
    PL_CLAIM_BOUND,
    PL_CLAIM_DIVERGENCE,
    PL_CLAIM_COST,
};

#define PL_ANY_VALUE ((size_t)-1)

struct pl_claim {
    enum pl_claim_kind kind;
    struct pl_place place;
    const char *text;                   /* in one line, the same however it was written */
    const struct pl_metric_row *metric; /* NULL: divergence */
    size_t *entries; /* indices of its labels, in its order; cost: A, then what it is held to */
    size_t entry_count;
    size_t *at;          /* one an axis: index of the value, or PL_ANY_VALUE */
    double by;           /* better: the advantage claimed, a factor; 1 when it claims none */
    double margin;       /* the practical margin or the region, a factor */
    double below, above; /* bound, divergence, cost; NaN when not given */
    size_t axis;         /* crossover */
    size_t low, high;    /* crossover: values of the axis at which the two sides are looked at */
    bool none;           /* crossover: there is none */
};

struct pl_claims {
    struct pl_arena arena; /* owns all */
    struct pl_claim *items;
    size_t count;
};

/* The claims of [experiment], in the order of its file; none when it has no claims. PL_ECONFIG when
 * the command line took away the value of an axis that a claim names. The caller ends [out] with
 * pl_claims_finish; [experiment] must outlive it. */
enum pl_status pl_claims_read(struct pl_claims *out,
                              const struct pl_experiment *experiment) PL_NODISCARD;
void pl_claims_finish(struct pl_claims *claims);

/* "better", "equivalent", ... */
const char *pl_claim_kind_name(enum pl_claim_kind kind);

#endif
