#include "core/stats/compare.h"

#include "tests/unit/stats/golden.h"

static void test_compare__exact_sign_flip_agrees_with_scipy(void) {
    struct pl_json *golden = golden_load();
    const struct pl_json *rows = pl_json_get(golden, "sign_flip");
    PL_CHECK_INT((long long)pl_json_count(rows), 7);
    for (size_t i = 0; i < pl_json_count(rows); i++) {
        double values[64];
        size_t count = golden_values(values, pl_json_get(pl_json_at(rows, i), "values"));
        PL_CHECK(pl_stats_sign_flip(values, count, NULL) == golden_real(pl_json_at(rows, i), "p"));
    }
    pl_json_destroy(golden);
}

/* Four standard errors of a share estimated from B patterns. */
static void test_compare__drawn_patterns_agree_with_all_of_them(void) {
    struct pl_json *golden = golden_load();
    const struct pl_json *rows = pl_json_get(golden, "sign_flip_long");
    for (size_t i = 0; i < pl_json_count(rows); i++) {
        double values[64], exact = golden_real(pl_json_at(rows, i), "p");
        size_t count = golden_values(values, pl_json_get(pl_json_at(rows, i), "values"));
        struct pl_rng rng;
        pl_rng_init(&rng, 7, "permutation");
        double drawn = pl_stats_sign_flip(values, count, &rng);
        double error = sqrt(exact * (1.0 - exact) / PL_SIGN_FLIP_RESAMPLES);
        PL_CHECK(fabs(drawn - exact) < 4.0 * error + 1.0 / PL_SIGN_FLIP_RESAMPLES);
        PL_CHECK_NEAR(pl_stats_sign_flip_exact(values, count), exact, 1e-15);
    }
    pl_json_destroy(golden);
}

static void test_compare__smallest_p_is_known(void) {
    double values[40];
    for (size_t i = 0; i < 40; i++) values[i] = 1.0 + 0.01 * (double)i;
    for (size_t n = 1; n <= 14; n++)
        PL_CHECK(pl_stats_sign_flip(values, n, NULL) == ldexp(1.0, 1 - (int)n));
    struct pl_rng rng;
    pl_rng_init(&rng, 1, "permutation");
    PL_CHECK(pl_stats_sign_flip(values, 40, &rng) == 1.0 / (PL_SIGN_FLIP_RESAMPLES + 1.0));
    PL_CHECK(pl_stats_sign_flip_least(8) == 0.0078125);
    PL_CHECK(pl_stats_sign_flip_least(14) == ldexp(1.0, -13));
    PL_CHECK(pl_stats_sign_flip_least(15) == 1.0 / (PL_SIGN_FLIP_RESAMPLES + 1.0));
}

static void test_compare__nothing_and_no_difference(void) {
    double zeros[20] = {0};
    struct pl_rng rng;
    pl_rng_init(&rng, 1, "permutation");
    PL_CHECK(isnan(pl_stats_sign_flip(zeros, 0, NULL)));
    PL_CHECK(pl_stats_sign_flip(zeros, 5, NULL) == 1.0);
    PL_CHECK(pl_stats_sign_flip(zeros, 20, &rng) == 1.0);
}

/* p depends neither on the order of the pairs, nor on which side is called first, nor on the unit. */
static void test_compare__sign_flip_invariants(void) {
    struct pl_rng rng;
    pl_rng_init(&rng, 3, "invariants");
    for (int trial = 0; trial < 50; trial++) {
        double values[11], turned[11];
        uint32_t order[11];
        for (size_t i = 0; i < 11; i++) values[i] = pl_rng_normal(&rng) + 0.4;
        pl_rng_permutation(&rng, order, 11);
        for (size_t i = 0; i < 11; i++) turned[i] = -1000.0 * values[order[i]];
        PL_CHECK(pl_stats_sign_flip(values, 11, NULL) == pl_stats_sign_flip(turned, 11, NULL));
    }
}

/* With no difference to find, p at or below .05 comes no oftener than .05 says. */
static void test_compare__sign_flip_keeps_its_level(void) {
    struct pl_rng rng;
    pl_rng_init(&rng, 5, "level");
    int rejected = 0, trials = 4000;
    for (int trial = 0; trial < trials; trial++) {
        double values[8];
        for (size_t i = 0; i < 8; i++) values[i] = pl_rng_normal(&rng);
        rejected += pl_stats_sign_flip(values, 8, NULL) <= 0.05;
    }
    double expected = 6.0 / 128.0; /* the greatest multiple of 2^-7 within .05 */
    PL_CHECK(fabs((double)rejected / trials - expected) <
             4.0 * sqrt(expected * (1 - expected) / trials));
}

