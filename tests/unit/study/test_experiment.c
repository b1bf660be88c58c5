/* Experiment: precedence, entries, seeds and axes of a study; the corpus of mistakes, each with its
 * exact sentence; and hostile studies, none of which may crash or be taken. */
#include <dirent.h>
#include <stdlib.h>

#include "core/base/rng.h"
#include "core/base/strbuf.h"
#include "core/config/option.h"
#include "experiments/study/expand.h"
#include "experiments/study/options.h"
#include "tests/support/support.h"

#define FOLDER  PL_SOURCE_DIR "/tests/data/configs"
#define STUDIES PL_SOURCE_DIR "/configs"

static const char study[] =
    "study: tiny\n"
    "question: Does it hold?\n"
    "model: {width: 8, hidden: 16, depth: 4, embed: none, head: none}\n"
    "task: {name: linear_mix, dim: 8, samples: 64}\n"
    "train: {lr: 1e-3, steps: 10, batch: full}\n"
    "variants:\n"
    "  - standard\n"
    "  - {name: attnres_block, label: blocks, block_size: 2}\n"
    "  - {name: attnres_full, label: bare, model.prenorm: false, train.lr: 2e-3}\n"
    "sweep: {task.structure: \"linspace(0,1,3)\", train.momentum: [0, 0.5]}\n"
    "seeds: 3\n"
    "baseline: blocks\n"
    "backend: ref\n"
    "limits: {cell_seconds: 5}\n"
    "claims:\n"
    "  - {better: bare, than: standard, at: {task.structure: 0.5}, by: 1.2x}\n";

/* Loads and expands a text with overrides, as a command does. */
static enum pl_status take(const char *text, size_t length, const char *const *overrides,
                           size_t count) {
    struct pl_experiment experiment;
    struct pl_cells cells;
    PL_TRY(pl_experiment_load_text(&experiment, "t.yaml", text, length, overrides, count));
    enum pl_status status = pl_experiment_expand(&cells, &experiment);
    if (status == PL_OK) pl_cells_finish(&cells);
    pl_experiment_finish(&experiment);
    return status;
}

