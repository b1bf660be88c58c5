/* show: what is inside: a variant, a task, an option, a finished cell, a graph, a plan. */
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/json.h"
#include "core/base/vec.h"
#include "experiments/cli/args.h"
#include "experiments/cli/columns.h"
#include "experiments/evidence.h"
#include "experiments/options.h"
#include "experiments/worker.h"

static const struct pl_flag flags[] = {
    {"results", 0, "DIR", "cell: where results are kept (default: results)"},
    {"json", 0, NULL, "cell: as JSON"},
    {"dot", 0, NULL, "graph: in Graphviz's language"},
    {0},
};

static bool has_flag(const struct pl_args *args, const char *name) {
    return pl_args_get(args, &pl_command_show, name) != NULL;
}

/* "name  text" lines at the head of a page; nothing for an empty text. */
static void add_fact(struct pl_columns *facts, const char *name, const char *text) {
    if (*text) pl_columns_row(facts, (const char *[]){name, text});
}

static void end_table(struct pl_columns *table, struct pl_strbuf *out) {
    pl_columns_write(table, out);
    pl_columns_finish(table);
}

static void add_options(struct pl_strbuf *out, const char *section,
                        const struct pl_options *options) {
    struct pl_columns table;
    pl_strbuf_add(out, "\nOptions and their defaults\n");
    if (options->count == 0) pl_strbuf_add(out, "  none\n");
    pl_columns_init(&table, 2, 3);
    for (size_t r = 0; r < options->count; r++)
        pl_columns_option(&table, section, &options->rows[r]);
    end_table(&table, out);
}

static void add_version(struct pl_columns *facts, int version) {
    char text[24];
    snprintf(text, sizeof text, "%d", version);
    add_fact(facts, "version", text);
}

/* ---- settings from the words of the command line ---- */

static bool names_section(const char *name, const char *section) {
    size_t length = strlen(section);
    return strncmp(name, section, length) == 0 && name[length] == '.';
}

/* Adds the words from the second on, which are settings of [section] or [other] (NULL: of no other). */
static enum pl_status add_words(struct pl_settings *out, struct pl_arena *arena,
                                const struct pl_args *args, const char *section,
                                const char *other) {
    for (size_t k = 2; k < args->word_count; k++) {
        const char *word = args->words[k], *equals = strchr(word, '=');
        if (!equals) return pl_fail(PL_ECONFIG, "\"%s\" is no setting; write key=value", word);
        if (!names_section(word, section) && !(other && names_section(word, other)))
            return pl_fail(PL_ECONFIG, "show %s takes settings of %s.*%s%s%s; found \"%s\"",
                           args->words[0], section, other ? " and " : "", other ? other : "",
                           other ? ".*" : "", word);
        char *key = pl_arena_strndup(arena, word, (size_t)(equals - word));
        pl_settings_set(out, key, equals + 1, (struct pl_place){"command line", 0, 0});
    }
    return PL_OK;
}

/* ---- show variant ---- */

static const char *fill_text(const struct pl_node *node, char *out, size_t size) {
    if (node->fill == PL_FILL_VALUE) snprintf(out, size, "%g", node->fill_a);
    if (node->fill == PL_FILL_UNIFORM)
        snprintf(out, size, "uniform in [-%g, %g]", node->fill_a, node->fill_a);
    if (node->fill == PL_FILL_NORMAL) snprintf(out, size, "normal, std %g", node->fill_a);
    if (node->fill == PL_FILL_SOFTMAX) snprintf(out, size, "softmax(g / %g)", node->fill_a);
    if (node->fill == PL_FILL_DIAGONAL) snprintf(out, size, "diagonal of %g", node->fill_a);
    return out;
}

static void add_param(struct pl_columns *table, const struct pl_node *node) {
    char shape[40], fill[64], stream[96];
    snprintf(shape, sizeof shape, "[%d, %d]", node->rows, node->cols);
    snprintf(stream, sizeof stream, "init/%s", node->name);
    pl_columns_row(table,
                   (const char *[]){node->name, shape,
                                    node->group == PL_GROUP_CONSTANT ? "constant" : "trained",
                                    fill_text(node, fill, sizeof fill), stream});
}

