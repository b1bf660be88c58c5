#include "experiments/evidence/analysis.h"

#include "core/base/rng.h"
#include "core/stats/summary.h"
#include "tests/unit/evidence/golden_study.h"

static const char *const three[] = {"standard", "b", "c"};
static const char *structure[] = {"0", "0.25", "0.5", "1"};

/* ------------------------------------------------------------------ against SciPy, statsmodels */

static double real(const struct pl_json *row, const char *name) {
    return pl_json_as_real(pl_json_get(row, name), NAN);
}

/* Both absent, or equal to 1e-10. */
static void check_optional(double found, double expected) {
    if (!isnan(expected)) PL_CHECK_NEAR(found, expected, 1e-10);
    PL_CHECK(isnan(found) == isnan(expected));
}

/* An end of an interval from 2,000 draws lies within half a standard error of the one from 200,000: the
 * draws' own error is about .06 of it, more where the distribution is coarse or skewed. */
static void check_drawn(struct pl_interval found, const struct pl_json *expected, double spread) {
    double low = pl_json_as_real(pl_json_at(expected, 0), NAN);
    double high = pl_json_as_real(pl_json_at(expected, 1), NAN);
    PL_CHECK(pl_interval_exists(found) == !isnan(low));
    if (isnan(low)) return;
    PL_CHECK(fabs(found.low - low) <= 0.5 * spread);
    PL_CHECK(fabs(found.high - high) <= 0.5 * spread);
}

static size_t entry_called(const struct made_study *study, const struct pl_json *row) {
    const char *label = pl_json_as_text(pl_json_get(row, "entry"), "");
    for (size_t e = 0; e < study->experiment.entry_count; e++)
        if (strcmp(study->experiment.entries[e].label, label) == 0) return e;
    PL_REQUIRE(false);
    return 0;
}

static size_t point_in(const struct pl_json *row) {
    return (size_t)pl_json_as_int(pl_json_get(row, "point"), -1);
}

static void test_analysis__summaries_agree_with_scipy(void) {
    struct made_study study;
    struct pl_json *golden = golden_study_load();
    golden_study_init(&study, golden);
    const struct pl_analysis *a = made_study_analyse(&study, NULL);
    const struct pl_json *rows = pl_json_get(golden, "summary");
    PL_CHECK_INT((long long)pl_json_count(rows), 9);
    for (size_t i = 0; i < pl_json_count(rows); i++) {
        const struct pl_json *row = pl_json_at(rows, i);
        const struct pl_summary *s =
            pl_analysis_summary(a, point_in(row), entry_called(&study, row));
        PL_CHECK_INT((long long)s->n, (long long)real(row, "n"));
        PL_CHECK_NEAR(s->loss, real(row, "loss"), 1e-12);
        check_optional(s->mean_log, real(row, "mean_log_loss"));
        check_optional(s->log_interval.low, real(row, "low"));
        check_optional(s->log_interval.high, real(row, "high"));
    }
    made_study_finish(&study);
    pl_json_destroy(golden);
}

static void test_analysis__comparisons_agree_with_scipy(void) {
    struct made_study study;
    struct pl_json *golden = golden_study_load();
    golden_study_init(&study, golden);
    const struct pl_analysis *a = made_study_analyse(&study, NULL);
    const struct pl_json *rows = pl_json_get(golden, "comparisons");
    PL_CHECK_INT((long long)pl_json_count(rows), (long long)a->comparison_count);
    for (size_t i = 0; i < pl_json_count(rows); i++) {
        const struct pl_json *row = pl_json_at(rows, i);
        const struct pl_comparison *c =
            pl_analysis_comparison(a, point_in(row), entry_called(&study, row));
        PL_CHECK_INT((long long)c->n, (long long)real(row, "n"));
        PL_CHECK(c->median == pl_json_as_bool(pl_json_get(row, "median"), false));
        PL_CHECK_NEAR(c->ratio, real(row, "ratio"), 1e-10);
        check_optional(c->interval.low, real(row, "low"));
        check_optional(c->interval.high, real(row, "high"));
        PL_CHECK(c->p == real(row, "p"));
        PL_CHECK_NEAR(c->p_holm, real(row, "p_holm"), 1e-14);
        PL_CHECK_TEXT(pl_verdict_name(c->verdict),
                      pl_json_as_text(pl_json_get(row, "verdict"), ""));
        PL_CHECK_NEAR(c->p_signed_rank, real(row, "p_signed_rank"), 1e-14);
        PL_CHECK_NEAR(c->improvement, real(row, "improvement"), 1e-14);
        check_optional(c->p_equivalence, real(row, "p_equivalence"));
        check_optional(c->hodges_lehmann, real(row, "hodges_lehmann"));
        check_drawn(c->bootstrap, pl_json_get(row, "bootstrap"), c->ratio * real(row, "spread"));
    }
    made_study_finish(&study);
    pl_json_destroy(golden);
}

