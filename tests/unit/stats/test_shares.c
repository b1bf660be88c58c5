#include "core/stats/shares.h"

#include <math.h>

#include "core/base/rng.h"
#include "tests/support/support.h"

#define FACTORS 4

static const size_t counts[FACTORS] = {2, 3, 2, 4};

/* A world whose shares are known: y = a x_0 + b x_1 + c x_0 x_2 + noise, with x_0 and x_2 of -1, 1 and x_1 of
 * -1, 0, 1 (variance 2/3), all equally likely; factor 3 does nothing. */
static double a = 1, b = 1.5, c = 0.8;

static double true_variance(void) {
    return a * a + b * b * 2 / 3 + c * c;
}

static void draw(struct pl_rng *rng, size_t n, double sigma, double *y, double *variances,
                 size_t *levels) {
    for (size_t r = 0; r < n; r++) {
        size_t *level = levels + r * FACTORS;
        for (size_t f = 0; f < FACTORS; f++) level[f] = (size_t)pl_rng_below(rng, counts[f]);
        double x0 = level[0] ? 1 : -1, x1 = (double)level[1] - 1, x2 = level[2] ? 1 : -1;
        y[r] = 3 + a * x0 + b * x1 + c * x0 * x2 + sigma * pl_rng_normal(rng);
        variances[r] = sigma * sigma;
    }
}

/* Means over worlds find the truth, and about 95 % of the intervals have it in them. */
static void test_shares__worlds_with_known_answers(void) {
    enum { N = 120, WORLDS = 300 };
    static double y[N], variances[N];
    static size_t levels[N * FACTORS];
    double truths[4] = {a * a, b * b * 2 / 3, c * c, 0}, sums[4] = {0};
    size_t inside[4] = {0};
    struct pl_rng rng;
    pl_rng_init(&rng, 1, "shares");
    for (size_t w = 0; w < WORLDS; w++) {
        struct pl_arena arena = {0};
        struct pl_shares shares;
        draw(&rng, N, 0.7, y, variances, levels);
        pl_stats_shares(&shares, &(struct pl_effects){y, variances, levels, counts, N, FACTORS},
                        0.95, &arena);
        struct pl_share found[4] = {shares.alone[0], shares.alone[1], shares.pairs[0 * FACTORS + 2],
                                    shares.alone[3]};
        for (size_t k = 0; k < 4; k++) {
            double truth = truths[k] / true_variance();
            sums[k] += found[k].value / WORLDS;
            inside[k] += found[k].interval.low <= truth && truth <= found[k].interval.high;
        }
        pl_arena_finish(&arena);
    }
    for (size_t k = 0; k < 4; k++) {
        PL_CHECK_NEAR(sums[k], truths[k] / true_variance(), 0.01);
        PL_CHECK(inside[k] >= WORLDS * 91 / 100); /* 4 standard errors of 300 worlds below .95 */
    }
}

/* Two factors of two levels, one reading a cell four times over, without noise: by hand. */
static void test_shares__by_hand(void) {
    static const size_t two[] = {2, 2};
    double y[16], variances[16] = {0};
    size_t levels[32];
    struct pl_arena arena = {0};
    struct pl_shares shares;
    for (size_t r = 0; r < 16; r++) {
        levels[2 * r] = r & 1;
        levels[2 * r + 1] = r >> 1 & 1;
        y[r] = (r & 1 ? 2 : -2) + (r >> 1 & 1 ? 1 : -1);
    }
    pl_stats_shares(&shares, &(struct pl_effects){y, variances, levels, two, 16, 2}, 0.95, &arena);
    PL_CHECK_NEAR(shares.variance, 16 * 5 / 15.0, 1e-12);
    /* between 64, within 16 on 14 degrees of freedom; between 16, within 64 */
    PL_CHECK_NEAR(shares.alone[0].value, (64 - 16 / 14.0) / 16 / (80 / 15.0), 1e-12);
    PL_CHECK_NEAR(shares.alone[1].value, (16 - 64 / 14.0) / 16 / (80 / 15.0), 1e-12);
    PL_CHECK_NEAR(shares.pairs[1].value,
                  (80.0 / 16 - (64 - 16 / 14.0) / 16 - (16 - 64 / 14.0) / 16) / (80 / 15.0), 1e-12);
    PL_CHECK_NEAR(shares.noise, 0, 0);
    pl_arena_finish(&arena);
}

static void test_shares__nothing_to_explain(void) {
    double y[16] = {0}, variances[16];
    size_t levels[32] = {0};
    static const size_t two[] = {2, 2};
    struct pl_arena arena = {0};
    struct pl_shares shares;
    for (size_t r = 0; r < 16; r++) {
        levels[2 * r] = r & 1;
        variances[r] = 1;
    }
    pl_stats_shares(&shares, &(struct pl_effects){y, variances, levels, two, 16, 2}, 0.95, &arena);
    PL_CHECK(isnan(shares.alone[0].value));
    PL_CHECK(!pl_interval_exists(shares.alone[0].interval));
    pl_stats_shares(&shares, &(struct pl_effects){y, variances, levels, two, 1, 2}, 0.95, &arena);
    PL_CHECK(isnan(shares.variance) && isnan(shares.pairs[1].value));
    pl_arena_finish(&arena);
}

const struct pl_test pl_suite_shares[] = {
    {"worlds_with_known_answers", test_shares__worlds_with_known_answers},
    {"by_hand", test_shares__by_hand},
    {"nothing_to_explain", test_shares__nothing_to_explain},
    {0}};
