#include <float.h>
#include <stdint.h>

#include "core/base/hash.h"
#include "core/base/math.h"
#include "core/base/rng.h"
#include "tests/support/support.h"

/* The oracle is the C library in long double, which must be wider than double for the figures
 * below to be ours alone. */
#if LDBL_MANT_DIG <= 53
#error "test_math.c needs a long double that is wider than double"
#endif

enum { DRAWS = 300000 };

/* |found - expected| in units of the last place of a double of the size of [expected]. */
static double ulps(double found, long double expected) {
    int exponent;
    if (isnan(expected) || isinf((double)expected) || !isfinite(found))
        return (isnan(found) && isnan(expected)) || found == (double)expected ? 0 : HUGE_VAL;
    frexpl(expected, &exponent);
    if (expected == 0 || exponent < -1021) exponent = -1021;
    return (double)ldexpl(fabsl((long double)found - expected), 53 - exponent);
}

struct subject {
    const char *name;
    double (*ours)(double);
    long double (*theirs)(long double);
};

static const struct subject exp_subject = {"exp", pl_exp, expl};
static const struct subject log_subject = {"log", pl_log, logl};
static const struct subject tanh_subject = {"tanh", pl_tanh, tanhl};
static const struct subject erf_subject = {"erf", pl_erf, erfl};

struct worst {
    double ulps, at;
};

static void measure(struct worst *worst, const struct subject *subject, double x) {
    double error = ulps(subject->ours(x), subject->theirs(x));
    if (error > worst->ulps || isnan(error)) *worst = (struct worst){error, x};
}

static void check_worst(const struct worst *worst, const struct subject *subject,
                        const char *range) {
    printf("  %s, %s: %.3f ulp at most, at %a\n", subject->name, range, worst->ulps, worst->at);
    PL_CHECK(worst->ulps <= 2);
}

/* Uniform in [low, high]. */
static void check_range(const struct subject *subject, double low, double high) {
    struct worst worst = {0};
    struct pl_rng rng;
    char range[64];
    int i;
    pl_rng_init(&rng, 1, subject->name);
    measure(&worst, subject, low);
    measure(&worst, subject, high);
    for (i = 0; i < DRAWS; i++) measure(&worst, subject, low + (high - low) * pl_rng_uniform(&rng));
    snprintf(range, sizeof range, "%g to %g", low, high);
    check_worst(&worst, subject, range);
}

/* Any bits, NaN and infinities among them: half of all inputs are tiny, some are subnormal. */
static void check_bits(const struct subject *subject, bool positive) {
    struct worst worst = {0};
    struct pl_rng rng;
    int i;
    pl_rng_init(&rng, 2, subject->name);
    for (i = 0; i < DRAWS; i++) {
        uint64_t bits = pl_rng_u64(&rng) >> (positive ? 1 : 0);
        double x;
        if (i % 16 == 0) bits &= UINT64_C(0x800fffffffffffff);
        memcpy(&x, &bits, sizeof x);
        measure(&worst, subject, x);
    }
    check_worst(&worst, subject, "any bits");
}

/* Sizes spread evenly over the powers of two from 2^-60 to 2^[top]. */
static void check_scales(const struct subject *subject, int top, bool positive) {
    struct worst worst = {0};
    struct pl_rng rng;
    int i;
    pl_rng_init(&rng, 3, subject->name);
    for (i = 0; i < DRAWS; i++) {
        int exponent = (int)pl_rng_below(&rng, (uint64_t)(top + 60)) - 60;
        double x = ldexp(1 + pl_rng_uniform(&rng), exponent);
        measure(&worst, subject, positive || pl_rng_below(&rng, 2) ? x : -x);
    }
    check_worst(&worst, subject, "every scale");
}

static double neighbour(double x, int steps) {
    for (; steps > 0; steps--) x = nextafter(x, INFINITY);
    for (; steps < 0; steps++) x = nextafter(x, -INFINITY);
    return x;
}