static void add_params(struct pl_strbuf *out, const struct pl_graph *graph) {
    struct pl_columns table;
    int count = 0;
    pl_columns_init(&table, 2, 5);
    pl_columns_row(&table, (const char *[]){"name", "shape", "is", "starts at", "stream"});
    for (int n = 0; n < (int)graph->nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(graph, n);
        if (node->kind != PL_KIND_PARAM || strncmp(node->name, "residual.", 9) != 0) continue;
        add_param(&table, node);
        count++;
    }
    if (count == 0) pl_strbuf_add(out, "  none\n");
    if (count > 0) pl_columns_write(&table, out);
    pl_columns_finish(&table);
}

static void add_flops(struct pl_strbuf *out, const struct pl_model *model) {
    double total = 0;
    pl_strbuf_addf(out, "\nConnection FLOPs a token, forward (multiply-add = 2), layer by layer\n");
    struct pl_strbuf list;
    pl_strbuf_init(&list);
    for (long l = 1; l <= model->host.depth; l++) {
        double flops = model->residual->flops(&model->host, model->options, l);
        total += flops;
        pl_strbuf_addf(&list, "%s%g", l > 1 ? " " : "", flops);
    }
    pl_columns_paragraph(2, list.text, out);
    double layers =
        4.0 * (double)model->host.depth * (double)model->host.width * (double)model->host.hidden;
    pl_strbuf_addf(out, "  %g in all; the products of the layers take %g\n", total, layers);
    pl_strbuf_finish(&list);
}

static void describe_model(struct pl_strbuf *out, struct pl_model *model) {
    const struct pl_host *host = &model->host;
    struct pl_model_io io = {host->width, host->width, false};
    struct pl_graph graph;
    pl_graph_init(&graph);
    pl_model_build(model, &graph, &io);
    size_t connection = pl_graph_param_count(&graph, PL_GROUP_CONNECTION), all = connection;
    all += pl_graph_param_count(&graph, PL_GROUP_WEIGHT);
    all += pl_graph_param_count(&graph, PL_GROUP_PLAIN);
    size_t formula =
        model->residual->param_count ? model->residual->param_count(host, model->options) : 0;
    pl_strbuf_addf(out, "\nConnection parameters in a host of width %ld, hidden %ld, depth %ld\n",
                   host->width, host->hidden, host->depth);
    add_params(out, &graph);
    pl_strbuf_addf(out, "  %zu trained (%zu by formula) of the model's %zu\n", connection, formula,
                   all);
    add_flops(out, model);
    pl_graph_finish(&graph);
}

static void describe_variant(struct pl_strbuf *out, const struct pl_residual *variant) {
    struct pl_columns facts;
    pl_columns_init(&facts, 0, 2);
    add_fact(&facts, "variant", variant->name);
    add_fact(&facts, "family", variant->family);
    add_fact(&facts, "formula", variant->formula);
    add_fact(&facts, "citation", variant->citation);
    add_fact(&facts, "evidence", variant->evidence);
    add_fact(&facts, "",
             "[P] the paper, [C] its authors' code, [I] an independent report, [A] an "
             "abstract, [R] reconstructed, [D] our own derivation");
    add_version(&facts, variant->version);
    end_table(&facts, out);
    add_options(out, "variant", &variant->options);
}

static enum pl_status show_variant(const struct pl_args *args, struct pl_strbuf *out) {
    const struct pl_residual *variant;
    struct pl_arena arena = {0};
    struct pl_settings settings = {0};
    struct pl_model model;
    PL_TRY(pl_residual_find(&variant, args->words[1]));
    enum pl_status status = add_words(&settings, &arena, args, "model", "variant");
    pl_settings_set(&settings, "variant.name", variant->name, (struct pl_place){"show", 0, 0});
    if (status == PL_OK) status = pl_model_bind(&model, &settings, &arena);
    if (status == PL_OK) {
        describe_variant(out, variant);
        describe_model(out, &model);
    }
    pl_settings_finish(&settings);
    pl_arena_finish(&arena);
    return status;
}

/* ---- show task ---- */

