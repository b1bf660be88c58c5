/* The opencl backend: a plan on a device. Drawing and words in opencl.h.
 *
 * Data in goes through a few stages, pieces of host memory that are filled here and copied by the
 * device when its turn comes; a stage is used again when its copy is done. So feeding a tile waits for
 * nothing. Only reading waits. */
#include "core/backend/opencl/opencl.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/arena.h"
#include "core/base/log.h"
#include "core/graph/op.h"

enum { ELEMENT = sizeof(float), STAGES = 4, STAGE_LEAST = 4096, READ_PIECE = 2048 };
_Static_assert(sizeof(float) == 4 && sizeof(int) == 4, "record.h is read by two compilers");

/* One operator of a schedule: a kernel and what it is launched over, or a product. */
struct launch {
    enum pl_op op;
    cl_int call; /* its record */
    size_t items[2];
    const struct pl_cl_product *product; /* NULL: a kernel */
};

struct bound {
    struct launch *launches;
    int count;
};

struct stage {
    void *host;
    cl_event busy; /* the copy from it, NULL when there was none */
};

struct device_program {
    struct pl_program base;
    const struct pl_cl_engine *engine;
    struct pl_arena arena;
    cl_mem region[PL_REGIONS];
    cl_mem calls, tensors; /* the lists of record.h */
    cl_mem room;           /* for CLBlast */
    size_t room_bytes;
    struct bound (*bound)[PL_PHASES]; /* one row a pass */
    PL_VEC(struct pl_cl_call) call_list;
    PL_VEC(struct pl_cl_tensor) tensor_list;
    struct stage stages[STAGES];
    int next_stage;
    size_t stage_elements;
    struct pl_cl_profile profile;
    enum pl_status status; /* what went wrong since it was made; then nothing runs any more */
    char message[512];
};

static struct device_program *device(struct pl_program *program) {
    return (struct device_program *)program;
}

/* Keeps the first thing that goes wrong; true when nothing has. */
static bool fine(struct device_program *program, cl_int error, const char *what) {
    if (error == CL_SUCCESS || program->status != PL_OK) return program->status == PL_OK;
    program->status = pl_cl_fail(error, "%s: %s", program->engine->device.name, what);
    snprintf(program->message, sizeof program->message, "%s", pl_message());
    return false;
}

static enum pl_status check(struct pl_program *base) {
    const struct device_program *program = device(base);
    return program->status == PL_OK ? PL_OK : pl_fail(program->status, "%s", program->message);
}

/* ---- binding: records ---- */

static struct pl_cl_tensor describe(const struct pl_plan *plan, const struct pl_pass *pass,
                                    int node) {
    const struct pl_node *n = pl_graph_node(plan->graph, node);
    struct pl_slot slot = pass->slot[node];
    bool tile = n->domain == PL_TILE;
    PL_ASSERT(slot.region != PL_REGION_NONE);
    return (struct pl_cl_tensor){(unsigned)slot.offset,
                                 (int)slot.region,
                                 n->rows,
                                 pl_plan_cols(plan, n),
                                 tile,
                                 !tile      ? 0
                                 : n->asked ? plan->graph->asked
                                            : plan->graph->sequence};
}

