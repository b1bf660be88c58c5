/* What `run --dry-run` and `run --why-not` print: the plan, what is done already, why the rest is not. */
#ifndef PL_CLI_DRY_RUN_H
#define PL_CLI_DRY_RUN_H

#include "experiments/cli/request.h"
#include "experiments/run/ledger.h"

/* Reads what [ledger], a plan, has in its database, if there is one, and prints. */
enum pl_status pl_dry_run(struct pl_ledger *ledger, const struct pl_request *request,
                          enum pl_ledger_rule rule, bool why_not) PL_NODISCARD;

#endif
