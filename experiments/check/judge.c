/* A claim is judged in parts. Each part fills two samples, one number a seed: theta, finite, in which a
 * diverged run stands at the worst value of its point, for the tests; raw, infinite there, for the median
 * that is told. weigh (or the kind itself) makes the three p-values of a part, join adds them to the
 * finding, and pl_judge corrects for the number of parts. All numbers are oriented so that lower is
 * better (evidence/table.h), so an advantage of A over B is B's number minus A's.
 */
#include "experiments/check/judge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math.h"
#include "core/stats/compare.h"
#include "core/stats/distribution.h"
#include "core/stats/skew.h"
#include "core/stats/summary.h"
#include "experiments/evidence/analysis.h"

#define P_NONE 1.0 /* of a question that finds nothing to answer it */

struct judge {
    const struct pl_claim *claim;
    const struct pl_table *table;
    const double *numbers; /* of the claim's metric, in the shape of the table; NULL: divergence */
    const struct pl_cost_rounds *cost;
    const char *stream;
    struct pl_arena *arena;
    struct pl_finding *out;
    size_t begin, end; /* points that are looked at: all, or those of one reading */
    size_t parts;
    double least; /* p_against of the part that speaks most against the claim */
};

/* One part: advantages, and how they are told. */
struct part {
    double *theta; /* one a seed; finite: a diverged run stands at the worst value */
    double *raw;   /* the same, infinite where a run diverged */
    size_t n, diverged;
    const char *subject;
    double sign, offset; /* what is told is offset + sign x advantage */
    bool ratio;          /* ... through exp */
    bool limit;          /* held against a number, not against another entry */
};

/* ---- samples ---- */

static size_t seeds_of(const struct judge *judge) {
    return judge->table->experiment->seed_count;
}

/* A copy: the study of a later look is gone when its finding is told. */
static const char *label(const struct judge *judge, size_t entry) {
    return pl_arena_strdup(judge->arena, judge->table->experiment->entries[entry].label);
}

/* Of the points that the claim is about; for a crossover at the index [value] of its axis. */
static bool at_point(const struct judge *judge, size_t point, size_t value) {
    const struct pl_claim *claim = judge->claim;
    for (size_t k = 0; k < judge->table->experiment->axis_count; k++) {
        size_t wanted = claim->at[k];
        if (claim->kind == PL_CLAIM_CROSSOVER && k == claim->axis) wanted = value;
        if (wanted != PL_ANY_VALUE &&
            pl_experiment_axis_index(judge->table->experiment, point, k) != wanted)
            return false;
    }
    return true;
}

static double number_at(const struct judge *judge, size_t point, size_t entry, size_t seed) {
    return judge->numbers[pl_table_place(judge->table, point, entry, seed)];
}

static double worst_at(const struct judge *judge, size_t point) {
    double worst = pl_table_worst(judge->table, judge->claim->metric, judge->numbers, point);
    return isfinite(worst) ? worst : 0.0;
}

static double minus(double a, double b) {
    return isinf(a) && isinf(b) ? 0.0 : a - b;
}

static double capped(double value, double worst) {
    return value < worst ? value : worst;
}

/* Advantage of [a] over [b], or over the number [limit] when [b] is no entry, of one seed: the mean
 * over the points at [value]. False when one of its runs says nothing. */
static bool seed_advantage(const struct judge *judge, struct part *part, size_t a, size_t b,
                           double limit, size_t value, size_t seed) {
    double sum = 0.0, raw = 0.0, count = 0.0;
    bool diverged = false;
    for (size_t p = judge->begin; p < judge->end; p++) {
        if (!at_point(judge, p, value)) continue;
        double x = number_at(judge, p, a, seed);
        double y = b == PL_NO_CELL ? limit : number_at(judge, p, b, seed);
        if (isnan(x) || isnan(y)) return false;
        double worst = isinf(x) || isinf(y) ? worst_at(judge, p) : INFINITY;
        diverged |= isinf(x) || isinf(y);
        raw += minus(y, x);
        sum += minus(capped(y, worst), capped(x, worst));
        count += 1.0;
    }
    if (count == 0.0) return false;
    part->raw[part->n] = isnan(raw) ? 0.0 : raw / count;
    part->theta[part->n++] = sum / count;
    part->diverged += diverged;
    return true;
}

