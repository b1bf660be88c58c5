#include <stdint.h>

#include "tests/support/support.h"

static bool all_zero(const unsigned char *bytes, size_t count) {
    size_t i;
    for (i = 0; i < count; i++)
        if (bytes[i]) return false;
    return true;
}

static void test_alloc__gives_memory_even_for_nothing(void) {
    char *some = pl_alloc(100), *none = pl_alloc(0), *zero = pl_alloc_zero(0, 8);
    PL_CHECK(some && none && zero);
    memset(some, 1, 100);
    pl_free(some);
    pl_free(none);
    pl_free(zero);
    pl_free(NULL);
}

static void test_alloc__zeroes(void) {
    unsigned char *bytes = pl_alloc_zero(123, 7);
    PL_CHECK(all_zero(bytes, 123 * 7));
    pl_free(bytes);
}

static void test_alloc__realloc_keeps_what_was_there(void) {
    char *text = pl_strdup("plumb");
    text = pl_realloc(text, 100000);
    PL_CHECK_TEXT(text, "plumb");
    pl_free(text);
    text = pl_realloc(NULL, 4);
    PL_CHECK(text != NULL);
    pl_free(text);
}

static void test_alloc__strdup_copies(void) {
    char source[] = "line", *copy = pl_strdup(source);
    source[0] = 'f';
    PL_CHECK_TEXT(copy, "line");
    pl_free(copy);
}

static void test_alloc__try_aligns_and_zeroes(void) {
    size_t alignment;
    for (alignment = sizeof(void *); alignment <= 4096; alignment *= 2) {
        void *memory = NULL;
        PL_REQUIRE_OK(pl_alloc_try(&memory, 1000, alignment, "tile scratch"));
        PL_CHECK_INT((uintptr_t)memory % alignment, 0);
        PL_CHECK(all_zero(memory, 1000));
        pl_free(memory);
    }
}

static void test_alloc__try_refuses_the_impossible(void) {
    void *memory = &memory;
    PL_CHECK_FAILS(pl_alloc_try(&memory, SIZE_MAX / 4, 64, "tile scratch"), PL_EMEMORY,
                   "the tile scratch needs 4.0 EiB, which");
    PL_CHECK(memory == NULL);
}

static void test_alloc__try_refuses_when_told(void) {
    void *first = NULL, *second = NULL, *third = NULL;
    pl_alloc_fail_after(2);
    PL_REQUIRE_OK(pl_alloc_try(&first, 16, 16, "first"));
    PL_CHECK_FAILS(pl_alloc_try(&second, 1536, 16, "second"), PL_EMEMORY,
                   "the second needs 1.5 KiB, which the system refused");
    PL_REQUIRE_OK(pl_alloc_try(&third, 16, 16, "third"));
    PL_CHECK(first && !second && third);
    pl_free(first);
    pl_free(third);
}

static void test_alloc__refusal_can_be_switched_off(void) {
    void *memory = NULL;
    pl_alloc_fail_after(1);
    pl_alloc_fail_after(0);
    PL_REQUIRE_OK(pl_alloc_try(&memory, 16, 16, "it"));
    pl_free(memory);
}

static void die_in_alloc(void *context) {
    (void)context;
    pl_free(pl_alloc(8));
}

static void die_in_zero(void *context) {
    (void)context;
    pl_free(pl_alloc_zero(2, 8));
}

static void die_in_realloc(void *context) {
    (void)context;
    pl_free(pl_realloc(NULL, 8));
}

static void die_in_strdup(void *context) {
    (void)context;
    pl_free(pl_strdup("text"));
}

static void die_of_overflow(void *context) {
    volatile size_t half = SIZE_MAX / 2;
    (void)context;
    pl_free(pl_alloc_zero(half, 3));
}

static void check_death(void (*run)(void *), long refused) {
    struct pl_apart apart;
    pl_alloc_fail_after(refused);
    pl_run_apart(&apart, run, NULL);
    pl_alloc_fail_after(0);
    PL_CHECK_INT(apart.exit_status, pl_status_exit(PL_EMEMORY));
    PL_CHECK_INT(apart.exit_status, 7);
    PL_CHECK(strstr(apart.err, "the system refused memory for") != NULL);
    PL_CHECK_INT(apart.err[strlen(apart.err) - 1], '\n');
}

static void test_alloc__small_refusals_end_the_process(void) {
    check_death(die_in_alloc, 1);
    check_death(die_in_zero, 1);
    check_death(die_in_realloc, 1);
    check_death(die_in_strdup, 1);
}

static void test_alloc__overflow_is_caught(void) {
    check_death(die_of_overflow, 0);
}

static void test_alloc__without_refusal_nobody_dies(void) {
    struct pl_apart apart;
    pl_run_apart(&apart, die_in_alloc, NULL);
    PL_CHECK_INT(apart.exit_status, 0);
    PL_CHECK_TEXT(apart.err, "");
}

const struct pl_test pl_suite_alloc[] = {
    {"gives_memory_even_for_nothing", test_alloc__gives_memory_even_for_nothing},
    {"zeroes", test_alloc__zeroes},
    {"realloc_keeps_what_was_there", test_alloc__realloc_keeps_what_was_there},
    {"strdup_copies", test_alloc__strdup_copies},
    {"try_aligns_and_zeroes", test_alloc__try_aligns_and_zeroes},
    {"try_refuses_the_impossible", test_alloc__try_refuses_the_impossible},
    {"try_refuses_when_told", test_alloc__try_refuses_when_told},
    {"refusal_can_be_switched_off", test_alloc__refusal_can_be_switched_off},
    {"small_refusals_end_the_process", test_alloc__small_refusals_end_the_process},
    {"overflow_is_caught", test_alloc__overflow_is_caught},
    {"without_refusal_nobody_dies", test_alloc__without_refusal_nobody_dies},
    {0},
};
