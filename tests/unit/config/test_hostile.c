/* Hostile: texts that are broken, malicious or merely wrong, on the whole way from bytes to structs.
 * None may crash, and each refusal is PL_ECONFIG with a sentence that names file:line:column. */
#include <stdint.h>
#include <stdlib.h>

#include "core/base/rng.h"
#include "core/base/strbuf.h"
#include "core/config/settings.h"
#include "core/config/yaml.h"
#include "tests/support/support.h"

struct host {
    long width, block, steps;
    double lr, decay;
    bool tied;
    int act;
    const char *note;
};

static const struct pl_option rows[] = {
    PL_OPTION_INT(struct host, width, "32", 1, 65536, "features of the residual stream"),
    PL_OPTION_AUTO_INT(struct host, block, "auto", 1, 64, "layers of a block"),
    PL_OPTION_WORD_INT(struct host, steps, "full", 1, 1e9, "steps"),
    PL_OPTION_REAL(struct host, lr, "1e-3", 0, 10, "learning rate"),
    PL_OPTION_REAL(struct host, decay, "0", -1, 1, "decay"),
    PL_OPTION_BOOL(struct host, tied, "false", "whether weights are tied"),
    PL_OPTION_CHOICE(struct host, act, "silu", "relu|gelu|silu|tanh", "activation"),
    PL_OPTION_TEXT(struct host, note, "none", "a remark"),
};
static const struct pl_options sections[] = {PL_OPTIONS("", rows), PL_OPTIONS("model", rows),
                                             PL_OPTIONS("train", rows)};

#define SECTIONS (sizeof sections / sizeof sections[0])

static const char study[] = "# a study that is well formed\n"
                            "note: does it hold?\n"
                            "model: {width: 50, block: auto, act: silu, tied: false}\n"
                            "train:\n"
                            "  lr: 1e-3\n"
                            "  steps: full\n"
                            "  note: |-\n"
                            "    \xc3\xa4hnlich wie \xe2\x82\xac\n"
                            "  decay: -0.5\n"
                            "model.note: \"a \\\"b\\\" \\u00e9\"\n"
                            "tied: 'true'\n";

/* ---- from bytes to structs ---------------------------------------------------------------- */

static bool is_known(const char *key) {
    const char *dot = strchr(key, '.');
    if (!dot) return true;
    for (size_t i = 0; i < SECTIONS; i++) {
        size_t length = strlen(sections[i].section);
        if (length > 0 && length == (size_t)(dot - key) &&
            strncmp(key, sections[i].section, length) == 0) {
            return true;
        }
    }
    return false;
}

/* Puts the scalars below [node] into [out] under dotted names. */
static enum pl_status flatten(struct pl_settings *out, struct pl_arena *arena, const char *prefix,
                              const struct pl_yaml *node) {
    if (node->kind != PL_YAML_MAP) {
        return pl_fail_at(node->place, "there is %s where a mapping is expected",
                          pl_yaml_kind_name(node->kind));
    }
    for (size_t i = 0; i < node->count; i++) {
        const struct pl_yaml *value = node->values[i];
        const char *key = pl_arena_printf(arena, "%s%s", prefix, node->keys[i]->text);
        if (value->kind == PL_YAML_MAP) {
            PL_TRY(flatten(out, arena, pl_arena_printf(arena, "%s.", key), value));
        } else if (value->kind == PL_YAML_LIST) {
            return pl_fail_at(value->place, "there is a list where a scalar is expected");
        } else if (!is_known(key)) {
            return pl_fail_at(node->keys[i]->place, "there is no such section");
        } else if (pl_settings_get(out, key)) {
            return pl_fail_at(node->keys[i]->place, "the key is set already");
        } else {
            pl_settings_set(out, key, value->text, value->place);
        }
    }
    return PL_OK;
}

static void check_round_trip(const struct pl_settings *settings, struct pl_arena *arena) {
    struct pl_settings again = {0};
    struct pl_strbuf text, second;
    pl_strbuf_init(&text);
    pl_strbuf_init(&second);
    pl_settings_write(settings, &text);
    PL_REQUIRE_OK(pl_settings_read(&again, arena, text.text));
    pl_settings_write(&again, &second);
    PL_CHECK_TEXT(second.text, text.text);
    PL_CHECK_INT((long long)again.count, (long long)settings->count);
    pl_strbuf_finish(&second);
    pl_strbuf_finish(&text);
    pl_settings_finish(&again);
}

