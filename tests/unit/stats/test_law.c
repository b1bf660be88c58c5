#include "core/stats/law.h"

#include "core/base/rng.h"
#include "tests/unit/stats/golden.h"

static void test_law__fits_agree_with_scipy(void) {
    struct pl_json *golden = golden_load();
    const struct pl_json *rows = pl_json_get(golden, "law");
    size_t offsets = 0;
    PL_REQUIRE(pl_json_count(rows) >= 6);
    for (size_t i = 0; i < pl_json_count(rows); i++) {
        const struct pl_json *row = pl_json_at(rows, i);
        double x[64], y[64];
        size_t count = golden_values(x, pl_json_get(row, "x"));
        golden_values(y, pl_json_get(row, "y"));
        struct pl_law line = pl_stats_power_law(x, y, count);
        PL_CHECK_NEAR(line.b, golden_real(row, "b"), 1e-10);
        PL_CHECK_NEAR(line.log_a, golden_real(row, "log_a"), 1e-10);
        PL_CHECK_NEAR(line.residual, golden_real(row, "residual"), 1e-10);
        PL_CHECK(line.c == 0.0);
        struct pl_law offset = pl_stats_offset_law(x, y, count, NULL);
        if (count < 4) {
            PL_CHECK(isnan(offset.b));
            continue;
        }
        if (isnan(golden_real(row, "offset_c"))) {
            PL_CHECK(offset.c < 1e-6 && offset.residual <= line.residual);
            continue;
        }
        offsets++; /* an iteration: as near as the two agree where to stop */
        PL_CHECK_NEAR(offset.residual, golden_real(row, "offset_residual"), 1e-9);
        PL_CHECK_NEAR(offset.b, golden_real(row, "offset_b"), 1e-5);
        PL_CHECK_NEAR(offset.c, golden_real(row, "offset_c"), 1e-5);
    }
    PL_CHECK(offsets >= 3);
    pl_json_destroy(golden);
}

/* Five points of an exact law, in units of FLOPs: both fits give it back. */
static void test_law__exact_laws_come_back(void) {
    double x[5], y[5], z[5];
    for (int k = 0; k < 5; k++) {
        x[k] = log(3e9) + k * log(4.0);
        y[k] = log(250.0) - 0.31 * x[k];
        z[k] = log(exp(y[k]) + 0.08);
    }
    struct pl_law line = pl_stats_power_law(x, y, 5), offset = pl_stats_offset_law(x, z, 5, NULL);
    PL_CHECK_NEAR(line.b, 0.31, 1e-12);
    PL_CHECK_NEAR(line.log_a, log(250.0), 1e-12);
    PL_CHECK_NEAR(offset.b, 0.31, 1e-6);
    PL_CHECK_NEAR(offset.c, 0.08, 1e-6);
    PL_CHECK(offset.residual < 1e-9);
    for (int k = 0; k < 5; k++) PL_CHECK_NEAR(pl_law_at(&offset, x[k]), z[k], 1e-8);
    struct pl_law again = pl_stats_offset_law(x, z, 5, &offset);
    PL_CHECK_NEAR(again.c, 0.08, 1e-6);
    offset = pl_stats_offset_law(x, y, 5, NULL);
    PL_CHECK(offset.c < 1e-6 && fabs(offset.b - 0.31) < 1e-4); /* nothing to take off */
}

/* A curve that bends the other way has no offset above 0; points in one place have no line. */
static void test_law__edges(void) {
    double x[5] = {0, 1, 2, 3, 4}, bent[5] = {0, -0.1, -0.4, -0.9, -1.6}, same[5] = {2, 2, 2, 2, 2};
    struct pl_law law = pl_stats_offset_law(x, bent, 5, NULL);
    PL_CHECK(law.c < 1e-6);
    PL_CHECK(isnan(pl_stats_power_law(same, bent, 5).b));
    PL_CHECK(isnan(pl_stats_power_law(x, bent, 1).b));
    PL_CHECK(isnan(pl_stats_offset_law(same, bent, 5, NULL).b));
    PL_CHECK(isnan(pl_stats_offset_law(x, bent, 3, NULL).b));
}

/* The fit is no worse than any law in its neighbourhood. */
static void test_law__nothing_near_fits_better(void) {
    struct pl_rng rng;
    pl_rng_init(&rng, 3, "law");
    for (int trial = 0; trial < 100; trial++) {
        double x[6], y[6];
        for (int k = 0; k < 6; k++) {
            x[k] = 20.0 + k;
            y[k] = log(exp(8.0 - 0.5 * x[k]) + 0.05) + 0.02 * pl_rng_normal(&rng);
        }
        struct pl_law law = pl_stats_offset_law(x, y, 6, NULL);
        for (int k = 0; k < 30; k++) {
            struct pl_law near = law;
            near.log_a += 1e-3 * pl_rng_normal(&rng);
            near.b += 1e-4 * pl_rng_normal(&rng);
            near.c *= exp(1e-2 * pl_rng_normal(&rng));
            double squares = 0.0;
            for (int i = 0; i < 6; i++) squares += pow(y[i] - pl_law_at(&near, x[i]), 2.0);
            PL_CHECK(sqrt(squares / 6.0) >= law.residual * (1.0 - 1e-9));
        }
    }
}

const struct pl_test pl_suite_law[] = {
    {"fits_agree_with_scipy", test_law__fits_agree_with_scipy},
    {"exact_laws_come_back", test_law__exact_laws_come_back},
    {"edges", test_law__edges},
    {"nothing_near_fits_better", test_law__nothing_near_fits_better},
    {0}};
