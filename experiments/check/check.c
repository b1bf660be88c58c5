/* A look judges every open claim, then corrects each of the three p-values over all claims of the study;
 * a claim that was settled at an earlier look keeps its verdict and counts as p = 1. The share of the
 * look (looks.h) multiplies the levels, not the p-values.
 */
#include "experiments/check/check.h"

#include <math.h>
#include <string.h>

#include "core/stats/compare.h"
#include "experiments/evidence/analysis.h"

enum {
    EXIT_CONTRADICTED = 1,
    EXIT_FAILED = 3,
    EXIT_INCONCLUSIVE = 4,
    EXIT_NOT_COMPARABLE = 5,
    EXIT_MOVED = 6
};

enum pl_status pl_check_init(struct pl_check *out, const struct pl_experiment *experiment,
                             size_t most_seeds) {
    PL_TRY(pl_claims_judgeable(&experiment->claims));
    *out = (struct pl_check){.experiment = experiment, .claims = experiment->claims};
    pl_looks_plan(&out->looks, experiment->seed_count, most_seeds);
    out->rows = PL_ARENA_ARRAY(&out->arena, struct pl_check_row, out->claims.count + 1);
    for (size_t k = 0; k < out->claims.count; k++)
        out->rows[k] = (struct pl_check_row){.claim = &out->claims.items[k]};
    return PL_OK;
}

void pl_check_finish(struct pl_check *check) {
    pl_arena_finish(&check->arena);
    *check = (struct pl_check){0};
}

/* ---- a look ---- */

static bool is_open(const struct pl_check *check, const struct pl_check_row *row) {
    return row->verdict == PL_CLAIM_OPEN &&
           (check->look == 0 || !pl_claim_is_settled_once(row->claim));
}

/* [claim] in a study without the axis that it selects over. */
static const struct pl_claim *without_axis(struct pl_arena *arena, const struct pl_claim *claim,
                                           size_t axis, size_t axis_count) {
    struct pl_claim *out = pl_arena_copy(arena, claim, sizeof *claim);
    out->at = PL_ARENA_ARRAY(arena, size_t, axis_count);
    for (size_t k = 0, kept = 0; k < axis_count; k++)
        if (k != axis) out->at[kept++] = claim->at[k];
    out->axis -= out->axis > axis;
    if (claim->each) out->each = without_axis(arena, claim->each, axis, axis_count);
    return out;
}

/* One of the three p-values of all claims, corrected; those not looked at count as 1. */
static void correct(struct pl_check *check, double *room, const bool *looked,
                    double (*raw)(const struct pl_finding *),
                    void (*put)(struct pl_check_row *, double)) {
    size_t count = check->claims.count;
    for (size_t k = 0; k < count; k++) room[k] = looked[k] ? raw(&check->rows[k].finding) : 1.0;
    pl_stats_holm(room, room, count);
    for (size_t k = 0; k < count; k++)
        if (looked[k]) put(&check->rows[k], room[k]);
}

static double raw_for(const struct pl_finding *finding) {
    return finding->p_for;
}
static double raw_against(const struct pl_finding *finding) {
    return finding->p_against;
}
static double raw_small(const struct pl_finding *finding) {
    return finding->p_small;
}
static void put_for(struct pl_check_row *row, double p) {
    row->for_holm = p;
}
static void put_against(struct pl_check_row *row, double p) {
    row->against_holm = p;
}
static void put_small(struct pl_check_row *row, double p) {
    row->small_holm = p;
}

static enum pl_claim_verdict verdict_of(const struct pl_check_row *row) {
    if (row->lacks) return PL_CLAIM_OPEN;
    if (row->against_holm <= row->alarm_level) return PL_CLAIM_CONTRADICTED;
    if (row->small_holm <= row->level) return PL_CLAIM_TOO_SMALL;
    if (row->for_holm <= row->level) return PL_CLAIM_HOLDS;
    return PL_CLAIM_OPEN;
}

/* Cells that have no result since another run computes them, or since the run ended before it came to
 * them. In later looks only what open claims need was asked for. A cost that was measured apart needs no
 * cell. */
