#include "tasks/finite.h"

#include <math.h>
#include <string.h>

#include "tasks/deal.h"
#include "tasks/split.h"

struct pools {
    const struct pl_finite *finite;
    struct pl_deal deal;
    uint64_t first[PL_TEST + 2]; /* of each pool, and the end */
};

static void pools_init(struct pools *pools, const struct pl_finite *finite, struct pl_rng *rng) {
    uint64_t inputs = finite->inputs;
    uint64_t train = (uint64_t)floor(finite->train_share * (double)inputs);
    PL_ASSERT(inputs >= 4);
    if (train < 1) train = 1;
    if (train > inputs - 2) train = inputs - 2;
    *pools = (struct pools){.finite = finite, .first = {0, train, train + (inputs - train) / 2}};
    pools->first[PL_TEST + 1] = inputs;
    pl_deal_init(&pools->deal, inputs, rng);
}

static void repeat(struct pl_samples *out, size_t sample, size_t from, size_t in) {
    memcpy(out->x + sample * in, out->x + from * in, in * sizeof *out->x);
    out->labels[sample] = out->labels[from];
    if (out->corrupted) out->corrupted[sample] = out->corrupted[from];
}

static enum pl_status draw(const void *world, enum pl_split split, struct pl_rng *rng,
                           struct pl_samples *out, struct pl_samples *clean) {
    const struct pools *pools = world;
    const struct pl_finite *finite = pools->finite;
    size_t in = (size_t)finite->shape.in;
    uint64_t pool = pools->first[split + 1] - pools->first[split];
    for (size_t i = 0; i < out->count; i++) {
        if (i >= pool) {
            repeat(out, i, i - (size_t)pool, in);
            if (clean != NULL) repeat(clean, i, i - (size_t)pool, in);
            continue;
        }
        uint64_t code = pl_deal_at(&pools->deal, pools->first[split] + i);
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
    struct pools pools;
    pools_init(&pools, finite, rng);
    struct pl_split_draw split = {.draw = draw, .world = &pools, .clean = true};
    out->shape = finite->shape;
    return pl_split_generate(&split, finite->labels.common, seed, out);
}
