/* Check: does what was established still stand?
 *
 *     results ──► judge.h: three p-values a claim ──► Holm over all claims ──► a verdict a claim
 *     results, reference ──► drift.h: have the numbers moved?
 *
 *     contradicted   p against <= PL_CHECK_ALARM   the reverse is significant, and beyond the margin
 *     too small      p small   <= PL_ALPHA         there is no difference that matters
 *     holds          p for     <= PL_ALPHA
 *     inconclusive   none of these
 *
 * in this order. The alarm is stricter than the other levels, so that in at most 1 % of checks on fresh
 * seeds, even of claims that all lie just on their boundary, any claim is called contradicted. A missing
 * or failed run leaves its pair out; it never speaks against a claim.
 *
 *     pl_check_init         claims, and the looks (looks.h) that are planned
 *     pl_check_look         the results of a look; what they settle stays settled
 *     ... while pl_check_open and there is another look
 *     pl_check_exit
 *     pl_check_finish
 */
#ifndef PL_EXPERIMENTS_CHECK_CHECK_H
#define PL_EXPERIMENTS_CHECK_CHECK_H

#include "core/base/strbuf.h"
#include "experiments/check/drift.h"
#include "experiments/check/judge.h"
#include "experiments/check/looks.h"

#define PL_CHECK_ALARM 0.01 /* chance of any false "contradicted" in one check, at most */

/* Which numbers that drifted are a failure. */
enum pl_drift_rule {
    PL_DRIFT_PORTABLE, /* those of portable groups, which rounding does not explain */
    PL_DRIFT_WARN,     /* none */
    PL_DRIFT_FAIL      /* all */
};

struct pl_check_row {
    const struct pl_claim *claim;
    struct pl_finding finding;                 /* at the look that settled it, or the last */
    double for_holm, against_holm, small_holm; /* p-values, Holm over all claims of that look */
    double alarm_level, level;                 /* what they were held to */
    enum pl_claim_verdict verdict;
    size_t look; /* from 1; 0: not looked at yet */
    bool lacks;  /* a cell that it needs has no result yet: it stays open whatever the others say */
};

struct pl_check {
    struct pl_arena arena;
    const struct pl_experiment *experiment; /* borrowed */
    struct pl_claims claims;                /* of the experiment */
    struct pl_check_row *rows;              /* one a claim */
    struct pl_looks looks;
    size_t look;   /* looks taken */
    size_t failed; /* cells that failed, of those looked at last */
    size_t
        lacking; /* cells without a result in that look: another run computes them, or none did */
    size_t lacking_of;
    /* Set by the caller, for pages and the exit status: */
    bool strict; /* inconclusive is a failure */
    bool exact;  /* other bits than the reference's are one */
    enum pl_drift_rule drift_rule;
    const char *reference;        /* path; NULL: there is none */
    const char *commit;           /* that it was made from */
    const struct pl_drift *drift; /* NULL without a reference */
};

/* [most_seeds] 0: the seeds of the study and no more. On success the caller ends [out] with
 * pl_check_finish; [experiment] must outlive it. */
enum pl_status pl_check_init(struct pl_check *out, const struct pl_experiment *experiment,
                             size_t most_seeds) PL_NODISCARD;
void pl_check_finish(struct pl_check *check);

/* Judges the open claims on the results of the next look. [experiment] is the study with the seeds of
 * that look; [costs] has one item a claim, or is NULL. */
void pl_check_look(struct pl_check *check, const struct pl_experiment *experiment,
                   const struct pl_cells *cells, const struct pl_result *results,
                   const struct pl_cost_rounds *costs);

size_t pl_check_count(const struct pl_check *check, enum pl_claim_verdict verdict);

/* Another look is planned, and there are open claims that it could settle. */
bool pl_check_more(const struct pl_check *check);

/* Whether an open claim needs this cell of the next look. */
bool pl_check_needs(const struct pl_check *check, const struct pl_table *table, size_t point,
                    size_t entry);

/* What was found, in one line: "standard / rescaled = 0.71 [0.68, 0.74], 12 seeds, p = 0.004". */
void pl_check_numbers(const struct pl_check_row *row, struct pl_strbuf *out);

/* A sentence when the first look has too few seeds to call anything contradicted: the smallest one-sided p
 * is 2^-n, and it must survive Holm over all claims. Nothing when it has enough. */
void pl_check_power_note(const struct pl_check *check, struct pl_strbuf *out);

/* Whether numbers moved that the caller's rules make a failure of. */
bool pl_check_moved(const struct pl_check *check);

/* Why the reference cannot be compared bit by bit though --exact asks for it; NULL when it can. */
const char *pl_check_inexact(const struct pl_check *check);

/* The exit status: 5, 3, 6, 1, 4 or 0, the first that applies (docs/conventions.md). */
int pl_check_exit(const struct pl_check *check);

#endif
