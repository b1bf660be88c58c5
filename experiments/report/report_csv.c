/* Csv: one row a cell, by RFC 4180 (CRLF, quotes where they are needed). Columns: id, label, variant,
 * seed, one per axis, status, one per metric (its final value; empty when there is none), sources (what a
 * cell attends over in depth; empty: it does not). No times: two runs of a study give the same file. */
#include <math.h>
#include <string.h>

#include "core/base/escape.h"
#include "experiments/report/report_impl.h"
#include "experiments/report/rows_evidence.h"

/* Who a cell is, by the names of its rows. */
static const char *const identity[] = {"id", "label", "variant", "seed"};
enum { IDENTITY = sizeof identity / sizeof identity[0] };

void pl_report_csv_heading(const struct pl_analysis *analysis, struct pl_strbuf *out) {
    for (int k = 0; k < IDENTITY; k++) pl_strbuf_addf(out, "%s%s", k ? "," : "", identity[k]);
    for (size_t k = 0; k < analysis->experiment->axis_count; k++) {
        pl_strbuf_add(out, ",");
        pl_escape_csv(out, analysis->experiment->axes[k].key);
    }
}

void pl_report_csv_cell(const struct pl_analysis *analysis, size_t index, struct pl_strbuf *out) {
    const struct pl_cell *cell = &analysis->cells->items[index];
    for (int k = 0; k < IDENTITY; k++) {
        if (k) pl_strbuf_add(out, ",");
        pl_row_csv(pl_row_find(pl_cell_rows, identity[k]), analysis, cell, out);
    }
    for (size_t k = 0; k < analysis->experiment->axis_count; k++) {
        pl_strbuf_add(out, ",");
        pl_escape_csv(out, cell->axis_values[k]);
    }
}

static void add_row(const struct pl_analysis *analysis, size_t index, const char *const *metrics,
                    size_t metric_count, struct pl_strbuf *out) {
    const struct pl_result *result = &analysis->results[index];
    pl_report_csv_cell(analysis, index, out);
    pl_strbuf_addf(out, ",%s", pl_outcome_name(result->outcome));
    for (size_t m = 0; m < metric_count; m++) {
        double value = pl_result_final(result, metrics[m]);
        pl_strbuf_add(out, ",");
        if (!isnan(value)) pl_strbuf_add_real(out, value);
    }
    const char *sources = pl_cell_sources(&analysis->cells->items[index]);
    pl_strbuf_addf(out, ",%s\r\n", sources ? sources : "");
}

void pl_report_csv(const struct pl_report_input *input, struct pl_strbuf *out) {
    const struct pl_analysis *analysis = input->analysis;
    struct pl_arena arena;
    const char *const *metrics;
    pl_arena_init(&arena);
    size_t metric_count = pl_report_metrics(analysis, &arena, &metrics);
    pl_report_csv_heading(analysis, out);
    pl_strbuf_add(out, ",status");
    for (size_t m = 0; m < metric_count; m++) {
        pl_strbuf_add(out, ",");
        pl_escape_csv(out, metrics[m]);
    }
    pl_strbuf_add(out, ",sources\r\n");
    for (size_t i = 0; i < analysis->cells->count; i++) {
        add_row(analysis, i, metrics, metric_count, out);
        pl_report_drain(input, out);
    }
    pl_arena_finish(&arena);
}
