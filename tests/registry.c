/* The suites of one test program, from the generated list of its files. */
#include "tests/registry.h"

#define PL_SUITE(name) extern const struct pl_test pl_suite_##name[];
#include "suites.inc"
#undef PL_SUITE

const struct pl_suite pl_suites[] = {
#define PL_SUITE(name) {#name, pl_suite_##name},
#include "suites.inc"
#undef PL_SUITE
    {0},
};
