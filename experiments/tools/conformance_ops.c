/* The operator suite: runs the cases of conformance_cases.c. */
#include <math.h>
#include <stdio.h>

#include "core/graph/op.h"
#include "experiments/tools/conformance_impl.h"

/* ---- a case on a backend ---- */

enum { TRAIN, VALUE, EVERY, PASSES };

struct run {
    struct pl_case_bench *bench;
    struct pl_plan plan;
    struct pl_program *program;
};

static void plan_case(struct run *run) {
    const struct pl_graph *graph = &run->bench->graph;
    PL_VEC(int) train = {0}, every = {0};
    PL_VEC_PUSH(&train, run->bench->loss);
    if (run->bench->hits != PL_NONE) PL_VEC_PUSH(&train, run->bench->hits);
    for (size_t k = 0; k < run->bench->leaves.count; k++) {
        int grad = graph->grads.items[run->bench->leaves.items[k].node];
        if (grad != PL_NONE) PL_VEC_PUSH(&train, grad);
    }
    for (int n = 0; n < (int)graph->nodes.count; n++) PL_VEC_PUSH(&every, n);
    const struct pl_pass_spec specs[PASSES] = {
        {"train", train.items, (int)train.count},
        {"value", &run->bench->loss, 1},
        {"every", every.items, (int)every.count},
    };
    pl_plan_make(&run->plan, graph, PL_CASE_TILE, specs, PASSES);
    pl_plan_check(&run->plan);
    PL_VEC_FINISH(&train);
    PL_VEC_FINISH(&every);
}

static bool is_step_leaf(const struct pl_leaf *leaf) {
    return leaf->kind == PL_LEAF_PARAM || leaf->kind == PL_LEAF_EIGHTH ||
           leaf->kind == PL_LEAF_MASK;
}

static void write_leaf(struct run *run, const struct pl_leaf *leaf) {
    double *values = pl_alloc(leaf->count * sizeof *values);
    for (size_t k = 0; k < leaf->count; k++) values[k] = leaf->values[k];
    pl_program_write(run->program, leaf->node, values);
    pl_free(values);
}

static enum pl_status run_init(struct run *run, struct pl_case_bench *bench,
                               const struct pl_backend *backend) {
    *run = (struct run){.bench = bench};
    plan_case(run);
    PL_TRY(pl_program_create(&run->program, backend, &run->plan));
    for (size_t k = 0; k < bench->leaves.count; k++)
        if (is_step_leaf(&bench->leaves.items[k])) write_leaf(run, &bench->leaves.items[k]);
    double inverse = (float)(1 / bench->total_weight);
    pl_program_write(run->program, bench->inverse_weight, &inverse);
    return PL_OK;
}

static void run_finish(struct run *run) {
    pl_program_destroy(run->program);
    pl_plan_finish(&run->plan);
}

/* Tokens of a tile that is full: those of whole sequences. */
static int full(const struct pl_case_bench *bench) {
    return PL_CASE_TILE - PL_CASE_TILE % bench->graph.sequence;
}

/* The tokens of a leaf in the tile that begins at token [first]. */
static struct pl_gather tile_of(const struct pl_case_bench *bench, const struct pl_leaf *leaf,
                                int first) {
    int rest = bench->tokens - first, most = full(bench), count = rest < most ? rest : most;
    int sequence = bench->graph.sequence, asked = bench->graph.asked;
    if (!pl_graph_node(&bench->graph, leaf->node)->asked)
        return (struct pl_gather){.first = (size_t)first, .count = count};
    return (struct pl_gather){.first = (size_t)(first / sequence * asked),
                              .count = (count + sequence - 1) / sequence * asked};
}

static void run_tile(struct run *run, int pass, int first) {
    for (size_t k = 0; k < run->bench->leaves.count; k++) {
        const struct pl_leaf *leaf = &run->bench->leaves.items[k];
        struct pl_gather gather = tile_of(run->bench, leaf, first);
        if (leaf->kind == PL_LEAF_LABEL)
            pl_program_gather_index(run->program, pass, leaf->node, leaf->labels, gather);
        else if (!is_step_leaf(leaf))
            pl_program_gather(run->program, pass, leaf->node, leaf->values, gather);
    }
    pl_program_tile(run->program, pass);
}

static void run_pass(struct run *run, int pass) {
    pl_program_begin(run->program, pass);
    for (int first = 0; first < run->bench->tokens; first += full(run->bench))
        run_tile(run, pass, first);
    pl_program_end(run->program, pass);
}

