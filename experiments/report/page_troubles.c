/* What did not go well, of all cells: diverged, failed, without the metric, pending. */
#include "core/base/utf8.h"
#include "experiments/report/page_impl.h"

#define MESSAGE_AT_MOST 200 /* bytes */

/* The cell of one seed when it ended as [outcome], else NULL. */
static const struct pl_cell *cell_of(const struct pl_analysis *a, size_t point, size_t entry,
                                     size_t seed, enum pl_outcome outcome) {
    const struct pl_cell *cell = pl_analysis_cell(a, point, entry, seed);
    return cell && a->results[cell - a->cells->items].outcome == outcome ? cell : NULL;
}

static const char *where_text(struct pl_page *page, const struct pl_summary *s) {
    const char *axes = pl_report_point(page->whole, &page->arena, s->point, PL_WHOLE);
    return pl_arena_printf(&page->arena, "%s%s%s", pl_page_label(page, s->entry),
                           *axes ? " at " : "", axes);
}

static void add_diverged(struct pl_page *page, struct pl_list_of *list,
                         const struct pl_summary *s) {
    const char *seeds = "";
    if (s->tally.diverged == 0) return;
    for (size_t k = 0; k < page->whole->experiment->seed_count; k++) {
        const struct pl_cell *cell = cell_of(page->whole, s->point, s->entry, k, PL_DIVERGED);
        if (cell)
            seeds = pl_arena_printf(&page->arena, "%s%s%llu", seeds, *seeds ? ", " : "",
                                    (unsigned long long)cell->seed);
    }
    pl_say_diverged(pl_page_say(page), where_text(page, s), s, seeds);
    pl_page_said_item(page, list);
}

static void add_failed(struct pl_page *page, struct pl_list_of *list, const struct pl_summary *s) {
    const struct pl_analysis *a = page->whole;
    if (s->tally.failed == 0) return;
    for (size_t k = 0; k < a->experiment->seed_count; k++) {
        const struct pl_cell *cell = cell_of(a, s->point, s->entry, k, PL_FAILED);
        if (!cell) continue;
        const char *message = a->results[cell - a->cells->items].message;
        /* The beginning of what a dead process said. */
        const char *text = message ? message : "";
        size_t length = pl_utf8_cut(text, MESSAGE_AT_MOST);
        pl_say_failed(pl_page_say(page), where_text(page, s), cell,
                      text[length] ? pl_arena_printf(&page->arena, "%.*s ...", (int)length, text)
                                   : text);
        pl_page_said_item(page, list);
    }
}

static void add_missing(struct pl_page *page, struct pl_list_of *list, const struct pl_summary *s) {
    if (s->tally.missing == 0) return;
    pl_say_missing(pl_page_say(page), where_text(page, s), page->whole->metric, &s->tally);
    pl_page_said_item(page, list);
}

void pl_page_troubles(struct pl_page *page) {
    static void (*const kinds[])(struct pl_page *, struct pl_list_of *,
                                 const struct pl_summary *) = {add_diverged, add_failed,
                                                               add_missing};
    const struct pl_analysis *a = page->whole;
    const struct pl_tally *tally = &a->tally;
    struct pl_list_of list = {0};
    if (tally->diverged + tally->failed + tally->missing + tally->pending == 0) return;
    pl_page_heading(page, "Diverged, failed, pending");
    if (tally->diverged > 0) {
        pl_say_diverged_rule(pl_page_say(page));
        pl_page_said(page);
    }
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        for (size_t i = 0; i < a->point_count * a->experiment->entry_count; i++)
            kinds[k](page, &list, &a->summaries[i]);
    pl_page_end_list(page, &list);
    if (tally->pending == 0) return;
    pl_say_pending(pl_page_say(page), tally->pending);
    pl_page_said(page);
}
