#include "core/base/eigen.h"

#include <math.h>

#include "core/base/rng.h"
#include "tests/support/support.h"

enum { MOST = 60 };
static const double PI = 3.14159265358979323846;

static void check_values(double *a, int n, const double *expected, double within) {
    double found[MOST];
    pl_eigenvalues(a, n, found);
    for (int k = 0; k < n; k++) PL_CHECK(fabs(found[k] - expected[k]) <= within);
}

static void test_eigen__small_ones_by_hand(void) {
    check_values((double[]){7}, 1, (double[]){7}, 0);
    check_values((double[]){2, 99, 1, 2}, 2, (double[]){1, 3},
                 1e-15); /* the upper half is not read */
    check_values((double[]){3, 0, 0, 0, -1, 0, 0, 0, 2}, 3, (double[]){-1, 2, 3}, 0);
    check_values((double[]){1, 1, 1, 1, 1, 1, 1, 1, 1}, 3, (double[]){0, 0, 3}, 1e-15);
    check_values((double[]){0, 1, 1, 0}, 2, (double[]){-1, 1}, 1e-15);
    check_values((double[9]){0}, 3, (double[]){0, 0, 0}, 0);
    /* block diagonal: [4 2; 2 7] has 3 and 8 */
    check_values((double[]){4, 2, 0, 2, 7, 0, 0, 0, 5}, 3, (double[]){3, 5, 8}, 1e-14);
}

/* The second difference: 2 - 2 cos(k pi/(n+1)). */
static void test_eigen__the_chain(void) {
    for (int n = 1; n <= MOST; n++) {
        double a[MOST * MOST] = {0}, expected[MOST];
        for (int i = 0; i < n; i++) {
            a[i * n + i] = 2;
            if (i) a[i * n + i - 1] = a[(i - 1) * n + i] = -1;
            expected[i] = 2 - 2 * cos((i + 1) * PI / (n + 1));
        }
        check_values(a, n, expected, 2e-14);
    }
}

/* min(i, j): 1 / (2 - 2 cos((2k-1) pi/(2n+1))), which spread over three orders of magnitude. */
static void test_eigen__a_full_matrix_in_closed_form(void) {
    int n = 40;
    double a[MOST * MOST], expected[MOST];
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) a[i * n + j] = 1 + (i < j ? i : j);
    for (int k = 1; k <= n; k++)
        expected[n - k] = 1 / (2 - 2 * cos((2 * k - 1) * PI / (2 * n + 1)));
    check_values(a, n, expected, 1e-12 * expected[n - 1]);
}

/* A = Q diag(w) Q' with Q a product of random reflections. */
static void test_eigen__a_random_rotation_of_known_values(void) {
    struct pl_rng rng;
    pl_rng_init(&rng, 3, "test");
    for (int n = 2; n <= 50; n += 3) {
        double a[MOST * MOST] = {0}, expected[MOST], v[MOST], p[MOST];
        for (int k = 0; k < n; k++) a[k * n + k] = expected[k] = k % 3 == 2 ? k - 1 : k - n / 3;
        for (int i = 1; i < n; i++) /* ascending */
            for (int j = i; j > 0 && expected[j - 1] > expected[j]; j--) {
                double swap = expected[j];
                expected[j] = expected[j - 1];
                expected[j - 1] = swap;
            }
        for (int round = 0; round < 3; round++) {
            double square = 0, dot = 0;
            for (int k = 0; k < n; k++) v[k] = pl_rng_normal(&rng);
            for (int k = 0; k < n; k++) square += v[k] * v[k];
            for (int i = 0; i < n; i++) {
                p[i] = 0;
                for (int j = 0; j < n; j++) p[i] += 2 / square * a[i * n + j] * v[j];
                dot += p[i] * v[i] / square;
            }
            for (int i = 0; i < n; i++) p[i] -= dot * v[i];
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++) a[i * n + j] -= v[i] * p[j] + p[i] * v[j];
        }
        check_values(a, n, expected, 1e-12 * n);
    }
}

static void test_eigen__scales_do_not_matter(void) {
    static const double scales[] = {1e-150, 1e-30, 1e30, 1e150};
    for (int s = 0; s < 4; s++) {
        double a[9] = {2, -1, 0, -1, 2, -1, 0, -1, 2}, expected[3];
        for (int k = 0; k < 9; k++) a[k] *= scales[s];
        for (int k = 0; k < 3; k++) expected[k] = scales[s] * (2 - 2 * cos((k + 1) * PI / 4));
        check_values(a, 3, expected, 1e-14 * scales[s]);
    }
}

static void test_eigen__nan_in_nan_out(void) {
    double a[4] = {1, 0, NAN, 1}, found[2];
    pl_eigenvalues(a, 2, found);
    PL_CHECK(isnan(found[0]) && isnan(found[1]));
}

const struct pl_test pl_suite_eigen[] = {
    {"small_ones_by_hand", test_eigen__small_ones_by_hand},
    {"the_chain", test_eigen__the_chain},
    {"a_full_matrix_in_closed_form", test_eigen__a_full_matrix_in_closed_form},
    {"a_random_rotation_of_known_values", test_eigen__a_random_rotation_of_known_values},
    {"scales_do_not_matter", test_eigen__scales_do_not_matter},
    {"nan_in_nan_out", test_eigen__nan_in_nan_out},
    {0},
};
