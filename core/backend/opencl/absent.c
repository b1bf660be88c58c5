/* What stands in the opencl backend's place when a build has none: a row that says why. */
#include "core/backend/backend_impl.h"

static enum pl_status available(void) {
    return pl_fail(
        PL_EBACKEND,
        "this build has no OpenCL: %s; in a checkout `./plumbline --with opencl` installs "
        "what it needs and builds it in",
        PL_OPENCL_ABSENT);
}

static void numerics(struct pl_strbuf *out) {
    pl_strbuf_addf(out, "not in this build: %s", PL_OPENCL_ABSENT);
}

static int tile(long width, long hidden, size_t tokens) {
    (void)width, (void)hidden;
    return (int)pl_graph_padded(tokens);
}

static enum pl_status create(struct pl_program **out, const struct pl_backend *backend,
                             const struct pl_plan *plan) {
    (void)out, (void)backend, (void)plan;
    return available();
}

const struct pl_backend pl_backend_opencl = {
    .name = "opencl",
    .summary = "float32 on any OpenCL 1.2 device; products by CLBlast",
    .element_size = sizeof(float),
    .available = available,
    .numerics = numerics,
    .tile = tile,
    .create = create,
};
