#include "experiments/run/ledger.h"
#include "tests/support/support.h"

static const char study[] = "study: ledger\n"
                            "question: Does it read back?\n"
                            "model: {width: 4, depth: 2}\n"
                            "task: {name: linear_mix, dim: 4, samples: 8}\n"
                            "variants: [standard, rescaled]\n"
                            "baseline: rescaled\n"
                            "sweep: {train.lr: [0.1, 0.01], model.depth: [2, 3]}\n"
                            "select: {over: train.lr, by: valid_loss}\n"
                            "metric: train_loss\n"
                            "limits: {hours: 1.25}\n"
                            "seeds: 2\n";

static const char plain[] = "study: ledger\n"
                            "model: {width: 4, depth: 2}\n"
                            "task: {name: linear_mix, dim: 4, samples: 8}\n"
                            "variants: [standard, rescaled]\n"
                            "seeds: 2\n";

struct scene {
    struct pl_temp temp;
    char path[300];
};

static void scene_init(struct scene *scene, const char *text) {
    pl_temp_init(&scene->temp);
    snprintf(scene->path, sizeof scene->path, "%s/ledger.yaml", scene->temp.path);
    FILE *file = fopen(scene->path, "w");
    PL_REQUIRE(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void check_same_text(const char *a, const char *b) {
    PL_CHECK_TEXT(a ? a : "(null)", b ? b : "(null)");
}

/* What a store says of a study is what the study said. */
static void check_reads_back(const char *text) {
    static const char *const overrides[] = {"train.steps=7"};
    struct scene scene;
    struct pl_ledger made, read;
    struct pl_store *store;
    scene_init(&scene, text);
    PL_REQUIRE_OK(pl_ledger_plan(&made, scene.path, overrides, 1));
    PL_REQUIRE_OK(pl_store_open(&store, scene.temp.path, "ledger", PL_STORE_WRITE));
    PL_CHECK_FAILS(pl_ledger_plan_from(&read, store), PL_ESTORE, "holds no study yet");
    PL_REQUIRE_OK(pl_ledger_register(&made, store));
    PL_REQUIRE_OK(pl_ledger_plan_from(&read, store));
    const struct pl_experiment *a = &made.experiment, *b = &read.experiment;
    check_same_text(b->name, a->name);
    check_same_text(b->question, a->question);
    check_same_text(b->path, a->path);
    check_same_text(b->source, a->source);
    check_same_text(b->commanded, "train.steps=7");
    check_same_text(b->baseline, a->baseline);
    check_same_text(b->metric, a->metric);
    check_same_text(b->budget, a->budget);
    check_same_text(b->select.over, a->select.over);
    if (a->select.over) check_same_text(b->select.by, a->select.by);
    PL_CHECK(b->hours == a->hours && b->match_params == a->match_params);
    PL_CHECK(read.from_store && !made.from_store);
    PL_REQUIRE(b->entry_count == 2 && b->seed_count == 2 && b->axis_count == a->axis_count);
    for (size_t k = 0; k < a->axis_count; k++) {
        PL_CHECK_TEXT(b->axes[k].key, a->axes[k].key);
        PL_CHECK_INT((long long)b->axes[k].count, (long long)a->axes[k].count);
    }
    PL_REQUIRE(read.cells.count == made.cells.count);
    for (size_t k = 0; k < made.cells.count; k++)
        PL_CHECK_TEXT(read.cells.items[k].settings, made.cells.items[k].settings);
    PL_REQUIRE_OK(pl_ledger_read(&read, store, PL_LEDGER_PRESENT));
    PL_CHECK_TEXT(read.history.digest, made.history.digest);
    pl_ledger_finish(&read);
    pl_ledger_finish(&made);
    pl_store_close(store);
    pl_temp_finish(&scene.temp);
}

static void test_ledger__a_study_reads_back_from_its_store(void) {
    check_reads_back(study);
}

static void test_ledger__what_a_study_lacks_is_lacking_there(void) {
    check_reads_back(plain);
}

static void test_ledger__loads_a_study_or_a_database(void) {
    struct scene scene;
    struct pl_ledger ledger;
    struct pl_store *store;
    char database[400];
    scene_init(&scene, study);
    struct pl_ledger_source source = {.path = scene.path, .results = scene.temp.path};
    PL_REQUIRE_OK(pl_ledger_load(&ledger, &source, PL_LEDGER_NEWEST, false));
    PL_CHECK(ledger.store == NULL && ledger.cells.count == 16);
    PL_REQUIRE_OK(pl_store_open(&store, scene.temp.path, "ledger", PL_STORE_WRITE));
    PL_REQUIRE_OK(pl_ledger_register(&ledger, store));
    struct pl_result result = {.outcome = PL_DONE, .seconds = 3};
    pl_result_add(&result, "train_loss", 5, 0.25);
    char stamp[PL_HASH_TEXT];
    pl_ledger_stamp(&ledger.cells.items[2], stamp);
    PL_REQUIRE_OK(pl_store_put(store, ledger.cells.items[2].id, stamp, &result));
    double seconds;
    PL_REQUIRE_OK(pl_store_typical_seconds(store, &seconds));
    PL_CHECK(seconds == 3);
    pl_result_finish(&result);
    pl_store_close(store);
    pl_ledger_finish(&ledger);

    PL_REQUIRE_OK(pl_ledger_load(&ledger, &source, PL_LEDGER_PRESENT, true));
    snprintf(database, sizeof database, "%s", ledger.store);
    PL_CHECK(!ledger.from_store);
    PL_CHECK(pl_result_final(&ledger.results[2], "train_loss") == 0.25);
    PL_CHECK_INT(ledger.results[3].outcome, PL_PENDING);
    pl_ledger_finish(&ledger);
    source = (struct pl_ledger_source){.path = database};
    PL_REQUIRE_OK(pl_ledger_load(&ledger, &source, PL_LEDGER_PRESENT, false));
    PL_CHECK(ledger.from_store && pl_path_is_database(database));
    PL_CHECK(pl_result_final(&ledger.results[2], "train_loss") == 0.25);
    pl_ledger_finish(&ledger);

    source.path = "/no/such/study.yaml";
    PL_CHECK_FAILS(pl_ledger_load(&ledger, &source, PL_LEDGER_PRESENT, false), PL_ECONFIG,
                   "study.yaml cannot be read");
    pl_ledger_finish(&ledger); /* it is empty */
    pl_temp_finish(&scene.temp);
}

const struct pl_test pl_suite_ledger[] = {
    {"a_study_reads_back_from_its_store", test_ledger__a_study_reads_back_from_its_store},
    {"what_a_study_lacks_is_lacking_there", test_ledger__what_a_study_lacks_is_lacking_there},
    {"loads_a_study_or_a_database", test_ledger__loads_a_study_or_a_database},
    {0},
};
