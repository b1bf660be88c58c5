/* The reference backend: plain loops in double. It is the oracle of the other backends, the gradient
 * checker's engine, and the one teachers run on: with contraction off and our own exp, tanh, log and
 * erf its bits are the same on every machine. */
#define REAL double
#include "core/backend/plain/plain.inc"

static const struct pl_host_kernels kernels = PLAIN_KERNELS;

static enum pl_status create(struct pl_program **out, const struct pl_backend *backend,
                             const struct pl_plan *plan) {
    return pl_host_create(out, backend, plan, &kernels);
}

static void numerics(struct pl_strbuf *out) {
    pl_strbuf_add(out, "double, plain loops");
}

static bool portable(const struct pl_graph *graph) {
    (void)graph;
    return true;
}

static int tile(long width, long hidden, size_t tokens) {
    (void)width;
    (void)hidden;
    size_t padded = pl_graph_padded(tokens);
    return padded < 64 ? (int)padded : 64;
}

const struct pl_backend pl_backend_ref = {
    .name = "ref",
    .summary = "plain loops in double: the oracle; the same bits on every machine",
    .element_size = sizeof(double),
    .numerics = numerics,
    .portable = portable,
    .tile = tile,
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
