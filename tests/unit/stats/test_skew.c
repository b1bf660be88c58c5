#include "core/stats/skew.h"

#include "tests/unit/stats/golden.h"

static void test_skew__agrees_with_scipy(void) {
    struct pl_json *golden = golden_load();
    const struct pl_json *rows = pl_json_get(golden, "skew");
    PL_CHECK_INT((long long)pl_json_count(rows), 7);
    for (size_t i = 0; i < pl_json_count(rows); i++) {
        const struct pl_json *row = pl_json_at(rows, i);
        double values[64], threshold = golden_real(row, "threshold");
        size_t count = golden_values(values, pl_json_get(row, "values"));
        struct pl_interval mean = pl_stats_skew_interval(values, count, 0.95);
        struct pl_interval median = pl_stats_median_interval(values, count, 0.95);
        PL_CHECK_NEAR(mean.low, golden_real(row, "low"), 1e-10);
        PL_CHECK_NEAR(mean.high, golden_real(row, "high"), 1e-10);
        PL_CHECK_NEAR(pl_stats_mean_above(values, count, threshold), golden_real(row, "mean_above"),
                      1e-12);
        PL_CHECK_NEAR(pl_stats_median_above(values, count, threshold),
                      golden_real(row, "median_above"), 1e-12);
        PL_CHECK(pl_interval_exists(median) == (pl_json_get(row, "median_low") != NULL));
        if (!pl_interval_exists(median)) continue;
        PL_CHECK(median.low == golden_real(row, "median_low"));
        PL_CHECK(median.high == golden_real(row, "median_high"));
    }
    pl_json_destroy(golden);
}

static void test_skew__numbers_without_spread_and_too_few(void) {
    const double same[] = {2.0, 2.0, 2.0, 2.0, 2.0, 2.0};
    struct pl_interval found = pl_stats_skew_interval(same, 6, 0.95);
    PL_CHECK(found.low == 2.0 && found.high == 2.0);
    PL_CHECK(pl_stats_mean_above(same, 6, 1.0) == 0.0);
    PL_CHECK(pl_stats_mean_above(same, 6, 2.0) == 1.0);
    PL_CHECK_NEAR(pl_stats_median_above(same, 6, 1.0), 1.0 / 64.0, 1e-15);
    PL_CHECK(pl_stats_median_above(same, 6, 2.0) == 1.0); /* on the threshold is not above it */
    PL_CHECK(pl_stats_median_above(same, 0, 2.0) == 1.0);
    PL_CHECK(isnan(pl_stats_mean_above(same, 1, 1.0)));
    PL_CHECK(!pl_interval_exists(pl_stats_skew_interval(same, 1, 0.95)));
    PL_CHECK(!pl_interval_exists(pl_stats_median_interval(same, 5, 0.95)));
    PL_CHECK(pl_interval_exists(pl_stats_median_interval(same, 6, 0.95)));
}

static void test_skew__two_groups_are_found(void) {
    const double two[] = {0.1, -4.0, 0.0, -4.5, 0.2, -4.2, 0.1, 0.05};
    const double even[] = {0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0};
    const double stray[] = {0.0, 0.1, 0.2, 0.3, 0.1, 0.2, 0.0, 9.0};
    const double infinite[] = {0.1, -4.0, 0.0, -4.5, 0.2, -4.2, 0.1, 0.05, INFINITY, INFINITY};
    struct pl_groups found = pl_stats_groups(two, 8, 0.5);
    PL_CHECK_INT((long long)found.lower, 3);
    PL_CHECK_INT((long long)found.upper, 5);
    PL_CHECK_NEAR(found.lower_mean, -12.7 / 3.0, 1e-14);
    PL_CHECK_NEAR(found.upper_mean, 0.09, 1e-14);
    PL_CHECK_INT((long long)pl_stats_groups(two, 8, 5.0).lower, 0);   /* narrower than was asked */
    PL_CHECK_INT((long long)pl_stats_groups(two, 7, 0.5).lower, 0);   /* too few to tell */
    PL_CHECK_INT((long long)pl_stats_groups(even, 8, 0.5).lower, 0);  /* no gap */
    PL_CHECK_INT((long long)pl_stats_groups(stray, 8, 0.5).lower, 0); /* one alone is no group */
    PL_CHECK_INT((long long)pl_stats_groups(infinite, 10, 0.5).lower, 3);
    PL_CHECK_INT((long long)pl_stats_groups(infinite, 10, 0.5).upper, 5);
    PL_CHECK_INT((long long)pl_stats_groups(NULL, 0, 0.5).lower, 0);
}

const struct pl_test pl_suite_skew[] = {
    {"agrees_with_scipy", test_skew__agrees_with_scipy},
    {"numbers_without_spread_and_too_few", test_skew__numbers_without_spread_and_too_few},
    {"two_groups_are_found", test_skew__two_groups_are_found},
    {0}};
