/* Settings are bound in this order: the host's kind and its options; the variant and its options; what
 * `auto` norms come to; the variant's check, which may read all of it. A graph is built in the order of a
 * forward pass: the host's embedding, then layer by layer variant, norm, host, variant; the readout; the
 * host's head with the measures. Parameters are numbered in that order, but their initial values come from
 * their names (init.h).
 */
#include "core/model/model.h"

#include <string.h>

#include "core/base/hash.h"

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

static enum pl_status bind_host(struct pl_model *model, const struct pl_settings *settings,
                                struct pl_arena *arena) {
    struct pl_host *host = &model->host;
    const char *key = "model.kind";
    if (pl_host_find(&model->kind, pl_settings_value(settings, key, NULL)) != PL_OK)
        return complain(settings, key);
    PL_TRY(pl_settings_bind(settings, &model->kind->options, host, arena));
    if (host->hidden < 0) host->hidden = 4 * host->width;
    if (model->kind->check && model->kind->check(host, &key) != PL_OK)
        return complain(settings, key);
    return PL_OK;
}

enum pl_status pl_model_bind(struct pl_model *out, const struct pl_settings *settings,
                             struct pl_arena *arena) {
    memset(out, 0, sizeof *out);
    struct pl_host *host = &out->host;
    PL_TRY(bind_host(out, settings, arena));
    PL_TRY(bind_variant(out, settings, arena));
    const struct pl_residual *residual = out->residual;
    if (residual->flags & PL_RESIDUAL_PORTS4 && !out->kind->ports)
        return pl_fail_at(
            place_of(settings, "variant.name"),
            "the variant %s hands attention its queries, keys and values apart, and a "
            "model of the kind %s has no attention over tokens; choose another variant "
            "or another model.kind",
            residual->name, out->kind->name);
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
    const char *key = NULL;
    if (model->kind->fit(&model->host, io, &key) == PL_OK) return PL_OK;
    return pl_fail_at(place_of(settings, key), "%s", pl_message());
}

/* ---- to a graph ---- */

/* What layer l reads of what the variant hands it: normed, but for the residual port. */
static int layer_reads(struct pl_build *build, const struct pl_residual *residual, long l, int h) {
    if (build->port == PL_PORT_RESIDUAL) return h;
    return residual->branch_input ? residual->branch_input(build, l, h)
                                  : pl_residual_prenorm(build, l, h);
}

/* An output on its way to the variant, and what removes it if a probe asks for that. */
static int handed(struct pl_build *build, long i, int v) {
    build->network->v[i] = v;
    if (build->masking == PL_MASKING_OFF) return v;
    int mask =
        pl_residual_param(build, "source_mask", i, 1, 1, PL_GROUP_CONSTANT, PL_FILL_VALUE, 1);
    build->network->source_mask[i] = mask;
    return pl_gain(build->graph, mask, v);
}

/* The stack: what the variant hands to each layer, through the layer, back to the variant; the readout. */
static int stack(const struct pl_model *model, struct pl_network *network, int e) {
    const struct pl_host *host = &model->host;
    const struct pl_host_kind *kind = model->kind;
    const struct pl_residual *residual = model->residual;
    struct pl_arena arena = {0};
    struct pl_build build = {.graph = network->graph,
                             .host = host,
                             .options = model->options,
                             .arena = &arena,
                             .masking = model->masking,
                             .site = 1,
                             .ports = 1,
                             .look = model->look,
                             .network = network};
    double factor =
        residual->branch_init_scale ? residual->branch_init_scale(host, model->options) : 1;
    build.state = pl_arena_alloc(&arena, residual->state_size + 1);
    int memory = PL_NONE;
    pl_network_stack(network, host->depth);
    residual->begin(&build, handed(&build, 0, e));
    for (long l = 1; l <= host->depth; l++) {
        int u[PL_PORTS];
        build.ports = residual->flags & PL_RESIDUAL_PORTS4 ? kind->ports(host, l) : 1;
        for (build.port = 0; build.port < build.ports; build.port++) {
            int h = residual->layer_input(&build, l, build.port);
            u[build.port] = layer_reads(&build, residual, l, h);
            if (build.port == 0) network->h[l - 1] = h;
        }
        build.port = 0;
        const struct pl_layer layer = {network,     host,   l,       u,
                                       build.ports, factor, &memory, &build.inner};
        int y = kind->layer(&layer);
        build.layer = l;
        build.site = l + 1;
        residual->layer_output(&build, l, handed(&build, l, y));
    }
    network->h[host->depth] = residual->readout(&build);
    for (long l = 1; l <= host->depth + 1 && model->rows && residual->mix_row; l++)
        network->row[l - 1] = residual->mix_row(&build, l);
    pl_arena_finish(&arena);
    return network->h[host->depth];
}

void pl_model_build(const struct pl_model *model, const struct pl_model_io *io,
                    struct pl_graph *graph, struct pl_network *out) {
    const struct pl_host *host = &model->host;
    PL_ASSERT(io->tokens >= 1 && graph->nodes.count == 0);
    graph->sequence = (int)io->tokens;
    graph->asked = (int)(io->asked ? io->asked : io->tokens);
    pl_network_init(out, graph);
    out->width = host->width;
    out->hidden = host->hidden;
    out->renormalises = model->masking == PL_MASKING_RENORMALISE;
    int e = model->kind->embed(out, host, io);
    int r = stack(model, out, e);
    model->kind->head(out, host, io, r);
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
        pl_strbuf_addf(&text, "%d %d %u %.17g %d %d;", a->embed.rows, a->attend.heads,
                       a->dropout.stream, a->clip.most, a->rotate.heads, a->rotate.inverse);
        if (node->kind == PL_KIND_CONST) pl_strbuf_addf(&text, "%.17g;", node->value);
        for (int k = 0; k < node->in_count; k++) pl_strbuf_addf(&text, "%d ", node->in[k]);
        pl_strbuf_addf(&text, "%s\n", node->name ? node->name : "");
    }
    pl_hash_text(out, text.text);
    pl_strbuf_finish(&text);
}
