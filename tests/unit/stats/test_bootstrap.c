#include "core/stats/bootstrap.h"

#include "core/stats/summary.h"
#include "tests/unit/stats/golden.h"

#define MANY 100000 /* draws: an end of an interval then errs by about a hundredth of the spread */

static double end_of(const struct pl_json *row, const char *name, size_t index) {
    return pl_json_as_real(pl_json_at(pl_json_get(row, name), index), NAN);
}

static void check_ends(struct pl_interval found, const struct pl_json *row, const char *name,
                       double tolerance) {
    PL_CHECK(fabs(found.low - end_of(row, name, 0)) <= tolerance);
    PL_CHECK(fabs(found.high - end_of(row, name, 1)) <= tolerance);
}

/* The two rules on draws that are given: nothing is random. */
static void test_bootstrap__rules_agree_with_scipy(void) {
    struct pl_json *golden = golden_load();
    const struct pl_json *rows = pl_json_get(golden, "bca");
    PL_CHECK_INT((long long)pl_json_count(rows), 3);
    for (size_t i = 0; i < pl_json_count(rows); i++) {
        const struct pl_json *row = pl_json_at(rows, i);
        double draws[64], jackknife[64];
        size_t count = golden_values(draws, pl_json_get(row, "draws"));
        size_t seeds = golden_values(jackknife, pl_json_get(row, "jackknife"));
        double estimate = golden_real(row, "estimate");
        check_ends(pl_stats_bca_interval(draws, count, estimate, jackknife, seeds, 0.95), row,
                   "bca", 1e-10);
        check_ends(pl_stats_percentile_interval(draws, count, 0.95), row, "percentile", 1e-12);
    }
    pl_json_destroy(golden);
}

/* Seeds drawn by us against seeds drawn by SciPy, both many times. */
static void test_bootstrap__intervals_agree_with_scipy(void) {
    struct pl_json *golden = golden_load();
    const struct pl_json *rows = pl_json_get(golden, "bootstrap");
    PL_CHECK_INT((long long)pl_json_count(rows), 4);
    for (size_t i = 0; i < pl_json_count(rows); i++) {
        const struct pl_json *row = pl_json_at(rows, i);
        double values[64], spread = golden_real(row, "spread");
        size_t count = golden_values(values, pl_json_get(row, "values"));
        size_t blocks = (size_t)golden_real(row, "blocks");
        struct pl_sample sample = pl_sample_blocks(values, count / blocks, blocks);
        struct pl_bootstrap how = {pl_statistic_mean, NULL, 0.95, MANY};
        struct pl_interval percentile, bca;
        struct pl_rng rng;
        pl_rng_init(&rng, i, "bootstrap");
        PL_REQUIRE_OK(pl_stats_bootstrap(&percentile, &bca, &sample, &how, &rng));
        check_ends(percentile, row, "percentile", 0.06 * spread);
        check_ends(bca, row, "bca", 0.06 * spread);
        how.statistic = pl_statistic_iqm;
        PL_CHECK_NEAR(how.statistic(&sample, NULL), golden_real(row, "iqm"), 1e-14);
        PL_REQUIRE_OK(pl_stats_bootstrap(NULL, &bca, &sample, &how, &rng));
        check_ends(bca, row, "iqm_bca", 0.08 * golden_real(row, "iqm_spread"));
    }
    pl_json_destroy(golden);
}

/* Blocks of a seed that say the same thing give no more certainty than one of them. */
static void test_bootstrap__blocks_are_not_units(void) {
    double once[8], copies[80];
    struct pl_rng rng;
    struct pl_interval one, many;
    struct pl_bootstrap how = {pl_statistic_mean, NULL, 0.95, 500};
    pl_rng_init(&rng, 1, "values");
    for (size_t s = 0; s < 8; s++) once[s] = pl_rng_normal(&rng);
    for (size_t i = 0; i < 80; i++) copies[i] = once[i / 10];
    struct pl_sample single = pl_sample_seeds(once, 8), wide = pl_sample_blocks(copies, 8, 10);
    pl_rng_init(&rng, 1, "bootstrap");
    PL_REQUIRE_OK(pl_stats_bootstrap(NULL, &one, &single, &how, &rng));
    pl_rng_init(&rng, 1, "bootstrap");
    PL_REQUIRE_OK(pl_stats_bootstrap(NULL, &many, &wide, &how, &rng));
    PL_CHECK_NEAR(many.low, one.low, 1e-14);
    PL_CHECK_NEAR(many.high, one.high, 1e-14);
}

/* 95 % intervals of the mean of 20 normal numbers hold the truth in 91 to 96 % of trials (the bootstrap
 * divides by n and not by n - 1, which costs about 2 % here). */
