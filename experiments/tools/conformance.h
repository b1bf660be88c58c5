/* Conformance: one suite per interface, run over its table, so that a new member inherits its tests.
 * The tests and `plumbline selftest` share what is here.
 *
 * Operators. A *case* is a small graph from random leaves to a scalar loss (conformance_cases.c). The
 * same cases serve three ends:
 *
 *     coverage    every operator of op_list.h occurs in the training pass of some case
 *     gradients   on ref, in double: what grad.c appends against central differences of the loss, for
 *                 every parameter and every real feed, over more than one tile
 *     backend     every operator of every case alone, on inputs that float32 holds exactly, against
 *                 ref within the operator's tolerance (op_list.h); also over two tiles, with its inputs
 *                 overwritten, and fused with its companion; then the case as a whole
 */
#ifndef PL_EXPERIMENTS_TOOLS_CONFORMANCE_H
#define PL_EXPERIMENTS_TOOLS_CONFORMANCE_H

#include <stdint.h>

#include "core/backend/backend.h"

/* What a suite found. Sentences about failures go to [text], a line each. */
struct pl_conformance {
    struct pl_strbuf text;
    int checks, failures;
    double worst[PL_OPS]; /* greatest error of an operator, relative to the largest value */
    int seen[PL_OPS];     /* how often it was compared (backend) or met (coverage) */
};

void pl_conformance_init(struct pl_conformance *out);
void pl_conformance_finish(struct pl_conformance *out);

/* Counts a check; when [passed] is false the sentence is kept. */
void pl_conformance_check(struct pl_conformance *out, bool passed, const char *format, ...)
    PL_PRINTF(3, 4);

/* The backend `ref`, which other backends are held against. */
const struct pl_backend *pl_conformance_reference(void);

/* A line an operator: how often compared, worst error, tolerance. */
void pl_conformance_table(const struct pl_conformance *found, struct pl_strbuf *out);

/* Seeds draw the sizes and the leaves of the cases: first, first + 1, ... */
struct pl_seeds {
    uint64_t first;
    int count;
};

/* Each fails (status) only when a program cannot be made; what is found goes to [out]. */
enum pl_status pl_conformance_coverage(struct pl_conformance *out) PL_NODISCARD;
enum pl_status pl_conformance_gradients(struct pl_conformance *out,
                                        struct pl_seeds seeds) PL_NODISCARD;
enum pl_status pl_conformance_operators(struct pl_conformance *out,
                                        const struct pl_backend *backend,
                                        struct pl_seeds seeds) PL_NODISCARD;

#endif
