/* Analysis, step by step; each step reads only what the steps before it have filled:
 *
 *     axes, table, logs -> summaries -> comparisons -> ranking -> curves -> compute; then selection
 *
 * logs has the shape of the table, [point][entry][seed]: finite, +inf for a diverged run, NaN for nothing
 * to say. A NaN leaves its pair or its block out. +inf makes means of logs meaningless: ratios are medians
 * then, and tests and bootstraps take the worst finite value of the point in its place. Each resampling
 * has a stream of its own, named by the plan, the metric and who is compared where, so no number depends
 * on the order of the others.
 */
#include "experiments/evidence/analysis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math.h"
#include "core/config/option.h"
#include "core/stats/compare.h"
#include "core/stats/ranks.h"
#include "core/stats/signed_rank.h"
#include "core/stats/summary.h"
#include "experiments/evidence/analysis_impl.h"

const struct pl_bootstrap pl_analysis_mean_bootstrap = {pl_statistic_mean, NULL, PL_CONFIDENCE,
                                                        PL_BOOTSTRAP_RESAMPLES};

void pl_analysis_must(enum pl_status status) {
    PL_ASSERT(status == PL_OK);
}

/* -------------------------------------------------------------------------------- the table */

static struct pl_axis_scale scale_of(struct pl_arena *arena, const struct pl_axis *axis) {
    double *values = PL_ARENA_ARRAY(arena, double, axis->count);
    if (axis->choices)
        return (struct pl_axis_scale){0}; /* names, also where they look like numbers */
    for (size_t i = 0; i < axis->count; i++) {
        char *end;
        values[i] = strtod(axis->values[i], &end);
        if (end == axis->values[i] || *end || !isfinite(values[i]))
            return (struct pl_axis_scale){0};
    }

    size_t *ascending = PL_ARENA_ARRAY(arena, size_t, axis->count);
    for (size_t i = 0; i < axis->count; i++) {
        size_t at = i;
        for (; at > 0 && values[ascending[at - 1]] > values[i]; at--)
            ascending[at] = ascending[at - 1];
        ascending[at] = i;
    }

    double least = values[ascending[0]], greatest = values[ascending[axis->count - 1]];
    return (struct pl_axis_scale){true, least > 0.0 && greatest > 50.0 * least, values, ascending};
}

/* ------------------------------------------------------------------------ as numbers are told */

double pl_analysis_shown(const struct pl_analysis *analysis, double number) {
    return analysis->row->ratio ? pl_exp(number) : 0.0 - number;
}

struct pl_interval pl_analysis_shown_interval(const struct pl_analysis *analysis,
                                              struct pl_interval interval) {
    if (analysis->row->ratio) return pl_interval_exp(interval);
    return (struct pl_interval){0.0 - interval.high, 0.0 - interval.low};
}

double pl_analysis_region(void) {
    return pl_log(PL_EQUIVALENCE_RATIO);
}

/* ------------------------------------------------------------------------------- summaries */

static void tally_cell(struct pl_tally *tally, enum pl_outcome outcome, double log) {
    switch (outcome) {
    case PL_DONE:
        tally->done++;
        tally->missing += isnan(log);
        break;
    case PL_DIVERGED:
        tally->diverged++;
        break;
    case PL_FAILED:
        tally->failed++;
        break;
    case PL_PENDING:
    case PL_RUNNING:
        tally->pending++;
        break;
    }
}

/* The geometric mean of a loss that is known beforehand (it may be 0) over the runs at one place. */
static double known_loss(const struct pl_analysis *a, size_t start, const char *name,
                         double *scratch) {
    size_t count = 0;
    for (size_t s = 0; s < a->experiment->seed_count; s++) {
        size_t cell = a->table.places[start + s];
        double loss = cell == PL_NO_CELL ? NAN : pl_result_final(&a->results[cell], name);
        if (loss >= 0.0 && isfinite(loss)) scratch[count++] = pl_log(loss);
    }
    return pl_exp(pl_stats_mean(scratch, count));
}

/* The log of the last loss less that of the least along the way; NaN with a single reading. */
static double risen(const struct pl_analysis *a, const struct pl_result *result) {
    double least = INFINITY, last = pl_result_final(result, a->metric);
    size_t readings = 0;
    for (size_t m = 0; m < result->metric_count; m++) {
        if (strcmp(result->metrics[m].name, a->metric) != 0) continue;
        readings++;
        if (result->metrics[m].value < least) least = result->metrics[m].value;
    }
    return readings > 1 && least > 0.0 && isfinite(last) ? pl_log(last / least) : NAN;
}

