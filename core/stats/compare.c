/* Paired comparisons: sign-flip tests, corrections for many of them, equivalence, and the
 * probability of improvement. A sign-flip p counts the sign patterns whose |sum| reaches the one
 * seen, less what the order of additions can change; up to 14 differences every pattern is looked
 * at, above they are drawn, and then the pattern seen counts as one of them:
 * p = (b + 1) / (B + 1). A p that is NaN is no member of a family: it stays NaN and counts for nobody else. */
#include "core/stats/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/status.h"
#include "core/stats/distribution.h"
#include "core/stats/summary.h"

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

double pl_stats_sign_flip_least(size_t count) {
    if (count <= PL_SIGN_FLIP_EXACT_MAX) return ldexp(1.0, 1 - (int)count);
    return 1.0 / ((double)PL_SIGN_FLIP_RESAMPLES + 1.0);
}

/* ---- several at once ---- */

/* Columns brought to sums of squares of 1: then |sum| grows with |t|, since flips leave the squares as
 * they are, and columns of different spread can be held against each other. */
struct flipped {
    struct octet *octets; /* [column][group] */
    double *thresholds;   /* of |sum|, as in threshold_of; negative: no number but 0, p is 1 */
    size_t *reached;
    size_t columns, groups;
};

static void flipped_add(struct flipped *all, const struct pl_sample *table, size_t column,
                        double *room) {
    size_t seeds = table->sizes[0];
    double squares = 0.0;
    for (size_t s = 0; s < seeds; s++) {
        double value = table->values[s * pl_sample_row(table) + column];
        room[s] = isnan(value) ? 0.0 : value;
        squares += room[s] * room[s];
    }
    for (size_t s = 0; s < seeds && squares > 0.0; s++) room[s] /= sqrt(squares);
    all->thresholds[column] = squares > 0.0 ? threshold_of(room, seeds) : -1.0;
    struct octet *octets = octets_create(room, seeds);
    memcpy(all->octets + column * all->groups, octets, all->groups * sizeof *octets);
    pl_free(octets);
}

void pl_stats_sign_flip_max(double *p, const struct pl_sample *table, struct pl_rng *rng) {
    size_t seeds = table->sizes[0], columns = pl_sample_row(table), groups = (seeds + 7) / 8;
    bool exact = seeds <= PL_SIGN_FLIP_EXACT_MAX;
    for (size_t c = 0; c < columns; c++) p[c] = NAN;
    if (seeds == 0 || columns == 0) return;
    struct flipped all = {pl_alloc_zero(columns * groups, sizeof *all.octets),
                          pl_alloc_zero(columns, sizeof(double)),
                          pl_alloc_zero(columns, sizeof(size_t)), columns, groups};
    uint64_t *bits = pl_alloc_zero(groups / 8 + 1, sizeof *bits);
    double *room = pl_alloc_zero(seeds, sizeof *room);
    for (size_t c = 0; c < columns; c++) flipped_add(&all, table, c, room);
    size_t patterns = exact ? (size_t)1 << (seeds - 1) : PL_SIGN_FLIP_MAX_RESAMPLES;
    for (size_t b = 0; b < patterns; b++) {
        for (size_t k = 0; k < groups / 8 + 1; k++) bits[k] = exact ? b : pl_rng_u64(rng);

        double greatest = 0.0;
        for (size_t c = 0; c < all.columns; c++) {
            double sum = 0.0;
            for (size_t g = 0; g < all.groups; g++)
                sum += all.octets[c * all.groups + g].sums[(bits[g / 8] >> (g % 8 * 8)) & 255];
            if (fabs(sum) > greatest) greatest = fabs(sum);
        }
        for (size_t c = 0; c < all.columns; c++) all.reached[c] += greatest >= all.thresholds[c];
    }
    for (size_t c = 0; c < columns; c++)
        p[c] = ((double)all.reached[c] + !exact) / ((double)patterns + !exact);
    pl_free(all.octets);
    pl_free(all.thresholds);
    pl_free(all.reached);
    pl_free(bits);
    pl_free(room);
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

/* The p that are numbers, from the smallest up; gives how many. [adjusted] is NaN throughout. */
static size_t order_family(struct placed *order, double *adjusted, const double *p, size_t count) {
    size_t family = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isnan(p[i])) order[family++] = (struct placed){p[i], i};
        adjusted[i] = NAN;
    }
    qsort(order, family, sizeof *order, compare_placed);
    return family;
}