static void test_compare__holm_agrees_with_statsmodels(void) {
    struct pl_json *golden = golden_load();
    const struct pl_json *rows = pl_json_get(golden, "holm");
    PL_CHECK_INT((long long)pl_json_count(rows), 5);
    for (size_t i = 0; i < pl_json_count(rows); i++) {
        double p[64], expected[64], adjusted[64];
        size_t count = golden_values(p, pl_json_get(pl_json_at(rows, i), "p"));
        golden_values(expected, pl_json_get(pl_json_at(rows, i), "adjusted"));
        pl_stats_holm(adjusted, p, count);
        for (size_t k = 0; k < count; k++) PL_CHECK_NEAR(adjusted[k], expected[k], 1e-14);
    }
    pl_json_destroy(golden);
}

static void test_compare__benjamini_hochberg_agrees_with_statsmodels(void) {
    struct pl_json *golden = golden_load();
    const struct pl_json *rows = pl_json_get(golden, "benjamini_hochberg");
    PL_CHECK_INT((long long)pl_json_count(rows), 5);
    for (size_t i = 0; i < pl_json_count(rows); i++) {
        double p[64], expected[64];
        size_t count = golden_values(p, pl_json_get(pl_json_at(rows, i), "p"));
        golden_values(expected, pl_json_get(pl_json_at(rows, i), "adjusted"));
        pl_stats_benjamini_hochberg(p, p, count);
        for (size_t k = 0; k < count; k++) PL_CHECK_NEAR(p[k], expected[k], 1e-14);
    }
    pl_json_destroy(golden);
}

static void test_compare__equivalence_agrees_with_statsmodels(void) {
    struct pl_json *golden = golden_load();
    const struct pl_json *rows = pl_json_get(golden, "equivalence");
    PL_CHECK_INT((long long)pl_json_count(rows), 4);
    for (size_t i = 0; i < pl_json_count(rows); i++) {
        const struct pl_json *row = pl_json_at(rows, i);
        double values[64];
        size_t count = golden_values(values, pl_json_get(row, "values"));
        struct pl_interval region = {golden_real(row, "low"), golden_real(row, "high")};
        struct pl_sample sample = pl_sample_seeds(values, count);
        struct pl_equivalence found;
        PL_REQUIRE_OK(pl_stats_equivalence(&found, &sample, region));
        PL_CHECK_NEAR(found.p, golden_real(row, "p"), 1e-10);
        PL_CHECK_NEAR(found.p_low, golden_real(row, "p_low"), 1e-10);
        PL_CHECK_NEAR(found.p_high, golden_real(row, "p_high"), 1e-10);
    }
    pl_json_destroy(golden);
}

/* p <= alpha exactly when the interval of confidence 1 - 2 alpha lies within the region. */
static void test_compare__equivalence_is_the_interval_within(void) {
    struct pl_rng rng;
    int inside = 0;
    pl_rng_init(&rng, 3, "equivalence");
    for (int trial = 0; trial < 500; trial++) {
        double values[6];
        for (size_t i = 0; i < 6; i++) values[i] = 0.01 + 0.015 * pl_rng_normal(&rng);
        struct pl_sample sample = pl_sample_seeds(values, 6);
        struct pl_interval region = {-0.03, 0.03}, t = pl_stats_t_interval(values, 6, 0.95);
        struct pl_equivalence found;
        PL_REQUIRE_OK(pl_stats_equivalence(&found, &sample, region));
        bool within = t.low >= region.low && t.high <= region.high;
        PL_CHECK((found.p <= 0.025) == within);
        inside += within;
    }
    PL_CHECK(inside > 50 && inside < 450);
}

