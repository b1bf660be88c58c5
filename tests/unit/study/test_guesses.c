/* What somebody probably meant: sentences about studies that are wrong in a usual way, and spellings that are
 * taken for what they mean. */
#include <stdio.h>
#include <string.h>

#include "core/base/strbuf.h"
#include "experiments/study/claims.h"
#include "experiments/study/expand.h"
#include "experiments/study/experiment.h"
#include "tests/support/support.h"

/* A study with [entry] among its variants and [more] lines. */
static enum pl_status load(struct pl_experiment *out, const char *entry, const char *more,
                           const char *override) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_strbuf_addf(&text,
                   "study: guesses\n"
                   "model: {width: 8, depth: 2}\n"
                   "variants: [standard, %s]\n"
                   "seeds: 1\n"
                   "%s\n",
                   entry, more);
    if (!strstr(more, "task:")) pl_strbuf_add(&text, "task: {name: linear_mix, dim: 8}\n");
    enum pl_status status =
        pl_experiment_load_text(out, "t.yaml", text.text, text.length, &override, override ? 1 : 0);
    pl_strbuf_finish(&text);
    return status;
}

static void test_guesses__the_owners_options_come_first(void) {
    static const struct {
        const char *entry, *sentence;
    } cases[] = {
        {"{name: attnres_full, head: sum}",
         "t.yaml:3:43: variant attnres_full has no option \"head\"; it is called readout ("},
        {"{name: mhc, init: random}", "variant mhc has no option \"init\"; it is called start ("},
        {"{name: attnres_full, init: 0.1}",
         "did you mean \"variant.query_std\" (standard deviation of the initial queries; 0 gives "
         "the uniform average) or \"model.init\" (how weights start)? It has mix, "},
        {"{name: attnres_block, block: 4}",
         "did you mean \"variant.block_size\" (layers of a block; "},
        {"{name: attnres_full, block_size: 4}",
         "; \"block_size\" is an option of attnres_block, mhar, delta_attnres_block"},
        {"{name: attnres_full, streams: 4}",
         "; \"streams\" is an option of hyper_connections, mhc, mhc_lite, kromhc, ..."},
        {"{name: attnres_full, prenorm: false}", "did you mean \"model.prenorm\" (norm before "},
        {"{name: attnres_full, qurey: input}", "did you mean \"variant.query\" (one learned "},
        {"{name: attnres_full, train.momentun: 0.5}", "did you mean \"train.momentum\" ("},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct pl_experiment experiment;
        PL_CHECK_FAILS(load(&experiment, cases[k].entry, "", NULL), PL_ECONFIG, cases[k].sentence);
        PL_CHECK(strstr(pl_message(), "diagnostics.") == NULL);
    }
}

static void test_guesses__a_wrong_form_shows_the_right_one(void) {
    static const struct {
        const char *line, *override, *sentence;
    } cases[] = {
        {"sweep: {task.structure: linspace(0,1,5)}", NULL,
         "t.yaml:5:25: within braces a value ends at a comma; put it in quotes: "
         "\"linspace(0,1,5)\""},
        {"sweep: {task.structure: [0, 1], train.lr: logspace(-3, -1, 5)}", NULL,
         "t.yaml:5:43: within braces a value ends at a comma; put it in quotes: "
         "\"logspace(-3, -1, 5)\""},
        {"question: \xc3\xa4\nsweep: {task.structure:   linspace(0,1,5)}", NULL,
         "put it in quotes: \"linspace(0,1,5)\""},
        {"task: parity", NULL, "task is a single value; it takes a mapping: task: {name: parity}"},
        {"", "train.lr=[1e-3,3e-3]", "stands in brackets; here a list is values with commas"},
        {"claims: [{equivalent: [standard, attnres_full], within: 125%}]", NULL,
         "within is \"125%\"; it takes a factor such as 1.2x, or from 0% to 50%, where 1% is "
         "1.01x"},
        {"train: {nesterov_: yes}", NULL, "train has no option \"nesterov_\""},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct pl_experiment experiment;
        PL_CHECK_FAILS(load(&experiment, "attnres_full", cases[k].line, cases[k].override),
                       PL_ECONFIG, cases[k].sentence);
    }
}

