/* Report, for its own files.
 *
 * Text and md are one page in two styles: report_page.c says what stands on it, a style says how a
 * heading, a paragraph, a table or a figure looks.
 *
 *     report_page.c ──► heading, paragraph, list, table, figure ──► report_text.c | report_md.c
 */
#ifndef PL_EXPERIMENTS_REPORT_REPORT_IMPL_H
#define PL_EXPERIMENTS_REPORT_REPORT_IMPL_H

#include "core/base/json.h"
#include "experiments/report/report.h"

/* A table of texts; cells stand row by row. A column is as wide as its widest cell. */
struct pl_page_table {
    size_t columns;
    const char *const *headers;
    const char *alignment;    /* a letter a column: 'l' or 'r' */
    const char *const *cells; /* rows x columns */
    size_t rows;
};

struct pl_page_style {
    void (*title)(struct pl_strbuf *out, const char *text);
    void (*heading)(struct pl_strbuf *out, const char *text);
    void (*subheading)(struct pl_strbuf *out, const char *text);
    void (*paragraph)(struct pl_strbuf *out, const char *text);
    void (*item)(struct pl_strbuf *out, const char *text); /* of a list */
    void (*table)(struct pl_strbuf *out, const struct pl_page_table *table);
    void (*figure)(struct pl_strbuf *out, const char *text); /* lines of fixed-width text */
};

void pl_report_page(const struct pl_report_input *input, const struct pl_page_style *style,
                    struct pl_strbuf *out);

/* One writer for each row of the table of formats. */
void pl_report_text(const struct pl_report_input *input, struct pl_strbuf *out);
void pl_report_md(const struct pl_report_input *input, struct pl_strbuf *out);
void pl_report_csv(const struct pl_report_input *input, struct pl_strbuf *out);
void pl_report_diagnostics(const struct pl_report_input *input, struct pl_strbuf *out);
void pl_report_jsonl(const struct pl_report_input *input, struct pl_strbuf *out);
void pl_report_json(const struct pl_report_input *input, struct pl_strbuf *out);

/* What a csv row begins with: who the cell is. Neither ends its line. */
void pl_report_csv_heading(const struct pl_analysis *analysis, struct pl_strbuf *out);
void pl_report_csv_cell(const struct pl_analysis *analysis, size_t index, struct pl_strbuf *out);

/* Appends a plot of loss (log scale) against [axis], the others as at [point]; capital letters stand
 * at what was measured, small ones between, '*' where two entries meet. Nothing is appended when fewer
 * than two values can be shown. */
void pl_report_plot(const struct pl_analysis *analysis, size_t axis, size_t point,
                    struct pl_strbuf *out);

/* "task.structure = 0.5, model.depth = 4"; [skip] is an axis to leave out, or (size_t)-1. */
const char *pl_report_point(const struct pl_analysis *analysis, struct pl_arena *arena,
                            size_t point, size_t skip);

/* The names of all metrics in the results: those of result.h in its order, then others by name. */
size_t pl_report_metrics(const struct pl_analysis *analysis, struct pl_arena *arena,
                         const char *const **names);

#endif
