/* Reach: what no result can change, told before the first cell runs.
 *
 *     a claim that cannot hold    its least p, with every seed on its side, is above the level after Holm:
 *                                 2^-n of n seeds for signs, (1 - rate)^n for a share of diverged runs
 *     a grid without a middle     `select` over fewer than three values: whichever is chosen lies at an end,
 *                                 and a better one may lie beyond
 */
#ifndef PL_EXPERIMENTS_STUDY_REACH_H
#define PL_EXPERIMENTS_STUDY_REACH_H

#include "experiments/study/experiment.h"

/* Warns in the log, with the place. */
void pl_experiment_warn_of_reach(const struct pl_experiment *experiment);

/* The least number of seeds, up to [most], with which claim [index] could hold beside the others, every
 * claim with its least p; [most] + 1 when that is too few. 1 for a claim whose p has no least. */
size_t pl_claim_seeds_needed(const struct pl_claims *claims, size_t index, size_t most);

#endif
