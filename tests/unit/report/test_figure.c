/* Figures as data and scripts, which are pure functions of a study; and the scales of charts. */
#include "experiments/report/figure.h"

#include <stdlib.h>

#include "core/base/math.h"
#include "core/base/rng.h"
#include "core/base/strbuf.h"
#include "experiments/report/chart_impl.h"
#include "experiments/report/svg.h"
#include "tests/unit/evidence/golden_study.h"

/* ------------------------------------------------------------------------------------- scales */

static double log_of(const struct pl_scale *scale, double value) {
    return scale->log ? log10(value) : value;
}

/* Whatever the numbers: they are within the scale, ticks are within it, ascend, and are about as many as
 * were wanted but not fewer than two. */
static void check_scale(struct pl_scale *scale, double low, double high, size_t wanted) {
    pl_scale_take(scale, low);
    pl_scale_take(scale, high);
    pl_scale_pad(scale, 0.05, 0.05);
    pl_scale_tick(scale, wanted);
    PL_CHECK(scale->low < scale->high);
    PL_CHECK(scale->low <= low && high <= scale->high);
    PL_CHECK(scale->tick_count >= 2 && scale->tick_count <= 4 * wanted / 3 + 2);
    for (size_t i = 0; i < scale->tick_count; i++) {
        PL_CHECK(scale->ticks[i] >= scale->low - 1e-9 * fabs(scale->low));
        PL_CHECK(scale->ticks[i] <= scale->high + 1e-9 * fabs(scale->high));
        if (i) PL_CHECK(log_of(scale, scale->ticks[i]) > log_of(scale, scale->ticks[i - 1]));
    }
}

static void test_figure__ticks_fit_any_range(void) {
    struct pl_rng rng;
    pl_rng_init(&rng, 1, "ticks");
    for (int i = 0; i < 20000; i++) {
        struct pl_scale scale = pl_scale_empty(i % 2);
        double a = pl_exp(8.0 * pl_rng_normal(&rng)), b = a * pl_exp(3.0 * pl_rng_normal(&rng));
        if (i % 4 == 0) a = -a; /* not logarithmic */
        if (i % 10 == 0) b = a;
        check_scale(&scale, a < b ? a : b, a < b ? b : a, 3 + (size_t)i % 8);
    }
}

static void check_ticks(bool log, double low, double high, size_t wanted, const char *expected) {
    struct pl_scale scale = pl_scale_empty(log);
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_scale_take(&scale, low);
    pl_scale_take(&scale, high);
    pl_scale_tick(&scale, wanted);
    for (size_t i = 0; i < scale.tick_count; i++) {
        pl_strbuf_add(&text, i ? " " : "");
        pl_strbuf_add_real(&text, scale.ticks[i]);
    }
    PL_CHECK_TEXT(text.text, expected);
    pl_strbuf_finish(&text);
}

static void test_figure__ticks_are_round_numbers(void) {
    check_ticks(false, 0, 1, 5, "0 0.2 0.4 0.6 0.8 1");
    check_ticks(false, 0, 300, 3, "0 100 200 300");
    check_ticks(false, -0.3, 0.31, 6, "-0.3 -0.2 -0.1 0 0.1 0.2 0.3");
    check_ticks(true, 0.01, 10, 4, "0.01 0.1 1 10");
    check_ticks(true, 0.02, 2.1, 7, "0.02 0.05 0.1 0.2 0.5 1 2");
    check_ticks(true, 0.9, 1.3, 4, "0.9 1 1.1 1.2 1.3");
    check_ticks(true, 1e-12, 1, 5, "1e-12 1e-9 1e-6 0.001 1");
}

/* ------------------------------------------------------------------------- to the last byte */

static char *read_golden(void) {
    FILE *file = fopen(PL_SOURCE_DIR "/tests/golden/report/made.figures", "rb");
    struct pl_strbuf text;
    char block[4096];
    pl_strbuf_init(&text);
    for (size_t count; file && (count = fread(block, 1, sizeof block, file)) > 0;)
        pl_strbuf_add_bytes(&text, block, count);
    if (file) fclose(file);
    return pl_strbuf_take(&text);
}

static void test_figure__scripts_and_data_are_as_committed(void) {
    struct made_study study;
    struct pl_json *golden = golden_study_load();
    struct pl_figures figures;
    struct pl_strbuf found;
    golden_study_init(&study, golden);
    pl_json_destroy(golden);
    pl_figures_make(&figures, made_study_analyse(&study, NULL));
    pl_strbuf_init(&found);
    for (int kind = 0; kind < PL_FIGURES; kind++) {
        const struct pl_figure *figure = &figures.items[kind];
        if (!figure->exists) continue;
        pl_strbuf_addf(&found, "==== %s.dat\n%s==== %s.gp\n%s", figure->chart.name, figure->data,
                       figure->chart.name, figure->script);
    }
    char *expected = read_golden();
    bool same = strcmp(found.text, expected) == 0;
    PL_CHECK(same);
    FILE *file = same ? NULL : fopen("made.figures.found", "wb"); /* to be looked at, and copied */
    if (file) fputs(found.text, file);
    if (file) fclose(file);
    pl_free(expected);
    pl_strbuf_finish(&found);
    pl_figures_finish(&figures);
    made_study_finish(&study);
}

