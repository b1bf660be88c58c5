#include "experiments/study/registration.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/json.h"
#include "core/train/metric.h"

/* ---- the statement ---- */

/* Quoted, so that a text with a newline is still one line. */
static void add_quoted(struct pl_strbuf *out, const char *text) {
    struct pl_json *json = pl_json_text(text);
    char *quoted = pl_json_write(json, false);
    pl_strbuf_addf(out, " %s", quoted);
    pl_free(quoted);
    pl_json_destroy(json);
}

static void add_line(struct pl_strbuf *out, const char *what, const char *text) {
    pl_strbuf_add(out, what);
    add_quoted(out, text);
    pl_strbuf_add(out, "\n");
}

static struct pl_json *json_of(const struct pl_yaml *node) {
    if (node->kind == PL_YAML_SCALAR) return pl_json_text(node->text);
    bool is_map = node->kind == PL_YAML_MAP;
    struct pl_json *out = is_map ? pl_json_object() : pl_json_array();
    for (size_t k = 0; k < node->count; k++) {
        if (is_map)
            pl_json_set(out, node->keys[k]->text, json_of(node->values[k]));
        else
            pl_json_append(out, json_of(node->values[k]));
    }
    return out;
}

static void add_statement(struct pl_strbuf *out, const struct pl_experiment *experiment) {
    add_line(out, "metric", experiment->metric ? experiment->metric : PL_METRIC_DEFAULT);
    add_line(out, "baseline", experiment->baseline);
    add_line(out, "match", experiment->match_params ? "params" : "none");
    if (experiment->select.over) {
        pl_strbuf_add(out, "select");
        add_quoted(out, experiment->select.over);
        add_quoted(out, experiment->select.by);
        pl_strbuf_add(out, "\n");
    }
    for (size_t k = 0; k < experiment->entry_count; k++) {
        pl_strbuf_add(out, "variant");
        add_quoted(out, experiment->entries[k].variant);
        if (strcmp(experiment->entries[k].variant, experiment->entries[k].label) != 0)
            add_quoted(out, experiment->entries[k].label);
        pl_strbuf_add(out, "\n");
    }
    for (size_t k = 0; k < experiment->claims.count; k++) {
        struct pl_json *json = json_of(experiment->claims.items[k].source);
        char *text = pl_json_write(json, false);
        pl_strbuf_addf(out, "claim %s\n", text);
        pl_free(text);
        pl_json_destroy(json);
    }
}

/* ---- the digest ---- */

static int by_identity(const void *x, const void *y) {
    const struct pl_cell *const *a = x, *const *b = y;
    return strcmp((*a)->id, (*b)->id);
}

static void add_cells(struct pl_strbuf *out, const struct pl_cells *cells) {
    const struct pl_cell **sorted = pl_alloc((cells->count + 1) * sizeof *sorted);
    for (size_t k = 0; k < cells->count; k++) sorted[k] = &cells->items[k];
    qsort(sorted, cells->count, sizeof *sorted, by_identity);
    for (size_t k = 0; k < cells->count; k++) {
        pl_strbuf_addf(out, "cell %s", sorted[k]->id);
        add_quoted(out, sorted[k]->label);
        pl_strbuf_add(out, "\n");
    }
    pl_free(sorted);
}

void pl_registration_make(struct pl_registration *out, const struct pl_experiment *experiment,
                          const struct pl_cells *cells) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    add_statement(&text, experiment);
    out->statement = pl_strdup(text.text);
    add_cells(&text, cells);
    pl_hash_text(out->digest, text.text);
    pl_strbuf_finish(&text);
}

void pl_registration_finish(struct pl_registration *registration) {
    if (!registration) return;
    pl_free(registration->statement);
    *registration = (struct pl_registration){0};
}

/* ---- what changed ---- */

static size_t line_length(const char *text) {
    return strcspn(text, "\n");
}

static const char *next_line(const char *text) {
    size_t length = line_length(text);
    return text + length + (text[length] == '\n');
}

static bool has_line(const char *text, const char *line) {
    size_t length = line_length(line);
    for (; *text; text = next_line(text))
        if (line_length(text) == length && strncmp(text, line, length) == 0) return true;
    return false;
}

/* The lines of [text] that [other] lacks, each with [word] before it. */
static void add_lacking(struct pl_strbuf *out, const char *text, const char *other,
                        const char *word) {
    for (; *text; text = next_line(text)) {
        if (has_line(other, text)) continue;
        pl_strbuf_addf(out, "%s%s %.*s", out->length ? "; " : "", word, (int)line_length(text),
                       text);
    }
}

void pl_registration_change(struct pl_strbuf *out, const char *before, const char *after) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    add_lacking(&text, before, after, "no longer");
    add_lacking(&text, after, before, "now");
    pl_strbuf_add(out, text.text);
    pl_strbuf_finish(&text);
}
