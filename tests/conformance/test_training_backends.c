/* Whole training steps of every variant: each backend against ref. */
#include "experiments/tools/conformance_training.h"
#include "tests/support/support.h"

static void test_training_backends__every_backend_follows_ref(void) {
    struct pl_conformance found;
    pl_conformance_init(&found);
    for (int b = 0; pl_backend_here(b); b++)
        for (int k = 0; pl_residuals[k]; k++)
            pl_conformance_training_backend(&found, pl_residuals[k], pl_backend_here(b));
    if (found.failures) printf("%s", found.text.text);
    PL_CHECK_INT(found.failures, 0);
    PL_CHECK(found.checks > 0);
    pl_conformance_finish(&found);
}

static void test_training_backends__transformers_follow_ref(void) {
    struct pl_conformance found;
    pl_conformance_init(&found);
    for (int b = 0; pl_backend_here(b); b++)
        pl_conformance_training_transformer(&found, pl_backend_here(b));
    if (found.failures) printf("%s", found.text.text);
    PL_CHECK_INT(found.failures, 0);
    pl_conformance_finish(&found);
}

const struct pl_test pl_suite_training_backends[] = {
    {"every_backend_follows_ref", test_training_backends__every_backend_follows_ref},
    {"transformers_follow_ref", test_training_backends__transformers_follow_ref},
    {0},
};
