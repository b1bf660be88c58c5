/* The elementary functions of the cpu kernels against core/base/math.h, in units of the last place of
 * a float. Compiled here at the level of the test program; test_kernels.c goes through every level. */
#define PL_KERNELS pl_kernels_under_test
#include "core/backend/cpu/kernels.c"

#include "core/base/math.h"
#include "tests/support/support.h"

/* Distance of [found] from the real number [expected], in spacings of floats around it. */
static double ulps(float found, double expected) {
    double size = fabs(expected), spacing = 0x1p-149;
    if (found == (float)expected) return 0;
    while (size >= 0x1p-126 && spacing * 0x1p24 <= size) spacing *= 2;
    return fabs((double)found - expected) / spacing;
}

static double worst_of(float (*f)(float), double (*truth)(double), double from, double to) {
    enum { POINTS = 400000 };
    double worst = 0;
    for (int k = 0; k <= POINTS; k++) {
        float x = (float)(from + (to - from) * k / POINTS);
        double error = ulps(f(x), truth(x));
        if (!(error <= worst)) worst = error;
    }
    return worst;
}

static float exponential_of(float x) {
    return exponential(x);
}
static float tangent_of(float x) {
    return tangent(x);
}
static float logarithm_of(float x) {
    return logarithm(x);
}
/* One lane of one of several vecs, the others holding other numbers. */
static float exponentials_of(float x) {
    vec at[BLOCKS];
    for (int k = 0; k < BLOCKS; k++)
        for (int l = 0; l < LANES; l++) at[k][l] = x - (float)(k + l);
    exponentials(at, BLOCKS);
    return at[0][0];
}
static float sigmoid_of(float x) {
    return sigmoid(x);
}
static double true_sigmoid(double x) {
    return 1 / (1 + pl_exp(-x));
}
static double true_phi(double x) {
    return 0.5 * (1 + pl_erf(x * 0.70710678118654752440));
}

static void test_elementary__exponential_is_good_to_2_ulp(void) {
    double worst = worst_of(exponential_of, pl_exp, -87.3, 88.7);
    printf("  exponential: %.2f ulp\n", worst);
    PL_CHECK(worst <= 2);
    PL_CHECK(worst_of(exponential_of, pl_exp, -103.9, -87.3) <= 2); /* subnormal numbers */
    PL_CHECK(worst_of(exponential_of, pl_exp, -0.01, 0.01) <= 2);
    PL_CHECK(exponential(0) == 1);
}

static void test_elementary__exponential_at_the_ends(void) {
    PL_CHECK(exponential(-104) == 0 && exponential(-1e4F) == 0 && exponential(-INFINITY) == 0);
    PL_CHECK(exponential(-103) > 0);
    PL_CHECK(isfinite(exponential(88.72F)));
    PL_CHECK(isinf(exponential(88.73F)) && isinf(exponential(1e4F)));
    PL_CHECK(isinf(exponential(INFINITY)) && exponential(INFINITY) > 0);
    PL_CHECK(isnan(exponential(NAN)));
}

static void test_elementary__exponentials_of_several_vecs(void) {
    PL_CHECK(worst_of(exponentials_of, pl_exp, -87, 88) <= 2);
    PL_CHECK(worst_of(exponentials_of, pl_exp, -0.01, 0.01) <= 2);
    PL_CHECK(exponentials_of(0) == 1 && isnan(exponentials_of(NAN)));
    PL_CHECK(exponentials_of(-1e30F) == exponentials_of(-87));
    PL_CHECK(exponentials_of(-INFINITY) == exponentials_of(-87));
    for (int l = 0; l < LANES; l++) {
        vec at = all(0);
        at[l] = 1;
        exponentials(&at, 1);
        for (int other = 0; other < LANES; other++)
            PL_CHECK(at[other] == (l == other ? exponentials_of(1) : 1));
    }
}

static void test_elementary__tangent(void) {
    double worst = worst_of(tangent_of, pl_tanh, -12, 12);
    double near_zero = worst_of(tangent_of, pl_tanh, -0.7, 0.7);
    printf("  tangent: %.2f ulp, near 0 %.2f\n", worst, near_zero);
    PL_CHECK(worst <= 3);
    PL_CHECK(near_zero <= 3);
    PL_CHECK(tangent(1e4F) == 1 && tangent(-1e4F) == -1);
    PL_CHECK(tangent(INFINITY) == 1 && tangent(-INFINITY) == -1);
    PL_CHECK(tangent(0) == 0 && isnan(tangent(NAN)));
}

static void test_elementary__sigmoid(void) {
    double worst = worst_of(sigmoid_of, true_sigmoid, -80, 80);
    printf("  sigmoid: %.2f ulp\n", worst);
    PL_CHECK(worst <= 4);
    PL_CHECK(sigmoid(0) == 0.5F);
    PL_CHECK(sigmoid(1e4F) == 1 && sigmoid(-1e4F) == 0);
    PL_CHECK(sigmoid(INFINITY) == 1 && sigmoid(-INFINITY) == 0 && isnan(sigmoid(NAN)));
}

static void test_elementary__normal_distribution(void) {
    double worst = 0;
    for (int k = -100000; k <= 100000; k++) {
        float x = (float)k / 12000;
        double error = fabs(normal(x).phi - true_phi(x));
        double density = 0.39894228040143267794 * pl_exp(-0.5 * (double)x * x);
        PL_REQUIRE(fabs(normal(x).density - density) <= 2e-7);
        if (!(error <= worst)) worst = error;
    }
    printf("  normal distribution: %.2g\n", worst);
    PL_CHECK(worst <= 2.5e-7);
    PL_CHECK(normal(1e4F).phi == 1 && normal(-1e4F).phi == 0 && normal(-1e30F).phi == 0);
    PL_CHECK(normal(1e4F).density == 0 && normal(-1e30F).density == 0);
    PL_CHECK(normal(INFINITY).phi == 1 && normal(-INFINITY).phi == 0);
    PL_CHECK(isnan(normal(NAN).phi) && isnan(normal(NAN).density));
}

static void test_elementary__logarithm(void) {
    double worst = worst_of(logarithm_of, pl_log, 1, 3);
    if (worst_of(logarithm_of, pl_log, 3, 1e5) > worst)
        worst = worst_of(logarithm_of, pl_log, 3, 1e5);
    printf("  logarithm: %.2f ulp\n", worst);
    PL_CHECK(worst <= 3);
    PL_CHECK(logarithm(1) == 0 && isnan(logarithm(NAN)));
}

const struct pl_test pl_suite_elementary[] = {
    {"exponential_is_good_to_2_ulp", test_elementary__exponential_is_good_to_2_ulp},
    {"exponential_at_the_ends", test_elementary__exponential_at_the_ends},
    {"exponentials_of_several_vecs", test_elementary__exponentials_of_several_vecs},
    {"tangent", test_elementary__tangent},
    {"sigmoid", test_elementary__sigmoid},
    {"normal_distribution", test_elementary__normal_distribution},
    {"logarithm", test_elementary__logarithm},
    {0},
};
