/* match: params against a count of parameters written out by hand. */
#include <stdlib.h>

#include "experiments/study/expand.h"
#include "tests/support/support.h"

static const char study[] = "study: m\n"
                            "model: {width: 8, hidden: 40, depth: 3}\n"
                            "task: {name: linear_mix, dim: 5}\n"
                            "match: params\n"
                            "variants: [standard, attnres_full, {name: highway, gate: dense}]\n"
                            "sweep: {model.depth: [3, 6]}\n"
                            "seeds: 2\n";

static long setting(const struct pl_cell *cell, const char *key) {
    struct pl_settings settings = {0};
    struct pl_arena arena = {0};
    PL_REQUIRE_OK(pl_settings_read(&settings, &arena, cell->settings));
    long value = atol(pl_settings_value(&settings, key, "-1"));
    pl_settings_finish(&settings);
    pl_arena_finish(&arena);
    return value;
}

/* Embedding 5 -> 8, L layers with a norm each, final norm, head 8 -> 5; and the connection's own:
 * attnres 2 d L, dense highway L (d^2 + d). */
static double params(const struct pl_cell *cell) {
    double d = 8, h = (double)setting(cell, "model.hidden"),
           l = (double)setting(cell, "model.depth");
    double own = strcmp(cell->variant, "attnres_full") == 0 ? 2 * d * l
                 : strcmp(cell->variant, "highway") == 0    ? l * (d * d + d)
                                                            : 0;
    return (5 * d + d) + l * (2 * h * d + h + d + d) + d + (5 * d + 5) + own;
}

static void test_match__every_entry_has_the_baselines_parameters(void) {
    struct pl_experiment experiment;
    struct pl_cells cells;
    PL_REQUIRE_OK(pl_experiment_load_text(&experiment, "m.yaml", study, strlen(study), NULL, 0));
    PL_REQUIRE_OK(pl_experiment_expand(&cells, &experiment));
    PL_CHECK_INT((long long)cells.count, 12);
    for (size_t k = 0; k < cells.count; k += 3) {
        double target = params(&cells.items[k]);
        PL_CHECK_INT(setting(&cells.items[k], "model.hidden"), 40);
        for (size_t e = 1; e < 3; e++) {
            PL_CHECK(fabs(params(&cells.items[k + e]) - target) <= 0.01 * target);
            PL_CHECK(setting(&cells.items[k + e], "model.hidden") < 40);
        }
    }
    pl_cells_finish(&cells);
    pl_experiment_finish(&experiment);
}

/* A transformer with swiglu on recall (21 tokens, 42 of a row): E and P, a head without bias; by blocks four
 * matrices with biases, three matrices of an MLP with theirs, two norms; muddformer has four more gains for
 * the ports of attention in place of two, and its own. */
static const char transformer[] =
    "study: m\n"
    "model: {kind: transformer, width: 8, hidden: 60, depth: 4, heads: 2, mlp: swiglu}\n"
    "task: {name: recall, length: 40}\n"
    "match: params\n"
    "variants: [standard, attnres_full, muddformer]\n"
    "seeds: 1\n";

static double transformer_params(const struct pl_cell *cell) {
    double d = 8, h = (double)setting(cell, "model.hidden"), own = 0;
    if (strcmp(cell->variant, "attnres_full") == 0) own = 2 * d * 4;
    if (strcmp(cell->variant, "muddformer") == 0)
        own = 2 * 2 * d + (d * 8 + 8 * 8 + 8) + (d * 12 + 12 * 3 + 3);
    double attention = 4 * (d * d + d) + d, mlp = 3 * d * h + 2 * h + d + d;
    return (21 + 42) * d + 2 * (attention + mlp) + d + 21 * d + own;
}

static void test_match__transformers_have_them_too(void) {
    struct pl_experiment experiment;
    struct pl_cells cells;
    PL_REQUIRE_OK(
        pl_experiment_load_text(&experiment, "m.yaml", transformer, strlen(transformer), NULL, 0));
    PL_REQUIRE_OK(pl_experiment_expand(&cells, &experiment));
    PL_CHECK_INT((long long)cells.count, 3);
    double target = transformer_params(&cells.items[0]);
    for (size_t e = 1; e < 3; e++) {
        PL_CHECK(fabs(transformer_params(&cells.items[e]) - target) <= 0.01 * target);
        PL_CHECK(setting(&cells.items[e], "model.hidden") < 60);
    }
    pl_cells_finish(&cells);
    pl_experiment_finish(&experiment);
}

const struct pl_test pl_suite_match[] = {
    {"every_entry_has_the_baselines_parameters",
     test_match__every_entry_has_the_baselines_parameters},
    {"transformers_have_them_too", test_match__transformers_have_them_too},
    {0},
};