static void load(struct pl_experiment *out, const char *text, const char *const *overrides,
                 size_t count) {
    PL_REQUIRE_OK(pl_experiment_load_text(out, "t.yaml", text, strlen(text), overrides, count));
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- what a study becomes ----------------------------------------------------------------- */

static void test_experiment__everything_stands_in_the_struct(void) {
    struct pl_experiment experiment;
    load(&experiment, study, NULL, 0);
    PL_CHECK_TEXT(experiment.path, "t.yaml");
    PL_CHECK_TEXT(experiment.name, "tiny");
    PL_CHECK_TEXT(experiment.question, "Does it hold?");
    PL_CHECK_TEXT(pl_settings_value(&experiment.base, "train.lr", ""), "0.001");
    PL_CHECK_TEXT(pl_settings_value(&experiment.base, "backend", ""), "ref");
    PL_CHECK_TEXT(pl_settings_value(&experiment.base, "limits.cell_seconds", "-"), "-");
    PL_CHECK_INT(pl_settings_get(&experiment.base, "model.depth")->place.line, 3);
    PL_CHECK_INT(pl_settings_get(&experiment.base, "model.depth")->place.column, 38);
    PL_CHECK_INT(experiment.entry_count, 3);
    PL_CHECK_TEXT(experiment.entries[1].variant, "attnres_block");
    PL_CHECK_TEXT(experiment.entries[1].label, "blocks");
    PL_CHECK_TEXT(pl_settings_value(&experiment.entries[1].overrides, "variant.block_size", ""),
                  "2");
    PL_CHECK_TEXT(pl_settings_value(&experiment.entries[2].overrides, "model.prenorm", ""),
                  "false");
    PL_REQUIRE(experiment.axis_count == 2);
    PL_CHECK_TEXT(experiment.axes[0].key, "task.structure");
    PL_CHECK_INT(experiment.axes[0].count, 3);
    PL_CHECK_TEXT(experiment.axes[0].values[1], "0.5");
    PL_CHECK_INT(experiment.seed_count, 3);
    PL_CHECK_INT(experiment.seeds[2], 3);
    PL_CHECK_TEXT(experiment.baseline, "blocks");
    PL_REQUIRE(experiment.claims.count == 1);
    const struct pl_claim *claim = &experiment.claims.items[0];
    PL_CHECK(claim->kind == PL_CLAIM_BETTER && claim->entry_count == 2 && !claim->fault);
    PL_CHECK_TEXT(experiment.entries[claim->entries[0]].label, "bare");
    PL_CHECK_TEXT(experiment.entries[claim->entries[1]].label, "standard");
    PL_CHECK(claim->by == 1.2 && claim->at[0] == 1 && claim->at[1] == PL_ANY_VALUE);
    PL_CHECK_INT(claim->place.line, 16);
    PL_CHECK_TEXT(claim->metric->name, "test_loss");
    PL_CHECK_NEAR(experiment.cell_seconds, 5, 0);
    pl_experiment_finish(&experiment);
    pl_experiment_finish(&experiment);
    pl_experiment_finish(NULL);
}

static void test_experiment__little_is_enough(void) {
    struct pl_experiment experiment;
    load(&experiment, "study: s\ntask: {name: null}\nvariants: [rescaled]\nseeds: [7]\n", NULL, 0);
    PL_CHECK_TEXT(experiment.question, "");
    PL_CHECK_TEXT(experiment.baseline, "rescaled");
    PL_CHECK(experiment.metric == NULL);
    PL_CHECK_INT(experiment.seed_count, 1);
    PL_CHECK_INT(experiment.seeds[0], 7);
    PL_CHECK(experiment.claims.count == 0);
    PL_CHECK_NEAR(experiment.cell_seconds, 0, 0);
    pl_experiment_finish(&experiment);
}

/* How diagnostics may be written, and what they come to: norms, gradients, mixing, at, samples. */
static void test_experiment__diagnostics_in_every_spelling(void) {
    static const struct {
        const char *file, *override, *found;
    } cases[] = {
        {"", NULL, "000 0 256"},
        {"diagnostics: none\n", NULL, "000 0 256"},
        {"diagnostics: all\n", NULL, "111 0 256"},
        {"diagnostics: mixing\n", NULL, "001 0 256"},
        {"diagnostics: [norms, mixing]\n", NULL, "101 0 256"},
        {"diagnostics: {all: true, at: ends, samples: 9}\n", NULL, "111 1 9"},
        {"diagnostics: {gradients: true, at: evaluations}\n", NULL, "010 2 256"},
        {"diagnostics: all\n", "diagnostics=none", "000 0 256"},
        {"diagnostics: {all: true, at: ends}\n", "diagnostics=norms,gradients", "110 1 256"},
        {"diagnostics: [norms]\n", "diagnostics.mixing=true", "101 0 256"},
        {"", "diagnostics=all", "111 0 256"},
    };
    char digest[PL_HASH_TEXT] = "";
    for (size_t k = 0; k < COUNT(cases); k++) {
        struct pl_experiment experiment;
        struct pl_cells cells;
        char text[2048], found[64], own[PL_HASH_TEXT];
        snprintf(text, sizeof text, "%s%s", study, cases[k].file);
        load(&experiment, text, &cases[k].override, cases[k].override != NULL);
        const struct pl_probe_options *o = &experiment.diagnostics;
        snprintf(found, sizeof found, "%d%d%d %d %ld", o->norms, o->gradients, o->mixing, o->at,
                 o->samples);
        PL_CHECK_TEXT(found, cases[k].found);
        PL_REQUIRE_OK(pl_experiment_expand(&cells, &experiment));
        pl_cells_digest(&cells, own); /* no part of what a cell is */
        if (k) PL_CHECK_TEXT(own, digest);
        memcpy(digest, own, sizeof digest);
        pl_cells_finish(&cells);
        pl_experiment_finish(&experiment);
    }
}

/* ---- the command line --------------------------------------------------------------------- */

static void test_experiment__command_line_beats_file_and_entry(void) {
    static const char *const overrides[] = {
        "train.lr=5e-3", "model.depth=6",         "seeds=5",
        "baseline=bare", "backend=cpu",           "question=why",
        "study=other",   "limits.cell_seconds=0", "metric=valid_loss"};
    struct pl_experiment experiment;
    load(&experiment, study, overrides, COUNT(overrides));
    PL_CHECK_TEXT(pl_settings_value(&experiment.base, "train.lr", ""), "0.005");
    PL_CHECK_TEXT(pl_settings_get(&experiment.base, "train.lr")->place.file, "command line");
    PL_CHECK_TEXT(pl_settings_value(&experiment.base, "model.depth", ""), "6");
    PL_CHECK(pl_settings_get(&experiment.entries[2].overrides, "train.lr") == NULL);
    PL_CHECK_TEXT(pl_settings_value(&experiment.entries[2].overrides, "model.prenorm", ""),
                  "false");
    PL_CHECK_INT(experiment.seed_count, 5);
    PL_CHECK_TEXT(experiment.baseline, "bare");
    PL_CHECK_TEXT(pl_settings_value(&experiment.base, "backend", ""), "cpu");
    PL_CHECK_TEXT(experiment.question, "why");
    PL_CHECK_TEXT(experiment.name, "other");
    PL_CHECK_TEXT(experiment.metric, "valid_loss");
    PL_CHECK_NEAR(experiment.cell_seconds, 0, 0);
    pl_experiment_finish(&experiment);
}

static void test_experiment__command_line_makes_and_replaces_axes(void) {
    static const char *const overrides[] = {"model.depth=4,6", "task.structure=0.25",
                                            "train.weight_decay=logspace(-3,-1,3)", "seeds=4,9,2"};
    struct pl_experiment experiment;
    load(&experiment, study, overrides, COUNT(overrides));
    PL_REQUIRE(experiment.axis_count == 4);
    PL_CHECK_TEXT(experiment.axes[0].key, "task.structure"); /* keeps its rank */
    PL_CHECK_INT(experiment.axes[0].count, 1);
    PL_CHECK_TEXT(experiment.axes[0].values[0], "0.25");
    PL_CHECK_TEXT(experiment.axes[2].key, "model.depth");
    PL_CHECK_TEXT(experiment.axes[2].values[1], "6");
    PL_CHECK_TEXT(experiment.axes[3].values[2], "0.1");
    PL_CHECK_INT(experiment.seed_count, 3);
    PL_CHECK_INT(experiment.seeds[1], 9);
    pl_experiment_finish(&experiment);
}

static void test_experiment__the_last_override_counts(void) {
    static const char *const overrides[] = {"model.depth=4,6", "model.depth=8", "train.lr=1",
                                            "train.lr=2"};
    struct pl_experiment experiment;
    load(&experiment, study, overrides, COUNT(overrides));
    PL_CHECK_INT(experiment.axes[2].count, 1);
    PL_CHECK_TEXT(experiment.axes[2].values[0], "8");
    PL_CHECK_TEXT(pl_settings_value(&experiment.base, "train.lr", ""), "2");
    pl_experiment_finish(&experiment);
}

static void test_experiment__another_task_by_override(void) {
    static const char *const overrides[] = {"task.name=depth_teacher", "task.hidden=16",
                                            "task.depth=2"};
    struct pl_experiment experiment;
    load(&experiment, study, overrides, COUNT(overrides));
    PL_CHECK_TEXT(pl_settings_value(&experiment.base, "task.name", ""), "depth_teacher");
    pl_experiment_finish(&experiment);
}

/* Each is refused, and the sentence says that it was the command line. */
static void test_experiment__command_line_refusals(void) {
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"", "not of the form key=value"},
        {"train.lr", "not of the form key=value"},
        {"=1", "not of the form key=value"},
        {"train.lr=", "a value is missing"},
        {"train.lr=1,,2", "a value is missing"},
        {"train.lr=fast", "lr is \"fast\""},
        {"train.lr=-1", "below the smallest"},
        {"train.lr=linspace(0,1,999999999)", "in \"train.lr\": the count of linspace"},
        {"train.lr=0.1,1e-1", "has the value 0.1 twice"},
        {"train.le=1", "did you mean \"train.lr\" (learning rate)?"},
        {"lr=1", "did you mean \"train.lr\" (learning rate)?"},
        {"task.name=linear", "there is no task \"linear\""},
        {"variant.block_size=2", "variant standard has no option \"block_size\""},
        {"variant.name=standard", "variants are named by the entries"},
        {"variants=standard", "not set as a whole"},
        {"model=mlp", "not set as a whole"},
        {"claims=none", "not set as a whole"},
        {"sweep=1", "not set as a whole"},
        {"seeds=0", "below the smallest"},
        {"seeds=1,1", "the seed 1 stands there twice"},
        {"seeds=many", "is not a number"},
        {"seed=x", "is not a number"},
        {"baseline=blocs", "did you mean \"blocks\"?"},
        {"metric=params", "the metric is \"params\""},
        {"backend=tpu", "no backend is called"},
        {"study=../x", "the name of the study"},
        {"limits.cell_seconds=1,2", "is a setting of the whole study"},
        {"model.width=9", "model.embed is none"},
        {"model.head=linear,linea", "did you mean \"linear\"?"},
        {"train.batch=0", "batch is \"0\""},
        {"task.version=2", "belongs to the program"},
        {"train.lr=\x1b[2J", "lr is \"\\x1b[2J\""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *text = cases[i].text;
        PL_CHECK_FAILS(take(study, strlen(study), &text, 1), PL_ECONFIG, cases[i].part);
        bool placed = strncmp(pl_message(), "command line: ", 14) == 0 ||
                      strncmp(pl_message(), "t.yaml:", 7) == 0; /* what no longer fits */
        PL_CHECK(placed);
    }
}

