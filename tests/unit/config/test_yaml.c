/* Yaml: a second writer with its own count of lines and columns, iconv as the judge of UTF-8, and the
 * exact sentence that each mistake earns. */
#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/base/rng.h"
#include "core/base/strbuf.h"
#include "core/base/vec.h"
#include "core/config/yaml.h"
#include "tests/support/support.h"

static enum pl_status load(const struct pl_yaml **out, struct pl_arena *arena, const char *text) {
    return pl_yaml_load_text(out, arena, "x.yaml", text, strlen(text));
}

static void check_place(const struct pl_yaml *node, int line, int column) {
    PL_REQUIRE(node != NULL);
    PL_CHECK_TEXT(node->place.file, "x.yaml");
    PL_CHECK_INT(node->place.line, line);
    PL_CHECK_INT(node->place.column, column);
}

static void test_yaml__remembers_where_everything_stood(void) {
    struct pl_arena arena = {0};
    const struct pl_yaml *root = NULL, *node;
    PL_REQUIRE_OK(load(&root, &arena,
                       "# a study\n"
                       "model: {width: 50, name: \"a b\"}\n"
                       "list:\n"
                       "  - one\n"
                       "  - [2, 'drei']\n"));
    PL_CHECK_INT(root->kind, PL_YAML_MAP);
    PL_CHECK_INT((long long)root->count, 2);
    check_place(root, 2, 1);
    check_place(root->keys[0], 2, 1);
    check_place(root->keys[1], 3, 1);
    node = pl_yaml_get(root, "model");
    check_place(node, 2, 8);
    check_place(node->keys[0], 2, 9);
    check_place(pl_yaml_get(node, "width"), 2, 16);
    check_place(pl_yaml_get(node, "name"), 2, 26);
    PL_CHECK_TEXT(pl_yaml_get(node, "width")->text, "50");
    PL_CHECK_TEXT(pl_yaml_get(node, "name")->text, "a b");
    node = pl_yaml_get(root, "list");
    PL_CHECK_INT(node->kind, PL_YAML_LIST);
    PL_CHECK_INT((long long)node->count, 2);
    check_place(node->values[0], 4, 5);
    check_place(node->values[1], 5, 5);
    check_place(node->values[1]->values[1], 5, 9);
    PL_CHECK_TEXT(node->values[1]->values[1]->text, "drei");
    pl_arena_finish(&arena);
}

static void test_yaml__counts_columns_in_characters(void) {
    struct pl_arena arena = {0};
    const struct pl_yaml *root = NULL;
    PL_REQUIRE_OK(load(&root, &arena, "{\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80: 1, b: 2}"));
    check_place(root->keys[0], 1, 2);
    check_place(root->values[0], 1, 7);
    check_place(root->keys[1], 1, 10);
    PL_CHECK_FAILS(load(&root, &arena, "a: \xc3\xa4\xc3\xa4\x01"), PL_ECONFIG, "x.yaml:1:6: ");
    PL_CHECK_FAILS(load(&root, &arena, "a: 1\r\nb: 2\rc: \x02"), PL_ECONFIG, "x.yaml:3:4: ");
    PL_CHECK_FAILS(load(&root, &arena, "#\xc2\x85#\xe2\x80\xa8#\xe2\x80\xa9 \x02"), PL_ECONFIG,
                   "x.yaml:4:2: ");
    PL_CHECK_FAILS(load(&root, &arena, "#\xc2\x85#\xe2\x80\xa8#\xe2\x80\xa9 \na: @"), PL_ECONFIG,
                   "x.yaml:5:4: ");
    pl_arena_finish(&arena);
}