static enum pl_status travel(struct pl_settings *settings, struct pl_arena *arena, const char *text,
                             size_t length) {
    const struct pl_yaml *root = NULL;
    PL_TRY(pl_yaml_load_text(&root, arena, "hostile.yaml", text, length));
    PL_TRY(flatten(settings, arena, "", root));
    check_round_trip(settings, arena);
    for (size_t i = 0; i < SECTIONS; i++) {
        struct host out = {0};
        PL_TRY(pl_settings_bind(settings, &sections[i], &out, arena));
    }
    return PL_OK;
}

/* The sentence begins with a place inside the text, goes on, and is safe to print. */
static void check_sentence(const char *message, const char *text, size_t length) {
    int line = 0, column = 0, used = 0, lines = 1;
    PL_CHECK_INT(sscanf(message, "hostile.yaml:%d:%d: %n", &line, &column, &used), 2);
    for (size_t i = 0; i < length; i++) {
        lines += text[i] == '\n' || text[i] == '\r' || text[i] == '\x85' || text[i] == '\xa8' ||
                 text[i] == '\xa9';
    }
    PL_CHECK(used > 0 && line >= 1 && line <= lines + 1 && column >= 1);
    PL_CHECK(strlen(message + used) > 10);
    PL_CHECK(strlen(message) < 1000);
    for (; *message; message++) PL_CHECK((unsigned char)*message >= 0x20 && *message != 0x7f);
}

/* Feeds [length] bytes from a heap block of exactly that size, so that a sanitizer sees any step
 * beyond the end. */
static enum pl_status feed(const char *text, size_t length) {
    struct pl_settings settings = {0};
    struct pl_arena arena = {0};
    char *exact = pl_alloc(length);
    if (length) memcpy(exact, text, length);
    enum pl_status status = travel(&settings, &arena, exact, length);
    PL_CHECK(status == PL_OK || status == PL_ECONFIG);
    if (status != PL_OK) check_sentence(pl_message(), text, length);
    pl_free(exact);
    pl_settings_finish(&settings);
    pl_arena_finish(&arena);
    return status;
}

static size_t refused; /* over all tests of this file */

static void check_refused(const char *text, size_t length, const char *part) {
    enum pl_status status = feed(text, length);
    if (status == PL_OK) printf("  accepted: %.*s\n", (int)(length < 200 ? length : 200), text);
    PL_CHECK_FAILS(status, PL_ECONFIG, part);
    refused += status != PL_OK;
}

static void test_hostile__the_study_itself_is_accepted(void) {
    PL_CHECK_INT(feed(study, sizeof study - 1), PL_OK);
}

/* ---- written by hand ---------------------------------------------------------------------- */

