/* Json and jsonl: the stable interface (docs/report-json.md). */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/json.h"
#include "core/base/math.h"
#include "core/stats/bootstrap.h"
#include "core/stats/compare.h"
#include "experiments/report/report_impl.h"

/* A numeric axis gives numbers, whole where they are written so; any other gives texts. */
static struct pl_json *axis_json(const struct pl_axis_scale *scale, const char *text) {
    if (!scale->numeric) return pl_json_text(text);
    char *end;
    errno = 0;
    long long whole = strtoll(text, &end, 10);
    if (*end == '\0' && end != text && errno == 0) return pl_json_int(whole);
    return pl_json_real(strtod(text, NULL));
}

static struct pl_json *axes_json(const struct pl_analysis *a, size_t point, size_t skip) {
    struct pl_json *axes = pl_json_object();
    for (size_t k = 0; k < a->experiment->axis_count; k++)
        if (k != skip)
            pl_json_set(axes, a->experiment->axes[k].key,
                        axis_json(&a->scales[k], pl_analysis_axis_value(a, point, k)));
    return axes;
}

static struct pl_json *interval_json(struct pl_interval interval) {
    if (!pl_interval_exists(interval)) return pl_json_text(NULL);
    struct pl_json *ends = pl_json_array();
    pl_json_append(ends, pl_json_real(interval.low));
    pl_json_append(ends, pl_json_real(interval.high));
    return ends;
}

static void set_tally(struct pl_json *object, const struct pl_tally *tally) {
    pl_json_set(object, "done", pl_json_int((int64_t)tally->done));
    pl_json_set(object, "diverged", pl_json_int((int64_t)tally->diverged));
    pl_json_set(object, "failed", pl_json_int((int64_t)tally->failed));
    pl_json_set(object, "pending", pl_json_int((int64_t)tally->pending));
    pl_json_set(object, "missing", pl_json_int((int64_t)tally->missing));
}

static const char *label_of(const struct pl_analysis *a, size_t entry) {
    return a->experiment->entries[entry].label;
}

static const char *variant_of(const struct pl_analysis *a, size_t entry) {
    return a->experiment->entries[entry].variant;
}

/* -------------------------------------------------------------------------------- one cell */

struct metric_names {
    const char *const *items;
    size_t count;
};

struct record {
    size_t name;
    long step;
    double value;
};

static size_t name_index(const struct metric_names *names, const char *name) {
    size_t i = 0;
    while (strcmp(names->items[i], name) != 0) i++;
    return i;
}

static int compare_records(const void *x, const void *y) {
    const struct record *a = x, *b = y;
    if (a->name != b->name) return a->name < b->name ? -1 : 1;
    return (a->step > b->step) - (a->step < b->step);
}

static struct pl_json *curve_json(const struct record *records, size_t count) {
    struct pl_json *curve = pl_json_object(), *steps = pl_json_array(), *values = pl_json_array();
    for (size_t i = 0; i < count; i++) {
        pl_json_append(steps, pl_json_int(records[i].step));
        pl_json_append(values, pl_json_real(records[i].value));
    }
    pl_json_set(curve, "steps", steps);
    pl_json_set(curve, "values", values);
    return curve;
}

/* The final value of each metric, and the curve of those that were taken more than once. */
static void set_metrics(struct pl_json *cell, const struct pl_result *result,
                        const struct metric_names *names) {
    struct pl_json *metrics = pl_json_object(), *curves = pl_json_object();
    size_t count = result->metric_count;
    struct record *records = pl_alloc(count * sizeof *records);
    for (size_t i = 0; i < count; i++)
        records[i] = (struct record){name_index(names, result->metrics[i].name),
                                     result->metrics[i].step, result->metrics[i].value};
    qsort(records, count, sizeof *records, compare_records);
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && records[end].name == records[first].name;) end++;
        const char *name = names->items[records[first].name];
        pl_json_set(metrics, name, pl_json_real(records[end - 1].value));
        if (end - first > 1) pl_json_set(curves, name, curve_json(records + first, end - first));
    }
    pl_free(records);
    pl_json_set(cell, "metrics", metrics);
    pl_json_set(cell, "curve", curves);
}

