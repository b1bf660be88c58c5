/* Solved: how many seeds reached the loss at which their task counts as solved, how soon, and whether more of an
 * entry's seeds did than of the baseline's.
 *
 * A mean of accuracies mixes runs that solved the task with runs that did not, so shares and steps are told apart:
 *
 *     share         solved of finished seeds, with Wilson's interval; a diverged run did not solve it
 *     steps         median over finished seeds of the first evaluated step at or below solved_loss. A run that never
 *                   got there is censored at its end: it counts as later than any step, so the median is infinite where
 *                   half of the runs or more did not get there
 *     difference    of shares, paired by seed: entry less baseline, with Newcombe's interval; p by the exact
 *                   McNemar test
 */
#ifndef PL_EXPERIMENTS_EVIDENCE_SOLVED_H
#define PL_EXPERIMENTS_EVIDENCE_SOLVED_H

#include "experiments/evidence/analysis.h"

struct pl_solved {
    size_t point, entry;
    size_t solved, finished; /* seeds */
    struct pl_interval share_interval;
    double steps;                    /* median; INFINITY: of runs that did not get there */
    struct pl_paired_shares against; /* the baseline; without pairs where this is the baseline */
};

/* Of an entry at a point. False where no run says at which loss its task counts as solved. */
bool pl_solved_at(const struct pl_analysis *analysis, size_t point, size_t entry,
                  struct pl_solved *out);

/* Which share of the seeds of an entry had solved the task by each evaluated step, from 0 on: Kaplan and Meier (1958).
 * A run is at risk until it solves it or ends; one that diverged never solves it. Wilson's intervals, none where runs
 * ended before. Without a run that can be solved count is 0. Arrays are the arena's. */
struct pl_solved_curve {
    size_t count;
    double *steps, *shares;
    struct pl_interval *intervals;
};
void pl_solved_curve_make(struct pl_solved_curve *out, const struct pl_analysis *analysis,
                          size_t point, size_t entry, struct pl_arena *arena);

#endif
