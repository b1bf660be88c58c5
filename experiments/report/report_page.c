/* What stands on the page of a text, md or html report, from top to bottom:
 *
 *     title, question, verdict, what ran
 *     LOSS against AXIS           the main figure
 *     Ranking                     one row an entry, with bars
 *     Against BASELINE            one table an axes point (of a full page one table), with verdicts
 *     Interaction                 slopes of the paired difference along an axis
 *     Crossing points             where a curve passes the baseline's
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
#include <math.h>
#include <string.h>

#include "core/base/math.h"
#include "core/base/utf8.h"
#include "core/base/vec.h"
#include "core/stats/bootstrap.h"
#include "core/stats/compare.h"
#include "experiments/report/report_impl.h"

#define BAR_WIDTH       11
#define BAR_RATIO       20.0 /* a bar reaches no further than this ratio, either way */
#define PLOTS_AT_MOST   6
#define ITEMS_AT_MOST   40
#define CURVES_AT_MOST  12
#define NUMBERS_AT_MOST 300
#define MESSAGE_AT_MOST 200          /* bytes */
#define WHOLE           ((size_t)-1) /* no axis left out */

struct page {
    const struct pl_report_input *input;
    const struct pl_analysis *whole; /* of all cells */
    const struct pl_analysis
        *analysis; /* what is being told: the whole, or what was chosen of it */
    const struct pl_page_style *style;
    const struct pl_figures *figures; /* NULL: a page without charts */
    struct pl_strbuf *out;
    struct pl_arena arena; /* of the texts on the page */
};

/* -------------------------------------------------------------------------------- numbers */

static const char *loss_text(struct page *page, double loss) {
    return pl_report_loss(&page->arena, loss);
}

static const char *ratio_text(struct page *page, double ratio) {
    return pl_report_ratio(&page->arena, ratio);
}

static const char *ratio_interval_text(struct page *page, struct pl_interval interval) {
    return pl_report_ratio_interval(&page->arena, interval);
}

static const char *p_text(struct page *page, double p) {
    return pl_report_p(&page->arena, p);
}

static const char *plural(size_t count, const char *one, const char *many) {
    return count == 1 ? one : many;
}

static const char *label_of(const struct page *page, size_t entry) {
    return page->analysis->experiment->entries[entry].label;
}

static const char *baseline_of(const struct page *page) {
    return page->analysis->experiment->baseline;
}

/* --------------------------------------------------------------------------------- blocks */

static void paragraph(struct page *page, const char *text) {
    page->style->paragraph(page->out, text);
}

static void heading(struct page *page, const char *text) {
    page->style->heading(page->out, text);
}

static void lead(struct page *page, const char *label, const char *text) {
    if (page->style->lead)
        page->style->lead(page->out, label, text);
    else
        paragraph(page, pl_arena_printf(&page->arena, "%s: %s", label, text));
}

/* A list that knows when it is long enough. */
struct list {
    size_t count;
};

static void add_item(struct page *page, struct list *list, const char *text) {
    if (list->count++ < ITEMS_AT_MOST) page->style->item(page->out, text);
}

static void end_list(struct page *page, const struct list *list) {
    if (list->count > ITEMS_AT_MOST)
        page->style->item(page->out, pl_arena_printf(&page->arena, "and %zu more (--format csv)",
                                                     list->count - ITEMS_AT_MOST));
}

struct rows {
    PL_VEC(const char *) cells;
};

static void add_row(struct rows *rows, const char *const *cells, size_t columns) {
    for (size_t c = 0; c < columns; c++) PL_VEC_PUSH(&rows->cells, cells[c]);
}

static void end_table(struct page *page, struct rows *rows, const char *const *headers,
                      const char *alignment) {
    size_t columns = strlen(alignment);
    struct pl_page_table table = {columns, headers, alignment, rows->cells.items,
                                  rows->cells.count / columns};
    page->style->table(page->out, &table);
    PL_VEC_FINISH(&rows->cells);
}

/* ---------------------------------------------------------------------------------- charts */

static const char *number_text(struct page *page, double number) {
    return isnan(number) ? "-" : pl_arena_printf(&page->arena, "%.3g", number);
}

static void add_number_row(struct page *page, struct rows *rows, const struct pl_chart_panel *panel,
                           const struct pl_chart_series *series, size_t i) {
    const char *cells[] = {panel->title,
                           series->name,
                           number_text(page, series->x[i]),
                           number_text(page, series->y[i]),
                           number_text(page, series->low[i]),
                           number_text(page, series->high[i])};
    add_row(rows, cells, 6);
}

/* The numbers of a chart that was not drawn. Those of a forest stand in the tables below it. */
static void add_numbers(struct page *page, const struct pl_chart *chart) {
    bool heat = chart->kind == PL_CHART_HEAT;
    const char *headers[] = {
        "", "variant", chart->x_label, chart->y_label, heat ? "weight" : "low", heat ? "" : "high"};
    struct rows rows = {0};
    size_t count = 0;
    if (chart->kind == PL_CHART_FOREST) return;
    for (size_t p = 0; p < chart->panels.count; p++)
        for (size_t s = 0; s < chart->panels.items[p].series.count; s++) {
            const struct pl_chart_series *series = &chart->panels.items[p].series.items[s];
            for (size_t i = 0; i < series->count; i++)
                if (count++ < NUMBERS_AT_MOST)
                    add_number_row(page, &rows, &chart->panels.items[p], series, i);
        }
    end_table(page, &rows, headers, "lerrrr");
    if (count > NUMBERS_AT_MOST)
        paragraph(page, pl_arena_printf(&page->arena, "And %zu more: report --format json.",
                                        count - NUMBERS_AT_MOST));
}

/* False when the page has no such chart at all. */
static bool add_chart(struct page *page, enum pl_figure_kind kind) {
    if (!page->figures || !page->figures->items[kind].exists) return false;
    const struct pl_figure *figure = &page->figures->items[kind];
    if (figure->svg)
        page->style->chart(page->out, figure);
    else
        add_numbers(page, &figure->chart);
    return true;
}