static struct pl_json *timing_json(const struct pl_result *result) {
    struct pl_json *timing = pl_json_object();
    bool ran = result->outcome != PL_PENDING && result->outcome != PL_RUNNING;
    pl_json_set(timing, "step_ms", ran ? pl_json_real(result->step_ms) : pl_json_text(NULL));
    pl_json_set(timing, "seconds", ran ? pl_json_real(result->seconds) : pl_json_text(NULL));
    return timing;
}

static struct pl_json *cell_json(const struct pl_analysis *a, size_t index,
                                 const struct metric_names *names) {
    const struct pl_cell *cell = &a->cells->items[index];
    const struct pl_result *result = &a->results[index];
    struct pl_json *object = pl_json_object(), *axes = pl_json_object();
    for (size_t k = 0; k < a->experiment->axis_count; k++)
        pl_json_set(axes, a->experiment->axes[k].key,
                    axis_json(&a->scales[k], cell->axis_values[k]));
    pl_json_set(object, "id", pl_json_text(cell->id));
    pl_json_set(object, "variant", pl_json_text(cell->variant));
    pl_json_set(object, "label", pl_json_text(cell->label));
    pl_json_set(object, "axes", axes);
    pl_json_set(object, "seed", pl_json_int((int64_t)cell->seed));
    pl_json_set(object, "status", pl_json_text(pl_outcome_name(result->outcome)));
    if (result->outcome == PL_FAILED)
        pl_json_set(object, "message", pl_json_text(result->message ? result->message : ""));
    set_metrics(object, result, names);
    struct pl_json *diagnostics = pl_report_diagnostics_json(result);
    if (diagnostics) pl_json_set(object, "diagnostics", diagnostics);
    pl_json_set(object, "timing", timing_json(result));
    return object;
}

static struct pl_json *cells_json(const struct pl_analysis *a, const struct metric_names *names) {
    struct pl_json *cells = pl_json_array();
    for (size_t i = 0; i < a->cells->count; i++) pl_json_append(cells, cell_json(a, i, names));
    return cells;
}

/* -------------------------------------------------------------------------------- evidence */

static struct pl_json *summaries_json(const struct pl_analysis *a) {
    struct pl_json *rows = pl_json_array();
    for (size_t i = 0; i < a->point_count * a->experiment->entry_count; i++) {
        const struct pl_summary *summary = &a->summaries[i];
        struct pl_json *row = pl_json_object();
        pl_json_set(row, "variant", pl_json_text(variant_of(a, summary->entry)));
        pl_json_set(row, "label", pl_json_text(label_of(a, summary->entry)));
        pl_json_set(row, "axes", axes_json(a, summary->point, (size_t)-1));
        pl_json_set(row, "n", pl_json_int((int64_t)summary->n));
        set_tally(row, &summary->tally);
        pl_json_set(row, "mean_log_loss", pl_json_real(summary->mean_log));
        pl_json_set(row, "log_interval", interval_json(summary->log_interval));
        pl_json_set(row, "loss", pl_json_real(summary->loss));
        pl_json_set(row, "interval", interval_json(summary->interval));
        pl_json_set(row, "median", pl_json_bool(summary->median));
        pl_json_set(row, "divergence", pl_json_real(summary->divergence));
        pl_json_set(row, "divergence_interval", interval_json(summary->divergence_interval));
        pl_json_append(rows, row);
    }
    return rows;
}

