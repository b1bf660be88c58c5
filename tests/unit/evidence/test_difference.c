#include "experiments/evidence/difference.h"
#include "tests/unit/evidence/made_study.h"

static const char *structure[] = {"0", "1"};
static const char *const labels[] = {"standard", "b", "c"};

/* Two made studies as evidence. */
struct scene {
    struct made_study studies[2];
    struct pl_ledger evidence[2];
    struct pl_difference difference;
};

/* Losses that part the entries at every seed: the entry's number decides, whatever the seed. */
static double loss_of(size_t point, size_t entry, size_t seed) {
    return 0.1 * (double)(entry + 1) + 0.01 * (double)point + 0.0001 * (double)(seed * (entry + 2));
}

static void scene_init(struct scene *scene, size_t seeds_a, size_t seeds_b) {
    size_t seeds[] = {seeds_a, seeds_b};
    *scene = (struct scene){0};
    for (int k = 0; k < 2; k++) {
        struct made_study *study = &scene->studies[k];
        made_study_init(study, labels, 3, seeds[k]);
        made_study_axis(study, "task.structure", structure, 2);
        made_study_expand(study);
        for (size_t p = 0; p < 2; p++)
            for (size_t e = 0; e < 3; e++)
                for (size_t s = 0; s < seeds[k]; s++)
                    made_study_done(study, p, e, s, loss_of(p, e, s));
    }
}

static struct pl_difference *find(struct scene *scene) {
    pl_difference_finish(&scene->difference);
    for (int k = 0; k < 2; k++) {
        scene->evidence[k].experiment = scene->studies[k].experiment;
        scene->evidence[k].cells = scene->studies[k].cells;
        scene->evidence[k].results = scene->studies[k].results;
    }
    PL_REQUIRE_OK(pl_difference_find(&scene->difference, &scene->evidence[0], &scene->evidence[1]));
    return &scene->difference;
}

static void scene_finish(struct scene *scene) {
    pl_difference_finish(&scene->difference);
    for (int k = 0; k < 2; k++) made_study_finish(&scene->studies[k]);
}

static void test_difference__of_one_study_with_itself(void) {
    struct scene scene;
    scene_init(&scene, 8, 8);
    struct pl_difference *found = find(&scene);
    PL_CHECK(!pl_difference_in_plan(found));
    PL_CHECK_INT((long long)found->shared, 48);
    PL_CHECK_INT((long long)found->same, 48);
    PL_CHECK_INT((long long)found->metric_count, 0);
    PL_CHECK(found->judged);
    PL_CHECK_INT((long long)(found->rank_count + found->verdict_count), 0);
    scene_finish(&scene);
}

static void test_difference__of_numbers_worst_first(void) {
    struct scene scene;
    scene_init(&scene, 8, 8);
    made_study_done(&scene.studies[1], 0, 1, 2, nextafter(loss_of(0, 1, 2), 1));
    made_study_done(&scene.studies[1], 1, 2, 3, 1.5 * loss_of(1, 2, 3));
    struct pl_difference *found = find(&scene);
    PL_CHECK(!pl_difference_in_plan(found));
    PL_CHECK_INT((long long)found->same, 46);
    PL_REQUIRE(found->metric_count == 2);
    const struct pl_metric_change *worst = &found->metrics[0], *least = &found->metrics[1];
    PL_CHECK_NEAR(worst->relative, 1 - 1 / 1.5, 1e-12);
    PL_CHECK_TEXT(worst->metric, "test_loss");
    PL_CHECK_INT(worst->step, 100); /* of equals the first */
    PL_CHECK_NEAR(worst->value_a, 2 * loss_of(1, 2, 3), 1e-12);
    PL_CHECK(least->relative > 0 && least->relative < 1e-15);
    PL_CHECK_INT((long long)scene.studies[0].cells.items[least->a].seed, 3);
    made_study_diverged(&scene.studies[1], 0, 2, 0); /* lacks what the other has */
    found = find(&scene);
    PL_CHECK(isinf(found->metrics[0].relative));
    scene_finish(&scene);
}

