#include "core/model/forward.h"

#include "core/backend/backend.h"
#include "core/model/init.h"
#include "core/model/model.h"

static enum pl_status bind(struct pl_model *model, const struct pl_forward_setting *settings,
                           size_t count, const struct pl_model_io *io, struct pl_arena *arena) {
    struct pl_settings list = {0};
    for (size_t k = 0; k < count; k++)
        pl_settings_set(&list, settings[k].key, settings[k].value,
                        (struct pl_place){"teacher", 0, 0});
    enum pl_status status = pl_model_bind(model, &list, arena);
    if (status == PL_OK) status = pl_model_fit(model, &list, io);
    pl_settings_finish(&list);
    return status;
}

static void fill_params(struct pl_program *program, const struct pl_graph *graph,
                        pl_forward_fill *fill, void *context) {
    for (int n = 0; n < (int)graph->nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(graph, n);
        if (node->kind != PL_KIND_PARAM) continue;
        double *values = pl_alloc_zero((size_t)node->rows * (size_t)node->cols, sizeof *values);
        fill(context, node->name, node->rows, node->cols, values);
        pl_program_write(program, n, values);
        pl_free(values);
    }
}

/* Tile by tile; a tile's outputs come feature by feature and go out token by token. */
static void run(struct pl_program *program, const struct pl_network *network, const float *x,
                size_t samples, double *y) {
    size_t tokens = (size_t)pl_program_plan(program)->tokens;
    size_t out = (size_t)pl_graph_node(network->graph, network->output)->rows;
    double *tile = pl_alloc(out * tokens * sizeof *tile);
    pl_program_begin(program, 0);
    for (size_t first = 0; first < samples; first += tokens) {
        size_t count = samples - first < tokens ? samples - first : tokens;
        struct pl_gather gather = {.first = first, .count = (int)count};
        pl_program_gather(program, 0, network->feed[PL_FEED_X], x, gather);
        pl_program_tile(program, 0);
        pl_program_read_tile(program, 0, network->output, tile);
        for (size_t t = 0; t < count; t++)
            for (size_t c = 0; c < out; c++) y[(first + t) * out + c] = tile[c * tokens + t];
    }
    pl_free(tile);
}

static enum pl_status run_on_ref(const struct pl_network *network, pl_forward_fill *fill,
                                 void *context, const float *x, size_t samples, double *y) {
    const struct pl_backend *ref;
    struct pl_program *program;
    struct pl_plan plan;
    PL_TRY(pl_backend_find(&ref, "ref"));
    struct pl_pass_spec pass = {"forward", &network->output, 1};
    int tile = pl_backend_tile(ref, network->width, network->hidden, samples);
    pl_plan_make(&plan, network->graph, tile, &pass, 1);
    enum pl_status status = pl_program_create(&program, ref, &plan);
    if (status == PL_OK) {
        fill_params(program, network->graph, fill, context);
        run(program, network, x, samples, y);
        pl_program_destroy(program);
    }
    pl_plan_finish(&plan);
    return status;
}

enum pl_status pl_forward(const struct pl_forward_setting *settings, size_t setting_count, long in,
                          long out, pl_forward_fill *fill, void *context, const float *x,
                          size_t samples, double *y) {
    struct pl_arena arena = {0};
    struct pl_model model;
    struct pl_model_io io = {.in = in, .out = out, .tokens = 1};
    enum pl_status status = bind(&model, settings, setting_count, &io, &arena);
    if (status == PL_OK) {
        struct pl_graph graph;
        struct pl_network network;
        pl_graph_init(&graph);
        pl_model_build(&model, &io, &graph, &network);
        status = run_on_ref(&network, fill, context, x, samples, y);
        pl_graph_finish(&graph);
    }
    pl_arena_finish(&arena);
    return status;
}

enum pl_status pl_forward_check(const struct pl_forward_setting *settings, size_t setting_count,
                                long in, long out) {
    struct pl_arena arena = {0};
    struct pl_model model;
    enum pl_status status = bind(&model, settings, setting_count,
                                 &(struct pl_model_io){.in = in, .out = out, .tokens = 1}, &arena);
    pl_arena_finish(&arena);
    return status;
}

static void visit_params(const struct pl_graph *graph, uint64_t seed, pl_forward_visit *visit,
                         void *context) {
    for (int n = 0; n < (int)graph->nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(graph, n);
        if (node->kind != PL_KIND_PARAM) continue;
        double *values = pl_alloc_zero((size_t)node->rows * (size_t)node->cols, sizeof *values);
        pl_init_draw(graph, n, seed, values);
        visit(context, &(struct pl_forward_tensor){node->name, node->rows, node->cols,
                                                   node->group == PL_GROUP_CONNECTION, values});
        pl_free(values);
    }
}

enum pl_status pl_forward_start(const struct pl_forward_setting *settings, size_t setting_count,
                                long in, long out, uint64_t seed, pl_forward_visit *visit,
                                void *context) {
    struct pl_arena arena = {0};
    struct pl_model model;
    struct pl_model_io io = {.in = in, .out = out, .tokens = 1};
    enum pl_status status = bind(&model, settings, setting_count, &io, &arena);
    if (status == PL_OK) {
        struct pl_graph graph;
        struct pl_network network;
        pl_graph_init(&graph);
        pl_model_build(&model, &io, &graph, &network);
        visit_params(&graph, seed, visit, context);
        pl_graph_finish(&graph);
    }
    pl_arena_finish(&arena);
    return status;
}