static struct pl_json *comparisons_json(const struct pl_analysis *a) {
    struct pl_json *rows = pl_json_array();
    for (size_t i = 0; i < a->comparison_count; i++) {
        const struct pl_comparison *comparison = &a->comparisons[i];
        struct pl_json *row = pl_json_object();
        pl_json_set(row, "variant", pl_json_text(variant_of(a, comparison->entry)));
        pl_json_set(row, "label", pl_json_text(label_of(a, comparison->entry)));
        pl_json_set(row, "baseline", pl_json_text(label_of(a, a->baseline)));
        pl_json_set(row, "axes", axes_json(a, comparison->point, (size_t)-1));
        pl_json_set(row, "n", pl_json_int((int64_t)comparison->n));
        pl_json_set(row, "diverged", pl_json_int((int64_t)comparison->diverged));
        pl_json_set(row, "ratio", pl_json_real(comparison->ratio));
        pl_json_set(row, "interval", interval_json(comparison->interval));
        pl_json_set(row, "median", pl_json_bool(comparison->median));
        pl_json_set(row, "p", pl_json_real(comparison->p));
        pl_json_set(row, "p_holm", pl_json_real(comparison->p_holm));
        pl_json_set(row, "verdict", pl_json_text(pl_verdict_name(comparison->verdict)));
        pl_json_set(row, "bootstrap_interval", interval_json(comparison->bootstrap));
        pl_json_set(row, "hodges_lehmann", pl_json_real(comparison->hodges_lehmann));
        pl_json_set(row, "p_signed_rank", pl_json_real(comparison->p_signed_rank));
        pl_json_set(row, "p_equivalence", pl_json_real(comparison->p_equivalence));
        pl_json_set(row, "improvement", pl_json_real(comparison->improvement));
        pl_json_append(rows, row);
    }
    return rows;
}

static struct pl_json *ranking_json(const struct pl_analysis *a) {
    struct pl_json *rows = pl_json_array();
    for (size_t i = 0; i < a->experiment->entry_count; i++) {
        const struct pl_rank *rank = &a->ranking[i];
        struct pl_json *row = pl_json_object();
        pl_json_set(row, "variant", pl_json_text(variant_of(a, rank->entry)));
        pl_json_set(row, "label", pl_json_text(label_of(a, rank->entry)));
        pl_json_set(row, "mean_rank", pl_json_real(rank->mean_rank));
        pl_json_set(row, "interval", interval_json(rank->interval));
        pl_json_set(row, "ratio", pl_json_real(rank->ratio));
        pl_json_set(row, "ratio_interval", interval_json(rank->ratio_interval));
        pl_json_set(row, "median", pl_json_bool(rank->median));
        pl_json_set(row, "diverged", pl_json_int((int64_t)rank->diverged));
        pl_json_set(row, "seeds", pl_json_int((int64_t)rank->seeds));
        pl_json_set(row, "blocks", pl_json_int((int64_t)rank->blocks));
        pl_json_set(row, "bootstrap_interval", interval_json(rank->bootstrap));
        pl_json_set(row, "iqm", pl_json_real(rank->iqm));
        pl_json_set(row, "iqm_interval", interval_json(rank->iqm_interval));
        pl_json_set(row, "iqm_bootstrap_interval", interval_json(rank->iqm_bootstrap));
        pl_json_set(row, "improvement", pl_json_real(rank->improvement));
        pl_json_append(rows, row);
    }
    return rows;
}

static struct pl_json *rank_test_json(const struct pl_analysis *a) {
    const struct pl_rank_test *test = &a->rank_test;
    struct pl_json *row = pl_json_object();
    pl_json_set(row, "seeds", pl_json_int((int64_t)test->seeds));
    pl_json_set(row, "entries", pl_json_int((int64_t)test->entries));
    pl_json_set(row, "friedman", pl_json_real(test->statistic));
    pl_json_set(row, "p", pl_json_real(test->p));
    pl_json_set(row, "nemenyi_distance", pl_json_real(test->distance));
    return row;
}

static struct pl_json *pair_json(const struct pl_analysis *a, size_t entry) {
    struct pl_json *pair = pl_json_array();
    pl_json_append(pair, pl_json_text(label_of(a, a->baseline)));
    pl_json_append(pair, pl_json_text(label_of(a, entry)));
    return pair;
}

static struct pl_json *points_json(const struct pl_interaction *curve) {
    struct pl_json *points = pl_json_array();
    for (size_t i = 0; i < curve->points; i++) {
        struct pl_json *point = pl_json_object();
        pl_json_set(point, "at", pl_json_real(curve->x[i]));
        pl_json_set(point, "difference", pl_json_real(curve->y[i]));
        pl_json_set(point, "interval", interval_json(curve->intervals[i]));
        pl_json_append(points, point);
    }
    return points;
}

