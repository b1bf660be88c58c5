/* What stands on the page of a text, md or html report, from top to bottom:
 *
 *     title, question, verdict, what ran
 *     LOSS against AXIS           the main figure
 *     Ranking                     one row an entry, with bars
 *     Against BASELINE            one table an axes point (of a full page one table), with verdicts
 *     Interaction                 slopes of the paired difference along an axis
 *     Crossing points             where a curve passes the baseline's
 *     Readings                    where the study draws them: instead of the four above but Ranking
 *     Compute for the same loss   where the study names a budget: factors and power laws
 *     Chosen AXIS                 where the study selects: one table a setting, warnings
 *     At the common best          where the study selects: the ranking with one value for all
 *     Learning curves             where there are charts
 *     Inside the networks         where diagnostics were measured
 *     Diverged, failed, pending
 *     The plan                    when it was recorded, and every change after results
 *     How this was judged         and of a full page: the study, where its numbers come from
 *
 * Where the study selects, all but what was chosen is about the chosen runs; what was not chosen is in
 * json and csv.
 */
#include "experiments/report/page_impl.h"

#include <math.h>
#include <string.h>

#include "experiments/report/multiverse.h"

#define ITEMS_AT_MOST 40

/* ----------------------------------------------------------------------------------- names */

const char *pl_page_label(const struct pl_page *page, size_t entry) {
    return page->told->experiment->entries[entry].label;
}

struct pl_words pl_page_names(struct pl_page *page, size_t entry, size_t axis, size_t point) {
    const struct pl_experiment *experiment = page->told->experiment;
    struct pl_words names = {.label = experiment->entries[entry].label,
                             .baseline = experiment->baseline,
                             .metric = page->told->metric,
                             .axis = "",
                             .rest = "",
                             .higher = page->told->row->higher,
                             .differences = !page->told->row->ratio};
    if (axis == PL_WHOLE) return names;
    names.axis = experiment->axes[axis].key;
    names.rest = pl_report_point(page->told, &page->arena, point, axis);
    return names;
}

/* ---------------------------------------------------------------------------------- blocks */

void pl_page_heading(struct pl_page *page, const char *text) {
    page->style->heading(page->out, text);
}

void pl_page_subheading(struct pl_page *page, const char *text) {
    page->style->subheading(page->out, text);
}

void pl_page_paragraph(struct pl_page *page, const char *text) {
    page->style->paragraph(page->out, text);
}

struct pl_strbuf *pl_page_say(struct pl_page *page) {
    pl_strbuf_clear(&page->words);
    return &page->words;
}

void pl_page_said(struct pl_page *page) {
    if (page->words.length > 0) pl_page_paragraph(page, page->words.text);
}

void pl_page_item(struct pl_page *page, struct pl_list_of *list, const char *text) {
    if (list->count++ < ITEMS_AT_MOST) page->style->item(page->out, text);
}

void pl_page_said_item(struct pl_page *page, struct pl_list_of *list) {
    pl_page_item(page, list, page->words.text);
}

void pl_page_end_list(struct pl_page *page, const struct pl_list_of *list) {
    if (list->count > ITEMS_AT_MOST)
        page->style->item(page->out, pl_arena_printf(&page->arena, "and %zu more (--format csv)",
                                                     list->count - ITEMS_AT_MOST));
}

void pl_page_line(struct pl_page *page, struct pl_lines *lines, const struct pl_analysis *analysis,
                  const void *const *items) {
    const char **cells = PL_ARENA_ARRAY(&page->arena, const char *, lines->count);
    pl_columns_cells(lines->columns, lines->count, page, analysis, &page->arena, items, cells);
    for (size_t c = 0; c < lines->count; c++) PL_VEC_PUSH(&lines->cells, cells[c]);
}

void pl_page_end_lines(struct pl_page *page, struct pl_lines *lines) {
    const char **headers = PL_ARENA_ARRAY(&page->arena, const char *, lines->count);
    char *alignment = pl_arena_alloc(&page->arena, lines->count + 1);
    for (size_t c = 0; c < lines->count; c++) {
        const char *header = lines->columns[c].header;
        bool rate = !page->told->row->ratio; /* what the same columns are called then */
        headers[c] = rate && strcmp(header, "ratio") == 0  ? "difference"
                     : rate && strcmp(header, "loss") == 0 ? "mean"
                                                           : header;
        alignment[c] = lines->columns[c].alignment;
    }
    alignment[lines->count] = '\0';
    struct pl_page_table table = {lines->count, headers, alignment, lines->cells.items,
                                  lines->cells.count / lines->count};
    if (table.rows > 0) page->style->table(page->out, &table);
    PL_VEC_FINISH(&lines->cells);
}

const char *pl_page_effect(const struct pl_page *page, double effect) {
    struct pl_arena *arena = &((struct pl_page *)(uintptr_t)page)->arena;
    if (page->told->row->ratio || !isfinite(effect))
        return pl_number_text(arena, PL_UNIT_RATIO, effect);
    return pl_arena_printf(arena, "%+.4f", effect);
}

