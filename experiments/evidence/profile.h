/* Profile: what diagnostics say of one entry at one point of the axes, as means over its runs. For
 * figures by depth and heat maps of mixing rows.
 *
 *     struct pl_profile profile;
 *     pl_profile_make(&profile, &arena, analysis, point, entry);
 *     long step = pl_profile_last(&profile, "mixing");
 *     for each of profile.values with that name and step:  layer, source, mean
 *
 * Only runs that are done count (a diverged one has no typical inside), and of them only finite numbers.
 * The results must have their diagnostics (pl_ledger_diagnostics).
 */
#ifndef PL_EXPERIMENTS_EVIDENCE_PROFILE_H
#define PL_EXPERIMENTS_EVIDENCE_PROFILE_H

#include "experiments/evidence/analysis.h"

struct pl_profile_value {
    const char *name; /* a result's */
    long step;
    int layer, source; /* as in struct pl_diagnostic */
    double mean;       /* NaN without runs */
    size_t runs;       /* with a finite number */
};

struct pl_profile {
    struct pl_profile_value *values; /* in the order in which they were measured; the arena's */
    size_t count;
};

void pl_profile_make(struct pl_profile *out, struct pl_arena *arena,
                     const struct pl_analysis *analysis, size_t point, size_t entry);

/* The last step at which [name] was measured; -1 when it never was. */
long pl_profile_last(const struct pl_profile *profile, const char *name);

#endif