static void test_yaml__keeps_text_as_written(void) {
    static const char *const plain[] = {"1e-3", "0.001", "True", "null",  "0x10",  "1_000", "-0",
                                        ".inf", "yes",   "010",  "12:30", "a\\nb", "=",     "1.50"};
    struct pl_arena arena = {0};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        const struct pl_yaml *root = NULL;
        char text[64];
        snprintf(text, sizeof text, "a: %s\n", plain[i]);
        PL_REQUIRE_OK(load(&root, &arena, text));
        PL_CHECK_TEXT(root->values[0]->text, plain[i]);
        snprintf(text, sizeof text, "a: '%s'\n", plain[i]);
        PL_REQUIRE_OK(load(&root, &arena, text));
        PL_CHECK_TEXT(root->values[0]->text, plain[i]);
    }
    const struct pl_yaml *root = NULL;
    PL_REQUIRE_OK(load(&root, &arena, "a: \"\"\nb: '~'\nc: |\n  one\n  two\nd: \"x\\ty\"\n"));
    PL_CHECK_TEXT(root->values[0]->text, "");
    PL_CHECK_TEXT(root->values[1]->text, "~");
    PL_CHECK_TEXT(root->values[2]->text, "one\ntwo\n");
    PL_CHECK_TEXT(root->values[3]->text, "x\ty");
    pl_arena_finish(&arena);
}

static void test_yaml__gives_each_mistake_its_sentence(void) {
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "x.yaml:1:1: there is nothing to read here but blanks and comments; write \"key: "
             "value\" lines"},
        {"# only\n\n# comments\n", "x.yaml:1:1: there is nothing to read here but blanks and "
                                   "comments; write \"key: value\" lines"},
        {"~", "x.yaml:1:1: there is nothing here; write a value, or \"\" for empty text"},
        {"a: 1\nseeds: ~\n", "x.yaml:2:8: \"seeds\" has no value; write one, or leave the key out"},
        {"a: 1\nseeds:\nb: 2\n",
         "x.yaml:2:7: \"seeds\" has no value; write one, or leave the key out"},
        {"{a, b: 1}", "x.yaml:1:3: \"a\" has no value; write one, or leave the key out"},
        {"a: [1, ~]", "x.yaml:1:8: there is nothing here; write a value, or \"\" for empty text"},
        {"a: *there", "x.yaml:1:4: the alias \"there\" is not accepted; write the value out"},
        {"a: &here 1",
         "x.yaml:1:4: the anchor \"here\" is not accepted; write the value without it"},
        {"a: &here [1]",
         "x.yaml:1:4: the anchor \"here\" is not accepted; write the value without it"},
        {"a: &here {b: 1}",
         "x.yaml:1:4: the anchor \"here\" is not accepted; write the value without it"},
        {"a: !!int 3", "x.yaml:1:4: the tag \"!!int\" is not accepted; write the "
                       "value without it"},
        {"a: ! 3", "x.yaml:1:4: the tag \"!\" is not accepted; write the value without it"},
        {"a: !mine [3]",
         "x.yaml:1:4: the tag \"!mine\" is not accepted; write the value without it"},
        {"%TAG ! tag:x,2000:\n--- a\n", "x.yaml:1:1: a %TAG directive is not accepted; remove it"},
        {"a: 1\nb:\n  <<: {c: 1}\n",
         "x.yaml:3:3: the merge key << is not accepted; write the keys out"},
        {"a: 1\nb: 2\na: 3\n",
         "x.yaml:3:1: the key \"a\" stands at 1:1 already; keep one of the two"},
        {"m: {b: 1, c: 2, \"b\": 3}",
         "x.yaml:1:17: the key \"b\" stands at 1:5 already; keep one of the two"},
        {"a: 1\n---\nb: 2\n",
         "x.yaml:2:1: a second document begins here; one file holds one document"},
        {"a: 1\n...\n---\nb: 2\n",
         "x.yaml:3:1: a second document begins here; one file holds one document"},
        {"[a]: 1", "x.yaml:1:1: a list cannot be a key; a key is a word"},
        {"? {a: 1}\n: 1", "x.yaml:1:3: a mapping cannot be a key; a key is a word"},
        {"~: 1", "x.yaml:1:1: there is no key before the colon; write one"},
        {"\"\": 1", "x.yaml:1:1: there is no key before the colon; write one"},
        {"a: \"x\\0y\"", "x.yaml:1:4: the text holds a zero byte (\\0), which is not accepted"},
        {"a: b: c",
         "x.yaml:1:5: this is not YAML: mapping values are not allowed in this context; "
         "text that holds \": \" needs quotes, and the keys of one mapping begin in one column"},
        {"a:\n\tb: 1", "x.yaml:2:1: this is not YAML: found character that cannot start any token "
                       "while scanning for the next token that begins at 2:1; indent with blanks, "
                       "not tabs, and put text that begins with @, ` or % in quotes"},
        {"a: [1, 2\nb: 3\n",
         "x.yaml:2:2: this is not YAML: did not find expected ',' or ']' while parsing a flow "
         "sequence that begins at 1:4; close the bracket, or separate the items by commas"},
        {"a: \"open\nb: 3\n", "x.yaml:3:1: this is not YAML: found unexpected end of stream while "
                              "scanning a quoted scalar that begins at 1:4; close the quotes"},
        {"a: \xff", "x.yaml:1:4: the byte 0xff does not belong to UTF-8 text; save the file as "
                    "UTF-8"},
        {"a: 1\nb: \x1b[1m", "x.yaml:2:4: the control character U+001B has no place in text; "
                             "remove it"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pl_arena arena = {0};
        const struct pl_yaml *root = NULL;
        PL_CHECK_INT(load(&root, &arena, rows[i].text), PL_ECONFIG);
        PL_CHECK_TEXT(pl_message(), rows[i].message);
        PL_CHECK(root == NULL);
        pl_arena_finish(&arena);
    }
}

