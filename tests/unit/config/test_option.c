/* Option: exact canonical texts and complaints; numbers judged by POSIX regular expressions and
 * strtod. */
#include <float.h>
#include <limits.h>
#include <regex.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/base/rng.h"
#include "core/config/option.h"
#include "tests/support/support.h"

struct host {
    long width;
    double lr, any;
    bool tied;
    int act;
    const char *note;
    long block, batch, signed_int;
};

static const struct pl_option rows[] = {
    PL_OPTION_INT(struct host, width, "32", 1, 65536, "features of the residual stream"),
    PL_OPTION_REAL(struct host, lr, "1e-3", 0, 10, "learning rate"),
    PL_OPTION_REAL(struct host, any, "0", -INFINITY, INFINITY, "any number"),
    PL_OPTION_BOOL(struct host, tied, "false", "whether weights are tied"),
    PL_OPTION_CHOICE(struct host, act, "silu", "relu|gelu|silu|tanh", "activation"),
    PL_OPTION_TEXT(struct host, note, "", "a remark"),
    PL_OPTION_AUTO_INT(struct host, block, "auto", 1, 64, "layers of a block"),
    PL_OPTION_WORD_INT(struct host, batch, "full", 1, 1e6, "samples of a batch"),
    PL_OPTION_INT(struct host, signed_int, "0", (double)LONG_MIN, (double)LONG_MAX,
                  "any whole number"),
};
static const struct pl_options host = PL_OPTIONS("model", rows);

static const struct pl_option *row_of(const char *name) {
    const struct pl_option *row = pl_option_find(&host, name);
    PL_REQUIRE(row != NULL);
    return row;
}

/* The canonical text of [text], in a buffer of the caller; "" and the complaint when refused. */
static enum pl_status canonical(char out[400], const char *name, const char *text) {
    struct pl_strbuf buf;
    pl_strbuf_init(&buf);
    enum pl_status status = pl_option_canonical(row_of(name), text, &buf);
    snprintf(out, 400, "%s", buf.text);
    pl_strbuf_finish(&buf);
    return status;
}

static void test_option__finds_rows_by_name(void) {
    PL_CHECK(pl_option_find(&host, "width") == &rows[0]);
    PL_CHECK(pl_option_find(&host, "signed_int") == &rows[8]);
    PL_CHECK(pl_option_find(&host, "Width") == NULL);
    PL_CHECK(pl_option_find(&host, "") == NULL);
}

