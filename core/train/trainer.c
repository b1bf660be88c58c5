/* A trainer is made in this order: sizes are checked; gradients and optimizer are appended to the graph; the
 * plan; the program. There are two passes: train (loss, gradients, update) and evaluate (every measure that
 * the network has). Nothing is allocated after that.
 */
#include "core/train/trainer.h"

#include <limits.h>
#include <math.h>

#include "core/graph/grad.h"
#include "core/train/snapshot.h"

enum { PASS_TRAIN, PASS_EVALUATE, PASSES };

static size_t largest_split(const struct pl_dataset *data) {
    size_t most = 0;
    for (int split = 0; split < PL_SPLITS; split++)
        if (data->split[split].count > most) most = data->split[split].count;
    return most;
}

static size_t batch_size(const struct pl_trainer *trainer) {
    size_t all = trainer->feeder.data->split[PL_TRAIN].count,
           asked = (size_t)trainer->options.batch;
    return asked > 0 && (asked < all || trainer->options.fresh) ? asked : all;
}

/* Sizes that an int of the graph cannot hold are a user's, not a broken promise. */
static enum pl_status check_sizes(const struct pl_network *network, const struct pl_dataset *data) {
    for (int group = 0; group < PL_GROUPS; group++)
        if (network->graph->group_size[group] > INT_MAX)
            return pl_fail(PL_EMEMORY,
                           "the model has %zu parameters of one kind, more than the %d a program "
                           "can hold; make it narrower or less deep",
                           network->graph->group_size[group], INT_MAX);
    if (largest_split(data) > UINT32_MAX / (size_t)data->shape.tokens)
        return pl_fail(PL_EMEMORY,
                       "a split of %zu samples with %ld tokens has more tokens than can be "
                       "numbered (%lu); ask for fewer samples",
                       largest_split(data), data->shape.tokens, (unsigned long)UINT32_MAX);
    return PL_OK;
}

static void check_fit(const struct pl_network *network, const struct pl_dataset *data) {
    bool classes = data->shape.target == PL_TARGET_CLASS;
    bool ids = data->shape.input == PL_INPUT_ID;
    PL_ASSERT(network->feed[classes ? PL_FEED_LABELS : PL_FEED_Y] != PL_NONE);
    PL_ASSERT(network->feed[ids ? PL_FEED_IDS : PL_FEED_X] != PL_NONE);
    PL_ASSERT(network->feed[PL_FEED_WEIGHT] != PL_NONE);
    PL_ASSERT(network->feed[PL_FEED_INVERSE_WEIGHT] != PL_NONE);
    PL_ASSERT(network->measure[PL_MEASURE_LOSS] != PL_NONE);
    PL_ASSERT(network->graph->sequence == data->shape.tokens);
}

static void make_plan(struct pl_trainer *trainer, int tile) {
    const struct pl_network *network = &trainer->feeder.network;
    int loss = network->measure[PL_MEASURE_LOSS], train[1 + PL_OPTIM_TARGETS] = {loss};
    int evaluate[PL_MEASURES], count = 0;
    for (int k = 0; k < PL_MEASURES; k++)
        if (network->measure[k] != PL_NONE) evaluate[count++] = network->measure[k];
    pl_graph_grad(network->graph, loss, NULL, 0);
    pl_optim_build(&trainer->optim, network->graph, &trainer->options, loss);
    const struct pl_pass_spec passes[PASSES] = {
        [PASS_TRAIN] = {"train", train, 1 + pl_optim_targets(&trainer->optim, train + 1)},
        [PASS_EVALUATE] = {"evaluate", evaluate, count},
    };
    pl_plan_make(&trainer->plan, network->graph, tile, passes, PASSES);
#ifdef PL_DEBUG
    pl_graph_check(network->graph);
    pl_plan_check(&trainer->plan);
#endif
}

enum pl_status pl_trainer_create(struct pl_trainer **out, const struct pl_network *network,
                                 const struct pl_train_options *options,
                                 const struct pl_backend *backend, const struct pl_dataset *data) {
    *out = NULL;
    check_fit(network, data);
    PL_TRY(check_sizes(network, data));
    struct pl_trainer *trainer = pl_alloc_zero(1, sizeof *trainer);
    trainer->feeder = (struct pl_feeder){.network = *network, .data = data};
    trainer->options = *options;
    int tile = pl_feeder_tile(&trainer->feeder, backend, batch_size(trainer));
    make_plan(trainer, tile);
    enum pl_status status = pl_program_create(&trainer->program, backend, &trainer->plan);
    if (status != PL_OK) {
        pl_trainer_destroy(trainer);
        return status;
    }
    pl_feeder_init(&trainer->feeder, trainer->program);
    *out = trainer;
    return PL_OK;
}

