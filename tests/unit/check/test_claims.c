/* Every kind of claim, each verdict, on results made up so that the truth is known by hand. Ten seeds on
 * which every advantage has the same sign give a one-sided sign-flip p of 2^-10. */
#include "core/base/rng.h"
#include "experiments/study/expand.h"
#include "tests/unit/check/claimed_study.h"

#define P10 (1.0 / 1024.0)

/* Losses: a's are [factor] times b's at each structure, c's are [third] times; [noise] moves a's ratio by
 * that much in logs, up and down by turns. Over ten seeds the noise cancels. */
struct losses {
    double factor[3], third, noise;
};

static double loss(char label, int structure, int seed, const void *context) {
    const struct losses *l = context;
    double base = 0.5 + 0.03 * seed, up = seed % 2 ? 1.0 : -1.0;
    if (label == 'a') return base * l->factor[structure] * pl_exp(up * l->noise);
    if (label == 'c') return base * l->third;
    return base;
}

struct expectation {
    const char *claim;
    struct losses losses;
    enum pl_claim_verdict verdict;
    double estimate; /* NaN: not looked at */
    double p_for, p_against;
};

static void check_one(const struct expectation *e, const char *metric, claimed_rule *rule,
                      const void *context) {
    struct claimed study;
    struct pl_check check;
    claimed_init(&study, e->claim, "10");
    claimed_fill(&study, metric, rule, context);
    claimed_check(&study, &check, NULL);
    const struct pl_check_row *row = &check.rows[0];
    if (row->verdict != e->verdict) printf("%s\n", e->claim);
    PL_CHECK_TEXT(pl_claim_verdict_name(row->verdict), pl_claim_verdict_name(e->verdict));
    if (!isnan(e->estimate)) PL_CHECK_NEAR(row->finding.estimate, e->estimate, 1e-9);
    if (!isnan(e->p_for)) PL_CHECK_NEAR(row->finding.p_for, e->p_for, 1e-12);
    if (!isnan(e->p_against)) PL_CHECK_NEAR(row->finding.p_against, e->p_against, 1e-12);
    pl_check_finish(&check);
    claimed_finish(&study);
}

static void check_all(const struct expectation *rows, size_t count) {
    for (size_t k = 0; k < count; k++) check_one(&rows[k], "test_loss", loss, &rows[k].losses);
}
#define CHECK_ALL(rows) check_all(rows, sizeof rows / sizeof rows[0])

#define ALL(f)                                                                                     \
    { f, f, f }

static void test_claims__better(void) {
    static const char plain[] = "[{better: a, than: b}]";
    static const char at[] = "[{better: a, than: b, at: {task.structure: 1}}]";
    static const char close[] = "[{better: a, than: b, margin: 1.01x}]";
    static const struct expectation rows[] = {
        {plain, {ALL(0.8), 1, 0.001}, PL_CLAIM_HOLDS, 0.8, P10, 1.0},
        {plain, {ALL(1.25), 1, 0.001}, PL_CLAIM_CONTRADICTED, 1.25, 1.0, P10},
        {plain, {ALL(0.999), 1, 0.001}, PL_CLAIM_TOO_SMALL, 0.999, NAN, 1.0},
        {plain, {ALL(0.99), 1, 0.3}, PL_CLAIM_OPEN, 0.99, NAN, 1.0},
        /* the reverse is certain, and too small to matter: 1.5 % against a margin of 2 % */
        {plain, {ALL(1.015), 1, 0.001}, PL_CLAIM_TOO_SMALL, 1.015, 1.0, 1.0},
        {close, {ALL(1.015), 1, 0.001}, PL_CLAIM_CONTRADICTED, 1.015, 1.0, P10},
        /* one point, or the mean of all: logs of 2, 1/2 and 1 average to 0 */
        {at, {{2.0, 1.5, 0.8}, 1, 0.001}, PL_CLAIM_HOLDS, 0.8, P10, 1.0},
        {plain, {{2.0, 0.5, 1.0}, 1, 0.001}, PL_CLAIM_TOO_SMALL, 1.0, NAN, 1.0},
    };
    CHECK_ALL(rows);
}

