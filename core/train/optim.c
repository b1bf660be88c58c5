/* Optimizers as rows: which operator updates a flat group, how many moments it keeps, and the
 * numbers that it needs at a step (rate, decay, powers of beta).
 *
 * A group of parameters is updated whole, by one operator. Its numbers for up to COLUMNS steps lie
 * in a table that is written ahead; the graph counts the steps itself (optim.clock) and picks its
 * column, so that a device runs many steps without the host. pl_optim_advance writes the next
 * table in time; steps come one after the other, because powers of beta are multiplied on and not
 * computed anew. */
#include "core/train/optim.h"

#include <stdio.h>

#include "core/base/fault.h"
#include "core/train/schedule.h"

/* ---- sgd ---- */

/* Without momentum there is nothing to remember. */
static int sgd_moments(const struct pl_train_options *options) {
    return options->momentum != 0 ? 1 : 0;
}

static struct pl_attr sgd_attr(const struct pl_train_options *options) {
    return (struct pl_attr){.sgd.momentum = options->momentum};
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
    return (struct pl_attr){.adam = {options->beta1, options->beta2, options->eps}};
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

static const char *const group_names[PL_GROUPS] = {[PL_GROUP_WEIGHT] = "weight",
                                                   [PL_GROUP_PLAIN] = "plain",
                                                   [PL_GROUP_CONNECTION] = "connection",
                                                   [PL_GROUP_EMBED] = "embed"};

static double group_rate(const struct pl_optim *optim, int group, double rate) {
    return group == PL_GROUP_CONNECTION ? rate * optim->options->lr_mult : rate;
}

static double group_decay(const struct pl_optim *optim, int group) {
    const struct pl_train_options *options = optim->options;
    bool decays =
        group == PL_GROUP_WEIGHT || (group == PL_GROUP_EMBED && options->decay_embeddings);
    return decays && optim->rule->decays ? options->weight_decay : 0;
}

enum { COLUMNS = 1024 };

static bool is_moved(const struct pl_graph *graph, int group) {
    return group != PL_GROUP_CONSTANT && graph->group_size[group] > 0;
}

/* The sum of squares of all gradients, or PL_NONE where nothing is clipped. */
static int squares(const struct pl_optim *optim, struct pl_graph *graph) {
    int in[PL_GROUPS], count = 0;
    if (optim->options->clip == 0) return PL_NONE;
    for (int group = 0; group < PL_GROUPS; group++)
        if (is_moved(graph, group)) in[count++] = pl_grads(graph, (enum pl_group)group);
    return pl_op(graph, PL_OP_SQUARES, (struct pl_attr){0}, in, count);
}

static void build_group(struct pl_optim *optim, struct pl_graph *graph, enum pl_group group,
                        int all) {
    static const char *const moment_names[PL_OPTIM_MOMENTS] = {"m", "v"};
    char name[64];
    int moments = optim->rule->moments(optim->options), hyper = optim->rule->hyper;
    int in[3 + PL_OPTIM_MOMENTS] = {pl_params(graph, group), pl_grads(graph, group)};
    const struct pl_attr clip = {.clip.most = optim->options->clip};
    if (all != PL_NONE) in[1] = pl_op(graph, PL_OP_CLIP, clip, (const int[]){in[1], all}, 2);
    snprintf(name, sizeof name, "optim.%s.table", group_names[group]);
    int table = pl_feed_step(graph, name, hyper * (int)optim->columns);
    in[2] = pl_op(graph, PL_OP_PICK, (struct pl_attr){.pick.rows = hyper},
                  (const int[]){table, optim->clock}, 2);
    for (int k = 0; k < moments; k++) {
        snprintf(name, sizeof name, "optim.%s.%s", group_names[group], moment_names[k]);
        in[3 + k] = pl_state(graph, name, (int)graph->group_size[group]);
    }
    struct pl_attr attr = optim->rule->attr(optim->options);
    optim->update[group].table = table;
    optim->update[group].node = pl_op(graph, optim->rule->op, attr, in, 3 + moments);
}

void pl_optim_build(struct pl_optim *out, struct pl_graph *graph,
                    const struct pl_train_options *options, int loss) {
    *out = (struct pl_optim){
        .rule = &rules[options->optimizer], .options = options, .power1 = 1, .power2 = 1};
    out->columns = options->steps < COLUMNS ? options->steps : COLUMNS;
    out->clock = pl_state(graph, "optim.clock", 2);
    int all = squares(out, graph);
    for (int group = 0; group < PL_GROUPS; group++) {
        out->update[group].node = out->update[group].table = PL_NONE;
        if (is_moved(graph, group)) build_group(out, graph, (enum pl_group)group, all);
    }
    out->tick = pl_op(graph, PL_OP_TICK, (struct pl_attr){0}, (const int[]){out->clock, loss}, 2);
}

int pl_optim_targets(const struct pl_optim *optim, int *targets) {
    int count = 0;
    for (int group = 0; group < PL_GROUPS; group++)
        if (optim->update[group].node != PL_NONE) targets[count++] = optim->update[group].node;
    targets[count++] = optim->tick;
    return count;
}

/* ---- the table ---- */

static void raise_powers(struct pl_optim *optim, long step) {
    for (; optim->power_of < step; optim->power_of++) {
        optim->power1 *= optim->options->beta1;
        optim->power2 *= optim->options->beta2;
    }
}

/* The column of [step] of every group's table. */
static void fill_column(struct pl_optim *optim, long step, double *tables[PL_GROUPS]) {
    double rate = pl_schedule_rate(optim->options, step);
    long at = (step - optim->first) * optim->rule->hyper;
    raise_powers(optim, step);
    for (int group = 0; group < PL_GROUPS; group++)
        if (tables[group])
            optim->rule->fill(optim, group_rate(optim, group, rate), group_decay(optim, group),
                              tables[group] + at);
}

static void write_tables(struct pl_optim *optim, struct pl_program *program) {
    size_t size = (size_t)(optim->columns * optim->rule->hyper);
    double *tables[PL_GROUPS] = {NULL};
    for (int group = 0; group < PL_GROUPS; group++)
        if (optim->update[group].node != PL_NONE)
            tables[group] = pl_alloc_zero(size, sizeof(double));
    for (long k = 0; k < optim->columns; k++) fill_column(optim, optim->first + k, tables);
    for (int group = 0; group < PL_GROUPS; group++) {
        if (tables[group]) pl_program_write(program, optim->update[group].table, tables[group]);
        pl_free(tables[group]);
    }
}

void pl_optim_advance(struct pl_optim *optim, struct pl_program *program, long step) {
    static const double start[2] = {0, 0};
    if (optim->first > 0 && step < optim->first + optim->columns) return;
    optim->bad = pl_optim_first_bad(optim, program);
    optim->first = step;
    write_tables(optim, program);
    pl_program_write(program, optim->clock, start);
}

long pl_optim_first_bad(const struct pl_optim *optim, struct pl_program *program) {
    double clock[2];
    if (optim->bad > 0 || optim->first == 0) return optim->bad;
    pl_program_read(program, optim->clock, clock);
    return clock[1] > 0 ? optim->first + (long)clock[1] - 1 : 0; /* NaN: the device is lost */
}
