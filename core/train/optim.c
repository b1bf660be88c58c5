#include "core/train/optim.h"

#include <stdio.h>

#include "core/base/fault.h"

/* ---- sgd ---- */

/* Without momentum there is nothing to remember. */
static int sgd_moments(const struct pl_train_options *options) {
    return options->momentum != 0 ? 1 : 0;
}

static struct pl_attr sgd_attr(const struct pl_train_options *options) {
    return (struct pl_attr){.a = options->momentum};
}

static void sgd_fill(const struct pl_optim *optim, double rate, double decay, double *hyper) {
    (void)optim, (void)decay;
    hyper[0] = rate;
}

/* ---- adam ---- */

static int adam_moments(const struct pl_train_options *options) {
    (void)options;
    return 2;
}

static struct pl_attr adam_attr(const struct pl_train_options *options) {
    return (struct pl_attr){.a = options->beta1, .b = options->beta2, .eps = options->eps};
}

static void adam_fill(const struct pl_optim *optim, double rate, double decay, double *hyper) {
    hyper[0] = rate;
    bool corrected = !pl_fault("adam_bias");
    hyper[1] = corrected ? 1 / (1 - optim->power1) : 1;
    hyper[2] = corrected ? 1 / (1 - optim->power2) : 1;
    hyper[3] = rate * decay;
}

/* ---- the table ---- */

static const struct pl_optim_rule rules[] = {
    [PL_OPTIM_ADAM] = {"adam", "Adam (Kingma & Ba 2015) with bias correction", PL_OP_ADAM_STEP, 4,
                       false, adam_moments, adam_attr, adam_fill},
    [PL_OPTIM_ADAMW] = {"adamw",
                        "Adam with decoupled weight decay of matrices (Loshchilov & "
                        "Hutter 2019)",
                        PL_OP_ADAM_STEP, 4, true, adam_moments, adam_attr, adam_fill},
    [PL_OPTIM_SGD] = {"sgd", "gradient descent with momentum (momentum: 0 for none)",
                      PL_OP_SGD_STEP, 1, false, sgd_moments, sgd_attr, sgd_fill},
};
enum { RULES = sizeof rules / sizeof rules[0] };

const struct pl_optim_rule *pl_optim_at(int index) {
    return index >= 0 && index < RULES ? &rules[index] : NULL;
}

/* ---- groups ---- */

static const char *const group_names[PL_GROUPS] = {
    [PL_GROUP_WEIGHT] = "weight", [PL_GROUP_PLAIN] = "plain", [PL_GROUP_CONNECTION] = "connection"};

static double group_rate(const struct pl_optim *optim, int group, double rate) {
    return group == PL_GROUP_CONNECTION ? rate * optim->options->lr_mult : rate;
}

static double group_decay(const struct pl_optim *optim, int group) {
    return group == PL_GROUP_WEIGHT && optim->rule->decays ? optim->options->weight_decay : 0;
}

static void build_group(struct pl_optim *optim, struct pl_graph *graph, enum pl_group group) {
    static const char *const moment_names[PL_OPTIM_MOMENTS] = {"m", "v"};
    char name[64];
    int moments = optim->rule->moments(optim->options);
    int in[3 + PL_OPTIM_MOMENTS] = {pl_params(graph, group), pl_grads(graph, group)};
    snprintf(name, sizeof name, "optim.%s.hyper", group_names[group]);
    in[2] = pl_feed_step(graph, name, optim->rule->hyper);
    for (int k = 0; k < moments; k++) {
        snprintf(name, sizeof name, "optim.%s.%s", group_names[group], moment_names[k]);
        in[3 + k] = pl_state(graph, name, (int)graph->group_size[group]);
    }
    struct pl_attr attr = optim->rule->attr(optim->options);
    optim->update[group].hyper = in[2];
    optim->update[group].node = pl_op(graph, optim->rule->op, attr, in, 3 + moments);
}

void pl_optim_build(struct pl_optim *out, struct pl_graph *graph,
                    const struct pl_train_options *options) {
    *out = (struct pl_optim){
        .rule = &rules[options->optimizer], .options = options, .power1 = 1, .power2 = 1};
    for (int group = 0; group < PL_GROUPS; group++) {
        out->update[group].node = out->update[group].hyper = PL_NONE;
        if (group != PL_GROUP_CONSTANT && graph->group_size[group] > 0)
            build_group(out, graph, (enum pl_group)group);
    }
}

int pl_optim_targets(const struct pl_optim *optim, int *targets) {
    int count = 0;
    for (int group = 0; group < PL_GROUPS; group++)
        if (optim->update[group].node != PL_NONE) targets[count++] = optim->update[group].node;
    return count;
}

void pl_optim_advance(struct pl_optim *optim, struct pl_program *program, double rate) {
    optim->power1 *= optim->options->beta1;
    optim->power2 *= optim->options->beta2;
    for (int group = 0; group < PL_GROUPS; group++) {
        if (optim->update[group].node == PL_NONE) continue;
        double hyper[PL_OPTIM_HYPER];
        optim->rule->fill(optim, group_rate(optim, group, rate), group_decay(optim, group), hyper);
        pl_program_write(program, optim->update[group].hyper, hyper);
    }
}
