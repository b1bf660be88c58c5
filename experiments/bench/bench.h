/* Bench: how fast a training step is, as ratios measured side by side in one run on one core.
 *
 *     for each round:                         interleaved, so that a slow moment hits all alike
 *         the best product rate of the machine
 *         for each variant of a model: a step to warm up, a few training steps, a few forward passes
 *     then medians over the rounds
 *
 * Useful FLOPs are those of the products in the plan (2 m k a token each), at the tokens asked for and
 * not at the padded ones: what the planner prunes is not counted. share is useful FLOPs a second of a
 * whole training step (forward, backward, optimizer) over the best rate of sgemm in the same run.
 */
#ifndef PL_EXPERIMENTS_BENCH_BENCH_H
#define PL_EXPERIMENTS_BENCH_BENCH_H

#include "core/backend/backend.h"
#include "core/base/json.h"

#define PL_BENCH_SCHEMA 1

struct pl_bench_row {
    const char *model; /* "10/40/10/1000 silu": width/hidden/depth/tokens and activation */
    const char *variant;
    double step_ms;    /* median time of a training step */
    double forward_ms; /* median time of a forward pass alone */
    double gflops;     /* useful, of a training step */
    double share;      /* gflops / peak_gflops */
    double ratio;      /* step_ms over that of standard */
    double forward_ratio;
    double extra_share; /* time beyond standard x peak / standard's FLOPs: the connection's cost in
                               units of ideal model time, whatever standard's own efficiency */
};

struct pl_bench {
    struct pl_arena arena;
    double peak_gflops; /* best median over several shapes */
    struct pl_bench_row *rows;
    size_t row_count;
};

struct pl_bench_config {
    const struct pl_backend *backend;
    int rounds;          /* measurements of each row */
    const char *model;   /* NULL: all; else only models whose name contains it */
    const char *variant; /* NULL: all; else standard and those whose name contains it */
    void (*progress)(const struct pl_bench_row *row); /* may be NULL; after each finished row */
};

enum pl_status pl_bench_run(struct pl_bench *out,
                            const struct pl_bench_config *config) PL_NODISCARD;
void pl_bench_finish(struct pl_bench *bench);

/* {schema, peak_gflops, backend, rows[]}; owned by the caller. */
struct pl_json *pl_bench_json(const struct pl_bench *bench, const struct pl_backend *backend);

#endif
