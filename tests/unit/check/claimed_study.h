/* A study with claims, its results made up: text to experiment by the real loader, then one number a
 * cell from a rule. No cell is run.
 *
 *     claimed_init(&study, "[{better: a, than: b}]", 10)     entries a, b, c; structure 0, 0.5, 1
 *     claimed_fill(&study, rule, &factors)
 *     claimed_check(&study, &check, costs)
 */
#ifndef PL_TESTS_CLAIMED_STUDY_H
#define PL_TESTS_CLAIMED_STUDY_H

#include <stdlib.h>

#include "core/base/math.h"
#include "experiments/check/check.h"
#include "experiments/study/expand.h"
#include "tests/support/support.h"

struct claimed {
    struct pl_experiment experiment;
    struct pl_cells cells;
    struct pl_result *results;
};

static inline char *claimed_text(const char *claims, const char *seeds) {
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_strbuf_addf(&text,
                   "study: claimed\ntask: {name: linear_mix}\nvariants:\n"
                   "  - {name: standard, label: a}\n  - {name: rescaled, label: b}\n"
                   "  - {name: attnres_full, label: c}\n"
                   "sweep: {task.structure: [0, 0.5, 1]}\nseeds: %s\nbaseline: b\nclaims: %s\n",
                   seeds, claims);
    return pl_strbuf_take(&text);
}

static inline void claimed_init(struct claimed *study, const char *claims, const char *seeds) {
    char *text = claimed_text(claims, seeds);
    *study = (struct claimed){0};
    PL_REQUIRE_OK(
        pl_experiment_load_text(&study->experiment, "made.yaml", text, strlen(text), NULL, 0));
    PL_REQUIRE_OK(pl_experiment_expand(&study->cells, &study->experiment));
    study->results = pl_alloc_zero(study->cells.count, sizeof *study->results);
    pl_free(text);
}

static inline void claimed_metric(struct pl_result *result, const char *name, double value) {
    pl_result_add(result, name, 100, value);
}

/* What a cell measured: its label ('a'), the index of its structure, its seed from 1. */
typedef double claimed_rule(char label, int structure, int seed, const void *context);

/* Every cell done, with that number for [metric] and trivial 1; NaN: failed; inf: diverged. */
static inline void claimed_fill(struct claimed *study, const char *metric, claimed_rule *rule,
                                const void *context) {
    for (size_t k = 0; k < study->cells.count; k++) {
        const struct pl_cell *cell = &study->cells.items[k];
        int structure = (int)(2 * strtod(cell->axis_values[0], NULL));
        double value = rule(cell->label[0], structure, (int)cell->seed, context);
        struct pl_result *result = &study->results[k];
        pl_result_finish(result);
        result->outcome = isnan(value) ? PL_FAILED : isinf(value) ? PL_DIVERGED : PL_DONE;
        claimed_metric(result, "trivial", 1.0);
        if (result->outcome == PL_DONE) claimed_metric(result, metric, value);
    }
}

static inline void claimed_finish(struct claimed *study) {
    for (size_t k = 0; k < study->cells.count; k++) pl_result_finish(&study->results[k]);
    pl_free(study->results);
    pl_cells_finish(&study->cells);
    pl_experiment_finish(&study->experiment);
}

/* One look; the caller ends [check] before the study. */
static inline void claimed_check(struct claimed *study, struct pl_check *check,
                                 const struct pl_cost_rounds *costs) {
    PL_REQUIRE_OK(pl_check_init(check, &study->experiment, 0));
    pl_check_look(check, &study->experiment, &study->cells, study->results, costs);
}

static inline int exit_of(struct pl_check *check, bool strict) {
    check->strict = strict;
    return pl_check_exit(check);
}

#endif
