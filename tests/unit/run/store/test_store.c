#include <limits.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/rng.h"
#include "experiments/run/store/store.h"
#include "tests/support/support.h"

static const char stamp_a[] = "stamp-a", stamp_b[] = "stamp-b";

/* ---- a study made up for the tests ------------------------------------------------------------ */

static const char *const axis_names[] = {"task.structure", "train.lr"};
static struct pl_axis axes[2];

static void cells_init(struct pl_cells *cells, size_t count) {
    for (int i = 0; i < 2; i++) axes[i] = (struct pl_axis){.key = axis_names[i]};
    *cells = (struct pl_cells){.count = count};
    cells->items = pl_alloc_zero(count + 1, sizeof *cells->items);
    for (size_t i = 0; i < count; i++) {
        struct pl_cell *cell = &cells->items[i];
        cell->settings = "model.depth = 10\nseed = *\n";
        cell->seed = i;
        pl_hash_text(cell->id, pl_cell_text(cell, &cells->arena));
        cell->variant = i % 2 ? "attnres_full" : "standard";
        cell->label = pl_arena_printf(&cells->arena, "%s \"%zu\"", cell->variant, i % 3);
        cell->seed = i == 0 ? UINT64_MAX : i;
        cell->axis_values = PL_ARENA_ARRAY(&cells->arena, const char *, 2);
        cell->axis_values[0] = pl_arena_printf(&cells->arena, "0.%zu", i);
        cell->axis_values[1] = "0.001";
    }
}

static void cells_finish(struct pl_cells *cells) {
    pl_free(cells->items);
    pl_arena_finish(&cells->arena);
}

