/* At structure 0 there is nothing to generalise: networks that are trained there never beat the trivial
 * predictor on test data beyond noise. Over every task that has such an end. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/math.h"
#include "experiments/run/cell_run.h"
#include "experiments/study/expand.h"
#include "tests/support/support.h"

enum { TEST_SAMPLES = 2000, SEEDS = 2 };

static bool has_row(const struct pl_task *task, const char *name) {
    return pl_option_find(&task->options, name) != NULL;
}

/* Tasks of sequences have more than one token a sample, and need a host that reads them. */
static const char *host_of(const struct pl_task *task) {
    struct pl_settings none = {0};
    struct pl_arena arena = {0};
    struct pl_data_shape shape;
    void *options = pl_arena_alloc(&arena, task->options_size);
    PL_REQUIRE_OK(pl_settings_bind(&none, &task->options, options, &arena));
    task->shape(options, &shape);
    pl_arena_finish(&arena);
    return shape.tokens > 1 ? "kind: transformer, width: 12, depth: 2, heads: 2"
                            : "width: 12, depth: 3";
}

/* Two networks and two seeds on a small version of [task]; false when it has no random end. */
static bool plan(struct pl_experiment *experiment, struct pl_cells *cells,
                 const struct pl_task *task) {
    const struct pl_option *length = pl_option_find(&task->options, "length");
    char text[700], tokens[32] = "";
    if (length) snprintf(tokens, sizeof tokens, ", length: %.0f", fmax(16, length->min));
    snprintf(text, sizeof text,
             "study: random-end\n"
             "model: {%s}\n"
             "task: {name: %s, %s, samples: 300, valid_samples: 1, test_samples: "
             "%d%s%s%s%s%s}\n"
             "train: {lr: 1e-2, steps: 40, eval_points: 20}\n"
             "variants: [standard, attnres_full]\n"
             "seeds: %d\n",
             host_of(task), task->name, has_row(task, "shuffle") ? "shuffle: 1" : "structure: 0",
             TEST_SAMPLES, has_row(task, "dim") ? ", dim: 6" : "",
             has_row(task, "hidden") ? ", hidden: 8" : "",
             has_row(task, "depth") ? ", depth: 3" : "", tokens,
             has_row(task, "vocabulary") ? ", vocabulary: 16" : "", SEEDS);
    PL_REQUIRE_OK(
        pl_experiment_load_text(experiment, "random_end.yaml", text, strlen(text), NULL, 0));
    if (pl_experiment_expand(cells, experiment) == PL_OK) return true;
    PL_CHECK(strstr(pl_message(), "structure is 0") != NULL); /* no dial: the one good reason */
    pl_experiment_finish(experiment);
    return false;
}

/* Standard error of the mean of - ln q over the labels that are asked for, q their frequency. */
static double label_error(const struct pl_bound *bound) {
    struct pl_dataset data = {0};
    PL_REQUIRE_OK(bound->task->generate(bound->task_options, bound->seed, &data));
    const struct pl_samples *test = &data.split[PL_TEST];
    size_t tokens = test->count * (size_t)bound->shape.tokens, classes = (size_t)bound->shape.out;
    double *count = pl_alloc_zero(classes, sizeof *count), asked = 0, mean = 0, squares = 0;
    for (size_t t = 0; t < tokens; t++) {
        if (test->weight && test->weight[t] == 0) continue;
        count[test->labels[t]]++;
        asked++;
    }
    for (size_t c = 0; c < classes; c++) {
        double q = count[c] / asked, bits = q > 0 ? -pl_log(q) : 0;
        mean += q * bits;
        squares += q * bits * bits;
    }
    pl_free(count);
    pl_dataset_finish(&data);
    return sqrt(fmax(0, squares - mean * mean) / asked);
}

/* Standard error of the trivial loss itself on test: of a mean square of noise in [out] features, or of
 * labels. And a network that follows noise by chance gains at most about 1 / n of it a degree of freedom. */
static double noise_of(const struct pl_bound *bound, double trivial) {
    double n = TEST_SAMPLES, out = (double)bound->shape.out;
    bool classes = bound->shape.target == PL_TARGET_CLASS;
    return (classes ? label_error(bound) : trivial * sqrt(2 / (n * out))) + 3 * trivial / n;
}

static void check_cell(const struct pl_cell *planned) {
    struct pl_bound bound;
    struct pl_result result = {0};
    const char *text = pl_cell_text(planned, &result.arena);
    PL_REQUIRE_OK(pl_bound_read(&bound, text));
    pl_cell_run_text(NULL, text, strlen(text), &result);
    PL_CHECK(result.outcome == PL_DONE || result.outcome == PL_DIVERGED);
    double trivial = pl_result_final(&result, "trivial"), least = INFINITY;
    int points = 0;
    for (size_t k = 0; k < result.metric_count; k++) {
        if (strcmp(result.metrics[k].name, "test_loss") != 0) continue;
        if (result.metrics[k].value < least) least = result.metrics[k].value;
        points++;
    }
    PL_CHECK(points >= 20);
    if (!(least >= trivial - 4 * noise_of(&bound, trivial)))
        printf("  %s %s: %g beats %g\n", bound.task->name, planned->label, least, trivial);
    PL_CHECK(least >= trivial - 4 * noise_of(&bound, trivial));
    PL_CHECK(isnan(pl_result_final(&result, "score"))); /* there is nothing to score */
    pl_result_finish(&result);
    pl_bound_finish(&bound);
}

static void test_random_end__no_network_beats_the_trivial_predictor(void) {
    int tasks = 0;
    for (size_t t = 0; pl_task_at(t); t++) {
        struct pl_experiment experiment;
        struct pl_cells cells;
        if (!plan(&experiment, &cells, pl_task_at(t))) continue;
        for (size_t k = 0; k < cells.count; k++) check_cell(&cells.items[k]);
        pl_cells_finish(&cells);
        pl_experiment_finish(&experiment);
        tasks++;
    }
    PL_CHECK_INT(tasks, 23); /* all but null */
}

const struct pl_test pl_suite_random_end[] = {
    {"no_network_beats_the_trivial_predictor",
     test_random_end__no_network_beats_the_trivial_predictor},
    {0},
};
