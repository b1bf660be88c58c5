/* Math: elementary functions whose bits we promise.
 *
 * libm may differ in the last bit from one machine to the next; these do not, because they use only
 * IEEE 754 additions, products, divisions and square roots in a fixed order (contraction is off for
 * this folder). Double precision, error at most 2 ulp (tests/unit/base/test_math.c). Special values
 * follow C: exp(-inf) = 0, log(0) = -inf, log(<0) = nan, nan in gives nan out.
 *
 * The float kernels of the cpu backend have vectorised versions of their own, tested against these.
 */
#ifndef PL_BASE_MATH_H
#define PL_BASE_MATH_H

#ifdef __cplusplus
extern "C" {
#endif

double pl_exp(double x);
double pl_log(double x);
double pl_tanh(double x);
double pl_erf(double x);
double pl_cos_turn(
    double turns); /* cos(2 pi turns): exact at multiples of 1/8, for generators and schedules */
double pl_sin_turn(double turns); /* sin(2 pi turns) */

#ifdef __cplusplus
}
#endif
#endif
