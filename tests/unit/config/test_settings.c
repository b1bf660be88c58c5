/* Settings: against a plain unsorted list, through text and back, and bound to structs. */
#include <stdint.h>
#include <stdlib.h>

#include "core/base/rng.h"
#include "core/base/vec.h"
#include "core/config/settings.h"
#include "tests/support/support.h"

struct host {
    long width, block;
    double lr;
    int act;
    const char *note;
};

static const struct pl_option rows[] = {
    PL_OPTION_INT(struct host, width, "32", 1, 65536, "features of the residual stream"),
    PL_OPTION_AUTO_INT(struct host, block, "auto", 1, 64, "layers of a block"),
    PL_OPTION_REAL(struct host, lr, "1e-3", 0, 10, "learning rate"),
    PL_OPTION_CHOICE(struct host, act, "silu", "relu|gelu|silu|tanh", "activation"),
    PL_OPTION_TEXT(struct host, note, "none", "a remark"),
};
static const struct pl_options model = PL_OPTIONS("model", rows);
static const struct pl_options bare = PL_OPTIONS("", rows);
static const struct pl_options none = {"empty", rows, 0};

static const struct pl_place here = {"x.yaml", 4, 30};
static const struct pl_place command_line = {"command line", 0, 0};

static void check_written(const struct pl_settings *settings, const char *expected) {
    struct pl_strbuf out;
    pl_strbuf_init(&out);
    pl_settings_write(settings, &out);
    PL_CHECK_TEXT(out.text, expected);
    pl_strbuf_finish(&out);
}

static void test_settings__writes_keys_in_order(void) {
    struct pl_settings settings = {0};
    check_written(&settings, "");
    pl_settings_set(&settings, "train.lr", "0.003", command_line);
    pl_settings_set(&settings, "model.depth", "10", here);
    pl_settings_set(&settings, "model.note", "", here);
    pl_settings_set(&settings, "model", "mlp", here);
    pl_settings_set(&settings, "train.lr", "0.001", here);
    check_written(&settings, "model = mlp\nmodel.depth = 10\nmodel.note = \ntrain.lr = 0.001\n");
    PL_CHECK_INT(pl_settings_get(&settings, "train.lr")->place.line, 4);
    PL_CHECK_TEXT(pl_settings_value(&settings, "model.depth", "none"), "10");
    PL_CHECK_TEXT(pl_settings_value(&settings, "model.dept", "none"), "none");
    PL_CHECK(pl_settings_value(&settings, "train", NULL) == NULL);
    pl_settings_finish(&settings);
    PL_CHECK_INT((long long)settings.count, 0);
    pl_settings_finish(&settings);
    pl_settings_finish(NULL);
}

static void test_settings__spells_what_would_be_ambiguous(void) {
    struct pl_settings settings = {0};
    pl_settings_set(&settings, "a b = c", "x\n y = \\z", here);
    check_written(&settings, "a\\sb\\s=\\sc = x\\n y = \\\\z\n");
    pl_settings_finish(&settings);
}

static void test_settings__keeps_copies_apart(void) {
    struct pl_settings one = {0}, two = {0};
    pl_settings_set(&one, "a", "1", here);
    pl_settings_copy(&two, &one);
    pl_settings_set(&two, "a", "2", here);
    pl_settings_set(&two, "b", "3", here);
    check_written(&one, "a = 1\n");
    check_written(&two, "a = 2\nb = 3\n");
    pl_settings_finish(&one);
    pl_settings_finish(&two);
}

static void test_settings__agrees_with_a_plain_list(void) {
    for (uint64_t seed = 0; seed < 100; seed++) {
        char keys[40][8], values[400][8];
        const char *plain[40] = {0};
        struct pl_settings settings = {0};
        struct pl_rng rng;
        size_t distinct = 0;
        pl_rng_init(&rng, seed, "settings-list");
        for (int i = 0; i < 40; i++) snprintf(keys[i], sizeof keys[i], "k%d", i * 7);
        for (int step = 0; step < 400; step++) {
            size_t k = (size_t)pl_rng_below(&rng, 40);
            snprintf(values[step], sizeof values[step], "v%d", step);
            distinct += plain[k] == NULL;
            plain[k] = values[step];
            pl_settings_set(&settings, keys[k], values[step], here);
            k = (size_t)pl_rng_below(&rng, 40);
            PL_CHECK(pl_settings_value(&settings, keys[k], NULL) == plain[k]);
            PL_CHECK_INT((long long)settings.count, (long long)distinct);
        }
        for (size_t i = 1; i < settings.count; i++) {
            PL_CHECK(strcmp(settings.items[i - 1].key, settings.items[i].key) < 0);
        }
        pl_settings_finish(&settings);
    }
}