/* A hundred numbers on either side of each joint between two ways of computing. */
static void check_joints(const struct subject *subject, double first, double step, int count) {
    struct worst worst = {0};
    int i, k;
    for (i = 0; i < count; i++)
        for (k = -100; k <= 100; k++) measure(&worst, subject, neighbour(first + i * step, k));
    check_worst(&worst, subject, "joints");
}

static void test_math__exp_is_within_2_ulp(void) {
    check_range(&exp_subject, -1, 1);
    check_range(&exp_subject, -50, 50);
    check_range(&exp_subject, -708, 709.78);
    check_range(&exp_subject, -746, -708);
    check_scales(&exp_subject, 9, false);
    check_bits(&exp_subject, false);
    check_joints(&exp_subject, -1022.5 * 0.69314718055994531, 0.69314718055994531, 2046);
}

static void test_math__exp_special_values(void) {
    PL_CHECK(pl_exp(0) == 1);
    PL_CHECK(pl_exp(-0.0) == 1);
    PL_CHECK(pl_exp(-INFINITY) == 0 && !signbit(pl_exp(-INFINITY)));
    PL_CHECK(pl_exp(INFINITY) == INFINITY);
    PL_CHECK(isnan(pl_exp(NAN)));
    PL_CHECK(pl_exp(709.782712893384) > 1.79e308 && isfinite(pl_exp(709.782712893384)));
    PL_CHECK(pl_exp(709.7827128933841) == INFINITY);
    PL_CHECK(pl_exp(1e308) == INFINITY);
    PL_CHECK(pl_exp(-745.1332191019411) == 0x1p-1074);
    PL_CHECK(pl_exp(-745.1332191019413) == 0);
    PL_CHECK(pl_exp(-1e308) == 0);
    PL_CHECK(pl_exp(1) == 0x1.5bf0a8b145769p+1);
}

static void test_math__log_is_within_2_ulp(void) {
    check_range(&log_subject, 0.5, 2);
    check_range(&log_subject, 0.999, 1.001);
    check_range(&log_subject, 0, 1000);
    check_scales(&log_subject, 1023, true);
    check_bits(&log_subject, true);
    check_joints(&log_subject, 1, 1, 4);
    check_joints(&log_subject, 0.70710678118654752, 0.70710678118654752, 3);
}

static void test_math__log_special_values(void) {
    PL_CHECK(pl_log(1) == 0 && !signbit(pl_log(1)));
    PL_CHECK(pl_log(0) == -INFINITY);
    PL_CHECK(pl_log(-0.0) == -INFINITY);
    PL_CHECK(isnan(pl_log(-1)) && isnan(pl_log(-INFINITY)) && isnan(pl_log(-0x1p-1074)));
    PL_CHECK(pl_log(INFINITY) == INFINITY);
    PL_CHECK(isnan(pl_log(NAN)));
    PL_CHECK(pl_log(2) == 0x1.62e42fefa39efp-1);
    PL_CHECK(ulps(pl_log(0x1p-1074), logl(0x1p-1074L)) <= 2);
    PL_CHECK(ulps(pl_log(DBL_MAX), logl(DBL_MAX)) <= 2);
}

static void test_math__tanh_is_within_2_ulp(void) {
    check_range(&tanh_subject, -1, 1);
    check_range(&tanh_subject, 0.4, 0.7);
    check_range(&tanh_subject, -25, 25);
    check_scales(&tanh_subject, 6, false);
    check_bits(&tanh_subject, false);
    check_joints(&tanh_subject, 0.5, 21.5, 2);
}

static void test_math__tanh_special_values(void) {
    PL_CHECK(pl_tanh(0) == 0 && !signbit(pl_tanh(0)));
    PL_CHECK(pl_tanh(-0.0) == 0 && signbit(pl_tanh(-0.0)));
    PL_CHECK(pl_tanh(INFINITY) == 1 && pl_tanh(-INFINITY) == -1);
    PL_CHECK(isnan(pl_tanh(NAN)));
    PL_CHECK(pl_tanh(0x1p-1074) == 0x1p-1074);
    PL_CHECK(pl_tanh(1e-300) == 1e-300);
}

