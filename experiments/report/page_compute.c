/* Compute for the same loss: what an entry's loss would cost the baseline, and power laws. */
#include <math.h>

#include "experiments/report/page_impl.h"

static const char *budget_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_analysis *a = ((const struct pl_page *)context)->told;
    const struct pl_compute_factor *f = items[0];
    (void)arena;
    return f->value == PL_ALL_BUDGETS ? "all"
                                      : a->experiment->axes[a->compute->axis].values[f->value];
}

static const char *factor_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_compute_factor *f = items[0];
    (void)context;
    if (isnan(f->factor)) return "-";
    if (f->reached) return pl_number_text(arena, PL_UNIT_RATIO, f->factor);
    if (isnan(f->least)) return "none";
    bool over = f->factor > 1.0;
    return pl_arena_printf(arena, "%s %s", over ? "over" : "under",
                           pl_number_text(arena, PL_UNIT_RATIO, over ? f->greatest : f->least));
}

static const char *reached_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_compute_factor *f = items[0];
    (void)context;
    return f->reached || isnan(f->factor) ? pl_interval_text(arena, PL_UNIT_RATIO, f->interval)
                                          : "not reached";
}

static const struct pl_column factor_columns[] = {
    {"variant", 'e', pl_factor_rows, "label", 0, NULL}, {"budget", 'r', NULL, NULL, 0, budget_text},
    {"factor", 'r', NULL, NULL, 0, factor_text},        {"95 %", 'l', NULL, NULL, 0, reached_text},
    {"seeds", 'r', pl_factor_rows, "seeds", 0, NULL},
};

static const char *b_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_compute_law *law = items[0];
    (void)context;
    return pl_number_text(arena, PL_UNIT_NONE, law->law.b);
}

static const char *b_interval_text(void *context, struct pl_arena *arena,
                                   const void *const *items) {
    const struct pl_compute_law *law = items[0];
    (void)context;
    return pl_interval_text(arena, PL_UNIT_NONE, law->b);
}

static const char *residual_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_compute_law *law = items[0];
    (void)context;
    return pl_arena_printf(arena, "%.1f %%", 100.0 * law->law.residual);
}

static const char *offset_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_compute_law *law = items[0];
    (void)context;
    return isnan(law->offset.c) ? "-"
           : law->supported     ? pl_number_text(arena, PL_UNIT_NONE, law->offset.c)
                                : "not supported";
}

static const char *c_interval_text(void *context, struct pl_arena *arena,
                                   const void *const *items) {
    const struct pl_compute_law *law = items[0];
    (void)context;
    return law->supported ? pl_interval_text(arena, PL_UNIT_NONE, law->offset_c) : "-";
}

static const struct pl_column law_columns[] = {
    {"variant", 'e', pl_law_rows, "label", 0, NULL}, {"b", 'r', NULL, NULL, 0, b_text},
    {"95 %", 'l', NULL, NULL, 0, b_interval_text},   {"off by", 'r', NULL, NULL, 0, residual_text},
    {"c", 'r', NULL, NULL, 0, offset_text},          {"95 %", 'l', NULL, NULL, 0, c_interval_text},
};

static void add_curve(struct pl_page *page, size_t point) {
    const struct pl_analysis *a = page->told;
    const struct pl_compute *compute = a->compute;
    struct pl_lines factors = PL_LINES(factor_columns), laws = PL_LINES(law_columns);
    for (size_t i = 0; i < compute->factor_count; i++)
        if (compute->factors[i].point == point)
            pl_page_line(page, &factors, a, (const void *[]){&compute->factors[i]});
    pl_page_end_lines(page, &factors);
    for (size_t i = 0; i < compute->law_count; i++)
        if (compute->laws[i].point == point)
            pl_page_line(page, &laws, a, (const void *[]){&compute->laws[i]});
    if (laws.cells.count > 0) {
        pl_say_law(pl_page_say(page));
        pl_page_said(page);
    }
    pl_page_end_lines(page, &laws);
}

void pl_page_compute(struct pl_page *page) {
    const struct pl_analysis *a = page->told;
    if (!a->compute || a->compute->law_count == 0) return;
    struct pl_words names = pl_page_names(page, a->baseline, a->compute->axis, 0);
    pl_page_heading(page, "Compute for the same loss");
    pl_say_compute(pl_page_say(page), &names);
    pl_page_said(page);
    for (size_t point = 0; point < a->point_count; point++) {
        if (pl_analysis_axis_index(a, point, a->compute->axis) != 0) continue;
        const char *rest = pl_report_point(a, &page->arena, point, a->compute->axis);
        if (*rest) pl_page_subheading(page, rest);
        add_curve(page, point);
    }
}