static struct pl_json *interactions_json(const struct pl_analysis *a) {
    struct pl_json *rows = pl_json_array();
    for (size_t i = 0; i < a->interaction_count; i++) {
        const struct pl_interaction *curve = &a->interactions[i];
        struct pl_json *row = pl_json_object();
        pl_json_set(row, "pair", pair_json(a, curve->entry));
        pl_json_set(row, "axis", pl_json_text(a->experiment->axes[curve->axis].key));
        pl_json_set(row, "axes", axes_json(a, curve->point, curve->axis));
        pl_json_set(row, "scale", pl_json_text(a->scales[curve->axis].log ? "log10" : "linear"));
        pl_json_set(row, "curve", points_json(curve));
        pl_json_set(row, "seeds", pl_json_int((int64_t)curve->seeds));
        pl_json_set(row, "slope", pl_json_real(curve->slope));
        pl_json_set(row, "interval", interval_json(curve->interval));
        pl_json_set(row, "bootstrap_interval", interval_json(curve->bootstrap));
        pl_json_set(row, "p", pl_json_real(curve->p));
        pl_json_set(row, "p_holm", pl_json_real(curve->p_holm));
        pl_json_set(row, "crossings", pl_json_int((int64_t)curve->crossings));
        pl_json_append(rows, row);
    }
    return rows;
}

static struct pl_json *crossovers_json(const struct pl_analysis *a) {
    struct pl_json *rows = pl_json_array();
    for (size_t i = 0; i < a->crossover_count; i++) {
        const struct pl_crossover *crossover = &a->crossovers[i];
        const char *baseline = label_of(a, a->baseline), *label = label_of(a, crossover->entry);
        struct pl_json *row = pl_json_object();
        pl_json_set(row, "pair", pair_json(a, crossover->entry));
        pl_json_set(row, "axis", pl_json_text(a->experiment->axes[crossover->axis].key));
        pl_json_set(row, "axes", axes_json(a, crossover->point, crossover->axis));
        pl_json_set(row, "at", pl_json_real(crossover->at));
        pl_json_set(row, "interval", interval_json(crossover->interval));
        pl_json_set(row, "bootstrap_interval", interval_json(crossover->bootstrap));
        pl_json_set(row, "lower_before", pl_json_text(crossover->better_before ? label : baseline));
        pl_json_set(row, "points", pl_json_int((int64_t)crossover->points));
        pl_json_set(row, "crossings", pl_json_int((int64_t)crossover->crossings));
        pl_json_set(row, "support", pl_json_real(crossover->support));
        pl_json_append(rows, row);
    }
    return rows;
}

static struct pl_json *law_json(const struct pl_law *law) {
    struct pl_json *object = pl_json_object();
    pl_json_set(object, "log_a", pl_json_real(law->log_a));
    pl_json_set(object, "b", pl_json_real(law->b));
    pl_json_set(object, "c", pl_json_real(law->c));
    pl_json_set(object, "residual", pl_json_real(law->residual));
    return object;
}

static struct pl_json *budgets_json(const struct pl_analysis *a, const struct pl_compute_law *law) {
    struct pl_json *rows = pl_json_array();
    size_t axis = a->compute->axis;
    for (size_t i = 0; i < law->budgets; i++) {
        struct pl_json *row = pl_json_object();
        pl_json_set(row, "budget",
                    axis_json(&a->scales[axis], a->experiment->axes[axis].values[law->values[i]]));
        pl_json_set(row, "flops", pl_json_real(pl_exp(law->log_compute[i])));
        pl_json_set(row, "loss", pl_json_real(pl_exp(law->log_loss[i])));
        pl_json_append(rows, row);
    }
    return rows;
}

