/* Forward: run a described network once, on ref. The one door through which a task may use a network:
 * its teacher. The numbers are double and the same on every machine. */
#ifndef PL_MODEL_FORWARD_H
#define PL_MODEL_FORWARD_H

#include <stddef.h>

#include "core/base/status.h"

/* One setting of the network: {"model.width", "50"}, {"variant.name", "attnres_full"}, ... */
struct pl_forward_setting {
    const char *key, *value;
};

/* Called once for every parameter, in order of creation, to give its values ([rows * cols], row by
 * row; names of VARIANTS.md section 7). */
typedef void pl_forward_fill(void *context, const char *name, long rows, long cols, double *values);

/* The network's outputs y [samples][out] for inputs x [samples][in]. */
enum pl_status pl_forward(const struct pl_forward_setting *settings, size_t setting_count, long in,
                          long out, pl_forward_fill *fill, void *context, const float *x,
                          size_t samples, double *y) PL_NODISCARD;

#endif
