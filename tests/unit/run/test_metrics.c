/* The metrics of a cell against what they are said to be, from the numbers beside them; and data that are
 * measured by the model. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/train/metric.h"
#include "experiments/run/cell_run.h"
#include "experiments/study/expand.h"
#include "tests/support/support.h"

struct made {
    struct pl_experiment experiment;
    struct pl_cells cells;
};

static void make(struct made *made, const char *task, const char *sweep) {
    char text[500];
    snprintf(
        text, sizeof text,
        "study: made\nmodel: {width: 6, depth: 2}\ntask: {%s, valid_samples: 50, test_samples: "
        "50}\ntrain: {steps: 20, lr: 1e-2}\nvariants: [standard, attnres_full]\n%sseeds: 1\n",
        task, sweep);
    PL_REQUIRE_OK(
        pl_experiment_load_text(&made->experiment, "made.yaml", text, strlen(text), NULL, 0));
    PL_REQUIRE_OK(pl_experiment_expand(&made->cells, &made->experiment));
}

static void made_finish(struct made *made) {
    pl_cells_finish(&made->cells);
    pl_experiment_finish(&made->experiment);
}

static void run(struct pl_result *out, const struct pl_cell *cell) {
    memset(out, 0, sizeof *out);
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_cell_add_text(cell, &text);
    pl_cell_run_text(NULL, text.text, text.length, out);
    pl_strbuf_finish(&text);
    PL_REQUIRE(out->outcome == PL_DONE);
    for (size_t k = 0; k < out->metric_count; k++) {
        const struct pl_metric_row *row = pl_metric_find(out->metrics[k].name);
        PL_REQUIRE(row != NULL); /* what a worker writes is a row of the table */
        PL_CHECK(row->kind != PL_METRIC_TIME);
    }
}

static void test_metrics__scores_and_bits_are_what_they_say(void) {
    struct made made;
    struct pl_result result;
    make(&made, "name: clusters, dim: 4, classes: 3, samples: 120, structure: 0.8", "");
    for (size_t k = 0; k < made.cells.count; k++) {
        run(&result, &made.cells.items[k]);
        double params = pl_result_final(&result, "params");
        double trivial = pl_result_final(&result, "trivial");
        double best = pl_result_final(&result, "best_test");
        double loss = pl_result_final(&result, "train_loss");
        PL_CHECK_NEAR(pl_result_final(&result, "score"),
                      (trivial - pl_result_final(&result, "test_loss")) / (trivial - best), 1e-12);
        PL_CHECK_NEAR(pl_result_final(&result, "solved_loss"), best + 0.01 * (trivial - best),
                      1e-12);
        PL_CHECK_NEAR(pl_result_final(&result, "load"), 120 * log2(3) / params, 1e-12);
        PL_CHECK_NEAR(pl_result_final(&result, "bits_per_param"),
                      120 * (log(3) - loss) / log(2) / params, 1e-9);
        PL_CHECK(pl_result_final(&result, "accuracy") >= 0);
        pl_result_finish(&result);
    }
    made_finish(&made);
}

static void test_metrics__gap_is_test_over_train(void) {
    struct made made;
    struct pl_result result;
    make(&made, "name: clusters, dim: 4, classes: 3, samples: 30, structure: 0.8", "");
    run(&result, &made.cells.items[0]);
    PL_CHECK_NEAR(pl_result_final(&result, "gap"),
                  pl_result_final(&result, "test_loss") / pl_result_final(&result, "train_loss"),
                  1e-12);
    pl_result_finish(&result);
    made_finish(&made);
}

static void test_metrics__regression_has_no_bits_and_chance_no_score(void) {
    struct made made;
    struct pl_result result;
    make(&made, "name: linear_mix, dim: 6, samples: 60", "");
    run(&result, &made.cells.items[0]);
    PL_CHECK(isnan(pl_result_final(&result, "load")));
    PL_CHECK(isnan(pl_result_final(&result, "bits_per_param")));
    PL_CHECK(isnan(pl_result_final(&result, "accuracy")));
    PL_CHECK(pl_result_final(&result, "score") <= 1);
    pl_result_finish(&result);
    made_finish(&made);
    make(&made, "name: random_labels, dim: 6, samples: 60", "");
    run(&result, &made.cells.items[0]);
    PL_CHECK(isnan(pl_result_final(&result, "score")));
    PL_CHECK(isnan(pl_result_final(&result, "solved_loss")));
    PL_CHECK(pl_result_final(&result, "bits_per_param") > 0);
    pl_result_finish(&result);
    made_finish(&made);
}

