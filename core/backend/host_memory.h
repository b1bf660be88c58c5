/* Host memory: the part of a backend that every backend in host memory shares. Regions are three blocks of
 * memory; each operator of each schedule is bound once to pointers, and running a schedule is a loop
 * over bound calls. A backend brings its number type and a table of kernels. */
#ifndef PL_BACKEND_HOST_MEMORY_H
#define PL_BACKEND_HOST_MEMORY_H

#include "core/backend/backend_impl.h"

#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "the bits of a cell are promised: build without -ffast-math, -Ofast and -ffinite-math-only"
#endif

enum { PL_PARTIALS = 16 };

/* An operator bound to memory. Numbers are double or float by the backend; labels int32. */
struct pl_call {
    void (*kernel)(const struct pl_call *call);
    const struct pl_node *node;  /* operator and attr */
    const struct pl_node *next;  /* fused behind it (struct pl_host_kernels); NULL else */
    const struct pl_operand *in; /* node->in_count of them */
    int in_count;
    void *out;
    void *out2;     /* a fused call's second result; NULL else */
    int rows, cols; /* of the result; cols is the tile's tokens when it is tile-level */
    int sequence;   /* of the result, as an operand's */
    int tokens;     /* of a tile: those of the first tile-level input, or of the result */
    void *
        scratch; /* the kernel's own room, in numbers: 4 * tokens + 4 * max inputs + PL_HOST_ROOM, and
                      PL_HOST_ROOM_ROW for each row of the tile-level tensor that has most */
};

enum { PL_HOST_ROOM = 44 * 192, PL_HOST_ROOM_ROW = 32 };

struct pl_operand {
    void *data;
    int rows, cols;
    bool tile; /* tile-level; else one column serves every token */
    int sequence; /* its tokens of a sequence, of which token t has number t / sequence; 0: step level */
};

typedef void pl_kernel(const struct pl_call *call);

/* The kernels of a backend, by operator; every entry of op is required.
 *
 * Tensors end before their region does: a kernel may read up to 64 bytes beyond one. */
struct pl_host_kernels {
    pl_kernel *op[PL_OPS];
    /* Optional: act and act_slope of the same inputs in one sweep (out, out2). */
    pl_kernel *act_pair;
    /* Optional: attend_lse, into input 3, and the attend behind it in one call. */
    pl_kernel *attend_pair;
    /* Optional, by the operator that follows: a product and that operator of its result in one call, with
     * the same bits. [node] is the product, [next] the other; in: w, x, then the other's further inputs;
     * out and out2: the other's. Of an act with its slope both are computed. [out] or, when there is one,
     * [out2] is where the product alone would lie. */
    pl_kernel *behind_product[PL_OPS];
    /* Optional, by boundary operator: it does not add to its accumulator. Its [out] are
     * PL_PARTIALS partial sums an entry, [rows * cols][PL_PARTIALS], where it adds what token t of the
     * tile gives to number t mod PL_PARTIALS. All but the last tile of a step are full and
     * PL_PARTIALS divides their width, so that is the place of the token in the batch, and the
     * sums do not depend on how it was cut. They are 0 when a step begins; before the schedule "after",
     * fold adds them up (in: the partial sums; out: the accumulator). */
    bool partial[PL_OPS];
    pl_kernel *fold;
};

enum pl_status pl_host_create(struct pl_program **out, const struct pl_backend *backend,
                              const struct pl_plan *plan, const struct pl_host_kernels *kernels);

/* The slots of a host backend, for its table. */
void pl_host_destroy(struct pl_program *program);
void pl_host_write(struct pl_program *program, struct pl_slot slot, const double *values,
                   size_t count);
void pl_host_read(struct pl_program *program, struct pl_slot slot, double *values, size_t count);
void pl_host_gather(struct pl_program *program, struct pl_slot slot, int rows, int cols,
                    const float *data, struct pl_gather gather);
void pl_host_gather_index(struct pl_program *program, struct pl_slot slot, int cols,
                          const int32_t *data, struct pl_gather gather);
void pl_host_clear(struct pl_program *program, size_t count);
void pl_host_time(struct pl_program *program, const struct pl_node_times *times);
void pl_host_run(struct pl_program *program, int pass, enum pl_phase phase);

#endif
