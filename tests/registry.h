/* Registry: the table of suites that main.c runs; registry.c fills it for each test program. */
#ifndef PL_TESTS_REGISTRY_H
#define PL_TESTS_REGISTRY_H

#include "tests/support/support.h"

struct pl_suite {
    const char *name;
    const struct pl_test *tests; /* ended by a zeroed row */
};

extern const struct pl_suite pl_suites[]; /* ended by a zeroed row */

#endif
