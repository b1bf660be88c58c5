#include <stdlib.h>

#include "tests/unit/tasks/make.h"

enum { MOST = 40 };

/* Where the only 1 of [count] features is; anything else ends the test. */
static int hot(const float *x, int count) {
    int at = -1;
    for (int i = 0; i < count; i++) {
        PL_REQUIRE(x[i] == 0 || (x[i] == 1 && at < 0));
        if (x[i] == 1) at = i;
    }
    PL_REQUIRE(at >= 0);
    return at;
}

/* The remainder as it is defined: the r in 0 .. p-1 for which p divides value - r. */
static int remainder_of(int value, int p) {
    for (int r = 0; r < p; r++)
        if ((value - r) / p * p == value - r) return r;
    return -1;
}

/* Every pair of every split has the label of the table; each belongs to one split; all occur. */
static void check_table(int p, const char *op, const char *fraction) {
    static int owner[MOST][MOST];
    int found[PL_SPLITS] = {0};
    struct made made;
    char text[200];
    snprintf(text, sizeof text,
             "modulus=%d op=%s train_fraction=%s samples=3000 valid_samples=3000 test_samples=3000",
             p, op, fraction);
    make(&made, "modular", text, 12);
    memset(owner, 0, sizeof owner);
    for (int split = 0; split <= PL_TEST; split++)
        for (size_t i = 0; i < 3000; i++) {
            const float *x = made.data.split[split].x + i * 2 * (size_t)p;
            int a = hot(x, p), b = hot(x + p, p);
            int value = op[0] == 'a' ? a + b : op[0] == 's' ? a - b : a * b;
            PL_CHECK_INT(made.data.split[split].labels[i], remainder_of(value, p));
            PL_CHECK(owner[a][b] == 0 || owner[a][b] == split + 1);
            found[split] += owner[a][b] == 0;
            owner[a][b] = split + 1;
        }
    int train = (int)floor(strtod(fraction, NULL) * p * p);
    PL_CHECK_INT(found[PL_TRAIN], train);
    PL_CHECK_INT(found[PL_VALID], (p * p - train) / 2);
    PL_CHECK_INT(found[PL_TRAIN] + found[PL_VALID] + found[PL_TEST], p * p);
    make_finish(&made);
}

static void test_modular__tables_are_exact_and_shared_out(void) {
    check_table(23, "add", "0.5");
    check_table(23, "subtract", "0.3");
    check_table(23, "multiply", "0.8");
    check_table(12, "multiply", "0.5");
    check_table(2, "add", "0.5");
    check_table(37, "subtract", "0.05");
}

/* Each row and each column of the part that training sees has about its share: not some rows only. */
static void test_modular__training_sees_pairs_at_random(void) {
    struct made made;
    int row[23] = {0}, column[23] = {0};
    make(&made, "modular", "samples=264", 2);
    for (size_t i = 0; i < 264; i++) {
        const float *x = made.data.split[PL_TRAIN].x + i * 46;
        row[hot(x, 23)]++;
        column[hot(x + 23, 23)]++;
    }
    for (int i = 0; i < 23; i++) { /* 11.5 expected, sd below sqrt(23)/2 = 2.4 */
        PL_CHECK(row[i] >= 2 && row[i] <= 21);
        PL_CHECK(column[i] >= 2 && column[i] <= 21);
    }
    make_finish(&made);
}

/* By hand: 0 comes 2p-1 times of p^2, each other residue p-1 times (p prime). */
static void test_modular__points_are_those_of_the_table(void) {
    struct made made;
    make(&made, "modular", "", 1);
    PL_CHECK_NEAR(made.points.trivial, log(23), 1e-13);
    PL_CHECK_NEAR(made.points.solved, 0.01 * log(23), 1e-13);
    make_finish(&made);
    make(&made, "modular", "op=multiply", 1);
    double zero = 45.0 / 529, other = 22.0 / 529;
    PL_CHECK_NEAR(made.points.trivial, -zero * log(zero) - 22 * other * log(other), 1e-13);
    make_finish(&made);
}

static void test_modular__bad_options_are_refused(void) {
    make_fails("modular", "modulus=1", "modulus", "2");
    make_fails("modular", "op=power", "op", "multiply");
    make_fails("modular", "train_fraction=1", "train_fraction", "0.95");
}

const struct pl_test pl_suite_modular[] = {
    {"tables_are_exact_and_shared_out", test_modular__tables_are_exact_and_shared_out},
    {"training_sees_pairs_at_random", test_modular__training_sees_pairs_at_random},
    {"points_are_those_of_the_table", test_modular__points_are_those_of_the_table},
    {"bad_options_are_refused", test_modular__bad_options_are_refused},
    {0},
};
