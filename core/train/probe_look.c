/* One pass over the batch, in double and in a fixed order: tile by tile, node by node, rows before tokens.
 * `clear` empties the sums, `after_tile` adds a tile to them, and the `tell_*` functions turn sums over tokens
 * into means and hand them out. A number is summed by the list that its node stands in (struct pl_network),
 * at the same index; step-level weights are the same for every token and are read once, after the pass.
 */
#include <math.h>
#include <string.h>

#include "core/base/eigen.h"
#include "core/base/math.h"
#include "core/train/probe_impl.h"

/* ---- what there is to see ---- */

static int streams_of(const struct pl_probe *probe, size_t site) {
    return probe->options.streams && probe->network.streams ? probe->network.streams[site].node
                                                            : PL_NONE;
}

static int row_of(const struct pl_probe *probe, size_t site) {
    return probe->options.mixing ? probe->network.row[site] : PL_NONE;
}

static int grad_of(const struct pl_probe *probe, size_t site) {
    return probe->options.gradients ? pl_probe_grad(probe, site) : PL_NONE;
}

int pl_probe_targets(const struct pl_probe *probe, int *out) {
    const struct pl_network *network = &probe->network;
    const struct pl_probe_options *o = &probe->options;
    int count = 0;
    for (size_t k = 0; k < pl_probe_states(probe); k++) {
        if (o->norms || o->rank) out[count++] = network->h[k];
        if (o->norms) out[count++] = network->v[k];
        if (grad_of(probe, k) != PL_NONE) out[count++] = grad_of(probe, k);
        if (row_of(probe, k) != PL_NONE) out[count++] = row_of(probe, k);
        if (streams_of(probe, k) != PL_NONE) out[count++] = streams_of(probe, k);
    }
    for (size_t k = 0; o->attention && k < network->site_count; k++)
        out[count++] = network->sites[k].weights;
    return count;
}

static double *room(struct pl_probe *probe, size_t count) {
    return PL_ARENA_ARRAY(&probe->arena, double, count);
}

/* d means and d x d products. */
static size_t moments(const struct pl_probe *probe, size_t site) {
    size_t d = (size_t)pl_probe_node(probe, probe->network.h[site])->rows;
    return d + d * d;
}

void pl_probe_take_room(struct pl_probe *probe) {
    struct pl_probe_sums *sums = &probe->sums;
    size_t states = pl_probe_states(probe), sites = probe->network.site_count;
    probe->mask = room(probe, states + 1);
    probe->counts = PL_ARENA_ARRAY(&probe->arena, float, (size_t)probe->plan.tokens);
    sums->h = room(probe, states);
    sums->v = room(probe, states);
    sums->grad = room(probe, states);
    sums->cosine = room(probe, states);
    sums->entropy = room(probe, sites);
    sums->largest = room(probe, sites);
    sums->first = room(probe, sites);
    sums->row = PL_ARENA_ARRAY(&probe->arena, double *, states);
    sums->moment = PL_ARENA_ARRAY(&probe->arena, double *, states);
    for (size_t k = 0; k < states; k++) {
        sums->row[k] = room(probe, k + 1);
        sums->moment[k] = probe->options.rank ? room(probe, moments(probe, k)) : NULL;
    }
}

static void clear(struct pl_probe *probe) {
    struct pl_probe_sums *sums = &probe->sums;
    sums->tokens = 0;
    for (size_t k = 0; k < pl_probe_states(probe); k++) {
        sums->h[k] = sums->v[k] = sums->grad[k] = sums->cosine[k] = 0;
        memset(sums->row[k], 0, (k + 1) * sizeof *sums->row[k]);
        if (sums->moment[k]) memset(sums->moment[k], 0, moments(probe, k) * sizeof(double));
    }
    for (size_t k = 0; k < probe->network.site_count; k++)
        sums->entropy[k] = sums->largest[k] = sums->first[k] = 0;
    pl_probe_sources_clear(probe);
}

/* ---- a tile ---- */

/* The tile of the node that was read last: value [row][token]; tokens that do not count are passed over. */
struct window {
    struct pl_probe *probe;
    const float *weight;
    int count;
};

static double at(const struct window *w, int row, int token) {
    return w->probe->tile[(size_t)row * (size_t)w->probe->plan.tokens + (size_t)token];
}

/* Reads a tile-level node; its rows. */
static int read_tile(const struct window *w, int node) {
    pl_program_read_tile(w->probe->program, PL_PASS_PROBE, node, w->probe->tile);
    return pl_probe_node(w->probe, node)->rows;
}

/* Token after token is added to [total], so that the sum over a batch does not depend on how it is cut
 * into tiles. */
