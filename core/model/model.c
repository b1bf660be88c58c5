#include "core/model/model.h"

#include <string.h>

#include "core/base/hash.h"
#include "core/model/init.h"
#include "core/model/layer.h"

static const struct pl_option host_rows[] = {
    PL_OPTION_CHOICE(struct pl_host, kind, "mlp", "mlp",
                     "the host that carries the residual variant"),
    PL_OPTION_INT(struct pl_host, width, "32", 1, 65536, "features of the residual stream"),
    PL_OPTION_AUTO_INT(struct pl_host, hidden, "auto", 1, 1048576,
                       "hidden features of each layer's MLP; auto is four times the width"),
    PL_OPTION_INT(struct pl_host, depth, "10", 1, 4096, "number of layers"),
    PL_OPTION_CHOICE(struct pl_host, activation, "silu", "relu|gelu|silu|tanh",
                     "activation of each layer's MLP; gelu is the erf form"),
    PL_OPTION_CHOICE(struct pl_host, norm, "rmsnorm", "rmsnorm|layernorm",
                     "kind of the host's norms"),
    PL_OPTION_REAL(struct pl_host, norm_eps, "1e-6", 0, 1,
                   "added to the mean square in every norm"),
    PL_OPTION_CHOICE(struct pl_host, prenorm, "auto", "auto|true|false",
                     "norm before each layer; auto is what the variant says"),
    PL_OPTION_CHOICE(struct pl_host, final_norm, "auto", "auto|true|false",
                     "norm before the head; auto is what the variant says"),
    PL_OPTION_CHOICE(struct pl_host, embed, "linear", "none|linear",
                     "input projection; none needs inputs of the model's width"),
    PL_OPTION_CHOICE(struct pl_host, head, "linear", "none|linear",
                     "output projection; none needs targets of the model's width"),
    PL_OPTION_CHOICE(struct pl_host, init, "uniform_fan_in", PL_INIT_NAMES, "how weights start"),
};

const struct pl_options pl_host_options = PL_OPTIONS("model", host_rows);

/* ---- from settings ---- */

/* The place of a setting, for a complaint about it. */
static struct pl_place place_of(const struct pl_settings *settings, const char *key) {
    const struct pl_setting *setting = pl_settings_get(settings, key);
    return setting ? setting->place : (struct pl_place){"default", 0, 0};
}

static enum pl_status complain(const struct pl_settings *settings, const char *key) {
    struct pl_strbuf said;
    pl_strbuf_init(&said);
    pl_strbuf_add(&said, pl_message());
    enum pl_status status = pl_fail_at(place_of(settings, key), "%s: %s", key, said.text);
    pl_strbuf_finish(&said);
    return status;
}

/* auto becomes what the variant says; an explicit value against its nature is refused. */
static enum pl_status settle(int *choice, bool off_by_nature, const char *key,
                             const struct pl_residual *residual,
                             const struct pl_settings *settings) {
    if (*choice == PL_TRUE && off_by_nature)
        return pl_fail_at(
            place_of(settings, key),
            "%s is true, but the variant %s brings its own norm in that place; leave it "
            "at auto or choose another variant",
            key, residual->name);
    if (*choice == PL_AUTO) *choice = off_by_nature ? PL_FALSE : PL_TRUE;
    return PL_OK;
}

static enum pl_status bind_variant(struct pl_model *model, const struct pl_settings *settings,
                                   struct pl_arena *arena) {
    const char *name = pl_settings_value(settings, "variant.name", "standard");
    if (pl_residual_find(&model->residual, name) != PL_OK)
        return complain(settings, "variant.name");
    void *options = pl_arena_alloc(arena, model->residual->options_size + 1);
    if (model->residual->options_start)
        memcpy(options, model->residual->options_start, model->residual->options_size);
    model->options = options;
    struct pl_options rows = model->residual->options;
    rows.section = "variant"; /* also where a variant has no rows and says nothing */
    return pl_settings_bind(settings, &rows, options, arena);
}

