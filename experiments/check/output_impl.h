/* Output, for its own files: one file a format. */
#ifndef PL_EXPERIMENTS_CHECK_OUTPUT_IMPL_H
#define PL_EXPERIMENTS_CHECK_OUTPUT_IMPL_H

#include "experiments/check/output.h"

void pl_check_write_text(const struct pl_check_output *output, struct pl_strbuf *out);

/* "8 claims: 6 hold, 1 contradicted, 1 inconclusive" */
void pl_check_tally(const struct pl_check *check, struct pl_strbuf *out);

#endif
