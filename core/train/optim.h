/* Optim: how parameters move, and the clock that says which step it is. A table of rows; the enum pl_optimizer of train.h numbers them.
 *
 * An optimizer is more graph: one update node for each group of trained parameters, over the whole
 * group flat, so that a step is a few long loops whatever the number of tensors.
 *
 *     params ─────────┐
 *     grads ──────────┼─► adam_step       group        rate            decay
 *     m, v ───────────┤   (or sgd_step)   weight       rate            weight_decay, with adamw
 *     table ─► pick ──┘                   embed        rate            so too, with decay_embeddings
 *               ▲                         plain        rate            none
 *               │                         connection   rate lr_mult    none
 *     clock ────┴─ tick ◄── loss          constant     never moves
 *
 * Schedules and bias corrections are worked out beforehand, in double, for many steps at once: a table
 * with a column a step (core/backend/plain/optim.inc says what it holds). The clock is run state: it
 * picks the column, and it notes the first step whose loss is not finite. So a step needs nothing from
 * the host but its batch, and the host need not look at it.
 */
#ifndef PL_TRAIN_OPTIM_H
#define PL_TRAIN_OPTIM_H

#include "core/train/train.h"

struct pl_optim;

struct pl_optim_rule {
    const char *name;
    const char *summary;
    enum pl_op op;
    int hyper;   /* numbers of a column, at most PL_OPTIM_HYPER */
    bool decays; /* applies train.weight_decay */
    /* Required: moments each parameter needs, at most PL_OPTIM_MOMENTS. */
    int (*moments)(const struct pl_train_options *options);
    /* Required: the fixed numbers of [op]. */
    struct pl_attr (*attr)(const struct pl_train_options *options);
    /* Required: the numbers of the step. */
    void (*fill)(const struct pl_optim *optim, double rate, double decay, double *hyper);
};

enum { PL_OPTIM_HYPER = 4, PL_OPTIM_MOMENTS = 2, PL_OPTIM_TARGETS = PL_GROUPS + 1 };

/* The table in the order of enum pl_optimizer; NULL after the last. */
const struct pl_optim_rule *pl_optim_at(int index);

/* An optimizer at work on a graph. */
struct pl_optim {
    const struct pl_optim_rule *rule;
    const struct pl_train_options *options; /* borrowed */
    struct {
        int node;  /* the update; PL_NONE for a group without trained parameters */
        int table; /* a step feed */
    } update[PL_GROUPS];
    int clock, tick;
    long columns;          /* steps that a table holds */
    long first;            /* the step of its first column; 0: nothing is written yet */
    long bad;              /* the first step before [first] whose loss was not finite; 0: none */
    long power_of;         /* t of */
    double power1, power2; /* beta1^t, beta2^t: running products */
};

/* Appends updates and clock to a graph that has its gradients (pl_graph_grad) of [loss]. */
void pl_optim_build(struct pl_optim *out, struct pl_graph *graph,
                    const struct pl_train_options *options, int loss);

/* Appends what must run to [targets] (room for PL_OPTIM_TARGETS); how many. */
int pl_optim_targets(const struct pl_optim *optim, int *targets);

/* To be called before each step: the first may be any, the next ones follow one by one. Writes the
 * table anew when it lacks the step. */
void pl_optim_advance(struct pl_optim *optim, struct pl_program *program, long step);

/* The first step whose loss was not finite; 0 when there was none. Waits for the device. */
long pl_optim_first_bad(const struct pl_optim *optim, struct pl_program *program);

#endif
