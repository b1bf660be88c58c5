/* transformer: decoder-only, causal. Odd layers are attention, even ones an MLP; a block is two layers.
 *
 *     e = dropout(E[id] + P[position])               embed.w [vocabulary, d], positions.w [T, d]
 *
 *     attention, for head a, with d_h = d / heads:   layers.l.wq, wk, wv, wo [d, d], .bq, .bk, .bv, .bo
 *         s_ij = <q_i, k_j> / sqrt(d_h), j <= i      q = wq u + bq, and so k and v
 *         o_i = sum_j softmax_j(s_ij) v_j            (weights dropped out with attention_dropout)
 *         y = dropout(wo [o of all heads] + bo)    (as every layer's; not with residual_dropout: false)
 *     q and k: then, with qk_norm, gain * rms within each head (layers.l.q_gain, k_gain [d_h]); then, with
 *     positions: rope, pairs (c, c + d_h/2) turned by position * rope_base^(-2c/d_h)
 *
 *     mlp plain     y = w2 act(w1 u + b1) + b2                       layers.l.w1 [hidden, d], .w2, .b1, .b2
 *     mlp swiglu    y = w2 (silu(w1 u + b1) * (w3 u + b3)) + b2      and .w3 [hidden, d], .b3
 *
 *     logits = W Norm_f(r)                           head.w [classes, d]; tied: W is E; at asked tokens only
 *
 * With value_residual (ResFormer, 2410.17897) layer 1's v goes into that of later ones: first takes it
 * instead, and then there is no wv; mean takes the mean of both.
 */
#include <math.h>

#include "core/model/init.h"
#include "core/model/layer.h"

enum { POSITIONS_LEARNED, POSITIONS_ROPE, POSITIONS_NONE };
enum { MLP_PLAIN, MLP_SWIGLU };
enum { VALUE_NONE, VALUE_FIRST, VALUE_MEAN };

static const struct pl_option rows[] = {
    PL_HOST_ROWS,
    PL_OPTION_INT(struct pl_host, heads, "4", 1, 65536, "attention heads; must divide the width"),
    PL_OPTION_CHOICE(
        struct pl_host, positions, "learned", "learned|rope|none",
        "how a token knows its place: a vector a place that is added, queries and keys "
        "that turn with it, or not at all"),
    PL_OPTION_REAL(struct pl_host, rope_base, "10000", 1, 1e12,
                   "positions: rope: pair c turns by rope_base^(-2c/d_h) a token"),
    PL_OPTION_BOOL(struct pl_host, qk_norm, "false",
                   "RMS norm of queries and keys within each head, with a gain"),
    PL_OPTION_BOOL(struct pl_host, attention_bias, "true",
                   "queries, keys, values and outputs have biases"),
    PL_OPTION_BOOL(struct pl_host, mlp_bias, "true", "both layers of an MLP have biases"),
    PL_OPTION_CHOICE(struct pl_host, mlp, "plain", "plain|swiglu",
                     "w2 act(w1 u), or w2 (silu(w1 u) * w3 u), which does not read activation"),
    PL_OPTION_CHOICE(struct pl_host, head, "linear", "none|linear|tied",
                     "output projection; tied is the table of the embedding, none needs as many "
                     "classes as the width"),
    PL_OPTION_CHOICE(struct pl_host, value_residual, "none", "none|first|mean",
                     "the values of layer 1 replace those of later layers, or are averaged with "
                     "them"),
    PL_OPTION_REAL(struct pl_host, dropout, "0", 0, 0.99,
                   "while training, entries of e and of each layer's output that become 0"),
    PL_OPTION_BOOL(struct pl_host, residual_dropout, "true",
                   "dropout of each layer's output too; false: of e, not of those"),
    PL_OPTION_BOOL(struct pl_host, attention_dropout, "false", "dropout of attention weights too"),
    PL_OPTION_CHOICE(struct pl_host, init, "uniform_fan_in", PL_INIT_NAMES "|" PL_INIT_GPT2,
                     "how weights start"),
};