static void test_experiment__an_axis_and_an_entry_never_both(void) {
    const char *axis = "train.lr=1e-3,1e-2";
    PL_CHECK_FAILS(take(study, strlen(study), &axis, 1), PL_ECONFIG,
                   "t.yaml:9:61: the entry \"bare\" sets train.lr, which is also an axis");
}

/* Claims are the file's, so an override that narrows an axis leaves them standing. */
static void test_experiment__claims_outlive_a_narrowed_axis(void) {
    const char *narrow = "task.structure=0";
    PL_REQUIRE_OK(take(study, strlen(study), &narrow, 1));
}

/* ---- the corpus --------------------------------------------------------------------------- */

static bool fits(const char *name, const char *prefix) {
    size_t length = strlen(name);
    return strncmp(name, prefix, strlen(prefix)) == 0 && length > 5 &&
           strcmp(name + length - 5, ".yaml") == 0;
}

static void read_sentence(char out[2048], const char *path) {
    char name[512];
    snprintf(name, sizeof name, "%.*s.msg", (int)strlen(path) - 5, path);
    FILE *file = fopen(name, "rb");
    PL_REQUIRE(file != NULL);
    size_t size = fread(out, 1, 2047, file);
    fclose(file);
    out[size] = '\0';
    out[strcspn(out, "\n")] = '\0';
}

