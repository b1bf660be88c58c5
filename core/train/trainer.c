#include "core/train/trainer.h"

#include <limits.h>
#include <math.h>

#include "core/graph/grad.h"
#include "core/train/schedule.h"

enum { PASS_TRAIN, PASS_EVALUATE, PASSES };

static size_t largest_split(const struct pl_dataset *data) {
    size_t most = 0;
    for (int split = 0; split < PL_SPLITS; split++)
        if (data->split[split].count > most) most = data->split[split].count;
    return most;
}

/* The backend's width, cut to whole samples; a sample that is wider gets a tile of its own. */
static int tile_width(struct pl_trainer *trainer, const struct pl_backend *backend, long width) {
    size_t tokens = (size_t)trainer->data->shape.tokens;
    size_t batch = trainer->data->split[PL_TRAIN].count, asked = (size_t)trainer->options.batch;
    if (asked > 0 && asked < batch) batch = asked;
    size_t tile = (size_t)pl_backend_tile(backend, width, batch * tokens);
    size_t samples = tile < tokens ? 1 : tile / tokens;
    trainer->samples = (int)samples;
    return (int)pl_graph_padded(samples * tokens);
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
    PL_ASSERT((classes ? network->labels : network->y) != PL_NONE);
    PL_ASSERT(network->weight != PL_NONE && network->inverse_weight != PL_NONE);
    PL_ASSERT((pl_graph_node(network->graph, network->x)->dtype == PL_INDEX) == ids);
}

static void make_plan(struct pl_trainer *trainer, int tile) {
    const struct pl_network *network = &trainer->network;
    int train[PL_GROUPS + 1] = {network->loss};
    const int evaluate[] = {network->loss, network->accuracy};
    pl_graph_grad(network->graph, network->loss, NULL, 0);
    pl_optim_build(&trainer->optim, network->graph, &trainer->options);
    const struct pl_pass_spec passes[PASSES] = {
        [PASS_TRAIN] = {"train", train, 1 + pl_optim_targets(&trainer->optim, train + 1)},
        [PASS_EVALUATE] = {"evaluate", evaluate, network->accuracy == PL_NONE ? 1 : 2},
    };
    pl_plan_make(&trainer->plan, network->graph, tile, passes, PASSES);
#ifdef PL_DEBUG
    pl_graph_check(network->graph);
    pl_plan_check(&trainer->plan);
#endif
}

enum pl_status pl_trainer_create(struct pl_trainer **out, const struct pl_network *network,
                                 const struct pl_train_options *options,
                                 const struct pl_backend *backend, const struct pl_dataset *data,
                                 long width) {
    *out = NULL;
    check_fit(network, data);
    PL_TRY(check_sizes(network, data));
    struct pl_trainer *trainer = pl_alloc_zero(1, sizeof *trainer);
    trainer->network = *network;
    trainer->options = *options;
    trainer->data = data;
    int tile = tile_width(trainer, backend, width);
    make_plan(trainer, tile);
    enum pl_status status = pl_program_create(&trainer->program, backend, &trainer->plan);
    if (status != PL_OK) {
        pl_trainer_destroy(trainer);
        return status;
    }
    trainer->ones = pl_alloc((size_t)tile * sizeof *trainer->ones);
    trainer->index = pl_alloc((size_t)tile * sizeof *trainer->index);
    for (int t = 0; t < tile; t++) trainer->ones[t] = 1;
    *out = trainer;
    return PL_OK;
}

void pl_trainer_destroy(struct pl_trainer *trainer) {
    if (!trainer) return;
    pl_program_destroy(trainer->program);
    pl_plan_finish(&trainer->plan);
    pl_free(trainer->ones);
    pl_free(trainer->index);
    pl_free(trainer);
}

struct pl_program *pl_trainer_program(struct pl_trainer *trainer) {
    return trainer->program;
}

const struct pl_plan *pl_trainer_plan(const struct pl_trainer *trainer) {
    return &trainer->plan;
}

/* ---- one pass over samples ---- */

