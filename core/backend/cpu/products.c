/* Products by OpenBLAS, for matrices that are beyond our own kernels (cpu.h), and the best rate of
 * products. Every product is issued at the tile's full width, so a token's numbers never depend on how
 * many tokens share its tile. */
#include <cblas.h>
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/backend/cpu/cpu.h"
#include "core/base/clock.h"

/* ---- who computes a product ---- */

static bool all_by_blas;

enum pl_status pl_cpu_products(void) {
    const char *asked = getenv("PLUMBLINE_PRODUCTS");
    all_by_blas = asked && strcmp(asked, "openblas") == 0;
    if (asked && *asked && strcmp(asked, "own") != 0 && !all_by_blas)
        return pl_fail(
            PL_EBACKEND,
            "PLUMBLINE_PRODUCTS=%s is unknown; it takes own (products of matrices of up to %d "
            "entries by our own kernels, the default) or openblas (all products)",
            asked, PL_CPU_LARGEST);
    return PL_OK;
}

bool pl_cpu_ours(int rows, int cols) {
    return !all_by_blas && (long)rows * cols <= PL_CPU_LARGEST;
}

/* ---- OpenBLAS ---- */

#define LIBRARY "libopenblas.so.0"

/* The header says what they are. */
static struct {
    __typeof__(cblas_sgemm) *sgemm;
    __typeof__(openblas_set_num_threads) *set_num_threads;
    __typeof__(openblas_get_config) *get_config;
    __typeof__(openblas_get_corename) *get_corename;
} blas;

static bool look_up(void *library) {
    const struct {
        const char *name;
        void *to;
    } symbols[] = {{"cblas_sgemm", &blas.sgemm},
                   {"openblas_set_num_threads", &blas.set_num_threads},
                   {"openblas_get_config", &blas.get_config},
                   {"openblas_get_corename", &blas.get_corename}};
    for (size_t k = 0; k < sizeof symbols / sizeof symbols[0]; k++) {
        void *found = dlsym(library, symbols[k].name);
        if (!found) return false;
        memcpy(symbols[k].to, &found, sizeof found);
    }
    return true;
}

/* Of the calling process: a thread of OpenBLAS's own takes address space that it waits for without end, and
 * the loss of a process that may be started ends the program. So it is told beforehand that there is one. */
static enum pl_status load(void) {
    if (blas.get_corename) return PL_OK;
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library || !look_up(library)) {
        memset(&blas, 0, sizeof blas);
        return pl_fail(
            PL_EBACKEND,
            "a product with a matrix of more than %d entries is OpenBLAS's, which cannot be "
            "loaded (%s); install it (Debian: libopenblas0) or make the model narrower",
            PL_CPU_LARGEST, library ? "it lacks a function" : dlerror());
    }
    blas.set_num_threads(1);
    return PL_OK;
}

/* Its first product asks for a buffer of this size at most, again and again until it has one. */
enum { BUFFER_BYTES = 160 << 20 };

enum pl_status pl_cpu_blas_load(void) {
    static bool roomy;
    PL_TRY(load());
    if (roomy) return PL_OK;
    void *room = mmap(NULL, BUFFER_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
        return pl_fail(PL_EMEMORY,
                       "OpenBLAS needs %d MB of address space for its products, and there is less; "
                       "raise the limit (ulimit -v) or make the model narrower",
                       BUFFER_BYTES >> 20);
    munmap(room, BUFFER_BYTES);
    roomy = true;
    return PL_OK;
}

/* Y[m,t] = W[m,k] X[k,t], or W' with W stored [k,m]. */
void pl_cpu_matmul(const struct pl_call *call, float *out) {
    const struct pl_operand *w = &call->in[0], *x = &call->in[1];
    bool transpose = call->node->attr.matmul.transpose;
    blas.sgemm(CblasRowMajor, transpose ? CblasTrans : CblasNoTrans, CblasNoTrans, call->rows,
               call->cols, x->rows, 1, w->data, w->cols, x->data, x->cols, 0, out, call->cols);
}

/* dW[m,k] += sum_t g[m,t] x[k,t], block by block */
void pl_cpu_outer(const struct pl_call *call) {
    const struct pl_operand *g = &call->in[0], *x = &call->in[1];
    size_t g_step = (size_t)call->rows * (size_t)g->cols;
    size_t x_step = (size_t)call->cols * (size_t)x->cols;
    const float *from = g->data, *at = x->data;
    for (int j = 0; j * call->rows < g->rows; j++, from += g_step, at += x_step)
        blas.sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, call->rows, call->cols, call->tokens, 1,
                   from, g->cols, at, x->cols, 1, call->out, call->cols);
}