static void test_yaml__refuses_a_zero_byte_in_the_text(void) {
    struct pl_arena arena = {0};
    const struct pl_yaml *root = NULL;
    PL_CHECK_FAILS(pl_yaml_load_text(&root, &arena, "x.yaml", "a: 1\nb\0: 2", 11), PL_ECONFIG,
                   "x.yaml:2:2: the control character U+0000");
    pl_arena_finish(&arena);
}

/* ---- limits ------------------------------------------------------------------------------- */

static void repeat(struct pl_strbuf *out, const char *text, size_t times) {
    for (size_t i = 0; i < times; i++) pl_strbuf_add(out, text);
}

/* Loads prefix, [times] copies of [text], suffix; PL_OK or a refusal that contains [part]. */
static void check_repeated(const char *prefix, const char *text, size_t times, const char *suffix,
                           const char *part) {
    struct pl_arena arena = {0};
    const struct pl_yaml *root = NULL;
    struct pl_strbuf all;
    pl_strbuf_init(&all);
    pl_strbuf_add(&all, prefix);
    repeat(&all, text, times);
    pl_strbuf_add(&all, suffix);
    enum pl_status status = pl_yaml_load_text(&root, &arena, "x.yaml", all.text, all.length);
    if (part) {
        PL_CHECK_FAILS(status, PL_ECONFIG, part);
    } else {
        PL_REQUIRE_OK(status);
    }
    pl_strbuf_finish(&all);
    pl_arena_finish(&arena);
}

static void test_yaml__holds_its_limits_to_the_last_one(void) {
    const size_t mib = (size_t)1 << 20;
    check_repeated("a: ", "x", mib - 3, "", NULL);
    check_repeated("a: ", "x", mib - 2, "", "x.yaml:1:1: the text has more than 1048576 bytes");
    check_repeated("[", "1,", 99999, "]", NULL);
    check_repeated("[", "1,", 100000, "]", "x.yaml:1:200000: the text has more than 100000 values");
    check_repeated("- [[[", "[", 60,
                   "1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
                   "x.yaml:1:66: values are nested more than 64 deep");
    check_repeated("", "[", 64, "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
                   NULL);
    check_repeated("", "[", 65, "", "x.yaml:1:65: values are nested more than 64 deep");
    check_repeated("", "- ", 65, "1", "x.yaml:1:129: values are nested more than 64 deep");
    /* the 64th mapping opens at column 253; its key is one level deeper */
    check_repeated("", "{a: ", 65, "", "x.yaml:1:254: values are nested more than 64 deep");
}

