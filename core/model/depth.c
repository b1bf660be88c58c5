#include "core/model/depth.h"

#include <string.h>

void pl_sources_add(struct pl_build *build, struct pl_sources *sources, int v) {
    if (sources->count == sources->capacity) {
        int capacity = sources->capacity ? 2 * sources->capacity : 16;
        struct pl_source *items = PL_ARENA_ARRAY(build->arena, struct pl_source, (size_t)capacity);
        if (sources->count) memcpy(items, sources->items, (size_t)sources->count * sizeof *items);
        sources->items = items;
        sources->capacity = capacity;
    }
    sources->items[sources->count++] = (struct pl_source){v, PL_NONE};
}

/* Source 0, and the last [window] of the others. */
static int first_seen(const struct pl_depth_options *options, int count) {
    return options->window > 0 && count - 1 > options->window ? count - (int)options->window : 1;
}

static int seen(const struct pl_depth_options *options, int count) {
    return count < 2 ? count : 1 + count - first_seen(options, count);
}

/* The inverse RMS of a source, computed once however many sites read it. */
static int key_of(struct pl_build *build, const struct pl_depth_options *options,
                  struct pl_source *source) {
    int groups = options->key_norm == PL_DEPTH_KEY_PERHEAD ? (int)options->heads : 1;
    if (source->r == PL_NONE)
        source->r =
            pl_norm_stats(build->graph, source->v, PL_NORM_RMS, build->host->norm_eps, groups);
    return source->r;
}

/* p = query * gain; keys without a norm have no gain. */
static int query(struct pl_build *build, const struct pl_depth_options *options, long l) {
    long d = build->host->width;
    enum pl_group group = options->freeze_query ? PL_GROUP_CONSTANT : PL_GROUP_CONNECTION;
    enum pl_fill fill = options->query_std > 0 ? PL_FILL_NORMAL : PL_FILL_VALUE;
    int w = pl_residual_param(build, "query", l, d, 1, group, fill, options->query_std);
    if (!options->key_gain || options->key_norm == PL_DEPTH_KEY_NONE) return w;
    int gain = pl_residual_param(build, "key_gain", l, d, 1, PL_GROUP_CONNECTION, PL_FILL_VALUE, 1);
    return pl_mul(build->graph, w, gain);
}

static int attention(struct pl_build *build, const struct pl_depth_options *options, long l,
                     struct pl_source **sources, const int *v, int count) {
    struct pl_depth depth = {(enum pl_score)options->score, (int)options->heads,
                             options->temperature};
    int *r = NULL, p = query(build, options, l);
    if (options->key_norm != PL_DEPTH_KEY_NONE) {
        r = PL_ARENA_ARRAY(build->arena, int, (size_t)count);
        for (int k = 0; k < count; k++) r[k] = key_of(build, options, sources[k]);
    }
    int weights = pl_depth_weights(build->graph, &depth, p, v, r, count);
    return pl_depth_mix(build->graph, weights, v, count, depth.heads);
}

/* One learned logit a source, the same for every token; or frozen random weights. */
static int static_mix(struct pl_build *build, const struct pl_depth_options *options, long l,
                      const int *v, int count) {
    int weights;
    if (options->fixed_attn > 0) {
        weights = pl_residual_param(build, "fixed", l, count, 1, PL_GROUP_CONSTANT, PL_FILL_SOFTMAX,
                                    options->fixed_attn);
    } else {
        int logit =
            pl_residual_param(build, "logit", l, count, 1, PL_GROUP_CONNECTION, PL_FILL_VALUE, 0);
        weights = pl_softmax(build->graph, logit, options->temperature);
    }
    return pl_depth_mix(build->graph, weights, v, count, 1);
}

int pl_depth_attend(struct pl_build *build, const struct pl_depth_options *options, long l,
                    struct pl_sources *sources) {
    if (sources->count == 1) return sources->items[0].v;
    int count = seen(options, sources->count), first = first_seen(options, sources->count);
    struct pl_source **used = PL_ARENA_ARRAY(build->arena, struct pl_source *, (size_t)count);
    int *v = PL_ARENA_ARRAY(build->arena, int, (size_t)count);
    for (int k = 0; k < count; k++) {
        used[k] = &sources->items[k == 0 ? 0 : first + k - 1];
        v[k] = used[k]->v;
    }
    bool is_static = options->mix == PL_DEPTH_STATIC || options->fixed_attn > 0;
    return is_static ? static_mix(build, options, l, v, count)
                     : attention(build, options, l, used, v, count);
}

int pl_depth_readout(struct pl_build *build, const struct pl_depth_options *options,
                     struct pl_sources *sources) {
    int *v = PL_ARENA_ARRAY(build->arena, int, (size_t)sources->count);
    for (int k = 0; k < sources->count; k++) v[k] = sources->items[k].v;
    if (options->readout == PL_DEPTH_READ_LAST) return v[sources->count - 1];
    if (options->readout == PL_DEPTH_READ_SUM) return pl_sum(build->graph, v, sources->count);
    return pl_depth_attend(build, options, build->host->depth + 1, sources);
}

size_t pl_depth_site_params(const struct pl_depth_options *options, long width, int count) {
    if (count < 2 || options->fixed_attn > 0) return 0;
    if (options->mix == PL_DEPTH_STATIC) return (size_t)seen(options, count);
    bool gain = options->key_gain && options->key_norm != PL_DEPTH_KEY_NONE;
    return (size_t)width * (size_t)(!options->freeze_query + gain);
}

double pl_depth_flops(const struct pl_depth_options *options, long width, int count) {
    double d = (double)width, n = seen(options, count);
    if (count < 2) return 0;
    bool is_static = options->mix == PL_DEPTH_STATIC || options->fixed_attn > 0;
    return is_static ? 2 * d * n : 4 * d * n + 2 * d;
}

enum pl_status pl_depth_check(const struct pl_host *host, const struct pl_depth_options *options,
                              const char **key) {
    bool is_static = options->mix == PL_DEPTH_STATIC || options->fixed_attn > 0;
    *key = "variant.heads";
    if (host->width % options->heads != 0)
        return pl_fail(PL_ECONFIG, "%ld heads do not divide the width %ld; choose a divisor",
                       options->heads, host->width);
    if (is_static && options->heads > 1)
        return pl_fail(PL_ECONFIG, "heads apply to attention, not to static or fixed mixing; leave "
                                   "heads at 1");
    *key = "variant.fixed_attn";
    if (options->fixed_attn > 0 && options->mix == PL_DEPTH_STATIC)
        return pl_fail(PL_ECONFIG, "fixed_attn freezes the weights and mix: static learns them; "
                                   "choose one");
    return PL_OK;
}
