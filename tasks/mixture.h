/* Mixture: regression between a structured target and noise.
 *
 *     x ~ N(0, I), or uniform in [-1, 1]^d     y = a f(x) + b sigma z     z ~ N(0, I), once a sample
 *
 *     mix        a          b
 *     linear     s          1 - s          the published form
 *     variance   sqrt(s)    sqrt(1 - s)    keeps the variance of y when sigma^2 is that of f(x)
 *
 * s is the option structure. The best that any predictor reaches on y is b^2 sigma^2. A sample
 * takes its x and then its z from the stream, whatever s is, so the same seed has the same inputs
 * and the same noise all along the axis. f sees x as it is stored, in float32; the sum is made in
 * double and rounded once. Every target with b > 0 is marked corrupted. test_clean has the targets
 * f(x), which are the targets of test at structure 1.
 */
#ifndef PL_TASKS_MIXTURE_H
#define PL_TASKS_MIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/rng.h"
#include "tasks/task.h"

enum pl_mixture_inputs { PL_INPUTS_NORMAL, PL_INPUTS_CUBE };

struct pl_mixture {
    const struct pl_task_common *common;
    struct pl_data_shape shape; /* real inputs and targets, one token */
    enum pl_mixture_inputs inputs;
    double sigma; /* of the noise */
    /* f: writes [samples][out] for x [samples][in]; a sample's result depends on that sample alone. */
    enum pl_status (*target)(const void *world, const float *x, size_t samples, double *y);
    const void *world; /* passed to target */
};

/* a and b of the drawing above. */
void pl_mixture_weights(const struct pl_task_common *common, double *structured, double *random);

/* The variance of f(x), mean over its outputs, where it has no formula: estimated from 1024 inputs of
 * [rng]. Relative standard error at most sqrt(2/1024) = 4.4 % for normal outputs (when all are one
 * variable), about 4.4 % / sqrt(out) when they vary apart. */
enum pl_status pl_mixture_variance(const struct pl_mixture *mixture, struct pl_rng *rng,
                                   double *out) PL_NODISCARD;

enum pl_status pl_mixture_generate(const struct pl_mixture *mixture, uint64_t seed,
                                   struct pl_dataset *out) PL_NODISCARD;

#endif