static void test_yaml__is_quick_to_refuse_a_megabyte_of_nonsense(void) {
    static const char *const units[] = {"[",   "{", "- ",  "? ", "a: ",  "\"", "'x",
                                        "&a ", "!", "*a ", "[]", "{}: ", "%",  "|\n",
                                        ">",   "#", "\n",  "\t", ","};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        struct pl_arena arena = {0};
        const struct pl_yaml *root = NULL;
        struct pl_strbuf all;
        pl_strbuf_init(&all);
        repeat(&all, units[i], (((size_t)1 << 20) / strlen(units[i])));
        PL_CHECK_FAILS(pl_yaml_load_text(&root, &arena, "x.yaml", all.text, all.length), PL_ECONFIG,
                       "x.yaml:");
        pl_strbuf_finish(&all);
        pl_arena_finish(&arena);
    }
}

/* ---- a second writer ---------------------------------------------------------------------- */

/* Writes random flow and block collections, noting where each value begins in the order in which a
 * walk of the tree meets them (a mapping before its keys, a key before its value). */
struct writer {
    struct pl_rng rng;
    struct pl_strbuf text;
    int line, column;
    PL_VEC(struct pl_place) places;
    PL_VEC(enum pl_yaml_kind) kinds;
    PL_VEC(char *) texts; /* of scalars */
};

static void put(struct writer *w, const char *text) {
    pl_strbuf_add(&w->text, text);
    for (; *text; text++) {
        if (*text == '\n') {
            w->line++;
            w->column = 1;
        } else if (((unsigned char)*text & 0xc0) != 0x80) {
            w->column++;
        }
    }
}

static void note(struct writer *w, enum pl_yaml_kind kind) {
    PL_VEC_PUSH(&w->places, (struct pl_place){"x.yaml", w->line, w->column});
    PL_VEC_PUSH(&w->kinds, kind);
}

static void put_scalar(struct writer *w, long unique) {
    static const char *const stems[] = {"w",  "1e-3x", "\xc3\xbc",        "a b",
                                        "~~", "3.5_",  "\xf0\x9f\x98\x80"};
    static const char *const quotes[] = {"", "'", "\""};
    const char *quote = quotes[pl_rng_below(&w->rng, 3)];
    char text[64];
    snprintf(text, sizeof text, "%s%ld", stems[pl_rng_below(&w->rng, 7)], unique);
    note(w, PL_YAML_SCALAR);
    PL_VEC_PUSH(&w->texts, pl_strdup(text));
    put(w, quote);
    put(w, text);
    put(w, quote);
}

static void put_gap(struct writer *w) {
    static const char *const gaps[] = {"", " ", "   ", "\n ", " # ] not this\n\n  "};
    put(w, gaps[pl_rng_below(&w->rng, 5)]);
}

static void put_flow(struct writer *w, int depth) {
    size_t count = (size_t)pl_rng_below(&w->rng, 5);
    uint64_t kind = depth > 5 ? 0 : pl_rng_below(&w->rng, 3);
    if (kind == 0) {
        put_scalar(w, (long)pl_rng_below(&w->rng, 1000));
        return;
    }
    note(w, kind == 1 ? PL_YAML_LIST : PL_YAML_MAP);
    put(w, kind == 1 ? "[" : "{");
    for (size_t i = 0; i < count; i++) {
        if (i) put(w, ",");
        put(w, " ");
        put_gap(w);
        if (kind == 2) {
            put_scalar(w, (long)(1000 + i));
            put(w, ": ");
            put_gap(w);
        }
        put_flow(w, depth + 1);
    }
    put_gap(w);
    put(w, kind == 1 ? "]" : "}");
}

