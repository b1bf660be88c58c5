#include "core/model/variants/densenet.h"

#include <math.h>

enum { IDENTITY, NORMAL };

static struct pl_densenet *densenet(struct pl_build *build) {
    return build->state;
}

static bool diagonal(const void *options) {
    return ((const struct pl_densenet_options *)options)->diagonal;
}

void pl_densenet_begin(struct pl_build *build, int e) {
    struct pl_densenet *state = densenet(build);
    size_t outputs = (size_t)build->host->depth + 1;
    state->v = PL_ARENA_ARRAY(build->arena, int, outputs);
    state->w = PL_ARENA_ARRAY(build->arena, int, outputs *(outputs + 1));
    state->v[state->count++] = e;
}

/* W_{l,i} v_i */
static int mapped(struct pl_build *build, long l, long i) {
    const struct pl_densenet_options *options = build->options;
    struct pl_densenet *state = densenet(build);
    long d = build->host->width, cols = options->diagonal ? 1 : d;
    bool normal = options->start == NORMAL;
    enum pl_fill fill = normal              ? PL_FILL_NORMAL
                        : options->diagonal ? PL_FILL_VALUE
                                            : PL_FILL_DIAGONAL;
    const char *what = pl_arena_printf(build->arena, "w.%ld", l);
    int w = pl_residual_param(build, what, i, d, cols, PL_GROUP_CONNECTION, fill,
                              normal ? 1 / sqrt((double)(l * d)) : 1);
    state->w[l * (build->host->depth + 1) + i] = w;
    return options->diagonal ? pl_gain(build->graph, w, state->v[i])
                             : pl_matmul(build->graph, w, state->v[i]);
}

int pl_densenet_input(struct pl_build *build, long l, int port) {
    (void)port;
    if (l == 1) return densenet(build)->v[0];
    int *parts = PL_ARENA_ARRAY(build->arena, int, (size_t)l);
    for (long i = 0; i < l; i++) parts[i] = mapped(build, l, i);
    return pl_sum(build->graph, parts, (int)l);
}

void pl_densenet_output(struct pl_build *build, long l, int y) {
    (void)l;
    struct pl_densenet *state = densenet(build);
    state->v[state->count++] = y;
}

int pl_densenet_readout(struct pl_build *build) {
    return pl_densenet_input(build, build->host->depth + 1, 0);
}

int pl_densenet_mix_row(struct pl_build *build, long l) {
    const struct pl_densenet *state = densenet(build);
    int *parts = PL_ARENA_ARRAY(build->arena, int, (size_t)l), d = (int)build->host->width;
    if (l == 1) return pl_const(build->graph, 1);
    if (!diagonal(build->options)) return PL_NONE;
    for (int i = 0; i < l; i++) {
        struct pl_attr attr = {.place = {i * d, (int)l * d}};
        parts[i] =
            pl_op(build->graph, PL_OP_PLACE, attr, &state->w[l * (build->host->depth + 1) + i], 1);
    }
    return pl_sum(build->graph, parts, (int)l);
}

size_t pl_densenet_param_count(const struct pl_host *host, const void *options) {
    size_t sites = (size_t)host->depth + 1, pairs = sites * (sites + 1) / 2 - 1;
    size_t d = (size_t)host->width;
    return pairs * (diagonal(options) ? d : d * d);
}

double pl_densenet_flops(const struct pl_host *host, const void *options, long l) {
    double d = (double)host->width;
    return l < 2 ? 0 : 2 * d * (diagonal(options) ? 1 : d) * (double)l;
}
