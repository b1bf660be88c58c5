/* Dataset: plain arrays of inputs and targets, in four splits.
 *
 * Stored sample by sample; a sample is [tokens] tokens (1 for vector tasks), a token is either
 * [features] reals or one id:
 *
 *        sample 0            sample 1
 *     | t0 | t1 | ... |   | t0 | t1 | ... |      x   [samples][tokens][in]    float32, or
 *                                                ids [samples][tokens]        int32
 *                                                y   [samples][tokens][out]   float32, or
 *                                                labels [samples][tokens]     int32
 *                                                weight [samples][tokens]     float32, NULL = all 1
 *                                                corrupted [samples][tokens]  1 where the target was
 *                                                                replaced or mixed with noise; may be NULL
 *
 * A weight of 0 masks a token. The values are float32 on purpose: targets are rounded once, here, so
 * that every backend is given the same numbers.
 */
#ifndef PL_DATA_DATASET_H
#define PL_DATA_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/status.h"

enum pl_input { PL_INPUT_REAL, PL_INPUT_ID };
enum pl_target { PL_TARGET_REAL, PL_TARGET_CLASS };

/* What a model must know of a task before any data exists. */
struct pl_data_shape {
    enum pl_input input;
    enum pl_target target;
    long in;     /* features of an input token, or the vocabulary for ids */
    long out;    /* features of a target token, or the number of classes */
    long tokens; /* tokens of a sample; 1 for vector tasks */
    long asked;  /* tokens of a sample that have weight, at most; 0: all may have */
};

enum pl_split { PL_TRAIN, PL_VALID, PL_TEST, PL_TEST_CLEAN, PL_SPLITS };

struct pl_samples {
    size_t count; /* samples; 0, and no array, for a split the task does not have */
    float *x;
    int32_t *ids;
    float *y;
    int32_t *labels;
    float *weight;
    uint8_t *corrupted;
};

struct pl_dataset {
    struct pl_data_shape shape;
    uint64_t
        fresh; /* set by who asks for data: 0, all splits; n, train alone, with its n-th new samples */
    struct pl_samples split[PL_SPLITS];
};

/* Allocates the arrays that [shape] calls for in one split that is still empty: zeroed, weight NULL,
 * corrupted present. A size beyond memory is refused with a sentence. The data set owns them. */
enum pl_status pl_dataset_add(struct pl_dataset *data, enum pl_split split,
                              size_t count) PL_NODISCARD;

/* Allocates the weights of a split that pl_dataset_add made, all 1; a task then masks tokens by 0. */
enum pl_status pl_dataset_add_weights(struct pl_dataset *data, enum pl_split split) PL_NODISCARD;

void pl_dataset_finish(struct pl_dataset *data); /* a zeroed struct is a valid empty data set */

/* Sum of the weights of a split: its number of tokens when weight is NULL. */
double pl_dataset_weight(const struct pl_dataset *data, enum pl_split split);

/* Whether the data are what [promised] says: the arrays of that shape and no others, a train split that
 * is not empty, every number finite, ids and labels in range, weights not negative and some above 0.
 * PL_ECONFIG with a sentence that names the split and the sample. */
enum pl_status pl_dataset_check(const struct pl_dataset *data,
                                const struct pl_data_shape *promised) PL_NODISCARD;

/* "train", "valid", "test", "test_clean" */
const char *pl_split_name(enum pl_split split);

/* A hash of every byte of the data set, for golden checksums and tests (PL_HASH_TEXT characters). */
void pl_dataset_digest(const struct pl_dataset *data, char *out);

#endif
