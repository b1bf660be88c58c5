/* Vectorised kernels, one source for every instruction-set level.
 *
 * Pointwise work is plain loops over contiguous tokens (EACH_TOKEN), which the
 * compiler turns into vector code. Work that sums (over channels, sources,
 * sites or tokens) says so itself: [vec] is LANES neighbouring tokens, and a
 * few sums at a time stay in registers (BLOCKS of tokens, or CHANNELS):
 *
 *     for blocks of tokens:       vec sum[BLOCKS] = {{0}};
 *         for each channel c:         EACH(k, blocks) sum[k] = madd(all(p[c]),
 * v[c][k], sum[k]);
 *
 * A tile's width is a multiple of 16, so there are no rests. A token's numbers
 * depend on its own column only, and sums over channels, sources or sites are
 * chains in their order. Sums over tokens keep PL_PARTIALS partial sums from
 * tile to tile (host.h), LANES of them in a vec: first each token's share, then
 * the partial sum, so that neither LANES nor the tile shows in the bits. A
 * result may lie exactly where an overwritten input lay (op_list.h), so pointers
 * are not restrict; EACH_TOKEN promises that tokens do not look at each other.
 *
 * A multiply-add is fused where it is spelled, madd or MADD, at every level, and
 * nowhere else: contraction is off. A maximum is a comparison and a choice, and
 * there are no approximate instructions. So every level gives the same bits.
 */
#include "core/backend/cpu/cpu.h"
#include "core/graph/dropout.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__FMA__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#if defined(__AVX512F__)
enum { LANES = 16 };
#elif defined(__FMA__)
enum { LANES = 8 };
#else
enum { LANES = 4 };
#endif

typedef float vec __attribute__((vector_size(4 * LANES)));
typedef vec vec_in_memory __attribute__((may_alias));
typedef int32_t places __attribute__((vector_size(4 * LANES))); /* of lanes; bits of a vec */
typedef uint32_t wraps __attribute__((vector_size(4 * LANES))); /* bits of a vec, modulo 2^32 */

#define INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define INDEPENDENT
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif
#define EACH_TOKEN(t, n) INDEPENDENT for (int t = 0; t < (n); t++)
#define EACH(k, count)   _Pragma("GCC unroll 8") for (int k = 0; k < (count); k++)

enum {
    BLOCKS = 8,  /* most vecs of tokens at a time */
    CHANNELS = 8 /* most channels at a time */
};

/* Calls function(t, blocks, ...) for runs of up to BLOCKS vecs of tokens: t is
 * the first token. */
#define IN_BLOCKS(n, function, ...)                                                                \
    do {                                                                                           \
        int first = 0;                                                                             \
        for (; first + 8 * LANES <= (n); first += 8 * LANES) function(first, 8, __VA_ARGS__);      \
        for (; first + 4 * LANES <= (n); first += 4 * LANES) function(first, 4, __VA_ARGS__);      \
        for (; first < (n); first += LANES) function(first, 1, __VA_ARGS__);                       \
    } while (0)

/* The same with runs as equal as can be: a run of one vec leaves the processor waiting. */
#define IN_EVEN_BLOCKS(n, function, ...)                                                           \
    do {                                                                                           \
        int vecs = (n) / LANES, parts = (vecs + 7) / 8, first = 0;                                 \
        for (int part = 0; part < parts; part++) {                                                 \
            int end = vecs * (part + 1) / parts * LANES;                                           \
            switch ((end - first) / LANES) {                                                       \
            case 8:                                                                                \
                function(first, 8, __VA_ARGS__);                                                   \
                break;                                                                             \
            case 7:                                                                                \
                function(first, 7, __VA_ARGS__);                                                   \
                break;                                                                             \
            case 6:                                                                                \
                function(first, 6, __VA_ARGS__);                                                   \
                break;                                                                             \
            case 5:                                                                                \
                function(first, 5, __VA_ARGS__);                                                   \
                break;                                                                             \
            case 4:                                                                                \
                function(first, 4, __VA_ARGS__);                                                   \
                break;                                                                             \
            case 3:                                                                                \
                function(first, 3, __VA_ARGS__);                                                   \
                break;                                                                             \
            case 2:                                                                                \
                function(first, 2, __VA_ARGS__);                                                   \
                break;                                                                             \
            default:                                                                               \
                function(first, 1, __VA_ARGS__);                                                   \
            }                                                                                      \
            first = end;                                                                           \
        }                                                                                          \
    } while (0)

/* Calls function(c, channels, ...) for runs of up to CHANNELS of the channels
 * from [from] to [end]. Nine and ten are halved: a run of one or two leaves the
 * processor waiting. */
