#include "tests/unit/tasks/make.h"

static void test_random_labels__labels_are_uniform_and_blind_to_inputs(void) {
    enum { CLASSES = 5, SAMPLES = 20000 };
    struct made made;
    make(&made, "random_labels", "samples=20000 classes=5 dim=3", 17);
    const struct pl_samples *train = &made.data.split[PL_TRAIN];
    int counts[2][CLASSES] = {{0}}; /* by the sign of the first feature */
    for (size_t i = 0; i < SAMPLES; i++) {
        PL_REQUIRE(train->labels[i] >= 0 && train->labels[i] < CLASSES);
        counts[train->x[3 * i] > 0][train->labels[i]]++;
    }
    for (int side = 0; side < 2; side++) /* 2000 expected, sd sqrt(20000 .1 .9) = 42 */
        for (int class = 0; class < CLASSES; class ++)
            PL_CHECK_NEAR(counts[side][class], 2000, 5 * 42.5 / 2000);
    make_finish(&made);
}

static void test_random_labels__inputs_are_standard_normal(void) {
    struct made made;
    make(&made, "random_labels", "samples=10000 dim=10", 5);
    const float *x = made.data.split[PL_TRAIN].x;
    double sum = 0, square = 0, fourth = 0, n = 100000;
    for (int i = 0; i < 100000; i++) {
        double v = (double)x[i];
        sum += v;
        square += v * v;
        fourth += v * v * v * v;
    }
    PL_CHECK_NEAR(sum / n, 0, 5 * sqrt(1 / n));
    PL_CHECK_NEAR(square / n, 1, 5 * sqrt(2 / n));
    PL_CHECK_NEAR(fourth / n, 3, 5 * sqrt(96 / n) / 3);
    make_finish(&made);
}

static void test_random_labels__every_label_is_marked_and_none_is_clean(void) {
    struct made made;
    make(&made, "random_labels", "samples=50 valid_samples=40 test_samples=30", 5);
    for (int split = 0; split <= PL_TEST; split++)
        for (size_t i = 0; i < made.data.split[split].count; i++)
            PL_CHECK(made.data.split[split].corrupted[i] == 1);
    PL_CHECK_INT(made.data.split[PL_TEST_CLEAN].count, 0);
    make_finish(&made);
}

static void test_random_labels__points_are_ln_v(void) {
    struct made made;
    make(&made, "random_labels", "classes=5", 1);
    PL_CHECK_NEAR(made.points.trivial, 1.6094379124341003, 1e-15);
    PL_CHECK_NEAR(made.points.best_test, 1.6094379124341003, 1e-15);
    PL_CHECK(isnan(made.points.solved));
    make_finish(&made);
}

static void test_random_labels__has_no_dial(void) {
    make_fails("random_labels", "structure=1", "structure", "random_labels follow no rule");
    make_fails("random_labels", "structure=0.5", "structure", "0.5");
    make_fails("random_labels", "mix=variance", "mix", "leave mix out");
    make_fails("random_labels", "classes=1", "classes", "2");
}

const struct pl_test pl_suite_random_labels[] = {
    {"labels_are_uniform_and_blind_to_inputs",
     test_random_labels__labels_are_uniform_and_blind_to_inputs},
    {"inputs_are_standard_normal", test_random_labels__inputs_are_standard_normal},
    {"every_label_is_marked_and_none_is_clean",
     test_random_labels__every_label_is_marked_and_none_is_clean},
    {"points_are_ln_v", test_random_labels__points_are_ln_v},
    {"has_no_dial", test_random_labels__has_no_dial},
    {0},
};
