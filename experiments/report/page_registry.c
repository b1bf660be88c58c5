/* `show variant`, `show task`, `show option`: a row of a registry, in full. A page is facts ("name  text"
 * lines), then the options of the row as a table, then what only a built model or generated data can
 * tell: parameters, FLOPs, shapes, known losses. Parameters that differ in their layer alone are one
 * line. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/report/columns.h"
#include "experiments/report/pages.h"
#include "tasks/plugin.h"

static void add_options(struct pl_strbuf *out, const char *section,
                        const struct pl_options *options) {
    struct pl_columns table;
    pl_strbuf_add(out, "\nOptions and their defaults\n");
    if (options->count == 0) pl_strbuf_add(out, "  none\n");
    pl_columns_init(&table, 2, 3);
    for (size_t r = 0; r < options->count; r++)
        pl_columns_option(&table, section, &options->rows[r]);
    pl_columns_end(&table, out);
}

static void add_version(struct pl_columns *facts, int version) {
    char text[24];
    snprintf(text, sizeof text, "%d", version);
    pl_columns_fact(facts, "version", text);
}

/* ---- variants ---- */

/* Parameters that differ in their layer alone are one line: residual.query.l, l = 2..11. */
struct fold {
    const struct pl_node *node; /* the first */
    char name[96], layers[160];
    long first, last; /* of the run of layers at hand */
    bool open;        /* is [last] still to be written? */
};

/* "residual.w.3.1" to "residual.w.l.1" and 3; false where no part is a number. */
static bool split_layer(const char *name, char *out, size_t size, long *l) {
    for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.')) {
        char *end;
        if (dot[1] < '0' || dot[1] > '9') continue;
        *l = strtol(dot + 1, &end, 10);
        snprintf(out, size, "%.*s.l%s", (int)(dot - name), name, end);
        return true;
    }
    snprintf(out, size, "%s", name);
    return false;
}

static bool same_kind(const struct pl_node *a, const struct pl_node *b) {
    char x[64], y[64];
    return a->rows == b->rows && a->cols == b->cols && a->group == b->group &&
           strcmp(pl_fill_text(a, x, sizeof x), pl_fill_text(b, y, sizeof y)) == 0;
}

static void end_run(struct fold *fold) {
    size_t at = strlen(fold->layers);
    if (!fold->open) return;
    const char *comma = at ? ", " : "";
    if (fold->first == fold->last)
        snprintf(fold->layers + at, sizeof fold->layers - at, "%s%ld", comma, fold->first);
    else
        snprintf(fold->layers + at, sizeof fold->layers - at, "%s%ld..%ld", comma, fold->first,
                 fold->last);
    fold->open = false;
}

typedef PL_VEC(struct fold) folds;

static void fold_param(folds *list, const struct pl_node *node) {
    struct fold fold = {.node = node};
    long l = 0;
    fold.open = split_layer(node->name, fold.name, sizeof fold.name, &l);
    fold.first = fold.last = l;
    for (size_t k = 0; fold.open && k < list->count; k++) {
        struct fold *at = &list->items[k];
        if (strcmp(at->name, fold.name) != 0 || !same_kind(at->node, node)) continue;
        if (l != at->last + 1) {
            end_run(at);
            at->first = l;
        }
        at->open = true;
        at->last = l;
        return;
    }
    PL_VEC_PUSH(list, fold);
}

static void add_fold(struct pl_columns *table, struct fold *fold) {
    const struct pl_node *node = fold->node;
    char name[280], shape[40], fill[64], stream[110];
    end_run(fold);
    snprintf(name, sizeof name, "%s%s%s", fold->name, *fold->layers ? ", l = " : "", fold->layers);
    snprintf(shape, sizeof shape, "[%d, %d]", node->rows, node->cols);
    snprintf(stream, sizeof stream, "init/%s", fold->name);
    pl_columns_row(table,
                   (const char *[]){name, shape,
                                    node->group == PL_GROUP_CONSTANT ? "constant" : "trained",
                                    pl_fill_text(node, fill, sizeof fill), stream});
}

static void add_params(struct pl_strbuf *out, const struct pl_graph *graph) {
    struct pl_columns table;
    folds list = {0};
    pl_columns_init(&table, 2, 5);
    pl_columns_row(&table, (const char *[]){"name", "shape", "is", "starts at", "stream"});
    for (int n = 0; n < (int)graph->nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(graph, n);
        if (node->kind != PL_KIND_PARAM || strncmp(node->name, "residual.", 9) != 0) continue;
        fold_param(&list, node);
    }
    for (size_t k = 0; k < list.count; k++) add_fold(&table, &list.items[k]);
    if (list.count == 0) pl_strbuf_add(out, "  none\n");
    if (list.count > 0) pl_columns_write(&table, out);
    PL_VEC_FINISH(&list);
    pl_columns_finish(&table);
}

