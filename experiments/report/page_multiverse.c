/* The readings of a design: for each entry and setting in how many of them it is better, worse, equivalent or
 * open; which choice the effect depends on; and the three strongest choices two by two. */
#include "experiments/report/page_impl.h"

#include "experiments/report/multiverse.h"

#define STRONGEST 3
#define STRIPS    5 /* choices whose readings are told in characters */

static const char *share_text(struct pl_arena *arena, size_t count, struct pl_interval share) {
    return pl_arena_printf(
        arena, "%zu %s", count,
        pl_interval_exists(share)
            ? pl_arena_printf(arena, "[%.0f, %.0f] %%", 100 * share.low, 100 * share.high)
            : "");
}

static const char *better_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_specification *item = items[0];
    (void)context;
    return share_text(arena, item->better, item->better_share);
}

static const char *worse_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_specification *item = items[0];
    (void)context;
    return share_text(arena, item->worse, item->worse_share);
}

static const struct pl_column columns[] = {
    {"variant", 'e', pl_specification_rows, "label", 0, NULL},
    {"readings", 'r', pl_specification_rows, "readings", 0, NULL},
    {"better", 'l', NULL, NULL, 0, better_text},
    {"worse", 'l', NULL, NULL, 0, worse_text},
    {"equivalent", 'r', pl_specification_rows, "equivalent", 0, NULL},
    {"open", 'r', pl_specification_rows, "open", 0, NULL},
    {"mean ratio", 'r', pl_specification_rows, "ratio", 0, NULL},
    {"95 %", 'l', pl_specification_rows, "interval", 0, NULL},
};

static const struct pl_column factor_columns[] = {
    {"choice", 'l', pl_factor_share_rows, "factor", 0, NULL},
    {"alone", 'r', pl_factor_share_rows, "alone", 0, NULL},
    {"95 %", 'l', pl_factor_share_rows, "alone_interval", 0, NULL},
    {"with", 'l', pl_factor_share_rows, "partner", 0, NULL},
    {"beyond each", 'r', pl_factor_share_rows, "pair", 0, NULL},
};

/* One table: rows are the values of [first], columns those of [second]. */
static void add_two_way(struct pl_page *page, const struct pl_multiverse *multiverse,
                        const struct pl_specification *item, size_t first, size_t second) {
    const struct pl_axis *rows = &multiverse->design->factors[first];
    const struct pl_axis *across = &multiverse->design->factors[second];
    struct pl_column *heads = PL_ARENA_ARRAY(&page->arena, struct pl_column, across->count + 1);
    heads[0] = (struct pl_column){
        .header = pl_arena_printf(&page->arena, "%s, %s", rows->key, across->key),
        .alignment = 'l'};
    for (size_t b = 0; b < across->count; b++)
        heads[1 + b] = (struct pl_column){.header = across->values[b], .alignment = 'r'};
    struct pl_lines lines = {heads, across->count + 1, {0}};
    for (size_t a = 0; a < rows->count; a++) {
        PL_VEC_PUSH(&lines.cells, rows->values[a]);
        for (size_t b = 0; b < across->count; b++) {
            size_t count;
            double ratio = pl_multiverse_cell(multiverse, item, first, a, second, b, &count);
            const char *text =
                pl_arena_printf(&page->arena, "%s (%zu)",
                                pl_number_text(&page->arena, PL_UNIT_RATIO, ratio), count);
            PL_VEC_PUSH(&lines.cells, count ? text : "-");
        }
    }
    pl_page_end_lines(page, &lines);
}

/* What the figure of choices shows, where there is none. */
static void add_strips(struct pl_page *page, const struct pl_multiverse *multiverse,
                       const struct pl_specification *item) {
    struct pl_strbuf strips;
    pl_strbuf_init(&strips);
    pl_say_strips(&strips, multiverse, item, STRIPS);
    if (strips.length > 0) {
        pl_page_paragraph(
            page, "Readings from the least ratio to the greatest (< better, = within 2 %, "
                  "> worse), and how many of them made each choice (. : + # a quarter each):");
        page->style->figure(page->out, strips.text);
    }
    pl_strbuf_finish(&strips);
}

static void add_choices(struct pl_page *page, const struct pl_multiverse *multiverse,
                        const struct pl_specification *item) {
    size_t factors = multiverse->design->factor_count;
    size_t *order = PL_ARENA_ARRAY(&page->arena, size_t, factors);
    struct pl_words names = pl_page_names(page, item->entry, 0, item->point);
    struct pl_lines lines = PL_LINES(factor_columns);
    pl_page_subheading(page, pl_arena_printf(&page->arena, "%s%s%s", names.label,
                                             *names.rest ? ", " : "", names.rest));
    pl_say_choices(pl_page_say(page), item);
    pl_page_said(page);
    if (!(item->shares.variance > 0) || item->count < PL_SHARES_LEAST) return;
    pl_multiverse_rank_factors(multiverse, item, order);
    for (size_t k = 0; k < factors; k++) {
        struct pl_factor_share share;
        pl_multiverse_factor(multiverse, item, order[k], &share);
        pl_page_line(page, &lines, page->told, (const void *[]){&share});
    }
    pl_page_end_lines(page, &lines);
    if (!page->figures || page->figures->refusal) add_strips(page, multiverse, item);
    for (size_t a = 0; a < STRONGEST && a < factors; a++)
        for (size_t b = a + 1; b < STRONGEST && b < factors; b++)
            add_two_way(page, multiverse, item, order[a], order[b]);
}

/* The entries at one setting: its items begin at [first]. */
static void add_setting(struct pl_page *page, const struct pl_multiverse *multiverse,
                        size_t first) {
    struct pl_lines lines = PL_LINES(columns);
    const char *at = pl_report_point(page->told, &page->arena, multiverse->items[first].point, 0);
    if (*at) pl_page_subheading(page, at);
    for (size_t k = first; k < first + multiverse->count / multiverse->setting_count; k++)
        pl_page_line(page, &lines, page->told, (const void *[]){&multiverse->items[k]});
    pl_page_end_lines(page, &lines);
}

void pl_page_multiverse(struct pl_page *page) {
    struct pl_multiverse multiverse;
    if (!pl_multiverse_make(&multiverse, page->whole, &page->arena)) return;
    pl_page_heading(page, "Readings");
    pl_say_multiverse(pl_page_say(page), &multiverse);
    pl_page_said(page);
    for (size_t k = 0; k < multiverse.count; k += multiverse.count / multiverse.setting_count)
        add_setting(page, &multiverse, k);
    pl_page_chart(page, PL_FIGURE_READINGS);
    for (int k = 0; k < PL_FIGURE_CHOICES_MOST; k++) {
        const enum pl_figure_kind kind = (enum pl_figure_kind)(PL_FIGURE_CHOICES + k);
        if (!page->figures || page->figures->refusal || !page->figures->items[kind].exists)
            continue;
        pl_page_subheading(page, page->figures->items[kind].chart.title);
        pl_page_chart(page, kind);
    }
    pl_page_heading(page, "Which choice decides");
    pl_say_shares(pl_page_say(page));
    pl_page_said(page);
    pl_page_chart(page, PL_FIGURE_SHARES);
    for (size_t k = 0; k < multiverse.count; k++)
        add_choices(page, &multiverse, &multiverse.items[k]);
}
