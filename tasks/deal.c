#include "tasks/deal.h"

#include "core/base/status.h"

void pl_deal_init(struct pl_deal *deal, uint64_t count, struct pl_rng *rng) {
    PL_ASSERT(count >= 1 && count <= PL_DEAL_MOST);
    *deal = (struct pl_deal){.count = count, .half_bits = 1};
    while (UINT64_C(1) << 2 * deal->half_bits < count) deal->half_bits++;
    for (int k = 0; k < PL_DEAL_ROUNDS; k++) deal->keys[k] = pl_rng_u64(rng);
}

/* SplitMix64's finisher: every bit of the result hears of every bit of [x]. */
static uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static uint64_t once(const struct pl_deal *deal, uint64_t value) {
    uint64_t mask = (UINT64_C(1) << deal->half_bits) - 1;
    uint64_t left = value >> deal->half_bits, right = value & mask;
    for (int k = 0; k < PL_DEAL_ROUNDS; k++) {
        uint64_t kept = right;
        right = left ^ (mix(right + deal->keys[k]) & mask);
        left = kept;
    }
    return left << deal->half_bits | right;
}

/* Numbers at and above count are stepped over: their cycle leads back below it. */
uint64_t pl_deal_at(const struct pl_deal *deal, uint64_t index) {
    PL_ASSERT(index < deal->count);
    do index = once(deal, index);
    while (index >= deal->count);
    return index;
}