#define IN_CHANNELS(from, end, function, ...)                                                      \
    do {                                                                                           \
        int first = (from);                                                                        \
        for (; (end)-first == 8 || (end)-first > 10; first += 8) function(first, 8, __VA_ARGS__);  \
        for (; first + 5 <= (end); first += 5) function(first, 5, __VA_ARGS__);                    \
        for (; first + 4 <= (end); first += 4) function(first, 4, __VA_ARGS__);                    \
        for (; first + 2 <= (end); first += 2) function(first, 2, __VA_ARGS__);                    \
        for (; first < (end); first++) function(first, 1, __VA_ARGS__);                            \
    } while (0)

/* a b + c, rounded once; MADD is madd of single numbers. */
#if defined(__FMA__) || defined(__aarch64__)
#define MADD(a, b, c) __builtin_fmaf((a), (b), (c))

INLINE vec madd(vec a, vec b, vec c) {
#if defined(__AVX512F__)
    return (vec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__FMA__)
    return (vec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
    return (vec)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#endif
}
#else
/* Without the instruction, the same bits in some twenty operations: in double the product is exact,
 * and the sum is rounded to odd (an inexact sum ends in 1), so that rounding once more, to float, is as
 * rounding the exact sum (Boldo and Melquiond 2008, "Emulation of a FMA and correctly rounded sums"). */
typedef double wide __attribute__((vector_size(8 * LANES)));
typedef int64_t wide_places __attribute__((vector_size(8 * LANES)));

/* A call, since thousands of copies take a compiler minutes, with sanitizers above all. */
static __attribute__((noinline)) vec madd(vec a, vec b, vec c) {
    wide product = __builtin_convertvector(a, wide) * __builtin_convertvector(b, wide);
    wide other = __builtin_convertvector(c, wide), sum = product + other, part = sum - product;
    wide lost = (product - (sum - part)) + (other - part); /* exactly (Knuth); NaN beside an inf */
    wide_places bits = (wide_places)sum, above = (lost > 0) ^ (sum < 0);
    bits += (-1 - 2 * above) & ((lost < 0) | (lost > 0)) & ((bits & 1) - 1);
    return __builtin_convertvector((wide)bits, vec);
}

INLINE float MADD(float a, float b, float c) {
    return madd((vec){a}, (vec){b}, (vec){c})[0];
}
#endif

INLINE vec all(float x) {
    return x - (vec){0};
}

INLINE vec load(const float *from) {
    return *(const vec_in_memory *)from;
}

INLINE void store(float *to, vec x) {
    *(vec_in_memory *)to = x;
}

/* a > b ? a : b, lane by lane: the second where either is NaN. */
INLINE vec larger(vec a, vec b) {
#if defined(__AVX512F__)
    return (vec)_mm512_max_ps((__m512)a, (__m512)b);
#elif defined(__FMA__)
    return (vec)_mm256_max_ps((__m256)a, (__m256)b);
#else
    places which = a > b;
    return (vec)((which & (places)a) | (~which & (places)b));
#endif
}

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

/* Tokens of a tile, in a form from which the compiler sees that no rest
 * remains. */
INLINE int width(const struct pl_call *call) {
    return call->tokens / 16 * 16;
}

/* The partial sums (host.h) of an entry of a boundary's result, from that of token [t] on. */
INLINE float *partials(const struct pl_call *call, int entry, int t) {
    return (float *)call->out + (size_t)entry * PL_PARTIALS + t % PL_PARTIALS;
}

INLINE void add_tokens(const struct pl_call *call, int entry, int t, vec x) {
    float *sums = partials(call, entry, t);
    store(sums, load(sums) + x);
}

/* The partial sums of each entry, halves first. */
static void fold_partials(const struct pl_call *call) {
    const float *from = call->in[0].data;
    float *out = call->out;
    for (size_t k = 0, count = (size_t)call->rows * (size_t)call->cols; k < count; k++) {
        float part[PL_PARTIALS / 2];
        for (int l = 0; l < 8; l++)
            part[l] = from[k * PL_PARTIALS + l] + from[k * PL_PARTIALS + 8 + l];
        for (int half = 4; half > 0; half /= 2)
            for (int l = 0; l < half; l++) part[l] += part[l + half];
        out[k] = part[0];
    }
}

/* A row of the kernel's own room (struct pl_call). */
INLINE float *room_row(const struct pl_call *call, int k) {
    return (float *)call->scratch + (size_t)k * (size_t)call->tokens;
}

#include "core/backend/cpu/elementary.inc"

#include "core/backend/cpu/depth.inc"
#include "core/backend/cpu/loss.inc"
#include "core/backend/cpu/norm.inc"
#include "core/backend/cpu/optim.inc"
#include "core/backend/cpu/pointwise.inc"
#include "core/backend/cpu/products.inc"

#include "core/backend/cpu/attend.inc"
#include "core/backend/cpu/linear.inc"
#include "core/backend/cpu/stream.inc"
#include "core/backend/cpu/token.inc"

pl_cpu_override PL_KERNELS;

/* Norms of groups of rows, group by group. */
static void norm_groups(const struct pl_call *call) {
    in_groups(call, norm);
}

static void norm_grad_groups(const struct pl_call *call) {
    in_groups(call, norm_grad);
}

void PL_KERNELS(struct pl_host_kernels *kernels) {
    pl_kernel **op = kernels->op;
    op[PL_OP_SUM] = sum;
    op[PL_OP_AXPBY] = axpby;
    op[PL_OP_SCALE] = scale;
    op[PL_OP_MUL] = mul;
    op[PL_OP_BIAS] = bias;
    op[PL_OP_ACT] = act;
    op[PL_OP_ACT_SLOPE] = act_slope;
    op[PL_OP_MATMUL] = matmul;
    op[PL_OP_OUTER] = outer;
    op[PL_OP_ROW_SUM] = row_sum;
    op[PL_OP_CONV] = conv;
    op[PL_OP_CONV_KERNEL_GRAD] = conv_kernel_grad;
    op[PL_OP_NORM_STATS] = norm_stats;
    op[PL_OP_NORM] = norm_groups;
    op[PL_OP_NORM_GRAD] = norm_grad_groups;
    op[PL_OP_NORM_GAIN_GRAD] = norm_gain_grad;
    op[PL_OP_DEPTH_WEIGHTS] = depth_weights;
    op[PL_OP_DEPTH_MIX] = depth_mix;
    op[PL_OP_DEPTH_MIX_GRAD] = depth_mix_grad;
    op[PL_OP_DEPTH_STATIC_GRAD] = depth_static_grad;
    op[PL_OP_DEPTH_SCORE_GRAD] = depth_score_grad;
    op[PL_OP_DEPTH_QUERY_GRAD] = depth_query_grad;
    op[PL_OP_DEPTH_OWN_QUERY_GRAD] = depth_own_query_grad;
    op[PL_OP_DEPTH_VALUE_GRAD] = depth_value_grad;
    op[PL_OP_DEPTH_KEY_GRAD] = depth_key_grad;
    op[PL_OP_STACK] = stack;
    op[PL_OP_STREAM_MIX] = stream_mix;
    op[PL_OP_STREAM_DOT] = stream_dot;
    op[PL_OP_STREAM_DOT_SUM] = stream_dot_sum;
    op[PL_OP_PROJECT] = project;
    op[PL_OP_PROJECT_GRAD] = project_grad;
    op[PL_OP_DOUBLY] = doubly;
    op[PL_OP_DOUBLY_GRAD] = doubly_grad;
    op[PL_OP_EMBED] = embed;
    op[PL_OP_EMBED_GRAD] = embed_grad;
    op[PL_OP_DROPOUT] = dropout;
    op[PL_OP_ROTATE] = rotate;
    op[PL_OP_ATTEND_LSE] = attend_lse;
    op[PL_OP_ATTEND] = attend;
    op[PL_OP_ATTEND_GRAD] = attend_grad;
    op[PL_OP_MSE] = mse;
    op[PL_OP_MSE_GRAD] = mse_grad;
    op[PL_OP_XENT] = xent;
    op[PL_OP_XENT_GRAD] = xent_grad;
    op[PL_OP_SQUARES] = squares;
    op[PL_OP_CLIP] = clip;
    op[PL_OP_HITS] = hits;
    op[PL_OP_SGD_STEP] = sgd_step;
    op[PL_OP_ADAM_STEP] = adam_step;
    kernels->act_pair = act_pair;
    kernels->attend_pair = attend_pair;
    kernels->behind_product[PL_OP_BIAS] = matmul_bias;
    kernels->behind_product[PL_OP_ACT] = matmul_act;
    kernels->behind_product[PL_OP_MUL] = matmul_mul;
    static const enum pl_op sums[] = {PL_OP_ROW_SUM,
                                      PL_OP_CONV_KERNEL_GRAD,
                                      PL_OP_NORM_GAIN_GRAD,
                                      PL_OP_DEPTH_STATIC_GRAD,
                                      PL_OP_DEPTH_QUERY_GRAD,
                                      PL_OP_STREAM_DOT_SUM,
                                      PL_OP_MSE,
                                      PL_OP_XENT,
                                      PL_OP_HITS};
    for (size_t k = 0; k < sizeof sums / sizeof sums[0]; k++) kernels->partial[sums[k]] = true;
    kernels->fold = fold_partials;
}