static void test_option__gives_one_text_to_one_value(void) {
    static const struct {
        const char *name, *text, *canonical;
    } cases[] = {
        {"lr", "1e-3", "0.001"},
        {"lr", "0.001", "0.001"},
        {"lr", "1.0E-03", "0.001"},
        {"lr", "+.001", "0.001"},
        {"lr", "10", "10"},
        {"lr", "10.", "10"},
        {"lr", "1e1", "10"},
        {"lr", "0", "0"},
        {"lr", "-0", "0"},
        {"lr", "-0.0e5", "0"},
        {"lr", "0e999", "0"},
        {"lr", "0.1", "0.1"},
        {"lr", "1e-12", "1e-12"},
        {"any", "-2.50", "-2.5"},
        {"width", "1000", "1000"},
        {"width", "1e3", "1000"},
        {"width", "1000.0", "1000"},
        {"width", "+1000", "1000"},
        {"width", "0.1e4", "1000"},
        {"width", "01000", "1000"},
        {"width", "65536", "65536"},
        {"width", "1", "1"},
        {"tied", "true", "true"},
        {"tied", "false", "false"},
        {"act", "tanh", "tanh"},
        {"act", "relu", "relu"},
        {"note", "", ""},
        {"note", " a = b ", " a = b "},
        {"block", "auto", "auto"},
        {"block", "8", "8"},
        {"block", "8.0", "8"},
        {"batch", "full", "full"},
        {"batch", "1e6", "1000000"},
        {"signed_int", "-0", "0"},
        {"signed_int", "-7", "-7"},
        {"signed_int", "9223372036854775807", "9223372036854775807"},
        {"signed_int", "-9223372036854775808", "-9223372036854775808"},
        {"signed_int", "9007199254740992.0", "9007199254740992"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[400];
        PL_REQUIRE_OK(canonical(out, cases[i].name, cases[i].text));
        PL_CHECK_TEXT(out, cases[i].canonical);
    }
}

static void test_option__says_what_was_found_and_what_it_takes(void) {
    static const char *const width = "a whole number from 1 to 65536";
    static const struct {
        const char *name, *text, *message;
    } cases[] = {
        {"width", "abc",
         "width is \"abc\", which is not a number; it takes a whole number from 1 "
         "to 65536"},
        {"width", "0",
         "width is \"0\", which is below the smallest accepted; it takes a whole "
         "number from 1 to 65536"},
        {"width", "65537",
         "width is \"65537\", which is above the largest accepted; it takes a "
         "whole number from 1 to 65536"},
        {"width", "1.5",
         "width is \"1.5\", which is not a whole number; it takes a whole number "
         "from 1 to 65536"},
        {"width", "99999999999999999999",
         "width is \"99999999999999999999\", which is too large for a whole number; it takes a "
         "whole number from 1 to 65536"},
        {"signed_int", "1e17",
         "signed_int is \"1e17\", which is too large to be exact in this "
         "form; it takes a whole number"},
        {"lr", "1e999",
         "lr is \"1e999\", which is too large for a number; it takes a number from "
         "0 to 10"},
        {"lr", "1e-999",
         "lr is \"1e-999\", which is too small to be told from 0; it takes a "
         "number from 0 to 10"},
        {"lr", "nan", "lr is \"nan\", which is not a number; it takes a number from 0 to 10"},
        {"lr", "-1e-9",
         "lr is \"-1e-9\", which is below the smallest accepted; it takes a number "
         "from 0 to 10"},
        {"any", "x", "any is \"x\", which is not a number; it takes a number"},
        {"tied", "Tru",
         "tied is \"Tru\", which is neither; did you mean \"true\"? It takes true or false"},
        {"tied", "y", "tied is \"y\", which is neither; it takes true or false"},
        {"act", "rleu",
         "act is \"rleu\", which is not one of its words; did you mean \"relu\"? It takes relu, "
         "gelu, silu or tanh"},
        {"act", "SiLU",
         "act is \"SiLU\", which is not one of its words; did you mean \"silu\"? It takes relu, "
         "gelu, silu or tanh"},
        {"act", "",
         "act is \"\", which is not one of its words; it takes relu, gelu, silu or "
         "tanh"},
        {"act", "relu|gelu",
         "act is \"relu|gelu\", which is not one of its words; it takes relu, "
         "gelu, silu or tanh"},
        {"note", "a\nb",
         "note is \"a\\nb\", which holds a control character; it takes text on one "
         "line"},
        {"block", "automatic",
         "block is \"automatic\", which is not a number; it takes a whole "
         "number from 1 to 64, or auto"},
        {"block", "-1",
         "block is \"-1\", which is below the smallest accepted; it takes a whole "
         "number from 1 to 64, or auto"},
        {"batch", "0",
         "batch is \"0\", which is below the smallest accepted; it takes a whole "
         "number from 1 to 1000000, or full"},
        {"batch", "auto",
         "batch is \"auto\", which is not a number; it takes a whole number from "
         "1 to 1000000, or full"},
    };
    struct pl_strbuf takes;
    pl_strbuf_init(&takes);
    pl_option_accepted(row_of("width"), &takes);
    PL_CHECK_TEXT(takes.text, width);
    pl_strbuf_finish(&takes);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[400];
        PL_CHECK_INT(canonical(out, cases[i].name, cases[i].text), PL_ECONFIG);
        PL_CHECK_TEXT(pl_message(), cases[i].message);
        PL_CHECK_TEXT(out, "");
    }
}

