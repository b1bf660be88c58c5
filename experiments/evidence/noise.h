/* Noise: what differs when nothing differs, and how many seeds a difference asks for.
 *
 *     A/A    the baseline against itself under other seeds: the first half of its seeds, run by run,
 *            against the second half, judged as any comparison is; and its spread over seeds
 *     plan   each entry's paired differences to the baseline have a spread sd; n seeds tell a ratio r from
 *            1 with power 0.8 when a paired t test of |log r| / sd at level alpha / m does (m comparisons
 *            at a point: the first step of Holm's correction, so the power holds whatever the others give),
 *            and never fewer than the sign-flip test needs to reach that level at all
 *
 * Both stand on the finished cells of a study; where it selects, on the chosen ones.
 */
#ifndef PL_EXPERIMENTS_EVIDENCE_NOISE_H
#define PL_EXPERIMENTS_EVIDENCE_NOISE_H

#include "experiments/evidence/analysis.h"

#define PL_PLANNED_POWER 0.8

/* The baseline at one point. */
struct pl_noise_point {
    size_t point, seeds, diverged;  /* finite losses; runs that diverged beside them */
    double sd;                      /* of log losses; NaN below two seeds, as is all below */
    struct pl_interval sd_interval; /* chi-squared */
    /* How far apart two means over [seeds] seeds each come to lie at 95 %, unpaired, as a ratio above 1. */
    double floor;
    size_t pairs; /* of one half against the other; fewer than two: no numbers below */
    double ratio, p;
    struct pl_interval interval;
};

/* One entry against the baseline at one point. */
struct pl_noise_row {
    size_t entry, point, pairs, diverged; /* finite pairs; pairs with a diverged run are left out */
    double sd;                            /* of paired differences of log losses */
    struct pl_interval sd_interval;
    double floor;  /* half the width of the t interval of these pairs, as a ratio above 1 */
    size_t *seeds; /* for each difference asked for; PL_NO_SEEDS: beyond reach, or no sd */
};

struct pl_noise {
    struct pl_arena arena; /* owns all below */
    const struct pl_analysis
        *analysis;       /* of which it speaks: what was chosen, where a study selects */
    double *differences; /* ratios above 1 */
    size_t difference_count;
    size_t comparisons;            /* m */
    double level;                  /* alpha / m */
    size_t least;                  /* seeds that the sign-flip test needs */
    struct pl_noise_point *points; /* one a point */
    struct pl_noise_row *rows;     /* [point][entry but the baseline] */
    size_t row_count;
};

/* Of an analysis, which must outlive it; ended with pl_noise_finish. */
void pl_noise_make(struct pl_noise *out, const struct pl_analysis *analysis,
                   const double *differences, size_t difference_count);
void pl_noise_finish(struct pl_noise *noise);

#endif
