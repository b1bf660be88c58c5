#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "experiments/run/store/store.h"
#include "tests/support/support.h"

static const char present[] = "present", older[] = "older", oldest[] = "oldest";
static const char *const stamps[] = {present};

struct scene {
    struct pl_temp temp;
    struct pl_cells cells;
    struct pl_store *store;
};

static void plan(struct scene *scene, size_t first, size_t count) {
    struct pl_cells part = {.items = scene->cells.items + first, .count = count};
    PL_REQUIRE_OK(pl_store_register(scene->store, &part, NULL, 0));
}

static void open_scene(struct scene *scene) {
    PL_REQUIRE_OK(pl_store_open(&scene->store, scene->temp.path, "s", PL_STORE_WRITE));
}

static void scene_init(struct scene *scene, size_t count) {
    *scene = (struct scene){0};
    pl_temp_init(&scene->temp);
    scene->cells.items = PL_ARENA_ARRAY(&scene->cells.arena, struct pl_cell, count);
    scene->cells.count = count;
    for (size_t k = 0; k < count; k++) {
        struct pl_cell *cell = &scene->cells.items[k];
        cell->settings = pl_arena_printf(&scene->cells.arena, "seed = %zu\n", k);
        pl_hash_text(cell->id, cell->settings);
        cell->variant = cell->label = "standard";
        cell->seed = k;
    }
    open_scene(scene);
    plan(scene, 0, count);
}

static void scene_finish(struct scene *scene) {
    pl_store_close(scene->store);
    pl_cells_finish(&scene->cells);
    pl_temp_finish(&scene->temp);
}

static void put(struct scene *scene, size_t cell, const char *stamp, enum pl_outcome outcome) {
    struct pl_result result = {.outcome = outcome, .message = "", .provenance = ""};
    for (long step = 0; step < 50; step++)
        pl_result_add(&result, "test_loss", step, (double)cell + 0.5 * (double)step);
    PL_REQUIRE_OK(pl_store_put(scene->store, scene->cells.items[cell].id, stamp, &result));
    pl_result_finish(&result);
}

static enum pl_outcome outcome(struct scene *scene, size_t cell, const char *stamp) {
    struct pl_result result;
    PL_REQUIRE_OK(pl_store_find(scene->store, scene->cells.items[cell].id, stamp, &result));
    enum pl_outcome found = result.outcome;
    PL_CHECK_INT((long long)result.metric_count, found == PL_DONE || found == PL_DIVERGED ? 50 : 0);
    pl_result_finish(&result);
    return found;
}

static struct pl_store_prune prune(struct scene *scene, bool only, bool former, bool apply) {
    struct pl_store_prune prune = {
        .stamps = stamps, .stamp_count = 1, .only = only, .former = former};
    PL_REQUIRE_OK(pl_store_prune(scene->store, &prune, apply));
    return prune;
}

/* Cell 0: present and old; 1: old alone, twice; 2: present failed, old done; 3: old failed;
 * 4: old replaced, and not planned; 5: present, and not planned. */
static void fill(struct scene *scene) {
    put(scene, 0, older, PL_DONE);
    put(scene, 0, present, PL_DONE);
    put(scene, 1, oldest, PL_DONE);
    put(scene, 1, older, PL_DIVERGED);
    put(scene, 2, older, PL_DONE);
    put(scene, 2, present, PL_FAILED);
    put(scene, 3, older, PL_FAILED);
    put(scene, 4, older, PL_DONE);
    put(scene, 5, present, PL_DONE);
    plan(scene, 0, 4);
}

static void test_prune__removes_what_is_replaced(void) {
    struct scene scene;
    scene_init(&scene, 6);
    fill(&scene);
    struct pl_store_prune told = prune(&scene, false, false, false);
    PL_CHECK_INT((long long)told.replaced, 3); /* 0 old, 1 oldest, 3 */
    PL_CHECK_INT((long long)told.alone, 2);    /* 1 older, 2 older */
    PL_CHECK_INT((long long)told.former_cells, 2);
    PL_CHECK_INT((long long)told.former_runs, 2);
    PL_CHECK_INT((long long)told.removed, 3);
    PL_CHECK_INT(outcome(&scene, 0, older), PL_DONE); /* told, not done */
    PL_CHECK_INT((long long)prune(&scene, false, false, true).removed, 3);
    PL_CHECK_INT(outcome(&scene, 0, older), PL_PENDING);
    PL_CHECK_INT(outcome(&scene, 0, present), PL_DONE);
    PL_CHECK_INT(outcome(&scene, 1, oldest), PL_PENDING);
    PL_CHECK_INT(outcome(&scene, 1, older), PL_DIVERGED);
    PL_CHECK_INT(outcome(&scene, 2, older), PL_DONE);
    PL_CHECK_INT(outcome(&scene, 2, present), PL_FAILED);
    PL_CHECK_INT(outcome(&scene, 3, older), PL_PENDING);
    PL_CHECK_INT(outcome(&scene, 4, older), PL_DONE);
    PL_CHECK_INT(outcome(&scene, 5, present), PL_DONE);
    PL_CHECK_INT((long long)prune(&scene, false, false, true).removed, 0);
    scene_finish(&scene);
}

