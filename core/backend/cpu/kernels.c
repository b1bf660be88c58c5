/* Vectorised kernels, one source for every instruction-set level: plain loops over contiguous tokens
 * that the compiler turns into vector code at the width the level has.
 *
 * A tile's width is a multiple of LANES, so per-token work has no rests. Where a loop goes over blocks
 * of LANES tokens its partial results are small local arrays, which live in registers:
 *
 *     for each block of tokens:            float sum[LANES] = {0};
 *         for each channel c:              EACH_LANE(l) sum[l] = MADD(p[c], v[c][l], sum[l]);
 *
 * A token's numbers depend on its own column only. Sums over tokens keep LANES partial sums, folded in
 * a fixed order: the one place where the order differs from the plain loops. A result may lie exactly
 * where an overwritten input lay (op_list.h), so pointers are not restrict; EACH_LANE and EACH_TOKEN
 * promise the compiler that lanes do not look at each other.
 *
 * A multiply-add is fused where the level has the instruction (MADD): results differ by level, which
 * is part of the numerics stamp.
 */
#include "core/backend/cpu/cpu.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define LANES            16
#define EACH_LANE(l)     _Pragma("GCC ivdep") for (int l = 0; l < LANES; l++)
#define EACH_TOKEN(t, n) _Pragma("GCC ivdep") for (int t = 0; t < (n); t++)
#define INLINE           static inline __attribute__((always_inline))

#ifdef __FMA__
#define MADD(a, b, c) __builtin_fmaf((a), (b), (c))
#else
#define MADD(a, b, c) ((a) * (b) + (c))
#endif

/* ---- operands ---- */

INLINE const float *numbers(const struct pl_call *call, int k) {
    return call->in[k].data;
}

/* Row [c] of a tile-level operand. */
INLINE const float *row(const struct pl_operand *x, int c) {
    return (const float *)x->data + (size_t)c * (size_t)x->cols;
}

INLINE float *out_row(const struct pl_call *call, int c) {
    return (float *)call->out + (size_t)c * (size_t)call->cols;
}

/* Tokens of a tile; says to the compiler that no rest remains. */
INLINE int width(const struct pl_call *call) {
    return call->tokens / LANES * LANES;
}

INLINE float fold(const float *lanes) {
    float a[8], b[4];
    for (int l = 0; l < 8; l++) a[l] = lanes[l] + lanes[l + 8];
    for (int l = 0; l < 4; l++) b[l] = a[l] + a[l + 4];
    return (b[0] + b[2]) + (b[1] + b[3]);
}

#include "core/backend/cpu/elementary.inc"

#include "core/backend/cpu/depth.inc"
#include "core/backend/cpu/loss.inc"
#include "core/backend/cpu/norm.inc"
#include "core/backend/cpu/optim.inc"
#include "core/backend/cpu/pointwise.inc"

pl_cpu_override PL_KERNELS;

void PL_KERNELS(struct pl_host_kernels *kernels) {
    pl_kernel **op = kernels->op;
    op[PL_OP_SUM] = sum;
    op[PL_OP_AXPBY] = axpby;
    op[PL_OP_SCALE] = scale;
    op[PL_OP_MUL] = mul;
    op[PL_OP_BIAS] = bias;
    op[PL_OP_ACT] = act;
    op[PL_OP_ACT_SLOPE] = act_slope;
    op[PL_OP_ROW_SUM] = row_sum;
    op[PL_OP_NORM_STATS] = norm_stats;
    op[PL_OP_NORM] = norm;
    op[PL_OP_NORM_GRAD] = norm_grad;
    op[PL_OP_NORM_GAIN_GRAD] = norm_gain_grad;
    op[PL_OP_DEPTH_WEIGHTS] = depth_weights;
    op[PL_OP_DEPTH_MIX] = depth_mix;
    op[PL_OP_DEPTH_MIX_GRAD] = depth_mix_grad;
    op[PL_OP_DEPTH_STATIC_GRAD] = depth_static_grad;
    op[PL_OP_DEPTH_SCORE_GRAD] = depth_score_grad;
    op[PL_OP_DEPTH_QUERY_GRAD] = depth_query_grad;
    op[PL_OP_DEPTH_VALUE_GRAD] = depth_value_grad;
    op[PL_OP_DEPTH_KEY_GRAD] = depth_key_grad;
    op[PL_OP_MSE] = mse;
    op[PL_OP_MSE_GRAD] = mse_grad;
    op[PL_OP_XENT] = xent;
    op[PL_OP_XENT_GRAD] = xent_grad;
    op[PL_OP_SGD_STEP] = sgd_step;
    op[PL_OP_ADAM_STEP] = adam_step;
    kernels->act_pair = act_pair;
}