enum pl_status pl_model_bind(struct pl_model *out, const struct pl_settings *settings,
                             struct pl_arena *arena) {
    memset(out, 0, sizeof *out);
    struct pl_host *host = &out->host;
    PL_TRY(pl_settings_bind(settings, &pl_host_options, host, arena));
    PL_TRY(bind_variant(out, settings, arena));
    const struct pl_residual *residual = out->residual;
    if (host->hidden < 0) host->hidden = 4 * host->width;
    PL_TRY(settle(&host->prenorm, residual->flags & PL_RESIDUAL_PRENORM_OFF, "model.prenorm",
                  residual, settings));
    PL_TRY(settle(&host->final_norm, residual->flags & PL_RESIDUAL_FINAL_NORM_OFF,
                  "model.final_norm", residual, settings));
    const char *key = "variant.name";
    if (residual->check && residual->check(host, out->options, &key) != PL_OK)
        return complain(settings, key);
    return PL_OK;
}

enum pl_status pl_model_fit(const struct pl_model *model, const struct pl_settings *settings,
                            const struct pl_model_io *io) {
    const struct pl_host *host = &model->host;
    if (host->embed == PL_MAP_NONE && io->in != host->width)
        return pl_fail_at(
            place_of(settings, "model.embed"),
            "model.embed is none, which needs inputs of the model's width: the task "
            "gives %ld features and model.width is %ld; set embed: linear or make the "
            "two equal",
            io->in, host->width);
    if (host->head == PL_MAP_NONE && io->out != host->width)
        return pl_fail_at(place_of(settings, "model.head"),
                          "model.head is none, which needs targets of the model's width: the task "
                          "has %ld and model.width is %ld; set head: linear or make the two equal",
                          io->out, host->width);
    return PL_OK;
}

/* ---- to a graph ---- */

static int embed(const struct pl_model *model, struct pl_graph *graph, int x) {
    const struct pl_host *host = &model->host;
    if (host->embed == PL_MAP_NONE) return x;
    return pl_layer_linear(graph, x, host->width, "embed.w", "embed.b", host->init, 1);
}

/* Layer [l] on what the variant hands it. */
static int layer(struct pl_build *build, const struct pl_residual *residual, long l, int h,
                 double factor) {
    int u = residual->branch_input ? residual->branch_input(build, l, h)
                                   : pl_residual_prenorm(build, l, h);
    return pl_layer_mlp(build->graph, u, l, build->host, factor);
}

/* An output on its way to the variant, and what removes it if a probe asks for that. */
static int handed(struct pl_build *build, long i, int v) {
    if (build->masking == PL_MASKING_OFF) return v;
    int mask =
        pl_residual_param(build, "source_mask", i, 1, 1, PL_GROUP_CONSTANT, PL_FILL_VALUE, 1);
    return pl_gain(build->graph, mask, v);
}

static void expect_streams(const struct pl_model *model, struct pl_graph *graph, size_t sites) {
    if (!model->seen) return;
    model->seen->streams = PL_ARENA_ARRAY(&graph->arena, struct pl_seen_streams, sites);
    for (size_t k = 0; k < sites; k++) model->seen->streams[k].node = PL_NONE;
}

/* The stack: what the variant hands to each layer, through the layer, back to the variant. */
static int stack(struct pl_model *model, struct pl_graph *graph, int e) {
    const struct pl_host *host = &model->host;
    const struct pl_residual *residual = model->residual;
    struct pl_arena arena = {0};
    struct pl_build build = {.graph = graph,
                             .host = host,
                             .options = model->options,
                             .arena = &arena,
                             .masking = model->masking,
                             .site = 1,
                             .seen = model->seen};
    size_t sites = (size_t)host->depth + 1;
    int *v = PL_ARENA_ARRAY(&graph->arena, int, sites);
    int *h = PL_ARENA_ARRAY(&graph->arena, int, sites);
    int *row = PL_ARENA_ARRAY(&graph->arena, int, sites);
    double factor =
        residual->branch_init_scale ? residual->branch_init_scale(host, model->options) : 1;
    build.state = pl_arena_alloc(&arena, residual->state_size + 1);
    expect_streams(model, graph, sites);
    residual->begin(&build, handed(&build, 0, v[0] = e));
    for (long l = 1; l <= host->depth; l++) {
        h[l - 1] = residual->layer_input(&build, l, 0);
        v[l] = layer(&build, residual, l, h[l - 1], factor);
        build.layer = l;
        build.site = l + 1;
        residual->layer_output(&build, l, handed(&build, l, v[l]));
    }
    h[host->depth] = residual->readout(&build);
    for (long l = 1; l <= (long)sites; l++)
        row[l - 1] = model->rows && residual->mix_row ? residual->mix_row(&build, l) : PL_NONE;
    model->v = v;
    model->h = h;
    model->row = row;
    pl_arena_finish(&arena);
    return h[host->depth];
}

