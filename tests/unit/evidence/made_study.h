/* A study made by hand, for tests of analysis and reports: no file is read, no cell is run.
 *
 *     made_study_init(&study, entries, 3, seeds)
 *     made_study_axis(&study, "task.structure", values, 3)        as many as wanted
 *     made_study_expand(&study)                                   all cells, pending
 *     made_study_done(&study, point, entry, seed, loss)           and so on
 *     made_study_analyse(&study, NULL)
 */
#ifndef PL_TESTS_MADE_STUDY_H
#define PL_TESTS_MADE_STUDY_H

#include "core/base/hash.h"
#include "experiments/evidence/analysis.h"
#include "tests/support/support.h"

#define MADE_TRIVIAL 1.25

struct made_study {
    struct pl_experiment experiment;
    struct pl_cells cells;
    struct pl_result *results;
    struct pl_analysis analysis;
    bool analysed;
};

/* [labels] also name the variants; the first is the baseline; seeds are 1..seed_count. */
static inline void made_study_init(struct made_study *study, const char *const *labels,
                                   size_t entry_count, size_t seed_count) {
    *study = (struct made_study){0};
    struct pl_experiment *e = &study->experiment;
    e->path = "configs/made.yaml";
    e->name = "made";
    e->question = "";
    e->baseline = labels[0];
    e->entry_count = entry_count;
    e->entries = PL_ARENA_ARRAY(&e->arena, struct pl_entry, entry_count);
    for (size_t i = 0; i < entry_count; i++)
        e->entries[i] = (struct pl_entry){.variant = labels[i], .label = labels[i]};
    e->seed_count = seed_count;
    e->seeds = PL_ARENA_ARRAY(&e->arena, uint64_t, seed_count);
    for (size_t i = 0; i < seed_count; i++) e->seeds[i] = i + 1;
    e->axes = PL_ARENA_ARRAY(&e->arena, struct pl_axis, 4);
}

static inline void made_study_axis(struct made_study *study, const char *key, const char **values,
                                   size_t count) {
    struct pl_experiment *e = &study->experiment;
    e->axes[e->axis_count++] = (struct pl_axis){.key = key, .values = values, .count = count};
}

static inline size_t made_study_points(const struct made_study *study) {
    size_t points = 1;
    for (size_t k = 0; k < study->experiment.axis_count; k++)
        points *= study->experiment.axes[k].count;
    return points;
}

/* Cells in the order of cell.h: seeds breadth-first. */
static inline void made_study_expand(struct made_study *study) {
    struct pl_experiment *e = &study->experiment;
    struct pl_cells *cells = &study->cells;
    size_t points = made_study_points(study), count = points * e->entry_count * e->seed_count;
    cells->items = PL_ARENA_ARRAY(&cells->arena, struct pl_cell, count);
    study->results = pl_alloc_zero(count, sizeof *study->results);
    for (size_t s = 0; s < e->seed_count; s++)
        for (size_t p = 0; p < points; p++)
            for (size_t i = 0; i < e->entry_count; i++) {
                struct pl_cell *cell = &cells->items[cells->count++];
                cell->variant = e->entries[i].variant;
                cell->label = e->entries[i].label;
                cell->seed = e->seeds[s];
                cell->entry = i;
                cell->point = p;
                cell->seed_index = s;
                cell->axis_values = PL_ARENA_ARRAY(&cells->arena, const char *, e->axis_count + 1);
                size_t rest = p;
                for (size_t k = e->axis_count; k-- > 0; rest /= e->axes[k].count)
                    cell->axis_values[k] = e->axes[k].values[rest % e->axes[k].count];
                cell->settings = pl_arena_printf(&cells->arena, "%s/%zu/%llu", cell->label, p,
                                                 (unsigned long long)cell->seed);
                pl_hash_text(cell->id, cell->settings);
            }
}

static inline struct pl_result *made_study_result(struct made_study *study, size_t point,
                                                  size_t entry, size_t seed) {
    size_t points = made_study_points(study), entries = study->experiment.entry_count;
    return &study->results[(seed * points + point) * entries + entry];
}

static inline struct pl_result *made_study_set(struct made_study *study, size_t point, size_t entry,
                                               size_t seed, enum pl_outcome outcome,
                                               const char *message) {
    struct pl_result *result = made_study_result(study, point, entry, seed);
    result->outcome = outcome;
    result->message = message;
    result->provenance = "";
    result->metric_count = 0;
    result->metrics = PL_ARENA_ARRAY(&result->arena, struct pl_metric, 16);
    return result;
}

static inline void made_study_metric(struct pl_result *result, const char *name, long step,
                                     double value) {
    result->metrics[result->metric_count++] = (struct pl_metric){name, step, value};
}

/* A finished run with the trivial loss MADE_TRIVIAL and a curve of two steps that ends at [loss]. */
static inline struct pl_result *made_study_done(struct made_study *study, size_t point,
                                                size_t entry, size_t seed, double loss) {
    struct pl_result *result = made_study_set(study, point, entry, seed, PL_DONE, "");
    made_study_metric(result, "test_loss", 100, 2.0 * loss);
    made_study_metric(result, "test_loss", 200, loss);
    made_study_metric(result, "trivial", 0, MADE_TRIVIAL);
    result->seconds = 1.5;
    result->step_ms = 0.25;
    return result;
}

/* The same with a loss of the validation beside it. */
static inline void made_study_valid(struct made_study *study, size_t point, size_t entry,
                                    size_t seed, double loss, double valid) {
    made_study_metric(made_study_done(study, point, entry, seed, loss), "valid_loss", 200, valid);
}

static inline void made_study_diverged(struct made_study *study, size_t point, size_t entry,
                                       size_t seed) {
    struct pl_result *result = made_study_set(study, point, entry, seed, PL_DIVERGED, "");
    made_study_metric(result, "test_loss", 100, INFINITY);
    made_study_metric(result, "trivial", 0, MADE_TRIVIAL);
}

static inline void made_study_failed(struct made_study *study, size_t point, size_t entry,
                                     size_t seed, const char *message) {
    made_study_set(study, point, entry, seed, PL_FAILED, message);
}

/* Analyses anew with test_loss or [metric]. */
static inline const struct pl_analysis *made_study_analyse(struct made_study *study,
                                                           const char *metric) {
    if (study->analysed) pl_analysis_finish(&study->analysis);
    PL_REQUIRE_OK(pl_analysis_run(&study->analysis, &study->experiment, &study->cells,
                                  study->results, metric));
    study->analysed = true;
    return &study->analysis;
}

static inline void made_study_finish(struct made_study *study) {
    if (study->analysed) pl_analysis_finish(&study->analysis);
    for (size_t i = 0; i < study->cells.count; i++) pl_arena_finish(&study->results[i].arena);
    pl_free(study->results);
    pl_arena_finish(&study->cells.arena);
    pl_arena_finish(&study->experiment.arena);
}

#endif
