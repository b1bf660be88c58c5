/* Calibration of the ranking and of the winner: see world.h. Five points of a seed that have much in common, or
 * one. */
#include "tests/calibration/world.h"

static const double structure[] = {0.0, 0.25, 0.5, 0.75, 1.0};
static const char *structure_texts[] = {"0", "0.25", "0.5", "0.75", "1"};

/* The first of the others is ahead by 8 %. */
static double one_leads(size_t entry, double x) {
    (void)x;
    return entry == 1 ? -0.08 : 0.0;
}

struct rank_row {
    const char *world;
    double (*delta)(size_t entry, double x);
    size_t entries, seeds, places;
    bool cheap;
};

/* Chance that noise with sd of [spread] a run puts one below another that is [shift] above it. */
static double wins(double shift, double spread) {
    return pl_stats_normal_cdf(shift / (sqrt(2.0) * spread));
}

static void test_ranking__winners_and_intervals(void) {
    static const struct rank_row rows[] = {{"no difference", no_difference, 2, 8, 1, false},
                                           {"no difference", no_difference, 5, 8, 5, true},
                                           {"no difference", no_difference, 5, 12, 5, false},
                                           {"one leads by 8 %", one_leads, 2, 8, 1, false},
                                           {"one leads by 8 %", one_leads, 5, 5, 5, false},
                                           {"one leads by 8 %", one_leads, 5, 8, 5, true},
                                           {"one leads by 8 %", one_leads, 5, 12, 5, false}};
    const double sigma = 0.05, own = 0.03, spread = sqrt(sigma * sigma + own * own);
    if (in_full())
        printf(
            "\n| world | entries | points | seeds | studies | a winner is told | a wrong one | the "
            "interval of the leader's mean rank covers |\n"
            "| --- | --: | --: | --: | --: | --: | --: | --: |\n");
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const struct rank_row *row = &rows[r];
        if (!row->cheap && !in_full()) continue;
        struct world world = {
            row->entries, 1,   row->seeds, structure, structure_texts, row->places, NOISE_NORMAL,
            sigma,        own, 0.0,        0.0,       row->delta};
        if (row->places == 1) world.x_texts = NULL;
        struct share winner = {0}, wrong = {0}, covers = {0};
        bool leads = row->delta == one_leads;
        double others = (double)(row->entries - 1);
        double truth = 1.0 + others * (1.0 - wins(leads ? 0.08 : 0.0, spread));
        for (size_t i = 0; i < studies(250); i++) {
            struct made_study study;
            size_t members[8];
            world_make(&world, i, &study);
            const struct pl_analysis *a = made_study_analyse(&study, NULL);
            bool told = pl_analysis_leaders(a, members) == 1;
            count(&winner, told);
            count(&wrong, told && !(leads && members[0] == 1));
            for (size_t e = 0; e < row->entries; e++)
                if (a->ranking[e].entry == 1) count_cover(&covers, a->ranking[e].interval, truth);
            made_study_finish(&study);
        }
        PL_CHECK(at_most(&wrong, PL_ALPHA));
        PL_CHECK(at_least(&covers, 0.92));
        if (in_full())
            printf("| %s | %zu | %zu | %zu | %zu | %s | %s | %s |\n", row->world, row->entries,
                   row->places, row->seeds, winner.trials, share_text(&winner), share_text(&wrong),
                   share_text(&covers));
    }
}

const struct pl_test pl_suite_ranking[] = {
    {"winners_and_intervals", test_ranking__winners_and_intervals}, {0}};