static void test_math__erf_is_within_2_ulp(void) {
    check_range(&erf_subject, -1, 1);
    check_range(&erf_subject, 0.4, 1.3);
    check_range(&erf_subject, -7, 7);
    check_scales(&erf_subject, 4, false);
    check_bits(&erf_subject, false);
    check_joints(&erf_subject, 0.25, 0.25, 25);
}

static void test_math__erf_special_values(void) {
    PL_CHECK(pl_erf(0) == 0 && !signbit(pl_erf(0)));
    PL_CHECK(pl_erf(-0.0) == 0 && signbit(pl_erf(-0.0)));
    PL_CHECK(pl_erf(INFINITY) == 1 && pl_erf(-INFINITY) == -1);
    PL_CHECK(isnan(pl_erf(NAN)));
    PL_CHECK(pl_erf(6) == 1 && pl_erf(1e300) == 1);
    PL_CHECK_NEAR(pl_erf(0.5), 0.52049987781304653768, 1e-16);
}

static void test_math__odd_functions_are_odd(void) {
    struct pl_rng rng;
    int i, wrong = 0;
    pl_rng_init(&rng, 4, "test/math");
    for (i = 0; i < 100000; i++) {
        double x = 8 * pl_rng_uniform(&rng);
        wrong += pl_tanh(-x) != -pl_tanh(x) || pl_erf(-x) != -pl_erf(x);
        wrong += pl_sin_turn(-x) != -pl_sin_turn(x) || pl_cos_turn(-x) != pl_cos_turn(x);
    }
    PL_CHECK_INT(wrong, 0);
}

#define SQRT_HALF 0x1.6a09e667f3bcdp-1

static void test_math__turns_are_exact_at_eighths(void) {
    static const double cosines[] = {1, SQRT_HALF, 0, -SQRT_HALF, -1, -SQRT_HALF, 0, SQRT_HALF};
    int k, wrong = 0;
    for (k = -80000; k <= 80000; k++) {
        int eighth = ((k % 8) + 8) % 8;
        wrong += pl_cos_turn(k / 8.0) != cosines[eighth];
        wrong += pl_sin_turn(k / 8.0) != cosines[(eighth + 6) % 8];
    }
    PL_CHECK_INT(wrong, 0);
    PL_CHECK(pl_cos_turn(1e300) == 1 && pl_sin_turn(1e300) == 0);
}

static const long double two_pi = 6.283185307179586476925286766559005768L;

static long double cos_of_turn(long double turns) {
    return cosl(two_pi * turns);
}

static long double sin_of_turn(long double turns) {
    return sinl(two_pi * turns);
}

static const struct subject cos_subject = {"cos_turn", pl_cos_turn, cos_of_turn};
static const struct subject sin_subject = {"sin_turn", pl_sin_turn, sin_of_turn};

/* Within an eighth of 0 the oracle's own argument is as good as exact; the sine also of 1/4, where
 * it is flat. The other octants follow by the symmetries below. */
static void test_math__turns_are_within_2_ulp(void) {
    check_range(&cos_subject, -0.125, 0.125);
    check_range(&sin_subject, -0.125, 0.125);
    check_range(&sin_subject, 0.125, 0.25);
    check_range(&cos_subject, 0.125, 0.2);
    check_scales(&sin_subject, -3, false);
}

/* On a grid of 2^-20 the folded arguments are exact, so both sides must agree bit by bit. */
static void test_math__turns_have_their_symmetries(void) {
    struct pl_rng rng;
    int i, wrong = 0;
    pl_rng_init(&rng, 5, "test/math");
    for (i = 0; i < 100000; i++) {
        double t = (double)pl_rng_below(&rng, 1 << 20) * 0x1p-20;
        double whole = (double)pl_rng_below(&rng, 1000);
        wrong += pl_cos_turn(t) != pl_sin_turn(0.25 - t);
        wrong += pl_cos_turn(0.5 - t) != -pl_cos_turn(t);
        wrong += pl_cos_turn(t + whole) != pl_cos_turn(t);
        wrong += pl_sin_turn(t - whole) != pl_sin_turn(t);
        wrong += ulps(pl_cos_turn(t), cos_of_turn(t)) > 2 && fabs(pl_cos_turn(t)) > 0.01;
    }
    PL_CHECK_INT(wrong, 0);
}