static struct pl_json *laws_json(const struct pl_analysis *a) {
    struct pl_json *rows = pl_json_array();
    for (size_t i = 0; i < a->compute->law_count; i++) {
        const struct pl_compute_law *law = &a->compute->laws[i];
        struct pl_json *row = pl_json_object(), *line = law_json(&law->law);
        struct pl_json *offset = law_json(&law->offset);
        pl_json_set(row, "variant", pl_json_text(variant_of(a, law->entry)));
        pl_json_set(row, "label", pl_json_text(label_of(a, law->entry)));
        pl_json_set(row, "axes", axes_json(a, law->point, a->compute->axis));
        pl_json_set(row, "seeds", pl_json_int((int64_t)law->seeds));
        pl_json_set(row, "points", budgets_json(a, law));
        pl_json_set(line, "log_a_interval", interval_json(law->log_a));
        pl_json_set(line, "b_interval", interval_json(law->b));
        pl_json_set(row, "power", line);
        pl_json_set(offset, "b_interval", interval_json(law->offset_b));
        pl_json_set(offset, "c_interval", interval_json(law->offset_c));
        pl_json_set(offset, "supported", pl_json_bool(law->supported));
        pl_json_set(row, "offset", offset);
        pl_json_append(rows, row);
    }
    return rows;
}

static struct pl_json *factors_json(const struct pl_analysis *a) {
    struct pl_json *rows = pl_json_array();
    const struct pl_compute *compute = a->compute;
    const struct pl_axis *axis = &a->experiment->axes[compute->axis];
    for (size_t i = 0; i < compute->factor_count; i++) {
        const struct pl_compute_factor *f = &compute->factors[i];
        bool all = f->value == PL_ALL_BUDGETS;
        struct pl_json *row = pl_json_object();
        pl_json_set(row, "variant", pl_json_text(variant_of(a, f->entry)));
        pl_json_set(row, "label", pl_json_text(label_of(a, f->entry)));
        pl_json_set(row, "baseline", pl_json_text(label_of(a, a->baseline)));
        pl_json_set(row, "axes", axes_json(a, f->point, compute->axis));
        pl_json_set(row, "budget",
                    all ? pl_json_text(NULL)
                        : axis_json(&a->scales[compute->axis], axis->values[f->value]));
        pl_json_set(row, "seeds", pl_json_int((int64_t)f->seeds));
        pl_json_set(row, "reached", pl_json_bool(f->reached));
        pl_json_set(row, "factor", pl_json_real(f->reached ? f->factor : NAN));
        pl_json_set(row, "interval", interval_json(f->interval));
        pl_json_set(row, "bootstrap_interval", interval_json(f->bootstrap));
        pl_json_set(row, "support", pl_json_real(f->support));
        pl_json_set(row, "over", pl_json_bool(!f->reached && f->factor > 1.0));
        pl_json_set(row, "seen", interval_json((struct pl_interval){f->least, f->greatest}));
        pl_json_append(rows, row);
    }
    return rows;
}

static struct pl_json *compute_json(const struct pl_analysis *a) {
    if (!a->compute) return pl_json_text(NULL);
    struct pl_json *object = pl_json_object();
    pl_json_set(object, "budget", pl_json_text(a->experiment->axes[a->compute->axis].key));
    pl_json_set(object, "unit", pl_json_text("FLOPs of products"));
    pl_json_set(object, "factors", factors_json(a));
    pl_json_set(object, "laws", laws_json(a));
    return object;
}

/* All that is concluded from one table; a whole study has it, and so has each kind of selection. */
static void set_evidence(struct pl_json *object, const struct pl_analysis *a) {
    pl_json_set(object, "ranking", ranking_json(a));
    pl_json_set(object, "rank_test", rank_test_json(a));
    pl_json_set(object, "comparisons", comparisons_json(a));
    pl_json_set(object, "interactions", interactions_json(a));
    pl_json_set(object, "crossovers", crossovers_json(a));
    pl_json_set(object, "compute", compute_json(a));
    pl_json_set(object, "summary", summaries_json(a));
}

/* ------------------------------------------------------------------------------- selection */

static struct pl_json *value_json(const struct pl_analysis *a, bool found, size_t value) {
    size_t axis = a->selection->axis;
    return found ? axis_json(&a->scales[axis], a->experiment->axes[axis].values[value])
                 : pl_json_text(NULL);
}