const char *pl_page_effect_interval(const struct pl_page *page, struct pl_interval interval) {
    struct pl_arena *arena = &((struct pl_page *)(uintptr_t)page)->arena;
    if (page->told->row->ratio || !pl_interval_exists(interval))
        return pl_interval_text(arena, PL_UNIT_RATIO, interval);
    return pl_arena_printf(arena, "[%+.4f, %+.4f]", interval.low, interval.high);
}

const char *pl_page_effect_name(const struct pl_page *page) {
    return page->told->row->ratio ? "ratio" : "difference";
}

/* --------------------------------------------------------------------------------- the top */

static void lead(struct pl_page *page, const char *label, const char *text) {
    if (page->style->lead)
        page->style->lead(page->out, label, text);
    else
        pl_page_paragraph(page, pl_arena_printf(&page->arena, "%s: %s", label, text));
}

static bool anything_finished(const struct pl_analysis *a) {
    return a->tally.done - a->tally.missing + a->tally.diverged > 0;
}

/* Why there are no figures, where there might be. */
static void add_refusal(struct pl_page *page) {
    bool any = false;
    if (!page->figures || !page->figures->refusal) return;
    for (int kind = 0; kind < PL_FIGURES; kind++) any = any || page->figures->items[kind].exists;
    if (!any) return;
    pl_say_no_figures(pl_page_say(page), page->figures->refusal);
    pl_page_said(page);
}

static void add_top(struct pl_page *page) {
    const struct pl_analysis *whole = page->whole;
    const struct pl_experiment *experiment = whole->experiment;
    const struct pl_history *history = page->input->history;
    struct pl_words names = pl_page_names(page, whole->baseline, PL_WHOLE, 0);
    page->style->title(page->out, pl_arena_printf(&page->arena, "Study %s", experiment->name));
    if (*experiment->question) lead(page, "Question", experiment->question);
    if (anything_finished(whole)) {
        const struct pl_analysis *told = whole->selection ? whole->selection->best : whole;
        if (experiment->design)
            pl_say_multiverse_verdict(pl_page_say(page), whole);
        else
            pl_say_verdict(pl_page_say(page), whole, pl_report_main_axis(told));
        lead(page, "Verdict", page->words.text);
    }
    const struct pl_shape shape = {whole->cells->count, experiment->entry_count, whole->point_count,
                                   experiment->seed_count};
    pl_say_status(pl_page_say(page), &shape, &whole->tally, &names);
    pl_page_said(page);
    if (page->input->missing) pl_page_paragraph(page, page->input->missing);
    if (page->input->older > 0) {
        pl_say_older(pl_page_say(page), page->input->older);
        pl_page_said(page);
    }
    if (history && pl_history_changes(history) > 0) {
        pl_say_changed_plan(pl_page_say(page));
        pl_page_said(page);
    }
    add_refusal(page);
    pl_page_say(page);
    if (whole->tally.done + whole->tally.diverged == 0)
        pl_say_nothing_finished(&page->words);
    else if (!anything_finished(whole))
        pl_say_no_metric(&page->words, whole->metric);
    pl_page_said(page);
}

static void add_evidence(struct pl_page *page) {
    const struct pl_selection *selection = page->whole->selection;
    bool drawn = page->whole->experiment->design != NULL; /* too many points for a table each */
    if (selection) page->told = selection->best;
    if (drawn) pl_page_multiverse(page);
    if (!drawn) pl_page_main(page);
    pl_page_heading(page, "Ranking");
    pl_page_ranking(page);
    if (!drawn) pl_page_comparisons(page);
    if (!drawn) pl_page_solved(page);
    if (!drawn) pl_page_map(page);
    if (!drawn) pl_page_interactions(page);
    if (!drawn) pl_page_crossovers(page);
    pl_page_compute(page);
    page->told = page->whole;
    if (!drawn) pl_page_selection(page);
    pl_page_common(page);
    pl_page_rates(page);
    pl_page_learning(page);
    pl_page_inside(page);
}

void pl_report_page(const struct pl_report_input *input, const struct pl_page_style *style,
                    const struct pl_figures *figures, struct pl_strbuf *out) {
    struct pl_page page = {.input = input,
                           .whole = input->analysis,
                           .told = input->analysis,
                           .style = style,
                           .figures = figures,
                           .out = out};
    pl_strbuf_init(&page.words);
    add_top(&page);
    if (anything_finished(input->analysis)) add_evidence(&page);
    pl_page_troubles(&page);
    pl_page_match(&page);
    pl_page_sources(&page);
    pl_page_plan(&page);
    pl_page_method(&page);
    if (style->full) pl_page_source(&page);
    if (style->full) pl_page_provenance(&page);
    pl_page_files(&page);
    if (style->downloads) style->downloads(out, input);
    pl_strbuf_finish(&page.words);
    pl_arena_finish(&page.arena);
}
