/* Plain loops in float: what the cpu backend starts from. */
#define REAL float
#include "core/backend/plain/plain.inc"

#include "core/backend/cpu/cpu.h"

const struct pl_host_kernels pl_cpu_plain = PLAIN_KERNELS;
