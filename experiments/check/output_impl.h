/* Output, for its own files: one file a format. */
#ifndef PL_EXPERIMENTS_CHECK_OUTPUT_IMPL_H
#define PL_EXPERIMENTS_CHECK_OUTPUT_IMPL_H

#include "experiments/check/output.h"

void pl_check_write_text(const struct pl_check *check, struct pl_strbuf *out);
void pl_check_write_md(const struct pl_check *check, struct pl_strbuf *out);
void pl_check_write_junit(const struct pl_check *check, struct pl_strbuf *out);
void pl_check_write_json(const struct pl_check *check, struct pl_strbuf *out);

/* What the comparison with the reference says, a sentence each: [visit] is called in order. Nothing without
 * a reference, unless --exact asks for one. */
void pl_check_drift_lines(const struct pl_check *check,
                          void (*visit)(void *context, const char *heading, const char *text),
                          void *context);

/* "8 claims: 6 hold, 1 contradicted, 1 inconclusive" */
void pl_check_tally(const struct pl_check *check, struct pl_strbuf *out);

#endif