/* --------------------------------------------------------------------------------- evidence */

static const char *const two[] = {"standard", "b"};

/* The learning curve of a run that diverged counts as infinitely bad from there on: with one of three it
 * is a median without a band, with two of three nothing. */
static void test_figure__diverged_runs_stay_in_learning_curves(void) {
    struct made_study study;
    struct pl_figures figures;
    made_study_init(&study, two, 2, 3);
    made_study_expand(&study);
    for (size_t s = 0; s < 3; s++) made_study_done(&study, 0, 0, s, 0.5);
    made_study_done(&study, 0, 1, 0, 0.25);
    made_study_done(&study, 0, 1, 1, 1.0);
    made_study_diverged(&study, 0, 1, 2); /* measured at step 100 only */
    pl_figures_make(&figures, made_study_analyse(&study, NULL));
    const struct pl_chart_panel *panel = &figures.items[PL_FIGURE_LEARNING].chart.panels.items[0];
    PL_CHECK_INT((long long)panel->series.items[1].count, 2);
    PL_CHECK_NEAR(panel->series.items[0].y[1], 0.5, 1e-15);
    PL_CHECK_NEAR(panel->series.items[1].y[1], 1.0, 1e-15);
    PL_CHECK(isnan(panel->series.items[1].low[1]));
    pl_figures_finish(&figures);
    made_study_diverged(&study, 0, 1, 1);
    pl_figures_make(&figures, made_study_analyse(&study, NULL));
    panel = &figures.items[PL_FIGURE_LEARNING].chart.panels.items[0];
    PL_CHECK(isnan(panel->series.items[1].y[1]));
    pl_figures_finish(&figures);
    made_study_finish(&study);
}

/* Rows of two seeds: the map has their means, of the last step. */
static void test_figure__a_map_is_the_mean_of_its_runs(void) {
    struct made_study study;
    struct pl_figures figures;
    made_study_init(&study, two, 2, 2);
    made_study_expand(&study);
    for (size_t s = 0; s < 2; s++)
        for (size_t e = 0; e < 2; e++) {
            struct pl_result *result = made_study_done(&study, 0, e, s, 0.5);
            result->diagnosed = "x = 1\n";
            for (int step = 0; step < 2; step++)
                for (int source = 0; source < 2; source++) {
                    double value = (double)(1 + step) * (0.1 * (double)s + 0.3 * source);
                    struct pl_diagnostic row = {"mixing", 100 * step, 2, source, value};
                    if (e == 1) pl_result_diagnose(result, &row);
                }
        }
    pl_figures_make(&figures, made_study_analyse(&study, NULL));
    const struct pl_figure *figure = &figures.items[PL_FIGURE_MIXING];
    PL_REQUIRE(figure->exists && figure->chart.panels.count == 1);
    const struct pl_chart_series *map = &figure->chart.panels.items[0].series.items[0];
    PL_CHECK_TEXT(map->name, "b");
    PL_CHECK_INT((long long)map->count, 2);
    for (int source = 0; source < 2; source++) {
        PL_CHECK_NEAR(map->x[source], source, 0);
        PL_CHECK_NEAR(map->y[source], 2, 0);
        PL_CHECK_NEAR(map->low[source], 0.1 + 0.6 * source, 1e-15);
    }
    PL_CHECK(!figures.items[PL_FIGURE_STATES].exists);
    pl_figures_finish(&figures);
    made_study_finish(&study);
}

static void test_figure__a_variant_has_one_look_in_all_figures(void) {
    static char names[30][16];
    const char *labels[30];
    struct made_study study;
    struct pl_figures figures;
    size_t counts[PL_LOOKS + 1] = {0};
    for (int i = 0; i < 30; i++) {
        snprintf(names[i], sizeof names[i], "variant-%d", i);
        labels[i] = names[i];
    }
    made_study_init(&study, labels, 30, 3);
    made_study_expand(&study);
    for (size_t e = 0; e < 30; e++)
        for (size_t s = 0; s < 3; s++)
            made_study_done(&study, 0, e, s, 1.0 + (double)((7 * e) % 30));
    pl_figures_make(&figures, made_study_analyse(&study, NULL));
    for (size_t e = 0; e < 30; e++) counts[figures.looks[e]]++;
    for (int look = 0; look < PL_LOOKS; look++) PL_CHECK_INT((long long)counts[look], 1);
    PL_CHECK_INT((long long)counts[PL_LOOK_GREY], 22);
    PL_CHECK_INT(figures.looks[0], 0);
    PL_CHECK_INT(figures.looks[13],
                 1); /* 7 x 13 = 91 = 1 (mod 30), the best but for the baseline */
    PL_CHECK_INT(figures.looks[17], 6); /* 119 = 29, the worst */
    for (int kind = 0; kind < PL_FIGURES; kind++)
        for (size_t p = 0; p < figures.items[kind].chart.panels.count; p++) {
            const struct pl_chart_panel *panel = &figures.items[kind].chart.panels.items[p];
            for (size_t s = 0; s < panel->series.count; s++) {
                const struct pl_chart_series *series = &panel->series.items[s];
                if (strcmp(series->name, "trivial") == 0)
                    PL_CHECK_INT(series->look, PL_LOOK_TRIVIAL);
                else
                    PL_CHECK_INT(series->look, figures.looks[atoi(series->name + 8)]);
            }
        }
    pl_figures_finish(&figures);
    made_study_finish(&study);
}