static void test_claims__better_by_a_margin(void) {
    static const char by[] = "[{better: a, than: b, by: 1.2x}]";
    static const struct expectation rows[] = {
        {by, {ALL(0.8), 1, 0.001}, PL_CLAIM_HOLDS, 0.8, P10, 1.0},
        {by, {ALL(0.9), 1, 0.001}, PL_CLAIM_TOO_SMALL, 0.9, 1.0, 1.0},
        {by, {ALL(1.01), 1, 0.001}, PL_CLAIM_TOO_SMALL, 1.01, 1.0, 1.0},
        {by, {ALL(1.1), 1, 0.001}, PL_CLAIM_CONTRADICTED, 1.1, 1.0, P10},
        {by, {ALL(0.83), 1, 0.3}, PL_CLAIM_OPEN, 0.83, NAN, 1.0},
    };
    CHECK_ALL(rows);
}

static void test_claims__equivalent(void) {
    static const char five[] = "[{equivalent: [a, b], within: 1.05x}]";
    static const char two[] = "[{equivalent: [a, b]}]";
    static const struct expectation rows[] = {
        {five, {ALL(1.03), 1, 0.001}, PL_CLAIM_HOLDS, 1.03, NAN, 1.0},
        {two, {ALL(1.03), 1, 0.001}, PL_CLAIM_CONTRADICTED, 1.03, NAN, 2 * P10},
        {five, {ALL(1.2), 1, 0.001}, PL_CLAIM_CONTRADICTED, 1.2, NAN, 2 * P10},
        {five, {ALL(0.8), 1, 0.001}, PL_CLAIM_CONTRADICTED, 0.8, NAN, 2 * P10},
        {five, {ALL(1.03), 1, 0.3}, PL_CLAIM_OPEN, 1.03, NAN, NAN},
        {two, {ALL(1.0), 1, 0.0}, PL_CLAIM_HOLDS, 1.0, 0.0, 1.0}, /* the same numbers */
    };
    CHECK_ALL(rows);
}

static void test_claims__order(void) {
    static const char order[] = "[{order: [a, b, c]}]";
    static const struct expectation rows[] = {
        {order, {ALL(0.8), 1.2, 0.001}, PL_CLAIM_HOLDS, NAN, P10, 1.0},
        {order, {ALL(0.8), 0.8, 0.001}, PL_CLAIM_CONTRADICTED, 1.25, 1.0, 2 * P10}, /* b / c */
        {order, {ALL(1.25), 1.2, 0.001}, PL_CLAIM_CONTRADICTED, 1.25, 1.0, 2 * P10},
        {order, {ALL(1.0), 1.2, 0.001}, PL_CLAIM_TOO_SMALL, 1.0, NAN, 1.0},
        {order, {ALL(0.97), 1.2, 0.3}, PL_CLAIM_OPEN, 0.97, NAN, 1.0},
    };
    CHECK_ALL(rows);
}

static void test_claims__crossover(void) {
    static const char range[] = "[{crossover: [a, b], axis: task.structure, in: [0.2, 0.9]}]";
    static const char whole[] = "[{crossover: [a, b], axis: task.structure}]";
    static const char upper[] = "[{crossover: [a, b], axis: task.structure, in: [0.5, 1]}]";
    static const struct expectation rows[] = {
        {range, {{0.8, 1.0, 1.25}, 1, 0.001}, PL_CLAIM_HOLDS, NAN, P10, 1.0},
        {whole, {{0.8, 1.0, 1.25}, 1, 0.001}, PL_CLAIM_HOLDS, NAN, P10, 1.0},
        {upper, {{0.8, 0.8, 1.25}, 1, 0.001}, PL_CLAIM_HOLDS, NAN, P10, 1.0},
        {upper, {{0.8, 1.1, 1.25}, 1, 0.001}, PL_CLAIM_CONTRADICTED, 1.1, 1.0, 2 * P10},
        /* no crossing, and the other way round */
        {range, {{0.8, 0.8, 0.8}, 1, 0.001}, PL_CLAIM_CONTRADICTED, 1.25, 1.0, 2 * P10},
        {range, {{1.25, 1.0, 0.8}, 1, 0.001}, PL_CLAIM_CONTRADICTED, 1.25, 1.0, 2 * P10},
        {range, {{0.8, 1.0, 1.001}, 1, 0.001}, PL_CLAIM_TOO_SMALL, NAN, NAN, 1.0},
        {range, {{0.8, 1.0, 1.02}, 1, 0.3}, PL_CLAIM_OPEN, NAN, NAN, 1.0},
    };
    CHECK_ALL(rows);
}

