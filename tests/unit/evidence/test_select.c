/* Selection: the keys of a study, what is chosen, and the evidence at what was chosen. */
#include "experiments/study/select.h"

#include "core/base/rng.h"
#include "experiments/report/report.h"
#include "tests/unit/evidence/golden_study.h"

static const char *const labels[] = {"standard", "static", "plain"};

static double real(const struct pl_json *row, const char *name) {
    return pl_json_as_real(pl_json_get(row, name), NAN);
}

static size_t entry_called(const struct pl_json *row) {
    const char *label = pl_json_as_text(pl_json_get(row, "entry"), "");
    for (size_t e = 0; e < 3; e++)
        if (strcmp(labels[e], label) == 0) return e;
    PL_REQUIRE(false);
    return 0;
}

static void set_run(struct made_study *study, size_t point, size_t entry, size_t seed,
                    const struct pl_json *valid, const struct pl_json *test) {
    const char *word = pl_json_as_text(test, "done");
    if (strcmp(word, "diverged") == 0)
        made_study_diverged(study, point, entry, seed);
    else if (strcmp(word, "failed") == 0)
        made_study_failed(study, point, entry, seed, "killed");
    else
        made_study_valid(study, point, entry, seed, pl_json_as_real(test, NAN),
                         pl_json_as_real(valid, NAN));
}

static const struct pl_json *run_at(const struct pl_json *losses, size_t entry, const char *kind,
                                    size_t structure, size_t rate, size_t seed) {
    const struct pl_json *table = pl_json_get(pl_json_get(losses, labels[entry]), kind);
    return pl_json_at(pl_json_at(pl_json_at(table, structure), rate), seed);
}

/* The selection of tests/golden/study.json. With [rates_first] the axes stand the other way round. */
static void golden_init(struct made_study *study, const struct pl_json *selection,
                        bool rates_first) {
    static const char *structure[] = {"0", "1"}, *rates[] = {"0.01", "0.001", "0.1", "0.03"};
    const struct pl_json *losses = pl_json_get(selection, "losses");
    made_study_init(study, labels, 3, 6);
    if (rates_first) made_study_axis(study, "train.lr", rates, 4);
    made_study_axis(study, "task.structure", structure, 2);
    if (!rates_first) made_study_axis(study, "train.lr", rates, 4);
    made_study_expand(study);
    study->experiment.select = (struct pl_select){"train.lr", "valid_loss"};
    for (size_t p = 0; p < 2; p++)
        for (size_t r = 0; r < 4; r++)
            for (size_t e = 0; e < 3; e++)
                for (size_t s = 0; s < 6; s++)
                    set_run(study, rates_first ? r * 2 + p : p * 4 + r, e, s,
                            run_at(losses, e, "valid", p, r, s),
                            run_at(losses, e, "test", p, r, s));
}

static double chosen_value(const struct pl_analysis *a, size_t value) {
    return a->scales[a->selection->axis].values[value];
}

static void check_choices(const struct pl_analysis *a, const struct pl_json *golden) {
    const struct pl_selection *selection = a->selection;
    PL_REQUIRE(selection && selection->setting_count == 2);
    for (size_t i = 0; i < 6; i++) {
        const struct pl_json *row = pl_json_at(pl_json_get(golden, "chosen"), i);
        const struct pl_chosen *chosen =
            &selection->choices[(size_t)real(row, "point") * 3 + entry_called(row)];
        PL_CHECK(chosen->found);
        PL_CHECK(chosen_value(a, chosen->value) == real(row, "value"));
        PL_CHECK_NEAR(chosen->score, real(row, "score"), 1e-12);
        PL_CHECK(chosen->edge == pl_json_as_bool(pl_json_get(row, "edge"), false));
    }
    for (size_t i = 0; i < 2; i++) {
        const struct pl_json *row = pl_json_at(pl_json_get(golden, "common"), i);
        PL_CHECK(chosen_value(a, selection->commons[i].value) == real(row, "value"));
        PL_CHECK_NEAR(selection->commons[i].mean_rank, real(row, "mean_rank"), 1e-12);
    }
}

static void check_robustness(const struct pl_analysis *a, const struct pl_json *golden) {
    for (size_t i = 0; i < 6; i++) {
        const struct pl_json *row = pl_json_at(pl_json_get(golden, "robustness"), i);
        const struct pl_robustness *found =
            &a->selection->robustness[(size_t)real(row, "point") * 3 + entry_called(row)];
        PL_CHECK_NEAR(found->area, real(row, "area"), 1e-10);
        PL_CHECK_NEAR(found->loss, exp(found->area), 1e-12);
        PL_CHECK(found->low == real(row, "low") && found->high == real(row, "high"));
        PL_CHECK_NEAR(found->decades, real(row, "decades"), 1e-12);
    }
}

