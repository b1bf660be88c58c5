/* The foot of the page: what was matched, the plan, how it was judged, where the numbers come from. */
#include <string.h>

#include "core/base/alloc.h"
#include "experiments/report/page_impl.h"
#include "experiments/report/rows_evidence.h"

void pl_page_method(struct pl_page *page) {
    pl_page_heading(page, "How this was judged");
    pl_say_method(pl_page_say(page));
    pl_page_said(page);
    pl_say_by_differences(pl_page_say(page), page->told);
    pl_page_said(page);
}

/* The hidden width of the first cell of [entry] at [point]; "" when the plan has none there. */
static const char *hidden_text(struct pl_page *page, size_t point, size_t entry) {
    const struct pl_cell *cell = pl_analysis_cell(page->told, point, entry, 0);
    return cell ? pl_cell_setting(cell->settings, &page->arena, "model.hidden", "") : "";
}

/* What match: params did, at the first point of the axes. */
void pl_page_match(struct pl_page *page) {
    const struct pl_experiment *experiment = page->told->experiment;
    struct pl_strbuf text;
    if (!experiment->match_params) return;
    pl_strbuf_init(&text);
    pl_strbuf_addf(&text,
                   "Matched parameters: hidden widths were moved so that every variant has the "
                   "parameters of %s within 1 %%. At the first point:",
                   experiment->baseline);
    for (size_t e = 0; e < experiment->entry_count; e++)
        pl_strbuf_addf(&text, "%s %s %s", e ? "," : "", experiment->entries[e].label,
                       hidden_text(page, 0, e));
    pl_strbuf_add(&text, ".");
    pl_page_paragraph(page, text.text);
    pl_strbuf_finish(&text);
}

/* What an entry chooses from, where that is a choice of the study both; NULL: it does not choose. */
static const char *entry_sources(const struct pl_analysis *analysis, size_t entry) {
    const char *first = NULL;
    for (size_t point = 0; point < analysis->point_count; point++) {
        const struct pl_cell *cell = pl_analysis_cell(analysis, point, entry, 0);
        const char *sources = cell ? pl_cell_sources(cell) : NULL;
        if (first && sources && strcmp(first, sources) != 0) return "outputs or states, by point";
        if (!first) first = sources;
    }
    return first;
}

/* Two families share the name AttnRes; each entry's is said. */
void pl_page_sources(struct pl_page *page) {
    const struct pl_experiment *experiment = page->told->experiment;
    const char *text = "";
    for (size_t e = 0; e < experiment->entry_count; e++) {
        const char *sources = entry_sources(page->told, e);
        if (sources)
            text = pl_arena_printf(&page->arena, "%s%s%s: %s", text, *text ? ", " : "",
                                   experiment->entries[e].label, sources);
    }
    if (*text)
        pl_page_paragraph(
            page,
            pl_arena_printf(&page->arena,
                            "What attention over depth chooses from, layer outputs (Kimi Team "
                            "2026) or running states (the other family of that name): %s.",
                            text));
}

void pl_page_plan(struct pl_page *page) {
    const struct pl_history *history = page->input->history;
    const char *metric = page->whole->experiment->metric;
    struct pl_list_of list = {0};
    if (!history || !history->digest[0]) return;
    if (!metric) metric = PL_METRIC_DEFAULT;
    pl_page_heading(page, "The plan");
    pl_say_plan(pl_page_say(page), history);
    pl_page_said(page);
    if (strcmp(metric, page->whole->metric) != 0) {
        pl_say_other_metric(pl_page_say(page), page->whole->metric, metric);
        pl_page_said(page);
    }
    for (size_t k = 1; k < history->count; k++) {
        if (!pl_history_is_change(history, k)) continue;
        pl_say_change(pl_page_say(page), history, k);
        pl_page_said_item(page, &list);
    }
    pl_page_end_list(page, &list);
}

/* "one, 2.5, {...}": the values of one member of the provenance. */
static const char *values_text(struct pl_page *page, const struct pl_json *values) {
    const char *text = "";
    for (size_t i = 0; i < pl_json_count(values); i++) {
        const struct pl_json *value = pl_json_at(values, i);
        char *other = pl_json_write(value, false);
        text = pl_arena_printf(&page->arena, "%s%s%s", text, i ? ", " : "",
                               pl_json_as_text(value, other));
        pl_free(other);
    }
    return text;
}

/* Where the numbers come from; nothing about time. */
void pl_page_provenance(struct pl_page *page) {
    static const struct pl_column columns[] = {{.header = "", .alignment = 'l'},
                                               {.header = "of the cells", .alignment = 'w'}};
    struct pl_json *members = pl_report_provenance(page->whole);
    struct pl_lines lines = PL_LINES(columns);
    for (void *it = pl_json_first(members); it; it = pl_json_next(members, it)) {
        if (strcmp(pl_json_key(it), "finished") == 0) continue;
        PL_VEC_PUSH(&lines.cells, pl_arena_strdup(&page->arena, pl_json_key(it)));
        PL_VEC_PUSH(&lines.cells, values_text(page, pl_json_value(it)));
    }
    if (lines.cells.count) pl_page_heading(page, "Where the numbers come from");
    pl_page_end_lines(page, &lines);
    pl_json_destroy(members);
}

void pl_page_source(struct pl_page *page) {
    const struct pl_experiment *experiment = page->whole->experiment;
    if (!page->style->source || !experiment->source || !*experiment->source) return;
    pl_page_heading(page, "The study");
    page->style->source(page->out, experiment->source);
    if (experiment->commanded && *experiment->commanded)
        pl_page_paragraph(
            page, pl_arena_printf(&page->arena, "On the command line: %s", experiment->commanded));
}

void pl_page_files(struct pl_page *page) {
    pl_say_files(pl_page_say(page), page->input->store);
    pl_page_said(page);
}