static const char *const malformed[] = {
    /* nothing */
    "",
    " ",
    "\n",
    "\n\n\n",
    "#",
    "# a comment",
    "---",
    "--- ",
    "---\n...",
    "...",
    "~",
    "--- ~",
    "---\n---",
    "\xef\xbb\xbf",
    "\xef\xbb\xbf# a",
    "%YAML 1.1\n---\n",
    "%YAML 1.2\n",
    "\r",
    "\r\n\r\n",
    /* not a mapping */
    "a",
    "- a",
    "[]",
    "[a, b]",
    "\"a\"",
    "'a'",
    "|\n a",
    ">\n a",
    "- - - a",
    "null",
    "3",
    "true",
    "- a: 1",
    "[a: 1]",
    "!",
    "&",
    "*",
    "|",
    ">",
    "?",
    ":",
    "-",
    ",",
    "@",
    "`",
    "%",
    "{",
    "[",
    "}",
    "]",
    "\"",
    "'",
    /* brackets and braces */
    "model: {",
    "model: }",
    "model: [",
    "model: ]",
    "model: {]",
    "model: [}",
    "model: {width: 3",
    "model: {width: 3]",
    "model: {width: 3}}",
    "model: {width: {a: 3}",
    "model: {{width: 3}}",
    "model: {width: 3,, lr: 1}",
    "model: {,}",
    "model: {width 3}",
    "model: [1, 2",
    "model: [1}",
    "{model: {width: 3}",
    "{{}}",
    "{[]: 1}",
    "model: {width: 3} trailing",
    "model: {width: 3}: 4",
    "model: {width: 3}\n}",
    "model:\n  {width: 3\n",
    "model: {width: [3}]",
    /* quotes */
    "note: \"open",
    "note: 'open",
    "note: \"a\" b",
    "note: 'a' b",
    "note: 'it's'",
    "note: \"\\q\"",
    "note: \"\\x\"",
    "note: \"\\xZZ\"",
    "note: \"\\u12\"",
    "note: \"\\uD800\"",
    "note: \"\\UFFFFFFFF\"",
    "note: \"\\U00110000\"",
    "note: \"\\",
    "note: \"a\\",
    "note: \"\\0\"",
    "note: \"\\x00\"",
    "note: \"\\u0000\"",
    "note: \"\\a\"",
    "note: \"\\e[31m\"",
    "note: \"\\n\"",
    "note: \"a\\tb\"",
    "\"note: 1",
    "'note: 1",
    "\"no\\0te\": 1",
    "note: \"a\n---\nb\"",
    /* indentation and tabs */
    "\tnote: a",
    "model:\n\twidth: 3",
    "model:\n \twidth: 3\n \tlr: 1",
    "model:\n  width: 3\n lr: 1",
    "model:\n    width: 3\n  lr: 1",
    " note: a\nmodel: {}",
    "note: a\n  lr: 1",
    "model: width: 3",
    "model:\nwidth: 3",
    "- a\nb: 1",
    "note: a\n- b",
    "model:\n  - width: 3\n lr: 1",
    "note: |\na\n  b: c: d",
    "note: |x\n a",
    "note: |0\n a",
    "note: |12\n a",
    "note: >++\n a",
    /* keys */
    "a",
    "a:1",
    "a b",
    ": 1",
    ":",
    "? ",
    "? a",
    "? a\n? b",
    "? [a]\n: 1",
    "? {a: b}\n: 1",
    "{a}: 1",
    "[a]: 1",
    "{}: 1",
    "[]: 1",
    "~: 1",
    "\"\": 1",
    "'': 1",
    "note: 1\nnote: 2",
    "{note: 1, note: 2}",
    "{note: 1, \"note\": 2}",
    "note: 1\n'note': 2",
    "model: {width: 1, width: 2}",
    "model: {}\nmodel: {}",
    "model: {width: 1}\nmodel.width: 2",
    "model.width: 2\nmodel: {width: 1}",
    "<<: {note: 1}",
    "<<: [{note: 1}]",
    "model: {<<: {width: 3}}",
    "? note",
    "note: 1\n? lr",
    "- ? a",
    "note: 1\n\"lr\" 2",
    /* nothing where something is expected */
    "note:",
    "note: ",
    "note: ~",
    "note: # c",
    "model: {width: }",
    "model: {width}",
    "model: {width: ~}",
    "model:\n  width:\n  lr: 1",
    "model:",
    "model: ~",
    "note: [~]",
    "note: [,]",
    /* anchors, aliases, tags, directives, documents */
    "note: &a b",
    "note: *a",
    "note: &a",
    "note: & b",
    "note: *",
    "&a note: 1",
    "*a : 1",
    "a: &a [*a]",
    "model: &m {width: 3}\ntrain: *m",
    "note: &a b\nlr: *a",
    "&a {note: 1}",
    "base: &b {width: 1}\nmodel: {<<: *b}",
    "note: !!str a",
    "lr: !!float 1",
    "note: ! a",
    "note: !x a",
    "note: !<tag:x> a",
    "note: !<",
    "note: !!",
    "!!map {note: 1}",
    "model: !!map {width: 3}",
    "!!python/object/apply:os.system [ls]",
    "note: !!binary aGk=",
    "note: !h!x a",
    "!!str note: 1",
    "%TAG ! tag:x,2000:\n---\nnote: 1",
    "%TAG !e! tag:x:\n--- !e!a\nnote: 1",
    "%YAML 3.0\n---\nnote: 1",
    "%YAML\n---\nnote: 1",
    "%YAML 1.1\n%YAML 1.1\n---\nnote: 1",
    "%YAML 999999999999.1\n---\na: 1",
    "%FOO\nnote: 1",
    "%",
    "note: 1\n---\nlr: 1",
    "note: 1\n---",
    "---\nnote: 1\n---\n",
    "note: 1\n...\nlr: 1",
    "note: 1\n...\n---\nlr: 1",
    "--- note: 1",
    "--- {note: 1}\n--- {lr: 1}",
    "note: 1\n%YAML 1.1\n---\n",
    /* wrong kinds */
    "note: [a]",
    "note: {a: 1}",
    "lr: [1]",
    "lr: {x: 1}",
    "model: 3",
    "model: [width]",
    "model: [{width: 3}]",
    "model: {width: {x: 1}}",
    "model: {width: [1, 2]}",
    "train: text",
    "tied: [true]",
    "act: [relu]",
    /* unknown names */
    "widht: 3",
    "model: {widht: 3}",
    "model.widht: 3",
    "modle: {width: 3}",
    "modle.width: 3",
    "zebra: 1",
    "Model: {width: 3}",
    "model..width: 3",
    ".width: 3",
    "model.: 3",
    ".: 3",
    "..: 3",
    "model.width.: 3",
    "train: {model: {width: 3}}",
    "WIDTH: 3",
    "model: {\"width \": 3}",
    "model: {\" width\": 3}",
    "\"model width\": 3",
    "\"a = b\": 1",
    "\"a\\nb\": 1",
    "\"\\u202e\": 1",
    "\xc3\xa4: 1",
    "__proto__: 1",
    "%s%n: 1",
    "model: {\"%s%s%s%n\": 1}",
    "../../etc/passwd: 1",
    "$(reboot): 1",
};

