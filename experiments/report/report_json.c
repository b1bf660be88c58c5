/* Json and jsonl: the stable interface (docs/report-json.md). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/json.h"
#include "core/stats/bootstrap.h"
#include "core/stats/compare.h"
#include "experiments/evidence/solved.h"
#include "experiments/report/multiverse.h"
#include "experiments/report/report_impl.h"
#include "experiments/report/rows_evidence.h"

#define ARRAY(rows, a, items, count) pl_rows_array(rows, a, items, count, sizeof *(items))

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

static const struct pl_row timing_rows[] = {
    PL_ROW(struct pl_result, step_ms, PL_ROW_REAL, PL_UNIT_NONE, "median time of a training step"),
    PL_ROW(struct pl_result, seconds, PL_ROW_REAL, PL_UNIT_NONE, "of the whole cell"),
    {0},
};

static struct pl_json *cell_json(const struct pl_analysis *a, size_t index,
                                 const struct metric_names *names) {
    const struct pl_result *result = &a->results[index];
    struct pl_result timed = *result;
    struct pl_json *object = pl_rows_json(pl_cell_rows, a, &a->cells->items[index]);
    pl_json_set(object, "status", pl_json_text(pl_outcome_name(result->outcome)));
    if (result->outcome == PL_FAILED)
        pl_json_set(object, "message", pl_json_text(result->message ? result->message : ""));
    set_metrics(object, result, names);
    struct pl_json *diagnostics = pl_report_diagnostics_json(result);
    if (diagnostics) pl_json_set(object, "diagnostics", diagnostics);
    if (result->outcome == PL_PENDING || result->outcome == PL_RUNNING)
        timed.step_ms = timed.seconds = NAN; /* nothing was timed */
    pl_json_set(object, "timing", pl_rows_json(timing_rows, NULL, &timed));
    return object;
}

/* -------------------------------------------------------------------------------- evidence */

static struct pl_json *compute_json(const struct pl_analysis *a) {
    const struct pl_compute *compute = a->compute;
    if (!compute) return pl_json_text(NULL);
    struct pl_json *object = pl_json_object();
    pl_json_set(object, "budget", pl_json_text(a->experiment->axes[compute->axis].key));
    pl_json_set(object, "unit", pl_json_text("FLOPs of products"));
    pl_json_set(object, "factors",
                ARRAY(pl_factor_rows, a, compute->factors, compute->factor_count));
    pl_json_set(object, "laws", ARRAY(pl_law_rows, a, compute->laws, compute->law_count));
    return object;
}

/* All that is concluded from one table; a whole study has it, and so has each kind of selection. */
/* Where a run says at which loss its task counts as solved. */
static struct pl_json *solved_json(const struct pl_analysis *a) {
    struct pl_json *array = pl_json_array();
    for (size_t point = 0; point < a->point_count; point++)
        for (size_t e = 0; e < a->experiment->entry_count; e++) {
            struct pl_solved solved;
            if (pl_solved_at(a, point, e, &solved))
                pl_json_append(array, pl_rows_json(pl_solved_rows, a, &solved));
        }
    return array;
}

static void set_evidence(struct pl_json *object, const struct pl_analysis *a) {
    size_t entries = a->experiment->entry_count;
    pl_json_set(object, "ranking", ARRAY(pl_rank_rows, a, a->ranking, entries));
    pl_json_set(object, "pairs", ARRAY(pl_pair_rows, a, a->pairs, a->pair_count));
    pl_json_set(object, "rank_test", pl_rows_json(pl_rank_test_rows, a, &a->rank_test));
    pl_json_set(object, "comparisons",
                ARRAY(pl_comparison_rows, a, a->comparisons, a->comparison_count));
    pl_json_set(object, "interactions",
                ARRAY(pl_interaction_rows, a, a->interactions, a->interaction_count));
    pl_json_set(object, "crossovers",
                ARRAY(pl_crossover_rows, a, a->crossovers, a->crossover_count));
    pl_json_set(object, "solved", solved_json(a));
    pl_json_set(object, "compute", compute_json(a));
    pl_json_set(object, "summary",
                ARRAY(pl_summary_rows, a, a->summaries, a->point_count * entries));
}

/* ------------------------------------------------------------------------------- selection */

static struct pl_json *selection_json(const struct pl_analysis *a) {
    const struct pl_selection *selection = a->selection;
    if (!selection) return pl_json_text(NULL);
    struct pl_json *object = pl_json_object(), *common = pl_json_object(), *grid = pl_json_object();
    size_t settings = selection->setting_count, choices = settings * a->experiment->entry_count;
    pl_json_set(object, "over", pl_json_text(a->experiment->axes[selection->axis].key));
    pl_json_set(object, "by", pl_json_text(selection->by));
    pl_json_set(object, "chosen", ARRAY(pl_chosen_rows, a, selection->choices, choices));
    pl_json_set(common, "chosen", ARRAY(pl_common_rows, a, selection->commons, settings));
    set_evidence(common, selection->common);
    pl_json_set(object, "common", common);
    set_evidence(grid, a);
    pl_json_set(object, "grid", grid);
    pl_json_set(object, "within_ratio", pl_json_real(PL_ROBUST_RATIO));
    pl_json_set(object, "robustness", ARRAY(pl_robustness_rows, a, selection->robustness, choices));
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

/* ------------------------------------------------------------------------------ provenance */

static struct pl_json *provenance_json(const struct pl_report_input *input) {
    struct pl_json *object = pl_json_object();
    pl_json_set(object, "report_version", pl_json_text(input->version));
    pl_json_set(object, "store", pl_json_text(input->store));