static void test_guesses__percent_is_a_factor(void) {
    static const struct {
        const char *text;
        double factor;
    } cases[] = {{"1%", 1.01}, {"5%", 1.05}, {"0.5%", 1.005}, {"50%", 1.5}, {"0%", 1}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct pl_experiment experiment;
        char line[96];
        snprintf(line, sizeof line, "claims: [{equivalent: [standard, attnres_full], within: %s}]",
                 cases[k].text);
        PL_REQUIRE_OK(load(&experiment, "attnres_full", line, NULL));
        PL_CHECK(experiment.claims.items[0].margin == cases[k].factor);
        pl_experiment_finish(&experiment);
    }
}

/* They are the same cells as those of the plain spelling. */
static void test_guesses__yes_and_on_are_true(void) {
    static const char *const spellings[][2] = {
        {"true", "false"}, {"yes", "no"}, {"on", "off"}, {"True", "False"}, {"YES", "NO"}};
    char ids[2][PL_HASH_TEXT] = {""};
    for (size_t k = 0; k < sizeof spellings / sizeof spellings[0]; k++)
        for (int side = 0; side < 2; side++) {
            struct pl_experiment experiment;
            struct pl_cells cells;
            char entry[120];
            snprintf(entry, sizeof entry,
                     "{name: attnres_full, freeze_query: %s, model.prenorm: %s}",
                     spellings[k][side], spellings[k][side]);
            PL_REQUIRE_OK(load(&experiment, entry, "", NULL));
            PL_REQUIRE_OK(pl_experiment_expand(&cells, &experiment));
            PL_REQUIRE(cells.count == 2);
            if (k == 0) strcpy(ids[side], cells.items[1].id);
            PL_CHECK_TEXT(cells.items[1].id, ids[side]);
            pl_cells_finish(&cells);
            pl_experiment_finish(&experiment);
        }
    PL_CHECK(strcmp(ids[0], ids[1]) != 0);
}

static void test_guesses__one_chosen_seed(void) {
    static const char *const ways[] = {"seed=7", "seeds=[7]", "seed=[7]"};
    struct pl_experiment experiment;
    for (size_t k = 0; k < sizeof ways / sizeof ways[0]; k++) {
        PL_REQUIRE_OK(load(&experiment, "attnres_full", "", ways[k]));
        PL_CHECK_INT(experiment.seed_count, 1);
        PL_CHECK_INT(experiment.seeds[0], 7);
        pl_experiment_finish(&experiment);
    }
    PL_REQUIRE_OK(load(&experiment, "attnres_full", "", "seed=7,9"));
    PL_CHECK_INT(experiment.seed_count, 2);
    pl_experiment_finish(&experiment);
}

/* 64 characters are a label, however many bytes; 65 are not. */
static void test_guesses__labels_count_characters(void) {
    char entry[400] = "{name: attnres_full, label: ";
    struct pl_experiment experiment;
    for (int k = 0; k < 64; k++) strcat(entry, "\xe6\xb7\xb1");
    strcat(entry, "}");
    PL_REQUIRE_OK(load(&experiment, entry, "", NULL));
    pl_experiment_finish(&experiment);
    strcpy(entry + strlen(entry) - 1, "\xc3\xa4}");
    PL_CHECK_FAILS(load(&experiment, entry, "", NULL), PL_ECONFIG, "it takes 1 to 64 characters");
}

const struct pl_test pl_suite_guesses[] = {
    {"the_owners_options_come_first", test_guesses__the_owners_options_come_first},
    {"a_wrong_form_shows_the_right_one", test_guesses__a_wrong_form_shows_the_right_one},
    {"percent_is_a_factor", test_guesses__percent_is_a_factor},
    {"yes_and_on_are_true", test_guesses__yes_and_on_are_true},
    {"one_chosen_seed", test_guesses__one_chosen_seed},
    {"labels_count_characters", test_guesses__labels_count_characters},
    {0}};
