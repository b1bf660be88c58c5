#include "core/stats/power.h"

#include "tests/unit/stats/golden.h"

static size_t rows_of(const struct pl_json *golden, const char *name, size_t i, double *row) {
    const struct pl_json *rows = pl_json_get(golden, name);
    PL_REQUIRE(pl_json_count(rows) > 0);
    if (i == pl_json_count(rows)) return 0;
    return golden_values(row, pl_json_at(rows, i));
}

static void test_power__noncentral_t_agrees_with_scipy(void) {
    struct pl_json *golden = golden_load();
    double row[64];
    for (size_t i = 0; rows_of(golden, "noncentral_t_cdf", i, row); i++)
        PL_CHECK_NEAR(pl_stats_noncentral_t_cdf(row[0], row[1], row[2]), row[3], 1e-10);
    pl_json_destroy(golden);
}

static void test_power__power_agrees_with_statsmodels(void) {
    struct pl_json *golden = golden_load();
    double row[64];
    for (size_t i = 0; rows_of(golden, "t_power", i, row); i++)
        PL_CHECK_NEAR(pl_stats_t_power((size_t)row[0], row[1], row[2]), row[3], 1e-8);
    pl_json_destroy(golden);
}

static void test_power__seeds_agree_with_statsmodels(void) {
    struct pl_json *golden = golden_load();
    double row[64];
    for (size_t i = 0; rows_of(golden, "t_seeds", i, row); i++)
        PL_CHECK_INT((long long)pl_stats_t_seeds(row[0], row[1], row[2]), (long long)row[3]);
    pl_json_destroy(golden);
}

static void test_power__spreads_agree_with_scipy(void) {
    struct pl_json *golden = golden_load();
    double row[64];
    for (size_t i = 0; rows_of(golden, "sd_interval", i, row); i++) {
        struct pl_interval found = pl_stats_sd_interval(row[0], (size_t)row[1], 0.95);
        PL_CHECK_NEAR(found.low / row[2], 1.0, 1e-10);
        PL_CHECK_NEAR(found.high / row[3], 1.0, 1e-10);
    }
    pl_json_destroy(golden);
}

/* Cohen (1988), table 2.4.1: a one-sample test at .05 with power .8 takes 199, 34, 15 for .2, .5, .8. */
static void test_power__published_sample_sizes(void) {
    PL_CHECK_INT((long long)pl_stats_t_seeds(0.2, 0.05, 0.8), 199);
    PL_CHECK_INT((long long)pl_stats_t_seeds(0.5, 0.05, 0.8), 34);
    PL_CHECK_INT((long long)pl_stats_t_seeds(0.8, 0.05, 0.8), 15);
}

static void test_power__edges(void) {
    PL_CHECK(isnan(pl_stats_t_power(1, 1.0, 0.05)));
    PL_CHECK_NEAR(pl_stats_t_power(8, 0.0, 0.05), 0.05, 1e-10);
    PL_CHECK_NEAR(pl_stats_t_power(8, 100.0, 0.05), 1.0, 1e-12);
    PL_CHECK(pl_stats_t_power(8, -1.0, 0.05) == pl_stats_t_power(8, 1.0, 0.05));
    PL_CHECK_INT((long long)pl_stats_t_seeds(0.0, 0.05, 0.8), (long long)PL_NO_SEEDS);
    PL_CHECK_INT((long long)pl_stats_t_seeds(1e-9, 0.05, 0.8), (long long)PL_NO_SEEDS);
    PL_CHECK_INT((long long)pl_stats_t_seeds(1e9, 0.05, 0.8), 2);
    PL_CHECK(!pl_interval_exists(pl_stats_sd_interval(1.0, 1, 0.95)));
    PL_CHECK(isnan(pl_stats_noncentral_t_cdf(0.0, 0.0, 1.0)));
    PL_CHECK(isnan(pl_stats_noncentral_t_cdf(0.0, 3.0, 99.0)));
}

/* More pairs, a greater effect, a laxer level: never less power. */
static void test_power__grows_as_it_should(void) {
    for (size_t n = 2; n < 60; n++)
        for (double effect = 0.1; effect < 6.0; effect *= 1.7) {
            double here = pl_stats_t_power(n, effect, 0.01);
            PL_CHECK(pl_stats_t_power(n + 1, effect, 0.01) >= here - 1e-12);
            PL_CHECK(pl_stats_t_power(n, 1.3 * effect, 0.01) >= here - 1e-12);
            PL_CHECK(pl_stats_t_power(n, effect, 0.05) >= here - 1e-12);
        }
}

const struct pl_test pl_suite_power[] = {
    {"noncentral_t_agrees_with_scipy", test_power__noncentral_t_agrees_with_scipy},
    {"power_agrees_with_statsmodels", test_power__power_agrees_with_statsmodels},
    {"seeds_agree_with_statsmodels", test_power__seeds_agree_with_statsmodels},
    {"spreads_agree_with_scipy", test_power__spreads_agree_with_scipy},
    {"published_sample_sizes", test_power__published_sample_sizes},
    {"edges", test_power__edges},
    {"grows_as_it_should", test_power__grows_as_it_should},
    {0}};