/* ---- gradients ---- */

/* A power of two, so that leaves in steps of 2^-8 stay exact in float32 when displaced. */
static const float displacement = 0x1p-16f;

static double loss_of(struct run *run) {
    double loss;
    run_pass(run, VALUE);
    pl_program_read(run->program, run->bench->loss, &loss);
    return loss;
}

static double loss_at(struct run *run, const struct pl_leaf *leaf, size_t k, float value) {
    float kept = leaf->values[k];
    leaf->values[k] = value;
    if (is_step_leaf(leaf)) write_leaf(run, leaf);
    double loss = loss_of(run);
    leaf->values[k] = kept;
    if (is_step_leaf(leaf)) write_leaf(run, leaf);
    return loss;
}

static void read_tile_grads(struct run *run, int first, double *const *grads) {
    for (size_t k = 0; k < run->bench->leaves.count; k++) {
        const struct pl_leaf *leaf = &run->bench->leaves.items[k];
        int grad = run->bench->graph.grads.items[leaf->node];
        if (grad == PL_NONE || is_step_leaf(leaf)) continue;
        size_t rows = (size_t)pl_graph_node(&run->bench->graph, grad)->rows;
        double *tile = pl_alloc(rows * PL_CASE_TILE * sizeof *tile);
        pl_program_read_tile(run->program, TRAIN, grad, tile);
        for (int t = first; t < run->bench->tokens && t < first + full(run->bench); t++)
            for (size_t c = 0; c < rows; c++)
                grads[k][(size_t)t * rows + c] = tile[c * PL_CASE_TILE + (size_t)(t - first)];
        pl_free(tile);
    }
}

/* The gradient of every leaf that has one, in the order of its values. */
static void find_grads(struct run *run, double *const *grads) {
    pl_program_begin(run->program, TRAIN);
    for (int first = 0; first < run->bench->tokens; first += full(run->bench)) {
        run_tile(run, TRAIN, first);
        read_tile_grads(run, first, grads);
    }
    pl_program_end(run->program, TRAIN);
    for (size_t k = 0; k < run->bench->leaves.count; k++) {
        const struct pl_leaf *leaf = &run->bench->leaves.items[k];
        int grad = run->bench->graph.grads.items[leaf->node];
        if (grad != PL_NONE && is_step_leaf(leaf)) pl_program_read(run->program, grad, grads[k]);
    }
}

static bool wants_grad(const struct pl_leaf *leaf) {
    return leaf->kind == PL_LEAF_REAL || leaf->kind == PL_LEAF_ODD ||
           (is_step_leaf(leaf) && leaf->kind != PL_LEAF_MASK);
}

static void check_leaf(struct pl_conformance *out, struct run *run, const char *name,
                       const struct pl_leaf *leaf, const double *grad) {
    double error = 0, size = 0;
    for (size_t k = 0; k < leaf->count; k++) {
        double up = loss_at(run, leaf, k, leaf->values[k] + displacement);
        double down = loss_at(run, leaf, k, leaf->values[k] - displacement);
        double difference = (up - down) / (2 * (double)displacement);
        error += (grad[k] - difference) * (grad[k] - difference);
        size += difference * difference;
    }
    double relative = sqrt(error) / (sqrt(size) + 1e-8);
    pl_conformance_check(out, relative <= 1e-6,
                         "gradient, case \"%s\": that of %s differs from central differences by "
                         "%.2g of its size",
                         name, pl_graph_node(&run->bench->graph, leaf->node)->name, relative);
}

static void check_grads(struct pl_conformance *out, struct run *run, const char *name) {
    size_t count = run->bench->leaves.count;
    const struct pl_leaf *leaves = run->bench->leaves.items;
    double **grads = pl_alloc(count * sizeof *grads);
    for (size_t k = 0; k < count; k++) grads[k] = pl_alloc_zero(leaves[k].count, sizeof *grads[k]);
    find_grads(run, grads);
    for (size_t k = 0; k < count; k++) {
        if (!wants_grad(&leaves[k])) continue;
        pl_conformance_check(out, run->bench->graph.grads.items[leaves[k].node] != PL_NONE,
                             "gradient, case \"%s\": leaf %zu has none", name, k);
        check_leaf(out, run, name, &leaves[k], grads[k]);
    }
    for (size_t k = 0; k < count; k++) pl_free(grads[k]);
    pl_free(grads);
}