static void add_shape(struct pl_strbuf *out, const struct pl_data_shape *shape) {
    bool ids = shape->input == PL_INPUT_ID, classes = shape->target == PL_TARGET_CLASS;
    pl_strbuf_addf(out, "  %ld %s -> %ld %s a token, %ld token%s a sample\n", shape->in,
                   ids ? "ids" : "reals", shape->out, classes ? "classes" : "reals", shape->tokens,
                   shape->tokens == 1 ? "" : "s");
}

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
    end_table(&table, out);
    return status;
}

static void describe_task(struct pl_strbuf *out, const struct pl_task *task) {
    struct pl_columns facts;
    pl_columns_init(&facts, 0, 2);
    add_fact(&facts, "task", task->name);
    add_fact(&facts, "summary", task->summary);
    add_fact(&facts, "formula", task->formula);
    add_fact(&facts, "citation", task->citation);
    add_version(&facts, task->version);
    end_table(&facts, out);
    add_options(out, "task", &task->options);
}

static enum pl_status describe_data(struct pl_strbuf *out, const struct pl_task *task,
                                    struct pl_settings *settings, struct pl_arena *arena) {
    void *options = pl_arena_alloc(arena, task->options_size);
    struct pl_data_shape shape;
    PL_TRY(pl_settings_bind(settings, &task->options, options, arena));
    task->shape(options, &shape);
    pl_strbuf_add(out, "\nShape\n");
    add_shape(out, &shape);
    return describe_points(out, task, settings, arena);
}

static enum pl_status show_task(const struct pl_args *args, struct pl_strbuf *out) {
    const struct pl_task *task;
    struct pl_arena arena = {0};
    struct pl_settings settings = {0};
    PL_TRY(pl_task_find(&task, args->words[1]));
    enum pl_status status = add_words(&settings, &arena, args, "task", NULL);
    if (status == PL_OK) {
        describe_task(out, task);
        status = describe_data(out, task, &settings, &arena);
    }
    pl_settings_finish(&settings);
    pl_arena_finish(&arena);
    return status;
}

/* ---- show option ---- */

static const char *section_of(const struct pl_option_section *section) {
    for (int k = 0; pl_tasks[k]; k++)
        if (section->options == &pl_tasks[k]->options) return "task";
    for (int k = 0; pl_residuals[k]; k++)
        if (section->options == &pl_residuals[k]->options) return "variant";
    return section->owner;
}

static void describe_option(struct pl_strbuf *out, const struct pl_option_section *section,
                            const struct pl_option *row) {
    struct pl_columns facts;
    struct pl_strbuf text;
    const char *prefix = section_of(section);
    pl_strbuf_init(&text);
    pl_columns_init(&facts, 0, 2);
    if (out->length) pl_strbuf_add(out, "\n");
    pl_strbuf_addf(&text, "%s.%s", prefix, row->name);
    add_fact(&facts, "option", text.text);
    if (strcmp(prefix, section->owner) != 0) add_fact(&facts, "of", section->owner);
    add_fact(&facts, "means", row->help);
    add_fact(&facts, "default", *row->dflt ? row->dflt : "\"\"");
    pl_strbuf_clear(&text);
    pl_option_accepted(row, &text);
    add_fact(&facts, "accepted", text.text);
    end_table(&facts, out);
    pl_strbuf_finish(&text);
}

/* The names of all options, for a complaint. */
struct names {
    const char **items;
    size_t count, capacity;
};

/* NAME may be dotted (task.dim) or bare (dim); every owner's row is shown. */
static enum pl_status show_option(const struct pl_args *args, struct pl_strbuf *out) {
    struct pl_option_section section;
    struct names names = {0};
    const char *name = args->words[1], *dot = strchr(name, '.'), *bare = dot ? dot + 1 : name;
    for (size_t s = 0; pl_option_section_at(s, &section); s++) {
        const struct pl_option *row = pl_option_find(section.options, bare);
        if (row && (!dot || names_section(name, section_of(&section))))
            describe_option(out, &section, row);
        for (size_t r = 0; r < section.options->count; r++)
            PL_VEC_PUSH(&names, section.options->rows[r].name);
    }
    const char *near = pl_nearest(bare, names.items, names.count);
    bool told = near && strcmp(near, bare) != 0;
    enum pl_status status = PL_OK;
    if (out->length == 0)
        status = pl_fail(PL_ECONFIG,
                         "there is no option \"%s\"%s%s%s `plumbline list options` shows all", name,
                         told ? "; did you mean \"" : ";", told ? near : "", told ? "\"?" : "");
    PL_VEC_FINISH(&names);
    return status;
}