static void test_analysis__ranking_and_crossovers_agree_with_scipy(void) {
    struct made_study study;
    struct pl_json *golden = golden_study_load();
    golden_study_init(&study, golden);
    const struct pl_analysis *a = made_study_analyse(&study, NULL);
    const struct pl_json *rows = pl_json_get(golden, "ranking");
    for (size_t i = 0; i < 3; i++) {
        const struct pl_json *row = pl_json_at(rows, i);
        const struct pl_rank *rank = &a->ranking[i];
        PL_CHECK_INT((long long)rank->entry, (long long)entry_called(&study, row));
        PL_CHECK_INT((long long)rank->blocks, (long long)real(row, "blocks"));
        PL_CHECK_NEAR(rank->mean_rank, real(row, "rank"), 1e-12);
        check_optional(rank->interval.low, real(row, "low"));
        check_optional(rank->interval.high, real(row, "high"));
        PL_CHECK_NEAR(rank->ratio, real(row, "ratio"), 1e-10);
        check_optional(rank->ratio_interval.low, real(row, "ratio_low"));
        check_optional(rank->ratio_interval.high, real(row, "ratio_high"));
    }
    rows = pl_json_get(golden, "pairs");
    PL_REQUIRE(a->pair_count == pl_json_count(rows));
    for (size_t i = 0; i < a->pair_count; i++) {
        PL_CHECK_NEAR(a->pairs[i].difference, real(pl_json_at(rows, i), "difference"), 1e-10);
        PL_CHECK_NEAR(a->pairs[i].p, real(pl_json_at(rows, i), "p"), 1e-10);
        PL_CHECK(!a->pairs[i].same);
    }
    rows = pl_json_get(golden, "crossovers");
    PL_REQUIRE(a->crossover_count == pl_json_count(rows));
    for (size_t i = 0; i < a->crossover_count; i++) {
        PL_CHECK(a->crossovers[i].found);
        PL_CHECK_INT((long long)a->crossovers[i].entry,
                     (long long)entry_called(&study, pl_json_at(rows, i)));
        PL_CHECK_NEAR(a->crossovers[i].at, real(pl_json_at(rows, i), "at"), 1e-10);
        double spread = real(pl_json_at(rows, i), "spread");
        PL_CHECK_NEAR(a->crossovers[i].interval.low, real(pl_json_at(rows, i), "low"), 1e-10);
        PL_CHECK_NEAR(a->crossovers[i].interval.high, real(pl_json_at(rows, i), "high"), 1e-10);
        check_drawn(a->crossovers[i].bootstrap, pl_json_get(pl_json_at(rows, i), "bootstrap"),
                    spread);
        PL_CHECK_NEAR(a->crossovers[i].support, real(pl_json_at(rows, i), "support"), 0.002);
    }
    made_study_finish(&study);
    pl_json_destroy(golden);
}

static void test_analysis__interactions_agree_with_numpy(void) {
    struct made_study study;
    struct pl_json *golden = golden_study_load();
    golden_study_init(&study, golden);
    const struct pl_analysis *a = made_study_analyse(&study, NULL);
    const struct pl_json *rows = pl_json_get(golden, "interactions");
    PL_REQUIRE(a->interaction_count == pl_json_count(rows));
    for (size_t i = 0; i < a->interaction_count; i++) {
        const struct pl_json *row = pl_json_at(rows, i);
        const struct pl_interaction *c = &a->interactions[i];
        PL_CHECK_INT((long long)c->entry, (long long)entry_called(&study, row));
        PL_CHECK_INT((long long)c->points, (long long)real(row, "points"));
        PL_CHECK_INT((long long)c->seeds, (long long)real(row, "seeds"));
        PL_CHECK_INT((long long)c->crossings, (long long)real(row, "crossings"));
        PL_CHECK_NEAR(c->slope, real(row, "slope"), 1e-10);
        PL_CHECK_NEAR(c->interval.low, real(row, "low"), 1e-10);
        PL_CHECK_NEAR(c->interval.high, real(row, "high"), 1e-10);
        PL_CHECK(c->p == real(row, "p"));
        PL_CHECK_NEAR(c->p_holm, real(row, "p_holm"), 1e-14);
        check_drawn(c->bootstrap, pl_json_get(row, "bootstrap"), real(row, "spread"));
        for (size_t k = 0; k < c->points; k++)
            PL_CHECK_NEAR(c->y[k], pl_json_as_real(pl_json_at(pl_json_get(row, "curve"), k), NAN),
                          1e-10);
    }
    made_study_finish(&study);
    pl_json_destroy(golden);
}

/* --------------------------------------------------------------------------- made to measure */

/* Three entries, the axis structure[] cut to [points], and losses e^(level[entry] + noise(seed)). */
static void make_levels(struct made_study *study, size_t points, size_t seeds,
                        const double *levels) {
    made_study_init(study, three, 3, seeds);
    if (points > 1) made_study_axis(study, "task.structure", structure, points);
    made_study_expand(study);
    for (size_t p = 0; p < points; p++)
        for (size_t e = 0; e < 3; e++)
            for (size_t s = 0; s < seeds; s++)
                made_study_done(study, p, e, s,
                                exp(levels[e] + 0.3 * (double)((s * 7 + p) % 5) +
                                    0.001 * (double)((s + e) % 3)));
}

