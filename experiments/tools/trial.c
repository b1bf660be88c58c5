/* One plan with two passes: FORWARD gives the loss, the predictions and the sums that check rows;
 * GRADIENT gives the loss and all gradients. Data are stored sample by sample, a tile of the program
 * feature by feature. The inverse of the total weight is written before each pass. A trial has no
 * optimizer and no task, so it is no job (cell/job.h); weights are drawn as a job draws them. */
#include "experiments/tools/trial.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/rng.h"
#include "core/graph/grad.h"
#include "experiments/cell/job.h"

enum { FORWARD, GRADIENT };

/* What settings say besides model.* and variant.* */
struct asked {
    struct pl_model_io io;
    bool rows;
    int masking;
};

static void add_settings(struct pl_trial *trial, const char *const *settings, struct asked *asked) {
    long out = 0, classes = 0, vocabulary = 0, tokens = 1;
    for (; *settings; settings++) {
        const char *equals = strchr(*settings, '=');
        PL_ASSERT(equals);
        char *key = pl_arena_strndup(&trial->arena, *settings, (size_t)(equals - *settings));
        if (strcmp(key, "task.out") == 0)
            out = atol(equals + 1);
        else if (strcmp(key, "task.classes") == 0)
            classes = atol(equals + 1);
        else if (strcmp(key, "task.vocabulary") == 0)
            vocabulary = atol(equals + 1);
        else if (strcmp(key, "task.tokens") == 0)
            tokens = atol(equals + 1);
        else if (strcmp(key, "probe.rows") == 0)
            asked->rows = strcmp(equals + 1, "true") == 0;
        else if (strcmp(key, "probe.masking") == 0)
            asked->masking =
                strcmp(equals + 1, "drop") == 0 ? PL_MASKING_DROP : PL_MASKING_RENORMALISE;
        else
            pl_settings_set(&trial->settings, key, equals + 1, (struct pl_place){"trial", 0, 0});
    }
    long width = atol(pl_settings_value(&trial->settings, "model.width", "32"));
    asked->io = (struct pl_model_io){.in = vocabulary ? vocabulary : width,
                                     .out = classes ? classes
                                            : out   ? out
                                                    : width,
                                     .classes = classes > 0,
                                     .ids = vocabulary > 0,
                                     .tokens = tokens};
}

static size_t tokens_of(const struct pl_trial *trial) {
    return trial->samples * (size_t)trial->io.tokens;
}

static void draw_data(struct pl_trial *trial, uint64_t seed) {
    const struct pl_model_io *io = &trial->io;
    struct pl_rng rng;
    pl_rng_init(&rng, seed, "data-train");
    size_t in = io->ids ? 0 : (size_t)io->in, out = (size_t)io->out, count = tokens_of(trial);
    trial->x = pl_alloc((count * in + 1) * sizeof(float));
    trial->y = pl_alloc(count * out * sizeof(float));
    trial->ids = pl_alloc_zero(count, sizeof(int32_t));
    trial->labels = pl_alloc(count * sizeof(int32_t));
    trial->weight = pl_alloc(count * sizeof(float));
    for (size_t s = 0; s < count; s++) {
        if (io->ids) trial->ids[s] = (int32_t)pl_rng_below(&rng, (uint64_t)io->in);
        for (size_t c = 0; c < in; c++) trial->x[s * in + c] = (float)pl_rng_normal(&rng);
        for (size_t c = 0; c < out; c++) trial->y[s * out + c] = (float)pl_rng_normal(&rng);
        trial->labels[s] = (int32_t)pl_rng_below(&rng, (uint64_t)out);
        trial->weight[s] = 1;
    }
}