static double mean_rise(const struct pl_analysis *a, size_t start, double *scratch) {
    size_t count = 0;
    for (size_t s = 0; s < a->experiment->seed_count; s++) {
        size_t cell = a->table.places[start + s];
        if (cell == PL_NO_CELL || a->results[cell].outcome != PL_DONE) continue;
        scratch[count] = risen(a, &a->results[cell]);
        count += !isnan(scratch[count]);
    }
    return pl_exp(pl_stats_mean(scratch, count));
}

static void summarise(struct pl_analysis *a, struct pl_summary *out, double *scratch) {
    size_t seeds = a->experiment->seed_count,
           start = pl_table_place(&a->table, out->point, out->entry, 0);
    for (size_t s = 0; s < seeds; s++)
        if (a->table.places[start + s] != PL_NO_CELL)
            tally_cell(&out->tally, a->results[a->table.places[start + s]].outcome,
                       a->logs[start + s]);

    /* The finished runs; a diverged one is infinite. */
    size_t count = 0, diverged = 0;
    for (size_t i = start; i < start + seeds; i++) {
        if (isnan(a->logs[i])) continue;
        diverged += isinf(a->logs[i]) != 0;
        scratch[count++] = a->logs[i];
    }

    out->n = count - diverged;
    out->median = diverged > 0;
    out->mean_log = out->median ? NAN : pl_stats_mean(scratch, count);
    out->log_interval =
        out->median ? pl_interval_none() : pl_stats_t_interval(scratch, count, PL_CONFIDENCE);
    out->loss = pl_analysis_shown(a, out->median ? pl_stats_median(scratch, count) : out->mean_log);
    out->interval = pl_analysis_shown_interval(a, out->log_interval);
    size_t finished = out->tally.done + out->tally.diverged;
    out->divergence = finished > 0 ? (double)out->tally.diverged / (double)finished : NAN;
    out->groups =
        pl_stats_groups(scratch, count, a->row->ratio ? pl_log(PL_GROUPS_RATIO) : PL_GROUPS_RATE);
    bool loss = a->row->kind == PL_METRIC_LOSS && a->row->curve;
    out->trivial = loss ? known_loss(a, start, "trivial", scratch) : NAN;
    out->best_known =
        loss && a->row->split == PL_TEST ? known_loss(a, start, "best_test", scratch) : NAN;
    out->rise = loss ? mean_rise(a, start, scratch) : NAN;
    out->divergence_interval = pl_stats_wilson(out->tally.diverged, finished, PL_CONFIDENCE);
}

static void make_summaries(struct pl_analysis *a, double *scratch) {
    size_t entries = a->experiment->entry_count;
    a->summaries = PL_ARENA_ARRAY(&a->arena, struct pl_summary, a->point_count * entries);
    for (size_t i = 0; i < a->point_count * entries; i++) {
        a->summaries[i].point = i / entries;
        a->summaries[i].entry = i % entries;
        summarise(a, &a->summaries[i], scratch);

        a->tally.done += a->summaries[i].tally.done;
        a->tally.diverged += a->summaries[i].tally.diverged;
        a->tally.failed += a->summaries[i].tally.failed;
        a->tally.pending += a->summaries[i].tally.pending;
        a->tally.missing += a->summaries[i].tally.missing;
    }
}

/* ----------------------------------------------------------------------------- comparisons */

/* inf - inf is a draw: both diverged. */
static double difference(double entry, double baseline) {
    return isinf(entry) && isinf(baseline) ? 0.0 : entry - baseline;
}

static double at_most(double value, double limit) {
    return value < limit ? value : limit;
}

/* The paired differences of one comparison, and the same with diverged runs at the worst value. */
struct pairs {
    double *raw, *capped; /* one per seed at most */
    double *room;         /* two per seed, for whoever needs it */
};

void pl_analysis_stream(struct pl_rng *rng, const struct pl_analysis *a, const char *purpose,
                        size_t point, size_t entry) {
    struct pl_strbuf name;
    pl_strbuf_init(&name);
    pl_strbuf_addf(&name, "%s/%s/%s/%zu/%s", purpose, a->stream, a->metric, point,
                   a->experiment->entries[entry].label);
    pl_rng_init(rng, 0, name.text);
    pl_strbuf_finish(&name);
}

/* The logs of one entry at one point that say something, diverged ones included. */
static struct pl_sample runs_of(const struct pl_analysis *a, size_t point, size_t entry,
                                double *room) {
    const double *logs = a->logs + pl_table_place(&a->table, point, entry, 0);
    size_t count = 0;
    for (size_t s = 0; s < a->experiment->seed_count; s++)
        if (!isnan(logs[s])) room[count++] = logs[s];
    return pl_sample_seeds(room, count);
}

