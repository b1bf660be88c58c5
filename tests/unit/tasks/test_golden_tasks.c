/* The bytes that every task makes, held by tests/golden/tasks.txt. */
#include <stdlib.h>

#include "tests/unit/tasks/make.h"

#define LINE_BYTES 400

/* "name version seed digest options...": makes the data and compares; a line that differs is printed
 * as it should be. */
static void check_line(char *line) {
    char *rest = line, found[PL_HASH_TEXT];
    const char *name = strtok_r(rest, " ", &rest);
    long version = strtol(strtok_r(rest, " ", &rest), NULL, 10);
    uint64_t seed = strtoull(strtok_r(rest, " ", &rest), NULL, 10);
    const char *digest = strtok_r(rest, " ", &rest);
    struct made made;
    make(&made, name, rest, seed);
    pl_dataset_digest(&made.data, found);
    bool same = strcmp(found, digest) == 0 && made.task->version == version;
    if (!same)
        printf("%s %d %llu %s %s\n", name, made.task->version, (unsigned long long)seed, found,
               rest);
    PL_CHECK(same);
    make_finish(&made);
}

static void test_golden_tasks__bytes_are_those_recorded(void) {
    char line[LINE_BYTES];
    int lines = 0;
    FILE *file = fopen(PL_SOURCE_DIR "/tests/golden/tasks.txt", "r");
    PL_REQUIRE(file != NULL);
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#' || line[0] == '\0') continue;
        check_line(line);
        lines++;
    }
    fclose(file);
    PL_CHECK(lines >= 12);
}

static bool has_line(const char *name) {
    char line[LINE_BYTES];
    bool found = false;
    size_t length = strlen(name);
    FILE *file = fopen(PL_SOURCE_DIR "/tests/golden/tasks.txt", "r");
    PL_REQUIRE(file != NULL);
    while (fgets(line, sizeof line, file))
        found |= strncmp(line, name, length) == 0 && line[length] == ' ';
    fclose(file);
    return found;
}

/* A task without a line is told one: its defaults at seed 1. */
static void test_golden_tasks__every_task_is_recorded(void) {
    for (size_t k = 0; pl_task_at(k); k++) {
        const char *name = pl_task_at(k)->name;
        bool found = has_line(name);
        if (!found) printf("tests/golden/tasks.txt lacks a line like: %s 1 1 0\n", name);
        PL_CHECK(found);
    }
}

const struct pl_test pl_suite_golden_tasks[] = {
    {"bytes_are_those_recorded", test_golden_tasks__bytes_are_those_recorded},
    {"every_task_is_recorded", test_golden_tasks__every_task_is_recorded},
    {0},
};
