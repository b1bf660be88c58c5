/* The cpu backend's own rooms: plain float loops, products by OpenBLAS, vectorised kernels. */
#ifndef PL_BACKEND_CPU_CPU_H
#define PL_BACKEND_CPU_CPU_H

#include "core/backend/host.h"

/* plain.c: the loops of plain.inc in float, which the rest overrides. */
extern const struct pl_host_kernels pl_cpu_plain;

/* products.c: matmul and outer by sgemm, one thread. Outer again for the kernels, which take the narrow
 * ones themselves (linear.inc). */
void pl_cpu_products(struct pl_host_kernels *kernels);
void pl_cpu_outer(const struct pl_call *call);
const char *pl_cpu_blas(void); /* "OpenBLAS 0.3.21 Haswell" */

double pl_cpu_peak(void); /* GFLOP/s of sgemm: the best of several shapes, each a median */

/* kernels.c, compiled once for each instruction-set level: replaces the entries it does better. */
typedef void pl_cpu_override(struct pl_host_kernels *kernels);

#endif
