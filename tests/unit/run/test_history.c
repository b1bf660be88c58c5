#include "core/base/strbuf.h"
#include "experiments/run/history.h"
#include "experiments/study/expand.h"
#include "experiments/study/registration.h"
#include "tests/support/support.h"

/* ---- what is registered ---- */

static const char study[] = "study: s\n"
                            "question: Why?\n"
                            "model: {width: 4, depth: 2}\n"
                            "task: {name: linear_mix, dim: 4, samples: 8}\n"
                            "variants: [standard, {name: attnres_full, label: bare, "
                            "model.prenorm: false}]\n"
                            "seeds: 2\n"
                            "claims: [{better: bare, than: standard, by: 1.2x}]\n";

/* The registration of the study with some text replaced and some overrides. */
static void make(struct pl_registration *out, const char *from, const char *to,
                 const char *const *overrides, size_t count) {
    struct pl_experiment experiment;
    struct pl_cells cells;
    char text[1024];
    const char *at = strstr(study, from);
    PL_REQUIRE(at != NULL);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - study), study, to, at + strlen(from));
    PL_REQUIRE_OK(
        pl_experiment_load_text(&experiment, "s.yaml", text, strlen(text), overrides, count));
    PL_REQUIRE_OK(pl_experiment_expand(&cells, &experiment));
    pl_registration_make(out, &experiment, &cells);
    pl_cells_finish(&cells);
    pl_experiment_finish(&experiment);
}

static void make_plain(struct pl_registration *out) {
    make(out, "Why?", "Why?", NULL, 0);
}

static bool same_digest(const char *from, const char *to, const char *override) {
    struct pl_registration one, other;
    make_plain(&one);
    make(&other, from, to, &override, override ? 1 : 0);
    bool same = strcmp(one.digest, other.digest) == 0;
    pl_registration_finish(&one);
    pl_registration_finish(&other);
    return same;
}

static void test_history__states_what_is_judged(void) {
    struct pl_registration registration;
    make_plain(&registration);
    PL_CHECK_TEXT(registration.statement,
                  "metric \"test_loss\"\n"
                  "baseline \"standard\"\n"
                  "match \"none\"\n"
                  "variant \"standard\"\n"
                  "variant \"attnres_full\" \"bare\"\n"
                  "claim {\"better\":\"bare\",\"than\":\"standard\",\"by\":\"1.2x\"}\n");
    pl_registration_finish(&registration);
}

static void test_history__digest_is_of_what_matters(void) {
    PL_CHECK(same_digest("Why?", "How come?", NULL));
    PL_CHECK(same_digest("study: s", "study: t", NULL));
    PL_CHECK(same_digest("seeds: 2", "seeds: [1, 2]", NULL));
    PL_CHECK(same_digest("seeds: 2", "seeds: [2, 1]", NULL)); /* the order of cells */
    PL_CHECK(same_digest("seeds: 2", "seeds: 2\nlimits: {cell_seconds: 9}", NULL));
    PL_CHECK(same_digest("Why?", "Why?", "metric=test_loss")); /* the default */
    PL_CHECK(!same_digest("Why?", "Why?", "metric=train_loss"));
    PL_CHECK(!same_digest("Why?", "Why?", "baseline=bare"));
    PL_CHECK(!same_digest("Why?", "Why?", "seeds=3"));
    PL_CHECK(!same_digest("Why?", "Why?", "train.lr=0.5"));
    PL_CHECK(!same_digest("1.2x", "1.1x", NULL));
    /* the same cells with labels exchanged: claims would speak of the other one */
    PL_CHECK(!same_digest("[standard, {name: attnres_full, label: bare, ",
                          "[{name: standard, label: bare}, {name: attnres_full, label: standard, ",
                          NULL));
}

/* ---- what is recorded ---- */

struct scene {
    struct pl_temp temp;
    struct pl_store *store;
    struct pl_experiment experiment;
    struct pl_cells cells;
    struct pl_history history;
};

static void plan(struct scene *scene, const char *const *overrides, size_t count) {
    struct pl_registration registration;
    pl_cells_finish(&scene->cells);
    pl_experiment_finish(&scene->experiment);
    PL_REQUIRE_OK(pl_experiment_load_text(&scene->experiment, "s.yaml", study, strlen(study),
                                          overrides, count));
    PL_REQUIRE_OK(pl_experiment_expand(&scene->cells, &scene->experiment));
    pl_registration_make(&registration, &scene->experiment, &scene->cells);
    PL_REQUIRE_OK(pl_store_note_plan(scene->store, &registration, &scene->cells));
    PL_REQUIRE_OK(pl_store_register(scene->store, &scene->cells, NULL, 0));
    pl_history_finish(&scene->history);
    strcpy(scene->history.digest, registration.digest);
    PL_REQUIRE_OK(pl_history_read(&scene->history, scene->store));
    pl_registration_finish(&registration);
}