static void add_plot(struct page *page, size_t axis, size_t point) {
    struct pl_strbuf plot;
    pl_strbuf_init(&plot);
    pl_report_plot(page->analysis, axis, point, &plot);
    const char *rest = pl_report_point(page->analysis, &page->arena, point, axis);
    if (plot.length > 0) {
        if (*rest) page->style->subheading(page->out, rest);
        page->style->figure(page->out, plot.text);
    }
    pl_strbuf_finish(&plot);
}

static void add_plots(struct page *page, size_t axis) {
    const struct pl_analysis *a = page->analysis;
    size_t plots = a->point_count / a->experiment->axes[axis].count;
    if (plots > PLOTS_AT_MOST) {
        paragraph(page, pl_arena_printf(&page->arena,
                                        "The other axes make %zu plots, too many for a page: use "
                                        "--format html.",
                                        plots));
        return;
    }
    for (size_t point = 0; point < a->point_count; point++)
        if (pl_analysis_axis_index(a, point, axis) == 0) add_plot(page, axis, point);
}

/* The figure of the page: a chart where there are any, else a plot of characters. */
static void add_main(struct page *page) {
    const struct pl_analysis *a = page->analysis;
    size_t axis = pl_report_main_axis(a);
    bool drawn = page->figures && !page->figures->refusal;
    if (axis == WHOLE && !drawn) return;
    if (axis == WHOLE)
        heading(page, pl_arena_printf(&page->arena, "%s of every variant", a->metric));
    else
        heading(page, pl_arena_printf(&page->arena, "%s against %s", a->metric,
                                      a->experiment->axes[axis].key));
    if (!drawn) add_plots(page, axis);
    add_chart(page, PL_FIGURE_MAIN);
}

/* ------------------------------------------------------------------------------- what ran */

static const char *shape_text(struct page *page) {
    const struct pl_analysis *a = page->whole;
    size_t entries = a->experiment->entry_count, seeds = a->experiment->seed_count;
    return pl_arena_printf(&page->arena, "%zu %s = %zu %s x %zu %s x %zu %s", a->cells->count,
                           plural(a->cells->count, "cell", "cells"), entries,
                           plural(entries, "variant", "variants"), a->point_count,
                           plural(a->point_count, "point", "points"), seeds,
                           plural(seeds, "seed", "seeds"));
}

static void add_status(struct page *page) {
    const struct pl_tally *tally = &page->whole->tally;
    paragraph(page, pl_arena_printf(&page->arena,
                                    "%s: %zu done, %zu diverged, %zu failed, %zu pending. "
                                    "Compared by %s, with %s as the baseline.",
                                    shape_text(page), tally->done, tally->diverged, tally->failed,
                                    tally->pending, page->analysis->metric, baseline_of(page)));
}

/* Results of other sources, compilers or libraries are kept when they were asked for. */
static void add_older(struct page *page) {
    size_t older = page->input->older;
    if (older == 0) return;
    paragraph(page, pl_arena_printf(&page->arena,
                                    "%zu %s from other numerics (an earlier build, compiler, "
                                    "library or machine); a run computes %s again.",
                                    older, plural(older, "result comes", "results come"),
                                    plural(older, "it", "them")));
}

static void warn_changed_plan(struct page *page) {
    const struct pl_history *history = page->input->history;
    if (!history || pl_history_changes(history) == 0) return;
    paragraph(page, "The plan was changed after results existed: see \"The plan\" below.");
}

static bool anything_finished(const struct pl_analysis *a) {
    return a->tally.done - a->tally.missing + a->tally.diverged > 0;
}

/* Why there are no figures, where there might be. */
static void add_refusal(struct page *page) {
    bool any = false;
    if (!page->figures || !page->figures->refusal) return;
    for (int kind = 0; kind < PL_FIGURES; kind++) any = any || page->figures->items[kind].exists;
    if (any)
        paragraph(page, pl_arena_printf(&page->arena,
                                        "Figures are left out, and their numbers stand in tables: "
                                        "%s",
                                        page->figures->refusal));
}

static void add_top(struct page *page) {
    const struct pl_experiment *experiment = page->analysis->experiment;
    page->style->title(page->out, pl_arena_printf(&page->arena, "Study %s", experiment->name));
    if (*experiment->question) lead(page, "Question", experiment->question);
    if (anything_finished(page->whole)) {
        const struct pl_selection *selection = page->whole->selection;
        lead(page, "Verdict",
             pl_report_verdict(selection ? selection->best : page->whole, &page->arena));
    }
    add_status(page);
    if (page->input->missing) paragraph(page, page->input->missing);
    add_older(page);
    warn_changed_plan(page);
    add_refusal(page);
    if (page->whole->tally.done + page->whole->tally.diverged == 0)
        paragraph(page, "No cell is finished yet, so there is nothing to compare: run the study "
                        "first.");
    else if (!anything_finished(page->whole))
        paragraph(page, pl_arena_printf(&page->arena,
                                        "No finished cell reports %s: choose another loss with "
                                        "--metric.",
                                        page->analysis->metric));
}

/* -------------------------------------------------------------------------------- ranking */

/* Where ratios lie, from the first column of a bar to the last, on a scale of logs that has 1 in it. */
struct bar_scale {
    double low, high;
};

static void take_ratio(struct bar_scale *scale, double ratio) {
    if (!isfinite(ratio) || ratio <= 0.0) return;
    double log = pl_log(ratio), limit = pl_log(BAR_RATIO);
    log = log < -limit ? -limit : log > limit ? limit : log;
    if (log < scale->low) scale->low = log;
    if (log > scale->high) scale->high = log;
}

static struct bar_scale scale_bars(const struct pl_analysis *a) {
    struct bar_scale scale = {0, 0};
    for (size_t i = 0; i < a->experiment->entry_count; i++) {
        take_ratio(&scale, a->ranking[i].ratio);
        take_ratio(&scale, a->ranking[i].ratio_interval.low);
        take_ratio(&scale, a->ranking[i].ratio_interval.high);
    }
    if (scale.low == scale.high) return (struct bar_scale){-1, 1};
    return scale;
}

