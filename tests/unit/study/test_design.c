/* Design: axes of choices, and the readings that a design draws: held against what a draw promises (each
 * value alike often, all readings different, a shorter draw the beginning of a longer one). */
#include "experiments/study/design.h"

#include "experiments/study/expand.h"
#include "tests/support/support.h"

static const char study[] =
    "study: tiny\n"
    "model: {depth: 4, hidden: 16}\n"
    "task: {name: linear_mix, samples: 64}\n"
    "train: {steps: 10}\n"
    "variants: [standard, attnres_full]\n"
    "sweep:\n"
    "  size: {s: {model.width: 8, task.dim: 8}, l: {model.width: 16, task.dim: 16}}\n"
    "  model.activation: [relu, silu, gelu]\n"
    "  model.prenorm: [true, false]\n"
    "  train.steps: [10, 20, 30, 40]\n"
    "  query: {zero: {}, drawn: {variant.query_std: 0.5}}\n"
    "  task.structure: [0, 1]\n"
    "  train.lr: [1e-3, 1e-2]\n"
    "select: {over: train.lr}\n"
    "design: {sample: 24, seed: 5, keep: [task.structure]}\n"
    "seeds: 2\n";

static void load(struct pl_experiment *out, const char *const *overrides, size_t count) {
    PL_REQUIRE_OK(pl_experiment_load_text(out, "t.yaml", study, strlen(study), overrides, count));
}

static const size_t *levels_of(const struct pl_experiment *experiment, size_t reading) {
    return experiment->design->levels + reading * experiment->design->factor_count;
}

static void test_design__readings_take_the_place_of_the_axes_they_sample(void) {
    struct pl_experiment experiment;
    load(&experiment, NULL, 0);
    PL_REQUIRE(experiment.axis_count == 3 && experiment.design != NULL);
    PL_CHECK_TEXT(experiment.axes[0].key, "reading");
    PL_CHECK_TEXT(experiment.axes[1].key, "task.structure");
    PL_CHECK_TEXT(experiment.axes[2].key, "train.lr");
    PL_CHECK_INT(experiment.axes[0].count, 24);
    PL_CHECK_INT(experiment.design->factor_count, 5);
    pl_experiment_finish(&experiment);
}

static void test_design__every_value_is_drawn_alike_often(void) {
    struct pl_experiment experiment;
    load(&experiment, NULL, 0);
    const struct pl_design *design = experiment.design;
    for (size_t f = 0; f < design->factor_count; f++) {
        size_t seen[8] = {0};
        for (size_t r = 0; r < 24; r++) seen[levels_of(&experiment, r)[f]]++;
        for (size_t v = 0; v < design->factors[f].count; v++) {
            double expected = 24.0 / (double)design->factors[f].count;
            PL_CHECK_NEAR((double)seen[v], expected, 2.0);
        }
    }
    pl_experiment_finish(&experiment);
}

/* Apart from options of variants, which standard has not, all readings differ. */
static void test_design__no_reading_is_drawn_twice(void) {
    struct pl_experiment experiment;
    load(&experiment, NULL, 0);
    for (size_t r = 0; r < 24; r++)
        for (size_t k = 0; k < r; k++)
            PL_CHECK(memcmp(levels_of(&experiment, r), levels_of(&experiment, k),
                            4 * sizeof(size_t)) != 0);
    pl_experiment_finish(&experiment);
}

static void test_design__a_shorter_draw_begins_a_longer_one(void) {
    struct pl_experiment longer, shorter;
    static const char *const few[] = {"design.sample=10"};
    load(&longer, NULL, 0);
    load(&shorter, few, 1);
    PL_CHECK_INT(shorter.axes[0].count, 10);
    PL_CHECK(memcmp(longer.design->levels, shorter.design->levels, 10 * 5 * sizeof(size_t)) == 0);
    pl_experiment_finish(&shorter);
    pl_experiment_finish(&longer);
}

/* No two axes go together: of all pairs of values of two axes each is drawn, given enough readings. */
static void test_design__no_two_axes_go_together(void) {
    struct pl_experiment experiment;
    load(&experiment, NULL, 0);
    const struct pl_design *design = experiment.design;
    for (size_t a = 0; a < design->factor_count; a++)
        for (size_t b = a + 1; b < design->factor_count; b++) {
            size_t seen[4][4] = {{0}};
            for (size_t r = 0; r < 24; r++)
                seen[levels_of(&experiment, r)[a]][levels_of(&experiment, r)[b]]++;
            if (design->factors[a].count > 2 || design->factors[b].count > 2) continue;
            for (size_t i = 0; i < 4; i++) PL_CHECK(seen[i / 2][i % 2] >= 2);
        }
    pl_experiment_finish(&experiment);
}

static void test_design__another_seed_is_another_draw(void) {
    struct pl_experiment first, second;
    static const char *const other[] = {"design.seed=6"};
    load(&first, NULL, 0);
    load(&second, other, 1);
    PL_CHECK(memcmp(first.design->levels, second.design->levels, 24 * 5 * sizeof(size_t)) != 0);
    pl_experiment_finish(&second);
    pl_experiment_finish(&first);
}