static void test_analysis__verdicts_are_of_four_kinds(void) {
    struct made_study study;
    make_levels(&study, 1, 8, (double[]){0.0, -0.5, 0.5});
    const struct pl_analysis *a = made_study_analyse(&study, NULL);
    PL_CHECK_INT(pl_analysis_comparison(a, 0, 1)->verdict, PL_BETTER);
    PL_CHECK_INT(pl_analysis_comparison(a, 0, 2)->verdict, PL_WORSE);
    PL_CHECK(pl_analysis_comparison(a, 0, 0) == NULL);
    made_study_finish(&study);
    make_levels(&study, 1, 8, (double[]){0.0, -0.01, 0.03});
    a = made_study_analyse(&study, NULL);
    PL_CHECK_INT(pl_analysis_comparison(a, 0, 1)->verdict, PL_EQUIVALENT); /* real but too small */
    PL_CHECK(pl_analysis_comparison(a, 0, 1)->p_holm < 0.05);
    PL_CHECK_INT(pl_analysis_comparison(a, 0, 2)->verdict, PL_WORSE);
    made_study_finish(&study);
    make_levels(&study, 1, 5, (double[]){0.0, -0.5, 0.5});
    a = made_study_analyse(&study, NULL);
    PL_CHECK_INT(pl_analysis_comparison(a, 0, 1)->verdict, PL_INCONCLUSIVE); /* p >= 2^-4 */
    made_study_finish(&study);
}

/* Where every pair agrees, p is 2^(1-n) however large the difference is. */
static void test_analysis__a_p_at_its_floor_is_marked(void) {
    static const char *const labels[] = {"standard", "far", "near", "split", "same"};
    static const size_t seed_counts[] = {1, 8, 20};
    static const double floors[] = {1.0, 0.0078125, 1e-5};
    for (size_t k = 0; k < 3; k++) {
        struct made_study study;
        made_study_init(&study, labels, 5, seed_counts[k]);
        made_study_expand(&study);
        for (size_t s = 0; s < seed_counts[k]; s++) {
            double loss = 0.5 + 0.01 * (double)s;
            made_study_done(&study, 0, 0, s, loss);
            made_study_done(&study, 0, 1, s, 0.1 * loss);
            made_study_done(&study, 0, 2, s, loss * (1.001 + 1e-5 * (double)s));
            made_study_done(&study, 0, 3, s,
                            s == 0 ? 0.999 * loss : loss * (1.1 + 1e-5 * (double)s));
            made_study_done(&study, 0, 4, s, loss);
        }
        const struct pl_analysis *a = made_study_analyse(&study, NULL);
        for (size_t e = 1; e < 5; e++) {
            const struct pl_comparison *c = pl_analysis_comparison(a, 0, e);
            PL_CHECK(c->at_floor == (k > 0 && e < 3));
            if (e < 3) PL_CHECK_NEAR(c->p, floors[k], 1e-15);
            if (c->at_floor) PL_CHECK_NEAR(c->p_holm, 4.0 * floors[k], 1e-15);
        }
        made_study_finish(&study);
    }
}

static void test_analysis__what_is_known_and_a_loss_that_rose(void) {
    static const char *const labels[] = {"standard", "late", "once"};
    struct made_study study;
    made_study_init(&study, labels, 3, 2);
    made_study_expand(&study);
    for (size_t s = 0; s < 2; s++) {
        made_study_metric(made_study_done(&study, 0, 0, s, 0.5), "best_test", 0, s ? 0.4 : 0.1);
        /* 1.0 and 0.5, then up again: 3 and 12 times the least */
        struct pl_result *late = made_study_done(&study, 0, 1, s, 0.5);
        made_study_metric(late, "test_loss", 300, s ? 6.0 : 1.5);
        struct pl_result *once = made_study_set(&study, 0, 2, s, PL_DONE, "");
        made_study_metric(once, "test_loss", 200, 0.5);
    }
    const struct pl_analysis *a = made_study_analyse(&study, NULL);
    const struct pl_summary *standard = pl_analysis_summary(a, 0, 0);
    PL_CHECK_NEAR(standard->trivial, MADE_TRIVIAL, 1e-15);
    PL_CHECK_NEAR(standard->best_known, 0.2, 1e-15);
    PL_CHECK(standard->rise == 1.0);
    PL_CHECK_NEAR(pl_analysis_summary(a, 0, 1)->rise, 6.0, 1e-14);
    PL_CHECK(isnan(pl_analysis_summary(a, 0, 1)->best_known));
    PL_CHECK(isnan(pl_analysis_summary(a, 0, 2)->rise));
    PL_CHECK(isnan(pl_analysis_summary(a, 0, 2)->trivial));
    made_study_finish(&study);
}

