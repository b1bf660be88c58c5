#include "core/train/feeder.h"

#include <math.h>

int pl_feeder_tile(struct pl_feeder *feeder, const struct pl_backend *backend, long width,
                   size_t batch) {
    size_t tokens = (size_t)feeder->data->shape.tokens;
    long hidden = feeder->network.hidden ? feeder->network.hidden : 4 * width;
    size_t tile = (size_t)feeder->network.tile;
    if (!tile) tile = (size_t)pl_backend_tile(backend, width, hidden, batch * tokens);
    size_t samples = tile < tokens ? 1 : tile / tokens;
    feeder->samples = (int)samples;
    return (int)pl_graph_padded(samples * tokens);
}

void pl_feeder_init(struct pl_feeder *feeder, struct pl_program *program) {
    int tile = pl_program_plan(program)->tokens;
    feeder->program = program;
    feeder->ones = pl_alloc((size_t)tile * sizeof *feeder->ones);
    feeder->index = pl_alloc((size_t)tile * sizeof *feeder->index);
    feeder->weight = pl_alloc((size_t)tile * sizeof *feeder->weight);
    for (int t = 0; t < tile; t++) feeder->ones[t] = 1;
}

void pl_feeder_finish(struct pl_feeder *feeder) {
    pl_free(feeder->ones);
    pl_free(feeder->index);
    pl_free(feeder->weight);
}

static double selection_weight(const struct pl_feeder *feeder, const struct pl_selection *samples) {
    size_t tokens = (size_t)feeder->data->shape.tokens;
    if (!samples->from->weight) return (double)samples->count * (double)tokens;
    double total = 0;
    for (size_t k = 0; k < samples->count; k++) {
        size_t sample = samples->which ? samples->which[k] : k;
        for (size_t t = 0; t < tokens; t++) total += samples->from->weight[sample * tokens + t];
    }
    return total;
}

/* Which tokens belong to the [count] samples from the first-th on. */
static struct pl_gather tile_tokens(struct pl_feeder *feeder, const struct pl_selection *samples,
                                    size_t first, size_t count) {
    size_t tokens = (size_t)feeder->data->shape.tokens;
    struct pl_gather gather = {.first = first * tokens, .count = (int)(count * tokens)};
    if (!samples->which) return gather;
    for (size_t k = 0; k < count; k++)
        for (size_t t = 0; t < tokens; t++)
            feeder->index[k * tokens + t] = (uint32_t)(samples->which[first + k] * tokens + t);
    gather.index = feeder->index;
    return gather;
}

static void feed_tile(struct pl_feeder *feeder, int pass, const struct pl_samples *from,
                      struct pl_gather gather) {
    const struct pl_network *network = &feeder->network;
    struct pl_program *program = feeder->program;
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
        pl_program_fill(program, pass, network->weight, feeder->ones, gather.count);
}

/* The weights of the tile's tokens, in its order. */
static const float *tile_weights(struct pl_feeder *feeder, const struct pl_samples *from,
                                 struct pl_gather gather) {
    if (!from->weight) return feeder->ones;
    for (int t = 0; t < gather.count; t++)
        feeder->weight[t] = from->weight[gather.index ? gather.index[t] : gather.first + (size_t)t];
    return feeder->weight;
}

void pl_feeder_run(struct pl_feeder *feeder, int pass, const struct pl_selection *samples,
                   pl_after_tile *after, void *ctx) {
    double total = selection_weight(feeder, samples), inverse = total > 0 ? 1 / total : 0;
    size_t most = (size_t)feeder->samples;
    pl_program_write(feeder->program, feeder->network.inverse_weight, &inverse);
    pl_program_begin(feeder->program, pass);
    for (size_t first = 0; first < samples->count; first += most) {
        size_t left = samples->count - first, count = left < most ? left : most;
        struct pl_gather gather = tile_tokens(feeder, samples, first, count);
        feed_tile(feeder, pass, samples->from, gather);
        pl_program_tile(feeder->program, pass);
        if (after) after(ctx, gather.count, tile_weights(feeder, samples->from, gather));
    }
    pl_program_end(feeder->program, pass);
}

double pl_feeder_read(const struct pl_feeder *feeder, int node) {
    double value;
    if (node == PL_NONE) return NAN;
    pl_program_read(feeder->program, node, &value);
    return value;
}
