/* Sequence: what every task of token sequences does alike.
 *
 *     ids      i_1  i_2  ...  i_T          drawn by the task, row by row
 *     label    i_2  i_3  ...  i_T  ?       the next token, but at asked positions the answer
 *     weight    0    0   1 (asked) 0 1     1 at asked positions; with objective next, 1 wherever a
 *                                          token follows, in train
 *
 * Every answer of a row goes through labels.h by itself: with probability 1-s it is replaced by a random one
 * of the answers' marginal. At other positions nothing is corrupted.
 *
 * Rows of a split are distinct, and no row occurs in two splits. How that is so depends on the task:
 *
 *     drawn (most)    a hash of the ids says which split may have a row (half of all to train, a quarter
 *                     each to valid and test); a row that is another's, or was there already, is drawn again
 *     counted         rows are numbered; their numbers are dealt to the splits by the stream task-world, as
 *                     in finite.h; samples beyond a split's share repeat it from its beginning
 *     placed          the task itself draws each split from a part of its own (windows of a file)
 *
 * New samples (out->fresh) are rows that train may have, distinct within one step but not over all; of a counted task,
 * any of train's share. A split depends on no other's size. A task is one short file: options, rows, check, a function that
 * describes its rows, and one that draws a row; PL_SEQUENCE_FUNCTIONS makes the rest of struct pl_task.
 */
#ifndef PL_TASKS_SEQUENCE_H
#define PL_TASKS_SEQUENCE_H

#include "core/base/rng.h"
#include "tasks/labels.h"
#include "tasks/task.h"

enum pl_objective { PL_OBJECTIVE_ASKED, PL_OBJECTIVE_NEXT };

/* What task and options say of their rows. Without init there is no world and the answers are uniform. */
struct pl_sequence {
    const void *options; /* begins with struct pl_task_common */
    long vocabulary;     /* tokens, and classes */
    long tokens;         /* of a row */
    long asked;          /* positions of a row that are asked, at most */
    int objective;       /* enum pl_objective */
    long first, answers; /* answers are first .. first + answers - 1 */
    bool random;         /* answers follow no rule: structure is 0, and there is no test_clean */
    bool placed;   /* draw() sees to it that no row is in two splits; ids[0] = -1: draw again */
    uint64_t rows; /* of a counted task, at least 4; 0: rows are drawn */
    double train_share; /* of a counted task's rows */

    /* Draws a row of [split]. ids [tokens]; answer [tokens] is -1 where nothing is asked. Of a counted task,
     * [code] is the number of the row, below rows, and [rng] is left alone. */
    void (*draw)(const struct pl_sequence *sequence, enum pl_split split, uint64_t code,
                 struct pl_rng *rng, int32_t *ids, int32_t *answer);

    /* Optional: the world of a seed from the stream task-world. world has world_size bytes, zeroed; init
     * fills it and may set prior; finish frees what it holds, after a failed init too. */
    size_t world_size;
    enum pl_status (*init)(struct pl_sequence *sequence, struct pl_rng *rng);
    void (*finish)(void *world);
    void *world;
    const double *prior; /* marginal of the answers [answers]; NULL: uniform */

    /* Optional: expected loss of the best predictor at structure [s], of a rule that leaves something open;
     * NaN: unknown. Without it, the answer follows from the row. */
    double (*best)(const struct pl_sequence *sequence, double s);
};

void pl_sequence_shape(const struct pl_sequence *sequence, struct pl_data_shape *out);
enum pl_status pl_sequence_generate(struct pl_sequence *sequence, uint64_t seed,
                                    struct pl_dataset *out) PL_NODISCARD;
enum pl_status pl_sequence_points(struct pl_sequence *sequence, uint64_t seed,
                                  struct pl_task_points *out) PL_NODISCARD;

/* For a task whose answers are the next tokens: puts token [t] (0 .. tokens) of a text into its row. */
static inline void pl_sequence_put(const struct pl_sequence *sequence, long t, int32_t token,
                                   int32_t *ids, int32_t *answer) {
    if (t < sequence->tokens) ids[t] = token;
    if (t > 0) answer[t - 1] = token;
}

/* The entropy of s p + (1-s) q over [count] classes, in nats: of a label with the probabilities p that is replaced,
 * with probability 1-s, by one of the marginal q. NULL is uniform. */
double pl_sequence_entropy(const double *p, const double *q, size_t count, double s);

/* Refuses mix: variance, and splits that need more distinct rows than there are: [bits] is log2 of the
 * number of rows, from below; [key] is the option that makes them more. */
enum pl_status pl_sequence_check(const struct pl_task_common *common, double bits,
                                 const char *grows, const char **key) PL_NODISCARD;

/* The option row objective, of a struct S with that field. */
#define PL_SEQUENCE_OBJECTIVE_ROW(S)                                                               \
    PL_OPTION_CHOICE(S, objective, "asked", "asked|next",                                          \
                     "what training rows weigh: what is asked, or every next token")

/* shape, generate and points of a task whose rows `describe` describes:
 *
 *     static struct pl_sequence describe(const void *options);
 *     PL_SEQUENCE_FUNCTIONS(describe)
 *     const struct pl_task pl_task_xxx = {..., PL_SEQUENCE_TASK};
 */
#define PL_SEQUENCE_FUNCTIONS(describe)                                                            \
    static void shape(const void *options, struct pl_data_shape *out) {                            \
        struct pl_sequence sequence = describe(options);                                           \
        pl_sequence_shape(&sequence, out);                                                         \
    }                                                                                              \
    static enum pl_status generate(const void *options, uint64_t seed, struct pl_dataset *out) {   \
        struct pl_sequence sequence = describe(options);                                           \
        return pl_sequence_generate(&sequence, seed, out);                                         \
    }                                                                                              \
    static enum pl_status points(const void *options, uint64_t seed,                               \
                                 const struct pl_dataset *data, struct pl_task_points *out) {      \
        struct pl_sequence sequence = describe(options);                                           \
        (void)data; /* a formula knows better */                                                   \
        return pl_sequence_points(&sequence, seed, out);                                           \
    }

#define PL_SEQUENCE_TASK .shape = shape, .generate = generate, .points = points

#endif
