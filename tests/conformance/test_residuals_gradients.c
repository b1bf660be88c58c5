/* The gradients of every residual variant at every setting, by differences: a suite of its own,
 * because it is the longest. */
#include "experiments/tools/conformance_residuals.h"
#include "tests/support/support.h"

static void test_residuals_gradients__gradients_are_exact(void) {
    struct pl_conformance conformance;
    pl_conformance_init(&conformance);
    for (int k = 0; pl_residuals[k]; k++)
        pl_conformance_residual_gradients(&conformance, pl_residuals[k]);
    PL_CHECK_TEXT(conformance.text.text, "");
    PL_CHECK(conformance.checks > 0);
    pl_conformance_finish(&conformance);
}

const struct pl_test pl_suite_residuals_gradients[] = {
    {"gradients_are_exact", test_residuals_gradients__gradients_are_exact},
    {0},
};