static void test_hostile__malformed_texts_earn_a_place(void) {
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
        check_refused(malformed[i], strlen(malformed[i]), "hostile.yaml:");
    }
}

/* ---- wrong values ------------------------------------------------------------------------- */

static const char *const numbers[] = {
    "1e999",
    "-1e999",
    "1e-999",
    "nan",
    "NaN",
    ".nan",
    ".NaN",
    "-.nan",
    "inf",
    "Inf",
    ".inf",
    "-.inf",
    "+.inf",
    "infinity",
    "0x10",
    "0X1p3",
    "0o17",
    "0b11",
    "1_000",
    "1,000",
    "1 000",
    "1'000",
    "12:30:45",
    "1e",
    "1e+",
    "e5",
    ".",
    "+",
    "'-'",
    "--1",
    "+-1",
    "1-",
    "1.2.3",
    "1e2.5",
    "1e2e3",
    "1f",
    "1.0f",
    "1L",
    "10%",
    "$5",
    "1/3",
    "2^10",
    "1e3 x",
    "x1",
    "\xd9\xa1",
    "\xef\xbc\x91",
    "\xc2\xbd",
    "\xe2\x88\x92\x31",
    "\" 1\"",
    "\"1 \"",
    "\"\"",
    "\"1\\n\"",
    "1\xc2\xa0",
    "true",
    "null",
    "one",
    "99999999999999999999999",
    "-99999999999999999999999",
    "1e400",
    "123456789012345678901234567890e-1",
    "-5",
    "1e18",
};

static void test_hostile__wrong_numbers_earn_a_place(void) {
    static const char *const keys[] = {"width", "lr", "block", "steps"};
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
            char text[160], part[80];
            int length = snprintf(text, sizeof text, "model:\n  %s: %s\n", keys[k], numbers[i]);
            snprintf(part, sizeof part, "hostile.yaml:2:%d: in model: %s is ",
                     (int)strlen(keys[k]) + 5, keys[k]);
            check_refused(text, (size_t)length, part);
        }
    }
}

static void test_hostile__wrong_words_earn_a_place(void) {
    static const char *const words[] = {
        "Tru", "FALS",        "y",           "n",    "of",           "oui",       "1",
        "0",   "\"\"",        "relu|gelu",   "RELU", "|-\n    true", "\"true \"", "null",
        "tru", "\"true\\n\"", "\xd1\x82rue", "rel",  "relux"};
    static const char *const keys[] = {"tied", "act"};
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
            char text[160];
            if (k == 0 && strcmp(words[i], "|-\n    true") == 0) continue; /* that is true */
            int length = snprintf(text, sizeof text, "model:\n  %s: %s\n", keys[k], words[i]);
            check_refused(text, (size_t)length,
                          k == 0 ? "t takes true or false" : "t takes relu, ");
        }
    }
}