/* openblas_get_config names the version and the build, openblas_get_corename the kernels in use. */
const char *pl_cpu_blas(void) {
    static char text[128];
    if (load() != PL_OK) return "no OpenBLAS";
    const char *version = strstr(blas.get_config(), "OpenBLAS ");
    char number[32] = "?";
    if (version) sscanf(version, "OpenBLAS %31s", number);
    snprintf(text, sizeof text, "OpenBLAS %s %s", number, blas.get_corename());
    return text;
}

/* ---- how fast products can be ---- */

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Y = W X, W [rows][cols] and X [cols][tokens]. */
static struct pl_call product(const struct pl_host_kernels *kernels, struct pl_operand in[2],
                              float *out, int tokens) {
    static const struct pl_node node = {.op = PL_OP_MATMUL};
    return (struct pl_call){.kernel = kernels->op[PL_OP_MATMUL],
                            .node = &node,
                            .in = in,
                            .in_count = 2,
                            .out = out,
                            .rows = in[0].rows,
                            .cols = tokens,
                            .tokens = tokens};
}

/* Median GFLOP/s of a product, over measurements of about 10 ms. */
static double rate(const struct pl_host_kernels *kernels, bool own, const int shape[3],
                   float *memory, size_t most) {
    enum { RUNS = 9 };
    int rows = shape[0], cols = shape[1], tokens = shape[2];
    double found[RUNS], flops = 2.0 * rows * cols * tokens;
    struct pl_operand in[2] = {{memory, rows, cols, false}, {memory + most, cols, tokens, true}};
    const struct pl_call call = product(kernels, in, memory + 2 * most, tokens);
    int repeat = (int)(1e9 / flops) + 1;
    for (int run = 0; run < RUNS; run++) {
        double start = pl_clock_seconds();
        for (int k = 0; k < repeat; k++) {
            if (own)
                call.kernel(&call);
            else
                pl_cpu_matmul(&call, call.out);
        }
        found[run] = flops * repeat / (pl_clock_seconds() - start) / 1e9;
    }
    qsort(found, RUNS, sizeof *found, ascending);
    return found[RUNS / 2];
}

double pl_cpu_peak(const struct pl_host_kernels *kernels) {
    static const int large[][3] = {{128, 128, 128}, {256, 256, 256}, {384, 384, 384},
                                   {512, 512, 512}, {768, 768, 768}, {1024, 1024, 1024}};
    static const int small[][3] = {{50, 200, 64}, {48, 192, 144}, {64, 256, 144}, {96, 384, 256}};
    const size_t most = 1024 * 1024;
    void *room;
    if (pl_alloc_try(&room, 3 * most * sizeof(float), 64, "three matrices") != PL_OK) return NAN;
    float *memory = room;
    bool blas_too = pl_cpu_blas_load() == PL_OK;
    double best = 0;
    for (size_t k = 0; k < 3 * most; k++) memory[k] = (float)(k % 7) / 7;
    for (size_t k = 0; blas_too && k < sizeof large / sizeof large[0]; k++)
        best = fmax(best, rate(kernels, false, large[k], memory, most));
    bool asked = all_by_blas;
    all_by_blas = false;
    for (size_t k = 0; k < sizeof small / sizeof small[0]; k++)
        best = fmax(best, rate(kernels, true, small[k], memory, most));
    all_by_blas = asked;
    pl_free(memory);
    return best;
}
