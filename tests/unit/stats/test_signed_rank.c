#include "core/stats/signed_rank.h"

#include "core/base/rng.h"
#include "tests/unit/stats/golden.h"

static void test_signed_rank__agrees_with_scipy(void) {
    struct pl_json *golden = golden_load();
    const struct pl_json *rows = pl_json_get(golden, "signed_rank");
    PL_CHECK_INT((long long)pl_json_count(rows), 9);
    for (size_t i = 0; i < pl_json_count(rows); i++) {
        const struct pl_json *row = pl_json_at(rows, i);
        double values[64];
        size_t count = golden_values(values, pl_json_get(row, "values"));
        struct pl_sample sample = pl_sample_seeds(values, count);
        struct pl_signed_rank found;
        PL_REQUIRE_OK(pl_stats_signed_rank(&found, &sample));
        PL_CHECK_INT((long long)found.n, (long long)golden_real(row, "n"));
        PL_CHECK(found.exact == (found.n <= PL_SIGNED_RANK_EXACT_MAX));
        PL_CHECK(found.statistic == golden_real(row, "w"));
        PL_CHECK_NEAR(found.p, golden_real(row, "p"), 1e-12);
    }
    pl_json_destroy(golden);
}

/* All 2^n patterns, one by one, with ties: what the counting must give. */
static void test_signed_rank__counting_is_enumeration(void) {
    static const double ranks[7] = {1, 2.5, 2.5, 5, 5, 5, 7};
    static const double sizes[7] = {.1, .2, .2, .3, .3, .3, .4};
    for (unsigned seen = 0; seen < 128; seen++) {
        double values[7], statistic = 0.0, below = 0.0, above = 0.0;
        for (int i = 0; i < 7; i++) {
            values[i] = (seen >> i) & 1 ? sizes[i] : -sizes[i];
            statistic += (seen >> i) & 1 ? ranks[i] : 0.0;
        }
        for (unsigned other = 0; other < 128; other++) {
            double sum = 0.0;
            for (int i = 0; i < 7; i++) sum += (other >> i) & 1 ? ranks[i] : 0.0;
            below += sum <= statistic;
            above += sum >= statistic;
        }
        double p = 2.0 * fmin(below, above) / 128.0;
        struct pl_sample sample = pl_sample_seeds(values, 7);
        struct pl_signed_rank found;
        PL_REQUIRE_OK(pl_stats_signed_rank(&found, &sample));
        PL_CHECK(found.p == fmin(p, 1.0));
    }
}

static void test_signed_rank__edges(void) {
    double zeros[3] = {0}, wild[6] = {INFINITY, INFINITY, 1, 2, 3, 4};
    struct pl_signed_rank found;
    struct pl_sample sample = pl_sample_seeds(zeros, 0);
    PL_REQUIRE_OK(pl_stats_signed_rank(&found, &sample));
    PL_CHECK(isnan(found.p));
    sample = pl_sample_seeds(zeros, 3);
    PL_REQUIRE_OK(pl_stats_signed_rank(&found, &sample));
    PL_CHECK(found.p == 1.0 && found.n == 0);
    sample = pl_sample_seeds(wild, 6);
    PL_REQUIRE_OK(pl_stats_signed_rank(&found, &sample));
    PL_CHECK(found.p == 2.0 / 64.0 && found.statistic == 21.0);
}

/* With no difference to find, p at or below .05 comes no oftener than .05 says, exact or not. */
static void test_signed_rank__keeps_its_level(void) {
    struct pl_rng rng;
    static const size_t counts[] = {10, 30};
    pl_rng_init(&rng, 5, "level");
    for (size_t c = 0; c < 2; c++) {
        int rejected = 0, trials = 4000;
        for (int trial = 0; trial < trials; trial++) {
            double values[30];
            for (size_t i = 0; i < counts[c]; i++) values[i] = pl_rng_normal(&rng);
            struct pl_sample sample = pl_sample_seeds(values, counts[c]);
            struct pl_signed_rank found;
            PL_REQUIRE_OK(pl_stats_signed_rank(&found, &sample));
            rejected += found.p <= 0.05;
        }
        PL_CHECK(rejected < trials * 0.05 + 4.0 * sqrt(trials * 0.05 * 0.95));
        PL_CHECK(rejected > trials * 0.04 - 4.0 * sqrt(trials * 0.05 * 0.95));
    }
}

static void test_signed_rank__hodges_lehmann_agrees_with_numpy(void) {
    struct pl_json *golden = golden_load();
    const struct pl_json *rows = pl_json_get(golden, "hodges_lehmann");
    PL_CHECK_INT((long long)pl_json_count(rows), 8);
    double found;
    for (size_t i = 0; i < pl_json_count(rows); i++) {
        double values[64];
        size_t count = golden_values(values, pl_json_get(pl_json_at(rows, i), "values"));
        struct pl_sample sample = pl_sample_seeds(values, count);
        PL_REQUIRE_OK(pl_stats_hodges_lehmann(&found, &sample));
        PL_CHECK_NEAR(found, golden_real(pl_json_at(rows, i), "centre"), 1e-14);
    }
    struct pl_sample none = pl_sample_seeds(&found, 0);
    PL_REQUIRE_OK(pl_stats_hodges_lehmann(&found, &none));
    PL_CHECK(isnan(found));
    pl_json_destroy(golden);
}

const struct pl_test pl_suite_signed_rank[] = {
    {"agrees_with_scipy", test_signed_rank__agrees_with_scipy},
    {"counting_is_enumeration", test_signed_rank__counting_is_enumeration},
    {"edges", test_signed_rank__edges},
    {"keeps_its_level", test_signed_rank__keeps_its_level},
    {"hodges_lehmann_agrees_with_numpy", test_signed_rank__hodges_lehmann_agrees_with_numpy},
    {0}};
