/* Diagnosis: a probe beside a training run, and its numbers in the result.
 *
 *     worker ──► pl_diagnosis_begin     the model once more, in a graph of its own (core/train/probe.h)
 *                pl_train               calls it at every evaluation; it measures at those it was asked for
 *                pl_diagnosis_end
 */
#ifndef PL_EXPERIMENTS_RUN_DIAGNOSIS_H
#define PL_EXPERIMENTS_RUN_DIAGNOSIS_H

#include "experiments/cell/job.h"
#include "experiments/run/result.h"

/* The model once more, and what looks into it. */
struct pl_diagnosis_view {
    struct pl_graph graph;
    struct pl_probe *probe; /* NULL: nothing was asked for */
};

enum { PL_DIAGNOSIS_VIEWS = 2 };

struct pl_diagnosis {
    struct pl_diagnosis_view view[PL_DIAGNOSIS_VIEWS]; /* the second with masks that renormalise */
    struct pl_trainer *trainer;
    struct pl_result *result;
    int at; /* enum pl_probe_at */
};

/* Makes the trainer call it, when the cell asks for anything. The result gets its numbers and the
 * settings they were measured under. Everything is borrowed until pl_diagnosis_end, which the caller
 * calls in any case. */
enum pl_status pl_diagnosis_begin(struct pl_diagnosis *out, const struct pl_job *job,
                                  struct pl_result *result) PL_NODISCARD;
void pl_diagnosis_end(struct pl_diagnosis *diagnosis); /* a zeroed one is fine */

#endif