static void put_block(struct writer *w) {
    note(w, PL_YAML_MAP);
    size_t count = 1 + (size_t)pl_rng_below(&w->rng, 4);
    for (size_t i = 0; i < count; i++) {
        put_scalar(w, (long)(1000 + i));
        put(w, ": ");
        put_flow(w, 0);
        put(w, "\n");
    }
}

struct walk {
    size_t nodes, scalars;
};

static void walk_tree(struct walk *walk, const struct writer *w, const struct pl_yaml *node) {
    PL_REQUIRE(walk->nodes < w->places.count);
    check_place(node, w->places.items[walk->nodes].line, w->places.items[walk->nodes].column);
    PL_REQUIRE(node->kind == w->kinds.items[walk->nodes]);
    walk->nodes++;
    if (node->kind == PL_YAML_SCALAR) {
        PL_CHECK_TEXT(node->text, w->texts.items[walk->scalars++]);
    }
    for (size_t i = 0; i < node->count; i++) {
        if (node->kind == PL_YAML_MAP) walk_tree(walk, w, node->keys[i]);
        walk_tree(walk, w, node->values[i]);
    }
}

static void test_yaml__agrees_with_a_second_writer(void) {
    for (uint64_t seed = 0; seed < 500; seed++) {
        struct writer w = {.line = 1, .column = 1};
        struct pl_arena arena = {0};
        const struct pl_yaml *root = NULL;
        struct walk walk = {0};
        pl_rng_init(&w.rng, seed, "yaml-writer");
        pl_strbuf_init(&w.text);
        put_block(&w);
        PL_REQUIRE_OK(load(&root, &arena, w.text.text));
        walk_tree(&walk, &w, root);
        PL_CHECK_INT((long long)walk.nodes, (long long)w.places.count);
        for (size_t i = 0; i < w.texts.count; i++) pl_free(w.texts.items[i]);
        PL_VEC_FINISH(&w.texts);
        PL_VEC_FINISH(&w.kinds);
        PL_VEC_FINISH(&w.places);
        pl_strbuf_finish(&w.text);
        pl_arena_finish(&arena);
    }
}

/* The first key in the text that stands earlier too, found by comparing all with all. */
static void test_yaml__names_the_first_repeated_key(void) {
    for (uint64_t seed = 0; seed < 300; seed++) {
        int keys[24], again = -1, first = -1;
        struct pl_rng rng;
        struct pl_strbuf text;
        struct pl_arena arena = {0};
        const struct pl_yaml *root = NULL;
        pl_rng_init(&rng, seed, "yaml-keys");
        pl_strbuf_init(&text);
        for (int i = 0; i < 24; i++) {
            keys[i] = (int)pl_rng_below(&rng, 400);
            pl_strbuf_addf(&text, "k%d: 1\n", keys[i]);
            for (int j = 0; j < i && again < 0; j++) {
                if (keys[j] != keys[i]) continue;
                first = j;
                again = i;
            }
        }
        enum pl_status status = load(&root, &arena, text.text);
        PL_CHECK_INT(status, again < 0 ? PL_OK : PL_ECONFIG);
        if (again >= 0) {
            char expected[128];
            snprintf(expected, sizeof expected,
                     "x.yaml:%d:1: the key \"k%d\" stands at %d:1 already; keep one of the two",
                     again + 1, keys[again], first + 1);
            PL_CHECK_TEXT(pl_message(), expected);
        }
        pl_strbuf_finish(&text);
        pl_arena_finish(&arena);
    }
}

/* ---- UTF-8, judged by iconv --------------------------------------------------------------- */

enum verdict { VERDICT_BROKEN, VERDICT_CONTROL, VERDICT_BREAK, VERDICT_FINE };