static cl_int record(struct device_program *program, const struct pl_pass *pass, int node) {
    const struct pl_plan *plan = program->base.plan;
    const struct pl_node *n = pl_graph_node(plan->graph, node);
    const struct pl_attr *attr = &n->attr;
    struct pl_cl_call call = {
        .out = describe(plan, pass, node),
        .in = (int)program->tensor_list.count,
        .in_count = n->in_count,
        .tokens = plan->tokens,
        .axpby = {(float)attr->axpby.a, (float)attr->axpby.b},
        .place = {attr->place.first},
        .act = {attr->act.kind},
        .softmax = {(float)attr->softmax.temperature},
        .matmul = {attr->matmul.transpose},
        .conv = {attr->conv.transpose},
        .norm = {attr->norm.kind, attr->norm.groups, (float)attr->norm.eps},
        .depth = {attr->depth.score, attr->depth.heads, attr->depth.keyed, attr->depth.mask,
                  (float)attr->depth.temperature},
        .stream = {attr->stream.blocks, attr->stream.transpose},
        .doubly = {attr->doubly.kind, attr->doubly.n, attr->doubly.iterations},
        .attend = {attr->attend.heads},
        .dropout = {attr->dropout.stream},
        .clip = {(float)attr->clip.most},
        .rotate = {attr->rotate.heads, attr->rotate.inverse},
        .sgd = {(float)attr->sgd.momentum},
        .adam = {(float)attr->adam.beta1, (float)attr->adam.beta2, (float)(1 - attr->adam.beta1),
                 (float)(1 - attr->adam.beta2), (float)attr->adam.eps}};
    if (call.out.tile) call.tokens = call.out.cols;
    for (int k = 0; k < n->in_count; k++)
        PL_VEC_PUSH(&program->tensor_list, describe(plan, pass, n->in[k]));
    for (int k = n->in_count - 1; k >= 0; k--) {
        const struct pl_cl_tensor *in = &program->tensor_list.items[call.in + k];
        if (in->tile) call.tokens = in->cols;
    }
    PL_VEC_PUSH(&program->call_list, call);
    return (cl_int)program->call_list.count - 1;
}

/* ---- binding: products ---- */

static struct pl_cl_matrix matrix(const struct device_program *program,
                                  const struct pl_cl_tensor *tensor, bool transpose) {
    return (struct pl_cl_matrix){program->region[tensor->region], tensor->offset,
                                 (size_t)tensor->cols, transpose};
}

/* matmul: out = W x or W' x. outer: out += g x', or the sum of such products of blocks. */
static enum pl_status bind_product(struct device_program *program, struct launch *launch) {
    const struct pl_cl_call *call = &program->call_list.items[launch->call];
    const struct pl_cl_tensor *in = &program->tensor_list.items[call->in];
    bool outer = launch->op == PL_OP_OUTER;
    struct pl_cl_product *product = PL_ARENA_NEW(&program->arena, struct pl_cl_product);
    size_t room = 0;
    *product = (struct pl_cl_product){.m = (size_t)call->out.rows,
                                      .n = (size_t)call->out.cols,
                                      .k = (size_t)(outer ? call->tokens : in[1].rows),
                                      .a = matrix(program, &in[0], call->matmul.transpose),
                                      .b = matrix(program, &in[1], outer),
                                      .c = matrix(program, &call->out, false),
                                      .beta = outer ? 1 : 0,
                                      .blocks = outer ? in[0].rows / call->out.rows : 1};
    PL_TRY(pl_cl_product_room(program->engine, product, &room));
    if (room > program->room_bytes) program->room_bytes = room;
    launch->product = product;
    return PL_OK;
}

/* ---- binding: launches ---- */

static size_t whole_groups(const struct device_program *program, size_t items) {
    size_t group = program->engine->group;
    return (items + group - 1) / group * group;
}

/* kernels/prelude.cl says what a work item of each grid is for. */
static void size_launch(const struct device_program *program, struct launch *launch) {
    const struct pl_cl_call *call = &program->call_list.items[launch->call];
    size_t rows = (size_t)call->out.rows, cols = (size_t)call->out.cols;
    launch->items[1] = 1;
    switch (program->engine->grid[launch->op]) {
    case PL_CL_ENTRY:
        launch->items[0] = whole_groups(program, cols);
        launch->items[1] = rows;
        break;
    case PL_CL_TOKEN:
        launch->items[0] = whole_groups(program, cols);
        break;
    case PL_CL_ROW:
        launch->items[0] = rows * cols * program->engine->group;
        break;
    case PL_CL_SINGLE:
        launch->items[0] = program->engine->group;
        break;
    default:
        launch->items[0] = whole_groups(program, rows * cols);
    }
}

