/* Backends: the table of them, and what is the same for each.
 *
 * A backend is a row of functions (backend_impl.h). Those of a program find the place of a node in
 * its plan, check what the caller promised (a count, a level, a pass), and call the row with that
 * place. What a row leaves NULL has its default here. A backend without its device or library stays
 * in the table; only pl_backend_find and pl_backend_available refuse it, with a sentence. Nothing
 * outside this folder names a row. */
#include "core/backend/backend_impl.h"

#include <math.h>
#include <string.h>

static const struct pl_backend *const registry[] = {&pl_backend_cpu, &pl_backend_ref,
                                                    &pl_backend_opencl};
enum { BACKENDS = sizeof registry / sizeof registry[0] };

const struct pl_backend *pl_backend_at(int index) {
    return index >= 0 && index < BACKENDS ? registry[index] : NULL;
}

enum pl_status pl_backend_find(const struct pl_backend **out, const char *name) {
    *out = NULL;
    for (int k = 0; k < BACKENDS; k++) {
        if (strcmp(registry[k]->name, name) != 0) continue;
        PL_TRY(pl_backend_available(registry[k]));
        *out = registry[k];
        return PL_OK;
    }
    return pl_fail(PL_EBACKEND, "no backend is called \"%s\"; there are cpu, ref and opencl", name);
}

enum pl_status pl_backend_available(const struct pl_backend *backend) {
    return backend->available ? backend->available() : PL_OK;
}

const struct pl_backend *pl_backend_here(int index) {
    for (int k = 0; k < BACKENDS; k++)
        if (pl_backend_available(registry[k]) == PL_OK && index-- == 0) return registry[k];
    return NULL;
}

const char *pl_backend_name(const struct pl_backend *backend) {
    return backend->name;
}

const char *pl_backend_summary(const struct pl_backend *backend) {
    return backend->summary;
}

size_t pl_backend_element_size(const struct pl_backend *backend) {
    return backend->element_size;
}

void pl_backend_numerics(const struct pl_backend *backend, struct pl_strbuf *out) {
    backend->numerics(out);
}

void pl_backend_build(const struct pl_backend *backend, struct pl_strbuf *out) {
    (backend->build ? backend->build : backend->numerics)(out);
}

void pl_backend_devices(const struct pl_backend *backend, struct pl_strbuf *out) {
    if (backend->devices) backend->devices(out);
}

bool pl_backend_portable(const struct pl_backend *backend, const struct pl_graph *graph) {
    return backend->portable && backend->portable(graph);
}

int pl_backend_tile(const struct pl_backend *backend, long width, long hidden, size_t tokens) {
    return backend->tile(width, hidden, tokens);
}

double pl_backend_peak(const struct pl_backend *backend) {
    return backend->peak ? backend->peak() : NAN;
}

enum pl_status pl_program_create(struct pl_program **out, const struct pl_backend *backend,
                                 const struct pl_plan *plan) {
    *out = NULL;
    PL_TRY(backend->create(out, backend, plan));
    for (int n = 0; n < (int)plan->graph->nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(plan->graph, n);
        if (node->kind == PL_KIND_CONST) pl_program_write(*out, n, &node->value);
    }
    return PL_OK;
}

void pl_program_destroy(struct pl_program *program) {
    if (program) program->backend->destroy(program);
}

enum pl_status pl_program_check(struct pl_program *program) {
    return program->backend->check ? program->backend->check(program) : PL_OK;
}

const struct pl_plan *pl_program_plan(const struct pl_program *program) {
    return program->plan;
}

/* The place of a step-level node: the same in every pass that has it. */
static struct pl_slot step_slot(const struct pl_program *program, int node) {
    const struct pl_plan *plan = program->plan;
    for (int p = 0; p < plan->pass_count; p++)
        if (plan->passes[p].slot[node].region) return plan->passes[p].slot[node];
    return (struct pl_slot){PL_REGION_NONE, 0};
}

static size_t step_size(const struct pl_program *program, int node) {
    const struct pl_node *n = pl_graph_node(program->plan->graph, node);
    PL_ASSERT(n->domain == PL_STEP);
    return (size_t)n->rows * (size_t)n->cols;
}

void pl_program_write(struct pl_program *program, int node, const double *values) {
    struct pl_slot slot = step_slot(program, node);
    if (slot.region == PL_REGION_NONE) return; /* no pass reads it */
    program->backend->write(program, slot, values, step_size(program, node));
}

void pl_program_read(struct pl_program *program, int node, double *values) {
    struct pl_slot slot = step_slot(program, node);
    PL_ASSERT(slot.region != PL_REGION_NONE);
    program->backend->read(program, slot, values, step_size(program, node));
}

static const struct pl_pass *pass_of(const struct pl_program *program, int pass) {
    PL_ASSERT(pass >= 0 && pass < program->plan->pass_count);
    return &program->plan->passes[pass];
}

void pl_program_read_tile(struct pl_program *program, int pass, int node, double *values) {
    struct pl_slot slot = pass_of(program, pass)->slot[node];
    const struct pl_node *n = pl_graph_node(program->plan->graph, node);
    PL_ASSERT(n->domain == PL_TILE && slot.region == PL_REGION_SCRATCH);
    program->backend->read(program, slot, values,
                           (size_t)n->rows * (size_t)pl_plan_cols(program->plan, n));
}

void pl_program_gather(struct pl_program *program, int pass, int feed, const float *data,
                       struct pl_gather gather) {
    struct pl_slot slot = pass_of(program, pass)->slot[feed];
    const struct pl_node *node = pl_graph_node(program->plan->graph, feed);
    int cols = pl_plan_cols(program->plan, node);
    PL_ASSERT(gather.count <= cols);
    if (slot.region == PL_REGION_NONE) return; /* this pass does not read it */
    program->backend->gather(program, slot, node->rows, cols, data, gather);
}

void pl_program_gather_index(struct pl_program *program, int pass, int feed, const int32_t *data,
                             struct pl_gather gather) {
    struct pl_slot slot = pass_of(program, pass)->slot[feed];
    int cols = pl_plan_cols(program->plan, pl_graph_node(program->plan->graph, feed));
    PL_ASSERT(gather.count <= cols);
    if (slot.region == PL_REGION_NONE) return;
    program->backend->gather_index(program, slot, cols, data, gather);
}

void pl_program_fill(struct pl_program *program, int pass, int feed, const float *values,
                     int count) {
    pl_program_gather(program, pass, feed, values, (struct pl_gather){.count = count});
}

enum pl_status pl_program_time(struct pl_program *program, const struct pl_node_times *times) {
    if (program->backend->time) {
        program->backend->time(program, times);
        return PL_OK;
    }
    return pl_fail(PL_EBACKEND,
                   "the backend %s does not tell the time of a node; --verbose shows the times of "
                   "its kernels, or ask the backend cpu",
                   program->backend->name);
}

void pl_program_begin(struct pl_program *program, int pass) {
    program->backend->clear(program, pass_of(program, pass)->clear);
    program->backend->run(program, pass, PL_PHASE_BEFORE);
}

void pl_program_tile(struct pl_program *program, int pass) {
    program->backend->run(program, pass, PL_PHASE_TILES);
}

void pl_program_end(struct pl_program *program, int pass) {
    program->backend->run(program, pass, PL_PHASE_AFTER);
    program->backend->run(program, pass, PL_PHASE_UPDATE);
}