static void test_compare__equivalence_edges(void) {
    double same[3] = {0.01, 0.01, 0.01};
    struct pl_sample sample = pl_sample_seeds(same, 3);
    struct pl_equivalence found;
    PL_REQUIRE_OK(pl_stats_equivalence(&found, &sample, (struct pl_interval){-0.02, 0.02}));
    PL_CHECK(found.p == 0.0);
    PL_REQUIRE_OK(pl_stats_equivalence(&found, &sample, (struct pl_interval){-0.02, 0.005}));
    PL_CHECK(found.p == 1.0);
    PL_CHECK_FAILS(pl_stats_equivalence(&found, &sample, (struct pl_interval){0.02, 0.02}),
                   PL_EMISMATCH, "is empty");
    sample = pl_sample_seeds(same, 1);
    PL_REQUIRE_OK(pl_stats_equivalence(&found, &sample, (struct pl_interval){-0.02, 0.02}));
    PL_CHECK(isnan(found.p));
}

static void test_compare__improvement_agrees_with_scipy(void) {
    struct pl_json *golden = golden_load();
    const struct pl_json *rows = pl_json_get(golden, "improvement");
    PL_CHECK_INT((long long)pl_json_count(rows), 3);
    for (size_t i = 0; i < pl_json_count(rows); i++) {
        const struct pl_json *row = pl_json_at(rows, i);
        double a[64], b[64], found, turned;
        size_t blocks = (size_t)golden_real(row, "blocks");
        struct pl_sample left =
            pl_sample_blocks(a, golden_values(a, pl_json_get(row, "a")) / blocks, blocks);
        struct pl_sample right =
            pl_sample_blocks(b, golden_values(b, pl_json_get(row, "b")) / blocks, blocks);
        PL_REQUIRE_OK(pl_stats_improvement(&found, &left, &right));
        PL_REQUIRE_OK(pl_stats_improvement(&turned, &right, &left));
        PL_CHECK_NEAR(found, golden_real(row, "p"), 1e-14);
        PL_CHECK_NEAR(found + turned, 1.0, 1e-14);
    }
    double lost[2] = {INFINITY, INFINITY}, found;
    struct pl_sample one = pl_sample_seeds(lost, 2), two = pl_sample_blocks(lost, 1, 2);
    PL_REQUIRE_OK(pl_stats_improvement(&found, &one, &one));
    PL_CHECK(found == 0.5); /* both diverged */
    PL_CHECK_FAILS(pl_stats_improvement(&found, &one, &two), PL_EMISMATCH, "block by block");
    pl_json_destroy(golden);
}

static void test_compare__holm_leaves_missing_out(void) {
    double p[] = {0.01, NAN, 0.03}, q[] = {0.01, NAN, 0.03};
    pl_stats_benjamini_hochberg(q, q, 3);
    PL_CHECK_NEAR(q[0], 0.02, 1e-15);
    PL_CHECK(isnan(q[1]) && q[2] == 0.03);
    pl_stats_holm(p, p, 3);
    PL_CHECK_NEAR(p[0], 0.02, 1e-15);
    PL_CHECK(isnan(p[1]));
    PL_CHECK_NEAR(p[2], 0.03, 1e-15);
}

/* The table of seeds a design needs: comparisons , seeds at .05. */
static void test_compare__seeds_needed(void) {
    PL_CHECK_INT((long long)pl_stats_seeds_needed(1, 0.05), 6);
    PL_CHECK_INT((long long)pl_stats_seeds_needed(5, 0.05), 8);
    PL_CHECK_INT((long long)pl_stats_seeds_needed(15, 0.05), 10);
    PL_CHECK_INT((long long)pl_stats_seeds_needed(25, 0.05), 10);
    PL_CHECK_INT((long long)pl_stats_seeds_needed(44, 0.05), 11);
    PL_CHECK_INT((long long)pl_stats_seeds_needed(132, 0.05), 13);
}

