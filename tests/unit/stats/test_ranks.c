#include "core/stats/ranks.h"

#include "tests/unit/stats/golden.h"

static void test_ranks__friedman_and_nemenyi_agree_with_scipy(void) {
    struct pl_json *golden = golden_load();
    const struct pl_json *rows = pl_json_get(golden, "friedman");
    PL_CHECK_INT((long long)pl_json_count(rows), 4);
    for (size_t i = 0; i < pl_json_count(rows); i++) {
        const struct pl_json *row = pl_json_at(rows, i);
        double values[64], expected[64], ranks[64];
        size_t count = golden_values(values, pl_json_get(row, "values"));
        size_t entries = golden_values(expected, pl_json_get(row, "ranks"));
        struct pl_sample sample = {
            values, {PL_SAMPLE_SEED, PL_SAMPLE_ENTRY}, {count / entries, entries, 1}};
        struct pl_friedman found;
        PL_REQUIRE_OK(pl_stats_friedman(&found, ranks, &sample, 0.05));
        PL_CHECK_NEAR(found.statistic, golden_real(row, "statistic"), 1e-10);
        PL_CHECK_NEAR(found.p, golden_real(row, "p"), 1e-10);
        PL_CHECK_NEAR(found.distance, golden_real(row, "distance"), 1e-10);
        for (size_t e = 0; e < entries; e++) PL_CHECK_NEAR(ranks[e], expected[e], 1e-14);
    }
    pl_json_destroy(golden);
}

/* Demsar (2006), table 5: q at .05 for 2 to 10 entries, as published. */
static void test_ranks__critical_values_are_the_published_ones(void) {
    static const double q[] = {1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164};
    for (size_t k = 2; k <= 10; k++) {
        double n = 14.0, distance = pl_stats_nemenyi_distance(k, 14, 0.05);
        double found = distance / sqrt((double)k * ((double)k + 1.0) / (6.0 * n));
        PL_CHECK(fabs(found - q[k - 2]) <
                 0.0011); /* the table's last digit is off here and there */
    }
}

static void test_ranks__ties_and_too_few(void) {
    double same[6] = {1, 1, 1, 1, 1, 1}, diverged[6] = {1, 2, INFINITY, 1, 2, INFINITY}, ranks[3];
    struct pl_sample sample = {same, {PL_SAMPLE_SEED, PL_SAMPLE_ENTRY}, {2, 3, 1}};
    struct pl_friedman found;
    PL_REQUIRE_OK(pl_stats_friedman(&found, ranks, &sample, 0.05));
    PL_CHECK(found.statistic == 0.0 && found.p == 1.0 && ranks[0] == 2.0);
    sample.values = diverged;
    PL_REQUIRE_OK(pl_stats_friedman(&found, ranks, &sample, 0.05));
    PL_CHECK_NEAR(found.statistic, 4.0, 1e-14);
    PL_CHECK(ranks[2] == 3.0);
    sample.sizes[0] = 1;
    PL_REQUIRE_OK(pl_stats_friedman(&found, NULL, &sample, 0.05));
    PL_CHECK(isnan(found.p) && isnan(found.distance));
}

static void test_ranks__mean_rank_agrees_with_numpy(void) {
    struct pl_json *golden = golden_load();
    const struct pl_json *rows = pl_json_get(golden, "mean_rank");
    PL_CHECK_INT((long long)pl_json_count(rows), 2);
    for (size_t i = 0; i < pl_json_count(rows); i++) {
        const struct pl_json *row = pl_json_at(rows, i);
        double values[64], expected[64], low[64], high[64], spread[64], ranks[64];
        struct pl_interval intervals[64];
        golden_values(values, pl_json_get(row, "values"));
        size_t entries = golden_values(expected, pl_json_get(row, "ranks"));
        golden_values(low, pl_json_get(row, "low"));
        golden_values(high, pl_json_get(row, "high"));
        golden_values(spread, pl_json_get(row, "spread"));
        size_t seeds = (size_t)golden_real(row, "seeds");
        struct pl_sample sample =
            pl_sample_entries(values, seeds, (size_t)golden_real(row, "blocks"), entries);
        struct pl_rng rng;
        pl_rng_init(&rng, i, "mean rank");
        PL_REQUIRE_OK(pl_stats_mean_rank(ranks, intervals, &sample, 0.95, 100000, &rng));
        for (size_t e = 0; e < entries; e++) {
            /* means of few ranks take few values: an end may fall on the next one */
            double step = 1.0 / (double)pl_sample_row(&sample) / (double)seeds * (double)entries;
            PL_CHECK_NEAR(ranks[e], expected[e], 1e-14);
            PL_CHECK(fabs(intervals[e].low - low[e]) <= step + 1e-12);
            PL_CHECK(fabs(intervals[e].high - high[e]) <= step + 1e-12);
            PL_CHECK(step < spread[e]);
        }
    }
    pl_json_destroy(golden);
}

const struct pl_test pl_suite_ranks[] = {
    {"friedman_and_nemenyi_agree_with_scipy", test_ranks__friedman_and_nemenyi_agree_with_scipy},
    {"critical_values_are_the_published_ones", test_ranks__critical_values_are_the_published_ones},
    {"ties_and_too_few", test_ranks__ties_and_too_few},
    {"mean_rank_agrees_with_numpy", test_ranks__mean_rank_agrees_with_numpy},
    {0}};
