#include "tests/unit/tasks/make.h"

static void test_null__is_constant_in_every_split(void) {
    struct made made;
    make(&made, "null", "dim=3 samples=7 valid_samples=5 test_samples=4", 1);
    for (int split = 0; split < PL_SPLITS; split++) {
        const struct pl_samples *samples = &made.data.split[split];
        PL_CHECK(samples->count >= 4);
        for (size_t i = 0; i < samples->count * 3; i++)
            PL_CHECK(samples->x[i] == 1 && samples->y[i] == 0.5F);
        for (size_t i = 0; i < samples->count; i++) PL_CHECK(samples->corrupted[i] == 0);
    }
    make_finish(&made);
}

static void test_null__points_are_zero(void) {
    struct made made;
    make(&made, "null", "", 1);
    PL_CHECK(made.points.trivial == 0 && made.points.best_test == 0);
    PL_CHECK(isnan(made.points.solved));
    make_finish(&made);
}

static void test_null__has_no_dial(void) {
    make_fails("null", "structure=0", "structure", "null is constant");
    make_fails("null", "mix=variance", "mix", "null is constant");
}

const struct pl_test pl_suite_null[] = {
    {"is_constant_in_every_split", test_null__is_constant_in_every_split},
    {"points_are_zero", test_null__points_are_zero},
    {"has_no_dial", test_null__has_no_dial},
    {0},
};
