/* The page of `list`: the tables of the program, from the rows that it uses itself. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/config/names.h"
#include "core/model/model.h"
#include "core/train/metric.h"
#include "core/train/optim.h"
#include "core/train/schedule.h"
#include "experiments/report/columns.h"
#include "experiments/report/pages.h"
#include "experiments/report/rows.h"
#include "experiments/run/stamp.h"
#include "experiments/study/keys.h"
#include "experiments/study/options.h"

/* One list: rows for people, items for programs. A list that can be asked for a part of it has the latter two
 * functions instead of the former two. */
struct pl_list {
    const char *name;
    int columns;
    void (*text)(struct pl_columns *out);
    void (*json)(struct pl_json *array);
    void (*part_text)(const char *part, struct pl_columns *out);
    void (*part_json)(const char *part, struct pl_json *array);
    const char *note; /* what people are told below the table; NULL: nothing */
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

static struct pl_json *append_object(struct pl_json *array, const char *name) {
    struct pl_json *object = pl_json_object();
    add_text(object, "name", name);
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

/* Whether it is here, and its devices, a line each; when it is not, what to do. */
static void describe_backend(const struct pl_backend *backend, struct pl_strbuf *out) {
    if (pl_backend_available(backend) != PL_OK) {
        pl_strbuf_addf(out, "not here: %s\n", pl_message());
        return;
    }
    pl_strbuf_add(out, "here: ");
    pl_backend_numerics(backend, out);
    pl_strbuf_add(out, "\n");
    pl_backend_devices(backend, out);
}

static void backends_text(struct pl_columns *out) {
    for (int k = 0; pl_backend_at(k); k++) {
        const struct pl_backend *backend = pl_backend_at(k);
        struct pl_strbuf text;
        pl_columns_row(out, (const char *[]){pl_backend_name(backend), precision(backend),
                                             pl_backend_summary(backend)});
        pl_strbuf_init(&text);
        describe_backend(backend, &text);
        for (char *line = text.text, *end; (end = strchr(line, '\n')); line = end + 1) {
            *end = '\0';
            pl_columns_row(out, (const char *[]){"", "", line});
        }
        pl_strbuf_finish(&text);
    }
}

static void backends_json(struct pl_json *array) {
    for (int k = 0; pl_backend_at(k); k++) {
        const struct pl_backend *backend = pl_backend_at(k);
        struct pl_json *object = append_object(array, pl_backend_name(backend));
        struct pl_json *devices = pl_json_array();
        struct pl_strbuf text;
        pl_strbuf_init(&text);
        pl_backend_numerics(backend, &text);
        add_text(object, "summary", pl_backend_summary(backend));
        add_text(object, "precision", precision(backend));
        add_text(object, "numerics", text.text);
        bool here = pl_backend_available(backend) == PL_OK;
        pl_json_set(object, "available", pl_json_bool(here));
        add_text(object, "why_not", here ? NULL : pl_message());
        pl_strbuf_clear(&text);
        if (here) pl_backend_devices(backend, &text);
        for (char *line = text.text, *end; (end = strchr(line, '\n')); line = end + 1) {
            *end = '\0';
            pl_json_append(devices, pl_json_text(line));
        }
        pl_json_set(object, "devices", devices);
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

static bool holds(const char *text, const char *part) {
    size_t length = strlen(part);
    for (; strlen(text) >= length; text++)
        if (strncasecmp(text, part, length) == 0) return true;
    return false;
}

/* Whether the dotted name or the help holds [part], capitals aside, or it is the owner's name. */
static bool is_asked_for(const char *part, const struct pl_option_section *section,
                         const struct pl_option *row) {
    char name[96];
    snprintf(name, sizeof name, "%s.%s", section->section, row->name);
    return holds(name, part) || holds(row->help, part) || strcmp(section->owner, part) == 0;
}

static void add_option(struct pl_columns *out, const struct pl_option_section *section,
                       const struct pl_option *row) {
    struct pl_strbuf name, help;
    pl_strbuf_init(&name);
    pl_strbuf_init(&help);
    pl_strbuf_addf(&name, "%s.%s", section->section, row->name);
    pl_strbuf_addf(&help, "%s (", row->help);
    pl_option_accepted(row, &help);
    pl_strbuf_add(&help, ")");
    pl_columns_row(out, (const char *[]){name.text, section->owner, *row->dflt ? row->dflt : "\"\"",
                                         help.text});
    pl_strbuf_finish(&name);
    pl_strbuf_finish(&help);
}

static void options_text(const char *part, struct pl_columns *out) {
    struct pl_option_section section;
    for (size_t s = 0; pl_option_section_at(s, &section); s++)
        for (size_t r = 0; r < section.options->count; r++)
            if (is_asked_for(part, &section, &section.options->rows[r]))
                add_option(out, &section, &section.options->rows[r]);
}

static void all_options_json(const char *part, struct pl_json *array) {
    struct pl_option_section section;
    for (size_t s = 0; pl_option_section_at(s, &section); s++)
        for (size_t r = 0; r < section.options->count; r++) {
            if (!is_asked_for(part, &section, &section.options->rows[r])) continue;
            struct pl_json *object = option_json(section.section, &section.options->rows[r]);
            add_text(object, "owner", section.owner);
            pl_json_append(array, object);
        }
}

/* PL_ECONFIG with the nearest name, dotted or not as [part] is, where no option is asked for. */
static enum pl_status check_part(const char *part) {
    struct pl_option_section section;
    struct pl_arena arena = {0};
    PL_VEC(const char *) names = {0};
    enum pl_status status = PL_ECONFIG;
    for (size_t s = 0; pl_option_section_at(s, &section); s++)
        for (size_t r = 0; r < section.options->count; r++) {
            const struct pl_option *row = &section.options->rows[r];
            if (is_asked_for(part, &section, row)) status = PL_OK;
            PL_VEC_PUSH(&names, strchr(part, '.')
                                    ? pl_arena_printf(&arena, "%s.%s", section.section, row->name)
                                    : row->name);
        }
    if (status != PL_OK)
        status = pl_names_fail(PL_NAME_LIST(names.items, names.count), PL_NO_PLACE, part,
                               "`plumbline list options` shows all",
                               "no option has \"%s\" in its name or help", part);
    PL_VEC_FINISH(&names);
    pl_arena_finish(&arena);
    return status;
}

/* ---- keys of a study, metrics ---- */

static void keys_text(struct pl_columns *out) {
    for (const struct pl_study_key *key = pl_study_keys; key->name; key++)
        pl_columns_row(out, (const char *[]){key->name, key->dflt ? "" : "required", key->help});
}

static void keys_json(struct pl_json *array) {
    for (const struct pl_study_key *key = pl_study_keys; key->name; key++) {
        struct pl_json *object = append_object(array, key->name);
        pl_json_set(object, "required", pl_json_bool(!key->dflt));
        add_text(object, "form", key->form);
        add_text(object, "default", key->dflt); /* null: there is none */
        add_text(object, "help", key->help);
        add_text(object, "example", key->example);
    }
}

static void metrics_text(struct pl_columns *out) {
    for (size_t k = 0; k < PL_METRIC_ROWS; k++)
        pl_columns_row(
            out, (const char *[]){pl_metrics[k].name, pl_metrics[k].unit, pl_metrics[k].help});
}

static void metrics_json(struct pl_json *array) {
    for (size_t k = 0; k < PL_METRIC_ROWS; k++) {
        struct pl_json *object = append_object(array, pl_metrics[k].name);
        add_text(object, "unit", pl_metrics[k].unit);
        pl_json_set(object, "higher_is_better", pl_json_bool(pl_metrics[k].higher));
        pl_json_set(object, "compared_as_ratio", pl_json_bool(pl_metrics[k].ratio));
        add_text(object, "help", pl_metrics[k].help);
    }
}

/* ---- all of them ---- */

static const char choice_of_device[] = "`--backend NAME` or backend: NAME in a study chooses one. "
                                       "Of several devices `--device` takes a "
                                       "number of this list (0), of platform and device (0:0), or "
                                       "a part of a name; without it the first "
                                       "GPU is taken, else the first device.";

/* docs/variants.md says the same. */
static const char marks[] =
    "Columns: name; single-state, multi-state (several streams), or cross-layer (earlier layers "
    "are "
    "read); what attention over "
    "depth chooses from, outputs of layers or states of the stream; where the rule comes from; the "
    "rule. [P] the paper, [C] its authors' code, [I] an independent implementation, [A] an "
    "abstract or "
    "a summary, [R] general knowledge that was not read again, [D] decided here because the source "
    "is "
    "silent. `plumbline show variant NAME` has symbols, options and costs.";

static const struct pl_list lists[] = {
    {"tasks", 2, tasks_text, tasks_json, NULL, NULL},
    {"variants", 5, variants_text, variants_json, NULL, NULL, marks},
    {"models", 2, models_text, models_json, NULL, NULL},
    {"optimizers", 2, optimizers_text, optimizers_json, NULL, NULL},
    {"schedules", 2, schedules_text, schedules_json, NULL, NULL},
    {"backends", 3, backends_text, backends_json, NULL, NULL, choice_of_device},
    {"stamps", 2, stamps_text, stamps_json, NULL, NULL},
    {"options", 4, NULL, NULL, options_text, all_options_json},
    {"keys", 3, keys_text, keys_json, NULL, NULL},
    {"metrics", 3, metrics_text, metrics_json, NULL, NULL},
};
enum { LISTS = sizeof lists / sizeof lists[0] };

enum pl_status pl_list_find(const struct pl_list **out, const char *word, const char *part) {
    const char *names[LISTS];
    for (int k = 0; k < LISTS; k++) {
        names[k] = lists[k].name;
        *out = &lists[k];
        if (strcmp(word, names[k]) != 0) continue;
        if (!*part) return PL_OK;
        if (lists[k].part_text) return check_part(part);
        return pl_fail(PL_ECONFIG,
                       "list shows one list at a time; found \"%s\" after %s (only options take a "
                       "pattern)",
                       part, word);
    }
    *out = NULL;
    return pl_names_fail(PL_NAME_LIST(names, LISTS), PL_NO_PLACE, word, "it takes one of {or}",
                         "list is given %s%s%s", *word ? "\"" : "nothing", word, *word ? "\"" : "");
}

void pl_list_text(const struct pl_list *list, const char *part, struct pl_strbuf *out) {
    struct pl_columns table;
    pl_columns_init(&table, 0, list->columns);
    if (list->part_text)
        list->part_text(part, &table);
    else
        list->text(&table);
    pl_columns_end(&table, out);
    if (!list->note) return;
    pl_strbuf_add(out, "\n");
    pl_columns_paragraph(0, list->note, out);
}

void pl_list_json(const struct pl_list *list, const char *part, struct pl_strbuf *out) {
    struct pl_json *array = pl_json_array();
    if (list->part_json)
        list->part_json(part, array);
    else
        list->json(array);
    pl_json_print(array, true, out);
}
