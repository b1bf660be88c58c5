/* The page of `list`: the tables of the program, from the rows that it uses itself. */
#include <stdio.h>
#include <string.h>

#include "core/config/names.h"
#include "core/model/model.h"
#include "core/train/optim.h"
#include "core/train/schedule.h"
#include "experiments/report/columns.h"
#include "experiments/report/pages.h"
#include "experiments/report/rows.h"
#include "experiments/run/stamp.h"
#include "experiments/study/options.h"

/* One list: rows for people, items for programs. */
struct pl_list {
    const char *name;
    int columns;
    void (*text)(struct pl_columns *out);
    void (*write)(struct pl_strbuf *out); /* instead of text, for a list that is not one table */
    void (*json)(struct pl_json *array);
};

/* ", but 0 at entries 0, 5, ..." */
static void add_where(const struct pl_node *node, char *out, size_t size) {
    size_t length = strlen(out);
    int first = node->where_first, step = node->where_step;
    if (step == 0) return;
    if (first + step < node->rows * node->cols)
        snprintf(out + length, size - length, ", but %g at entries %d, %d, ...", node->where_value,
                 first, first + step);
    else
        snprintf(out + length, size - length, ", but %g at entry %d", node->where_value, first);
}

const char *pl_fill_text(const struct pl_node *node, char *out, size_t size) {
    if (node->fill == PL_FILL_VALUE) snprintf(out, size, "%g", node->fill_a);
    if (node->fill == PL_FILL_UNIFORM)
        snprintf(out, size, "uniform in [-%g, %g]", node->fill_a, node->fill_a);
    if (node->fill == PL_FILL_NORMAL) snprintf(out, size, "normal, std %g", node->fill_a);
    if (node->fill == PL_FILL_SOFTMAX) snprintf(out, size, "softmax(g / %g)", node->fill_a);
    if (node->fill == PL_FILL_DIAGONAL) snprintf(out, size, "diagonal of %g", node->fill_a);
    if (node->fill == PL_FILL_ONE_HOT) snprintf(out, size, "1 at entry %g, else 0", node->fill_a);
    add_where(node, out, size);
    return out;
}

static void add_text(struct pl_json *object, const char *name, const char *text) {
    pl_json_set(object, name, pl_json_text(text));
}

static struct pl_json *append_object(struct pl_json *array, const char *id) {
    struct pl_json *object = pl_json_object();
    add_text(object, "id", id);
    pl_json_append(array, object);
    return object;
}

/* ---- options of a table ---- */

static const char *const type_names[] = {
    [PL_TYPE_INT] = "int",
    [PL_TYPE_REAL] = "real",
    [PL_TYPE_BOOL] = "bool",
    [PL_TYPE_CHOICE] = "choice",
    [PL_TYPE_TEXT] = "text",
    [PL_TYPE_AUTO_INT] = "int or auto",
    [PL_TYPE_WORD_INT] = "int or full",
};

static struct pl_json *words_of(const char *choices) {
    struct pl_json *array = pl_json_array();
    while (*choices) {
        char word[64];
        size_t length = strcspn(choices, "|");
        snprintf(word, sizeof word, "%.*s", (int)length, choices);
        pl_json_append(array, pl_json_text(word));
        choices += length + (choices[length] == '|');
    }
    return array;
}

static struct pl_json *option_json(const char *section, const struct pl_option *row) {
    struct pl_json *object = pl_json_object();
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_strbuf_addf(&text, "%s.%s", section, row->name);
    add_text(object, "name", text.text);
    add_text(object, "type", type_names[row->type]);
    add_text(object, "default", row->dflt);
    pl_strbuf_clear(&text);
    pl_option_accepted(row, &text);
    add_text(object, "accepted", text.text);
    if (row->type == PL_TYPE_CHOICE) {
        pl_json_set(object, "choices", words_of(row->choices));
    } else if (row->type != PL_TYPE_TEXT && row->type != PL_TYPE_BOOL) {
        pl_json_set(object, "min", pl_json_real(row->min));
        pl_json_set(object, "max", pl_json_real(row->max));
    }
    add_text(object, "help", row->help);
    pl_strbuf_finish(&text);
    return object;
}

static struct pl_json *options_json(const char *section, const struct pl_options *options) {
    struct pl_json *array = pl_json_array();
    for (size_t r = 0; r < options->count; r++)
        pl_json_append(array, option_json(section, &options->rows[r]));
    return array;
}

/* ---- tasks ---- */

static void tasks_text(struct pl_columns *out) {
    for (size_t k = 0; pl_task_at(k); k++)
        pl_columns_row(out, (const char *[]){pl_task_at(k)->name, pl_task_at(k)->summary});
}

static void tasks_json(struct pl_json *array) {
    for (size_t k = 0; pl_task_at(k); k++) {
        const struct pl_task *task = pl_task_at(k);
        struct pl_json *object = append_object(array, task->name);
        add_text(object, "summary", task->summary);
        add_text(object, "formula", task->formula);
        add_text(object, "citation", task->citation);
        pl_json_set(object, "version", pl_json_int(task->version));
        pl_json_set(object, "options", options_json("task", &task->options));
    }
}