/* ---- bytes -------------------------------------------------------------------------------- */

/* Puts [count] bytes into the study at [at] and expects [part]. */
static void check_inserted(const char *bytes, size_t count, size_t at, const char *part) {
    char text[sizeof study + 16];
    memcpy(text, study, at);
    memcpy(text + at, bytes, count);
    memcpy(text + at + count, study + at, sizeof study - 1 - at);
    check_refused(text, sizeof study - 1 + count, part);
}

static const size_t spots[] = {0, 5, 31, 60, 120, sizeof study - 1};

#define SPOTS (sizeof spots / sizeof spots[0])

static void test_hostile__control_bytes_earn_a_place(void) {
    for (int c = 0; c < 0x80; c++) {
        const char byte = (char)c;
        char part[64];
        if ((c >= 0x20 && c != 0x7f) || c == '\t' || c == '\n' || c == '\r') continue;
        snprintf(part, sizeof part, "the control character U+%04X", (unsigned)c);
        for (size_t i = 0; i < SPOTS; i++) check_inserted(&byte, 1, spots[i], part);
    }
}

static void test_hostile__bytes_that_are_not_utf8_earn_a_place(void) {
    static const char *const bytes[] = {"\x80",
                                        "\xbf",
                                        "\xc0\x80",
                                        "\xc1\xbf",
                                        "\xc3",
                                        "\xc3(",
                                        "\xe0\x80\x80",
                                        "\xe0\x9f\xbf",
                                        "\xe2\x82",
                                        "\xe2(\xa1",
                                        "\xed\xa0\x80",
                                        "\xed\xbf\xbf",
                                        "\xf0\x80\x80\x80",
                                        "\xf0\x8f\xbf\xbf",
                                        "\xf0\x9f\x98",
                                        "\xf4\x90\x80\x80",
                                        "\xf5\x80\x80\x80",
                                        "\xf8\x88\x80\x80\x80",
                                        "\xfc\x84\x80\x80\x80\x80",
                                        "\xfe",
                                        "\xff",
                                        "\xff\xfe",
                                        "\xfe\xff",
                                        "\xe4 Latin 1"};
    for (size_t i = 0; i < sizeof bytes / sizeof bytes[0]; i++) {
        for (size_t k = 0; k < SPOTS; k++) {
            check_inserted(bytes[i], strlen(bytes[i]), spots[k], "does not belong to UTF-8 text");
        }
    }
}

static void test_hostile__other_encodings_earn_a_place(void) {
    static const char utf16le[] = "\xff\xfe"
                                  "n\0o\0t\0e\0:\0 \0"
                                  "1";
    static const char utf16be[] = "\xfe\xff\0n\0o\0t\0e\0:\0 \0"
                                  "1";
    static const char bare16[] = "n\0o\0t\0e\0:\0 \0"
                                 "1";
    static const char utf32[] = "\0\0\xfe\xff\0\0\0n\0\0\0o";
    static const char gzip[] = "\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\xcb";
    static const char elf[] = "\x7f"
                              "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0";
    check_refused(utf16le, sizeof utf16le, "hostile.yaml:1:1: the byte 0xff");
    check_refused(utf16be, sizeof utf16be, "hostile.yaml:1:1: the byte 0xfe");
    check_refused(bare16, sizeof bare16, "hostile.yaml:1:2: the control character U+0000");
    check_refused(utf32, sizeof utf32, "hostile.yaml:1:1: the control character U+0000");
    check_refused(gzip, sizeof gzip, "hostile.yaml:1:1: the control character U+001F");
    check_refused(elf, sizeof elf, "hostile.yaml:1:1: the control character U+007F");
}

/* ---- size --------------------------------------------------------------------------------- */

static void check_repeated(const char *before, const char *unit, size_t times, const char *after,
                           const char *part) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_strbuf_add(&text, before);
    for (size_t i = 0; i < times; i++) pl_strbuf_add(&text, unit);
    pl_strbuf_add(&text, after);
    check_refused(text.text, text.length, part);
    pl_strbuf_finish(&text);
}

