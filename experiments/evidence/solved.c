#include "experiments/evidence/solved.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
    *out = (struct pl_solved){.point = point, .entry = entry, .steps = NAN};
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

static int by_number(const void *x, const void *y) {
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

/* Adds the steps at which a run was evaluated to [out], and gives the last. */
static double evaluated(const struct pl_analysis *a, const struct pl_result *result, double *out,
                        size_t *count) {
    double last = 0;
    for (size_t m = 0; m < result->metric_count; m++) {
        if (strcmp(result->metrics[m].name, a->metric) != 0) continue;
        double step = (double)result->metrics[m].step;
        if (out) out[*count] = step;
        ++*count;
        if (step > last) last = step;
    }
    return last;
}

void pl_solved_curve_make(struct pl_solved_curve *out, const struct pl_analysis *analysis,
                          size_t point, size_t entry, struct pl_arena *arena) {
    size_t seeds = analysis->experiment->seed_count, count = 0, runs = 0;
    double *solved = PL_ARENA_ARRAY(arena, double, seeds + 1);
    double *ends = PL_ARENA_ARRAY(arena, double, seeds + 1);
    *out = (struct pl_solved_curve){0};
    for (size_t s = 0; s < seeds; s++)
        if (run_steps(analysis, point, entry, s, &solved[runs]))
            evaluated(analysis, pl_table_result(&analysis->table, point, entry, s), NULL, &count);
    double *steps = PL_ARENA_ARRAY(arena, double, count + 2);
    count = 1; /* nothing is solved at 0 */
    for (size_t s = 0; s < seeds; s++) {
        if (!run_steps(analysis, point, entry, s, &solved[runs])) continue;
        const struct pl_result *result = pl_table_result(&analysis->table, point, entry, s);
        ends[runs] = evaluated(analysis, result, steps, &count);
        if (result->outcome == PL_DIVERGED) ends[runs] = INFINITY;
        runs++;
    }
    if (runs == 0) return;
    qsort(steps, count, sizeof *steps, by_number);
    out->steps = steps;
    out->shares = PL_ARENA_ARRAY(arena, double, count);
    out->intervals = PL_ARENA_ARRAY(arena, struct pl_interval, count);
    double left = 1; /* share that has not solved it */
    for (size_t i = 0; i < count; i++) {
        size_t at_risk = 0, now = 0, before = 0, ended = 0;
        if (i && steps[i] == steps[i - 1]) continue;
        for (size_t r = 0; r < runs; r++) {
            before += solved[r] <= steps[i];
            now += solved[r] == steps[i];
            ended += solved[r] > steps[i] && ends[r] < steps[i];
            at_risk += solved[r] >= steps[i] && (ends[r] >= steps[i] || solved[r] == steps[i]);
        }
        if (now) left *= 1 - (double)now / (double)at_risk;
        steps[out->count] = steps[i];
        out->shares[out->count] = 1 - left;
        out->intervals[out->count++] =
            ended ? pl_interval_none() : pl_stats_wilson(before, runs, PL_CONFIDENCE);
    }
}
