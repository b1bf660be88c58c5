/* Expand: what identity depends on and what it does not, the order of a plan, what auto comes to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/strbuf.h"
#include "experiments/cell/bound.h"
#include "experiments/study/expand.h"
#include "experiments/study/reach.h"
#include "tests/support/support.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char study[] = "study: tiny\n"
                            "model: {width: 8, depth: 4, embed: none, head: none}\n"
                            "task: {name: linear_mix, dim: 8, samples: 64}\n"
                            "train: {lr: 1e-3, steps: 10}\n"
                            "variants:\n"
                            "  - standard\n"
                            "  - {name: attnres_block, label: blocks, block_size: 2}\n"
                            "  - {name: attnres_full, label: bare, model.prenorm: false}\n"
                            "sweep: {task.structure: [0, 0.5, 1], train.optimizer: [adam, sgd]}\n"
                            "seeds: [5, 1]\n";

struct plan {
    struct pl_experiment experiment;
    struct pl_cells cells;
};

static void plan_text(struct plan *out, const char *text, const char *override) {
    PL_REQUIRE_OK(pl_experiment_load_text(&out->experiment, "t.yaml", text, strlen(text), &override,
                                          override != NULL));
    PL_REQUIRE_OK(pl_experiment_expand(&out->cells, &out->experiment));
}

static void plan_finish(struct plan *plan) {
    pl_cells_finish(&plan->cells);
    pl_experiment_finish(&plan->experiment);
}

/* [text] with the first [find] replaced, as a plan. */
static void plan_changed(struct plan *out, const char *find, const char *with) {
    struct pl_strbuf text;
    const char *at = strstr(study, find);
    PL_REQUIRE(at != NULL);
    pl_strbuf_init(&text);
    pl_strbuf_add_bytes(&text, study, (size_t)(at - study));
    pl_strbuf_add(&text, with);
    pl_strbuf_add(&text, at + strlen(find));
    plan_text(out, text.text, NULL);
    pl_strbuf_finish(&text);
}

static const struct pl_cell *find_cell(const struct plan *plan, const char *id) {
    for (size_t i = 0; i < plan->cells.count; i++) {
        if (strcmp(plan->cells.items[i].id, id) == 0) return &plan->cells.items[i];
    }
    return NULL;
}

/* How many cells of [a] are also in [b]. */
static size_t shared(const struct plan *a, const struct plan *b) {
    size_t count = 0;
    for (size_t i = 0; i < a->cells.count; i++) count += find_cell(b, a->cells.items[i].id) != NULL;
    return count;
}

/* ---- text and identity -------------------------------------------------------------------- */

static const char expected[] = "backend = cpu\n"
                               "model.activation = silu\n"
                               "model.depth = 4\n"
                               "model.embed = none\n"
                               "model.final_norm = true\n"
                               "model.head = none\n"
                               "model.hidden = 32\n"
                               "model.init = uniform_fan_in\n"
                               "model.kind = mlp\n"
                               "model.norm = rmsnorm\n"
                               "model.norm_eps = 1e-6\n"
                               "model.prenorm = true\n"
                               "model.width = 8\n"
                               "seed = 5\n"
                               "task.dim = 8\n"
                               "task.mix = linear\n"
                               "task.name = linear_mix\n"
                               "task.samples = 64\n"
                               "task.structure = 0\n"
                               "task.test_samples = 1000\n"
                               "task.valid_samples = 1000\n"
                               "task.version = 1\n"
                               "train.batch = full\n"
                               "train.beta1 = 0.9\n"
                               "train.beta2 = 0.999\n"
                               "train.decay = auto\n"
                               "train.eps = 1e-8\n"
                               "train.eval_points = 10\n"
                               "train.lr = 0.001\n"
                               "train.lr_min = 0\n"
                               "train.lr_mult = 1\n"
                               "train.momentum = 0.9\n"
                               "train.optimizer = adam\n"
                               "train.schedule = constant\n"
                               "train.steps = 10\n"
                               "train.warmup = auto\n"
                               "train.weight_decay = 0.01\n"
                               "variant.name = standard\n"
                               "variant.version = 1\n";