static enum verdict judge(iconv_t judge, char *bytes, size_t count) {
    uint32_t wide[8];
    char *in = bytes, *out = (char *)wide;
    size_t in_left = count, out_left = sizeof wide;
    enum verdict verdict = VERDICT_FINE;
    iconv(judge, NULL, NULL, NULL, NULL);
    if (iconv(judge, &in, &in_left, &out, &out_left) == (size_t)-1) return VERDICT_BROKEN;
    for (uint32_t *c = wide; (char *)c < out; c++) {
        if (*c == 0x85 || *c == 0x2028 || *c == 0x2029) return VERDICT_BREAK;
        if (*c < 0xa0 || *c == 0xfeff || *c == 0xfffe || *c == 0xffff) verdict = VERDICT_CONTROL;
    }
    return verdict;
}

static void test_yaml__accepts_exactly_what_iconv_calls_utf8(void) {
    static const unsigned char leads[] = {0x80, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0,
                                          0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1,
                                          0xf3, 0xf4, 0xf5, 0xf8, 0xfc, 0xff};
    static const unsigned char tails[] = {0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xaf, 0xbb,
                                          0xbd, 0xbe, 0xbf, 0xc2, 0xe2, 0xff};
    iconv_t utf8 = iconv_open("UTF-32LE", "UTF-8");
    struct pl_rng rng;
    size_t counts[4] = {0};
    PL_REQUIRE(utf8 != (iconv_t)-1);
    pl_rng_init(&rng, 1, "yaml-utf8");
    for (int trial = 0; trial < 40000; trial++) {
        struct pl_arena arena = {0};
        const struct pl_yaml *root = NULL;
        char text[32] = "a: x #";
        size_t count = 1 + (size_t)pl_rng_below(&rng, 5);
        text[6] = (char)leads[pl_rng_below(&rng, sizeof leads)];
        for (size_t i = 1; i < count; i++)
            text[6 + i] = (char)tails[pl_rng_below(&rng, sizeof tails)];
        enum verdict verdict = judge(utf8, text + 6, count);
        enum pl_status status = load(&root, &arena, text);
        counts[verdict]++;
        if (verdict == VERDICT_FINE) PL_CHECK_INT(status, PL_OK);
        if (verdict == VERDICT_BROKEN) PL_CHECK_INT(status, PL_ECONFIG);
        if (verdict == VERDICT_CONTROL) PL_CHECK_FAILS(status, PL_ECONFIG, "has no place in text");
        pl_arena_finish(&arena);
    }
    iconv_close(utf8);
    PL_CHECK(counts[VERDICT_FINE] > 1000);
    PL_CHECK(counts[VERDICT_BROKEN] > 1000);
}

/* ---- files and the rest ------------------------------------------------------------------- */

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "wb");
    PL_REQUIRE(file != NULL);
    fputs(text, file);
    fclose(file);
}

static void test_yaml__loads_a_file_under_its_path(void) {
    struct pl_temp temp;
    struct pl_arena arena = {0};
    const struct pl_yaml *root = NULL;
    char path[300], expected[400];
    pl_temp_init(&temp);
    snprintf(path, sizeof path, "%s/study.yaml", temp.path);
    write_file(path, "\xef\xbb\xbf"
                     "a: 1\n");
    PL_REQUIRE_OK(pl_yaml_load_file(&root, &arena, path, NULL));
    PL_CHECK_TEXT(root->place.file, path);
    PL_CHECK_INT(root->place.line, 1);
    PL_CHECK_INT(root->place.column, 1);
    PL_CHECK_TEXT(pl_yaml_get(root, "a")->text, "1");
    write_file(path, "a: 1\na: 2\n");
    snprintf(expected, sizeof expected, "%s:2:1: the key \"a\"", path);
    PL_CHECK_FAILS(pl_yaml_load_file(&root, &arena, path, NULL), PL_ECONFIG, expected);
    snprintf(path, sizeof path, "%s/missing.yaml", temp.path);
    snprintf(expected, sizeof expected, "%s cannot be read: No such file", path);
    PL_CHECK_FAILS(pl_yaml_load_file(&root, &arena, path, NULL), PL_ECONFIG, expected);
    PL_CHECK_FAILS(pl_yaml_load_file(&root, &arena, temp.path, NULL), PL_ECONFIG, "cannot be read");
    PL_CHECK_FAILS(pl_yaml_load_file(&root, &arena, "/dev/zero", NULL), PL_ECONFIG,
                   "/dev/zero cannot be read: it is larger than 1048576 bytes");
    pl_temp_finish(&temp);
    pl_arena_finish(&arena);
}

