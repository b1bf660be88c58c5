#include "experiments/evidence/noise.h"

#include "core/stats/compare.h"
#include "core/stats/power.h"
#include "core/stats/summary.h"
#include "tests/unit/evidence/made_study.h"

static const char *const labels[] = {"standard", "b", "c"};
static const double wanted[] = {1.05, 1.2};

/* Log losses of the baseline, and what b adds to them; c adds the same to every seed. */
static const double base[] = {-1.0, -1.2, -0.9, -1.1, -1.05, -0.95};
static const double added[] = {0.02, -0.01, 0.04, 0.0, 0.03, 0.01};

static void make(struct made_study *study) {
    made_study_init(study, labels, 3, 6);
    made_study_expand(study);
    for (size_t s = 0; s < 6; s++) {
        made_study_done(study, 0, 0, s, exp(base[s]));
        made_study_done(study, 0, 1, s, exp(base[s] + added[s]));
        made_study_done(study, 0, 2, s, exp(base[s] + 0.5));
    }
}

/* SciPy: t.ppf(.975, 10), t.ppf(.975, 2), chi2.ppf(.975, 5) */
#define T10  2.2281388519649385
#define T2   4.302652729911275
#define CHI5 12.832501994030027

static void test_noise__a_a_is_one_half_against_the_other(void) {
    struct made_study study;
    struct pl_noise noise;
    make(&study);
    pl_noise_make(&noise, made_study_analyse(&study, NULL), wanted, 2);
    const struct pl_noise_point *p = &noise.points[0];
    double sd = pl_stats_sd(base, 6);
    PL_CHECK_INT((long long)p->seeds, 6);
    PL_CHECK_NEAR(p->sd, sd, 1e-12);
    PL_CHECK_NEAR(p->sd_interval.low, sd * sqrt(5.0 / CHI5), 1e-10);
    PL_CHECK_NEAR(p->floor, exp(T10 * sd * sqrt(2.0 / 6.0)), 1e-10);
    /* -1, -1.2, -.9 less -1.1, -1.05, -.95: .1, -.15, .05 */
    PL_CHECK_INT((long long)p->pairs, 3);
    PL_CHECK_NEAR(p->ratio, 1.0, 1e-12);
    PL_CHECK_NEAR(p->interval.high, exp(T2 * sqrt(0.0175) / sqrt(3.0)), 1e-10);
    PL_CHECK(p->p == 1.0);
    pl_noise_finish(&noise);
    made_study_finish(&study);
}

static void test_noise__seeds_follow_from_the_spread(void) {
    struct made_study study;
    struct pl_noise noise;
    make(&study);
    pl_noise_make(&noise, made_study_analyse(&study, NULL), wanted, 2);
    PL_CHECK_INT((long long)noise.comparisons, 2);
    PL_CHECK_NEAR(noise.level, 0.025, 1e-15);
    PL_CHECK_INT((long long)noise.least, (long long)pl_stats_seeds_needed(2, 0.05));
    PL_REQUIRE(noise.row_count == 2);
    double sd = pl_stats_sd(added, 6);
    for (size_t d = 0; d < 2; d++) {
        size_t planned = pl_stats_t_seeds(log(wanted[d]) / sd, 0.025, 0.8);
        size_t expected = planned > noise.least ? planned : noise.least;
        PL_CHECK_INT((long long)noise.rows[0].seeds[d], (long long)expected);
        PL_CHECK(noise.rows[1].seeds[d] == noise.least); /* no spread */
    }
    PL_CHECK_NEAR(noise.rows[0].sd, sd, 1e-12);
    PL_CHECK(noise.rows[1].sd < 1e-12);
    pl_noise_finish(&noise);
    made_study_finish(&study);
}

/* What diverged or is missing gives no number, and one seed no spread. */
static void test_noise__holes(void) {
    struct made_study study;
    struct pl_noise noise;
    make(&study);
    made_study_diverged(&study, 0, 0, 0);
    made_study_failed(&study, 0, 1, 1, "killed");
    for (size_t s = 1; s < 6; s++) made_study_set(&study, 0, 2, s, PL_PENDING, "");
    pl_noise_make(&noise, made_study_analyse(&study, NULL), wanted, 2);
    PL_CHECK(noise.points[0].seeds == 5 && noise.points[0].diverged == 1);
    PL_CHECK_INT((long long)noise.points[0].pairs, 2);
    PL_CHECK(noise.rows[0].pairs == 4 && noise.rows[0].diverged == 1);
    PL_CHECK(noise.rows[1].pairs == 0 && isnan(noise.rows[1].sd));
    PL_CHECK(noise.rows[1].seeds[0] == PL_NO_SEEDS);
    pl_noise_finish(&noise);
    made_study_finish(&study);
    pl_noise_finish(NULL);
}

/* Where a study selects, the noise is that of the chosen runs. */
static void test_noise__speaks_of_what_was_chosen(void) {
    static const char *rates[] = {"0.01", "0.1"};
    struct made_study study;
    struct pl_noise noise;
    made_study_init(&study, labels, 2, 6);
    made_study_axis(&study, "train.lr", rates, 2);
    study.experiment.select = (struct pl_select){"train.lr", "valid_loss"};
    made_study_expand(&study);
    for (size_t s = 0; s < 6; s++)
        for (size_t e = 0; e < 2; e++)
            for (size_t p = 0; p < 2; p++)
                made_study_valid(&study, p, e, s, exp(p == 1 ? base[s] : 5.0 * base[s]),
                                 p == 1 ? 0.1 : 0.9);
    pl_noise_make(&noise, made_study_analyse(&study, NULL), wanted, 2);
    PL_CHECK_INT((long long)noise.analysis->point_count, 1);
    PL_CHECK_NEAR(noise.points[0].sd, pl_stats_sd(base, 6), 1e-12);
    pl_noise_finish(&noise);
    made_study_finish(&study);
}

const struct pl_test pl_suite_noise[] = {
    {"a_a_is_one_half_against_the_other", test_noise__a_a_is_one_half_against_the_other},
    {"seeds_follow_from_the_spread", test_noise__seeds_follow_from_the_spread},
    {"holes", test_noise__holes},
    {"speaks_of_what_was_chosen", test_noise__speaks_of_what_was_chosen},
    {0}};