static void test_expand__text_is_every_setting(void) {
    struct plan plan;
    char id[PL_HASH_TEXT];
    plan_text(&plan, study, NULL);
    PL_CHECK_TEXT(pl_cell_text(&plan.cells.items[0], &plan.cells.arena), expected);
    pl_hash_text(id, expected);
    PL_CHECK_TEXT(plan.cells.items[0].id, id);
    PL_CHECK(strstr(plan.cells.items[1].settings, "variant.block_size = 2\n") != NULL);
    PL_CHECK(strstr(plan.cells.items[1].settings, "blocks") == NULL);
    plan_finish(&plan);
}

/* Entry, point and seed as numbers lead to the same texts, and are found again from the texts. */
static void test_expand__knows_its_place(void) {
    struct plan plan;
    plan_text(&plan, study, NULL);
    const struct pl_experiment *e = &plan.experiment;
    PL_CHECK_INT((long long)pl_experiment_points(e), 6);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < plan.cells.count; i++) {
            struct pl_cell *cell = &plan.cells.items[i];
            PL_CHECK_INT((long long)((cell->seed_index * 6 + cell->point) * 3 + cell->entry),
                         (long long)i);
            PL_CHECK_TEXT(e->entries[cell->entry].label, cell->label);
            PL_CHECK(e->seeds[cell->seed_index] == cell->seed);
            for (size_t k = 0; k < e->axis_count; k++)
                PL_CHECK_TEXT(e->axes[k].values[pl_experiment_axis_index(e, cell->point, k)],
                              cell->axis_values[k]);
            cell->entry = cell->point = cell->seed_index = 77;
        }
        pl_cells_locate(&plan.cells, e);
    }
    plan_finish(&plan);
}

/* A worker is given the text alone: it binds to a cell that has this very text. */
static void test_expand__text_binds_again(void) {
    struct plan plan;
    plan_text(&plan, study, NULL);
    for (size_t i = 0; i < plan.cells.count; i++) {
        const struct pl_cell *cell = &plan.cells.items[i];
        struct pl_bound bound;
        struct pl_strbuf text;
        pl_strbuf_init(&text);
        const char *own = pl_cell_text(cell, &plan.cells.arena);
        PL_REQUIRE_OK(pl_bound_read(&bound, own));
        pl_settings_write(&bound.settings, &text);
        PL_CHECK_TEXT(text.text, own);
        PL_CHECK_TEXT(bound.model.residual->name, cell->variant);
        PL_CHECK(bound.seed == cell->seed);
        pl_strbuf_finish(&text);
        pl_bound_finish(&bound);
    }
    plan_finish(&plan);
}

static void test_expand__identity_ignores_names_and_order(void) {
    static const struct {
        const char *find, *with;
    } same[] = {
        {"study: tiny", "study: other\nquestion: why?\nbaseline: bare"},
        {"label: blocks", "label: by two"},
        {"[0, 0.5, 1]", "[1, 0, 0.5]"},
        {"[0, 0.5, 1]", "\"linspace(0,1,3)\""},
        {"[5, 1]", "[1, 5]"},
        {"lr: 1e-3", "lr: 0.0010"},
        {"lr: 1e-3", "lr: 0.001, schedule: constant, beta1: 0.9"},
        {"depth: 4", "depth: 4, hidden: 32"},
        {"depth: 4", "depth: 4, final_norm: true"},
        {"  - standard\n", "  - {name: standard, model.prenorm: true}\n"},
        {"train:", "backend: cpu\ntrain:"},
        {"train:", "limits: {cell_seconds: 3}\ntrain:"},
    };
    struct plan plain;
    char digest[PL_HASH_TEXT], other[PL_HASH_TEXT];
    plan_text(&plain, study, NULL);
    pl_cells_digest(&plain.cells, digest);
    for (size_t i = 0; i < COUNT(same); i++) {
        struct plan changed;
        plan_changed(&changed, same[i].find, same[i].with);
        PL_CHECK_INT(shared(&plain, &changed), plain.cells.count);
        pl_cells_digest(&changed.cells, other);
        PL_CHECK_TEXT(other, digest);
        plan_finish(&changed);
    }
    plan_finish(&plain);
}

