/* Multiverse: readings with effects that are known by construction. Each seed of an entry has the baseline's
 * loss times a factor of its reading, with a little spread over seeds. */
#include "experiments/evidence/multiverse.h"

#include <math.h>

#include "experiments/report/figure.h"
#include "experiments/report/multiverse.h"
#include "experiments/study/expand.h"
#include "tests/support/support.h"

#define SEEDS 8

static const char study[] = "study: tiny\n"
                            "model: {depth: 4, hidden: 16}\n"
                            "task: {name: linear_mix, dim: 8, samples: 64}\n"
                            "variants: [standard, attnres_full]\n"
                            "sweep:\n"
                            "  model.activation: [relu, silu]\n"
                            "  model.prenorm: [true, false]\n"
                            "  model.depth: [2, 4, 6, 8, 10, 12, 14, 16]\n"
                            "  task.structure: [0, 1]\n"
                            "design: {sample: 16, keep: [task.structure]}\n"
                            "seeds: 8\n";

struct world {
    struct pl_experiment experiment;
    struct pl_cells cells;
    struct pl_result *results;
    struct pl_analysis analysis;
    struct pl_multiverse multiverse;
    struct pl_arena arena;
};

/* The ratio of a reading: prenorm decides all at structure 1, and nothing does at structure 0. */
static double ratio_of(const struct pl_experiment *experiment, size_t point) {
    size_t reading = pl_experiment_axis_index(experiment, point, 0);
    bool structured = pl_experiment_axis_index(experiment, point, 1) == 1;
    bool off = experiment->design->levels[reading * 3 + 1] == 1;
    return structured ? (off ? 2.0 : 0.5) : 1.0;
}

static void make(struct world *world, size_t unfinished) {
    *world = (struct world){0};
    PL_REQUIRE_OK(
        pl_experiment_load_text(&world->experiment, "t.yaml", study, strlen(study), NULL, 0));
    PL_REQUIRE_OK(pl_experiment_expand(&world->cells, &world->experiment));
    world->results = pl_arena_alloc(&world->arena, world->cells.count * sizeof *world->results);
    for (size_t i = 0; i < world->cells.count; i++) {
        const struct pl_cell *cell = &world->cells.items[i];
        double spread = 1 + 0.001 * (double)((cell->seed_index * 5 + cell->entry * 3) % SEEDS);
        double loss =
            0.1 * spread * (cell->entry ? ratio_of(&world->experiment, cell->point) : 1.0);
        size_t reading = pl_experiment_axis_index(&world->experiment, cell->point, 0);
        world->results[i] = (struct pl_result){.outcome = PL_PENDING};
        if (reading < unfinished) continue;
        world->results[i].outcome = PL_DONE;
        pl_result_add(&world->results[i], "test_loss", 10, loss);
        pl_result_add(&world->results[i], "trivial", 10, 1.0);
    }
    PL_REQUIRE_OK(
        pl_analysis_run(&world->analysis, &world->experiment, &world->cells, world->results, NULL));
    PL_REQUIRE(pl_multiverse_make(&world->multiverse, &world->analysis, &world->arena));
}

static void finish(struct world *world) {
    pl_analysis_finish(&world->analysis);
    for (size_t i = 0; i < world->cells.count; i++) pl_result_finish(&world->results[i]);
    pl_cells_finish(&world->cells);
    pl_experiment_finish(&world->experiment);
    pl_arena_finish(&world->arena);
}

static void test_multiverse__verdicts_are_counted_at_each_setting(void) {
    struct world world;
    make(&world, 0);
    PL_REQUIRE(world.multiverse.count == 2 && world.multiverse.setting_count == 2);
    const struct pl_specification *noise = &world.multiverse.items[0];
    const struct pl_specification *map = &world.multiverse.items[1];
    size_t off = 0;
    for (size_t r = 0; r < 16; r++) off += world.experiment.design->levels[r * 3 + 1];
    PL_CHECK_INT(noise->readings, 16);
    PL_CHECK_INT(noise->equivalent, 16);
    PL_CHECK_INT(map->worse, off);
    PL_CHECK_INT(map->better, 16 - off);
    PL_CHECK_NEAR(map->ratio, pow(2.0, ((double)off - (16.0 - (double)off)) / 16.0), 1e-3);
    PL_CHECK(noise->equivalent_share.low > 0.75 && noise->equivalent_share.high > 0.999);
    finish(&world);
}

static void test_multiverse__the_curve_is_in_order(void) {
    struct world world;
    make(&world, 0);
    const struct pl_specification *map = &world.multiverse.items[1];
    double last = 0;
    for (size_t k = 0; k < map->count; k++) {
        double ratio = pl_multiverse_comparison(&world.multiverse, map, map->order[k])->ratio;
        PL_CHECK(ratio >= last);
        last = ratio;
    }
    finish(&world);
}

