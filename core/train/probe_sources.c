/* Sources of depth attention by their size, and heads of attention over tokens, in the pass of probe_look.c.
 *
 * Keys of depth attention are normed and values are not, so a source can buy its place by growing: beside its weight
 * a_i stands its norm |v_i|, and its share a_i |v_i| / sum_j a_j |v_j| of what is read, each a mean over tokens
 * (with several depth heads, over heads of a share within each). A site says what it mixes by its `values`; its
 * weights may be the same for every token. For a head of attention over tokens the operator attend_entropy gives a
 * number a token.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/math.h"
#include "core/train/probe_impl.h"

/* A source whose norm is more than so many times the median of the others' is marked. */
static const double LOUD = 3;

/* ---- making ---- */

static bool seen(const struct pl_probe *probe, size_t site) {
    return probe->options.source_norms && probe->network.sites[site].values;
}

void pl_probe_sources_build(struct pl_probe *probe) {
    struct pl_graph *graph = probe->network.graph;
    size_t layers = (size_t)probe->network.depth;
    probe->entropy = PL_ARENA_ARRAY(&probe->arena, int, layers + 1);
    for (size_t k = 0; k < layers; k++) {
        int node = probe->network.attend[k];
        probe->entropy[k] = PL_NONE;
        if (node == PL_NONE || !probe->options.head_entropy) continue;
        const struct pl_node attend = *pl_graph_node(graph, node);
        probe->entropy[k] = pl_attend_entropy(graph, attend.attr.attend.heads, attend.in[0],
                                              attend.in[1], attend.in[3]);
    }
}

int pl_probe_sources_targets(const struct pl_probe *probe, int *out) {
    int count = 0;
    for (size_t k = 0; k < probe->network.site_count; k++) {
        const struct pl_depth_site *site = &probe->network.sites[k];
        if (!seen(probe, k)) continue;
        if (!probe->options.attention) out[count++] = site->weights;
        for (int i = 0; i < site->count; i++) out[count++] = site->values[i];
    }
    for (long k = 0; k < probe->network.depth; k++)
        if (probe->entropy[k] != PL_NONE) out[count++] = probe->entropy[k];
    return count;
}

static double **lists(struct pl_probe *probe, size_t count) {
    return PL_ARENA_ARRAY(&probe->arena, double *, count + 1);
}

static double *room(struct pl_probe *probe, int count) {
    return PL_ARENA_ARRAY(&probe->arena, double, (size_t)count);
}

static int heads_of(const struct pl_probe *probe, size_t layer) {
    return probe->entropy[layer] == PL_NONE ? 0 : pl_probe_node(probe, probe->entropy[layer])->rows;
}

void pl_probe_sources_take_room(struct pl_probe *probe) {
    struct pl_probe_sums *sums = &probe->sums;
    size_t sites = probe->network.site_count, layers = (size_t)probe->network.depth, most = 1;
    sums->weight = lists(probe, sites);
    sums->norm = lists(probe, sites);
    sums->share = lists(probe, sites);
    for (size_t k = 0; k < sites; k++) {
        const struct pl_depth_site *site = &probe->network.sites[k];
        if (!seen(probe, k)) continue;
        sums->weight[k] = room(probe, site->count);
        sums->norm[k] = room(probe, site->count);
        sums->share[k] = room(probe, site->count);
        if ((size_t)(site->count * site->heads) > most) most = (size_t)(site->count * site->heads);
    }
    sums->look = lists(probe, layers);
    sums->look_share = lists(probe, layers);
    for (size_t k = 0; k < layers; k++) {
        sums->look[k] = room(probe, heads_of(probe, k));
        sums->look_share[k] = room(probe, heads_of(probe, k));
    }
    probe->read = pl_alloc(2 * most * (size_t)probe->plan.tokens * sizeof *probe->read);
}

void pl_probe_sources_clear(struct pl_probe *probe) {
    struct pl_probe_sums *sums = &probe->sums;
    for (size_t k = 0; k < probe->network.site_count; k++)
        for (int i = 0; seen(probe, k) && i < probe->network.sites[k].count; i++)
            sums->weight[k][i] = sums->norm[k][i] = sums->share[k][i] = 0;
    for (size_t k = 0; k < (size_t)probe->network.depth; k++)
        for (int a = 0; a < heads_of(probe, k); a++) sums->look[k][a] = sums->look_share[k][a] = 0;
    sums->reaching = 0;
}

/* ---- a tile ---- */

/* Weights of a site, [count * heads][tokens], into [to]. */
static void read_weights(struct pl_probe *probe, const struct pl_depth_site *site, double *to) {
    size_t tokens = (size_t)probe->plan.tokens, rows = (size_t)(site->count * site->heads);
    if (pl_probe_node(probe, site->weights)->domain == PL_TILE) {
        pl_program_read_tile(probe->program, PL_PASS_PROBE, site->weights, to);
        return;
    }
    pl_program_read(probe->program, site->weights, probe->tile);
    for (size_t r = 0; r < rows; r++)
        for (size_t t = 0; t < tokens; t++) to[r * tokens + t] = probe->tile[r];
}

/* Norms of a source's channels, head by head: [heads][tokens]. */
static void read_norms(struct pl_probe *probe, const struct pl_depth_site *site, int entry,
                       int count, double *to) {
    size_t tokens = (size_t)probe->plan.tokens;
    int rows = pl_probe_node(probe, site->values[entry])->rows / site->heads;
    pl_program_read_tile(probe->program, PL_PASS_PROBE, site->values[entry], probe->tile);
    for (int a = 0; a < site->heads; a++)
        for (int t = 0; t < count; t++) {
            double square = 0;
            for (int c = a * rows; c < (a + 1) * rows; c++) {
                double x = probe->tile[(size_t)c * tokens + (size_t)t];
                square += x * x;
            }
            to[(size_t)a * tokens + (size_t)t] = sqrt(square);
        }
}

