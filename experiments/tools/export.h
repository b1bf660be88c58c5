/* Export: a cell in files that any framework reads. docs/export.md is their manual.
 *
 *     canonical text ─► the run again ─► FOLDER/ export.json            settings, shapes, agreement
 *                                                data.safetensors       every split
 *                                                initial.safetensors    weights before the first step
 *                                                final.safetensors      and after the last
 *                                                batches.safetensors    which samples each step saw, for
 *                                                                       minibatches
 *                                                curve.json             every metric at its steps
 *
 * Weights are not in the store: the cell is run again, by the same code. Under the stored result's
 * numerics every metric must come out with the same bits, which is checked.
 */
#ifndef PL_EXPERIMENTS_TOOLS_EXPORT_H
#define PL_EXPERIMENTS_TOOLS_EXPORT_H

#include "core/backend/backend.h"
#include "core/base/hash.h"
#include "core/graph/graph.h"
#include "experiments/cell/cell.h"
#include "experiments/run/result.h"

#define PL_EXPORT_SCHEMA 1

/* How the new run compares with the stored one. */
enum pl_export_agreement {
    PL_EXPORT_BITS,  /* the same numerics, every metric the same to the bit */
    PL_EXPORT_OTHER, /* the stored result comes from other numerics */
    PL_EXPORT_ALONE, /* there is no stored result */
};

struct pl_export {
    const struct pl_cell *cell;
    const struct pl_result *stored; /* may be of any outcome */
    const char *stamp;              /* the numerics of [stored] */

    /* Filled by pl_export_cell. */
    enum pl_export_agreement agreement;
    char now[PL_HASH_TEXT]; /* the numerics of the new run */
    double apart; /* PL_EXPORT_OTHER: largest relative difference of a metric; NaN when one
                               run has a number that the other has not */

    /* Moves the initial weights before the first step, for tests: such a run is no cell's, so [stored] is to
     * be of no outcome. NULL: they stay. */
    void (*start)(const struct pl_graph *graph, struct pl_program *program);
};

/* Makes the folder if it is missing and writes the files, replacing older ones. PL_ESTORE when a file
 * cannot be written; PL_EMISMATCH when the numerics are the same and the numbers are not (the files
 * then hold the new run). */
enum pl_status pl_export_cell(struct pl_export *export, const char *folder) PL_NODISCARD;

#endif