static size_t bar_column(const struct bar_scale *scale, double ratio) {
    double share = (pl_log(ratio) - scale->low) / (scale->high - scale->low);
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    return (size_t)nearbyint(share * (BAR_WIDTH - 1));
}

/* "  --o-- |  ": a ratio and its interval beside 1. */
static const char *bar_text(struct page *page, const struct bar_scale *scale,
                            const struct pl_rank *rank) {
    char bar[BAR_WIDTH + 1];
    memset(bar, ' ', BAR_WIDTH);
    bar[BAR_WIDTH] = '\0';
    bar[bar_column(scale, 1.0)] = '|';
    if (isnan(rank->ratio)) return "";
    if (!rank->median && pl_interval_exists(rank->ratio_interval))
        for (size_t k = bar_column(scale, rank->ratio_interval.low);
             k <= bar_column(scale, rank->ratio_interval.high); k++)
            bar[k] = bar[k] == '|' ? '+' : '-';
    if (rank->ratio > 0.0) bar[bar_column(scale, rank->ratio)] = 'o';
    return pl_arena_strdup(&page->arena, bar);
}

static const char *rank_interval_text(struct page *page, struct pl_interval interval) {
    if (!pl_interval_exists(interval)) return "-";
    return pl_arena_printf(&page->arena, "[%.2f, %.2f]", interval.low, interval.high);
}

/* What the points say of an entry: one word where they agree, else how many are better or worse. */
static const char *verdicts_text(struct page *page, size_t entry) {
    const struct pl_analysis *a = page->analysis;
    size_t counts[4] = {0};
    if (entry == a->baseline) return "baseline";
    for (size_t p = 0; p < a->point_count; p++)
        counts[pl_analysis_comparison(a, p, entry)->verdict]++;
    for (int verdict = 0; verdict < 4; verdict++)
        if (counts[verdict] == a->point_count) return pl_verdict_name((enum pl_verdict)verdict);
    if (counts[PL_BETTER] + counts[PL_WORSE] == 0) return "inconclusive";
    if (counts[PL_BETTER] == 0) return pl_arena_printf(&page->arena, "%zu worse", counts[PL_WORSE]);
    if (counts[PL_WORSE] == 0)
        return pl_arena_printf(&page->arena, "%zu better", counts[PL_BETTER]);
    return pl_arena_printf(&page->arena, "%zu better %zu worse", counts[PL_BETTER],
                           counts[PL_WORSE]);
}

static void add_rank_row(struct page *page, struct rows *rows, const struct pl_rank *rank,
                         const struct bar_scale *scale) {
    const char *mean =
        isnan(rank->mean_rank) ? "-" : pl_arena_printf(&page->arena, "%.2f", rank->mean_rank);
    bool reference = rank->entry == page->analysis->baseline;
    const char *label = label_of(page, rank->entry), *ratio = ratio_text(page, rank->ratio);
    const char *interval = reference      ? ""
                           : rank->median ? "median"
                                          : ratio_interval_text(page, rank->ratio_interval);
    const char *verdicts = verdicts_text(page, rank->entry);
    if (page->style->full)
        add_row(rows,
                (const char *[]){label, mean, rank_interval_text(page, rank->interval), ratio,
                                 interval, verdicts},
                6);
    else
        add_row(
            rows,
            (const char *[]){label, mean, ratio, interval, bar_text(page, scale, rank), verdicts},
            6);
}

static void add_ranking(struct page *page) {
    const struct pl_analysis *a = page->analysis;
    static const char *const full[] = {"variant", "rank", "95 %", "ratio", "95 %", "verdicts"};
    static const char *const narrow[] = {"variant", "rank", "ratio", "95 %", "", "verdicts"};
    struct bar_scale scale = scale_bars(a);
    struct rows rows = {0};
    paragraph(page,
              pl_arena_printf(&page->arena,
                              "Mean rank (1 = always the lowest loss) and mean ratio to %s "
                              "over the %zu %s (one point, one seed) that every variant "
                              "finished; intervals over %zu %s.%s",
                              baseline_of(page), a->ranking[0].blocks,
                              plural(a->ranking[0].blocks, "block", "blocks"), a->ranking[0].seeds,
                              plural(a->ranking[0].seeds, "seed", "seeds"),
                              a->point_count > 1 ? " Verdicts are counted over points." : ""));
    for (size_t i = 0; i < a->experiment->entry_count; i++)
        add_rank_row(page, &rows, &a->ranking[i], &scale);
    if (page->style->full)
        end_table(page, &rows, full, "erlrlv");
    else
        end_table(page, &rows, narrow, "errlbv");
}

/* ---------------------------------------------------------------------------- comparisons */

static void add_baseline_row(struct page *page, struct rows *rows, size_t point) {
    size_t entry = page->analysis->baseline;
    const struct pl_summary *summary = pl_analysis_summary(page->analysis, point, entry);
    const char *cells[] = {label_of(page, entry),
                           loss_text(page, summary->loss),
                           "",
                           "baseline",
                           "",
                           pl_arena_printf(&page->arena, "%zu", summary->n),
                           ""};
    add_row(rows, cells, 7);
}

static void add_comparison_row(struct page *page, struct rows *rows, size_t point, size_t entry) {
    const struct pl_summary *summary = pl_analysis_summary(page->analysis, point, entry);
    const struct pl_comparison *c = pl_analysis_comparison(page->analysis, point, entry);
    const char *cells[] = {label_of(page, entry),
                           loss_text(page, summary->loss),
                           ratio_text(page, c->ratio),
                           c->median ? pl_arena_printf(&page->arena, "%zu diverged", c->diverged)
                                     : ratio_interval_text(page, c->interval),
                           p_text(page, c->p_holm),
                           pl_arena_printf(&page->arena, "%zu", c->n),
                           pl_verdict_name(c->verdict)};
    add_row(rows, cells, 7);
}