/* -------------------------------------------------------------------------------------- svg */

static void test_figure__a_drawing_becomes_part_of_a_page(void) {
    static const char drawing[] =
        "<?xml version=\"1.0\"?>\n<svg \n viewBox=\"0 0 760 238\"\n>\n<title>Gnuplot</title>\n"
        "<desc>Produced by GNUPLOT 5.4 </desc>\n<g id=\"gnuplot_canvas\">\n"
        "<rect x=\"0\" y=\"0\" width=\"760\" height=\"238\" fill=\"#ffffff\"/>\n"
        "<defs>\n\t<circle id='gpDot' r='0.5'/>\n<filter id='a'>\n<x/></filter>\n</defs>\n"
        "<g fill=\"none\" color=\"black\">\n</g>\n"
        "<g stroke=\"rgb(  0, 114, 178)\"><use xlink:href='#gpDot' color='#D8DEE4'/>"
        "<text font-family=\"Arial\" fill=\"rgb(31,35,40)\">a > b</text></g>\n</g>\n</svg>\n";
    static const char expected[] =
        "<svg viewBox=\"0 0 760 238\" width=\"760\" height=\"238\" role=\"img\" "
        "aria-labelledby=\"f-title\">\n<title id=\"f-title\">a &lt; b</title>\n"
        "<g id=\"f-gnuplot_canvas\">\n\n<defs>\n<circle id=\"f-gpDot\" r=\"0.5\"/>\n\n</defs>\n\n"
        "<g stroke=\"var(--k1)\"><use href=\"#f-gpDot\" color=\"var(--grid)\"/>"
        "<text fill=\"var(--ink)\">a > b</text></g>\n</g>\n</svg>\n";
    struct pl_strbuf out;
    pl_strbuf_init(&out);
    pl_svg_inline(drawing, "f", "a < b", &out);
    PL_CHECK_TEXT(out.text, expected);
    pl_strbuf_finish(&out);
}

/* Bytes that are not a drawing of gnuplot's do no harm. */
static void test_figure__a_broken_drawing_does_no_harm(void) {
    static const char start[] = "<svg viewBox=\"0 0 760 238\"><g id=\"gnuplot_canvas\">";
    static const char *const tails[] = {"",
                                        "<",
                                        "<g",
                                        "<g id='",
                                        "<g id='x'",
                                        "<desc>",
                                        "<rect/>",
                                        "</svg>",
                                        "<g a=>",
                                        "text",
                                        "<use xlink:href=''/></svg>"};
    for (size_t k = 0; k < sizeof tails / sizeof tails[0]; k++) {
        struct pl_strbuf whole, out;
        pl_strbuf_init(&whole);
        pl_strbuf_init(&out);
        pl_strbuf_addf(&whole, "%s%s", start, tails[k]);
        pl_svg_inline(whole.text, "f", "", &out);
        PL_CHECK(strstr(out.text, "</svg>\n") != NULL);
        pl_strbuf_finish(&whole);
        pl_strbuf_finish(&out);
    }
}

const struct pl_test pl_suite_figure[] = {
    {"ticks_fit_any_range", test_figure__ticks_fit_any_range},
    {"ticks_are_round_numbers", test_figure__ticks_are_round_numbers},
    {"scripts_and_data_are_as_committed", test_figure__scripts_and_data_are_as_committed},
    {"diverged_runs_stay_in_learning_curves", test_figure__diverged_runs_stay_in_learning_curves},
    {"a_map_is_the_mean_of_its_runs", test_figure__a_map_is_the_mean_of_its_runs},
    {"a_variant_has_one_look_in_all_figures", test_figure__a_variant_has_one_look_in_all_figures},
    {"a_drawing_becomes_part_of_a_page", test_figure__a_drawing_becomes_part_of_a_page},
    {"a_broken_drawing_does_no_harm", test_figure__a_broken_drawing_does_no_harm},
    {0}};
