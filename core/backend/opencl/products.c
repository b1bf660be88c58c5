/* Products by CLBlast. What it wants for padded copies is asked when a plan is bound and given from the
 * program's memory, so a step allocates nothing. */
#include "core/backend/opencl/opencl.h"

#include <clblast_c.h>
#include <stdio.h>

static CLBlastTranspose turned(const struct pl_cl_matrix *matrix) {
    return matrix->transpose ? CLBlastTransposeYes : CLBlastTransposeNo;
}

enum pl_status pl_cl_product_room(const struct pl_cl_engine *engine, const struct pl_cl_product *p,
                                  size_t *bytes) {
    cl_command_queue queue = engine->queue;
    CLBlastStatusCode status = CLBlastSGemmTempBufferSize(
        CLBlastLayoutRowMajor, turned(&p->a), turned(&p->b), p->m, p->n, p->k, p->a.offset,
        p->a.row, p->b.offset, p->b.row, p->c.offset, p->c.row, &queue, bytes);
    if (status != CLBlastSuccess)
        return pl_cl_fail((cl_int)status, "CLBlast cannot plan a product of %zu x %zu x %zu", p->m,
                          p->n, p->k);
    return PL_OK;
}

static cl_int run_block(const struct pl_cl_engine *engine, const struct pl_cl_product *p, int block,
                        cl_mem room, cl_event *event) {
    cl_command_queue queue = engine->queue;
    size_t a = p->a.offset + (size_t)block * p->m * p->a.row;
    size_t b = p->b.offset + (size_t)block * p->n * p->b.row;
    return (cl_int)CLBlastSgemmWithTempBuffer(CLBlastLayoutRowMajor, turned(&p->a), turned(&p->b),
                                              p->m, p->n, p->k, 1, p->a.memory, a, p->a.row,
                                              p->b.memory, b, p->b.row, p->beta, p->c.memory,
                                              p->c.offset, p->c.row, &queue, event, room);
}

cl_int pl_cl_product_run(const struct pl_cl_engine *engine, const struct pl_cl_product *p,
                         cl_mem room, cl_event *event) {
    cl_int error = CL_SUCCESS;
    for (int block = 0; block < p->blocks && error == CL_SUCCESS; block++)
        error = run_block(engine, p, block, room, block + 1 == p->blocks ? event : NULL);
    return error;
}

const char *pl_cl_blas(void) {
    static char text[32];
    snprintf(text, sizeof text, "CLBlast %d.%d.%d", CLBLAST_VERSION_MAJOR, CLBLAST_VERSION_MINOR,
             CLBLAST_VERSION_PATCH);
    return text;
}
