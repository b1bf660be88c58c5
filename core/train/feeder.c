/* Samples become tiles. A selection names samples; a gather names tokens, those of a sample one after
 * the other. A tile holds whole samples, at most feeder->samples of them, in the order of the
 * selection. Buffers have the tile's width and are filled anew for each tile; what the plan pads beyond
 * them is excluded by the backend.
 *
 *     selection ─► tile_tokens ─► inputs ─► asked_tokens ─► targets, where the network selects tokens
 */
#include "core/train/feeder.h"

#include <math.h>

int pl_feeder_tile(struct pl_feeder *feeder, const struct pl_backend *backend, size_t batch) {
    const struct pl_network *network = &feeder->network;
    size_t tile = (size_t)network->tile;
    long hidden = network->hidden ? network->hidden : 4 * network->width;
    if (!tile)
        tile = (size_t)pl_backend_tile(backend, network->width, hidden,
                                       batch * (size_t)network->graph->sequence);
    return pl_plan_tile(network->graph, tile, batch, &feeder->samples);
}

void pl_feeder_init(struct pl_feeder *feeder, struct pl_program *program) {
    int tile = pl_program_plan(program)->tokens;
    feeder->program = program;
    feeder->ones = pl_alloc((size_t)tile * sizeof *feeder->ones);
    feeder->index = pl_alloc((size_t)tile * sizeof *feeder->index);
    feeder->position = pl_alloc((size_t)tile * sizeof *feeder->position);
    feeder->weight = pl_alloc((size_t)tile * sizeof *feeder->weight);
    feeder->token = pl_alloc((size_t)tile * sizeof *feeder->token);
    feeder->place = pl_alloc((size_t)tile * sizeof *feeder->place);
    feeder->target = pl_alloc((size_t)tile * sizeof *feeder->target);
    for (int t = 0; t < tile; t++) {
        feeder->ones[t] = 1;
        feeder->position[t] = t % feeder->network.graph->sequence;
    }
}

void pl_feeder_finish(struct pl_feeder *feeder) {
    pl_free(feeder->ones);
    pl_free(feeder->index);
    pl_free(feeder->position);
    pl_free(feeder->weight);
    pl_free(feeder->token);
    pl_free(feeder->place);
    pl_free(feeder->target);
}

/* The weight of all tokens of a selection, and how many of its samples have some. */
struct total {
    double weight, samples;
};

static struct total total_of(const struct pl_feeder *feeder, const struct pl_selection *samples) {
    size_t tokens = (size_t)feeder->data->shape.tokens;
    struct total total = {(double)samples->count * (double)tokens, (double)samples->count};
    if (!samples->from->weight) return total;
    total = (struct total){0};
    for (size_t k = 0; k < samples->count; k++) {
        size_t sample = samples->which ? samples->which[k] : k;
        bool weighs = false;
        for (size_t t = 0; t < tokens; t++) {
            float weight = samples->from->weight[sample * tokens + t];
            total.weight += weight;
            weighs |= weight > 0;
        }
        total.samples += weighs;
    }
    return total;
}

static void write_inverse(struct pl_feeder *feeder, enum pl_feed feed, double total) {
    double inverse = total > 0 ? 1 / total : 0;
    if (feeder->network.feed[feed] != PL_NONE)
        pl_program_write(feeder->program, feeder->network.feed[feed], &inverse);
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

static size_t token_at(struct pl_gather gather, size_t t) {
    return gather.index ? gather.index[t] : gather.first + t;
}

static void number_tokens(struct pl_feeder *feeder, struct pl_gather gather) {
    for (int t = 0; t < gather.count; t++) feeder->token[t] = (int32_t)token_at(gather, (size_t)t);
}

/* The asked tokens of each sample of a tile: those with weight, in order. A sample that has fewer is filled up
 * with tokens without weight, of which it then has enough. */
static struct pl_gather asked_tokens(struct pl_feeder *feeder, const struct pl_samples *from,
                                     struct pl_gather gather) {
    size_t tokens = (size_t)feeder->data->shape.tokens;
    size_t asked = (size_t)feeder->network.graph->asked, count = 0;
    for (size_t first = 0; first < (size_t)gather.count; first += tokens)
        for (int weighs = 1; weighs >= 0; weighs--)
            for (size_t t = 0; t < tokens && count < (first / tokens + 1) * asked; t++) {
                size_t at = token_at(gather, first + t);
                if ((!from->weight || from->weight[at] > 0) != weighs) continue;
                feeder->place[count] = (int32_t)t;
                feeder->target[count++] = (uint32_t)at;
            }
    return (struct pl_gather){.index = feeder->target, .count = (int)count};
}

/* Where the values of a feed come from: numbers (some a token) or indices, of the samples or in the
 * order of the tile. */
struct supply {
    const float *numbers;
    const int32_t *indices;
    struct pl_gather gather;
};

static void feed_tile(struct pl_feeder *feeder, int pass, const struct pl_samples *from,
                      struct pl_gather gather) {
    const struct pl_gather in_order = {.count = gather.count};
    bool asks = feeder->network.feed[PL_FEED_ASKED] != PL_NONE;
    struct pl_gather target = asks ? asked_tokens(feeder, from, gather) : gather;
    const struct pl_gather targets_in_order = {.count = target.count};
    if (feeder->network.feed[PL_FEED_TOKEN] != PL_NONE) number_tokens(feeder, gather);
    const struct supply supplies[PL_FEEDS] = {
        [PL_FEED_X] = {from->x, NULL, gather},
        [PL_FEED_IDS] = {NULL, from->ids, gather},
        [PL_FEED_POSITION] = {NULL, feeder->position, in_order},
        [PL_FEED_TOKEN] = {NULL, feeder->token, in_order},
        [PL_FEED_ASKED] = {NULL, feeder->place, targets_in_order},
        [PL_FEED_PRESENT] = {feeder->ones, NULL, in_order},
        [PL_FEED_Y] = {from->y, NULL, target},
        [PL_FEED_LABELS] = {NULL, from->labels, target},
        [PL_FEED_WEIGHT] = {from->weight ? from->weight : feeder->ones, NULL,
                            from->weight ? target : targets_in_order},
    };
    for (int feed = 0; feed < PL_FEEDS; feed++) {
        int node = feeder->network.feed[feed];
        const struct supply *s = &supplies[feed];
        if (node == PL_NONE) continue;
        if (s->numbers) pl_program_gather(feeder->program, pass, node, s->numbers, s->gather);
        if (s->indices) pl_program_gather_index(feeder->program, pass, node, s->indices, s->gather);
    }
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
    struct total total = total_of(feeder, samples);
    size_t most = (size_t)feeder->samples;
    write_inverse(feeder, PL_FEED_INVERSE_WEIGHT, total.weight);
    write_inverse(feeder, PL_FEED_INVERSE_SAMPLES, total.samples);
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
