/* list, show and selftest as a person or a program meets them: through the built program. */
#include <stdlib.h>
#include <sys/wait.h>

#include "core/base/json.h"
#include "core/base/strbuf.h"
#include "core/model/residual.h"
#include "experiments/study/options.h"
#include "tasks/task.h"
#include "tests/support/support.h"

/* What the program said on stdout and stderr, and its exit status. */
struct said {
    struct pl_strbuf text;
    int status;
};

static struct said say(const char *format, const char *what) {
    struct said said = {.status = -1};
    char command[1024], arguments[512], part[4096];
    size_t count;
    pl_strbuf_init(&said.text);
    snprintf(arguments, sizeof arguments, format, what);
    snprintf(command, sizeof command, "cd '%s' && '%s' %s 2>&1", PL_SOURCE_DIR, PL_PROGRAM,
             arguments);
    FILE *pipe = popen(command, "r");
    PL_REQUIRE(pipe != NULL);
    while ((count = fread(part, 1, sizeof part, pipe)) > 0)
        pl_strbuf_add_bytes(&said.text, part, count);
    int ended = pclose(pipe);
    if (WIFEXITED(ended)) said.status = WEXITSTATUS(ended);
    return said;
}

static void expect(const char *format, const char *what, int status, const char *part) {
    struct said said = say(format, what);
    PL_CHECK_INT(said.status, status);
    PL_CHECK(strstr(said.text.text, part) != NULL);
    if (said.status != status || !strstr(said.text.text, part))
        printf("  %s %s: no \"%s\" in\n%s\n", format, what, part, said.text.text);
    pl_strbuf_finish(&said.text);
}

static struct pl_json *expect_json(const char *format, const char *what) {
    struct said said = say(format, what);
    struct pl_json *json = NULL;
    PL_CHECK_INT(said.status, 0);
    PL_REQUIRE_OK(pl_json_parse(&json, said.text.text, said.text.length));
    pl_strbuf_finish(&said.text);
    return json;
}

static const char *const lists[] = {"tasks",     "variants", "models", "optimizers",
                                    "schedules", "backends", "stamps", "options"};
enum { LISTS = sizeof lists / sizeof lists[0] };

static void test_inspect__lists_fit_a_hundred_columns(void) {
    for (int k = 0; k < LISTS; k++) {
        struct said said = say("list %s", lists[k]);
        PL_CHECK_INT(said.status, 0);
        PL_CHECK(said.text.length > 0);
        for (const char *line = said.text.text; *line; line += strcspn(line, "\n") + 1) {
            PL_CHECK(strcspn(line, "\n") <= 100);
            PL_CHECK(line[0] == '\n' || line[strcspn(line, "\n") - 1] != ' ');
        }
        pl_strbuf_finish(&said.text);
    }
}

static size_t option_count(void) {
    struct pl_option_section section;
    size_t total = 0;
    for (size_t s = 0; pl_option_section_at(s, &section); s++) total += section.options->count;
    return total;
}

/* attnres_full owns a query and a gain at each of its sites 2 .. L + 1 (docs/variants.md 7). */
static void check_parameters(const struct pl_json *variants) {
    for (size_t k = 0; k < pl_json_count(variants); k++) {
        const struct pl_json *object = pl_json_at(variants, k);
        const struct pl_json *list = pl_json_get(object, "parameters"),
                             *first = pl_json_at(list, 0);
        if (strcmp(pl_json_as_text(pl_json_get(object, "name"), ""), "attnres_full") != 0) continue;
        PL_CHECK_INT((long)pl_json_count(list), 20);
        PL_CHECK_TEXT(pl_json_as_text(pl_json_get(first, "name"), ""), "residual.query.2");
        PL_CHECK_TEXT(pl_json_as_text(pl_json_get(first, "init"), ""), "0");
        PL_CHECK_TEXT(pl_json_as_text(pl_json_get(first, "stream"), ""), "init/residual.query.2");
        PL_CHECK_INT(pl_json_as_int(pl_json_at(pl_json_get(first, "shape"), 0), 0), 32);
    }
}

