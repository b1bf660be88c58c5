/* The frequencies that data show: least squares on all waves up to a frequency leaves nothing, on
 * fewer it leaves something. */
#include "tests/unit/tasks/make.h"

enum { MOST = 64 }; /* functions of a basis */

/* 1, and cosine and sine of pi k . x for one of each k and -k up to [most] (one or two features). */
static int basis(double *out, const float *x, int dim, int most) {
    double pi = acos(-1);
    int count = 0;
    out[count++] = 1;
    for (int a = 0; a <= most; a++)
        for (int b = -most; b <= most; b++) {
            if (dim == 1 ? b != 0 || a == 0 : a == 0 && b <= 0) continue;
            double angle = pi * (a * (double)x[0] + (dim > 1 ? b * (double)x[1] : 0));
            out[count++] = cos(angle);
            out[count++] = sin(angle);
        }
    return count;
}

/* Gauss with the largest pivot; [a] is [n][n+1]. */
static void solve(double a[MOST][MOST + 1], int n) {
    for (int p = 0; p < n; p++) {
        int best = p;
        for (int r = p; r < n; r++)
            if (fabs(a[r][p]) > fabs(a[best][p])) best = r;
        for (int c = 0; c <= n; c++) {
            double kept = a[p][c];
            a[p][c] = a[best][c];
            a[best][c] = kept;
        }
        for (int r = 0; r < n; r++) {
            double factor = r == p ? 0 : a[r][p] / a[p][p];
            for (int c = p; c <= n; c++) a[r][c] -= factor * a[p][c];
        }
    }
    for (int p = 0; p < n; p++) a[p][n] /= a[p][p];
}

/* Mean square of what a fit of training leaves; [weights] gets the coefficients. */
static double residual(const struct made *made, int most, double *weights) {
    static double a[MOST][MOST + 1];
    const struct pl_samples *train = &made->data.split[PL_TRAIN];
    int dim = (int)made->data.shape.in, n = 0;
    double f[MOST], sum = 0;
    memset(a, 0, sizeof a);
    for (size_t i = 0; i < train->count; i++) {
        n = basis(f, train->x + i * (size_t)dim, dim, most);
        for (int r = 0; r < n; r++) {
            for (int c = 0; c < n; c++) a[r][c] += f[r] * f[c];
            a[r][n] += f[r] * (double)train->y[i];
        }
    }
    solve(a, n);
    for (size_t i = 0; i < train->count; i++) {
        double left = (double)train->y[i];
        basis(f, train->x + i * (size_t)dim, dim, most);
        for (int r = 0; r < n; r++) left -= a[r][n] * f[r];
        sum += left * left;
    }
    for (int r = 0; r < n; r++) weights[r] = a[r][n];
    return sum / (double)train->count;
}

/* All waves that exist are in the series, so the highest frequency is too. */
static void check_frequencies(int dim, int frequency) {
    double weights[MOST] = {0}, square = 0;
    struct made made;
    char text[100];
    int waves = dim == 1 ? frequency : ((2 * frequency + 1) * (2 * frequency + 1) - 1) / 2;
    snprintf(text, sizeof text, "dim=%d frequency=%d terms=256", dim, frequency);
    make(&made, "fourier", text, (uint64_t)frequency);
    PL_CHECK(residual(&made, frequency, weights) < 1e-12);
    PL_CHECK_NEAR(weights[0], 0, 1e-6); /* no constant */
    for (int w = 0; w < waves; w++) {
        double power = pow(weights[1 + 2 * w], 2) + pow(weights[2 + 2 * w], 2);
        PL_CHECK(power > 1e-8);
        square += power;
    }
    PL_CHECK_NEAR(square, 2, 1e-5); /* sum of a_m^2 */
    if (frequency > 1) PL_CHECK(residual(&made, frequency - 1, weights) > 1e-3);
    make_finish(&made);
}

static void test_fourier__frequencies_go_up_to_the_highest(void) {
    for (int f = 1; f <= 6; f++) check_frequencies(1, f);
    check_frequencies(2, 1);
    check_frequencies(2, 2);
}

/* Three waves of twelve: three powers of the fit are something. */
static void test_fourier__a_series_has_its_terms(void) {
    double weights[MOST] = {0};
    struct made made;
    int found = 0;
    make(&made, "fourier", "dim=2 frequency=2 terms=3", 5);
    PL_CHECK(residual(&made, 2, weights) < 1e-12);
    for (int w = 0; w < 12; w++)
        found += pow(weights[1 + 2 * w], 2) + pow(weights[2 + 2 * w], 2) > 1e-9;
    PL_CHECK_INT(found, 3);
    make_finish(&made);
}

static void test_fourier__inputs_fill_the_cube_and_targets_have_variance_1(void) {
    double sum = 0, square = 0, fourth = 0, mean = 0, variance = 0, n = 40000;
    struct made made;
    make(&made, "fourier", "samples=20000 frequency=32 terms=256", 2);
    const struct pl_samples *train = &made.data.split[PL_TRAIN];
    for (size_t i = 0; i < 40000; i++) {
        double x = (double)train->x[i];
        PL_CHECK(x >= -1 && x <= 1);
        sum += x;
        square += x * x;
        fourth += x * x * x * x;
    }
    PL_CHECK_NEAR(sum / n, 0, 5 * sqrt(1 / 3.0 / n));
    PL_CHECK_NEAR(square / n, 1 / 3.0, 5 * sqrt(4 / 45.0 / n));
    PL_CHECK_NEAR(fourth / n, 1 / 5.0, 5 * sqrt(16 / 225.0 / n));
    for (size_t i = 0; i < 20000; i++) {
        mean += (double)train->y[i] / 20000;
        variance += (double)train->y[i] * (double)train->y[i] / 20000;
    }
    PL_CHECK_NEAR(mean, 0, 5 / sqrt(20000)); /* 256 waves: nearly normal */
    PL_CHECK_NEAR(variance, 1, 5 * sqrt(2 / 20000.0));
    make_finish(&made);
}

static void test_fourier__points_follow_the_mixture(void) {
    static const struct {
        const char *options;
        double trivial, best;
    } rows[] = {{"", 1, 0},
                {"structure=0.5", 0.5, 0.25},
                {"structure=0", 1, 1},
                {"structure=0.3 mix=variance", 1, 0.7}};
    for (int k = 0; k < 4; k++) {
        struct made made;
        make(&made, "fourier", rows[k].options, 1);
        PL_CHECK_NEAR(made.points.trivial, rows[k].trivial, 1e-14);
        PL_CHECK_NEAR(made.points.best_test, rows[k].best, 1e-14);
        make_finish(&made);
    }
}

static void test_fourier__bad_options_are_refused(void) {
    make_fails("fourier", "frequency=33", "frequency", "32");
    make_fails("fourier", "dim=11", "dim", "10");
    make_fails("fourier", "terms=0", "terms", "1");
}

const struct pl_test pl_suite_fourier[] = {
    {"frequencies_go_up_to_the_highest", test_fourier__frequencies_go_up_to_the_highest},
    {"a_series_has_its_terms", test_fourier__a_series_has_its_terms},
    {"inputs_fill_the_cube_and_targets_have_variance_1",
     test_fourier__inputs_fill_the_cube_and_targets_have_variance_1},
    {"points_follow_the_mixture", test_fourier__points_follow_the_mixture},
    {"bad_options_are_refused", test_fourier__bad_options_are_refused},
    {0},
};