static enum pl_status bind_launch(struct device_program *program, const struct pl_pass *pass,
                                  int node, struct launch *launch) {
    enum pl_op op = pl_graph_node(program->base.plan->graph, node)->op;
    *launch = (struct launch){.op = op, .call = record(program, pass, node)};
    if (op == PL_OP_MATMUL || op == PL_OP_OUTER) return bind_product(program, launch);
    if (!program->engine->kernel[op])
        return pl_fail(PL_EBACKEND,
                       "the backend opencl has no kernel for the operator %s; choose another "
                       "backend (plumbline list backends)",
                       pl_op_info(op)->name);
    size_launch(program, launch);
    return PL_OK;
}

static enum pl_status bind_schedules(struct device_program *program) {
    const struct pl_plan *plan = program->base.plan;
    program->bound =
        pl_arena_alloc(&program->arena, (size_t)plan->pass_count * sizeof *program->bound);
    for (int p = 0; p < plan->pass_count; p++)
        for (int phase = 0; phase < PL_PHASES; phase++) {
            const struct pl_schedule *schedule = &plan->passes[p].phase[phase];
            struct bound *bound = &program->bound[p][phase];
            bound->launches =
                PL_ARENA_ARRAY(&program->arena, struct launch, (size_t)schedule->count);
            for (int k = 0; k < schedule->count; k++)
                PL_TRY(bind_launch(program, &plan->passes[p], schedule->nodes[k],
                                   &bound->launches[bound->count++]));
        }
    return PL_OK;
}

/* ---- memory ---- */

static const char *const region_names[PL_REGIONS] = {"", "tile scratch", "step memory",
                                                     "run state"};

/* Drivers promise memory that they do not have; so what can be known is asked first. */
static enum pl_status check_sizes(const struct device_program *program,
                                  const struct pl_plan *plan) {
    cl_ulong piece = 0, all = 0, total = pl_plan_bytes(plan, ELEMENT);
    clGetDeviceInfo(program->engine->device.id, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof piece, &piece,
                    NULL);
    clGetDeviceInfo(program->engine->device.id, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof all, &all, NULL);
    for (int region = PL_REGION_SCRATCH; region < PL_REGIONS; region++)
        if (plan->size[region] * (cl_ulong)ELEMENT > piece || plan->size[region] > UINT_MAX)
            return pl_fail(PL_EMEMORY,
                           "the %s needs %.1f MiB, and %s gives at most %.1f MiB in one piece; "
                           "make the batch or the model smaller, or use another backend",
                           region_names[region], plan->size[region] * (double)ELEMENT / 0x1p20,
                           program->engine->device.name, (double)piece / 0x1p20);
    if (total > all)
        return pl_fail(PL_EMEMORY,
                       "the plan needs %.1f MiB, and %s has %.1f MiB; make the batch or the model "
                       "smaller, or use another backend",
                       (double)total / 0x1p20, program->engine->device.name, (double)all / 0x1p20);
    return PL_OK;
}

/* A device has no memory of size 0. */
static enum pl_status take(const struct device_program *program, cl_mem *out, size_t bytes,
                           const char *what) {
    cl_int error;
    bytes = bytes > 0 ? (bytes + 63) / 64 * 64 : 64;
    *out = clCreateBuffer(program->engine->context, CL_MEM_READ_WRITE, bytes, NULL, &error);
    if (error == CL_SUCCESS) return PL_OK;
    return pl_cl_fail(error, "%s: the %s of %.1f MiB", program->engine->device.name, what,
                      (double)bytes / 0x1p20);
}

static enum pl_status take_zeroed(const struct device_program *program, cl_mem *out, size_t bytes,
                                  const char *what) {
    const cl_float zero = 0;
    PL_TRY(take(program, out, bytes, what));
    if (bytes == 0) return PL_OK;
    cl_int error = clEnqueueFillBuffer(program->engine->queue, *out, &zero, sizeof zero, 0, bytes,
                                       0, NULL, NULL);
    if (error == CL_SUCCESS) return PL_OK;
    return pl_cl_fail(error, "%s: the %s of %.1f MiB", program->engine->device.name, what,
                      (double)bytes / 0x1p20);
}

