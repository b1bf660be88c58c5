#include <unistd.h>

#include "experiments/run/pending.h"
#include "experiments/run/stamp.h"
#include "tests/support/support.h"

static const char study[] = "study: pending\n"
                            "model: {width: 4, depth: 2}\n"
                            "task: {name: linear_mix, dim: 4, samples: 8}\n"
                            "variants: [standard, rescaled, attnres_full]\n"
                            "seeds: 3\n";

struct scene {
    struct pl_temp temp;
    struct pl_ledger evidence;
    struct pl_store *store;
    struct pl_pending_list list;
};

static void scene_init(struct scene *scene) {
    char path[512];
    *scene = (struct scene){0};
    pl_temp_init(&scene->temp);
    snprintf(path, sizeof path, "%s/pending.yaml", scene->temp.path);
    FILE *file = fopen(path, "w");
    PL_REQUIRE(file != NULL);
    fputs(study, file);
    fclose(file);
    PL_REQUIRE_OK(pl_ledger_plan(&scene->evidence, path, NULL, 0));
    PL_REQUIRE_OK(pl_store_open(&scene->store, scene->temp.path, "pending", PL_STORE_WRITE));
    PL_REQUIRE_OK(pl_store_register(scene->store, &scene->evidence.cells, NULL, 0));
    PL_REQUIRE_OK(pl_ledger_read(&scene->evidence, scene->store, PL_LEDGER_PRESENT));
}

static const char *id_of(const struct scene *scene, size_t cell) {
    return scene->evidence.cells.items[cell].id;
}

/* Its stamp of here and now. */
static const char *now(const struct scene *scene, size_t cell) {
    return scene->evidence.present[cell];
}

static void look(struct scene *scene) {
    pl_pending_finish(&scene->list);
    PL_REQUIRE_OK(pl_ledger_read(&scene->evidence, scene->store, PL_LEDGER_PRESENT));
    PL_REQUIRE_OK(pl_pending_find(&scene->list, &scene->evidence, scene->store));
}

static void scene_finish(struct scene *scene) {
    pl_pending_finish(&scene->list);
    pl_ledger_finish(&scene->evidence);
    pl_store_close(scene->store);
    pl_temp_finish(&scene->temp);
}

static void put(struct scene *scene, size_t cell, const char *stamp, enum pl_outcome outcome,
                const char *message) {
    struct pl_result result = {.outcome = outcome,
                               .message = message,
                               .provenance = "{\"sources\":\"old\",\"backend\":\"cpu\"}"};
    if (outcome != PL_FAILED) pl_result_add(&result, "test_loss", 1, 0.5);
    PL_REQUIRE_OK(pl_store_put(scene->store, id_of(scene, cell), stamp, &result));
    pl_result_finish(&result);
}

/* The reason of [cell]; -1 when it is not in the list. */
static int why(const struct scene *scene, size_t cell, const char **detail) {
    for (size_t k = 0; k < scene->list.count; k++) {
        if (scene->list.items[k].cell != cell) continue;
        *detail = scene->list.items[k].detail;
        return (int)scene->list.items[k].why;
    }
    return -1;
}

static void test_pending__is_never_started_at_first(void) {
    struct scene scene;
    scene_init(&scene);
    look(&scene);
    PL_CHECK_INT((long long)scene.list.count, 9);
    PL_CHECK_INT((long long)scene.list.group_count, 1);
    PL_CHECK_INT(scene.list.groups[0].why, PL_PENDING_NEVER);
    PL_CHECK_INT((long long)scene.list.groups[0].count, 9);
    pl_pending_finish(&scene.list);
    PL_REQUIRE_OK(pl_pending_find(&scene.list, &scene.evidence, NULL)); /* no database at all */
    PL_CHECK_INT((long long)scene.list.count, 9);
    scene_finish(&scene);
}