static struct pl_json *row_json(const struct pl_analysis *best, size_t entry, size_t setting) {
    struct pl_json *row = pl_json_object();
    pl_json_set(row, "variant", pl_json_text(variant_of(best, entry)));
    pl_json_set(row, "label", pl_json_text(label_of(best, entry)));
    pl_json_set(row, "axes", axes_json(best, setting, (size_t)-1));
    return row;
}

static struct pl_json *chosen_json(const struct pl_analysis *a) {
    const struct pl_selection *selection = a->selection;
    struct pl_json *rows = pl_json_array();
    for (size_t i = 0; i < selection->setting_count * a->experiment->entry_count; i++) {
        const struct pl_chosen *chosen = &selection->choices[i];
        struct pl_json *row = row_json(selection->best, chosen->entry, chosen->setting);
        pl_json_set(row, "value", value_json(a, chosen->found, chosen->value));
        pl_json_set(row, "score", pl_json_real(chosen->score));
        pl_json_set(row, "seeds", pl_json_int((int64_t)chosen->seeds));
        pl_json_set(row, "diverged", pl_json_int((int64_t)chosen->diverged));
        pl_json_set(row, "edge", pl_json_bool(chosen->edge));
        pl_json_append(rows, row);
    }
    return rows;
}

static struct pl_json *commons_json(const struct pl_analysis *a) {
    const struct pl_selection *selection = a->selection;
    struct pl_json *rows = pl_json_array();
    for (size_t i = 0; i < selection->setting_count; i++) {
        const struct pl_chosen_common *chosen = &selection->commons[i];
        struct pl_json *row = pl_json_object();
        pl_json_set(row, "axes", axes_json(selection->best, i, (size_t)-1));
        pl_json_set(row, "value", value_json(a, chosen->found, chosen->value));
        pl_json_set(row, "mean_rank", pl_json_real(chosen->mean_rank));
        pl_json_set(row, "edge", pl_json_bool(chosen->edge));
        pl_json_append(rows, row);
    }
    return rows;
}

static struct pl_json *rates_json(const struct pl_analysis *a, const struct pl_robustness *robust) {
    const struct pl_axis_scale *scale = &a->scales[a->selection->axis];
    struct pl_json *curve = pl_json_array();
    for (size_t i = 0; i < a->experiment->axes[a->selection->axis].count; i++) {
        struct pl_json *point = pl_json_object();
        pl_json_set(point, "value", value_json(a, true, scale->ascending[i]));
        pl_json_set(point, "mean_log_loss", pl_json_real(robust->logs[i]));
        pl_json_append(curve, point);
    }
    return curve;
}

static struct pl_json *robustness_json(const struct pl_analysis *a) {
    const struct pl_selection *selection = a->selection;
    struct pl_json *rows = pl_json_array();
    for (size_t i = 0; i < selection->setting_count * a->experiment->entry_count; i++) {
        const struct pl_robustness *robust = &selection->robustness[i];
        struct pl_json *row = row_json(selection->best, robust->entry, robust->setting);
        pl_json_set(row, "seeds", pl_json_int((int64_t)robust->seeds));
        pl_json_set(row, "curve", rates_json(a, robust));
        pl_json_set(row, "area", pl_json_real(robust->area));
        pl_json_set(row, "loss", pl_json_real(robust->loss));
        pl_json_set(row, "within", interval_json((struct pl_interval){robust->low, robust->high}));
        pl_json_set(row, "decades", pl_json_real(robust->decades));
        pl_json_append(rows, row);
    }
    return rows;
}

static struct pl_json *selection_json(const struct pl_analysis *a) {
    const struct pl_selection *selection = a->selection;
    if (!selection) return pl_json_text(NULL);
    struct pl_json *object = pl_json_object(), *common = pl_json_object(), *grid = pl_json_object();
    pl_json_set(object, "over", pl_json_text(a->experiment->axes[selection->axis].key));
    pl_json_set(object, "by", pl_json_text(selection->by));
    pl_json_set(object, "chosen", chosen_json(a));
    pl_json_set(common, "chosen", commons_json(a));
    set_evidence(common, selection->common);
    pl_json_set(object, "common", common);
    set_evidence(grid, a);
    pl_json_set(object, "grid", grid);
    pl_json_set(object, "within_ratio", pl_json_real(PL_ROBUST_RATIO));
    pl_json_set(object, "robustness", robustness_json(a));
    return object;
}