    struct pl_json *records = pl_json_array();
    for (size_t k = 0; input->history && k < input->history->count; k++) {
        struct pl_json *record = pl_json_object();
        pl_json_set(record, "digest", pl_json_text(input->history->records[k].digest));
        pl_json_set(record, "recorded", pl_json_text(input->history->records[k].recorded));
        pl_json_append(records, record);
    }
    pl_json_set(object, "plans", records);
    pl_json_set(object, "cells", pl_report_provenance(input->analysis));
    return object;
}

/* ------------------------------------------------------------------------------- the whole */

static struct pl_json *method_json(const struct pl_analysis *analysis) {
    struct pl_json *method = pl_json_object();
    struct pl_interval region = {1.0 / PL_EQUIVALENCE_RATIO, PL_EQUIVALENCE_RATIO};
    bool ratio = analysis->row->ratio;
    if (!ratio) region = (struct pl_interval){-pl_analysis_region(), pl_analysis_region()};
    pl_json_set(method, "effect", pl_json_text(ratio ? "ratio" : "difference"));
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
    pl_json_set(method, "equivalence", pl_interval_json(region));
    pl_json_set(method, "loss_floor", pl_json_real(PL_LOSS_FLOOR));
    return method;
}

static struct pl_json *plan_json(const struct pl_analysis *a) {
    const struct pl_experiment *experiment = a->experiment;
    struct pl_json *axes = pl_json_array();
    for (size_t k = 0; k < experiment->axis_count; k++) {
        struct pl_json *axis = pl_json_object(), *values = pl_json_array();
        for (size_t i = 0; i < experiment->axes[k].count; i++)
            pl_json_append(values, pl_axis_json(&a->scales[k], experiment->axes[k].values[i]));
        pl_json_set(axis, "key", pl_json_text(experiment->axes[k].key));
        pl_json_set(axis, "numeric", pl_json_bool(a->scales[k].numeric));
        pl_json_set(axis, "values", values);
        pl_json_append(axes, axis);
    }
    return axes;
}

static const struct pl_row entry_rows[] = {
    PL_ROW(struct pl_entry, variant, PL_ROW_TEXT, PL_UNIT_NONE, "name in the catalogue"),
    PL_ROW(struct pl_entry, label, PL_ROW_TEXT, PL_UNIT_NONE, "unique"),
    {0},
};

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
    pl_json_set(report, "method", method_json(a));
    pl_json_set(report, "variants",
                ARRAY(entry_rows, a, a->experiment->entries, a->experiment->entry_count));
    pl_json_set(report, "axes", plan_json(a));
    pl_json_set(report, "seeds", seeds);
    pl_json_set(counts, "cells", pl_json_int((int64_t)a->cells->count));
    pl_rows_set(counts, pl_tally_rows, a, &a->tally);
    pl_json_set(counts, "older", pl_json_int((int64_t)older));
    pl_json_set(report, "counts", counts);
}

/* Cells are printed one by one, since all of them as values would take ten times the memory of their text:
 * the report is printed with a list of none, and they are put into it. */
static void print_with_cells(const struct pl_json *report, const struct pl_report_input *input,
                             const struct metric_names *names, struct pl_strbuf *out) {
    const struct pl_analysis *a = input->analysis;
    static const char none[] = "\n  \"cells\": []";
    char *text = pl_json_write(report, true);
    char *at = strstr(text, none); /* a text cannot hold it: its quotes and line ends are escaped */
    PL_ASSERT(at != NULL);
    char *rest = at + sizeof none - 1;
    rest[-1] = '\0';
    pl_strbuf_add(out, text);
    for (size_t i = 0; i < a->cells->count; i++) {
        struct pl_json *cell = cell_json(a, i, names);
        char *lines = pl_json_write(cell, true);
        pl_strbuf_add(out, i ? ",\n    " : "\n    ");
        for (char *line = lines; *line;) {
            size_t length = strcspn(line, "\n");
            pl_strbuf_add_bytes(out, line, length);
            if (line[length]) pl_strbuf_add(out, "\n    ");
            line += length + (line[length] != '\0');
        }
        pl_free(lines);
        pl_json_destroy(cell);
        pl_report_drain(input, out);
    }
    pl_strbuf_addf(out, "%s]%s\n", a->cells->count ? "\n  " : "", rest);
    pl_free(text);
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
    pl_json_set(report, "readings", pl_report_multiverse_json(a));
    pl_json_set(report, "cells", pl_json_array());
    pl_json_set(report, "missing", pl_json_text(input->missing));
    pl_json_set(report, "plan", registered_json(input->history));
    pl_json_set(report, "provenance", provenance_json(input));
    print_with_cells(report, input, &names, out);
    pl_json_destroy(report);
    pl_arena_finish(&arena);
}

void pl_report_jsonl(const struct pl_report_input *input, struct pl_strbuf *out) {
    struct pl_arena arena = {0};
    struct metric_names names;
    names.count = pl_report_metrics(input->analysis, &arena, &names.items);
    for (size_t i = 0; i < input->analysis->cells->count; i++) {
        pl_json_print(cell_json(input->analysis, i, &names), false, out);
        pl_report_drain(input, out);
    }
    pl_arena_finish(&arena);
}