static void add_point(struct page *page, size_t point) {
    static const char *const headers[] = {"variant", "loss", "ratio", "95 %", "p", "n", "verdict"};
    const struct pl_experiment *experiment = page->analysis->experiment;
    struct rows rows = {0};
    if (experiment->axis_count > 0)
        page->style->subheading(page->out,
                                pl_report_point(page->analysis, &page->arena, point, WHOLE));
    add_baseline_row(page, &rows, point);
    for (size_t e = 0; e < experiment->entry_count; e++)
        if (e != page->analysis->baseline) add_comparison_row(page, &rows, point, e);
    end_table(page, &rows, headers, "errlrrv");
}

/* The same with the point in front, for one table of all. */
static void add_whole_row(struct page *page, struct rows *rows, size_t point, size_t entry) {
    const struct pl_analysis *a = page->analysis;
    const struct pl_summary *summary = pl_analysis_summary(a, point, entry);
    const struct pl_comparison *c = pl_analysis_comparison(a, point, entry);
    for (size_t k = 0; k < a->experiment->axis_count; k++)
        PL_VEC_PUSH(&rows->cells, pl_analysis_axis_value(a, point, k));
    const char *cells[] = {label_of(page, entry),
                           loss_text(page, summary->loss),
                           c ? ratio_text(page, c->ratio) : "",
                           !c          ? ""
                           : c->median ? pl_arena_printf(&page->arena, "%zu diverged", c->diverged)
                                       : ratio_interval_text(page, c->interval),
                           c ? p_text(page, c->p_holm) : "",
                           pl_arena_printf(&page->arena, "%zu", c ? c->n : summary->n),
                           c ? pl_verdict_name(c->verdict) : "baseline"};
    add_row(rows, cells, 7);
}

static void add_whole_table(struct page *page) {
    static const char *const last[] = {"variant", "loss", "ratio", "95 %", "p", "n", "verdict"};
    const struct pl_experiment *experiment = page->analysis->experiment;
    size_t axes = experiment->axis_count;
    const char **headers = PL_ARENA_ARRAY(&page->arena, const char *, axes + 7);
    char *alignment = pl_arena_alloc(&page->arena, axes + 8);
    struct rows rows = {0};
    for (size_t k = 0; k < axes; k++) {
        headers[k] = experiment->axes[k].key;
        alignment[k] = 'l';
    }
    memcpy(headers + axes, last, sizeof last);
    memcpy(alignment + axes, "errlrrv", 8);
    for (size_t point = 0; point < page->analysis->point_count; point++)
        for (size_t e = 0; e < experiment->entry_count; e++) add_whole_row(page, &rows, point, e);
    end_table(page, &rows, headers, alignment);
}

/* What the number of seeds lets one hope for. */
static void add_power(struct page *page) {
    size_t others = page->analysis->experiment->entry_count - 1;
    size_t seeds = page->analysis->experiment->seed_count;
    size_t needed = pl_stats_seeds_needed(others, PL_ALPHA);
    if (seeds >= needed) return;
    paragraph(page, pl_arena_printf(&page->arena,
                                    "%s With %zu %s no difference can reach p <= %g over %zu %s "
                                    "(a sign-flip test of n pairs has no p below 2^(1-n)): %zu "
                                    "seeds are needed for a verdict of better or worse.",
                                    seeds == 1 ? "One seed gives no interval." : "Too few seeds.",
                                    seeds, plural(seeds, "seed", "seeds"), PL_ALPHA, others,
                                    plural(others, "comparison", "comparisons"), needed));
}

static void add_comparisons(struct page *page) {
    const struct pl_analysis *a = page->analysis;
    if (a->experiment->entry_count < 2) return;
    heading(page, pl_arena_printf(&page->arena, "Against %s", baseline_of(page)));
    paragraph(page,
              pl_arena_printf(&page->arena,
                              "%s (geometric mean) and its ratio to %s, paired by seed; below "
                              "1 is better. p is corrected for the %zu %s of a point.",
                              a->metric, baseline_of(page), a->experiment->entry_count - 1,
                              plural(a->experiment->entry_count - 1, "comparison", "comparisons")));
    add_power(page);
    add_chart(page, PL_FIGURE_FOREST);
    if (page->style->full)
        add_whole_table(page);
    else
        for (size_t point = 0; point < a->point_count; point++) add_point(page, point);
}

/* ----------------------------------------------------------------------------- interaction */

static const char *slope_interval_text(struct page *page, struct pl_interval interval) {
    if (!pl_interval_exists(interval)) return "-";
    return pl_arena_printf(&page->arena, "[%.3g, %.3g]", interval.low, interval.high);
}

static void add_slope_row(struct page *page, struct rows *rows, const struct pl_interaction *c) {
    const char *cells[] = {label_of(page, c->entry),
                           number_text(page, c->slope),
                           slope_interval_text(page, c->interval),
                           p_text(page, c->p_holm),
                           pl_arena_printf(&page->arena, "%zu", c->seeds),
                           pl_arena_printf(&page->arena, "%zu", c->points)};
    add_row(rows, cells, 6);
}

/* The family that begins at [first]: the entries of one curve. Gives where the next begins. */
static size_t add_slopes(struct page *page, size_t first) {
    static const char *const headers[] = {"variant", "slope", "95 %", "p", "seeds", "points"};
    const struct pl_analysis *a = page->analysis;
    const struct pl_interaction *c = &a->interactions[first];
    const char *rest = pl_report_point(a, &page->arena, c->point, c->axis);
    struct rows rows = {0};
    size_t i = first;
    page->style->subheading(
        page->out, pl_arena_printf(&page->arena, "along %s%s%s%s", a->experiment->axes[c->axis].key,
                                   a->scales[c->axis].log ? ", per factor of ten" : "",
                                   *rest ? ", at " : "", rest));
    for (; i < a->interaction_count; i++) {
        const struct pl_interaction *next = &a->interactions[i];
        if (next->axis != c->axis || next->point != c->point) break;
        add_slope_row(page, &rows, next);
    }
    end_table(page, &rows, headers, "erlrrr");
    return i;
}

