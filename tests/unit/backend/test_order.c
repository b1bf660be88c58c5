/* The order of the cpu backend's sums over tokens (struct pl_host_kernels): the same bits at every
 * level and tile width, and the bits of loops written out here. */
#include "core/base/rng.h"
#include "core/graph/op.h"
#include "tests/support/levels.h"
#include "tests/support/support.h"

enum { TOKENS = 300, MOST_INPUTS = 7, MOST_ROWS = 12, MOST_ENTRIES = 16 };

/* A boundary operator: tile-level inputs, of which [labels] (0: none) are labels below rows[0], and
 * how the share of a token is added. */
struct boundary {
    enum pl_op op;
    struct pl_attr attr;
    int inputs, rows[MOST_INPUTS], labels;
    /* Adds what a token with inputs x[k][row] gives to sum[entry]; NULL: only compared with itself. */
    void (*add)(const struct boundary *b, float *const x[], float *sum);
};

/* Chains of fused multiply-adds over rows. */
static float dot(const float *x, const float *y, int rows) {
    float sum = 0;
    for (int c = 0; c < rows; c++) sum = fmaf(x[c], y[c], sum);
    return sum;
}

static void add_rows(const struct boundary *b, float *const x[], float *sum) {
    for (int c = 0; c < b->rows[0]; c++) sum[c] += x[0][c];
}

static void add_gains(const struct boundary *b, float *const x[], float *sum) {
    bool layer = b->attr.norm.kind == PL_NORM_LAYER;
    int rows = b->rows[0] / b->attr.norm.groups;
    float mean = layer ? x[2][0] : 0;
    for (int c = 0; c < b->rows[0]; c++)
        sum[c] = fmaf(x[0][c], (x[1][c] - mean) * x[2][layer + c / rows], sum[c]);
}

static void add_kernel(const struct boundary *b, float *const x[], float *sum) {
    int rows = b->rows[0], size = b->attr.conv.size;
    for (int j = 0; j < size; j++) {
        int shift = j - size / 2, from = shift < 0 ? -shift : 0;
        int count = rows - (shift < 0 ? -shift : shift);
        if (count > 0) sum[j] += dot(x[0] + from, x[1] + from + shift, count);
    }
}

static void add_static(const struct boundary *b, float *const x[], float *sum) {
    int heads = b->attr.depth.heads, rows = b->rows[0] / heads;
    for (int i = 0; i + 1 < b->inputs; i++)
        for (int h = 0; h < heads; h++)
            sum[i * heads + h] += dot(x[0] + h * rows, x[1 + i] + h * rows, rows);
}

/* in: delta, v_i ..., r_i ... */
static void add_query(const struct boundary *b, float *const x[], float *sum) {
    int heads = b->attr.depth.heads, sources = (b->inputs - 1) / 2, rows = b->rows[1] / heads;
    for (int c = 0; c < b->rows[1]; c++) {
        float token = 0;
        for (int i = 0; i < sources; i++)
            token = fmaf(x[0][i * heads + c / rows] * x[1 + sources + i][0], x[1 + i][c], token);
        sum[c] += token;
    }
}

static void add_dots(const struct boundary *b, float *const x[], float *sum) {
    int blocks = b->attr.stream.blocks, d = b->rows[0] / blocks, others = b->rows[1] / d;
    for (int k = 0; k < blocks; k++)
        for (int j = 0; j < others; j++) sum[k * others + j] += dot(x[0] + k * d, x[1] + j * d, d);
}

static void add_mse(const struct boundary *b, float *const x[], float *sum) {
    float token = 0;
    for (int c = 0; c < b->rows[0]; c++) token = fmaf(x[0][c] - x[1][c], x[0][c] - x[1][c], token);
    sum[0] += x[2][0] * (token / (float)b->rows[0]);
}

static void add_hits(const struct boundary *b, float *const x[], float *sum) {
    int best = 0;
    for (int c = 1; c < b->rows[0]; c++) best = x[0][c] > x[0][best] ? c : best;
    sum[0] += best == (int)x[1][0] ? x[2][0] : 0;
}

