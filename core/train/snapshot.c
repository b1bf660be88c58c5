#include "core/train/snapshot.h"

#include <string.h>

struct head {
    int64_t step, next, stride, seen;
    uint64_t points, times, numbers; /* how many follow; numbers: of all tensors */
};

/* What of the graph is state: parameters, constant ones included, and moments. */
static bool is_state(const struct pl_node *node) {
    return node->kind == PL_KIND_PARAM || node->kind == PL_KIND_STATE;
}

static size_t entries(const struct pl_node *node) {
    return (size_t)node->rows * (size_t)node->cols;
}

static size_t count_numbers(const struct pl_graph *graph) {
    size_t count = 0;
    for (int n = 0; n < (int)graph->nodes.count; n++)
        if (is_state(pl_graph_node(graph, n))) count += entries(pl_graph_node(graph, n));
    return count;
}

static const struct pl_graph *graph_of(const struct pl_trainer *trainer) {
    return trainer->feeder.network.graph;
}

static void add(struct pl_strbuf *out, const void *data, size_t bytes) {
    pl_strbuf_add_bytes(out, data, bytes);
}

void pl_snapshot_write(struct pl_strbuf *out, const struct pl_running *running) {
    const struct pl_trainer *trainer = running->trainer;
    const struct pl_graph *graph = graph_of(trainer);
    struct head head = {.step = trainer->step,
                        .next = running->next,
                        .stride = running->times.stride,
                        .seen = running->times.seen,
                        .points = running->points.count,
                        .times = running->times.count,
                        .numbers = count_numbers(graph)};
    add(out, &head, sizeof head);
    add(out, running->points.items, running->points.count * sizeof *running->points.items);
    add(out, running->times.seconds, running->times.count * sizeof(double));
    for (int n = 0; n < (int)graph->nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(graph, n);
        if (!is_state(node)) continue;
        double *values = pl_alloc(entries(node) * sizeof *values);
        pl_program_read(trainer->program, n, values);
        add(out, values, entries(node) * sizeof *values);
        pl_free(values);
    }
}

enum pl_status pl_snapshot_check(const struct pl_trainer *trainer, const char *state, size_t size) {
    struct head head = {0};
    if (size >= sizeof head) memcpy(&head, state, sizeof head);
    bool fits = head.step >= 1 && head.step < trainer->options.steps && head.next >= 1 &&
                head.stride >= 1 && head.seen >= 0 &&
                head.points <= size / sizeof(struct pl_point) && head.times <= PL_TIMES &&
                head.numbers == count_numbers(graph_of(trainer)) &&
                size == sizeof head + head.points * sizeof(struct pl_point) +
                            (head.times + head.numbers) * sizeof(double);
    if (fits) return PL_OK;
    return pl_fail(PL_ESTORE, "the state of %zu bytes is not one of this run", size);
}

/* The batches of the steps that were taken are drawn again, so that the next one is the next. */
static void skip_batches(struct pl_running *running, long steps) {
    size_t count;
    if (running->trainer->options.fresh) return; /* each step draws its own */
    for (long step = 0; step < steps; step++) pl_batches_next(&running->batches, &count);
}

static void read_points(struct pl_running *running, const char *bytes, size_t count) {
    for (size_t k = 0; k < count; k++) {
        struct pl_point point;
        memcpy(&point, bytes + k * sizeof point, sizeof point);
        PL_VEC_PUSH(&running->points, point);
    }
}

static void read_tensors(struct pl_trainer *trainer, const char *bytes) {
    const struct pl_graph *graph = graph_of(trainer);
    for (int n = 0; n < (int)graph->nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(graph, n);
        if (!is_state(node)) continue;
        double *values = pl_alloc(entries(node) * sizeof *values);
        memcpy(values, bytes, entries(node) * sizeof *values);
        pl_program_write(trainer->program, n, values);
        bytes += entries(node) * sizeof *values;
        pl_free(values);
    }
}

void pl_snapshot_read(struct pl_running *running, const char *state) {
    struct head head;
    memcpy(&head, state, sizeof head);
    const char *points = state + sizeof head,
               *times = points + head.points * sizeof(struct pl_point);
    running->trainer->step = (long)head.step;
    running->next = (long)head.next;
    running->times.stride = (long)head.stride;
    running->times.seen = (long)head.seen;
    running->times.count = (size_t)head.times;
    memcpy(running->times.seconds, times, head.times * sizeof(double));
    read_points(running, points, (size_t)head.points);
    read_tensors(running->trainer, times + head.times * sizeof(double));
    skip_batches(running, (long)head.step);
}