/* ---- one operator alone ---- */

/* The values of every node of a case after a pass on ref, at its last tile, rounded to float32. */
struct record {
    const struct pl_case_bench *bench;
    int first; /* token of the last tile */
    double **values;
};

/* Columns of a node of the case. */
static size_t cols_of(const struct pl_graph *graph, const struct pl_node *node) {
    if (node->domain == PL_STEP) return (size_t)node->cols;
    if (!node->asked) return PL_CASE_TILE;
    return pl_graph_padded((size_t)(PL_CASE_TILE / graph->sequence * graph->asked));
}

static size_t value_count(const struct pl_graph *graph, const struct pl_node *node) {
    return (size_t)node->rows * cols_of(graph, node);
}

static void record_init(struct record *record, struct run *run) {
    const struct pl_graph *graph = &run->bench->graph;
    record->bench = run->bench;
    record->first = (run->bench->tokens - 1) / full(run->bench) * full(run->bench);
    record->values = pl_alloc_zero(graph->nodes.count, sizeof *record->values);
    for (int n = 0; n < (int)graph->nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(graph, n);
        if (node->dtype == PL_INDEX) continue;
        double *values = record->values[n] = pl_alloc(value_count(graph, node) * sizeof *values);
        if (node->domain == PL_TILE)
            pl_program_read_tile(run->program, EVERY, n, values);
        else
            pl_program_read(run->program, n, values);
        for (size_t k = 0; k < value_count(graph, node); k++) values[k] = (float)values[k];
    }
}

static void record_finish(struct record *record) {
    for (size_t n = 0; n < record->bench->graph.nodes.count; n++) pl_free(record->values[n]);
    pl_free(record->values);
}

enum {
    PROBE_COPIED = 1, /* its inputs are computed, so that it may take over their memory */
    PROBE_FUSED = 2,  /* an activation together with its slope */
};

/* A graph of one operator over leaves that hold recorded values. */
struct probe {
    const struct record *record;
    struct pl_graph graph;
    int *leaf;    /* of a node of the case; PL_NONE while it has none */
    int *operand; /* what the operator reads: the leaf or its copy */
    int result[2], results;
};

static int probe_operand(struct probe *probe, int in, int how) {
    const struct pl_node *node = pl_graph_node(&probe->record->bench->graph, in);
    char name[32];
    if (probe->leaf[in] != PL_NONE) return probe->operand[in];
    snprintf(name, sizeof name, "in.%d", in);
    int leaf = node->asked ? pl_feed_asked(&probe->graph, name, node->rows, node->dtype)
               : node->domain == PL_TILE
                   ? pl_feed_tile(&probe->graph, name, node->rows, node->dtype)
                   : pl_param(&probe->graph, name, node->rows, node->cols, PL_GROUP_CONSTANT,
                              PL_FILL_VALUE, 0);
    bool copied = (how & PROBE_COPIED) && node->domain == PL_TILE && node->dtype == PL_NUMBER;
    probe->leaf[in] = leaf;
    probe->operand[in] = copied ? pl_scale(&probe->graph, 1, leaf) : leaf;
    return probe->operand[in];
}

static void probe_init(struct probe *probe, const struct record *record, int node, int how) {
    const struct pl_node *n = pl_graph_node(&record->bench->graph, node);
    size_t count = record->bench->graph.nodes.count;
    *probe = (struct probe){.record = record,
                            .leaf = pl_alloc(count * sizeof(int)),
                            .operand = pl_alloc(count * sizeof(int)),
                            .results = how & PROBE_FUSED ? 2 : 1};
    pl_graph_init(&probe->graph);
    probe->graph.sequence = record->bench->graph.sequence;
    probe->graph.asked = record->bench->graph.asked;
    for (size_t k = 0; k < count; k++) probe->leaf[k] = PL_NONE;
    int *in = pl_alloc((size_t)n->in_count * sizeof *in);
    for (int k = 0; k < n->in_count; k++) in[k] = probe_operand(probe, n->in[k], how);
    if (how & PROBE_FUSED) {
        probe->result[0] = pl_activate(&probe->graph, in[0], n->in_count > 1 ? in[1] : PL_NONE,
                                       (enum pl_act)n->attr.act.kind);
        probe->result[1] = pl_graph_node(&probe->graph, probe->result[0])->companion;
    } else {
        probe->result[0] = pl_op(&probe->graph, n->op, n->attr, in, n->in_count);
    }
    pl_free(in);
}