/* ---- text --------------------------------------------------------------------------------- */

static const char *random_text(struct pl_rng *rng, struct pl_arena *arena, size_t least) {
    static const char *const pieces[] = {"a", "b",  ".",   "_",  " ",  "=", " = ", "\\",       "n",
                                         "s", "\n", "\\n", "\r", "\t", "#", "\"",  "\xc3\xa4", "0"};
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    size_t count = least + (size_t)pl_rng_below(rng, 8);
    for (size_t i = 0; i < count; i++) {
        pl_strbuf_add(&text, pieces[pl_rng_below(rng, sizeof pieces / sizeof pieces[0])]);
    }
    const char *copy = pl_arena_strdup(arena, text.text);
    pl_strbuf_finish(&text);
    return copy;
}

static void check_same(const struct pl_settings *a, const struct pl_settings *b) {
    PL_REQUIRE(a->count == b->count);
    for (size_t i = 0; i < a->count; i++) {
        PL_CHECK_TEXT(a->items[i].key, b->items[i].key);
        PL_CHECK_TEXT(a->items[i].value, b->items[i].value);
    }
}

static void test_settings__come_back_from_text(void) {
    for (uint64_t seed = 0; seed < 2000; seed++) {
        struct pl_settings settings = {0}, again = {0};
        struct pl_arena arena = {0};
        struct pl_strbuf text;
        struct pl_rng rng;
        pl_rng_init(&rng, seed, "settings-text");
        pl_strbuf_init(&text);
        size_t count = (size_t)pl_rng_below(&rng, 12);
        for (size_t i = 0; i < count; i++) {
            const char *key = random_text(&rng, &arena, 1);
            pl_settings_set(&settings, key, random_text(&rng, &arena, 0), here);
        }
        pl_settings_write(&settings, &text);
        size_t lines = 0;
        for (const char *at = text.text; *at; at++) lines += *at == '\n';
        PL_CHECK_INT((long long)lines, (long long)settings.count);
        PL_REQUIRE_OK(pl_settings_read(&again, &arena, text.text));
        check_same(&again, &settings);
        check_written(&again, text.text);
        pl_strbuf_finish(&text);
        pl_settings_finish(&again);
        pl_settings_finish(&settings);
        pl_arena_finish(&arena);
    }
}

static void test_settings__write_one_text_whatever_the_order(void) {
    char keys[30][8];
    uint32_t order[30];
    struct pl_rng rng;
    struct pl_strbuf first;
    pl_strbuf_init(&first);
    pl_rng_init(&rng, 1, "settings-order");
    for (int i = 0; i < 30; i++) snprintf(keys[i], sizeof keys[i], "m.k%d", i);
    for (int trial = 0; trial < 50; trial++) {
        struct pl_settings settings = {0};
        pl_rng_permutation(&rng, order, 30);
        for (int i = 0; i < 30; i++) {
            pl_settings_set(&settings, keys[order[i]], keys[order[i]] + 2, here);
        }
        if (trial == 0) pl_settings_write(&settings, &first);
        check_written(&settings, first.text);
        pl_settings_finish(&settings);
    }
    pl_strbuf_finish(&first);
}

static void test_settings__refuse_text_that_is_not_theirs(void) {
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"a = 1\nb", "settings:2:1: the last line does not end; the text was cut short"},
        {"a = 1\n\n", "settings:2:1: the line is not of the form \"key = value\""},
        {"a=1\n", "settings:1:1: the line is not of the form \"key = value\""},
        {"a =1\n", "settings:1:1: the line is not of the form \"key = value\""},
        {"a =\n", "settings:1:1: the line is not of the form \"key = value\""},
        {" = 1\n", "settings:1:1: the line is not of the form \"key = value\""},
        {"a = 1\na = 2\n", "settings:2:1: the key \"a\" is set twice"},
        {"a = \\x\n", "settings:1:1: a backslash is followed by neither \\, n nor s"},
        {"a = 1\\\n", "settings:1:1: a backslash is followed by neither \\, n nor s"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pl_settings settings = {0};
        struct pl_arena arena = {0};
        PL_CHECK_INT(pl_settings_read(&settings, &arena, cases[i].text), PL_ECONFIG);
        PL_CHECK_TEXT(pl_message(), cases[i].message);
        pl_settings_finish(&settings);
        pl_arena_finish(&arena);
    }
}

