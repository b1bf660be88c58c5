/* Every residual variant at every setting stays finite, on every backend, when numbers are large. */
#include "experiments/tools/conformance_residuals.h"
#include "tests/support/support.h"

static void test_residuals_large__large_numbers_stay_finite(void) {
    struct pl_conformance conformance;
    pl_conformance_init(&conformance);
    for (int k = 0; pl_residuals[k]; k++)
        for (int b = 0; pl_backend_here(b); b++)
            pl_conformance_residual_finite(&conformance, pl_residuals[k], pl_backend_here(b));
    PL_CHECK_TEXT(conformance.text.text, "");
    PL_CHECK(conformance.checks > 0);
    pl_conformance_finish(&conformance);
}

const struct pl_test pl_suite_residuals_large[] = {
    {"large_numbers_stay_finite", test_residuals_large__large_numbers_stay_finite},
    {0},
};
