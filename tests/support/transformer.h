/* Small transformers for tests: trials (experiments/tools/trial.h) on random ids, with the settings that tests
 * of the host share. */
#ifndef PL_TESTS_TRANSFORMER_H
#define PL_TESTS_TRANSFORMER_H

#include "experiments/tools/trial.h"

enum { PL_TOKENS = 5, PL_VOCABULARY = 7 };

/* Sizes, and the two families of options: learned positions, layernorm and gelu; rope, rmsnorm, swiglu, a tied
 * head, norms of queries and keys, mixed values and no biases. Lists end with NULL. */
#define PL_TRANSFORMER                                                                             \
    "task.tokens=5", "model.width=8", "model.heads=2", "model.depth=4", "model.hidden=12"
#define PL_TRANSFORMER_MORE(...) ((const char *const[]){PL_TRANSFORMER, __VA_ARGS__, NULL})
enum { PL_FAMILIES = 2 };
extern const char *const pl_transformer_families[PL_FAMILIES][16];

/* A transformer with that variant, of a vocabulary of 7 unless [more] ("key=value", ended by NULL) says so.
 * Ends the test where there is no such backend. The caller destroys it. */
struct pl_trial *pl_transformer_trial(const char *backend, const char *variant, size_t samples,
                                      const char *const *more);

/* Moves every parameter away from the special point where it starts. */
void pl_transformer_shake(struct pl_trial *trial);

#endif