static void test_settings__know_where_they_were_read(void) {
    struct pl_settings settings = {0};
    struct pl_arena arena = {0};
    PL_REQUIRE_OK(pl_settings_read(&settings, &arena, "a = 1\nmodel.width = 7\n"));
    const struct pl_setting *width = pl_settings_get(&settings, "model.width");
    PL_CHECK_TEXT(width->place.file, "settings");
    PL_CHECK_INT(width->place.line, 2);
    PL_CHECK_INT(width->place.column, 15);
    pl_settings_finish(&settings);
    pl_arena_finish(&arena);
}

/* ---- option rows -------------------------------------------------------------------------- */

static void test_settings__take_defaults_for_what_is_missing(void) {
    struct pl_settings settings = {0};
    struct pl_arena arena = {0};
    pl_settings_set(&settings, "model.width", "64", here);
    pl_settings_set(&settings, "width", "1", here);
    PL_REQUIRE_OK(pl_settings_add_defaults(&settings, &model, &arena));
    check_written(&settings, "model.act = silu\nmodel.block = auto\nmodel.lr = 0.001\n"
                             "model.note = none\nmodel.width = 64\nwidth = 1\n");
    PL_CHECK_TEXT(pl_settings_get(&settings, "model.lr")->place.file, "default");
    PL_CHECK_INT(pl_settings_get(&settings, "model.lr")->place.line, 0);
    PL_CHECK_TEXT(pl_settings_get(&settings, "model.width")->place.file, "x.yaml");
    pl_settings_finish(&settings);
    PL_REQUIRE_OK(pl_settings_add_defaults(&settings, &bare, &arena));
    check_written(&settings, "act = silu\nblock = auto\nlr = 0.001\nnote = none\nwidth = 32\n");
    pl_settings_finish(&settings);
    pl_arena_finish(&arena);
}

static void test_settings__fill_a_struct(void) {
    struct pl_settings settings = {0};
    struct pl_arena arena = {0};
    struct host out = {0};
    pl_settings_set(&settings, "model.width", "64", here);
    pl_settings_set(&settings, "model.act", "tanh", here);
    pl_settings_set(&settings, "modelling.x", "another section", here);
    pl_settings_set(&settings, "model", "not of the section either", here);
    PL_REQUIRE_OK(pl_settings_bind(&settings, &model, &out, &arena));
    PL_CHECK_INT(out.width, 64);
    PL_CHECK_INT(out.act, 3);
    PL_CHECK_INT(out.block, -1);
    PL_CHECK(out.lr == 0.001);
    PL_CHECK_TEXT(out.note, "none");
    pl_settings_finish(&settings);
    pl_arena_finish(&arena);
}

static void test_settings__fill_the_same_struct_with_and_without_defaults(void) {
    struct pl_settings settings = {0};
    struct pl_arena arena = {0};
    struct host before = {0}, after = {0};
    pl_settings_set(&settings, "model.lr", "0.5", here);
    PL_REQUIRE_OK(pl_settings_bind(&settings, &model, &before, &arena));
    PL_REQUIRE_OK(pl_settings_add_defaults(&settings, &model, &arena));
    PL_REQUIRE_OK(pl_settings_bind(&settings, &model, &after, &arena));
    PL_CHECK_INT(after.width, before.width);
    PL_CHECK_INT(after.block, before.block);
    PL_CHECK(after.lr == before.lr);
    PL_CHECK_INT(after.act, before.act);
    PL_CHECK_TEXT(after.note, before.note);
    pl_settings_finish(&settings);
    pl_arena_finish(&arena);
}

