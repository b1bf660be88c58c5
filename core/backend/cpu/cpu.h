/* The cpu backend's own rooms: plain float loops, vectorised kernels, OpenBLAS for wide
 * products. */
#ifndef PL_BACKEND_CPU_CPU_H
#define PL_BACKEND_CPU_CPU_H

#include "core/backend/host_memory.h"

/* plain.c: the loops of plain.inc in float, which the rest overrides. */
extern const struct pl_host_kernels pl_cpu_plain;

/* products.c: which products are ours, and OpenBLAS, one thread, for the others.
 *
 * One rule, by shape alone: products with matrices of up to PL_CPU_LARGEST entries are computed by
 * linear.inc, with the same bits everywhere. PLUMBLINE_PRODUCTS=openblas leaves all to OpenBLAS, for
 * comparison; pl_cpu_products reads it anew. */
enum { PL_CPU_LARGEST = 1 << 20 };
enum pl_status pl_cpu_products(void); /* PL_EBACKEND with a sentence when it names something else */
bool pl_cpu_ours(int rows, int cols);

/* OpenBLAS is no part of the program: it is loaded when a product needs it. PL_EBACKEND with a sentence when
 * it is not there. The two products want it loaded. */
enum pl_status pl_cpu_blas_load(void);
void pl_cpu_matmul(const struct pl_call *call, float *out);
void pl_cpu_outer(const struct pl_call *call);
const char *pl_cpu_blas(void); /* "OpenBLAS 0.3.21 Haswell", "no OpenBLAS"; loads it */

/* GFLOP/s of products, the best of several shapes, each a median; of OpenBLAS (0 when it is not there) or of
 * ours, whichever is faster. */
double pl_cpu_peak(const struct pl_host_kernels *kernels);

/* kernels.c, compiled once for each instruction-set level: replaces the entries it does better. */
typedef void pl_cpu_override(struct pl_host_kernels *kernels);

#endif
