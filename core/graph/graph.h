/* Graph: what is to be computed. Building a graph computes nothing.
 *
 * A graph is a list of nodes in topological order: a node's inputs have smaller numbers. A node is
 * named by its number (an int); numbers never change. Nodes are single-assignment: each is written
 * once in a pass, so whatever gathers earlier outputs (a residual variant, say) just lists them.
 *
 * Two index domains:
 *
 *     tile level   [rows][tokens]   activations, feature-major: the tokens of a row are contiguous,
 *                                   so per-token work vectorises at any width
 *     step level   [rows][cols]     parameters, and what is computed from them alone; once a step
 *
 * Where only some tokens of a sequence have a target, what comes after the last layer need not be
 * computed for the others. `select` takes the *asked* ones out: tile-level nodes behind it have
 * graph->asked tokens a sequence, sequence after sequence. Fewer are padded with any position and weight 0.
 *
 * An operator with tile-level inputs and a step-level result is a *boundary*: it adds a sum over the
 * tile's tokens to an accumulator, tile after tile in tile order. Gradients are more graph (grad.h),
 * and the planner (plan.h) turns the finished graph into offsets and schedules.
 *
 *     step level    W ──────────┐                       ┌─► outer ──► dW ──► adam_step
 *                               ▼                       │  (boundary)
 *     tile level    x ──► matmul ──► act ──► ... ──► g ─┘
 *
 * A wrong shape is a broken promise between our own functions (PL_ASSERT): what a user can get wrong
 * is checked before a graph is built.
 */
#ifndef PL_GRAPH_GRAPH_H
#define PL_GRAPH_GRAPH_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/strbuf.h"
#include "core/base/vec.h"
#include "core/graph/op_list.h"

#define PL_NONE (-1) /* no node */

enum pl_domain { PL_STEP, PL_TILE };
enum pl_dtype { PL_NUMBER, PL_INDEX }; /* the backend's floating type; int32 labels and ids */

enum pl_kind {
    PL_KIND_OP,     /* computed */
    PL_KIND_PARAM,  /* run state: a named tensor of the model, trained or constant */
    PL_KIND_STATE,  /* run state: an optimizer's moment, starts at 0 */
    PL_KIND_FEED,   /* written by the host: a tile of data, or a step-level scalar */
    PL_KIND_CONST,  /* a step-level scalar fixed at build time */
    PL_KIND_VIEW,   /* rows first.. of another node: (base, first row); costs nothing */
    PL_KIND_PARAMS, /* all parameters of a group, flat, in order of creation */
    PL_KIND_GRADS,  /* their gradients, flat, in the same order */
};

/* Parameters of a group lie contiguous and share an optimizer's settings. */
enum pl_group {
    PL_GROUP_WEIGHT,     /* matrices: weight decay applies */
    PL_GROUP_PLAIN,      /* biases and norm gains: no decay */
    PL_GROUP_CONNECTION, /* a residual variant's own: no decay, their own rate multiplier */
    PL_GROUP_CONSTANT,   /* never trained: frozen queries, a teacher's depth weights */
    PL_GROUP_EMBED,      /* tables of ids and positions: weight decay by an option of its own */
    PL_GROUPS
};

/* How a parameter starts (core/model/init.h draws it). */
enum pl_fill {
    PL_FILL_VALUE,    /* every entry a */
    PL_FILL_UNIFORM,  /* uniform in [-a, a] */
    PL_FILL_NORMAL,   /* N(0, a^2) */
    PL_FILL_SOFTMAX,  /* softmax(g / a), g ~ N(0,1): a fixed row of depth weights */
    PL_FILL_DIAGONAL, /* a where row mod cols is the column, else 0: a I, or a I stacked */
    PL_FILL_ONE_HOT,  /* 1 at entry a, else 0 */
    PL_FILL_ROPE,     /* rows are positions p: cos over sin of p a^(-2c / cols), c < cols / 2 */
};

enum pl_act { PL_ACT_RELU, PL_ACT_GELU, PL_ACT_SILU, PL_ACT_TANH, PL_ACT_SIGMOID };
enum pl_norm { PL_NORM_RMS, PL_NORM_LAYER };
/* How scores s / T become weights. Sparsemax is the nearest point of the simplex, max(s/T - tau, 0); entmax15
 * lies between it and softmax, max(s/2T - tau, 0)^2; tau makes the sum 1, and far sources get exactly 0. */
