/* Optim: how parameters move. A table of rows; the enum pl_optimizer of train.h numbers them.
 *
 * An optimizer is more graph: one update node for each group of trained parameters, over the whole
 * group flat, so that a step is a few long loops whatever the number of tensors.
 *
 *     params ─┐
 *     grads ──┼─► adam_step          group        rate            decay
 *     hyper ──┤   (or sgd_step)      weight       rate            weight_decay, with adamw
 *     m, v ───┘                      plain        rate            none
 *                                    connection   rate lr_mult    none
 *                                    constant     never moves
 *
 * [hyper] is a step feed: what the host works out anew each step (core/backend/plain/optim.inc says
 * what it holds). Powers of the betas are running products in double.
 */
#ifndef PL_TRAIN_OPTIM_H
#define PL_TRAIN_OPTIM_H

#include "core/train/train.h"

struct pl_optim;

struct pl_optim_rule {
    const char *name;
    const char *summary;
    enum pl_op op;
    int hyper;   /* numbers of the step feed, at most PL_OPTIM_HYPER */
    bool decays; /* applies train.weight_decay */
    /* Required: moments each parameter needs, at most PL_OPTIM_MOMENTS. */
    int (*moments)(const struct pl_train_options *options);
    /* Required: the fixed numbers of [op]. */
    struct pl_attr (*attr)(const struct pl_train_options *options);
    /* Required: the numbers of the step. */
    void (*fill)(const struct pl_optim *optim, double rate, double decay, double *hyper);
};

enum { PL_OPTIM_HYPER = 4, PL_OPTIM_MOMENTS = 2 };

/* The table in the order of enum pl_optimizer; NULL after the last. */
const struct pl_optim_rule *pl_optim_at(int index);

/* An optimizer at work on a graph. */
struct pl_optim {
    const struct pl_optim_rule *rule;
    const struct pl_train_options *options; /* borrowed */
    struct {
        int node;  /* the update; PL_NONE for a group without trained parameters */
        int hyper; /* its step feed */
    } update[PL_GROUPS];
    double power1, power2; /* beta1^t, beta2^t */
};

/* Appends the updates to a graph that has its gradients (pl_graph_grad). */
void pl_optim_build(struct pl_optim *out, struct pl_graph *graph,
                    const struct pl_train_options *options);

/* Appends the update nodes to [targets] (room for PL_GROUPS); how many. */
int pl_optim_targets(const struct pl_optim *optim, int *targets);

/* Before each step: moves on to the next t and writes every hyper feed. */
void pl_optim_advance(struct pl_optim *optim, struct pl_program *program, double rate);

#endif