static void test_inspect__lists_say_the_same_as_the_tables(void) {
    struct pl_json *variants = expect_json("list %s --json", "variants");
    struct pl_json *tasks = expect_json("list %s --json", "tasks");
    struct pl_json *options = expect_json("list %s --json", "options");
    size_t count = 0;
    for (; pl_residuals[count]; count++) {
        const struct pl_json *object = pl_json_at(variants, count);
        const struct pl_residual *variant = pl_residuals[count];
        PL_CHECK_TEXT(pl_json_as_text(pl_json_get(object, "name"), ""), variant->name);
        PL_CHECK_TEXT(pl_json_as_text(pl_json_get(object, "formula"), ""), variant->formula);
        PL_CHECK_INT((long)pl_json_count(pl_json_get(object, "options")),
                     (long)variant->options.count);
    }
    check_parameters(variants);
    PL_CHECK_INT((long)pl_json_count(variants), (long)count);
    for (count = 0; pl_task_at(count); count++)
        PL_CHECK_TEXT(pl_json_as_text(pl_json_get(pl_json_at(tasks, count), "name"), ""),
                      pl_task_at(count)->name);
    PL_CHECK_INT((long)pl_json_count(options), (long)option_count());
    pl_json_destroy(variants);
    pl_json_destroy(tasks);
    pl_json_destroy(options);
}

/* A notion, by words of its help, and the one name that it has wherever a variant offers it. */
static const struct {
    const char *name, *words[7];
} notions[] = {
    {"streams", {"copies of the state", "parts; must divide", "streams: the embedding"}},
    {"heads", {"channel groups with weights of their own"}},
    {"block_size", {"layers of a block"}},
    {"window", {"the last W sources"}},
    {"rank", {"rank of the map", "channels of a key"}},
    {"dynamic", {"coefficients move with"}},
    {"score", {"how scores become weights"}},
    {"temperature", {"divides the scores"}},
    {"readout", {"the readout:", "the last aggregate:"}},
    {"start",
     {"initial alpha", "initial gain", "initial lambda", "initial gate;",
      "identity:", "how each W starts"}},
};
enum { NOTIONS = sizeof notions / sizeof notions[0], WORDS = 7 };

static void check_option_name(const char *variant, const char *name, const char *help) {
    PL_CHECK(strlen(name) > 1);
    for (int n = 0; n < NOTIONS; n++) {
        bool meant = false, named = strcmp(notions[n].name, name) == 0;
        for (int w = 0; w < WORDS && notions[n].words[w]; w++)
            meant |= strstr(help, notions[n].words[w]) != NULL;
        if (meant != named) printf("  %s.%s: %s\n", variant, name, help);
        PL_CHECK(meant == named);
    }
}

static void test_inspect__a_notion_has_one_name(void) {
    struct pl_json *variants = expect_json("list %s --json", "variants");
    size_t checked = 0;
    for (size_t v = 0; v < pl_json_count(variants); v++) {
        const struct pl_json *object = pl_json_at(variants, v),
                             *options = pl_json_get(object, "options");
        for (size_t k = 0; k < pl_json_count(options); k++, checked++) {
            const struct pl_json *option = pl_json_at(options, k);
            const char *name = pl_json_as_text(pl_json_get(option, "name"), "");
            PL_REQUIRE(strncmp(name, "variant.", 8) == 0);
            check_option_name(pl_json_as_text(pl_json_get(object, "name"), ""), name + 8,
                              pl_json_as_text(pl_json_get(option, "help"), ""));
        }
    }
    PL_CHECK(checked > 100);
    pl_json_destroy(variants);
}

/* The two families called AttnRes: each variant's own, null where there is no attention over depth. */
static void test_inspect__families_are_told_apart(void) {
    struct pl_json *variants = expect_json("list %s --json", "variants");
    for (size_t v = 0; v < pl_json_count(variants); v++) {
        const struct pl_json *object = pl_json_at(variants, v),
                             *sources = pl_json_get(object, "sources");
        PL_REQUIRE(sources != NULL);
        if (pl_residuals[v]->sources)
            PL_CHECK_TEXT(pl_json_as_text(sources, ""), pl_residuals[v]->sources);
        else
            PL_CHECK(pl_json_is_null(sources));
    }
    pl_json_destroy(variants);
    expect("list %s", "variants", 0, "cross-layer   outputs");
    expect("show variant attnres_full %s", "variant.sources=states", 0, "sources   states:");
}