static enum pl_status take_file(const char *path) {
    struct pl_experiment experiment;
    struct pl_cells cells;
    PL_TRY(pl_experiment_load(&experiment, path, NULL, 0));
    enum pl_status status = pl_experiment_expand(&cells, &experiment);
    if (status == PL_OK) PL_CHECK(cells.count > 0);
    if (status == PL_OK) pl_cells_finish(&cells);
    pl_experiment_finish(&experiment);
    return status;
}

static int check_folder(const char *folder, const char *prefix, bool passes) {
    const struct dirent *entry;
    DIR *files = opendir(folder);
    char path[512], sentence[2048];
    int count = 0;
    PL_REQUIRE(files != NULL);
    while ((entry = readdir(files))) {
        if (!fits(entry->d_name, prefix)) continue;
        count++;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (passes) {
            PL_REQUIRE_OK(take_file(path));
            continue;
        }
        PL_CHECK_INT(take_file(path), PL_ECONFIG);
        read_sentence(sentence, path);
        PL_CHECK_TEXT(pl_message() + strlen(folder) + 1, sentence);
    }
    closedir(files);
    return count;
}

static void test_experiment__each_broken_file_earns_its_sentence(void) {
    PL_CHECK(check_folder(FOLDER, "fail_", false) >= 130);
}

static void test_experiment__each_good_file_has_cells(void) {
    PL_CHECK(check_folder(FOLDER, "pass_", true) >= 7);
}

static void test_experiment__the_studies_have_cells(void) {
    PL_CHECK(check_folder(STUDIES, "", true) >= 4);
}

