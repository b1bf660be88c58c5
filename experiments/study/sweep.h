/* Sweep: one setting, several values. The grammar of `sweep:` in a study and of key=value on the
 * command line:
 *
 *     0.1              one value
 *     a, b, c          a list (in a study also a YAML list: [a, b, c])
 *     linspace(a,b,n)  n values from a to b, evenly spaced, both ends included
 *     logspace(p,q,n)  10^p ... 10^q, evenly spaced on a log scale
 *
 * What the two functions give is decimal-clean: linspace(0,1,11) has 0.3, not 0.30000000000000004.
 * A value of linspace is rounded to 12 significant digits of the larger end (so that a zero in the
 * middle is 0), one of logspace to 12 of its own; whole powers of ten are exact. Since these texts
 * are what a cell is identified by, they are the same on every machine: no libm.
 */
#ifndef PL_EXPERIMENTS_STUDY_SWEEP_H
#define PL_EXPERIMENTS_STUDY_SWEEP_H

#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/status.h"
#include "core/config/yaml.h"

#define PL_SWEEP_MOST 100000 /* values of one sweep */

struct pl_sweep_value {
    const char *text; /* as it was written, blanks around it gone; or a number of the grammar */
    struct pl_place place;
};

/* A zeroed struct is a valid empty sweep. */
struct pl_sweep {
    struct pl_sweep_value *items; /* owned; the texts are the arena's */
    size_t count, capacity;
};

void pl_sweep_finish(struct pl_sweep *sweep);

/* Adds what [text] says, at least one value. */
enum pl_status pl_sweep_text(struct pl_sweep *out, struct pl_arena *arena, const char *text,
                             struct pl_place place) PL_NODISCARD;

/* The same for a scalar, or a list of scalars each of which is one value. */
enum pl_status pl_sweep_node(struct pl_sweep *out, struct pl_arena *arena,
                             const struct pl_yaml *node) PL_NODISCARD;

#endif