/* ---- variants ---- */

static void variants_text(struct pl_columns *out) {
    for (int k = 0; pl_residuals[k]; k++)
        pl_columns_row(out,
                       (const char *[]){pl_residuals[k]->name, pl_residuals[k]->family,
                                        pl_residuals[k]->sources ? pl_residuals[k]->sources : "",
                                        pl_residuals[k]->evidence, pl_residuals[k]->formula});
}

static struct pl_json *param_json(const struct pl_node *node) {
    char fill[64], stream[96];
    struct pl_json *object = pl_json_object(), *shape = pl_json_array();
    pl_json_append(shape, pl_json_int(node->rows));
    pl_json_append(shape, pl_json_int(node->cols));
    snprintf(stream, sizeof stream, "init/%s", node->name);
    add_text(object, "name", node->name);
    pl_json_set(object, "shape", shape);
    pl_json_set(object, "trained", pl_json_bool(node->group != PL_GROUP_CONSTANT));
    add_text(object, "init", pl_fill_text(node, fill, sizeof fill));
    add_text(object, "stream", stream);
    return object;
}

/* The variant's own parameters in the first host that can carry it; none where its defaults do not fit it. */
static struct pl_json *params_json(const struct pl_residual *variant) {
    struct pl_json *array = pl_json_array();
    struct pl_arena arena = {0};
    struct pl_settings settings = {0};
    struct pl_model model;
    pl_settings_set(&settings, "model.kind", pl_residual_host(variant),
                    (struct pl_place){"list", 0, 0});
    pl_settings_set(&settings, "variant.name", variant->name, (struct pl_place){"list", 0, 0});
    if (pl_model_bind(&model, &settings, &arena) == PL_OK) {
        struct pl_model_io io = {.in = model.host.width, .out = model.host.width, .tokens = 1};
        struct pl_network network;
        struct pl_graph graph;
        pl_graph_init(&graph);
        pl_model_build(&model, &io, &graph, &network);
        for (size_t n = 0; n < graph.nodes.count; n++) {
            const struct pl_node *node = &graph.nodes.items[n];
            if (node->kind == PL_KIND_PARAM && strncmp(node->name, "residual.", 9) == 0)
                pl_json_append(array, param_json(node));
        }
        pl_graph_finish(&graph);
    }
    pl_settings_finish(&settings);
    pl_arena_finish(&arena);
    return array;
}

static void variants_json(struct pl_json *array) {
    for (int k = 0; pl_residuals[k]; k++) {
        const struct pl_residual *variant = pl_residuals[k];
        struct pl_json *object = append_object(array, variant->name);
        add_text(object, "family", variant->family);
        add_text(object, "sources", variant->sources); /* null: it does not attend over depth */
        add_text(object, "citation", variant->citation);
        add_text(object, "formula", variant->formula);
        add_text(object, "evidence", variant->evidence);
        pl_json_set(object, "version", pl_json_int(variant->version));
        pl_json_set(object, "options", options_json("variant", &variant->options));
        pl_json_set(object, "parameters", params_json(variant));
    }
}

/* ---- models: the kinds of hosts ---- */

static void models_text(struct pl_columns *out) {
    for (size_t k = 0; pl_host_kinds[k]; k++)
        pl_columns_row(out, (const char *[]){pl_host_kinds[k]->name, pl_host_kinds[k]->summary});
}

static void models_json(struct pl_json *array) {
    for (size_t k = 0; pl_host_kinds[k]; k++) {
        struct pl_json *object = append_object(array, pl_host_kinds[k]->name);
        add_text(object, "summary", pl_host_kinds[k]->summary);
        pl_json_set(object, "options", options_json("model", &pl_host_kinds[k]->options));
    }
}

/* ---- optimizers and schedules ---- */

static void optimizers_text(struct pl_columns *out) {
    for (int k = 0; pl_optim_at(k); k++)
        pl_columns_row(out, (const char *[]){pl_optim_at(k)->name, pl_optim_at(k)->summary});
}

static void optimizers_json(struct pl_json *array) {
    for (int k = 0; pl_optim_at(k); k++)
        add_text(append_object(array, pl_optim_at(k)->name), "summary", pl_optim_at(k)->summary);
}

static void schedules_text(struct pl_columns *out) {
    for (int k = 0; pl_schedule_at(k); k++)
        pl_columns_row(out, (const char *[]){pl_schedule_at(k)->name, pl_schedule_at(k)->summary});
}

static void schedules_json(struct pl_json *array) {
    for (int k = 0; pl_schedule_at(k); k++)
        add_text(append_object(array, pl_schedule_at(k)->name), "summary",
                 pl_schedule_at(k)->summary);
}

/* ---- backends ---- */

static const char *precision(const struct pl_backend *backend) {
    return pl_backend_element_size(backend) == sizeof(double) ? "float64" : "float32";
}