static void test_analysis__tiny_losses_stop_at_the_floor(void) {
    struct made_study study;
    make_levels(&study, 1, 8, (double[]){0.0, 0.0, 0.0});
    for (size_t s = 0; s < 8; s++) {
        made_study_done(&study, 0, 0, s, 1e-13);
        made_study_done(&study, 0, 1, s, 0.0);
        made_study_done(&study, 0, 2, s, MADE_TRIVIAL * 1e-10);
    }
    const struct pl_analysis *a = made_study_analyse(&study, NULL);
    PL_CHECK_NEAR(pl_analysis_comparison(a, 0, 1)->ratio, 1.0, 1e-15);
    PL_CHECK_INT(pl_analysis_comparison(a, 0, 1)->verdict, PL_EQUIVALENT);
    PL_CHECK_NEAR(pl_analysis_comparison(a, 0, 2)->ratio, 100.0, 1e-12);
    made_study_finish(&study);
}

static void test_analysis__divergence_is_a_result(void) {
    struct made_study study;
    make_levels(&study, 1, 9, (double[]){0.0, 0.0, 0.0});
    for (size_t s = 0; s < 9; s++) made_study_diverged(&study, 0, 1, s); /* always */
    made_study_diverged(&study, 0, 2, 0);
    made_study_diverged(&study, 0, 0, 0); /* with entry 2: a draw */
    const struct pl_analysis *a = made_study_analyse(&study, NULL);
    const struct pl_comparison *always = pl_analysis_comparison(a, 0, 1);
    PL_CHECK_INT((long long)always->diverged, 9);
    PL_CHECK(always->ratio == INFINITY && always->median);
    PL_CHECK(!pl_interval_exists(always->interval));
    PL_CHECK(always->p == 2.0 / 256.0); /* eight equal differences and one draw */
    PL_CHECK_INT(always->verdict, PL_WORSE);
    PL_CHECK(always->improvement < 0.06 && always->p_signed_rank == 2.0 / 256.0);
    PL_CHECK(isnan(always->p_equivalence) && !pl_interval_exists(always->bootstrap));
    PL_CHECK(pl_analysis_summary(a, 0, 2)->divergence == 1.0 / 9.0);
    PL_CHECK(pl_analysis_summary(a, 0, 1)->divergence_interval.high == 1.0);
    const struct pl_comparison *once = pl_analysis_comparison(a, 0, 2);
    PL_CHECK_INT((long long)once->n, 9);
    PL_CHECK_INT((long long)once->diverged, 1);
    PL_CHECK(once->ratio > 0.99 && once->ratio < 1.01);
    PL_CHECK(pl_analysis_summary(a, 0, 1)->loss == INFINITY);
    PL_CHECK_INT((long long)pl_analysis_summary(a, 0, 1)->n, 0);
    PL_CHECK_INT((long long)a->ranking[2].entry, 1); /* last */
    PL_CHECK_INT((long long)a->ranking[2].diverged, 9);
    PL_CHECK_NEAR(a->ranking[2].mean_rank, (8 * 3.0 + 2.0) / 9.0, 1e-14);
    made_study_finish(&study);
}

/* Six of thirteen diverge, the others are a little better: the median says better, and p = 2^(1-6) is of a mean that
 * says worse. */
static void test_analysis__median_and_mean_on_different_sides(void) {
    struct made_study study;
    made_study_init(&study, three, 2, 13);
    made_study_expand(&study);
    for (size_t s = 0; s < 13; s++) {
        made_study_done(&study, 0, 0, s, 0.5 + 0.01 * (double)s);
        if (s < 6)
            made_study_diverged(&study, 0, 1, s);
        else
            made_study_done(&study, 0, 1, s, 0.4 + 0.01 * (double)s);
    }
    const struct pl_comparison *c = pl_analysis_comparison(made_study_analyse(&study, NULL), 0, 1);
    PL_CHECK(c->median && c->ratio < 1.0 && c->capped_difference > 0.0);
    PL_CHECK_NEAR(c->p, 0.03125, 1e-15);
    PL_CHECK(c->verdict == PL_INCONCLUSIVE);
    made_study_finish(&study);
}

static void test_analysis__pairs_and_blocks_need_both_sides(void) {
    struct made_study study;
    make_levels(&study, 2, 8, (double[]){0.0, -0.5, 0.5});
    made_study_failed(&study, 0, 1, 3, "killed");
    made_study_set(&study, 0, 0, 5, PL_RUNNING, "");
    made_study_set(&study, 1, 2, 0, PL_PENDING, "");
    made_study_set(&study, 1, 2, 1, PL_DONE, ""); /* without the metric */
    const struct pl_analysis *a = made_study_analyse(&study, NULL);
    PL_CHECK_INT((long long)pl_analysis_comparison(a, 0, 1)->n, 6);
    PL_CHECK_INT((long long)pl_analysis_comparison(a, 0, 2)->n, 7);
    PL_CHECK_INT((long long)pl_analysis_comparison(a, 1, 2)->n, 6);
    PL_CHECK_INT((long long)a->ranking[0].blocks, 16 - 4);
    PL_CHECK_INT((long long)a->ranking[0].seeds, 8);
    PL_CHECK_INT((long long)a->tally.failed, 1);
    PL_CHECK_INT((long long)a->tally.pending, 2);
    PL_CHECK_INT((long long)a->tally.missing, 1);
    PL_CHECK_INT((long long)a->tally.done, 48 - 3);
    made_study_finish(&study);
}