static void add_sum(const struct window *w, double *total, int first, int rows, bool squares) {
    for (int t = 0; t < w->count; t++)
        for (int r = first; r < first + rows && w->weight[t] != 0; r++)
            *total += squares ? at(w, r, t) * at(w, r, t) : at(w, r, t);
}

static void add_squares(const struct window *w, double *total, int node) {
    add_sum(w, total, 0, read_tile(w, node), true);
}

/* Of h, whose tile was read: sums and products of its channels. */
static void add_moments(const struct window *w, size_t site, int d) {
    double *mean = w->probe->sums.moment[site], *product = mean + d;
    for (int i = 0; i < d; i++) {
        add_sum(w, &mean[i], i, 1, false);
        for (int j = 0; j <= i; j++)
            for (int t = 0; t < w->count; t++)
                if (w->weight[t] != 0) product[i * d + j] += at(w, i, t) * at(w, j, t);
    }
}

static void add_state(const struct window *w, size_t site) {
    struct pl_probe *probe = w->probe;
    if (!probe->options.norms && !probe->options.rank) return;
    int d = read_tile(w, probe->network.h[site]);
    add_sum(w, &probe->sums.h[site], 0, d, true);
    if (probe->options.rank) add_moments(w, site, d);
}

/* Mean over groups of channels. Rows of step-level weights are read once, at the end. */
static void add_row(const struct window *w, size_t site) {
    struct pl_probe *probe = w->probe;
    int node = row_of(probe, site), outputs = (int)site + 1;
    if (node == PL_NONE || pl_probe_node(probe, node)->domain == PL_STEP) return;
    int groups = read_tile(w, node) / outputs;
    for (int i = 0; i < outputs; i++)
        add_sum(w, &probe->sums.row[site][i], i * groups, groups, false);
}

/* The cosine of blocks a and b of d rows; 0 where one of them is 0. */
static double cosine(const struct window *w, int a, int b, int d, int token) {
    double dot = 0, aa = 0, bb = 0;
    for (int r = 0; r < d; r++) {
        double x = at(w, a * d + r, token), y = at(w, b * d + r, token);
        dot += x * y;
        aa += x * x;
        bb += y * y;
    }
    return aa == 0 || bb == 0 ? 0 : dot / sqrt(aa) / sqrt(bb);
}

static void add_streams(const struct window *w, size_t site) {
    struct pl_probe *probe = w->probe;
    if (streams_of(probe, site) == PL_NONE) return;
    int n = probe->network.streams[site].n, d = read_tile(w, streams_of(probe, site)) / n;
    for (int t = 0; t < w->count; t++)
        for (int b = 1; b < n && w->weight[t] != 0; b++)
            for (int a = 0; a < b; a++)
                probe->sums.cosine[site] += cosine(w, a, b, d, t) / (n * (n - 1) / 2);
}

/* ---- weights over depth ---- */

/* Entropy, largest and first of weights that are divided by their sum; NaN with one below 0. */
static void describe(const double *weights, int count, size_t stride, double out[3]) {
    double total = 0, entropy = 0, largest = 0, least = 0;
    for (int k = 0; k < count; k++) {
        double x = weights[(size_t)k * stride];
        total += x;
        least = x < least ? x : least;
    }
    for (int k = 0; k < count; k++) {
        double p = weights[(size_t)k * stride] / total;
        largest = p > largest ? p : largest;
        if (p > 0 || isnan(p)) entropy -= p * pl_log(p);
    }
    const double found[3] = {entropy, largest, weights[0] / total};
    for (int k = 0; k < 3; k++) out[k] = least < 0 || isnan(total) ? NAN : found[k];
}

static void add_weights(struct pl_probe *probe, size_t site, const double *weights, size_t stride) {
    const struct pl_depth_site *s = &probe->network.sites[site];
    size_t to_head = s->by_head ? stride * (size_t)s->count : stride;
    size_t to_entry = s->by_head ? stride : stride * (size_t)s->heads;
    for (int head = 0; head < s->heads; head++) {
        double found[3];
        describe(weights + (size_t)head * to_head, s->count, to_entry, found);
        probe->sums.entropy[site] += found[0] / s->heads;
        probe->sums.largest[site] += found[1] / s->heads;
        probe->sums.first[site] += found[2] / s->heads;
    }
}

static void add_site(const struct window *w, size_t site) {
    struct pl_probe *probe = w->probe;
    int node = probe->network.sites[site].weights;
    if (pl_probe_node(probe, node)->domain == PL_STEP) return;
    read_tile(w, node);
    for (int t = 0; t < w->count; t++)
        if (w->weight[t] != 0)
            add_weights(probe, site, probe->tile + t, (size_t)probe->plan.tokens);
}

