/* Packed: the reference of a study of very many cells, small enough to be committed; and results read back from
 * it, so that `report` and `check` can tell what a study gave where none of its cells were computed.
 *
 * A file holds some values of the study's first axis (of a design: some readings), a block each. Files of one
 * folder are one reference, so a study can be computed and blessed in parts, on any machines:
 *
 *     results/reference/STUDY/part-1-50.json, part-51-100.json, ...
 *
 *     {
 *       "schema": 1, "packed": true, "study": ..., "program": version, "provenance": {...},
 *       "seeds": [1, 2, ...], "entries": [labels],
 *       "axes": [["reading", "1", "2", ...], ["task.structure", "0", "1"], ...],
 *       "metrics": ["train_loss", "valid_loss", "test_loss", "trivial", ...],
 *       "blocks": [
 *         {"value": "1", "portable": true, "settings": 8 hexadecimal digits a group,
 *          "test_loss": base64, "trivial": {"rows": base64, "at": [a row a group]}, ...}, ...
 *
 * A *group* is an entry at a point of the other axes (the last axis fastest, then entries). base64 is of IEEE numbers,
 * little-endian, [group][seed]: binary32 where each of them is one, as every loss is, else binary64. +inf: the run
 * diverged; NaN: it has no such metric. Rows that repeat from group to group stand once. The digits of a group are
 * the beginning of the hash of its settings but for the seed.
 *
 * Kept are the losses that reports and claims of the study compare and choose by, and the trivial and best ones;
 * no learning curve, no time. Bits are kept. There is no noise floor: where a group is not portable, a number
 * may move by what drift.h allows without one.
 */
#ifndef PL_EXPERIMENTS_CHECK_PACKED_H
#define PL_EXPERIMENTS_CHECK_PACKED_H

#include "experiments/check/reference.h"
#include "experiments/run/result.h"

/* The `schema` of such a file; raised when a member changes its meaning or goes. */
enum { PL_PACKED_SCHEMA = 1 };

struct pl_packed_part;

struct pl_packed {
    struct pl_arena arena; /* owns all */
    const char *path;
    const char *commit; /* of all parts, parted by commas */
    struct pl_packed_part *parts;
    size_t part_count;
};

/* How much of a study's plan a packed reference knows, in groups. */
struct pl_packed_fit {
    size_t groups, filled;
    size_t other;            /* of the rest: it has them, with other settings */
    const char *first_other; /* label of one of these; the cells' */
};

/* Appends the file of these results. PL_ECELL when a cell has none. */
enum pl_status pl_packed_write(const struct pl_experiment *experiment, const struct pl_cells *cells,
                               const struct pl_result *results, const char *program,
                               const struct pl_json *provenance,
                               struct pl_strbuf *out) PL_NODISCARD;

/* Whether [path] is a folder, or a file that says it is packed. */
bool pl_packed_is(const char *path);

/* Reads a file, or the files *.json of a folder. PL_ESTORE when one cannot be read, PL_EMISMATCH when one is no
 * packed reference of [study], or two say the same block. The caller ends [out] with pl_packed_finish. */
enum pl_status pl_packed_read(struct pl_packed *out, const char *path,
                              const char *study) PL_NODISCARD;
void pl_packed_finish(struct pl_packed *packed);

/* Fills the results, one a cell, of those that it knows; the others stay as they are. What results hold is
 * the arena's. */
void pl_packed_results(struct pl_packed_fit *out, const struct pl_packed *packed,
                       const struct pl_experiment *experiment, const struct pl_cells *cells,
                       struct pl_result *results, struct pl_arena *arena);

/* The reference that drift compares the study with: groups that [packed] does not know are not in it. The caller
 * ends [out] with pl_reference_finish. */
void pl_packed_reference(struct pl_reference *out, const struct pl_packed *packed,
                         const struct pl_experiment *experiment, const struct pl_cells *cells,
                         struct pl_packed_fit *fit);

#endif