static void scene_init(struct scene *scene) {
    *scene = (struct scene){0};
    pl_temp_init(&scene->temp);
    PL_REQUIRE_OK(pl_store_open(&scene->store, scene->temp.path, "s", PL_STORE_WRITE));
    plan(scene, NULL, 0);
}

static void scene_finish(struct scene *scene) {
    pl_history_finish(&scene->history);
    pl_cells_finish(&scene->cells);
    pl_experiment_finish(&scene->experiment);
    pl_store_close(scene->store);
    pl_temp_finish(&scene->temp);
}

static void finish_cell(struct scene *scene, size_t cell) {
    struct pl_result result = {.outcome = PL_DONE, .message = "", .provenance = ""};
    PL_REQUIRE_OK(pl_store_put(scene->store, scene->cells.items[cell].id, "stamp", &result));
}

static void check_change(const struct scene *scene, size_t index, const char *expected) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    PL_CHECK(pl_history_is_change(&scene->history, index));
    pl_history_change_text(&scene->history, index, &text);
    PL_CHECK_TEXT(text.text, expected);
    pl_strbuf_finish(&text);
}

static void test_history__is_recorded_once(void) {
    struct scene scene;
    scene_init(&scene);
    plan(&scene, NULL, 0);
    finish_cell(&scene, 0);
    plan(&scene, NULL, 0);
    PL_CHECK_INT((long long)scene.history.count, 1);
    PL_CHECK_INT((long long)scene.history.records[0].cells, 4);
    PL_CHECK_INT((long long)scene.history.records[0].added, 4);
    PL_CHECK_INT((long long)pl_history_finished_at_first(&scene.history), 0);
    PL_CHECK_INT((long long)pl_history_changes(&scene.history), 0);
    PL_CHECK(pl_history_is_recorded(&scene.history));
    scene_finish(&scene);
}

static void test_history__tells_changes_after_results(void) {
    struct scene scene;
    static const char *const more[] = {"seeds=2,3,4"}, *const metric[] = {"metric=train_loss"};
    scene_init(&scene);
    plan(&scene, more, 1); /* nothing has finished: no harm */
    PL_CHECK_INT((long long)pl_history_changes(&scene.history), 0);
    plan(&scene, NULL, 0);
    finish_cell(&scene, 0);
    finish_cell(&scene, 1);
    plan(&scene, more, 1);
    PL_CHECK_INT((long long)pl_history_changes(&scene.history), 1);
    check_change(&scene, 3, "4 cells added, 2 cells removed");
    plan(&scene, metric, 1);
    check_change(&scene, 4,
                 "2 cells added, 4 cells removed; no longer metric \"test_loss\"; now metric "
                 "\"train_loss\"");
    PL_CHECK_INT((long long)scene.history.records[4].finished, 2);
    PL_CHECK_INT((long long)pl_history_finished_at_first(&scene.history), 0);
    scene_finish(&scene);
}

static void test_history__knows_a_plan_that_was_not_recorded(void) {
    struct scene scene;
    scene_init(&scene);
    strcpy(scene.history.digest, "another");
    PL_CHECK(!pl_history_is_recorded(&scene.history));
    pl_history_finish(&scene.history); /* as from a database alone */
    PL_REQUIRE_OK(pl_history_read(&scene.history, scene.store));
    PL_CHECK(pl_history_is_recorded(&scene.history));
    pl_history_finish(&scene.history);
    PL_CHECK(!pl_history_is_recorded(&scene.history));
    scene_finish(&scene);
}

const struct pl_test pl_suite_history[] = {
    {"states_what_is_judged", test_history__states_what_is_judged},
    {"digest_is_of_what_matters", test_history__digest_is_of_what_matters},
    {"is_recorded_once", test_history__is_recorded_once},
    {"tells_changes_after_results", test_history__tells_changes_after_results},
    {"knows_a_plan_that_was_not_recorded", test_history__knows_a_plan_that_was_not_recorded},
    {0}};
