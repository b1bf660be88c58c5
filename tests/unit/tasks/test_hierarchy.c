/* Labels against the grammar read upwards: rules drawn anew from the stream, turned round, and applied
 * from the leaves to the class. */
#include "tasks/deal.h"
#include "tests/unit/tasks/make.h"

enum { LEVELS = 8, TUPLES = 1 << 16, LEAVES = 4096 };

struct grammar {
    long levels, children, synonyms, vocabulary, leaves;
    int symbol_of[LEVELS]
                 [TUPLES]; /* of a tuple on the right of a rule; -1 where there is no rule */
};
static struct grammar grammar; /* too large for the stack */

static void grammar_init(long levels, long children, long synonyms, long vocabulary,
                         uint64_t seed) {
    struct pl_rng rng;
    long tuples = 1;
    grammar.levels = levels, grammar.children = children;
    grammar.synonyms = synonyms, grammar.vocabulary = vocabulary;
    grammar.leaves = 1;
    for (long c = 0; c < children; c++) tuples *= vocabulary;
    PL_REQUIRE(tuples <= TUPLES);
    pl_rng_init(&rng, seed, "task-world");
    for (long l = 0; l < levels; l++) {
        struct pl_deal deal;
        pl_deal_init(&deal, (uint64_t)tuples, &rng);
        for (long t = 0; t < tuples; t++) grammar.symbol_of[l][t] = -1;
        for (long rule = 0; rule < vocabulary * synonyms; rule++) {
            int *symbol = &grammar.symbol_of[l][pl_deal_at(&deal, (uint64_t)rule)];
            PL_REQUIRE(*symbol == -1); /* upwards there is one way */
            *symbol = (int)(rule / synonyms);
        }
        grammar.leaves *= children;
    }
}

/* The class of an input; -1 where it is not of the grammar. */
static int read_upwards(const float *x) {
    static int symbols[LEAVES];
    long count = grammar.leaves, v = grammar.vocabulary;
    for (long i = 0; i < count; i++) {
        symbols[i] = -1;
        for (long k = 0; k < v; k++) {
            PL_REQUIRE(x[i * v + k] == 0 || (x[i * v + k] == 1 && symbols[i] < 0));
            if (x[i * v + k] == 1) symbols[i] = (int)k;
        }
        if (symbols[i] < 0) return -1;
    }
    for (long l = grammar.levels; l-- > 0;) {
        count /= grammar.children;
        for (long i = 0; i < count; i++) {
            int tuple = 0;
            for (long c = grammar.children; c-- > 0;)
                tuple = tuple * (int)v + symbols[i * grammar.children + c];
            symbols[i] = grammar.symbol_of[l][tuple];
            if (symbols[i] < 0) return -1;
        }
    }
    return symbols[0];
}

static void check_inverse(long levels, long children, long synonyms, long vocabulary,
                          uint64_t seed) {
    struct made made;
    char text[200];
    snprintf(text, sizeof text,
             "levels=%ld children=%ld synonyms=%ld vocabulary=%ld samples=300 valid_samples=100 "
             "test_samples=100",
             levels, children, synonyms, vocabulary);
    make(&made, "hierarchy", text, seed);
    grammar_init(levels, children, synonyms, vocabulary, seed);
    PL_CHECK_INT(made.data.shape.in, grammar.leaves * vocabulary);
    for (int split = 0; split <= PL_TEST; split++)
        for (size_t i = 0; i < made.data.split[split].count; i++)
            PL_CHECK_INT(read_upwards(made.data.split[split].x + i * (size_t)made.data.shape.in),
                         made.data.split[split].labels[i]);
    make_finish(&made);
}

