/* Shared by claims.c (what kinds of claims there are) and claims_keys.c (how the value of a key is read). */
#ifndef PL_EXPERIMENTS_STUDY_CLAIMS_IMPL_H
#define PL_EXPERIMENTS_STUDY_CLAIMS_IMPL_H

#include "experiments/study/claims.h"
#include "experiments/study/experiment.h"

struct pl_claim_reader {
    struct pl_experiment *experiment;
    const struct pl_scope *scope;
    const struct pl_yaml *node;
    const struct pl_yaml *at; /* of a claim within another one, which says it; NULL: none */
    struct pl_claim *claim;
    double low, high; /* of `in` */
};

struct pl_claim_key {
    const char *name;
    enum pl_status (*read)(struct pl_claim_reader *reader, const struct pl_yaml *node,
                           const struct pl_claim_key *key);
    bool required;
    size_t offset; /* of the member that a number goes to; for a label its place among entries */
    const void *detail; /* what read needs besides */
};

#define PL_CLAIM_READ(name)                                                                        \
    enum pl_status pl_claim_read_##name(struct pl_claim_reader *reader,                            \
                                        const struct pl_yaml *node,                                \
                                        const struct pl_claim_key *key) PL_NODISCARD
PL_CLAIM_READ(label);
PL_CLAIM_READ(labels); /* two or more, none twice; with a detail two exactly */
PL_CLAIM_READ(metric); /* the detail is an enum pl_metric_use */
PL_CLAIM_READ(limit);
PL_CLAIM_READ(rate);   /* 0 to 1 */
PL_CLAIM_READ(factor); /* "1.2x" */
PL_CLAIM_READ(axis);   /* of numbers */
PL_CLAIM_READ(range);  /* [low, high], or none */
PL_CLAIM_READ(at);
PL_CLAIM_READ(share); /* ">= 0.9" or "<= 0.1" */
PL_CLAIM_READ(where);
PL_CLAIM_READ(word); /* the detail, and no other */
#undef PL_CLAIM_READ

/* Why the claim cannot be judged; the first one counts. */
void pl_claim_set_fault(struct pl_claim_reader *reader, struct pl_place place, const char *fault);

#endif
