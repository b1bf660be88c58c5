/* Where a mean curve over an axis crosses 0, and the set of places where it may.
 *
 * Between two places of the axis the curve of each seed is a straight line, and so is their mean.
 * The interval is the set of places where a t test does not tell the mean from 0 (Fieller): in a
 * segment that is where a quadratic in the share w of the way is at most 0. The set is followed
 * from the crossing to both sides, segment by segment, and ends at the first place outside of it;
 * where the axis ends first, that end is infinite. */
#include "core/stats/crossing.h"

#include <math.h>

#include "core/stats/distribution.h"

static double crossing_at(const double *x, const double *y, size_t before, size_t after) {
    if (after - before > 1) return 0.5 * (x[before + 1] + x[after - 1]);
    return x[before] + (x[after] - x[before]) * (y[before] / (y[before] - y[after]));
}

bool pl_stats_next_crossing(struct pl_crossing *out, size_t *from, const double *x, const double *y,
                            size_t count) {
    size_t last = *from;
    while (last < count && y[last] == 0.0) last++;
    for (size_t i = last + 1; i < count; i++) {
        if (y[i] == 0.0) continue;
        if ((y[last] < 0.0) != (y[i] < 0.0)) {
            *out = (struct pl_crossing){crossing_at(x, y, last, i), y[last] > 0.0};
            *from = i;
            return true;
        }
        last = i;
    }
    return false;
}

/* ------------------------------------------------------------------------- means and spreads */

static double number_at(const struct pl_sample *curves, size_t seed, size_t place) {
    return curves->values[seed * curves->sizes[1] + place];
}

static size_t seeds_at(const struct pl_sample *curves, size_t place) {
    size_t count = 0;
    for (size_t s = 0; s < curves->sizes[0]; s++) count += !isnan(number_at(curves, s, place));
    return count;
}

static double mean_at(const struct pl_sample *curves, size_t place) {
    double sum = 0.0;
    size_t count = 0;
    for (size_t s = 0; s < curves->sizes[0]; s++) {
        double number = number_at(curves, s, place);
        if (isnan(number)) continue;
        sum += number;
        count++;
    }
    return count > 0 ? sum / (double)count : NAN;
}

void pl_stats_mean_curve(double *out, const struct pl_sample *curves) {
    for (size_t i = 0; i < curves->sizes[1]; i++) out[i] = mean_at(curves, i);
}

/* Of two means (or of one with itself): the covariance over the seeds in common, times how many they
 * are, over the product of the counts. 0 with fewer than two in common. */
static double covariance(const struct pl_sample *curves, size_t one, size_t other) {
    double mean_one = 0.0, mean_other = 0.0, sum = 0.0, common = 0.0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t s = 0; s < curves->sizes[0]; s++) {
            double a = number_at(curves, s, one), b = number_at(curves, s, other);
            if (isnan(a) || isnan(b)) continue;
            if (pass > 0) sum += (a - mean_one) * (b - mean_other);
            if (pass > 0) continue;
            mean_one += a;
            mean_other += b;
            common += 1.0;
        }
        if (pass > 0 || common < 2.0) continue;
        mean_one /= common;
        mean_other /= common;
    }
    if (common < 2.0) return 0.0;
    return sum / (common - 1.0) * common /
           ((double)seeds_at(curves, one) * (double)seeds_at(curves, other));
}

/* ------------------------------------------------------------------------------ one segment */

/* mean^2 - t^2 variance of the mean, at share w of the way: square w^2 + 2 half w + constant. At most 0
 * where the test does not tell the mean from 0. */
struct segment {
    double square, half, constant;
};

static struct segment segment_of(const struct pl_sample *curves, size_t i, double confidence) {
    size_t n = seeds_at(curves, i), m = seeds_at(curves, i + 1), least = n < m ? n : m;
    if (least < 2) return (struct segment){0.0, 0.0, -1.0}; /* nothing can be told there */
    double t = pl_stats_student_quantile(0.5 + 0.5 * confidence, (double)(least - 1));
    double a = mean_at(curves, i), c = mean_at(curves, i + 1) - a;
    double here = covariance(curves, i, i), there = covariance(curves, i + 1, i + 1);
    double both = covariance(curves, i, i + 1);
    return (struct segment){c * c - t * t * (here - 2.0 * both + there),
                            a * c - t * t * (both - here), a * a - t * t * here};
}

static double value_of(const struct segment *s, double w) {
    return (s->square * w + 2.0 * s->half) * w + s->constant;
}

/* The roots of a quadratic, ascending; false when it has none. */
static bool roots_of(const struct segment *s, double roots[2]) {
    double under = s->half * s->half - s->square * s->constant;
    if (under < 0.0) return false;
    double q = -(s->half + (s->half < 0.0 ? -sqrt(under) : sqrt(under)));
    double one = q / s->square, other = q != 0.0 ? s->constant / q : one;
    roots[0] = one < other ? one : other;
    roots[1] = one < other ? other : one;
    return true;
}

/* The end of the set around share [w] above (or below) it, on the whole line: NaN where it has none.
 *
 *     square > 0   between the roots       --[=====]--
 *     square < 0   outside of the roots    ==]-----[==
 */
static double end_on_line(const struct segment *s, double w, bool up) {
    double roots[2];
    if (s->square == 0.0) {
        if (s->half == 0.0 || (s->half > 0.0) != up) return NAN;
        return -0.5 * s->constant / s->half;
    }
    bool any = roots_of(s, roots);
    if (s->square > 0.0) return any ? roots[up ? 1 : 0] : w;
    if (!any || (w < 0.5 * (roots[0] + roots[1])) != up) return NAN;
    return roots[up ? 0 : 1];
}

/* The same within the segment. */
static double end_in(const struct segment *s, double w, bool up) {
    if (value_of(s, w) > 0.0) return w;
    double end = end_on_line(s, w, up);
    if (up ? end < w : end > w) end = w; /* by rounding */
    return end >= 0.0 && end <= 1.0 ? end : NAN;
}

/* ------------------------------------------------------------------------------- the whole */

static double walk(const double *x, const struct pl_sample *curves, size_t segment, double w,
                   double confidence, bool up) {
    size_t last = curves->sizes[1] - 2;
    for (size_t i = segment;; i = up ? i + 1 : i - 1) {
        struct segment here = segment_of(curves, i, confidence);
        double end = end_in(&here, i == segment ? w : up ? 0.0 : 1.0, up);
        if (!isnan(end)) return x[i] + (x[i + 1] - x[i]) * end;
        if (i == (up ? last : 0)) return up ? INFINITY : -INFINITY;
    }
}

struct pl_interval pl_stats_crossing_interval(const double *x, const struct pl_sample *curves,
                                              double at, double confidence) {
    size_t count = curves->sizes[1], i = 0;
    if (count < 2) return pl_interval_none();
    while (i + 2 < count && x[i + 1] < at) i++;
    if (seeds_at(curves, i) < 2 || seeds_at(curves, i + 1) < 2) return pl_interval_none();
    double w = (at - x[i]) / (x[i + 1] - x[i]);
    double low = walk(x, curves, i, w, confidence, false);
    double high = walk(x, curves, i, w, confidence, true);
    return (struct pl_interval){low < at ? low : at, high > at ? high : at};
}
