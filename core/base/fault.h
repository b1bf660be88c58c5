/* Fault: mistakes planted on purpose, to see which of them `plumbline check` notices
 * (tests/faults/detection.sh has the list). A build with the CMake option PL_PLANTED_FAULTS makes the one that
 * PLUMBLINE_FAULT names; in any other build pl_fault is the constant false, and nothing is left of it. */
#ifndef PL_BASE_FAULT_H
#define PL_BASE_FAULT_H

#include <stdbool.h>

#ifdef PL_PLANTED_FAULTS
#include <stdlib.h>
#include <string.h>

static inline bool pl_fault(const char *name) {
    const char *asked = getenv("PLUMBLINE_FAULT");
    return asked && strcmp(asked, name) == 0;
}
#else
#define pl_fault(name) false
#endif

#endif