static void add_flops(struct pl_strbuf *out, const struct pl_model *model,
                      const struct pl_model_io *io) {
    double total = 0, layers = 0;
    pl_strbuf_addf(out, "\nConnection FLOPs a token, forward (multiply-add = 2), layer by layer, "
                        "without the readout\n");
    struct pl_strbuf list;
    pl_strbuf_init(&list);
    for (long l = 1; l <= model->host.depth; l++) {
        double flops = model->residual->flops(&model->host, model->options, l);
        total += flops;
        layers += model->kind->flops(&model->host, io, l);
        pl_strbuf_addf(&list, "%s%g", l > 1 ? " " : "", flops);
    }
    pl_columns_paragraph(2, list.text, out);
    pl_strbuf_addf(out, "  %g in all; the products of the layers take %g\n", total, layers);
    pl_strbuf_finish(&list);
}

static void describe_model(struct pl_strbuf *out, struct pl_model *model) {
    const struct pl_host *host = &model->host;
    struct pl_model_io io = {.in = host->width, .out = host->width, .tokens = 1};
    struct pl_network network;
    struct pl_graph graph;
    pl_graph_init(&graph);
    pl_model_build(model, &io, &graph, &network);
    size_t connection = pl_graph_param_count(&graph, PL_GROUP_CONNECTION);
    size_t all = pl_graph_trained_count(&graph);
    size_t formula =
        model->residual->param_count ? model->residual->param_count(host, model->options) : 0;
    pl_strbuf_addf(out, "\nConnection parameters in a host of width %ld, hidden %ld, depth %ld\n",
                   host->width, host->hidden, host->depth);
    add_params(out, &graph);
    pl_strbuf_addf(out, "  %zu trained (%zu by formula) of the model's %zu\n", connection, formula,
                   all);
    add_flops(out, model, &io);
    pl_graph_finish(&graph);
}

/* Which of the two families called AttnRes it is, as set. */
static const char *sources_text(const struct pl_residual *variant,
                                const struct pl_settings *settings) {
    return strcmp(pl_residual_sources(variant, settings), "states") == 0
               ? "states: sites choose from the running states h_1 .. h_l, the other family that "
                 "is called AttnRes in print"
               : "outputs: sites choose from layer outputs, as Kimi Team 2026 do";
}

static void describe_variant(struct pl_strbuf *out, const struct pl_residual *variant,
                             const struct pl_settings *settings) {
    struct pl_columns facts;
    pl_columns_init(&facts, 0, 2);
    pl_columns_fact(&facts, "variant", variant->name);
    pl_columns_fact(&facts, "family", variant->family);
    if (variant->sources) pl_columns_fact(&facts, "sources", sources_text(variant, settings));
    pl_columns_fact(&facts, "formula", variant->formula);
    pl_columns_fact(&facts, "citation", variant->citation);
    pl_columns_fact(&facts, "evidence", variant->evidence);
    pl_columns_fact(&facts, "",
                    "[P] the paper, [C] its authors' code, [I] an independent report, [A] an "
                    "abstract, [R] general knowledge, not re-read, [D] a decision taken here");
    add_version(&facts, variant->version);
    pl_columns_end(&facts, out);
    add_options(out, "variant", &variant->options);
}

void pl_variant_text(const struct pl_residual *variant, const struct pl_settings *settings,
                     struct pl_model *model, struct pl_strbuf *out) {
    describe_variant(out, variant, settings);
    describe_model(out, model);
}

/* ---- tasks ---- */

static const char *real_text(char *out, size_t size, double value) {
    if (isnan(value))
        snprintf(out, size, "none");
    else
        snprintf(out, size, "%.5g", value);
    return out;
}

