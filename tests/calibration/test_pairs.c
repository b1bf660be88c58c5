/* Calibration of single comparisons: see world.h. */
#include "core/stats/power.h"
#include "core/stats/summary.h"
#include "tests/calibration/world.h"

static const char *const noise_names[] = {"normal", "skewed", "heavy"};

/* ----------------------------------------------------------------------------- one comparison */

struct pair_row {
    enum noise noise;
    size_t seeds;
    bool cheap;
};

struct pair_counts {
    struct share t, z, bca, flip, rank, verdict;
};

/* What stands nowhere in the program: an interval that takes the spread of a handful for known. */
static struct pl_interval z_interval(const double *values, size_t count) {
    double mean = pl_stats_mean(values, count);
    double reach = 1.959963984540054 * pl_stats_sd(values, count) / sqrt((double)count);
    return (struct pl_interval){mean - reach, mean + reach};
}

static void count_pair(struct pair_counts *counts, const struct made_study *study,
                       const struct pl_comparison *c) {
    const struct pl_analysis *a = &study->analysis;
    size_t seeds = a->experiment->seed_count;
    double differences[32];
    for (size_t s = 0; s < seeds; s++)
        differences[s] =
            a->logs[(c->point * 2 + 1) * seeds + s] - a->logs[c->point * 2 * seeds + s];
    count_cover(&counts->t, c->interval, 1.0);
    count_cover(&counts->z, z_interval(differences, seeds), 0.0);
    count_cover(&counts->bca, c->bootstrap, 1.0);
    count(&counts->flip, c->p <= PL_ALPHA);
    count(&counts->rank, c->p_signed_rank <= PL_ALPHA);
    count(&counts->verdict, c->verdict == PL_BETTER || c->verdict == PL_WORSE);
}

static void check_pairs(const struct pair_row *row, const struct pair_counts *counts) {
    double size = sign_flip_size(row->seeds, PL_ALPHA);
    PL_CHECK(at_most(&counts->verdict, PL_ALPHA));
    PL_CHECK(at_least(&counts->bca, 0.8));
    if (row->noise != NOISE_NORMAL) return;
    PL_CHECK(agrees(&counts->t, PL_CONFIDENCE));
    PL_CHECK(agrees(&counts->flip, size));
    PL_CHECK(at_most(&counts->rank, PL_ALPHA));
    if (row->seeds == 6 && counts->z.trials > 1000)
        PL_CHECK(!agrees(&counts->z, PL_CONFIDENCE)); /* the check has teeth */
}

static void test_pairs__comparisons_are_right_as_often_as_they_say(void) {
    static const struct pair_row rows[] = {
        {NOISE_NORMAL, 5, false},  {NOISE_NORMAL, 6, true},   {NOISE_NORMAL, 8, false},
        {NOISE_NORMAL, 12, true},  {NOISE_NORMAL, 20, false}, {NOISE_SKEWED, 8, false},
        {NOISE_SKEWED, 12, false}, {NOISE_SKEWED, 20, false}, {NOISE_HEAVY, 8, false},
        {NOISE_HEAVY, 12, false},  {NOISE_HEAVY, 20, false}};
    if (in_full())
        printf(
            "\n| noise | seeds | trials | t covers | BCa covers | (z covers) | sign-flip p <= .05 "
            "| of | Wilcoxon p <= .05 | wrong verdict |\n"
            "| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |\n");
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        if (!rows[r].cheap && !in_full()) continue;
        struct world world = {2,    8,   rows[r].seeds, NULL, NULL,         1, rows[r].noise,
                              0.05, 0.0, 0.0,           0.0,  no_difference};
        struct pair_counts counts = {0};
        for (size_t i = 0; i < studies(160); i++) {
            struct made_study study;
            world_make(&world, i, &study);
            const struct pl_analysis *a = made_study_analyse(&study, NULL);
            for (size_t p = 0; p < world.points; p++)
                count_pair(&counts, &study, pl_analysis_comparison(a, p, 1));
            made_study_finish(&study);
        }
        check_pairs(&rows[r], &counts);
        if (in_full())
            printf("| %s | %zu | %zu | %s | %s | %s | %s | %.2f %% | %s | %s |\n",
                   noise_names[rows[r].noise], rows[r].seeds, counts.t.trials,
                   share_text(&counts.t), share_text(&counts.bca), share_text(&counts.z),
                   share_text(&counts.flip), 100.0 * sign_flip_size(rows[r].seeds, PL_ALPHA),
                   share_text(&counts.rank), share_text(&counts.verdict));
    }
}

/* --------------------------------------------------------------------------- shifts: what is seen */

static double shift_of_2_percent(size_t entry, double x) {
    (void)x;
    return entry == 1 ? log(PL_EQUIVALENCE_RATIO) : 0.0;
}

struct shift_row {
    double (*delta)(size_t, double);
    double sigma; /* of a run; a paired difference has sqrt(2) times that */
    size_t seeds;
    bool cheap;
};

