/* Solved: how many of an entry's seeds had solved the task by which step, against curves made by hand. */
#include "experiments/evidence/solved.h"

#include "tests/unit/evidence/made_study.h"

static const char *const two[] = {"standard", "b"};

/* Evaluated at 100, 200, ... up to [end]; solved at [step], 0: never. */
static void add_run(struct made_study *study, size_t seed, long end, long step) {
    struct pl_result *result = made_study_done(study, 0, 1, seed, 0.5);
    result->metric_count = 0; /* those of the made study */
    for (long at = 100; at <= end; at += 100) pl_result_add(result, "test_loss", at, 0.5);
    pl_result_add(result, "solved_loss", end, 0.1);
    if (step) pl_result_add(result, "steps_to_solve", end, (double)step);
}

static void check_curve(const struct pl_solved_curve *curve, const double (*rows)[2],
                        size_t count) {
    PL_REQUIRE(curve->count == count);
    for (size_t i = 0; i < count; i++) {
        PL_CHECK_NEAR(curve->steps[i], rows[i][0], 0);
        PL_CHECK_NEAR(curve->shares[i], rows[i][1], 1e-15);
    }
}

static void test_solved__a_share_of_seeds_by_step(void) {
    static const double rows[][2] = {{0, 0}, {100, 0.25}, {200, 0.5}, {300, 0.5}};
    struct made_study study;
    struct pl_solved_curve curve;
    struct pl_arena arena = {0};
    made_study_init(&study, two, 2, 4);
    made_study_expand(&study);
    for (size_t s = 0; s < 4; s++) made_study_done(&study, 0, 0, s, 0.5);
    add_run(&study, 0, 300, 100);
    add_run(&study, 1, 300, 200);
    add_run(&study, 2, 300, 0);
    add_run(&study, 3, 300, 0);
    const struct pl_analysis *a = made_study_analyse(&study, NULL);
    pl_solved_curve_make(&curve, a, 0, 1, &arena);
    check_curve(&curve, rows, 4);
    struct pl_interval wilson = pl_stats_wilson(2, 4, PL_CONFIDENCE);
    PL_CHECK_NEAR(curve.intervals[3].low, wilson.low, 0);
    PL_CHECK_NEAR(curve.intervals[3].high, wilson.high, 0);
    pl_solved_curve_make(&curve, a, 0, 0, &arena); /* says nothing of when it is solved */
    PL_CHECK_INT(curve.count, 0);
    pl_arena_finish(&arena);
    made_study_finish(&study);
}

/* Four at risk at 100, one solves: 3/4 are left. One ends there; of the two that are left one solves at 200. */
static void test_solved__a_run_that_ends_before_is_censored(void) {
    static const double rows[][2] = {{0, 0}, {100, 0.25}, {200, 0.625}, {300, 0.625}};
    struct made_study study;
    struct pl_solved_curve curve;
    struct pl_arena arena = {0};
    made_study_init(&study, two, 2, 4);
    made_study_expand(&study);
    for (size_t s = 0; s < 4; s++) made_study_done(&study, 0, 0, s, 0.5);
    add_run(&study, 0, 300, 100);
    add_run(&study, 1, 300, 200);
    add_run(&study, 2, 100, 0);
    add_run(&study, 3, 300, 0);
    pl_solved_curve_make(&curve, made_study_analyse(&study, NULL), 0, 1, &arena);
    check_curve(&curve, rows, 4);
    PL_CHECK(!pl_interval_exists(curve.intervals[2]));
    pl_arena_finish(&arena);
    made_study_finish(&study);
}

const struct pl_test pl_suite_solved[] = {
    {"a_share_of_seeds_by_step", test_solved__a_share_of_seeds_by_step},
    {"a_run_that_ends_before_is_censored", test_solved__a_run_that_ends_before_is_censored},
    {0}};
