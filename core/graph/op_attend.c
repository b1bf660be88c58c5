/* Causal attention within a sequence (Vaswani et al. 2017), head by head: rows a d_h .. of q, k, v are
 * head a's. Nothing of tokens x tokens outlives a kernel: the statistic lse is kept, a row a head, and
 * whoever needs p_ij computes it again (Dao et al. 2022, 2205.14135, without its blocks of keys).
 *
 *        q     k                       s_ij = <q_i, k_j> / sqrt(d_h), j <= i
 *        └──┬──┘                       lse_i = log sum_j e^s_ij
 *       attend_lse ─► lse              p_ij = e^(s_ij - lse_i)
 *                      │
 *        q, k, v ─► attend ─► o        o_i = sum_j p_ij v_j
 *
 * As with the statistics of a norm, nothing flows back through attend_lse: the gradient of attend
 * accounts for it. With D_i = <g_i, o_i>:
 *
 *     ds_ij = p_ij (<g_i, v_j> - D_i) / sqrt(d_h)
 *     dq_i = sum_j ds_ij k_j     dk_j = sum_i ds_ij q_i     dv_j = sum_i p_ij g_i
 *
 * With dropout of weights, m_ij = 0 or 1/(1 - p): o_i = sum_j m_ij p_ij v_j, dv_j likewise, and ds_ij has
 * m_ij before <g_i, v_j>. Entry a sequence + j of token i decides, j counted within the sequence.
 */
#include "core/graph/op.h"

/* Inputs first.. are q, k, ... of the same rows. */
static int check_rows(const struct pl_graph *graph, struct pl_node *node, int first, int count) {
    int rows = pl_in(graph, node, first)->rows;
    PL_SHAPE(node->attr.attend.heads >= 1 && rows % node->attr.attend.heads == 0);
    for (int k = first; k < first + count; k++)
        PL_SHAPE(pl_in(graph, node, k)->domain == PL_TILE && pl_in(graph, node, k)->rows == rows);
    return rows;
}

static void check_lse(const struct pl_graph *graph, struct pl_node *node, int lse) {
    PL_SHAPE(pl_in(graph, node, lse)->domain == PL_TILE);
    PL_SHAPE(pl_in(graph, node, lse)->rows == node->attr.attend.heads);
}

/* Dropout of weights: number of the token and key at [first], or neither. */
static void check_dropout(const struct pl_graph *graph, struct pl_node *node, int first) {
    if (node->in_count == first) return;
    PL_SHAPE(node->in_count == first + 2);
    PL_SHAPE(pl_in(graph, node, first)->dtype == PL_INDEX && pl_in(graph, node, first)->rows == 1);
    PL_SHAPE(pl_in(graph, node, first + 1)->rows == PL_DROPOUT_KEY);
}

static void shape_attend_lse(const struct pl_graph *graph, struct pl_node *node) {
    check_rows(graph, node, 0, 2);
    node->rows = node->attr.attend.heads;
    node->domain = PL_TILE;
}

static void shape_attend(const struct pl_graph *graph, struct pl_node *node) {
    node->rows = check_rows(graph, node, 0, 3);
    check_lse(graph, node, 3);
    check_dropout(graph, node, 4);
    node->domain = PL_TILE;
}

static void grad_attend(struct pl_grad *grad, int node, int g) {
    struct pl_graph *graph = grad->graph;
    const struct pl_node n = *pl_graph_node(graph, node);
    bool drops = n.in_count > 4;
    const int in[] = {g,
                      n.in[0],
                      n.in[1],
                      n.in[2],
                      node,
                      n.in[3],
                      drops ? n.in[4] : PL_NONE,
                      drops ? n.in[5] : PL_NONE};
    int all = pl_op(graph, PL_OP_ATTEND_GRAD, n.attr, in, drops ? 8 : 6);
    for (int k = 0; k < 3; k++)
        if (pl_grad_wants(grad, n.in[k]))
            pl_grad_give(grad, n.in[k], pl_view(graph, all, k * n.rows, n.rows));
}

static void shape_attend_grad(const struct pl_graph *graph, struct pl_node *node) {
    node->rows = 3 * check_rows(graph, node, 0, 5);
    check_lse(graph, node, 5);
    check_dropout(graph, node, 6);
    node->domain = PL_TILE;
}

static void shape_rotate(const struct pl_graph *graph, struct pl_node *node) {
    const struct pl_node *x = pl_in(graph, node, 0), *table = pl_in(graph, node, 1);
    int heads = node->attr.rotate.heads;
    PL_SHAPE(x->domain == PL_TILE && heads >= 1 && x->rows % (2 * heads) == 0);
    PL_SHAPE(table->domain == PL_STEP && table->cols == x->rows / heads);
    PL_SHAPE(pl_in(graph, node, 2)->dtype == PL_INDEX && pl_in(graph, node, 2)->rows == 1);
    node->rows = x->rows;
    node->domain = PL_TILE;
}

/* A rotation's gradient turns back. The table is a constant. */
static void grad_rotate(struct pl_grad *grad, int node, int g) {
    const struct pl_node n = *pl_graph_node(grad->graph, node);
    struct pl_attr back = {.rotate = {n.attr.rotate.heads, !n.attr.rotate.inverse}};
    const int in[] = {g, n.in[1], n.in[2]};
    PL_ASSERT(!pl_grad_wants(grad, n.in[1]));
    if (pl_grad_wants(grad, n.in[0]))
        pl_grad_give(grad, n.in[0], pl_op(grad->graph, PL_OP_ROTATE, back, in, 3));
}

const struct pl_op_rules pl_rules_rotate = {shape_rotate, grad_rotate};

static void shape_attend_entropy(const struct pl_graph *graph, struct pl_node *node) {
    check_rows(graph, node, 0, 2);
    check_lse(graph, node, 2);
    node->rows = node->attr.attend.heads;
    node->domain = PL_TILE;
}

const struct pl_op_rules pl_rules_attend_lse = {shape_attend_lse, NULL};
const struct pl_op_rules pl_rules_attend = {shape_attend, grad_attend};
const struct pl_op_rules pl_rules_attend_grad = {shape_attend_grad, NULL};
const struct pl_op_rules pl_rules_attend_entropy = {shape_attend_entropy, NULL};