static void test_multiverse__the_choice_that_decides_is_found(void) {
    struct world world;
    size_t order[3], count;
    make(&world, 0);
    const struct pl_specification *map = &world.multiverse.items[1];
    pl_multiverse_rank_factors(&world.multiverse, map, order);
    PL_CHECK_INT(order[0], 1);
    PL_CHECK_NEAR(map->shares.alone[1].value, 1.0, 0.08); /* n / (n - 1) of a full explanation */
    PL_CHECK(map->shares.noise < 0.01);
    double cell = pl_multiverse_cell(&world.multiverse, map, 1, 0, 0, 0, &count);
    PL_CHECK(count > 0);
    PL_CHECK_NEAR(cell, 0.5, 1e-3);
    finish(&world);
}

static void test_multiverse__readings_without_runs_are_missing(void) {
    struct world world;
    make(&world, 5);
    for (size_t k = 0; k < 2; k++) {
        PL_CHECK_INT(world.multiverse.items[k].missing, 5);
        PL_CHECK_INT(world.multiverse.items[k].readings, 11);
        PL_CHECK_INT(world.multiverse.items[k].count, 11);
    }
    finish(&world);
}

/* Below the curve stands which choices the readings made: PreNorm first, which decides at structure 1; the
 * squares of a factor's values fill every place once. */
static void test_multiverse__the_grid_shows_the_choices_of_the_curve(void) {
    struct world world;
    struct pl_figures figures;
    make(&world, 0);
    pl_figures_make(&figures, &world.analysis);
    const struct pl_chart *chart = &figures.items[PL_FIGURE_CHOICES].chart;
    PL_REQUIRE(chart->panels.count == 2 && chart->row_count == 2 + 2 + 8);
    PL_CHECK(!figures.items[PL_FIGURE_CHOICES + 1].exists); /* one entry besides the baseline */
    for (size_t p = 0; p < 2; p++) {
        const struct pl_chart_series *grid = &chart->panels.items[p].series.items[1];
        const struct pl_specification *item = &world.multiverse.items[p];
        double filled[3] = {0};
        for (size_t i = 0; i < grid->count; i++) {
            const struct pl_chart_row *row = &chart->rows[(size_t)grid->y[i]];
            size_t reading = item->order[(size_t)grid->x[i] - 1];
            bool off = world.experiment.design->levels[reading * 3 + 1] == 1;
            if (strcmp(row->name, "prenorm = true") == 0) PL_CHECK(!off);
            if (strcmp(row->name, "prenorm = false") == 0) PL_CHECK(off);
            filled[row->group] += grid->low[i];
        }
        for (size_t f = 0; f < 3; f++) PL_CHECK_NEAR(filled[f], 16.0, 1e-12);
    }
    pl_figures_finish(&figures);
    finish(&world);
}

static void test_multiverse__strips_tell_the_same(void) {
    struct world world;
    struct pl_strbuf text;
    make(&world, 0);
    const struct pl_specification *map = &world.multiverse.items[1];
    char expected[3][17];
    for (size_t k = 0; k < 16; k++) {
        bool off = world.experiment.design->levels[map->order[k] * 3 + 1] == 1;
        expected[0][k] = off ? '>' : '<';
        expected[1][k] = off ? ' ' : '#';
        expected[2][k] = off ? '#' : ' ';
    }
    for (int r = 0; r < 3; r++) expected[r][16] = '\0';
    pl_strbuf_init(&text);
    pl_say_strips(&text, &world.multiverse, map, 1);
    const char *whole =
        pl_arena_printf(&world.arena, "%24s %s\n%12s %11s %s\n%12s %11s %s\n", "ratio", expected[0],
                        "prenorm", "true", expected[1], "", "false", expected[2]);
    PL_CHECK_TEXT(text.text, whole);
    pl_strbuf_finish(&text);
    finish(&world);
}

const struct pl_test pl_suite_multiverse[] = {
    {"the_grid_shows_the_choices_of_the_curve",
     test_multiverse__the_grid_shows_the_choices_of_the_curve},
    {"strips_tell_the_same", test_multiverse__strips_tell_the_same},
    {"verdicts_are_counted_at_each_setting", test_multiverse__verdicts_are_counted_at_each_setting},
    {"the_curve_is_in_order", test_multiverse__the_curve_is_in_order},
    {"the_choice_that_decides_is_found", test_multiverse__the_choice_that_decides_is_found},
    {"readings_without_runs_are_missing", test_multiverse__readings_without_runs_are_missing},
    {0}};