static void part_init(struct part *out, const struct judge *judge, size_t room) {
    *out = (struct part){.theta = PL_ARENA_ARRAY(judge->arena, double, room + 1),
                         .raw = PL_ARENA_ARRAY(judge->arena, double, room + 1)};
}

/* [a] against [b]: told as "a / b", below 1 in favour of a lower metric. */
static struct part contrast(const struct judge *judge, size_t a, size_t b, size_t value) {
    const struct pl_metric_row *metric = judge->claim->metric;
    struct part part;
    part_init(&part, judge, seeds_of(judge));
    for (size_t s = 0; s < seeds_of(judge); s++) seed_advantage(judge, &part, a, b, 0.0, value, s);
    part.ratio = metric->ratio;
    part.sign = metric->higher ? 1.0 : -1.0;
    part.subject = pl_arena_printf(judge->arena, "%s %s %s", label(judge, a),
                                   part.ratio ? "/" : "-", label(judge, b));
    return part;
}

/* ---- tests ---- */

static double greatest_of(double a, double b) {
    return a > b ? a : b;
}

/* One-sided: P of a mean as high above [threshold] as this one's, were it the true one. Half of the
 * two-sided p on the side that was seen; on the other side there is nothing to show. That p asks for
 * symmetry, so it does not count for less than the test of a mean with the skewness taken out, and, of a
 * bound, which no exchange of two entries makes symmetric, not for less than the sign test either. */
static double p_above(const struct judge *judge, const struct part *part, double sign,
                      double threshold) {
    double *shifted = PL_ARENA_ARRAY(judge->arena, double, part->n + 1), sum = 0.0;
    struct pl_rng rng;
    for (size_t k = 0; k < part->n; k++) sum += shifted[k] = sign * part->theta[k] - threshold;
    if (!(sum > 0.0)) return P_NONE;
    pl_rng_init(&rng, 0, judge->stream);
    double p = pl_stats_sign_flip(shifted, part->n, &rng) / 2.0;
    if (!part->diverged && part->n > 1)
        p = greatest_of(p, pl_stats_mean_above(shifted, part->n, 0.0));
    return part->limit ? greatest_of(p, pl_stats_median_above(shifted, part->n, 0.0)) : p;
}

static double step_of(const struct judge *judge) {
    const struct pl_metric_row *metric = judge->claim->metric;
    return metric ? pl_table_step(judge->table, metric, judge->arena) : 0.0;
}

/* A region narrower than one sample of one run is too narrow to be told: values that agree by coincidence
 * have no spread, and a t test would take that for certainty. */
static double p_between(const struct judge *judge, const struct part *part, double low,
                        double high) {
    if (high - low < 2.0 * step_of(judge)) return P_NONE;
    struct pl_sample sample = pl_sample_seeds(part->theta, part->n);
    struct pl_equivalence found;
    if (part->diverged || !(low < high)) return P_NONE;
    enum pl_status status = pl_stats_equivalence(&found, &sample, (struct pl_interval){low, high});
    PL_ASSERT(status == PL_OK);
    return isnan(found.p) ? P_NONE : found.p;
}

static double p_reverse(const struct judge *judge, const struct part *part, double margin) {
    double middle =
        part->diverged ? pl_stats_median(part->raw, part->n) : pl_stats_mean(part->theta, part->n);
    return middle < -margin ? p_above(judge, part, -1.0, 0.0) : P_NONE;
}

/* ---- a part becomes the claim's finding ---- */

static struct pl_interval told_interval(const struct part *part) {
    struct pl_interval found = pl_stats_t_interval(part->theta, part->n, PL_CONFIDENCE), out;
    if (part->diverged) return pl_interval_none();
    double a = part->offset + part->sign * found.low, b = part->offset + part->sign * found.high;
    out = a < b ? (struct pl_interval){a, b} : (struct pl_interval){b, a};
    return part->ratio ? pl_interval_exp(out) : out;
}

