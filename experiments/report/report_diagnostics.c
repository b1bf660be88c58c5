/* Diagnostics in the formats for programs. In json, a table for each name and step:
 *
 *     {"settings": {"at": "end", ...}, "tables": [{"name": "mixing", "step": 300,
 *                                                  "values": [[layer, source, value], ...]}, ...]}
 *
 * and as csv one row a number: columns id, label, variant, seed, one per axis, name, step, layer,
 * source, value; an index that a quantity does not have is empty, as is a value that is not finite. */
#include <math.h>
#include <string.h>

#include "core/config/settings.h"
#include "experiments/report/report_impl.h"
#include "experiments/report/rows.h"

/* ---- json ---- */

static struct pl_json *index_json(int index) {
    return index == PL_NO_INDEX ? pl_json_text(NULL) : pl_json_int(index);
}

/* Of the numbers from [first] on that belong together; *end is behind the last. */
static struct pl_json *table_json(const struct pl_result *result, size_t first, size_t *end) {
    const struct pl_diagnostic *rows = result->diagnostics;
    struct pl_json *table = pl_json_object(), *values = pl_json_array();
    size_t k = first;
    for (; k < result->diagnostic_count && rows[k].step == rows[first].step &&
           strcmp(rows[k].name, rows[first].name) == 0;
         k++) {
        struct pl_json *value = pl_json_array();
        pl_json_append(value, index_json(rows[k].layer));
        pl_json_append(value, index_json(rows[k].source));
        pl_json_append(value, pl_json_real(rows[k].value));
        pl_json_append(values, value);
    }
    pl_json_set(table, "name", pl_json_text(rows[first].name));
    pl_json_set(table, "step", pl_json_int(rows[first].step));
    pl_json_set(table, "values", values);
    *end = k;
    return table;
}

struct pl_json *pl_report_settings_json(const char *text, bool sections) {
    struct pl_arena arena = {0};
    struct pl_settings settings = {0};
    if (pl_settings_read(&settings, &arena, text) != PL_OK) pl_settings_finish(&settings);
    struct pl_json *object = pl_settings_json(&settings, sections);
    pl_settings_finish(&settings);
    pl_arena_finish(&arena);
    return object;
}

struct pl_json *pl_report_diagnostics_json(const struct pl_result *result) {
    if (!result->diagnosed || !*result->diagnosed) return NULL;
    struct pl_json *object = pl_json_object(), *tables = pl_json_array();
    for (size_t first = 0, end; first < result->diagnostic_count; first = end)
        pl_json_append(tables, table_json(result, first, &end));
    pl_json_set(object, "settings", pl_report_settings_json(result->diagnosed, false));
    pl_json_set(object, "tables", tables);
    return object;
}

/* ---- csv ---- */

static struct pl_json *make_index(const void *context, const void *item, const void *index) {
    (void)context;
    (void)item;
    return index_json(*(const int *)index);
}

#define ROW(member, kind, help) PL_ROW(struct pl_diagnostic, member, kind, PL_UNIT_NONE, help)
static const struct pl_row diagnostic_rows[] = {
    ROW(name, PL_ROW_TEXT, "the quantity"),
    ROW(step, PL_ROW_LONG, "training step"),
    PL_ROW_MADE_BY(struct pl_diagnostic, layer, "layer", make_index, "empty: it has none"),
    PL_ROW_MADE_BY(struct pl_diagnostic, source, "source", make_index, "empty: it has none"),
    ROW(value, PL_ROW_REAL, "empty: not finite"),
    {0},
};
#undef ROW

static void add_cell(const struct pl_analysis *analysis, size_t index, struct pl_strbuf *out) {
    const struct pl_result *result = &analysis->results[index];
    struct pl_strbuf start;
    pl_strbuf_init(&start);
    pl_report_csv_cell(analysis, index, &start);
    for (size_t k = 0; k < result->diagnostic_count; k++) {
        pl_strbuf_addf(out, "%s,", start.text);
        pl_rows_csv(diagnostic_rows, NULL, &result->diagnostics[k], out);
        pl_strbuf_add(out, "\r\n");
    }
    pl_strbuf_finish(&start);
}

void pl_report_diagnostics(const struct pl_report_input *input, struct pl_strbuf *out) {
    const struct pl_analysis *analysis = input->analysis;
    pl_report_csv_heading(analysis, out);
    pl_strbuf_add(out, ",");
    pl_rows_csv_heading(diagnostic_rows, out);
    pl_strbuf_add(out, "\r\n");
    for (size_t k = 0; k < analysis->cells->count; k++) {
        add_cell(analysis, k, out);
        pl_report_drain(input, out);
    }
}