static enum pl_status check(struct pl_host *host, const char **key) {
    *key = "model.depth";
    if (host->depth % 2)
        return pl_fail(PL_ECONFIG,
                       "the depth is %ld, but a transformer counts attention and MLP as a layer "
                       "each, so it takes an even number: twice the number of blocks",
                       host->depth);
    *key = "model.heads";
    if (host->width % host->heads)
        return pl_fail(PL_ECONFIG, "%ld heads do not divide the width %ld; choose a divisor",
                       host->heads, host->width);
    *key = "model.positions";
    if (host->positions == POSITIONS_ROPE && host->width / host->heads % 2)
        return pl_fail(PL_ECONFIG,
                       "positions is rope, which turns pairs of channels, but a head has %ld of "
                       "them; choose heads so that width / heads is even",
                       host->width / host->heads);
    return PL_OK;
}

static enum pl_status fit(const struct pl_host *host, const struct pl_model_io *io,
                          const char **key) {
    *key = "task.name";
    if (!io->ids || !io->classes)
        return pl_fail(PL_ECONFIG,
                       "the task has vectors for inputs or targets, and a model of the kind "
                       "transformer takes tokens and tells classes; choose a task of sequences, "
                       "such as recall, or model.kind: mlp");
    *key = "model.head";
    if (host->head == PL_MAP_TIED && io->in != io->out)
        return pl_fail(PL_ECONFIG,
                       "model.head is tied, which needs as many classes as tokens: the task has "
                       "%ld tokens and %ld classes; set head: linear",
                       io->in, io->out);
    if (host->head == PL_MAP_NONE && io->out != host->width)
        return pl_fail(PL_ECONFIG,
                       "model.head is none, which needs as many classes as the width: the task "
                       "has %ld and model.width is %ld; set head: linear or make the two equal",
                       io->out, host->width);
    return PL_OK;
}

/* ---- e ---- */

static int table(struct pl_graph *graph, const struct pl_host *host, const char *name, long count) {
    return pl_param(graph, name, (int)count, (int)host->width, PL_GROUP_EMBED, PL_FILL_NORMAL,
                    pl_init_embed(host->init, host->width));
}

/* x with entries dropped out, by the masks of [name]. */
static int dropped(struct pl_network *network, const struct pl_host *host, const char *name,
                   int x) {
    if (host->dropout == 0) return x;
    return pl_dropout(network->graph, name, x, network->feed[PL_FEED_TOKEN],
                      network->feed[PL_FEED_DROPOUT]);
}

/* cos over sin of what each pair of channels turns by at each position. */
static void rope_table(struct pl_graph *graph, const struct pl_host *host,
                       const struct pl_model_io *io) {
    pl_param(graph, "positions.rope", (int)io->tokens, (int)(host->width / host->heads),
             PL_GROUP_CONSTANT, PL_FILL_ROPE, host->rope_base);
}

static int embed(struct pl_network *network, const struct pl_host *host,
                 const struct pl_model_io *io) {
    struct pl_graph *graph = network->graph;
    int ids = pl_network_feed(network, PL_FEED_IDS, 1);
    int e = pl_embed(graph, table(graph, host, "embed.w", io->in), ids);
    if (host->positions != POSITIONS_NONE) pl_network_feed(network, PL_FEED_POSITION, 1);
    if (host->positions == POSITIONS_ROPE) rope_table(graph, host, io);
    if (host->positions == POSITIONS_LEARNED) {
        int p = table(graph, host, "positions.w", io->tokens);
        e = pl_add(graph, e, pl_embed(graph, p, network->feed[PL_FEED_POSITION]));
    }
    network->dropout = host->dropout;
    if (host->dropout > 0) {
        pl_network_feed(network, PL_FEED_TOKEN, 1);
        pl_network_feed(network, PL_FEED_DROPOUT, PL_DROPOUT_KEY);
    }
    return dropped(network, host, "dropout/embed", e);
}

/* ---- layers ---- */

