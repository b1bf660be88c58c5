#include <stdint.h>
#include <stdlib.h>

#include "core/base/json.h"
#include "core/base/rng.h"
#include "tests/support/support.h"

static struct pl_json *parse(const char *text) {
    struct pl_json *value = NULL;
    PL_REQUIRE_OK(pl_json_parse(&value, text, strlen(text)));
    return value;
}

static void check_written(const struct pl_json *value, bool indented, const char *expected) {
    char *text = pl_json_write(value, indented);
    PL_CHECK_TEXT(text, expected);
    pl_free(text);
}

static struct pl_json *sample(void) {
    struct pl_json *object = pl_json_object(), *list = pl_json_array();
    pl_json_append(list, pl_json_int(1));
    pl_json_append(list, pl_json_real(0.5));
    pl_json_append(list, pl_json_text(NULL));
    pl_json_set(object, "zeta", pl_json_text("a \"word\"\n"));
    pl_json_set(object, "alpha", list);
    pl_json_set(object, "mid", pl_json_bool(true));
    return object;
}

static void test_json__keeps_the_order_of_setting(void) {
    struct pl_json *object = sample();
    check_written(object, false,
                  "{\"zeta\":\"a \\\"word\\\"\\n\",\"alpha\":[1,0.5,null],\"mid\":true}");
    pl_json_destroy(object);
}

static void test_json__keeps_the_order_of_many_members(void) {
    struct pl_json *object = pl_json_object(), *again;
    char name[16], *text;
    void *it;
    int i, wrong = 0;
    for (i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "k%d", i * 7919 % 500);
        pl_json_set(object, name, pl_json_int(i));
    }
    text = pl_json_write(object, false);
    again = parse(text);
    for (i = 0, it = pl_json_first(again); it; it = pl_json_next(again, it), i++)
        wrong += pl_json_as_int(pl_json_value(it), -1) != i;
    PL_CHECK_INT(i, 500);
    PL_CHECK_INT(wrong, 0);
    pl_free(text);
    pl_json_destroy(again);
    pl_json_destroy(object);
}

static void test_json__indents_by_two(void) {
    struct pl_json *object = pl_json_object();
    pl_json_set(object, "n", pl_json_int(-3));
    pl_json_set(object, "e", pl_json_array());
    check_written(object, true, "{\n  \"n\": -3,\n  \"e\": []\n}");
    pl_json_destroy(object);
}

static void test_json__reads_back_what_it_wrote(void) {
    struct pl_json *object = sample(), *again;
    char *text = pl_json_write(object, true);
    again = parse(text);
    PL_CHECK_TEXT(pl_json_as_text(pl_json_get(again, "zeta"), ""), "a \"word\"\n");
    PL_CHECK_INT(pl_json_count(pl_json_get(again, "alpha")), 3);
    PL_CHECK_INT(pl_json_as_int(pl_json_at(pl_json_get(again, "alpha"), 0), 9), 1);
    PL_CHECK(pl_json_as_real(pl_json_at(pl_json_get(again, "alpha"), 1), 9) == 0.5);
    PL_CHECK(pl_json_is_null(pl_json_at(pl_json_get(again, "alpha"), 2)));
    PL_CHECK(pl_json_as_bool(pl_json_get(again, "mid"), false));
    pl_free(text);
    pl_json_destroy(again);
    pl_json_destroy(object);
}

static double random_real(struct pl_rng *rng) {
    uint64_t bits = pl_rng_u64(rng);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void test_json__reals_read_back_exactly(void) {
    struct pl_rng rng;
    int i, wrong = 0;
    pl_rng_init(&rng, 1, "test/json");
    for (i = 0; i < 20000; i++) {
        double value = random_real(&rng), found;
        struct pl_json *real, *again;
        char *text;
        if (!isfinite(value)) continue;
        real = pl_json_real(value);
        text = pl_json_write(real, false);
        again = parse(text);
        found = pl_json_as_real(again, 0);
        wrong += memcmp(&found, &value, sizeof value) != 0;
        pl_free(text);
        pl_json_destroy(again);
        pl_json_destroy(real);
    }
    PL_CHECK_INT(wrong, 0);
}

static void test_json__reals_have_the_digits_they_need(void) {
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0.95, "0.95"},
        {0.05, "0.05"},
        {1e-12, "1e-12"},
        {1, "1.0"},
        {-0.0, "-0.0"},
        {1e300, "1e300"},
        {1.5e-7, "1.5e-7"},
        {100, "100.0"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1 / 3.0, "0.3333333333333333"},
        {1e22, "1e22"},
        {5e-324, "4.94065645841247e-324"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct pl_json *real = pl_json_real(cases[k].value);
        check_written(real, false, cases[k].text);
        pl_json_destroy(real);
    }
}

/* Quotes, backslashes and control characters are spelled out; anything else stands as it is. */
static void test_json__texts_are_spelled(void) {
    struct pl_json *text = pl_json_text("a\"\\/\b\f\n\r\t\x01\x7f\xc3\xa4\xe6\xb7\xb1");
    check_written(text, false, "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\x7f\xc3\xa4\xe6\xb7\xb1\"");
    pl_json_destroy(text);
}

static void test_json__integers_keep_64_bits(void) {
    struct pl_json *list = parse("[9223372036854775807,-9223372036854775808]");
    PL_CHECK_INT(pl_json_as_int(pl_json_at(list, 0), 0), INT64_MAX);
    PL_CHECK_INT(pl_json_as_int(pl_json_at(list, 1), 0), INT64_MIN);
    check_written(list, false, "[9223372036854775807,-9223372036854775808]");
    pl_json_destroy(list);
}