static void test_inspect__every_list_is_json_too(void) {
    for (int k = 0; k < LISTS; k++) {
        struct pl_json *json = expect_json("list %s --json", lists[k]);
        PL_CHECK(pl_json_count(json) > 0);
        pl_json_destroy(json);
    }
}

static void test_inspect__every_variant_and_task_is_shown(void) {
    for (int k = 0; pl_residuals[k]; k++)
        expect("show variant %s", pl_residuals[k]->name, 0, "Connection FLOPs");
    for (size_t k = 0; pl_task_at(k); k++)
        expect("show task %s", pl_task_at(k)->name, 0, "Known test losses");
    expect("show variant attnres_full %s", "model.depth=3", 0, "192 trained");
    expect("show variant %s model.kind=mlp", "dca", 2, "no attention over tokens");
    expect("show variant attnres_full %s", "", 0, "residual.query.l, l = 2..11");
    expect("show option %s", "task.dim", 0, "linear_mix");
}

static void test_inspect__graphs_and_plans_are_shown(void) {
    expect("show stamp configs/smoke.yaml %s", "seeds=1", 0, "\n");
    expect("show plan configs/smoke.yaml %s", "", 0, "tile    ");
    expect("show plan configs/smoke.yaml %s", "task.samples=1000 train.batch=full", 0,
           "tile    144 tokens");
    expect("show plan configs/smoke.yaml %s",
           "task.samples=1000 train.batch=full model.width=64 model.hidden=256", 0,
           "tile    64 tokens");
    expect("show graph configs/smoke.yaml %s", "", 0, "adam_step");
    expect("show graph configs/smoke.yaml %s --dot", "train.optimizer=sgd", 0, "digraph");
}

static void test_inspect__mistakes_are_a_sentence(void) {
    expect("list %s", "variant", 2, "did you mean \"variants\"?");
    expect("list %s", "", 2, "is given nothing");
    expect("list %s tasks", "tasks", 2, "one list at a time");
    expect("show %s", "varient", 2, "did you mean \"variant\"?");
    expect("show variant %s", "attnres_ful", 2, "did you mean \"attnres_full\"?");
    expect("show variant attnres_full %s", "width=8", 2, "model.* and variant.*");
    expect("show variant attnres_full %s", "model.widht=8", 2, "did you mean \"width\"?");
    expect("show task %s", "liner_mix", 2, "linear_mix");
    expect("show option %s", "structur", 2, "did you mean \"structure\"?");
    expect("show plan %s", "configs/none.yaml", 2, "configs/none.yaml");
    expect("selftest %s", "tusk", 2, "knows task, variant and backend");
    expect("selftest task %s", "none", 2, "there is no task");
    expect("list tasks %s", "--jsn", 2, "did you mean \"--json\"?");
}

/* `list options PATTERN` is those rows of the whole list that hold it, in their order. */
static void test_inspect__options_are_found_by_a_part(void) {
    static const char *const patterns[] = {"block_size", "LAYERS OF A BLOCK", "variant.wind",
                                           "mhc"};
    for (int k = 0; k < 4; k++) {
        char part[64];
        snprintf(part, sizeof part, "'%s' --json", patterns[k]);
        struct pl_json *all = expect_json("list options --json%s", "");
        struct pl_json *found = expect_json("list options %s", part);
        size_t expected = 0, at = 0;
        for (size_t r = 0; r < pl_json_count(all); r++) {
            const struct pl_json *row = pl_json_at(all, r);
            const char *name = pl_json_as_text(pl_json_get(row, "name"), "");
            const char *help = pl_json_as_text(pl_json_get(row, "help"), "");
            const char *owner = pl_json_as_text(pl_json_get(row, "owner"), "");
            bool meant = k == 1 ? strstr(help, "layers of a block") != NULL
                                : strstr(name, patterns[k]) || strstr(help, patterns[k]) ||
                                      strcmp(owner, patterns[k]) == 0;
            if (!meant) continue;
            expected++;
            const struct pl_json *match = pl_json_at(found, at++);
            PL_CHECK_TEXT(pl_json_as_text(pl_json_get(match, "name"), "?"), name);
            PL_CHECK_TEXT(pl_json_as_text(pl_json_get(match, "owner"), "?"), owner);
        }
        PL_CHECK(expected > 0);
        PL_CHECK_INT((long)pl_json_count(found), (long)expected);
        pl_json_destroy(all);
        pl_json_destroy(found);
    }
    expect("list options %s", "block_size", 0, "variant.block_size  mhar ");
    expect("list options %s", "blok_size", 2, "did you mean \"block_size\"?");
    expect("list options %s", "train.steeps", 2, "did you mean \"train.steps\"?");
    expect("list options %s", "zzzz", 2, "no option has \"zzzz\" in its name or help");
    expect("list tasks %s", "mix", 2, "found \"mix\" after tasks (only options take a pattern)");
    expect("list options %s", "a b", 2, "list shows one list at a time; found \"b\" after a");
}