static void add_interactions(struct page *page) {
    const struct pl_analysis *a = page->analysis;
    size_t curves = 0, i = 0;
    if (a->interaction_count == 0) return;
    heading(page, "Interaction");
    paragraph(page,
              pl_arena_printf(&page->arena,
                              "Does the difference to %s change along an axis? Slope of the "
                              "paired difference of log losses, fitted seed by seed, with its "
                              "interval over seeds; below 0 the variant gains as the axis "
                              "grows. p is corrected for the variants of a curve.",
                              baseline_of(page)));
    add_chart(page, PL_FIGURE_RATIO);
    for (; i < a->interaction_count && curves < CURVES_AT_MOST; curves++) i = add_slopes(page, i);
    if (i < a->interaction_count) paragraph(page, "More curves: report --format json.");
}

/* ------------------------------------------------------------------------------ crossings */

static const char *curve_text(struct page *page, const struct pl_crossover *crossover) {
    const char *rest =
        pl_report_point(page->analysis, &page->arena, crossover->point, crossover->axis);
    return *rest ? pl_arena_printf(&page->arena, " (%s)", rest) : "";
}

/* " [0.1, 0.3]"; an end beyond the range is said in words. */
static const char *place_text(struct page *page, struct pl_interval interval) {
    if (!pl_interval_exists(interval)) return "";
    const char *low = isinf(interval.low) ? "below the range"
                                          : pl_arena_printf(&page->arena, "%.3g", interval.low);
    const char *high = isinf(interval.high) ? "above the range"
                                            : pl_arena_printf(&page->arena, "%.3g", interval.high);
    return pl_arena_printf(&page->arena, " [%s, %s]", low, high);
}

static const char *several_text(struct page *page, const struct pl_crossover *c) {
    if (c->crossings < 2) return "";
    return pl_arena_printf(&page->arena, " One of %zu crossings of this curve.", c->crossings);
}

static const char *crossing_text(struct page *page, const struct pl_crossover *c) {
    const char *axis = page->analysis->experiment->axes[c->axis].key;
    const char *label = label_of(page, c->entry), *rest = curve_text(page, c);
    if (!c->found)
        return pl_arena_printf(
            &page->arena,
            "%s and %s: no crossing in the range of %s%s; %s has the lower mean at "
            "all %zu points.",
            label, baseline_of(page), axis, rest, c->better_before ? label : baseline_of(page),
            c->points);
    return pl_arena_printf(&page->arena,
                           "%s crosses %s at %s = %.3g%s%s: %s loss below, %s above.%s", label,
                           baseline_of(page), axis, c->at, place_text(page, c->interval), rest,
                           c->better_before ? "lower" : "higher",
                           c->better_before ? "higher" : "lower", several_text(page, c));
}

static void add_crossovers(struct page *page) {
    const struct pl_analysis *a = page->analysis;
    struct list list = {0};
    if (a->crossover_count == 0) return;
    heading(page, "Crossing points");
    paragraph(page, "Where the mean paired difference changes sign, by straight lines between "
                    "neighbouring points, with 95 % intervals: around it, where a t test over "
                    "seeds does not tell "
                    "the difference from 0.");
    for (size_t i = 0; i < a->crossover_count; i++)
        add_item(page, &list, crossing_text(page, &a->crossovers[i]));
    end_list(page, &list);
}

/* --------------------------------------------------------------------------------- compute */

static const char *budget_text(struct page *page, const struct pl_compute_factor *f) {
    const struct pl_axis *axis = &page->analysis->experiment->axes[page->analysis->compute->axis];
    return f->value == PL_ALL_BUDGETS ? "all" : axis->values[f->value];
}

static const char *factor_text(struct page *page, const struct pl_compute_factor *f) {
    if (isnan(f->factor)) return "-";
    if (f->reached) return ratio_text(page, f->factor);
    if (isnan(f->least)) return "none";
    return pl_arena_printf(&page->arena, "%s %s", f->factor > 1.0 ? "over" : "under",
                           ratio_text(page, f->factor > 1.0 ? f->greatest : f->least));
}

static void add_factor_row(struct page *page, struct rows *rows,
                           const struct pl_compute_factor *f) {
    const char *cells[] = {label_of(page, f->entry), budget_text(page, f), factor_text(page, f),
                           f->reached || isnan(f->factor) ? ratio_interval_text(page, f->interval)
                                                          : "not reached",
                           pl_arena_printf(&page->arena, "%zu", f->seeds)};
    add_row(rows, cells, 5);
}

static void add_factors(struct page *page, size_t point) {
    static const char *const headers[] = {"variant", "budget", "factor", "95 %", "seeds"};
    const struct pl_compute *compute = page->analysis->compute;
    struct rows rows = {0};
    for (size_t i = 0; i < compute->factor_count; i++)
        if (compute->factors[i].point == point) add_factor_row(page, &rows, &compute->factors[i]);
    if (rows.cells.count > 0) end_table(page, &rows, headers, "errlr");
}

static void add_law_row(struct page *page, struct rows *rows, const struct pl_compute_law *law) {
    const char *offset = isnan(law->offset.c) ? "-"
                         : law->supported     ? number_text(page, law->offset.c)
                                              : "not supported";
    const char *cells[] = {label_of(page, law->entry),
                           number_text(page, law->law.b),
                           slope_interval_text(page, law->b),
                           pl_arena_printf(&page->arena, "%.1f %%", 100.0 * law->law.residual),
                           offset,
                           law->supported ? slope_interval_text(page, law->offset_c) : "-"};
    add_row(rows, cells, 6);
}

static void add_laws(struct page *page, size_t point) {
    static const char *const headers[] = {"variant", "b", "95 %", "off by", "c", "95 %"};
    const struct pl_compute *compute = page->analysis->compute;
    struct rows rows = {0};
    for (size_t i = 0; i < compute->law_count; i++)
        if (compute->laws[i].point == point) add_law_row(page, &rows, &compute->laws[i]);
    if (rows.cells.count == 0) return;
    paragraph(page,
              pl_arena_printf(&page->arena,
                              "The law loss = a compute^-b, how far the losses are off it, and "
                              "the offset of loss = a compute^-b + c (%d budgets or more) where "
                              "its interval lies above 0:",
                              PL_OFFSET_BUDGETS));
    end_table(page, &rows, headers, "erlrrl");
}