static const struct boundary boundaries[] = {
    {PL_OP_ROW_SUM, {.row_sum = {11}}, 1, {11}, 0, add_rows},
    {PL_OP_NORM_GAIN_GRAD, {.norm = {PL_NORM_RMS, 1}}, 3, {11, 11, 1}, 0, add_gains},
    {PL_OP_NORM_GAIN_GRAD, {.norm = {PL_NORM_RMS, 3}}, 3, {12, 12, 3}, 0, add_gains},
    {PL_OP_NORM_GAIN_GRAD, {.norm = {PL_NORM_LAYER, 1}}, 3, {7, 7, 2}, 0, add_gains},
    {PL_OP_CONV_KERNEL_GRAD, {.conv = {.size = 5}}, 2, {9, 9}, 0, add_kernel},
    {PL_OP_DEPTH_STATIC_GRAD, {.depth = {.heads = 1}}, 7, {9, 9, 9, 9, 9, 9, 9}, 0, add_static},
    {PL_OP_DEPTH_STATIC_GRAD, {.depth = {.heads = 2}}, 3, {12, 12, 12}, 0, add_static},
    {PL_OP_DEPTH_QUERY_GRAD,
     {.depth = {.heads = 1, .keyed = true}},
     7,
     {3, 11, 11, 11, 1, 1, 1},
     0,
     add_query},
    {PL_OP_DEPTH_QUERY_GRAD,
     {.depth = {.heads = 2, .keyed = true}},
     5,
     {4, 10, 10, 1, 1},
     0,
     add_query},
    {PL_OP_STREAM_DOT_SUM, {.stream = {.blocks = 4, .rows = 4}}, 2, {12, 12}, 0, add_dots},
    {PL_OP_STREAM_DOT_SUM, {.stream = {.blocks = 3, .rows = 3}}, 2, {6, 10}, 0, add_dots},
    {PL_OP_MSE, {.axpby = {0}}, 3, {5, 5, 1}, 0, add_mse},
    {PL_OP_XENT, {.axpby = {0}}, 3, {5, 1, 1}, 1, NULL},
    {PL_OP_HITS, {.axpby = {0}}, 3, {5, 1, 1}, 1, add_hits},
};
enum { BOUNDARIES = sizeof boundaries / sizeof boundaries[0] };

/* The values of the inputs, token by token. */
struct batch {
    float x[MOST_INPUTS][TOKENS * MOST_ROWS];
    int32_t labels[TOKENS];
};

static void draw(struct batch *batch, const struct boundary *b) {
    struct pl_rng rng;
    pl_rng_init(&rng, 7, "test");
    for (int k = 0; k < b->inputs; k++)
        for (int i = 0; i < TOKENS * b->rows[k]; i++) batch->x[k][i] = (float)pl_rng_normal(&rng);
    for (int t = 0; b->labels && t < TOKENS; t++) {
        batch->labels[t] = (int32_t)pl_rng_below(&rng, (uint64_t)b->rows[0]);
        batch->x[b->labels][t] = (float)batch->labels[t];
    }
}

/* Sixteen partial sums an entry, token t in number t mod 16, folded by halves. */
static void by_hand(const struct boundary *b, struct batch *batch, float *out) {
    float part[16][MOST_ENTRIES] = {{0}};
    for (int t = 0; t < TOKENS; t++) {
        float *x[MOST_INPUTS];
        for (int k = 0; k < b->inputs; k++) x[k] = batch->x[k] + t * b->rows[k];
        b->add(b, x, part[t % 16]);
    }
    for (int half = 8; half > 0; half /= 2)
        for (int l = 0; l < half; l++)
            for (int e = 0; e < MOST_ENTRIES; e++) part[l][e] += part[l + half][e];
    memcpy(out, part[0], sizeof part[0]);
}

