/* Drift: have the numbers moved since the reference was made?
 *
 *     exact    the bits of every value; asked for by --exact
 *     drift    of a portable group, whose bits every machine gives: the bits
 *              of any other: |now - then| <= max(abs, rel, k x noise floor), value by value
 *
 * Values are paired: the same cell, entry and seed, then and now. Losses are compared as logs, so rel is
 * a share; accuracy as it is. The floor is the group's own (reference.h): what another class of machine
 * moves it by. So drift speaks when the mathematics has changed, not when rounding has; and a portable
 * group has no rounding to explain anything.
 *
 * Only the same thing is compared. Settings are held against each other one by one, and what differs is
 * said; a setting that did not exist when the reference was made, and has its default now, is no
 * difference. Seeds that only one side has are passed over.
 */
#ifndef PL_EXPERIMENTS_CHECK_DRIFT_H
#define PL_EXPERIMENTS_CHECK_DRIFT_H

#include "experiments/check/reference.h"

#define PL_DRIFT_ABS      1e-9 /* of a loss: below it everything is zero */
#define PL_DRIFT_ACCURACY 0.02 /* of an accuracy: what a handful of samples near the boundary do */
#define PL_DRIFT_REL      1e-4
#define PL_DRIFT_FLOORS   6.0 /* k */
enum { PL_DRIFT_WORST = 5 };

struct pl_moved {
    const char *name; /* of the group; borrowed from now */
    const struct pl_metric_row *metric;
    uint64_t seed;
    double then, now;
    double by;      /* how far, in logs for losses; inf when just one of them diverged */
    double allowed; /* 0 of a portable group */
};

struct pl_drift {
    struct pl_arena arena;    /* owns the sentences */
    const char **differences; /* why the two are not comparable, a sentence each */
    size_t difference_count;
    bool
        same_class; /* of machine, as far as bits depend on it: the numerics that the backend tells of itself are the
                        same, or all groups are portable */
    size_t
        portable; /* groups that are portable on both sides: their bits are those of every machine */
    size_t seeds; /* in common */
    size_t groups;
    size_t compared, changed, drifted; /* values: all, other bits, beyond what is allowed */
    size_t drifted_portable;           /* of these, values of portable groups */
    size_t groups_drifted;
    struct pl_moved
        worst[PL_DRIFT_WORST]; /* of those drifted, by over allowed, the furthest first */
    size_t worst_count;
};

/* [now] is pl_reference_gather of the present results; [numerics] tells of their backend. What is not
 * comparable is in differences, and then nothing else is filled in. The caller ends [out] with
 * pl_drift_finish; both references must outlive it. */
void pl_drift_find(struct pl_drift *out, const struct pl_reference *then,
                   const struct pl_reference *now, const char *numerics);
void pl_drift_finish(struct pl_drift *drift);

/* "standard at task.structure = 0, seed 3: train_loss 0.0123, was 0.0119 (+3.4 %, 0.2 % allowed)" */
void pl_moved_text(const struct pl_moved *moved, struct pl_strbuf *out);

#endif
