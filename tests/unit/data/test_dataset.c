#include "core/data/dataset.h"

#include <math.h>

#include "core/base/hash.h"
#include "core/base/rng.h"
#include "tests/support/support.h"

static const struct pl_data_shape vector_shape = {PL_INPUT_REAL, PL_TARGET_REAL, 3, 2, 1};
static const struct pl_data_shape sequence_shape = {PL_INPUT_ID, PL_TARGET_CLASS, 11, 11, 8};

static bool all_zero(const void *bytes, size_t count) {
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < count; i++)
        if (byte[i] != 0) return false;
    return true;
}

static void test_dataset__vectors_have_reals_only(void) {
    struct pl_dataset data = {.shape = vector_shape};
    PL_REQUIRE_OK(pl_dataset_add(&data, PL_VALID, 7));
    const struct pl_samples *valid = &data.split[PL_VALID];
    PL_CHECK_INT(valid->count, 7);
    PL_CHECK(all_zero(valid->x, 7 * 3 * sizeof(float)));
    PL_CHECK(all_zero(valid->y, 7 * 2 * sizeof(float)));
    PL_CHECK(all_zero(valid->corrupted, 7));
    PL_CHECK(valid->ids == NULL && valid->labels == NULL && valid->weight == NULL);
    PL_CHECK_INT(data.split[PL_TRAIN].count, 0);
    PL_CHECK(data.split[PL_TRAIN].x == NULL);
    PL_CHECK_NEAR(pl_dataset_weight(&data, PL_VALID), 7, 0);
    PL_CHECK_NEAR(pl_dataset_weight(&data, PL_TRAIN), 0, 0);
    pl_dataset_finish(&data);
    PL_CHECK_INT(data.split[PL_VALID].count, 0);
    pl_dataset_finish(&data);
    pl_dataset_finish(NULL);
}

static void test_dataset__mixed_shapes_have_what_they_call_for(void) {
    struct pl_dataset data = {.shape = {PL_INPUT_REAL, PL_TARGET_CLASS, 4, 5, 1}};
    PL_REQUIRE_OK(pl_dataset_add(&data, PL_TRAIN, 3));
    PL_CHECK(data.split[PL_TRAIN].x && data.split[PL_TRAIN].labels);
    PL_CHECK(!data.split[PL_TRAIN].ids && !data.split[PL_TRAIN].y);
    pl_dataset_finish(&data);
    data.shape = (struct pl_data_shape){PL_INPUT_ID, PL_TARGET_REAL, 4, 5, 2};
    PL_REQUIRE_OK(pl_dataset_add(&data, PL_TRAIN, 3));
    PL_CHECK(!data.split[PL_TRAIN].x && !data.split[PL_TRAIN].labels);
    PL_CHECK(data.split[PL_TRAIN].ids && data.split[PL_TRAIN].y);
    PL_CHECK_NEAR(pl_dataset_weight(&data, PL_TRAIN), 6, 0);
    pl_dataset_finish(&data);
}

static void test_dataset__empty_split_is_no_split(void) {
    struct pl_dataset data = {.shape = vector_shape};
    PL_REQUIRE_OK(pl_dataset_add(&data, PL_TEST_CLEAN, 0));
    PL_CHECK(data.split[PL_TEST_CLEAN].x == NULL);
    PL_REQUIRE_OK(pl_dataset_add_weights(&data, PL_TEST_CLEAN));
    PL_CHECK(data.split[PL_TEST_CLEAN].weight == NULL);
    pl_dataset_finish(&data);
}

/* A sequence task in small: uniform ids, the label of a token is the next id, the last has none. */
static void next_token(struct pl_dataset *data, enum pl_split split, size_t count, uint64_t seed) {
    PL_REQUIRE_OK(pl_dataset_add(data, split, count));
    PL_REQUIRE_OK(pl_dataset_add_weights(data, split));
    struct pl_samples *samples = &data->split[split];
    struct pl_rng rng;
    pl_rng_init(&rng, seed, pl_split_name(split));
    size_t tokens = (size_t)data->shape.tokens;
    for (size_t i = 0; i < count * tokens; i++)
        samples->ids[i] = (int32_t)pl_rng_below(&rng, (uint64_t)data->shape.in);
    for (size_t i = 0; i < count * tokens; i++) {
        bool last = i % tokens == tokens - 1;
        samples->labels[i] = last ? 0 : samples->ids[i + 1];
        samples->weight[i] = last ? 0 : 1;
    }
}