static enum pl_status take_regions(struct device_program *program) {
    const struct pl_plan *plan = program->base.plan;
    PL_TRY(check_sizes(program, plan));
    for (int region = PL_REGION_SCRATCH; region < PL_REGIONS; region++)
        PL_TRY(take_zeroed(program, &program->region[region], plan->size[region] * ELEMENT,
                           region_names[region]));
    return PL_OK;
}

static enum pl_status take_list(struct device_program *program, cl_mem *out, const void *items,
                                size_t bytes) {
    PL_TRY(take(program, out, bytes, "list of operators"));
    if (bytes == 0) return PL_OK;
    cl_int error =
        clEnqueueWriteBuffer(program->engine->queue, *out, CL_TRUE, 0, bytes, items, 0, NULL, NULL);
    if (error == CL_SUCCESS) return PL_OK;
    return pl_cl_fail(error, "%s: the list of operators", program->engine->device.name);
}

/* A stage holds the largest feed of a tile. */
static enum pl_status take_stages(struct device_program *program) {
    const struct pl_plan *plan = program->base.plan;
    program->stage_elements = STAGE_LEAST;
    for (size_t n = 0; n < plan->graph->nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(plan->graph, (int)n);
        size_t count = (size_t)node->rows * (size_t)pl_plan_cols(plan, node);
        if (node->kind == PL_KIND_FEED && node->domain == PL_TILE &&
            count > program->stage_elements)
            program->stage_elements = count;
    }
    for (int k = 0; k < STAGES; k++)
        PL_TRY(pl_alloc_try(&program->stages[k].host, program->stage_elements * ELEMENT, 64,
                            "stage for data"));
    return PL_OK;
}

static enum pl_status bind_program(struct device_program *program) {
    PL_TRY(take_regions(program));
    PL_TRY(take_stages(program));
    PL_TRY(bind_schedules(program));
    PL_TRY(take(program, &program->room, program->room_bytes, "room for products"));
    PL_TRY(take_list(program, &program->calls, program->call_list.items,
                     program->call_list.count * sizeof *program->call_list.items));
    PL_TRY(take_list(program, &program->tensors, program->tensor_list.items,
                     program->tensor_list.count * sizeof *program->tensor_list.items));
    cl_int error = clFinish(program->engine->queue);
    if (error == CL_SUCCESS) return PL_OK;
    return pl_cl_fail(error, "%s: the memory of the plan", program->engine->device.name);
}

/* ---- life ---- */

static void release(cl_mem memory) {
    if (memory) clReleaseMemObject(memory);
}

static void destroy(struct pl_program *base) {
    if (!base) return;
    struct device_program *program = device(base);
    clFinish(program->engine->queue);
    if (program->engine->profiled) {
        pl_cl_profile_collect(&program->profile);
        pl_cl_profile_finish(&program->profile, program->engine->device.name);
    }
    for (int k = 0; k < STAGES; k++) {
        if (program->stages[k].busy) clReleaseEvent(program->stages[k].busy);
        pl_free(program->stages[k].host);
    }
    for (int region = 0; region < PL_REGIONS; region++) release(program->region[region]);
    release(program->room);
    release(program->calls);
    release(program->tensors);
    PL_VEC_FINISH(&program->call_list);
    PL_VEC_FINISH(&program->tensor_list);
    pl_arena_finish(&program->arena);
    pl_free(program);
}

static enum pl_status create(struct pl_program **out, const struct pl_backend *backend,
                             const struct pl_plan *plan) {
    const struct pl_cl_engine *engine;
    PL_TRY(pl_cl_engine(&engine));
    struct device_program *program = pl_alloc_zero(1, sizeof *program);
    program->base = (struct pl_program){backend, plan};
    program->engine = engine;
    enum pl_status status = bind_program(program);
    if (status != PL_OK) {
        destroy(&program->base);
        return status;
    }
    *out = &program->base;
    return PL_OK;
}

/* ---- data in ---- */