static double least_of(double a, double b) {
    return a < b ? a : b;
}

/* Joins one part's answers to the claim's. The part told is the one that speaks most against the
 * claim; while none does, the one that supports it least. */
static void join(struct judge *judge, const struct part *part, double p_for, double p_against,
                 double p_small) {
    struct pl_finding *out = judge->out;
    bool first = judge->parts++ == 0;
    bool worse = p_against < judge->least, level = p_against == judge->least;
    if (first || worse || (level && p_for > out->p_for)) {
        double middle = part->diverged ? pl_stats_median(part->raw, part->n)
                                       : pl_stats_mean(part->theta, part->n);
        double told = part->offset + part->sign * middle;
        out->subject = part->subject;
        out->estimate = part->ratio ? pl_exp(told) : told;
        out->interval = told_interval(part);
        out->n = part->n;
        out->diverged = part->diverged;
    }
    if (first || worse) judge->least = p_against;
    if (first || p_for > out->p_for) out->p_for = p_for;
    out->p_against = first ? p_against : least_of(out->p_against, p_against);
    out->p_small = first ? p_small : least_of(out->p_small, p_small);
}

/* The picture of judge.h for one part. */
static void weigh(struct judge *judge, const struct part *part, double need) {
    double margin = pl_log(judge->claim->margin);
    double top = need > margin ? need : margin;
    join(judge, part, p_above(judge, part, 1.0, need), p_reverse(judge, part, margin),
         p_between(judge, part, -margin, top));
}

/* ---- the kinds ---- */

static void judge_better(struct judge *judge) {
    const struct pl_claim *claim = judge->claim;
    struct part part = contrast(judge, claim->entries[0], claim->entries[1], PL_ANY_VALUE);
    weigh(judge, &part, pl_log(claim->by));
}

static void judge_equivalent(struct judge *judge) {
    const struct pl_claim *claim = judge->claim;
    double region = pl_log(claim->margin);
    struct part part = contrast(judge, claim->entries[0], claim->entries[1], PL_ANY_VALUE);
    double outside =
        least_of(p_above(judge, &part, 1.0, region), p_above(judge, &part, -1.0, region));
    join(judge, &part, p_between(judge, &part, -region, region), least_of(P_NONE, 2.0 * outside),
         P_NONE);
}

static void judge_order(struct judge *judge) {
    const struct pl_claim *claim = judge->claim;
    for (size_t k = 0; k + 1 < claim->entry_count; k++) {
        struct part part = contrast(judge, claim->entries[k], claim->entries[k + 1], PL_ANY_VALUE);
        weigh(judge, &part, 0.0);
    }
}

static void name_value(const struct judge *judge, struct part *part, size_t value) {
    const struct pl_axis *axis = &judge->table->experiment->axes[judge->claim->axis];
    part->subject = pl_arena_printf(judge->arena, "%s at %s = %s", part->subject, axis->key,
                                    axis->values[value]);
}

/* No crossing: there is a side that is nowhere worse than the margin allows (two sides to choose from, so
 * twice its p). Against it speak two points, one where A is worse and one where B is. */
static void judge_none(struct judge *judge) {
    const struct pl_claim *claim = judge->claim;
    const struct pl_axis *axis = &judge->table->experiment->axes[claim->axis];
    double margin = pl_log(claim->margin), worse[2] = {P_NONE, P_NONE}, better[2] = {0.0, 0.0};
    for (size_t x = 0; x < axis->count; x++) {
        for (size_t side = 0; side < 2; side++) {
            struct part part = contrast(judge, claim->entries[side], claim->entries[1 - side], x);
            double p = p_reverse(judge, &part, margin), q = p_above(judge, &part, 1.0, -margin);
            name_value(judge, &part, x);
            if (side == 0) join(judge, &part, q, p, P_NONE);
            worse[side] = least_of(worse[side], p);
            better[side] = better[side] > q ? better[side] : q;
        }
    }
    double both = worse[0] > worse[1] ? worse[0] : worse[1];
    judge->out->p_against = least_of(P_NONE, both * (double)axis->count);
    judge->out->p_for = least_of(P_NONE, 2.0 * least_of(better[0], better[1]));
}

