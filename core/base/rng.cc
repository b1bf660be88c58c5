#include "core/base/rng.h"

#include <cmath>
#include <cstring>
#include <type_traits>

#include <pcg_random.hpp>

#include "core/base/math.h"
#include "core/base/status.h"

static_assert(sizeof(pcg64) == sizeof(uint64_t[4]), "struct pl_rng holds a pcg64");
static_assert(std::is_trivially_copyable<pcg64>::value, "a struct pl_rng may be copied");

namespace {

/* FNV-1a, one step. */
uint64_t fnv(uint64_t hash, unsigned char byte) {
    return (hash ^ byte) * UINT64_C(0x100000001b3);
}

uint64_t fnv_text(uint64_t hash, const char *text) {
    for (; *text; text++) hash = fnv(hash, static_cast<unsigned char>(*text));
    return hash;
}

/* Lowest byte first, whatever the machine's order. */
uint64_t fnv_number(uint64_t hash, uint64_t number) {
    for (int i = 0; i < 8; i++) hash = fnv(hash, static_cast<unsigned char>(number >> (8 * i)));
    return hash;
}

/* Vigna's SplitMix64: advances *state and returns the next number. */
uint64_t split_mix(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* High word first. */
pcg64::state_type wide(uint64_t *state) {
    pcg64::state_type high = split_mix(state);
    return (high << 64) | pcg64::state_type(split_mix(state));
}

pcg64 load(const struct pl_rng *rng) {
    pcg64 engine;
    std::memcpy(&engine, rng->state, sizeof engine);
    return engine;
}

void save(struct pl_rng *rng, const pcg64 &engine) {
    std::memcpy(rng->state, &engine, sizeof engine);
}

} // namespace

/* Two digests that read seed and name in different order, so that two streams coincide only if
 * both digests do. */
void pl_rng_init(struct pl_rng *rng, uint64_t seed, const char *name) {
    const uint64_t basis = UINT64_C(0xcbf29ce484222325);
    uint64_t one = fnv_text(fnv_number(basis, seed), name);
    uint64_t two = fnv_number(fnv_text(basis, name), seed);
    pcg64::state_type state = wide(&one);
    pcg64::state_type stream = wide(&two);
    save(rng, pcg64(state, stream));
    rng->spare = 0;
    rng->has_spare = 0;
}

uint64_t pl_rng_u64(struct pl_rng *rng) {
    pcg64 engine = load(rng);
    uint64_t number = engine();
    save(rng, engine);
    return number;
}

/* The lowest 2^64 mod bound numbers are drawn again; what is left is a whole number of rounds. */
uint64_t pl_rng_below(struct pl_rng *rng, uint64_t bound) {
    PL_ASSERT(bound > 0);
    uint64_t rejected = (UINT64_C(0) - bound) % bound;
    uint64_t number;
    do {
        number = pl_rng_u64(rng);
    } while (number < rejected);
    return number % bound;
}

double pl_rng_uniform(struct pl_rng *rng) {
    return static_cast<double>(pl_rng_u64(rng) >> 11) * 0x1p-53;
}

double pl_rng_normal(struct pl_rng *rng) {
    double u, v, square, factor;
    if (rng->has_spare) {
        rng->has_spare = 0;
        return rng->spare;
    }
    do {
        u = 2 * pl_rng_uniform(rng) - 1;
        v = 2 * pl_rng_uniform(rng) - 1;
        square = u * u + v * v;
    } while (square >= 1 || square == 0);
    factor = std::sqrt(-2 * pl_log(square) / square);
    rng->spare = v * factor;
    rng->has_spare = 1;
    return u * factor;
}

void pl_rng_permutation(struct pl_rng *rng, uint32_t *out, size_t count) {
    for (size_t i = 0; i < count; i++) out[i] = static_cast<uint32_t>(i);
    for (size_t i = count; i > 1; i--) {
        size_t j = static_cast<size_t>(pl_rng_below(rng, i));
        uint32_t kept = out[i - 1];
        out[i - 1] = out[j];
        out[j] = kept;
    }
}
