/* Cell: one run of a study: one variant, one point of the axes, one seed.
 *
 * A cell *is* its settings: every option, defaults included, the versions of task and variant, the
 * backend and the seed, in canonical text. Its identity is the hash of that text, so the same run
 * asked for by two studies, or in another order, is the same cell. The label and the study's name are
 * not part of it. What was left to `auto` stands there as what it came to (prenorm, final_norm,
 * hidden; the samples of a task that measures them by the model; warmup and decay of a schedule that has them), so asking for the same thing by name is the
 * same cell:
 *
 *     backend = cpu
 *     model.activation = silu
 *     ...
 *     model.hidden = 200
 *     seed = 1
 *     task.name = linear_mix
 *     task.version = 1
 *     ...
 *     variant.name = standard
 *     variant.version = 1
 */
#ifndef PL_EXPERIMENTS_STUDY_CELL_H
#define PL_EXPERIMENTS_STUDY_CELL_H

#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/hash.h"
#include "core/config/settings.h"
#include "experiments/study/experiment.h"

struct pl_cell {
    char id[PL_HASH_TEXT];
    const char *text;    /* canonical text; what a worker is sent */
    const char *variant; /* name in the registry */
    const char *label;
    uint64_t seed;
    const char **axis_values; /* one per axis of the study, canonical */

    /* Where the cell stands in its experiment. */
    size_t entry;      /* index of its entry: entries[entry].label is [label] */
    size_t point;      /* of the axes, the last one fastest (pl_experiment_axis_index) */
    size_t seed_index; /* seeds[seed_index] is [seed] */
};

struct pl_cells {
    struct pl_arena arena; /* owns the strings */
    struct pl_cell *items; /* seeds breadth-first: every point of seed 1, then of seed 2, ... */
    size_t count;
};

#define PL_CELLS_MOST 1000000 /* of one study */

/* Every cell of [experiment], each checked as a whole (dimensions of task and model, options against
 * each other): a complaint is PL_ECONFIG and names the place of the setting at fault, or of the entry
 * when it is a default that does not fit. Cells with equal identity (an entry under two labels, auto
 * beside what it comes to) are an error that names both. Two entries that build the same graph under
 * the same training, and so would count twice, earn a warning in the log. */
enum pl_status pl_experiment_expand(struct pl_cells *out,
                                    const struct pl_experiment *experiment) PL_NODISCARD;
void pl_cells_finish(struct pl_cells *cells);

/* Fills entry, point and seed_index of cells whose text alone is known, as a store gives them. Every
 * label, axis value and seed of theirs is one of [experiment]. */
void pl_cells_locate(struct pl_cells *cells, const struct pl_experiment *experiment);

/* A digest of the whole plan: the identities of all cells, in sorted order. It names the study's
 * content, and keys the random streams of its statistics. */
void pl_cells_digest(const struct pl_cells *cells, char out[PL_HASH_TEXT]);

#endif
