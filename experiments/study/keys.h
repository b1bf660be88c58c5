/* Keys: what may stand in a study, one row each, for people. `show option KEY` prints a row, a complaint
 * about a form shows its example, and documentation can be made of the table. study.c, select.c, design.c
 * and claims.c read what these rows describe; the test of this table holds both to each other.
 *
 * Settings (model.width, task.dim, train.lr, ...) are not here: each has a row of its own beside the
 * struct it fills (experiments/study/options.h).
 */
#ifndef PL_EXPERIMENTS_STUDY_KEYS_H
#define PL_EXPERIMENTS_STUDY_KEYS_H

#include <stdbool.h>

struct pl_study_key {
    const char *name;    /* "seeds"; what stands within a key is dotted: "select.over" */
    const char *form;    /* what may follow the colon */
    const char *dflt;    /* NULL: the key is required where it belongs */
    const char *help;    /* one sentence without a full stop */
    const char *example; /* one line of a study, a key at the top level and its value */
};

/* Every key in the order in which a study is best written, those within a key behind it; ended by a row
 * without a name. The kinds of claims are among them (claims.better, ...). */
extern const struct pl_study_key pl_study_keys[];

/* The row of the dotted [name], or NULL. */
const struct pl_study_key *pl_study_key_find(const char *name);

/* Whether [key] stands at the top level of a study. */
bool pl_study_key_is_top(const struct pl_study_key *key);

#endif