static void test_hostile__bombs_earn_a_place(void) {
    static const char *const openers[] = {"[",  "{a: ", "- ",    "[{a: ",    "{? ",
                                          "? ", "[? [", "- - [", "{\"a\": ", "? - "};
    static const size_t depths[] = {65, 100, 1000, 10000, 100000};
    for (size_t i = 0; i < sizeof openers / sizeof openers[0]; i++) {
        for (size_t k = 0; k < sizeof depths / sizeof depths[0]; k++) {
            check_repeated("model: \n  ", openers[i], depths[k], "", "hostile.yaml:");
        }
    }
    check_repeated("", "x", 2u << 20, "", "more than 1048576 bytes");
    check_repeated("note: ", "x", (1u << 20) + 1, "", "more than 1048576 bytes");
    check_repeated("lr: ", "9", 1000000, "", "too large for a number");
    check_repeated("width: ", "9", 1000000, "", "too large for a whole number");
    check_repeated("lr: 0.", "0", 1000000, "x", "not a number");
    check_repeated("lr: 1e", "9", 1000000, "", "too large for a number");
    check_repeated("lr: 1e-", "9", 1000000, "", "too small");
    check_repeated("act: ", "x", 1000000, "", "xxx...\"");
    check_repeated("", "k", 1000, ": 1", "kkk...\"");
    check_repeated("", "k", 1025, ": 1", "hostile.yaml:1:");
    check_repeated("", "k", 1000000, ": 1", "hostile.yaml:1:");
    check_repeated("? ", "k", 1000000, "\n: 1", "kkk...\"");
    check_repeated("note: \"", "\\x41", 250000, "\\n\"", "holds a control character");
    check_repeated("note: \"", "\n", 1000000, "", "hostile.yaml:");
    check_repeated("note: ", "[],", 100000, "", "hostile.yaml:1:");
    check_repeated("note: [", "[],", 100001, "]", "more than 100000 values");
    check_repeated("model: {", "width: 3, ", 30000, "}", "stands at 1:9 already");
    check_repeated("", "note: 3\n", 30000, "", "hostile.yaml:2:1: the key \"note\"");
    check_repeated("", "#", 1000000, "", "there is nothing to read");
    check_repeated("", "\n", 1000000, "", "there is nothing to read");
    check_repeated("", " ", 1000000, "\t: 1", "hostile.yaml:1:");
    check_repeated("note: ", "&a ", 300000, "b", "the anchor \"a\"");
    check_repeated("note: !", "t", 1000000, " b", "the tag ");
    check_repeated("note: &", "t", 1000000, " b", "the anchor ");
    check_repeated("note: *", "t", 1000000, "", "the alias ");
    check_repeated("note: 1\n", "---\nnote: 1\n", 50000, "", "hostile.yaml:2:1: a second document");
    check_repeated("%", "Y", 1000000, "\n---\na: 1", "hostile.yaml:");
}

static void test_hostile__a_billion_laughs_are_not_heard(void) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_strbuf_add(&text, "a0: &a0 [\"lol\", \"lol\"]\n");
    for (int i = 1; i < 40; i++) {
        pl_strbuf_addf(&text, "a%d: &a%d [*a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1, i - 1);
    }
    check_refused(text.text, text.length, "hostile.yaml:1:5: the anchor \"a0\" is not accepted");
    pl_strbuf_finish(&text);
}

/* A mapping of many keys must not take time that grows with their square. */
static void test_hostile__many_keys_are_refused_in_good_time(void) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    for (int i = 0; i < 49000; i++) {
        pl_strbuf_addf(&text, "k%d: 1\n", (i * 7919) % 49000);
        if (i == 4000) check_refused(text.text, text.length, "a study has no option \"k0\"");
    }
    pl_strbuf_add(&text, "k17: 1\n");
    check_refused(text.text, text.length, "hostile.yaml:49001:1: the key \"k17\" stands at ");
    pl_strbuf_finish(&text);
}

/* ---- generated: anything may come out, but only a study or a sentence --------------------- */

static void test_hostile__every_beginning_is_a_study_or_a_sentence(void) {
    size_t counts[2] = {0};
    for (size_t length = 0; length < sizeof study; length++) {
        counts[feed(study, length) == PL_OK]++;
        counts[feed(study + length, sizeof study - 1 - length) == PL_OK]++;
    }
    PL_CHECK(counts[0] > 100 && counts[1] > 10);
}