static void test_prune__removes_more_when_it_is_asked_to(void) {
    struct scene scene;
    char id[PL_HASH_TEXT];
    scene_init(&scene, 6);
    fill(&scene);
    PL_CHECK_INT((long long)prune(&scene, true, false, true).removed, 5);
    PL_CHECK_INT(outcome(&scene, 1, older), PL_PENDING);
    PL_CHECK_INT(outcome(&scene, 2, older), PL_PENDING);
    PL_CHECK_INT(outcome(&scene, 2, present), PL_FAILED);
    PL_CHECK_INT((long long)prune(&scene, false, true, true).removed, 2);
    PL_CHECK_FAILS(pl_store_lookup(scene.store, scene.cells.items[4].id, id), PL_ECONFIG,
                   "no cell");
    PL_REQUIRE_OK(pl_store_lookup(scene.store, scene.cells.items[3].id, id)); /* planned: stays */
    PL_CHECK_INT(outcome(&scene, 0, present), PL_DONE);
    scene_finish(&scene);
}

static void test_prune__leaves_what_is_held(void) {
    struct scene scene;
    bool taken;
    char id[PL_HASH_TEXT];
    scene_init(&scene, 6);
    fill(&scene);
    PL_REQUIRE_OK(pl_store_lease(scene.store, scene.cells.items[3].id, older, &taken));
    PL_CHECK(taken);
    plan(&scene, 0, 3); /* cell 3 is no longer planned either */
    struct pl_store_prune told = prune(&scene, true, true, true);
    PL_CHECK_INT((long long)told.former_cells, 3);
    PL_REQUIRE_OK(pl_store_lookup(scene.store, scene.cells.items[3].id, id));
    PL_CHECK_INT(outcome(&scene, 3, older), PL_RUNNING);
    scene_finish(&scene);
}

static void test_prune__gives_space_back(void) {
    struct scene scene;
    char path[512];
    scene_init(&scene, 60);
    for (size_t k = 0; k < 60; k++) {
        put(&scene, k, older, PL_DONE);
        put(&scene, k, present, PL_DONE);
    }
    snprintf(path, sizeof path, "%s/s/cells.db", scene.temp.path);
    prune(&scene, false, false, true);
    FILE *file = fopen(path, "rb");
    PL_REQUIRE(file != NULL);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    fclose(file);
    plan(&scene, 0, 20);
    prune(&scene, false, true, true);
    file = fopen(path, "rb");
    PL_REQUIRE(file != NULL);
    fseek(file, 0, SEEK_END);
    PL_CHECK(ftell(file) < 6 * size / 10);
    fclose(file);
    scene_finish(&scene);
}

/* Killed at whatever moment: all of it happened or nothing did. */
static void test_prune__killed_is_all_or_nothing(void) {
    struct scene scene;
    int whole = 0, none = 0;
    scene_init(&scene, 50);
    for (int round = 0; round < 8; round++) {
        for (size_t k = 0; k < 50; k++) {
            put(&scene, k, older, PL_DONE);
            put(&scene, k, present, PL_DONE);
        }
        pl_store_close(scene.store);
        pid_t child = fork();
        if (child == 0) {
            open_scene(&scene);
            prune(&scene, false, false, true);
            _exit(0);
        }
        struct timespec moment = {.tv_nsec = 1000000L * round};
        nanosleep(&moment, NULL);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        open_scene(&scene);
        size_t left = 0;
        for (size_t k = 0; k < 50; k++) {
            left += outcome(&scene, k, older) == PL_DONE;
            PL_CHECK_INT(outcome(&scene, k, present), PL_DONE);
        }
        PL_CHECK(left == 0 || left == 50);
        whole += left == 0;
        none += left == 50;
    }
    PL_CHECK_INT(whole + none, 8);
    scene_finish(&scene);
}

const struct pl_test pl_suite_prune[] = {
    {"removes_what_is_replaced", test_prune__removes_what_is_replaced},
    {"removes_more_when_it_is_asked_to", test_prune__removes_more_when_it_is_asked_to},
    {"leaves_what_is_held", test_prune__leaves_what_is_held},
    {"gives_space_back", test_prune__gives_space_back},
    {"killed_is_all_or_nothing", test_prune__killed_is_all_or_nothing},
    {0}};