static void test_json__nan_and_infinity_become_null(void) {
    struct pl_json *list = pl_json_array();
    pl_json_append(list, pl_json_real(NAN));
    pl_json_append(list, pl_json_real(INFINITY));
    pl_json_append(list, pl_json_real(-INFINITY));
    check_written(list, false, "[null,null,null]");
    pl_json_destroy(list);
}

static void test_json__scalars_stand_alone(void) {
    struct pl_json *value = pl_json_text("x");
    check_written(value, false, "\"x\"");
    pl_json_destroy(value);
    value = parse("12");
    PL_CHECK_INT(pl_json_as_int(value, 0), 12);
    PL_CHECK(pl_json_as_real(value, 0) == 12);
    pl_json_destroy(value);
    pl_json_destroy(NULL);
}

static void test_json__missing_and_mistyped_give_the_fallback(void) {
    struct pl_json *object = sample();
    PL_CHECK(pl_json_get(object, "absent") == NULL);
    PL_CHECK(pl_json_get(NULL, "absent") == NULL);
    PL_CHECK(pl_json_get(pl_json_get(object, "mid"), "below") == NULL);
    PL_CHECK_INT(pl_json_as_int(pl_json_get(object, "absent"), -5), -5);
    PL_CHECK_INT(pl_json_as_int(pl_json_get(object, "zeta"), -5), -5);
    PL_CHECK(pl_json_as_real(NULL, 2.5) == 2.5);
    PL_CHECK_TEXT(pl_json_as_text(pl_json_get(object, "mid"), "none"), "none");
    PL_CHECK(pl_json_as_bool(pl_json_get(object, "zeta"), true));
    PL_CHECK_INT(pl_json_count(NULL), 0);
    PL_CHECK(pl_json_at(pl_json_get(object, "alpha"), 3) == NULL);
    PL_CHECK(pl_json_at(NULL, 0) == NULL);
    PL_CHECK(pl_json_is_null(NULL) && !pl_json_is_null(object));
    PL_CHECK(pl_json_first(NULL) == NULL);
    pl_json_destroy(object);
}

static void test_json__walks_members(void) {
    struct pl_json *object = parse("{\"b\":1,\"a\":2}");
    char order[8] = "";
    long sum = 0;
    void *it;
    for (it = pl_json_first(object); it; it = pl_json_next(object, it)) {
        strcat(order, pl_json_key(it));
        sum += (long)pl_json_as_int(pl_json_value(it), 100);
    }
    PL_CHECK_TEXT(order, "ba");
    PL_CHECK_INT(sum, 3);
    pl_json_destroy(object);
}

static void check_refused(const char *text, const char *part) {
    struct pl_json *value = (struct pl_json *)&value;
    PL_CHECK_FAILS(pl_json_parse(&value, text, strlen(text)), PL_ESTORE, part);
    PL_CHECK(value == NULL);
}

static void test_json__complaints_name_the_place(void) {
    check_refused("{\"a\": 1,\n \"b\": oops}", "line 2, column 10");
    check_refused("", "line 1, column 0");
    check_refused("[1, 2", "line 1");
    check_refused("{} trailing", "not valid JSON");
    check_refused("{\"a\":1,\"a\":2}", "not valid JSON");
    check_refused("[NaN]", "not valid JSON");
    check_refused("\"\xff\"", "not valid JSON");
}

static void test_json__reads_only_the_bytes_given(void) {
    struct pl_json *value = NULL;
    PL_REQUIRE_OK(pl_json_parse(&value, "[1] and more", 3));
    PL_CHECK_INT(pl_json_count(value), 1);
    pl_json_destroy(value);
}

static void test_json__text_that_is_not_utf8_is_repaired(void) {
    struct pl_json *value = pl_json_text("gr\xfc\xdf dich");
    check_written(value, false, "\"gr?? dich\"");
    pl_json_destroy(value);
    value = pl_json_text("gr\xc3\xbc\xc3\x9f");
    check_written(value, false, "\"gr\xc3\xbc\xc3\x9f\"");
    pl_json_destroy(value);
}

static void refuse_memory(void *context) {
    (void)context;
    pl_json_destroy(pl_json_object());
}

static void test_json__memory_comes_through_the_gateway(void) {
    struct pl_apart apart;
    pl_alloc_fail_after(1);
    pl_run_apart(&apart, refuse_memory, NULL);
    pl_alloc_fail_after(0);
    PL_CHECK_INT(apart.exit_status, 7);
}

const struct pl_test pl_suite_json[] = {
    {"keeps_the_order_of_setting", test_json__keeps_the_order_of_setting},
    {"keeps_the_order_of_many_members", test_json__keeps_the_order_of_many_members},
    {"indents_by_two", test_json__indents_by_two},
    {"reads_back_what_it_wrote", test_json__reads_back_what_it_wrote},
    {"reals_read_back_exactly", test_json__reals_read_back_exactly},
    {"reals_have_the_digits_they_need", test_json__reals_have_the_digits_they_need},
    {"texts_are_spelled", test_json__texts_are_spelled},
    {"integers_keep_64_bits", test_json__integers_keep_64_bits},
    {"nan_and_infinity_become_null", test_json__nan_and_infinity_become_null},
    {"scalars_stand_alone", test_json__scalars_stand_alone},
    {"missing_and_mistyped_give_the_fallback", test_json__missing_and_mistyped_give_the_fallback},
    {"walks_members", test_json__walks_members},
    {"complaints_name_the_place", test_json__complaints_name_the_place},
    {"reads_only_the_bytes_given", test_json__reads_only_the_bytes_given},
    {"text_that_is_not_utf8_is_repaired", test_json__text_that_is_not_utf8_is_repaired},
    {"memory_comes_through_the_gateway", test_json__memory_comes_through_the_gateway},
    {0},
};