/* Evidence beside the mean, the t interval and the sign-flip test. */
static void compare_otherwise(const struct pl_analysis *a, struct pl_comparison *out,
                              const struct pairs *pairs) {
    const double region = pl_analysis_region();
    struct pl_sample raw = pl_sample_seeds(pairs->raw, out->n);
    struct pl_signed_rank rank;
    struct pl_equivalence equivalence;
    struct pl_rng rng;
    pl_analysis_must(pl_stats_signed_rank(&rank, &raw));
    out->p_signed_rank = rank.p;
    struct pl_sample entry = runs_of(a, out->point, out->entry, pairs->room);
    struct pl_sample baseline =
        runs_of(a, out->point, a->baseline, pairs->room + a->experiment->seed_count);
    pl_analysis_must(pl_stats_improvement(&out->improvement, &entry, &baseline));
    if (out->median) return;
    pl_analysis_stream(&rng, a, "bootstrap", out->point, out->entry);
    pl_analysis_must(
        pl_stats_bootstrap(NULL, &out->bootstrap, &raw, &pl_analysis_mean_bootstrap, &rng));
    out->bootstrap = pl_analysis_shown_interval(a, out->bootstrap);
    pl_analysis_must(pl_stats_hodges_lehmann(&out->hodges_lehmann, &raw));
    out->hodges_lehmann = pl_analysis_shown(a, out->hodges_lehmann);
    pl_analysis_must(
        pl_stats_equivalence(&equivalence, &raw, (struct pl_interval){-region, region}));
    out->p_equivalence = equivalence.p;
}

static void compare(struct pl_analysis *a, struct pl_comparison *out, struct pairs *pairs,
                    double worst) {
    struct pl_rng rng;
    out->bootstrap = pl_interval_none();
    out->hodges_lehmann = out->p_equivalence = NAN;

    const double *entry = a->logs + pl_table_place(&a->table, out->point, out->entry, 0);
    const double *baseline = a->logs + pl_table_place(&a->table, out->point, a->baseline, 0);
    for (size_t s = 0; s < a->experiment->seed_count; s++) {
        if (isnan(entry[s]) || isnan(baseline[s])) continue;
        out->diverged += isinf(entry[s]) || isinf(baseline[s]);
        pairs->raw[out->n] = difference(entry[s], baseline[s]);
        pairs->capped[out->n++] = difference(at_most(entry[s], worst), at_most(baseline[s], worst));
    }

    out->median = out->diverged > 0;
    out->mean_difference = out->median ? NAN : pl_stats_mean(pairs->raw, out->n);
    out->middle = out->median ? pl_stats_median(pairs->raw, out->n) : out->mean_difference;
    out->ratio = pl_analysis_shown(a, out->middle);
    struct pl_interval t = pl_interval_none(), skew = pl_interval_none();
    if (!out->median) t = pl_stats_t_interval(pairs->raw, out->n, PL_CONFIDENCE);
    if (!out->median) skew = pl_stats_skew_interval(pairs->raw, out->n, PL_CONFIDENCE);
    out->interval = pl_analysis_shown_interval(a, t);
    out->skew_interval = pl_analysis_shown_interval(a, skew);
    pl_analysis_stream(&rng, a, "permutation", out->point, out->entry);
    out->p = pl_stats_sign_flip(pairs->capped, out->n, &rng);
    out->capped_difference = pl_stats_mean(pairs->capped, out->n);
    compare_otherwise(a, out, pairs);
}

/* [interval] is the one with the skewness taken out, which holds that of t. Both as they are told. */
static enum pl_verdict verdict_of(const struct pl_analysis *a, double told,
                                  struct pl_interval interval, double p) {
    bool exists = pl_interval_exists(interval), ratio = a->row->ratio;
    double none = ratio ? 1.0 : 0.0, region = pl_analysis_region();
    double low = ratio ? 1.0 / PL_EQUIVALENCE_RATIO : -region;
    double high = ratio ? PL_EQUIVALENCE_RATIO : region;
    if (exists && interval.low >= low && interval.high <= high && region >= a->step)
        return PL_EQUIVALENT;
    if (!(p <= PL_ALPHA)) return PL_INCONCLUSIVE;
    bool below = told < none && (!exists || interval.high < none);
    bool above = told > none && (!exists || interval.low > none);
    return below == above ? PL_INCONCLUSIVE : below == ratio ? PL_BETTER : PL_WORSE;
}

