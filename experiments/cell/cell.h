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
#ifndef PL_EXPERIMENTS_CELL_CELL_H
#define PL_EXPERIMENTS_CELL_CELL_H

#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/hash.h"
#include "core/base/strbuf.h"

struct pl_cell {
    char id[PL_HASH_TEXT];
    const char
        *settings; /* its text with the seed left open ("seed = *"): cells of all seeds share it */
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

void pl_cells_finish(struct pl_cells *cells);

/* The canonical text, whose hash is the identity and which a worker is sent; in [arena]. */
const char *pl_cell_text(const struct pl_cell *cell, struct pl_arena *arena);
/* The same, appended to [out]. */
void pl_cell_add_text(const struct pl_cell *cell, struct pl_strbuf *out);

#define PL_CELL_SEED      "\nseed = "
#define PL_CELL_SEED_OPEN PL_CELL_SEED "*\n"

/* The value of [key] in the text or the settings of a cell, owned by the arena; [fallback] when it has
 * none. */
const char *pl_cell_setting(const char *text, struct pl_arena *arena, const char *key,
                            const char *fallback);

/* Pointers to the cells in the order of their identities, of equal ones the earlier first; owned by the
 * caller (pl_free). */
const struct pl_cell **pl_cells_sorted(const struct pl_cells *cells);

/* A digest of the whole plan: the identities of all cells, in sorted order. It names the study's
 * content, and keys the random streams of its statistics. */
void pl_cells_digest(const struct pl_cells *cells, char out[PL_HASH_TEXT]);

#endif
