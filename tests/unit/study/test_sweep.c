/* The sweep grammar: held against values written out by hand, and against what the reading of decimal
 * numbers itself says (a value that was meant to be 0.3 is the double nearest to 0.3). */
#include <stdlib.h>

#include "core/base/rng.h"
#include "core/base/strbuf.h"
#include "experiments/study/sweep.h"
#include "tests/support/support.h"

static const struct pl_place place = {"x.yaml", 3, 7};

/* The values of [text], joined by blanks. */
static void check_values(const char *text, const char *expected) {
    struct pl_arena arena = {0};
    struct pl_sweep sweep = {0};
    struct pl_strbuf joined;
    pl_strbuf_init(&joined);
    PL_REQUIRE_OK(pl_sweep_text(&sweep, &arena, text, place));
    for (size_t i = 0; i < sweep.count; i++)
        pl_strbuf_addf(&joined, "%s%s", i ? " " : "", sweep.items[i].text);
    PL_CHECK_TEXT(joined.text, expected);
    pl_strbuf_finish(&joined);
    pl_sweep_finish(&sweep);
    pl_arena_finish(&arena);
}

static void check_refused(const char *text, const char *part) {
    struct pl_arena arena = {0};
    struct pl_sweep sweep = {0};
    PL_CHECK_FAILS(pl_sweep_text(&sweep, &arena, text, place), PL_ECONFIG, part);
    PL_CHECK(strncmp(pl_message(), "x.yaml:3:7: ", 12) == 0);
    pl_sweep_finish(&sweep);
    pl_arena_finish(&arena);
}

static void test_sweep__one_value_and_lists(void) {
    check_values("0.1", "0.1");
    check_values("  adam ", "adam");
    check_values("a,b,c", "a b c");
    check_values(" 1e-3 ,\t3e-3, auto", "1e-3 3e-3 auto");
}

static void test_sweep__linspace_is_clean(void) {
    check_values("linspace(0,1,11)", "0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1");
    check_values("linspace( 4 , 20 , 5 )", "4 8 12 16 20");
    check_values("linspace(1,0,6)", "1 0.8 0.6 0.4 0.2 0");
    check_values("linspace(-0.1,0.5,7)", "-0.1 0 0.1 0.2 0.3 0.4 0.5");
    check_values("linspace(-1,1,4)", "-1 -0.33333333333 0.33333333333 1");
    check_values("linspace(0,1e-9,5)", "0 2.5e-10 5e-10 7.5e-10 1e-9");
    check_values("linspace(0,3e20,4)", "0 1e20 2e20 3e20");
    check_values("linspace(0.1,0.7,2)", "0.1 0.7");
}

static void test_sweep__logspace_is_clean(void) {
    check_values("logspace(-3,-1,5)", "0.001 0.00316227766017 0.01 0.0316227766017 0.1");
    check_values("logspace(-2,2,5)", "0.01 0.1 1 10 100");
    check_values("logspace(0,1,3)", "1 3.16227766017 10");
    check_values("logspace(2,0,3)", "100 10 1");
    check_values("logspace(-300,300,3)", "1e-300 1 1e300");
}

/* For ends and counts that make every step a multiple of 10^-d, each value is the text of that
 * multiple, made here from whole numbers alone. */
static void test_sweep__linspace_of_decimals_is_exact(void) {
    struct pl_rng rng;
    struct pl_arena arena = {0};
    pl_rng_init(&rng, 1, "test/linspace");
    for (int round = 0; round < 500; round++) {
        struct pl_sweep sweep = {0};
        long decimals = (long)pl_rng_below(&rng, 6), n = 2 + (long)pl_rng_below(&rng, 40);
        long first = (long)pl_rng_below(&rng, 2001) - 1000, step = 1 + (long)pl_rng_below(&rng, 50);
        char text[80];
        snprintf(text, sizeof text, "linspace(%lde-%ld,%lde-%ld,%ld)", first, decimals,
                 first + step * (n - 1), decimals, n);
        PL_REQUIRE_OK(pl_sweep_text(&sweep, &arena, text, place));
        PL_REQUIRE(sweep.count == (size_t)n);
        for (long i = 0; i < n; i++) {
            snprintf(text, sizeof text, "%lde-%ld", first + step * i, decimals);
            PL_CHECK(strtod(sweep.items[i].text, NULL) == strtod(text, NULL));
        }
        pl_sweep_finish(&sweep);
    }
    pl_arena_finish(&arena);
}

