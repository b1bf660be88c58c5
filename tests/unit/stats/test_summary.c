#include "core/stats/summary.h"

#include "core/stats/interval.h"
#include "tests/unit/stats/golden.h"

static void check_ranks(const struct pl_json *row) {
    double values[64], expected[64], ranks[64];
    size_t count = golden_values(values, pl_json_get(row, "values"));
    golden_values(expected, pl_json_get(row, "rank"));
    pl_stats_rank(ranks, values, count);
    for (size_t i = 0; i < count; i++) PL_CHECK(ranks[i] == expected[i]);
}

static void check_sample(const struct pl_json *row) {
    double values[64];
    size_t count = golden_values(values, pl_json_get(row, "values"));
    PL_CHECK_NEAR(pl_stats_mean(values, count), golden_real(row, "mean"), 1e-14);
    PL_CHECK_NEAR(pl_stats_median(values, count), golden_real(row, "median"), 1e-14);
    PL_CHECK_NEAR(pl_stats_quantile(values, count, 0.1), golden_real(row, "q10"), 1e-14);
    PL_CHECK_NEAR(pl_stats_quantile(values, count, 0.75), golden_real(row, "q75"), 1e-14);
    check_ranks(row);
    struct pl_interval interval = pl_stats_t_interval(values, count, 0.95);
    PL_CHECK(pl_interval_exists(interval) == (count > 1));
    if (count == 1) return;
    PL_CHECK_NEAR(pl_stats_sd(values, count), golden_real(row, "sd"), 1e-13);
    PL_CHECK_NEAR(interval.low, golden_real(row, "low"), 1e-10);
    PL_CHECK_NEAR(interval.high, golden_real(row, "high"), 1e-10);
}

static void test_summary__samples_agree_with_scipy(void) {
    struct pl_json *golden = golden_load();
    const struct pl_json *samples = pl_json_get(golden, "samples");
    const struct pl_json *ranks = pl_json_get(golden, "ranks");
    PL_CHECK_INT((long long)pl_json_count(samples), 7);
    for (size_t i = 0; i < pl_json_count(samples); i++) check_sample(pl_json_at(samples, i));
    for (size_t i = 0; i < pl_json_count(ranks); i++) check_ranks(pl_json_at(ranks, i));
    pl_json_destroy(golden);
}

static void test_summary__interquartile_mean_agrees_with_scipy(void) {
    struct pl_json *golden = golden_load();
    const struct pl_json *rows = pl_json_get(golden, "iqm");
    PL_CHECK_INT((long long)pl_json_count(rows), 8);
    for (size_t i = 0; i < pl_json_count(rows); i++) {
        double values[64];
        size_t count = golden_values(values, pl_json_get(pl_json_at(rows, i), "values"));
        PL_CHECK_NEAR(pl_stats_iqm(values, count), golden_real(pl_json_at(rows, i), "iqm"), 1e-14);
    }
    PL_CHECK(isnan(pl_stats_iqm(NULL, 0)));
    pl_json_destroy(golden);
}

static void test_summary__wilson_agrees_with_statsmodels(void) {
    struct pl_json *golden = golden_load();
    const struct pl_json *rows = pl_json_get(golden, "wilson");
    PL_CHECK_INT((long long)pl_json_count(rows), 8);
    for (size_t i = 0; i < pl_json_count(rows); i++) {
        double row[64];
        golden_values(row, pl_json_at(rows, i));
        struct pl_interval found = pl_stats_wilson((size_t)row[0], (size_t)row[1], 0.95);
        PL_CHECK_NEAR(found.low, row[2], 1e-12);
        PL_CHECK_NEAR(found.high, row[3], 1e-12);
        PL_CHECK(found.low >= 0.0 && found.high <= 1.0);
    }
    PL_CHECK(!pl_interval_exists(pl_stats_wilson(0, 0, 0.95)));
    pl_json_destroy(golden);
}

/* The example of Newcombe (1998); signs by hand. */
static void test_summary__paired_shares_as_published(void) {
    struct pl_paired_shares found;
    pl_stats_paired_shares(&found, 36, 12, 2, 0, 0.95);
    PL_CHECK_NEAR(found.difference, 0.2, 1e-15);
    PL_CHECK_NEAR(found.interval.low, 0.0569, 5e-5);
    PL_CHECK_NEAR(found.interval.high, 0.3404, 5e-5);
    PL_CHECK_NEAR(found.p, 2 * (1 + 14 + 91) / 16384.0, 1e-15);
    pl_stats_paired_shares(&found, 3, 0, 5, 0, 0.95);
    PL_CHECK_NEAR(found.difference, -0.625, 1e-15);
    PL_CHECK_NEAR(found.p, 0.0625, 1e-15);
    PL_CHECK(found.interval.low >= -1 && found.interval.high < 0);
    pl_stats_paired_shares(&found, 4, 0, 0, 2, 0.95);
    PL_CHECK(found.difference == 0 && found.p == 1);
    PL_CHECK(found.interval.low < 0 && found.interval.high > 0);
    pl_stats_paired_shares(&found, 0, 0, 0, 0, 0.95);
    PL_CHECK(found.pairs == 0 && isnan(found.difference) && !pl_interval_exists(found.interval));
}

