/* The ranking: one row an entry, on a narrow page with a bar of the ratio and its interval beside 1. */
#include <math.h>
#include <string.h>

#include "core/base/math.h"
#include "experiments/report/page_impl.h"

#define BAR_WIDTH 11
#define BAR_RATIO 20.0 /* a bar reaches no further than this ratio, either way */

/* ------------------------------------------------------------------------------------ bars */

/* Where effects lie, from the first column of a bar to the last, on a scale of logs that has 1 in it (of differences: 0). */
struct bar_scale {
    double low, high;
};

static double place_of(const struct pl_analysis *a, double effect) {
    return a->row->ratio ? pl_log(effect) : effect;
}

static void take_effect(const struct pl_analysis *a, struct bar_scale *scale, double effect) {
    if (!isfinite(effect) || (a->row->ratio && effect <= 0.0)) return;
    double log = place_of(a, effect), limit = a->row->ratio ? pl_log(BAR_RATIO) : INFINITY;
    log = log < -limit ? -limit : log > limit ? limit : log;
    if (log < scale->low) scale->low = log;
    if (log > scale->high) scale->high = log;
}

static struct bar_scale scale_bars(const struct pl_analysis *a) {
    struct bar_scale scale = {0, 0};
    for (size_t i = 0; i < a->experiment->entry_count; i++) {
        take_effect(a, &scale, a->ranking[i].ratio);
        take_effect(a, &scale, a->ranking[i].ratio_interval.low);
        take_effect(a, &scale, a->ranking[i].ratio_interval.high);
    }
    if (scale.low == scale.high) return (struct bar_scale){-1, 1};
    return scale;
}

static size_t bar_column(const struct pl_analysis *a, const struct bar_scale *scale,
                         double effect) {
    double share = (place_of(a, effect) - scale->low) / (scale->high - scale->low);
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    return (size_t)nearbyint(share * (BAR_WIDTH - 1));
}

/* "  --o-- |  " */
static const char *bar_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_page *page = context;
    const struct pl_rank *rank = items[0];
    const struct pl_analysis *a = page->told;
    struct bar_scale scale = scale_bars(a);
    char bar[BAR_WIDTH + 1];
    memset(bar, ' ', BAR_WIDTH);
    bar[BAR_WIDTH] = '\0';
    bar[bar_column(a, &scale, a->row->ratio ? 1.0 : 0.0)] = '|';
    if (isnan(rank->ratio)) return "";
    if (!rank->median && pl_interval_exists(rank->ratio_interval))
        for (size_t k = bar_column(a, &scale, rank->ratio_interval.low);
             k <= bar_column(a, &scale, rank->ratio_interval.high); k++)
            bar[k] = bar[k] == '|' ? '+' : '-';
    if (isfinite(place_of(a, rank->ratio))) bar[bar_column(a, &scale, rank->ratio)] = 'o';
    return pl_arena_strdup(arena, bar);
}

/* ----------------------------------------------------------------------------------- table */

/* What the points say of an entry: one word where they agree, else how many are better or worse. */
static const char *verdicts_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_analysis *a = ((const struct pl_page *)context)->told;
    const struct pl_rank *rank = items[0];
    size_t counts[4] = {0};
    if (rank->entry == a->baseline) return "baseline";
    for (size_t p = 0; p < a->point_count; p++)
        counts[pl_analysis_comparison(a, p, rank->entry)->verdict]++;
    for (int verdict = 0; verdict < 4; verdict++)
        if (counts[verdict] == a->point_count) return pl_verdict_name((enum pl_verdict)verdict);
    size_t better = counts[PL_BETTER], worse = counts[PL_WORSE];
    if (better + worse == 0) return "inconclusive";
    if (better == 0) return pl_arena_printf(arena, "%zu worse", worse);
    if (worse == 0) return pl_arena_printf(arena, "%zu better", better);
    return pl_arena_printf(arena, "%zu better %zu worse", better, worse);
}

static const char *ratio_interval_text(void *context, struct pl_arena *arena,
                                       const void *const *items) {
    const struct pl_rank *rank = items[0];
    (void)arena;
    if (rank->entry == ((const struct pl_page *)context)->told->baseline) return "";
    return rank->median ? "median" : pl_page_effect_interval(context, rank->ratio_interval);
}

static const char *effect_text(void *context, struct pl_arena *arena, const void *const *items) {
    (void)arena;
    return pl_page_effect(context, ((const struct pl_rank *)items[0])->ratio);
}

static const char *place_text(void *context, struct pl_arena *arena, const void *const *items) {
    const struct pl_rank *rank = items[0];
    (void)context;
    if (rank->best_place == 0) return "-";
    if (rank->best_place == rank->worst_place)
        return pl_arena_printf(arena, "%zu", rank->best_place);
    return pl_arena_printf(arena, "%zu-%zu", rank->best_place, rank->worst_place);
}

static const struct pl_column full[] = {
    {"variant", 'e', pl_rank_rows, "label", 0, NULL},
    {"rank", 'r', pl_rank_rows, "mean_rank", 0, NULL},
    {"95 %", 'l', pl_rank_rows, "interval", 0, NULL},
    {"place", 'r', NULL, NULL, 0, place_text},
    {"ratio", 'r', NULL, NULL, 0, effect_text},
    {"95 %", 'l', NULL, NULL, 0, ratio_interval_text},
    {"verdicts", 'v', NULL, NULL, 0, verdicts_text},
};

static const struct pl_column narrow[] = {
    {"variant", 'e', pl_rank_rows, "label", 0, NULL},
    {"rank", 'r', pl_rank_rows, "mean_rank", 0, NULL},
    {"place", 'r', NULL, NULL, 0, place_text},
    {"ratio", 'r', NULL, NULL, 0, effect_text},
    {"95 %", 'l', NULL, NULL, 0, ratio_interval_text},
    {"", 'b', NULL, NULL, 0, bar_text},
    {"verdicts", 'v', NULL, NULL, 0, verdicts_text},
};

void pl_page_ranking(struct pl_page *page) {
    const struct pl_analysis *a = page->told;
    struct pl_lines lines = page->style->full ? PL_LINES(full) : PL_LINES(narrow);
    struct pl_words names = pl_page_names(page, a->baseline, PL_WHOLE, 0);
    pl_say_ranking(pl_page_say(page), &names, &a->ranking[0], a->point_count);
    pl_page_said(page);
    for (size_t i = 0; i < a->experiment->entry_count; i++)
        pl_page_line(page, &lines, a, (const void *[]){&a->ranking[i]});
    pl_page_end_lines(page, &lines);
}