/* The next stage, when its last copy is done. */
static void *next_stage(struct device_program *program) {
    struct stage *stage = &program->stages[program->next_stage];
    if (!stage->busy) return stage->host;
    fine(program, clWaitForEvents(1, &stage->busy), "data could not be copied");
    clReleaseEvent(stage->busy);
    stage->busy = NULL;
    return stage->host;
}

/* Copies the first [count] elements of the next stage to [slot]. */
static void send_stage(struct device_program *program, struct pl_slot slot, size_t count) {
    struct stage *stage = &program->stages[program->next_stage];
    if (program->status != PL_OK) return;
    fine(program,
         clEnqueueWriteBuffer(program->engine->queue, program->region[slot.region], CL_FALSE,
                              slot.offset * ELEMENT, count * ELEMENT, stage->host, 0, NULL,
                              &stage->busy),
         "data could not be written");
    program->next_stage = (program->next_stage + 1) % STAGES;
}

static void write_numbers(struct pl_program *base, struct pl_slot slot, const double *values,
                          size_t count) {
    struct device_program *program = device(base);
    PL_ASSERT(slot.region != PL_REGION_NONE);
    while (count > 0) {
        size_t piece = count < program->stage_elements ? count : program->stage_elements;
        float *stage = next_stage(program);
        for (size_t k = 0; k < piece; k++) stage[k] = (float)values[k];
        send_stage(program, slot, piece);
        slot.offset += piece;
        values += piece;
        count -= piece;
    }
}

static size_t token(struct pl_gather gather, int j) {
    return gather.index ? gather.index[j] : gather.first + (size_t)j;
}

/* Token by token in, feature by feature out. */
static void gather_numbers(struct pl_program *base, struct pl_slot slot, int rows, int cols,
                           const float *data, struct pl_gather gather) {
    struct device_program *program = device(base);
    size_t tokens = (size_t)cols, height = (size_t)rows;
    float *stage = next_stage(program);
    memset(stage, 0, height * tokens * sizeof *stage);
    for (int j = 0; j < gather.count; j++) {
        const float *from = data + token(gather, j) * height;
        for (size_t c = 0; c < height; c++) stage[c * tokens + (size_t)j] = from[c];
    }
    send_stage(program, slot, height * tokens);
}

static void gather_index(struct pl_program *base, struct pl_slot slot, int cols,
                         const int32_t *data, struct pl_gather gather) {
    struct device_program *program = device(base);
    size_t tokens = (size_t)cols;
    int32_t *stage = next_stage(program);
    memset(stage, 0, tokens * sizeof *stage);
    for (int j = 0; j < gather.count; j++) stage[j] = data[token(gather, j)];
    send_stage(program, slot, tokens);
}

/* ---- data out ---- */

static void read_piece(struct device_program *program, struct pl_slot slot, double *values,
                       size_t count) {
    float piece[READ_PIECE];
    bool here =
        program->status == PL_OK &&
        fine(program,
             clEnqueueReadBuffer(program->engine->queue, program->region[slot.region], CL_TRUE,
                                 slot.offset * ELEMENT, count * ELEMENT, piece, 0, NULL, NULL),
             "results could not be read");
    for (size_t k = 0; k < count; k++) values[k] = here ? (double)piece[k] : NAN;
}

static void read_numbers(struct pl_program *base, struct pl_slot slot, double *values,
                         size_t count) {
    struct device_program *program = device(base);
    PL_ASSERT(slot.region != PL_REGION_NONE);
    while (count > 0) {
        size_t piece = count < READ_PIECE ? count : READ_PIECE;
        read_piece(program, slot, values, piece);
        slot.offset += piece;
        values += piece;
        count -= piece;
    }
    if (program->engine->profiled) pl_cl_profile_collect(&program->profile);
}

/* ---- running ---- */

static void clear(struct pl_program *base, size_t count) {
    struct device_program *program = device(base);
    const cl_float zero = 0;
    if (count == 0 || program->status != PL_OK) return;
    fine(program,
         clEnqueueFillBuffer(program->engine->queue, program->region[PL_REGION_STEP], &zero,
                             sizeof zero, 0, count * ELEMENT, 0, NULL, NULL),
         "memory could not be cleared");
}

