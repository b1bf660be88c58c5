/* Claims: what a study promises about its results. A claim is read once, when the study is loaded;
 * after that it is a struct, which experiments/check judges.
 *
 *     better:     {better: A, than: B}            metric, by: 1.2x, margin, at
 *     equivalent: {equivalent: [A, B]}            metric, within: 1.05x, at
 *     order:      {order: [A, B, C]}              best first; metric, margin, at
 *     crossover:  {crossover: [A, B], axis: K}    A better at low values; metric, in: [low, high] |
 *                                                 none, margin, at
 *     bound:      {bound: A, below: x}            or above: x, or both; metric, margin, at
 *     divergence: {divergence: A, below: rate}    share of runs, 0..1; at
 *     cost:       {cost: A, below: 1.25x}         than: B (the baseline), metric: step_ms ..., margin,
 *                                                 at
 *     share:      {holds: CLAIM, in: ">= 0.9", of: readings}   or "<= 0.1"; where, at
 *
 * A, B, C are labels; `at: {axis: value, ...}` names one value of some axes. In a study that selects, a
 * claim is about the chosen runs, as its report is, each entry at its own choice (`at: selected`), unless it
 * names a value of that axis, or `all` of them: `at: all`, `at: {train.lr: all, ...}`. metric is the
 * study's unless it is given; margin: 1.02x is how far a claim may be missed and not count as
 * contradicted. What holds of each:
 *
 *     claim       holds when                                             margin, unless given
 *     better      A's advantage over B is more than `by` (1x)            1.02x
 *     equivalent  A and B differ by less than `within` (1.02x)           the region itself
 *     order       A is better than B, B better than C, ...               1.02x
 *     crossover   A is better at the lower end of `in` (of the axis),    1.02x
 *                 B at its upper end;
 *                 in: none: one of the two is nowhere worse              1.02x
 *     bound       A's metric is below, above, or between                 1.02x
 *     divergence  the share of A's runs that diverge is below a rate     none
 *     cost        A's cost over B's is below a factor                    1.05x (time), 1x
 *     share       CLAIM holds in that share of the readings of a design  that of CLAIM
 *
 * Advantage is a log ratio of losses or steps, oriented so that above 0 is better; of accuracy and
 * score it is a plain difference, and the logarithm of a margin is taken as one (1.02x: 0.02). An axis
 * that `at` does not name is averaged: the number of a seed is its mean over those points.
 *
 * A new kind is a row of the table in claims.c, a value of pl_claim_kind, and a row in
 * experiments/check/judge.c.
 */
#ifndef PL_EXPERIMENTS_STUDY_CLAIMS_H
#define PL_EXPERIMENTS_STUDY_CLAIMS_H

#include <stdbool.h>

#include "core/config/yaml.h"
#include "core/train/metric.h"

struct pl_experiment;
struct pl_scope;

enum pl_claim_kind {
    PL_CLAIM_BETTER,
    PL_CLAIM_EQUIVALENT,
    PL_CLAIM_ORDER,
    PL_CLAIM_CROSSOVER,
    PL_CLAIM_BOUND,
    PL_CLAIM_DIVERGENCE,
    PL_CLAIM_COST,
    PL_CLAIM_SHARE,
};

#define PL_ANY_VALUE ((size_t)-1)

struct pl_claim {
    enum pl_claim_kind kind;
    struct pl_place place;
    const struct pl_yaml *source;       /* as it was written, for the registration */
    const char *text;                   /* in one line, the same however it was written */
    const struct pl_metric_row *metric; /* NULL: divergence */
    size_t *entries; /* indices of its labels, in its order; cost: A, then what it is held to */
    size_t entry_count;
    size_t *at;          /* one an axis: index of the value, or PL_ANY_VALUE */
    bool selected;       /* about the runs that `select` chose; its axis is then PL_ANY_VALUE */
    double by;           /* better: the advantage claimed, a factor; 1 when it claims none */
    double margin;       /* the practical margin or the region, a factor */
    double below, above; /* bound, divergence, cost; NaN when not given */
    size_t axis;         /* crossover */
    size_t low, high;    /* crossover: values of the axis at which the two sides are looked at */
    bool none;           /* crossover: there is none */
    /* share: the claim that is held against each reading; NULL: another kind. Its labels, axes and metric
     * are those of the claim about the share as well. */
    const struct pl_claim *each;
    size_t *where;   /* share: one a factor of the design: index of the value, or PL_ANY_VALUE */
    size_t readings; /* share: that have these values */
    double share;    /* at least that, or at most */
    bool at_most;
    /* Why it cannot be judged, and where; NULL when it can. A claim speaks of the study as its file says
     * it: after an override on the command line an axis may lack the value that a claim names. The study
     * can be run all the same. */
    const char *fault;
    struct pl_place fault_place;
};

struct pl_claims {
    struct pl_claim *items; /* in the order of the file */
    size_t count;
};

/* Reads [list] (NULL: no claims) into [experiment]->claims, in its arena; labels, axes, baseline and
 * metric are resolved already. PL_ECONFIG with file:line:column for what no claim can say. */
enum pl_status pl_claims_read(struct pl_experiment *experiment, const struct pl_scope *scope,
                              const struct pl_yaml *list) PL_NODISCARD;

/* PL_ECONFIG with the fault of the first claim that has one. */
enum pl_status pl_claims_judgeable(const struct pl_claims *claims) PL_NODISCARD;

/* Whether a claim about a share of readings is about the one of index [reading]. */
bool pl_claim_has_reading(const struct pl_claim *claim, const struct pl_experiment *experiment,
                          size_t reading);

/* "better", "equivalent", ... */
const char *pl_claim_kind_name(enum pl_claim_kind kind);

#endif