static void add_compute(struct page *page) {
    const struct pl_analysis *a = page->analysis;
    if (!a->compute || a->compute->law_count == 0) return;
    const char *key = a->experiment->axes[a->compute->axis].key;
    heading(page, "Compute for the same loss");
    paragraph(page,
              pl_arena_printf(
                  &page->arena,
                  "How many times the compute of a variant %s needs for the same %s: 1.25 "
                  "means a quarter more. Budgets are those of %s, compute is counted in FLOPs "
                  "of the products of training; between budgets by straight lines in "
                  "logarithms, and over all by one line through them.",
                  baseline_of(page), a->metric, key));
    for (size_t point = 0; point < a->point_count; point++) {
        if (pl_analysis_axis_index(a, point, a->compute->axis) != 0) continue;
        const char *rest = pl_report_point(a, &page->arena, point, a->compute->axis);
        if (*rest) page->style->subheading(page->out, rest);
        add_factors(page, point);
        add_laws(page, point);
    }
}

/* ------------------------------------------------------------------------------- selection */

static const char *over_of(const struct page *page) {
    return page->whole->experiment->axes[page->whole->selection->axis].key;
}

static const char *value_text(struct page *page, bool found, size_t value, bool edge) {
    const struct pl_axis *axis = &page->whole->experiment->axes[page->whole->selection->axis];
    if (!found) return "-";
    return pl_arena_printf(&page->arena, "%s%s", axis->values[value], edge ? " edge" : "");
}

static void add_chosen_row(struct page *page, struct rows *rows, size_t row) {
    const struct pl_selection *selection = page->whole->selection;
    const struct pl_chosen *chosen = &selection->choices[row];
    const struct pl_robustness *robust = &selection->robustness[row];
    const char *range = "-";
    if (robust->seeds > 0)
        range = pl_arena_printf(&page->arena, "%.3g .. %.3g", robust->low, robust->high);
    const char *cells[] = {label_of(page, chosen->entry),
                           value_text(page, chosen->found, chosen->value, chosen->edge), range,
                           number_text(page, robust->decades), loss_text(page, robust->loss)};
    add_row(rows, cells, 5);
}

static void add_setting(struct page *page, size_t setting) {
    static const char *const headers[] = {"variant", "chosen", "within 10 %", "decades",
                                          "loss over all"};
    const struct pl_selection *selection = page->whole->selection;
    const struct pl_chosen_common *common = &selection->commons[setting];
    const char *point = pl_report_point(selection->best, &page->arena, setting, WHOLE);
    size_t entries = page->whole->experiment->entry_count;
    struct rows rows = {0};
    page->style->subheading(
        page->out, pl_arena_printf(&page->arena, "%s%scommon best: %s", point, *point ? "; " : "",
                                   value_text(page, common->found, common->value, common->edge)));
    for (size_t e = 0; e < entries; e++) add_chosen_row(page, &rows, setting * entries + e);
    end_table(page, &rows, headers, "erlrr");
}

static void warn_edges(struct page *page) {
    const struct pl_selection *selection = page->whole->selection;
    struct list list = {0};
    for (size_t i = 0; i < selection->setting_count * page->whole->experiment->entry_count; i++) {
        const struct pl_chosen *chosen = &selection->choices[i];
        if (!chosen->found || !chosen->edge) continue;
        const char *point = pl_report_point(selection->best, &page->arena, chosen->setting, WHOLE);
        if (list.count == 0)
            paragraph(page, "Chosen at the edge of the grid, so the best may lie beyond it; extend "
                            "the grid:");
        add_item(page, &list,
                 pl_arena_printf(&page->arena, "Warning: %s%s%s chose %s = %s.",
                                 label_of(page, chosen->entry), *point ? " at " : "", point,
                                 over_of(page), value_text(page, true, chosen->value, false)));
    }
    end_list(page, &list);
}

static void add_selection(struct page *page) {
    const struct pl_selection *selection = page->whole->selection;
    const char *metric = page->whole->metric;
    bool same = strcmp(selection->by, metric) == 0;
    heading(page, pl_arena_printf(&page->arena, "Chosen %s", over_of(page)));
    paragraph(
        page,
        pl_arena_printf(
            &page->arena,
            "For each variant and setting the %s with the least mean log %s over seeds (a "
            "diverged run counts as the worst); what follows is %s of those runs.%s The common "
            "best is the one value with the lowest mean rank over variants. Beside it: the "
            "values whose %s is within %g %% of the least, how many decades they span, and the "
            "mean over all values (area under the curve of logs).",
            over_of(page), selection->by, metric,
            same ? " Both are the same loss, so the best of several looks better than it is." : "",
            metric, 100.0 * (PL_ROBUST_RATIO - 1.0)));
    if (!add_chart(page, PL_FIGURE_RATES)) add_plots(page, selection->axis);
    for (size_t setting = 0; setting < selection->setting_count; setting++)
        add_setting(page, setting);
    warn_edges(page);
}

/* The learning rates of a study that does not select. */
static void add_rates(struct page *page) {
    if (page->whole->selection || !page->figures || !page->figures->items[PL_FIGURE_RATES].exists)
        return;
    heading(page, page->figures->items[PL_FIGURE_RATES].chart.title);
    add_chart(page, PL_FIGURE_RATES);
}

static void add_common(struct page *page) {
    const struct pl_selection *selection = page->whole->selection;
    if (!selection) return;
    heading(page, pl_arena_printf(&page->arena, "At the common best %s", over_of(page)));
    page->analysis = selection->common;
    add_ranking(page);
    page->analysis = selection->best;
}

/* -------------------------------------------------------------------------- learning curves */

