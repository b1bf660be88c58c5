/* Curves of the paired difference along an axis: their slopes, and where they cross the baseline's. */
#include "experiments/report/page_impl.h"

#define CURVES_AT_MOST 12

static const char *points_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_interaction *curve = items[0];
    (void)context;
    return pl_arena_printf(arena, "%zu", curve->points);
}

static const char *label_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_interaction *curve = items[0];
    (void)arena;
    return pl_page_label(context, curve->entry);
}

static const struct pl_column columns[] = {
    {"variant", 'e', NULL, NULL, 0, label_text},
    {"slope", 'r', pl_interaction_rows, "slope", 0, NULL},
    {"95 %", 'l', pl_interaction_rows, "interval", 0, NULL},
    {"p", 'r', pl_interaction_rows, "p_holm", 0, NULL},
    {"seeds", 'r', pl_interaction_rows, "seeds", 0, NULL},
    {"points", 'r', NULL, NULL, 0, points_text},
};

/* The family that begins at [first]: the entries of one curve. Gives where the next begins. */
static size_t add_slopes(struct pl_page *page, size_t first) {
    const struct pl_analysis *a = page->told;
    const struct pl_interaction *c = &a->interactions[first];
    struct pl_lines lines = PL_LINES(columns);
    struct pl_words names = pl_page_names(page, c->entry, c->axis, c->point);
    size_t i = first;
    pl_say_along(pl_page_say(page), &names, a->scales[c->axis].log);
    pl_page_subheading(page, page->words.text);
    for (; i < a->interaction_count; i++) {
        const struct pl_interaction *next = &a->interactions[i];
        if (next->axis != c->axis || next->point != c->point) break;
        pl_page_line(page, &lines, a, (const void *[]){next});
    }
    pl_page_end_lines(page, &lines);
    return i;
}

void pl_page_interactions(struct pl_page *page) {
    const struct pl_analysis *a = page->told;
    struct pl_words names = pl_page_names(page, a->baseline, PL_WHOLE, 0);
    size_t curves = 0, i = 0;
    if (a->interaction_count == 0) return;
    pl_page_heading(page, "Interaction");
    pl_say_interactions(pl_page_say(page), &names);
    pl_page_said(page);
    pl_page_chart(page, PL_FIGURE_RATIO);
    for (; i < a->interaction_count && curves < CURVES_AT_MOST; curves++) i = add_slopes(page, i);
    if (i < a->interaction_count) pl_page_paragraph(page, "More curves: report --format json.");
}

void pl_page_crossovers(struct pl_page *page) {
    const struct pl_analysis *a = page->told;
    struct pl_list_of list = {0};
    if (a->crossover_count == 0) return;
    pl_page_heading(page, "Crossing points");
    pl_say_crossings(pl_page_say(page));
    pl_page_said(page);
    for (size_t i = 0; i < a->crossover_count; i++) {
        const struct pl_crossover *c = &a->crossovers[i];
        struct pl_words names = pl_page_names(page, c->entry, c->axis, c->point);
        pl_say_crossing(pl_page_say(page), &names, c);
        pl_page_said_item(page, &list);
    }
    pl_page_end_list(page, &list);
}
