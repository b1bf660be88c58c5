/* What was chosen before variants are compared: one table a setting, warnings, and the ranking with one value
 * for all. A line is told from a choice and how its entry bears other values. */
#include "experiments/report/page_impl.h"

enum { CHOSEN, ROBUSTNESS };

static const struct pl_axis *over(const struct pl_page *page) {
    return &page->whole->experiment->axes[page->whole->selection->axis];
}

static const char *value_text(struct pl_page *page, bool found, size_t value, bool edge) {
    if (!found) return "-";
    return pl_arena_printf(&page->arena, "%s%s", over(page)->values[value], edge ? " edge" : "");
}

static const char *chosen_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_chosen *chosen = items[CHOSEN];
    (void)arena;
    return value_text(context, chosen->found, chosen->value, chosen->edge);
}

static const char *within_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_robustness *robust = items[ROBUSTNESS];
    (void)context;
    if (robust->seeds == 0) return "-";
    return pl_arena_printf(arena, "%.3g .. %.3g", robust->low, robust->high);
}

static const struct pl_column columns[] = {
    {"variant", 'e', pl_chosen_rows, "label", CHOSEN, NULL},
    {"chosen", 'r', NULL, NULL, 0, chosen_text},
    {"within 10 %", 'l', NULL, NULL, 0, within_text},
    {"decades", 'r', pl_robustness_rows, "decades", ROBUSTNESS, NULL},
    {"loss over all", 'r', pl_robustness_rows, "loss", ROBUSTNESS, NULL},
};

static void add_setting(struct pl_page *page, size_t setting) {
    const struct pl_analysis *a = page->whole;
    const struct pl_selection *selection = a->selection;
    const struct pl_chosen_common *common = &selection->commons[setting];
    const char *point = pl_report_point(selection->best, &page->arena, setting, PL_WHOLE);
    size_t entries = a->experiment->entry_count;
    struct pl_lines lines = PL_LINES(columns);
    pl_page_subheading(
        page, pl_arena_printf(&page->arena, "%s%scommon best: %s", point, *point ? "; " : "",
                              value_text(page, common->found, common->value, common->edge)));
    for (size_t i = setting * entries; i < (setting + 1) * entries; i++)
        pl_page_line(page, &lines, a,
                     (const void *[]){&selection->choices[i], &selection->robustness[i]});
    pl_page_end_lines(page, &lines);
}

static void warn_edges(struct pl_page *page) {
    const struct pl_analysis *a = page->whole;
    const struct pl_selection *selection = a->selection;
    struct pl_list_of list = {0};
    for (size_t i = 0; i < selection->setting_count * a->experiment->entry_count; i++) {
        const struct pl_chosen *chosen = &selection->choices[i];
        if (!chosen->found || !chosen->edge) continue;
        if (list.count == 0) {
            pl_say_edges(pl_page_say(page));
            pl_page_said(page);
        }
        struct pl_words names = pl_page_names(page, chosen->entry, PL_WHOLE, 0);
        names.axis = over(page)->key;
        names.rest = pl_report_point(selection->best, &page->arena, chosen->setting, PL_WHOLE);
        pl_say_edge(pl_page_say(page), &names, over(page)->values[chosen->value]);
        pl_page_said_item(page, &list);
    }
    pl_page_end_list(page, &list);
}

void pl_page_selection(struct pl_page *page) {
    const struct pl_selection *selection = page->whole->selection;
    if (!selection) return;
    struct pl_words names = pl_page_names(page, page->whole->baseline, selection->axis, 0);
    pl_page_heading(page, pl_arena_printf(&page->arena, "Chosen %s", names.axis));
    pl_say_selection(pl_page_say(page), &names, selection->by);
    pl_page_said(page);
    if (!pl_page_chart(page, PL_FIGURE_RATES)) pl_page_plots(page, selection->axis);
    for (size_t setting = 0; setting < selection->setting_count; setting++)
        add_setting(page, setting);
    warn_edges(page);
}

void pl_page_common(struct pl_page *page) {
    const struct pl_selection *selection = page->whole->selection;
    if (!selection) return;
    pl_page_heading(page, pl_arena_printf(&page->arena, "At the common best %s", over(page)->key));
    page->told = selection->common;
    pl_page_ranking(page);
    page->told = page->whole;
}
