#include "core/stats/crossing.h"

#include "core/base/rng.h"
#include "core/stats/summary.h"
#include "tests/unit/stats/golden.h"

/* An end as JSON has it: absent means beyond the range. */
static void check_end(double found, const struct pl_json *row, const char *name, double beyond) {
    double expected = golden_real(row, name);
    PL_CHECK(isnan(expected) ? found == beyond : fabs(found - expected) <= 1e-10);
}

static void check_row(const struct pl_json *row) {
    double x[64], means[64], values[128];
    size_t places = golden_values(x, pl_json_get(row, "x"));
    const struct pl_json *table = pl_json_get(row, "values");
    size_t count = pl_json_count(table), from = 0;
    PL_REQUIRE(count <= 128);
    for (size_t i = 0; i < count; i++) values[i] = pl_json_as_real(pl_json_at(table, i), NAN);
    struct pl_sample curves = pl_sample_blocks(values, count / places, places);
    struct pl_crossing found;
    bool seen = false;
    pl_stats_mean_curve(means, &curves);
    while (pl_stats_next_crossing(&found, &from, x, means, places)) {
        if (fabs(found.at - golden_real(row, "at")) > 1e-10) continue;
        struct pl_interval interval = pl_stats_crossing_interval(x, &curves, found.at, 0.95);
        PL_CHECK(found.falling == pl_json_as_bool(pl_json_get(row, "falling"), !found.falling));
        check_end(interval.low, row, "low", -INFINITY);
        check_end(interval.high, row, "high", INFINITY);
        seen = true;
    }
    PL_CHECK(seen);
}

static void test_crossing__intervals_agree_with_scipy(void) {
    struct pl_json *golden = golden_load();
    const struct pl_json *rows = pl_json_get(golden, "crossing");
    PL_REQUIRE(pl_json_count(rows) >= 6);
    for (size_t i = 0; i < pl_json_count(rows); i++) check_row(pl_json_at(rows, i));
    pl_json_destroy(golden);
}

/* Two places and curves that differ by a constant: t's interval of the level, read off the line. */
static void test_crossing__parallel_lines_give_the_t_interval(void) {
    static const double x[2] = {1.0, 3.0}, shifts[5] = {-0.3, 0.1, 0.0, 0.25, 0.05};
    double values[10];
    for (size_t s = 0; s < 5; s++) {
        values[2 * s] = 1.0 + shifts[s];
        values[2 * s + 1] = -1.0 + shifts[s];
    }
    struct pl_sample curves = pl_sample_blocks(values, 5, 2);
    struct pl_interval level = pl_stats_t_interval(shifts, 5, 0.95);
    double at = 2.0 + pl_stats_mean(shifts, 5);
    struct pl_interval found = pl_stats_crossing_interval(x, &curves, at, 0.95);
    PL_CHECK_NEAR(found.low, 2.0 + level.low, 1e-12);
    PL_CHECK_NEAR(found.high, 2.0 + level.high, 1e-12);
}

/* Whether the t interval of seven straight lines over 0, 1, 2, 3 has 0 in it at [at]. */
static bool silent_at(const double *values, double at) {
    double here[7];
    size_t i = at < 1.0 ? 0 : at < 2.0 ? 1 : 2;
    double w = at - (double)i;
    for (size_t s = 0; s < 7; s++)
        here[s] = (1.0 - w) * values[4 * s + i] + w * values[4 * s + i + 1];
    struct pl_interval t = pl_stats_t_interval(here, 7, 0.95);
    return t.low <= 1e-12 && t.high >= -1e-12;
}

/* The set is what the test says, place by place: no |t| above the critical value inside, and just beyond
 * an end there is one. */
static void test_crossing__the_set_is_where_the_test_is_silent(void) {
    struct pl_rng rng;
    pl_rng_init(&rng, 5, "crossing");
    static const double x[4] = {0.0, 1.0, 2.0, 3.0};
    for (int trial = 0; trial < 200; trial++) {
        double values[28], means[4];
        for (size_t s = 0; s < 7; s++)
            for (size_t i = 0; i < 4; i++)
                values[4 * s + i] = x[i] - 1.4 + 0.9 * pl_rng_normal(&rng);
        struct pl_sample curves = pl_sample_blocks(values, 7, 4);
        struct pl_crossing found;
        size_t from = 0;
        pl_stats_mean_curve(means, &curves);
        if (!pl_stats_next_crossing(&found, &from, x, means, 4)) continue;
        struct pl_interval set = pl_stats_crossing_interval(x, &curves, found.at, 0.95);
        PL_CHECK(set.low <= found.at && found.at <= set.high);
        for (int k = 0; k <= 300; k++)
            if (0.01 * k >= set.low && 0.01 * k <= set.high) PL_CHECK(silent_at(values, 0.01 * k));
        if (isfinite(set.low)) PL_CHECK(!silent_at(values, set.low - 1e-6));
        if (isfinite(set.high)) PL_CHECK(!silent_at(values, set.high + 1e-6));
    }
}

static void test_crossing__edges(void) {
    static const double x[3] = {0.0, 1.0, 2.0};
    double same[6] = {1.0, -1.0, -3.0, 1.0, -1.0, -3.0};
    struct pl_sample curves = pl_sample_blocks(same, 2, 3);
    struct pl_interval found = pl_stats_crossing_interval(x, &curves, 0.5, 0.95);
    PL_CHECK(found.low == 0.5 && found.high == 0.5); /* no spread, no doubt */
    curves = pl_sample_blocks(same, 1, 3);
    PL_CHECK(!pl_interval_exists(pl_stats_crossing_interval(x, &curves, 0.5, 0.95)));
    double wild[6] = {50.0, -1.0, 40.0, -45.0, -1.0, -60.0};
    curves = pl_sample_blocks(wild, 2, 3);
    found = pl_stats_crossing_interval(x, &curves, 0.7, 0.95);
    PL_CHECK(found.low == -INFINITY); /* nothing is known at 0 */
    double means[3];
    double holes[6] = {NAN, 2.0, NAN, NAN, 4.0, 1.0};
    curves = pl_sample_blocks(holes, 2, 3);
    pl_stats_mean_curve(means, &curves);
    PL_CHECK(isnan(means[0]) && means[1] == 3.0 && means[2] == 1.0);
}

const struct pl_test pl_suite_crossing[] = {
    {"intervals_agree_with_scipy", test_crossing__intervals_agree_with_scipy},
    {"parallel_lines_give_the_t_interval", test_crossing__parallel_lines_give_the_t_interval},
    {"the_set_is_where_the_test_is_silent", test_crossing__the_set_is_where_the_test_is_silent},
    {"edges", test_crossing__edges},
    {0}};