/* A token counts where any of its sample has weight: others read it. */
static void choose_tokens(struct pl_probe *probe, int count, const float *weight) {
    int sequence = probe->network.graph->sequence;
    for (int first = 0; first < count; first += sequence) {
        bool some = false;
        for (int t = first; t < first + sequence; t++) some |= weight[t] != 0;
        for (int t = first; t < first + sequence; t++) probe->counts[t] = some;
        probe->sums.tokens += some ? sequence : 0;
    }
}

static void after_tile(void *ctx, int count, const float *weight) {
    struct pl_probe *probe = ctx;
    const struct window w = {probe, probe->counts, count};
    choose_tokens(probe, count, weight);
    for (size_t k = 0; k < pl_probe_states(probe); k++) {
        add_state(&w, k);
        if (probe->options.norms) add_squares(&w, &probe->sums.v[k], probe->network.v[k]);
        if (grad_of(probe, k) != PL_NONE) add_squares(&w, &probe->sums.grad[k], grad_of(probe, k));
        add_row(&w, k);
        add_streams(&w, k);
    }
    for (size_t k = 0; probe->options.attention && k < probe->network.site_count; k++)
        add_site(&w, k);
    pl_probe_sources_tile(probe, count);
}

/* ---- what sums come to ---- */

static double rms(const struct pl_probe *probe, int node, double squares) {
    return sqrt(squares / (probe->sums.tokens * pl_probe_node(probe, node)->rows));
}

/* Where some layers are attention over tokens: means of [value] (at l - 1; NaN: none) over those, and over the
 * others. Of root mean squares, the root of the mean square. */
static void tell_kinds(const struct pl_probe *probe, const char *of_attention, const char *of_mlp,
                       const double *value, bool squares) {
    double total[2] = {0, 0};
    int count[2] = {0, 0};
    for (long l = 1; l <= probe->network.depth; l++) {
        int mlp = probe->network.attend[l - 1] == PL_NONE;
        double x = value[l - 1];
        if (isnan(x)) continue;
        total[mlp] += squares ? x * x : x;
        count[mlp]++;
    }
    bool kinds = false;
    for (long l = 1; l <= probe->network.depth; l++)
        kinds |= probe->network.attend[l - 1] != PL_NONE;
    for (int mlp = 0; mlp < 2 && kinds; mlp++) {
        double mean = total[mlp] / count[mlp];
        if (count[mlp])
            pl_probe_tell(probe, mlp ? of_mlp : of_attention, -1, -1, squares ? sqrt(mean) : mean);
    }
}

static void tell_norms(const struct pl_probe *probe) {
    size_t states = pl_probe_states(probe);
    double *h = pl_alloc(2 * states * sizeof *h), *v = h + states;
    for (size_t k = 0; k < states; k++) h[k] = rms(probe, probe->network.h[k], probe->sums.h[k]);
    for (size_t k = 0; k < states; k++) v[k] = rms(probe, probe->network.v[k], probe->sums.v[k]);
    for (size_t k = 0; k < states; k++) pl_probe_tell(probe, "h_rms", (int)k + 1, -1, h[k]);
    tell_kinds(probe, "h_rms_attention", "h_rms_mlp", h, true);
    for (size_t k = 0; k < states; k++) pl_probe_tell(probe, "v_rms", (int)k, -1, v[k]);
    tell_kinds(probe, "v_rms_attention", "v_rms_mlp", v + 1, true);
    pl_free(h);
}

/* 0 where the loss does not depend on the state. */
static void tell_gradients(const struct pl_probe *probe) {
    for (size_t k = 0; k < pl_probe_states(probe); k++)
        pl_probe_tell(probe, "h_grad", (int)k + 1, -1, sqrt(probe->sums.grad[k]));
}

/* Sums to means; step-level weights are the same for every token. */
static void finish_row(struct pl_probe *probe, size_t site) {
    int node = row_of(probe, site), outputs = (int)site + 1;
    const struct pl_node *row = pl_probe_node(probe, node);
    double *means = probe->sums.row[site];
    if (row->domain == PL_TILE) {
        int groups = row->rows / outputs;
        for (int i = 0; i < outputs; i++) means[i] /= probe->sums.tokens * groups;
        return;
    }
    int groups = row->rows * row->cols / outputs;
    pl_program_read(probe->program, node, probe->tile);
    for (int i = 0; i < outputs * groups; i++) means[i / groups] += probe->tile[i] / groups;
}

