/* Elementary functions whose bits are the same everywhere: only + - * / and sqrt, which IEEE
 * rounds correctly, in a fixed order, with no multiply-add that the compiler may choose.
 *
 * Each function reduces its argument exactly, sums a series or a continued fraction whose
 * remainder is below rounding, and adds the small result to a large exact part last, so that one
 * rounding decides. Where one double is too short for the reduced argument or the result, a *pair*
 * holds the value as an unevaluated sum. */
#include "core/base/math.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* ---- pairs: a number as an unevaluated sum, so that only the last step of a function rounds ---- */

struct pair {
    double high, low;
};

/* a + b exactly; |a| >= |b|, or a is 0. */
static struct pair exact_sum(double a, double b) {
    struct pair s;
    s.high = a + b;
    s.low = b - (s.high - a);
    return s;
}

/* Veltkamp's split: the high part keeps 26 bits, so products of parts are exact. */
static struct pair split(double a) {
    double scaled = 0x1.0000002p27 * a;
    struct pair s;
    s.high = scaled - (scaled - a);
    s.low = a - s.high;
    return s;
}

/* a * b exactly (Dekker), while nothing under- or overflows. */
static struct pair exact_product(double a, double b) {
    struct pair x = split(a), y = split(b), p;
    p.high = a * b;
    p.low = ((x.high * y.high - p.high) + x.high * y.low + x.low * y.high) + x.low * y.low;
    return p;
}

static double polynomial(const double *coefficients, int count, double x) {
    double sum = coefficients[--count];
    while (count > 0) sum = sum * x + coefficients[--count];
    return sum;
}

#define POLYNOMIAL(table, x) polynomial((table), (int)(sizeof(table) / sizeof(table)[0]), (x))

/* ---- powers of two ---- */

