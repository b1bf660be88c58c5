/* Quote: short text whole, long text by its beginning, nothing that a terminal would obey. */
#include <stdint.h>

#include "core/base/rng.h"
#include "core/config/quote.h"
#include "tests/support/support.h"

static void test_quote__shows_short_text_whole(void) {
    char shown[PL_QUOTED];
    PL_CHECK_TEXT(pl_quoted(shown, ""), "\"\"");
    PL_CHECK_TEXT(pl_quoted(shown, "relu"), "\"relu\"");
    PL_CHECK_TEXT(pl_quoted(shown, "\xc3\xa4 \xe2\x82\xac"), "\"\xc3\xa4 \xe2\x82\xac\"");
    PL_CHECK_TEXT(pl_quoted(shown, "a\"b\\c"), "\"a\\\"b\\\\c\"");
}

static void test_quote__spells_what_a_terminal_would_obey(void) {
    char shown[PL_QUOTED];
    PL_CHECK_TEXT(pl_quoted(shown, "\x1b[31m"), "\"\\x1b[31m\"");
    PL_CHECK_TEXT(pl_quoted(shown, "a\nb\tc\r"), "\"a\\nb\\tc\\x0d\"");
    PL_CHECK_TEXT(pl_quoted(shown, "\xc2\x9b\x7f"), "\"\\x9b\\x7f\"");
    PL_CHECK_TEXT(pl_quoted(shown, "\xff\xc3"), "\"\\xff\\xc3\"");
}

static void test_quote__names_what_nobody_sees(void) {
    char shown[PL_QUOTED];
    PL_CHECK_TEXT(pl_quoted(shown, "adam\xe2\x80\x8b"), "\"adam<U+200B>\"");
    PL_CHECK_TEXT(pl_quoted(shown, "\xc2\xa0seeds"), "\"<U+00A0>seeds\"");
    PL_CHECK_TEXT(pl_quoted(shown, "3e\xe2\x88\x92"
                                   "3"),
                  "\"3e<U+2212>3\"");
}

static void test_quote__shows_the_beginning_of_long_text(void) {
    char shown[PL_QUOTED], text[200];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    pl_quoted(shown, text);
    size_t length = strlen(shown);
    PL_CHECK(length < PL_QUOTED);
    PL_CHECK(length > PL_QUOTED - 8);
    PL_CHECK_TEXT(shown + length - 5, "x...\"");
    for (size_t i = 0; i + 1 < sizeof text; i += 2) memcpy(text + i, "\xc3\xa4", 2);
    text[sizeof text - 2] = '\0';
    pl_quoted(shown, text);
    PL_CHECK_TEXT(shown + strlen(shown) - 6, "\xc3\xa4...\"");
}

static void test_quote__fits_whatever_the_bytes(void) {
    struct pl_rng rng;
    pl_rng_init(&rng, 1, "quote");
    for (int trial = 0; trial < 20000; trial++) {
        char shown[PL_QUOTED], text[160];
        size_t length = (size_t)pl_rng_below(&rng, sizeof text);
        for (size_t i = 0; i < length; i++) text[i] = (char)(1 + pl_rng_below(&rng, 255));
        text[length] = '\0';
        pl_quoted(shown, text);
        size_t size = strlen(shown);
        PL_CHECK(size >= 2 && size < PL_QUOTED && shown[0] == '"' && shown[size - 1] == '"');
        for (size_t i = 0; i < size; i++) PL_CHECK((unsigned char)shown[i] >= 0x20);
    }
}

const struct pl_test pl_suite_quote[] = {
    {"shows_short_text_whole", test_quote__shows_short_text_whole},
    {"spells_what_a_terminal_would_obey", test_quote__spells_what_a_terminal_would_obey},
    {"names_what_nobody_sees", test_quote__names_what_nobody_sees},
    {"shows_the_beginning_of_long_text", test_quote__shows_the_beginning_of_long_text},
    {"fits_whatever_the_bytes", test_quote__fits_whatever_the_bytes},
    {0},
};
