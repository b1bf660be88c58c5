/* The product against tables that the data of k = 1 show. */
#include "tests/unit/tasks/make.h"

enum { ELEMENTS = 8, SET = 8 };

static size_t hot(const float *x, size_t count) {
    size_t at = count;
    for (size_t i = 0; i < count; i++) {
        PL_REQUIRE(x[i] == 0 || (x[i] == 1 && at == count));
        if (x[i] == 1) at = i;
    }
    PL_REQUIRE(at < count);
    return at;
}

/* At k = 1 the 64 inputs of all splits are the whole set of permutations. */
static void read_tables(int table[SET][ELEMENTS], uint64_t seed) {
    struct made made;
    int filled = 0;
    make(&made, "composition", "hops=1 samples=32 valid_samples=16 test_samples=16", seed);
    for (int i = 0; i < SET; i++)
        for (int e = 0; e < ELEMENTS; e++) table[i][e] = -1;
    for (int split = 0; split <= PL_TEST; split++)
        for (size_t n = 0; n < made.data.split[split].count; n++) {
            const float *x = made.data.split[split].x + n * (ELEMENTS + SET);
            int *image = &table[hot(x + ELEMENTS, SET)][hot(x, ELEMENTS)];
            filled += *image < 0;
            *image = made.data.split[split].labels[n];
        }
    PL_REQUIRE(filled == SET * ELEMENTS);
    make_finish(&made);
}

static void test_composition__the_set_is_of_different_permutations(void) {
    int table[SET][ELEMENTS];
    for (uint64_t seed = 1; seed <= 20; seed++) {
        read_tables(table, seed);
        for (int i = 0; i < SET; i++) {
            unsigned images = 0;
            for (int e = 0; e < ELEMENTS; e++) images |= 1U << table[i][e];
            PL_CHECK_INT(images, (1 << ELEMENTS) - 1);
            for (int j = 0; j < i; j++) PL_CHECK(memcmp(table[i], table[j], sizeof table[i]) != 0);
        }
    }
}

static void check_products(int k, uint64_t seed) {
    int table[SET][ELEMENTS];
    struct made made;
    char text[40];
    read_tables(table, seed);
    snprintf(text, sizeof text, "hops=%d", k);
    make(&made, "composition", text, seed);
    for (int split = 0; split <= PL_TEST; split++)
        for (size_t n = 0; n < made.data.split[split].count; n++) {
            const float *x = made.data.split[split].x + n * (size_t)(ELEMENTS + k * SET);
            int element = (int)hot(x, ELEMENTS);
            for (int i = 0; i < k; i++) element = table[hot(x + ELEMENTS + i * SET, SET)][element];
            PL_CHECK_INT(made.data.split[split].labels[n], element);
        }
    make_finish(&made);
}

static void test_composition__labels_are_products(void) {
    for (int k = 1; k <= 8; k++) check_products(k, (uint64_t)k);
}

/* With two elements and two permutations the product is a parity, and the set all there is. */
static void test_composition__the_smallest_one(void) {
    struct made made;
    make(&made, "composition", "elements=2 permutations=2 hops=1", 3);
    PL_CHECK_NEAR(made.points.trivial, log(2), 1e-15);
    make_finish(&made);
    make(&made, "composition", "elements=3 permutations=6 hops=8", 3);
    PL_CHECK_NEAR(made.points.trivial, log(3), 1e-15);
    make_finish(&made);
}

static void test_composition__bad_options_are_refused(void) {
    make_fails("composition", "elements=3 permutations=7", "permutations", "only 6");
    make_fails("composition", "hops=9", "hops", "8");
    make_fails("composition", "elements=1", "elements", "2");
}

const struct pl_test pl_suite_composition[] = {
    {"the_set_is_of_different_permutations",
     test_composition__the_set_is_of_different_permutations},
    {"labels_are_products", test_composition__labels_are_products},
    {"the_smallest_one", test_composition__the_smallest_one},
    {"bad_options_are_refused", test_composition__bad_options_are_refused},
    {0},
};