static void test_dataset__sequences_carry_ids_labels_and_masks(void) {
    struct pl_dataset data = {.shape = sequence_shape};
    next_token(&data, PL_TRAIN, 6, 1);
    next_token(&data, PL_TEST, 2, 1);
    const struct pl_samples *train = &data.split[PL_TRAIN];
    PL_CHECK(train->x == NULL && train->y == NULL);
    PL_CHECK_INT(train->labels[8 + 3], train->ids[8 + 4]);
    PL_CHECK_NEAR(pl_dataset_weight(&data, PL_TRAIN), 6 * 7, 0);
    PL_CHECK_NEAR(pl_dataset_weight(&data, PL_TEST), 2 * 7, 0);
    pl_dataset_finish(&data);
}

static void digest_of_sequences(char *out, uint64_t seed, const char *change) {
    struct pl_dataset data = {.shape = sequence_shape};
    next_token(&data, PL_TRAIN, 6, seed);
    next_token(&data, PL_VALID, 3, seed);
    struct pl_samples *train = &data.split[PL_TRAIN];
    if (strcmp(change, "ids") == 0) train->ids[47] ^= 1;
    if (strcmp(change, "labels") == 0) train->labels[47] ^= 1;
    if (strcmp(change, "weight") == 0) train->weight[0] = 0.5F;
    if (strcmp(change, "corrupted") == 0) train->corrupted[47] = 1;
    if (strcmp(change, "swap") == 0) {
        struct pl_samples valid = data.split[PL_VALID];
        data.split[PL_VALID] = data.split[PL_TEST];
        data.split[PL_TEST] = valid;
    }
    if (strcmp(change, "shape") == 0) data.shape.out = 12;
    pl_dataset_digest(&data, out);
    pl_dataset_finish(&data);
}

static void test_dataset__digest_sees_every_array_and_its_place(void) {
    static const char *const changes[] = {"ids", "labels", "weight", "corrupted", "swap", "shape"};
    enum { COUNT = sizeof changes / sizeof *changes };
    char digests[COUNT + 2][PL_HASH_TEXT], again[PL_HASH_TEXT];
    digest_of_sequences(digests[0], 1, "");
    digest_of_sequences(again, 1, "");
    PL_CHECK_TEXT(again, digests[0]);
    digest_of_sequences(digests[1], 2, "");
    for (size_t i = 0; i < COUNT; i++) digest_of_sequences(digests[i + 2], 1, changes[i]);
    for (size_t i = 0; i < COUNT + 2; i++)
        for (size_t j = 0; j < i; j++) PL_CHECK(strcmp(digests[i], digests[j]) != 0);
    PL_CHECK_INT(strlen(digests[0]), PL_HASH_TEXT - 1);
}

static void test_dataset__digest_sees_reals(void) {
    char before[PL_HASH_TEXT], after[PL_HASH_TEXT];
    struct pl_dataset data = {.shape = vector_shape};
    PL_REQUIRE_OK(pl_dataset_add(&data, PL_TEST, 4));
    pl_dataset_digest(&data, before);
    data.split[PL_TEST].y[7] = -0.0F; /* another byte, though equal in value */
    pl_dataset_digest(&data, after);
    PL_CHECK(strcmp(before, after) != 0);
    data.split[PL_TEST].y[7] = 0;
    pl_dataset_digest(&data, after);
    PL_CHECK_TEXT(after, before);
    data.split[PL_TEST].x[11] = 1;
    pl_dataset_digest(&data, after);
    PL_CHECK(strcmp(before, after) != 0);
    pl_dataset_finish(&data);
}

static void test_dataset__refuses_what_memory_cannot_hold(void) {
    struct pl_dataset data = {.shape = vector_shape};
    PL_CHECK_FAILS(pl_dataset_add(&data, PL_TRAIN, SIZE_MAX / 2), PL_EMEMORY, "train");
    PL_CHECK_INT(data.split[PL_TRAIN].count, 0);
    data.shape = (struct pl_data_shape){PL_INPUT_REAL, PL_TARGET_REAL, 1L << 40, 1, 1L << 40};
    PL_CHECK_FAILS(pl_dataset_add(&data, PL_TEST, 1), PL_EMEMORY, "tokens");
    pl_dataset_finish(&data);
}

static void test_dataset__a_refused_array_leaves_nothing_behind(void) {
    for (long n = 1; n <= 3; n++) {
        struct pl_dataset data = {.shape = vector_shape};
        pl_alloc_fail_after(n);
        PL_CHECK_FAILS(pl_dataset_add(&data, PL_VALID, 5), PL_EMEMORY, "valid");
        pl_alloc_fail_after(0);
        PL_CHECK_INT(data.split[PL_VALID].count, 0);
        PL_CHECK(data.split[PL_VALID].x == NULL && data.split[PL_VALID].y == NULL);
        PL_REQUIRE_OK(pl_dataset_add(&data, PL_VALID, 5));
        pl_dataset_finish(&data);
    }
}

/* ---- is it data? ---- */