static void test_analysis__nothing_and_one_seed_give_no_interval(void) {
    struct made_study study;
    made_study_init(&study, three, 3, 4);
    made_study_expand(&study);
    const struct pl_analysis *a = made_study_analyse(&study, NULL);
    PL_CHECK_INT((long long)a->tally.pending, 12);
    PL_CHECK(!a->ranking[0].ranked && isnan(a->ranking[0].mean_rank));
    PL_CHECK(isnan(pl_analysis_comparison(a, 0, 1)->p));
    PL_CHECK_INT(pl_analysis_comparison(a, 0, 1)->verdict, PL_INCONCLUSIVE);
    made_study_finish(&study);
    make_levels(&study, 2, 1, (double[]){0.0, -0.5, 0.5});
    a = made_study_analyse(&study, NULL);
    PL_CHECK(!pl_interval_exists(pl_analysis_comparison(a, 0, 1)->interval));
    PL_CHECK(pl_analysis_comparison(a, 0, 1)->p == 1.0);
    PL_CHECK(!pl_interval_exists(a->ranking[0].interval));
    PL_CHECK_NEAR(a->ranking[0].mean_rank, 1.0, 1e-15);
    PL_CHECK_INT((long long)a->ranking[0].entry, 1);
    made_study_finish(&study);
}

/* An entry that never finishes anything does not take the ranking of the others with it. */
static void test_analysis__entry_without_results_is_not_ranked(void) {
    struct made_study study;
    make_levels(&study, 1, 6, (double[]){0.0, -0.5, 0.5});
    for (size_t s = 0; s < 6; s++) made_study_failed(&study, 0, 1, s, "killed");
    const struct pl_analysis *a = made_study_analyse(&study, NULL);
    PL_CHECK_INT((long long)a->ranking[0].entry, 0);
    PL_CHECK_INT((long long)a->ranking[0].blocks, 6);
    PL_CHECK(!a->ranking[2].ranked);
    PL_CHECK_INT((long long)a->ranking[2].entry, 1);
    made_study_finish(&study);
}

/* The mean difference follows [curve] over structure 0, .25, .5, 1. */
static const struct pl_analysis *make_curve(struct made_study *study, const double *curve) {
    made_study_init(study, three, 2, 3);
    made_study_axis(study, "task.structure", structure, 4);
    made_study_expand(study);
    for (size_t p = 0; p < 4; p++)
        for (size_t s = 0; s < 3; s++) {
            made_study_done(study, p, 0, s, 0.5);
            made_study_done(study, p, 1, s, 0.5 * exp(curve[p]));
        }
    return made_study_analyse(study, NULL);
}

static void test_analysis__crossings_by_straight_lines(void) {
    struct made_study study;
    const struct pl_analysis *a = make_curve(&study, (double[]){0.3, 0.1, -0.1, -0.2});
    PL_CHECK_INT((long long)a->crossover_count, 1);
    PL_CHECK(a->crossovers[0].found && !a->crossovers[0].better_before);
    PL_CHECK_NEAR(a->crossovers[0].at, 0.375, 1e-9);
    made_study_finish(&study);
    a = make_curve(&study, (double[]){-0.3, 0.1, 0.3, -0.1});
    PL_CHECK_INT((long long)a->crossover_count, 2);
    PL_CHECK_NEAR(a->crossovers[0].at, 0.1875, 1e-9);
    PL_CHECK_NEAR(a->crossovers[1].at, 0.875, 1e-9);
    PL_CHECK(a->crossovers[0].better_before && !a->crossovers[1].better_before);
    made_study_finish(&study);
    a = make_curve(&study, (double[]){-0.3, 0.0, 0.0, 0.1}); /* level from .25 to .5 */
    PL_CHECK_INT((long long)a->crossover_count, 1);
    PL_CHECK_NEAR(a->crossovers[0].at, 0.375, 1e-15);
    made_study_finish(&study);
    a = make_curve(&study, (double[]){-0.3, 0.0, -0.1, -0.1}); /* touches, does not cross */
    PL_CHECK_INT((long long)a->crossover_count, 1);
    PL_CHECK(!a->crossovers[0].found && a->crossovers[0].better_before);
    PL_CHECK_INT((long long)a->crossovers[0].points, 4);
    made_study_finish(&study);
}

