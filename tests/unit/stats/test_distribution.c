#include "core/stats/distribution.h"

#include "tests/unit/stats/golden.h"

/* Each row of the table [name] is its arguments and then the value SciPy gives. */
static void check_rows(const char *name, double (*of_row)(const double *row)) {
    struct pl_json *golden = golden_load();
    const struct pl_json *rows = pl_json_get(golden, name);
    PL_CHECK(pl_json_count(rows) >= 16);
    for (size_t i = 0; i < pl_json_count(rows); i++) {
        double row[64];
        size_t count = golden_values(row, pl_json_at(rows, i));
        PL_CHECK_NEAR(of_row(row), row[count - 1], 1e-10);
    }
    pl_json_destroy(golden);
}

static double log_gamma_row(const double *row) {
    return pl_stats_log_gamma(row[0]);
}
static double beta_row(const double *row) {
    return pl_stats_incomplete_beta(row[0], row[1], row[2]);
}
static double cdf_row(const double *row) {
    return pl_stats_student_cdf(row[0], row[1]);
}
static double quantile_row(const double *row) {
    return pl_stats_student_quantile(row[0], row[1]);
}

static void test_distribution__log_gamma_agrees_with_scipy(void) {
    check_rows("log_gamma", log_gamma_row);
}
static void test_distribution__incomplete_beta_agrees_with_scipy(void) {
    check_rows("incomplete_beta", beta_row);
}
static void test_distribution__student_cdf_agrees_with_scipy(void) {
    check_rows("student_cdf", cdf_row);
}
static void test_distribution__student_quantile_agrees_with_scipy(void) {
    check_rows("student_quantile", quantile_row);
}

static double normal_row(const double *row) {
    return pl_stats_normal_cdf(row[0]);
}
static double normal_quantile_row(const double *row) {
    return pl_stats_normal_quantile(row[0]);
}
static double gamma_row(const double *row) {
    return pl_stats_incomplete_gamma(row[0], row[1]);
}
static double chi_row(const double *row) {
    return pl_stats_chi_squared_tail(row[0], row[1]);
}
static double range_row(const double *row) {
    return pl_stats_range_cdf(row[0], row[1]);
}

static void test_distribution__normal_agrees_with_scipy(void) {
    check_rows("normal_cdf", normal_row);
    check_rows("normal_quantile", normal_quantile_row);
}
static void test_distribution__chi_squared_agrees_with_scipy(void) {
    check_rows("incomplete_gamma", gamma_row);
    check_rows("chi_squared_tail", chi_row);
}
static void test_distribution__range_agrees_with_scipy(void) {
    check_rows("range_cdf", range_row);
    for (double q = 0.05; q < 8.0; q += 0.31) /* of two: the normal with twice the variance */
        PL_CHECK_NEAR(pl_stats_range_cdf(q, 2.0), 2.0 * pl_stats_normal_cdf(q / sqrt(2.0)) - 1.0,
                      1e-13);
    for (double p = 0.01; p < 1.0; p += 0.0713)
        PL_CHECK_NEAR(pl_stats_range_cdf(pl_stats_range_quantile(p, 7.0), 7.0), p, 1e-12);
}

static void test_distribution__closed_forms_hold(void) {
    PL_CHECK_NEAR(pl_stats_log_gamma(1.0), 0.0, 1e-14);
    PL_CHECK_NEAR(pl_stats_log_gamma(11.0), log(3628800.0), 1e-14);
    for (double t = -20.0; t <= 20.0; t += 0.37) /* one degree of freedom is Cauchy's */
        PL_CHECK_NEAR(pl_stats_student_cdf(t, 1.0), 0.5 + atan(t) / 3.14159265358979323846, 1e-13);
    for (double x = 0.0; x <= 1.0; x += 0.05) /* I_x(1, b) = 1 - (1 - x)^b */
        PL_CHECK_NEAR(pl_stats_incomplete_beta(1.0, 3.0, x), 1.0 - (1 - x) * (1 - x) * (1 - x),
                      1e-14);
}

static void test_distribution__quantile_inverts_cdf(void) {
    for (double df = 1.0; df < 60.0; df *= 1.7)
        for (double p = 0.001; p < 1.0; p += 0.0137)
            PL_CHECK_NEAR(pl_stats_student_cdf(pl_stats_student_quantile(p, df), df), p, 1e-13);
}

static void test_distribution__edges_and_nonsense(void) {
    PL_CHECK(pl_stats_student_quantile(0.0, 3.0) == -INFINITY);
    PL_CHECK(pl_stats_student_quantile(1.0, 3.0) == INFINITY);
    PL_CHECK(pl_stats_student_quantile(0.5, 3.0) == 0.0);
    PL_CHECK(pl_stats_student_cdf(INFINITY, 3.0) == 1.0);
    PL_CHECK(pl_stats_student_cdf(-INFINITY, 3.0) == 0.0);
    PL_CHECK(isnan(pl_stats_student_quantile(-0.1, 3.0)));
    PL_CHECK(isnan(pl_stats_student_quantile(0.3, 0.0)));
    PL_CHECK(isnan(pl_stats_student_cdf(NAN, 3.0)));
    PL_CHECK(isnan(pl_stats_log_gamma(0.0)));
    PL_CHECK(isnan(pl_stats_log_gamma(NAN)));
    PL_CHECK(isnan(pl_stats_incomplete_beta(1.0, 1.0, 1.5)));
    PL_CHECK(isnan(pl_stats_incomplete_gamma(0.0, 1.0)));
    PL_CHECK(pl_stats_incomplete_gamma(1.0, INFINITY) == 0.0);
    PL_CHECK(pl_stats_normal_quantile(0.0) == -INFINITY);
    PL_CHECK(pl_stats_normal_quantile(1.0) == INFINITY);
    PL_CHECK(isnan(pl_stats_normal_quantile(NAN)));
    PL_CHECK(pl_stats_chi_squared_tail(-1.0, 2.0) == 1.0);
    PL_CHECK(isnan(pl_stats_range_cdf(1.0, 1.0)));
    PL_CHECK(pl_stats_range_cdf(INFINITY, 3.0) == 1.0);
    PL_CHECK(pl_stats_range_quantile(0.0, 3.0) == 0.0);
    PL_CHECK(pl_stats_range_quantile(1.0, 3.0) == INFINITY);
}

const struct pl_test pl_suite_distribution[] = {
    {"log_gamma_agrees_with_scipy", test_distribution__log_gamma_agrees_with_scipy},
    {"incomplete_beta_agrees_with_scipy", test_distribution__incomplete_beta_agrees_with_scipy},
    {"student_cdf_agrees_with_scipy", test_distribution__student_cdf_agrees_with_scipy},
    {"student_quantile_agrees_with_scipy", test_distribution__student_quantile_agrees_with_scipy},
    {"normal_agrees_with_scipy", test_distribution__normal_agrees_with_scipy},
    {"chi_squared_agrees_with_scipy", test_distribution__chi_squared_agrees_with_scipy},
    {"range_agrees_with_scipy", test_distribution__range_agrees_with_scipy},
    {"closed_forms_hold", test_distribution__closed_forms_hold},
    {"quantile_inverts_cdf", test_distribution__quantile_inverts_cdf},
    {"edges_and_nonsense", test_distribution__edges_and_nonsense},
    {0}};