void pl_stats_holm(double *adjusted, const double *p, size_t count) {
    struct placed *order = pl_alloc((count + 1) * sizeof *order);
    size_t family = order_family(order, adjusted, p, count);
    double greatest = 0.0;
    for (size_t k = 0; k < family; k++) {
        double value = (double)(family - k) * order[k].p;
        if (value > greatest) greatest = value;
        adjusted[order[k].index] = greatest < 1.0 ? greatest : 1.0;
    }
    pl_free(order);
}

void pl_stats_benjamini_hochberg(double *adjusted, const double *p, size_t count) {
    struct placed *order = pl_alloc((count + 1) * sizeof *order);
    size_t family = order_family(order, adjusted, p, count);
    double least = 1.0;
    for (size_t k = family; k-- > 0;) {
        double value = (double)family * order[k].p / (double)(k + 1);
        if (value < least) least = value;
        adjusted[order[k].index] = least;
    }
    pl_free(order);
}

/* P(T > t) for t = away / error; a mean without spread is certain of its side. */
static double upper_tail(double away, double error, size_t count) {
    double t = away == 0.0 ? 0.0 : away / error;
    return pl_stats_student_cdf(-t, (double)(count - 1));
}

enum pl_status pl_stats_equivalence(struct pl_equivalence *out, const struct pl_sample *differences,
                                    struct pl_interval region) {
    *out = (struct pl_equivalence){NAN, NAN, NAN};
    PL_TRY(pl_sample_check(differences, "the equivalence test", PL_SAMPLE_NONE, PL_SAMPLE_NONE,
                           false));
    if (!(region.low < region.high))
        return pl_fail(PL_EMISMATCH,
                       "the region of equivalence from %g to %g is empty; its first number must be "
                       "below its second",
                       region.low, region.high);
    size_t count = differences->sizes[0];
    if (count < 2) return PL_OK;
    double mean = pl_stats_mean(differences->values, count);
    double error = pl_stats_sd(differences->values, count) / sqrt((double)count);
    out->p_low = upper_tail(mean - region.low, error, count);
    out->p_high = upper_tail(region.high - mean, error, count);
    out->p = out->p_low > out->p_high ? out->p_low : out->p_high;
    return PL_OK;
}

/* Of one block: the share of pairs in which [a] is the lower, ties counting half. */
static double share_lower(const struct pl_sample *a, const struct pl_sample *b, size_t block) {
    size_t blocks = pl_sample_row(a);
    double lower = 0.0;
    for (size_t i = 0; i < a->sizes[0]; i++)
        for (size_t j = 0; j < b->sizes[0]; j++) {
            double x = a->values[i * blocks + block], y = b->values[j * blocks + block];
            lower += x < y ? 1.0 : x == y ? 0.5 : 0.0;
        }
    return lower / ((double)a->sizes[0] * (double)b->sizes[0]);
}

enum pl_status pl_stats_improvement(double *out, const struct pl_sample *a,
                                    const struct pl_sample *b) {
    static const char use[] = "the probability of improvement";
    *out = NAN;
    PL_TRY(pl_sample_check(a, use, PL_SAMPLE_BLOCK, PL_SAMPLE_NONE, true));
    PL_TRY(pl_sample_check(b, use, PL_SAMPLE_BLOCK, PL_SAMPLE_NONE, true));
    size_t blocks = pl_sample_row(a);
    if (blocks != pl_sample_row(b))
        return pl_fail(PL_EMISMATCH,
                       "%s compares block by block, and one side has %zu blocks a seed, the other "
                       "%zu; give both the same ones",
                       use, blocks, pl_sample_row(b));
    if (a->sizes[0] == 0 || b->sizes[0] == 0 || blocks == 0) return PL_OK;
    double sum = 0.0;
    for (size_t block = 0; block < blocks; block++) sum += share_lower(a, b, block);
    *out = sum / (double)blocks;
    return PL_OK;
}

size_t pl_stats_seeds_needed(size_t comparisons, double alpha) {
    size_t seeds = 1;
    for (double smallest = (double)comparisons; smallest > alpha; smallest *= 0.5) seeds++;
    return seeds;
}
