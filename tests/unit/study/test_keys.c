/* The table of keys, held to what reads a study: each example of a row is part of a study that loads, no
 * key is missing, and configs/README.md names each. */
#include <string.h>

#include "core/base/strbuf.h"
#include "experiments/study/claims.h"
#include "experiments/study/experiment.h"
#include "experiments/study/keys.h"
#include "tests/support/support.h"

static const char *const lines[] = {
    "study: keys",
    "task: {name: linear_mix, dim: 8}",
    "model: {width: 8}",
    "train: {steps: 1}",
    "variants: [standard, {name: attnres_block, label: blocks}, {name: attnres_full, label: full}]",
    "sweep: {task.structure: [0, 0.5, 1], train.lr: [1e-3, 3e-3], model.depth: [2, 3]}",
    "seeds: 2",
};
enum { LINES = sizeof lines / sizeof lines[0] };

/* The study of [lines], but for the key of [other], which stands in its place (NULL: none). */
static enum pl_status load_with(const char *other, const char *without) {
    struct pl_experiment experiment;
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    for (int k = 0; k < LINES; k++) {
        size_t key = strcspn(lines[k], ":") + 1;
        if (other && strncmp(lines[k], other, key) == 0) continue;
        if (without && strncmp(lines[k], without, key - 1) == 0) continue;
        pl_strbuf_addf(&text, "%s\n", lines[k]);
    }
    if (other) pl_strbuf_addf(&text, "%s\n", other);
    if (other && strstr(other, "holds:")) /* of readings, so there must be some */
        pl_strbuf_add(&text, "design: {sample: 2, keep: [task.structure]}\n");
    enum pl_status status =
        pl_experiment_load_text(&experiment, "keys.yaml", text.text, text.length, NULL, 0);
    if (status == PL_OK) {
        pl_experiment_finish(&experiment);
    } else if (!without) {
        printf("%s\n%s\n", other ? other : "the study", pl_message());
    }
    pl_strbuf_finish(&text);
    return status;
}

static void test_keys__each_example_is_part_of_a_study(void) {
    PL_CHECK(load_with(NULL, NULL) == PL_OK);
    for (const struct pl_study_key *key = pl_study_keys; key->name; key++) {
        size_t top = strcspn(key->name, ".");
        PL_CHECK(strncmp(key->example, key->name, top) == 0 && key->example[top] == ':');
        if (key->name[top]) /* and the example has the key within the key */
            PL_CHECK(strstr(key->example, key->name + top + 1) != NULL);
        PL_CHECK(load_with(key->example, NULL) == PL_OK);
    }
}

static void test_keys__required_are_those_that_are_missed(void) {
    for (const struct pl_study_key *key = pl_study_keys; key->name; key++) {
        char missed[64];
        if (!pl_study_key_is_top(key)) continue;
        enum pl_status status = load_with(NULL, key->name);
        PL_CHECK((status != PL_OK) == (key->dflt == NULL));
        snprintf(missed, sizeof missed, "the study has no \"%s\"; add %s:", key->name, key->name);
        if (status != PL_OK) PL_CHECK(strstr(pl_message(), missed) != NULL);
    }
}

/* Those of a study: the complaint about an unknown one lists all. */
static void test_keys__every_key_has_a_row(void) {
    PL_REQUIRE(load_with("stduy: x", "none") == PL_ECONFIG);
    const char *at = strstr(pl_message(), "It has ");
    PL_REQUIRE(at != NULL);
    size_t listed = 0, rows = 0;
    for (at += strlen("It has "); *at;) {
        char name[64];
        size_t length = strcspn(at, ", ");
        snprintf(name, sizeof name, "%.*s", (int)length, at);
        at += length + strspn(at + length, ", ");
        if (strcmp(name, "and") == 0) continue;
        PL_CHECK(pl_study_key_find(name) != NULL);
        listed++;
    }
    for (const struct pl_study_key *key = pl_study_keys; key->name; key++)
        rows += pl_study_key_is_top(key);
    PL_CHECK(listed == rows);
    for (int kind = PL_CLAIM_BETTER; kind <= PL_CLAIM_SHARE; kind++) {
        char name[64];
        snprintf(name, sizeof name, "claims.%s", pl_claim_kind_name((enum pl_claim_kind)kind));
        PL_CHECK(pl_study_key_find(name) != NULL);
    }
}

static void test_keys__the_manual_names_each(void) {
    static char manual[1 << 17];
    FILE *file = fopen(PL_SOURCE_DIR "/configs/README.md", "rb");
    PL_REQUIRE(file != NULL);
    manual[fread(manual, 1, sizeof manual - 1, file)] = '\0';
    fclose(file);
    for (const struct pl_study_key *key = pl_study_keys; key->name; key++) {
        char cell[64];
        const char *dot = strchr(key->name, '.');
        snprintf(cell, sizeof cell, "%s", dot ? dot + 1 : key->name);
        PL_CHECK(strstr(manual, cell) != NULL);
    }
}

const struct pl_test pl_suite_keys[] = {
    {"each_example_is_part_of_a_study", test_keys__each_example_is_part_of_a_study},
    {"required_are_those_that_are_missed", test_keys__required_are_those_that_are_missed},
    {"every_key_has_a_row", test_keys__every_key_has_a_row},
    {"the_manual_names_each", test_keys__the_manual_names_each},
    {0}};
