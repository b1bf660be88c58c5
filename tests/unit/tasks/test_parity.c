#include "tests/unit/tasks/make.h"

enum { SAMPLES = 20000 };

/* Mean over training of (-1)^label times the product of the bits in [mask]: 1 or -1 when they tell the
 * label, 0 with sd 1/sqrt(SAMPLES) when they say nothing. */
static double correlation(const struct made *made, unsigned mask) {
    const struct pl_samples *train = &made->data.split[PL_TRAIN];
    size_t n = (size_t)made->data.shape.in;
    int sum = 0;
    for (size_t i = 0; i < train->count; i++) {
        int sign = train->labels[i] ? -1 : 1;
        for (size_t j = 0; j < n; j++)
            if (mask >> j & 1 && train->x[i * n + j] < 0) sign = -sign;
        sum += sign;
    }
    return sum / (double)train->count;
}

static int bits_of(unsigned mask) {
    int count = 0;
    for (; mask; mask &= mask - 1) count++;
    return count;
}

static void test_parity__no_bit_and_no_pair_shows_it(void) {
    struct made made;
    make(&made, "parity", "samples=20000", 9);
    double noise = 4.5 / sqrt(SAMPLES);
    PL_CHECK(fabs(correlation(&made, 0)) < noise); /* labels are even */
    for (int a = 0; a < 20; a++)
        for (int b = 0; b <= a; b++) PL_CHECK(fabs(correlation(&made, 1U << a | 1U << b)) < noise);
    make_finish(&made);
}

/* Of all subsets of n bits one tells the label, without exception, and it has k bits. */
static void check_subset(int k) {
    struct made made;
    char text[100];
    int told = 0;
    snprintf(text, sizeof text, "bits=10 subset=%d samples=500", k);
    make(&made, "parity", text, (uint64_t)k);
    for (unsigned mask = 0; mask < 1024; mask++) {
        if (fabs(correlation(&made, mask)) < 1) continue;
        told++;
        PL_CHECK_INT(bits_of(mask), k);
        /* A bit is -1 for 0: the product is (-1)^(zeros), so (-1)^label times it is (-1)^k. */
        PL_CHECK_NEAR(correlation(&made, mask), k % 2 ? -1 : 1, 0);
    }
    PL_CHECK_INT(told, 1);
    make_finish(&made);
}

static void test_parity__one_subset_of_k_bits_tells_all(void) {
    for (int k = 1; k <= 10; k++) check_subset(k);
}

static void test_parity__every_input_has_one_split(void) {
    struct made made;
    int seen[256] = {0};
    make(&made, "parity", "bits=8 samples=128 valid_samples=64 test_samples=64", 1);
    for (int split = 0; split <= PL_TEST; split++)
        for (size_t i = 0; i < made.data.split[split].count; i++) {
            int code = 0;
            for (int j = 0; j < 8; j++)
                code |= (made.data.split[split].x[8 * i + (size_t)j] > 0) << j;
            PL_CHECK_INT(seen[code]++, 0);
        }
    make_finish(&made);
}

static void test_parity__many_bits_are_no_trouble(void) {
    struct made made;
    make(&made, "parity", "bits=62 subset=62", 1);
    PL_CHECK_NEAR(made.points.trivial, log(2), 1e-15);
    const struct pl_samples *train = &made.data.split[PL_TRAIN];
    for (size_t i = 0; i < train->count; i++) {
        int ones = 0;
        for (size_t j = 0; j < 62; j++) ones += train->x[62 * i + j] > 0;
        PL_CHECK_INT(train->labels[i], ones % 2);
    }
    make_finish(&made);
}

static void test_parity__bad_options_are_refused(void) {
    make_fails("parity", "bits=5 subset=6", "subset", "at most 5");
    make_fails("parity", "bits=63", "bits", "62");
    make_fails("parity", "subset=0", "subset", "1");
}

const struct pl_test pl_suite_parity[] = {
    {"no_bit_and_no_pair_shows_it", test_parity__no_bit_and_no_pair_shows_it},
    {"one_subset_of_k_bits_tells_all", test_parity__one_subset_of_k_bits_tells_all},
    {"every_input_has_one_split", test_parity__every_input_has_one_split},
    {"many_bits_are_no_trouble", test_parity__many_bits_are_no_trouble},
    {"bad_options_are_refused", test_parity__bad_options_are_refused},
    {0},
};
