/* What run leaves and prints when it is over. */
#ifndef PL_CLI_RUN_REPORT_H
#define PL_CLI_RUN_REPORT_H

#include "experiments/run/ledger.h"

/* Writes report.txt, report.csv and report.html beside the database and prints the first. [metric] is the loss
 * that is compared, or NULL for the study's. */
enum pl_status pl_run_report(const struct pl_ledger *ledger, const char *metric,
                             const char *results, struct pl_arena *arena) PL_NODISCARD;

#endif
