/* Labels: classification between a rule and chance.
 *
 *     label = rule(x)            with probability s
 *             drawn from q       otherwise; the sample is then marked corrupted
 *
 * q is the marginal of the rule's labels, so that labels are as frequent all along the axis; s is the
 * option structure. A sample takes its two numbers from the stream whatever s is: the samples that are
 * corrupted at one s are so at every lower one, with the same label.
 *
 * Points of a rule without error, with r = 1 - s:
 *
 *     trivial = H(q) = - sum_c q_c ln q_c
 *     best    = - sum_c q_c [ (s + r q_c) ln(s + r q_c) + sum_{j != c} r q_j ln(r q_j) ]
 *
 * the best predictor giving rule(x) the probability s + r q, and others r q.
 */
#ifndef PL_TASKS_LABELS_H
#define PL_TASKS_LABELS_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/rng.h"
#include "tasks/task.h"

struct pl_labels {
    const struct pl_task_common *common;
    size_t classes;
    const double *prior; /* q [classes], summing to 1; NULL: uniform */
};

/* Writes the label of a sample whose rule says [clean], and its mark. */
void pl_labels_draw(const struct pl_labels *labels, struct pl_rng *rng, int32_t clean,
                    int32_t *label, uint8_t *corrupted);

void pl_labels_points(const struct pl_labels *labels, struct pl_task_points *out);

/* Labels are replaced, never added: refuses mix: variance. */
enum pl_status pl_labels_check(const struct pl_task_common *common, const char **key) PL_NODISCARD;

#endif