/* What a file says, the default of `by`, and an axis that the command line cuts to one value. */
static void test_select__a_study_says_what_to_choose(void) {
    static const char text[] = "study: tiny\n"
                               "model: {width: 8, depth: 2, embed: none, head: none}\n"
                               "task: {name: linear_mix, dim: 8, samples: 8}\n"
                               "variants: [standard, attnres_full]\n"
                               "sweep: {train.lr: [1e-3, 1e-2]}\n"
                               "seeds: 2\n"
                               "select: {over: train.lr}\n";
    struct pl_experiment experiment;
    const char *narrow = "train.lr=1e-3", *whole = "select={over: train.lr}";
    const char *training = "select.by=train_loss", *testing = "select.by=test_loss";
    PL_REQUIRE_OK(pl_experiment_load_text(&experiment, "t.yaml", text, strlen(text), NULL, 0));
    PL_CHECK_TEXT(experiment.select.over, "train.lr");
    PL_CHECK_TEXT(experiment.select.by, "valid_loss");
    pl_experiment_finish(&experiment);
    PL_REQUIRE_OK(pl_experiment_load_text(&experiment, "t.yaml", text, strlen(text), &narrow, 1));
    PL_CHECK_TEXT(experiment.select.over, "train.lr");
    PL_CHECK_INT((long long)experiment.axes[0].count, 1);
    pl_experiment_finish(&experiment);
    PL_REQUIRE_OK(pl_experiment_load_text(&experiment, "t.yaml", text, strlen(text), &training, 1));
    PL_CHECK_TEXT(experiment.select.over, "train.lr");
    PL_CHECK_TEXT(experiment.select.by, "train_loss");
    pl_experiment_finish(&experiment);
    PL_CHECK_FAILS(pl_experiment_load_text(&experiment, "t.yaml", text, strlen(text), &testing, 1),
                   PL_ECONFIG, "command line: select goes by \"test_loss\"");
    PL_CHECK_FAILS(pl_experiment_load_text(&experiment, "t.yaml", text, strlen(text), &whole, 1),
                   PL_ECONFIG, "select is not set as a whole on the command line");
}

static void test_select__choices_agree_with_numpy(void) {
    struct pl_json *golden = golden_study_load();
    const struct pl_json *selection = pl_json_get(golden, "selection");
    for (int rates_first = 0; rates_first < 2; rates_first++) {
        struct made_study study;
        golden_init(&study, selection, rates_first);
        const struct pl_analysis *a = made_study_analyse(&study, NULL);
        check_choices(a, selection);
        check_robustness(a, selection);
        PL_CHECK_INT((long long)a->selection->choices[1].seeds, 5); /* static lacks a seed */
        for (size_t i = 0; i < 4; i++) {
            const struct pl_json *row = pl_json_at(pl_json_get(selection, "ratios"), i);
            size_t point = (size_t)real(row, "point"), entry = entry_called(row);
            PL_CHECK_NEAR(pl_analysis_comparison(a->selection->best, point, entry)->ratio,
                          real(row, "ratio"), 1e-10);
            PL_CHECK_NEAR(pl_analysis_comparison(a->selection->common, point, entry)->ratio,
                          real(row, "common_ratio"), 1e-10);
        }
        PL_CHECK_INT((long long)a->selection->best->point_count, 2);
        PL_CHECK_TEXT(a->selection->best->experiment->axes[0].key, "task.structure");
        PL_CHECK_INT((long long)a->point_count, 8); /* the whole stays as it is */
        made_study_finish(&study);
    }
    pl_json_destroy(golden);
}

/* The test's losses have no say: with the worst of them at the chosen rate, the choice stays. */
static void test_select__the_test_has_no_say(void) {
    struct made_study study;
    struct pl_json *golden = golden_study_load();
    golden_init(&study, pl_json_get(golden, "selection"), false);
    for (size_t i = 0; i < study.cells.count; i++)
        for (size_t m = 0; m < study.results[i].metric_count; m++)
            if (strcmp(study.results[i].metrics[m].name, "test_loss") == 0)
                study.results[i].metrics[m].value = 1.0 + (double)(i * 7 % 13);
    const struct pl_analysis *a = made_study_analyse(&study, NULL);
    check_choices(a, pl_json_get(golden, "selection"));
    made_study_finish(&study);
    pl_json_destroy(golden);
}

