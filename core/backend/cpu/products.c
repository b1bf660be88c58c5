/* Products by OpenBLAS. Every product is issued at the tile's full width, so a token's numbers never
 * depend on how many tokens share its tile. */
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/backend/cpu/cpu.h"
#include "core/base/clock.h"

/* Y[m,t] = W[m,k] X[k,t], or W' with W stored [k,m]. */
static void matmul(const struct pl_call *call) {
    const struct pl_operand *w = &call->in[0], *x = &call->in[1];
    bool transpose = call->node->attr.matmul.transpose;
    cblas_sgemm(CblasRowMajor, transpose ? CblasTrans : CblasNoTrans, CblasNoTrans, call->rows,
                call->cols, x->rows, 1, w->data, w->cols, x->data, x->cols, 0, call->out,
                call->cols);
}

/* dW[m,k] += sum_t g[m,t] x[k,t], block by block */
void pl_cpu_outer(const struct pl_call *call) {
    const struct pl_operand *g = &call->in[0], *x = &call->in[1];
    size_t g_step = (size_t)call->rows * (size_t)g->cols;
    size_t x_step = (size_t)call->cols * (size_t)x->cols;
    const float *from = g->data, *at = x->data;
    for (int j = 0; j * call->rows < g->rows; j++, from += g_step, at += x_step)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, call->rows, call->cols, call->tokens,
                    1, from, g->cols, at, x->cols, 1, call->out, call->cols);
}

void pl_cpu_products(struct pl_host_kernels *kernels) {
    openblas_set_num_threads(1);
    kernels->op[PL_OP_MATMUL] = matmul;
    kernels->op[PL_OP_OUTER] = pl_cpu_outer;
}

/* openblas_get_config names the version and the build, openblas_get_corename the kernels in use. */
const char *pl_cpu_blas(void) {
    static char text[128];
    const char *config = openblas_get_config();
    const char *version = strstr(config, "OpenBLAS ");
    char number[32] = "?";
    if (version) sscanf(version, "OpenBLAS %31s", number);
    snprintf(text, sizeof text, "OpenBLAS %s %s", number, openblas_get_corename());
    return text;
}

/* ---- how fast products can be ---- */

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median GFLOP/s of a square product of [n], over measurements of about 20 ms. */
static double rate(int n, float *memory) {
    enum { RUNS = 9 };
    double found[RUNS], flops = 2.0 * n * n * n;
    size_t size = (size_t)n * (size_t)n;
    int repeat = (int)(1e9 / flops) + 1;
    for (int run = 0; run < RUNS; run++) {
        double start = pl_clock_seconds();
        for (int k = 0; k < repeat; k++)
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, memory, n,
                        memory + size, n, 0, memory + 2 * size, n);
        found[run] = flops * repeat / (pl_clock_seconds() - start) / 1e9;
    }
    qsort(found, RUNS, sizeof *found, ascending);
    return found[RUNS / 2];
}

double pl_cpu_peak(void) {
    static const int shapes[] = {128, 256, 384, 512, 768, 1024};
    const size_t most = 1024 * 1024;
    float *memory = pl_alloc(3 * most * sizeof *memory);
    double best = 0;
    openblas_set_num_threads(1);
    for (size_t k = 0; k < 3 * most; k++) memory[k] = (float)(k % 7) / 7;
    for (size_t k = 0; k < sizeof shapes / sizeof shapes[0]; k++) {
        double found = rate(shapes[k], memory);
        if (found > best) best = found;
    }
    pl_free(memory);
    return best;
}