static void tell_mixing(struct pl_probe *probe) {
    for (size_t k = 0; k < pl_probe_states(probe); k++) {
        if (row_of(probe, k) == PL_NONE) continue;
        finish_row(probe, k);
        for (size_t i = 0; i <= k; i++)
            pl_probe_tell(probe, "mixing", (int)k + 1, (int)i, probe->sums.row[k][i]);
    }
}

/* A list of numbers of the sites; a site without one (weights below 0) is left out. */
static void tell_sites(const struct pl_probe *probe, const char *const name[3],
                       const double *sums) {
    double *by_layer = pl_alloc(pl_probe_states(probe) * sizeof *by_layer);
    for (size_t k = 0; k < pl_probe_states(probe); k++) by_layer[k] = NAN;
    for (size_t k = 0; k < probe->network.site_count; k++) {
        const struct pl_depth_site *site = &probe->network.sites[k];
        bool step = pl_probe_node(probe, site->weights)->domain == PL_STEP;
        double mean = step ? sums[k] : sums[k] / probe->sums.tokens;
        if (!isnan(mean)) pl_probe_tell(probe, name[0], (int)site->l, -1, mean);
        by_layer[site->l - 1] = mean; /* of several ports, the last */
    }
    tell_kinds(probe, name[1], name[2], by_layer, false);
    pl_free(by_layer);
}

static void tell_depth(struct pl_probe *probe) {
    for (size_t k = 0; k < probe->network.site_count; k++) {
        int node = probe->network.sites[k].weights;
        if (pl_probe_node(probe, node)->domain == PL_TILE) continue;
        pl_program_read(probe->program, node, probe->tile);
        add_weights(probe, k, probe->tile, 1);
    }
    static const char *const names[3][3] = {
        {"attn_entropy", "attn_entropy_attention", "attn_entropy_mlp"},
        {"attn_max", "attn_max_attention", "attn_max_mlp"},
        {"attn_first", "attn_first_attention", "attn_first_mlp"},
    };
    tell_sites(probe, names[0], probe->sums.entropy);
    tell_sites(probe, names[1], probe->sums.largest);
    tell_sites(probe, names[2], probe->sums.first);
}

static void tell_streams(const struct pl_probe *probe) {
    for (size_t k = 0; k < pl_probe_states(probe); k++)
        if (streams_of(probe, k) != PL_NONE)
            pl_probe_tell(probe, "stream_cosine", (int)k + 1, -1,
                          probe->sums.cosine[k] / probe->sums.tokens);
}

/* Variance below this share of the mean square is rounding. */
static const double NO_VARIANCE = 1e-12;

/* exp of the entropy of the eigenvalues as shares of their sum; 0 without any. */
static double spread(const double *values, int count, double least) {
    double total = 0, entropy = 0;
    for (int k = 0; k < count; k++) {
        if (isnan(values[k])) return NAN;
        total += values[k] > least ? values[k] : 0;
    }
    for (int k = 0; k < count; k++)
        if (values[k] > least) entropy -= values[k] / total * pl_log(values[k] / total);
    return total > 0 ? pl_exp(entropy) : 0;
}

/* Of the covariance of h over tokens. */
static double effective_rank(struct pl_probe *probe, size_t site) {
    int d = pl_probe_node(probe, probe->network.h[site])->rows;
    double *mean = probe->sums.moment[site], *c = mean + d, tokens = probe->sums.tokens;
    double *values = pl_alloc((size_t)d * sizeof *values);
    for (int i = 0; i < d; i++)
        for (int j = 0; j <= i; j++)
            c[i * d + j] = c[i * d + j] / tokens - mean[i] / tokens * (mean[j] / tokens);
    pl_eigenvalues(c, d, values);
    double found = spread(values, d, NO_VARIANCE * probe->sums.h[site] / tokens);
    pl_free(values);
    return found;
}

static void tell_ranks(struct pl_probe *probe) {
    for (size_t k = 0; k < pl_probe_states(probe); k++)
        pl_probe_tell(probe, "effective_rank", (int)k + 1, -1, effective_rank(probe, k));
}

void pl_probe_look(struct pl_probe *probe) {
    const struct pl_probe_options *o = &probe->options;
    clear(probe);
    pl_feeder_run(&probe->feeder, PL_PASS_PROBE, &probe->batch, after_tile, probe);
    pl_probe_tell(probe, "probe_loss", -1, -1,
                  pl_feeder_read(&probe->feeder, probe->network.measure[PL_MEASURE_LOSS]));
    if (o->norms) tell_norms(probe);
    if (o->gradients) tell_gradients(probe);
    if (o->rank) tell_ranks(probe);
    if (o->attention) tell_depth(probe);
    if (o->streams) tell_streams(probe);
    if (o->mixing) tell_mixing(probe);
    pl_probe_sources_tell(probe);
}