/* Where every token has a target, and where one has: there it would be the accuracy. */
static void test_metrics__exact_is_there_with_several_targets(void) {
    static const char *const objectives[] = {"next", "asked"};
    for (int k = 0; k < 2; k++) {
        struct made made;
        struct pl_result result;
        char text[400];
        snprintf(text, sizeof text,
                 "study: made\nmodel: {kind: transformer, width: 8, depth: 2, heads: 2}\n"
                 "task: {name: induction, samples: 40, length: 8, vocabulary: 6, objective: %s, "
                 "valid_samples: 20, test_samples: 20}\n"
                 "train: {steps: 3}\nvariants: [standard]\nseeds: 1\n",
                 objectives[k]);
        PL_REQUIRE_OK(
            pl_experiment_load_text(&made.experiment, "made.yaml", text, strlen(text), NULL, 0));
        PL_REQUIRE_OK(pl_experiment_expand(&made.cells, &made.experiment));
        run(&result, &made.cells.items[0]);
        double exact = pl_result_final(&result, "exact");
        double train = pl_result_final(&result, "train_exact");
        if (k == 0) PL_CHECK(exact == pl_result_final(&result, "accuracy")); /* one asked there */
        if (k == 0) PL_CHECK(train <= pl_result_final(&result, "train_accuracy"));
        if (k == 1) PL_CHECK(isnan(exact) && isnan(train));
        pl_result_finish(&result);
        made_finish(&made);
    }
}

/* Steps of 16, 16 and 8 samples of 9 tokens, of which one is asked: the head is computed there alone. For each
 * token the matrices of one block, and every pair of a token and one not behind it; backward twice. */
static void test_metrics__flops_of_a_transformer_count_attention(void) {
    static const char text[] =
        "study: made\nmodel: {kind: transformer, width: 8, hidden: 20, depth: 2, heads: 2}\n"
        "task: {name: induction, samples: 40, length: 8, vocabulary: 6, valid_samples: 20, "
        "test_samples: 20}\ntrain: {steps: 3, batch: 16}\nvariants: [standard]\nseeds: 1\n";
    struct made made;
    struct pl_result result;
    double matrices = 0, pairs = 0;
    for (int t = 0; t < 9; t++) {
        matrices += 4 * 8 * 8 + 2 * 20 * 8 + (t == 8 ? 6 * 8 : 0);
        for (int j = 0; j <= t; j++) pairs += 2 * (4 + 4); /* two heads: <q, k> and p v */
    }
    PL_REQUIRE_OK(
        pl_experiment_load_text(&made.experiment, "made.yaml", text, strlen(text), NULL, 0));
    PL_REQUIRE_OK(pl_experiment_expand(&made.cells, &made.experiment));
    run(&result, &made.cells.items[0]);
    PL_CHECK_NEAR(pl_result_final(&result, "train_flops"), 40 * 3 * 2 * (matrices + pairs), 1e-6);
    pl_result_finish(&result);
    made_finish(&made);
}

/* load = L asks for L bits a parameter: samples = L params / log2 V, for each model its own. */
static void test_metrics__load_measures_the_data_by_the_model(void) {
    struct made made;
    struct pl_result result;
    make(&made, "name: random_labels, dim: 6, classes: 4", "sweep: {task.load: [0, 0.5, 2]}\n");
    for (size_t k = 0; k < made.cells.count; k++) {
        const struct pl_cell *cell = &made.cells.items[k];
        double load = strtod(cell->axis_values[0], NULL);
        const char *samples = strstr(cell->settings, "\ntask.samples = ");
        PL_REQUIRE(samples != NULL);
        double found = strtod(samples + 16, NULL);
        run(&result, cell);
        double params = pl_result_final(&result, "params");
        PL_CHECK_NEAR(found, load > 0 ? floor(load * params / 2 + 0.5) : 1000, 1e-12);
        PL_CHECK_NEAR(pl_result_final(&result, "load"), found * 2 / params, 1e-12);
        pl_result_finish(&result);
    }
    made_finish(&made);
}

static void test_metrics__a_load_beyond_reason_is_refused(void) {
    static const char text[] = "study: made\nmodel: {width: 512, depth: 40}\n"
                               "task: {name: random_labels, load: 100}\nvariants: [standard]\n"
                               "seeds: 1\n";
    struct pl_experiment experiment;
    struct pl_cells cells;
    PL_REQUIRE_OK(pl_experiment_load_text(&experiment, "made.yaml", text, strlen(text), NULL, 0));
    PL_CHECK_FAILS(pl_experiment_expand(&cells, &experiment), PL_ECONFIG,
                   "made.yaml:3:14: the task random_labels asks for");
    pl_experiment_finish(&experiment);
}

const struct pl_test pl_suite_metrics[] = {
    {"scores_and_bits_are_what_they_say", test_metrics__scores_and_bits_are_what_they_say},
    {"gap_is_test_over_train", test_metrics__gap_is_test_over_train},
    {"regression_has_no_bits_and_chance_no_score",
     test_metrics__regression_has_no_bits_and_chance_no_score},
    {"exact_is_there_with_several_targets", test_metrics__exact_is_there_with_several_targets},
    {"flops_of_a_transformer_count_attention",
     test_metrics__flops_of_a_transformer_count_attention},
    {"load_measures_the_data_by_the_model", test_metrics__load_measures_the_data_by_the_model},
    {"a_load_beyond_reason_is_refused", test_metrics__a_load_beyond_reason_is_refused},
    {0},
};