/* A curve whose seeds agree has sure crossings; what is common to all has no slope of its own. */
static void test_analysis__several_crossings_are_counted(void) {
    struct made_study study;
    const struct pl_analysis *a = make_curve(&study, (double[]){-0.3, 0.1, 0.3, -0.1});
    for (size_t i = 0; i < 2; i++) {
        PL_CHECK_INT((long long)a->crossovers[i].crossings, 2);
        PL_CHECK(a->crossovers[i].support == 1.0);
        PL_CHECK_NEAR(a->crossovers[i].interval.low, a->crossovers[i].at, 1e-9);
        PL_CHECK_NEAR(a->crossovers[i].interval.high, a->crossovers[i].at, 1e-9);
    }
    PL_CHECK_INT((long long)a->interactions[0].crossings, 2);
    made_study_finish(&study);
    a = make_curve(&study, (double[]){0.2, 0.2, 0.2, 0.2});
    PL_CHECK_INT((long long)a->crossovers[0].crossings, 0);
    PL_CHECK(!pl_interval_exists(a->crossovers[0].interval) && isnan(a->crossovers[0].support));
    PL_CHECK(fabs(a->interactions[0].slope) < 1e-12);
    made_study_finish(&study);
}

/* Some draws of seeds have no crossing: the interval is open on the side to which it has gone. */
static void test_analysis__a_crossing_may_leave_the_range(void) {
    struct made_study study;
    made_study_init(&study, three, 2, 6);
    made_study_axis(&study, "task.structure", structure, 4);
    made_study_expand(&study);
    static const double at[4] = {0.0, 0.25, 0.5, 1.0};
    for (size_t p = 0; p < 4; p++)
        for (size_t s = 0; s < 6; s++) { /* falls from .9 + noise by 1: crosses at .9 on average */
            made_study_done(&study, p, 0, s, 0.5);
            made_study_done(&study, p, 1, s, 0.5 * exp(0.9 + 0.2 * ((double)s - 2.5) - at[p]));
        }
    const struct pl_analysis *a = made_study_analyse(&study, NULL);
    PL_REQUIRE(a->crossover_count == 1);
    PL_CHECK_NEAR(a->crossovers[0].at, 0.9, 1e-9);
    PL_CHECK(a->crossovers[0].interval.high == INFINITY);
    PL_CHECK(a->crossovers[0].interval.low > 0.5 && a->crossovers[0].interval.low < 0.75);
    PL_CHECK(a->crossovers[0].support > 0.6 && a->crossovers[0].support < 0.9);
    PL_CHECK_NEAR(a->interactions[0].slope, -1.0, 1e-12);
    PL_CHECK(a->interactions[0].p == 2.0 / 64.0);
    made_study_finish(&study);
}

static void test_analysis__slopes_of_powers_are_per_factor_of_ten(void) {
    static const char *rates[] = {"0.001", "0.1", "0.01"};
    static const double powers[3] = {-3, -1, -2};
    struct made_study study;
    made_study_init(&study, three, 2, 4);
    made_study_axis(&study, "train.lr", rates, 3);
    made_study_expand(&study);
    for (size_t p = 0; p < 3; p++)
        for (size_t s = 0; s < 4; s++) {
            made_study_done(&study, p, 0, s, 0.5);
            made_study_done(&study, p, 1, s, 0.5 * exp(0.3 * powers[p] + 0.01 * (double)s));
        }
    const struct pl_analysis *a = made_study_analyse(&study, NULL);
    PL_CHECK(a->scales[0].log);
    PL_CHECK_NEAR(a->interactions[0].slope, 0.3, 1e-12);
    made_study_finish(&study);
}

static void test_analysis__crossings_per_curve_and_in_axis_order(void) {
    static const char *rates[] = {"0.1", "0.001", "0.01"}, *norms[] = {"true", "false"};
    struct made_study study;
    made_study_init(&study, three, 2, 3);
    made_study_axis(&study, "train.lr", rates, 3);
    made_study_axis(&study, "model.prenorm", norms, 2);
    made_study_expand(&study);
    static const double curve[3] = {-0.2, 0.2, 0.1}; /* from .001 up: .2, .1, -.2 */
    for (size_t p = 0; p < 6; p++)
        for (size_t s = 0; s < 3; s++) {
            made_study_done(&study, p, 0, s, 0.5);
            made_study_done(&study, p, 1, s, 0.5 * exp(p % 2 ? 0.1 : curve[p / 2]));
        }
    const struct pl_analysis *a = made_study_analyse(&study, NULL);
    PL_CHECK(a->scales[0].numeric && !a->scales[1].numeric);
    PL_REQUIRE(a->crossover_count == 2);
    PL_CHECK(a->crossovers[0].found);
    PL_CHECK_NEAR(a->crossovers[0].at, 0.01 * pow(10.0, 1.0 / 3.0), 1e-9); /* of the decade */
    PL_CHECK_TEXT(pl_analysis_axis_value(a, a->crossovers[0].point, 1), "true");
    PL_CHECK(!a->crossovers[1].found);
    PL_CHECK_TEXT(pl_analysis_axis_value(a, a->crossovers[1].point, 1), "false");
    made_study_finish(&study);
}

