/* Streams: several vectors a token, one under another in one tensor (hyper-connections, 2409.19606;
 * mHC, 2512.24880; delta learning, 2601.00417). A tensor of m blocks holds m streams of d rows.
 *
 *     H  [4 d]     ┌ H_0 ┐      stream_mix   Y_k = sum_j C[k,j] X_j       any blocks to any blocks
 *                  │ H_1 │      stream_dot   c[k,j] = <X_k, Y_j>          its gradient in C
 *                  │ H_2 │      project      y_j = W' x_j r_j             coefficients from streams
 *                  └ H_3 ┘      doubly       M = Sinkhorn(z), ...         doubly stochastic C
 *
 * A mixture has several pairs of coefficients and blocks, so that streams and a layer's output enter
 * together, H'_k = sum_j A[k,j] H_j + B[k] y, and it is closed under gradients: the gradient of its
 * blocks is the mixture by transposed coefficients, gathered from all readers; that of its
 * coefficients a dot, whose own gradients are mixtures again.
 *
 * Coefficients have n = K m rows for each token, or are a step-level tensor of K m entries, row by
 * row: [K][m], [m][K] with transpose.
 */
#include "core/graph/op.h"

static void shape_stack(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *x = pl_in(graph, node, 0);
    node->rows = 0;
    for (int k = 0; k < node->in_count; k++) {
        PL_SHAPE(pl_in(graph, node, k)->domain == x->domain);
        PL_SHAPE(pl_in(graph, node, k)->cols == x->cols);
        node->rows += pl_in(graph, node, k)->rows;
    }
    node->cols = x->cols;
    node->domain = x->domain;
}

/* y = x_1 over x_2 over ...:  dx_k = its rows of g */
static void grad_stack(struct pl_grad *grad, int node, int g) {
    struct pl_graph *graph = grad->graph;
    const struct pl_node n = *pl_graph_node(graph, node);
    for (int k = 0, first = 0; k < n.in_count; k++) {
        int rows = pl_graph_node(graph, n.in[k])->rows;
        if (pl_grad_wants(grad, n.in[k]))
            pl_grad_give(grad, n.in[k], pl_view(graph, g, first, rows));
        first += rows;
    }
}

static int entries(const struct pl_node *node) {
    return node->domain == PL_TILE ? node->rows : node->rows * node->cols;
}

static void shape_stream_mix(const struct pl_graph *graph, struct pl_node *node) {
    int blocks = node->attr.stream.blocks, d = 0;
    PL_SHAPE(blocks >= 1 && node->in_count % 2 == 0);
    for (int k = 0; k < node->in_count; k += 2) {
        const struct pl_node *c = pl_in(graph, node, k), *x = pl_in(graph, node, k + 1);
        PL_SHAPE(x->domain == PL_TILE && entries(c) % blocks == 0);
        int sources = entries(c) / blocks;
        PL_SHAPE(x->rows % sources == 0);
        if (!d) d = x->rows / sources;
        PL_SHAPE(x->rows == sources * d);
    }
    node->rows = blocks * d;
    node->domain = PL_TILE;
}

/* dC = <X, G> (or <G, X>), in the order of C;  dX gathers the mixture of G by C transposed */
static void give_mix(struct pl_grad *grad, const struct pl_node *n, int c, int x, int g) {
    struct pl_graph *graph = grad->graph;
    const struct pl_node coefficients = *pl_graph_node(graph, c);
    int sources = entries(&coefficients) / n->attr.stream.blocks;
    bool t = n->attr.stream.transpose, per_token = coefficients.domain == PL_TILE;
    if (pl_grad_wants(grad, c)) {
        const int in[] = {t ? x : g, t ? g : x};
        struct pl_attr attr = {
            .stream = {.blocks = t ? sources : n->attr.stream.blocks, .rows = coefficients.rows}};
        enum pl_op op = per_token ? PL_OP_STREAM_DOT : PL_OP_STREAM_DOT_SUM;
        pl_grad_give(grad, c, pl_op(graph, op, attr, in, 2));
    }
    if (pl_grad_wants(grad, x))
        pl_grad_gather(grad, x, PL_OP_STREAM_MIX,
                       (struct pl_attr){.stream = {.blocks = sources, .transpose = !t}}, NULL, 0,
                       (const int[]){c, g});
}