static void test_claims__no_crossover(void) {
    static const char none[] = "[{crossover: [a, b], axis: task.structure, in: none}]";
    static const struct expectation rows[] = {
        {none, {{0.8, 0.9, 0.7}, 1, 0.001}, PL_CLAIM_HOLDS, NAN, 2 * P10, 1.0},
        {none, {{1.3, 1.1, 1.2}, 1, 0.001}, PL_CLAIM_HOLDS, NAN, 2 * P10, 1.0},
        {none, {{0.8, 1.0, 1.01}, 1, 0.001}, PL_CLAIM_HOLDS, NAN, 2 * P10, 1.0}, /* within 2 % */
        {none, {{0.8, 1.0, 1.25}, 1, 0.001}, PL_CLAIM_CONTRADICTED, NAN, 1.0, 3 * P10},
        {none, {{0.97, 1.0, 1.02}, 1, 0.3}, PL_CLAIM_OPEN, NAN, NAN, 1.0},
    };
    CHECK_ALL(rows);
}

/* The geometric mean of b's losses, 0.53 ... 0.80, is 0.6586; a's is [factor] times that. */
static void test_claims__bound(void) {
    static const char below[] = "[{bound: a, below: 2}]", above[] = "[{bound: a, above: 2}]";
    static const char both[] = "[{bound: a, above: 0.4, below: 1}]";
    double middle = 0.0;
    for (int s = 1; s <= 10; s++) middle += pl_log(0.5 + 0.03 * s) / 10.0;
    middle = pl_exp(middle);
    const struct expectation rows[] = {
        {below, {ALL(1.0), 1, 0.0}, PL_CLAIM_HOLDS, middle, P10, 1.0},
        {above, {ALL(1.0), 1, 0.0}, PL_CLAIM_CONTRADICTED, middle, 1.0, P10},
        {below, {ALL(9.0), 1, 0.0}, PL_CLAIM_CONTRADICTED, 9.0 * middle, 1.0, P10},
        {above, {ALL(9.0), 1, 0.0}, PL_CLAIM_HOLDS, 9.0 * middle, P10, 1.0},
        {both, {ALL(1.0), 1, 0.0}, PL_CLAIM_HOLDS, middle, P10, 1.0},
        {both, {ALL(9.0), 1, 0.0}, PL_CLAIM_CONTRADICTED, 9.0 * middle, 1.0, 2 * P10},
        {both, {ALL(0.1), 1, 0.0}, PL_CLAIM_CONTRADICTED, 0.1 * middle, 1.0, 2 * P10},
        {below, {ALL(2.9), 1, 1.5}, PL_CLAIM_OPEN, 2.9 * middle, NAN, 1.0},
    };
    CHECK_ALL(rows);
}

static double at_two(char label, int structure, int seed, const void *context) {
    (void)label, (void)structure, (void)context;
    return seed % 2 ? 2.001 : 1.999;
}

static void test_claims__bound_met_exactly_is_too_small(void) {
    const struct expectation e = {
        "[{bound: a, below: 2}]", {{0}, 0, 0}, PL_CLAIM_TOO_SMALL, NAN, NAN, 1.0};
    check_one(&e, "test_loss", at_two, NULL);
}

/* Accuracies: a's are [factor[0]] more than b's 0.5 ... 0.59. */
static double accuracy(char label, int structure, int seed, const void *context) {
    const struct losses *l = context;
    (void)structure;
    return 0.49 + 0.01 * seed + (label == 'a' ? l->factor[0] : 0.0) + (seed % 2 ? 1e-4 : -1e-4);
}