/* Projections into the stream are smaller in a deep model, under gpt2. */
static double into_stream(const struct pl_layer *layer) {
    return pl_init_into_stream(layer->host->init, layer->host->depth);
}

/* A product with layers.l.w[which] [rows, .], and layers.l.b[which], or PL_NONE. */
struct affine {
    int product, bias;
};

static struct affine affine(const struct pl_layer *layer, int x, char which, long out, bool bias,
                            double factor) {
    struct pl_graph *graph = layer->network->graph;
    struct pl_arena names = {0};
    int init = layer->host->init;
    long in = pl_graph_node(graph, x)->rows;
    const char *w = pl_arena_printf(&names, "layers.%ld.w%c", layer->l, which);
    const char *b = pl_arena_printf(&names, "layers.%ld.b%c", layer->l, which);
    int weight = pl_init_weight(graph, w, out, in, init, factor);
    struct affine y = {.bias = bias ? pl_init_bias(graph, b, out, in, init) : PL_NONE};
    y.product = pl_matmul(graph, weight, x);
    pl_arena_finish(&names);
    return y;
}

static int linear(const struct pl_layer *layer, int x, char which, long out, bool bias,
                  double factor) {
    struct affine y = affine(layer, x, which, out, bias, factor);
    return bias ? pl_bias(layer->network->graph, y.product, y.bias) : y.product;
}

/* v of this layer; *layer->memory is that of layer 1. */
static int values(const struct pl_layer *layer, int u) {
    const struct pl_host *host = layer->host;
    int first = *layer->memory;
    if (host->value_residual == VALUE_FIRST && first != PL_NONE) return first;
    int v = linear(layer, u, 'v', host->width, host->attention_bias, layer->factor);
    if (first == PL_NONE) *layer->memory = v;
    if (host->value_residual != VALUE_MEAN || first == PL_NONE) return v;
    return pl_axpby(layer->network->graph, 0.5, v, 0.5, first);
}

/* A query or key on its way to the scores. */
static int scored(const struct pl_layer *layer, int x, char which) {
    struct pl_network *network = layer->network;
    struct pl_graph *graph = network->graph;
    const struct pl_host *host = layer->host;
    int heads = (int)host->heads;
    if (host->qk_norm) {
        struct pl_arena names = {0};
        const char *name = pl_arena_printf(&names, "layers.%ld.%c_gain", layer->l, which);
        int gain = pl_param(graph, name, (int)(host->width / host->heads), 1, PL_GROUP_PLAIN,
                            PL_FILL_VALUE, 1);
        int stats = pl_norm_stats(graph, x, PL_NORM_RMS, host->norm_eps, heads);
        const struct pl_attr attr = {.norm = {.kind = PL_NORM_RMS, .groups = heads}};
        x = pl_op(graph, PL_OP_NORM, attr, (const int[]){x, stats, gain}, 3);
        pl_arena_finish(&names);
    }
    if (host->positions != POSITIONS_ROPE) return x;
    return pl_rotate(graph, heads, x, pl_graph_find(graph, "positions.rope"),
                     network->feed[PL_FEED_POSITION]);
}

/* What each token takes from those before it. */
static int mixed(const struct pl_layer *layer, int q, int k, int v) {
    struct pl_network *network = layer->network;
    const struct pl_host *host = layer->host;
    int heads = (int)host->heads, lse = pl_attend_lse(network->graph, heads, q, k);
    if (host->dropout == 0 || !host->attention_dropout)
        return pl_attend(network->graph, heads, q, k, v, lse);
    struct pl_arena names = {0};
    int o = pl_attend_dropout(
        network->graph, heads, pl_arena_printf(&names, "dropout/attention.%ld", layer->l),
        (const int[]){q, k, v}, lse, network->feed[PL_FEED_TOKEN], network->feed[PL_FEED_DROPOUT]);
    pl_arena_finish(&names);
    return o;
}

