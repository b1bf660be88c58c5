/* Output: what a check found, for a terminal, a pull request, a CI service and a program.
 *
 *     text    at most 80 columns
 *     md      GitHub's Markdown
 *     junit   XML that CI services read: a test case a claim
 *     json    stable: docs/ci.md
 *
 * The same results give the same bytes: no time, no name of a machine.
 */
#ifndef PL_EXPERIMENTS_CHECK_OUTPUT_H
#define PL_EXPERIMENTS_CHECK_OUTPUT_H

#include "experiments/check/check.h"

#define PL_CHECK_SCHEMA 1

/* Appends the page; [format] is one of the words above. */
void pl_check_write(const struct pl_check *check, const char *format, struct pl_strbuf *out);

#endif
