/* Backend, from the inside: what an implementer provides, slot by slot.
 *
 * For a backend xxx, folder core/backend/xxx defines `const struct pl_backend pl_backend_xxx` at the
 * foot of its main file, and backend.c lists it. Its program begins with struct pl_program. A backend
 * that works in host memory takes its slots from host.h and brings only a table of kernels; one that
 * works on a device is opencl/.
 */
#ifndef PL_BACKEND_BACKEND_IMPL_H
#define PL_BACKEND_BACKEND_IMPL_H

#include "core/backend/backend.h"

struct pl_program {
    const struct pl_backend *backend;
    const struct pl_plan *plan;
};

struct pl_backend {
    const char *name;
    const char *summary;
    size_t element_size; /* bytes of the number type */

    /* Optional: PL_OK when it can run here, else a sentence. Empty: it always can. */
    enum pl_status (*available)(void);
    /* Required: see pl_backend_numerics. */
    void (*numerics)(struct pl_strbuf *out);
    /* Optional: see pl_backend_build. Empty: as numerics. */
    void (*build)(struct pl_strbuf *out);
    /* Optional: see pl_backend_devices. Empty: it has none to choose from. */
    void (*devices)(struct pl_strbuf *out);
    /* Required: see pl_backend_tile; a multiple of PL_ALIGN_ELEMENTS. */
    int (*tile)(long width, long hidden, size_t tokens);

    /* Optional: see pl_backend_portable. Empty: no graph is. */
    bool (*portable)(const struct pl_graph *graph);

    /* Optional: see pl_backend_peak. Empty: NaN. */
    double (*peak)(void);

    /* Required: memory for the plan's regions, zeroed, constants written. */
    enum pl_status (*create)(struct pl_program **out, const struct pl_backend *backend,
                             const struct pl_plan *plan);
    void (*destroy)(struct pl_program *program); /* required */

    /* Required: data in and out; [slot] says where the node lies, [rows][cols]. */
    void (*write)(struct pl_program *program, struct pl_slot slot, const double *values,
                  size_t count);
    void (*read)(struct pl_program *program, struct pl_slot slot, double *values, size_t count);
    void (*gather)(struct pl_program *program, struct pl_slot slot, int rows, int cols,
                   const float *data, struct pl_gather gather);
    void (*gather_index)(struct pl_program *program, struct pl_slot slot, int cols,
                         const int32_t *data, struct pl_gather gather);

    /* Required: zero the first [count] elements of the step region. */
    void (*clear)(struct pl_program *program, size_t count);
    /* Required: run one schedule of a pass, in order. */
    void (*run)(struct pl_program *program, int pass, enum pl_phase phase);
    /* Optional: see pl_program_time. Empty: it refuses. */
    void (*time)(struct pl_program *program, const struct pl_node_times *times);
    /* Optional: see pl_program_check. Empty: nothing can go wrong while it runs. */
    enum pl_status (*check)(struct pl_program *program);
};

extern const struct pl_backend pl_backend_ref;
extern const struct pl_backend pl_backend_cpu;
extern const struct pl_backend pl_backend_opencl; /* in every build; available() fails without it */

#endif