/* ---- show cell: finding it ---- */

/* A cell as a database has it. */
struct found {
    struct pl_store_plan plan;
    const struct pl_cell *cell; /* of plan */
    struct pl_result result;
    char stamp[PL_HASH_TEXT];
    char *path;
};

static void found_finish(struct found *found) {
    if (!found->path) return;
    pl_result_finish(&found->result);
    pl_store_plan_finish(&found->plan);
    pl_free(found->path);
    found->path = NULL;
}

static const struct pl_cell *match(const struct pl_cells *cells, const char *prefix,
                                   size_t *count) {
    const struct pl_cell *cell = NULL;
    *count = 0;
    for (size_t k = 0; k < cells->count; k++) {
        if (strncmp(cells->items[k].id, prefix, strlen(prefix)) != 0) continue;
        cell = &cells->items[k];
        ++*count;
    }
    return cell;
}

/* The newest finished result, else what there is under the numerics of here and now. */
static enum pl_status read_result(struct found *found, struct pl_store *store) {
    PL_TRY(pl_store_newest(store, found->cell->id, found->stamp));
    if (!found->stamp[0]) PL_TRY(pl_evidence_stamp(found->cell, found->stamp));
    return pl_store_find(store, found->cell->id, found->stamp, &found->result);
}

/* Looks into one database; [found] stays empty when the cell is not in it. */
static enum pl_status look_into(struct found *found, struct pl_store *store, const char *path,
                                const char *prefix) {
    size_t count;
    PL_TRY(pl_store_plan(store, &found->plan));
    found->cell = match(&found->plan.cells, prefix, &count);
    enum pl_status status = PL_OK;
    if (count > 1)
        status = pl_fail(PL_ECONFIG,
                         "%s: %zu cells have an identity that begins with %s; give more of its "
                         "digits",
                         path, count, prefix);
    if (status == PL_OK && count == 1) status = read_result(found, store);
    if (status == PL_OK && count == 1)
        found->path = pl_strdup(path);
    else
        pl_store_plan_finish(&found->plan);
    return status;
}

static enum pl_status open_and_look(struct found *found, const char *path, const char *prefix) {
    struct pl_store *store;
    PL_TRY(pl_store_open_file(&store, path));
    enum pl_status status = look_into(found, store, path, prefix);
    pl_store_close(store);
    return status;
}

static bool is_finished(const struct found *found) {
    return found->result.outcome == PL_DONE || found->result.outcome == PL_DIVERGED;
}

/* Of one cell in two databases the finished one is kept; two cells are one too many. */
static enum pl_status keep_better(struct found *best, struct found *other) {
    enum pl_status status = PL_OK;
    if (!other->path) return PL_OK;
    if (best->path && strcmp(best->cell->id, other->cell->id) != 0)
        status = pl_fail(PL_ECONFIG, "%s and %s have different cells of that beginning: %s and %s",
                         best->path, other->path, best->cell->id, other->cell->id);
    if (!best->path || (!is_finished(best) && is_finished(other))) {
        struct found kept = *best;
        *best = *other;
        *other = kept;
    }
    found_finish(other);
    return status;
}

static enum pl_status find_cell(struct found *out, const char *results, const char *prefix) {
    char pattern[1024];
    glob_t paths = {0};
    enum pl_status status = PL_OK;
    snprintf(pattern, sizeof pattern, "%s/*/cells.db", results);
    if (glob(pattern, 0, NULL, &paths) != 0) paths.gl_pathc = 0;
    for (size_t k = 0; status == PL_OK && k < paths.gl_pathc; k++) {
        struct found other = {0};
        status = open_and_look(&other, paths.gl_pathv[k], prefix);
        if (status == PL_OK) status = keep_better(out, &other);
    }
    if (status == PL_OK && !out->path)
        status = pl_fail(PL_ECONFIG,
                         "no cell in %s (%zu found) has an identity that begins with \"%s\"; "
                         "`plumbline report STUDY --format csv` lists the cells of a study",
                         pattern, (size_t)paths.gl_pathc, prefix);
    globfree(&paths);
    return status;
}