static void note_lacking(struct pl_check *check, const struct pl_table *table,
                         const struct pl_experiment *experiment, const struct pl_result *results,
                         const struct pl_cost_rounds *costs) {
    check->lacking = check->lacking_of = 0;
    for (size_t k = 0; k < check->claims.count; k++)
        if (is_open(check, &check->rows[k])) check->rows[k].lacks = false;
    for (size_t p = 0; p < table->point_count; p++)
        for (size_t e = 0; e < experiment->entry_count; e++)
            for (size_t s = 0; s < experiment->seed_count; s++) {
                size_t cell = pl_table_cell(table, p, e, s);
                if (cell == PL_NO_CELL) continue;
                enum pl_outcome outcome = results[cell].outcome;
                if (check->look > 0 && !pl_check_needs(check, table, p, e)) continue;
                check->lacking_of++;
                if (outcome != PL_RUNNING && outcome != PL_PENDING) continue;
                check->lacking++;
                for (size_t k = 0; k < check->claims.count; k++)
                    if (!(costs && costs[k].count) && is_open(check, &check->rows[k]) &&
                        pl_claim_needs(check->rows[k].claim, table, p, e))
                        check->rows[k].lacks = true;
            }
}

void pl_check_look(struct pl_check *check, const struct pl_experiment *experiment,
                   const struct pl_cells *cells, const struct pl_result *results,
                   const struct pl_cost_rounds *costs) {
    size_t count = check->claims.count;
    double share = check->looks.share[check->look];
    double *room = PL_ARENA_ARRAY(&check->arena, double, count + 1);
    bool *looked = PL_ARENA_ARRAY(&check->arena, bool, count + 1);
    struct pl_analysis chosen;
    struct pl_table table;
    pl_table_make(&table, &check->arena, experiment, cells, results);
    pl_analysis_select(&chosen, experiment, cells, results);
    note_lacking(check, &table, experiment, results, costs);
    for (size_t k = 0; k < count; k++) {
        looked[k] = is_open(check, &check->rows[k]);
        struct pl_check_row *row = &check->rows[k];
        if (!looked[k]) continue;
        const char *stream = pl_arena_printf(&check->arena, "check/%s/%s", check->experiment->name,
                                             row->claim->text);
        bool selected = row->claim->selected && chosen.selection;
        pl_judge(&row->finding,
                 selected ? without_axis(&check->arena, row->claim, chosen.selection->axis,
                                         experiment->axis_count)
                          : row->claim,
                 selected ? &chosen.selection->best->table : &table, costs ? &costs[k] : NULL,
                 stream, &check->arena);
        row->look = check->look + 1;
    }
    correct(check, room, looked, raw_for, put_for);
    correct(check, room, looked, raw_against, put_against);
    correct(check, room, looked, raw_small, put_small);
    for (size_t k = 0; k < count; k++) {
        if (!looked[k]) continue;
        check->rows[k].alarm_level = PL_CHECK_ALARM * share;
        check->rows[k].level = PL_ALPHA * share;
        check->rows[k].verdict = verdict_of(&check->rows[k]);
    }
    pl_analysis_finish(&chosen);
    check->failed = 0;
    for (size_t k = 0; k < cells->count; k++) check->failed += results[k].outcome == PL_FAILED;
    check->look++;
}

/* ---- reading ---- */

size_t pl_check_count(const struct pl_check *check, enum pl_claim_verdict verdict) {
    size_t count = 0;
    for (size_t k = 0; k < check->claims.count; k++) count += check->rows[k].verdict == verdict;
    return count;
}

bool pl_check_more(const struct pl_check *check) {
    bool open = false;
    for (size_t k = 0; k < check->claims.count; k++) open |= is_open(check, &check->rows[k]);
    return open && check->look < check->looks.count;
}

bool pl_check_needs(const struct pl_check *check, const struct pl_table *table, size_t point,
                    size_t entry) {
    for (size_t k = 0; k < check->claims.count; k++)
        if (is_open(check, &check->rows[k]) &&
            pl_claim_needs(check->rows[k].claim, table, point, entry))
            return true;
    return false;
}

