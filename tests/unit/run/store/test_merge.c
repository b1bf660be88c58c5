#include <math.h>
#include <string.h>

#include "experiments/run/shard.h"
#include "tests/support/support.h"

enum { CELLS = 4 };

struct scene {
    struct pl_temp temp;
    struct pl_cells cells;
    struct pl_store *ours, *theirs;
};

static void open_store(struct scene *scene, struct pl_store **out, const char *folder,
                       const char *study, size_t count) {
    struct pl_cells part = {.items = scene->cells.items, .count = count};
    struct pl_strbuf path;
    pl_strbuf_init(&path);
    pl_strbuf_addf(&path, "%s/%s", scene->temp.path, folder);
    PL_REQUIRE_OK(pl_store_open(out, path.text, "s", PL_STORE_WRITE));
    PL_REQUIRE_OK(pl_store_meta_set(*out, "study", study));
    PL_REQUIRE_OK(pl_store_register(*out, &part, NULL, 0));
    pl_strbuf_finish(&path);
}

static void scene_init(struct scene *scene) {
    *scene = (struct scene){0};
    pl_temp_init(&scene->temp);
    scene->cells.items = PL_ARENA_ARRAY(&scene->cells.arena, struct pl_cell, CELLS);
    scene->cells.count = CELLS;
    for (size_t k = 0; k < CELLS; k++) {
        struct pl_cell *cell = &scene->cells.items[k];
        cell->settings = pl_arena_printf(&scene->cells.arena, "seed = %zu\n", k);
        pl_hash_text(cell->id, cell->settings);
        cell->variant = cell->label = "standard";
        cell->seed = k;
    }
    open_store(scene, &scene->ours, "ours", "s", CELLS - 1);
    open_store(scene, &scene->theirs, "theirs", "s", CELLS);
}

static void scene_finish(struct scene *scene) {
    pl_store_close(scene->ours);
    pl_store_close(scene->theirs);
    pl_cells_finish(&scene->cells);
    pl_temp_finish(&scene->temp);
}

static void put(const struct scene *scene, struct pl_store *store, size_t cell, double loss) {
    struct pl_result result = {.outcome = isinf(loss) ? PL_FAILED : PL_DONE,
                               .message = "it failed",
                               .provenance = "{}",
                               .seconds = 2};
    pl_result_add(&result, "train_loss", 1, 0.25);
    pl_result_add(&result, "test_loss", 1, loss);
    PL_REQUIRE_OK(pl_store_put(store, scene->cells.items[cell].id, "stamp", &result));
    pl_result_finish(&result);
}

static struct pl_result find(const struct scene *scene, struct pl_store *store, size_t cell) {
    struct pl_result result;
    PL_REQUIRE_OK(pl_store_find(store, scene->cells.items[cell].id, "stamp", &result));
    return result;
}

static void test_takes_what_is_missing(void) {
    struct scene scene;
    struct pl_store_merge taken;
    scene_init(&scene);
    put(&scene, scene.theirs, 0, 0.5);
    put(&scene, scene.theirs, 1, NAN);
    put(&scene, scene.theirs, 2, INFINITY); /* failed */
    put(&scene, scene.theirs, 3, 0.5);      /* not in our plan */
    put(&scene, scene.ours, 0, 0.5);
    PL_REQUIRE_OK(pl_store_merge(scene.ours, scene.theirs, &taken));
    CU_ASSERT_EQUAL(taken.known, 1);
    CU_ASSERT_EQUAL(taken.added, 1);
    CU_ASSERT_EQUAL(taken.failed, 1);
    CU_ASSERT_EQUAL(taken.unplanned, 1);
    struct pl_result result = find(&scene, scene.ours, 1);
    CU_ASSERT_EQUAL(result.outcome, PL_DONE);
    CU_ASSERT_EQUAL(result.seconds, 2);
    CU_ASSERT_TRUE(isnan(pl_result_final(&result, "test_loss")));
    pl_result_finish(&result);
    result = find(&scene, scene.ours, 2);
    CU_ASSERT_EQUAL(result.outcome, PL_FAILED);
    CU_ASSERT_STRING_EQUAL(result.message, "it failed");
    pl_result_finish(&result);
    PL_REQUIRE_OK(pl_store_merge(scene.ours, scene.theirs, &taken));
    CU_ASSERT_EQUAL(taken.added + taken.failed, 0);
    CU_ASSERT_EQUAL(taken.known, 2);
    scene_finish(&scene);
}

static void test_refuses_other_numbers(void) {
    struct scene scene;
    struct pl_store_merge taken;
    scene_init(&scene);
    put(&scene, scene.theirs, 1, 0.5);
    put(&scene, scene.theirs, 0, 0.0);
    put(&scene, scene.ours, 0, -0.0); /* another bit is another number */
    CU_ASSERT_EQUAL(pl_store_merge(scene.ours, scene.theirs, &taken), PL_EMISMATCH);
    CU_ASSERT_PTR_NOT_NULL(strstr(pl_message(), "test_loss at step 1 is 0 in"));
    CU_ASSERT_PTR_NOT_NULL(strstr(pl_message(), "test_loss at step 1 is -0 in"));
    struct pl_result result = find(&scene, scene.ours, 1);
    CU_ASSERT_EQUAL(result.outcome, PL_PENDING); /* all of it or nothing */
    pl_result_finish(&result);
    PL_REQUIRE_OK(pl_store_meta_set(scene.theirs, "study", "other"));
    CU_ASSERT_EQUAL(pl_store_merge(scene.ours, scene.theirs, &taken), PL_EMISMATCH);
    CU_ASSERT_PTR_NOT_NULL(strstr(pl_message(), "do not mix"));
    scene_finish(&scene);
}

static void test_shards_are_a_partition(void) {
    size_t counts[7] = {0};
    for (int k = 0; k < 7000; k++) {
        char text[32], id[PL_HASH_TEXT];
        size_t owners = 0;
        snprintf(text, sizeof text, "cell %d", k);
        pl_hash_text(id, text);
        for (size_t i = 1; i <= 7; i++) {
            bool has = pl_shard_has(&(struct pl_shard){i, 7}, id);
            owners += has;
            counts[i - 1] += has;
        }
        CU_ASSERT_EQUAL(owners, 1);
        CU_ASSERT_TRUE(pl_shard_has(&(struct pl_shard){0}, id));
    }
    for (int i = 0; i < 7; i++) CU_ASSERT_TRUE(counts[i] > 850 && counts[i] < 1150); /* 5 sigma */
}

static void test_shard_texts(void) {
    static const char *const wrong[] = {"",      "3",    "0/3",  "4/3", "1/0",
                                        "1/2/3", "-1/3", "1/3x", "a/b"};
    struct pl_shard shard;
    PL_REQUIRE_OK(pl_shard_read(&shard, "3/8"));
    CU_ASSERT_EQUAL(shard.index, 3);
    CU_ASSERT_EQUAL(shard.count, 8);
    PL_REQUIRE_OK(pl_shard_read(&shard, NULL));
    CU_ASSERT_EQUAL(shard.count, 0);
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++)
        CU_ASSERT_EQUAL(pl_shard_read(&shard, wrong[k]), PL_ECONFIG);
}

const struct pl_test pl_suite_merge[] = {
    {"takes_what_is_missing_once", test_takes_what_is_missing},
    {"refuses_other_numbers", test_refuses_other_numbers},
    {"shards_are_a_partition", test_shards_are_a_partition},
    {"shard_texts", test_shard_texts},
    {NULL, NULL},
};
