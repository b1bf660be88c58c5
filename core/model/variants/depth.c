/* One site of attention over depth, and what all sites of a model share.
 *
 *     sources ─► those within the window ─► weights: of queries and keys, learned, or frozen
 *                                        ─► the mask, when a probe asks for one ─► weighted sum
 *
 * The inverse RMS of a source is made at its first use and kept beside it, however many sites read
 * it. A caller with one source hands that on and asks for no site. Everything made here is nodes
 * of the graph; the arena of the build owns the lists. */
#include "core/model/variants/depth.h"

#include <string.h>

#include "core/base/fault.h"

void pl_sources_add(struct pl_build *build, struct pl_sources *sources, int v) {
    if (sources->count == sources->capacity) {
        int capacity = sources->capacity ? 2 * sources->capacity : 16;
        struct pl_source *items = PL_ARENA_ARRAY(build->arena, struct pl_source, (size_t)capacity);
        if (sources->count) memcpy(items, sources->items, (size_t)sources->count * sizeof *items);
        sources->items = items;
        sources->capacity = capacity;
    }
    int from = sources->count ? sources->items[sources->count - 1].to + 1 : 0;
    sources->items[sources->count++] =
        (struct pl_source){v, PL_NONE, PL_NONE, from, (int)build->layer};
}

void pl_sources_replace(struct pl_sources *sources, int v) {
    struct pl_source *last = &sources->items[sources->count - 1];
    last->v = v;
    last->r = last->normed = PL_NONE;
}

int pl_depth_share(struct pl_build *build, int y) {
    int r = pl_norm_stats(build->graph, y, PL_NORM_RMS, 1e-6, 1);
    return pl_norm_apply(build->graph, y, r, PL_NONE, PL_NORM_RMS);
}

/* Source 0, and the last [window] of the others. */
static int first_seen(const struct pl_depth_options *options, int count) {
    return options->window > 0 && count - 1 > options->window ? count - (int)options->window : 1;
}

static int seen(const struct pl_depth_options *options, int count) {
    return count < 2 ? count : 1 + count - first_seen(options, count);
}

static bool is_static(const struct pl_depth_options *options) {
    return options->mix == PL_DEPTH_STATIC || options->fixed_attn > 0;
}

static bool has_gain(const struct pl_depth_options *options) {
    return options->key_gain && options->key_norm != PL_DEPTH_KEY_NONE;
}

/* ---- depth attention ---- */

/* The inverse RMS of a source, computed once however many sites read it. */
static int key_of(struct pl_build *build, const struct pl_depth_options *options,
                  struct pl_source *source) {
    int groups = options->key_norm == PL_DEPTH_KEY_PERHEAD ? (int)options->heads : 1;
    if (source->r == PL_NONE)
        source->r =
            pl_norm_stats(build->graph, source->v, PL_NORM_RMS, build->host->norm_eps, groups);
    return source->r;
}

/* rms(state); its statistic is a key's where the state is a source. */
static int normalised_state(struct pl_build *build, const struct pl_depth_options *options,
                            struct pl_sources *sources) {
    int r = PL_NONE;
    for (int k = 0; k < sources->count && options->key_norm == PL_DEPTH_KEY_FULL; k++)
        if (sources->items[k].v == sources->state) r = key_of(build, options, &sources->items[k]);
    if (r == PL_NONE)
        r = pl_norm_stats(build->graph, sources->state, PL_NORM_RMS, build->host->norm_eps, 1);
    return pl_norm_apply(build->graph, sources->state, r, PL_NONE, PL_NORM_RMS);
}

/* p = query * gain, where query = w, or w + W rms(state); keys without a norm have no gain. */
static int query(struct pl_build *build, const struct pl_depth_options *options, long l,
                 struct pl_sources *sources) {
    long d = build->host->width;
    struct pl_graph *graph = build->graph;
    bool own = options->query == PL_DEPTH_INPUT;
    enum pl_group group = options->freeze_query ? PL_GROUP_CONSTANT : PL_GROUP_CONNECTION;
    double std = pl_fault("query_random") ? 1 : options->query_std;
    enum pl_fill fill = std > 0 ? PL_FILL_NORMAL : PL_FILL_VALUE;
    int q = pl_residual_param(build, "query", l, d, 1, group, fill, std);
    if (own) {
        int w = pl_residual_param(build, "query_w", l, d, d, group, PL_FILL_VALUE, 0);
        q = pl_bias(graph, pl_matmul(graph, w, normalised_state(build, options, sources)), q);
    }
    if (!has_gain(options)) return q;
    int gain = pl_residual_param(build, "key_gain", l, d, 1, PL_GROUP_CONNECTION, PL_FILL_VALUE, 1);
    return own ? pl_gain(graph, gain, q) : pl_mul(graph, q, gain);
}

