/* Calibration of curves, crossings and factors of compute: see world.h. */
#include "core/stats/summary.h"
#include "tests/calibration/world.h"

/* ------------------------------------------------------------------------------------- curves */

static const double structure[] = {0.0, 0.25, 0.5, 0.75, 1.0};
static const char *structure_texts[] = {"0", "0.25", "0.5", "0.75", "1"};
static double place_of_crossing; /* of the world at hand */

/* Entry 1 falls and crosses; entry 2 is worse everywhere by the same. */
static double crossing_lines(size_t entry, double x) {
    return entry == 1 ? 0.4 * (place_of_crossing - x) : entry == 2 ? 0.15 : 0.0;
}

struct curve_row {
    size_t seeds;
    double sigma, at;
    bool cheap;
};

struct curve_counts {
    struct share slope, slope_bca, flat, found, crossing, crossing_bootstrap;
};

static void count_curve(struct curve_counts *counts, const struct pl_analysis *a, size_t point) {
    for (size_t i = 0; i < a->interaction_count; i++) {
        const struct pl_interaction *c = &a->interactions[i];
        if (c->point != point) continue;
        if (c->entry == 1) count_cover(&counts->slope, c->interval, -0.4);
        if (c->entry == 1) count_cover(&counts->slope_bca, c->bootstrap, -0.4);
        if (c->entry == 2) count(&counts->flat, c->p <= PL_ALPHA);
    }
    for (size_t i = 0; i < a->crossover_count; i++) {
        const struct pl_crossover *c = &a->crossovers[i];
        if (c->point != point || c->entry != 1) continue;
        bool one = c->crossings == 1 && !c->better_before;
        count(&counts->found, one);
        if (!one) continue;
        count_cover(&counts->crossing, c->interval, place_of_crossing);
        count_cover(&counts->crossing_bootstrap, c->bootstrap, place_of_crossing);
    }
}

static void check_curves(const struct curve_row *row, const struct curve_counts *counts) {
    PL_CHECK(agrees(&counts->slope, PL_CONFIDENCE));
    PL_CHECK(agrees(&counts->flat, sign_flip_size(row->seeds, PL_ALPHA)));
    PL_CHECK(at_least(&counts->slope_bca, 0.8) && at_least(&counts->crossing_bootstrap, 0.75));
    if (row->sigma < 0.1 && row->at < 0.9) PL_CHECK(agrees(&counts->crossing, PL_CONFIDENCE));
}

static void test_curves__curves_and_crossings(void) {
    static const struct curve_row rows[] = {{5, 0.05, 0.4, false},  {6, 0.05, 0.4, true},
                                            {8, 0.05, 0.4, false},  {12, 0.05, 0.4, false},
                                            {20, 0.05, 0.4, false}, {8, 0.15, 0.4, false},
                                            {8, 0.05, 0.9, false}};
    if (in_full())
        printf(
            "\n| seeds | sigma | crossing at | curves | slope: t covers | slope: BCa covers | flat "
            "curve: p <= .05 | of | one crossing found | its interval covers | its bootstrap "
            "covers |\n"
            "| --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |\n");
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        if (!rows[r].cheap && !in_full()) continue;
        struct world world = {3,
                              4,
                              rows[r].seeds,
                              structure,
                              structure_texts,
                              5,
                              NOISE_NORMAL,
                              rows[r].sigma,
                              0.03,
                              0.05,
                              0.0,
                              crossing_lines};
        struct curve_counts counts = {0};
        place_of_crossing = rows[r].at;
        for (size_t i = 0; i < studies(150); i++) {
            struct made_study study;
            world_make(&world, i, &study);
            const struct pl_analysis *a = made_study_analyse(&study, NULL);
            for (size_t p = 0; p < world.points; p++) count_curve(&counts, a, 5 * p);
            made_study_finish(&study);
        }
        check_curves(&rows[r], &counts);
        if (in_full())
            printf("| %zu | %.2f | %.1f | %zu | %s | %s | %s | %.2f %% | %s | %s | %s |\n",
                   rows[r].seeds, rows[r].sigma, rows[r].at, counts.slope.trials,
                   share_text(&counts.slope), share_text(&counts.slope_bca),
                   share_text(&counts.flat), 100.0 * sign_flip_size(rows[r].seeds, PL_ALPHA),
                   share_text(&counts.found), share_text(&counts.crossing),
                   share_text(&counts.crossing_bootstrap));
    }
}