static void add_p(struct pl_strbuf *out, const char *name, double p) {
    if (p < 1e-4)
        pl_strbuf_addf(out, ", %s < 0.0001", name);
    else
        pl_strbuf_addf(out, ", %s = %.2g", name, p);
}

void pl_check_numbers(const struct pl_check_row *row, struct pl_strbuf *out) {
    const struct pl_finding *finding = &row->finding;
    if (row->lacks) pl_strbuf_add(out, "some of its cells have no result yet: ");
    if (isnan(finding->estimate)) {
        pl_strbuf_add(out, "no results to judge it by");
        return;
    }
    pl_strbuf_addf(out, "%s = %.4g", finding->subject, finding->estimate);
    if (pl_interval_exists(finding->interval))
        pl_strbuf_addf(out, " [%.4g, %.4g]", finding->interval.low, finding->interval.high);
    /* a run that never came below solved_loss need not have diverged */
    bool steps = row->claim->metric && strcmp(row->claim->metric->name, "steps_to_solve") == 0;
    if (finding->diverged)
        pl_strbuf_addf(out, " (median, %zu %s)", finding->diverged,
                       steps ? "not solved" : "diverged");
    pl_strbuf_addf(out, ", %zu %s", finding->n, finding->unit);
    if (row->claim->each)
        pl_strbuf_addf(out, " (holds in %zu, contradicted in %zu, too small in %zu, open in %zu)",
                       finding->readings[PL_CLAIM_HOLDS], finding->readings[PL_CLAIM_CONTRADICTED],
                       finding->readings[PL_CLAIM_TOO_SMALL], finding->readings[PL_CLAIM_OPEN]);

    if (row->finding.counted) return;
    if (row->verdict == PL_CLAIM_HOLDS) add_p(out, "p", row->for_holm);
    if (row->verdict == PL_CLAIM_CONTRADICTED) add_p(out, "p", row->against_holm);
    if (row->verdict == PL_CLAIM_TOO_SMALL) add_p(out, "p", row->small_holm);
    if (row->verdict != PL_CLAIM_OPEN) return;
    add_p(out, "p for", row->for_holm);
    add_p(out, "p against", row->against_holm);
}

void pl_check_power_note(const struct pl_check *check, struct pl_strbuf *out) {
    size_t claims = check->claims.count, seeds = check->experiment->seed_count, shares = 0;
    double level = PL_CHECK_ALARM * check->looks.share[0];
    size_t needed = claims ? pl_stats_seeds_needed(claims, level) - 1 : 0; /* one-sided */
    for (size_t k = 0; k < claims; k++) shares += check->claims.items[k].each != NULL;
    if (seeds >= needed || shares == claims) return;
    pl_strbuf_addf(out,
                   "with %zu seeds and %zu claim%s nothing can be called contradicted at the first "
                   "look; %zu seeds can",
                   seeds, claims, claims == 1 ? "" : "s", needed);
}

const char *pl_check_inexact(const struct pl_check *check) {
    if (!check->exact) return NULL;
    if (!check->drift) return "--exact needs a reference, and there is none";
    if (!check->drift->same_class && !check->drift->difference_count)
        return "the reference comes from another class of machine, whose bits differ";
    return NULL;
}

bool pl_check_moved(const struct pl_check *check) {
    const struct pl_drift *drift = check->drift;
    if (!drift) return false;
    if (check->exact && drift->changed) return true;
    if (check->drift_rule == PL_DRIFT_FAIL) return drift->drifted > 0;
    return check->drift_rule == PL_DRIFT_PORTABLE && drift->drifted_portable > 0;
}

int pl_check_exit(const struct pl_check *check) {
    bool apart = check->drift && check->drift->difference_count;
    if (apart || pl_check_inexact(check)) return EXIT_NOT_COMPARABLE;
    if (check->failed) return EXIT_FAILED;
    if (pl_check_moved(check)) return EXIT_MOVED;
    if (pl_check_count(check, PL_CLAIM_CONTRADICTED)) return EXIT_CONTRADICTED;
    if (check->strict && pl_check_count(check, PL_CLAIM_OPEN)) return EXIT_INCONCLUSIVE;
    return 0;
}