/* Adds token [t] of a site: entry i of head a at [(i heads + a) tokens + t] of weights and norms. */
static void add_token(struct pl_probe *probe, size_t k, const double *weights, const double *norms,
                      int t) {
    const struct pl_depth_site *site = &probe->network.sites[k];
    struct pl_probe_sums *sums = &probe->sums;
    size_t tokens = (size_t)probe->plan.tokens;
    for (int i = 0; i < site->count; i++) {
        double square = 0;
        for (int a = 0; a < site->heads; a++) {
            double norm = norms[(size_t)(i * site->heads + a) * tokens + (size_t)t];
            square += norm * norm;
        }
        sums->norm[k][i] += sqrt(square);
    }
    for (int a = 0; a < site->heads; a++) {
        double total = 0;
        for (int i = 0; i < site->count; i++) {
            size_t at = (size_t)(i * site->heads + a) * tokens + (size_t)t;
            total += fabs(weights[at]) * norms[at];
        }
        for (int i = 0; i < site->count; i++) {
            size_t at = (size_t)(i * site->heads + a) * tokens + (size_t)t;
            sums->weight[k][i] += weights[at] / site->heads;
            if (total != 0)
                sums->share[k][i] += fabs(weights[at]) * norms[at] / total / site->heads;
        }
    }
}

static void add_site(struct pl_probe *probe, size_t k, int count) {
    const struct pl_depth_site *site = &probe->network.sites[k];
    size_t size = (size_t)(site->count * site->heads) * (size_t)probe->plan.tokens;
    double *weights = probe->read, *norms = weights + size;
    read_weights(probe, site, weights);
    for (int i = 0; i < site->count; i++)
        read_norms(probe, site, i, count,
                   norms + (size_t)(i * site->heads) * (size_t)probe->plan.tokens);
    for (int t = 0; t < count; t++)
        if (probe->counts[t] != 0) add_token(probe, k, weights, norms, t);
}

static void add_heads(struct pl_probe *probe, size_t layer, int count) {
    int sequence = probe->network.graph->sequence;
    pl_program_read_tile(probe->program, PL_PASS_PROBE, probe->entropy[layer], probe->tile);
    for (int a = 0; a < heads_of(probe, layer); a++)
        for (int t = 0; t < count; t++) {
            double entropy = probe->tile[(size_t)a * (size_t)probe->plan.tokens + (size_t)t];
            int reach = t % sequence + 1;
            if (probe->counts[t] == 0) continue;
            probe->sums.look[layer][a] += entropy;
            if (reach > 1) probe->sums.look_share[layer][a] += entropy / pl_log(reach);
        }
}

void pl_probe_sources_tile(struct pl_probe *probe, int count) {
    for (size_t k = 0; k < probe->network.site_count; k++)
        if (seen(probe, k)) add_site(probe, k, count);
    for (size_t k = 0; k < (size_t)probe->network.depth; k++)
        if (probe->entropy[k] != PL_NONE) add_heads(probe, k, count);
    for (int t = 0; t < count; t++)
        probe->sums.reaching += probe->counts[t] != 0 && t % probe->network.graph->sequence > 0;
}

/* ---- what sums come to ---- */

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The norm of entry [i] over the median of the others'. */
static double loudness(const double *norms, int count, int i) {
    double *others = pl_alloc((size_t)count * sizeof *others);
    int n = 0;
    for (int k = 0; k < count; k++)
        if (k != i) others[n++] = norms[k];
    qsort(others, (size_t)n, sizeof *others, by_value);
    double median = n ? (others[n / 2] + others[(n - 1) / 2]) / 2 : NAN;
    pl_free(others);
    return norms[i] / median;
}

static void tell_site(struct pl_probe *probe, size_t k, const char *name, const double *sums) {
    const struct pl_depth_site *site = &probe->network.sites[k];
    for (int i = 0; i < site->count; i++)
        pl_probe_tell(probe, name, (int)site->l, site->from[i], sums[i] / probe->sums.tokens);
}

static void tell_loud(struct pl_probe *probe, size_t k) {
    const struct pl_depth_site *site = &probe->network.sites[k];
    for (int i = 0; i < site->count; i++) {
        double times = loudness(probe->sums.norm[k], site->count, i);
        if (times > LOUD) pl_probe_tell(probe, "source_loud", (int)site->l, site->from[i], times);
    }
}

static void tell_heads(struct pl_probe *probe, const char *name, double **sums, double tokens) {
    for (size_t k = 0; k < (size_t)probe->network.depth && tokens > 0; k++)
        for (int a = 0; a < heads_of(probe, k); a++)
            pl_probe_tell(probe, name, (int)k + 1, a, sums[k][a] / tokens);
}

void pl_probe_sources_tell(struct pl_probe *probe) {
    const struct pl_probe_sums *sums = &probe->sums;
    const struct {
        const char *name;
        double **sums;
    } lists[] = {{"source_weight", sums->weight},
                 {"source_norm", sums->norm},
                 {"source_share", sums->share}};
    for (int n = 0; n < 3; n++)
        for (size_t k = 0; k < probe->network.site_count; k++)
            if (seen(probe, k)) tell_site(probe, k, lists[n].name, lists[n].sums[k]);
    for (size_t k = 0; k < probe->network.site_count; k++)
        if (seen(probe, k)) tell_loud(probe, k);
    tell_heads(probe, "head_entropy", sums->look, sums->tokens);
    tell_heads(probe, "head_entropy_share", sums->look_share, sums->reaching);
}
