/* Balance: what counts of a study whose budget ended it (limits.hours).
 *
 *     seed 1  ████████████   complete: evidence
 *     seed 2  ████████████   complete: evidence
 *     seed 3  ███████░░░░░   partial: finished cells are held back until the seed is complete
 *     seed 4  ░░░░░░░░░░░░   not begun
 *
 * Runs are paired by seed, and seeds are computed one after the other. Of a seed that is finished for
 * some variants alone, nothing is told, so that every comparison rests on the same seeds. A failed cell
 * does not keep a seed from being complete: it was tried. Studies without a budget are left as they are.
 */
#ifndef PL_EXPERIMENTS_EVIDENCE_BALANCE_H
#define PL_EXPERIMENTS_EVIDENCE_BALANCE_H

#include "experiments/run/ledger.h"

/* For a study with a budget: makes finished cells of partial seeds pending, counts them in
 * evidence->held, and says in evidence->missing what is there and what is missing (NULL when nothing
 * is). Results are as pl_ledger_read left them otherwise. Only for telling: what is to be computed is
 * found before. */
void pl_balance(struct pl_ledger *evidence);

#endif
