#include <sys/stat.h>
#include <unistd.h>

#include "experiments/run/checkpoint.h"
#include "tests/support/support.h"

static const char stamp[] = "0123456789abcdef0123456789abcdef",
                  other[] = "ffffffffffffffffffffffffffffffff";
static const char bytes[] = "state\0with\nall \xff kinds of bytes";

struct scene {
    struct pl_temp temp;
    char folder[300];
    struct pl_checkpoint checkpoint;
    struct pl_result result;
};

static void scene_init(struct scene *scene) {
    *scene = (struct scene){0};
    pl_temp_init(&scene->temp);
    snprintf(scene->folder, sizeof scene->folder, "%s/checkpoints", scene->temp.path);
    pl_checkpoint_init(&scene->checkpoint, scene->folder, "seed = 1\n", stamp);
    pl_result_diagnose(&scene->result,
                       &(struct pl_diagnostic){"h_rms", 10, 2, PL_NO_INDEX, 1.0 / 3});
    pl_result_diagnose(&scene->result, &(struct pl_diagnostic){"mixing", 10, 2, 1, NAN});
}

static void save(struct scene *scene) {
    pl_checkpoint_save(&scene->checkpoint, 1.5, &scene->result, bytes, sizeof bytes);
}

static void scene_finish(struct scene *scene) {
    pl_result_finish(&scene->result);
    pl_checkpoint_finish(&scene->checkpoint);
    pl_temp_finish(&scene->temp);
}

static enum pl_checkpoint_state look(const struct scene *scene, const char *text,
                                     const char *numerics) {
    struct pl_checkpoint checkpoint;
    pl_checkpoint_init(&checkpoint, scene->folder, text, numerics);
    enum pl_checkpoint_state state = pl_checkpoint_load(&checkpoint, NULL, NULL);
    pl_checkpoint_finish(&checkpoint);
    return state;
}

static void test_checkpoint__gives_back_what_was_saved(void) {
    struct scene scene;
    struct pl_result result = {0};
    struct pl_strbuf state;
    scene_init(&scene);
    PL_CHECK_INT(look(&scene, "seed = 1\n", stamp), PL_CHECKPOINT_NONE);
    save(&scene);
    save(&scene); /* over itself */
    pl_strbuf_init(&state);
    PL_CHECK_INT(pl_checkpoint_load(&scene.checkpoint, &state, &result), PL_CHECKPOINT_FOUND);
    PL_CHECK(state.length == sizeof bytes && memcmp(state.text, bytes, sizeof bytes) == 0);
    PL_CHECK(scene.checkpoint.before == 1.5);
    PL_REQUIRE(result.diagnostic_count == 2);
    PL_CHECK_TEXT(result.diagnostics[0].name, "h_rms");
    PL_CHECK(result.diagnostics[0].value == 1.0 / 3);
    PL_CHECK_INT(result.diagnostics[0].source, PL_NO_INDEX);
    PL_CHECK(isnan(result.diagnostics[1].value));
    PL_CHECK_INT(look(&scene, "seed = 2\n", stamp), PL_CHECKPOINT_NONE); /* another cell */
    PL_CHECK_INT(look(&scene, "seed = 1\n", other), PL_CHECKPOINT_OTHER);
    save(&scene); /* what was before is counted in */
    PL_CHECK_INT(pl_checkpoint_load(&scene.checkpoint, NULL, NULL), PL_CHECKPOINT_FOUND);
    PL_CHECK(scene.checkpoint.before == 3);
    pl_checkpoint_drop(&scene.checkpoint);
    PL_CHECK_INT(look(&scene, "seed = 1\n", stamp), PL_CHECKPOINT_NONE);
    PL_CHECK_INT(rmdir(scene.folder), 0); /* nothing is left behind */
    pl_strbuf_finish(&state);
    pl_result_finish(&result);
    scene_finish(&scene);
}

static void write_bytes(const char *path, const char *data, size_t count) {
    FILE *file = fopen(path, "wb");
    PL_REQUIRE(file != NULL);
    fwrite(data, 1, count, file);
    fclose(file);
}

/* Cut short anywhere, or with any one byte changed, it is not used. */
static void test_checkpoint__passes_over_what_is_damaged(void) {
    struct scene scene;
    char data[4096], changed[4096];
    scene_init(&scene);
    save(&scene);
    FILE *file = fopen(scene.checkpoint.path, "rb");
    PL_REQUIRE(file != NULL);
    size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    PL_REQUIRE(size > 100 && size < sizeof data);
    for (size_t k = 0; k < size; k++) {
        write_bytes(scene.checkpoint.path, data, k);
        PL_CHECK_INT(look(&scene, "seed = 1\n", stamp), PL_CHECKPOINT_OTHER);
        memcpy(changed, data, size);
        changed[k] ^= 1;
        write_bytes(scene.checkpoint.path, changed, size);
        PL_CHECK_INT(look(&scene, "seed = 1\n", stamp), PL_CHECKPOINT_OTHER);
    }
    write_bytes(scene.checkpoint.path, data, size);
    PL_CHECK_INT(look(&scene, "seed = 1\n", stamp), PL_CHECKPOINT_FOUND);
    scene_finish(&scene);
}

/* A folder that cannot be made, or no place at all: no failure, nothing found. */
static void test_checkpoint__may_have_no_place(void) {
    struct scene scene;
    struct pl_checkpoint nowhere;
    scene_init(&scene);
    write_bytes(scene.folder, "a file", 6);
    save(&scene);
    PL_CHECK_INT(pl_checkpoint_load(&scene.checkpoint, NULL, NULL), PL_CHECKPOINT_NONE);
    pl_checkpoint_init(&nowhere, NULL, "seed = 1\n", stamp);
    pl_checkpoint_save(&nowhere, 1, &scene.result, bytes, sizeof bytes);
    PL_CHECK_INT(pl_checkpoint_load(&nowhere, NULL, NULL), PL_CHECKPOINT_NONE);
    pl_checkpoint_drop(&nowhere);
    pl_checkpoint_finish(&nowhere);
    scene_finish(&scene);
}

const struct pl_test pl_suite_checkpoint[] = {
    {"gives_back_what_was_saved", test_checkpoint__gives_back_what_was_saved},
    {"passes_over_what_is_damaged", test_checkpoint__passes_over_what_is_damaged},
    {"may_have_no_place", test_checkpoint__may_have_no_place},
    {0}};