static void judge_crossover(struct judge *judge) {
    const struct pl_claim *claim = judge->claim;
    size_t a = claim->entries[0], b = claim->entries[1];
    if (claim->none) {
        judge_none(judge);
        return;
    }
    struct part low = contrast(judge, a, b, claim->low), high = contrast(judge, b, a, claim->high);
    name_value(judge, &low, claim->low);
    name_value(judge, &high, claim->high);
    weigh(judge, &low, 0.0);
    weigh(judge, &high, 0.0);
}

/* The advantage is the distance to the limit, on the good side of it. */
static void judge_limit(struct judge *judge, double limit, bool below) {
    const struct pl_metric_row *metric = judge->claim->metric;
    bool ratio = metric->ratio;
    double at = ratio ? pl_log(limit) : -limit;
    bool high = below != metric->higher; /* a higher advantage is a better run */
    struct part part;
    if (isnan(limit)) return;
    part_init(&part, judge, seeds_of(judge));
    for (size_t s = 0; s < seeds_of(judge); s++)
        seed_advantage(judge, &part, judge->claim->entries[0], PL_NO_CELL, at, PL_ANY_VALUE, s);
    for (size_t k = 0; k < part.n && !high; k++) {
        part.theta[k] = -part.theta[k];
        part.raw[k] = -part.raw[k];
    }
    part.subject = label(judge, judge->claim->entries[0]);
    part.limit = true;
    part.ratio = ratio;
    part.offset = ratio ? at : -at;
    part.sign = below ? -1.0 : 1.0;
    weigh(judge, &part, 0.0);
}

static void judge_bound(struct judge *judge) {
    judge_limit(judge, judge->claim->below, true);
    judge_limit(judge, judge->claim->above, false);
}

/* P(at least [hits] of [count]) at this rate. */
static double binomial_tail(size_t hits, size_t count, double rate) {
    if (hits == 0) return 1.0;
    if (hits > count) return 0.0;
    return pl_stats_incomplete_beta((double)hits, (double)(count - hits) + 1.0, rate);
}

/* Each point is a part: runs of one seed at several points are not independent. */
static void judge_divergence(struct judge *judge) {
    double limit = judge->claim->below;
    for (size_t p = judge->begin; p < judge->end; p++) {
        size_t count, hits;
        if (!at_point(judge, p, PL_ANY_VALUE)) continue;

        count = hits = 0;
        for (size_t s = 0; s < seeds_of(judge); s++) {
            size_t cell = pl_table_cell(judge->table, p, judge->claim->entries[0], s);
            if (cell == PL_NO_CELL) continue;
            enum pl_outcome outcome = judge->table->results[cell].outcome;
            hits += outcome == PL_DIVERGED;
            count += pl_outcome_is_finished(outcome);
        }

        double share = count ? (double)hits / (double)count : NAN;
        double p_for = count ? 1.0 - binomial_tail(hits + 1, count, limit) : P_NONE;
        double p_against = share > limit ? binomial_tail(hits, count, limit) : P_NONE;
        struct part part = {.subject = label(judge, judge->claim->entries[0])};
        bool told = judge->parts == 0 || !(share <= judge->out->estimate);
        struct pl_finding before = *judge->out;
        join(judge, &part, p_for, p_against, P_NONE);
        judge->out->estimate = told ? share : before.estimate;
        judge->out->interval = told ? pl_stats_wilson(hits, count, PL_CONFIDENCE) : before.interval;
        judge->out->n = told ? count : before.n;
    }
}

/* ---- costs ---- */

static void judge_measured(struct judge *judge) {
    struct part part;
    part_init(&part, judge, judge->cost->count);
    for (size_t k = 0; k < judge->cost->count; k++) {
        part.theta[k] = pl_log(judge->claim->below) - judge->cost->logs[k];
        part.raw[k] = part.theta[k];
    }
    part.n = judge->cost->count;
    part.subject = pl_arena_printf(judge->arena, "%s / %s", label(judge, judge->claim->entries[0]),
                                   label(judge, judge->claim->entries[1]));
    part.ratio = true;
    part.offset = pl_log(judge->claim->below);
    part.sign = -1.0;
    weigh(judge, &part, 0.0);
}

