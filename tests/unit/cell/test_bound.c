/* Bound: settings become structs, `auto` and defaults become settings, and what does not fit is refused
 * at the place of the setting at fault. */
#include "core/base/strbuf.h"
#include "experiments/cell/bound.h"
#include "tests/support/support.h"

/* Settings as a study gives them: setting number n (from 1) stands in file "s", line n, column 1. */
static void fill(struct pl_settings *out, const char *const *pairs) {
    for (int n = 1; pairs[0]; pairs += 2, n++)
        pl_settings_set(out, pairs[0], pairs[1], (struct pl_place){"s", n, 1});
}

static enum pl_status make(struct pl_bound *out, const char *const *pairs) {
    struct pl_settings settings = {0};
    fill(&settings, pairs);
    enum pl_status status = pl_bound_make(out, &settings, 0);
    pl_settings_finish(&settings);
    return status;
}

#define PAIRS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define HOST       "variant.name", "standard", "task.name", "linear_mix", "model.width", "8"
#define IN_LINE(n) "s:" #n ":1: "

static void test_bound__every_part_is_there(void) {
    struct pl_bound bound;
    PL_REQUIRE_OK(make(&bound, PAIRS(HOST, "task.dim", "5", "seed", "18446744073709551615",
                                     "backend", "ref", "diagnostics.norms", "true")));
    PL_CHECK(bound.seed == UINT64_MAX);
    PL_CHECK_TEXT(pl_backend_name(bound.backend), "ref");
    PL_CHECK_TEXT(bound.task->name, "linear_mix");
    PL_CHECK_INT(bound.shape.in, 5);
    PL_CHECK_INT(bound.io.out, 5);
    PL_CHECK(!bound.io.classes);
    PL_CHECK_INT(bound.model.host.width, 8);
    PL_CHECK_TEXT(bound.model.residual->name, "standard");
    PL_CHECK_INT(bound.train.steps, 300);
    PL_CHECK(bound.diagnostics.norms && !bound.diagnostics.gradients);
    pl_bound_finish(&bound);
}

static void test_bound__defaults_and_auto_become_settings(void) {
    struct pl_bound bound;
    PL_REQUIRE_OK(make(&bound, PAIRS(HOST, "train.schedule", "wsd", "train.steps", "200")));
    const struct pl_settings *settings = &bound.settings;
    PL_CHECK_TEXT(pl_settings_value(settings, "backend", ""), "cpu");
    PL_CHECK_TEXT(pl_settings_value(settings, "model.hidden", ""), "32");
    PL_CHECK_TEXT(pl_settings_value(settings, "model.prenorm", ""), "true");
    PL_CHECK_TEXT(pl_settings_value(settings, "train.warmup", ""), "20");
    PL_CHECK_TEXT(pl_settings_value(settings, "train.decay", ""), "40");
    PL_CHECK_TEXT(pl_settings_value(settings, "task.dim", ""), "50");
    PL_CHECK_INT(pl_settings_get(settings, "task.dim")->place.line, 2);     /* of task.name */
    PL_CHECK_INT(pl_settings_get(settings, "model.depth")->place.line, 1);  /* of the entry */
    PL_CHECK_INT(pl_settings_get(settings, "train.steps")->place.line, 5);  /* its own */
    PL_CHECK_INT(pl_settings_get(settings, "model.hidden")->place.line, 1); /* auto: a default */
    pl_bound_finish(&bound);
}

