/* Bench: how fast a training step is, as ratios measured side by side in one run on one core.
 *
 *     for each model:                         choice.h
 *         the best product rate of the machine
 *         for each round:                     interleaved, so that a slow moment hits all alike
 *             for each variant: a step to warm up, a few training steps, a few forward passes
 *     then medians over the rounds, and the best of the product rates
 *
 * Useful FLOPs are those of the products in the plan (2 m k a token each), at the tokens asked for and
 * not at the padded ones: what the planner prunes is not counted. Attention is counted as
 * pl_plan_product_flops says, over half the square. share is useful FLOPs a second of a
 * whole training step (forward, backward, optimizer) over the best rate of sgemm in the same run. A
 * forward pass is the evaluation of the batch: inference, and its loss.
 */
#ifndef PL_EXPERIMENTS_TOOLS_BENCH_H
#define PL_EXPERIMENTS_TOOLS_BENCH_H

#include "core/backend/backend.h"
#include "core/base/json.h"
#include "experiments/tools/bench_choice.h"

#define PL_BENCH_SCHEMA 1

struct pl_bench_row {
    const struct pl_bench_model *model; /* the choice's */
    const char *variant;
    double step_ms;    /* median time of a training step */
    double forward_ms; /* median time of a forward pass alone */
    double gflops;     /* useful, of a training step */
    double share;      /* gflops / peak_gflops */
    double ratio;      /* step_ms over that of standard */
    double forward_ratio;
    double extra_share; /* time beyond standard x peak / standard's FLOPs: the connection's cost in
                               units of ideal model time, whatever standard's own efficiency */
    double
        attention_ms; /* of a training step's time, that of attention over tokens: scores, softmax and sums,
                            forward and backward, not the projections; NaN: has none */
    double plan_mb; /* memory of a step as planned, 10^6 bytes */
    double rss_mb;  /* peak resident memory of a process that takes two steps; NaN: not asked */
};

struct pl_bench {
    struct pl_arena arena;
    double peak_gflops; /* best median over several shapes */
    double empty_mb;    /* peak resident memory of a process that does nothing; NaN: not asked */
    struct pl_bench_row *rows;
    size_t row_count;
};

struct pl_bench_config {
    const struct pl_backend *backend;
    int rounds;                           /* measurements of each row */
    const struct pl_bench_choice *choice; /* standard is measured even when it is not chosen */
    bool memory;                          /* measures rss_mb, in processes of their own */
    void (*progress)(const struct pl_bench_row *row); /* may be NULL; after each model's rows */
};

/* [config->choice] must outlive the rows. */
enum pl_status pl_bench_run(struct pl_bench *out,
                            const struct pl_bench_config *config) PL_NODISCARD;
void pl_bench_finish(struct pl_bench *bench);

/* {schema, peak_gflops, backend, rows[]}; owned by the caller. docs/performance.md is its manual. */
struct pl_json *pl_bench_json(const struct pl_bench *bench, const struct pl_backend *backend);

#endif
