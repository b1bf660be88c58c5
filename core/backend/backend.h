/* Backend: where a plan is computed. This page is for users; backend_impl.h is for implementers.
 *
 *     struct pl_program *program;
 *     PL_TRY(pl_program_create(&program, backend, &plan));      memory is taken here, once
 *     pl_program_write(program, w, values);                     initial weights
 *     for each step:
 *         pl_program_write(program, hyper, ...);
 *         pl_program_begin(program, TRAIN);                     clears accumulators, runs "before"
 *         for each tile:
 *             pl_program_gather(program, TRAIN, x, ...);        samples into the tile
 *             pl_program_tile(program, TRAIN);
 *         pl_program_end(program, TRAIN);                       runs "after" and "update"
 *     pl_program_read(program, loss, &value);
 *     pl_program_destroy(program);
 *
 * Numbers cross this border as double (parameters, scalars) or float32 (data), whatever the backend
 * computes in. No code above core/backend knows which backend runs.
 */
#ifndef PL_BACKEND_BACKEND_H
#define PL_BACKEND_BACKEND_H

#include <stdint.h>

#include "core/base/status.h"
#include "core/graph/plan.h"

struct pl_backend; /* a row of the registry */
struct pl_program; /* a plan bound to a backend's memory */

/* The backend called [name] (cpu, ref, opencl); PL_EBACKEND with a sentence when it is unknown or cannot
 * run here. */
enum pl_status pl_backend_find(const struct pl_backend **out, const char *name) PL_NODISCARD;
/* The registry in order; NULL after the last. Some may not be able to run here. */
const struct pl_backend *pl_backend_at(int index);
/* PL_OK when it can run here, else a sentence that says what is missing. */
enum pl_status pl_backend_available(const struct pl_backend *backend) PL_NODISCARD;
/* Those of the registry that can run here, in order; NULL after the last. */
const struct pl_backend *pl_backend_here(int index);

const char *pl_backend_name(const struct pl_backend *backend);
const char *pl_backend_summary(const struct pl_backend *backend);
size_t pl_backend_element_size(const struct pl_backend *backend);

/* What can change this backend's numbers on this machine (library versions and cores, instruction-set
 * level, device), one line. Part of a cell's numerics stamp. */
void pl_backend_numerics(const struct pl_backend *backend, struct pl_strbuf *out);
/* The same as far as it can be told at once: a device is not asked for, which may take a while. */
void pl_backend_build(const struct pl_backend *backend, struct pl_strbuf *out);

/* The devices that it sees and could run on, a line each: "0 = 0:0: PLATFORM / NAME, driver VERSION"; the one
 * that is taken has a word of it. Nothing for a backend without a choice. */
void pl_backend_devices(const struct pl_backend *backend, struct pl_strbuf *out);

/* Whether what [graph] computes on this backend has the same bits on every machine that can run it:
 * always on ref; on cpu when no product is wider than our own kernels take; never on a device. Only
 * shapes count, so the graph of a model, without its gradients, will do. */
bool pl_backend_portable(const struct pl_backend *backend, const struct pl_graph *graph);

/* Tokens of a tile for a model of [width] features and [hidden] ones within its layers, and batches of
 * up to [tokens] tokens: by a committed table and, on cpu, where the width shows in no number, the caches of
 * this machine. PLUMBLINE_TILE=N forces it there. */
int pl_backend_tile(const struct pl_backend *backend, long width, long hidden, size_t tokens);

/* The best rate of products this backend reaches here and now, GFLOP/s on one core: the median of
 * several runs of its best shape. For `bench`; takes about a second. NaN when it cannot say. */
double pl_backend_peak(const struct pl_backend *backend);

/* The plan and its graph must outlive the program. Refuses with a sentence when memory is short. */
enum pl_status pl_program_create(struct pl_program **out, const struct pl_backend *backend,
                                 const struct pl_plan *plan) PL_NODISCARD;
void pl_program_destroy(struct pl_program *program); /* NULL is fine */
/* What has gone wrong on a device since the program was made: once something has, nothing runs any more
 * and every number read is NaN. Costs nothing; ask it after reading. */
enum pl_status pl_program_check(struct pl_program *program) PL_NODISCARD;
const struct pl_plan *pl_program_plan(const struct pl_program *program);

/* A step-level node's entries, row by row (rows * cols doubles). */
void pl_program_write(struct pl_program *program, int node, const double *values);
void pl_program_read(struct pl_program *program, int node, double *values);

/* A tile-level node of [pass] after pl_program_tile, [rows][tokens]; for targets of the pass (others
 * may have lost their memory to later tensors). For tests, probes and teachers. */
void pl_program_read_tile(struct pl_program *program, int pass, int node, double *values);

/* Fills a tile feed: column j of the tile is token index[j] of [data], which is stored token by token
 * ([rows] numbers each); columns count.. are padded with 0. index NULL means first, first+1, ... */
struct pl_gather {
    const uint32_t *index;
    size_t first; /* with index NULL */
    int count;    /* tokens, at most the tile's */
};
void pl_program_gather(struct pl_program *program, int pass, int feed, const float *data,
                       struct pl_gather gather);
void pl_program_gather_index(struct pl_program *program, int pass, int feed, const int32_t *data,
                             struct pl_gather gather); /* an int32 feed of one row */
/* A one-row feed from values already in tile order (token weights). */
void pl_program_fill(struct pl_program *program, int pass, int feed, const float *values,
                     int count);

/* Where the time goes, by node: filled while it hangs on a program, which costs some 50 ns a call. An
 * operator computed together with its companion (graph.h) counts for both, and a product for what
 * follows it in the same call (host.h). */
struct pl_node_times {
    double *seconds;
    long *calls;
};
/* From now on [times] (an entry a node, the caller's) is added to; NULL: no longer. PL_EBACKEND with a
 * sentence when the backend cannot tell. */
enum pl_status pl_program_time(struct pl_program *program,
                               const struct pl_node_times *times) PL_NODISCARD;

void pl_program_begin(struct pl_program *program, int pass);
void pl_program_tile(struct pl_program *program, int pass);
void pl_program_end(struct pl_program *program, int pass);

#endif
