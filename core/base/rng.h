/* Rng: one PCG generator for each purpose.
 *
 * Randomness is an argument: a generator is a small value, started from a seed and the name of its
 * purpose, and passed to whoever draws. Streams are keyed by (seed, name) and by nothing else, so
 * that order of execution, number of workers, or a new variant moves nobody's numbers. The names in
 * use (docs/reproducibility.md):
 *
 *     task-world  data-train  data-valid  data-test  data-fresh/STEP  order  probe
 *     init/NAME   one a tensor, e.g. init/layers.3.w1, init/residual.query.4
 *
 * The generator is pcg64 (O'Neill 2014), from the authors' header-only library. State and stream
 * constant are 128 bits each of a fixed mixing (FNV-1a, then SplitMix64) of seed and name. No
 * function here calls libm: the same numbers come out on every machine.
 */
#ifndef PL_BASE_RNG_H
#define PL_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pl_rng {
    uint64_t state[4]; /* pcg64: state and increment, 128 bits each; opaque */
    double spare;      /* the second number of the last normal pair */
    int has_spare;
};

/* Starts the stream [name] of [seed]. */
void pl_rng_init(struct pl_rng *rng, uint64_t seed, const char *name);

uint64_t pl_rng_u64(struct pl_rng *rng);
uint64_t pl_rng_below(struct pl_rng *rng, uint64_t bound); /* uniform in 0..bound-1, unbiased */
double pl_rng_uniform(struct pl_rng *rng);                 /* [0, 1), a multiple of 2^-53 */
double pl_rng_normal(struct pl_rng *rng);                  /* N(0, 1), Marsaglia's polar method */

/* A uniform random permutation of 0..count-1 (Fisher-Yates). */
void pl_rng_permutation(struct pl_rng *rng, uint32_t *out, size_t count);

#ifdef __cplusplus
}
#endif
#endif
