/* Claims: what a study promises about its results, checked here for shape and names alone.
 *
 *     better:     {better: A, than: B}            metric, by: 1.2x, margin, at
 *     equivalent: {equivalent: [A, B]}            metric, within: 1.05x, at
 *     order:      {order: [A, B, C]}              best first; metric, margin, at
 *     crossover:  {crossover: [A, B], axis: K}    A better at low values; metric, in: [low, high] |
 *                                                 none, margin, at
 *     bound:      {bound: A, below: x}            or above: x, or both; metric, margin, at
 *     divergence: {divergence: A, below: rate}    share of runs, 0..1; at
 *     cost:       {cost: A, below: 1.25x}         than: B (the baseline), metric: step_ms ..., margin,
 *                                                 at
 *
 * A, B, C are labels; `at: {axis: value, ...}` names one value of some axes; metric is the
 * study's unless it is given; margin: 1.02x is how far a claim may be missed and not count as
 * contradicted. A claim speaks of the study as its file says it: after an override on the
 * command line, an axis may lack the value that a claim names.
 */
#ifndef PL_EXPERIMENTS_STUDY_CLAIMS_H
#define PL_EXPERIMENTS_STUDY_CLAIMS_H

#include "experiments/study/experiment.h"
#include "experiments/study/options.h"

/* Checks [experiment]->claims against its labels and axes; everything else there is resolved. */
enum pl_status pl_claims_check(const struct pl_experiment *experiment,
                               const struct pl_scope *scope) PL_NODISCARD;

#endif