static void make_comparisons(struct pl_analysis *a) {
    size_t others = a->experiment->entry_count - 1, seeds = a->experiment->seed_count;
    struct pairs pairs = {PL_ARENA_ARRAY(&a->arena, double, seeds),
                          PL_ARENA_ARRAY(&a->arena, double, seeds),
                          PL_ARENA_ARRAY(&a->arena, double, 2 * seeds)};
    double *p = PL_ARENA_ARRAY(&a->arena, double, others + 1);
    a->comparison_count = a->point_count * others;
    a->comparisons = PL_ARENA_ARRAY(&a->arena, struct pl_comparison, a->comparison_count + 1);
    for (size_t point = 0; point < a->point_count; point++) {
        struct pl_comparison *family = a->comparisons + point * others;
        double worst = pl_table_worst(&a->table, a->row, a->logs, point);
        for (size_t i = 0; i < others; i++) {
            family[i].point = point;
            family[i].entry = i < a->baseline ? i : i + 1;
            compare(a, &family[i], &pairs, worst);
        }

        /* One point is one family. */
        for (size_t i = 0; i < others; i++) p[i] = family[i].p;
        pl_stats_holm(p, p, others);
        for (size_t i = 0; i < others; i++) {
            family[i].p_holm = p[i];
            family[i].at_floor =
                family[i].n > 1 && family[i].p <= pl_stats_sign_flip_least(family[i].n);
            bool split = family[i].median && family[i].middle * family[i].capped_difference < 0.0;
            family[i].verdict = split
                                    ? PL_INCONCLUSIVE
                                    : verdict_of(a, family[i].ratio, family[i].skew_interval, p[i]);
        }
    }
}

/* --------------------------------------------------------------------------------- ranking */

/* Sums over the blocks of one seed, per entry. */
struct blocks {
    double *rank_sums, *ratio_sums; /* [entry][seed] */
    double *capped_sums;            /* the same of logs, diverged runs at the worst of the point */
    bool *differ;                   /* [entry][entry]: some block has other bits */
    size_t *counts;                 /* [seed] */
    double *ratios;                 /* [entry][block], for the median */
    size_t count, capacity;
};

/* Collects the losses of one block; false when some ranked entry has none. */
static bool block_values(const struct pl_analysis *a, size_t point, size_t seed, double *values) {
    size_t count = 0;
    for (size_t e = 0; e < a->experiment->entry_count; e++) {
        if (!a->ranking[e].ranked) continue;
        values[count] = a->logs[pl_table_place(&a->table, point, e, seed)];
        if (isnan(values[count++])) return false;
    }
    return count > 0;
}

static void block_add(struct pl_analysis *a, struct blocks *blocks, size_t point, size_t seed,
                      double worst, double *values) {
    size_t entries = a->experiment->entry_count, seeds = a->experiment->seed_count, k = 0;
    double *ranks = values + entries,
           baseline = a->logs[pl_table_place(&a->table, point, a->baseline, seed)];
    for (size_t e = 0; e < entries; e++) k += a->ranking[e].ranked;
    pl_stats_rank(ranks, values, k);
    k = 0;
    for (size_t e = 0; e < entries; e++) {
        if (!a->ranking[e].ranked) continue;
        double ratio = difference(values[k], baseline); /* NaN when the baseline is not ranked */
        a->ranking[e].diverged += isinf(values[k]) != 0;
        a->ranking[e].median |= isinf(values[k]) || isinf(baseline);
        blocks->rank_sums[e * seeds + seed] += ranks[k++];
        blocks->ratio_sums[e * seeds + seed] += ratio;
        blocks->ratios[e * blocks->capacity + blocks->count] = ratio;
    }
    for (size_t e = 0; e < entries; e++) {
        double log = a->logs[pl_table_place(&a->table, point, e, seed)];
        if (a->ranking[e].ranked) blocks->capped_sums[e * seeds + seed] += at_most(log, worst);
        for (size_t other = e + 1; other < entries; other++)
            blocks->differ[e * entries + other] |=
                log != a->logs[pl_table_place(&a->table, point, other, seed)];
    }
    blocks->counts[seed]++;
    blocks->count++;
}