static void test_experiment__a_missing_file_is_named(void) {
    struct pl_experiment experiment;
    PL_CHECK_FAILS(pl_experiment_load(&experiment, "/nowhere/x.yaml", NULL, 0), PL_ECONFIG,
                   "/nowhere/x.yaml");
    pl_experiment_finish(&experiment);
}

/* ---- hostile studies ---------------------------------------------------------------------- */

static bool placed(const char *name) {
    int line = 0, column = 0;
    size_t length = strlen(name);
    return strncmp(pl_message(), name, length) == 0 &&
           sscanf(pl_message() + length, ":%d:%d: ", &line, &column) == 2 && line >= 1 &&
           column >= 1;
}

/* The study with the first [find] replaced. */
static void replaced(struct pl_strbuf *out, const char *find, const char *with) {
    const char *at = strstr(study, find);
    PL_REQUIRE(at != NULL);
    pl_strbuf_clear(out);
    pl_strbuf_add_bytes(out, study, (size_t)(at - study));
    pl_strbuf_add(out, with);
    pl_strbuf_add(out, at + strlen(find));
}

static void check_hostile(const char *find, const char *keep, const char *value) {
    struct pl_strbuf text, with;
    pl_strbuf_init(&text);
    pl_strbuf_init(&with);
    pl_strbuf_addf(&with, "%s%s", keep, value);
    replaced(&text, find, with.text);
    enum pl_status status = take(text.text, text.length, NULL, 0);
    if (status != PL_ECONFIG || !placed("t.yaml"))
        printf("  %s%.60s gives %s \"%s\"\n", keep, value, pl_status_name(status), pl_message());
    PL_CHECK_INT(status, PL_ECONFIG);
    PL_CHECK(placed("t.yaml"));
    pl_strbuf_finish(&with);
    pl_strbuf_finish(&text);
}

/* Every place of a number, with every value that is none that it takes. */
static void test_experiment__hostile_numbers(void) {
    static const struct {
        const char *find, *keep;
    } slots[] = {
        {"width: 8", "width: "},
        {"hidden: 16", "hidden: "},
        {"depth: 4", "depth: "},
        {"dim: 8", "dim: "},
        {"samples: 64", "samples: "},
        {"lr: 1e-3", "lr: "},
        {"steps: 10", "steps: "},
        {"batch: full", "batch: "},
        {"block_size: 2", "block_size: "},
        {"train.lr: 2e-3", "train.lr: "},
        {"[0, 0.5]", ""},
        {"\"linspace(0,1,3)\"", ""},
        {"seeds: 3", "seeds: "},
        {"cell_seconds: 5", "cell_seconds: "},
    };
    static const char *const values[] = {
        "-1",
        "1e999",
        "1e-999",
        "nan",
        ".inf",
        "0x10",
        "1_000",
        "\"\"",
        "[]",
        "{}",
        "{a: 1}",
        "[[1], [2]]",
        "\"linspace(0,1,999999999)\"",
        "\"linspace(0,1\"",
        "\"1,,2\"",
        "99999999999999999999999999",
        "\"\\u202e1\"",
        "\"%s%n\"",
        "1e",
        "\"1 2\"",
    };
    int count = 0;
    for (size_t s = 0; s < COUNT(slots); s++) {
        for (size_t v = 0; v < COUNT(values); v++, count++)
            check_hostile(slots[s].find, slots[s].keep, values[v]);
    }
    PL_CHECK(count >= 200);
}

static void test_experiment__hostile_names(void) {
    static const struct {
        const char *find, *keep;
    } slots[] = {
        {"study: tiny", "study: "},
        {"linear_mix", ""},
        {"- standard", "- "},
        {"name: attnres_block", "name: "},
        {"baseline: blocks", "baseline: "},
        {"backend: ref", "backend: "},
        {"better: bare", "better: "},
        {"than: standard", "than: "},
        {"embed: none", "embed: "},
        {"task.structure: \"", "task.structur: \""},
        {"task.structure: 0.5", "task."},
        {"by: 1.2x", "by: "},
        {"model.prenorm: f", "model.pre: f"},
        {"seeds: 3", "sedes: "},
    };
    static const char *const values[] = {
        "[]",
        "{}",
        "\"\"",
        "../../etc/passwd",
        "\"a\\nb\"",
        "{a: {b: {c: [1]}}}",
        "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"",
        "\"%n%s%p\"",
        "!!binary AAAA",
        "*alias",
        "&anchor x",
        "\"\\x1b[31m\""};
    for (size_t s = 0; s < COUNT(slots); s++) {
        for (size_t v = 0; v < COUNT(values); v++)
            check_hostile(slots[s].find, slots[s].keep, values[v]);
    }
}