static void grad_stream_mix(struct pl_grad *grad, int node, int g) {
    const struct pl_node n = *pl_graph_node(grad->graph, node);
    for (int k = 0; k < n.in_count; k += 2) give_mix(grad, &n, n.in[k], n.in[k + 1], g);
}

/* Blocks of the second input of a dot. */
static int dot_blocks(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *x = pl_in(graph, node, 0), *y = pl_in(graph, node, 1);
    PL_SHAPE(x->domain == PL_TILE && y->domain == PL_TILE);
    PL_SHAPE(node->attr.stream.blocks >= 1 && x->rows % node->attr.stream.blocks == 0);
    int d = x->rows / node->attr.stream.blocks;
    PL_SHAPE(y->rows % d == 0);
    return y->rows / d;
}

static void shape_stream_dot(const struct pl_graph *graph, struct pl_node *node) {
    node->rows = node->attr.stream.blocks * dot_blocks(graph, node);
    node->domain = PL_TILE;
}

/* c[k,j] = <x_k, y_j>:  dx_k = sum_j g[k,j] y_j,  dy_j = sum_k g[k,j] x_k */
static void grad_stream_dot(struct pl_grad *grad, int node, int g) {
    struct pl_graph *graph = grad->graph;
    const struct pl_node n = *pl_graph_node(graph, node);
    int x = n.in[0], y = n.in[1], blocks = n.attr.stream.blocks;
    struct pl_attr to_x = {.stream.blocks = blocks};
    struct pl_attr to_y = {.stream = {.blocks = n.rows / blocks, .transpose = true}};
    if (pl_grad_wants(grad, x))
        pl_grad_gather(grad, x, PL_OP_STREAM_MIX, to_x, NULL, 0, (const int[]){g, y});
    if (pl_grad_wants(grad, y))
        pl_grad_gather(grad, y, PL_OP_STREAM_MIX, to_y, NULL, 0, (const int[]){g, x});
}

/* attr.stream.rows: of the result, which has the shape of the coefficients it is the gradient of. */
static void shape_stream_dot_sum(const struct pl_graph *graph, struct pl_node *node) {
    int count = node->attr.stream.blocks * dot_blocks(graph, node);
    PL_SHAPE(node->attr.stream.rows >= 1 && count % node->attr.stream.rows == 0);
    node->rows = node->attr.stream.rows;
    node->cols = count / node->attr.stream.rows;
    node->domain = PL_STEP;
}

/* In: x of G groups, r [G], then matrices W_p of d = rows of x / G rows. */
static void check_projected(const struct pl_graph *graph, struct pl_node *node, int first,
                            int count) {
    const struct pl_node *x = pl_in(graph, node, 0), *r = pl_in(graph, node, 1);
    PL_SHAPE(x->domain == PL_TILE && r->domain == PL_TILE && x->rows % r->rows == 0);
    for (int k = first; k < first + count; k++) {
        PL_SHAPE(pl_in(graph, node, k)->domain == PL_STEP);
        PL_SHAPE(pl_in(graph, node, k)->rows == x->rows / r->rows);
    }
}

/* One block of rows a matrix, in it one a group: y rows are [p][j][columns of W_p]. */
static void shape_project(const struct pl_graph *graph, struct pl_node *node) {
    check_projected(graph, node, 2, node->in_count - 2);
    node->rows = 0;
    for (int k = 2; k < node->in_count; k++)
        node->rows += pl_in(graph, node, k)->cols * pl_in(graph, node, 1)->rows;
    node->domain = PL_TILE;
}

/* y_j = r_j W' x_j, r_j = 1/sqrt(mean x_j^2 + eps). With u_j = r_j g_j:
 *     dW = sum_t sum_j x_j u_j',   dx_j = W u_j - x_j r_j / d <u_j, y_j> */
static void grad_project(struct pl_grad *grad, int node, int g) {
    struct pl_graph *graph = grad->graph;
    const struct pl_node n = *pl_graph_node(graph, node);
    int x = n.in[0], r = n.in[1], matrices = n.in_count - 2, first = 0;
    int groups = pl_graph_node(graph, r)->rows;
    int *in = pl_alloc((size_t)(3 + 2 * matrices) * sizeof *in);
    in[0] = x, in[1] = r, in[2] = node;
    for (int p = 0; p < matrices; p++) {
        int w = n.in[2 + p], rows = groups * pl_graph_node(graph, w)->cols;
        int u = pl_gain(graph, r, pl_view(graph, g, first, rows));
        in[3 + p] = w, in[3 + matrices + p] = u;
        first += rows;
        if (pl_grad_wants(grad, w))
            pl_grad_give(grad, w,
                         pl_op(graph, PL_OP_OUTER, (struct pl_attr){.outer.blocks = groups},
                               (const int[]){x, u}, 2));
    }
    if (pl_grad_wants(grad, x))
        pl_grad_give(grad, x, pl_op(graph, PL_OP_PROJECT_GRAD, n.attr, in, 3 + 2 * matrices));
    pl_free(in);
}