static void test_inspect__help_has_examples(void) {
    static const char *const commands[] = {"list", "show", "selftest"};
    for (int k = 0; k < 3; k++) expect("%s --help", commands[k], 0, "\nExamples\n");
}

static void test_inspect__selftest_counts(void) {
    expect("selftest task %s", "null", 0, "8 groups");
    expect("selftest task %s", "linear_mix", 0, ", 0 failed");
}

/* A cell is found by the beginning of its identity, in whichever study it lies. */
static void test_inspect__cells_are_found_and_shown(void) {
    struct pl_temp temp;
    pl_temp_init(&temp);
    expect("run configs/smoke.yaml seeds=1 task.structure=1 train.optimizer=sgd --results %s",
           temp.path, 0, "standard");
    struct pl_json *report = expect_json(
        "report configs/smoke.yaml seeds=1 task.structure=1 train.optimizer=sgd --format json "
        "--results %s 2>/dev/null",
        temp.path);
    const struct pl_json *first = pl_json_at(pl_json_get(report, "cells"), 0);
    const char *id = pl_json_as_text(pl_json_get(first, "id"), "?");
    char format[160];
    snprintf(format, sizeof format, "show cell %.20s --json --results %%s", id);
    struct pl_json *cell = expect_json(format, temp.path);
    PL_CHECK_TEXT(pl_json_as_text(pl_json_get(cell, "id"), ""), id);
    PL_CHECK_TEXT(pl_json_as_text(pl_json_get(cell, "status"), ""), "done");
    const struct pl_json *settings = pl_json_get(cell, "settings");
    PL_CHECK_TEXT(pl_json_as_text(pl_json_get(settings, "train.optimizer"), ""), "sgd");
    PL_CHECK(pl_json_count(pl_json_get(cell, "metrics")) > 4);
    snprintf(format, sizeof format, "show cell %.20s --results %%s", id);
    expect(format, temp.path, 0, "\nProvenance\n");
    expect("show cell zz --results %s", temp.path, 2, "no cell in");
    expect("show cell '' --results %s", temp.path, 2, "give more of its digits");
    pl_json_destroy(cell);
    pl_json_destroy(report);
    pl_temp_finish(&temp);
}

const struct pl_test pl_suite_inspect[] = {
    {"lists_fit_a_hundred_columns", test_inspect__lists_fit_a_hundred_columns},
    {"lists_say_the_same_as_the_tables", test_inspect__lists_say_the_same_as_the_tables},
    {"a_notion_has_one_name", test_inspect__a_notion_has_one_name},
    {"families_are_told_apart", test_inspect__families_are_told_apart},
    {"every_list_is_json_too", test_inspect__every_list_is_json_too},
    {"every_variant_and_task_is_shown", test_inspect__every_variant_and_task_is_shown},
    {"graphs_and_plans_are_shown", test_inspect__graphs_and_plans_are_shown},
    {"mistakes_are_a_sentence", test_inspect__mistakes_are_a_sentence},
    {"options_are_found_by_a_part", test_inspect__options_are_found_by_a_part},
    {"help_has_examples", test_inspect__help_has_examples},
    {"selftest_counts", test_inspect__selftest_counts},
    {"cells_are_found_and_shown", test_inspect__cells_are_found_and_shown},
    {0},
};
