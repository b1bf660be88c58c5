/* Products by OpenBLAS. Every product is issued at the tile's full width, so a token's numbers never
 * depend on how many tokens share its tile. */
#include <cblas.h>
#include <stdio.h>
#include <string.h>

#include "core/backend/cpu/cpu.h"

/* Y[m,t] = W[m,k] X[k,t], or W' with W stored [k,m]. */
static void matmul(const struct pl_call *call) {
    const struct pl_operand *w = &call->in[0], *x = &call->in[1];
    bool transpose = call->node->attr.transpose;
    cblas_sgemm(CblasRowMajor, transpose ? CblasTrans : CblasNoTrans, CblasNoTrans, call->rows,
                call->cols, x->rows, 1, w->data, w->cols, x->data, x->cols, 0, call->out,
                call->cols);
}

/* dW[m,k] += sum_t g[m,t] x[k,t] */
static void outer(const struct pl_call *call) {
    const struct pl_operand *g = &call->in[0], *x = &call->in[1];
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, call->rows, call->cols, call->tokens, 1,
                g->data, g->cols, x->data, x->cols, 1, call->out, call->cols);
}

void pl_cpu_products(struct pl_host_kernels *kernels) {
    openblas_set_num_threads(1);
    kernels->op[PL_OP_MATMUL] = matmul;
    kernels->op[PL_OP_OUTER] = outer;
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
