/* Report, for its own files.
 *
 * Text, md and html are one page in three styles: page.c says what stands on it, a style says how
 * a heading, a paragraph, a table or a figure looks.
 *
 *     page.c ──► heading, paragraph, list, table, figure ──► report_text.c | report_md.c
 *     figures ───────────────────► chart                                  | report_html.c
 */
#ifndef PL_EXPERIMENTS_REPORT_REPORT_IMPL_H
#define PL_EXPERIMENTS_REPORT_REPORT_IMPL_H

#include "core/base/json.h"
#include "experiments/report/figure.h"
#include "experiments/report/report.h"

/* A table of texts; cells stand row by row. A column is as wide as its widest cell. */
struct pl_page_table {
    size_t columns;
    const char *const *headers;
    /* A letter a column: 'l' text, 'w' long text, 'r' number, 'e' the label of an entry, 'v' a verdict, 'b' a bar
     * of '-', 'o', '|', '+' and spaces. All but 'r' stand at the left. */
    const char *alignment;
    const char *const *cells; /* rows x columns */
    size_t rows;
};

struct pl_page_style {
    /* A page of which someone looks things up: it has one table of all comparisons, the study's text,
     * and where its numbers come from. */
    bool full;
    void (*title)(struct pl_strbuf *out, const char *text);
    void (*heading)(struct pl_strbuf *out, const char *text);
    void (*subheading)(struct pl_strbuf *out, const char *text);
    void (*paragraph)(struct pl_strbuf *out, const char *text);
    void (*item)(struct pl_strbuf *out, const char *text); /* of a list */
    void (*table)(struct pl_strbuf *out, const struct pl_page_table *table);
    void (*figure)(struct pl_strbuf *out, const char *text); /* lines of fixed-width text */
    /* The rest may be NULL: nothing of the kind is shown. */
    void (*lead)(struct pl_strbuf *out, const char *label,
                 const char *text);                                       /* NULL: a paragraph */
    void (*chart)(struct pl_strbuf *out, const struct pl_figure *figure); /* one that was drawn */
    void (*source)(struct pl_strbuf *out, const char *text); /* of a file, to the letter */
    void (*downloads)(struct pl_strbuf *out, const struct pl_report_input *input);
};

/* [figures] is NULL for a page without charts. */
void pl_report_page(const struct pl_report_input *input, const struct pl_page_style *style,
                    const struct pl_figures *figures, struct pl_strbuf *out);

/* One writer for each row of the table of formats. */
void pl_report_text(const struct pl_report_input *input, struct pl_strbuf *out);
void pl_report_html(const struct pl_report_input *input, struct pl_strbuf *out);
void pl_report_md(const struct pl_report_input *input, struct pl_strbuf *out);
void pl_report_csv(const struct pl_report_input *input, struct pl_strbuf *out);
void pl_report_diagnostics(const struct pl_report_input *input, struct pl_strbuf *out);
void pl_report_jsonl(const struct pl_report_input *input, struct pl_strbuf *out);
void pl_report_json(const struct pl_report_input *input, struct pl_strbuf *out);

/* Between two cells: hands [out] on to who takes it, if anyone does, once it has some length. */
void pl_report_drain(const struct pl_report_input *input, struct pl_strbuf *out);

/* What a csv row begins with: who the cell is. Neither ends its line. */
void pl_report_csv_heading(const struct pl_analysis *analysis, struct pl_strbuf *out);
void pl_report_csv_cell(const struct pl_analysis *analysis, size_t index, struct pl_strbuf *out);

/* What the cells say of where they come from: a member a key, its values (at most a handful; a key with
 * more, a time, say, is a cell's own matter and left out) as a list. Owned by the caller. */
struct pl_json *pl_report_provenance(const struct pl_analysis *analysis);

/* The numeric axis with the most values, or (size_t)-1 when none has two. */
size_t pl_report_main_axis(const struct pl_analysis *analysis);

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
