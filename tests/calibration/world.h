/* Calibration: how often the evidence is right, in worlds whose truth is known: studies made by a formula,
 * analysed by the program's own way.
 *
 * By itself each test is some hundred studies, and fails where a correct program would give such a
 * count with a chance below 1e-6. With PLUMBLINE_CALIBRATION=N it makes N studies for each row of larger
 * tables, holds them to the same, and prints them: the tables of docs/statistics.md.
 *
 *     log loss(entry, point, x, seed) = shared(point, seed)            the pairing: same data, same start
 *                                     + delta(entry, x)                the truth
 *                                     + own(entry, point, seed)        what a seed does to an entry at all x
 *                                     + tilt(entry, point, seed) * x
 *                                     + sigma * noise                  and at one x alone
 *
 * Points are values of an axis of words, and nothing but the truth is common to them: each is a trial of
 * its own. x is the value of an axis of numbers; a world without one has x = 0.
 */
#ifndef PL_TESTS_CALIBRATION_WORLD_H
#define PL_TESTS_CALIBRATION_WORLD_H

#include <stdlib.h>

#include "core/base/rng.h"
#include "core/stats/distribution.h"
#include "tests/unit/evidence/made_study.h"

enum noise { NOISE_NORMAL, NOISE_SKEWED, NOISE_HEAVY };

struct world {
    size_t entries, points, seeds;
    const double *x;
    const char **x_texts; /* NULL: no axis of numbers */
    size_t places;        /* 1 without */
    enum noise noise;     /* of all entries but the baseline, whose noise is normal */
    double sigma, own, tilt;
    double diverging; /* chance of a run to diverge */
    double (*delta)(size_t entry, double x);
    bool wandering; /* what is shared is another number at each x */
};

static inline double draw_noise(struct pl_rng *rng, enum noise noise) {
    if (noise == NOISE_NORMAL) return pl_rng_normal(rng);
    if (noise == NOISE_SKEWED) return -log(1.0 - pl_rng_uniform(rng)) - 1.0; /* exponential */
    double z = pl_rng_normal(rng), squares = 0.0; /* Student's t of 3, to unit variance */
    for (int i = 0; i < 3; i++) {
        double other = pl_rng_normal(rng);
        squares += other * other;
    }
    return z / sqrt(squares);
}

static inline void fill_seed(const struct world *world, struct made_study *study, size_t point,
                             size_t seed, struct pl_rng *rng) {
    double shared[16];
    for (size_t i = 0; i < world->places; i++) shared[i] = 0.4 * pl_rng_normal(rng);
    for (size_t e = 0; e < world->entries; e++) {
        enum noise noise = e > 0 ? world->noise : NOISE_NORMAL;
        double own = world->own * pl_rng_normal(rng), tilt = world->tilt * pl_rng_normal(rng);
        for (size_t i = 0; i < world->places; i++) {
            double x = world->x_texts ? world->x[i] : 0.0;
            double log_loss = shared[world->wandering ? i : 0] + world->delta(e, x) + own +
                              tilt * x + world->sigma * draw_noise(rng, noise);
            if (pl_rng_uniform(rng) < world->diverging)
                made_study_diverged(study, point * world->places + i, e, seed);
            else
                made_study_done(study, point * world->places + i, e, seed, exp(log_loss));
        }
    }
}

/* The [number]-th study of a world, to be ended with made_study_finish. Its seeds have numbers of their
 * own, so that its plan, and with it the streams of its statistics, are those of no other. */
static inline void world_make(const struct world *world, size_t number, struct made_study *study) {
    static const char *const labels[] = {"baseline", "a", "b", "c", "d", "e", "f", "g"};
    static const char *words[] = {"p", "q", "r", "s", "t", "u", "v", "w"};
    struct pl_rng rng;
    pl_rng_init(&rng, number, "calibration");
    made_study_init(study, labels, world->entries, world->seeds);
    for (size_t s = 0; s < world->seeds; s++)
        study->experiment.seeds[s] = 1000 * (uint64_t)number + s + 1;
    made_study_axis(study, "model.activation", words, world->points);
    if (world->x_texts) made_study_axis(study, "task.structure", world->x_texts, world->places);
    made_study_expand(study);
    for (size_t p = 0; p < world->points; p++)
        for (size_t s = 0; s < world->seeds; s++) fill_seed(world, study, p, s, &rng);
}

static inline size_t studies(size_t cheap) {
    const char *wanted = getenv("PLUMBLINE_CALIBRATION");
    return wanted ? (size_t)strtoul(wanted, NULL, 10) : cheap;
}

static inline bool in_full(void) {
    return getenv("PLUMBLINE_CALIBRATION") != NULL;
}

static inline double no_difference(size_t entry, double x) {
    (void)entry, (void)x;
    return 0.0;
}

static inline double shift_of_5_percent(size_t entry, double x) {
    (void)x;
    return entry == 1 ? log(0.95) : 0.0;
}

/* ---- counting ----------------------------------------------------------------------------------- */

struct share {
    size_t hits, trials;
};

static inline void count(struct share *share, bool hit) {
    share->hits += hit;
    share->trials++;
}

static inline void count_cover(struct share *share, struct pl_interval interval, double truth) {
    count(share, pl_interval_exists(interval) && interval.low <= truth && truth <= interval.high);
}

static inline double percent(const struct share *share) {
    return 100.0 * (double)share->hits / (double)share->trials;
}

/* "94.90 ± 0.70 %": with its Monte Carlo standard error, that of (hits + 1/2) / (trials + 1), so that a share of 0
 * has one, too. "" without a trial. Lives for the next 15 calls. */
static inline const char *share_text(const struct share *share) {
    static char texts[16][32];
    static size_t next;
    char *text = texts[next++ % 16];
    double n = (double)share->trials, p = ((double)share->hits + 0.5) / (n + 1.0);
    *text = '\0';
    if (share->trials > 0)
        snprintf(text, sizeof texts[0], "%.2f ± %.2f %%", percent(share),
                 100.0 * sqrt(p * (1.0 - p) / n));
    return text;
}

/* P(X >= hits) of the binomial distribution, and P(X <= hits). */
static inline double chance_of_more(const struct share *share, double p) {
    double k = (double)share->hits, n = (double)share->trials;
    return share->hits == 0 ? 1.0 : pl_stats_incomplete_beta(k, n - k + 1.0, p);
}

static inline double chance_of_fewer(const struct share *share, double p) {
    double k = (double)share->hits, n = (double)share->trials;
    return share->hits == share->trials ? 1.0 : pl_stats_incomplete_beta(n - k, k + 1.0, 1.0 - p);
}

/* Whether a program whose true share is [p] gives such a count with a chance of 1e-6 or more. */
#define DOUBT 1e-6
static inline bool agrees(const struct share *share, double p) {
    return chance_of_more(share, p) >= 0.5 * DOUBT && chance_of_fewer(share, p) >= 0.5 * DOUBT;
}
static inline bool at_most(const struct share *share, double p) {
    return chance_of_more(share, p) >= DOUBT;
}
static inline bool at_least(const struct share *share, double p) {
    return chance_of_fewer(share, p) >= DOUBT;
}

/* The size of the sign-flip test at [alpha] with [n] pairs: of 2^(n-1) equally likely p, how many are at
 * most alpha. Above the exact ones it is alpha to 1 in 10^5. */
static inline double sign_flip_size(size_t n, double alpha) {
    if (n > 14) return alpha;
    double patterns = (double)(1u << (n - 1));
    return floor(alpha * patterns) / patterns;
}

#endif