/* Samples of one split, in stored order or (which not NULL) by number. */
struct selection {
    const struct pl_samples *from;
    const uint32_t *which;
    size_t count;
};

static double selection_weight(const struct pl_trainer *trainer, const struct selection *samples) {
    size_t tokens = (size_t)trainer->data->shape.tokens;
    if (!samples->from->weight) return (double)samples->count * (double)tokens;
    double total = 0;
    for (size_t k = 0; k < samples->count; k++) {
        size_t sample = samples->which ? samples->which[k] : k;
        for (size_t t = 0; t < tokens; t++) total += samples->from->weight[sample * tokens + t];
    }
    return total;
}

/* Which tokens belong to the [count] samples from the first-th on. */
static struct pl_gather tile_tokens(struct pl_trainer *trainer, const struct selection *samples,
                                    size_t first, size_t count) {
    size_t tokens = (size_t)trainer->data->shape.tokens;
    struct pl_gather gather = {.first = first * tokens, .count = (int)(count * tokens)};
    if (!samples->which) return gather;
    for (size_t k = 0; k < count; k++)
        for (size_t t = 0; t < tokens; t++)
            trainer->index[k * tokens + t] = (uint32_t)(samples->which[first + k] * tokens + t);
    gather.index = trainer->index;
    return gather;
}

static void feed_tile(struct pl_trainer *trainer, int pass, const struct pl_samples *from,
                      struct pl_gather gather) {
    const struct pl_network *network = &trainer->network;
    struct pl_program *program = trainer->program;
    if (from->ids)
        pl_program_gather_index(program, pass, network->x, from->ids, gather);
    else
        pl_program_gather(program, pass, network->x, from->x, gather);
    if (from->labels)
        pl_program_gather_index(program, pass, network->labels, from->labels, gather);
    else
        pl_program_gather(program, pass, network->y, from->y, gather);
    if (from->weight)
        pl_program_gather(program, pass, network->weight, from->weight, gather);
    else
        pl_program_fill(program, pass, network->weight, trainer->ones, gather.count);
}

/* Samples that weigh nothing have loss 0 and no gradient. */
static void run_pass(struct pl_trainer *trainer, int pass, const struct selection *samples) {
    double total = selection_weight(trainer, samples), inverse = total > 0 ? 1 / total : 0;
    size_t most = (size_t)trainer->samples;
    pl_program_write(trainer->program, trainer->network.inverse_weight, &inverse);
    pl_program_begin(trainer->program, pass);
    for (size_t first = 0; first < samples->count; first += most) {
        size_t left = samples->count - first, count = left < most ? left : most;
        feed_tile(trainer, pass, samples->from, tile_tokens(trainer, samples, first, count));
        pl_program_tile(trainer->program, pass);
    }
    pl_program_end(trainer->program, pass);
}

static double read_scalar(const struct pl_trainer *trainer, int node) {
    double value;
    if (node == PL_NONE) return NAN;
    pl_program_read(trainer->program, node, &value);
    return value;
}

double pl_trainer_step(struct pl_trainer *trainer, const uint32_t *samples, size_t count) {
    const struct selection batch = {&trainer->data->split[PL_TRAIN], samples, count};
    double rate = pl_schedule_rate(&trainer->options, ++trainer->step);
    pl_optim_advance(&trainer->optim, trainer->program, rate);
    run_pass(trainer, PASS_TRAIN, &batch);
    return read_scalar(trainer, trainer->network.loss);
}

struct pl_point pl_trainer_evaluate(struct pl_trainer *trainer, enum pl_split split) {
    const struct pl_samples *from = &trainer->data->split[split];
    const struct selection all = {from, NULL, from->count};
    struct pl_point point = {trainer->step, split, NAN, NAN};
    if (from->count == 0) return point;
    run_pass(trainer, PASS_EVALUATE, &all);
    point.loss = read_scalar(trainer, trainer->network.loss);
    point.accuracy = read_scalar(trainer, trainer->network.accuracy);
    return point;
}