static int attention(struct pl_build *build, const struct pl_depth_options *options, long l,
                     struct pl_sources *sources, const int *used, int count) {
    static const enum pl_score scores[] = {[PL_DEPTH_SOFTMAX] = PL_SCORE_SOFTMAX,
                                           [PL_DEPTH_SIGMOID] = PL_SCORE_SIGMOID,
                                           [PL_DEPTH_SPARSEMAX] = PL_SCORE_SPARSEMAX,
                                           [PL_DEPTH_ENTMAX15] = PL_SCORE_ENTMAX15};
    enum pl_score score = scores[options->score];
    if (score == PL_SCORE_SIGMOID && options->sigmoid_norm) score = PL_SCORE_SIGMOID_NORM;
    struct pl_depth depth = {score, (int)options->heads, options->temperature};
    int *r = NULL, *v = PL_ARENA_ARRAY(build->arena, int, (size_t)count);
    int p = query(build, options, l, sources);
    for (int k = 0; k < count; k++) v[k] = sources->items[used[k]].v;
    if (options->key_norm != PL_DEPTH_KEY_NONE && !pl_fault("key_norm_dropped")) {
        r = PL_ARENA_ARRAY(build->arena, int, (size_t)count);
        for (int k = 0; k < count; k++) r[k] = key_of(build, options, &sources->items[used[k]]);
    }
    return pl_depth_weights(build->graph, &depth, p, v, r, count);
}

/* ---- the same weights for every token ---- */

/* One learned logit or weight a source; or frozen random weights. */
static int static_weights(struct pl_build *build, const struct pl_depth_options *options, long l,
                          int count) {
    if (options->fixed_attn > 0)
        return pl_residual_param(build, "fixed", l, count, 1, PL_GROUP_CONSTANT, PL_FILL_SOFTMAX,
                                 options->fixed_attn);
    if (options->static_norm == PL_DEPTH_STATIC_NONE)
        return pl_residual_param(build, "a", l, count, 1, PL_GROUP_CONNECTION, PL_FILL_VALUE, 1);
    int logit =
        pl_residual_param(build, "logit", l, count, 1, PL_GROUP_CONNECTION, PL_FILL_VALUE, 0);
    return pl_softmax(build->graph, logit, options->temperature);
}

/* ---- a site ---- */

/* What of a source is mixed. The statistic of a key norm over all channels is the value's as well. */
static int value_of(struct pl_build *build, const struct pl_depth_options *options,
                    struct pl_source *source) {
    if (options->values == PL_DEPTH_RAW) return source->v;
    if (source->normed == PL_NONE) {
        int r = options->key_norm == PL_DEPTH_KEY_PERHEAD
                    ? pl_norm_stats(build->graph, source->v, PL_NORM_RMS, build->host->norm_eps, 1)
                    : key_of(build, options, source);
        source->normed = pl_norm_apply(build->graph, source->v, r, PL_NONE, PL_NORM_RMS);
    }
    return source->normed;
}

/* The mask of site l, or PL_NONE; and weights under it. */
static int mask_of(struct pl_build *build, long l, int count) {
    if (build->masking == PL_MASKING_OFF) return PL_NONE;
    return pl_residual_param(build, "mask", l, count, 1, PL_GROUP_CONSTANT, PL_FILL_VALUE, 1);
}

static int under_mask(struct pl_build *build, int weights, int mask) {
    enum pl_mask kind =
        build->masking == PL_MASKING_RENORMALISE ? PL_MASK_RENORMALISE : PL_MASK_DROP;
    return mask == PL_NONE ? weights : pl_depth_mask(build->graph, weights, mask, kind);
}

int pl_depth_masked(struct pl_build *build, long l, int weights, int count, const int *from) {
    int mask = mask_of(build, l, count);
    pl_residual_saw_site(build, weights, mask, count, from);
    return under_mask(build, weights, mask);
}

void pl_depth_masked_streams(struct pl_build *build, long l, int weights, int count, int streams,
                             const int *from, int *out) {
    int mask = mask_of(build, l, count);
    pl_network_site(build->network,
                    (struct pl_depth_site){build->site, weights, mask, count, streams, from, true});
    for (int c = 0; c < streams; c++)
        out[c] = under_mask(build, pl_view(build->graph, weights, c * count, count), mask);
}

