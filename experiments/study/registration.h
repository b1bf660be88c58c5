/* Registration: what a study is going to run, and what it will be judged by, as a short text and one
 * digest. Recorded before the first cell runs (pl_store_note_plan), it shows a reader later that metric,
 * baseline, selection, claims and cells were not chosen after the results were seen.
 *
 *     statement                                        digest
 *     metric "test_loss"                               hash of the statement and of every cell's
 *     baseline "standard"                              identity and label
 *     match "none"
 *     variant "attnres_full" "no prenorm"              label, if it is another
 *     claim {"better":"no prenorm","than":"standard"}
 *
 * The question's wording, limits and comments of the file are no part of it.
 */
#ifndef PL_EXPERIMENTS_STUDY_REGISTRATION_H
#define PL_EXPERIMENTS_STUDY_REGISTRATION_H

#include "core/base/hash.h"
#include "core/base/strbuf.h"
#include "experiments/cell/cell.h"
#include "experiments/study/experiment.h"

struct pl_registration {
    char digest[PL_HASH_TEXT];
    char *statement; /* lines in a fixed order; owned */
};

void pl_registration_make(struct pl_registration *out, const struct pl_experiment *experiment,
                          const struct pl_cells *cells);
void pl_registration_finish(struct pl_registration *registration);

/* What became of the lines of a statement, in words: "no longer metric "test_loss"; now metric
 * "train_loss"". Nothing when both have the same lines. */
void pl_registration_change(struct pl_strbuf *out, const char *before, const char *after);

#endif