/* ------------------------------------------------------------------------------- the plan */

static struct pl_json *change_json(const struct pl_history *history, size_t index) {
    struct pl_json *change = pl_json_object();
    const struct pl_store_record *record = &history->records[index];
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_history_change_text(history, index, &text);
    pl_json_set(change, "digest", pl_json_text(record->digest));
    pl_json_set(change, "finished", pl_json_int((int64_t)record->finished));
    pl_json_set(change, "added", pl_json_int((int64_t)record->added));
    pl_json_set(change, "removed", pl_json_int((int64_t)record->removed));
    pl_json_set(change, "what", pl_json_text(text.text));
    pl_strbuf_finish(&text);
    return change;
}

/* Without a history there is nothing to say: null. */
static struct pl_json *registered_json(const struct pl_history *history) {
    if (!history || !history->digest[0]) return pl_json_text(NULL);
    struct pl_json *object = pl_json_object(), *changes = pl_json_array();
    bool recorded = pl_history_is_recorded(history);
    for (size_t k = 0; k < history->count; k++)
        if (pl_history_is_change(history, k)) pl_json_append(changes, change_json(history, k));
    pl_json_set(object, "digest", pl_json_text(history->digest));
    pl_json_set(object, "recorded", pl_json_bool(recorded));
    pl_json_set(object, "before_results",
                pl_json_bool(recorded && pl_history_finished_at_first(history) == 0 &&
                             pl_history_changes(history) == 0));
    pl_json_set(object, "changes", changes);
    return object;
}

static struct pl_json *records_json(const struct pl_history *history) {
    struct pl_json *records = pl_json_array();
    for (size_t k = 0; history && k < history->count; k++) {
        struct pl_json *record = pl_json_object();
        pl_json_set(record, "digest", pl_json_text(history->records[k].digest));
        pl_json_set(record, "recorded", pl_json_text(history->records[k].recorded));
        pl_json_append(records, record);
    }
    return records;
}

/* ------------------------------------------------------------------------------ provenance */

static struct pl_json *provenance_json(const struct pl_report_input *input) {
    struct pl_json *object = pl_json_object();
    pl_json_set(object, "report_version", pl_json_text(input->version));
    pl_json_set(object, "store", pl_json_text(input->store));
    pl_json_set(object, "plans", records_json(input->history));
    pl_json_set(object, "cells", pl_report_provenance(input->analysis));
    return object;
}

/* ------------------------------------------------------------------------------- the whole */

static struct pl_json *method_json(void) {
    struct pl_json *method = pl_json_object();
    struct pl_interval region = {1.0 / PL_EQUIVALENCE_RATIO, PL_EQUIVALENCE_RATIO};
    pl_json_set(method, "unit", pl_json_text("seed"));
    pl_json_set(method, "interval", pl_json_text("t"));
    pl_json_set(method, "confidence", pl_json_real(PL_CONFIDENCE));
    pl_json_set(method, "crossing_interval", pl_json_text("t inversion"));
    pl_json_set(method, "bootstrap_interval", pl_json_text("BCa"));
    pl_json_set(method, "bootstrap_resamples", pl_json_int(PL_BOOTSTRAP_RESAMPLES));
    pl_json_set(method, "test", pl_json_text("sign-flip"));
    pl_json_set(method, "exact_up_to", pl_json_int(PL_SIGN_FLIP_EXACT_MAX));
    pl_json_set(method, "resamples_above", pl_json_int(PL_SIGN_FLIP_RESAMPLES));
    pl_json_set(method, "correction", pl_json_text("holm"));
    pl_json_set(method, "family", pl_json_text("axes point"));
    pl_json_set(method, "alpha", pl_json_real(PL_ALPHA));
    pl_json_set(method, "equivalence", interval_json(region));
    pl_json_set(method, "loss_floor", pl_json_real(PL_LOSS_FLOOR));
    return method;
}