int pl_depth_site(struct pl_build *build, const struct pl_depth_options *options, long l,
                  struct pl_sources *sources, struct pl_choice_of_sources *chosen) {
    int count = seen(options, sources->count), first = first_seen(options, sources->count);
    int heads = is_static(options) ? 1 : (int)options->heads;
    int *used = PL_ARENA_ARRAY(build->arena, int, (size_t)count);
    int *v = PL_ARENA_ARRAY(build->arena, int, (size_t)count);
    int *from = PL_ARENA_ARRAY(build->arena, int, (size_t)count);
    bool headless = pl_fault("embedding_left_out") && count > 1 && !is_static(options);
    count -= headless;
    for (int k = 0; k < count; k++) {
        used[k] = headless ? first + k : k == 0 ? 0 : first + k - 1;
        v[k] = value_of(build, options, &sources->items[used[k]]);
        from[k] = sources->items[used[k]].from;
    }
    int weights = is_static(options) ? static_weights(build, options, l, count)
                                     : attention(build, options, l, sources, used, count);
    weights = pl_depth_masked(build, l, weights, count, from);
    pl_network_site_values(build->network, v);
    if (chosen && !headless) *chosen = (struct pl_choice_of_sources){weights, first, heads};
    return pl_depth_mix(build->graph, weights, v, count, heads);
}

/* ---- rows of the mixing matrix ---- */

static int place(struct pl_graph *graph, int x, long first, long rows) {
    if (pl_graph_node(graph, x)->rows == rows) return x;
    struct pl_attr attr = {.place = {(int)first, (int)rows}};
    return pl_op(graph, PL_OP_PLACE, attr, &x, 1);
}

int pl_depth_ones(struct pl_build *build, long first, long count) {
    int *parts = PL_ARENA_ARRAY(build->arena, int, (size_t)count), one = pl_const(build->graph, 1);
    for (long i = first; i < count; i++) parts[i - first] = place(build->graph, one, i, count);
    return pl_sum(build->graph, parts, (int)(count - first));
}

int pl_depth_row(struct pl_build *build, const struct pl_choice_of_sources *chosen,
                 const int *source_of, long l) {
    int *parts = PL_ARENA_ARRAY(build->arena, int, (size_t)l), count = 0, heads = chosen->heads;
    for (long i = 0; i < l; i++) {
        int source = source_of[i], at = source == 0 ? 0 : source - chosen->first + 1;
        if (source != 0 && source < chosen->first) continue;
        int weight = pl_view(build->graph, chosen->weights, at * heads, heads);
        parts[count++] = place(build->graph, weight, i * heads, l * heads);
    }
    return pl_sum(build->graph, parts, count);
}

/* ---- costs and complaints ---- */

size_t pl_depth_site_params(const struct pl_depth_options *options, long width, int count) {
    size_t d = (size_t)width, matrix = options->query == PL_DEPTH_INPUT ? d * d : 0;
    if (options->fixed_attn > 0) return 0;
    if (options->mix == PL_DEPTH_STATIC) return (size_t)seen(options, count);
    return (options->freeze_query ? 0 : d + matrix) + (has_gain(options) ? d : 0);
}

double pl_depth_flops(const struct pl_depth_options *options, long width, int count) {
    double d = (double)width, n = seen(options, count);
    double normed = options->values == PL_DEPTH_NORMED ? 3 * d : 0; /* of the newest source */
    if (is_static(options)) return 2 * d * n + normed;
    return normed + 4 * d * n + 2 * d + (options->query == PL_DEPTH_INPUT ? 2 * d * d : 0);
}

long pl_depth_block_size(const struct pl_host *host, long block_size) {
    long about_eight = (host->depth + 4) / 8;
    if (block_size == 0) return 1;
    if (block_size > 0) return block_size;
    long period = pl_host_period(host), size = about_eight > 2 ? about_eight : 2;
    return (size + period - 1) / period * period;
}

enum pl_status pl_depth_check(const struct pl_host *host, const struct pl_depth_options *options,
                              const char **key) {
    *key = "variant.heads";
    if (host->width % options->heads != 0)
        return pl_fail(PL_ECONFIG, "%ld heads do not divide the width %ld; choose a divisor",
                       options->heads, host->width);
    *key = "variant.fixed_attn";
    if (options->fixed_attn > 0 && options->mix == PL_DEPTH_STATIC)
        return pl_fail(PL_ECONFIG, "fixed_attn freezes the weights and mix: static learns them; "
                                   "choose one");
    *key = "variant.summary";
    if (options->summary == PL_DEPTH_SUMMARY_RMS && options->sources == PL_DEPTH_STATES)
        return pl_fail(PL_ECONFIG, "summary: rms sums the outputs of a block, and sources: states "
                                   "has states in their place; choose one");
    *key = "variant.heads";
    if (is_static(options) && options->heads > 1)
        return pl_fail(PL_ECONFIG, "heads apply to attention, not to static or fixed mixing; leave "
                                   "heads at 1");
    return PL_OK;
}