static int head(const struct pl_model *model, struct pl_graph *graph, int r) {
    const struct pl_host *host = &model->host;
    if (host->final_norm == PL_TRUE)
        r = pl_layer_norm(graph, r, "norms.final.gain", host, PL_GROUP_PLAIN);
    if (host->head == PL_MAP_NONE) return r;
    return pl_layer_linear(graph, r, model->io.out, "head.w", "head.b", host->init, 1);
}

static void add_loss(struct pl_model *model, struct pl_graph *graph) {
    model->weight = pl_feed_tile(graph, "weight", 1, PL_NUMBER);
    model->inverse_weight = pl_feed_step(graph, "inverse_weight", 1);
    model->y = model->labels = model->accuracy = PL_NONE;
    int sum;
    if (model->io.classes) {
        model->labels = pl_feed_tile(graph, "labels", 1, PL_INDEX);
        sum = pl_xent(graph, model->pred, model->labels, model->weight);
        int hits = pl_hits(graph, model->pred, model->labels, model->weight);
        model->accuracy = pl_mul(graph, hits, model->inverse_weight);
    } else {
        model->y = pl_feed_tile(graph, "y", (int)model->io.out, PL_NUMBER);
        sum = pl_mse(graph, model->pred, model->y, model->weight);
    }
    model->loss = pl_mul(graph, sum, model->inverse_weight);
}

void pl_model_build(struct pl_model *model, struct pl_graph *graph, const struct pl_model_io *io) {
    model->io = *io;
    model->x = pl_feed_tile(graph, "x", (int)io->in, PL_NUMBER);
    int e = embed(model, graph, model->x);
    model->pred = head(model, graph, stack(model, graph, e));
    add_loss(model, graph);
#ifdef PL_DEBUG
    pl_graph_check(graph);
#endif
}

/* Names count: they key the initial values. Two descriptions that build the same
 * operators over the same parameters are the same model. */
void pl_model_digest(const struct pl_graph *graph, char *out) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    for (int n = 0; n < (int)graph->nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(graph, n);
        const struct pl_attr *a = &node->attr;
        pl_strbuf_addf(&text, "%d %d %d %d %d %d %d %.17g;", node->kind,
                       node->kind == PL_KIND_OP ? (int)node->op : 0, node->domain, node->rows,
                       node->cols, node->group, node->fill, node->fill_a);
        if (node->where_step)
            pl_strbuf_addf(&text, "%d %d %.17g;", node->where_first, node->where_step,
                           node->where_value);
        pl_strbuf_addf(&text, "%.17g %.17g %d %d %d %.17g %d %d %d %d %d %d %d %.17g;", a->axpby.a,
                       a->axpby.b, a->place.first, a->place.rows, a->act.kind,
                       a->softmax.temperature, a->matmul.transpose, a->outer.blocks,
                       a->row_sum.rows, a->conv.transpose, a->conv.size, a->norm.kind,
                       a->norm.groups, a->norm.eps);
        pl_strbuf_addf(&text, "%d %d %.17g %d %d %d %d %d %d %d %d;", a->depth.score,
                       a->depth.heads, a->depth.temperature, a->depth.keyed, a->depth.mask,
                       a->stream.blocks, a->stream.transpose, a->stream.rows, a->doubly.kind,
                       a->doubly.n, a->doubly.iterations);
        if (node->kind == PL_KIND_CONST) pl_strbuf_addf(&text, "%.17g;", node->value);
        for (int k = 0; k < node->in_count; k++) pl_strbuf_addf(&text, "%d ", node->in[k]);
        pl_strbuf_addf(&text, "%s\n", node->name ? node->name : "");
    }
    pl_hash_text(out, text.text);
    pl_strbuf_finish(&text);
}
