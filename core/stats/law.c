/* Power laws of loss against compute: loss = a compute^-b, or that + c.
 *
 * The first is a line by least squares. The second is fitted by Levenberg and Marquardt from
 * several first guesses of c, each with the line through log(loss - c), and the best end is taken;
 * guesses and order are fixed, so the same points give the same bits. */
#include "core/stats/law.h"

#include <math.h>

#include "core/base/math.h"
#include "core/stats/summary.h"

#define STEPS 200 /* of Levenberg and Marquardt, at most; some 10 are usual */

double pl_law_at(const struct pl_law *law, double log_compute) {
    double line = law->log_a - law->b * log_compute;
    return law->c > 0.0 ? pl_log(pl_exp(line) + law->c) : line;
}

static double residual_of(const struct pl_law *law, const double *x, const double *y,
                          size_t count) {
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        double away = y[i] - pl_law_at(law, x[i]);
        sum += away * away;
    }
    return sqrt(sum / (double)count);
}

struct pl_law pl_stats_power_law(const double *log_compute, const double *log_loss, size_t count) {
    double middle = pl_stats_mean(log_compute, count), level = pl_stats_mean(log_loss, count);
    double square = 0.0, product = 0.0;
    for (size_t i = 0; i < count; i++) {
        square += (log_compute[i] - middle) * (log_compute[i] - middle);
        product += (log_compute[i] - middle) * (log_loss[i] - level);
    }
    if (!(square > 0.0)) return (struct pl_law){NAN, NAN, NAN, NAN};
    double b = -product / square;
    struct pl_law law = {level + b * middle, b, 0.0, 0.0};
    law.residual = residual_of(&law, log_compute, log_loss, count);
    return law;
}

/* ------------------------------------------------------------------------------ the offset */

/* The fit is done in p = (level of the line at the middle of x, b, log c): the middle keeps level and b
 * apart, and the logarithm keeps c above 0. */
struct fit {
    const double *x, *y; /* x less its middle */
    size_t count;
    double p[3], squares;
};

static double squares_of(const struct fit *fit, const double p[3]) {
    struct pl_law law = (struct pl_law){p[0], p[1], pl_exp(p[2]), 0.0};
    double rms = residual_of(&law, fit->x, fit->y, fit->count);
    return rms * rms;
}

/* Normal equations J'J d = J'r of the residuals' derivatives. */
static void linearise(const struct fit *fit, double normal[3][3], double right[3]) {
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) normal[i][j] = right[i] = 0.0;
    for (size_t k = 0; k < fit->count; k++) {
        double line = pl_exp(fit->p[0] - fit->p[1] * fit->x[k]), c = pl_exp(fit->p[2]);
        double share = line / (line + c), away = fit->y[k] - pl_log(line + c);
        double slope[3] = {share, -share * fit->x[k], 1.0 - share};
        for (int i = 0; i < 3; i++) {
            right[i] += slope[i] * away;
            for (int j = 0; j < 3; j++) normal[i][j] += slope[i] * slope[j];
        }
    }
}

static double determinant(double m[3][3]) {
    return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
           m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
           m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
}

/* By Cramer's rule; false when the equations are singular. */
static bool solve(double out[3], double m[3][3], const double right[3]) {
    double whole = determinant(m);
    if (!(fabs(whole) > 0.0)) return false;
    for (int k = 0; k < 3; k++) {
        double with[3][3];
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) with[i][j] = j == k ? right[i] : m[i][j];
        out[k] = determinant(with) / whole;
    }
    return isfinite(out[0]) && isfinite(out[1]) && isfinite(out[2]);
}

/* One damped step; false when even a heavily damped one gains nothing. */
static bool step(struct fit *fit, double *damping) {
    double normal[3][3], right[3], d[3];
    linearise(fit, normal, right);
    for (; *damping < 1e12; *damping *= 4.0) {
        double damped[3][3];
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
                damped[i][j] = normal[i][j] * (i == j ? 1.0 + *damping : 1.0) + (i == j) * 1e-300;
        if (!solve(d, damped, right)) continue;
        double next[3] = {fit->p[0] + d[0], fit->p[1] + d[1], fit->p[2] + d[2]};
        double squares = squares_of(fit, next);
        if (!(squares < fit->squares)) continue;
        bool small = fit->squares - squares <= 1e-15 * fit->squares;
        for (int i = 0; i < 3; i++) fit->p[i] = next[i];
        fit->squares = squares;
        *damping *= 0.1;
        return !small;
    }
    return false;
}

/* Ends where it can go no lower, or where c has become nothing beside the losses. */
static void descend(struct fit *fit, double least) {
    double damping = 1e-3;
    for (int i = 0; i < STEPS && fit->p[2] > least - 40.0; i++)
        if (!step(fit, &damping)) return;
}

static void start_at(struct fit *fit, const struct pl_law *law, double middle, double least) {
    fit->p[0] = law->log_a - law->b * middle;
    fit->p[1] = law->b;
    fit->p[2] = law->c > 0.0 ? pl_log(law->c) : least - 5.0;
    fit->squares = squares_of(fit, fit->p);
}

/* The line through log(loss - share x the least loss). */
static struct pl_law guess(const double *x, const double *y, size_t count, double least,
                           double share, double *room) {
    double c = share * pl_exp(least);
    for (size_t i = 0; i < count; i++) room[i] = pl_log(pl_exp(y[i]) - c);
    struct pl_law law = pl_stats_power_law(x, room, count);
    law.c = c;
    return law;
}

static void descend_from_several(struct fit *fit, const double *x, double middle, double least,
                                 double *room) {
    static const double shares[] = {0.1, 0.4, 0.7, 0.9, 0.98};
    struct fit best = *fit;
    best.squares = INFINITY;
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        struct pl_law law = guess(x, fit->y, fit->count, least, shares[i], room);
        start_at(fit, &law, middle, least);
        descend(fit, least);
        if (fit->squares < best.squares) best = *fit;
    }
    *fit = best;
}

struct pl_law pl_stats_offset_law(const double *log_compute, const double *log_loss, size_t count,
                                  const struct pl_law *start) {
    double x[PL_LAW_POINTS], room[PL_LAW_POINTS], middle = pl_stats_mean(log_compute, count);
    double least = INFINITY;
    struct pl_law line = pl_stats_power_law(log_compute, log_loss, count);
    if (count < 4 || count > PL_LAW_POINTS || isnan(line.b))
        return (struct pl_law){NAN, NAN, NAN, NAN};
    for (size_t i = 0; i < count; i++) {
        x[i] = log_compute[i] - middle;
        least = fmin(least, log_loss[i]);
    }
    struct fit fit = {.x = x, .y = log_loss, .count = count};
    if (start) {
        start_at(&fit, start, middle, least);
        descend(&fit, least);
    } else {
        descend_from_several(&fit, log_compute, middle, least, room);
    }
    double rms = sqrt(fit.squares);
    if (!(rms < line.residual) || fit.p[2] <= least - 40.0) return line;
    return (struct pl_law){fit.p[0] + fit.p[1] * middle, fit.p[1], pl_exp(fit.p[2]), rms};
}
