/* The opencl backend's rooms. A program runs so:
 *
 *     device.c    which device (PLUMBLINE_OPENCL), its names; asks, opens nothing
 *     engine.c    one a process: context, queue, the kernels of kernels/ built for the device
 *     products.c  matmul and outer by CLBlast
 *     opencl.c    one a plan: memory, records of every operator, launches
 *     profile.c   times of kernels, when somebody wants them
 *
 *     host                                   device
 *     pl_plan ──► launches, one an operator  calls[]    what each operator is (record.h)
 *                 (kernel, grid, number)     tensors[]  where its inputs lie
 *                        │                   scratch    the three regions of the plan
 *                        └──► queue ───────► step
 *                                            run        + room for CLBlast
 *
 * Every kernel has the same arguments: the three regions, both lists, and the number of its operator.
 * So nothing but launches crosses to the device in a step, except data in and metrics out.
 *
 * Processes: a child forked after a device was used hangs, so only workers, which are started anew
 * (experiments/pool.h), compute. The parent of a study asks pl_cl_find_device what the device is
 * called, for the numerics stamp, and opens nothing; its workers are not forks of it.
 */
#ifndef PL_BACKEND_OPENCL_OPENCL_H
#define PL_BACKEND_OPENCL_OPENCL_H

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>

#include "core/backend/backend_impl.h"
#include "core/backend/opencl/record.h"
#include "core/base/vec.h"

/* ---- errors (device.c) ---- */

/* "out of device memory", or "error -59". */
const char *pl_cl_error(cl_int error);
/* "<what>: <error>", with the status that belongs to it (PL_EMEMORY or PL_EBACKEND). */
enum pl_status pl_cl_fail(cl_int error, const char *format, ...) PL_PRINTF(2, 3);

/* ---- the device (device.c) ---- */

struct pl_cl_device {
    cl_platform_id platform;
    cl_device_id id;
    int platform_number, number;
    bool is_gpu;
    char platform_name[128], vendor[128], name[128], driver[64]; /* vendor: of the platform */
};

/* See pl_backend_devices. */
void pl_cl_list_devices(struct pl_strbuf *out);

/* The device that PLUMBLINE_OPENCL names: by its number among all (1), by those of platform and device (0:1), or
 * by a part of a name (of the platform, its vendor or the device), whatever its case ("pocl"). Unset or empty: the first GPU, else the first device. */
enum pl_status pl_cl_find_device(struct pl_cl_device *out) PL_NODISCARD;

/* ---- the engine (engine.c) ---- */

enum pl_cl_grid { /* kernels/prelude.cl tells what they are for */
                  PL_CL_NO_GRID,
                  PL_CL_FLAT,
                  PL_CL_ENTRY,
                  PL_CL_TOKEN,
                  PL_CL_ROW,
                  PL_CL_SINGLE,
                  PL_CL_GRIDS
};

struct pl_cl_engine {
    struct pl_cl_device device;
    cl_context context;
    cl_command_queue queue; /* in order */
    cl_program program;
    cl_kernel kernel[PL_OPS]; /* NULL: a product, or an operator without a kernel */
    enum pl_cl_grid grid[PL_OPS];
    size_t group;  /* work items of a group: a power of two, at most 64 */
    bool profiled; /* commands have times */
};

/* The engine of this process: made at the first call, kept until the process ends, for building kernels
 * takes longer than a small cell. The device is chosen then. This, and what CLBlast keeps, is the only
 * state between programs. */
enum pl_status pl_cl_engine(const struct pl_cl_engine **out) PL_NODISCARD;

/* Builds a device program; a refusal carries the compiler's log. */
enum pl_status pl_cl_build(cl_program *out, cl_context context, cl_device_id device,
                           const char *const *sources, int count, const char *options) PL_NODISCARD;

/* ---- products (products.c) ---- */

/* c = a b + beta c, row-major; a or b may be transposed: [m][k] [k][n]. Of blocks, a and b transposed
 * as in sum_j a_j b_j'. */
struct pl_cl_matrix {
    cl_mem memory;
    size_t offset, row; /* elements; row: from one row to the next */
    bool transpose;
};
struct pl_cl_product {
    size_t m, n, k;
    struct pl_cl_matrix a, b, c;
    float beta;
    int blocks; /* that many, one after the other: blocks of a and b lie under one another */
};

/* Bytes of room that CLBlast wants for it. */
enum pl_status pl_cl_product_room(const struct pl_cl_engine *engine,
                                  const struct pl_cl_product *product, size_t *bytes) PL_NODISCARD;
/* An error of CLBlast or OpenCL, 0 for none. [event], when not NULL, is set to that of the last command.
 */
cl_int pl_cl_product_run(const struct pl_cl_engine *engine, const struct pl_cl_product *product,
                         cl_mem room, cl_event *event);
const char *pl_cl_blas(void); /* "CLBlast 1.5.3" */

/* ---- times (profile.c) ---- */

/* Commands of one operator that have not been added up: from the start of [first] to the end of
 * [last]. */
struct pl_cl_timed {
    enum pl_op op;
    cl_event first, last;
};
struct pl_cl_profile {
    PL_VEC(struct pl_cl_timed) open;
    double seconds[PL_OPS];
    long count[PL_OPS];
};

/* PLUMBLINE_PROFILE is set to something but 0, or the log is at level debug. */
bool pl_cl_profile_wanted(void);
/* Takes both events over; they may be one. */
void pl_cl_profile_add(struct pl_cl_profile *profile, enum pl_op op, cl_event first, cl_event last);
/* Adds up what is open. The queue is empty. */
void pl_cl_profile_collect(struct pl_cl_profile *profile);
/* A line an operator to the log, the dearest first, when a thousand calls were made; then frees. */
void pl_cl_profile_finish(struct pl_cl_profile *profile, const char *device);

#endif
