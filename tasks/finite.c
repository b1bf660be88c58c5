#include "tasks/finite.h"

#include <math.h>
#include <string.h>

#include "tasks/split.h"

void pl_pools_init(struct pl_pools *pools, uint64_t inputs, double train_share,
                   struct pl_rng *rng) {
    uint64_t train = (uint64_t)floor(train_share * (double)inputs);
    PL_ASSERT(inputs >= 4);
    if (train < 1) train = 1;
    if (train > inputs - 2) train = inputs - 2;
    *pools = (struct pl_pools){.first = {0, train, train + (inputs - train) / 2, inputs}};
    pl_deal_init(&pools->deal, inputs, rng);
}

uint64_t pl_pool_size(const struct pl_pools *pools, enum pl_split split) {
    return pools->first[split + 1] - pools->first[split];
}

uint64_t pl_pool_at(const struct pl_pools *pools, enum pl_split split, uint64_t index) {
    return pl_deal_at(&pools->deal, pools->first[split] + index);
}

struct world {
    const struct pl_finite *finite;
    struct pl_pools pools;
    bool fresh; /* any of the pool, as often as it comes */
};

static void repeat(struct pl_samples *out, size_t sample, size_t from, size_t in) {
    memcpy(out->x + sample * in, out->x + from * in, in * sizeof *out->x);
    out->labels[sample] = out->labels[from];
    if (out->corrupted) out->corrupted[sample] = out->corrupted[from];
}

static enum pl_status draw(const void *world, enum pl_split split, struct pl_rng *rng,
                           struct pl_samples *out, struct pl_samples *clean) {
    const struct pl_pools *pools = &((const struct world *)world)->pools;
    const struct pl_finite *finite = ((const struct world *)world)->finite;
    size_t in = (size_t)finite->shape.in;
    uint64_t pool = pl_pool_size(pools, split);
    for (size_t i = 0; i < out->count; i++) {
        bool fresh = ((const struct world *)world)->fresh;
        if (i >= pool && !fresh) {
            repeat(out, i, i - (size_t)pool, in);
            if (clean != NULL) repeat(clean, i, i - (size_t)pool, in);
            continue;
        }
        uint64_t code = pl_pool_at(pools, split, fresh ? pl_rng_below(rng, pool) : i);
        int32_t label = finite->show(finite->world, code, rng, out->x + i * in);
        pl_labels_draw(&finite->labels, rng, label, &out->labels[i], &out->corrupted[i]);
        if (clean == NULL) continue;
        memcpy(clean->x + i * in, out->x + i * in, in * sizeof *out->x);
        clean->labels[i] = label;
    }
    return PL_OK;
}

enum pl_status pl_finite_generate(const struct pl_finite *finite, struct pl_rng *rng, uint64_t seed,
                                  struct pl_dataset *out) {
    struct world world = {.finite = finite, .fresh = out->fresh > 0};
    pl_pools_init(&world.pools, finite->inputs, finite->train_share, rng);
    struct pl_split_draw split = {.draw = draw, .world = &world, .clean = true};
    out->shape = finite->shape;
    return pl_split_generate(&split, finite->labels.common, seed, out);
}