/* ---- show cell: telling it ---- */

static void add_final_metrics(struct pl_strbuf *out, const struct pl_result *result) {
    struct pl_columns table;
    pl_columns_init(&table, 2, 3);
    for (size_t k = 0; k < result->metric_count; k++) {
        const struct pl_metric *metric = &result->metrics[k];
        char value[40], step[40];
        bool last = true;
        for (size_t m = k + 1; last && m < result->metric_count; m++)
            last = strcmp(result->metrics[m].name, metric->name) != 0;
        if (!last) continue;
        snprintf(value, sizeof value, "%.9g", metric->value);
        snprintf(step, sizeof step, "step %ld", metric->step);
        pl_columns_row(&table, (const char *[]){metric->name, value, step});
    }
    if (result->metric_count > 0) pl_strbuf_add(out, "\nFinal metrics\n");
    end_table(&table, out);
}

static void add_provenance(struct pl_strbuf *out, const char *text) {
    struct pl_json *json;
    struct pl_columns table;
    if (!*text || pl_json_parse(&json, text, strlen(text)) != PL_OK) return;
    pl_strbuf_add(out, "\nProvenance\n");
    pl_columns_init(&table, 2, 2);
    for (void *it = pl_json_first(json); it; it = pl_json_next(json, it)) {
        char *value = pl_json_write(pl_json_value(it), false);
        const char *plain = pl_json_as_text(pl_json_value(it), value);
        pl_columns_row(&table, (const char *[]){pl_json_key(it), *plain ? plain : "-"});
        pl_free(value);
    }
    end_table(&table, out);
    pl_json_destroy(json);
}

static void add_settings(struct pl_strbuf *out, const char *text) {
    pl_strbuf_add(out, "\nSettings\n");
    for (; *text; text += strcspn(text, "\n") + (strchr(text, '\n') != NULL))
        pl_strbuf_addf(out, "  %.*s\n", (int)strcspn(text, "\n"), text);
}

static void cell_text(struct pl_strbuf *out, const struct found *found) {
    const struct pl_cell *cell = found->cell;
    const struct pl_result *result = &found->result;
    struct pl_columns facts;
    char text[96];
    pl_columns_init(&facts, 0, 2);
    add_fact(&facts, "cell", cell->id);
    add_fact(&facts, "label", cell->label);
    add_fact(&facts, "variant", cell->variant);
    for (size_t k = 0; k < found->plan.axis_count; k++)
        add_fact(&facts, found->plan.axes[k], cell->axis_values[k]);
    snprintf(text, sizeof text, "%llu", (unsigned long long)cell->seed);
    add_fact(&facts, "seed", text);
    add_fact(&facts, "outcome", pl_outcome_name(result->outcome));
    if (is_finished(found)) {
        snprintf(text, sizeof text, "%.3g s, %.3g ms a step", result->seconds, result->step_ms);
        add_fact(&facts, "took", text);
    }
    add_fact(&facts, "numerics", found->stamp);
    add_fact(&facts, "database", found->path);
    end_table(&facts, out);
    if (result->message && *result->message)
        pl_strbuf_addf(out, "\nMessage\n%s\n", result->message);
    add_final_metrics(out, result);
    add_settings(out, cell->text);
    add_provenance(out, result->provenance ? result->provenance : "");
}

static struct pl_json *metrics_json(const struct pl_result *result) {
    struct pl_json *array = pl_json_array();
    for (size_t k = 0; k < result->metric_count; k++) {
        struct pl_json *object = pl_json_object();
        pl_json_set(object, "name", pl_json_text(result->metrics[k].name));
        pl_json_set(object, "step", pl_json_int(result->metrics[k].step));
        pl_json_set(object, "value", pl_json_real(result->metrics[k].value));
        pl_json_append(array, object);
    }
    return array;
}