void pl_trainer_destroy(struct pl_trainer *trainer) {
    if (!trainer) return;
    pl_program_destroy(trainer->program);
    pl_plan_finish(&trainer->plan);
    pl_feeder_finish(&trainer->feeder);
    pl_free(trainer);
}

struct pl_program *pl_trainer_program(struct pl_trainer *trainer) {
    return trainer->program;
}

void pl_trainer_watch(struct pl_trainer *trainer, struct pl_watch watch) {
    trainer->watch = watch;
}

void pl_trainer_supply(struct pl_trainer *trainer, struct pl_supply supply) {
    trainer->supply = supply;
}

void pl_trainer_keep(struct pl_trainer *trainer, struct pl_keep keep) {
    trainer->keep = keep;
}

enum pl_status pl_trainer_resume(struct pl_trainer *trainer, const char *state, size_t size) {
    PL_TRY(pl_snapshot_check(trainer, state, size));
    trainer->resume = state;
    return PL_OK;
}

const struct pl_plan *pl_trainer_plan(const struct pl_trainer *trainer) {
    return &trainer->plan;
}

void pl_trainer_seed(struct pl_trainer *trainer, uint64_t seed) {
    trainer->seed = seed;
}

/* ---- one pass over samples ---- */

/* The rate, and seed and step in parts that every backend's numbers hold. */
static void write_dropout(struct pl_trainer *trainer, double rate) {
    enum { PART = 1 << 16 };
    int node = trainer->feeder.network.feed[PL_FEED_DROPOUT];
    uint64_t seed = trainer->seed ^ trainer->seed >> 32, step = (uint64_t)trainer->step;
    const double key[PL_DROPOUT_KEY] = {rate, (double)(seed % PART), (double)(seed / PART % PART),
                                        (double)(step % PART), (double)(step / PART % PART)};
    if (node != PL_NONE) pl_program_write(trainer->program, node, key);
}

static void advance(struct pl_trainer *trainer, const struct pl_selection *batch) {
    pl_optim_advance(&trainer->optim, trainer->program, ++trainer->step);
    write_dropout(trainer, trainer->feeder.network.dropout);
    pl_feeder_run(&trainer->feeder, PASS_TRAIN, batch, NULL, NULL);
}

void pl_trainer_advance(struct pl_trainer *trainer, const uint32_t *samples, size_t count) {
    advance(trainer,
            &(struct pl_selection){&trainer->feeder.data->split[PL_TRAIN], samples, count});
}

enum pl_status pl_trainer_advance_fresh(struct pl_trainer *trainer) {
    struct pl_dataset data = {.fresh = (uint64_t)trainer->step + 1};
    size_t count = batch_size(trainer);
    if (!trainer->supply.draw)
        return pl_fail(PL_ECONFIG, "train.fresh is true, but nobody draws new samples here");
    PL_TRY(trainer->supply.draw(trainer->supply.ctx, count, &data));
    advance(trainer, &(struct pl_selection){&data.split[PL_TRAIN], NULL, count});
    pl_dataset_finish(&data);
    return PL_OK;
}

static double loss_of(const struct pl_trainer *trainer) {
    return pl_feeder_read(&trainer->feeder, trainer->feeder.network.measure[PL_MEASURE_LOSS]);
}

double pl_trainer_step(struct pl_trainer *trainer, const uint32_t *samples, size_t count) {
    pl_trainer_advance(trainer, samples, count);
    return loss_of(trainer);
}

enum pl_status pl_trainer_step_fresh(struct pl_trainer *trainer, double *loss) {
    PL_TRY(pl_trainer_advance_fresh(trainer));
    *loss = loss_of(trainer);
    return PL_OK;
}

struct pl_point pl_trainer_evaluate(struct pl_trainer *trainer, enum pl_split split) {
    const struct pl_samples *from = &trainer->feeder.data->split[split];
    const struct pl_selection all = {from, NULL, from->count};
    struct pl_point point = {.step = trainer->step, .split = split};
    write_dropout(trainer, 0);
    if (from->count > 0) pl_feeder_run(&trainer->feeder, PASS_EVALUATE, &all, NULL, NULL);
    for (int k = 0; k < PL_MEASURES; k++)
        point.measure[k] =
            from->count == 0 ? NAN
                             : pl_feeder_read(&trainer->feeder, trainer->feeder.network.measure[k]);
    return point;
}