static void collect_blocks(struct pl_analysis *a, struct blocks *blocks) {
    size_t entries = a->experiment->entry_count, seeds = a->experiment->seed_count;
    blocks->capacity = a->point_count * seeds;
    blocks->rank_sums = PL_ARENA_ARRAY(&a->arena, double, entries *seeds);
    blocks->ratio_sums = PL_ARENA_ARRAY(&a->arena, double, entries *seeds);
    blocks->capped_sums = PL_ARENA_ARRAY(&a->arena, double, entries *seeds);
    blocks->differ = PL_ARENA_ARRAY(&a->arena, bool, entries *entries);
    blocks->counts = PL_ARENA_ARRAY(&a->arena, size_t, seeds);
    blocks->ratios = PL_ARENA_ARRAY(&a->arena, double, entries * blocks->capacity);
    double *values = PL_ARENA_ARRAY(&a->arena, double, 2 * entries);
    double *worst = PL_ARENA_ARRAY(&a->arena, double, a->point_count);
    for (size_t p = 0; p < a->point_count; p++)
        worst[p] = pl_table_worst(&a->table, a->row, a->logs, p);
    for (size_t s = 0; s < seeds; s++)
        for (size_t p = 0; p < a->point_count; p++)
            if (block_values(a, p, s, values)) block_add(a, blocks, p, s, worst[p], values);
}

/* The means of the seeds that have blocks. */
static size_t seed_means(double *out, const double *sums, const size_t *counts, size_t seeds) {
    size_t count = 0;
    for (size_t s = 0; s < seeds; s++)
        if (counts[s] > 0) out[count++] = sums[s] / (double)counts[s];
    return count;
}

static void rank_ratio(const struct pl_analysis *a, struct pl_rank *out,
                       const struct blocks *blocks, const double *means, bool baseline) {
    out->ratio_interval = pl_interval_none();
    if (out->median) {
        out->ratio = pl_analysis_shown(
            a, pl_stats_median(blocks->ratios + out->entry * blocks->capacity, blocks->count));
        return;
    }
    out->ratio = pl_analysis_shown(a, pl_stats_mean(means, out->seeds));
    if (!baseline)
        out->ratio_interval =
            pl_analysis_shown_interval(a, pl_stats_t_interval(means, out->seeds, PL_CONFIDENCE));
}

/* The interquartile mean over blocks, which lie seed by seed: a table when no seed lacks one. */
static void rank_iqm(const struct pl_analysis *a, struct pl_rank *out,
                     const struct blocks *blocks) {
    const struct pl_bootstrap how = {pl_statistic_iqm, NULL, PL_CONFIDENCE, PL_BOOTSTRAP_RESAMPLES};
    const double *ratios = blocks->ratios + out->entry * blocks->capacity;
    struct pl_sample sample = pl_sample_blocks(ratios, out->seeds, a->point_count);
    struct pl_rng rng;
    out->iqm = pl_analysis_shown(a, pl_stats_iqm(ratios, blocks->count));
    if (out->median || blocks->count != out->seeds * a->point_count) return;
    pl_analysis_stream(&rng, a, "bootstrap-iqm", 0, out->entry);
    pl_analysis_must(pl_stats_bootstrap(NULL, &out->iqm_bootstrap, &sample, &how, &rng));
    out->iqm_bootstrap = pl_analysis_shown_interval(a, out->iqm_bootstrap);
    pl_analysis_must(pl_stats_jackknife_interval(&out->iqm_interval, &sample, &how));
    out->iqm_interval = pl_analysis_shown_interval(a, out->iqm_interval);
}

static double mean_improvement(const struct pl_analysis *a, size_t entry) {
    double sum = 0.0;
    size_t count = 0;
    for (size_t p = 0; p < a->point_count; p++) {
        double here = pl_analysis_comparison(a, p, entry)->improvement;
        if (isnan(here)) continue;
        sum += here;
        count++;
    }
    return count > 0 ? sum / (double)count : NAN;
}

/* Friedman's test of the ranked entries, on the mean ranks of the seeds that have blocks. */
static void test_ranks(struct pl_analysis *a, const struct blocks *blocks) {
    size_t entries = a->experiment->entry_count, seeds = a->experiment->seed_count, count = 0;
    double *values = PL_ARENA_ARRAY(&a->arena, double, entries *seeds);
    struct pl_sample sample = {values, {PL_SAMPLE_SEED, PL_SAMPLE_ENTRY}, {0, 0, 1}};
    struct pl_friedman found;
    for (size_t e = 0; e < entries; e++) sample.sizes[1] += a->ranking[e].ranked;
    for (size_t s = 0; s < seeds; s++) {
        if (blocks->counts[s] == 0) continue;
        sample.sizes[0]++;
        for (size_t e = 0; e < entries; e++)
            if (a->ranking[e].ranked)
                values[count++] = blocks->rank_sums[e * seeds + s] / (double)blocks->counts[s];
    }
    pl_analysis_must(pl_stats_friedman(&found, NULL, &sample, PL_ALPHA));
    a->rank_test =
        (struct pl_rank_test){found.seeds, found.entries, found.statistic, found.p, found.distance};
}