/* A key of a megabyte, a list of a hundred thousand, nesting, and all that at once. */
static void test_experiment__hostile_sizes(void) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    for (int kind = 0; kind < 4; kind++) {
        static const char *const starts[] = {"model: {", "variants: [", "sweep: {train.lr: [",
                                             "claims: "};
        static const char *const units[] = {"x", "standard, ", "1, ", "["};
        pl_strbuf_clear(&text);
        pl_strbuf_add(&text, starts[kind]);
        for (int i = 0; i < 90000; i++) pl_strbuf_add(&text, units[kind]);
        pl_strbuf_add(&text, kind == 0   ? ": 1}\n"
                             : kind == 1 ? "x]\n"
                             : kind == 2 ? "1]}\n"
                                         : "\n");
        PL_CHECK_INT(take(text.text, text.length, NULL, 0), PL_ECONFIG);
        PL_CHECK(placed("t.yaml"));
        PL_CHECK(strlen(pl_message()) < 1024);
    }
    pl_strbuf_finish(&text);
}

static void mutate(struct pl_strbuf *out, struct pl_rng *rng) {
    static const char *const tokens[] = {": ",     "- ",
                                         "\n",     "{",
                                         "}",      "[",
                                         "]",      ", ",
                                         "\"",     "#",
                                         "|",      "&a ",
                                         "*a",     "!!str",
                                         "-1",     "1e9",
                                         "auto",   "full",
                                         "name: ", "label: ",
                                         "\xff",   "\t",
                                         "x",      "0",
                                         ".",      "linspace(0,1,9)",
                                         "none"};
    size_t at = pl_rng_below(rng, out->length + 1), left = out->length - at;
    size_t cut = pl_rng_below(rng, 3) ? 0 : pl_rng_below(rng, (left < 12 ? left : 12) + 1);
    const char *token = pl_rng_below(rng, 4) ? tokens[pl_rng_below(rng, COUNT(tokens))] : "";
    struct pl_strbuf next;
    pl_strbuf_init(&next);
    pl_strbuf_add_bytes(&next, out->text, at);
    pl_strbuf_add(&next, token);
    pl_strbuf_add_bytes(&next, out->text + at + cut, left - cut);
    pl_strbuf_finish(out);
    *out = next;
}

/* Any text is taken, or refused with a place. */
static void test_experiment__mutations_give_cells_or_a_place(void) {
    int refused = 0, taken = 0;
    for (int i = 0; i < 4000; i++) {
        struct pl_strbuf text;
        struct pl_rng rng;
        char stream[40];
        snprintf(stream, sizeof stream, "test/mutation/%d", i);
        pl_rng_init(&rng, 1, stream);
        pl_strbuf_init(&text);
        pl_strbuf_add(&text, study);
        for (size_t n = 1 + pl_rng_below(&rng, 4); n > 0; n--) mutate(&text, &rng);
        enum pl_status status = take(text.text, text.length, NULL, 0);
        PL_CHECK(status == PL_OK || (status == PL_ECONFIG && placed("t.yaml")));
        taken += status == PL_OK;
        refused += status != PL_OK;
        pl_strbuf_finish(&text);
    }
    PL_CHECK(refused > 2000);
    PL_CHECK(taken > 20);
}

/* ---- notes and the manual ----------------------------------------------------------------- */

