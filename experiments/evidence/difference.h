/* Difference: what two studies have in common and what not. Pure: two pieces of evidence in, lists out.
 *
 *     statements   metric, baseline, selection, variants, claims (registration.h)
 *     settings     of cells that stand in the same place (label, axes, seed) of both studies
 *     cells        of one study alone; in both, but finished in one alone
 *     metrics      of cells that are in both, by identity: every value at every step
 *     ranking      places that changed
 *     verdicts     that changed, where both judge the same label at the same point
 *
 * Everything is compared to the bit; times and provenance are not compared at all.
 */
#ifndef PL_EXPERIMENTS_EVIDENCE_DIFFERENCE_H
#define PL_EXPERIMENTS_EVIDENCE_DIFFERENCE_H

#include "experiments/evidence/analysis.h"
#include "experiments/run/ledger.h"

/* A setting that differs, with how many cells it differs in; "-" where there is none. */
struct pl_setting_change {
    const char *key, *a, *b;
    size_t cells;
};

/* A cell of both studies whose numbers differ: its worst metric. */
struct pl_metric_change {
    size_t a, b; /* indices into the cells of each */
    const char *metric;
    long step;
    double value_a, value_b;
    double relative; /* |a - b| / max(|a|, |b|); inf where only one has the number, or diverged */
};

struct pl_rank_change {
    const char *label;
    size_t place_a, place_b; /* from 1; 0: not ranked there */
    double rank_a, rank_b;
};

struct pl_verdict_change {
    const char *label, *point; /* "task.structure = 0.5", "" without axes */
    enum pl_verdict a, b;
    double ratio_a, ratio_b;
};

struct pl_difference {
    struct pl_arena arena;   /* owns what is not borrowed from the evidence */
    const char *statement_a; /* of each study */
    const char *statement_b;
    bool statements; /* they differ */
    struct pl_setting_change *settings;
    size_t setting_count;
    size_t moved;   /* cells that stand in the same place with other settings */
    size_t *only_a; /* indices of cells whose place the other study does not have */
    size_t only_a_count;
    size_t *only_b;
    size_t only_b_count;
    size_t shared;                    /* cells of the same identity */
    size_t unfinished;                /* of them, finished in one study alone */
    size_t same;                      /* of them, finished in both with the same bits */
    struct pl_metric_change *metrics; /* worst first */
    size_t metric_count;
    bool judged; /* false: rankings could not be compared (other baseline, or nothing finished) */
    struct pl_rank_change *ranks;
    size_t rank_count;
    struct pl_verdict_change *verdicts;
    size_t verdict_count;
};

/* [a] and [b] must outlive [out], which the caller ends with pl_difference_finish. */
enum pl_status pl_difference_find(struct pl_difference *out, const struct pl_ledger *a,
                                  const struct pl_ledger *b) PL_NODISCARD;
void pl_difference_finish(struct pl_difference *difference);

/* Whether the two are not the same study in the same state: other statements, settings, cells, or cells
 * that only one has finished. Otherwise only numbers can differ. */
bool pl_difference_in_plan(const struct pl_difference *difference);

#endif
