/* Fraction: how much of a data set is structure, told from what a model of limited size learns of it.
 *
 *     bits learned    C(D) = (ln V - loss) D / ln 2        D training samples of V classes
 *     structure is worth log2 V bits a sample however many there are; what can only be memorised fills the
 *     model and then stops:
 *
 *       C │            ╱ p_s log2 V a sample          p_s = dC/dD / log2 V
 *         │         ╱•
 *         │      •╱                                   from two sizes (C1 - C2) / (log2 V (D1 - D2));
 *         │   ╱                                       from more, the least-squares slope
 *         └───────────────── D
 *
 * (Ziming Liu, Estimating structural information fraction, 2026-03-17.) It holds when the random part is
 * more than the model can store at the smallest size. Along the axis task.samples of a study of
 * classification, for every entry and every point of the other axes: one estimate a seed, their mean, and a
 * t interval over seeds.
 */
#ifndef PL_EXPERIMENTS_EVIDENCE_FRACTION_H
#define PL_EXPERIMENTS_EVIDENCE_FRACTION_H

#include "core/stats/interval.h"
#include "experiments/run/ledger.h"

#define PL_FRACTION_AXIS "task.samples"

struct pl_fraction {
    const struct pl_cell *cell; /* the first of the row: its label, its values of the other axes */
    size_t seeds;               /* with a finished run at every size */
    double fraction;            /* p_s, mean over seeds; NaN without any */
    struct pl_interval interval;
    double *bits; /* [size_count] C at each size, mean over these seeds */
};

struct pl_fractions {
    struct pl_arena arena;
    size_t axis;   /* of the experiment: the one of the sizes */
    double *sizes; /* [size_count], samples, in the order of the axis */
    size_t size_count;
    struct pl_fraction *rows;
    size_t count;
};

/* [metric] is a loss: train_loss is what the estimate is about. PL_ECONFIG with a sentence for a study
 * without two sizes, or of a task that is no classification or not known here. On success the caller ends
 * [out] with pl_fractions_finish. */
enum pl_status pl_fractions_find(struct pl_fractions *out, const struct pl_ledger *evidence,
                                 const char *metric) PL_NODISCARD;
void pl_fractions_finish(struct pl_fractions *fractions);

/* The slope of C over D by least squares, over log2 V. For tests. */
double pl_fraction_slope(const double *samples, const double *bits, size_t count, long classes);

#endif