static size_t count_ranked(const struct pl_analysis *a) {
    size_t count = 0;
    for (size_t e = 0; e < a->experiment->entry_count; e++) count += a->ranking[e].ranked;
    return count;
}

/* All pairs of ranked entries; the ranking still stands in the order of the study. */
static void make_pairs(struct pl_analysis *a, const struct blocks *blocks) {
    size_t entries = a->experiment->entry_count, seeds = a->experiment->seed_count, used = 0;
    size_t ranked = count_ranked(a), count = ranked * (ranked - (ranked > 0)) / 2, k = 0;
    for (size_t s = 0; s < seeds; s++) used += blocks->counts[s] > 0;
    double *one = PL_ARENA_ARRAY(&a->arena, double, seeds);
    double *other = PL_ARENA_ARRAY(&a->arena, double, seeds);
    double *table = PL_ARENA_ARRAY(&a->arena, double, used *count); /* [seed][pair] */
    double *p = PL_ARENA_ARRAY(&a->arena, double, count);
    a->pairs = PL_ARENA_ARRAY(&a->arena, struct pl_pair, count);
    for (size_t i = 0; i < entries; i++)
        for (size_t j = i + 1; j < entries; j++) {
            if (!a->ranking[i].ranked || !a->ranking[j].ranked) continue;
            struct pl_pair *pair = &a->pairs[k];
            seed_means(one, blocks->capped_sums + i * seeds, blocks->counts, seeds);
            seed_means(other, blocks->capped_sums + j * seeds, blocks->counts, seeds);
            for (size_t s = 0; s < used; s++) table[s * count + k] = one[s] -= other[s];
            *pair = (struct pl_pair){.entry = i,
                                     .other = j,
                                     .seeds = used,
                                     .same = used > 0 && !blocks->differ[i * entries + j],
                                     .median = a->ranking[i].diverged + a->ranking[j].diverged > 0,
                                     .difference = pl_stats_mean(one, used),
                                     .interval = pl_interval_none(),
                                     .skew_interval = pl_interval_none()};
            if (!pair->median) {
                pair->interval =
                    pl_analysis_shown_interval(a, pl_stats_t_interval(one, used, PL_CONFIDENCE));
                pair->skew_interval =
                    pl_analysis_shown_interval(a, pl_stats_skew_interval(one, used, PL_CONFIDENCE));
            }
            k++;
        }
    struct pl_sample sample = pl_sample_blocks(table, used, count);
    struct pl_rng rng;
    pl_analysis_stream(&rng, a, "permutation-pairs", 0, a->baseline);
    pl_stats_sign_flip_max(p, &sample, &rng);
    a->pair_count = count;
    for (k = 0; k < count; k++) {
        struct pl_pair *pair = &a->pairs[k];
        pair->p = p[k];
        pair->verdict =
            verdict_of(a, pl_analysis_shown(a, pair->difference), pair->skew_interval, p[k]);
    }
}

/* The places that the pairs leave open: behind all that are told ahead, before all that are told behind. */
static void place_entry(const struct pl_analysis *a, struct pl_rank *rank) {
    if (!rank->ranked || rank->blocks == 0) return;
    rank->best_place = 1;
    rank->worst_place = count_ranked(a);
    for (size_t e = 0; e < a->experiment->entry_count; e++) {
        if (e == rank->entry) continue;
        rank->best_place += pl_analysis_is_ahead(a, e, rank->entry);
        rank->worst_place -= pl_analysis_is_ahead(a, rank->entry, e);
    }
}

static void rank_entry(struct pl_analysis *a, struct pl_rank *out, const struct blocks *blocks,
                       double *means) {
    size_t seeds = a->experiment->seed_count, row = out->entry * seeds;
    out->blocks = blocks->count;
    out->seeds = seed_means(means, blocks->rank_sums + row, blocks->counts, seeds);
    out->mean_rank = pl_stats_mean(means, out->seeds);
    out->interval = pl_stats_bounded_interval(means, out->seeds, 1.0, (double)count_ranked(a),
                                              blocks->count, PL_CONFIDENCE);

    struct pl_sample sample = pl_sample_seeds(means, out->seeds);
    struct pl_rng rng;
    pl_analysis_stream(&rng, a, "bootstrap-rank", 0, out->entry);
    pl_analysis_must(
        pl_stats_bootstrap(&out->bootstrap, NULL, &sample, &pl_analysis_mean_bootstrap, &rng));

    seed_means(means, blocks->ratio_sums + row, blocks->counts, seeds);
    rank_ratio(a, out, blocks, means, out->entry == a->baseline);
    if (out->entry == a->baseline) return;
    rank_iqm(a, out, blocks);
    out->improvement = mean_improvement(a, out->entry);
}

