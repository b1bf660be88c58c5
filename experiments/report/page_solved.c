/* What was solved: shares of seeds, steps to get there, and the paired difference to the baseline. */
#include <math.h>

#include "experiments/evidence/solved.h"
#include "experiments/report/page_impl.h"

#define LINES_AT_MOST 120

struct line {
    const char *point, *label;
    struct pl_solved solved;
};

static const char *point_text(void *context, struct pl_arena *arena, const void *const *items) {
    (void)context, (void)arena;
    return ((const struct line *)items[0])->point;
}

static const char *label_text(void *context, struct pl_arena *arena, const void *const *items) {
    (void)context, (void)arena;
    return ((const struct line *)items[0])->label;
}

static const char *solved_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_solved *solved = &((const struct line *)items[0])->solved;
    (void)context;
    return pl_arena_printf(arena, "%zu of %zu", solved->solved, solved->finished);
}

static const char *share_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct line *line = items[0];
    (void)context;
    return pl_interval_text(arena, PL_UNIT_SHARE, line->solved.share_interval);
}

static const char *steps_text(void *context, struct pl_arena *arena, const void *const *items) {
    double steps = ((const struct line *)items[0])->solved.steps;
    (void)context;
    return isinf(steps) ? "not solved" : pl_arena_printf(arena, "%.0f", steps);
}

static const char *difference_text(void *context, struct pl_arena *arena,
                                   const void *const *items) {
    const struct pl_paired_shares *against = &((const struct line *)items[0])->solved.against;
    (void)context;
    return against->pairs ? pl_arena_printf(arena, "%+.2f", against->difference) : "";
}

static const char *interval_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_paired_shares *against = &((const struct line *)items[0])->solved.against;
    (void)context;
    return against->pairs ? pl_interval_text(arena, PL_UNIT_SHARE, against->interval) : "";
}

static const char *p_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_paired_shares *against = &((const struct line *)items[0])->solved.against;
    (void)context;
    return against->pairs ? pl_arena_printf(arena, "%.4f", against->p) : "";
}

static const struct pl_column columns[] = {
    {"at", 'l', NULL, NULL, 0, point_text},
    {"variant", 'e', NULL, NULL, 0, label_text},
    {"solved", 'r', NULL, NULL, 0, solved_text},
    {"95 %", 'l', NULL, NULL, 0, share_text},
    {"steps", 'r', NULL, NULL, 0, steps_text},
    {"difference", 'r', NULL, NULL, 0, difference_text},
    {"95 %", 'l', NULL, NULL, 0, interval_text},
    {"p", 'r', NULL, NULL, 0, p_text},
};

/* The values of the axes, without their names. */
static const char *values_at(struct pl_page *page, size_t point) {
    const struct pl_analysis *a = page->told;
    const char *text = "";
    for (size_t k = 0; k < a->experiment->axis_count; k++)
        text = pl_arena_printf(&page->arena, "%s%s%s", text, k ? " " : "",
                               pl_analysis_axis_value(a, point, k));
    return text;
}

/* Nothing where no run solved anything. */
void pl_page_solved(struct pl_page *page) {
    const struct pl_analysis *a = page->told;
    size_t entries = a->experiment->entry_count, lines_told = 0, solved = 0;
    struct pl_lines lines = PL_LINES(columns);
    for (size_t point = 0; point < a->point_count; point++)
        for (size_t e = 0; e < entries; e++) {
            struct line *line = pl_arena_alloc(&page->arena, sizeof *line);
            if (!pl_solved_at(a, point, e, &line->solved)) continue;
            solved += line->solved.solved;
            if (lines_told++ >= LINES_AT_MOST) continue;
            line->point = values_at(page, point);
            line->label = pl_page_label(page, e);
            pl_page_line(page, &lines, a, (const void *[]){line});
        }
    if (solved == 0) {
        PL_VEC_FINISH(&lines.cells);
        return;
    }
    pl_page_heading(page, "Solved");
    pl_say_solved(pl_page_say(page), a->experiment->baseline);
    pl_page_said(page);
    pl_page_end_lines(page, &lines);
    pl_page_chart(page, PL_FIGURE_SOLVED);
    if (lines_told > LINES_AT_MOST)
        pl_page_paragraph(page,
                          pl_arena_printf(&page->arena, "%zu more lines: report --format csv.",
                                          lines_told - LINES_AT_MOST));
}