static void test_bootstrap__intervals_cover_what_they_should(void) {
    struct pl_rng values_rng, rng;
    int covered = 0, trials = 2000;
    pl_rng_init(&values_rng, 3, "values");
    pl_rng_init(&rng, 3, "bootstrap");
    for (int trial = 0; trial < trials; trial++) {
        double values[20];
        for (size_t i = 0; i < 20; i++) values[i] = pl_rng_normal(&values_rng);
        struct pl_sample sample = pl_sample_seeds(values, 20);
        struct pl_bootstrap how = {pl_statistic_mean, NULL, 0.95, 400};
        struct pl_interval bca;
        PL_REQUIRE_OK(pl_stats_bootstrap(NULL, &bca, &sample, &how, &rng));
        covered += bca.low <= 0.0 && bca.high >= 0.0;
    }
    PL_CHECK(covered > 0.91 * trials && covered < 0.96 * trials);
}

static double first_or_infinite(const struct pl_sample *sample, const void *context) {
    (void)context;
    return sample->values[0] > 3.0 ? INFINITY : sample->values[0];
}

static double never(const struct pl_sample *sample, const void *context) {
    (void)sample;
    (void)context;
    return NAN;
}

static void test_bootstrap__leaving_out_agrees_with_numpy(void) {
    struct pl_json *golden = golden_load();
    const struct pl_json *rows = pl_json_get(golden, "bootstrap");
    const struct pl_bootstrap iqm = {pl_statistic_iqm, NULL, 0.95, 0};
    const struct pl_bootstrap mean = {pl_statistic_mean, NULL, 0.95, 0};
    double values[64];
    for (size_t i = 0; i < pl_json_count(rows); i++) {
        const struct pl_json *row = pl_json_at(rows, i), *ends = pl_json_get(row, "iqm_jackknife");
        size_t count = golden_values(values, pl_json_get(row, "values"));
        size_t blocks = (size_t)golden_real(row, "blocks");
        struct pl_sample sample = pl_sample_blocks(values, count / blocks, blocks);
        struct pl_interval found;
        PL_REQUIRE_OK(pl_stats_jackknife_interval(&found, &sample, &iqm));
        PL_CHECK_NEAR(found.low, pl_json_as_real(pl_json_at(ends, 0), NAN), 1e-10);
        PL_CHECK_NEAR(found.high, pl_json_as_real(pl_json_at(ends, 1), NAN), 1e-10);
        if (blocks > 1) continue;
        struct pl_interval t = pl_stats_t_interval(values, count, 0.95);
        PL_REQUIRE_OK(pl_stats_jackknife_interval(&found, &sample, &mean));
        PL_CHECK_NEAR(found.low, t.low, 1e-12);
        PL_CHECK_NEAR(found.high, t.high, 1e-12);
    }
    struct pl_sample one = pl_sample_seeds(values, 1);
    struct pl_interval none = {0.0, 0.0};
    PL_REQUIRE_OK(pl_stats_jackknife_interval(&none, &one, &mean));
    PL_CHECK(!pl_interval_exists(none));
    pl_json_destroy(golden);
}

static void test_bootstrap__edges(void) {
    double values[4] = {1, 2, 3, 4}, same[3] = {2, 2, 2};
    struct pl_rng rng;
    struct pl_interval percentile, bca;
    struct pl_bootstrap how = {pl_statistic_median, NULL, 0.95, 200};
    pl_rng_init(&rng, 1, "edges");
    struct pl_sample sample = pl_sample_seeds(values, 1);
    PL_REQUIRE_OK(pl_stats_bootstrap(&percentile, &bca, &sample, &how, &rng));
    PL_CHECK(!pl_interval_exists(percentile) && !pl_interval_exists(bca)); /* one seed */
    sample = pl_sample_seeds(same, 3);
    PL_REQUIRE_OK(pl_stats_bootstrap(&percentile, &bca, &sample, &how, &rng));
    PL_CHECK(percentile.low == 2.0 && percentile.high == 2.0 && bca.low == 2.0 && bca.high == 2.0);
    sample = pl_sample_seeds(values, 4);
    how.statistic = first_or_infinite;
    PL_REQUIRE_OK(pl_stats_bootstrap(&percentile, NULL, &sample, &how, &rng));
    PL_CHECK(percentile.low == 1.0 && percentile.high == INFINITY);
    how.statistic = never;
    PL_REQUIRE_OK(pl_stats_bootstrap(&percentile, &bca, &sample, &how, &rng));
    PL_CHECK(!pl_interval_exists(percentile) && !pl_interval_exists(bca));
}

const struct pl_test pl_suite_bootstrap[] = {
    {"rules_agree_with_scipy", test_bootstrap__rules_agree_with_scipy},
    {"intervals_agree_with_scipy", test_bootstrap__intervals_agree_with_scipy},
    {"blocks_are_not_units", test_bootstrap__blocks_are_not_units},
    {"intervals_cover_what_they_should", test_bootstrap__intervals_cover_what_they_should},
    {"leaving_out_agrees_with_numpy", test_bootstrap__leaving_out_agrees_with_numpy},
    {"edges", test_bootstrap__edges},
    {0}};
