/* The page of a text, md or html report, for its own files: each file shows what belongs together.
 *
 *     page.c             the order of the page, its top
 *     page_charts.c      figures, or what stands in their place
 *     page_ranking.c     one row an entry, with bars
 *     page_comparisons.c one table an axes point (of a full page one table), with verdicts
 *     page_solved.c      shares of seeds that solved the task, steps to it
 *     page_curves.c      slopes along an axis, crossings
 *     page_compute.c     factors and power laws
 *     page_multiverse.c  readings of a design, and which choice decides
 *     page_selection.c   what was chosen, warnings
 *     page_troubles.c    diverged, failed, missing, pending
 *     page_foot.c        the plan, how it was judged, where the numbers come from
 *
 * Words come from sentences.h, names of numbers from rows_evidence.h, looks from a style.
 */
#ifndef PL_EXPERIMENTS_REPORT_PAGE_IMPL_H
#define PL_EXPERIMENTS_REPORT_PAGE_IMPL_H

#include "core/base/vec.h"
#include "experiments/report/report_impl.h"
#include "experiments/report/rows_evidence.h"
#include "experiments/report/sentences.h"

#define PL_WHOLE ((size_t)-1) /* no axis left out */

struct pl_page {
    const struct pl_report_input *input;
    const struct pl_analysis *whole; /* of all cells */
    const struct pl_analysis *told;  /* the whole, or what was chosen of it */
    const struct pl_page_style *style;
    const struct pl_figures *figures; /* NULL: a page without charts */
    struct pl_strbuf *out;
    struct pl_strbuf words; /* the sentence that is being made */
    struct pl_arena arena;  /* of the texts on the page */
};

/* What each file shows, nothing where there is nothing to show. */
void pl_page_main(struct pl_page *page);
void pl_page_ranking(struct pl_page *page);
void pl_page_comparisons(struct pl_page *page);
void pl_page_map(struct pl_page *page);
void pl_page_solved(struct pl_page *page);
void pl_page_interactions(struct pl_page *page);
void pl_page_crossovers(struct pl_page *page);
void pl_page_compute(struct pl_page *page);
void pl_page_multiverse(struct pl_page *page);
void pl_page_selection(struct pl_page *page);
void pl_page_common(struct pl_page *page);
void pl_page_rates(struct pl_page *page);
void pl_page_learning(struct pl_page *page);
void pl_page_inside(struct pl_page *page);
void pl_page_troubles(struct pl_page *page);
void pl_page_sources(struct pl_page *page);
void pl_page_match(struct pl_page *page);
void pl_page_plan(struct pl_page *page);
void pl_page_method(struct pl_page *page);
void pl_page_source(struct pl_page *page);
void pl_page_provenance(struct pl_page *page);
void pl_page_files(struct pl_page *page);

/* ---- names ---- */

const char *pl_page_label(const struct pl_page *page, size_t entry);
/* Of an entry of what is told: with the metric, the axis (PL_WHOLE: none) and, at [point], the other
 * axes. */
struct pl_words pl_page_names(struct pl_page *page, size_t entry, size_t axis, size_t point);

/* "0.834", a ratio; "+0.0625", a difference; "-" for neither. The interval likewise. */
const char *pl_page_effect(const struct pl_page *page, double effect);
const char *pl_page_effect_interval(const struct pl_page *page, struct pl_interval interval);

/* "ratio" or "difference", by the metric. */
const char *pl_page_effect_name(const struct pl_page *page);

/* ---- blocks ---- */

void pl_page_heading(struct pl_page *page, const char *text);
void pl_page_subheading(struct pl_page *page, const char *text);
void pl_page_paragraph(struct pl_page *page, const char *text);

/* The buffer for a sentence, empty; then the sentence as a paragraph, which nothing is nothing. */
struct pl_strbuf *pl_page_say(struct pl_page *page);
void pl_page_said(struct pl_page *page);

/* A list that knows when it is long enough. */
struct pl_list_of {
    size_t count;
};
void pl_page_item(struct pl_page *page, struct pl_list_of *list, const char *text);
void pl_page_said_item(struct pl_page *page, struct pl_list_of *list);
void pl_page_end_list(struct pl_page *page, const struct pl_list_of *list);

/* A table by columns (rows.h); text() of these is given the page. */
struct pl_lines {
    const struct pl_column *columns;
    size_t count;
    PL_VEC(const char *) cells;
};
#define PL_LINES(columns)                                                                          \
    (struct pl_lines) {                                                                            \
        columns, sizeof columns / sizeof columns[0], {                                             \
            0                                                                                      \
        }                                                                                          \
    }
/* make() of the rows is given [analysis]. */
void pl_page_line(struct pl_page *page, struct pl_lines *lines, const struct pl_analysis *analysis,
                  const void *const *items);
/* Shows the table and ends [lines]; without lines nothing is shown. */
void pl_page_end_lines(struct pl_page *page, struct pl_lines *lines);

/* False when the page has no such chart at all. */
bool pl_page_chart(struct pl_page *page, enum pl_figure_kind kind);
void pl_page_plots(struct pl_page *page, size_t axis);

#endif