static struct pl_dataset checked(struct pl_data_shape shape) {
    struct pl_dataset data = {.shape = shape};
    for (int split = 0; split < PL_SPLITS; split++)
        PL_REQUIRE_OK(pl_dataset_add(&data, (enum pl_split)split, 6));
    PL_REQUIRE_OK(pl_dataset_add_weights(&data, PL_TRAIN));
    PL_REQUIRE_OK(pl_dataset_check(&data, &shape));
    return data;
}

static void test_dataset__reals_are_checked(void) {
    struct pl_data_shape other = vector_shape;
    struct pl_dataset data = checked(vector_shape);
    struct pl_samples *test = &data.split[PL_TEST];
    size_t in = (size_t)vector_shape.in, out = (size_t)vector_shape.out;
    test->x[4 * in] = INFINITY;
    PL_CHECK_FAILS(pl_dataset_check(&data, &vector_shape), PL_ECONFIG,
                   "an input is not finite at sample 4 of the split test");
    test->x[4 * in] = 0;
    test->y[6 * out - 1] = NAN;
    PL_CHECK_FAILS(pl_dataset_check(&data, &vector_shape), PL_ECONFIG,
                   "a target is not finite at sample 5 of the split test");
    test->y[6 * out - 1] = 0;
    other.out++;
    PL_CHECK_FAILS(pl_dataset_check(&data, &other), PL_ECONFIG, "another shape");
    pl_dataset_finish(&data);
    PL_CHECK_FAILS(pl_dataset_check(&data, &vector_shape), PL_ECONFIG, "train is empty");
}

static void test_dataset__ids_labels_and_weights_are_checked(void) {
    const struct pl_data_shape shape = {PL_INPUT_ID, PL_TARGET_CLASS, 7, 3, 5};
    struct pl_dataset data = checked(shape);
    struct pl_samples *train = &data.split[PL_TRAIN];
    train->ids[6 * 5 - 1] = 7;
    PL_CHECK_FAILS(pl_dataset_check(&data, &shape), PL_ECONFIG,
                   "an id is out of range at sample 5 of the split train: token 4 has 7, and "
                   "there are 0 to 6");
    train->ids[6 * 5 - 1] = 6;
    train->labels[5] = -1;
    PL_CHECK_FAILS(pl_dataset_check(&data, &shape), PL_ECONFIG,
                   "a label is out of range at sample 1 of the split train: token 0 has -1, and "
                   "there are 0 to 2");
    train->labels[5] = 2;
    train->weight[0] = -0.5F;
    PL_CHECK_FAILS(pl_dataset_check(&data, &shape), PL_ECONFIG, "a weight is negative");
    memset(train->weight, 0, 6 * 5 * sizeof *train->weight);
    PL_CHECK_FAILS(pl_dataset_check(&data, &shape), PL_ECONFIG, "nothing in the split train");
    train->weight[29] = 1;
    PL_REQUIRE_OK(pl_dataset_check(&data, &shape));
    int32_t *kept = train->ids;
    train->ids = NULL;
    PL_CHECK_FAILS(pl_dataset_check(&data, &shape), PL_ECONFIG, "has not the arrays of its shape");
    train->ids = kept;
    pl_dataset_finish(&data);
}

static void test_dataset__splits_are_named(void) {
    PL_CHECK_TEXT(pl_split_name(PL_TRAIN), "train");
    PL_CHECK_TEXT(pl_split_name(PL_VALID), "valid");
    PL_CHECK_TEXT(pl_split_name(PL_TEST), "test");
    PL_CHECK_TEXT(pl_split_name(PL_TEST_CLEAN), "test_clean");
}

const struct pl_test pl_suite_dataset[] = {
    {"vectors_have_reals_only", test_dataset__vectors_have_reals_only},
    {"mixed_shapes_have_what_they_call_for", test_dataset__mixed_shapes_have_what_they_call_for},
    {"empty_split_is_no_split", test_dataset__empty_split_is_no_split},
    {"sequences_carry_ids_labels_and_masks", test_dataset__sequences_carry_ids_labels_and_masks},
    {"digest_sees_every_array_and_its_place", test_dataset__digest_sees_every_array_and_its_place},
    {"digest_sees_reals", test_dataset__digest_sees_reals},
    {"refuses_what_memory_cannot_hold", test_dataset__refuses_what_memory_cannot_hold},
    {"a_refused_array_leaves_nothing_behind", test_dataset__a_refused_array_leaves_nothing_behind},
    {"reals_are_checked", test_dataset__reals_are_checked},
    {"ids_labels_and_weights_are_checked", test_dataset__ids_labels_and_weights_are_checked},
    {"splits_are_named", test_dataset__splits_are_named},
    {0},
};
