/* --from-reference: what a study gave, read from its packed reference and not from a store. */
#ifndef PL_CLI_FROM_REFERENCE_H
#define PL_CLI_FROM_REFERENCE_H

#include "experiments/run/ledger.h"

/* Fills the results of [ledger], a plan of the study file [study], from [path], or from where check looks when it
 * is NULL. Cells that the reference does not have stay pending, with a warning; PL_EMISMATCH when it has none. */
enum pl_status pl_cli_from_reference(struct pl_ledger *ledger, const char *study,
                                     const char *path) PL_NODISCARD;

#endif
