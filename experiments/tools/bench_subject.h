/* Subject: one network with data, weights and a trainer, ready to be timed. The bench's own. */
#ifndef PL_EXPERIMENTS_TOOLS_BENCH_SUBJECT_H
#define PL_EXPERIMENTS_TOOLS_BENCH_SUBJECT_H

#include "experiments/cell/job.h"
#include "experiments/tools/bench_choice.h"

struct pl_subject {
    struct pl_bound bound;
    struct pl_job job;
    double flops; /* useful, of a step */
    long steps;   /* worth one measurement: some milliseconds */
};

/* On [data], borrowed. Fails with PL_ECONFIG when the variant does not fit the size; [out] is then
 * empty. A subject stays where it is: it points into itself. */
enum pl_status pl_subject_init(struct pl_subject *out, const struct pl_bench_model *model,
                               const char *variant, const struct pl_backend *backend,
                               const struct pl_dataset *data) PL_NODISCARD;
void pl_subject_finish(struct pl_subject *subject);

/* One step of training over the whole batch. */
void pl_subject_step(struct pl_subject *subject);

/* Inputs and targets of noise, of the size's width; or tokens. */
enum pl_status pl_subject_data(struct pl_dataset *out,
                               const struct pl_bench_size *size) PL_NODISCARD;

#endif
