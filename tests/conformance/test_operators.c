/* The operator suite of experiments/tools/conformance.h, over every backend and many seeds. */
#include "experiments/tools/conformance.h"
#include "tests/support/support.h"

static void tell(const struct pl_conformance *found) {
    if (found->failures) printf("%s", found->text.text);
    PL_CHECK_INT(found->failures, 0);
    PL_CHECK(found->checks > 0);
}

static void test_operators__every_operator_occurs_in_a_case(void) {
    struct pl_conformance found;
    pl_conformance_init(&found);
    PL_REQUIRE_OK(pl_conformance_coverage(&found));
    tell(&found);
    pl_conformance_finish(&found);
}

static void test_operators__every_backend_agrees_with_ref(void) {
    for (int k = 0; pl_backend_here(k); k++) {
        struct pl_conformance found;
        pl_conformance_init(&found);
        PL_REQUIRE_OK(
            pl_conformance_operators(&found, pl_backend_here(k), (struct pl_seeds){1, 20}));
        struct pl_strbuf table;
        pl_strbuf_init(&table);
        pl_conformance_table(&found, &table);
        printf("%s, %d checks\n%s", pl_backend_name(pl_backend_here(k)), found.checks, table.text);
        pl_strbuf_finish(&table);
        tell(&found);
        pl_conformance_finish(&found);
    }
}

const struct pl_test pl_suite_operators[] = {
    {"every_operator_occurs_in_a_case", test_operators__every_operator_occurs_in_a_case},
    {"every_backend_agrees_with_ref", test_operators__every_backend_agrees_with_ref},
    {0},
};
