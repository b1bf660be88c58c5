#include "experiments/evidence/multiverse.h"

#include <math.h>

#include "core/base/math.h"
#include "core/stats/summary.h"

static size_t point_of(const struct pl_multiverse *multiverse, size_t reading, size_t setting) {
    return reading * multiverse->setting_count + setting; /* the axis of readings comes first */
}

const struct pl_comparison *pl_multiverse_comparison(const struct pl_multiverse *multiverse,
                                                     const struct pl_specification *specification,
                                                     size_t reading) {
    return pl_analysis_comparison(multiverse->told,
                                  point_of(multiverse, reading, specification->setting),
                                  specification->entry);
}

/* Of the mean over seeds of the paired differences, from the same numbers as the comparison's. */
static double sampling_variance(const struct pl_multiverse *multiverse,
                                const struct pl_comparison *comparison, struct pl_arena *arena) {
    const struct pl_analysis *a = multiverse->told;
    size_t seeds = a->experiment->seed_count, n = 0;
    double *differences = PL_ARENA_ARRAY(arena, double, seeds + 1);
    for (size_t s = 0; s < seeds; s++) {
        double own = a->logs[pl_table_place(&a->table, comparison->point, comparison->entry, s)];
        double base = a->logs[pl_table_place(&a->table, comparison->point, a->baseline, s)];
        if (isfinite(own) && isfinite(base)) differences[n++] = own - base;
    }
    double sd = pl_stats_sd(differences, n);
    return isnan(sd) ? 0 : sd * sd / (double)n;
}

/* Counts the verdicts and puts the readings that have an effect in their order. */
static void look_through(const struct pl_multiverse *multiverse, struct pl_specification *out,
                         struct pl_arena *arena) {
    double *effects = PL_ARENA_ARRAY(arena, double, multiverse->reading_count + 1);
    out->order = PL_ARENA_ARRAY(arena, size_t, multiverse->reading_count + 1);
    for (size_t r = 0; r < multiverse->reading_count; r++) {
        const struct pl_comparison *c = pl_multiverse_comparison(multiverse, out, r);
        if (c->n < 2) {
            out->missing++;
            continue;
        }
        out->readings++;
        out->diverged += c->diverged > 0;
        out->better += c->verdict == PL_BETTER;
        out->worse += c->verdict == PL_WORSE;
        out->equivalent += c->verdict == PL_EQUIVALENT;
        out->open += c->verdict == PL_INCONCLUSIVE;
        if (!isfinite(c->mean_difference)) continue;
        size_t at = out->count++;
        for (; at > 0 && effects[at - 1] > c->mean_difference; at--) {
            effects[at] = effects[at - 1];
            out->order[at] = out->order[at - 1];
        }
        effects[at] = c->mean_difference;
        out->order[at] = r;
    }
    out->ratio = pl_exp(pl_stats_mean(effects, out->count));
    out->interval = pl_interval_exp(pl_stats_t_interval(effects, out->count, PL_CONFIDENCE));
    out->better_share = pl_stats_wilson(out->better, out->readings, PL_CONFIDENCE);
    out->worse_share = pl_stats_wilson(out->worse, out->readings, PL_CONFIDENCE);
    out->equivalent_share = pl_stats_wilson(out->equivalent, out->readings, PL_CONFIDENCE);
    out->open_share = pl_stats_wilson(out->open, out->readings, PL_CONFIDENCE);
}

static void add_shares(const struct pl_multiverse *multiverse, struct pl_specification *out,
                       struct pl_arena *arena) {
    const struct pl_design *design = multiverse->design;
    size_t factors = design->factor_count;
    double *values = PL_ARENA_ARRAY(arena, double, out->count + 1);
    double *variances = PL_ARENA_ARRAY(arena, double, out->count + 1);
    size_t *levels = PL_ARENA_ARRAY(arena, size_t, out->count * factors + 1);
    size_t *counts = PL_ARENA_ARRAY(arena, size_t, factors);
    for (size_t f = 0; f < factors; f++) counts[f] = design->factors[f].count;
    for (size_t k = 0; k < out->count; k++) {
        const struct pl_comparison *c = pl_multiverse_comparison(multiverse, out, out->order[k]);
        values[k] = c->mean_difference;
        variances[k] = sampling_variance(multiverse, c, arena);
        for (size_t f = 0; f < factors; f++)
            levels[k * factors + f] = design->levels[out->order[k] * factors + f];
    }
    const struct pl_effects effects = {values, variances, levels, counts, out->count, factors};
    pl_stats_shares(&out->shares, &effects, PL_CONFIDENCE, arena);
}

bool pl_multiverse_make(struct pl_multiverse *out, const struct pl_analysis *analysis,
                        struct pl_arena *arena) {
    const struct pl_analysis *told = analysis->selection ? analysis->selection->best : analysis;
    const struct pl_design *design = analysis->experiment->design;
    if (!design) return false;
    size_t entries = told->experiment->entry_count, readings = told->experiment->axes[0].count;
    *out = (struct pl_multiverse){.told = told,
                                  .design = design,
                                  .reading_count = readings,
                                  .setting_count = told->point_count / readings};
    out->items = PL_ARENA_ARRAY(arena, struct pl_specification, out->setting_count * entries + 1);
    for (size_t setting = 0; setting < out->setting_count; setting++) {
        for (size_t e = 0; e < entries; e++) {
            if (e == told->baseline) continue;
            struct pl_specification *item = &out->items[out->count++];
            *item = (struct pl_specification){.entry = e, .setting = setting, .point = setting};
            look_through(out, item, arena);
            add_shares(out, item, arena);
        }
    }
    return true;
}

void pl_multiverse_rank_factors(const struct pl_multiverse *multiverse,
                                const struct pl_specification *specification, size_t *out) {
    for (size_t f = 0; f < multiverse->design->factor_count; f++) {
        double own = specification->shares.alone[f].value;
        size_t at = f;
        for (; at > 0; at--) {
            double other = specification->shares.alone[out[at - 1]].value;
            if (!(own > other) && !(isnan(other) && !isnan(own))) break;
            out[at] = out[at - 1];
        }
        out[at] = f;
    }
}

double pl_multiverse_cell(const struct pl_multiverse *multiverse,
                          const struct pl_specification *specification, size_t first, size_t a,
                          size_t second, size_t b, size_t *count) {
    const struct pl_design *design = multiverse->design;
    double sum = 0;
    *count = 0;
    for (size_t k = 0; k < specification->count; k++) {
        const size_t *levels = design->levels + specification->order[k] * design->factor_count;
        if (levels[first] != a || levels[second] != b) continue;
        sum += pl_multiverse_comparison(multiverse, specification, specification->order[k])
                   ->mean_difference;
        ++*count;
    }
    return *count ? pl_exp(sum / (double)*count) : NAN;
}