static void test_option__tells_open_ranges(void) {
    static const struct {
        struct pl_option row;
        const char *text;
    } cases[] = {
        {{"a", PL_TYPE_REAL, 0, "1", 0, INFINITY, NULL, ""}, "a number of at least 0"},
        {{"a", PL_TYPE_REAL, 0, "1", -DBL_MAX, 0.5, NULL, ""}, "a number of at most 0.5"},
        {{"a", PL_TYPE_REAL, 0, "1", 1e-12, 1, NULL, ""}, "a number from 1e-12 to 1"},
        {{"a", PL_TYPE_INT, 0, "1", 1, 1e12, NULL, ""}, "a whole number from 1 to 1000000000000"},
        {{"a", PL_TYPE_INT, 0, "1", 1, (double)LONG_MAX, NULL, ""}, "a whole number of at least 1"},
        {{"a", PL_TYPE_CHOICE, 0, "x", 0, 0, "x", ""}, "x"},
        {{"a", PL_TYPE_CHOICE, 0, "x", 0, 0, "x|y", ""}, "x or y"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pl_strbuf out;
        pl_strbuf_init(&out);
        pl_option_accepted(&cases[i].row, &out);
        PL_CHECK_TEXT(out.text, cases[i].text);
        pl_strbuf_finish(&out);
    }
}

static void test_option__stores_by_type(void) {
    static const char *const texts[] = {"1e3", "1e-3", "-2.5", "true", "silu",
                                        "a b", "auto", "full", "-12"};
    struct pl_arena arena = {0};
    struct host out;
    memset(&out, 0x5a, sizeof out);
    for (size_t i = 0; i < host.count; i++) {
        PL_REQUIRE_OK(pl_option_store(&rows[i], texts[i], &out, &arena));
    }
    PL_CHECK_INT(out.width, 1000);
    PL_CHECK(out.lr == 0.001);
    PL_CHECK(out.any == -2.5);
    PL_CHECK(out.tied);
    PL_CHECK_INT(out.act, 2);
    PL_CHECK_TEXT(pl_option_word(row_of("act"), out.act), "silu");
    PL_CHECK_TEXT(out.note, "a b");
    PL_CHECK(out.note != texts[5]);
    PL_CHECK_INT(out.block, -1);
    PL_CHECK_INT(out.batch, 0);
    PL_CHECK_INT(out.signed_int, -12);
    PL_CHECK_FAILS(pl_option_store(row_of("width"), "0", &out, &arena), PL_ECONFIG, "width is");
    PL_CHECK_INT(out.width, 1000);
    PL_REQUIRE_OK(pl_option_store(row_of("any"), "-0", &out, &arena));
    PL_CHECK(out.any == 0 && !signbit(out.any));
    pl_arena_finish(&arena);
}

/* ---- numbers, judged from outside --------------------------------------------------------- */

static double random_double(struct pl_rng *rng) {
    for (;;) {
        uint64_t bits = pl_rng_u64(rng);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value)) return value;
    }
}

static void test_option__keeps_every_double_exactly(void) {
    static const char *const formats[] = {"%.16e", "%.17g", "%.40e", "%+.20E"};
    struct pl_rng rng;
    struct pl_arena arena = {0};
    pl_rng_init(&rng, 1, "option-doubles");
    for (int trial = 0; trial < 20000; trial++) {
        double value = random_double(&rng);
        char first[400] = "", out[400], text[400];
        struct host stored;
        for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
            snprintf(text, sizeof text, formats[i], value);
            PL_REQUIRE_OK(canonical(out, "any", text));
            if (i == 0) strcpy(first, out);
            PL_CHECK_TEXT(out, first);
        }
        PL_CHECK(strtod(first, NULL) == value);
        PL_REQUIRE_OK(canonical(out, "any", first));
        PL_CHECK_TEXT(out, first);
        PL_REQUIRE_OK(pl_option_store(row_of("any"), first, &stored, &arena));
        PL_CHECK(stored.any == value);
    }
    pl_arena_finish(&arena);
}

