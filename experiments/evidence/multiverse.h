/* Multiverse: what the readings of a design say together (experiments/study/design.h; docs/science.md).
 *
 *     analysis (where the study selects: of the chosen runs)
 *       points = readings x settings        settings: the points of the axes that the design keeps
 *       ──► specifications [setting][entry but the baseline]
 *             readings in order of the effect      the specification curve
 *             how many are better, worse, ...      with Wilson's interval: readings are a sample
 *             shares                               which choice decides (core/stats/shares.h)
 *
 * The effect of a reading is its comparison's mean paired difference of logs; its sampling variance is that
 * of the mean over its seeds. A reading without two pairs says nothing, and one in which a run diverged has
 * no mean: both are counted and left out of curve and shares, the latter with its verdict told.
 */
#ifndef PL_EXPERIMENTS_EVIDENCE_MULTIVERSE_H
#define PL_EXPERIMENTS_EVIDENCE_MULTIVERSE_H

#include "core/stats/shares.h"
#include "experiments/evidence/analysis.h"
#include "experiments/study/design.h"

struct pl_specification {
    size_t entry, setting;
    size_t point;             /* of the first reading at the setting */
    size_t readings;          /* with a verdict: those of the four below */
    size_t missing, diverged; /* without pairs; with a diverged run (these have a verdict) */
    size_t better, worse, equivalent, open;
    struct pl_interval better_share, worse_share, equivalent_share, open_share;
    size_t count;                /* with an effect */
    size_t *order;               /* [count] indices of readings, from the least ratio up */
    double ratio;                /* exp of the mean effect */
    struct pl_interval interval; /* t, over readings */
    struct pl_shares shares;     /* of the effects */
};

struct pl_multiverse {
    const struct pl_analysis *told;
    const struct pl_design *design;
    size_t reading_count, setting_count;
    struct pl_specification *items;
    size_t count;
};

/* False when the study has no design. Everything is the arena's; [analysis] must outlive it. */
bool pl_multiverse_make(struct pl_multiverse *out, const struct pl_analysis *analysis,
                        struct pl_arena *arena);

/* The comparison of [specification] at the reading of index [reading]. */
const struct pl_comparison *pl_multiverse_comparison(const struct pl_multiverse *multiverse,
                                                     const struct pl_specification *specification,
                                                     size_t reading);

/* The factors from the greatest share alone down; [out] has room for all of them. Those whose share is
 * unknown come last. */
void pl_multiverse_rank_factors(const struct pl_multiverse *multiverse,
                                const struct pl_specification *specification, size_t *out);

/* Over the readings that have value [a] of factor [first] and value [b] of [second]: the mean ratio, NaN
 * without one; *count of them. */
double pl_multiverse_cell(const struct pl_multiverse *multiverse,
                          const struct pl_specification *specification, size_t first, size_t a,
                          size_t second, size_t b, size_t *count);

#endif
