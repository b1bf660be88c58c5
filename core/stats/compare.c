#include "core/stats/compare.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/base/status.h"

static double sum_of(const double *values, size_t count) {
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) sum += values[i];
    return sum;
}

/* A pattern counts when its |sum| reaches this: the one seen, less what the order of additions can
 * change, so that equal patterns are never told apart by rounding. */
static double threshold_of(const double *differences, size_t count) {
    double size = 0.0;
    for (size_t i = 0; i < count; i++) size += fabs(differences[i]);
    return fabs(sum_of(differences, count)) - 1e-12 * size;
}

double pl_stats_sign_flip_exact(const double *differences, size_t count) {
    PL_ASSERT(count <= 24);
    if (count == 0) return NAN;
    double threshold = threshold_of(differences, count);
    unsigned long patterns = 1ul << (count - 1), reached = 0; /* the first sign stays: symmetry */
    for (unsigned long flips = 0; flips < patterns; flips++) {
        double sum = differences[0];
        for (size_t i = 1; i < count; i++)
            sum += (flips >> (i - 1)) & 1 ? -differences[i] : differences[i];
        reached += fabs(sum) >= threshold;
    }
    return (double)reached / (double)patterns;
}

/* Eight differences and their 256 sign patterns: a pattern of n signs costs n/8 look-ups. */
struct octet {
    double sums[256];
};

static struct octet *octets_create(const double *differences, size_t count) {
    size_t groups = (count + 7) / 8;
    struct octet *octets = pl_alloc_zero(groups, sizeof *octets);
    for (size_t i = 0; i < count; i++)
        for (unsigned flips = 0; flips < 256; flips++)
            octets[i / 8].sums[flips] += (flips >> (i % 8)) & 1 ? -differences[i] : differences[i];
    return octets;
}

static double drawn_sum(const struct octet *octets, size_t groups, struct pl_rng *rng) {
    double sum = 0.0;
    uint64_t bits = 0;
    for (size_t g = 0; g < groups; g++, bits >>= 8) {
        if (g % 8 == 0) bits = pl_rng_u64(rng);
        sum += octets[g].sums[bits & 255];
    }
    return sum;
}

double pl_stats_sign_flip_drawn(const double *differences, size_t count, size_t resamples,
                                struct pl_rng *rng) {
    if (count == 0) return NAN;
    double threshold = threshold_of(differences, count);
    struct octet *octets = octets_create(differences, count);
    size_t reached = 0;
    for (size_t b = 0; b < resamples; b++)
        reached += fabs(drawn_sum(octets, (count + 7) / 8, rng)) >= threshold;
    pl_free(octets);
    return ((double)reached + 1.0) / ((double)resamples + 1.0);
}

double pl_stats_sign_flip(const double *differences, size_t count, struct pl_rng *rng) {
    if (count <= PL_SIGN_FLIP_EXACT_MAX) return pl_stats_sign_flip_exact(differences, count);
    return pl_stats_sign_flip_drawn(differences, count, PL_SIGN_FLIP_RESAMPLES, rng);
}

struct placed {
    double p;
    size_t index;
};

static int compare_placed(const void *a, const void *b) {
    const struct placed *x = a, *y = b;
    if (x->p != y->p) return x->p < y->p ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

void pl_stats_holm(double *adjusted, const double *p, size_t count) {
    struct placed *order = pl_alloc((count + 1) * sizeof *order);
    size_t family = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isnan(p[i])) order[family++] = (struct placed){p[i], i};
        adjusted[i] = NAN;
    }
    qsort(order, family, sizeof *order, compare_placed);
    double greatest = 0.0;
    for (size_t k = 0; k < family; k++) {
        double value = (double)(family - k) * order[k].p;
        if (value > greatest) greatest = value;
        adjusted[order[k].index] = greatest < 1.0 ? greatest : 1.0;
    }
    pl_free(order);
}

size_t pl_stats_seeds_needed(size_t comparisons, double alpha) {
    size_t seeds = 1;
    for (double smallest = (double)comparisons; smallest > alpha; smallest *= 0.5) seeds++;
    return seeds;
}