static void test_pairs__shifts_are_seen(void) {
    static const struct shift_row rows[] = {
        {shift_of_5_percent, 0.020, 8, true},   {shift_of_5_percent, 0.030, 8, false},
        {shift_of_5_percent, 0.030, 12, false}, {shift_of_5_percent, 0.050, 12, false},
        {shift_of_5_percent, 0.050, 20, false}, {shift_of_2_percent, 0.004, 8, true},
        {shift_of_2_percent, 0.004, 20, false}};
    if (in_full())
        printf(
            "\n| true ratio | sd of a paired log difference | seeds | trials | t covers | better "
            "| (a t test) | worse | equivalent |\n"
            "| --: | --: | --: | --: | --: | --: | --: | --: | --: |\n");
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        if (!rows[r].cheap && !in_full()) continue;
        struct world world = {2,    8,   rows[r].seeds, NULL,
                              NULL, 1,   NOISE_NORMAL,  rows[r].sigma,
                              0.0,  0.0, 0.0,           rows[r].delta};
        struct share t = {0}, verdicts[4] = {{0}};
        double truth = exp(rows[r].delta(1, 0.0));
        for (size_t i = 0; i < studies(60); i++) {
            struct made_study study;
            world_make(&world, i, &study);
            const struct pl_analysis *a = made_study_analyse(&study, NULL);
            for (size_t p = 0; p < world.points; p++) {
                const struct pl_comparison *c = pl_analysis_comparison(a, p, 1);
                count_cover(&t, c->interval, truth);
                for (int v = 0; v < 4; v++) count(&verdicts[v], (int)c->verdict == v);
            }
            made_study_finish(&study);
        }
        PL_CHECK(agrees(&t, PL_CONFIDENCE));
        PL_CHECK(at_most(&verdicts[truth < 1.0 ? PL_WORSE : PL_BETTER], 0.025));
        if (truth > 1.0)
            PL_CHECK(at_most(&verdicts[PL_EQUIVALENT], 0.025)); /* at the region's edge */
        if (rows[r].cheap && truth < 1.0) PL_CHECK(at_least(&verdicts[PL_BETTER], 0.8));
        if (in_full())
            printf("| %.3f | %.4f | %zu | %zu | %s | %s | %.2f %% | %s | %s |\n", truth,
                   rows[r].sigma * sqrt(2.0), rows[r].seeds, t.trials, share_text(&t),
                   share_text(&verdicts[PL_BETTER]),
                   100.0 * pl_stats_t_power(rows[r].seeds, log(truth) / (rows[r].sigma * sqrt(2.0)),
                                            PL_ALPHA),
                   share_text(&verdicts[PL_WORSE]), share_text(&verdicts[PL_EQUIVALENT]));
    }
}

/* -------------------------------------------------- a mean of skewed numbers, and of two groups */

/* Of mean 0. Two groups: normal, and with the chance [upper] 6 higher. */
static double draw_number(struct pl_rng *rng, enum noise noise, double upper) {
    double number = draw_noise(rng, noise);
    return number + (pl_rng_uniform(rng) < upper ? 6.0 : 0.0) - 6.0 * upper;
}

static void test_pairs__intervals_of_a_mean(void) {
    static const struct {
        const char *name;
        enum noise noise;
        double upper, least; /* that skew_interval covers in every row */
    } worlds[] = {{"normal", NOISE_NORMAL, 0.0, 0.94},
                  {"exponential", NOISE_SKEWED, 0.0, 0.91},
                  {"two groups, 50 %", NOISE_NORMAL, 0.5, 0.92},
                  {"two groups, 30 %", NOISE_NORMAL, 0.3, 0.86},
                  {"two groups, 20 %", NOISE_NORMAL, 0.2, 0.83}};
    static const size_t seeds[] = {5, 8, 12, 20};
    if (in_full())
        printf("\n| world | t: 5 seeds | 8 | 12 | 20 | `skew_interval`: 5 seeds | 8 | 12 | 20 |\n"
               "| --- | --: | --: | --: | --: | --: | --: | --: | --: |\n");
    for (size_t w = 0; w < sizeof worlds / sizeof worlds[0]; w++) {
        struct share t[4] = {{0}}, skew[4] = {{0}};
        for (size_t k = 0; k < 4; k++) {
            struct pl_rng rng;
            pl_rng_init(&rng, 1000 * w + k, "calibration-mean");
            for (size_t i = 0; i < 40 * studies(50); i++) {
                double numbers[20];
                for (size_t s = 0; s < seeds[k]; s++)
                    numbers[s] = draw_number(&rng, worlds[w].noise, worlds[w].upper);
                count_cover(&t[k], pl_stats_t_interval(numbers, seeds[k], PL_CONFIDENCE), 0.0);
                count_cover(&skew[k], pl_stats_skew_interval(numbers, seeds[k], PL_CONFIDENCE),
                            0.0);
            }
            PL_CHECK(at_least(&skew[k], worlds[w].least));
            if (w == 0) PL_CHECK(agrees(&t[k], PL_CONFIDENCE));
        }
        if (in_full())
            printf("| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", worlds[w].name,
                   share_text(&t[0]), share_text(&t[1]), share_text(&t[2]), share_text(&t[3]),
                   share_text(&skew[0]), share_text(&skew[1]), share_text(&skew[2]),
                   share_text(&skew[3]));
    }
}

const struct pl_test pl_suite_pairs[] = {{"comparisons_are_right_as_often_as_they_say",
                                          test_pairs__comparisons_are_right_as_often_as_they_say},
                                         {"shifts_are_seen", test_pairs__shifts_are_seen},
                                         {"intervals_of_a_mean", test_pairs__intervals_of_a_mean},
                                         {0}};