static struct pl_json *settings_json(const char *text) {
    struct pl_arena arena = {0};
    struct pl_settings settings = {0};
    struct pl_json *object = pl_json_object();
    if (pl_settings_read(&settings, &arena, text) == PL_OK)
        for (size_t k = 0; k < settings.count; k++)
            pl_json_set(object, settings.items[k].key, pl_json_text(settings.items[k].value));
    pl_settings_finish(&settings);
    pl_arena_finish(&arena);
    return object;
}

static void cell_json(struct pl_strbuf *out, const struct found *found) {
    const struct pl_cell *cell = found->cell;
    const struct pl_result *result = &found->result;
    struct pl_json *object = pl_json_object(), *axes = pl_json_object(), *provenance = NULL;
    pl_json_set(object, "id", pl_json_text(cell->id));
    pl_json_set(object, "label", pl_json_text(cell->label));
    pl_json_set(object, "variant", pl_json_text(cell->variant));
    for (size_t k = 0; k < found->plan.axis_count; k++)
        pl_json_set(axes, found->plan.axes[k], pl_json_text(cell->axis_values[k]));
    pl_json_set(object, "axes", axes);
    pl_json_set(object, "seed", pl_json_int((int64_t)cell->seed));
    pl_json_set(object, "status", pl_json_text(pl_outcome_name(result->outcome)));
    pl_json_set(object, "message", pl_json_text(result->message));
    pl_json_set(object, "numerics", pl_json_text(found->stamp));
    pl_json_set(object, "database", pl_json_text(found->path));
    pl_json_set(object, "settings", settings_json(cell->text));
    pl_json_set(object, "metrics", metrics_json(result));
    pl_json_set(object, "seconds", pl_json_real(result->seconds));
    pl_json_set(object, "step_ms", pl_json_real(result->step_ms));
    if (result->provenance && *result->provenance &&
        pl_json_parse(&provenance, result->provenance, strlen(result->provenance)) == PL_OK)
        pl_json_set(object, "provenance", provenance);
    char *text = pl_json_write(object, true);
    pl_strbuf_addf(out, "%s\n", text);
    pl_free(text);
    pl_json_destroy(object);
}

static enum pl_status show_cell(const struct pl_args *args, struct pl_strbuf *out) {
    const char *results = pl_args_get(args, &pl_command_show, "results");
    struct found found = {0};
    enum pl_status status = find_cell(&found, results ? results : "results", args->words[1]);
    if (status == PL_OK) (has_flag(args, "json") ? cell_json : cell_text)(out, &found);
    found_finish(&found);
    return status;
}

/* ---- show graph, show plan ---- */

/* The training step of a cell: its real sizes, but no data. */
struct step {
    struct pl_worker_cell cell;
    struct pl_dataset data;
    struct pl_graph graph;
    struct pl_trainer *trainer;
};

static void step_finish(struct step *step) {
    pl_trainer_destroy(step->trainer);
    pl_graph_finish(&step->graph);
    pl_dataset_finish(&step->data);
    pl_worker_cell_finish(&step->cell);
}

static enum pl_status make_empty_data(struct step *step) {
    const struct pl_task_common *common = step->cell.task_options;
    step->data.shape = step->cell.shape;
    PL_TRY(pl_dataset_add(&step->data, PL_TRAIN, (size_t)common->samples));
    PL_TRY(pl_dataset_add(&step->data, PL_VALID, (size_t)common->valid_samples));
    return pl_dataset_add(&step->data, PL_TEST, (size_t)common->test_samples);
}

static enum pl_status step_make(struct step *step, const char *text) {
    PL_TRY(pl_worker_cell_read(&step->cell, text));
    PL_TRY(make_empty_data(step));
    pl_model_build(&step->cell.model, &step->graph, &step->cell.io);
    struct pl_network network = pl_worker_network(&step->graph, &step->cell.model);
    return pl_trainer_create(&step->trainer, &network, &step->cell.train, step->cell.backend,
                             &step->data, step->cell.model.host.width);
}

static void add_cell_line(struct pl_strbuf *out, const struct pl_cell *cell,
                          const struct step *step) {
    pl_strbuf_addf(out, "cell %s: %s, seed %llu, on %s\n\n", cell->id, cell->label,
                   (unsigned long long)cell->seed, pl_backend_name(step->cell.backend));
}