static void test_settings__complain_with_the_place(void) {
    static const struct {
        const struct pl_options *options;
        const char *key, *value;
        const struct pl_place *place;
        const char *message;
    } cases[] = {
        {&model, "model.width", "0", &here,
         "x.yaml:4:30: in model: width is \"0\", which is below the smallest accepted; it takes a "
         "whole number from 1 to 65536"},
        {&model, "model.act", "rleu", &command_line,
         "command line: in model: act is \"rleu\", which is not one of its words; did you mean "
         "\"relu\"? It takes relu, gelu, silu or tanh"},
        {&model, "model.widht", "3", &here,
         "x.yaml:4:30: model has no option \"widht\"; did you mean \"width\"? It has width, block, "
         "lr, act and note"},
        {&model, "model.zebra", "3", &command_line,
         "command line: model has no option \"zebra\"; it has width, block, lr, act and note"},
        {&model, "model.width.x", "3", &here,
         "x.yaml:4:30: model has no option \"width.x\"; did you mean \"width\"? It has width, "
         "block, lr, act and note"},
        {&model, "model.", "3", &here,
         "x.yaml:4:30: model has no option \"\"; it has width, block, lr, act and note"},
        {&bare, "widht", "3", &here,
         "x.yaml:4:30: a study has no option \"widht\"; did you mean \"width\"? It has width, "
         "block, lr, act and note"},
        {&bare, "lr", "fast", &here,
         "x.yaml:4:30: lr is \"fast\", which is not a number; it takes a number from 0 to 10"},
        {&none, "empty.x", "3", &here, "x.yaml:4:30: empty has no option \"x\"; it has none"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pl_settings settings = {0};
        struct pl_arena arena = {0};
        struct host out = {0};
        pl_settings_set(&settings, cases[i].key, cases[i].value, *cases[i].place);
        PL_CHECK_INT(pl_settings_bind(&settings, cases[i].options, &out, &arena), PL_ECONFIG);
        PL_CHECK_TEXT(pl_message(), cases[i].message);
        pl_settings_finish(&settings);
        pl_arena_finish(&arena);
    }
}

static void test_settings__name_a_default_that_is_wrong(void) {
    static const struct pl_option wrong[] = {
        PL_OPTION_INT(struct host, width, "none", 1, 9, "a default that does not fit")};
    static const struct pl_options options = PL_OPTIONS("model", wrong);
    struct pl_settings settings = {0};
    struct pl_arena arena = {0};
    struct host out = {0};
    PL_CHECK_FAILS(pl_settings_add_defaults(&settings, &options, &arena), PL_ECONFIG,
                   "the default of model.width: width is \"none\"");
    PL_CHECK_FAILS(pl_settings_bind(&settings, &options, &out, &arena), PL_ECONFIG,
                   "the default of width: width is \"none\"");
    pl_settings_finish(&settings);
    pl_arena_finish(&arena);
}

static void test_settings__differ_side_by_side(void) {
    struct pl_settings a = {0}, b = {0};
    struct pl_arena arena = {0};
    PL_REQUIRE_OK(pl_settings_read(&a, &arena, "a.x = 1\na.y = 2\nb.z = 3\n"));
    PL_REQUIRE_OK(pl_settings_read(&b, &arena, "a.y = 2\nb.z = 4\nc.w = 5\n"));
    static const char *const expected[][3] = {
        {"a.x", "1", "-"}, {"b.z", "3", "4"}, {"c.w", "-", "5"}};
    struct pl_settings_walk walk = {&a, &b, 0, 0};
    const char *key, *left, *right;
    size_t count = 0;
    for (; pl_settings_differ(&walk, &key, &left, &right) && count < 3; count++) {
        PL_CHECK_TEXT(key, expected[count][0]);
        PL_CHECK_TEXT(left, expected[count][1]);
        PL_CHECK_TEXT(right, expected[count][2]);
    }
    PL_CHECK(count == 3);
    pl_settings_finish(&a);
    pl_settings_finish(&b);
    pl_arena_finish(&arena);
}

const struct pl_test pl_suite_settings[] = {
    {"differ_side_by_side", test_settings__differ_side_by_side},
    {"writes_keys_in_order", test_settings__writes_keys_in_order},
    {"spells_what_would_be_ambiguous", test_settings__spells_what_would_be_ambiguous},
    {"keeps_copies_apart", test_settings__keeps_copies_apart},
    {"agrees_with_a_plain_list", test_settings__agrees_with_a_plain_list},
    {"come_back_from_text", test_settings__come_back_from_text},
    {"write_one_text_whatever_the_order", test_settings__write_one_text_whatever_the_order},
    {"refuse_text_that_is_not_theirs", test_settings__refuse_text_that_is_not_theirs},
    {"know_where_they_were_read", test_settings__know_where_they_were_read},
    {"take_defaults_for_what_is_missing", test_settings__take_defaults_for_what_is_missing},
    {"fill_a_struct", test_settings__fill_a_struct},
    {"fill_the_same_struct_with_and_without_defaults",
     test_settings__fill_the_same_struct_with_and_without_defaults},
    {"complain_with_the_place", test_settings__complain_with_the_place},
    {"name_a_default_that_is_wrong", test_settings__name_a_default_that_is_wrong},
    {0},
};