/* The inside of the networks, where it was measured. */
static void add_inside(struct page *page) {
    static const enum pl_figure_kind kinds[] = {PL_FIGURE_STATES, PL_FIGURE_OUTPUTS,
                                                PL_FIGURE_GRADIENTS, PL_FIGURE_MIXING};
    bool begun = false;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        if (!page->figures || !page->figures->items[kinds[k]].exists) continue;
        if (!begun) heading(page, "Inside the networks");
        begun = true;
        page->style->subheading(page->out, page->figures->items[kinds[k]].chart.title);
        add_chart(page, kinds[k]);
    }
}

static void add_learning(struct page *page) {
    if (!page->figures || !page->figures->items[PL_FIGURE_LEARNING].exists) return;
    heading(page, "Learning curves");
    add_chart(page, PL_FIGURE_LEARNING);
}

/* -------------------------------------------------------------------- what did not go well */

/* The beginning of what a dead process said. */
static const char *beginning(struct page *page, const char *text) {
    size_t length = pl_utf8_cut(text, MESSAGE_AT_MOST);
    return text[length] ? pl_arena_printf(&page->arena, "%.*s ...", (int)length, text) : text;
}

static bool is_of_kind(const struct pl_analysis *a, const struct pl_cell *cell,
                       enum pl_outcome outcome) {
    return cell && a->results[cell - a->cells->items].outcome == outcome;
}

/* "2, 5, 7": the seeds of one entry at one point whose cells ended as [outcome]. */
static const char *seeds_text(struct page *page, size_t point, size_t entry,
                              enum pl_outcome outcome) {
    const char *text = "";
    for (size_t s = 0; s < page->whole->experiment->seed_count; s++) {
        const struct pl_cell *cell = pl_analysis_cell(page->whole, point, entry, s);
        if (!is_of_kind(page->whole, cell, outcome)) continue;
        text = pl_arena_printf(&page->arena, "%s%s%llu", text, *text ? ", " : "",
                               (unsigned long long)cell->seed);
    }
    return text;
}

static const char *where_text(struct page *page, size_t point, size_t entry) {
    const char *axes = pl_report_point(page->whole, &page->arena, point, WHOLE);
    return pl_arena_printf(&page->arena, "%s%s%s", label_of(page, entry), *axes ? " at " : "",
                           axes);
}

static void add_diverged(struct page *page, struct list *list) {
    const struct pl_analysis *a = page->whole;
    for (size_t i = 0; i < a->point_count * a->experiment->entry_count; i++) {
        const struct pl_summary *s = &a->summaries[i];
        if (s->tally.diverged == 0) continue;
        add_item(page, list,
                 pl_arena_printf(&page->arena,
                                 "Diverged: %s, %zu of %zu finished (seed %s); the rate is %.0f %% "
                                 "[%.0f %%, %.0f %%].",
                                 where_text(page, s->point, s->entry), s->tally.diverged,
                                 s->tally.diverged + s->tally.done,
                                 seeds_text(page, s->point, s->entry, PL_DIVERGED),
                                 100.0 * s->divergence, 100.0 * s->divergence_interval.low,
                                 100.0 * s->divergence_interval.high));
    }
}

static void add_failed_at(struct page *page, struct list *list, size_t point, size_t entry) {
    const struct pl_analysis *a = page->whole;
    for (size_t s = 0; s < a->experiment->seed_count; s++) {
        const struct pl_cell *cell = pl_analysis_cell(a, point, entry, s);
        if (!is_of_kind(a, cell, PL_FAILED)) continue;
        const char *message = a->results[cell - a->cells->items].message;
        add_item(page, list,
                 pl_arena_printf(&page->arena, "Failed: %s, seed %llu, cell %.8s: %s",
                                 where_text(page, point, entry), (unsigned long long)cell->seed,
                                 cell->id, beginning(page, message ? message : "")));
    }
}

static void add_failed(struct page *page, struct list *list) {
    const struct pl_analysis *a = page->whole;
    for (size_t i = 0; i < a->point_count * a->experiment->entry_count; i++)
        if (a->summaries[i].tally.failed > 0)
            add_failed_at(page, list, a->summaries[i].point, a->summaries[i].entry);
}

static void add_missing(struct page *page, struct list *list) {
    const struct pl_analysis *a = page->whole;
    for (size_t i = 0; i < a->point_count * a->experiment->entry_count; i++) {
        const struct pl_summary *s = &a->summaries[i];
        if (s->tally.missing == 0) continue;
        add_item(page, list,
                 pl_arena_printf(&page->arena, "No %s: %s, %zu of %zu done.", a->metric,
                                 where_text(page, s->point, s->entry), s->tally.missing,
                                 s->tally.done));
    }
}

static void add_troubles(struct page *page) {
    const struct pl_tally *tally = &page->whole->tally;
    struct list list = {0};
    if (tally->diverged + tally->failed + tally->missing + tally->pending == 0) return;
    heading(page, "Diverged, failed, pending");
    if (tally->diverged > 0)
        paragraph(page, "A diverged run is a result: it takes the worst value in ranks and tests, "
                        "and where one is concerned the loss and the ratio are medians without an "
                        "interval.");
    add_diverged(page, &list);
    add_failed(page, &list);
    add_missing(page, &list);
    end_list(page, &list);
    if (tally->pending > 0)
        paragraph(page,
                  pl_arena_printf(&page->arena,
                                  "%zu %s pending; the next run takes up there. Until then the "
                                  "numbers above rest on what is finished.",
                                  tally->pending,
                                  plural(tally->pending, "cell is",
                                         "cells "
                                         "are")));
}

/* ------------------------------------------------------------------------------- the foot */

static void add_method(struct page *page) {
    heading(page, "How this was judged");
    paragraph(page, pl_arena_printf(
                        &page->arena,
                        "The unit is the seed, and runs are paired by seed. Losses are "
                        "compared as logarithms. Intervals are %g %% t intervals. p comes "
                        "from the sign-flip test (all sign patterns up to %d pairs, %d drawn "
                        "above), corrected by Holm within a point. better, worse: p <= %g and "
                        "the whole interval on that side of 1. equivalent: the whole interval "
                        "within 1/%g .. %g. inconclusive: anything else. The interval of a "
                        "crossing is where a t test does not tell the difference from 0; rates "
                        "of divergence have Wilson's.",
                        100.0 * PL_CONFIDENCE, PL_SIGN_FLIP_EXACT_MAX, PL_SIGN_FLIP_RESAMPLES,
                        PL_ALPHA, PL_EQUIVALENCE_RATIO, PL_EQUIVALENCE_RATIO));
}