/* Sums over tokens by which a row is compared with what it claims to give. */
static void add_row_checks(struct pl_trial *trial) {
    const struct pl_network *network = &trial->network;
    struct pl_graph *graph = &trial->graph;
    size_t sites = (size_t)network->depth + 1;
    trial->row_error = PL_ARENA_ARRAY(&trial->arena, int, sites);
    trial->row_size = PL_ARENA_ARRAY(&trial->arena, int, sites);
    for (int l = 1; l <= (int)sites; l++) {
        int h = network->h[l - 1], row = network->row[l - 1];
        trial->row_error[l - 1] = trial->row_size[l - 1] = PL_NONE;
        if (row == PL_NONE) continue;
        int again = pl_depth_mix(graph, row, network->v, l, pl_graph_node(graph, row)->rows / l);
        trial->row_error[l - 1] = pl_mse(graph, again, h, network->feed[PL_FEED_WEIGHT]);
        trial->row_size[l - 1] =
            pl_mse(graph, pl_scale(graph, 0, h), h, network->feed[PL_FEED_WEIGHT]);
    }
}

static bool has_kinks(const struct pl_node *node) {
    return (node->op == PL_OP_ACT && node->attr.act.kind == PL_ACT_RELU) ||
           (node->op == PL_OP_DEPTH_WEIGHTS && (node->attr.depth.score == PL_SCORE_SPARSEMAX ||
                                                node->attr.depth.score == PL_SCORE_ENTMAX15));
}

static void find_kinks(struct pl_trial *trial) {
    int count = (int)trial->graph.nodes.count;
    trial->kinked = PL_ARENA_ARRAY(&trial->arena, int, (size_t)count);
    for (int n = 0; n < count; n++) {
        const struct pl_node *node = pl_graph_node(&trial->graph, n);
        if (node->kind != PL_KIND_OP || !has_kinks(node)) continue;
        PL_ASSERT(node->domain == PL_TILE);
        trial->kinked[trial->kinked_count++] = n;
    }
}

/* The targets of a forward pass: loss, predictions, the sums and the operators above. */
static int forward_targets(struct pl_trial *trial, int **out) {
    const struct pl_network *network = &trial->network;
    size_t sites = (size_t)network->depth + 1;
    int count = 0;
    int *targets = *out =
        PL_ARENA_ARRAY(&trial->arena, int, 2 + 2 * sites + (size_t)trial->kinked_count);
    targets[count++] = network->measure[PL_MEASURE_LOSS];
    targets[count++] = network->output;
    for (size_t k = 0; trial->row_error && k < sites; k++) {
        if (trial->row_error[k] == PL_NONE) continue;
        targets[count++] = trial->row_error[k];
        targets[count++] = trial->row_size[k];
    }
    for (int k = 0; k < trial->kinked_count; k++) targets[count++] = trial->kinked[k];
    return count;
}

static void make_plan(struct pl_trial *trial, const struct pl_backend *backend) {
    const struct pl_network *network = &trial->network;
    struct pl_graph *graph = &trial->graph;
    int *forward, *targets, forward_count = forward_targets(trial, &forward), count = 0;
    int input = network->feed[PL_FEED_X] == PL_NONE ? network->v[0] : network->feed[PL_FEED_X];
    pl_graph_grad(graph, network->measure[PL_MEASURE_LOSS], &input, 1);
    targets = PL_ARENA_ARRAY(&trial->arena, int, graph->grads.count + 1);
    targets[count++] = network->measure[PL_MEASURE_LOSS];
    for (size_t n = 0; n < graph->grads.count; n++) {
        bool read = graph->nodes.items[n].kind == PL_KIND_PARAM || (int)n == input;
        if (read && graph->grads.items[n] != PL_NONE) targets[count++] = graph->grads.items[n];
    }
    struct pl_pass_spec passes[] = {{"forward", forward, forward_count},
                                    {"gradient", targets, count}};
    int tokens = pl_backend_tile(backend, network->width, network->hidden, tokens_of(trial));
    tokens = pl_plan_tile(graph, (size_t)tokens, trial->samples, &trial->fit);
    pl_plan_make(&trial->plan, graph, tokens, passes, 2);
    pl_graph_check(graph);
    pl_plan_check(&trial->plan);
}