static void test_yaml__copies_what_it_keeps(void) {
    struct pl_arena arena = {0};
    const struct pl_yaml *root = NULL;
    char name[] = "x.yaml", text[] = "key: value";
    PL_REQUIRE_OK(pl_yaml_load_text(&root, &arena, name, text, strlen(text)));
    memset(name, '#', strlen(name));
    memset(text, '#', strlen(text));
    PL_CHECK_TEXT(root->keys[0]->text, "key");
    PL_CHECK_TEXT(root->values[0]->text, "value");
    check_place(root, 1, 1);
    pl_arena_finish(&arena);
}

static void test_yaml__gets_nothing_from_what_is_no_map(void) {
    struct pl_arena arena = {0};
    const struct pl_yaml *root = NULL;
    PL_CHECK(pl_yaml_get(NULL, "a") == NULL);
    PL_REQUIRE_OK(load(&root, &arena, "[a, b]"));
    PL_CHECK(pl_yaml_get(root, "a") == NULL);
    PL_CHECK(pl_yaml_get(root->values[0], "a") == NULL);
    PL_REQUIRE_OK(load(&root, &arena, "{}"));
    PL_CHECK(pl_yaml_get(root, "a") == NULL);
    PL_CHECK_TEXT(pl_yaml_kind_name(PL_YAML_SCALAR), "a single value");
    PL_CHECK_TEXT(pl_yaml_kind_name(PL_YAML_LIST), "a list");
    PL_CHECK_TEXT(pl_yaml_kind_name(PL_YAML_MAP), "a mapping");
    pl_arena_finish(&arena);
}

static void test_yaml__complains_with_and_without_a_line(void) {
    const struct pl_place inside = {"x.yaml", 4, 30}, whole = {"command line", 0, 0};
    PL_CHECK_INT(pl_fail_at(inside, "depth %d", 3), PL_ECONFIG);
    PL_CHECK_TEXT(pl_message(), "x.yaml:4:30: depth 3");
    PL_CHECK_INT(pl_fail_at(whole, "%s", "100%s"), PL_ECONFIG);
    PL_CHECK_TEXT(pl_message(), "command line: 100%s");
}

const struct pl_test pl_suite_yaml[] = {
    {"remembers_where_everything_stood", test_yaml__remembers_where_everything_stood},
    {"counts_columns_in_characters", test_yaml__counts_columns_in_characters},
    {"keeps_text_as_written", test_yaml__keeps_text_as_written},
    {"gives_each_mistake_its_sentence", test_yaml__gives_each_mistake_its_sentence},
    {"refuses_a_zero_byte_in_the_text", test_yaml__refuses_a_zero_byte_in_the_text},
    {"holds_its_limits_to_the_last_one", test_yaml__holds_its_limits_to_the_last_one},
    {"is_quick_to_refuse_a_megabyte_of_nonsense",
     test_yaml__is_quick_to_refuse_a_megabyte_of_nonsense},
    {"agrees_with_a_second_writer", test_yaml__agrees_with_a_second_writer},
    {"names_the_first_repeated_key", test_yaml__names_the_first_repeated_key},
    {"accepts_exactly_what_iconv_calls_utf8", test_yaml__accepts_exactly_what_iconv_calls_utf8},
    {"loads_a_file_under_its_path", test_yaml__loads_a_file_under_its_path},
    {"copies_what_it_keeps", test_yaml__copies_what_it_keeps},
    {"gets_nothing_from_what_is_no_map", test_yaml__gets_nothing_from_what_is_no_map},
    {"complains_with_and_without_a_line", test_yaml__complains_with_and_without_a_line},
    {0},
};