static void make_rates(struct made_study *study, const char **rates, size_t count) {
    made_study_init(study, labels, 2, 3);
    made_study_axis(study, "train.lr", rates, count);
    made_study_expand(study);
    study->experiment.select = (struct pl_select){"train.lr", "valid_loss"};
}

/* One rate is no choice and has no edge; where all diverge the smallest is as good as any. */
static void test_select__edges_and_nothing(void) {
    static const char *rates[] = {"0.1", "0.01", "1"};
    struct made_study study;
    make_rates(&study, rates, 1);
    for (size_t s = 0; s < 3; s++) made_study_valid(&study, 0, 0, s, 0.5, 0.5);
    const struct pl_analysis *a = made_study_analyse(&study, NULL);
    PL_CHECK(a->selection->choices[0].found && !a->selection->choices[0].edge);
    PL_CHECK(!a->selection->choices[1].found); /* still to be run */
    PL_CHECK_INT((long long)pl_analysis_summary(a->selection->best, 0, 1)->tally.done, 0);
    PL_CHECK(a->selection->robustness[0].decades == 0.0);
    made_study_finish(&study);
    make_rates(&study, rates, 3);
    for (size_t p = 0; p < 3; p++)
        for (size_t s = 0; s < 3; s++) {
            made_study_valid(&study, p, 0, s, 0.5, p == 0 ? 0.4 : 0.5);
            made_study_diverged(&study, p, 1, s);
        }
    a = made_study_analyse(&study, NULL);
    PL_CHECK_INT((long long)a->selection->choices[0].value, 0);
    PL_CHECK(!a->selection->choices[0].edge);
    PL_CHECK_INT((long long)a->selection->choices[1].value, 1);
    PL_CHECK(a->selection->choices[1].edge && a->selection->choices[1].diverged == 3);
    PL_CHECK_INT((long long)a->selection->commons[0].value, 0);
    PL_CHECK(a->selection->best->experiment->axis_count == 0);
    made_study_finish(&study);
}

/* A run that diverged counts as the worst, so a rate that is best on its other seeds is not chosen. */
static void test_select__divergence_is_not_forgotten(void) {
    static const char *rates[] = {"0.1", "0.01"};
    struct made_study study;
    make_rates(&study, rates, 2);
    for (size_t e = 0; e < 2; e++)
        for (size_t s = 0; s < 3; s++) {
            made_study_valid(&study, 0, e, s, 0.01, 0.01);
            made_study_valid(&study, 1, e, s, 0.02, 0.02);
        }
    made_study_diverged(&study, 0, 1, 2);
    const struct pl_analysis *a = made_study_analyse(&study, NULL);
    PL_CHECK_INT((long long)a->selection->choices[0].value, 0);
    PL_CHECK_INT((long long)a->selection->choices[1].value, 1);
    made_study_finish(&study);
}

/* ------------------------------------------------------------------------------ the report */

static char *write_report(struct made_study *study, const char *format) {
    struct pl_report_input input = {.analysis = made_study_analyse(study, NULL)};
    struct pl_strbuf out;
    pl_strbuf_init(&out);
    PL_REQUIRE_OK(pl_report_write(&input, format, &out));
    return pl_strbuf_take(&out);
}

static void check_width(const char *text) {
    for (const char *line = text; *line; line++) {
        size_t columns = 0;
        for (; *line != '\n'; line++) columns += ((unsigned char)*line & 0xC0) != 0x80;
        PL_CHECK(columns <= 80);
    }
}

/* Four axes and long labels, crossings that leave the range, numbers of all sizes. */
static void test_select__wide_studies_fit_80_columns(void) {
    static const char *const long_labels[] = {"standard",
                                              "a-label-that-is-much-longer-than-a-column-is"};
    static const char *rates[] = {"0.00001", "0.0003", "0.1"}, *two[] = {"0.125", "0.25"};
    struct made_study study;
    struct pl_rng rng;
    pl_rng_init(&rng, 1, "wide");
    made_study_init(&study, long_labels, 2, 4);
    made_study_axis(&study, "task.temperature", two, 2);
    made_study_axis(&study, "train.weight_decay", two, 2);
    made_study_axis(&study, "train.lr", rates, 3);
    made_study_axis(&study, "variant.query_std", two, 2);
    made_study_expand(&study);
    study.experiment.select = (struct pl_select){"train.lr", "valid_loss"};
    for (size_t p = 0; p < 24; p++)
        for (size_t e = 0; e < 2; e++)
            for (size_t s = 0; s < 4; s++)
                made_study_valid(&study, p, e, s, exp(6.0 * pl_rng_normal(&rng)),
                                 exp(6.0 * pl_rng_normal(&rng)));
    char *text = write_report(&study, "text");
    check_width(text);
    pl_free(text);
    made_study_finish(&study);
}

