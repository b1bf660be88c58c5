/* The engine: one device, its queue and the compiled kernels, opened at the first request and kept
 * as long as the process lives. A process that has opened one must not fork.
 *
 *     find a device ─► group size ─► context, queue ─► build the program ─► find the kernels
 *
 * The program is record.h, prelude.cl and the files of kernels, one after the other, with the
 * numbers of enums given as options of the compiler. A kernel is called <grid>_<operator>: its
 * name says what it computes and how it is spread over the device, and there is no other table of
 * kernels. */
#include <stdio.h>
#include <string.h>

#include "core/backend/opencl/opencl.h"
#include "core/base/alloc.h"
#include "core/graph/op.h"

/* ---- the text of the device program ---- */

#define PL_CL_SOURCE(name) extern const char pl_cl_source_##name[];
#include "opencl_sources.inc"
#undef PL_CL_SOURCE

/* record.h and prelude.cl first; opencl_sources.inc is made by CMakeLists.txt. */
static const struct {
    const char *name, *text;
} sources[] = {
#define PL_CL_SOURCE(name) {#name, pl_cl_source_##name},
#include "opencl_sources.inc"
#undef PL_CL_SOURCE
};
enum { SOURCES = sizeof sources / sizeof sources[0] };

#define NUMBER(name)                                                                               \
    { #name, name }
static const struct {
    const char *name;
    int value;
} numbers[] = {
    NUMBER(PL_REGION_SCRATCH),     NUMBER(PL_REGION_STEP),
    NUMBER(PL_REGION_RUN),         NUMBER(PL_ACT_RELU),
    NUMBER(PL_ACT_GELU),           NUMBER(PL_ACT_SILU),
    NUMBER(PL_ACT_TANH),           NUMBER(PL_ACT_SIGMOID),
    NUMBER(PL_NORM_RMS),           NUMBER(PL_NORM_LAYER),
    NUMBER(PL_DOUBLY_SINKHORN),    NUMBER(PL_DOUBLY_BIRKHOFF),
    NUMBER(PL_DOUBLY_KRONECKER),   NUMBER(PL_STREAMS),
    NUMBER(PL_SCORE_SOFTMAX),      NUMBER(PL_SCORE_SIGMOID),
    NUMBER(PL_SCORE_SIGMOID_NORM), NUMBER(PL_SCORE_SPARSEMAX),
    NUMBER(PL_SCORE_ENTMAX15),     NUMBER(PL_MASK_DROP),
    NUMBER(PL_MASK_RENORMALISE),
};

static void write_options(const struct pl_cl_engine *engine, struct pl_strbuf *out) {
    cl_device_fp_config config = 0;
    clGetDeviceInfo(engine->device.id, CL_DEVICE_SINGLE_FP_CONFIG, sizeof config, &config, NULL);
    pl_strbuf_addf(out, "-cl-std=CL1.2 -DGROUP=%zu", engine->group);
    for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++)
        pl_strbuf_addf(out, " -D%s=%d", numbers[k].name, numbers[k].value);
    if (config & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT)
        pl_strbuf_add(out, " -cl-fp32-correctly-rounded-divide-sqrt");
}

/* ---- building ---- */

static enum pl_status fail_build(cl_program program, cl_device_id device, cl_int error) {
    size_t size = 0;
    clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, 0, NULL, &size);
    char *log = pl_alloc_zero(size + 1, 1);
    clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, size, log, NULL);
    enum pl_status status =
        pl_fail(PL_EBACKEND, "the OpenCL kernels do not build (%s); the compiler says:\n%s",
                pl_cl_error(error), log[0] ? log : "nothing");
    pl_free(log);
    return status;
}

enum pl_status pl_cl_build(cl_program *out, cl_context context, cl_device_id device,
                           const char *const *texts, int count, const char *options) {
    cl_int error;
    *out = NULL;
    cl_program program =
        clCreateProgramWithSource(context, (cl_uint)count, (const char **)texts, NULL, &error);
    if (error != CL_SUCCESS) return pl_cl_fail(error, "the OpenCL kernels cannot be loaded");
    error = clBuildProgram(program, 1, &device, options, NULL, NULL);
    if (error != CL_SUCCESS) {
        enum pl_status status = fail_build(program, device, error);
        clReleaseProgram(program);
        return status;
    }
    *out = program;
    return PL_OK;
}

