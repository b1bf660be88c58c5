/* Forward: run a described network once, on ref. The one door through which a task may use a network:
 * its teacher. The numbers are double and the same on every machine.
 *
 *     pl_forward_check   would these settings make a network?
 *     pl_forward_start   its parameters, as training would start them
 *     pl_forward         its outputs
 */
#ifndef PL_MODEL_FORWARD_H
#define PL_MODEL_FORWARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"

/* One setting of the network: {"model.width", "50"}, {"variant.name", "attnres_full"}, ... */
struct pl_forward_setting {
    const char *key, *value;
};

/* Refuses settings that pl_forward would refuse, with their sentence. */
enum pl_status pl_forward_check(const struct pl_forward_setting *settings, size_t setting_count,
                                long in, long out) PL_NODISCARD;

struct pl_forward_tensor {
    const char *name;
    long rows, cols;
    bool connection;      /* one of the residual variant's own, and trained */
    const double *values; /* [rows * cols], row by row */
};
typedef void pl_forward_visit(void *context, const struct pl_forward_tensor *tensor);

/* Shows every parameter, in order of creation, with the values that training starts from for [seed]
 * (core/model/init.h). Another seed than the experiment's gives another network than the student. */
enum pl_status pl_forward_start(const struct pl_forward_setting *settings, size_t setting_count,
                                long in, long out, uint64_t seed, pl_forward_visit *visit,
                                void *context) PL_NODISCARD;

/* Called once for every parameter, in order of creation, to give its values ([rows * cols], row by
 * row; names of docs/variants.md 7). */
typedef void pl_forward_fill(void *context, const char *name, long rows, long cols, double *values);

/* The network's outputs y [samples][out] for inputs x [samples][in]. */
enum pl_status pl_forward(const struct pl_forward_setting *settings, size_t setting_count, long in,
                          long out, pl_forward_fill *fill, void *context, const float *x,
                          size_t samples, double *y) PL_NODISCARD;

#endif