static void test_sweep__refusals(void) {
    check_refused("", "a value is missing");
    check_refused("a,,b", "a value is missing");
    check_refused("a,", "a value is missing");
    check_refused("linspace(0,1)", "linspace takes three numbers");
    check_refused("linspace(0,1,2,3)", "linspace takes three numbers");
    check_refused("linspace(0,1,11", "not closed");
    check_refused("linspace(0,1,11) ,2", "not closed");
    check_refused("linspace(0,x,11)", "the second number of linspace is \"x\"");
    check_refused("linspace(0,1,1)", "the count of linspace is \"1\"");
    check_refused("linspace(0,1,2.5)", "not a whole number");
    check_refused("linspace(0,1,999999999)", "from 2 to 10000");
    check_refused("linspace(0,1e308,3)", "above the largest accepted");
    check_refused("linspace(1,1.0,3)", "the same number");
    check_refused("logspace(-400,0,3)", "below the smallest accepted");
    check_refused("linspce(0,1,3)", "did you mean \"linspace\"?");
    check_refused("sin(0)", "there is no function \"sin\"");
    check_refused("(", "there is no function \"\"");
    check_refused("1,linspace(0,1,3)", "stand alone");
    check_refused("1,2)", "stand alone");
    check_refused("linspace(0,(1),3)", "is not a number");
    check_refused("[1e-3,3e-3]", "stands in brackets");
}

static void test_sweep__no_more_than_it_takes(void) {
    struct pl_arena arena = {0};
    struct pl_sweep sweep = {0};
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    for (int i = 0; i <= PL_SWEEP_MOST; i++) pl_strbuf_addf(&text, "%s%d", i ? "," : "", i);
    PL_CHECK_FAILS(pl_sweep_text(&sweep, &arena, text.text, place), PL_ECONFIG,
                   "at most 100000 values");
    PL_CHECK_INT(sweep.count, PL_SWEEP_MOST);
    pl_strbuf_finish(&text);
    pl_sweep_finish(&sweep);
    pl_arena_finish(&arena);
}

static void test_sweep__nodes(void) {
    struct pl_arena arena = {0};
    struct pl_sweep sweep = {0};
    const struct pl_yaml *root;
    static const char text[] = "a: [1, two, 3]\nb: \"logspace(0,1,2)\"\nc: [[1]]\nd: []\n"
                               "e: {f: 1}\ng: [\"1,2\", 3]\n";
    PL_REQUIRE_OK(pl_yaml_load_text(&root, &arena, "n.yaml", text, strlen(text)));
    PL_REQUIRE_OK(pl_sweep_node(&sweep, &arena, root->values[0]));
    PL_REQUIRE(sweep.count == 3);
    PL_CHECK_TEXT(sweep.items[1].text, "two");
    PL_CHECK_INT(sweep.items[1].place.line, 1);
    PL_CHECK_INT(sweep.items[1].place.column, 8);
    PL_REQUIRE_OK(pl_sweep_node(&sweep, &arena, root->values[1]));
    PL_CHECK_INT(sweep.count, 5);
    PL_CHECK_FAILS(pl_sweep_node(&sweep, &arena, root->values[2]), PL_ECONFIG, "n.yaml:3:5: ");
    PL_CHECK_FAILS(pl_sweep_node(&sweep, &arena, root->values[3]), PL_ECONFIG, "n.yaml:4:4: ");
    PL_CHECK_FAILS(pl_sweep_node(&sweep, &arena, root->values[4]), PL_ECONFIG, "n.yaml:5:4: ");
    pl_sweep_finish(&sweep);
    pl_arena_finish(&arena);
}

const struct pl_test pl_suite_sweep[] = {
    {"one_value_and_lists", test_sweep__one_value_and_lists},
    {"linspace_is_clean", test_sweep__linspace_is_clean},
    {"logspace_is_clean", test_sweep__logspace_is_clean},
    {"linspace_of_decimals_is_exact", test_sweep__linspace_of_decimals_is_exact},
    {"refusals", test_sweep__refusals},
    {"no_more_than_it_takes", test_sweep__no_more_than_it_takes},
    {"nodes", test_sweep__nodes},
    {0}};
