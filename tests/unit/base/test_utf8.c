/* Utf8: characters told from other bytes, and those that a reader does not see. */
#include "core/base/utf8.h"
#include "tests/support/support.h"

static void check_code(const char *text, size_t size, uint32_t code) {
    uint32_t found = 0xdead;
    PL_CHECK_INT(pl_utf8_decode(text, SIZE_MAX, &found), (long long)size);
    PL_CHECK_INT(found, size ? code : 0xdead);
}

static void test_utf8__decodes_what_rfc_3629_allows(void) {
    check_code("a", 1, 'a');
    check_code("\x7f", 1, 0x7f);
    check_code("\xc2\x80", 2, 0x80);
    check_code("\xdf\xbf", 2, 0x7ff);
    check_code("\xe0\xa0\x80", 3, 0x800);
    check_code("\xed\x9f\xbf", 3, 0xd7ff);
    check_code("\xee\x80\x80", 3, 0xe000);
    check_code("\xf0\x90\x80\x80", 4, 0x10000);
    check_code("\xf4\x8f\xbf\xbf", 4, 0x10ffff);
}

static void test_utf8__refuses_all_else(void) {
    check_code("\x80", 0, 0);             /* begins in the middle */
    check_code("\xc1\xbf", 0, 0);         /* longer than needed */
    check_code("\xe0\x9f\xbf", 0, 0);     /* the same */
    check_code("\xf0\x8f\xbf\xbf", 0, 0); /* the same */
    check_code("\xed\xa0\x80", 0, 0);     /* a surrogate */
    check_code("\xf4\x90\x80\x80", 0, 0); /* beyond the last */
    check_code("\xff", 0, 0);
    check_code("\xe2\x82", 0, 0); /* cut short by the end of the text */
    uint32_t code;
    PL_CHECK_INT(pl_utf8_decode("\xe2\x82\xac", 2, &code), 0); /* by what may be read */
}

/* Every code there is, written by the rule of RFC 3629 and read back. */
static void test_utf8__reads_back_every_code(void) {
    size_t wrong = 0;
    for (uint32_t c = 1; c <= 0x10ffff; c++) {
        char text[5] = {0};
        uint32_t found = 0;
        if (c >= 0xd800 && c < 0xe000) continue;
        size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        static const unsigned lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
        for (size_t k = size; k-- > 1;) text[k] = (char)(0x80 | ((c >> 6 * (size - 1 - k)) & 63));
        text[0] = (char)(lead[size] | c >> 6 * (size - 1));
        wrong += pl_utf8_decode(text, SIZE_MAX, &found) != size || found != c;
    }
    PL_CHECK_INT((long long)wrong, 0);
}

static void test_utf8__counts_and_cuts_whole_characters(void) {
    static const char text[] = "a\xc3\xa4\xe2\x82\xac";
    PL_CHECK_INT(pl_utf8_columns(text, 6), 3);
    static const size_t cuts[] = {0, 1, 1, 3, 3, 3, 6, 6};
    for (size_t most = 0; most < 8; most++) PL_CHECK_INT(pl_utf8_cut(text, most), cuts[most]);
}

static void test_utf8__knows_what_nobody_sees(void) {
    static const uint32_t hidden[] = {0xa0,   0xad,   0x200b, 0x200e, 0x2028,
                                      0x202e, 0x2060, 0x2066, 0x3000, 0xfeff};
    static const uint32_t seen[] = {' ', 'a', '~', 0xe4, 0x20ac, 0x2212, 0x430, 0x4e2d, 0x1f600};
    for (size_t k = 0; k < sizeof hidden / sizeof *hidden; k++)
        PL_CHECK(pl_utf8_is_hidden(hidden[k]) && !pl_utf8_is_control(hidden[k]));
    for (size_t k = 0; k < sizeof seen / sizeof *seen; k++)
        PL_CHECK(!pl_utf8_is_hidden(seen[k]) && !pl_utf8_is_control(seen[k]));
    for (uint32_t c = 0; c < 0xa0; c++)
        PL_CHECK(pl_utf8_is_control(c) == (c < 0x20 || (c > 0x7e && c < 0xa0)));
}

const struct pl_test pl_suite_utf8[] = {
    {"decodes_what_rfc_3629_allows", test_utf8__decodes_what_rfc_3629_allows},
    {"refuses_all_else", test_utf8__refuses_all_else},
    {"reads_back_every_code", test_utf8__reads_back_every_code},
    {"counts_and_cuts_whole_characters", test_utf8__counts_and_cuts_whole_characters},
    {"knows_what_nobody_sees", test_utf8__knows_what_nobody_sees},
    {0},
};