/* Best first; NaN (no block, not ranked) last; ties in the order of the study. */
static int compare_ranks(const void *x, const void *y) {
    const struct pl_rank *a = x, *b = y;
    if (a->ranked != b->ranked) return a->ranked ? -1 : 1;
    if (a->mean_rank < b->mean_rank) return -1;
    if (a->mean_rank > b->mean_rank) return 1;
    return (a->entry > b->entry) - (a->entry < b->entry);
}

static bool has_results(const struct pl_analysis *a, size_t entry) {
    for (size_t p = 0; p < a->point_count; p++)
        for (size_t s = 0; s < a->experiment->seed_count; s++)
            if (!isnan(a->logs[pl_table_place(&a->table, p, entry, s)])) return true;
    return false;
}

static void make_ranking(struct pl_analysis *a) {
    size_t entries = a->experiment->entry_count;
    struct blocks blocks = {0};
    a->ranking = PL_ARENA_ARRAY(&a->arena, struct pl_rank, entries);
    double *means = PL_ARENA_ARRAY(&a->arena, double, a->experiment->seed_count);
    for (size_t e = 0; e < entries; e++) {
        struct pl_interval none = pl_interval_none();
        a->ranking[e] = (struct pl_rank){.entry = e,
                                         .ranked = has_results(a, e),
                                         .mean_rank = NAN,
                                         .interval = none,
                                         .bootstrap = none,
                                         .ratio = NAN,
                                         .ratio_interval = none,
                                         .iqm = NAN,
                                         .iqm_interval = none,
                                         .iqm_bootstrap = none,
                                         .improvement = NAN};
    }
    collect_blocks(a, &blocks);
    test_ranks(a, &blocks);
    for (size_t e = 0; e < entries; e++)
        if (a->ranking[e].ranked) rank_entry(a, &a->ranking[e], &blocks, means);
    make_pairs(a, &blocks);
    for (size_t e = 0; e < entries; e++) place_entry(a, &a->ranking[e]);
    qsort(a->ranking, entries, sizeof *a->ranking, compare_ranks);
}

/* ------------------------------------------------------------------------------- the whole */

void pl_analysis_describe_axes(struct pl_analysis *a) {
    const struct pl_experiment *experiment = a->experiment;
    a->scales = PL_ARENA_ARRAY(&a->arena, struct pl_axis_scale, experiment->axis_count);
    a->point_count = 1;
    for (size_t k = 0; k < experiment->axis_count; k++) {
        a->scales[k] = scale_of(&a->arena, &experiment->axes[k]);
        a->point_count *= experiment->axes[k].count;
    }
}

void pl_analysis_conclude(struct pl_analysis *a) {
    make_summaries(a, PL_ARENA_ARRAY(&a->arena, double, a->experiment->seed_count));
    make_comparisons(a);
    make_ranking(a);
    pl_analysis_make_curves(a);
    if (a->experiment->budget && a->row->ratio) pl_analysis_make_compute(a);
}

enum pl_status pl_analysis_run(struct pl_analysis *out, const struct pl_experiment *experiment,
                               const struct pl_cells *cells, const struct pl_result *results,
                               const char *metric) {
    *out = (struct pl_analysis){.experiment = experiment, .cells = cells, .results = results};
    if (!metric) metric = PL_METRIC_DEFAULT;
    PL_TRY(pl_metric_check(metric, PL_METRIC_COMPARE, PL_NO_PLACE, "--metric is"));
    if (experiment->design && !pl_metric_find(metric)->ratio)
        return pl_fail(PL_ECONFIG,
                       "the metric is %s, which is compared by differences, and the readings of a "
                       "design are told as ratios; take a loss",
                       metric);
    char digest[PL_HASH_TEXT];
    pl_cells_digest(cells, digest);
    out->stream = pl_arena_strdup(&out->arena, digest);
    out->row = pl_metric_find(metric);
    out->metric = out->row->name;
    out->baseline = pl_names_find(
        PL_NAMES(struct pl_entry, label, experiment->entries, experiment->entry_count),
        experiment->baseline);
    PL_ASSERT(out->baseline < experiment->entry_count);
    pl_analysis_describe_axes(out);
    pl_table_make(&out->table, &out->arena, experiment, cells, results);
    out->step = pl_table_step(&out->table, out->row, &out->arena);
    out->logs = pl_table_numbers(&out->table, out->row, &out->arena);
    pl_analysis_conclude(out);
    if (experiment->select.over) pl_analysis_make_selection(out, true);
    return PL_OK;
}

