/* Conformance of tasks: the suite that every task inherits, shared by the tests and by `plumbline
 * selftest task`. It sees a task through task.h alone, at small sizes: a row called dim, hidden or
 * depth is set to a few units.
 *
 *     shapes     arrays as shape() says, every number finite and in range, weights sum to more than 0
 *     bytes      same options and seed, same bytes; another seed, other bytes
 *     prefix     the first n samples are the same whatever the counts, and no split hears of another's
 *     disjoint   no input of one split occurs in another
 *     dial       inputs and clean targets are the same all along `structure`; at 1 test is test_clean;
 *                at 0 a linear least-squares fit does not beat the constant on test beyond noise, and
 *                a lookup of the nearest training input knows nothing of test
 *     points     best <= solved <= trivial, and both agree with the data
 *     refusals   what is out of range, misspelt or contradictory is PL_ECONFIG with a sentence
 *     random     shapes, bytes, prefix, disjoint and the order of points again, with other options
 *                drawn at random; those that do not go together are refused by name
 *
 * A task whose inputs are all equal has nothing that a seed could change and no two inputs to keep
 * apart: bytes and disjoint ask nothing of it there. A value of `structure` that check() refuses is
 * left out of dial and points.
 */
#ifndef PL_EXPERIMENTS_TOOLS_CONFORMANCE_TASKS_H
#define PL_EXPERIMENTS_TOOLS_CONFORMANCE_TASKS_H

#include "experiments/tools/conformance.h"
#include "tasks/task.h"

struct pl_task_check {
    const char *name;
    void (*run)(struct pl_conformance *out, const struct pl_task *task);
};

extern const struct pl_task_check pl_task_checks[]; /* ended by a zeroed row */

#endif
