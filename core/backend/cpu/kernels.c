/* Vectorised kernels, one source for every instruction-set level: plain loops over contiguous tokens
 * that the compiler turns into vector code at the width the level has. */
#include "core/backend/cpu/cpu.h"

pl_cpu_override PL_KERNELS;

void PL_KERNELS(struct pl_host_kernels *kernels) {
    (void)kernels;
}