static void probe_finish(struct probe *probe) {
    pl_free(probe->leaf);
    pl_free(probe->operand);
    pl_graph_finish(&probe->graph);
}

static void feed_probe(const struct probe *probe, struct pl_program *program, int in) {
    const struct pl_node *node = pl_graph_node(&probe->record->bench->graph, in);
    size_t cols = cols_of(&probe->record->bench->graph, node);
    struct pl_gather whole = {.count = (int)cols};
    if (node->dtype == PL_INDEX) {
        const struct pl_case_bench *bench = probe->record->bench;
        for (size_t k = 0; k < bench->leaves.count; k++)
            if (bench->leaves.items[k].node == in)
                pl_program_gather_index(
                    program, 0, probe->leaf[in], bench->leaves.items[k].labels,
                    tile_of(bench, &bench->leaves.items[k], probe->record->first));
        return;
    }
    float *data = pl_alloc((size_t)node->rows * cols * sizeof *data);
    for (size_t c = 0; c < (size_t)node->rows; c++)
        for (size_t t = 0; t < cols; t++)
            data[t * (size_t)node->rows + c] = (float)probe->record->values[in][c * cols + t];
    pl_program_gather(program, 0, probe->leaf[in], data, whole);
    pl_free(data);
}

/* The probe's results on [backend], one after the other; two equal tiles, so sums are twice one's. */
static enum pl_status probe_run(const struct probe *probe, const struct pl_backend *backend,
                                double *values) {
    struct pl_plan plan;
    struct pl_program *program;
    struct pl_pass_spec spec = {"probe", probe->result, probe->results};
    size_t nodes = probe->record->bench->graph.nodes.count;
    pl_plan_make(&plan, &probe->graph, PL_CASE_TILE, &spec, 1);
    pl_plan_check(&plan);
    enum pl_status status = pl_program_create(&program, backend, &plan);
    for (size_t in = 0; status == PL_OK && in < nodes; in++)
        if (probe->leaf[in] != PL_NONE &&
            pl_graph_node(&probe->graph, probe->leaf[in])->domain == PL_STEP)
            pl_program_write(program, probe->leaf[in], probe->record->values[in]);
    if (status == PL_OK) pl_program_begin(program, 0);
    for (int tile = 0; status == PL_OK && tile < 2; tile++) {
        for (int in = 0; in < (int)nodes; in++)
            if (probe->leaf[in] != PL_NONE &&
                pl_graph_node(&probe->graph, probe->leaf[in])->domain == PL_TILE)
                feed_probe(probe, program, in);
        pl_program_tile(program, 0);
    }
    if (status == PL_OK) pl_program_end(program, 0);
    for (int k = 0; status == PL_OK && k < probe->results; k++) {
        const struct pl_node *node = pl_graph_node(&probe->graph, probe->result[k]);
        if (node->domain == PL_TILE)
            pl_program_read_tile(program, 0, probe->result[k], values);
        else
            pl_program_read(program, probe->result[k], values);
        values += value_count(&probe->graph, node);
    }
    pl_program_destroy(program);
    pl_plan_finish(&plan);
    return status;
}

/* Greatest difference over the greatest value; infinite where one is not a number. */
static double error_of(const double *found, const double *expected, size_t count) {
    double error = 0, size = 0;
    for (size_t k = 0; k < count; k++) {
        double difference = fabs(found[k] - expected[k]);
        if (isnan(difference)) return INFINITY;
        error = difference > error ? difference : error;
        size = fabs(expected[k]) > size ? fabs(expected[k]) : size;
    }
    return error == 0 ? 0 : error / size;
}

