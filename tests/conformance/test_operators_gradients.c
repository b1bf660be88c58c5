/* The gradient of every operator by central differences, over several seeds. */
#include "experiments/tools/conformance.h"
#include "tests/support/support.h"

static void test_operators_gradients__gradients_agree_with_central_differences(void) {
    struct pl_conformance found;
    pl_conformance_init(&found);
    PL_REQUIRE_OK(pl_conformance_gradients(&found, (struct pl_seeds){1, 3}));
    if (found.failures) printf("%s", found.text.text);
    PL_CHECK_INT(found.failures, 0);
    PL_CHECK(found.checks > 0);
    pl_conformance_finish(&found);
}

const struct pl_test pl_suite_operators_gradients[] = {
    {"gradients_agree_with_central_differences",
     test_operators_gradients__gradients_agree_with_central_differences},
    {0},
};