static enum pl_status describe_step(const struct pl_args *args, const struct pl_cell *cell,
                                    struct pl_strbuf *out) {
    struct step step = {0};
    pl_graph_init(&step.graph);
    enum pl_status status = step_make(&step, cell->text);
    bool dot = has_flag(args, "dot");
    if (status == PL_OK && !dot) add_cell_line(out, cell, &step);
    if (status == PL_OK && strcmp(args->words[0], "plan") == 0)
        pl_plan_dump(pl_trainer_plan(step.trainer), pl_backend_element_size(step.cell.backend),
                     out);
    else if (status == PL_OK)
        (dot ? pl_graph_dump_dot : pl_graph_dump_text)(&step.graph, out);
    step_finish(&step);
    return status;
}

static enum pl_status show_step(const struct pl_args *args, struct pl_strbuf *out) {
    struct pl_experiment experiment;
    struct pl_cells cells;
    PL_TRY(pl_experiment_load(&experiment, args->words[1], args->words + 2, args->word_count - 2));
    enum pl_status status = pl_experiment_expand(&cells, &experiment);
    if (status == PL_OK) {
        status = describe_step(args, &cells.items[0], out);
        pl_cells_finish(&cells);
    }
    pl_experiment_finish(&experiment);
    return status;
}

/* ---- the command ---- */

static const struct {
    const char *name;
    bool settings; /* further words are settings */
    enum pl_status (*show)(const struct pl_args *args, struct pl_strbuf *out);
} things[] = {
    {"variant", true, show_variant}, {"task", true, show_task},  {"option", false, show_option},
    {"cell", false, show_cell},      {"graph", true, show_step}, {"plan", true, show_step},
};
enum { THINGS = sizeof things / sizeof things[0] };

static enum pl_status show(const struct pl_args *args, struct pl_strbuf *out) {
    const char *names[THINGS], *word = args->word_count ? args->words[0] : "";
    for (int k = 0; k < THINGS; k++) {
        names[k] = things[k].name;
        if (strcmp(word, things[k].name) != 0) continue;
        if (args->word_count < 2)
            return pl_fail(PL_ECONFIG, "show %s needs a name; `plumbline show --help` has examples",
                           word);
        if (args->word_count > 2 && !things[k].settings)
            return pl_fail(PL_ECONFIG, "show %s takes one name; found \"%s\" after it", word,
                           args->words[2]);
        return things[k].show(args, out);
    }
    const char *near = *word ? pl_nearest(word, names, THINGS) : NULL;
    return pl_fail(
        PL_ECONFIG,
        "show needs one of variant, task, option, cell, graph and plan; found %s%s%s%s%s%s",
        *word ? "\"" : "nothing", word, *word ? "\"" : "", near ? "; did you mean " : "",
        near ? near : "", near ? "?" : "");
}

static int run(const struct pl_args *args) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    enum pl_status status = show(args, &text);
    if (status == PL_OK) status = pl_cli_write(NULL, text.text);
    pl_strbuf_finish(&text);
    return status == PL_OK ? 0 : pl_cli_fail(status);
}

const struct pl_command pl_command_show = {
    .name = "show",
    .summary = "Shows one thing from inside: variant, task, option, cell, graph or plan",
    .usage = "variant|task|option NAME | cell ID | graph|plan STUDY.yaml [key=value ...]",
    .details =
        "  variant   formula, source, options, its parameters and FLOPs; settings may follow\n"
        "  task      formula, source, options, shape, known losses; settings may follow\n"
        "  option    what it means, its default, what is accepted; dotted name or last word\n"
        "  cell      settings, outcome, final metrics, provenance; ID may be cut short\n"
        "  graph     the training step of a study's first cell, gradients and updates included\n"
        "  plan      its tile width, memory by region, and schedules\n",
    .examples = "  plumbline show variant attnres_block model.depth=16 variant.block_size=4\n"
                "  plumbline show task linear_mix\n"
                "  plumbline show option task.structure\n"
                "  plumbline show cell 3f2a --json\n"
                "  plumbline show plan configs/quickstart.yaml\n"
                "  plumbline show graph configs/quickstart.yaml model.depth=2 --dot | dot -Tsvg\n",
    .flags = flags,
    .run = run,
};