static int attention(const struct pl_layer *layer) {
    const struct pl_host *host = layer->host;
    const int *u = layer->u;
    bool ports = layer->ports > 1, bias = host->attention_bias;
    int q = linear(layer, u[0], 'q', host->width, bias, 1);
    int k = linear(layer, u[ports ? PL_PORT_KEY : 0], 'k', host->width, bias, 1);
    int v = values(layer, u[ports ? PL_PORT_VALUE : 0]);
    q = scored(layer, q, 'q'); /* one after the other: a compiler may take arguments in any order */
    k = scored(layer, k, 'k');
    int o = mixed(layer, q, k, v);
    *layer->inner = (struct pl_inner){o, bias};
    layer->network->attend[layer->l - 1] = o;
    return linear(layer, o, 'o', host->width, bias, layer->factor * into_stream(layer));
}

static int mlp(const struct pl_layer *layer) {
    struct pl_graph *graph = layer->network->graph;
    const struct pl_host *host = layer->host;
    bool swiglu = host->mlp == MLP_SWIGLU;
    enum pl_act act = swiglu ? PL_ACT_SILU : (enum pl_act)host->activation;
    int u = layer->u[0];
    struct affine z = affine(layer, u, '1', host->hidden, host->mlp_bias, layer->factor);
    int a = pl_activate(graph, z.product, z.bias, act);
    if (swiglu) a = pl_mul(graph, a, linear(layer, u, '3', host->hidden, host->mlp_bias, 1));
    *layer->inner = (struct pl_inner){a, host->mlp_bias};
    return linear(layer, a, '2', host->width, host->mlp_bias, layer->factor * into_stream(layer));
}

static int layer(const struct pl_layer *layer) {
    int y = layer->l % 2 ? attention(layer) : mlp(layer);
    if (!layer->host->residual_dropout) return y;
    struct pl_arena names = {0};
    y = dropped(layer->network, layer->host,
                pl_arena_printf(&names, "dropout/layers.%ld", layer->l), y);
    pl_arena_finish(&names);
    return y;
}

static long inner(const struct pl_host *host, long l, bool *bias) {
    *bias = l % 2 ? host->attention_bias : host->mlp_bias;
    return l % 2 ? host->width : host->hidden;
}

static int ports(const struct pl_host *host, long l) {
    (void)host;
    return l % 2 ? PL_PORTS : 1;
}

/* ---- logits ---- */

static void head(struct pl_network *network, const struct pl_host *host,
                 const struct pl_model_io *io, int r) {
    struct pl_graph *graph = network->graph;
    if (graph->asked < graph->sequence)
        r = pl_select(graph, r, pl_network_feed(network, PL_FEED_ASKED, 1));
    if (host->final_norm == PL_TRUE)
        r = pl_layer_norm(graph, r, "norms.final.gain", host, PL_GROUP_PLAIN);
    if (host->head == PL_MAP_LINEAR)
        r = pl_matmul(graph, pl_init_weight(graph, "head.w", io->out, host->width, host->init, 1),
                      r);
    if (host->head == PL_MAP_TIED) r = pl_matmul(graph, pl_graph_find(graph, "embed.w"), r);
    pl_host_measures(network, io, r);
}

/* Scores and sums over half the square: a token sees (T + 1) / 2 others on average. */
static double flops(const struct pl_host *host, const struct pl_model_io *io, long l) {
    double d = (double)host->width, matrices = host->mlp == MLP_SWIGLU ? 3 : 2;
    if (l % 2 == 0) return 2 * matrices * d * (double)host->hidden;
    bool no_values = host->value_residual == VALUE_FIRST && l > 1;
    return 2 * (no_values ? 3 : 4) * d * d + 2 * d * ((double)io->tokens + 1);
}

extern const struct pl_host_kind pl_host_transformer;
const struct pl_host_kind pl_host_transformer = {
    .name = "transformer",
    .summary = "tokens in, classes out, causal; odd layers are attention, even ones an MLP",
    .options = PL_OPTIONS("model", rows),
    .period = 2,
    .check = check,
    .fit = fit,
    .embed = embed,
    .ports = ports,
    .layer = layer,
    .inner = inner,
    .head = head,
    .flops = flops,
};