static void test_math__turns_of_no_angle_are_nan(void) {
    PL_CHECK(isnan(pl_cos_turn(NAN)) && isnan(pl_sin_turn(NAN)));
    PL_CHECK(isnan(pl_cos_turn(INFINITY)) && isnan(pl_sin_turn(-INFINITY)));
    PL_CHECK(pl_sin_turn(-0.0) == 0 && signbit(pl_sin_turn(-0.0)));
}

/* ---- the same bits everywhere ---- */

enum { PRINTED = 20000 };

/* Lowest byte first, whatever the machine's order. */
static void put(unsigned char out[8], double value) {
    uint64_t bits;
    int i;
    memcpy(&bits, &value, sizeof bits);
    for (i = 0; i < 8; i++) out[i] = (unsigned char)(bits >> 8 * i);
}

/* The digest of [function] at inputs drawn from the stream (1, name), in the range of its row. */
static void digest(char out[PL_HASH_TEXT], const char *name, double low, double high,
                   double (*function)(double)) {
    static unsigned char bytes[8 * PRINTED];
    struct pl_rng rng;
    int i;
    pl_rng_init(&rng, 1, name);
    for (i = 0; i < PRINTED; i++)
        put(bytes + 8 * i, function(low + (high - low) * pl_rng_uniform(&rng)));
    pl_hash(out, bytes, sizeof bytes);
}

/* A change here changes every result ever stored: it wants a reason and a note in the changes. */
static void test_math__bits_are_those_of_every_machine(void) {
    static const struct {
        const char *name;
        double low, high;
        double (*function)(double);
        const char *digest;
    } rows[] = {
        {"exp", -740, 709, pl_exp, "73dc77e5ecac01a710741d5ec9780e70"},
        {"log", 0, 100, pl_log, "e8d7341b6b7cb4d9622010d58c9d2cdc"},
        {"tanh", -4, 4, pl_tanh, "1749b1aed008d166538466e3a9bc402f"},
        {"erf", -6, 6, pl_erf, "0cbae5b2c73dc7bb485e0ff80e5f1256"},
        {"cos_turn", -2, 2, pl_cos_turn, "cd3f91f8237054e98942451e2baa0075"},
        {"sin_turn", -2, 2, pl_sin_turn, "0c92c00f50833ae083f7fc80036f9b25"},
    };
    char found[PL_HASH_TEXT];
    size_t i;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        digest(found, rows[i].name, rows[i].low, rows[i].high, rows[i].function);
        PL_CHECK_TEXT(found, rows[i].digest);
    }
}

const struct pl_test pl_suite_math[] = {
    {"exp_is_within_2_ulp", test_math__exp_is_within_2_ulp},
    {"exp_special_values", test_math__exp_special_values},
    {"log_is_within_2_ulp", test_math__log_is_within_2_ulp},
    {"log_special_values", test_math__log_special_values},
    {"tanh_is_within_2_ulp", test_math__tanh_is_within_2_ulp},
    {"tanh_special_values", test_math__tanh_special_values},
    {"erf_is_within_2_ulp", test_math__erf_is_within_2_ulp},
    {"erf_special_values", test_math__erf_special_values},
    {"odd_functions_are_odd", test_math__odd_functions_are_odd},
    {"turns_are_exact_at_eighths", test_math__turns_are_exact_at_eighths},
    {"turns_are_within_2_ulp", test_math__turns_are_within_2_ulp},
    {"turns_have_their_symmetries", test_math__turns_have_their_symmetries},
    {"turns_of_no_angle_are_nan", test_math__turns_of_no_angle_are_nan},
    {"bits_are_those_of_every_machine", test_math__bits_are_those_of_every_machine},
    {0},
};