static enum pl_status build(struct pl_trial *trial, const struct pl_backend *backend,
                            const char *const *settings, uint64_t seed) {
    struct asked asked = {.masking = PL_MASKING_OFF};
    add_settings(trial, settings, &asked);
    PL_TRY(pl_model_bind(&trial->model, &trial->settings, &trial->arena));
    PL_TRY(pl_model_fit(&trial->model, &trial->settings, &asked.io));
    trial->model.rows = asked.rows;
    trial->model.masking = asked.masking;
    trial->io = asked.io;
    pl_model_build(&trial->model, &asked.io, &trial->graph, &trial->network);
    if (asked.rows) add_row_checks(trial);
    find_kinks(trial);
    make_plan(trial, backend);
    PL_TRY(pl_program_create(&trial->program, backend, &trial->plan));
    pl_job_draw(trial->program, &trial->graph, seed);
    draw_data(trial, seed);
    return PL_OK;
}

enum pl_status pl_trial_create(struct pl_trial **out, const struct pl_backend *backend,
                               const char *const *settings, uint64_t seed, size_t samples) {
    struct pl_trial *trial = pl_alloc_zero(1, sizeof *trial);
    trial->samples = samples;
    enum pl_status status = build(trial, backend, settings, seed);
    if (status != PL_OK) {
        pl_trial_destroy(trial);
        trial = NULL;
    }
    *out = trial;
    return status;
}

void pl_trial_destroy(struct pl_trial *trial) {
    if (!trial) return;
    pl_program_destroy(trial->program);
    pl_plan_finish(&trial->plan);
    pl_graph_finish(&trial->graph);
    pl_settings_finish(&trial->settings);
    pl_arena_finish(&trial->arena);
    pl_free(trial->x);
    pl_free(trial->y);
    pl_free(trial->ids);
    pl_free(trial->labels);
    pl_free(trial->weight);
    pl_free(trial);
}

/* Tokens first .. of the data, [count] of them, whole samples. */
static void feed(struct pl_trial *trial, int pass, size_t first, size_t count,
                 const int32_t *position) {
    struct pl_program *program = trial->program;
    const struct pl_gather gather = {.first = first, .count = (int)count};
    const struct pl_gather in_order = {.count = (int)count};
    const struct {
        enum pl_feed feed;
        const float *numbers;
        const int32_t *indices;
        struct pl_gather gather;
    } supplies[] = {
        {PL_FEED_X, trial->x, NULL, gather},
        {PL_FEED_IDS, NULL, trial->ids, gather},
        {PL_FEED_Y, trial->y, NULL, gather},
        {PL_FEED_LABELS, NULL, trial->labels, gather},
        {PL_FEED_WEIGHT, trial->weight, NULL, gather},
        {PL_FEED_POSITION, NULL, position, in_order},
    };
    for (size_t k = 0; k < sizeof supplies / sizeof supplies[0]; k++) {
        int node = trial->network.feed[supplies[k].feed];
        if (node == PL_NONE) continue;
        if (supplies[k].numbers)
            pl_program_gather(program, pass, node, supplies[k].numbers, supplies[k].gather);
        else
            pl_program_gather_index(program, pass, node, supplies[k].indices, supplies[k].gather);
    }
}

/* Which outputs are 0, of the operators with kinks and the first [count] tokens of the tile: FNV-1a over them. */
static void add_support(struct pl_trial *trial, size_t count) {
    size_t tokens = (size_t)trial->plan.tokens;
    for (int k = 0; k < trial->kinked_count; k++) {
        size_t rows = (size_t)pl_graph_node(&trial->graph, trial->kinked[k])->rows;
        double *tile = pl_alloc(rows * tokens * sizeof *tile);
        pl_program_read_tile(trial->program, FORWARD, trial->kinked[k], tile);
        for (size_t r = 0; r < rows; r++)
            for (size_t t = 0; t < count; t++)
                trial->support =
                    (trial->support ^ (tile[r * tokens + t] == 0)) * UINT64_C(0x100000001b3);
        pl_free(tile);
    }
}

