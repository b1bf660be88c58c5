#include "experiments/evidence/balance.h"
#include "tests/unit/evidence/made_study.h"

static const char *structure[] = {"0", "1"};
static const char *const labels[] = {"standard", "b"};

struct scene {
    struct made_study study;
    struct pl_ledger evidence;
};

/* Four seeds of two entries at two points: seeds 1 and 2 finished, of seed 3 three cells, of 4 none. */
static void scene_init(struct scene *scene, double hours) {
    *scene = (struct scene){0};
    made_study_init(&scene->study, labels, 2, 4);
    made_study_axis(&scene->study, "task.structure", structure, 2);
    made_study_expand(&scene->study);
    for (size_t k = 0; k < 11; k++) made_study_done(&scene->study, k / 2 % 2, k % 2, k / 4, 0.5);
    scene->study.experiment.hours = hours;
}

static void balance(struct scene *scene) {
    scene->evidence.experiment = scene->study.experiment;
    scene->evidence.cells = scene->study.cells;
    scene->evidence.results = scene->study.results;
    pl_balance(&scene->evidence);
}

static size_t finished(const struct scene *scene, size_t seed) {
    size_t count = 0;
    for (size_t k = 4 * seed; k < 4 * seed + 4; k++)
        count += scene->study.results[k].outcome == PL_DONE ||
                 scene->study.results[k].outcome == PL_DIVERGED;
    return count;
}

static void scene_finish(struct scene *scene) {
    pl_free(scene->evidence.missing);
    made_study_finish(&scene->study);
}

static void test_balance__holds_partial_seeds_back(void) {
    struct scene scene;
    scene_init(&scene, 0.5);
    balance(&scene);
    PL_CHECK_INT((long long)finished(&scene, 0), 4);
    PL_CHECK_INT((long long)finished(&scene, 1), 4);
    PL_CHECK_INT((long long)finished(&scene, 2), 0);
    PL_CHECK_INT((long long)scene.evidence.held, 3);
    PL_CHECK_TEXT(
        scene.evidence.missing,
        "Within the budget of 0.5 hours (limits.hours) 5 cells are missing still. What is "
        "told rests on complete seeds: 2 (1, 2); partly done: 1 (3), of which 3 finished "
        "cells are held back until the rest is there; not begun: 1 (4). The next run goes "
        "on from here.");
    /* every comparison rests on the same seeds */
    const struct pl_analysis *a = made_study_analyse(&scene.study, NULL);
    for (size_t k = 0; k < a->comparison_count; k++)
        PL_CHECK_INT((long long)a->comparisons[k].n, 2);
    PL_CHECK_INT((long long)a->tally.pending, 8);
    scene_finish(&scene);
}

static void test_balance__leaves_other_studies_alone(void) {
    struct scene scene;
    scene_init(&scene, 0);
    balance(&scene);
    PL_CHECK_INT((long long)finished(&scene, 2), 3);
    PL_CHECK_INT((long long)scene.evidence.held, 0);
    PL_CHECK(scene.evidence.missing == NULL);
    scene_finish(&scene);
}

static void test_balance__a_failure_was_tried(void) {
    struct scene scene;
    scene_init(&scene, 1);
    made_study_failed(&scene.study, 1, 1, 2, "it broke"); /* the rest of seed 3 */
    made_study_diverged(&scene.study, 0, 0, 2);
    balance(&scene);
    PL_CHECK_INT((long long)finished(&scene, 2), 3);
    PL_CHECK_INT((long long)scene.evidence.held, 0);
    PL_CHECK(strstr(scene.evidence.missing, "complete seeds: 3 (1, 2, 3); partly done: 0; not") !=
             NULL);
    scene_finish(&scene);
}

static void test_balance__has_nothing_to_say_of_a_whole_study(void) {
    struct scene scene;
    scene_init(&scene, 1);
    for (size_t k = 11; k < 16; k++) made_study_done(&scene.study, k / 2 % 2, k % 2, k / 4, 0.5);
    balance(&scene);
    PL_CHECK_INT((long long)finished(&scene, 3), 4);
    PL_CHECK(scene.evidence.missing == NULL);
    scene_finish(&scene);
}

const struct pl_test pl_suite_balance[] = {
    {"holds_partial_seeds_back", test_balance__holds_partial_seeds_back},
    {"leaves_other_studies_alone", test_balance__leaves_other_studies_alone},
    {"a_failure_was_tried", test_balance__a_failure_was_tried},
    {"has_nothing_to_say_of_a_whole_study", test_balance__has_nothing_to_say_of_a_whole_study},
    {0}};