static void test_bound__binds_to_itself(void) {
    struct pl_bound bound, again;
    struct pl_strbuf text, twice;
    pl_strbuf_init(&text);
    pl_strbuf_init(&twice);
    PL_REQUIRE_OK(make(&bound, PAIRS("variant.name", "attnres_block", "task.name", "random_labels",
                                     "task.load", "2", "train.schedule", "warmup_cosine")));
    pl_settings_write(&bound.settings, &text);
    PL_REQUIRE_OK(pl_bound_read(&again, text.text));
    pl_settings_write(&again.settings, &twice);
    PL_CHECK_TEXT(twice.text, text.text);
    PL_CHECK_INT(again.model.host.hidden, bound.model.host.hidden);
    const struct pl_task_common *one = bound.task_options, *two = again.task_options;
    PL_CHECK_INT(two->samples, one->samples);
    PL_CHECK(one->samples != 1000); /* measured by the model */
    pl_bound_finish(&again);
    pl_bound_finish(&bound);
    pl_strbuf_finish(&twice);
    pl_strbuf_finish(&text);
}

static void test_bound__every_refusal_has_its_place(void) {
    static const struct {
        const char *pairs[20];
        const char *said;
    } cases[] = {
        {{"variant.name", "standard", "task.name", "lineer_mix"}, "lineer_mix"},
        {{"variant.name", "standart", "task.name", "null"}, "standart"},
        {{HOST, "model.depht", "3"}, IN_LINE(4) "model has no option \"depht\""},
        {{HOST, "model.depth", "0"}, IN_LINE(4)},
        {{HOST, "model.kind", "cnn"}, IN_LINE(4) "no host is called \"cnn\""},
        {{"variant.name", "standard", "task.name", "linear"}, IN_LINE(2) "there is no task"},
        {{"task.name", "linear_mix", "variant.name", "standart"}, IN_LINE(2) "no variant"},
        {{HOST, "model.embed", "none", "task.dim", "5"}, IN_LINE(4) "model.embed is none"},
        {{HOST, "model.head", "none", "task.dim", "5"}, IN_LINE(4) "model.head is none"},
        {{HOST, "model.head", "none"}, IN_LINE(4) "model.head is none"},
        {{"task.name", "linear_mix", "variant.name", "postnorm", "model.prenorm", "true"},
         IN_LINE(3) "model.prenorm is true"},
        {{HOST, "task.dims", "5"}, IN_LINE(4) "task has no option \"dims\""},
        {{"variant.name", "standard", "task.name", "parity", "task.bits", "4", "task.subset", "9"},
         IN_LINE(4) "in task: "},
        {{"variant.name", "standard", "task.name", "random_labels", "task.structure", "1"},
         IN_LINE(3) "in task: "},
        {{HOST, "train.warmup", "300", "train.steps", "200", "train.schedule", "wsd"},
         IN_LINE(4) "in train: "},
        {{HOST, "train.batch", "0"}, IN_LINE(4) "in train: batch is \"0\""},
        {{HOST, "variant.block_size", "3"}, IN_LINE(4) "variant has no option \"block_size\""},
        {{"variant.name", "attnres_full", "task.name", "linear_mix", "model.width", "10",
          "variant.heads", "3"},
         IN_LINE(4)},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct pl_bound bound;
        PL_CHECK_FAILS(make(&bound, cases[k].pairs), PL_ECONFIG, cases[k].said);
        PL_CHECK(bound.settings.items == NULL); /* empty after a failure */
    }
    struct pl_bound bound;
    PL_CHECK_FAILS(make(&bound, PAIRS(HOST, "backend", "gpu")), PL_EBACKEND, IN_LINE(4));
    PL_CHECK_FAILS(pl_bound_read(&bound, "seed"), PL_ECONFIG, "settings:1:1: ");
    PL_CHECK_FAILS(pl_bound_read(&bound, "task.name = linear_mix\ntrain.lr = no\n"), PL_ECONFIG,
                   "settings:2:12: ");
}

const struct pl_test pl_suite_bound[] = {
    {"every_part_is_there", test_bound__every_part_is_there},
    {"defaults_and_auto_become_settings", test_bound__defaults_and_auto_become_settings},
    {"binds_to_itself", test_bound__binds_to_itself},
    {"every_refusal_has_its_place", test_bound__every_refusal_has_its_place},
    {0}};