static void test_claims__higher_accuracy_is_better(void) {
    static const char better[] = "[{better: a, than: b, metric: accuracy}]";
    static const char above[] = "[{bound: a, above: 0.5, metric: accuracy}]";
    static const char below[] = "[{bound: a, below: 0.5, metric: accuracy}]";
    const struct expectation rows[] = {
        {better, {ALL(0.1), 1, 0}, PL_CLAIM_HOLDS, 0.1, P10, 1.0},
        {better, {ALL(-0.1), 1, 0}, PL_CLAIM_CONTRADICTED, -0.1, 1.0, P10},
        {better, {ALL(-0.01), 1, 0}, PL_CLAIM_TOO_SMALL, -0.01, 1.0, 1.0},
        {above, {ALL(0.1), 1, 0}, PL_CLAIM_HOLDS, 0.645, P10, 1.0},
        {below, {ALL(0.1), 1, 0}, PL_CLAIM_CONTRADICTED, 0.645, 1.0, P10},
        {below, {ALL(-0.2), 1, 0}, PL_CLAIM_HOLDS, 0.345, P10, 1.0},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
        check_one(&rows[k], "accuracy", accuracy, &rows[k].losses);
}

/* ---- divergence ---- */

/* The first [*context] seeds of a diverge, at every structure. */
static double diverging(char label, int structure, int seed, const void *context) {
    (void)structure;
    return label == 'a' && seed <= *(const int *)context ? INFINITY : 0.5;
}

static void check_diverging(const char *claim, int hits, enum pl_claim_verdict verdict,
                            double estimate, double p_for, double p_against) {
    const struct expectation e = {claim, {{0}, 0, 0}, verdict, estimate, p_for, p_against};
    check_one(&e, "test_loss", diverging, &hits);
}

static void test_claims__divergence(void) {
    static const char half[] = "[{divergence: a, below: 0.5, at: {task.structure: 1}}]";
    static const char none[] = "[{divergence: a, below: 0, at: {task.structure: 1}}]";
    /* 3 points: the binomial tail of each, times 3 */
    static const char all[] = "[{divergence: a, below: 0.3}]";
    check_diverging(half, 0, PL_CLAIM_HOLDS, 0.0, P10, 1.0);
    check_diverging(half, 10, PL_CLAIM_CONTRADICTED, 1.0, 1.0, P10);
    check_diverging(half, 6, PL_CLAIM_OPEN, 0.6, 848.0 / 1024.0, 386.0 / 1024.0);
    check_diverging(none, 1, PL_CLAIM_CONTRADICTED, 0.1, 1.0, 0.0);
    check_diverging(none, 0, PL_CLAIM_OPEN, 0.0, 1.0, 1.0);
    check_diverging(all, 10, PL_CLAIM_CONTRADICTED, 1.0, 1.0, 3 * 5.9049e-6);
}

static void test_claims__a_diverged_run_is_the_worst(void) {
    static const char better[] = "[{better: b, than: a}]", worse[] = "[{better: a, than: b}]";
    check_diverging(better, 10, PL_CLAIM_HOLDS, 0.0, P10, 1.0);
    check_diverging(worse, 10, PL_CLAIM_CONTRADICTED, INFINITY, 1.0, P10);
    check_diverging(better, 2, PL_CLAIM_OPEN, 1.0, NAN, 1.0); /* the median of 10 ratios */
}

/* ---- costs ---- */

static double params(char label, int structure, int seed, const void *context) {
    (void)structure, (void)seed;
    return label == 'a' ? *(const double *)context : 100.0;
}

static void test_claims__counted_costs(void) {
    static const char cost[] =
        "[{cost: a, below: 1.25x, metric: params}]"; /* than b, the baseline */
    static const char wide[] = "[{cost: a, below: 1.25x, metric: params, margin: 1.1x}]";
    const double counts[] = {120, 125, 130, 0, 150};
    const struct expectation rows[] = {
        {cost, {{0}, 0, 0}, PL_CLAIM_HOLDS, 1.2, 0.0, 1.0},
        {cost, {{0}, 0, 0}, PL_CLAIM_HOLDS, 1.25, 0.0, 1.0},
        {cost, {{0}, 0, 0}, PL_CLAIM_CONTRADICTED, 1.3, 1.0, 0.0},
        {cost, {{0}, 0, 0}, PL_CLAIM_HOLDS, 0.0, 0.0, 1.0},
        {wide, {{0}, 0, 0}, PL_CLAIM_CONTRADICTED, 1.5, 1.0, 0.0},
    };
    const struct expectation between = {wide, {{0}, 0, 0}, PL_CLAIM_TOO_SMALL, 1.3, 1.0, 1.0};
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
        check_one(&rows[k], "params", params, &counts[k]);
    check_one(&between, "params", params, &counts[2]);
}

/* Ten rounds whose ratio is [ratio], up and down by [noise]. */
static enum pl_claim_verdict timed(double ratio, double noise) {
    double logs[10];
    const struct pl_cost_rounds costs[] = {{logs, 10}};
    struct claimed study;
    struct pl_check check;
    for (int k = 0; k < 10; k++) logs[k] = pl_log(ratio) + (k % 2 ? noise : -noise);
    claimed_init(&study, "[{cost: a, below: 1.25x}]", "10");
    claimed_check(&study, &check, costs);
    enum pl_claim_verdict verdict = check.rows[0].verdict;
    PL_CHECK_NEAR(check.rows[0].finding.estimate, ratio, 1e-9);
    PL_CHECK_INT((long long)check.rows[0].finding.n, 10);
    pl_check_finish(&check);
    claimed_finish(&study);
    return verdict;
}

static void test_claims__measured_costs(void) {
    PL_CHECK(timed(1.1, 0.01) == PL_CLAIM_HOLDS);
    PL_CHECK(timed(1.4, 0.01) == PL_CLAIM_CONTRADICTED);
    PL_CHECK(timed(1.26, 0.01) == PL_CLAIM_TOO_SMALL); /* above the limit by less than 5 % */
    PL_CHECK(timed(1.2, 0.5) == PL_CLAIM_OPEN);
}

/* ---- what says nothing, and what must not matter ---- */

static double half_failed(char label, int structure, int seed, const void *context) {
    (void)structure, (void)context;
    if (label == 'a' && seed > 5) return NAN;
    return label == 'a' ? 0.5 : 1.0;
}

static void test_claims__failed_cells_leave_their_pairs_out(void) {
    struct claimed study;
    struct pl_check check;
    claimed_init(&study, "[{better: b, than: a}, {better: b, than: c}]", "10");
    claimed_fill(&study, "test_loss", half_failed, NULL);
    claimed_check(&study, &check, NULL);
    PL_CHECK_INT((long long)check.rows[0].finding.n, 5);
    PL_CHECK_INT((long long)check.rows[1].finding.n, 10);
    PL_CHECK_INT((long long)check.failed, 15);
    PL_CHECK_INT(exit_of(&check, true), 3); /* before 1 and 4 */
    pl_check_finish(&check);
    claimed_finish(&study);
}

static void test_claims__nothing_has_run(void) {
    struct claimed study;
    struct pl_check check;
    claimed_init(&study,
                 "[{better: a, than: b}, {divergence: a, below: 0.1}, {cost: a, below: 2x}]", "10");
    claimed_check(&study, &check, NULL);
    for (size_t k = 0; k < 3; k++) PL_CHECK(check.rows[k].verdict == PL_CLAIM_OPEN);
    PL_CHECK_INT(exit_of(&check, false), 0);
    PL_CHECK_INT(exit_of(&check, true), 4);
    pl_check_finish(&check);
    claimed_finish(&study);
}

static void test_claims__holm_is_over_all_claims(void) {
    /* five claims the reverse of which has p = 2^-10, one true one: the smallest counts six times */
    static const char claims[] = "[{better: a, than: b}, {better: a, than: b, by: 1.1x}, "
                                 "{better: a, than: b, at: {task.structure: 0}}, "
                                 "{better: a, than: b, at: {task.structure: 1}}, "
                                 "{better: a, than: b, at: {task.structure: 0.5}}, "
                                 "{better: b, than: a}]";
    const struct losses losses = {ALL(1.25), 1, 0.001};
    struct claimed study;
    struct pl_check check;
    claimed_init(&study, claims, "10");
    claimed_fill(&study, "test_loss", loss, &losses);
    claimed_check(&study, &check, NULL);
    for (size_t k = 0; k < 5; k++) {
        PL_CHECK_NEAR(check.rows[k].against_holm, 6 * P10, 1e-12);
        PL_CHECK(check.rows[k].verdict == PL_CLAIM_CONTRADICTED);
    }
    PL_CHECK_NEAR(check.rows[5].for_holm, 6 * P10, 1e-12);
    PL_CHECK(check.rows[5].verdict == PL_CLAIM_HOLDS);
    PL_CHECK_INT(exit_of(&check, true), 1);
    pl_check_finish(&check);
    claimed_finish(&study);
}

/* Cells and results in another order, seed by seed or any other way. */
static void shuffle(struct claimed *study, uint64_t seed) {
    struct pl_rng rng;
    pl_rng_init(&rng, seed, "shuffle");
    for (size_t k = study->cells.count; k > 1; k--) {
        size_t other = pl_rng_below(&rng, (uint32_t)k);
        struct pl_cell cell = study->cells.items[k - 1];
        struct pl_result result = study->results[k - 1];
        study->cells.items[k - 1] = study->cells.items[other];
        study->results[k - 1] = study->results[other];
        study->cells.items[other] = cell;
        study->results[other] = result;
    }
}

static void test_claims__the_order_of_cells_does_not_matter(void) {
    static const char claims[] = "[{better: a, than: b}, {order: [a, c, b]}, "
                                 "{crossover: [a, b], axis: task.structure, in: none}, "
                                 "{bound: a, below: 0.8}, {equivalent: [b, c]}]";
    const struct losses losses = {{0.8, 1.0, 1.1}, 1.01, 0.05};
    struct claimed study;
    struct pl_check first, check;
    claimed_init(&study, claims, "20"); /* enough for drawn signs */
    claimed_fill(&study, "test_loss", loss, &losses);
    claimed_check(&study, &first, NULL);
    for (uint64_t round = 1; round <= 3; round++) {
        shuffle(&study, round);
        claimed_check(&study, &check, NULL);
        for (size_t k = 0; k < 5; k++) {
            const struct pl_finding *x = &first.rows[k].finding, *y = &check.rows[k].finding;
            PL_CHECK(first.rows[k].verdict == check.rows[k].verdict);
            PL_CHECK(x->estimate == y->estimate && x->p_for == y->p_for);
            PL_CHECK(x->p_against == y->p_against && x->p_small == y->p_small);
        }
        pl_check_finish(&check);
    }
    pl_check_finish(&first);
    claimed_finish(&study);
}

/* ---- reading ---- */

static void check_text(const char *claim, const char *text) {
    struct claimed study;
    claimed_init(&study, claim, "3");
    PL_CHECK_TEXT(study.experiment.claims.items[0].text, text);
    claimed_finish(&study);
}

static void test_claims__are_told_in_one_line(void) {
    check_text("[{than: b, better: a, by: 1.2x, at: {task.structure: 0.50}}]",
               "a better than b by 1.2x, at task.structure = 0.5 (test_loss)");
    check_text("[{equivalent: [a, c], metric: train_loss}]",
               "a equivalent to c within 1.02x (train_loss)");
    check_text("[{order: [a, b, c]}]", "a ahead of b ahead of c (test_loss)");
    check_text("[{crossover: [a, b], axis: task.structure, in: [0.2, 0.9]}]",
               "a crosses b along task.structure from 0 to 1 (test_loss)");
    check_text("[{crossover: [a, b], axis: task.structure, in: none}]",
               "a never crosses b along task.structure (test_loss)");
    check_text("[{bound: a, above: 0.1, below: 2}]", "a: test_loss above 0.1 below 2");
    check_text("[{divergence: a, below: 0.1}]", "a: share of diverged runs below 0.1");
    check_text("[{cost: a, below: 1.25x}]", "a / b: step_ms below 1.25x");
}

static void check_refused(const char *claim, const char *override, const char *part) {
    struct pl_experiment experiment;
    struct pl_check check;
    char *text = claimed_text(claim, "3");
    PL_REQUIRE_OK(pl_experiment_load_text(&experiment, "made.yaml", text, strlen(text), &override,
                                          override ? 1 : 0));
    PL_CHECK_FAILS(pl_check_init(&check, &experiment, 0), PL_ECONFIG, part);
    pl_experiment_finish(&experiment);
    pl_free(text);
}

static void test_claims__say_where_they_do_not_fit(void) {
    check_refused("[{better: a, than: b, at: {task.structure: 0.5}}]", "task.structure=0,1",
                  "made.yaml:10:52: this claim is about task.structure = 0.5");
    check_refused("[{bound: a, below: 0}]", NULL, "made.yaml:10:28: below is 0");
}

static double same_share(char label, int structure, int seed, const void *context) {
    (void)label, (void)structure, (void)seed, (void)context;
    return 0.5;
}

/* Accuracy on 16 samples has steps of 1/16; no agreement tells an equivalence within .02. */
static void test_claims__a_coarse_metric_tells_no_narrow_equivalence(void) {
    static const struct {
        const char *claims;
        enum pl_claim_verdict verdict;
    } rows[] = {{"[{equivalent: [a, b], metric: accuracy, within: 1.02x}]", PL_CLAIM_OPEN},
                {"[{equivalent: [a, b], metric: accuracy, within: 1.10x}]", PL_CLAIM_HOLDS}};
    for (int k = 0; k < 2; k++) {
        char text[1024];
        struct claimed study = {0};
        struct pl_check check;
        snprintf(text, sizeof text,
                 "study: claimed\ntask: {name: clusters, classes: 3, test_samples: 16}\nvariants:\n"
                 "  - {name: standard, label: a}\n  - {name: rescaled, label: b}\n"
                 "sweep: {train.lr: [0.001, 0.01]}\nseeds: 6\nbaseline: b\nclaims: %s\n",
                 rows[k].claims);
        PL_REQUIRE_OK(
            pl_experiment_load_text(&study.experiment, "made.yaml", text, strlen(text), NULL, 0));
        PL_REQUIRE_OK(pl_experiment_expand(&study.cells, &study.experiment));
        study.results = pl_alloc_zero(study.cells.count, sizeof *study.results);
        claimed_fill(&study, "accuracy", same_share, NULL);
        claimed_check(&study, &check, NULL);
        PL_CHECK_INT(check.rows[0].verdict, rows[k].verdict);
        pl_check_finish(&check);
        claimed_finish(&study);
    }
}

const struct pl_test pl_suite_claims[] = {
    {"better", test_claims__better},
    {"better_by_a_margin", test_claims__better_by_a_margin},
    {"equivalent", test_claims__equivalent},
    {"order", test_claims__order},
    {"crossover", test_claims__crossover},
    {"no_crossover", test_claims__no_crossover},
    {"bound", test_claims__bound},
    {"bound_met_exactly_is_too_small", test_claims__bound_met_exactly_is_too_small},
    {"higher_accuracy_is_better", test_claims__higher_accuracy_is_better},
    {"divergence", test_claims__divergence},
    {"a_diverged_run_is_the_worst", test_claims__a_diverged_run_is_the_worst},
    {"counted_costs", test_claims__counted_costs},
    {"measured_costs", test_claims__measured_costs},
    {"failed_cells_leave_their_pairs_out", test_claims__failed_cells_leave_their_pairs_out},
    {"nothing_has_run", test_claims__nothing_has_run},
    {"holm_is_over_all_claims", test_claims__holm_is_over_all_claims},
    {"the_order_of_cells_does_not_matter", test_claims__the_order_of_cells_does_not_matter},
    {"are_told_in_one_line", test_claims__are_told_in_one_line},
    {"say_where_they_do_not_fit", test_claims__say_where_they_do_not_fit},
    {"a_coarse_metric_tells_no_narrow_equivalence",
     test_claims__a_coarse_metric_tells_no_narrow_equivalence},
    {0},
};
