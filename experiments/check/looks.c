#include "experiments/check/looks.h"

#include <inttypes.h>

void pl_looks_plan(struct pl_looks *out, size_t first, size_t most) {
    double left = 1.0;
    *out = (struct pl_looks){.count = 1, .seeds = {first}};
    while (out->seeds[out->count - 1] < most && out->count < PL_LOOKS_MOST) {
        size_t next = 2 * out->seeds[out->count - 1];
        out->seeds[out->count++] = next + next / 2 > most ? most : next;
    }
    for (size_t k = 0; k + 1 < out->count; k++) left -= out->share[k] = left / 2.0;
    out->share[out->count - 1] = left;
}

void pl_looks_seeds(struct pl_strbuf *out, const uint64_t *own, size_t own_count, size_t count) {
    uint64_t greatest = 0;
    pl_strbuf_add(out, "seeds=");
    for (size_t k = 0; k < count; k++) {
        uint64_t seed = k < own_count ? own[k] : ++greatest;
        if (k < own_count && seed > greatest) greatest = seed;
        pl_strbuf_addf(out, "%s%" PRIu64, k ? "," : "", seed);
    }
}