/* The points of seed 1 at one value of the dial; nothing where the task refuses it. */
static enum pl_status add_points(struct pl_columns *table, const struct pl_task *task,
                                 struct pl_settings *settings, struct pl_arena *arena,
                                 const char *structure) {
    void *options = pl_arena_alloc(arena, task->options_size);
    struct pl_dataset data = {0};
    struct pl_task_points points;
    const char *key;
    char trivial[32], best[32], solved[32];
    pl_settings_set(settings, "task.structure", structure, (struct pl_place){"show", 0, 0});
    PL_TRY(pl_settings_bind(settings, &task->options, options, arena));
    if (task->check(options, &key) != PL_OK) return PL_OK;
    PL_TRY(task->generate(options, 1, &data));
    enum pl_status status = task->points(options, 1, &data, &points);
    pl_dataset_finish(&data);
    PL_TRY(status);
    pl_columns_row(table,
                   (const char *[]){structure, real_text(trivial, sizeof trivial, points.trivial),
                                    real_text(best, sizeof best, points.best_test),
                                    real_text(solved, sizeof solved, points.solved)});
    return PL_OK;
}

static enum pl_status describe_points(struct pl_strbuf *out, const struct pl_task *task,
                                      struct pl_settings *settings, struct pl_arena *arena) {
    static const char *const dial[] = {"0", "0.5", "1"};
    struct pl_columns table;
    enum pl_status status = PL_OK;
    pl_columns_init(&table, 2, 4);
    pl_columns_row(&table, (const char *[]){"structure", "trivial", "best", "solved at"});
    for (size_t k = 0; status == PL_OK && k < sizeof dial / sizeof dial[0]; k++)
        status = add_points(&table, task, settings, arena, dial[k]);
    pl_strbuf_add(out, "\nKnown test losses, seed 1\n");
    pl_columns_end(&table, out);
    return status;
}

static void add_plugin(struct pl_columns *facts, const struct pl_plugin *plugin) {
    char text[300];
    if (!plugin) return;
    snprintf(text, sizeof text, "%.255s %s", strrchr(plugin->path, '/') + 1, plugin->digest);
    pl_columns_fact(facts, "plug-in", text);
}

static void describe_task(struct pl_strbuf *out, const struct pl_task *task) {
    struct pl_columns facts;
    pl_columns_init(&facts, 0, 2);
    pl_columns_fact(&facts, "task", task->name);
    pl_columns_fact(&facts, "summary", task->summary);
    pl_columns_fact(&facts, "formula", task->formula);
    pl_columns_fact(&facts, "citation", task->citation);
    add_version(&facts, task->version);
    add_plugin(&facts, pl_plugin_of(task));
    pl_columns_end(&facts, out);
    add_options(out, "task", &task->options);
}

static enum pl_status describe_data(struct pl_strbuf *out, const struct pl_task *task,
                                    struct pl_settings *settings, struct pl_arena *arena) {
    void *options = pl_arena_alloc(arena, task->options_size);
    struct pl_data_shape shape;
    PL_TRY(pl_settings_bind(settings, &task->options, options, arena));
    task->shape(options, &shape);
    pl_strbuf_add(out, "\nShape\n");

    bool ids = shape.input == PL_INPUT_ID, classes = shape.target == PL_TARGET_CLASS;
    pl_strbuf_addf(out, "  %ld %s -> %ld %s a token, %ld token%s a sample\n", shape.in,
                   ids ? "ids" : "reals", shape.out, classes ? "classes" : "reals", shape.tokens,
                   shape.tokens == 1 ? "" : "s");

    return describe_points(out, task, settings, arena);
}

enum pl_status pl_task_text(const struct pl_task *task, struct pl_settings *settings,
                            struct pl_arena *arena, struct pl_strbuf *out) {
    describe_task(out, task);
    return describe_data(out, task, settings, arena);
}

/* ---- options ---- */

void pl_option_text(const struct pl_option_section *section, const struct pl_option *row,
                    struct pl_strbuf *out) {
    struct pl_columns facts;
    struct pl_strbuf text;
    const char *prefix = section->section;
    pl_strbuf_init(&text);
    pl_columns_init(&facts, 0, 2);
    if (out->length) pl_strbuf_add(out, "\n");
    pl_strbuf_addf(&text, "%s.%s", prefix, row->name);
    pl_columns_fact(&facts, "option", text.text);
    if (strcmp(prefix, section->owner) != 0) pl_columns_fact(&facts, "of", section->owner);
    pl_columns_fact(&facts, "means", row->help);
    pl_columns_fact(&facts, "default", *row->dflt ? row->dflt : "\"\"");
    pl_strbuf_clear(&text);
    pl_option_accepted(row, &text);
    pl_columns_fact(&facts, "accepted", text.text);
    pl_columns_end(&facts, out);
    pl_strbuf_finish(&text);
}