static struct pl_json *plan_json(const struct pl_analysis *a) {
    const struct pl_experiment *experiment = a->experiment;
    struct pl_json *axes = pl_json_array();
    for (size_t k = 0; k < experiment->axis_count; k++) {
        struct pl_json *axis = pl_json_object(), *values = pl_json_array();
        for (size_t i = 0; i < experiment->axes[k].count; i++)
            pl_json_append(values, axis_json(&a->scales[k], experiment->axes[k].values[i]));
        pl_json_set(axis, "key", pl_json_text(experiment->axes[k].key));
        pl_json_set(axis, "numeric", pl_json_bool(a->scales[k].numeric));
        pl_json_set(axis, "values", values);
        pl_json_append(axes, axis);
    }
    return axes;
}

static struct pl_json *entries_json(const struct pl_analysis *a) {
    struct pl_json *entries = pl_json_array();
    for (size_t e = 0; e < a->experiment->entry_count; e++) {
        struct pl_json *entry = pl_json_object();
        pl_json_set(entry, "variant", pl_json_text(variant_of(a, e)));
        pl_json_set(entry, "label", pl_json_text(label_of(a, e)));
        pl_json_append(entries, entry);
    }
    return entries;
}

static void set_header(struct pl_json *report, const struct pl_analysis *a, size_t older) {
    struct pl_json *seeds = pl_json_array(), *counts = pl_json_object();
    char digest[PL_HASH_TEXT];
    pl_cells_digest(a->cells, digest);
    for (size_t s = 0; s < a->experiment->seed_count; s++)
        pl_json_append(seeds, pl_json_int((int64_t)a->experiment->seeds[s]));
    pl_json_set(report, "schema", pl_json_int(PL_REPORT_SCHEMA));
    pl_json_set(report, "study", pl_json_text(a->experiment->name));
    pl_json_set(report, "question", pl_json_text(a->experiment->question));
    pl_json_set(report, "digest", pl_json_text(digest));
    pl_json_set(report, "metric", pl_json_text(a->metric));
    pl_json_set(report, "baseline", pl_json_text(a->experiment->baseline));
    pl_json_set(report, "method", method_json());
    pl_json_set(report, "variants", entries_json(a));
    pl_json_set(report, "axes", plan_json(a));
    pl_json_set(report, "seeds", seeds);
    pl_json_set(counts, "cells", pl_json_int((int64_t)a->cells->count));
    set_tally(counts, &a->tally);
    pl_json_set(counts, "older", pl_json_int((int64_t)older));
    pl_json_set(report, "counts", counts);
}

void pl_report_json(const struct pl_report_input *input, struct pl_strbuf *out) {
    const struct pl_analysis *a = input->analysis;
    struct pl_arena arena = {0};
    struct metric_names names;
    struct pl_json *report = pl_json_object();
    names.count = pl_report_metrics(a, &arena, &names.items);
    set_header(report, a, input->older);
    set_evidence(report, a->selection ? a->selection->best : a); /* what text and md tell */
    pl_json_set(report, "selection", selection_json(a));
    pl_json_set(report, "cells", cells_json(a, &names));
    pl_json_set(report, "missing", pl_json_text(input->missing));
    pl_json_set(report, "plan", registered_json(input->history));
    pl_json_set(report, "provenance", provenance_json(input));
    char *text = pl_json_write(report, true);
    pl_strbuf_add(out, text);
    pl_strbuf_add(out, "\n");
    pl_free(text);
    pl_json_destroy(report);
    pl_arena_finish(&arena);
}

void pl_report_jsonl(const struct pl_report_input *input, struct pl_strbuf *out) {
    struct pl_arena arena = {0};
    struct metric_names names;
    names.count = pl_report_metrics(input->analysis, &arena, &names.items);
    for (size_t i = 0; i < input->analysis->cells->count; i++) {
        struct pl_json *cell = cell_json(input->analysis, i, &names);
        char *text = pl_json_write(cell, false);
        pl_strbuf_add(out, text);
        pl_strbuf_add(out, "\n");
        pl_free(text);
        pl_json_destroy(cell);
    }
    pl_arena_finish(&arena);
}