static void test_hostile__every_changed_byte_is_a_study_or_a_sentence(void) {
    static const char changes[] = "\0\x01\t\n\r \"#%&'*,-.:>?@[\\]`{|}~0e\x80\xc3\xff";
    char text[sizeof study];
    size_t failed = 0;
    memcpy(text, study, sizeof study);
    for (size_t at = 0; at < sizeof study - 1; at++) {
        for (size_t i = 0; i < sizeof changes - 1; i++) {
            text[at] = changes[i];
            failed += feed(text, sizeof study - 1) != PL_OK;
        }
        text[at] = study[at];
    }
    PL_CHECK(failed > 3000);
}

static void test_hostile__random_tokens_are_a_study_or_a_sentence(void) {
    static const char *const tokens[] = {
        "model",    "train",  "width", "lr",  "note",  ": ",    ":",        "\n",
        "\n  ",     "\n    ", "- ",    "{",   "}",     "[",     "]",        ", ",
        "\"",       "'",      "#",     " # ", "|",     ">",     "|-\n",     "&a ",
        "*a",       "!!str ", "!",     "%",   "---\n", "...\n", "? ",       "~",
        "1",        "1e-3",   "auto",  "<<",  "\t",    "\\",    "\xc3\xa4", "\xe2\x80\xa8",
        "\xc2\x85", "\r",     "."};
    struct pl_rng rng;
    size_t failed = 0;
    pl_rng_init(&rng, 1, "hostile-tokens");
    for (int trial = 0; trial < 20000; trial++) {
        char text[512] = "";
        size_t count = (size_t)pl_rng_below(&rng, 24);
        for (size_t i = 0; i < count; i++) {
            strcat(text, tokens[pl_rng_below(&rng, sizeof tokens / sizeof tokens[0])]);
        }
        failed += feed(text, strlen(text)) != PL_OK;
    }
    PL_CHECK(failed > 10000);
}

static void test_hostile__random_bytes_are_refused(void) {
    struct pl_rng rng;
    pl_rng_init(&rng, 1, "hostile-bytes");
    for (int trial = 0; trial < 2000; trial++) {
        char bytes[64];
        size_t length = 16 + (size_t)pl_rng_below(&rng, sizeof bytes - 16);
        for (size_t i = 0; i < length; i++) bytes[i] = (char)pl_rng_below(&rng, 256);
        PL_CHECK_INT(feed(bytes, length), PL_ECONFIG);
    }
}

/* Last: the tests above that must be refused are as many as were promised. */
static void test_hostile__were_more_than_three_hundred(void) {
    PL_CHECK(refused >= 300);
}

const struct pl_test pl_suite_hostile[] = {
    {"the_study_itself_is_accepted", test_hostile__the_study_itself_is_accepted},
    {"malformed_texts_earn_a_place", test_hostile__malformed_texts_earn_a_place},
    {"wrong_numbers_earn_a_place", test_hostile__wrong_numbers_earn_a_place},
    {"wrong_words_earn_a_place", test_hostile__wrong_words_earn_a_place},
    {"control_bytes_earn_a_place", test_hostile__control_bytes_earn_a_place},
    {"bytes_that_are_not_utf8_earn_a_place", test_hostile__bytes_that_are_not_utf8_earn_a_place},
    {"other_encodings_earn_a_place", test_hostile__other_encodings_earn_a_place},
    {"bombs_earn_a_place", test_hostile__bombs_earn_a_place},
    {"a_billion_laughs_are_not_heard", test_hostile__a_billion_laughs_are_not_heard},
    {"many_keys_are_refused_in_good_time", test_hostile__many_keys_are_refused_in_good_time},
    {"every_beginning_is_a_study_or_a_sentence",
     test_hostile__every_beginning_is_a_study_or_a_sentence},
    {"every_changed_byte_is_a_study_or_a_sentence",
     test_hostile__every_changed_byte_is_a_study_or_a_sentence},
    {"random_tokens_are_a_study_or_a_sentence",
     test_hostile__random_tokens_are_a_study_or_a_sentence},
    {"random_bytes_are_refused", test_hostile__random_bytes_are_refused},
    {"were_more_than_three_hundred", test_hostile__were_more_than_three_hundred},
    {0},
};