enum pl_score {
    PL_SCORE_SOFTMAX,
    PL_SCORE_SIGMOID,
    PL_SCORE_SIGMOID_NORM,
    PL_SCORE_SPARSEMAX,
    PL_SCORE_ENTMAX15
};
enum pl_doubly { PL_DOUBLY_SINKHORN, PL_DOUBLY_BIRKHOFF, PL_DOUBLY_KRONECKER };

/* What becomes of the rest when sources are masked: nothing, or it keeps the sum of all. */
enum pl_mask { PL_MASK_DROP, PL_MASK_RENORMALISE };

/* The most streams a doubly stochastic matrix can mix. */
enum { PL_STREAMS = 8 };

/* The fixed numbers of an operator: each uses the struct of its family, the others stay zero. */
struct pl_attr {
    struct {
        double a, b; /* scale: a alone */
    } axpby;
    struct {
        int first, rows; /* view: first alone; place: of the result */
    } place;
    struct {
        enum pl_act kind;
    } act; /* and act_slope */
    struct {
        double temperature;
    } softmax;
    struct {
        bool transpose;
    } matmul;
    struct {
        int blocks; /* of rows, whose products are summed; 0 is 1 */
    } outer;
    struct {
        int rows; /* of the result */
    } row_sum;
    struct {
        bool transpose;
        int size; /* conv_kernel_grad: entries of the kernel */
    } conv;
    struct {
        enum pl_norm kind;
        int groups; /* of rows, each with its own statistic; 0 is 1 */
        double eps;
    } norm;
    struct {
        enum pl_score score;
        int heads; /* groups of channels, each with weights of its own */
        double temperature;
        bool keyed;        /* the r_i (inverse RMS of each source) are among the inputs */
        enum pl_mask mask; /* depth_mask */
    } depth;
    struct {
        int blocks; /* stream_mix: of the result; stream_dot, stream_dot_sum: of x */
        bool transpose;
        int rows; /* stream_dot_sum: of the result */
    } stream;
    struct {
        enum pl_doubly kind;
        int n, iterations;
    } doubly;
    struct {
        unsigned stream; /* hash of a name: equal names give equal masks */
    } dropout;           /* and of attention weights */
    struct {
        double most; /* greatest norm */
    } clip;
    struct {
        int heads;
        bool inverse; /* back */
    } rotate;
    struct {
        int rows; /* embed_grad: of the result, the table */
    } embed;
    struct {
        int heads; /* groups of channels, each with weights of its own */
    } attend;      /* and its kin */
    struct {
        double momentum;
    } sgd;
    struct {
        double beta1, beta2, eps;
    } adam;
    struct {
        int rows; /* of the result */
    } pick;
};

struct pl_node {
    enum pl_kind kind;
    enum pl_op op; /* KIND_OP */
    enum pl_domain domain;
    enum pl_dtype dtype;
    int rows, cols; /* tile level: cols is 0 and stands for the tile's tokens */
    bool asked;    /* tile level: its tokens are those that are asked of each sequence, see above */
    const int *in; /* the graph's */
    int in_count;
    struct pl_attr attr;
    const char *name;    /* of a parameter, feed or state; NULL else */
    int companion;       /* act: its act_slope, adjacent and computed in the same sweep */
    enum pl_group group; /* PARAM, PARAMS, GRADS */
    size_t flat;         /* PARAM: element offset within its group */
    enum pl_fill fill;   /* PARAM: how it starts */
    double fill_a;
    int where_first, where_step; /* entries first, first + step, ... start at where_value instead */
    double where_value;          /* step 0: none do */
    double value;                /* CONST */
};

struct pl_graph {
    struct pl_arena arena; /* owns inputs and names */
    PL_VEC(struct pl_node) nodes;
    size_t group_size[PL_GROUPS]; /* elements, each parameter padded to PL_ALIGN_ELEMENTS */
    int asked;    /* tokens of a sample that are asked; read where there is a select */
    int sequence; /* tokens of a sample, 1 for vectors: the samples of a tile are whole (plan.h) */
    PL_VEC(int) grads; /* grads.items[param] = its gradient, or PL_NONE; after pl_graph_grad */
};