/* The greatest ratio over all points; the same for every seed, so any seed that has run will do. */
static double counted_ratio(const struct judge *judge, size_t *n) {
    const struct pl_claim *claim = judge->claim;
    double greatest = NAN;
    *n = 0;
    for (size_t p = judge->begin; p < judge->end; p++)
        for (size_t s = 0; s < seeds_of(judge) && at_point(judge, p, PL_ANY_VALUE); s++) {
            size_t a = pl_table_cell(judge->table, p, claim->entries[0], s);
            size_t b = pl_table_cell(judge->table, p, claim->entries[1], s);
            if (a == PL_NO_CELL || b == PL_NO_CELL) continue;
            double x = pl_result_final(&judge->table->results[a], claim->metric->name);
            double y = pl_result_final(&judge->table->results[b], claim->metric->name);
            if (isnan(x) || isnan(y)) continue;
            double ratio =
                x == y ? 1.0 : x / y; /* none over none is alike; some over none is inf */
            if (isnan(greatest) || ratio > greatest) greatest = ratio;
            ++*n;
        }
    return greatest;
}

static void judge_counted(struct judge *judge) {
    size_t n;
    double ratio = counted_ratio(judge, &n);
    struct part part = {.subject = pl_arena_printf(judge->arena, "%s / %s",
                                                   label(judge, judge->claim->entries[0]),
                                                   label(judge, judge->claim->entries[1]))};
    bool holds = ratio <= judge->claim->below;
    bool beyond = ratio > judge->claim->below * judge->claim->margin;
    join(judge, &part, holds ? 0.0 : P_NONE, beyond ? 0.0 : P_NONE,
         n && !holds && !beyond ? 0.0 : P_NONE);
    judge->out->estimate = ratio;
    judge->out->n = n;
    judge->out->unit = "pairs";
    judge->out->counted = true;
}

static void judge_cost(struct judge *judge) {
    if (judge->claim->metric->kind == PL_METRIC_TIME)
        judge_measured(judge);
    else
        judge_counted(judge);
}

/* ---- a share of readings ---- */

static void judge_kind(struct judge *judge);

static enum pl_claim_verdict verdict_of_reading(const struct pl_finding *finding) {
    if (finding->p_against <= PL_READING_ALPHA) return PL_CLAIM_CONTRADICTED;
    if (finding->p_small <= PL_READING_ALPHA) return PL_CLAIM_TOO_SMALL;
    return finding->p_for <= PL_READING_ALPHA ? PL_CLAIM_HOLDS : PL_CLAIM_OPEN;
}

/* P(at least [hits] of [count]), were the true share [share]; [answers] count as hits, each of which is given
 * wrongly at PL_READING_ALPHA. */
static double p_share(size_t hits, size_t count, double share, double answers) {
    return binomial_tail(hits, count, share + (1.0 - share) * answers * PL_READING_ALPHA);
}

/* The axis of readings is the first, so the points of a reading follow one another. */
static void judge_share(struct judge *judge) {
    const struct pl_claim *claim = judge->claim;
    const struct pl_experiment *experiment = judge->table->experiment;
    struct pl_finding *out = judge->out;
    size_t count = experiment->axes[0].count, settings = judge->table->point_count / count, n = 0;
    for (size_t r = 0; r < count; r++) {
        struct pl_finding finding;
        struct judge within = *judge;
        if (!pl_claim_has_reading(claim, experiment, r)) continue;
        within.claim = claim->each;
        within.out = &finding;
        within.begin = r * settings;
        within.end = within.begin + settings;
        judge_kind(&within);
        if (finding.n == 0) continue; /* says nothing */
        out->readings[verdict_of_reading(&finding)]++;
        n++;
    }
    size_t holds = out->readings[PL_CLAIM_HOLDS], reversed = out->readings[PL_CLAIM_CONTRADICTED];
    size_t not = reversed + out->readings[PL_CLAIM_TOO_SMALL];
    out->subject = "share of readings in which it holds";
    out->estimate = n ? (double)holds / (double)n : NAN;
    out->interval = pl_stats_wilson(holds, n, PL_CONFIDENCE);
    out->n = n;
    judge->parts = 1;
    if (n == 0) return;
    if (claim->at_most) {
        out->p_for = p_share(not, n, 1.0 - claim->share, 2.0);
        out->p_against = p_share(holds, n, claim->share, 1.0);
        return;
    }
    out->p_for = p_share(holds, n, claim->share, 1.0);
    out->p_against = p_share(reversed, n, 1.0 - claim->share, 1.0);
    out->p_small = p_share(not, n, 1.0 - claim->share, 2.0);
}

