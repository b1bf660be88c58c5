/* Corpus: the files of tests/data/configs that concern YAML alone. Each fail_yaml_*.yaml earns exactly
 * the sentence in the .msg beside it, and each pass_*.yaml is a tree. */
#include <dirent.h>
#include <stdlib.h>

#include "core/config/yaml.h"
#include "tests/support/support.h"

#define FOLDER PL_SOURCE_DIR "/tests/data/configs"

static bool fits(const char *name, const char *prefix) {
    size_t length = strlen(name);
    return strncmp(name, prefix, strlen(prefix)) == 0 && length > 5 &&
           strcmp(name + length - 5, ".yaml") == 0;
}

static size_t read_bytes(char *out, size_t most, const char *name) {
    char path[512];
    snprintf(path, sizeof path, FOLDER "/%s", name);
    FILE *file = fopen(path, "rb");
    PL_REQUIRE(file != NULL);
    size_t size = fread(out, 1, most, file);
    fclose(file);
    return size;
}

/* The sentence for x.yaml, from x.msg, without its newline. */
static void read_message(char out[1024], const char *name) {
    char path[300];
    snprintf(path, sizeof path, "%.*s.msg", (int)strlen(name) - 5, name);
    size_t size = read_bytes(out, 1023, path);
    out[size] = '\0';
    out[strcspn(out, "\n")] = '\0';
}

static void check_file(const char *name, bool passes) {
    static char bytes[1 << 16];
    char message[1024];
    struct pl_arena arena = {0};
    const struct pl_yaml *root = NULL;
    size_t size = read_bytes(bytes, sizeof bytes, name);
    enum pl_status status = pl_yaml_load_text(&root, &arena, name, bytes, size);
    if (passes) {
        PL_REQUIRE_OK(status);
        PL_CHECK_INT(root->kind, PL_YAML_MAP);
        PL_CHECK_TEXT(pl_yaml_get(root, "study")->text, "tiny");
    } else {
        read_message(message, name);
        PL_CHECK_INT(status, PL_ECONFIG);
        PL_CHECK_TEXT(pl_message(), message);
    }
    pl_arena_finish(&arena);
}

static int check_files(const char *prefix, bool passes) {
    const struct dirent *entry;
    DIR *folder = opendir(FOLDER);
    int count = 0;
    PL_REQUIRE(folder != NULL);
    while ((entry = readdir(folder))) {
        if (!fits(entry->d_name, prefix)) continue;
        check_file(entry->d_name, passes);
        count++;
    }
    closedir(folder);
    return count;
}

static void test_corpus__each_broken_file_earns_its_sentence(void) {
    PL_CHECK(check_files("fail_yaml_", false) >= 45);
}

static void test_corpus__each_good_file_is_a_tree(void) {
    PL_CHECK(check_files("pass_", true) >= 6);
}

/* Files in other styles say the same thing: the same tree as pass_plain.yaml, places aside. */
static bool same(const struct pl_yaml *a, const struct pl_yaml *b) {
    if (a->kind != b->kind || a->count != b->count) return false;
    if (a->kind == PL_YAML_SCALAR) return strcmp(a->text, b->text) == 0;
    for (size_t i = 0; i < a->count; i++) {
        if (a->kind == PL_YAML_MAP && !same(a->keys[i], b->keys[i])) return false;
        if (!same(a->values[i], b->values[i])) return false;
    }
    return true;
}

static void test_corpus__styles_do_not_change_the_tree(void) {
    static const char *const names[] = {"pass_crlf_mark.yaml", "pass_json.yaml",
                                        "pass_document_marks.yaml"};
    struct pl_arena arena = {0};
    const struct pl_yaml *plain = NULL, *other = NULL;
    char path[512];
    PL_REQUIRE_OK(pl_yaml_load_file(&plain, &arena, FOLDER "/pass_plain.yaml", NULL));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, FOLDER "/%s", names[i]);
        PL_REQUIRE_OK(pl_yaml_load_file(&other, &arena, path, NULL));
        PL_CHECK(same(plain, other));
    }
    pl_arena_finish(&arena);
}

const struct pl_test pl_suite_corpus[] = {
    {"each_broken_file_earns_its_sentence", test_corpus__each_broken_file_earns_its_sentence},
    {"each_good_file_is_a_tree", test_corpus__each_good_file_is_a_tree},
    {"styles_do_not_change_the_tree", test_corpus__styles_do_not_change_the_tree},
    {0},
};
