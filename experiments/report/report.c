#include "experiments/report/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/option.h"
#include "core/train/metric.h"
#include "experiments/report/report_impl.h"

const struct pl_report_format pl_report_formats[] = {
    {"text", "txt", "80 columns for a terminal", false, pl_report_text},
    {"md", "md", "GitHub tables, fit for a pull request", true, pl_report_md},
    {"html", "html", "one page with figures, for a browser", true, pl_report_html},
    {"csv", "csv", "one row a cell", false, pl_report_csv},
    {"diagnostics", "diagnostics.csv", "one row a number measured inside a network, as csv", true,
     pl_report_diagnostics},
    {"jsonl", "jsonl", "one JSON object a cell, one a line", true, pl_report_jsonl},
    {"json", "json", "everything, as a stable interface", true, pl_report_json},
    {0},
};

bool pl_report_wants_diagnostics(const char *format) {
    for (const struct pl_report_format *row = pl_report_formats; row->name; row++)
        if (strcmp(row->name, format) == 0) return row->diagnostics;
    return false;
}

enum pl_status pl_report_write(const struct pl_report_input *input, const char *format,
                               struct pl_strbuf *out) {
    if (!format) format = "text";
    for (const struct pl_report_format *row = pl_report_formats; row->name; row++) {
        if (strcmp(row->name, format) != 0) continue;
        row->write(input, out);
        return PL_OK;
    }

    size_t count = sizeof pl_report_formats / sizeof pl_report_formats[0] - 1;
    return pl_names_fail(PL_NAMES(struct pl_report_format, name, pl_report_formats, count),
                         PL_NO_PLACE, format, "a report is written as one of {and}",
                         "--format %s is not known", format);
}

/* ------------------------------------------------------------------- what the formats share */

void pl_report_drain(const struct pl_report_input *input, struct pl_strbuf *out) {
    const size_t some = (size_t)64 << 10;
    if (input->drain && out->length >= some) input->drain(input->taker, out);
}

size_t pl_report_main_axis(const struct pl_analysis *analysis) {
    const struct pl_axis *axes = analysis->experiment->axes;
    size_t best = (size_t)-1;
    for (size_t k = 0; k < analysis->experiment->axis_count; k++) {
        if (!analysis->scales[k].numeric || axes[k].count < 2) continue;
        if (best == (size_t)-1 || axes[k].count > axes[best].count) best = k;
    }
    return best;
}

const char *pl_report_point(const struct pl_analysis *analysis, struct pl_arena *arena,
                            size_t point, size_t skip) {
    const char *text = "";
    for (size_t k = 0; k < analysis->experiment->axis_count; k++) {
        if (k == skip) continue;
        text = pl_arena_printf(arena, "%s%s%s = %s", text, *text ? ", " : "",
                               analysis->experiment->axes[k].key,
                               pl_analysis_axis_value(analysis, point, k));
    }
    return text;
}

/* Place in the table of metrics; behind all of it for a name that is not there. */
static size_t known_place(const char *name) {
    return pl_names_find(PL_NAMES(struct pl_metric_row, name, pl_metrics, PL_METRIC_ROWS), name);
}

static int compare_names(const void *x, const void *y) {
    const char *a = *(const char *const *)x, *b = *(const char *const *)y;
    size_t at = known_place(a), bt = known_place(b);
    return at != bt ? (at < bt ? -1 : 1) : strcmp(a, b);
}

struct names {
    const char **items;
    size_t count, capacity;
};

static void add_name(struct names *names, struct pl_arena *arena, const char *name) {
    for (size_t i = 0; i < names->count; i++)
        if (names->items[i] == name || strcmp(names->items[i], name) == 0) return;
    if (names->count == names->capacity) {
        size_t old = names->capacity;
        names->capacity = old ? 2 * old : 16;
        const char **grown = PL_ARENA_ARRAY(arena, const char *, names->capacity);
        for (size_t i = 0; i < old; i++) grown[i] = names->items[i];
        names->items = grown;
    }
    names->items[names->count++] = name;
}

size_t pl_report_metrics(const struct pl_analysis *analysis, struct pl_arena *arena,
                         const char *const **names) {
    struct names found = {0};
    for (size_t i = 0; i < analysis->cells->count; i++) {
        const struct pl_result *result = &analysis->results[i];
        for (size_t m = 0; m < result->metric_count; m++)
            add_name(&found, arena, result->metrics[m].name);
    }
    if (found.count > 0) qsort(found.items, found.count, sizeof *found.items, compare_names);
    *names = found.items;
    return found.count;
}
