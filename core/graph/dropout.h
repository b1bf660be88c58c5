/* Dropout: which entries are dropped, as a hash of counters, so that a mask is the same on every backend
 * and depends on nothing but the name, the key (seed and step), the token's number in the data set, and
 * the entry's number within the token.
 *
 *     stream ─► with the key ─► with the token ─► with the entry ─► 32 bits, of which 24 are compared
 *
 * The mixer is the finalizer of MurmurHash3 (A. Appleby, public domain); kernels of devices have their own
 * copy (opencl/kernels/token.cl).
 */
#ifndef PL_GRAPH_DROPOUT_H
#define PL_GRAPH_DROPOUT_H

#include <stdint.h>

enum { PL_DROPOUT_BITS = 24 };
#define PL_DROPOUT_STEP 0x9e3779b9u

static inline uint32_t pl_dropout_mix(uint32_t x) {
    x = (x ^ x >> 16) * 0x85ebca6bu;
    x = (x ^ x >> 13) * 0xc2b2ae35u;
    return x ^ x >> 16;
}

/* Of a name (FNV-1a). */
static inline uint32_t pl_dropout_stream(const char *name) {
    uint32_t hash = 2166136261u;
    for (; *name; name++) hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash;
}

/* [state] with one more number of the key, or the token. */
static inline uint32_t pl_dropout_with(uint32_t state, uint32_t number) {
    return pl_dropout_mix(pl_dropout_mix(state + PL_DROPOUT_STEP) ^ number);
}

/* Entry [entry] of a token is kept where this is at least pl_dropout_bound. */
static inline uint32_t pl_dropout_bits(uint32_t state, uint32_t entry) {
    return pl_dropout_mix(state + entry * PL_DROPOUT_STEP) >> (32 - PL_DROPOUT_BITS);
}

static inline uint32_t pl_dropout_bound(float rate) {
    return (uint32_t)(rate * (float)(1 << PL_DROPOUT_BITS));
}

#endif