static double any_double(struct pl_rng *rng) {
    uint64_t bits = pl_rng_u64(rng);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static bool same_real(double a, double b) {
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

/* The result that belongs to cell [index]: the same at every call, all kinds of numbers. */
static void make_result(struct pl_result *out, size_t index) {
    struct pl_rng rng;
    pl_rng_init(&rng, index, "test-store");
    *out = (struct pl_result){.outcome = index % 5 == 4 ? PL_DIVERGED : PL_DONE,
                              .message = "",
                              .provenance = "{\"commit\":\"abc\"}"};
    for (long step = 0; step < 12; step++)
        pl_result_add(out, step % 2 ? "test_loss" : "train_loss", step * 10, any_double(&rng));
    pl_result_add(out, "score", 300, index % 3 ? -0.0 : NAN);
    pl_result_add(out, "accuracy", 300, index % 2 ? INFINITY : -INFINITY);
    for (int k = 0; k < (int)(index % 4) * 3; k++) {
        const struct pl_diagnostic one = {k % 2 ? "mixing" : "h_rms", k, k - 1, k % 3 - 1,
                                          k == 5 ? NAN : any_double(&rng)};
        pl_result_diagnose(out, &one);
    }
    out->diagnosed = index % 4 ? "diagnostics.mixing = true\n" : "";
    out->seconds = 0.1 + (double)index;
    out->step_ms = 1.0 / 3;
}

static bool same_result(const struct pl_result *a, const struct pl_result *b) {
    if (a->outcome != b->outcome || a->metric_count != b->metric_count) return false;
    if (strcmp(a->message, b->message) != 0 || strcmp(a->provenance, b->provenance) != 0)
        return false;
    if (!same_real(a->seconds, b->seconds) || !same_real(a->step_ms, b->step_ms)) return false;
    for (size_t i = 0; i < a->metric_count; i++)
        if (strcmp(a->metrics[i].name, b->metrics[i].name) != 0 ||
            a->metrics[i].step != b->metrics[i].step ||
            !same_real(a->metrics[i].value, b->metrics[i].value))
            return false;
    return true;
}

static bool same_diagnostics(const struct pl_result *a, const struct pl_result *b) {
    if (a->diagnostic_count != b->diagnostic_count || strcmp(a->diagnosed, b->diagnosed) != 0)
        return false;
    for (size_t i = 0; i < a->diagnostic_count; i++) {
        const struct pl_diagnostic *x = &a->diagnostics[i], *y = &b->diagnostics[i];
        if (strcmp(x->name, y->name) != 0 || x->step != y->step || x->layer != y->layer ||
            x->source != y->source || !same_real(x->value, y->value))
            return false;
    }
    return true;
}

static enum pl_status put_made(struct pl_store *store, const struct pl_cells *cells, size_t index,
                               const char *stamp) {
    struct pl_result result;
    make_result(&result, index);
    enum pl_status status = pl_store_put(store, cells->items[index].id, stamp, &result);
    pl_result_finish(&result);
    return status;
}

/* Whether what is stored for the cell is exactly what belongs to it. */
static bool has_made(struct pl_store *store, const struct pl_cells *cells, size_t index,
                     const char *stamp) {
    struct pl_result made, found;
    make_result(&made, index);
    PL_REQUIRE_OK(pl_store_find(store, cells->items[index].id, stamp, &found));
    PL_REQUIRE_OK(pl_store_diagnostics(store, cells->items[index].id, stamp, &found));
    bool same = same_result(&made, &found) && same_diagnostics(&made, &found);
    pl_result_finish(&made);
    pl_result_finish(&found);
    return same;
}

static enum pl_outcome outcome_of(struct pl_store *store, const struct pl_cell *cell,
                                  const char *stamp) {
    struct pl_store_state state;
    PL_REQUIRE_OK(pl_store_state(store, cell->id, stamp, &state));
    return state.outcome;
}

static bool try_lease(struct pl_store *store, const struct pl_cell *cell, const char *stamp) {
    bool taken;
    PL_REQUIRE_OK(pl_store_lease(store, cell->id, stamp, &taken));
    return taken;
}

/* ---- the setting of a test -------------------------------------------------------------------- */

struct scene {
    struct pl_temp temp;
    struct pl_cells cells;
    struct pl_store *store;
};

static void open_scene(struct scene *scene) {
    PL_REQUIRE_OK(pl_store_open(&scene->store, scene->temp.path, "study", PL_STORE_WRITE));
}

static void scene_init(struct scene *scene, size_t count) {
    pl_temp_init(&scene->temp);
    cells_init(&scene->cells, count);
    open_scene(scene);
    PL_REQUIRE_OK(pl_store_register(scene->store, &scene->cells, axes, 2));
}

static void close_scene(struct scene *scene) {
    pl_store_close(scene->store);
    scene->store = NULL;
}

static void scene_finish(struct scene *scene) {
    close_scene(scene);
    cells_finish(&scene->cells);
    pl_temp_finish(&scene->temp);
}

static void database_path(const struct scene *scene, char out[512]) {
    snprintf(out, 512, "%s/study/cells.db", scene->temp.path);
}

/* Runs [work] in a child process; its answer is the exit status. */
static int in_child(int (*work)(struct scene *scene), struct scene *scene) {
    int status;
    pid_t child = fork();
    if (child == 0) _exit(work(scene));
    PL_REQUIRE(waitpid(child, &status, 0) == child);
    PL_CHECK(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* ---- reading back ----------------------------------------------------------------------------- */

static void test_store__gives_back_every_bit(void) {
    struct scene scene;
    scene_init(&scene, 40);
    for (size_t i = 0; i < 40; i++) PL_REQUIRE_OK(put_made(scene.store, &scene.cells, i, stamp_a));
    for (size_t i = 0; i < 40; i++) PL_CHECK(has_made(scene.store, &scene.cells, i, stamp_a));
    close_scene(&scene);
    PL_REQUIRE_OK(pl_store_open(&scene.store, scene.temp.path, "study", PL_STORE_READ));
    for (size_t i = 0; i < 40; i++) PL_CHECK(has_made(scene.store, &scene.cells, i, stamp_a));
    scene_finish(&scene);
}

static void test_store__keeps_20000_random_doubles(void) {
    struct scene scene;
    struct pl_rng rng;
    struct pl_result result = {.outcome = PL_DONE}, found;
    static const double special[] = {
        0.0,  -0.0, 1.0,      -3.0,     5e-324, 1.7976931348623157e308, 9007199254740993.0,
        1e22, NAN,  INFINITY, -INFINITY};
    scene_init(&scene, 1);
    pl_rng_init(&rng, 7, "test");
    for (long i = 0; i < 20000; i++) pl_result_add(&result, "x", i, any_double(&rng));
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
        pl_result_add(&result, "y", LONG_MAX, special[i]);
    PL_REQUIRE_OK(pl_store_put(scene.store, scene.cells.items[0].id, stamp_a, &result));
    PL_REQUIRE_OK(pl_store_find(scene.store, scene.cells.items[0].id, stamp_a, &found));
    PL_REQUIRE(found.metric_count == result.metric_count);
    size_t different = 0;
    for (size_t i = 0; i < found.metric_count; i++)
        different += !same_real(found.metrics[i].value, result.metrics[i].value) ||
                     found.metrics[i].step != result.metrics[i].step;
    PL_CHECK_INT((long long)different, 0);
    PL_CHECK_TEXT(found.message, "");
    pl_result_finish(&found);
    pl_result_finish(&result);
    scene_finish(&scene);
}

static void test_store__a_plan_reads_back(void) {
    struct scene scene;
    struct pl_store_plan plan;
    scene_init(&scene, 7);
    PL_REQUIRE_OK(pl_store_plan(scene.store, &plan));
    PL_REQUIRE(plan.cells.count == 7 && plan.axis_count == 2);
    PL_CHECK_TEXT(plan.axes[0], "task.structure");
    PL_CHECK_TEXT(plan.axes[1], "train.lr");
    for (size_t i = 0; i < 7; i++) {
        const struct pl_cell *found = &plan.cells.items[i], *made = &scene.cells.items[i];
        PL_CHECK_TEXT(found->id, made->id);
        PL_CHECK_TEXT(found->settings, made->settings);
        PL_CHECK_TEXT(found->variant, made->variant);
        PL_CHECK_TEXT(found->label, made->label);
        PL_CHECK(found->seed == made->seed);
        PL_CHECK_TEXT(found->axis_values[0], made->axis_values[0]);
        PL_CHECK_TEXT(found->axis_values[1], made->axis_values[1]);
    }
    pl_store_plan_finish(&plan);
    scene_finish(&scene);
}

/* A cell taken out of the plan behind the program's back: the digest of the plan tells. */
static void test_store__a_plan_that_lost_a_cell_is_damage(void) {
    struct scene scene;
    struct pl_store_plan plan;
    sqlite3 *db;
    scene_init(&scene, 7);
    PL_REQUIRE(sqlite3_open(pl_store_path(scene.store), &db) == SQLITE_OK);
    PL_REQUIRE(sqlite3_exec(db, "UPDATE cells SET position = NULL WHERE position = 3", NULL, NULL,
                            NULL) == SQLITE_OK);
    sqlite3_close(db);
    PL_CHECK_FAILS(pl_store_plan(scene.store, &plan), PL_ESTORE,
                   "the cells of the plan are not those that were registered");
    PL_REQUIRE_OK(pl_store_register(scene.store, &scene.cells, axes, 2));
    PL_REQUIRE_OK(pl_store_plan(scene.store, &plan));
    pl_store_plan_finish(&plan);
    scene_finish(&scene);
}

static void test_store__a_new_plan_keeps_old_results(void) {
    struct scene scene;
    struct pl_store_plan plan;
    scene_init(&scene, 6);
    PL_REQUIRE_OK(put_made(scene.store, &scene.cells, 5, stamp_a));
    struct pl_cells fewer = {.items = scene.cells.items + 1, .count = 3};
    fewer.items[0].label = "new label";
    PL_REQUIRE_OK(pl_store_register(scene.store, &fewer, axes, 2));
    PL_REQUIRE_OK(pl_store_plan(scene.store, &plan));
    PL_REQUIRE(plan.cells.count == 3);
    PL_CHECK_TEXT(plan.cells.items[0].label, "new label");
    PL_CHECK_TEXT(plan.cells.items[2].id, scene.cells.items[3].id);
    pl_store_plan_finish(&plan);
    PL_CHECK(has_made(scene.store, &scene.cells, 5, stamp_a));
    scene_finish(&scene);
}

static void test_store__facts_of_the_study(void) {
    struct scene scene;
    struct pl_arena arena = {0};
    const char *value;
    scene_init(&scene, 1);
    PL_REQUIRE_OK(pl_store_meta_get(scene.store, "question", &arena, &value));
    PL_CHECK(value == NULL);
    PL_REQUIRE_OK(pl_store_meta_set(scene.store, "question", "Is it so?"));
    PL_REQUIRE_OK(pl_store_meta_set(scene.store, "question", "Is it \"so\"; 'or' not?"));
    PL_REQUIRE_OK(pl_store_meta_get(scene.store, "question", &arena, &value));
    PL_CHECK_TEXT(value, "Is it \"so\"; 'or' not?");
    pl_arena_finish(&arena);
    scene_finish(&scene);
}

static void test_store__finds_a_cell_by_its_first_digits(void) {
    struct scene scene;
    char id[PL_HASH_TEXT], prefix[PL_HASH_TEXT];
    scene_init(&scene, 30); /* more cells than digits: some first digit is shared */
    for (size_t i = 0; i < 30; i++) {
        snprintf(prefix, sizeof prefix, "%.12s", scene.cells.items[i].id);
        PL_REQUIRE_OK(pl_store_lookup(scene.store, prefix, id));
        PL_CHECK_TEXT(id, scene.cells.items[i].id);
    }
    PL_CHECK_FAILS(pl_store_lookup(scene.store, "", id), PL_ECONFIG, "several");
    PL_CHECK_FAILS(pl_store_lookup(scene.store, "xyz", id), PL_ECONFIG, "'xyz'");
    PL_CHECK_FAILS(pl_store_lookup(scene.store, "%", id), PL_ECONFIG, "'%'");
    scene_finish(&scene);
}

/* ---- the life of a cell ----------------------------------------------------------------------- */

static void test_store__a_cell_lives_as_drawn(void) {
    struct scene scene;
    scene_init(&scene, 2);
    const struct pl_cell *cell = &scene.cells.items[0];
    PL_CHECK_INT(outcome_of(scene.store, cell, stamp_a), PL_PENDING);
    PL_CHECK(try_lease(scene.store, cell, stamp_a));
    PL_CHECK_INT(outcome_of(scene.store, cell, stamp_a), PL_RUNNING);
    PL_CHECK(!try_lease(scene.store, cell, stamp_a));
    PL_REQUIRE_OK(pl_store_release(scene.store, cell->id, stamp_a));
    PL_CHECK_INT(outcome_of(scene.store, cell, stamp_a), PL_PENDING);
    PL_CHECK(try_lease(scene.store, cell, stamp_a));
    PL_REQUIRE_OK(put_made(scene.store, &scene.cells, 0, stamp_a));
    PL_CHECK_INT(outcome_of(scene.store, cell, stamp_a), PL_DONE);
    PL_CHECK(!try_lease(scene.store, cell, stamp_a));
    PL_CHECK_INT(outcome_of(scene.store, &scene.cells.items[1], stamp_a), PL_PENDING);
    scene_finish(&scene);
}

static void test_store__a_failed_cell_is_tried_again_and_keeps_its_message(void) {
    struct scene scene;
    struct pl_result failed = {0}, found;
    scene_init(&scene, 1);
    const struct pl_cell *cell = &scene.cells.items[0];
    pl_result_add(&failed, "train_loss", 3, 1.0);
    pl_result_fail(&failed, "the worker was ended by signal 6");
    PL_CHECK(try_lease(scene.store, cell, stamp_a));
    PL_REQUIRE_OK(pl_store_put(scene.store, cell->id, stamp_a, &failed));
    PL_CHECK_INT(outcome_of(scene.store, cell, stamp_a), PL_FAILED);
    PL_CHECK(try_lease(scene.store, cell, stamp_a));
    PL_REQUIRE_OK(pl_store_find(scene.store, cell->id, stamp_a, &found));
    PL_CHECK_INT(found.outcome, PL_RUNNING);
    PL_CHECK_TEXT(found.message, failed.message);
    PL_CHECK_INT((long long)found.metric_count, 0);
    pl_result_finish(&found);
    PL_REQUIRE_OK(pl_store_release_all(scene.store));
    PL_CHECK_INT(outcome_of(scene.store, cell, stamp_a), PL_FAILED);
    PL_REQUIRE_OK(put_made(scene.store, &scene.cells, 0, stamp_a));
    PL_CHECK(has_made(scene.store, &scene.cells, 0, stamp_a));
    /* and once it is done, no failure takes it back */
    PL_REQUIRE_OK(pl_store_put(scene.store, cell->id, stamp_a, &failed));
    PL_CHECK(has_made(scene.store, &scene.cells, 0, stamp_a));
    pl_result_finish(&failed);
    scene_finish(&scene);
}

static void test_store__each_stamp_has_a_life_of_its_own(void) {
    struct scene scene;
    struct pl_store_state state;
    char newest[PL_HASH_TEXT];
    scene_init(&scene, 1);
    const struct pl_cell *cell = &scene.cells.items[0];
    PL_REQUIRE_OK(pl_store_newest(scene.store, cell->id, newest));
    PL_CHECK_TEXT(newest, "");
    PL_REQUIRE_OK(put_made(scene.store, &scene.cells, 0, stamp_a));
    PL_REQUIRE_OK(pl_store_state(scene.store, cell->id, stamp_a, &state));
    PL_CHECK(state.outcome == PL_DONE && !state.elsewhere);
    PL_REQUIRE_OK(pl_store_state(scene.store, cell->id, stamp_b, &state));
    PL_CHECK(state.outcome == PL_PENDING && state.elsewhere);
    PL_CHECK(try_lease(scene.store, cell, stamp_b));
    PL_REQUIRE_OK(pl_store_newest(scene.store, cell->id, newest));
    PL_CHECK_TEXT(newest, stamp_a);
    PL_REQUIRE_OK(put_made(scene.store, &scene.cells, 0, stamp_b));
    PL_REQUIRE_OK(pl_store_newest(scene.store, cell->id, newest));
    PL_CHECK_TEXT(newest, stamp_b);
    PL_CHECK(has_made(scene.store, &scene.cells, 0, stamp_a));
    scene_finish(&scene);
}

/* One pass gives what a question a cell gives, and the newest of other numerics where that is asked for. */
static void test_store__reads_all_in_one_pass(void) {
    enum { CELLS = 10 };
    struct scene scene;
    scene_init(&scene, CELLS);
    for (size_t i = 0; i < 6; i++) PL_REQUIRE_OK(put_made(scene.store, &scene.cells, i, stamp_a));
    PL_REQUIRE_OK(put_made(scene.store, &scene.cells, 2, stamp_b));
    PL_REQUIRE_OK(put_made(scene.store, &scene.cells, 7, stamp_b));
    PL_CHECK(try_lease(scene.store, &scene.cells.items[9], stamp_a));
    for (int newest = 0; newest < 2; newest++) {
        char present[CELLS][PL_HASH_TEXT], stamps[CELLS][PL_HASH_TEXT];
        struct pl_result results[CELLS];
        struct pl_arena arena = {0};
        for (size_t k = 0; k < CELLS; k++) strcpy(present[k], stamp_a);
        const struct pl_store_scan scan = {&scene.cells, present, newest, stamps, results, &arena};
        PL_REQUIRE_OK(pl_store_read(scene.store, &scan));
        for (size_t k = 0; k < CELLS; k++) {
            struct pl_result found;
            const char *stamp = newest && k == 7 ? stamp_b : stamp_a;
            PL_REQUIRE_OK(pl_store_find(scene.store, scene.cells.items[k].id, stamp, &found));
            PL_CHECK_TEXT(stamps[k], stamp);
            PL_CHECK_INT(results[k].outcome, found.outcome);
            PL_CHECK_TEXT(results[k].provenance, found.provenance);
            PL_CHECK_TEXT(results[k].message, found.message);
            PL_CHECK_TEXT(results[k].diagnosed, found.diagnosed);
            PL_REQUIRE(results[k].metric_count == found.metric_count);
            for (size_t m = 0; m < found.metric_count; m++) {
                PL_CHECK_TEXT(results[k].metrics[m].name, found.metrics[m].name);
                PL_CHECK(memcmp(&results[k].metrics[m].value, &found.metrics[m].value,
                                sizeof found.metrics[m].value) == 0);
            }
            pl_result_finish(&found);
        }
        pl_arena_finish(&arena);
    }
    PL_REQUIRE_OK(put_made(scene.store, &scene.cells, 8, stamp_a)); /* no transaction left open */
    scene_finish(&scene);
}

/* Diagnostics that are not those which were stored are left out, and may be measured again. */
static void test_store__altered_diagnostics_count_for_nothing(void) {
    struct scene scene;
    struct pl_result found, result;
    struct pl_arena arena = {0};
    char path[512], present[1][PL_HASH_TEXT], stamps[1][PL_HASH_TEXT];
    struct pl_result read[1];
    bool taken;
    sqlite3 *db;
    scene_init(&scene, 1);
    const char *id = scene.cells.items[0].id;
    make_result(&result, 0);
    result.diagnosed = "diagnostics.norms = true\n";
    pl_result_diagnose(&result, &(struct pl_diagnostic){"h_rms", 10, 1, PL_NO_INDEX, 0.5});
    PL_REQUIRE_OK(pl_store_put(scene.store, id, stamp_a, &result));
    PL_REQUIRE_OK(pl_store_find(scene.store, id, stamp_a, &found));
    PL_CHECK_TEXT(found.diagnosed, result.diagnosed);
    pl_result_finish(&found);
    database_path(&scene, path);
    PL_REQUIRE(sqlite3_open(path, &db) == SQLITE_OK);
    PL_REQUIRE(sqlite3_exec(db, "UPDATE diagnostics SET value = 0.75", NULL, NULL, NULL) ==
               SQLITE_OK);
    sqlite3_close(db);
    PL_REQUIRE_OK(pl_store_find(scene.store, id, stamp_a, &found));
    PL_CHECK_INT(found.outcome, result.outcome);
    PL_CHECK(found.metric_count == result.metric_count && found.damaged_inside);
    PL_CHECK_TEXT(found.diagnosed, "");
    PL_REQUIRE_OK(pl_store_diagnostics(scene.store, id, stamp_a, &found));
    PL_CHECK_INT(found.diagnostic_count, 0);
    pl_result_finish(&found);
    strcpy(present[0], stamp_a);
    const struct pl_store_scan scan = {&scene.cells, present, false, stamps, read, &arena};
    PL_REQUIRE_OK(pl_store_read(scene.store, &scan));
    PL_CHECK(read[0].damaged_inside && !read[0].damaged);
    PL_CHECK_TEXT(read[0].diagnosed, "");
    pl_arena_finish(&arena);
    PL_REQUIRE_OK(pl_store_lease_again(scene.store, id, stamp_a, "", &taken));
    PL_CHECK(taken);
    PL_REQUIRE_OK(pl_store_put(scene.store, id, stamp_a, &result));
    PL_REQUIRE_OK(pl_store_find(scene.store, id, stamp_a, &found));
    PL_CHECK_TEXT(found.diagnosed, result.diagnosed);
    pl_result_finish(&found);
    pl_result_finish(&result);
    scene_finish(&scene);
}

static void test_store__an_unregistered_cell_is_refused(void) {
    struct scene scene;
    struct pl_result result = {.outcome = PL_DONE};
    bool taken;
    scene_init(&scene, 1);
    PL_CHECK_FAILS(pl_store_put(scene.store, "nobody", stamp_a, &result), PL_ESTORE, "registered");
    PL_CHECK_FAILS(pl_store_lease(scene.store, "nobody", stamp_a, &taken), PL_ESTORE, "cells.db");
    PL_CHECK(!taken);
    PL_REQUIRE_OK(put_made(scene.store, &scene.cells, 0, stamp_a));
    scene_finish(&scene);
}

/* ---- several processes ------------------------------------------------------------------------ */

static int lease_first(struct scene *scene) {
    struct pl_store *store;
    bool taken = false;
    if (pl_store_open(&store, scene->temp.path, "study", PL_STORE_WRITE) != PL_OK) return 2;
    if (pl_store_lease(store, scene->cells.items[0].id, stamp_a, &taken) != PL_OK) return 3;
    return taken ? 0 : 1; /* nothing is closed or released */
}

static void test_store__a_dead_holder_holds_nothing(void) {
    struct scene scene;
    scene_init(&scene, 1);
    close_scene(&scene);
    int status;
    pid_t child = fork();
    if (child == 0) {
        if (lease_first(&scene) == 0) raise(SIGKILL);
        _exit(1);
    }
    PL_REQUIRE(waitpid(child, &status, 0) == child);
    PL_CHECK(WIFSIGNALED(status));
    open_scene(&scene);
    PL_CHECK_INT(outcome_of(scene.store, &scene.cells.items[0], stamp_a), PL_PENDING);
    PL_CHECK(try_lease(scene.store, &scene.cells.items[0], stamp_a));
    scene_finish(&scene);
}

static void test_store__a_living_holder_is_respected(void) {
    struct scene scene;
    struct pl_store_state state;
    int ready[2];
    char byte;
    scene_init(&scene, 1);
    close_scene(&scene);
    PL_REQUIRE(pipe(ready) == 0);
    pid_t child = fork();
    if (child == 0) {
        int answer = lease_first(&scene);
        if (write(ready[1], answer ? "n" : "y", 1) == 1) pause();
        _exit(1);
    }
    PL_REQUIRE(read(ready[0], &byte, 1) == 1 && byte == 'y');
    open_scene(&scene);
    PL_REQUIRE_OK(pl_store_state(scene.store, scene.cells.items[0].id, stamp_a, &state));
    PL_CHECK(state.outcome == PL_RUNNING && state.holder == (long)child);
    PL_CHECK(!try_lease(scene.store, &scene.cells.items[0], stamp_a));
    /* our release does not end another's lease */
    PL_REQUIRE_OK(pl_store_release(scene.store, scene.cells.items[0].id, stamp_a));
    PL_REQUIRE_OK(pl_store_release_all(scene.store));
    PL_CHECK(!try_lease(scene.store, &scene.cells.items[0], stamp_a));
    kill(child, SIGKILL);
    /* dead, though nobody has collected it yet */
    siginfo_t info;
    PL_REQUIRE(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) == 0);
    PL_CHECK(try_lease(scene.store, &scene.cells.items[0], stamp_a));
    waitpid(child, NULL, 0);
    close(ready[0]);
    close(ready[1]);
    scene_finish(&scene);
}

/* A lease of a process whose number is in use again: same pid, other start; same pid and start, other
 * boot of the machine. */
static void test_store__a_reused_pid_is_not_the_holder(void) {
    static const char *const forgeries[] = {"lease_start = lease_start - 1",
                                            "lease_boot = 'another boot'", "lease_pid = 2147483646",
                                            "lease_pid = -1", "lease_pid = 0"};
    for (size_t i = 0; i < sizeof forgeries / sizeof forgeries[0]; i++) {
        struct scene scene;
        char path[512], sql[128];
        sqlite3 *db;
        scene_init(&scene, 1);
        database_path(&scene, path);
        PL_CHECK(try_lease(scene.store, &scene.cells.items[0], stamp_a));
        snprintf(sql, sizeof sql, "UPDATE runs SET %s", forgeries[i]);
        PL_REQUIRE(sqlite3_open(path, &db) == SQLITE_OK);
        PL_REQUIRE(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
        sqlite3_close(db);
        PL_CHECK_INT(outcome_of(scene.store, &scene.cells.items[0], stamp_a), PL_PENDING);
        PL_CHECK(try_lease(scene.store, &scene.cells.items[0], stamp_a));
        scene_finish(&scene);
    }
}

enum { SHARED = 200 };

/* Takes what it can get; tells the parent each cell it computed. */
static int work_through(struct scene *scene, int report) {
    struct pl_store *store;
    if (pl_store_open(&store, scene->temp.path, "study", PL_STORE_WRITE) != PL_OK) return 2;
    if (pl_store_register(store, &scene->cells, axes, 2) != PL_OK) return 3;
    for (size_t i = 0; i < scene->cells.count; i++) {
        bool taken;
        if (pl_store_lease(store, scene->cells.items[i].id, stamp_a, &taken) != PL_OK) return 4;
        if (!taken) continue;
        if (put_made(store, &scene->cells, i, stamp_a) != PL_OK) return 5;
        if (write(report, &i, sizeof i) != sizeof i) return 6;
    }
    pl_store_close(store);
    return 0;
}

/* Even the making of the database is left to the race. */
static void test_store__two_runs_at_once_share_the_work(void) {
    struct scene scene;
    int pipes[2], times[SHARED] = {0}, status;
    size_t index;
    pl_temp_init(&scene.temp);
    cells_init(&scene.cells, SHARED);
    scene.store = NULL;
    PL_REQUIRE(pipe(pipes) == 0);
    for (int i = 0; i < 3; i++)
        if (fork() == 0) _exit(work_through(&scene, pipes[1]));
    close(pipes[1]);
    while (read(pipes[0], &index, sizeof index) == sizeof index) times[index]++;
    close(pipes[0]);
    for (int i = 0; i < 3; i++) {
        PL_REQUIRE(wait(&status) > 0);
        PL_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    open_scene(&scene);
    for (size_t i = 0; i < SHARED; i++) {
        PL_CHECK_INT(times[i], 1);
        PL_CHECK(has_made(scene.store, &scene.cells, i, stamp_a));
    }
    scene_finish(&scene);
}

static void sleep_microseconds(long microseconds) {
    struct timespec moment = {.tv_nsec = microseconds * 1000};
    nanosleep(&moment, NULL);
}

static bool is_sound(const struct scene *scene) {
    char path[512];
    sqlite3 *db;
    sqlite3_stmt *statement;
    database_path(scene, path);
    PL_REQUIRE(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
    PL_REQUIRE(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL) == SQLITE_OK);
    bool sound = sqlite3_step(statement) == SQLITE_ROW &&
                 strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return sound;
}

/* A run is killed at a random instant, again and again: every put that had returned is there, nothing
 * is there by halves, and the next run takes up from there until all is done. */
static void test_store__survives_kill_at_any_instant(void) {
    struct scene scene;
    struct pl_rng rng;
    bool reported[SHARED] = {false};
    size_t index, kills = 0, done = 0;
    double longest = 1500; /* microseconds; grows, so that slow machines end as well */
    pl_temp_init(&scene.temp);
    cells_init(&scene.cells, SHARED);
    scene.store = NULL;
    pl_rng_init(&rng, 3, "test");
    while (done < SHARED) {
        int pipes[2], status;
        PL_REQUIRE(pipe(pipes) == 0);
        pid_t child = fork();
        if (child == 0) _exit(work_through(&scene, pipes[1]));
        close(pipes[1]);
        sleep_microseconds((long)(longest * pl_rng_uniform(&rng)));
        longest *= 1.05;
        kill(child, SIGKILL);
        PL_REQUIRE(waitpid(child, &status, 0) == child);
        PL_CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
        kills += WIFSIGNALED(status);
        while (read(pipes[0], &index, sizeof index) == sizeof index) {
            PL_CHECK(!reported[index]);
            reported[index] = true;
        }
        close(pipes[0]);
        done = 0;
        open_scene(&scene);
        PL_REQUIRE_OK(pl_store_register(scene.store, &scene.cells, axes, 2));
        for (size_t i = 0; i < SHARED; i++) {
            enum pl_outcome outcome = outcome_of(scene.store, &scene.cells.items[i], stamp_a);
            PL_CHECK(outcome != PL_RUNNING);
            PL_CHECK(outcome != PL_PENDING || !reported[i]);
            if (outcome == PL_PENDING) continue;
            PL_CHECK(has_made(scene.store, &scene.cells, i, stamp_a));
            done++;
        }
        close_scene(&scene);
    }
    PL_CHECK(kills >= 3);
    PL_CHECK(is_sound(&scene));
    scene_finish(&scene);
}

/* ---- trouble from outside --------------------------------------------------------------------- */

static void test_store__a_missing_database_is_a_sentence(void) {
    struct pl_temp temp;
    struct pl_store *store = (struct pl_store *)1;
    pl_temp_init(&temp);
    PL_CHECK(!pl_store_exists(temp.path, "study"));
    PL_CHECK_FAILS(pl_store_open(&store, temp.path, "study", PL_STORE_READ), PL_ESTORE,
                   "plumbline run");
    PL_CHECK(store == NULL);
    pl_store_close(NULL);
    PL_REQUIRE_OK(pl_store_open(&store, temp.path, "study", PL_STORE_WRITE));
    PL_CHECK(pl_store_exists(temp.path, "study"));
    pl_store_close(store);
    pl_temp_finish(&temp);
}

static void write_file(const char *path, const void *bytes, size_t count) {
    FILE *file = fopen(path, "wb");
    PL_REQUIRE(file != NULL);
    PL_REQUIRE(fwrite(bytes, 1, count, file) == count);
    fclose(file);
}

static char *read_file(const char *path, size_t *count) {
    FILE *file = fopen(path, "rb");
    PL_REQUIRE(file != NULL);
    fseek(file, 0, SEEK_END);
    *count = (size_t)ftell(file);
    rewind(file);
    char *bytes = pl_alloc(*count + 1);
    PL_REQUIRE(fread(bytes, 1, *count, file) == *count);
    fclose(file);
    return bytes;
}

static void check_refused(struct scene *scene, const char *part) {
    static const enum pl_store_mode modes[] = {PL_STORE_READ, PL_STORE_WRITE};
    for (int i = 0; i < 2; i++) {
        struct pl_store *store;
        PL_CHECK_FAILS(pl_store_open(&store, scene->temp.path, "study", modes[i]), PL_ESTORE, part);
        PL_CHECK(strstr(pl_message(), "cells.db") != NULL);
        PL_CHECK(store == NULL);
    }
}

static void test_store__other_files_are_refused_and_left_alone(void) {
    struct scene scene;
    char path[512];
    const char text[] = "This is a letter, and by no means a database; it must stay as it is. "
                        "It is longer than the header of a database, which has 100 bytes.";
    size_t count;
    sqlite3 *db;
    scene_init(&scene, 1);
    close_scene(&scene);
    database_path(&scene, path);

    write_file(path, text, sizeof text);
    check_refused(&scene, "not a SQLite database");
    char *bytes = read_file(path, &count);
    PL_CHECK(count == sizeof text && memcmp(bytes, text, count) == 0);
    pl_free(bytes);

    unlink(path);
    PL_REQUIRE(sqlite3_open(path, &db) == SQLITE_OK);
    PL_REQUIRE(sqlite3_exec(db, "CREATE TABLE runs (a)", NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
    check_refused(&scene, "some other program");

    unlink(path);
    PL_REQUIRE(mkdir(path, 0777) == 0);
    check_refused(&scene, "not a file");
    rmdir(path);
    scene_finish(&scene);
}

static void test_store__a_newer_schema_is_refused(void) {
    struct scene scene;
    char path[512];
    sqlite3 *db;
    scene_init(&scene, 1);
    close_scene(&scene);
    database_path(&scene, path);
    PL_REQUIRE(sqlite3_open(path, &db) == SQLITE_OK);
    PL_REQUIRE(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
    check_refused(&scene, "schema version 99");
    scene_finish(&scene);
}

/* ---- files of the first schema ---------------------------------------------------------------- */

static const char old_cell[] = "00000000000000000000000000000001";

static void execute_file(sqlite3 *db, const char *path) {
    struct pl_strbuf text;
    char block[4096];
    FILE *file = fopen(path, "rb");
    PL_REQUIRE(file != NULL);
    pl_strbuf_init(&text);
    for (size_t count; (count = fread(block, 1, sizeof block, file)) > 0;)
        pl_strbuf_add_bytes(&text, block, count);
    fclose(file);
    PL_REQUIRE(sqlite3_exec(db, text.text, NULL, NULL, NULL) == SQLITE_OK);
    pl_strbuf_finish(&text);
}

/* A file as the program wrote it before it knew diagnostics takes the place of the scene's. */
static void make_old(struct scene *scene) {
    char path[512];
    sqlite3 *db;
    scene_init(scene, 1);
    close_scene(scene);
    database_path(scene, path);
    unlink(path);
    PL_REQUIRE(sqlite3_open(path, &db) == SQLITE_OK);
    execute_file(db, PL_SOURCE_DIR "/tests/data/store-1.sql");
    sqlite3_close(db);
}

static void check_old_result(struct pl_store *store) {
    struct pl_result found;
    PL_REQUIRE_OK(pl_store_find(store, old_cell, stamp_a, &found));
    PL_CHECK_INT(found.outcome, PL_DONE);
    PL_CHECK(pl_result_final(&found, "test_loss") == 0.125);
    PL_CHECK(isnan(pl_result_final(&found, "score")) && found.metric_count == 2);
    PL_CHECK_TEXT(found.diagnosed, "");
    PL_REQUIRE_OK(pl_store_diagnostics(store, old_cell, stamp_a, &found));
    PL_CHECK(found.diagnostic_count == 0);
    pl_result_finish(&found);
}

/* Every table with its columns, and every view, in one text. */
static char *describe_tables(const char *path) {
    static const char sql[] =
        "SELECT m.type || ' ' || m.name || ' ' || group_concat(c.name || ' ' || "
        "c.type || c.\"notnull\" || ifnull(c.dflt_value, '') || c.pk) "
        "FROM sqlite_master m, pragma_table_info(m.name) c "
        "WHERE m.type IN ('table', 'view') GROUP BY m.name ORDER BY m.name";
    struct pl_strbuf out;
    sqlite3_stmt *statement;
    sqlite3 *db;
    pl_strbuf_init(&out);
    PL_REQUIRE(sqlite3_open(path, &db) == SQLITE_OK);
    PL_REQUIRE(sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW)
        pl_strbuf_addf(&out, "%s\n", (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return pl_strbuf_take(&out);
}

static int columns_sorted(const void *a, const void *b) {
    return *(const char *)a - *(const char *)b;
}

/* The order of columns may differ: an upgrade adds them at the end. */
static bool same_tables(char *a, char *b) {
    if (strlen(a) != strlen(b)) return false;
    qsort(a, strlen(a), 1, columns_sorted);
    qsort(b, strlen(b), 1, columns_sorted);
    return strcmp(a, b) == 0;
}

static void test_store__an_old_file_is_brought_up_to_date(void) {
    struct scene scene, fresh;
    char path[512], fresh_path[512];
    make_old(&scene);
    open_scene(&scene);
    check_old_result(scene.store);
    PL_REQUIRE_OK(pl_store_register(scene.store, &scene.cells, axes, 2));
    for (int k = 0; k < 2; k++) PL_REQUIRE_OK(put_made(scene.store, &scene.cells, 0, stamp_b));
    PL_CHECK(has_made(scene.store, &scene.cells, 0, stamp_b));
    close_scene(&scene);
    open_scene(&scene); /* by now it is a file like any other */
    check_old_result(scene.store);
    close_scene(&scene);
    scene_init(&fresh, 1);
    close_scene(&fresh);
    database_path(&scene, path);
    database_path(&fresh, fresh_path);
    char *found = describe_tables(path), *expected = describe_tables(fresh_path);
    PL_CHECK(strlen(expected) > 300);
    PL_CHECK(same_tables(found, expected));
    pl_free(found);
    pl_free(expected);
    scene_finish(&fresh);
    scene_finish(&scene);
}

static void test_store__a_reader_leaves_an_old_file_alone(void) {
    struct scene scene;
    char path[512];
    make_old(&scene);
    database_path(&scene, path);
    char *before = describe_tables(path);
    PL_REQUIRE_OK(pl_store_open(&scene.store, scene.temp.path, "study", PL_STORE_READ));
    check_old_result(scene.store);
    close_scene(&scene);
    PL_REQUIRE_OK(pl_store_open_file(&scene.store, path));
    check_old_result(scene.store);
    close_scene(&scene);
    char *after = describe_tables(path);
    PL_CHECK_TEXT(after, before);
    pl_free(before);
    pl_free(after);
    scene_finish(&scene);
}

/* ---- numbers that are not those that were stored ------------------------------------------------ */

/* Whatever was done to a finished run by hand, it is pending for a reader and for the next run, which
 * stores it as it was. */
static void test_store__changed_numbers_are_no_result(void) {
    static const char *const changes[] = {
        "DELETE FROM metrics",
        "DELETE FROM metrics WHERE position = 3",
        "UPDATE metrics SET value = value * 2 WHERE position = 0",
        "UPDATE metrics SET value = 'inf' WHERE position = 1",
        "UPDATE metrics SET step = step + 1 WHERE position = 2",
        "UPDATE metrics SET name = 'test_glean' WHERE position = 5",
        "UPDATE metrics SET position = 100 WHERE position = 0",
        "UPDATE runs SET outcome = 'diverged'",
        "UPDATE runs SET stamp = 'stamp-b' WHERE run = 1; UPDATE runs SET stamp = 'stamp-a'",
        "UPDATE runs SET digest = ''",
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct scene scene;
        struct pl_result found;
        char path[512];
        sqlite3 *db;
        bool taken;
        const char *stamp = i == 8 ? stamp_b : stamp_a;
        scene_init(&scene, 2);
        const char *id = scene.cells.items[0].id;
        database_path(&scene, path);
        PL_REQUIRE_OK(put_made(scene.store, &scene.cells, 0, stamp));
        PL_REQUIRE(sqlite3_open(path, &db) == SQLITE_OK);
        PL_REQUIRE(sqlite3_exec(db, changes[i], NULL, NULL, NULL) == SQLITE_OK);
        sqlite3_close(db);
        PL_REQUIRE_OK(pl_store_find(scene.store, id, stamp_a, &found));
        PL_CHECK_INT(found.outcome, PL_PENDING);
        PL_CHECK(found.damaged && found.metric_count == 0);
        pl_result_finish(&found);
        PL_REQUIRE_OK(pl_store_lease(scene.store, id, stamp_a, &taken));
        PL_CHECK(taken);
        PL_REQUIRE_OK(put_made(scene.store, &scene.cells, 0, stamp_a));
        PL_CHECK(has_made(scene.store, &scene.cells, 0, stamp_a));
        PL_REQUIRE_OK(pl_store_lease(scene.store, id, stamp_a, &taken));
        PL_CHECK(!taken);
        scene_finish(&scene);
    }
}

/* ---- a file that goes away ---------------------------------------------------------------------- */

static void test_store__a_file_that_goes_away_is_noticed(void) {
    static const char *const doings[] = {
        "rm '%s'/study/cells.db*", "rm -r '%s/study'", "mv '%s/study' '%s/other'",
        "cd '%s/study' && cp cells.db c && mv c cells.db", "rm '%s/study/cells.db-wal'"};
    for (size_t i = 0; i < sizeof doings / sizeof doings[0]; i++) {
        struct scene scene;
        char command[1200];
        bool taken;
        scene_init(&scene, 3);
        PL_REQUIRE_OK(put_made(scene.store, &scene.cells, 0, stamp_a));
        PL_CHECK(pl_store_in_place(scene.store) == PL_OK);
        snprintf(command, sizeof command, doings[i], scene.temp.path, scene.temp.path);
        PL_REQUIRE(system(command) == 0);
        PL_CHECK_FAILS(pl_store_in_place(scene.store), PL_ESTORE, "removed, renamed or replaced");
        PL_CHECK_FAILS(put_made(scene.store, &scene.cells, 1, stamp_a), PL_ESTORE, "run again");
        PL_CHECK_FAILS(pl_store_lease(scene.store, scene.cells.items[2].id, stamp_a, &taken),
                       PL_ESTORE, "cells.db");
        scene_finish(&scene);
    }
}

/* ---- measuring a finished cell anew ----------------------------------------------------------- */

static bool try_again(struct pl_store *store, const struct pl_cell *cell, const char *seen) {
    bool taken;
    PL_REQUIRE_OK(pl_store_lease_again(store, cell->id, stamp_a, seen, &taken));
    return taken;
}

static void test_store__a_finished_cell_may_be_diagnosed_again(void) {
    static const char wanted[] = "diagnostics.mixing = true\n";
    struct scene scene;
    struct pl_result failed = {.outcome = PL_FAILED, .message = "no"};
    scene_init(&scene, 2);
    const struct pl_cell *cell = &scene.cells.items[0];
    PL_CHECK(!try_again(scene.store, cell, "")); /* pending: an ordinary lease is what it needs */
    PL_REQUIRE_OK(put_made(scene.store, &scene.cells, 0, stamp_a));
    PL_CHECK(!try_again(scene.store, cell, wanted)); /* somebody has measured since */
    PL_CHECK(try_again(scene.store, cell, ""));
    PL_CHECK(!try_again(scene.store, cell, "")); /* held, by us */
    PL_CHECK_INT(outcome_of(scene.store, cell, stamp_a), PL_DONE);
    PL_REQUIRE_OK(pl_store_put(scene.store, cell->id, stamp_a, &failed));
    PL_CHECK(has_made(scene.store, &scene.cells, 0, stamp_a)); /* a failure changes nothing ... */
    PL_CHECK(try_again(scene.store, cell, ""));                /* ... but the lease */
    struct pl_result result;
    make_result(&result, 1);
    result.outcome = PL_DONE;
    PL_REQUIRE_OK(pl_store_put(scene.store, cell->id, stamp_a, &result));
    PL_CHECK(!try_again(scene.store, cell, ""));
    PL_CHECK(try_again(scene.store, cell, wanted));
    close_scene(&scene); /* gives back what it held */
    open_scene(&scene);
    PL_CHECK(try_again(scene.store, cell, wanted));
    struct pl_result found;
    PL_REQUIRE_OK(pl_store_find(scene.store, cell->id, stamp_a, &found));
    PL_CHECK(found.diagnostic_count == 0); /* only when asked */
    PL_REQUIRE_OK(pl_store_diagnostics(scene.store, cell->id, stamp_a, &found));
    PL_CHECK(same_result(&found, &result) && same_diagnostics(&found, &result));
    pl_result_finish(&found);
    pl_result_finish(&result);
    scene_finish(&scene);
}

static void test_store__an_empty_file_is_begun_anew(void) {
    struct scene scene;
    char path[512];
    struct pl_store *store;
    scene_init(&scene, 1);
    close_scene(&scene);
    database_path(&scene, path);
    write_file(path, "", 0);
    PL_CHECK_FAILS(pl_store_open(&store, scene.temp.path, "study", PL_STORE_READ), PL_ESTORE,
                   "empty");
    open_scene(&scene);
    PL_REQUIRE_OK(pl_store_register(scene.store, &scene.cells, axes, 2));
    scene_finish(&scene);
}

static void ignore_status(enum pl_status status) {
    PL_CHECK(status == PL_OK || status == PL_ESTORE || status == PL_ECONFIG);
    if (status != PL_OK) PL_CHECK(strlen(pl_message()) > 20);
}

static void read_all(struct pl_store *store, const struct pl_cells *cells) {
    size_t count = cells->count;
    char(*present)[PL_HASH_TEXT] = pl_alloc_zero(count, sizeof *present);
    char(*stamps)[PL_HASH_TEXT] = pl_alloc_zero(count, sizeof *stamps);
    struct pl_result *results = pl_alloc_zero(count, sizeof *results);
    struct pl_arena arena = {0};
    for (size_t k = 0; k < count; k++) strcpy(present[k], stamp_a);
    const struct pl_store_scan scan = {cells, present, true, stamps, results, &arena};
    ignore_status(pl_store_read(store, &scan));
    pl_arena_finish(&arena);
    pl_free(results);
    pl_free(stamps);
    pl_free(present);
}

/* Uses everything once; nothing may crash, whatever the file holds. */
static void use_all(struct scene *scene) {
    struct pl_store *store;
    struct pl_store_plan plan;
    struct pl_store_state state;
    struct pl_result result;
    char text[PL_HASH_TEXT];
    bool taken;
    if (pl_store_open(&store, scene->temp.path, "study", PL_STORE_WRITE) != PL_OK) return;
    ignore_status(pl_store_plan(store, &plan));
    pl_store_plan_finish(&plan);
    for (size_t i = 0; i < scene->cells.count; i++) {
        const char *id = scene->cells.items[i].id;
        ignore_status(pl_store_find(store, id, stamp_a, &result));
        pl_result_finish(&result);
        ignore_status(pl_store_state(store, id, stamp_b, &state));
        ignore_status(pl_store_newest(store, id, text));
        ignore_status(pl_store_lookup(store, id, text));
    }
    read_all(store, &scene->cells);
    ignore_status(pl_store_register(store, &scene->cells, axes, 2));
    ignore_status(pl_store_lease(store, scene->cells.items[1].id, stamp_b, &taken));
    ignore_status(put_made(store, &scene->cells, 2, stamp_b));
    pl_store_close(store);
}

static void test_store__a_damaged_file_is_never_a_crash(void) {
    struct scene scene;
    struct pl_rng rng;
    char path[512], side[520];
    size_t count;
    scene_init(&scene, 8);
    for (size_t i = 0; i < 8; i++) PL_REQUIRE_OK(put_made(scene.store, &scene.cells, i, stamp_a));
    close_scene(&scene);
    database_path(&scene, path);
    char *bytes = read_file(path, &count);
    char *copy = pl_alloc(count);
    pl_rng_init(&rng, 5, "test");
    for (int i = 0; i < 150; i++) {
        memcpy(copy, bytes, count);
        size_t changes = 1 + pl_rng_below(&rng, 40);
        for (size_t k = 0; k < changes; k++)
            copy[pl_rng_below(&rng, i % 3 ? count : 200)] = (char)pl_rng_below(&rng, 256);
        write_file(path, copy, i % 5 ? count : pl_rng_below(&rng, count));
        use_all(&scene);
        snprintf(side, sizeof side, "%s-wal", path);
        unlink(side);
        snprintf(side, sizeof side, "%s-shm", path);
        unlink(side);
    }
    /* zeros in the middle: pages that are gone */
    memcpy(copy, bytes, count);
    memset(copy + 4096, 0, count - 4096);
    write_file(path, copy, count);
    struct pl_store *store;
    struct pl_store_plan plan;
    enum pl_status status = pl_store_open(&store, scene.temp.path, "study", PL_STORE_READ);
    if (status == PL_OK) status = pl_store_plan(store, &plan);
    PL_CHECK_FAILS(status, PL_ESTORE, "damaged");
    pl_store_close(store);
    pl_free(copy);
    pl_free(bytes);
    scene_finish(&scene);
}

static void test_store__a_locked_file_is_waited_for_and_then_a_sentence(void) {
    struct scene scene;
    char path[512];
    sqlite3 *db;
    bool taken;
    scene_init(&scene, 2);
    database_path(&scene, path);
    PL_REQUIRE(sqlite3_open(path, &db) == SQLITE_OK);
    PL_REQUIRE(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK);
    pl_store_set_patience(scene.store, 0.3);
    double before = pl_clock_seconds();
    PL_CHECK_FAILS(put_made(scene.store, &scene.cells, 0, stamp_a), PL_ESTORE, "locked");
    double waited = pl_clock_seconds() - before;
    PL_CHECK(waited > 0.2 && waited < 8);
    PL_CHECK_FAILS(pl_store_lease(scene.store, scene.cells.items[0].id, stamp_a, &taken), PL_ESTORE,
                   "locked");
    PL_REQUIRE(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
    PL_REQUIRE_OK(put_made(scene.store, &scene.cells, 0, stamp_a));
    scene_finish(&scene);
}

/* As a user without rights: root may write everywhere. */
static int read_but_not_write(struct scene *scene) {
    struct pl_store *store;
    struct pl_result made, found;
    if (geteuid() == 0 && setuid(65534) != 0) return 2;
    if (pl_store_open(&store, scene->temp.path, "study", PL_STORE_WRITE) != PL_ESTORE) return 3;
    if (!strstr(pl_message(), "written") && !strstr(pl_message(), "opened")) return 4;
    if (!strstr(pl_message(), "--results")) return 5;
    if (pl_store_open(&store, scene->temp.path, "study", PL_STORE_READ) != PL_OK) return 6;
    make_result(&made, 0);
    if (pl_store_find(store, scene->cells.items[0].id, stamp_a, &found) != PL_OK) return 7;
    bool same = same_result(&made, &found);
    pl_result_finish(&made);
    pl_result_finish(&found);
    pl_store_close(store);
    if (pl_store_open(&store, scene->temp.path, "other", PL_STORE_WRITE) != PL_ESTORE) return 8;
    if (!strstr(pl_message(), "folder could not be made")) return 9;
    return same ? 0 : 10;
}

static void test_store__a_read_only_folder_can_be_read(void) {
    struct scene scene;
    char path[512], folder[512];
    scene_init(&scene, 1);
    PL_REQUIRE_OK(put_made(scene.store, &scene.cells, 0, stamp_a));
    close_scene(&scene);
    database_path(&scene, path);
    snprintf(folder, sizeof folder, "%s/study", scene.temp.path);
    for (int writable_file = 0; writable_file < 2; writable_file++) {
        chmod(path, writable_file ? 0666 : 0444);
        chmod(folder, 0555);
        chmod(scene.temp.path, 0555);
        PL_CHECK_INT(in_child(read_but_not_write, &scene), 0);
        chmod(scene.temp.path, 0755);
        chmod(folder, 0755);
    }
    scene_finish(&scene);
}

static void test_store__names_may_hold_any_character(void) {
    static const char *const names[] = {"a b", "50%?x#y", "caf\xC3\xA9", "file:x"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct pl_temp temp;
        struct pl_store *store;
        pl_temp_init(&temp);
        PL_REQUIRE_OK(pl_store_open(&store, temp.path, names[i], PL_STORE_WRITE));
        pl_store_close(store);
        PL_REQUIRE_OK(pl_store_open(&store, temp.path, names[i], PL_STORE_READ));
        pl_store_close(store);
        pl_temp_finish(&temp);
    }
}

/* ---- a disk that refuses ---------------------------------------------------------------------- */

/* SQLite's own file system, with writes that fail from the n-th on. */
static sqlite3_vfs refusing_vfs;
static sqlite3_vfs *true_vfs;
static sqlite3_io_methods refusing_methods[2]; /* of the database itself, of files beside it */
static const sqlite3_io_methods *true_methods[2];
static long writes_left;
static int refusal;

static int refuse_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
    if (writes_left == 0) return refusal;
    writes_left--;
    return true_methods[file->pMethods - refusing_methods]->xWrite(file, bytes, count, offset);
}

static int refusing_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                         int *out) {
    (void)vfs;
    int code = true_vfs->xOpen(true_vfs, name, file, flags, out);
    if (code != SQLITE_OK || !file->pMethods) return code;
    int kind = flags & SQLITE_OPEN_MAIN_DB ? 0 : 1;
    true_methods[kind] = file->pMethods;
    refusing_methods[kind] = *file->pMethods;
    refusing_methods[kind].xWrite = refuse_write;
    file->pMethods = &refusing_methods[kind];
    return code;
}

static void refuse_after(long writes, int code) {
    writes_left = writes;
    refusal = code;
}

static void test_store__a_full_disk_loses_nothing_that_was_stored(void) {
    static const int codes[] = {SQLITE_FULL, SQLITE_IOERR_WRITE};
    static const char *const words[] = {"disk or its quota is full", "could not read or write"};
    true_vfs = sqlite3_vfs_find(NULL);
    refusing_vfs = *true_vfs;
    refusing_vfs.zName = "refusing";
    refusing_vfs.pNext = NULL;
    refusing_vfs.xOpen = refusing_open;
    PL_REQUIRE(sqlite3_vfs_register(&refusing_vfs, 1) == SQLITE_OK);
    for (int c = 0; c < 2; c++) {
        for (long writes = 0, refused = 1; refused; writes++) {
            struct scene scene;
            refuse_after(-1, 0);
            scene_init(&scene, 3);
            PL_REQUIRE_OK(put_made(scene.store, &scene.cells, 0, stamp_a));
            PL_CHECK(try_lease(scene.store, &scene.cells.items[1], stamp_a));
            refuse_after(writes, codes[c]);
            enum pl_status status = put_made(scene.store, &scene.cells, 1, stamp_a);
            refused = status != PL_OK;
            if (refused) {
                PL_CHECK_FAILS(status, PL_ESTORE, words[c]);
                PL_CHECK(strstr(pl_message(), "is safe") != NULL);
                PL_CHECK(has_made(scene.store, &scene.cells, 0, stamp_a));
                PL_CHECK_INT(outcome_of(scene.store, &scene.cells.items[1], stamp_a), PL_RUNNING);
            }
            close_scene(&scene); /* the disk still refuses: the last checkpoint may fail as well */
            refuse_after(-1, 0);
            open_scene(&scene);
            PL_CHECK(has_made(scene.store, &scene.cells, 0, stamp_a));
            PL_REQUIRE_OK(put_made(scene.store, &scene.cells, 1, stamp_a));
            PL_CHECK(has_made(scene.store, &scene.cells, 1, stamp_a));
            PL_CHECK(is_sound(&scene));
            scene_finish(&scene);
            PL_REQUIRE(writes < 100);
            if (!refused) PL_CHECK(writes >= 2);
        }
    }
    sqlite3_vfs_unregister(&refusing_vfs);
    PL_REQUIRE(sqlite3_vfs_register(true_vfs, 1) == SQLITE_OK);
}

const struct pl_test pl_suite_store[] = {
    {"gives_back_every_bit", test_store__gives_back_every_bit},
    {"keeps_20000_random_doubles", test_store__keeps_20000_random_doubles},
    {"a_plan_reads_back", test_store__a_plan_reads_back},
    {"a_plan_that_lost_a_cell_is_damage", test_store__a_plan_that_lost_a_cell_is_damage},
    {"a_new_plan_keeps_old_results", test_store__a_new_plan_keeps_old_results},
    {"facts_of_the_study", test_store__facts_of_the_study},
    {"finds_a_cell_by_its_first_digits", test_store__finds_a_cell_by_its_first_digits},
    {"a_cell_lives_as_drawn", test_store__a_cell_lives_as_drawn},
    {"a_failed_cell_is_tried_again_and_keeps_its_message",
     test_store__a_failed_cell_is_tried_again_and_keeps_its_message},
    {"each_stamp_has_a_life_of_its_own", test_store__each_stamp_has_a_life_of_its_own},
    {"reads_all_in_one_pass", test_store__reads_all_in_one_pass},
    {"altered_diagnostics_count_for_nothing", test_store__altered_diagnostics_count_for_nothing},
    {"an_unregistered_cell_is_refused", test_store__an_unregistered_cell_is_refused},
    {"a_dead_holder_holds_nothing", test_store__a_dead_holder_holds_nothing},
    {"a_living_holder_is_respected", test_store__a_living_holder_is_respected},
    {"a_reused_pid_is_not_the_holder", test_store__a_reused_pid_is_not_the_holder},
    {"two_runs_at_once_share_the_work", test_store__two_runs_at_once_share_the_work},
    {"survives_kill_at_any_instant", test_store__survives_kill_at_any_instant},
    {"a_missing_database_is_a_sentence", test_store__a_missing_database_is_a_sentence},
    {"other_files_are_refused_and_left_alone", test_store__other_files_are_refused_and_left_alone},
    {"a_newer_schema_is_refused", test_store__a_newer_schema_is_refused},
    {"an_old_file_is_brought_up_to_date", test_store__an_old_file_is_brought_up_to_date},
    {"a_reader_leaves_an_old_file_alone", test_store__a_reader_leaves_an_old_file_alone},
    {"changed_numbers_are_no_result", test_store__changed_numbers_are_no_result},
    {"a_file_that_goes_away_is_noticed", test_store__a_file_that_goes_away_is_noticed},
    {"a_finished_cell_may_be_diagnosed_again", test_store__a_finished_cell_may_be_diagnosed_again},
    {"an_empty_file_is_begun_anew", test_store__an_empty_file_is_begun_anew},
    {"a_damaged_file_is_never_a_crash", test_store__a_damaged_file_is_never_a_crash},
    {"a_locked_file_is_waited_for_and_then_a_sentence",
     test_store__a_locked_file_is_waited_for_and_then_a_sentence},
    {"a_read_only_folder_can_be_read", test_store__a_read_only_folder_can_be_read},
    {"names_may_hold_any_character", test_store__names_may_hold_any_character},
    {"a_full_disk_loses_nothing_that_was_stored",
     test_store__a_full_disk_loses_nothing_that_was_stored},
    {0},
};