/* A whole pass over the samples; predictions are copied out when [pred] is given. */
static double run(struct pl_trial *trial, int pass, double *pred) {
    size_t tokens = (size_t)trial->plan.tokens, out = (size_t)trial->io.out;
    size_t all = tokens_of(trial), most = (size_t)trial->fit * (size_t)trial->io.tokens;
    double total = 0, loss;
    for (size_t s = 0; s < all; s++) total += trial->weight[s];
    total = 1 / total;
    double *tile = pred ? pl_alloc(out * tokens * sizeof *tile) : NULL;
    int32_t *position = pl_alloc(tokens * sizeof *position);
    for (size_t t = 0; t < tokens; t++) position[t] = (int32_t)(t % (size_t)trial->io.tokens);
    pl_program_write(trial->program, trial->network.feed[PL_FEED_INVERSE_WEIGHT], &total);
    pl_program_begin(trial->program, pass);
    trial->support = UINT64_C(0xcbf29ce484222325);
    for (size_t first = 0; first < all; first += most) {
        size_t count = all - first < most ? all - first : most;
        feed(trial, pass, first, count, position);
        pl_program_tile(trial->program, pass);
        if (pass == FORWARD) add_support(trial, count);
        if (pred) pl_program_read_tile(trial->program, pass, trial->network.output, tile);
        for (size_t k = 0; pred && k < count * out; k++)
            pred[first * out + k] = tile[k % out * tokens + k / out];
    }
    pl_program_end(trial->program, pass);
    pl_program_read(trial->program, trial->network.measure[PL_MEASURE_LOSS], &loss);
    pl_free(position);
    pl_free(tile);
    return loss;
}

double pl_trial_loss(struct pl_trial *trial) {
    return run(trial, FORWARD, NULL);
}

double pl_trial_gradient(struct pl_trial *trial) {
    return run(trial, GRADIENT, NULL);
}

double *pl_trial_predict(struct pl_trial *trial) {
    double *pred = pl_alloc(tokens_of(trial) * (size_t)trial->io.out * sizeof *pred);
    run(trial, FORWARD, pred);
    return pred;
}

static double *read_node(struct pl_trial *trial, int node) {
    const struct pl_node *n = pl_graph_node(&trial->graph, node);
    double *values = pl_alloc((size_t)n->rows * (size_t)n->cols * sizeof *values);
    pl_program_read(trial->program, node, values);
    return values;
}

double *pl_trial_read(struct pl_trial *trial, int param) {
    return read_node(trial, param);
}

double *pl_trial_read_grad(struct pl_trial *trial, int param) {
    int grad = trial->graph.grads.items[param];
    return grad == PL_NONE ? NULL : read_node(trial, grad);
}

static void perturb(struct pl_trial *trial, int param, struct pl_rng *rng, double std) {
    const struct pl_node *node = pl_graph_node(&trial->graph, param);
    double *values = pl_trial_read(trial, param);
    for (int k = 0; k < node->rows * node->cols; k++)
        values[k] = (float)(values[k] + std * pl_rng_normal(rng));
    pl_program_write(trial->program, param, values);
    pl_free(values);
}

void pl_trial_perturb(struct pl_trial *trial, uint64_t seed, double std) {
    struct pl_rng rng;
    pl_rng_init(&rng, seed, "probe");
    for (int n = 0; n < (int)trial->graph.nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(&trial->graph, n);
        if (node->kind == PL_KIND_PARAM && node->group == PL_GROUP_CONNECTION)
            perturb(trial, n, &rng, std);
    }
}

void pl_trial_perturb_one(struct pl_trial *trial, int param, uint64_t seed, double std) {
    struct pl_rng rng;
    pl_rng_init(&rng, seed, "probe");
    perturb(trial, param, &rng, std);
}
