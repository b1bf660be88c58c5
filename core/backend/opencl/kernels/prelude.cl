/* Prelude: what every kernel stands on. The device program is one text: record.h, this file, then a
 * file for each family of operators.
 *
 * A kernel is called <grid>_<operator>; the grid says what one work item (or group) is for, and the
 * host launches it accordingly. To give an operator a kernel, write one function:
 *
 *     KERNEL(flat, scale) {
 *         FLAT(k);
 *         out(&job).data[k] = job.call->axpby.a * in(&job, 0).data[k];
 *     }
 *
 *     grid     begins with   one work item is          for
 *     flat     FLAT(k)       entry k of the result     entries that do not know their row
 *     entry    ENTRY(c, t)   row c, token t            tile-level results
 *     token    TOKEN(t)      all rows of token t       norms, softmax: what runs down the rows
 *     row      ROW(c)        a group: entry c of the   sums over tokens; end with
 *                            step-level result         ADD_ROW(c, my share of the sum)
 *     single   SINGLE        the whole result          small step-level vectors
 *
 * A row kernel shares its tokens out with EACH_TOKEN(t): item i takes i, i + GROUP, ..., and
 * ADD_ROW adds the shares in the order of a binary tree. No order depends on time: a device gives
 * the same bits every time.
 *
 * A result may lie where an input lay (op_list.h says which): write an entry only after the last
 * read of it, and mind that no other work item reads it.
 *
 * -D on the command line: GROUP, the work items of a group, and the enums of core/graph.
 */
#pragma OPENCL FP_CONTRACT OFF

struct memory {
    global float *scratch, *step, *run;
};

struct operand {
    global float *data;
    int rows, cols, tile, sequence;
};

struct job {
    struct memory memory;
    global const struct pl_cl_call *call;
    global const struct pl_cl_tensor *in;
};

#define KERNEL(grid, name)                                                                         \
    kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void grid##_##name(                  \
        global float *scratch_memory, global float *step_memory, global float *run_memory,         \
        global const struct pl_cl_call *restrict calls,                                            \
        global const struct pl_cl_tensor *restrict tensors, int at)

#define JOB                                                                                        \
    const struct job job = {                                                                       \
        {scratch_memory, step_memory, run_memory}, calls + at, tensors + calls[at].in}
#define FLAT(k)                                                                                    \
    JOB;                                                                                           \
    const size_t k = get_global_id(0);                                                             \
    if (k >= (size_t)job.call->out.rows * job.call->out.cols) return
#define ENTRY(c, t)                                                                                \
    JOB;                                                                                           \
    const int t = get_global_id(0), c = get_global_id(1);                                          \
    if (t >= job.call->out.cols) return
#define TOKEN(t)                                                                                   \
    JOB;                                                                                           \
    const int t = get_global_id(0);                                                                \
    if (t >= job.call->out.cols) return
#define ROW(c)                                                                                     \
    JOB;                                                                                           \
    local float shares[GROUP];                                                                     \
    const int c = get_group_id(0)
#define SINGLE                                                                                     \
    JOB;                                                                                           \
    if (get_global_id(0) > 0) return

#define EACH_TOKEN(t) for (int t = get_local_id(0); t < job.call->tokens; t += GROUP)

/* ---- operands ---- */

struct operand operand(const struct memory *memory, global const struct pl_cl_tensor *tensor) {
    global float *base = tensor->region == PL_REGION_SCRATCH ? memory->scratch
                         : tensor->region == PL_REGION_STEP  ? memory->step
                                                             : memory->run;
    const struct operand found = {base + tensor->offset, tensor->rows, tensor->cols, tensor->tile,
                                  tensor->sequence};
    return found;
}

struct operand in(const struct job *job, int k) {
    return operand(&job->memory, job->in + k);
}

struct operand out(const struct job *job) {
    return operand(&job->memory, &job->call->out);
}

/* Entry (row, token); a step-level vector serves every token. */
float at_entry(const struct operand *x, int row, int t) {
    return x->data[x->tile ? (size_t)row * x->cols + t : (size_t)row];
}

void put(const struct operand *x, int row, int t, float value) {
    x->data[(size_t)row * x->cols + t] = value;
}

float number(const struct job *job, int k) {
    return in(job, k).data[0];
}

/* ---- sums over tokens ---- */

