/* Table: each row of the rule in table.h, and places whatever the order of the cells. */
#include <math.h>

#include "experiments/evidence/table.h"
#include "tests/support/support.h"
#include "tests/unit/evidence/made_study.h"

static const struct pl_metric_row *metric(const char *name) {
    return pl_metric_find(name);
}

static void check_run(enum pl_outcome outcome, const char *name, double measured, double value,
                      double number) {
    struct pl_result result = {.outcome = outcome};
    if (!isnan(measured)) pl_result_add(&result, name, 10, measured);
    pl_result_add(&result, "trivial", 10, 0.5);
    double v = pl_result_value(&result, metric(name)), n = pl_result_number(&result, metric(name));
    PL_CHECK(v == value || (isnan(v) && isnan(value)));
    PL_CHECK(isnan(n) ? isnan(number) : isinf(n) ? n == number : fabs(n - number) < 1e-12);
    pl_result_finish(&result);
}

static void test_table__one_rule_for_what_a_run_says(void) {
    check_run(PL_DONE, "test_loss", 0.25, 0.25, log(0.25));
    check_run(PL_DONE, "test_loss", 0, 0, log(1e-12 * 0.5));
    check_run(PL_DONE, "test_loss", NAN, NAN, NAN);
    check_run(PL_DONE, "test_loss", INFINITY, INFINITY, NAN);
    check_run(PL_DONE, "accuracy", 0.25, 0.25, -0.25);
    check_run(PL_DONE, "steps_to_solve", 100, 100, log(100));
    check_run(PL_DONE, "steps_to_solve", 0, 0, 0);
    check_run(PL_DONE, "steps_to_solve", NAN, NAN, INFINITY); /* never got there */
    check_run(PL_DIVERGED, "test_loss", 7, INFINITY, INFINITY);
    check_run(PL_DIVERGED, "accuracy", 0.25, INFINITY, INFINITY);
    check_run(PL_FAILED, "test_loss", 7, NAN, NAN);
    check_run(PL_PENDING, "steps_to_solve", NAN, NAN, NAN);
    PL_CHECK(isnan(pl_result_value(NULL, metric("test_loss"))));
    PL_CHECK(isnan(pl_result_number(NULL, metric("steps_to_solve"))));
}

static const double losses[] = {0.2, 0.4, 0.3, 0.1};

static void test_table__the_worst_of_a_point(void) {
    struct made_study study;
    struct pl_arena arena = {0};
    struct pl_table table;
    made_study_init(&study, (const char *const[]){"a", "b"}, 2, 2);
    made_study_expand(&study);
    pl_table_make(&table, &arena, &study.experiment, &study.cells, study.results);
    PL_CHECK_INT((long long)pl_table_size(&table), 4);
    const struct pl_metric_row *loss = metric("test_loss");
    double *numbers = pl_table_numbers(&table, loss, &arena);
    PL_CHECK(pl_table_worst(&table, loss, numbers, 0) == -INFINITY); /* nothing has run */
    for (size_t k = 0; k < 4; k++) {
        struct pl_result *result = &study.results[pl_table_cell(&table, 0, k / 2, k % 2)];
        result->outcome = k == 3 ? PL_DIVERGED : PL_DONE;
        pl_result_add(result, "test_loss", 9, losses[k]);
        pl_result_add(result, "accuracy", 9, losses[k]);
        pl_result_add(result, "steps_to_solve", 9, 100 * losses[k]);
    }
    numbers = pl_table_numbers(&table, loss, &arena);
    PL_CHECK_NEAR(pl_table_worst(&table, loss, numbers, 0), log(0.4), 1e-12);
    for (size_t k = 0; k < 4; k++) pl_result_add(&study.results[k], "trivial", 9, 0.5);
    PL_CHECK_NEAR(pl_table_worst(&table, loss, numbers, 0), log(500), 1e-12);
    numbers = pl_table_numbers(&table, metric("accuracy"), &arena);
    PL_CHECK(pl_table_worst(&table, metric("accuracy"), numbers, 0) == 0.0);
    numbers = pl_table_numbers(&table, metric("steps_to_solve"), &arena);
    PL_CHECK_NEAR(pl_table_worst(&table, metric("steps_to_solve"), numbers, 0), log(80), 1e-12);
    pl_arena_finish(&arena);
    made_study_finish(&study);
}

const struct pl_test pl_suite_table[] = {
    {"one_rule_for_what_a_run_says", test_table__one_rule_for_what_a_run_says},
    {"the_worst_of_a_point", test_table__the_worst_of_a_point},
    {0},
};