/* A #line before each source, so that the compiler's log names the file. */
static enum pl_status build(struct pl_cl_engine *engine) {
    char lines[SOURCES][64];
    const char *texts[2 * SOURCES];
    struct pl_strbuf options;
    for (int k = 0; k < SOURCES; k++) {
        snprintf(lines[k], sizeof lines[k], "\n#line 1 \"%s\"\n", sources[k].name);
        texts[2 * k] = lines[k];
        texts[2 * k + 1] = sources[k].text;
    }
    pl_strbuf_init(&options);
    write_options(engine, &options);
    enum pl_status status = pl_cl_build(&engine->program, engine->context, engine->device.id, texts,
                                        2 * SOURCES, options.text);
    pl_strbuf_finish(&options);
    return status;
}

/* ---- kernels, found by name: <grid>_<operator> ---- */

static const char *const grid_names[PL_CL_GRIDS] = {
    [PL_CL_FLAT] = "flat", [PL_CL_ENTRY] = "entry",   [PL_CL_TOKEN] = "token",
    [PL_CL_ROW] = "row",   [PL_CL_SINGLE] = "single",
};

static enum pl_cl_grid grid_of(const char *kernel, const char *op) {
    for (int grid = PL_CL_FLAT; grid < PL_CL_GRIDS; grid++) {
        size_t length = strlen(grid_names[grid]);
        if (strncmp(kernel, grid_names[grid], length) == 0 && kernel[length] == '_' &&
            strcmp(kernel + length + 1, op) == 0)
            return (enum pl_cl_grid)grid;
    }
    return PL_CL_NO_GRID;
}

/* True when the engine keeps it. A kernel of no operator is a mistake of ours. */
static bool keep_kernel(struct pl_cl_engine *engine, cl_kernel kernel) {
    char name[128] = "";
    clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME, sizeof name, name, NULL);
    for (int op = 0; op < PL_OPS; op++) {
        enum pl_cl_grid grid = grid_of(name, pl_op_info((enum pl_op)op)->name);
        if (grid == PL_CL_NO_GRID) continue;
        engine->kernel[op] = kernel;
        engine->grid[op] = grid;
        return true;
    }
    return false;
}

static enum pl_status find_kernels(struct pl_cl_engine *engine) {
    enum { MOST = 4 * PL_OPS };
    cl_kernel kernels[MOST];
    cl_uint count = 0;
    cl_int error = clCreateKernelsInProgram(engine->program, MOST, kernels, &count);
    if (error != CL_SUCCESS) return pl_cl_fail(error, "the OpenCL kernels cannot be listed");
    for (cl_uint k = 0; k < count; k++) PL_ASSERT(keep_kernel(engine, kernels[k]));
    return PL_OK;
}

/* ---- life ---- */

/* A few devices have groups of one work item only. */
static size_t group_size(cl_device_id device) {
    size_t most = 1, size = 64;
    clGetDeviceInfo(device, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof most, &most, NULL);
    while (size > most) size /= 2;
    return size;
}

static enum pl_status open_queue(struct pl_cl_engine *engine) {
    cl_int error;
    engine->context = clCreateContext(NULL, 1, &engine->device.id, NULL, NULL, &error);
    if (error != CL_SUCCESS) return pl_cl_fail(error, "%s cannot be opened", engine->device.name);
    engine->profiled = pl_cl_profile_wanted();
    engine->queue = clCreateCommandQueue(engine->context, engine->device.id,
                                         engine->profiled ? CL_QUEUE_PROFILING_ENABLE : 0, &error);
    if (error != CL_SUCCESS) return pl_cl_fail(error, "%s takes no commands", engine->device.name);
    return PL_OK;
}

static void close_engine(struct pl_cl_engine *engine) {
    if (engine->program) clReleaseProgram(engine->program);
    if (engine->queue) clReleaseCommandQueue(engine->queue);
    if (engine->context) clReleaseContext(engine->context);
}

static enum pl_status open_engine(struct pl_cl_engine *engine) {
    PL_TRY(pl_cl_find_device(&engine->device));
    engine->group = group_size(engine->device.id);
    PL_TRY(open_queue(engine));
    PL_TRY(build(engine));
    return find_kernels(engine);
}

enum pl_status pl_cl_engine(const struct pl_cl_engine **out) {
    static struct pl_cl_engine engine;
    static bool open;
    *out = &engine;
    if (open) return PL_OK;
    engine = (struct pl_cl_engine){0};
    enum pl_status status = open_engine(&engine);
    if (status != PL_OK) close_engine(&engine);
    open = status == PL_OK;
    return status;
}