static cl_int start_kernel(struct device_program *program, const struct launch *launch,
                           cl_event *event) {
    const struct pl_cl_engine *engine = program->engine;
    cl_kernel kernel = engine->kernel[launch->op];
    const cl_mem memory[] = {program->region[PL_REGION_SCRATCH], program->region[PL_REGION_STEP],
                             program->region[PL_REGION_RUN], program->calls, program->tensors};
    const size_t group[] = {engine->group, 1};
    cl_int error = CL_SUCCESS;
    for (cl_uint k = 0; k < 5 && error == CL_SUCCESS; k++)
        error = clSetKernelArg(kernel, k, sizeof memory[k], &memory[k]);
    if (error == CL_SUCCESS) error = clSetKernelArg(kernel, 5, sizeof launch->call, &launch->call);
    if (error != CL_SUCCESS) return error;
    return clEnqueueNDRangeKernel(engine->queue, kernel, 2, NULL, launch->items, group, 0, NULL,
                                  event);
}

/* A product is several commands: its time runs from a marker before it. */
static cl_int start_timed(struct device_program *program, const struct launch *launch) {
    cl_event first = NULL, last = NULL;
    cl_int error = CL_SUCCESS;
    if (launch->product) {
        error = clEnqueueMarkerWithWaitList(program->engine->queue, 0, NULL, &first);
        if (error == CL_SUCCESS)
            error = pl_cl_product_run(program->engine, launch->product, program->room, &last);
    } else {
        error = start_kernel(program, launch, &first);
        last = first;
    }
    if (error == CL_SUCCESS) pl_cl_profile_add(&program->profile, launch->op, first, last);
    return error;
}

static cl_int start(struct device_program *program, const struct launch *launch) {
    if (program->engine->profiled) return start_timed(program, launch);
    if (!launch->product) return start_kernel(program, launch, NULL);
    return pl_cl_product_run(program->engine, launch->product, program->room, NULL);
}

static void run(struct pl_program *base, int pass, enum pl_phase phase) {
    struct device_program *program = device(base);
    const struct bound *bound = &program->bound[pass][phase];
    for (int k = 0; k < bound->count && program->status == PL_OK; k++)
        fine(program, start(program, &bound->launches[k]), pl_op_info(bound->launches[k].op)->name);
    if (program->status == PL_OK) clFlush(program->engine->queue);
}

/* ---- the table ---- */

static enum pl_status available(void) {
    struct pl_cl_device found;
    return pl_cl_find_device(&found);
}

static void numerics(struct pl_strbuf *out) {
    struct pl_cl_device found;
    if (pl_cl_find_device(&found) != PL_OK)
        pl_strbuf_addf(out, "float32, %s", pl_message());
    else
        pl_strbuf_addf(out, "float32, %s / %s, driver %s, %s", found.platform_name, found.name,
                       found.driver, pl_cl_blas());
}

static void build(struct pl_strbuf *out) {
    pl_strbuf_addf(out, "float32, OpenCL 1.2 and %s", pl_cl_blas());
}

/* The whole batch; beyond this many tokens a batch is cut, or the memory of most devices is. */
enum { TILE_MOST = 1 << 20 };

static int tile(long width, long hidden, size_t tokens) {
    (void)width;
    (void)hidden;
    return tokens < TILE_MOST ? (int)pl_graph_padded(tokens) : TILE_MOST;
}

const struct pl_backend pl_backend_opencl = {
    .name = "opencl",
    .summary = "float32 on any OpenCL 1.2 device; products by CLBlast",
    .element_size = ELEMENT,
    .available = available,
    .numerics = numerics,
    .build = build,
    .devices = pl_cl_list_devices,
    .tile = tile,
    .create = create,
    .destroy = destroy,
    .write = write_numbers,
    .read = read_numbers,
    .gather = gather_numbers,
    .gather_index = gather_index,
    .clear = clear,
    .run = run,
    .check = check,
};
