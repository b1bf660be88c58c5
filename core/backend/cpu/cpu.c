/* The cpu backend: float32, vectorised loops, products beyond a stated size by OpenBLAS. Its table is a
 * statement of its strengths: it starts from the plain loops and overrides what it does better.
 *
 * The instruction-set level is chosen once, at the first use: the best this processor has, or the one
 * that PLUMBLINE_ISA names (baseline, x86-64-v3, x86-64-v4; on 64-bit Arm neon). PLUMBLINE_TILE forces the
 * width of tiles, for tests: neither shows in the numbers. */
#include "core/backend/cpu/cpu.h"
#include "core/base/fault.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PL_KERNEL_LEVEL(suffix, name) pl_cpu_override pl_kernels_##suffix;
#include "kernel_levels.inc"
#undef PL_KERNEL_LEVEL

struct level {
    const char *name;
    pl_cpu_override *override;
};

/* From the plainest to the best; kernel_levels.inc is made by CMakeLists.txt. */
static const struct level levels[] = {
#define PL_KERNEL_LEVEL(suffix, name) {name, pl_kernels_##suffix},
#include "kernel_levels.inc"
#undef PL_KERNEL_LEVEL
};
enum { LEVELS = sizeof levels / sizeof levels[0] };

static bool runs_here(const char *name) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
              __builtin_cpu_supports("bmi2");
    if (strcmp(name, "x86-64-v3") == 0) return v3;
    if (strcmp(name, "x86-64-v4") == 0)
        return v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#endif
    return strcmp(name, "baseline") == 0 || strcmp(name, "neon") == 0; /* the build's own */
}

static const struct level *choose(void) {
    const char *forced = getenv("PLUMBLINE_ISA");
    const struct level *best = &levels[0];
    for (int k = 0; k < LEVELS; k++) {
        if (forced && strcmp(levels[k].name, forced) == 0 && runs_here(forced)) return &levels[k];
        if (runs_here(levels[k].name)) best = &levels[k];
    }
    return best;
}

static enum pl_status available(void) {
    const char *forced = getenv("PLUMBLINE_ISA");
    bool known = false;
    for (int k = 0; forced && k < LEVELS; k++) known |= strcmp(levels[k].name, forced) == 0;
    if (forced && !known)
        return pl_fail(PL_EBACKEND, "PLUMBLINE_ISA=%s is not a level of this build; it has%s",
                       forced, PL_KERNEL_LEVEL_NAMES);
    if (forced && !runs_here(forced))
        return pl_fail(PL_EBACKEND,
                       "PLUMBLINE_ISA=%s asks for instructions that this processor does "
                       "not have; unset it to let the program choose",
                       forced);
    return pl_cpu_products();
}

#ifdef PL_PLANTED_FAULTS
static pl_kernel *whole_activation;

/* To the 11 significant bits of a float16, its smaller range left aside. */
static void rounded_activation(const struct pl_call *call) {
    float *values = call->out;
    whole_activation(call);
    for (long k = 0; k < (long)call->rows * call->cols; k++) {
        float far = values[k] * 8193.0f;
        values[k] = far - (far - values[k]);
    }
}

static void round_activations(struct pl_host_kernels *kernels) {
    whole_activation = kernels->op[PL_OP_ACT];
    kernels->op[PL_OP_ACT] = rounded_activation;
    kernels->act_pair = NULL;
    kernels->behind_product[PL_OP_ACT] = NULL;
}
#endif

/* Whether every product is ours. A gradient's matrix has the shape of the weights it belongs to. */
static bool portable(const struct pl_graph *graph) {
    bool all = pl_cpu_products() == PL_OK;
    for (int n = 0; n < (int)graph->nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(graph, n);
        if (node->kind == PL_KIND_OP && node->op == PL_OP_MATMUL)
            node = pl_graph_node(graph, node->in[0]);
        else if (node->kind != PL_KIND_OP || node->op != PL_OP_OUTER)
            continue;
        all &= pl_cpu_ours(node->rows, node->cols);
    }
    return all;
}

static struct pl_host_kernels table(void) {
    struct pl_host_kernels kernels = pl_cpu_plain;
    choose()->override(&kernels);
    return kernels;
}

static enum pl_status create(struct pl_program **out, const struct pl_backend *backend,
                             const struct pl_plan *plan) {
    struct pl_host_kernels kernels = table();
    PL_TRY(pl_cpu_products());
    if (!portable(plan->graph)) PL_TRY(pl_cpu_blas_load());
#ifdef PL_PLANTED_FAULTS
    if (pl_fault("float16_activations")) round_activations(&kernels);
#endif
    return pl_host_create(out, backend, plan, &kernels);
}

static double peak(void) {
    const struct pl_host_kernels kernels = table();
    return pl_cpu_peak(&kernels);
}

static void numerics(struct pl_strbuf *out) {
    pl_strbuf_addf(out, "float32, %s, %s kernels", pl_cpu_blas(), choose()->name);
}

/* Widths of a tile, by the shape of the model's largest matrices, with a second cache of SECOND_CACHE.
 * No number depends on them, only speed. Measured by `plumbline bench --tiles`, which prints such rows;
 * those that say the same as the one before are left out. */
static const struct {
    long width, hidden;
    int tokens;
} tiles[] = {
    {10, 40, 144},
    {64, 256, 64},
    {128, 512, 128},
};

enum { SECOND_CACHE = 1 << 20 };

/* What PLUMBLINE_TILE asks for, or 0. */
static size_t forced_tile(void) {
    const char *text = getenv("PLUMBLINE_TILE");
    return text ? (size_t)strtoul(text, NULL, 10) : 0;
}

/* Half the width where the second cache is less than half as large. */
static size_t fitting(size_t tokens) {
#ifdef _SC_LEVEL2_CACHE_SIZE
    long size = sysconf(_SC_LEVEL2_CACHE_SIZE);
    if (size > 0 && size < SECOND_CACHE / 2) return tokens / 2;
#endif
    return tokens;
}

/* The row of the largest shape that the model's is not smaller than, or what is forced; then tiles as
 * equal as can be, so that little is padded: 1000 tokens by 144 are 7 tiles of 144, 700 are 5 of 144. */
static int tile(long width, long hidden, size_t tokens) {
    size_t rows = sizeof tiles / sizeof tiles[0], most = (size_t)tiles[0].tokens, count;
    for (size_t k = 1; k < rows; k++)
        if (width * hidden >= tiles[k].width * tiles[k].hidden) most = (size_t)tiles[k].tokens;
    most = forced_tile() > 0 ? forced_tile() : fitting(most);
    count = (tokens + most - 1) / most;
    return (int)pl_graph_padded((tokens + count - 1) / count);
}

const struct pl_backend pl_backend_cpu = {
    .name = "cpu",
    .summary = "float32: vectorised loops, very wide products by OpenBLAS",
    .element_size = sizeof(float),
    .available = available,
    .numerics = numerics,
    .tile = tile,
    .peak = peak,
    .portable = portable,
    .create = create,
    .destroy = pl_host_destroy,
    .write = pl_host_write,
    .read = pl_host_read,
    .gather = pl_host_gather,
    .gather_index = pl_host_gather_index,
    .clear = pl_host_clear,
    .run = pl_host_run,
    .time = pl_host_time,
};