/* One block is the plain test; two with the same numbers are one; NaN is no number, zeros are never told. */
static void test_compare__sign_flip_of_several_means(void) {
    static const double d[] = {.3, .1, .2, -.1, .25, .4};
    double two[12], three[18], p[3];
    struct pl_sample one = pl_sample_blocks(d, 6, 1);
    pl_stats_sign_flip_max(p, &one, NULL);
    PL_CHECK(p[0] == pl_stats_sign_flip_exact(d, 6));
    for (size_t s = 0; s < 6; s++) two[2 * s] = d[s], two[2 * s + 1] = -100.0 * d[s];
    struct pl_sample pair = pl_sample_blocks(two, 6, 2);
    pl_stats_sign_flip_max(p, &pair, NULL);
    PL_CHECK(p[0] == pl_stats_sign_flip_exact(d, 6) && p[1] == p[0]);
    /* by hand: block 0 is 1, 1, 1 and reaches 3 / sqrt 3 in 1 of 4 patterns alone; block 1 is 3, 1, -1 */
    static const double hand[] = {1, 3, 1, 1, 1, -1};
    struct pl_sample small = pl_sample_blocks(hand, 3, 2);
    pl_stats_sign_flip_max(p, &small, NULL);
    PL_CHECK(p[0] == 0.25); /* |3 +- 1 +- 1| / sqrt 11 is 1.51 at most, below 1.73 */
    PL_CHECK(p[1] == 0.75); /* 3 / sqrt 11: not reached in (3, -1, -1): 1 / sqrt 11, 1 / sqrt 3 */
    for (size_t s = 0; s < 6; s++)
        three[3 * s] = d[s], three[3 * s + 1] = 0.0, three[3 * s + 2] = s ? NAN : 1.0;
    struct pl_sample gaps = pl_sample_blocks(three, 6, 3);
    pl_stats_sign_flip_max(p, &gaps, NULL);
    PL_CHECK(p[1] == 1.0 && p[2] == 1.0);
    PL_CHECK(p[0] < 0.2);
}

/* Drawn patterns agree with all of them. */
static void test_compare__sign_flip_of_several_means_drawn(void) {
    double values[15 * 3], p[3];
    struct pl_rng rng;
    pl_rng_init(&rng, 3, "several");
    for (size_t i = 0; i < 45; i++) values[i] = pl_rng_normal(&rng) + (i % 3 == 0 ? 0.7 : 0.0);
    struct pl_sample table = pl_sample_blocks(values, 15, 3);
    pl_stats_sign_flip_max(p, &table, &rng);
    size_t reached = 0;
    double z[45], thresholds = 0.0;
    for (size_t c = 0; c < 3; c++) {
        double squares = 0.0, sum = 0.0;
        for (size_t s = 0; s < 15; s++) squares += values[3 * s + c] * values[3 * s + c];
        for (size_t s = 0; s < 15; s++) sum += z[3 * s + c] = values[3 * s + c] / sqrt(squares);
        if (c == 0) thresholds = fabs(sum) - 1e-9;
    }
    for (unsigned b = 0; b < 1u << 15; b++) {
        bool any = false;
        for (size_t c = 0; c < 3; c++) {
            double sum = 0.0;
            for (size_t s = 0; s < 15; s++) sum += (b >> s) & 1 ? -z[3 * s + c] : z[3 * s + c];
            any = any || fabs(sum) >= thresholds;
        }
        reached += any;
    }
    double exact = (double)reached / 32768.0;
    PL_CHECK_NEAR(p[0], exact, 5.0 * sqrt(exact / PL_SIGN_FLIP_MAX_RESAMPLES));
}

const struct pl_test pl_suite_compare[] = {
    {"exact_sign_flip_agrees_with_scipy", test_compare__exact_sign_flip_agrees_with_scipy},
    {"drawn_patterns_agree_with_all_of_them", test_compare__drawn_patterns_agree_with_all_of_them},
    {"smallest_p_is_known", test_compare__smallest_p_is_known},
    {"nothing_and_no_difference", test_compare__nothing_and_no_difference},
    {"sign_flip_invariants", test_compare__sign_flip_invariants},
    {"sign_flip_keeps_its_level", test_compare__sign_flip_keeps_its_level},
    {"holm_agrees_with_statsmodels", test_compare__holm_agrees_with_statsmodels},
    {"benjamini_hochberg_agrees_with_statsmodels",
     test_compare__benjamini_hochberg_agrees_with_statsmodels},
    {"equivalence_agrees_with_statsmodels", test_compare__equivalence_agrees_with_statsmodels},
    {"equivalence_is_the_interval_within", test_compare__equivalence_is_the_interval_within},
    {"equivalence_edges", test_compare__equivalence_edges},
    {"improvement_agrees_with_scipy", test_compare__improvement_agrees_with_scipy},
    {"holm_leaves_missing_out", test_compare__holm_leaves_missing_out},
    {"seeds_needed", test_compare__seeds_needed},
    {"sign_flip_of_several_means", test_compare__sign_flip_of_several_means},
    {"sign_flip_of_several_means_drawn", test_compare__sign_flip_of_several_means_drawn},
    {0}};