static void test_expand__identity_follows_every_setting(void) {
    static const struct {
        const char *find, *with;
        size_t shared; /* cells that stay */
    } other[] = {
        {"depth: 4", "depth: 5", 0},
        {"lr: 1e-3", "lr: 2e-3", 0},
        {"lr: 1e-3", "lr: 1e-3, weight_decay: 0.02", 0},
        {"samples: 64", "samples: 65", 0},
        {"train:", "backend: ref\ntrain:", 0},
        {"[5, 1]", "[5, 2]", 18},
        {"[0, 0.5, 1]", "[0, 0.5]", 24},
        {"block_size: 2", "block_size: 3", 24},
        {"  - standard\n", "", 24},
    };
    struct plan plain;
    plan_text(&plain, study, NULL);
    PL_CHECK_INT(plain.cells.count, 36);
    for (size_t i = 0; i < COUNT(other); i++) {
        struct plan changed;
        plan_changed(&changed, other[i].find, other[i].with);
        PL_CHECK_INT(shared(&plain, &changed), other[i].shared);
        plan_finish(&changed);
    }
    plan_finish(&plain);
}

static void test_expand__auto_is_what_it_comes_to(void) {
    static const struct {
        const char *with, *line;
    } cases[] = {
        {"steps: 10, schedule: wsd", "\ntrain.warmup = 1\n"},
        {"steps: 10, schedule: wsd", "\ntrain.decay = 2\n"},
        {"steps: 10, schedule: warmup_cosine", "\ntrain.warmup = 1\n"},
        {"steps: 10, schedule: warmup_cosine", "\ntrain.decay = auto\n"},
        {"steps: 10, schedule: cosine", "\ntrain.warmup = auto\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct plan plan;
        plan_changed(&plan, "steps: 10", cases[i].with);
        PL_CHECK(strstr(plan.cells.items[0].settings, cases[i].line) != NULL);
        plan_finish(&plan);
    }
}

/* ---- the plan ----------------------------------------------------------------------------- */

static void test_expand__seeds_go_first_in_breadth(void) {
    struct plan plan;
    plan_text(&plan, study, NULL);
    for (size_t i = 0; i < plan.cells.count; i++) {
        const struct pl_cell *cell = &plan.cells.items[i];
        static const char *const labels[] = {"standard", "blocks", "bare"};
        static const char *const structures[] = {"0", "0.5", "1"};
        PL_CHECK_INT(cell->seed, i < 18 ? 5 : 1);
        PL_CHECK_TEXT(cell->label, labels[i % 3]);
        PL_CHECK_TEXT(cell->axis_values[0], structures[i % 18 / 6]);
        PL_CHECK_TEXT(cell->axis_values[1], i % 6 / 3 ? "sgd" : "adam");
        PL_CHECK(strstr(pl_cell_text(cell, &plan.cells.arena),
                        i < 18 ? "\nseed = 5\n" : "\nseed = 1\n") != NULL);
    }
    plan_finish(&plan);
}

static void test_expand__cells_outlive_their_study(void) {
    struct plan plan;
    plan_text(&plan, study, NULL);
    pl_experiment_finish(&plan.experiment);
    PL_CHECK_TEXT(plan.cells.items[1].label, "blocks");
    PL_CHECK_TEXT(plan.cells.items[1].variant, "attnres_block");
    PL_CHECK_TEXT(plan.cells.items[35].axis_values[0], "1");
    plan_finish(&plan);
}

static void test_expand__precedence(void) {
    static const struct {
        const char *override, *line;
        size_t cell;
    } cases[] = {
        {NULL, "\nmodel.prenorm = false\n", 2},                    /* entry beats default */
        {"model.prenorm=false", "\nmodel.prenorm = false\n", 0},   /* command beats default */
        {"train.lr=7", "\ntrain.lr = 7\n", 0},                     /* command beats file */
        {"task.structure=0.125", "\ntask.structure = 0.125\n", 0}, /* command beats sweep */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct plan plan;
        plan_text(&plan, study, cases[i].override);
        PL_CHECK(strstr(plan.cells.items[cases[i].cell].settings, cases[i].line) != NULL);
        plan_finish(&plan);
    }
    struct plan plan;
    plan_changed(&plan, "{lr: 1e-3, steps: 10}", "{lr: 1e-3, steps: 10, optimizer: adamw}");
    PL_CHECK(strstr(plan.cells.items[0].settings, "optimizer = adam\n") !=
             NULL); /* sweep beats file */
    plan_finish(&plan);
}

/* An entry's own value is replaced from the command line, so both rows would be one run. */
static void test_expand__command_line_beats_the_entry(void) {
    static const char text[] = "study: s\ntask: {name: linear_mix}\nseeds: 1\nvariants:\n"
                               "  - attnres_full\n"
                               "  - {name: attnres_full, label: bare, model.prenorm: false}\n";
    const char *override = "model.prenorm=true";
    struct pl_experiment experiment;
    struct pl_cells cells;
    PL_REQUIRE_OK(pl_experiment_load_text(&experiment, "t.yaml", text, strlen(text), &override, 1));
    PL_CHECK_FAILS(pl_experiment_expand(&cells, &experiment), PL_ECONFIG,
                   "t.yaml:6:5: \"attnres_full\" and \"bare\" are the same run");
    PL_CHECK_INT(cells.count, 0);
    pl_experiment_finish(&experiment);
}

static void test_expand__several_tasks(void) {
    static const char text[] = "study: s\ntask: {name: null, samples: 30}\nseeds: 2\n"
                               "variants: [standard]\n"
                               "sweep: {task.name: [linear_mix, depth_teacher]}\n";
    struct plan plan;
    plan_text(&plan, text, NULL);
    PL_CHECK_INT(plan.cells.count, 4);
    PL_CHECK(strstr(plan.cells.items[0].settings, "task.name = linear_mix\n") != NULL);
    PL_CHECK(strstr(plan.cells.items[0].settings, "task.temperature") == NULL);
    PL_CHECK(strstr(plan.cells.items[1].settings, "task.temperature = 1\n") != NULL);
    PL_CHECK(strstr(plan.cells.items[1].settings, "task.samples = 30\n") != NULL);
    plan_finish(&plan);
}

static void test_expand__an_option_of_every_variant_is_an_axis(void) {
    static const char text[] = "study: s\ntask: {name: linear_mix}\nseeds: 1\n"
                               "variants: [attnres_full, attnres_block]\n"
                               "sweep: {variant.heads: [1, 2]}\n";
    struct plan plan;
    plan_text(&plan, text, NULL);
    PL_CHECK_INT(plan.cells.count, 4);
    PL_CHECK(strstr(plan.cells.items[2].settings, "variant.heads = 2\n") != NULL);
    PL_CHECK(strstr(plan.cells.items[3].settings, "variant.heads = 2\n") != NULL);
    plan_finish(&plan);
}

/* ---- the warning about equal networks ----------------------------------------------------- */

struct warning {
    const char *text;
};

static void expand_apart(void *context) {
    struct plan plan;
    plan_text(&plan, ((struct warning *)context)->text, NULL);
    pl_experiment_warn_of_reach(&plan.experiment);
    plan_finish(&plan);
}

static void check_warning(const char *variants, const char *expected_part) {
    struct pl_strbuf text;
    struct pl_apart apart;
    pl_strbuf_init(&text);
    pl_strbuf_addf(&text, "study: s\nmodel: {depth: 6}\ntask: {name: linear_mix}\n%svariants:\n%s",
                   strstr(variants, "seeds:") ? "" : "seeds: 1\n", variants);
    struct warning warning = {text.text};
    pl_run_apart(&apart, expand_apart, &warning);
    PL_CHECK_INT(apart.exit_status, 0);
    if (expected_part) PL_CHECK(strstr(apart.err, expected_part) != NULL);
    if (!expected_part) PL_CHECK_TEXT(apart.err, "");
    pl_strbuf_finish(&text);
}

static void test_expand__equal_networks_earn_a_warning(void) {
    check_warning("  - attnres_full\n  - {name: attnres_block, block_size: 1}\n",
                  "t.yaml:7:5: \"attnres_block\" builds the same network as \"attnres_full\"");
    check_warning("  - attnres_full\n  - {name: attnres_block, block_size: 2}\n", NULL);
    check_warning("  - attnres_full\n  - {name: attnres_block, block_size: 1, train.lr: 1}\n",
                  NULL);
    check_warning("  - standard\n  - rescaled\n  - attnres_full\n", NULL);
    check_warning("  - attnres_full\n  - {name: attnres_block, block_size: 2}\n"
                  "sweep: {variant.window: [full, 1]}\n",
                  NULL);
}

/* A study of two entries, one with a rate of its own, and the training [train], with [sweep]. */
static void check_effect(const char *train, const char *sweep, const char *expected_part) {
    char variants[512];
    snprintf(variants, sizeof variants,
             "  - standard\n  - attnres_full\ntrain: {steps: 20%s%s}\n%s%s", *train ? ", " : "",
             train, *sweep ? "sweep: " : "", sweep);
    check_warning(variants, expected_part);
}

static void test_expand__what_changes_nothing_earns_a_warning(void) {
    static const struct {
        const char *train, *sweep, *said; /* "": no word */
    } cases[] = {
        {"", "{train.weight_decay: [0, 0.1, 1000]}", "axis train.weight_decay changes nothing"},
        {"optimizer: adamw", "{train.weight_decay: [0, 0.1]}", ""},
        {"", "{train.momentum: [0, 0.9]}", "axis train.momentum changes nothing"},
        {"optimizer: sgd", "{train.momentum: [0, 0.9]}", ""},
        {"", "{train.momentum: [0, 0.9], train.optimizer: [adam, sgd]}", ""},
        {"optimizer: sgd", "{train.beta1: [0, 0.9]}", "axis train.beta1 changes nothing"},
        {"", "{train.warmup: [2, 5]}", "axis train.warmup changes nothing"},
        {"schedule: warmup_cosine", "{train.warmup: [2, 5]}", ""},
        {"schedule: warmup_cosine", "{train.decay: [2, 5]}", "axis train.decay changes nothing"},
        {"schedule: wsd", "{train.decay: [2, 5]}", ""},
        {"", "{train.lr_min: [0, 0.5]}", "axis train.lr_min changes nothing"},
        {"schedule: cosine", "{train.lr_min: [0, 0.5]}", ""},
        {"", "{train.lr_mult: [1, 2]}", ""}, /* attnres_full has queries */
        {"", "{train.lr: [0.1, 0.2]}", ""},
        {"", "{task.structure: [0, 1]}", ""},
        {"momentum: 0.5", "", "train.momentum = 0.5 changes nothing"},
        {"momentum: 0.5, optimizer: sgd", "", ""},
        {"warmup: 5, schedule: wsd", "", ""},
    };
    for (size_t k = 0; k < COUNT(cases); k++)
        check_effect(cases[k].train, cases[k].sweep, *cases[k].said ? cases[k].said : NULL);
    check_warning("  - standard\n  - {name: standard, label: wd, train.weight_decay: 0.5}\n",
                  "\"wd\" builds the same network as \"standard\"");
}

/* A claim that no result can make hold, and a grid whose every value is an end. */
static void test_expand__what_is_out_of_reach_earns_a_warning(void) {
    static const struct {
        const char *rest, *said; /* "": no word */
    } cases[] = {
        {"seeds: 4\nclaims: [{better: attnres_full, than: standard}]\n",
         "cannot hold with 4 seeds"},
        {"seeds: 5\nclaims: [{better: attnres_full, than: standard}]\n", ""},
        {"seeds: 5\nclaims: [{bound: standard, above: 1}, {bound: standard, below: 2}]\n",
         "it takes 6"}, /* Holm: 2 / 2^5 is above .05 */
        {"seeds: 10\nclaims: [{divergence: standard, below: 0.1}]\n", "it takes 29"},
        {"seeds: 29\nclaims: [{divergence: standard, below: 0.1}]\n", ""},
        {"seeds: 9\nclaims: [{divergence: standard, below: 0}]\n", "no number of seeds will do"},
        {"seeds: 2\nclaims: [{equivalent: [standard, attnres_full]}]\n", ""},
        {"sweep: {train.lr: [0.1, 0.2]}\nselect: {over: train.lr}\n", "lies at an end of the grid"},
        {"sweep: {train.lr: [0.1, 0.2, 0.4]}\nselect: {over: train.lr}\n", ""},
    };
    for (size_t k = 0; k < COUNT(cases); k++) {
        char variants[512];
        snprintf(variants, sizeof variants, "  - standard\n  - attnres_full\n%s", cases[k].rest);
        check_warning(variants, *cases[k].said ? cases[k].said : NULL);
    }
}

static void test_expand__a_plan_has_a_limit(void) {
    const char *override = "train.lr=linspace(1,2,1000)";
    struct pl_experiment experiment;
    struct pl_cells cells;
    PL_REQUIRE_OK(
        pl_experiment_load_text(&experiment, "t.yaml", study, strlen(study), &override, 1));
    experiment.seed_count = 2;
    PL_REQUIRE_OK(pl_experiment_expand(&cells, &experiment));
    PL_CHECK_INT(cells.count, 36000);
    pl_cells_finish(&cells);
    pl_experiment_finish(&experiment);
    static const char *const more[] = {"train.lr=linspace(1,2,10000)", "seeds=6"};
    PL_REQUIRE_OK(pl_experiment_load_text(&experiment, "t.yaml", study, strlen(study), more, 2));
    PL_CHECK_FAILS(pl_experiment_expand(&cells, &experiment), PL_ECONFIG,
                   "command line: the study has more than 1000000 cells");
    pl_experiment_finish(&experiment);
}

const struct pl_test pl_suite_expand[] = {
    {"knows_its_place", test_expand__knows_its_place},
    {"text_is_every_setting", test_expand__text_is_every_setting},
    {"text_binds_again", test_expand__text_binds_again},
    {"identity_ignores_names_and_order", test_expand__identity_ignores_names_and_order},
    {"identity_follows_every_setting", test_expand__identity_follows_every_setting},
    {"auto_is_what_it_comes_to", test_expand__auto_is_what_it_comes_to},
    {"seeds_go_first_in_breadth", test_expand__seeds_go_first_in_breadth},
    {"cells_outlive_their_study", test_expand__cells_outlive_their_study},
    {"precedence", test_expand__precedence},
    {"command_line_beats_the_entry", test_expand__command_line_beats_the_entry},
    {"several_tasks", test_expand__several_tasks},
    {"an_option_of_every_variant_is_an_axis", test_expand__an_option_of_every_variant_is_an_axis},
    {"equal_networks_earn_a_warning", test_expand__equal_networks_earn_a_warning},
    {"what_is_out_of_reach_earns_a_warning", test_expand__what_is_out_of_reach_earns_a_warning},
    {"what_changes_nothing_earns_a_warning", test_expand__what_changes_nothing_earns_a_warning},
    {"a_plan_has_a_limit", test_expand__a_plan_has_a_limit},
    {0}};