/* The cells of the plan in another order, with their results: the same evidence, bit for bit. */
static void test_analysis__order_of_cells_does_not_matter(void) {
    struct made_study study;
    struct pl_json *golden = golden_study_load();
    golden_study_init(&study, golden);
    struct pl_comparison before[6];
    const struct pl_analysis *a = made_study_analyse(&study, NULL);
    memcpy(before, a->comparisons, sizeof before);
    struct pl_rng rng;
    pl_rng_init(&rng, 1, "order");
    for (size_t i = study.cells.count - 1; i > 0; i--) {
        size_t j = (size_t)pl_rng_below(&rng, i + 1);
        struct pl_cell cell = study.cells.items[i];
        struct pl_result result = study.results[i];
        study.cells.items[i] = study.cells.items[j];
        study.cells.items[j] = cell;
        study.results[i] = study.results[j];
        study.results[j] = result;
    }
    a = made_study_analyse(&study, NULL);
    for (size_t i = 0; i < 6; i++) {
        PL_CHECK(before[i].p_holm == a->comparisons[i].p_holm);
        PL_CHECK(before[i].ratio == a->comparisons[i].ratio);
    }
    made_study_finish(&study);
    pl_json_destroy(golden);
}

static void test_analysis__many_seeds_are_drawn_the_same_each_time(void) {
    struct made_study study;
    made_study_init(&study, three, 2, 20);
    made_study_expand(&study);
    struct pl_rng rng;
    pl_rng_init(&rng, 2, "noise");
    for (size_t s = 0; s < 20; s++) {
        made_study_done(&study, 0, 0, s, exp(pl_rng_normal(&rng)));
        made_study_done(&study, 0, 1, s, exp(pl_rng_normal(&rng)));
    }
    double p = pl_analysis_comparison(made_study_analyse(&study, NULL), 0, 1)->p;
    PL_CHECK(p > 1e-5 && p < 1.0);
    PL_CHECK(p == pl_analysis_comparison(made_study_analyse(&study, NULL), 0, 1)->p);
    made_study_finish(&study);
}

/* Rates are compared by plain differences, a higher one is better. By hand: differences .1 .2 .3 .2 .1 .2 .3 .2
 * have mean .2 and sd .0755929, so t(7) = 2.364624 gives .2 -+ .0631973. */
static void test_analysis__rates_are_compared_by_differences(void) {
    static const char *const labels[] = {"standard", "up", "down", "alike"};
    static const double apart[] = {0.1, 0.2, 0.3, 0.2, 0.1, 0.2, 0.3, 0.2};
    for (int coarse = 0; coarse < 2; coarse++) {
        struct made_study study;
        made_study_init(&study, labels, 4, 8);
        made_study_expand(&study);
        study.cells.items[0].settings =
            coarse ? "task.test_samples = 16\n" : "task.test_samples = 1000\n";
        for (size_t s = 0; s < 8; s++)
            for (size_t e = 0; e < 4; e++) {
                double rate = e == 1 ? 0.5 + apart[s] : e == 2 ? 0.5 - apart[s] : 0.5;
                made_study_metric(made_study_set(&study, 0, e, s, PL_DONE, ""), "accuracy", 200,
                                  rate);
            }
        const struct pl_analysis *a = made_study_analyse(&study, "accuracy");
        const struct pl_comparison *up = pl_analysis_comparison(a, 0, 1);
        const struct pl_comparison *down = pl_analysis_comparison(a, 0, 2);
        PL_CHECK_NEAR(a->step, coarse ? 1.0 / 16 : 0.001, 1e-15);
        PL_CHECK_NEAR(up->ratio, 0.2, 1e-14);
        PL_CHECK_NEAR(up->interval.low, 0.2 - 0.0631973, 1e-6);
        PL_CHECK_NEAR(up->interval.high, 0.2 + 0.0631973, 1e-6);
        PL_CHECK_NEAR(down->ratio, -0.2, 1e-14);
        PL_CHECK_NEAR(down->interval.low, -0.2 - 0.0631973, 1e-6);
        PL_CHECK(up->verdict == PL_BETTER && down->verdict == PL_WORSE);
        PL_CHECK_NEAR(up->p, 0.0078125, 1e-15);
        /* equal in all eight by coincidence, where a sample is more than the region */
        PL_CHECK(pl_analysis_comparison(a, 0, 3)->verdict ==
                 (coarse ? PL_INCONCLUSIVE : PL_EQUIVALENT));
        PL_CHECK_NEAR(pl_analysis_summary(a, 0, 1)->loss, 0.7, 1e-14);
        PL_CHECK(isnan(pl_analysis_summary(a, 0, 1)->trivial));
        PL_CHECK(a->ranking[0].entry == 1 && a->ranking[3].entry == 2);
        PL_CHECK_NEAR(a->ranking[0].ratio, 0.2, 1e-14);
        PL_CHECK_NEAR(a->ranking[0].iqm, 0.2, 1e-14);
        PL_CHECK(pl_analysis_is_ahead(a, 1, 0) && pl_analysis_is_ahead(a, 0, 2));
        made_study_finish(&study);
    }
}

