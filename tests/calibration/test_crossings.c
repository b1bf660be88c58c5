/* Calibration of what is called a crossing: see world.h. */
#include "tests/calibration/world.h"

#define CROSSING 0.4

static const double structure[] = {0.0, 0.25, 0.5, 0.75, 1.0};
static const char *structure_texts[] = {"0", "0.25", "0.5", "0.75", "1"};

static double crossing_lines(size_t entry, double x) {
    return entry == 1 ? 0.4 * (CROSSING - x) : 0.0;
}

/* No difference anywhere; none in the upper half alone; a crossing at .4. */
static double gone_halfway(size_t entry, double x) {
    return entry == 1 && x < 0.5 ? 0.3 : 0.0;
}

struct told_row {
    const char *world;
    double (*delta)(size_t entry, double x);
    double sigma, own;
    size_t seeds;
    bool cheap;
};

static void test_crossings__out_of_noise(void) {
    static const struct told_row rows[] = {
        {"no difference, points on their own", no_difference, 0.1, 0.0, 8, true},
        {"no difference, points on their own", no_difference, 0.1, 0.0, 20, false},
        {"no difference, points correlate at .5", no_difference, 0.1, 0.1, 8, false},
        {"no difference in the upper half", gone_halfway, 0.1, 0.0, 8, false},
        {"no difference in the upper half", gone_halfway, 0.1, 0.0, 20, false},
        {"crosses at .4", crossing_lines, 0.05, 0.03, 6, false},
        {"crosses at .4", crossing_lines, 0.05, 0.03, 8, true},
        {"crosses at .4", crossing_lines, 0.05, 0.03, 12, false},
        {"crosses at .4", crossing_lines, 0.1, 0.03, 8, false},
        {"crosses at .4", crossing_lines, 0.1, 0.03, 12, false},
        {"crosses at .4", crossing_lines, 0.1, 0.03, 20, false}};
    if (in_full())
        printf("\n| world | seeds | sigma | curves | the mean changes sign | a crossing is told | "
               "its interval covers |\n| --- | --: | --: | --: | --: | --: | --: |\n");
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const struct told_row *row = &rows[r];
        if (!row->cheap && !in_full()) continue;
        struct world world = {
            2,          4,        row->seeds, structure, structure_texts, 5, NOISE_NORMAL,
            row->sigma, row->own, 0.0,        0.0,       row->delta};
        struct share found = {0}, told = {0}, covers = {0};
        bool real = row->delta == crossing_lines;
        for (size_t i = 0; i < studies(250); i++) {
            struct made_study study;
            bool any_found[4] = {false}, any_told[4] = {false};
            world_make(&world, i, &study);
            const struct pl_analysis *a = made_study_analyse(&study, NULL);
            for (size_t k = 0; k < a->crossover_count; k++) {
                const struct pl_crossover *c = &a->crossovers[k];
                any_found[c->point / 5] |= c->found;
                any_told[c->point / 5] |= c->told;
                if (c->told && real) count_cover(&covers, c->interval, CROSSING);
            }
            for (size_t p = 0; p < world.points; p++)
                count(&found, any_found[p]), count(&told, any_told[p]);
            made_study_finish(&study);
        }
        if (!real) PL_CHECK(at_most(&told, 0.01));
        if (real && row->sigma < 0.1 && row->seeds > 6)
            PL_CHECK(at_least(&told, row->seeds > 8 ? 0.9 : 0.7));
        if (in_full())
            printf("| %s | %zu | %.2f | %zu | %s | %s | ", row->world, row->seeds, row->sigma,
                   found.trials, share_text(&found), share_text(&told));
        if (in_full()) printf("%s |\n", share_text(&covers));
    }
}

const struct pl_test pl_suite_crossings[] = {{"out_of_noise", test_crossings__out_of_noise}, {0}};