/* The hidden width of the first cell of [entry] at [point]; "" when the plan has none there. */
static const char *hidden_text(struct page *page, size_t point, size_t entry) {
    const struct pl_cell *cell = pl_analysis_cell(page->analysis, point, entry, 0);
    struct pl_settings settings = {0};
    const char *hidden = "";
    if (cell && pl_settings_read(&settings, &page->arena, cell->text) == PL_OK)
        hidden = pl_settings_value(&settings, "model.hidden", "");
    pl_settings_finish(&settings);
    return hidden;
}

/* What match: params did, at the first point of the axes. */
static void add_match(struct page *page) {
    const struct pl_experiment *experiment = page->analysis->experiment;
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
    paragraph(page, text.text);
    pl_strbuf_finish(&text);
}

/* "recorded before the first cell ran" */
static const char *recorded_text(struct page *page, const struct pl_history *history) {
    size_t finished = pl_history_finished_at_first(history);
    if (history->count == 0) return "not recorded, since nothing has run";
    if (!pl_history_is_recorded(history))
        return pl_arena_printf(&page->arena,
                               "not the one that was run last (%.16s), so this report is of "
                               "something that was not recorded before",
                               history->records[history->count - 1].digest);
    if (finished > 0)
        return pl_arena_printf(&page->arena, "first recorded when %zu %s finished already",
                               finished, plural(finished, "cell had", "cells had"));
    return pl_history_changes(history) > 0 ? "first recorded before any cell ran, and changed since"
                                           : "recorded before the first cell ran";
}

static const char *planned_metric(const struct page *page) {
    const char *metric = page->whole->experiment->metric;
    return metric ? metric : PL_METRIC_DEFAULT;
}

static void add_plan(struct page *page) {
    const struct pl_history *history = page->input->history;
    struct list list = {0};
    if (!history || !history->digest[0]) return;
    heading(page, "The plan");
    paragraph(page, pl_arena_printf(&page->arena,
                                    "Plan %.16s (cells, metric, baseline, selection, claims): %s.",
                                    history->digest, recorded_text(page, history)));
    if (strcmp(planned_metric(page), page->whole->metric) != 0)
        paragraph(page, pl_arena_printf(&page->arena,
                                        "This report compares by %s; the plan is to compare by "
                                        "%s.",
                                        page->whole->metric, planned_metric(page)));
    for (size_t k = 1; k < history->count; k++) {
        if (!pl_history_is_change(history, k)) continue;
        struct pl_strbuf text;
        size_t finished = history->records[k].finished;
        pl_strbuf_init(&text);
        pl_strbuf_addf(&text, "Changed after %zu %s finished: ", finished,
                       plural(finished, "cell had", "cells had"));
        pl_history_change_text(history, k, &text);
        pl_strbuf_add(&text, ".");
        add_item(page, &list, text.text);
        pl_strbuf_finish(&text);
    }
    end_list(page, &list);
}

static void add_files(struct page *page) {
    const char *store = page->input->store;
    paragraph(page,
              pl_arena_printf(&page->arena,
                              "%s%s%sEvery cell: report --format csv. Every "
                              "number and learning curve: report --format json.",
                              store ? "Results: " : "", store ? store : "", store ? ". " : ""));
}

static void add_evidence(struct page *page) {
    const struct pl_selection *selection = page->whole->selection;
    if (selection) page->analysis = selection->best;
    add_main(page);
    heading(page, "Ranking");
    add_ranking(page);
    add_comparisons(page);
    add_interactions(page);
    add_crossovers(page);
    add_compute(page);
    page->analysis = page->whole;
    if (selection) add_selection(page);
    if (selection) page->analysis = selection->best;
    add_common(page);
    page->analysis = page->whole;
    add_rates(page);
    add_learning(page);
    add_inside(page);
}

/* "one, 2.5, {...}": the values of one member of the provenance. */
static const char *values_text(struct page *page, const struct pl_json *values) {
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
static void add_provenance(struct page *page) {
    static const char *const headers[] = {"", "of the cells"};
    struct pl_json *members = pl_report_provenance(page->whole);
    struct rows rows = {0};
    for (void *it = pl_json_first(members); it; it = pl_json_next(members, it)) {
        if (strcmp(pl_json_key(it), "finished") == 0) continue;
        const char *cells[] = {pl_arena_strdup(&page->arena, pl_json_key(it)),
                               values_text(page, pl_json_value(it))};
        add_row(&rows, cells, 2);
    }
    if (rows.cells.count) {
        heading(page, "Where the numbers come from");
        end_table(page, &rows, headers, "lw");
    }
    pl_json_destroy(members);
}

static void add_source(struct page *page) {
    const struct pl_experiment *experiment = page->whole->experiment;
    if (!page->style->source || !experiment->source || !*experiment->source) return;
    heading(page, "The study");
    page->style->source(page->out, experiment->source);
    if (experiment->commanded && *experiment->commanded)
        paragraph(page,
                  pl_arena_printf(&page->arena, "On the command line: %s", experiment->commanded));
}

void pl_report_page(const struct pl_report_input *input, const struct pl_page_style *style,
                    const struct pl_figures *figures, struct pl_strbuf *out) {
    struct page page = {.input = input,
                        .whole = input->analysis,
                        .analysis = input->analysis,
                        .style = style,
                        .figures = figures,
                        .out = out};
    add_top(&page);
    if (anything_finished(input->analysis)) add_evidence(&page);
    add_troubles(&page);
    add_match(&page);
    add_plan(&page);
    add_method(&page);
    if (style->full) add_source(&page);
    if (style->full) add_provenance(&page);
    add_files(&page);
    if (style->downloads) style->downloads(out, input);
    pl_arena_finish(&page.arena);
}
