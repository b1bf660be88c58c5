#include "experiments/evidence/solved.h"

#include <math.h>

#include "core/base/math.h"
#include "core/stats/summary.h"

/* Whether a run is finished and its task can be solved; [steps] is the first solved step, or INFINITY. */
static bool run_steps(const struct pl_analysis *analysis, size_t point, size_t entry, size_t seed,
                      double *steps) {
    const struct pl_result *result = pl_table_result(&analysis->table, point, entry, seed);
    if (!result || (result->outcome != PL_DONE && result->outcome != PL_DIVERGED)) return false;
    if (isnan(pl_result_final(result, "solved_loss"))) return false;
    double value = pl_result_final(result, "steps_to_solve");
    *steps = result->outcome == PL_DIVERGED || isnan(value) ? INFINITY : value;
    return true;
}

bool pl_solved_at(const struct pl_analysis *analysis, size_t point, size_t entry,
                  struct pl_solved *out) {
    size_t seeds = analysis->experiment->seed_count, both = 0, only = 0, only_baseline = 0,
           neither = 0;
    double *steps = pl_alloc_zero(seeds + 1, sizeof *steps);
    *out = (struct pl_solved){.steps = NAN};
    for (size_t s = 0; s < seeds; s++) {
        double own, baseline;
        if (!run_steps(analysis, point, entry, s, &own)) continue;
        steps[out->finished++] = own;
        out->solved += isfinite(own) != 0;
        if (entry == analysis->baseline ||
            !run_steps(analysis, point, analysis->baseline, s, &baseline))
            continue;
        both += isfinite(own) && isfinite(baseline);
        only += isfinite(own) && !isfinite(baseline);
        only_baseline += !isfinite(own) && isfinite(baseline);
        neither += !isfinite(own) && !isfinite(baseline);
    }
    out->share_interval = pl_stats_wilson(out->solved, out->finished, PL_CONFIDENCE);
    if (out->finished) out->steps = pl_stats_median(steps, out->finished);
    pl_stats_paired_shares(&out->against, both, only, only_baseline, neither, PL_CONFIDENCE);
    pl_free(steps);
    return out->finished > 0;
}