/* The entries, on cpu, with tiles of [tile] tokens; how many they are. */
static int by_cpu(const struct boundary *b, struct batch *batch, int tile, float *out) {
    static const char *const names[MOST_INPUTS] = {"a", "b", "c", "d", "e", "f", "g"};
    struct pl_graph graph;
    struct pl_plan plan;
    struct pl_program *program;
    const struct pl_backend *cpu;
    int in[MOST_INPUTS];
    double values[MOST_ENTRIES];
    pl_graph_init(&graph);
    for (int k = 0; k < b->inputs; k++)
        in[k] = pl_feed_tile(&graph, names[k], b->rows[k],
                             b->labels && k == b->labels ? PL_INDEX : PL_NUMBER);
    int node = pl_op(&graph, b->op, b->attr, in, b->inputs);
    int count = pl_graph_node(&graph, node)->rows * pl_graph_node(&graph, node)->cols;
    PL_REQUIRE(count <= MOST_ENTRIES);
    pl_plan_make(&plan, &graph, tile, &(struct pl_pass_spec){"sum", &node, 1}, 1);
    PL_REQUIRE_OK(pl_backend_find(&cpu, "cpu"));
    PL_REQUIRE_OK(pl_program_create(&program, cpu, &plan));
    for (int step = 0; step < 2; step++) { /* the second begins from 0 again */
        pl_program_begin(program, 0);
        for (int first = 0; first < TOKENS; first += tile) {
            int rest = TOKENS - first;
            struct pl_gather gather = {.first = (size_t)first, .count = rest < tile ? rest : tile};
            for (int k = 0; k < b->inputs; k++)
                if (b->labels && k == b->labels)
                    pl_program_gather_index(program, 0, in[k], batch->labels, gather);
                else
                    pl_program_gather(program, 0, in[k], batch->x[k], gather);
            pl_program_tile(program, 0);
        }
        pl_program_end(program, 0);
    }
    pl_program_read(program, node, values);
    for (int e = 0; e < count; e++) out[e] = (float)values[e];
    pl_program_destroy(program);
    pl_plan_finish(&plan);
    pl_graph_finish(&graph);
    return count;
}

static void test_order__sums_over_tokens_are_sixteen(void) {
    static const int tiles[] = {16, 48, 144, 304};
    static struct batch batch;
    for (int at = 0; at < BOUNDARIES; at++) {
        const struct boundary *b = &boundaries[at];
        float truth[MOST_ENTRIES];
        draw(&batch, b);
        if (b->add)
            by_hand(b, &batch, truth);
        else
            by_cpu(b, &batch, 32, truth);
        for (int k = 0; (k = pl_test_level(k));)
            for (int tile = 0; tile < 4; tile++) {
                float found[MOST_ENTRIES];
                int count = by_cpu(b, &batch, tiles[tile], found);
                for (int e = 0; e < count; e++) {
                    if (memcmp(&found[e], &truth[e], sizeof(float)) != 0)
                        printf("  %s, %s, tiles of %d, entry %d: %a, should be %a\n",
                               pl_op_info(b->op)->name, getenv("PLUMBLINE_ISA"), tiles[tile], e,
                               found[e], truth[e]);
                    PL_CHECK(memcmp(&found[e], &truth[e], sizeof(float)) == 0);
                }
            }
    }
}

/* A new boundary operator needs a row above; an entry of outer and of embed_grad is one chain over the
 * tokens of the batch. */
static void test_order__every_boundary_is_there(void) {
    for (int op = 0; op < PL_OPS; op++) {
        bool listed = false,
             boundary = strncmp(pl_op_info((enum pl_op)op)->formula, "sum_t", 5) == 0;
        boundary |= strstr(pl_op_info((enum pl_op)op)->formula, "= sum_t") != NULL;
        for (int at = 0; at < BOUNDARIES; at++) listed |= boundaries[at].op == (enum pl_op)op;
        boundary &= op != PL_OP_OUTER && op != PL_OP_EMBED_GRAD;
        PL_CHECK(listed == boundary);
    }
}

const struct pl_test pl_suite_order[] = {
    {"sums_over_tokens_are_sixteen", test_order__sums_over_tokens_are_sixteen},
    {"every_boundary_is_there", test_order__every_boundary_is_there},
    {0},
};