/* Every tensor starts at a multiple of this many elements (64 bytes of float32). */
#define PL_ALIGN_ELEMENTS 16
size_t pl_graph_padded(size_t elements);

void pl_graph_init(struct pl_graph *graph);
void pl_graph_finish(struct pl_graph *graph);

/* ---- reading ---- */

static inline const struct pl_node *pl_graph_node(const struct pl_graph *graph, int node) {
    return &graph->nodes.items[node];
}

/* The node whose memory [node] lies in: a view's base, otherwise itself. *first is its first row. */
int pl_graph_root(const struct pl_graph *graph, int node, int *first);

/* The parameter, feed or state called [name], or PL_NONE. */
int pl_graph_find(const struct pl_graph *graph, const char *name);

/* A boundary operator: tile-level inputs, step-level result. */
bool pl_graph_is_boundary(const struct pl_graph *graph, int node);
/* An operator that overwrites its first input, run state, after everything else. */
bool pl_graph_is_update(const struct pl_node *node);

/* Trained parameters: number of entries (not padded) of a group. */
size_t pl_graph_param_count(const struct pl_graph *graph, enum pl_group group);
/* Of all groups. */
size_t pl_graph_trained_count(const struct pl_graph *graph);

/* Checks every invariant above; aborts naming the broken one. Debug builds call it after building. */
void pl_graph_check(const struct pl_graph *graph);

/* A line a node, or Graphviz. */
void pl_graph_dump_text(const struct pl_graph *graph, struct pl_strbuf *out);
void pl_graph_dump_dot(const struct pl_graph *graph, struct pl_strbuf *out);

/* ---- making: leaves ---- */

int pl_feed_tile(struct pl_graph *graph, const char *name, int rows, enum pl_dtype dtype);
/* The same for the asked tokens. */
int pl_feed_asked(struct pl_graph *graph, const char *name, int rows, enum pl_dtype dtype);
int pl_feed_step(struct pl_graph *graph, const char *name, int rows);
int pl_const(struct pl_graph *graph, double value);
int pl_param(struct pl_graph *graph, const char *name, int rows, int cols, enum pl_group group,
             enum pl_fill fill, double a);
/* Entries first, first + step, ... of a parameter start at [value]: a diagonal, one entry, a column. */
void pl_param_where(struct pl_graph *graph, int param, int first, int step, double value);
int pl_state(struct pl_graph *graph, const char *name, int rows);
int pl_params(struct pl_graph *graph, enum pl_group group); /* after the last parameter */
int pl_grads(struct pl_graph *graph, enum pl_group group);
int pl_view(struct pl_graph *graph, int base, int first, int rows);

/* ---- making: operators (formulas in op_list.h) ---- */

/* The general door: checks shapes by the operator's rule and appends the node. */
int pl_op(struct pl_graph *graph, enum pl_op op, struct pl_attr attr, const int *in, int in_count);

int pl_sum(struct pl_graph *graph, const int *in, int count); /* of one: that node itself */
int pl_add(struct pl_graph *graph, int x, int y);
int pl_axpby(struct pl_graph *graph, double a, int x, double b, int y);
int pl_scale(struct pl_graph *graph, double a, int x);
int pl_mul(struct pl_graph *graph, int x, int y);
int pl_bias(struct pl_graph *graph, int x, int b);
/* s x, where s is a vector with an entry a row of x, a single number, or (tile level) one number a
 * token: a depth_mix of one source. */
int pl_gain(struct pl_graph *graph, int s, int x);
int pl_activate(struct pl_graph *graph, int x, int b, enum pl_act act); /* b may be PL_NONE */
int pl_softmax(struct pl_graph *graph, int a, double temperature);
int pl_sigmoid(struct pl_graph *graph, int a); /* step level; at tile level it is an activation */
int pl_matmul(struct pl_graph *graph, int w, int x);
int pl_matmul_transposed(struct pl_graph *graph, int w, int x); /* W' X */
/* Cross-correlation over neighbouring channels with one kernel w [k], k odd, zeros outside. */
int pl_conv(struct pl_graph *graph, int w, int x);

