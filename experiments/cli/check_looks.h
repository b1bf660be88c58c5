/* How `check` comes to its results: cells computed look by look, and costs measured. */
#ifndef PL_CLI_CHECK_LOOKS_H
#define PL_CLI_CHECK_LOOKS_H

#include "experiments/check/check.h"
#include "experiments/cli/request.h"
#include "experiments/run/ledger.h"

/* All looks of [check]: [ledger] is the study's plan, and gets the results of the first. [request] has room
 * for one more override, the seeds. */
enum pl_status pl_check_looks(struct pl_check *check, struct pl_ledger *ledger,
                              struct pl_request *request, struct pl_arena *arena) PL_NODISCARD;

/* Measures every claim about time; *out has a row a claim, empty for the others, in [arena]. */
enum pl_status pl_check_costs(const struct pl_ledger *ledger, const struct pl_check *check,
                              struct pl_arena *arena, struct pl_cost_rounds **out) PL_NODISCARD;

#endif