/* docs/science.md 5: 5 comparisons need 8 seeds, 15: 10, 25: 10, 44: 11, 132: 13. */
static void test_experiment__power_note(void) {
    static const struct {
        size_t comparisons, seeds;
    } needs[] = {{1, 6}, {2, 7}, {5, 8}, {15, 10}, {25, 10}, {44, 11}, {132, 13}};
    for (size_t i = 0; i < COUNT(needs); i++) {
        struct pl_experiment experiment = {.entry_count = needs[i].comparisons + 1,
                                           .seed_count = needs[i].seeds};
        struct pl_strbuf note;
        char said[40];
        pl_strbuf_init(&note);
        pl_experiment_power_note(&experiment, &note);
        PL_CHECK_TEXT(note.text, "");
        experiment.seed_count--;
        pl_experiment_power_note(&experiment, &note);
        snprintf(said, sizeof said, "at least %zu seeds", needs[i].seeds);
        PL_CHECK(strstr(note.text, said) != NULL);
        pl_strbuf_finish(&note);
    }
    struct pl_experiment alone = {.entry_count = 1, .seed_count = 1};
    struct pl_strbuf note;
    pl_strbuf_init(&note);
    pl_experiment_power_note(&alone, &note);
    PL_CHECK_TEXT(note.text, "");
    pl_strbuf_finish(&note);
}

static void add_row(struct pl_strbuf *out, const struct pl_option_section *section,
                    const struct pl_option *row) {
    struct pl_strbuf value;
    pl_strbuf_init(&value);
    PL_REQUIRE_OK(pl_option_canonical(row, row->dflt, &value));
    pl_strbuf_addf(out, "| `%s.%s` | `%s` | ", section->options->section, row->name, value.text);
    pl_option_accepted(row, out);
    pl_strbuf_addf(out, " | %s |\n", row->help);
    pl_strbuf_finish(&value);
}

static void print_head(const struct pl_option_section *section) {
    if (section->options->count == 0) return;
    printf("\n#### `%s`\n\n| setting | default | takes | what it is |\n|---|---|---|---|\n",
           section->owner);
}

/* configs/README.md holds every option as the tables have it; PL_PRINT_OPTIONS=1 prints them. */
static void test_experiment__the_manual_has_every_option(void) {
    static char manual[1 << 17];
    struct pl_option_section section;
    FILE *file = fopen(STUDIES "/README.md", "rb");
    PL_REQUIRE(file != NULL);
    manual[fread(manual, 1, sizeof manual - 1, file)] = '\0';
    fclose(file);
    for (size_t s = 0; pl_option_section_at(s, &section); s++) {
        if (getenv("PL_PRINT_OPTIONS")) print_head(&section);
        for (size_t i = 0; i < section.options->count; i++) {
            struct pl_strbuf row;
            pl_strbuf_init(&row);
            add_row(&row, &section, &section.options->rows[i]);
            if (getenv("PL_PRINT_OPTIONS")) fputs(row.text, stdout);
            if (!strstr(manual, row.text))
                printf("configs/README.md lacks this row:\n%s", row.text);
            PL_CHECK(strstr(manual, row.text) != NULL);
            pl_strbuf_finish(&row);
        }
    }
}

const struct pl_test pl_suite_experiment[] = {
    {"everything_stands_in_the_struct", test_experiment__everything_stands_in_the_struct},
    {"little_is_enough", test_experiment__little_is_enough},
    {"diagnostics_in_every_spelling", test_experiment__diagnostics_in_every_spelling},
    {"command_line_beats_file_and_entry", test_experiment__command_line_beats_file_and_entry},
    {"command_line_makes_and_replaces_axes", test_experiment__command_line_makes_and_replaces_axes},
    {"the_last_override_counts", test_experiment__the_last_override_counts},
    {"another_task_by_override", test_experiment__another_task_by_override},
    {"command_line_refusals", test_experiment__command_line_refusals},
    {"an_axis_and_an_entry_never_both", test_experiment__an_axis_and_an_entry_never_both},
    {"claims_outlive_a_narrowed_axis", test_experiment__claims_outlive_a_narrowed_axis},
    {"each_broken_file_earns_its_sentence", test_experiment__each_broken_file_earns_its_sentence},
    {"each_good_file_has_cells", test_experiment__each_good_file_has_cells},
    {"the_studies_have_cells", test_experiment__the_studies_have_cells},
    {"a_missing_file_is_named", test_experiment__a_missing_file_is_named},
    {"hostile_numbers", test_experiment__hostile_numbers},
    {"hostile_names", test_experiment__hostile_names},
    {"hostile_sizes", test_experiment__hostile_sizes},
    {"mutations_give_cells_or_a_place", test_experiment__mutations_give_cells_or_a_place},
    {"power_note", test_experiment__power_note},
    {"the_manual_has_every_option", test_experiment__the_manual_has_every_option},
    {0}};