static void backends_text(struct pl_columns *out) {
    for (int k = 0; pl_backend_at(k); k++) {
        const struct pl_backend *backend = pl_backend_at(k);
        struct pl_strbuf text;
        pl_strbuf_init(&text);
        pl_strbuf_addf(&text, "%s (", pl_backend_summary(backend));
        pl_backend_numerics(backend, &text);
        pl_strbuf_add(&text, ")");
        pl_columns_row(out,
                       (const char *[]){pl_backend_name(backend), precision(backend), text.text});
        pl_strbuf_finish(&text);
    }
}

static void backends_json(struct pl_json *array) {
    for (int k = 0; pl_backend_at(k); k++) {
        const struct pl_backend *backend = pl_backend_at(k);
        struct pl_json *object = append_object(array, pl_backend_name(backend));
        struct pl_strbuf text;
        pl_strbuf_init(&text);
        pl_backend_numerics(backend, &text);
        add_text(object, "summary", pl_backend_summary(backend));
        add_text(object, "precision", precision(backend));
        add_text(object, "numerics", text.text);
        pl_json_set(object, "available", pl_json_bool(pl_backend_available(backend) == PL_OK));
        pl_strbuf_finish(&text);
    }
}

/* ---- stamps ---- */

/* Of any cell at all (run/stamp.h). */
static void stamps_text(struct pl_columns *out) {
    for (int k = 0; pl_backend_at(k); k++) {
        char stamp[PL_HASH_TEXT];
        if (pl_backend_available(pl_backend_at(k)) != PL_OK) continue;
        pl_stamp_any(stamp, pl_backend_at(k));
        pl_columns_row(out, (const char *[]){pl_backend_name(pl_backend_at(k)), stamp});
    }
}

static void stamps_json(struct pl_json *array) {
    for (int k = 0; pl_backend_at(k); k++) {
        char stamp[PL_HASH_TEXT];
        if (pl_backend_available(pl_backend_at(k)) != PL_OK) continue;
        pl_stamp_any(stamp, pl_backend_at(k));
        add_text(append_object(array, pl_backend_name(pl_backend_at(k))), "stamp", stamp);
    }
}

/* ---- options ---- */

/* A heading and a table for each owner: model, train, limits, then every task and variant. */
static void write_options(struct pl_strbuf *out) {
    struct pl_option_section section;
    for (size_t s = 0; pl_option_section_at(s, &section); s++) {
        const char *prefix = section.section;
        struct pl_columns table;
        if (section.options->count == 0) continue;
        bool own = strcmp(prefix, section.owner) == 0;
        pl_strbuf_addf(out, "%s%s%s%s\n", out->length ? "\n" : "", own ? "" : prefix,
                       own ? "" : " ", section.owner);
        pl_columns_init(&table, 2, 3);
        for (size_t r = 0; r < section.options->count; r++)
            pl_columns_option(&table, prefix, &section.options->rows[r]);
        pl_columns_write(&table, out);
        pl_columns_finish(&table);
    }
}

static void all_options_json(struct pl_json *array) {
    struct pl_option_section section;
    for (size_t s = 0; pl_option_section_at(s, &section); s++) {
        for (size_t r = 0; r < section.options->count; r++) {
            struct pl_json *object = option_json(section.section, &section.options->rows[r]);
            add_text(object, "owner", section.owner);
            pl_json_append(array, object);
        }
    }
}

/* ---- all of them ---- */

static const struct pl_list lists[] = {
    {"tasks", 2, tasks_text, NULL, tasks_json},
    {"variants", 5, variants_text, NULL, variants_json},
    {"models", 2, models_text, NULL, models_json},
    {"optimizers", 2, optimizers_text, NULL, optimizers_json},
    {"schedules", 2, schedules_text, NULL, schedules_json},
    {"backends", 3, backends_text, NULL, backends_json},
    {"stamps", 2, stamps_text, NULL, stamps_json},
    {"options", 0, NULL, write_options, all_options_json},
};
enum { LISTS = sizeof lists / sizeof lists[0] };

enum pl_status pl_list_find(const struct pl_list **out, const char *word) {
    const char *names[LISTS];
    for (int k = 0; k < LISTS; k++) {
        names[k] = lists[k].name;
        *out = &lists[k];
        if (strcmp(word, names[k]) == 0) return PL_OK;
    }
    *out = NULL;
    return pl_names_fail(PL_NAME_LIST(names, LISTS), PL_NO_PLACE, word, "it takes one of {or}",
                         "list is given %s%s%s", *word ? "\"" : "nothing", word, *word ? "\"" : "");
}

void pl_list_text(const struct pl_list *list, struct pl_strbuf *out) {
    struct pl_columns table;
    if (list->write) {
        list->write(out);
        return;
    }
    pl_columns_init(&table, 0, list->columns);
    list->text(&table);
    pl_columns_write(&table, out);
    pl_columns_finish(&table);
}

void pl_list_json(const struct pl_list *list, struct pl_strbuf *out) {
    struct pl_json *array = pl_json_array();
    list->json(array);
    pl_json_print(array, true, out);
}