/* In: x, r, y, then all W_p, then all u_p. */
static void shape_project_grad(const struct pl_graph *graph, struct pl_node *node) {
    int matrices = (node->in_count - 3) / 2, groups = pl_in(graph, node, 1)->rows;
    PL_SHAPE(node->in_count == 3 + 2 * matrices);
    check_projected(graph, node, 3, matrices);
    for (int p = 0; p < matrices; p++) {
        const struct pl_node *u = pl_in(graph, node, 3 + matrices + p);
        PL_SHAPE(u->domain == PL_TILE && u->rows == groups * pl_in(graph, node, 3 + p)->cols);
    }
    node->rows = pl_in(graph, node, 0)->rows;
    node->domain = PL_TILE;
}

static int factorial(int n) {
    return n < 2 ? 1 : n * factorial(n - 1);
}

/* Digit i of k in the factorial system chooses among what is left, in order. */
void pl_permutation(int n, int k, int *out) {
    bool used[PL_STREAMS] = {false};
    PL_ASSERT(n >= 1 && n <= PL_STREAMS && k >= 0 && k < factorial(n));
    for (int i = 0; i < n; i++) {
        int skip = k / factorial(n - 1 - i), value = 0;
        k %= factorial(n - 1 - i);
        while (used[value] || skip-- > 0) value++;
        used[value] = true;
        out[i] = value;
    }
}

/* Of the logits, input [z]. */
static void check_doubly(const struct pl_graph *graph, struct pl_node *node, int z) {
    int n = node->attr.doubly.n, rows = pl_in(graph, node, z)->rows;
    PL_SHAPE(pl_in(graph, node, z)->domain == PL_TILE && n >= 1 && n <= PL_STREAMS);
    if (node->attr.doubly.kind == PL_DOUBLY_SINKHORN)
        PL_SHAPE(rows == n * n && node->attr.doubly.iterations >= 1);
    if (node->attr.doubly.kind == PL_DOUBLY_BIRKHOFF) PL_SHAPE(n <= 4 && rows == factorial(n));
    if (node->attr.doubly.kind == PL_DOUBLY_KRONECKER)
        PL_SHAPE(rows % 2 == 0 && n == 1 << rows / 2);
}

static void shape_doubly(const struct pl_graph *graph, struct pl_node *node) {
    check_doubly(graph, node, 0);
    node->rows = node->attr.doubly.n * node->attr.doubly.n;
    node->domain = PL_TILE;
}

static void grad_doubly(struct pl_grad *grad, int node, int g) {
    const struct pl_node n = *pl_graph_node(grad->graph, node);
    const int in[] = {g, n.in[0]};
    if (pl_grad_wants(grad, n.in[0]))
        pl_grad_give(grad, n.in[0], pl_op(grad->graph, PL_OP_DOUBLY_GRAD, n.attr, in, 2));
}

static void shape_doubly_grad(const struct pl_graph *graph, struct pl_node *node) {
    check_doubly(graph, node, 1);
    PL_SHAPE(pl_in(graph, node, 0)->rows == node->attr.doubly.n * node->attr.doubly.n);
    node->rows = pl_in(graph, node, 1)->rows;
    node->domain = PL_TILE;
}

const struct pl_op_rules pl_rules_stack = {shape_stack, grad_stack};
const struct pl_op_rules pl_rules_stream_mix = {shape_stream_mix, grad_stream_mix};
const struct pl_op_rules pl_rules_stream_dot = {shape_stream_dot, grad_stream_dot};
const struct pl_op_rules pl_rules_stream_dot_sum = {shape_stream_dot_sum, NULL};
const struct pl_op_rules pl_rules_project = {shape_project, grad_project};
const struct pl_op_rules pl_rules_project_grad = {shape_project_grad, NULL};
const struct pl_op_rules pl_rules_doubly = {shape_doubly, grad_doubly};
const struct pl_op_rules pl_rules_doubly_grad = {shape_doubly_grad, NULL};