static void test_pending__has_each_reason(void) {
    struct scene scene;
    const char *detail = "";
    bool taken;
    scene_init(&scene);
    put(&scene, 0, now(&scene, 0), PL_DONE, "");
    put(&scene, 1, now(&scene, 1), PL_FAILED, "it broke\nat length");
    put(&scene, 2, "other", PL_DONE, "");
    put(&scene, 3, "other", PL_DIVERGED, "");
    PL_REQUIRE_OK(pl_store_lease(scene.store, id_of(&scene, 4), now(&scene, 4), &taken));
    PL_REQUIRE_OK(pl_store_lease(scene.store, id_of(&scene, 5), now(&scene, 5), &taken));
    PL_REQUIRE_OK(pl_store_release(scene.store, id_of(&scene, 5), now(&scene, 5)));
    look(&scene);
    PL_CHECK_INT((long long)scene.list.count, 8);
    PL_CHECK_INT(why(&scene, 0, &detail), -1);
    PL_CHECK_INT(why(&scene, 1, &detail), PL_PENDING_FAILED);
    PL_CHECK_TEXT(detail, "it broke");
    PL_CHECK_INT(why(&scene, 2, &detail), PL_PENDING_OTHER);
    PL_CHECK(strstr(detail, "did not record the parts") != NULL);
    PL_CHECK_INT(why(&scene, 3, &detail), PL_PENDING_OTHER);
    PL_CHECK_INT(why(&scene, 4, &detail), PL_PENDING_HELD);
    char self[32];
    snprintf(self, sizeof self, "process %ld", (long)getpid());
    PL_CHECK_TEXT(detail, self);
    PL_CHECK_INT(why(&scene, 5, &detail), PL_PENDING_STOPPED);
    PL_CHECK_TEXT(detail, "begun 1 time");
    PL_CHECK_INT(why(&scene, 6, &detail), PL_PENDING_NEVER);
    scene_finish(&scene);
}

static void test_pending__counts_by_reason(void) {
    struct scene scene;
    scene_init(&scene);
    put(&scene, 8, now(&scene, 8), PL_FAILED, "it broke");
    put(&scene, 1, now(&scene, 1), PL_FAILED, "it broke\nelsewhere");
    put(&scene, 2, now(&scene, 2), PL_FAILED, "out of memory");
    put(&scene, 3, "other", PL_DONE, "");
    look(&scene);
    static const struct {
        enum pl_pending_why why;
        size_t count;
    } expected[] = {{PL_PENDING_FAILED, 2},
                    {PL_PENDING_FAILED, 1},
                    {PL_PENDING_OTHER, 1},
                    {PL_PENDING_NEVER, 5}};
    PL_CHECK_INT((long long)scene.list.group_count, 4);
    for (size_t k = 0; k < scene.list.group_count && k < 4; k++) {
        PL_CHECK_INT(scene.list.groups[k].why, expected[k].why);
        PL_CHECK_INT((long long)scene.list.groups[k].count, (long long)expected[k].count);
    }
    PL_CHECK_INT((long long)scene.list.items[scene.list.groups[0].first].cell, 1);
    scene_finish(&scene);
}

/* A failure under the present numerics is what the next run meets first, whatever was before. */
static void test_pending__tells_the_nearest_reason(void) {
    struct scene scene;
    const char *detail;
    bool taken;
    scene_init(&scene);
    put(&scene, 0, "other", PL_DONE, "");
    put(&scene, 0, now(&scene, 0), PL_FAILED, "it broke");
    look(&scene);
    PL_CHECK_INT(why(&scene, 0, &detail), PL_PENDING_FAILED);
    PL_REQUIRE_OK(pl_store_lease(scene.store, id_of(&scene, 0), now(&scene, 0), &taken));
    look(&scene);
    PL_CHECK_INT(why(&scene, 0, &detail), PL_PENDING_HELD);
    scene_finish(&scene);
}

const struct pl_test pl_suite_pending[] = {
    {"is_never_started_at_first", test_pending__is_never_started_at_first},
    {"has_each_reason", test_pending__has_each_reason},
    {"counts_by_reason", test_pending__counts_by_reason},
    {"tells_the_nearest_reason", test_pending__tells_the_nearest_reason},
    {0}};