static void test_analysis__other_metrics(void) {
    struct made_study study;
    make_levels(&study, 1, 3, (double[]){0.0, -0.5, 0.5});
    for (size_t s = 0; s < 3; s++)
        made_study_metric(made_study_result(&study, 0, 0, s), "train_loss", 200, 0.25);
    const struct pl_analysis *a = made_study_analyse(&study, "train_loss");
    PL_CHECK_NEAR(pl_analysis_summary(a, 0, 0)->loss, 0.25, 1e-15);
    PL_CHECK_INT((long long)pl_analysis_summary(a, 0, 1)->tally.missing, 3);
    PL_CHECK(isnan(pl_analysis_summary(a, 0, 1)->loss));
    struct pl_analysis refused;
    PL_CHECK_FAILS(
        pl_analysis_run(&refused, &study.experiment, &study.cells, study.results, "tset_loss"),
        PL_ECONFIG, "did you mean \"test_loss\"?");
    pl_analysis_finish(&refused);
    PL_CHECK_FAILS(
        pl_analysis_run(&refused, &study.experiment, &study.cells, study.results, "params"),
        PL_ECONFIG, "--metric is \"params\"; it takes train_loss, ");
    pl_analysis_finish(&refused);
    pl_analysis_finish(NULL);
    made_study_finish(&study);
}

/* A crossing is told where its interval is bounded and points on both sides are told from 0. */
static void test_analysis__a_crossing_is_told_or_not(void) {
    static const struct {
        double curve[4], noise;
        size_t seeds;
        bool told;
    } rows[] = {{{0.3, 0.1, -0.1, -0.3}, 0.02, 8, true},
                {{0.3, 0.1, -0.1, -0.3}, 0.02, 5, false}, /* no p below .0625 */
                {{0.3, 0.2, 0.1, -0.01}, 0.2, 8, false},  /* the upper side is not told */
                {{0.01, -0.01, 0.01, -0.01}, 0.2, 8, false}};
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct made_study study;
        made_study_init(&study, three, 2, rows[r].seeds);
        made_study_axis(&study, "task.structure", structure, 4);
        made_study_expand(&study);
        for (size_t p = 0; p < 4; p++)
            for (size_t s = 0; s < rows[r].seeds; s++) {
                double off = rows[r].noise * ((double)(s * 3 % 8) - 3.5) / 3.5;
                made_study_done(&study, p, 0, s, 0.5);
                made_study_done(&study, p, 1, s, 0.5 * exp(rows[r].curve[p] + off));
            }
        const struct pl_analysis *a = made_study_analyse(&study, NULL);
        bool told = false;
        for (size_t i = 0; i < a->crossover_count; i++) {
            PL_CHECK(a->crossovers[i].found);
            told = told || a->crossovers[i].told;
        }
        PL_CHECK(told == rows[r].told);
        if (rows[r].seeds == 8 && r == 0) PL_CHECK(a->interactions[0].p_points[0] == 1.0 / 128.0);
        made_study_finish(&study);
    }
}

const struct pl_test pl_suite_analysis[] = {
    {"summaries_agree_with_scipy", test_analysis__summaries_agree_with_scipy},
    {"comparisons_agree_with_scipy", test_analysis__comparisons_agree_with_scipy},
    {"ranking_and_crossovers_agree_with_scipy",
     test_analysis__ranking_and_crossovers_agree_with_scipy},
    {"interactions_agree_with_numpy", test_analysis__interactions_agree_with_numpy},
    {"verdicts_are_of_four_kinds", test_analysis__verdicts_are_of_four_kinds},
    {"a_p_at_its_floor_is_marked", test_analysis__a_p_at_its_floor_is_marked},
    {"what_is_known_and_a_loss_that_rose", test_analysis__what_is_known_and_a_loss_that_rose},
    {"tiny_losses_stop_at_the_floor", test_analysis__tiny_losses_stop_at_the_floor},
    {"divergence_is_a_result", test_analysis__divergence_is_a_result},
    {"median_and_mean_on_different_sides", test_analysis__median_and_mean_on_different_sides},
    {"pairs_and_blocks_need_both_sides", test_analysis__pairs_and_blocks_need_both_sides},
    {"nothing_and_one_seed_give_no_interval", test_analysis__nothing_and_one_seed_give_no_interval},
    {"entry_without_results_is_not_ranked", test_analysis__entry_without_results_is_not_ranked},
    {"crossings_by_straight_lines", test_analysis__crossings_by_straight_lines},
    {"several_crossings_are_counted", test_analysis__several_crossings_are_counted},
    {"a_crossing_may_leave_the_range", test_analysis__a_crossing_may_leave_the_range},
    {"slopes_of_powers_are_per_factor_of_ten",
     test_analysis__slopes_of_powers_are_per_factor_of_ten},
    {"crossings_per_curve_and_in_axis_order", test_analysis__crossings_per_curve_and_in_axis_order},
    {"order_of_cells_does_not_matter", test_analysis__order_of_cells_does_not_matter},
    {"many_seeds_are_drawn_the_same_each_time",
     test_analysis__many_seeds_are_drawn_the_same_each_time},
    {"rates_are_compared_by_differences", test_analysis__rates_are_compared_by_differences},
    {"other_metrics", test_analysis__other_metrics},
    {"a_crossing_is_told_or_not", test_analysis__a_crossing_is_told_or_not},
    {0}};
