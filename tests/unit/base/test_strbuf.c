#include <stdint.h>
#include <stdlib.h>

#include "core/base/rng.h"
#include "core/base/strbuf.h"
#include "tests/support/support.h"

static void test_strbuf__is_printable_at_any_time(void) {
    struct pl_strbuf buf;
    pl_strbuf_init(&buf);
    PL_CHECK_TEXT(buf.text, "");
    pl_strbuf_clear(&buf);
    pl_strbuf_add(&buf, "");
    pl_strbuf_add_bytes(&buf, NULL, 0);
    PL_CHECK_TEXT(buf.text, "");
    pl_strbuf_add(&buf, "a");
    pl_strbuf_clear(&buf);
    PL_CHECK_TEXT(buf.text, "");
    pl_strbuf_finish(&buf);
    PL_CHECK_TEXT(buf.text, "");
    pl_strbuf_finish(&buf);
    pl_strbuf_finish(NULL);
}

static void test_strbuf__joins_text_bytes_and_formats(void) {
    struct pl_strbuf buf;
    pl_strbuf_init(&buf);
    pl_strbuf_add(&buf, "plumb");
    pl_strbuf_add_bytes(&buf, "line up", 4);
    pl_strbuf_addf(&buf, " %d%%", 50);
    PL_CHECK_TEXT(buf.text, "plumbline 50%");
    PL_CHECK_INT(buf.length, 13);
    pl_strbuf_finish(&buf);
}

static void test_strbuf__grows_past_any_size(void) {
    struct pl_strbuf buf;
    size_t i, wrong = 0;
    pl_strbuf_init(&buf);
    for (i = 0; i < 3000; i++) pl_strbuf_addf(&buf, "%04zu,", i);
    pl_strbuf_addf(&buf, "%50000d", 1);
    PL_CHECK_INT(buf.length, 3000 * 5 + 50000);
    PL_CHECK_INT(strlen(buf.text), buf.length);
    for (i = 0; i < 3000; i++) wrong += strtoul(buf.text + 5 * i, NULL, 10) != i;
    PL_CHECK_INT(wrong, 0);
    pl_strbuf_finish(&buf);
}

static void test_strbuf__holds_zero_bytes(void) {
    struct pl_strbuf buf;
    pl_strbuf_init(&buf);
    pl_strbuf_add_bytes(&buf, "a\0b", 3);
    PL_CHECK_INT(buf.length, 3);
    PL_CHECK(memcmp(buf.text, "a\0b", 4) == 0);
    pl_strbuf_finish(&buf);
}

static void test_strbuf__take_hands_over(void) {
    struct pl_strbuf buf;
    char *text;
    pl_strbuf_init(&buf);
    text = pl_strbuf_take(&buf);
    PL_CHECK_TEXT(text, "");
    pl_free(text);
    pl_strbuf_add(&buf, "mine");
    text = pl_strbuf_take(&buf);
    pl_strbuf_add(&buf, "other");
    PL_CHECK_TEXT(text, "mine");
    PL_CHECK_TEXT(buf.text, "other");
    pl_free(text);
    pl_strbuf_finish(&buf);
}

static void check_real(double value, const char *expected) {
    struct pl_strbuf buf;
    pl_strbuf_init(&buf);
    pl_strbuf_add_real(&buf, value);
    PL_CHECK_TEXT(buf.text, expected);
    pl_strbuf_finish(&buf);
}

static void test_strbuf__reals_as_people_write_them(void) {
    check_real(0.0, "0");
    check_real(-0.0, "-0");
    check_real(1.0, "1");
    check_real(-2.5, "-2.5");
    check_real(0.1, "0.1");
    check_real(0.1 + 0.2, "0.30000000000000004");
    check_real(1.0 / 3, "0.3333333333333333");
    check_real(0.001, "0.001");
    check_real(0.0001, "0.0001");
    check_real(1e-5, "1e-5");
    check_real(1e-12, "1e-12");
    check_real(2.5e-7, "2.5e-7");
    check_real(10, "10");
    check_real(300, "300");
    check_real(1e6, "1000000");
    check_real(123456789, "123456789");
    check_real(1e15, "1000000000000000");
    check_real(9007199254740993.0, "9007199254740992");
    check_real(1e16, "1e16");
    check_real(1.5e300, "1.5e300");
    check_real(5e-324, "5e-324");
    check_real(1.7976931348623157e308, "1.7976931348623157e308");
}

static void test_strbuf__reals_that_are_not_finite(void) {
    check_real(NAN, "nan");
    check_real(-NAN, "nan");
    check_real(INFINITY, "inf");
    check_real(-INFINITY, "-inf");
}

/* Digits of the mantissa, without leading and trailing zeros. */
static size_t significant(const char *text) {
    size_t count = 0, trailing = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (count == 0 && *text == '0')) continue;
        count++;
        trailing = *text == '0' ? trailing + 1 : 0;
    }
    return count - trailing;
}

/* The text reads back as the same bits, and no number with one digit less does. */
static bool shortest(struct pl_strbuf *buf, double value) {
    char shorter[400];
    double found;
    size_t digits;
    pl_strbuf_clear(buf);
    pl_strbuf_add_real(buf, value);
    found = strtod(buf->text, NULL);
    if (memcmp(&found, &value, sizeof value) != 0) return false;
    digits = significant(buf->text);
    if (digits < 2) return true;
    snprintf(shorter, sizeof shorter, "%.*g", (int)digits - 1, value);
    return strtod(shorter, NULL) != value;
}

static void test_strbuf__reals_are_exact_and_shortest(void) {
    struct pl_strbuf buf;
    struct pl_rng rng;
    int i, wrong = 0;
    pl_strbuf_init(&buf);
    pl_rng_init(&rng, 1, "test/strbuf");
    for (i = 0; i < 50000; i++) {
        uint64_t bits = pl_rng_u64(&rng);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value)) wrong += !shortest(&buf, value);
        wrong += !shortest(&buf, (double)pl_rng_below(&rng, 1000000) / 1000);
        wrong += !shortest(&buf, (double)(pl_rng_u64(&rng) >> pl_rng_below(&rng, 64)));
    }
    PL_CHECK_INT(wrong, 0);
    pl_strbuf_finish(&buf);
}

const struct pl_test pl_suite_strbuf[] = {
    {"is_printable_at_any_time", test_strbuf__is_printable_at_any_time},
    {"joins_text_bytes_and_formats", test_strbuf__joins_text_bytes_and_formats},
    {"grows_past_any_size", test_strbuf__grows_past_any_size},
    {"holds_zero_bytes", test_strbuf__holds_zero_bytes},
    {"take_hands_over", test_strbuf__take_hands_over},
    {"reals_as_people_write_them", test_strbuf__reals_as_people_write_them},
    {"reals_that_are_not_finite", test_strbuf__reals_that_are_not_finite},
    {"reals_are_exact_and_shortest", test_strbuf__reals_are_exact_and_shortest},
    {0},
};