/* ----------------------------------------------------------------------------------- compute */

#define TRUE_FACTOR   1.25
#define TRUE_EXPONENT 0.4

static const double steps[] = {100.0, 200.0, 400.0, 800.0, 1600.0};
static const char *steps_texts[] = {"100", "200", "400", "800", "1600"};

/* The baseline needs TRUE_FACTOR times the compute at every budget. */
static double constant_factor(size_t entry, double x) {
    return -TRUE_EXPONENT * (log(x) + (entry == 1 ? log(TRUE_FACTOR) : 0.0));
}

static void make_budgets(const struct world *world, size_t number, struct made_study *study) {
    world_make(world, number, study);
    study->experiment.budget = "train.steps";
    study->experiment.axes[1].key = "train.steps";
    for (size_t p = 0; p < world->points * world->places; p++)
        for (size_t e = 0; e < world->entries; e++)
            for (size_t s = 0; s < world->seeds; s++)
                made_study_metric(made_study_result(study, p, e, s), "train_flops", 100,
                                  1e6 * steps[p % world->places]);
}

struct compute_counts {
    struct share all, all_bootstrap, middle, middle_bootstrap, exponent;
};

static void count_compute(struct compute_counts *counts, const struct pl_compute *compute) {
    for (size_t i = 0; i < compute->factor_count; i++) {
        const struct pl_compute_factor *f = &compute->factors[i];
        if (f->value == PL_ALL_BUDGETS) count_cover(&counts->all, f->interval, TRUE_FACTOR);
        if (f->value == PL_ALL_BUDGETS)
            count_cover(&counts->all_bootstrap, f->bootstrap, TRUE_FACTOR);
        if (f->value == 2) count_cover(&counts->middle, f->interval, TRUE_FACTOR);
        if (f->value == 2) count_cover(&counts->middle_bootstrap, f->bootstrap, TRUE_FACTOR);
    }
    for (size_t i = 0; i < compute->law_count; i++)
        count_cover(&counts->exponent, compute->laws[i].b, TRUE_EXPONENT);
}

struct budget_row {
    size_t seeds;
    bool wandering; /* runs of one seed at two budgets have no more in common than any */
    bool cheap;
};

static void check_compute(const struct budget_row *row, const struct compute_counts *counts) {
    PL_CHECK(agrees(&counts->all, PL_CONFIDENCE) && agrees(&counts->exponent, PL_CONFIDENCE));
    if (!row->wandering) PL_CHECK(agrees(&counts->middle, PL_CONFIDENCE));
}

static void test_curves__a_factor_of_compute_is_found(void) {
    static const struct budget_row rows[] = {
        {6, false, true}, {8, false, false}, {12, false, false}, {20, false, false},
        {6, true, false}, {8, true, false},  {12, true, false},  {20, true, false}};
    if (in_full())
        printf("\n| seeds | what seeds share | factors | over all budgets: t covers | bootstrap "
               "covers | "
               "at the third of five: t covers | bootstrap covers | exponent b: t covers |\n"
               "| --: | --- | --: | --: | --: | --: | --: | --: |\n");
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        if (!rows[r].cheap && !in_full()) continue;
        struct world world = {
            2,    4,   rows[r].seeds, steps,           steps_texts,      5, NOISE_NORMAL, 0.03,
            0.02, 0.0, 0.0,           constant_factor, rows[r].wandering};
        struct compute_counts counts = {0};
        for (size_t i = 0; i < studies(100); i++) {
            struct made_study study;
            make_budgets(&world, i, &study);
            count_compute(&counts, made_study_analyse(&study, NULL)->compute);
            made_study_finish(&study);
        }
        check_compute(&rows[r], &counts);
        if (in_full())
            printf("| %zu | %s | %zu | %s | %s | %s | %s | %s |\n", rows[r].seeds,
                   rows[r].wandering ? "nothing" : "a level", counts.all.trials,
                   share_text(&counts.all), share_text(&counts.all_bootstrap),
                   share_text(&counts.middle), share_text(&counts.middle_bootstrap),
                   share_text(&counts.exponent));
    }
}

const struct pl_test pl_suite_curves[] = {
    {"curves_and_crossings", test_curves__curves_and_crossings},
    {"a_factor_of_compute_is_found", test_curves__a_factor_of_compute_is_found},
    {0}};