static void test_select__the_report_warns_of_the_edge(void) {
    struct made_study study;
    struct pl_json *golden = golden_study_load();
    golden_init(&study, pl_json_get(golden, "selection"), false);
    char *text = write_report(&study, "text");
    PL_CHECK(strstr(text, "- Warning: plain at task.structure = 0 chose train.lr = 0.001.") !=
             NULL);
    PL_CHECK(strstr(text, "- Warning: standard at task.structure = 1 chose train.lr") != NULL);
    PL_CHECK(strstr(text, "- Warning: static") == NULL);
    PL_CHECK(strstr(text, "At the common best train.lr") != NULL);
    check_width(text);
    pl_free(text);
    made_study_finish(&study);
    pl_json_destroy(golden);
}

static void test_select__json_has_both_selections(void) {
    struct made_study study;
    struct pl_json *golden = golden_study_load(), *report;
    golden_init(&study, pl_json_get(golden, "selection"), false);
    char *text = write_report(&study, "json");
    PL_REQUIRE_OK(pl_json_parse(&report, text, strlen(text)));
    const struct pl_json *selection = pl_json_get(report, "selection");
    const struct pl_json *common = pl_json_get(selection, "common");
    PL_CHECK_TEXT(pl_json_as_text(pl_json_get(selection, "over"), ""), "train.lr");
    PL_CHECK_TEXT(pl_json_as_text(pl_json_get(selection, "by"), ""), "valid_loss");
    PL_CHECK_INT((long long)pl_json_count(pl_json_get(selection, "chosen")), 6);
    PL_CHECK_INT((long long)pl_json_count(pl_json_get(selection, "robustness")), 6);
    const struct pl_json *grid = pl_json_get(selection, "grid");
    PL_CHECK_INT((long long)pl_json_count(pl_json_get(grid, "comparisons")), 16);
    PL_CHECK_INT((long long)pl_json_count(pl_json_get(common, "chosen")), 2);
    PL_CHECK_INT((long long)pl_json_count(pl_json_get(common, "comparisons")), 4);
    /* the top level tells of the chosen runs, as text and md do */
    const struct pl_json *top = pl_json_get(report, "comparisons");
    PL_CHECK_INT((long long)pl_json_count(top), 4);
    PL_CHECK(pl_json_get(pl_json_get(pl_json_at(top, 0), "axes"), "train.lr") == NULL);
    PL_CHECK_INT((long long)pl_json_count(pl_json_get(report, "axes")), 2);
    const struct pl_comparison *told = pl_analysis_comparison(study.analysis.selection->best, 0, 1);
    PL_CHECK(pl_json_as_real(pl_json_get(pl_json_at(top, 0), "ratio"), NAN) == told->ratio);
    const struct pl_json *chosen = pl_json_at(pl_json_get(selection, "chosen"), 2);
    PL_CHECK_NEAR(real(chosen, "value"), 0.001, 1e-15);
    PL_CHECK(pl_json_as_bool(pl_json_get(chosen, "edge"), false));
    pl_json_destroy(report);
    pl_free(text);
    made_study_finish(&study);
    pl_json_destroy(golden);
}

const struct pl_test pl_suite_select[] = {
    {"a_study_says_what_to_choose", test_select__a_study_says_what_to_choose},
    {"choices_agree_with_numpy", test_select__choices_agree_with_numpy},
    {"the_test_has_no_say", test_select__the_test_has_no_say},
    {"edges_and_nothing", test_select__edges_and_nothing},
    {"divergence_is_not_forgotten", test_select__divergence_is_not_forgotten},
    {"the_report_warns_of_the_edge", test_select__the_report_warns_of_the_edge},
    {"wide_studies_fit_80_columns", test_select__wide_studies_fit_80_columns},
    {"json_has_both_selections", test_select__json_has_both_selections},
    {0}};
