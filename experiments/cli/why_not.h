/* Why not: `run --why-not`, the reasons why cells are pending, with counts and examples, or (--verbose)
 * cell by cell. */
#ifndef PL_CLI_WHY_NOT_H
#define PL_CLI_WHY_NOT_H

#include "core/base/strbuf.h"
#include "experiments/run/pending.h"

/* Appends the page. [store] is NULL when there is no database yet. */
enum pl_status pl_why_not(struct pl_strbuf *out, const struct pl_ledger *ledger,
                          struct pl_store *store, bool each) PL_NODISCARD;

#endif
