#include "core/data/batch.h"

#include "tests/support/support.h"

#define SAMPLES 23

/* Marks the samples of one batch; false when one of them is out of range or was there before. */
static bool mark(bool *seen, const uint32_t *numbers, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (numbers[i] >= SAMPLES || seen[numbers[i]]) return false;
        seen[numbers[i]] = true;
    }
    return true;
}

static void test_batch__each_epoch_is_a_permutation_with_a_short_last_batch(void) {
    struct pl_batches batches;
    pl_batches_init(&batches, SAMPLES, 5, 1);
    for (int epoch = 0; epoch < 20; epoch++) {
        bool seen[SAMPLES] = {false};
        size_t total = 0;
        for (int step = 0; step < 5; step++) {
            size_t count;
            const uint32_t *numbers = pl_batches_next(&batches, &count);
            PL_CHECK_INT(count, step < 4 ? 5 : 3);
            PL_CHECK(mark(seen, numbers, count));
            total += count;
        }
        PL_CHECK_INT(total, SAMPLES);
    }
    pl_batches_finish(&batches);
}

static void test_batch__size_that_divides_has_no_short_batch(void) {
    struct pl_batches batches;
    pl_batches_init(&batches, 12, 4, 1);
    for (int step = 0; step < 9; step++) {
        size_t count;
        pl_batches_next(&batches, &count);
        PL_CHECK_INT(count, 4);
    }
    pl_batches_finish(&batches);
}

static void check_full(size_t size, uint64_t seed) {
    struct pl_batches batches;
    pl_batches_init(&batches, SAMPLES, size, seed);
    for (int step = 0; step < 3; step++) {
        size_t count;
        const uint32_t *numbers = pl_batches_next(&batches, &count);
        PL_REQUIRE(count == SAMPLES);
        for (uint32_t i = 0; i < SAMPLES; i++) PL_CHECK(numbers[i] == i);
    }
    pl_batches_finish(&batches);
}

static void test_batch__full_batch_is_the_stored_order(void) {
    check_full(0, 1);
    check_full(SAMPLES, 2);
    check_full(SAMPLES + 1, 3);
}

static void first_epoch(uint32_t *out, size_t size, uint64_t seed) {
    struct pl_batches batches;
    pl_batches_init(&batches, SAMPLES, size, seed);
    for (size_t done = 0; done < SAMPLES;) {
        size_t count;
        const uint32_t *numbers = pl_batches_next(&batches, &count);
        memcpy(out + done, numbers, count * sizeof *out);
        done += count;
    }
    pl_batches_finish(&batches);
}

static void test_batch__order_depends_on_the_seed_and_not_on_the_size(void) {
    uint32_t a[SAMPLES], b[SAMPLES], other_size[SAMPLES], other_seed[SAMPLES];
    first_epoch(a, 5, 7);
    first_epoch(b, 5, 7);
    first_epoch(other_size, 8, 7);
    first_epoch(other_seed, 5, 8);
    PL_CHECK(memcmp(a, b, sizeof a) == 0);
    PL_CHECK(memcmp(a, other_size, sizeof a) == 0);
    PL_CHECK(memcmp(a, other_seed, sizeof a) != 0);
}

/* The law of the file: the order is pl_rng_permutation of the stream "order", epoch after epoch. */
static void test_batch__draws_the_stream_order_once_an_epoch(void) {
    struct pl_rng rng;
    pl_rng_init(&rng, 5, "order");
    uint32_t numbers[SAMPLES];
    for (uint32_t i = 0; i < SAMPLES; i++) numbers[i] = i;
    struct pl_batches batches;
    pl_batches_init(&batches, SAMPLES, 22, 5);
    for (int epoch = 0; epoch < 4; epoch++) {
        pl_rng_permutation(&rng, numbers, SAMPLES);
        size_t count;
        const uint32_t *found = pl_batches_next(&batches, &count);
        PL_CHECK_INT(count, 22);
        PL_CHECK(memcmp(found, numbers, 22 * sizeof *numbers) == 0);
        found = pl_batches_next(&batches, &count);
        PL_CHECK_INT(count, 1);
        PL_CHECK(found[0] == numbers[22]);
    }
    pl_batches_finish(&batches);
}

/* Each sample comes first about equally often: 6000 epochs of 3 samples, 2000 each, sd 36.5. */
static void test_batch__first_place_is_uniform(void) {
    struct pl_batches batches;
    pl_batches_init(&batches, 3, 2, 11);
    int first[3] = {0};
    for (int epoch = 0; epoch < 6000; epoch++) {
        size_t count;
        first[pl_batches_next(&batches, &count)[0]]++;
        pl_batches_next(&batches, &count);
    }
    for (int i = 0; i < 3; i++) PL_CHECK_NEAR(first[i] / 2000.0, 1, 0.0913); /* 5 sd */
    pl_batches_finish(&batches);
}

static void test_batch__finish_is_happy_twice_and_with_null(void) {
    struct pl_batches batches;
    pl_batches_init(&batches, 1, 1, 1);
    size_t count;
    PL_CHECK_INT(pl_batches_next(&batches, &count)[0], 0);
    PL_CHECK_INT(count, 1);
    pl_batches_finish(&batches);
    pl_batches_finish(&batches);
    pl_batches_finish(NULL);
}

/* Counted by walking, for whole, short and full batches. */
static void test_batch__samples_of_steps_are_what_the_walk_gives(void) {
    static const size_t sizes[] = {0, 1, 3, 7, 10, 25};
    for (size_t k = 0; k < 6; k++) {
        struct pl_batches batches;
        double seen = 0.0;
        pl_batches_init(&batches, 10, sizes[k], 4);
        for (long steps = 0; steps < 40; steps++) {
            size_t count;
            PL_CHECK(pl_batches_samples(10, sizes[k], steps) == seen);
            pl_batches_next(&batches, &count);
            seen += (double)count;
        }
        pl_batches_finish(&batches);
    }
}

const struct pl_test pl_suite_batch[] = {
    {"each_epoch_is_a_permutation_with_a_short_last_batch",
     test_batch__each_epoch_is_a_permutation_with_a_short_last_batch},
    {"size_that_divides_has_no_short_batch", test_batch__size_that_divides_has_no_short_batch},
    {"full_batch_is_the_stored_order", test_batch__full_batch_is_the_stored_order},
    {"order_depends_on_the_seed_and_not_on_the_size",
     test_batch__order_depends_on_the_seed_and_not_on_the_size},
    {"draws_the_stream_order_once_an_epoch", test_batch__draws_the_stream_order_once_an_epoch},
    {"first_place_is_uniform", test_batch__first_place_is_uniform},
    {"samples_of_steps_are_what_the_walk_gives",
     test_batch__samples_of_steps_are_what_the_walk_gives},
    {"finish_is_happy_twice_and_with_null", test_batch__finish_is_happy_twice_and_with_null},
    {0},
};
