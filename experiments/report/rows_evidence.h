/* Rows of evidence: the structs of an analysis and of what is derived from it, each by its members.
 * docs/report-json.md has them all (a test compares). make() of these rows takes the analysis that the
 * struct belongs to, unless it is said otherwise. */
#ifndef PL_EXPERIMENTS_REPORT_ROWS_EVIDENCE_H
#define PL_EXPERIMENTS_REPORT_ROWS_EVIDENCE_H

#include "experiments/evidence/analysis.h"
#include "experiments/report/rows.h"

extern const struct pl_row pl_cell_rows[];        /* struct pl_cell */
extern const struct pl_row pl_tally_rows[];       /* struct pl_tally */
extern const struct pl_row pl_summary_rows[];     /* struct pl_summary */
extern const struct pl_row pl_comparison_rows[];  /* struct pl_comparison */
extern const struct pl_row pl_rank_rows[];        /* struct pl_rank */
extern const struct pl_row pl_rank_test_rows[];   /* struct pl_rank_test */
extern const struct pl_row pl_interaction_rows[]; /* struct pl_interaction */
extern const struct pl_row pl_pair_rows[];        /* struct pl_pair */
extern const struct pl_row pl_solved_rows[];      /* struct pl_solved */
extern const struct pl_row pl_crossover_rows[];   /* struct pl_crossover */
extern const struct pl_row pl_law_rows[];         /* struct pl_compute_law */
extern const struct pl_row pl_factor_rows[];      /* struct pl_compute_factor */

/* These take the analysis of the whole study, which has the selection. */
extern const struct pl_row pl_chosen_rows[];     /* struct pl_chosen */
extern const struct pl_row pl_common_rows[];     /* struct pl_chosen_common */
extern const struct pl_row pl_robustness_rows[]; /* struct pl_robustness */

/* Every table above by its name in docs/report-json.md, ended by a zeroed row. */
struct pl_named_rows {
    const char *name;
    const struct pl_row *rows;
};
extern const struct pl_named_rows pl_evidence_rows[];

/* The value of an axis: numbers when all of its values are, whole where they are written so; else texts. */
struct pl_json *pl_axis_json(const struct pl_axis_scale *scale, const char *text);

/* An object from axis to value; [skip] is left out, (size_t)-1: none. */
struct pl_json *pl_axes_json(const struct pl_analysis *analysis, size_t point, size_t skip);

/* What a cell attends over in depth, "outputs" or "states"; NULL: it does not. Two families share the name
 * AttnRes, and whoever prints a result says which. */
const char *pl_cell_sources(const struct pl_cell *cell);

/* make() of rows whose member is the index of an entry, or of a point. */
struct pl_json *pl_make_label(const void *analysis, const void *item, const void *entry);
struct pl_json *pl_make_variant(const void *analysis, const void *item, const void *entry);
struct pl_json *pl_make_baseline(const void *analysis, const void *item, const void *entry);
struct pl_json *pl_make_axes(const void *analysis, const void *item, const void *point);

#endif