/* ---- all ---- */

/* One row a kind of claim; the grammar of each is a row in experiments/study/claims.c. */
static const struct {
    void (*judge)(struct judge *);
    const char *unit;
    bool once; /* no other seed changes it */
} kinds[] = {
    [PL_CLAIM_BETTER] = {judge_better, "seeds", false},
    [PL_CLAIM_EQUIVALENT] = {judge_equivalent, "seeds", false},
    [PL_CLAIM_ORDER] = {judge_order, "seeds", false},
    [PL_CLAIM_CROSSOVER] = {judge_crossover, "seeds", false},
    [PL_CLAIM_BOUND] = {judge_bound, "seeds", false},
    [PL_CLAIM_DIVERGENCE] = {judge_divergence, "runs", false},
    [PL_CLAIM_COST] = {judge_cost, "rounds", true},
    [PL_CLAIM_SHARE] = {judge_share, "readings", false},
};

/* Fills the finding anew. */
static void judge_kind(struct judge *judge) {
    const struct pl_claim *claim = judge->claim;
    struct pl_finding *out = judge->out;
    judge->parts = 0;
    judge->least = P_NONE;
    *out = (struct pl_finding){.subject = "",
                               .estimate = NAN,
                               .interval = pl_interval_none(),
                               .unit = kinds[claim->kind].unit,
                               .p_for = P_NONE,
                               .p_against = P_NONE,
                               .p_small = P_NONE};
    kinds[claim->kind].judge(judge);
    if (claim->none) return;
    double parts = judge->parts ? (double)judge->parts : 1.0;
    out->p_against = least_of(P_NONE, parts * out->p_against);
    out->p_small = least_of(P_NONE, parts * out->p_small);
}

void pl_judge(struct pl_finding *out, const struct pl_claim *claim, const struct pl_table *table,
              const struct pl_cost_rounds *cost, const char *stream, struct pl_arena *arena) {
    static const struct pl_cost_rounds none = {0};
    struct judge judge = {.claim = claim,
                          .table = table,
                          .numbers =
                              claim->metric ? pl_table_numbers(table, claim->metric, arena) : NULL,
                          .cost = cost ? cost : &none,
                          .stream = stream,
                          .arena = arena,
                          .out = out,
                          .end = table->point_count};
    judge_kind(&judge);
}

bool pl_claim_is_settled_once(const struct pl_claim *claim) {
    return kinds[claim->kind].once;
}

bool pl_claim_needs(const struct pl_claim *claim, const struct pl_table *table, size_t point,
                    size_t entry) {
    const struct judge judge = {.claim = claim, .table = table};
    bool named = false, here = false;
    if (claim->each)
        return pl_claim_has_reading(claim, table->experiment,
                                    pl_experiment_axis_index(table->experiment, point, 0)) &&
               pl_claim_needs(claim->each, table, point, entry);
    for (size_t k = 0; k < claim->entry_count; k++) named |= claim->entries[k] == entry;
    if (claim->kind != PL_CLAIM_CROSSOVER || claim->none)
        here = at_point(&judge, point, PL_ANY_VALUE);
    else
        here = at_point(&judge, point, claim->low) || at_point(&judge, point, claim->high);
    return named && here;
}

const char *pl_claim_verdict_name(enum pl_claim_verdict verdict) {
    static const char *const names[] = {"inconclusive", "holds", "too small", "contradicted"};
    return names[verdict];
}
