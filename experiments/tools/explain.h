/* Explain: where two cells part. Settings are compared as text, then both cells are rebuilt and
 * compared in the order in which numbers come to be; the first difference is told with both values.
 *
 *     settings ─► data ─► initial weights ─► first forward pass ─► step 1: batch, loss, gradients,
 *                                                                   weights ─► step 2 ─► ...
 *
 * Tensors are matched by name. Of one network built twice every node of the forward pass is compared;
 * of two different ones what each layer is handed and gives. Numbers are the same when they are equal,
 * or (tolerance > 0) when they differ by no more than that share of the tensor's largest entry.
 */
#ifndef PL_EXPERIMENTS_TOOLS_EXPLAIN_H
#define PL_EXPERIMENTS_TOOLS_EXPLAIN_H

#include "core/base/status.h"
#include "core/base/strbuf.h"

/* What was the first thing to differ, settings aside. */
enum pl_part {
    PL_PART_NOWHERE, /* no number differs */
    PL_PART_DATA,
    PL_PART_WEIGHTS, /* an initial value of a tensor that both have */
    PL_PART_FORWARD,
    PL_PART_TRAINING,
};

struct pl_explain {
    const char *text[2]; /* canonical texts of the cells */
    double tolerance;
    long steps; /* compare at most so many; 0: as many as both take */

    /* Filled by pl_explain_cells. */
    size_t settings; /* that differ */
    enum pl_part part;
    long step; /* PL_PART_TRAINING: in which */
};

/* Appends a line or more for each stage and at the end the sentence that answers. */
enum pl_status pl_explain_cells(struct pl_explain *explain, struct pl_strbuf *out) PL_NODISCARD;

#endif