static double power_of_two(int k) /* -1022 <= k <= 1023 */
{
    uint64_t bits = (uint64_t)(k + 1023) << 52;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* x = fraction 2^exponent, 1 <= fraction < 2; x positive and finite. */
static double take_apart(double x, int *exponent) {
    uint64_t bits;
    int lift = x < 0x1p-1022 ? 54 : 0;
    if (lift) x *= 0x1p54;
    memcpy(&bits, &x, sizeof bits);
    *exponent = (int)(bits >> 52) - 1023 - lift;
    bits = (bits & UINT64_C(0xfffffffffffff)) | UINT64_C(0x3ff0000000000000);
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* ---- exp and tanh ---- */

/* ln 2 = LN2_HIGH + LN2_LOW; the high part ends early, so its product with any exponent is exact. */
#define LN2_HIGH 0x1.62e42fefa3000p-1
#define LN2_LOW  0x1.3de6af278ece6p-42
#define LOG2_E   0x1.71547652b82fep+0

/* The Taylor series of (e^r - 1 - r) / r^2; its remainder is below 2^-57 for |r| <= ln(2) / 2. */
static const double exp_series[] = {
    1.0 / 2,     1.0 / 6,      1.0 / 24,      1.0 / 120,      1.0 / 720,       1.0 / 5040,
    1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800,
};

/* e^x = (high + low) 2^*exponent with a relative error near 2^-56; |x| < 1000. */
static struct pair exp_pair(double x, int *exponent) {
    double k = floor(x * LOG2_E + 0.5);
    struct pair r = exact_sum(x - k * LN2_HIGH, -(k * LN2_LOW));
    struct pair tail = exact_sum(r.high, r.high * r.high * POLYNOMIAL(exp_series, r.high));
    struct pair e = exact_sum(1, tail.high);
    e.low += tail.low + (r.low + r.low * r.high);
    *exponent = (int)k;
    return e;
}

double pl_exp(double x) {
    struct pair e;
    int k;
    if (isnan(x)) return x;
    if (x > 710) return HUGE_VAL;
    if (x < -746) return 0;
    e = exp_pair(x, &k);
    /* x 2^k for x near 1 and -1100 < k < 1100, in two steps of which only the second can round. */
    int half = k / 2;
    return (e.high + e.low) * power_of_two(half) * power_of_two(k - half);
}

/* Lambert's continued fraction tanh x = x / (1 + z / (3 + z / (5 + ... ))), z = x^2, cut after 15
 * and written as x - x z D(z) / N(z): the correction is small, so its rounding hardly counts. */
static double tanh_small(double x) {
    static const double d[] = {675675, 45045, 594, 1};
    static const double n[] = {2027025, 945945, 51975, 630, 1};
    double z = x * x;
    return x - x * (z * POLYNOMIAL(d, z) / POLYNOMIAL(n, z));
}

/* 2 / (e^2x + 1) as quotient and remainder, taken from 1; x >= 1/2. */
static double tanh_large(double x) {
    int k;
    struct pair e = exp_pair(2 * x, &k), d, back;
    double power = power_of_two(k), quotient, rest;
    d = exact_sum(e.high * power, 1);
    d.low += e.low * power;
    quotient = 2 / d.high;
    back = exact_product(quotient, d.high);
    rest = ((2 - back.high) - back.low - quotient * d.low) / d.high;
    d = exact_sum(1, -quotient);
    return d.high + (d.low - rest);
}

double pl_tanh(double x) {
    double size = fabs(x), value;
    if (isnan(x)) return x;
    value = size < 0.5 ? tanh_small(size) : size < 22 ? tanh_large(size) : 1;
    return copysign(value, x);
}

/* ---- log ---- */

/* 2 atanh(s) = 2 s + s R(s^2): R(z) = 2 z / 3 + 2 z^2 / 5 + ...; remainder below 2^-60. */
static const double atanh_series[] = {
    2.0 / 3, 2.0 / 5, 2.0 / 7, 2.0 / 9, 2.0 / 11, 2.0 / 13, 2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21,
};

/* With x = 2^k (1 + f) and s = f / (2 + f): log(1 + f) = 2 atanh(s), and 2 s = f - s f, so that
 * log(1 + f) = f - (h - s (h + R)) with h = f^2 / 2. The leading f is exact. */
double pl_log(double x) {
    double f, s, h, z, r;
    int k;
    if (isnan(x) || x == HUGE_VAL) return x;
    if (x == 0) return -HUGE_VAL;
    if (x < 0) return NAN;
    f = take_apart(x, &k);
    if (f > 0x1.6a09e667f3bcdp+0) { /* sqrt 2 */
        f *= 0.5;
        k++;
    }
    f -= 1;
    s = f / (2 + f);
    z = s * s;
    r = z * POLYNOMIAL(atanh_series, z);
    h = 0.5 * f * f;
    return k * LN2_HIGH - ((h - (s * (h + r) + k * LN2_LOW)) - f);
}

/* ---- erf ---- */

/* (2 / sqrt pi) (-1)^n / (n! (2 n + 1)), the first lessened by 1: erf x = x + x Q(x^2). */
static const double erf_series[] = {
    0x1.06eba8214db69p-3,  -0x1.812746b0379e7p-2,  0x1.ce2f21a042be2p-4,  -0x1.b82ce31288b51p-6,
    0x1.565bcd0e6a53fp-8,  -0x1.c02db40040b86p-11, 0x1.f9a326f9b89b7p-14, -0x1.f4d25c3e0c2ebp-17,
    0x1.b9e6c9dc651a3p-20, -0x1.5f742ec43e71ap-23, 0x1.fcc5720624c1cp-27, -0x1.51d7181c5d36dp-30,
    0x1.9e6ad5e55a730p-34, -0x1.d8453cb0c46eap-38, 0x1.f683ae4a97007p-42,
};

/* At c = 0, 1/2, 1, ... 6: erf(c) = high + low, and its slope (2 / sqrt pi) exp(-c^2). */
static const struct {
    double high, low, slope;
} erf_at[] = {
    {0},
    {0x1.0a7ef5c18edd2p-1, 0x1.5e809f1a31a28p-56, 0x1.c1efca49a5011p-1},
    {0x1.af767a741088bp-1, -0x1.c97f778122797p-56, 0x1.a911f096fbc26p-2},
    {0x1.eea5557137ae0p-1, -0x1.385e445f2c96dp-55, 0x1.e723726b824a9p-4},
    {0x1.fd9ae142795e3p-1, 0x1.972801904b9a3p-56, 0x1.529b9e8cf9a1ep-6},
    {0x1.ffcaa8f4c9beap-1, 0x1.b0cee160116f9p-55, 0x1.1d83170fbf6fbp-9},
    {0x1.fffd1ac4135f9p-1, 0x1.eeafa1ecd6cefp-55, 0x1.2408e9ba3327fp-13},
    {0x1.ffffe710d565ep-1, 0x1.c9ea52d76dc04p-55, 0x1.6a597219a93dap-18},
    {0x1.ffffff7b91176p-1, 0x1.0b2865615db40p-56, 0x1.10b1488aeb235p-23},
    {0x1.fffffffe4fa30p-1, 0x1.d166bcb681c7bp-57, 0x1.f1e3523b41d7dp-30},
    {0x1.fffffffffc9e8p-1, -0x1.a759f7738935fp-56, 0x1.13af4f04f9998p-36},
    {0x1.fffffffffffbep-1, -0x1.182b326b228dcp-55, 0x1.7258610b3b233p-44},
    {0x1.0000000000000p+0, -0x1.8cf81557d20b6p-56, 0x1.2dc119095729fp-52},
};

/* erf(c + t) - erf(c) over its slope at c: the integral of g(t) = exp(-2 c t - t^2), whose
 * coefficients follow from g' = -(2 c + 2 t) g; |t| <= 1/4. */
static double erf_step(double c, double t) {
    double before = 0, g = 1, power = t, sum = 0;
    int n;
    for (n = 0; n < 24; n++) {
        double next = (-2 * c * g - 2 * before) / (n + 1);
        sum += g * power / (n + 1);
        before = g;
        g = next;
        power *= t;
    }
    return sum;
}

static double erf_large(double x) {
    double c = floor(2 * x + 0.5) / 2;
    int row = (int)(2 * c);
    return erf_at[row].high + (erf_at[row].low + erf_at[row].slope * erf_step(c, x - c));
}

double pl_erf(double x) {
    double size = fabs(x), value;
    if (isnan(x)) return x;
    if (size < 0.5)
        value = size + size * POLYNOMIAL(erf_series, size * size);
    else
        value = size < 6 ? erf_large(size) : 1;
    return copysign(value, x);
}

/* ---- cosine and sine of turns ---- */

static const double cos_series[] = {
    -1.0 / 2,       1.0 / 24,        -1.0 / 720,         1.0 / 40320,
    -1.0 / 3628800, 1.0 / 479001600, -1.0 / 87178291200, 1.0 / 20922789888000,
};
static const double sin_series[] = {
    -1.0 / 6,        1.0 / 120,        -1.0 / 5040,          1.0 / 362880,
    -1.0 / 39916800, 1.0 / 6227020800, -1.0 / 1307674368000, 1.0 / 355687428096000,
};

#define HALF_SQRT2 0x1.6a09e667f3bcdp-1

static struct pair radians(double turns) {
    struct pair r = exact_product(turns, 0x1.921fb54442d18p+2);
    r.low += turns * 0x1.1a62633145c07p-52;
    return r;
}

/* 0 <= turns <= 1/8 in both. */
static double cos_eighth(double turns) {
    struct pair r = radians(turns);
    double z = r.high * r.high;
    if (turns == 0.125) return HALF_SQRT2;
    return 1 + (z * POLYNOMIAL(cos_series, z) - r.high * r.low);
}

static double sin_eighth(double turns) {
    struct pair r = radians(turns);
    double z = r.high * r.high;
    if (turns == 0.125) return HALF_SQRT2;
    return r.high + (r.high * z * POLYNOMIAL(sin_series, z) + r.low);
}

/* The folds below subtract numbers within a factor 2 of each other, which is exact. */
double pl_cos_turn(double turns) {
    double t = fabs(turns), sign = 1;
    t -= floor(t);
    if (t > 0.5) t = 1 - t;
    if (t > 0.25) {
        t = 0.5 - t;
        sign = -1;
    }
    if (t == 0.25) return 0;
    return sign * (t > 0.125 ? sin_eighth(0.25 - t) : cos_eighth(t));
}

double pl_sin_turn(double turns) {
    double t = fabs(turns), sign = turns < 0 ? -1 : 1;
    t -= floor(t);
    if (t > 0.5) {
        t = 1 - t;
        sign = -sign;
    }
    if (t > 0.25) t = 0.5 - t;
    if (t == 0) return copysign(0, turns);
    return sign * (t > 0.125 ? cos_eighth(0.25 - t) : sin_eighth(t));
}