/* The total of what every item of the group brings. */
float fold(local float *shares, float mine) {
    const int me = get_local_id(0);
    shares[me] = mine;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int half_way = GROUP / 2; half_way > 0; half_way /= 2) {
        if (me < half_way) shares[me] += shares[me + half_way];
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    return shares[0];
}

#define ADD_ROW(c, mine)                                                                           \
    do {                                                                                           \
        const float total_of_row = fold(shares, mine);                                             \
        if (get_local_id(0) == 0) out(&job).data[c] += total_of_row;                               \
    } while (0)

/* A sum of products to twice the digits of a float. */
struct pieces {
    float high, low;
};

void add_product(struct pieces *sum, float x, float y) {
    const float product = x * y, rest = fma(x, y, -product);
    const float high = sum->high + product, back = high - sum->high;
    sum->low += (sum->high - (high - back)) + (product - back) + rest;
    sum->high = high;
}

/* ---- elementary functions ---- */

/* Our own polynomials, as in core/backend/cpu/elementary.inc, where their errors are stated: what a
 * device has may be off by as much as 16 ulp. NaN gives NaN. */

#ifdef FP_FAST_FMAF
#define MADD(a, b, c) fma(a, b, c)
#else
#define MADD(a, b, c) ((a) * (b) + (c))
#endif

/* 2^k, -126 <= k <= 127. */
float power_of_two(int k) {
    return as_float((k + 127) << 23);
}

float exponential(float x) {
    const float magic = 0x1.8p23f;
    x = x < -104 ? -104 : x;
    x = x > 89 ? 89 : x;
    const float shifted = MADD(x, 1.44269504089f, magic), n = shifted - magic;
    const int k = as_int(shifted) - as_int(magic), low = k >> 1;
    float r = MADD(n, -0x1.62e4p-1f, x);
    r = MADD(n, -0x1.7f7d1cp-20f, r);
    float q = 0.001392618359f;
    q = MADD(q, r, 0.008363179053f);
    q = MADD(q, r, 0.04166655462f);
    q = MADD(q, r, 0.1666657699f);
    q = MADD(q, r, 0.5f);
    const float e = 1 + MADD(q, r * r, r);
    const float y = e * power_of_two(low) * power_of_two(k - low);
    return x == x ? y : x;
}

float sigmoid(float x) {
    return 1 / (1 + exponential(-x));
}

float tangent(float x) {
    const float size = fabs(x), z = x * x;
    float q = -0.006096714166f;
    q = MADD(q, z, 0.020997179f);
    q = MADD(q, z, -0.05385090958f);
    q = MADD(q, z, 0.1333276974f);
    q = MADD(q, z, -0.3333332894f);
    const float near_zero = MADD(x * z, q, x);
    const float far = copysign(1 - 2 / (exponential(2 * size) + 1), x);
    return size >= 0.625f ? far : near_zero;
}

/* The normal distribution function and its density. */
struct normal {
    float phi, density;
};

struct normal normal(float x) {
    const float t = 1 / MADD(fabs(x), 0.45f * 0.70710678119f, 1.0f);
    const float e = exponential(-0.5f * x * x);
    float p = -0.04258382152f;
    p = MADD(p, t, 0.1962520357f);
    p = MADD(p, t, -0.3115563072f);
    p = MADD(p, t, 0.1543019554f);
    p = MADD(p, t, -0.03008680463f);
    p = MADD(p, t, 0.1230183566f);
    p = MADD(p, t, 0.1745238029f);
    p = MADD(p, t, 0.2283683908f);
    p = MADD(p, t, 0.2538769037f);
    p = MADD(p, t, 0.2538854633f);
    const float tail = 0.5f * e * t * p;
    const struct normal found = {x > 0 ? 1 - tail : tail, 0.39894228040f * e};
    return found;
}

/* ln x for normal x >= 1. */
float logarithm(float x) {
    const int k = (as_int(x) - as_int(0x1.6a09e6p-1f)) >> 23;
    const float m = as_float(as_int(x) - (int)((uint)k << 23));
    const float s = (m - 1) / (m + 1), z = s * s;
    float q = 2.0f / 9;
    q = MADD(q, z, 2.0f / 7);
    q = MADD(q, z, 2.0f / 5);
    q = MADD(q, z, 2.0f / 3);
    const float ln = MADD((float)k, 0.69314718056f, MADD(s * z, q, 2 * s));
    return x == x ? ln : x;
}