/* [groups] > 1: each group of rows/groups rows has its own statistic (keys of single depth heads). */
int pl_norm_stats(struct pl_graph *graph, int x, enum pl_norm kind, double eps, int groups);
int pl_norm_apply(struct pl_graph *graph, int x, int stats, int gain,
                  enum pl_norm kind); /* gain may be PL_NONE */

/* Depth attention of one site over [count] sources v (AttnRes, docs/variants.md 4.1 and 5):
 * p [d], or [d][tokens], = query * key gain; r[i] = inverse RMS of v[i] ([1] or [heads] rows), or r NULL for raw keys.
 * The weights are [count * heads][tokens], source-major: rows i*heads.. belong to source i. */
struct pl_depth {
    enum pl_score score;
    int heads;
    double temperature;
};
int pl_depth_weights(struct pl_graph *graph, const struct pl_depth *depth, int p, const int *v,
                     const int *r, int count);
/* weights: of pl_depth_weights, or a step-level vector [count * heads] for static mixing. */
int pl_depth_mix(struct pl_graph *graph, int weights, const int *v, int count, int heads);

/* Takes sources away: mask is a step-level vector, an entry a source, of zeros and ones. */
int pl_depth_mask(struct pl_graph *graph, int weights, int mask, enum pl_mask kind);

/* Streams (op_stream.c): tensors of blocks of rows. */
int pl_stack(struct pl_graph *graph, const int *in, int count);
/* Y_k = sum_j C[k,j] X_j, [blocks] of them, over pairs (C, X); C' with [transpose]. */
int pl_stream_mix(struct pl_graph *graph, int blocks, bool transpose, const int *pairs, int count);
int pl_stream_dot(struct pl_graph *graph, int x, int x_blocks, int y);
/* rms(x_j) W_p of every block j (r has a row a block), W_p [d, .]: rows [p][j][column]. */
int pl_project(struct pl_graph *graph, int x, int r, const int *w, int count);
/* Doubly stochastic [n n] (to, from) from logits z: [n n], [n!] or [2 log2 n] by [kind]. Sinkhorn
 * normalises columns, then rows, [iterations] times; logits more than 80 below their column's largest
 * count as 80 below. */
int pl_doubly(struct pl_graph *graph, enum pl_doubly kind, int n, int iterations, int z);

/* Permutation [k] of 0 .. n-1 in lexicographic order; 0 is the identity. P_k is 1 at (i, out[i]). */
void pl_permutation(int n, int k, int *out);

/* Row id[t] of a table [vocabulary, d]: [d][tokens]. */
int pl_embed(struct pl_graph *graph, int table, int ids);
/* The asked tokens of x [d][tokens]; [asked] is their positions within their sequences. */
int pl_select(struct pl_graph *graph, int x, int asked);
/* Entries are dropped by a hash (dropout.h) of [name], the token's number in the data set and the step-level
 * key: PL_DROPOUT_KEY numbers, the rate p first, then whole numbers below 2^16. Rate 0 changes no bit. */
enum { PL_DROPOUT_KEY = 5 };
int pl_dropout(struct pl_graph *graph, const char *name, int x, int token, int key);
/* Rotary positions (Su et al. 2021): channels c and c + d_h/2 of each head, c < d_h/2, turn by the angle whose
 * cosine and sine are table[p, c] and table[p, c + d_h/2] at position p. */
int pl_rotate(struct pl_graph *graph, int heads, int x, int table, int position);
/* Causal attention within each sequence (op_attend.c): q, k, v [d][tokens], d a multiple of [heads]. */
int pl_attend_lse(struct pl_graph *graph, int heads, int q, int k);
int pl_attend(struct pl_graph *graph, int heads, int q, int k, int v, int lse);
/* With weights dropped out: token and key as in pl_dropout. */
int pl_attend_dropout(struct pl_graph *graph, int heads, const char *name, const int qkv[3],
                      int lse, int token, int key);
int pl_attend_entropy(struct pl_graph *graph, int heads, int q, int k, int lse);

int pl_mse(struct pl_graph *graph, int x, int y, int weight);
int pl_xent(struct pl_graph *graph, int x, int labels, int weight);
int pl_hits(struct pl_graph *graph, int x, int labels, int weight);
int pl_exact(struct pl_graph *graph, int x, int labels, int weight);

#endif
