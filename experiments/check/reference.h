/* Reference: what a study gave when somebody looked at it and said: so it shall be. A text file with every
 * number a seed, committed beside the study, whose diffs can be read.
 *
 *     {
 *       "schema": 1, "study": ..., "plan": digest of all cells, "program": version,
 *       "provenance": {"commit": ..., "numerics": ..., "stamp": ..., ...},
 *       "seeds": [1, 2, ...],
 *       "settings": {what all cells have in common},
 *       "groups": [                                       sorted: an entry at a point of the axes
 *         {"entry": ..., "name": "A at axis = value", "portable": true, "settings": {what it has besides},
 *          "train_loss": {"floor": 1e-4, "values": [one a seed]},        a line each
 *          ...
 *
 * A number reads back as the same bits; "diverged" and null (nothing) stand for themselves.
 *
 * floor is the numerical noise: the root mean square, over seeds, of how far the same cell moves (in logs
 * for losses) when its products are rounded otherwise, by OpenBLAS. Training amplifies a last bit to this; what moves no further has not changed.
 */
#ifndef PL_EXPERIMENTS_CHECK_REFERENCE_H
#define PL_EXPERIMENTS_CHECK_REFERENCE_H

#include "core/base/json.h"
#include "core/base/strbuf.h"
#include "core/config/settings.h"
#include "core/train/metric.h"
#include "experiments/cell/cell.h"
#include "experiments/run/result.h"
#include "experiments/study/experiment.h"

#define PL_REFERENCE_SCHEMA 1
#define PL_REFERENCE_FOLDER "results/reference" /* STUDY.json in it is a study's own */

/* One entry at one point. */
struct pl_reference_group {
    const char *entry;
    const char *name;            /* "standard at task.structure = 0", axes by name: for people */
    struct pl_settings settings; /* all but the seed */
    /* By the row of the metric: [seed], NaN: nothing, inf: diverged. NULL: not kept, or not there. */
    double *values[PL_METRIC_ROWS];
    double floor[PL_METRIC_ROWS];
    bool portable; /* all its cells are: every machine gives these bits (run/stamp.h) */
};

struct pl_reference {
    struct pl_arena arena; /* owns all but the settings' arrays, which finish ends */
    const char *study;
    const char *numerics, *stamp, *commit; /* where it was made; "" when it does not say */
    uint64_t *seeds;
    size_t seed_count;
    struct pl_reference_group *groups; /* sorted by name */
    size_t group_count;
};

/* The present results in that form. [twin] has the results of the same cells under other numerics, in
 * their order, or is NULL: then every floor is 0. PL_ECONFIG never; a cell's text that cannot be read is
 * a mistake of ours. The caller ends [out] with pl_reference_finish. */
void pl_reference_gather(struct pl_reference *out, const struct pl_experiment *experiment,
                         const struct pl_cells *cells, const struct pl_result *results,
                         const struct pl_result *twin);

/* Appends the file. [program] is a version, [provenance] of run/stamp.h. */
void pl_reference_write(const struct pl_reference *reference, const char *plan, const char *program,
                        const struct pl_json *provenance, struct pl_strbuf *out);

/* Appends the member "provenance", of it what says when and on how many cores left out, and a comma. */
void pl_reference_provenance(const struct pl_json *provenance, struct pl_strbuf *out);

/* Reads a file. PL_ESTORE when it cannot be read, PL_EMISMATCH when it is no reference of this schema;
 * the sentence names it. */
enum pl_status pl_reference_read(struct pl_reference *out, const char *path) PL_NODISCARD;

/* Where a study's own reference is: PL_REFERENCE_FOLDER/STUDY.json, or the folder STUDY of a packed one, in the current folder, or in the folder
 * of the study file [path] or one above it, up to the top of its checkout (.git), so that a study has the
 * same reference from wherever it is looked at. NULL when there is none; what is there but cannot be read
 * is found, too. In [arena]. */
const char *pl_reference_find(const char *study, const char *path, struct pl_arena *arena);

void pl_reference_finish(struct pl_reference *reference);

#endif