static void test_hierarchy__reading_upwards_gives_the_class(void) {
    check_inverse(3, 2, 4, 8, 1);
    check_inverse(1, 2, 4, 8, 2);
    check_inverse(2, 3, 5, 6, 3);
    check_inverse(6, 2, 2, 4, 4);
    check_inverse(4, 2, 8, 8, 5);
    check_inverse(5, 2, 16, 16, 6); /* 16^32 inputs: more than have a number */
    check_inverse(3, 4, 10, 10, 7); /* 10^22 of them */
    check_inverse(8, 2, 3, 9, 8);
}

/* v m^(1 + s + ..) derivations, all different, all classes alike: 3 * 2^3 with two levels of two. */
static void test_hierarchy__every_input_comes_once_over_all_splits(void) {
    struct made made;
    unsigned char seen[81] = {0}; /* four leaves of three symbols */
    int classes[3] = {0};
    make(&made, "hierarchy",
         "levels=2 children=2 synonyms=2 vocabulary=3 samples=12 valid_samples=6 test_samples=6",
         5);
    for (int split = 0; split <= PL_TEST; split++)
        for (size_t i = 0; i < made.data.split[split].count; i++) {
            int code = 0;
            for (int k = 0; k < 12; k++)
                if (made.data.split[split].x[12 * i + (size_t)k] == 1) code = 3 * code + k % 3;
            PL_CHECK_INT(seen[code]++, 0);
            classes[made.data.split[split].labels[i]]++;
        }
    for (int c = 0; c < 3; c++) PL_CHECK_INT(classes[c], 8);
    make_finish(&made);
}

/* Each pair of sister leaves is one of the v m = 32 right-hand sides, the same in all four places, of
 * 64 that could be. */
static void test_hierarchy__all_places_share_the_rules_of_a_level(void) {
    struct made made;
    unsigned char seen[4][64] = {{0}};
    make(&made, "hierarchy", "samples=5000", 2);
    for (size_t i = 0; i < 5000; i++) {
        int symbol[8] = {0};
        for (int k = 0; k < 64; k++)
            if (made.data.split[PL_TRAIN].x[64 * i + (size_t)k] == 1) symbol[k / 8] = k % 8;
        for (int pair = 0; pair < 4; pair++)
            seen[pair][8 * symbol[2 * pair] + symbol[2 * pair + 1]] = 1;
    }
    int rules = 0;
    for (int t = 0; t < 64; t++) rules += seen[0][t];
    PL_CHECK_INT(rules, 32);
    for (int pair = 1; pair < 4; pair++) PL_CHECK(memcmp(seen[0], seen[pair], 64) == 0);
    make_finish(&made);
}

/* 20000 samples of 65536 in training: 2500 of each class, sd at most 47. */
static void test_hierarchy__classes_are_even(void) {
    struct made made;
    int count[8] = {0};
    make(&made, "hierarchy", "samples=20000", 11);
    for (size_t i = 0; i < 20000; i++) count[made.data.split[PL_TRAIN].labels[i]]++;
    for (int c = 0; c < 8; c++) PL_CHECK_NEAR(count[c], 2500, 5 * 46.8 / 2500);
    PL_CHECK_NEAR(made.points.trivial, log(8), 1e-14);
    make_finish(&made);
}

static void test_hierarchy__bad_options_are_refused(void) {
    make_fails("hierarchy", "synonyms=9", "synonyms", "8 for each");
    make_fails("hierarchy", "levels=8 children=8", "levels", "4096");
    make_fails("hierarchy", "levels=4 children=8 vocabulary=20", "vocabulary", "65536");
    make_fails("hierarchy", "children=1", "children", "2");
}

const struct pl_test pl_suite_hierarchy[] = {
    {"reading_upwards_gives_the_class", test_hierarchy__reading_upwards_gives_the_class},
    {"every_input_comes_once_over_all_splits",
     test_hierarchy__every_input_comes_once_over_all_splits},
    {"all_places_share_the_rules_of_a_level",
     test_hierarchy__all_places_share_the_rules_of_a_level},
    {"classes_are_even", test_hierarchy__classes_are_even},
    {"bad_options_are_refused", test_hierarchy__bad_options_are_refused},
    {0},
};
