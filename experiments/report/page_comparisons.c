/* Every entry against the baseline: one table an axes point, or of a full page one table with the axes in
 * front. A line is told from a summary and, but for the baseline, its comparison. */
#include <math.h>
#include <string.h>

#include "experiments/report/page_impl.h"

enum { SUMMARY, COMPARISON };

static const char *interval_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_comparison *c = items[COMPARISON];
    if (!c) return ((const struct pl_page *)context)->style->full ? "" : "baseline";
    return c->median ? pl_arena_printf(arena, "%zu diverged", c->diverged)
                     : pl_page_effect_interval(context, c->interval);
}

static const char *effect_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_comparison *c = items[COMPARISON];
    (void)arena;
    return c ? pl_page_effect(context, c->ratio) : "";
}

/* "0.5"; "0.5!" where it is higher than the trivial predictor's. */
static const char *loss_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_summary *summary = items[SUMMARY];
    (void)context;
    return pl_arena_printf(arena, "%s%s", pl_number_text(arena, PL_UNIT_LOSS, summary->loss),
                           isfinite(summary->loss) && summary->loss > summary->trivial ? "!" : "");
}

static const char *n_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_summary *summary = items[SUMMARY];
    const struct pl_comparison *c = items[COMPARISON];
    (void)context;
    return pl_arena_printf(arena, "%zu", c ? c->n : summary->n);
}

/* "0.0234"; "0.0234^" where it is the least that so many pairs can give. */
static const char *p_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_comparison *c = items[COMPARISON];
    (void)context;
    if (!c) return "";
    return pl_arena_printf(arena, "%s%s", pl_number_text(arena, PL_UNIT_P, c->p_holm),
                           c->at_floor ? "^" : "");
}

static const char *verdict_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_comparison *c = items[COMPARISON];
    (void)arena;
    if (!c) return ((const struct pl_page *)context)->style->full ? "baseline" : "";
    return pl_verdict_name(c->verdict);
}

static const struct pl_column columns[] = {
    {"variant", 'e', pl_summary_rows, "label", SUMMARY, NULL},
    {"loss", 'r', NULL, NULL, 0, loss_text},
    {"ratio", 'r', NULL, NULL, 0, effect_text},
    {"95 %", 'l', NULL, NULL, 0, interval_text},
    {"p", 'r', NULL, NULL, 0, p_text},
    {"n", 'r', NULL, NULL, 0, n_text},
    {"verdict", 'v', NULL, NULL, 0, verdict_text},
    /* Last: a narrow page leaves these out, and has them above each table. */
    {"trivial", 'r', pl_summary_rows, "trivial", SUMMARY, NULL},
    {"best known", 'r', pl_summary_rows, "best_known", SUMMARY, NULL},
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };
#define NARROW_COLUMNS (COLUMNS - 2)

static void add_line(struct pl_page *page, struct pl_lines *lines, size_t point, size_t entry) {
    const struct pl_analysis *a = page->told;
    pl_page_line(page, lines, a,
                 (const void *[]){pl_analysis_summary(a, point, entry),
                                  pl_analysis_comparison(a, point, entry)});
}

/* "trivial 1.25"; "trivial 1.1 to 1.3" where entries have tasks of their own; "" where it is not known. */
static const char *known_text(struct pl_page *page, const char *name, size_t point) {
    const struct pl_analysis *a = page->told;
    const struct pl_row *row = pl_row_find(pl_summary_rows, name);
    const char *least = NULL, *greatest = NULL;
    double low = INFINITY, high = -INFINITY;
    for (size_t e = 0; e < a->experiment->entry_count; e++) {
        const struct pl_summary *summary = pl_analysis_summary(a, point, e);
        double loss = *(const double *)((const char *)summary + row->offset);
        const char *text = pl_row_text(row, &page->arena, a, summary);
        if (loss < low) low = loss, least = text;
        if (loss > high) high = loss, greatest = text;
    }
    if (!least) return "";
    if (strcmp(least, greatest) == 0) return pl_arena_printf(&page->arena, "%s", least);
    return pl_arena_printf(&page->arena, "%s to %s", least, greatest);
}

/* "task.structure = 0.5 (trivial 1.25, best known 0.01)" */
static void add_point_heading(struct pl_page *page, size_t point) {
    const struct pl_analysis *a = page->told;
    const char *trivial = known_text(page, "trivial", point);
    const char *best = known_text(page, "best_known", point);
    const char *known = pl_arena_printf(&page->arena, "%s%s%s%s", *trivial ? "trivial " : "",
                                        trivial, *best ? ", best known " : "", best);
    const char *where = pl_report_point(a, &page->arena, point, PL_WHOLE);
    if (*where && *known)
        pl_page_subheading(page, pl_arena_printf(&page->arena, "%s (%s)", where, known));
    else if (*where || *known)
        pl_page_subheading(page, *where ? where : known);
}

/* The baseline first. */
static void add_point(struct pl_page *page, size_t point) {
    const struct pl_analysis *a = page->told;
    struct pl_lines lines = {columns, NARROW_COLUMNS, {0}};
    add_point_heading(page, point);
    add_line(page, &lines, point, a->baseline);
    for (size_t e = 0; e < a->experiment->entry_count; e++)
        if (e != a->baseline) add_line(page, &lines, point, e);
    pl_page_end_lines(page, &lines);
}

static bool knows_best(const struct pl_analysis *a) {
    for (size_t i = 0; i < a->point_count * a->experiment->entry_count; i++)
        if (!isnan(a->summaries[i].best_known)) return true;
    return false;
}

static void add_whole_table(struct pl_page *page) {
    const struct pl_analysis *a = page->told;
    size_t axes = a->experiment->axis_count;
    struct pl_column *all = PL_ARENA_ARRAY(&page->arena, struct pl_column, axes + COLUMNS);
    size_t count = knows_best(a) ? COLUMNS : COLUMNS - 1;
    struct pl_lines lines = {all, axes + count, {0}};
    for (size_t k = 0; k < axes; k++)
        all[k] = (struct pl_column){.header = a->experiment->axes[k].key, .alignment = 'l'};
    memcpy(all + axes, columns, sizeof columns);
    for (size_t point = 0; point < a->point_count; point++)
        for (size_t e = 0; e < a->experiment->entry_count; e++) {
            struct pl_lines rest = {columns, count, {0}};
            add_line(page, &rest, point, e);
            for (size_t k = 0; k < axes; k++)
                PL_VEC_PUSH(&lines.cells, pl_analysis_axis_value(a, point, k));
            for (size_t c = 0; c < count; c++) PL_VEC_PUSH(&lines.cells, rest.cells.items[c]);
            PL_VEC_FINISH(&rest.cells);
        }
    pl_page_end_lines(page, &lines);
}

void pl_page_comparisons(struct pl_page *page) {
    const struct pl_analysis *a = page->told;
    struct pl_words names = pl_page_names(page, a->baseline, PL_WHOLE, 0);
    size_t others = a->experiment->entry_count - 1;
    if (others < 1) return;
    pl_page_heading(page, pl_arena_printf(&page->arena, "Against %s", names.baseline));
    pl_say_comparisons(pl_page_say(page), &names, others);
    pl_page_said(page);
    pl_say_at_floor(pl_page_say(page), a);
    pl_page_said(page);
    pl_say_power(pl_page_say(page), a->experiment->seed_count, others);
    pl_page_said(page);
    pl_page_chart(page, PL_FIGURE_FOREST);
    if (page->style->full)
        add_whole_table(page);
    else
        for (size_t point = 0; point < a->point_count; point++) add_point(page, point);
}
