/* Sequence: what every task of token sequences does alike.
 *
 *     ids      i_1  i_2  ...  i_T          drawn by the task, row by row
 *     label    i_2  i_3  ...  i_T  ?       the next token, but at asked positions the answer
 *     weight    0    0   1 (asked) 0 1     1 at asked positions; with objective next, 1 wherever a
 *                                          token follows, in train
 *
 * Rows of a split are distinct, and no row occurs in two splits: a hash of the ids says which split may have a
 * row (half of all to train, a quarter each to valid and test), and a row that is another's, or was there
 * already, is drawn again. So a split depends on no other's size. Every answer of a row goes through
 * labels.h by itself: with probability 1-s it is replaced by a random one of the answers' marginal. At
 * other positions nothing is corrupted. Points are those of labels.h.
 */
#ifndef PL_TASKS_SEQUENCE_H
#define PL_TASKS_SEQUENCE_H

#include "core/base/rng.h"
#include "tasks/labels.h"
#include "tasks/task.h"

enum pl_objective { PL_OBJECTIVE_ASKED, PL_OBJECTIVE_NEXT };

/* What task and options say of their rows. */
struct pl_sequence {
    const struct pl_task_common *common;
    long vocabulary;     /* tokens, and classes */
    long tokens;         /* of a row */
    long asked;          /* positions of a row that are asked, at most */
    int objective;       /* enum pl_objective */
    long first, answers; /* answers are uniform in first .. first + answers - 1 */
    /* Required: draws a row. ids [tokens]; answer [tokens] is -1 where nothing is asked. */
    void (*draw)(const void *world, struct pl_rng *rng, int32_t *ids, int32_t *answer);
    const void *world; /* passed through */
};

void pl_sequence_shape(const struct pl_sequence *sequence, struct pl_data_shape *out);
enum pl_status pl_sequence_generate(const struct pl_sequence *sequence, uint64_t seed,
                                    struct pl_dataset *out) PL_NODISCARD;
void pl_sequence_points(const struct pl_sequence *sequence, struct pl_task_points *out);

/* Refuses mix: variance, and splits that need more distinct rows than there are: [bits] is log2 of the
 * number of rows, from below; [key] is the option that makes them more. */
enum pl_status pl_sequence_check(const struct pl_task_common *common, double bits,
                                 const char *grows, const char **key) PL_NODISCARD;

/* The option row objective, of a struct S with that field. */
#define PL_SEQUENCE_OBJECTIVE_ROW(S)                                                               \
    PL_OPTION_CHOICE(S, objective, "asked", "asked|next",                                          \
                     "what training rows weigh: what is asked, or every next token")

#endif
