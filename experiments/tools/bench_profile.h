/* Profile: where the time of a training step goes, operator by operator.
 *
 *     128/512/32/512 silu  standard: 150.1 ms a step, tiles of 32 tokens
 *       operator                      calls   us a call   ms a step    share   GFLOP/s
 *       matmul 512 x 128                512      36.1       18.5       12.3%     116.2
 *       norm_grad                       512       7.2        3.7        2.5%
 *       ...
 *       the rest                                             0.9        0.6%
 *
 * Products stand by the shape of their matrix and with their rate, to which counts what
 * is computed in one call with them: bias, activation, slope (core/backend/host_memory.h). The rest is the feed of tiles, the
 * clearing of sums and the loop itself; also what the timing takes, some 50 ns a call.
 */
#ifndef PL_EXPERIMENTS_TOOLS_BENCH_PROFILE_H
#define PL_EXPERIMENTS_TOOLS_BENCH_PROFILE_H

#include "experiments/tools/bench.h"

struct pl_profile_row {
    char what[48]; /* "matmul 512 x 128", "norm" */
    double calls;  /* a step */
    double ms;     /* a step, median */
    double gflop;  /* of products and of attention, a step; 0 else */
};

struct pl_profile {
    double step_ms; /* median */
    int tile;
    struct pl_profile_row *rows; /* dearest first */
    size_t row_count;
};

struct pl_subject;

/* Medians over [steps] steps, after two others. */
enum pl_status pl_profile_take(struct pl_profile *out, struct pl_subject *subject,
                               size_t steps) PL_NODISCARD;
void pl_profile_finish(struct pl_profile *profile);

/* Takes and prints the profile of each model and variant that [config] names. */
enum pl_status pl_profile_run(const struct pl_bench_config *config) PL_NODISCARD;

#endif