static enum pl_status compare_probe(struct pl_conformance *out, const struct pl_backend *backend,
                                    const struct pl_backend *ref, const struct record *record,
                                    const char *name, int node, int how) {
    const struct pl_node *n = pl_graph_node(&record->bench->graph, node);
    struct probe probe;
    probe_init(&probe, record, node, how);
    size_t count = value_count(&record->bench->graph, n);
    double *found = pl_alloc_zero(2 * count, sizeof *found);
    double *expected = pl_alloc_zero(2 * count, sizeof *expected);
    enum pl_status status = probe_run(&probe, ref, expected);
    if (status == PL_OK) status = probe_run(&probe, backend, found);
    for (int k = 0; status == PL_OK && k < probe.results; k++) {
        enum pl_op op = k ? PL_OP_ACT_SLOPE : n->op;
        const struct pl_op_info *info = pl_op_info(op);
        double error = error_of(found + (size_t)k * count, expected + (size_t)k * count, count);
        out->seen[op]++;
        if (error > out->worst[op]) out->worst[op] = error;
        pl_conformance_check(out, error <= info->tolerance,
                             "%s, case \"%s\", node %d%s%s: %s is off by %.2g of its largest "
                             "value; the tolerance is %.2g",
                             pl_backend_name(backend), name, node,
                             how & PROBE_COPIED ? ", overwriting its inputs" : "",
                             how & PROBE_FUSED ? ", fused" : "", info->name, error,
                             info->tolerance);
    }
    pl_free(found);
    pl_free(expected);
    probe_finish(&probe);
    return status;
}

static enum pl_status compare_nodes(struct pl_conformance *out, const struct pl_backend *backend,
                                    const struct pl_backend *ref, const struct record *record,
                                    const char *name) {
    const struct pl_graph *graph = &record->bench->graph;
    for (int n = 0; n < (int)graph->nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(graph, n);
        if (node->kind != PL_KIND_OP) continue;
        int ways = node->op == PL_OP_ACT && node->companion != PL_NONE ? 4 : 2;
        for (int how = 0; how < ways; how++)
            PL_TRY(compare_probe(out, backend, ref, record, name, n, how));
    }
    return PL_OK;
}

/* ---- a case as a whole ---- */

/* Errors of operators add up and may be magnified on the way: a wide bound, for wiring, not rounding. */
#define WHOLE_TOLERANCE 1e-3

static enum pl_status compare_whole(struct pl_conformance *out, const struct pl_backend *backend,
                                    struct run *ref, const char *name) {
    struct run run;
    struct pl_case_bench *bench = ref->bench;
    enum pl_status status = run_init(&run, bench, backend);
    if (status == PL_OK) run_pass(&run, TRAIN);
    if (status == PL_OK) run_pass(ref, TRAIN);
    for (size_t k = 0; status == PL_OK && k < bench->leaves.count; k++) {
        const struct pl_leaf *leaf = &bench->leaves.items[k];
        int grad = bench->graph.grads.items[leaf->node];
        if (grad == PL_NONE) continue;
        size_t count = value_count(&bench->graph, pl_graph_node(&bench->graph, grad));
        double *found = pl_alloc(count * sizeof *found);
        double *expected = pl_alloc(count * sizeof *expected);
        if (is_step_leaf(leaf)) {
            pl_program_read(run.program, grad, found);
            pl_program_read(ref->program, grad, expected);
        } else {
            pl_program_read_tile(run.program, TRAIN, grad, found);
            pl_program_read_tile(ref->program, TRAIN, grad, expected);
        }
        double error = error_of(found, expected, count);
        pl_conformance_check(out, error <= WHOLE_TOLERANCE,
                             "%s, case \"%s\": the gradient of %s is off by %.2g of its largest "
                             "value",
                             pl_backend_name(backend), name,
                             pl_graph_node(&bench->graph, leaf->node)->name, error);
        pl_free(found);
        pl_free(expected);
    }
    run_finish(&run);
    return status;
}

/* ---- optimizers ---- */

static const struct optimizer {
    const char *name;
    enum pl_op op;
    struct pl_attr attr;
    int moments;
    double hyper[4];
    int hypers;
    double clip; /* greatest norm of the gradient; 0: any */
} optimizers[] = {
    {"sgd", PL_OP_SGD_STEP, {.sgd = {0}}, 0, {0x1p-5}, 1},
    {"sgd with momentum", PL_OP_SGD_STEP, {.sgd = {0.9}}, 1, {0x1p-5}, 1},
    {"sgd, clipped", PL_OP_SGD_STEP, {.sgd = {0}}, 0, {0x1p-5}, 1, 0.25},
    {"sgd, not clipped", PL_OP_SGD_STEP, {.sgd = {0}}, 0, {0x1p-5}, 1, 1e6},
    {"adam", PL_OP_ADAM_STEP, {.adam = {0.9, 0.999, 1e-8}}, 2, {0x1p-7, 10, 1000, 0}, 4},
    {"adam, later, decay",
     PL_OP_ADAM_STEP,
     {.adam = {0.9, 0.95, 1e-4}},
     2,
     {0x1p-7, 2.5, 20, 0x1p-10},
     4},
};