/* What a reading says stands in its cells, an option only in cells of the variant that has it. */
static void test_design__cells_have_the_settings_of_their_reading(void) {
    struct pl_experiment experiment;
    struct pl_cells cells;
    load(&experiment, NULL, 0);
    PL_REQUIRE_OK(pl_experiment_expand(&cells, &experiment));
    PL_CHECK_INT(cells.count, 24 * 2 * 2 * 2 * 2);
    for (size_t i = 0; i < cells.count; i++) {
        const struct pl_cell *cell = &cells.items[i];
        const size_t *levels =
            levels_of(&experiment, pl_experiment_axis_index(&experiment, cell->point, 0));
        bool attention = strcmp(cell->variant, "attnres_full") == 0;
        PL_CHECK(strstr(cell->settings, levels[0] ? "task.dim = 16\n" : "task.dim = 8\n") != NULL);
        PL_CHECK(strstr(cell->settings, levels[0] ? "model.width = 16\n" : "model.width = 8\n") !=
                 NULL);
        PL_CHECK((strstr(cell->settings, "variant.query_std = 0.5\n") != NULL) ==
                 (attention && levels[4] == 1));
    }
    pl_cells_finish(&cells);
    pl_experiment_finish(&experiment);
}

/* An entry's own value stands along an axis whose choices set another. */
static void test_design__an_entry_keeps_its_own_value(void) {
    static const char text[] = "study: kept\n"
                               "task: {name: linear_mix}\n"
                               "variants: [{name: standard, model.prenorm: true}, attnres_full]\n"
                               "sweep: {norm: {with: {model.prenorm: true, train.lr: 1e-3},\n"
                               "               without: {model.prenorm: false, train.lr: 2e-3}}}\n"
                               "seeds: 1\n";
    struct pl_experiment experiment;
    struct pl_cells cells;
    PL_REQUIRE_OK(pl_experiment_load_text(&experiment, "t.yaml", text, sizeof text - 1, NULL, 0));
    PL_REQUIRE_OK(pl_experiment_expand(&cells, &experiment));
    PL_CHECK_INT(cells.count, 4);
    for (size_t i = 0; i < cells.count; i++) {
        const struct pl_cell *cell = &cells.items[i];
        bool with = cell->point == 0 || strcmp(cell->variant, "standard") == 0;
        PL_CHECK(strstr(cell->settings,
                        with ? "model.prenorm = true\n" : "model.prenorm = false\n") != NULL);
    }
    pl_cells_finish(&cells);
    pl_experiment_finish(&experiment);
}

static void test_design__some_readings_alone(void) {
    struct pl_experiment all, some;
    static const char *const two[] = {"reading=3,17"};
    load(&all, NULL, 0);
    load(&some, two, 1);
    PL_CHECK_INT(some.axes[0].count, 2);
    PL_CHECK_TEXT(some.axes[0].values[1], "17");
    PL_CHECK(memcmp(levels_of(&some, 1), levels_of(&all, 16), 5 * sizeof(size_t)) == 0);
    pl_experiment_finish(&some);
    pl_experiment_finish(&all);
}

static void test_design__the_command_line_goes_before_a_choice(void) {
    struct pl_experiment experiment;
    struct pl_cells cells;
    static const char *const fixed[] = {"task.dim=8", "size=s", "design.sample=10"};
    load(&experiment, fixed, 3);
    PL_REQUIRE_OK(pl_experiment_expand(&cells, &experiment));
    for (size_t i = 0; i < cells.count; i++)
        PL_CHECK(strstr(cells.items[i].settings, "task.dim = 8\n") != NULL);
    pl_cells_finish(&cells);
    pl_experiment_finish(&experiment);
}

static void test_design__what_cannot_be_drawn(void) {
    static const struct {
        const char *override, *sentence;
    } cases[] = {
        {"design.sample=25",
         "command line: the design draws 25 readings from 48 (the product of the "
         "sampled axes, options of variants apart); draw at most half of them, or "
         "leave the design out and run them all"},
        {"design.sample=1", "command line: sample is \"1\", which is below the smallest accepted; "
                            "it takes a whole number from 2 to 10000"},
        {"size=m", "command line: the axis size has no choice \"m\"; it has s and l"},
        {"reading=30", "command line: reading is \"30\", which is above the largest accepted; it "
                       "takes a whole number from 1 to 24"},
        {"reading=3,3", "command line: the reading 3 stands there twice; list each once"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pl_experiment experiment;
        PL_REQUIRE(pl_experiment_load_text(&experiment, "t.yaml", study, strlen(study),
                                           &cases[i].override, 1) == PL_ECONFIG);
        PL_CHECK_TEXT(pl_message(), cases[i].sentence);
    }
}

const struct pl_test pl_suite_design[] = {
    {"readings_take_the_place_of_the_axes_they_sample",
     test_design__readings_take_the_place_of_the_axes_they_sample},
    {"every_value_is_drawn_alike_often", test_design__every_value_is_drawn_alike_often},
    {"no_reading_is_drawn_twice", test_design__no_reading_is_drawn_twice},
    {"a_shorter_draw_begins_a_longer_one", test_design__a_shorter_draw_begins_a_longer_one},
    {"no_two_axes_go_together", test_design__no_two_axes_go_together},
    {"another_seed_is_another_draw", test_design__another_seed_is_another_draw},
    {"cells_have_the_settings_of_their_reading",
     test_design__cells_have_the_settings_of_their_reading},
    {"an_entry_keeps_its_own_value", test_design__an_entry_keeps_its_own_value},
    {"some_readings_alone", test_design__some_readings_alone},
    {"the_command_line_goes_before_a_choice", test_design__the_command_line_goes_before_a_choice},
    {"what_cannot_be_drawn", test_design__what_cannot_be_drawn},
    {0}};
