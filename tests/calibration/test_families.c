/* Calibration of families and rankings: see world.h. */
#include "core/stats/summary.h"
#include "tests/calibration/world.h"

/* ---------------------------------------------------------------------------------- a family */

struct family_row {
    size_t seeds;
    double diverging;
    bool cheap;
};

struct family_counts {
    struct share one, any, verdict, wilson;
};

static void count_family(struct family_counts *counts, const struct pl_analysis *a, size_t point,
                         double diverging) {
    bool any = false, wrong = false;
    for (size_t e = 1; e < a->experiment->entry_count; e++) {
        const struct pl_comparison *c = pl_analysis_comparison(a, point, e);
        any = any || c->p_holm <= PL_ALPHA;
        wrong = wrong || c->verdict == PL_BETTER || c->verdict == PL_WORSE;
    }
    count(&counts->one, pl_analysis_comparison(a, point, 1)->p <= PL_ALPHA);
    count(&counts->any, any);
    count(&counts->verdict, wrong);
    count_cover(&counts->wilson, pl_analysis_summary(a, point, 1)->divergence_interval, diverging);
}

static void test_families__families_keep_their_level(void) {
    static const struct family_row rows[] = {{8, 0.0, false},  {10, 0.0, true},  {14, 0.0, false},
                                             {20, 0.0, false}, {8, 0.1, false},  {10, 0.1, true},
                                             {14, 0.3, false}, {20, 0.1, false}, {20, 0.3, false}};
    if (in_full())
        printf("\n| seeds | runs that diverge | families | one p <= .05 | of | any p <= .05 after "
               "Holm | any wrong verdict | Wilson covers the rate |\n"
               "| --: | --: | --: | --: | --: | --: | --: | --: |\n");
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        if (!rows[r].cheap && !in_full()) continue;
        struct world world = {5,    8,   rows[r].seeds,     NULL,
                              NULL, 1,   NOISE_NORMAL,      0.05,
                              0.0,  0.0, rows[r].diverging, no_difference};
        struct family_counts counts = {0};
        double size = sign_flip_size(rows[r].seeds, PL_ALPHA);
        for (size_t i = 0; i < studies(60); i++) {
            struct made_study study;
            world_make(&world, i, &study);
            const struct pl_analysis *a = made_study_analyse(&study, NULL);
            for (size_t p = 0; p < world.points; p++)
                count_family(&counts, a, p, rows[r].diverging);
            made_study_finish(&study);
        }
        PL_CHECK(at_most(&counts.any, PL_ALPHA) && at_most(&counts.verdict, PL_ALPHA));
        PL_CHECK(rows[r].diverging > 0.0 ? at_most(&counts.one, size) : agrees(&counts.one, size));
        PL_CHECK(rows[r].diverging == 0.0 || at_least(&counts.wilson, 0.9));
        if (in_full())
            printf("| %zu | %.0f %% | %zu | %s | %.2f %% | %s | %s | %s |\n", rows[r].seeds,
                   100.0 * rows[r].diverging, counts.any.trials, share_text(&counts.one),
                   100.0 * size, share_text(&counts.any), share_text(&counts.verdict),
                   share_text(&counts.wilson));
    }
}

/* ------------------------------------------------------------------------------------ ranking */

struct ranking_counts {
    struct share ratio, blocks, iqm, iqm_bootstrap, rank, rank_bootstrap;
};

/* What stands nowhere in the program: blocks taken for units, though those of a seed go together. */
static struct pl_interval block_interval(const struct pl_analysis *a) {
    size_t seeds = a->experiment->seed_count, n = 0;
    double differences[256];
    for (size_t p = 0; p < a->point_count; p++)
        for (size_t s = 0; s < seeds; s++)
            differences[n++] = a->logs[(p * 2 + 1) * seeds + s] - a->logs[p * 2 * seeds + s];
    return pl_interval_exp(pl_stats_t_interval(differences, n, PL_CONFIDENCE));
}

static const double structure[] = {0.0, 0.25, 0.5, 0.75, 1.0};
static const char *structure_texts[] = {"0", "0.25", "0.5", "0.75", "1"};

static void count_ranking(struct ranking_counts *counts, const struct pl_analysis *a, double truth,
                          double mean_rank) {
    const struct pl_rank *rank = &a->ranking[a->ranking[0].entry == 1 ? 0 : 1];
    count_cover(&counts->ratio, rank->ratio_interval, truth);
    count_cover(&counts->blocks, block_interval(a), truth);
    count_cover(&counts->iqm, rank->iqm_interval, truth);
    count_cover(&counts->iqm_bootstrap, rank->iqm_bootstrap, truth);
    count_cover(&counts->rank, rank->interval, mean_rank);
    count_cover(&counts->rank_bootstrap, rank->bootstrap, mean_rank);
}

/* The five values of an axis are five blocks of one seed, with much in common. */
static void test_families__rankings_take_the_seed_as_unit(void) {
    static const size_t seeds[] = {8, 12, 20};
    const double sigma = 0.05, own = 0.05, sd = sqrt(2.0 * (sigma * sigma + own * own));
    if (in_full())
        printf("\n| seeds | studies | ratio: t covers | (blocks as units) | IQM: jackknife t "
               "covers | IQM: BCa covers | mean "
               "rank: interval covers | mean rank: bootstrap covers |\n"
               "| --: | --: | --: | --: | --: | --: | --: | --: |\n");
    for (size_t r = 0; r < 3; r++) {
        if (seeds[r] != 8 && !in_full()) continue;
        struct world world = {2,     1,   seeds[r], structure, structure_texts,   5, NOISE_NORMAL,
                              sigma, own, 0.0,      0.0,       shift_of_5_percent};
        struct ranking_counts counts = {0};
        double higher = pl_stats_normal_cdf(log(0.95) / sd); /* the chance of rank 2 */
        for (size_t i = 0; i < 4 * studies(60); i++) {
            struct made_study study;
            world_make(&world, i, &study);
            count_ranking(&counts, made_study_analyse(&study, NULL), 0.95, 1.0 + higher);
            made_study_finish(&study);
        }
        PL_CHECK(agrees(&counts.ratio, PL_CONFIDENCE));
        PL_CHECK(counts.blocks.trials < 200 ||
                 !at_least(&counts.blocks, 0.9)); /* the check has teeth */
        PL_CHECK(at_least(&counts.iqm, 0.93) && at_least(&counts.rank, 0.85));
        if (in_full())
            printf("| %zu | %zu | %s | %s | %s | %s | %s | %s |\n", seeds[r], counts.ratio.trials,
                   share_text(&counts.ratio), share_text(&counts.blocks), share_text(&counts.iqm),
                   share_text(&counts.iqm_bootstrap), share_text(&counts.rank),
                   share_text(&counts.rank_bootstrap));
    }
}

const struct pl_test pl_suite_families[] = {
    {"families_keep_their_level", test_families__families_keep_their_level},
    {"rankings_take_the_seed_as_unit", test_families__rankings_take_the_seed_as_unit},
    {0}};