void pl_analysis_select(struct pl_analysis *out, const struct pl_experiment *experiment,
                        const struct pl_cells *cells, const struct pl_result *results) {
    *out =
        (struct pl_analysis){.experiment = experiment,
                             .cells = cells,
                             .results = results,
                             .metric = experiment->metric ? experiment->metric : PL_METRIC_DEFAULT,
                             .stream = ""};
    out->row = pl_metric_find(out->metric);
    pl_analysis_describe_axes(out);
    pl_table_make(&out->table, &out->arena, experiment, cells, results);
    out->logs = pl_table_numbers(&out->table, out->row, &out->arena);
    if (experiment->select.over) pl_analysis_make_selection(out, false);
}

void pl_analysis_finish(struct pl_analysis *analysis) {
    if (!analysis) return;
    pl_selection_finish(analysis->selection);
    pl_arena_finish(&analysis->arena);
    *analysis = (struct pl_analysis){0};
}

/* --------------------------------------------------------------------------------- reading */

static size_t stride(const struct pl_analysis *a, size_t axis) {
    size_t steps = 1;
    for (size_t k = axis + 1; k < a->experiment->axis_count; k++)
        steps *= a->experiment->axes[k].count;
    return steps;
}

size_t pl_analysis_axis_index(const struct pl_analysis *analysis, size_t point, size_t axis) {
    return point / stride(analysis, axis) % analysis->experiment->axes[axis].count;
}

const char *pl_analysis_axis_value(const struct pl_analysis *analysis, size_t point, size_t axis) {
    return analysis->experiment->axes[axis].values[pl_analysis_axis_index(analysis, point, axis)];
}

size_t pl_analysis_point_with(const struct pl_analysis *analysis, size_t point, size_t axis,
                              size_t value) {
    size_t steps = stride(analysis, axis);
    return point - pl_analysis_axis_index(analysis, point, axis) * steps + value * steps;
}

const struct pl_summary *pl_analysis_summary(const struct pl_analysis *analysis, size_t point,
                                             size_t entry) {
    return &analysis->summaries[point * analysis->experiment->entry_count + entry];
}

const struct pl_comparison *pl_analysis_comparison(const struct pl_analysis *analysis, size_t point,
                                                   size_t entry) {
    if (entry == analysis->baseline) return NULL;
    size_t others = analysis->experiment->entry_count - 1;
    return &analysis
                ->comparisons[point * others + (entry < analysis->baseline ? entry : entry - 1)];
}

const struct pl_pair *pl_analysis_pair(const struct pl_analysis *analysis, size_t entry,
                                       size_t other) {
    size_t low = entry < other ? entry : other, high = entry < other ? other : entry;
    for (size_t k = 0; k < analysis->pair_count; k++)
        if (analysis->pairs[k].entry == low && analysis->pairs[k].other == high)
            return &analysis->pairs[k];
    return NULL;
}

bool pl_analysis_is_ahead(const struct pl_analysis *analysis, size_t entry, size_t other) {
    const struct pl_pair *pair = pl_analysis_pair(analysis, entry, other);
    return pair && pair->verdict == (entry < other ? PL_BETTER : PL_WORSE);
}

size_t pl_analysis_leaders(const struct pl_analysis *analysis, size_t *members) {
    size_t entries = analysis->experiment->entry_count, count = 0;
    const struct pl_rank *first = NULL;
    for (size_t i = entries; i-- > 0;)
        if (analysis->ranking[i].best_place == 1) first = &analysis->ranking[i];
    for (size_t e = 0; e < entries && first; e++) {
        const struct pl_rank *rank = analysis->ranking;
        while (rank->entry != e) rank++;
        if (rank->best_place == 1 ||
            (rank->best_place > 1 && !pl_analysis_is_ahead(analysis, first->entry, e)))
            members[count++] = e;
    }
    return count;
}

const struct pl_cell *pl_analysis_cell(const struct pl_analysis *analysis, size_t point,
                                       size_t entry, size_t seed) {
    size_t cell = pl_table_cell(&analysis->table, point, entry, seed);
    return cell == PL_NO_CELL ? NULL : &analysis->cells->items[cell];
}

const char *pl_verdict_name(enum pl_verdict verdict) {
    static const char *const names[] = {"inconclusive", "better", "worse", "equivalent"};
    return names[verdict];
}