/* One update of y = W x. All numbers are small multiples of powers of two, so that the gradient is
 * exact in float32 and only the update itself is compared. */
struct optimizer_bench {
    struct pl_graph graph;
    int w, x, y, weight, hyper, moment[2], step;
};

enum { OPTIMIZER_ROWS = 4, OPTIMIZER_COLS = 19, OPTIMIZER_TOKENS = 16 };

static void optimizer_build(struct optimizer_bench *b, const struct optimizer *from) {
    struct pl_graph *graph = &b->graph;
    pl_graph_init(graph);
    b->w = pl_param(graph, "w", OPTIMIZER_ROWS, OPTIMIZER_COLS, PL_GROUP_WEIGHT, PL_FILL_VALUE, 0);
    b->x = pl_feed_tile(graph, "x", OPTIMIZER_COLS, PL_NUMBER);
    b->y = pl_feed_tile(graph, "y", OPTIMIZER_ROWS, PL_NUMBER);
    b->weight = pl_feed_tile(graph, "weight", 1, PL_NUMBER);
    int loss = pl_mse(graph, pl_matmul(graph, b->w, b->x), b->y, b->weight);
    pl_graph_grad(graph, loss, NULL, 0);
    b->hyper = pl_feed_step(graph, "hyper", from->hypers);
    int params = pl_params(graph, PL_GROUP_WEIGHT), flat = pl_graph_node(graph, params)->rows;
    int in[5] = {params, pl_grads(graph, PL_GROUP_WEIGHT), b->hyper};
    if (from->clip > 0) {
        int squares = pl_op(graph, PL_OP_SQUARES, (struct pl_attr){0}, &in[1], 1);
        const int both[] = {in[1], squares};
        in[1] = pl_op(graph, PL_OP_CLIP, (struct pl_attr){.clip.most = from->clip}, both, 2);
    }
    for (int k = 0; k < from->moments; k++)
        in[3 + k] = b->moment[k] = pl_state(graph, k ? "v" : "m", flat);
    b->step = pl_op(graph, from->op, from->attr, in, 3 + from->moments);
}

static void write_random(struct pl_program *program, const struct pl_graph *graph, int node,
                         struct pl_rng *rng, bool positive) {
    size_t count = value_count(graph, pl_graph_node(graph, node));
    double *values = pl_alloc(count * sizeof *values);
    for (size_t k = 0; k < count; k++)
        values[k] = ((double)pl_rng_below(rng, 33) - (positive ? 0 : 16)) / 8;
    pl_program_write(program, node, values);
    pl_free(values);
}

static void gather_random(struct pl_program *program, int node, int rows, struct pl_rng *rng) {
    float data[OPTIMIZER_TOKENS * OPTIMIZER_COLS];
    for (int k = 0; k < OPTIMIZER_TOKENS * rows; k++)
        data[k] = ((float)pl_rng_below(rng, 17) - 8) / 4;
    pl_program_gather(program, 0, node, data, (struct pl_gather){.count = OPTIMIZER_TOKENS / 2});
}

static enum pl_status optimizer_run(struct optimizer_bench *b, const struct optimizer *from,
                                    const struct pl_backend *backend, uint64_t seed,
                                    double *values) {
    struct pl_plan plan;
    struct pl_program *program;
    struct pl_rng rng;
    const float ones[OPTIMIZER_TOKENS / 2] = {1, 1, 1, 1, 1, 1, 1, 1};
    pl_rng_init(&rng, seed, from->name);
    pl_plan_make(&plan, &b->graph, OPTIMIZER_TOKENS, &(struct pl_pass_spec){"train", &b->step, 1},
                 1);
    pl_plan_check(&plan);
    enum pl_status status = pl_program_create(&program, backend, &plan);
    if (status == PL_OK) {
        write_random(program, &b->graph, b->w, &rng, false);
        for (int k = 0; k < from->moments; k++)
            write_random(program, &b->graph, b->moment[k], &rng, k == 1);
        pl_program_write(program, b->hyper, from->hyper);
        pl_program_begin(program, 0);
        gather_random(program, b->x, OPTIMIZER_COLS, &rng);
        gather_random(program, b->y, OPTIMIZER_ROWS, &rng);
        pl_program_fill(program, 0, b->weight, ones, OPTIMIZER_TOKENS / 2);
        pl_program_tile(program, 0);
        pl_program_end(program, 0);
        pl_program_read(program, b->w, values);
        values += value_count(&b->graph, pl_graph_node(&b->graph, b->w));
        for (int k = 0; k < from->moments; k++) {
            pl_program_read(program, b->moment[k], values);
            values += value_count(&b->graph, pl_graph_node(&b->graph, b->moment[k]));
        }
    }
    pl_program_destroy(program);
    pl_plan_finish(&plan);
    return status;
}

