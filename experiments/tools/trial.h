/* Trial: a small network on random data, for conformance checks. One place that goes from settings to
 * a model, its gradients, a program on any backend, and initial values drawn as a study draws them.
 *
 *     struct pl_trial *trial;
 *     const char *const settings[] = {"model.width=8", "variant.name=attnres_full", NULL};
 *     PL_TRY(pl_trial_create(&trial, backend, settings, 1, 20));
 *     double loss = pl_trial_loss(trial);
 */
#ifndef PL_EXPERIMENTS_TOOLS_TRIAL_H
#define PL_EXPERIMENTS_TOOLS_TRIAL_H

#include "core/backend/backend.h"
#include "core/model/model.h"

struct pl_trial {
    struct pl_arena arena;
    struct pl_settings settings;
    struct pl_model model;
    struct pl_model_io io;
    struct pl_network network;
    struct pl_graph graph; /* with gradients of every trained parameter, and of x or v_0 */
    struct pl_plan plan;   /* pass 0: loss and predictions; pass 1: loss and gradients */
    struct pl_program *program;
    /* Token by token: [samples][tokens] of x [in] or ids, y [out], labels and weights. All weights are 1; a
     * caller may change ids, labels and weights. */
    float *x, *y;
    int32_t *ids, *labels;
    float *weight;
    size_t samples;
    int fit; /* samples that a tile holds */
    /* With probe.rows, a pair of step-level sums a site: of (row v - h)^2 and of h^2, over tokens and
     * channels' mean; PL_NONE where a site has no row. */
    int *row_error, *row_size;
    /* Operators with a kink where their output becomes 0 (ReLU, sparsemax, entmax15), and a hash of which of
     * their outputs were 0 in the last forward pass. Where it differs between two points, a kink lies between. */
    int *kinked;
    int kinked_count;
    uint64_t support;
};

/* [settings] are texts "key=value" of model.* and variant.*, ended by NULL; besides them task.out (the
 * targets' features, default the width), task.classes (labels instead), task.vocabulary (ids instead of
 * numbers) and task.tokens (of a sample, default 1), and what a probe may ask of a model: probe.rows=true, probe.masking=drop or renormalise. Initial values, the data and nothing else
 * depend on [seed]. */
enum pl_status pl_trial_create(struct pl_trial **out, const struct pl_backend *backend,
                               const char *const *settings, uint64_t seed,
                               size_t samples) PL_NODISCARD;
void pl_trial_destroy(struct pl_trial *trial);

/* Mean loss over the samples, by a forward pass. */
double pl_trial_loss(struct pl_trial *trial);
/* The same by the training pass, which leaves the gradients to be read. */
double pl_trial_gradient(struct pl_trial *trial);

/* A parameter's value, or its gradient after pl_trial_gradient: rows * cols doubles, owned by the
 * caller (pl_free); NULL when the loss does not depend on it. */
double *pl_trial_read(struct pl_trial *trial, int param);
double *pl_trial_read_grad(struct pl_trial *trial, int param);

/* Adds N(0, std^2) to every trained connection parameter: moves queries, gains and logits off the
 * special point where they start. */
void pl_trial_perturb(struct pl_trial *trial, uint64_t seed, double std);
void pl_trial_perturb_one(struct pl_trial *trial, int param, uint64_t seed, double std);

/* Predictions [samples][tokens][out], owned by the caller. */
double *pl_trial_predict(struct pl_trial *trial);

#endif