static void test_difference__of_cells(void) {
    struct scene scene;
    scene_init(&scene, 3, 4);
    made_study_failed(&scene.studies[1], 0, 0, 0, "it broke");
    struct pl_difference *found = find(&scene);
    PL_CHECK(pl_difference_in_plan(found));
    PL_CHECK_INT((long long)found->only_a_count, 0);
    PL_CHECK_INT((long long)found->only_b_count, 6);
    PL_CHECK_INT((long long)scene.studies[1].cells.items[found->only_b[0]].seed, 4);
    PL_CHECK_INT((long long)found->shared, 18);
    PL_CHECK_INT((long long)found->unfinished, 1);
    PL_CHECK_INT((long long)found->same, 17);
    scene_finish(&scene);
}

/* Gives a cell another text, in its place. */
static void retell(struct made_study *study, size_t index, const char *text) {
    struct pl_cell *cell = &study->cells.items[index];
    cell->settings = text;
    pl_hash_text(cell->id, text);
}

static void test_difference__of_settings(void) {
    struct scene scene;
    scene_init(&scene, 2, 2);
    for (size_t k = 0; k < 12; k++) {
        retell(&scene.studies[0], k,
               pl_arena_printf(&scene.studies[0].cells.arena, "cell = %zu\ntrain.lr = 0.1\n", k));
        retell(&scene.studies[1], k,
               pl_arena_printf(&scene.studies[1].cells.arena, "cell = %zu\ntrain.lr = %s\n%s", k,
                               k < 4 ? "0.1" : "0.2", k < 10 ? "" : "train.steps = 5\n"));
    }
    struct pl_difference *found = find(&scene);
    PL_CHECK_INT((long long)found->shared, 4);
    PL_CHECK_INT((long long)found->moved, 8);
    PL_REQUIRE(found->setting_count == 2);
    PL_CHECK_TEXT(found->settings[0].key, "train.lr");
    PL_CHECK_TEXT(found->settings[0].a, "0.1");
    PL_CHECK_TEXT(found->settings[0].b, "0.2");
    PL_CHECK_INT((long long)found->settings[0].cells, 8);
    PL_CHECK_TEXT(found->settings[1].key, "train.steps");
    PL_CHECK_TEXT(found->settings[1].a, "-");
    PL_CHECK_INT((long long)found->settings[1].cells, 2);
    scene_finish(&scene);
}

static void test_difference__of_judgements(void) {
    struct scene scene;
    scene_init(&scene, 10, 10);
    for (size_t s = 0; s < 10;
         s++) { /* b becomes the best at one point, and ends up there overall */
        made_study_done(&scene.studies[1], 0, 1, s, 0.5 * loss_of(0, 0, s));
        made_study_done(&scene.studies[1], 1, 1, s, 0.5 * loss_of(1, 0, s));
    }
    struct pl_difference *found = find(&scene);
    PL_CHECK_INT((long long)found->rank_count, 2);
    PL_CHECK_TEXT(found->ranks[0].label, "standard");
    PL_CHECK_INT((long long)found->ranks[0].place_a, 1);
    PL_CHECK_INT((long long)found->ranks[0].place_b, 2);
    PL_REQUIRE(found->verdict_count == 2);
    for (size_t k = 0; k < 2; k++) {
        PL_CHECK_TEXT(found->verdicts[k].label, "b");
        PL_CHECK_INT(found->verdicts[k].a, PL_WORSE);
        PL_CHECK_INT(found->verdicts[k].b, PL_BETTER);
    }
    PL_CHECK_TEXT(found->verdicts[0].point, "task.structure = 0");
    scene.studies[1].experiment.baseline = "b";
    found = find(&scene);
    PL_CHECK(!found->judged);
    PL_CHECK(found->statements);
    scene_finish(&scene);
}

const struct pl_test pl_suite_difference[] = {
    {"of_one_study_with_itself", test_difference__of_one_study_with_itself},
    {"of_numbers_worst_first", test_difference__of_numbers_worst_first},
    {"of_cells", test_difference__of_cells},
    {"of_settings", test_difference__of_settings},
    {"of_judgements", test_difference__of_judgements},
    {0}};