static enum pl_status compare_optimizer(struct pl_conformance *out,
                                        const struct pl_backend *backend,
                                        const struct pl_backend *ref, const struct optimizer *from,
                                        uint64_t seed) {
    enum { MOST = 3 * (OPTIMIZER_ROWS * OPTIMIZER_COLS + PL_ALIGN_ELEMENTS) };
    struct optimizer_bench bench = {0};
    double found[MOST] = {0}, expected[MOST] = {0};
    optimizer_build(&bench, from);
    enum pl_status status = optimizer_run(&bench, from, ref, seed, expected);
    if (status == PL_OK) status = optimizer_run(&bench, from, backend, seed, found);
    const struct pl_op_info *info = pl_op_info(from->op);
    size_t w = value_count(&bench.graph, pl_graph_node(&bench.graph, bench.w));
    size_t flat = (size_t)pl_graph_node(&bench.graph, bench.step)->rows, at = 0;
    for (int k = 0; status == PL_OK && k <= from->moments; k++) {
        size_t count = k ? flat : w;
        double error = error_of(found + at, expected + at, count);
        at += count;
        if (error > out->worst[from->op]) out->worst[from->op] = error;
        pl_conformance_check(out, error <= info->tolerance,
                             "%s, optimizer \"%s\": %s is off by %.2g of its largest value; the "
                             "tolerance is %.2g",
                             pl_backend_name(backend), from->name,
                             k == 0 ? "the parameter" : "a moment", error, info->tolerance);
    }
    out->seen[from->op]++;
    if (from->clip > 0) out->seen[PL_OP_SQUARES]++, out->seen[PL_OP_CLIP]++;
    pl_graph_finish(&bench.graph);
    return status;
}

/* ---- the clock ---- */

/* Losses of five steps, the third of them infinite, and a table of as many columns of three. */
enum { CLOCK_STEPS = 5, CLOCK_BAD = 3, CLOCK_ROWS = 3 };

struct clock_bench {
    struct pl_graph graph;
    int table, clock, loss, column, tick;
};

static void clock_step(struct pl_conformance *out, const struct clock_bench *b,
                       struct pl_program *program, int step, const char *backend) {
    double loss = step == CLOCK_BAD ? INFINITY : step, column[CLOCK_ROWS], clock[2];
    pl_program_write(program, b->loss, &loss);
    pl_program_begin(program, 0);
    pl_program_end(program, 0);
    pl_program_read(program, b->column, column);
    pl_program_read(program, b->clock, clock);
    for (int r = 0; r < CLOCK_ROWS; r++)
        pl_conformance_check(out, column[r] == 10 * step + r,
                             "%s: step %d picks %g from the table instead of %d", backend, step,
                             column[r], 10 * step + r);
    pl_conformance_check(out, clock[0] == step && clock[1] == (step < CLOCK_BAD ? 0 : CLOCK_BAD),
                         "%s: after step %d the clock is %g, %g; the loss of step %d was infinite",
                         backend, step, clock[0], clock[1], CLOCK_BAD);
}

static enum pl_status check_clock(struct pl_conformance *out, const struct pl_backend *backend) {
    struct clock_bench bench;
    struct pl_plan plan;
    struct pl_program *program;
    double table[CLOCK_ROWS * CLOCK_STEPS];

    struct pl_graph *graph = &bench.graph;
    pl_graph_init(graph);
    bench.table = pl_feed_step(graph, "table", CLOCK_ROWS * CLOCK_STEPS);
    bench.clock = pl_state(graph, "clock", 2);
    bench.loss = pl_feed_step(graph, "loss", 1);
    bench.column = pl_op(graph, PL_OP_PICK, (struct pl_attr){.pick.rows = CLOCK_ROWS},
                         (const int[]){bench.table, bench.clock}, 2);
    bench.tick =
        pl_op(graph, PL_OP_TICK, (struct pl_attr){0}, (const int[]){bench.clock, bench.loss}, 2);

