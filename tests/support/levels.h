/* Levels: the instruction-set levels of the cpu backend that this processor has, one after the other:
 *
 *     for (int k = 0; (k = pl_test_level(k));) { ... a program made here runs at that level ... }
 *
 * The baseline of x86 has vectors of 4 lanes and no fused multiply-add, as 64-bit Arm has the former.
 */
#ifndef PL_TESTS_LEVELS_H
#define PL_TESTS_LEVELS_H

#include <stdlib.h>

#include "core/backend/backend.h"

/* Sets PLUMBLINE_ISA to the next level after the [k]-th and returns its number, from 1 on; 0, with the
 * variable unset, when there is none. */
static inline int pl_test_level(int k) {
    static const char *const levels[] = {"baseline", "neon", "x86-64-v3", "x86-64-v4"};
    const struct pl_backend *cpu;
    for (; k < (int)(sizeof levels / sizeof levels[0]); k++) {
        setenv("PLUMBLINE_ISA", levels[k], 1);
        if (pl_backend_find(&cpu, "cpu") == PL_OK) return k + 1;
    }
    unsetenv("PLUMBLINE_ISA");
    return 0;
}

#endif