static void test_option__keeps_every_whole_number_exactly(void) {
    struct pl_rng rng;
    struct pl_arena arena = {0};
    pl_rng_init(&rng, 1, "option-longs");
    for (int trial = 0; trial < 20000; trial++) {
        uint64_t bits = pl_rng_u64(&rng);
        long value = (long)(bits >> pl_rng_below(&rng, 64));
        if (pl_rng_below(&rng, 2) && value != LONG_MIN) value = -value;
        char text[80], out[400], expected[40];
        struct host stored;
        snprintf(expected, sizeof expected, "%ld", value);
        PL_REQUIRE_OK(canonical(out, "signed_int", expected));
        PL_CHECK_TEXT(out, expected);
        PL_REQUIRE_OK(pl_option_store(row_of("signed_int"), expected, &stored, &arena));
        PL_CHECK_INT(stored.signed_int, value);
        snprintf(text, sizeof text, "%ld00e-2", value);
        bool exact = value <= 1L << 53 && value >= -(1L << 53);
        PL_CHECK_INT(canonical(out, "signed_int", text), exact ? PL_OK : PL_ECONFIG);
        if (exact) PL_CHECK_TEXT(out, expected);
    }
    pl_arena_finish(&arena);
}

static void test_option__reads_the_numbers_of_a_regular_expression(void) {
    static const char alphabet[] = "0123456789012345678901234567890011..--++eeEE_xnaif ,'";
    struct pl_rng rng;
    regex_t form;
    int counts[2] = {0};
    PL_REQUIRE(regcomp(&form, "^[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?$",
                       REG_EXTENDED | REG_NOSUB) == 0);
    pl_rng_init(&rng, 1, "option-forms");
    for (int trial = 0; trial < 100000; trial++) {
        char text[16], out[400];
        size_t length = (size_t)pl_rng_below(&rng, 7);
        for (size_t i = 0; i < length; i++) {
            text[i] = alphabet[pl_rng_below(&rng, sizeof alphabet - 1)];
        }
        text[length] = '\0';
        bool fits = regexec(&form, text, 0, NULL, 0) == 0;
        double value = fits ? strtod(text, NULL) : 0;
        bool vanished = value == 0 && strcspn(text, "123456789") < strcspn(text, "eE");
        bool expected = fits && isfinite(value) && !vanished;
        PL_CHECK_INT(canonical(out, "any", text), expected ? PL_OK : PL_ECONFIG);
        if (expected) PL_CHECK(strtod(out, NULL) == value);
        bool whole = expected && value == floor(value) && fabs(value) <= 0x1p53;
        PL_CHECK_INT(canonical(out, "signed_int", text), whole ? PL_OK : PL_ECONFIG);
        if (whole) PL_CHECK(strtod(out, NULL) == value);
        counts[expected]++;
    }
    regfree(&form);
    PL_CHECK(counts[0] > 10000 && counts[1] > 10000);
}

static void test_option__is_not_impressed_by_long_names(void) {
    static char huge[1 << 20];
    memset(huge, 'w', sizeof huge - 1);
    char out[400];
    PL_CHECK_INT(canonical(out, "act", huge), PL_ECONFIG);
    PL_CHECK(strlen(pl_message()) < 300);
    memset(huge, '9', sizeof huge - 1);
    PL_CHECK_FAILS(canonical(out, "any", huge), PL_ECONFIG, "too large for a number");
    PL_CHECK_FAILS(canonical(out, "width", huge), PL_ECONFIG, "too large for a whole number");
}

static void test_option__has_sound_defaults_in_rows(void) {
    struct pl_arena arena = {0};
    struct host out;
    for (size_t i = 0; i < host.count; i++) {
        PL_REQUIRE_OK(pl_option_store(&rows[i], rows[i].dflt, &out, &arena));
    }
    pl_arena_finish(&arena);
}

const struct pl_test pl_suite_option[] = {
    {"finds_rows_by_name", test_option__finds_rows_by_name},
    {"gives_one_text_to_one_value", test_option__gives_one_text_to_one_value},
    {"says_what_was_found_and_what_it_takes", test_option__says_what_was_found_and_what_it_takes},
    {"tells_open_ranges", test_option__tells_open_ranges},
    {"stores_by_type", test_option__stores_by_type},
    {"keeps_every_double_exactly", test_option__keeps_every_double_exactly},
    {"keeps_every_whole_number_exactly", test_option__keeps_every_whole_number_exactly},
    {"reads_the_numbers_of_a_regular_expression",
     test_option__reads_the_numbers_of_a_regular_expression},
    {"is_not_impressed_by_long_names", test_option__is_not_impressed_by_long_names},
    {"has_sound_defaults_in_rows", test_option__has_sound_defaults_in_rows},
    {0},
};