    const int targets[] = {bench.column, bench.tick};
    pl_plan_make(&plan, &bench.graph, PL_ALIGN_ELEMENTS,
                 &(struct pl_pass_spec){"train", targets, 2}, 1);
    pl_plan_check(&plan);
    enum pl_status status = pl_program_create(&program, backend, &plan);
    for (int k = 0; k < CLOCK_ROWS * CLOCK_STEPS; k++)
        table[k] = 10 * (k / CLOCK_ROWS + 1) + k % CLOCK_ROWS;
    if (status == PL_OK) {
        pl_program_write(program, bench.table, table);
        for (int step = 1; step <= CLOCK_STEPS; step++)
            clock_step(out, &bench, program, step, pl_backend_name(backend));
    }
    out->seen[PL_OP_PICK]++;
    out->seen[PL_OP_TICK]++;
    pl_program_destroy(program);
    pl_plan_finish(&plan);
    pl_graph_finish(&bench.graph);
    return status;
}

/* ---- the suites ---- */

enum { OPTIMIZERS = sizeof optimizers / sizeof optimizers[0] };

enum pl_status pl_conformance_coverage(struct pl_conformance *out) {
    for (const struct pl_op_case *from = pl_op_cases; from->name; from++) {
        struct pl_case_bench bench;
        pl_case_init(&bench, from, 1);
        struct run run = {.bench = &bench};
        plan_case(&run);

        const struct pl_pass *train = &run.plan.passes[TRAIN];
        for (int phase = 0; phase < PL_PHASES; phase++)
            for (int k = 0; k < train->phase[phase].count; k++)
                out->seen[pl_graph_node(&run.bench->graph, train->phase[phase].nodes[k])->op]++;

        run_finish(&run);
        pl_case_finish(&bench);
    }
    for (int k = 0; k < OPTIMIZERS; k++) out->seen[optimizers[k].op]++;
    out->seen[PL_OP_PICK] = out->seen[PL_OP_TICK] = 1;
    out->seen[PL_OP_SQUARES] = out->seen[PL_OP_CLIP] = 1;
    for (int op = 0; op < PL_OPS; op++)
        pl_conformance_check(out, out->seen[op] > 0, "no case has the operator %s",
                             pl_op_info((enum pl_op)op)->name);
    return PL_OK;
}

enum pl_status pl_conformance_gradients(struct pl_conformance *out, struct pl_seeds seeds) {
    const struct pl_backend *ref = pl_conformance_reference();
    enum pl_status status = PL_OK;
    for (int s = 0; s < seeds.count; s++)
        for (const struct pl_op_case *from = pl_op_cases; status == PL_OK && from->name; from++) {
            struct pl_case_bench bench;
            struct run run;
            pl_case_init(&bench, from, seeds.first + (uint64_t)s);
            status = run_init(&run, &bench, ref);
            if (status == PL_OK) check_grads(out, &run, from->name);
            run_finish(&run);
            pl_case_finish(&bench);
        }
    return status;
}

static enum pl_status compare_case(struct pl_conformance *out, const struct pl_backend *backend,
                                   const struct pl_backend *ref, const struct pl_op_case *from,
                                   uint64_t seed) {
    struct pl_case_bench bench;
    struct run run;
    pl_case_init(&bench, from, seed);
    enum pl_status status = run_init(&run, &bench, ref);
    if (status == PL_OK) {
        struct record record;
        run_pass(&run, EVERY);
        record_init(&record, &run);
        status = compare_nodes(out, backend, ref, &record, from->name);
        record_finish(&record);
    }
    if (status == PL_OK) status = compare_whole(out, backend, &run, from->name);
    run_finish(&run);
    pl_case_finish(&bench);
    return status;
}

enum pl_status pl_conformance_operators(struct pl_conformance *out,
                                        const struct pl_backend *backend, struct pl_seeds seeds) {
    const struct pl_backend *ref = pl_conformance_reference();
    for (int s = 0; s < seeds.count; s++) {
        uint64_t seed = seeds.first + (uint64_t)s;
        for (const struct pl_op_case *from = pl_op_cases; from->name; from++)
            PL_TRY(compare_case(out, backend, ref, from, seed));
        for (int k = 0; k < OPTIMIZERS; k++)
            PL_TRY(compare_optimizer(out, backend, ref, &optimizers[k], seed));
    }
    PL_TRY(check_clock(out, ref));
    return check_clock(out, backend);
}