static void test_summary__too_few_give_nan(void) {
    double one = 3.0;
    PL_CHECK(isnan(pl_stats_mean(&one, 0)));
    PL_CHECK(isnan(pl_stats_median(&one, 0)));
    PL_CHECK(isnan(pl_stats_sd(&one, 1)));
    PL_CHECK(pl_stats_mean(&one, 1) == 3.0);
    PL_CHECK(!pl_interval_exists(pl_stats_t_interval(&one, 1, 0.95)));
    PL_CHECK(isnan(pl_stats_quantile(&one, 1, 1.5)));
}

static void test_summary__median_bears_infinities(void) {
    double values[] = {1.0, INFINITY, 2.0, INFINITY};
    PL_CHECK(pl_stats_median(values, 3) == 2.0);
    PL_CHECK(pl_stats_median(values, 4) == INFINITY);
    PL_CHECK(pl_stats_median(values + 1, 1) == INFINITY);
    double low[] = {-INFINITY, 1.0};
    PL_CHECK(pl_stats_median(low, 2) == -INFINITY);
    double both[] = {-INFINITY, INFINITY};
    PL_CHECK(isnan(pl_stats_median(both, 2)));
    double ranks[4];
    pl_stats_rank(ranks, values, 4);
    PL_CHECK(ranks[1] == 3.5 && ranks[3] == 3.5 && ranks[0] == 1.0);
}

static void test_summary__mean_of_large_offsets_keeps_its_digits(void) {
    double values[1000];
    for (int i = 0; i < 1000; i++) values[i] = 1e9 + (double)i / 1000.0;
    PL_CHECK(fabs(pl_stats_mean(values, 1000) - (1e9 + 0.4995)) < 2e-7);
    PL_CHECK_NEAR(pl_stats_sd(values, 1000), sqrt(1000.0 * 1001.0 / 12.0) / 1000.0, 1e-6);
}

static void test_summary__exp_of_an_interval(void) {
    struct pl_interval interval = pl_interval_exp((struct pl_interval){0.0, 1.0});
    PL_CHECK(interval.low == 1.0);
    PL_CHECK_NEAR(interval.high, 2.718281828459045, 1e-15);
    PL_CHECK(!pl_interval_exists(pl_interval_exp(pl_interval_none())));
}

/* One rule for infinities: equal ones are together, all else is infinitely far. */
static void test_summary__relative_distance(void) {
    PL_CHECK(pl_stats_relative(2, 3) == 1.0 / 3.0);
    PL_CHECK(pl_stats_relative(-1, 1) == 2.0);
    PL_CHECK(pl_stats_relative(0, 0) == 0.0 && pl_stats_relative(-0.0, 0) == 0.0);
    PL_CHECK(pl_stats_relative(INFINITY, INFINITY) == 0.0);
    PL_CHECK(pl_stats_relative(NAN, NAN) == 0.0);
    PL_CHECK(pl_stats_relative(INFINITY, 1) == INFINITY);
    PL_CHECK(pl_stats_relative(1, INFINITY) == INFINITY);
    PL_CHECK(pl_stats_relative(INFINITY, -INFINITY) == INFINITY);
    PL_CHECK(pl_stats_relative(NAN, 1) == INFINITY);
    PL_CHECK(pl_stats_relative(INFINITY, NAN) == INFINITY);
}

const struct pl_test pl_suite_summary[] = {
    {"relative_distance", test_summary__relative_distance},
    {"samples_agree_with_scipy", test_summary__samples_agree_with_scipy},
    {"interquartile_mean_agrees_with_scipy", test_summary__interquartile_mean_agrees_with_scipy},
    {"wilson_agrees_with_statsmodels", test_summary__wilson_agrees_with_statsmodels},
    {"paired_shares_as_published", test_summary__paired_shares_as_published},
    {"too_few_give_nan", test_summary__too_few_give_nan},
    {"median_bears_infinities", test_summary__median_bears_infinities},
    {"mean_of_large_offsets_keeps_its_digits",
     test_summary__mean_of_large_offsets_keeps_its_digits},
    {"exp_of_an_interval", test_summary__exp_of_an_interval},
    {0}};
