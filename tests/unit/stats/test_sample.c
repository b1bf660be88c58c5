#include "core/stats/sample.h"

#include "core/stats/bootstrap.h"
#include "core/stats/compare.h"
#include "core/stats/ranks.h"
#include "core/stats/signed_rank.h"
#include "tests/unit/stats/golden.h"

static const double numbers[24] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

static void test_sample__shapes_are_what_was_said(void) {
    struct pl_sample sample = pl_sample_entries(numbers, 2, 3, 4);
    PL_CHECK_INT((long long)pl_sample_row(&sample), 12);
    PL_CHECK_INT((long long)pl_sample_count(&sample), 24);
    sample = pl_sample_seeds(numbers, 5);
    PL_CHECK_INT((long long)pl_sample_row(&sample), 1);
    PL_REQUIRE_OK(pl_sample_check(&sample, "a test", PL_SAMPLE_NONE, PL_SAMPLE_NONE, false));
    PL_REQUIRE_OK(pl_sample_check(&sample, "a test", PL_SAMPLE_BLOCK, PL_SAMPLE_NONE, false));
    sample = pl_sample_blocks(numbers, 5, 2);
    PL_REQUIRE_OK(pl_sample_check(&sample, "a test", PL_SAMPLE_BLOCK, PL_SAMPLE_NONE, false));
}

/* A table that has blocks where seeds should stand is refused by everything that takes units. */
static void test_sample__the_wrong_axis_is_refused(void) {
    struct pl_sample turned = pl_sample_blocks(numbers, 3, 4), blocks = turned;
    turned.axes[0] = PL_SAMPLE_BLOCK;
    turned.axes[1] = PL_SAMPLE_SEED;
    struct pl_bootstrap how = {pl_statistic_mean, NULL, 0.95, 10};
    struct pl_interval interval, region = {-1, 1};
    struct pl_rng rng;
    struct pl_signed_rank rank;
    struct pl_equivalence equivalence;
    struct pl_friedman friedman;
    double out;
    pl_rng_init(&rng, 1, "refused");
    PL_CHECK_FAILS(pl_stats_bootstrap(&interval, NULL, &turned, &how, &rng), PL_EMISMATCH,
                   "the bootstrap takes numbers as [seed][block], for the seed alone is an "
                   "independent unit; these are [block][seed]");
    PL_CHECK(!pl_interval_exists(interval));
    PL_CHECK_FAILS(pl_stats_improvement(&out, &blocks, &turned), PL_EMISMATCH, "[block][seed]");
    PL_CHECK_FAILS(pl_stats_friedman(&friedman, NULL, &blocks, 0.05), PL_EMISMATCH,
                   "Friedman's test takes numbers as [seed][entry]");
    PL_CHECK_FAILS(pl_stats_signed_rank(&rank, &blocks), PL_EMISMATCH, "as [seed],");
    PL_CHECK_FAILS(pl_stats_hodges_lehmann(&out, &blocks), PL_EMISMATCH, "as [seed],");
    PL_CHECK_FAILS(pl_stats_equivalence(&equivalence, &blocks, region), PL_EMISMATCH, "as [seed],");
    PL_CHECK_FAILS(pl_stats_mean_rank(&out, &interval, &blocks, 0.95, 10, &rng), PL_EMISMATCH,
                   "as [seed][block][entry]");
}

static void test_sample__missing_and_infinite_numbers_are_named(void) {
    double values[6] = {1, 2, 3, NAN, 5, INFINITY};
    struct pl_sample sample = pl_sample_blocks(values, 3, 2);
    PL_CHECK_FAILS(pl_sample_check(&sample, "a test", PL_SAMPLE_BLOCK, PL_SAMPLE_NONE, true),
                   PL_EMISMATCH, "number 1 of seed 1 (both from 0) is missing");
    values[3] = 4;
    PL_REQUIRE_OK(pl_sample_check(&sample, "a test", PL_SAMPLE_BLOCK, PL_SAMPLE_NONE, true));
    PL_CHECK_FAILS(pl_sample_check(&sample, "a test", PL_SAMPLE_BLOCK, PL_SAMPLE_NONE, false),
                   PL_EMISMATCH, "number 1 of seed 2 (both from 0) is infinite");
}

const struct pl_test pl_suite_sample[] = {
    {"shapes_are_what_was_said", test_sample__shapes_are_what_was_said},
    {"the_wrong_axis_is_refused", test_sample__the_wrong_axis_is_refused},
    {"missing_and_infinite_numbers_are_named", test_sample__missing_and_infinite_numbers_are_named},
    {0}};
