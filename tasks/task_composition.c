/* composition: a product of permutations.
 *
 *     pi_1 .. pi_g: different permutations of n elements, the seed's
 *     x = one-hot e in 0 .. n-1, then k one-hots i_1 .. i_k in 1 .. g     (n + k g features)
 *     label = pi_{i_k}( ... pi_{i_2}( pi_{i_1}(e) ))
 *
 * k is the depth of the composition: k look-ups, each of the result of the one before. Each of the
 * n g^k inputs belongs to one split (tasks/finite.h): half of them to train, a quarter to valid, a
 * quarter to test; 4096 in all with the defaults, and only 64 at k = 1. The permutations are drawn
 * first, so k changes none of them.
 *
 * From k = 2 on, training shows each permutation in many products. At k = 1 an input is one entry of
 * one table, so those of test cannot be inferred: what is learned there shows in the training loss.
 *
 * Points: for each choice of permutations every label comes once, so labels are uniform and by
 * tasks/labels.h trivial = ln n, and best = 0 at structure 1.
 */
#include <string.h>

#include "core/base/rng.h"
#include "tasks/finite.h"
#include "tasks/task.h"

#define MOST 64 /* elements, and permutations: at most 64^9 = 2^54 inputs */

struct composition {
    struct pl_task_common common;
    long elements, permutations, hops;
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS(struct composition),
    PL_OPTION_INT(struct composition, elements, "8", 2, MOST, "elements that are permuted"),
    PL_OPTION_INT(struct composition, permutations, "8", 2, MOST,
                  "size of the set from which permutations are taken"),
    PL_OPTION_INT(struct composition, hops, "3", 1, 8, "k, permutations in a product"),
};

struct world {
    const struct composition *options;
    uint32_t set[MOST][MOST]; /* the image of each element, for each permutation */
};

static bool is_new(const struct world *world, long count, size_t bytes) {
    for (long i = 0; i < count; i++)
        if (memcmp(world->set[i], world->set[count], bytes) == 0) return false;
    return true;
}

static void world_init(struct world *world, const struct composition *options, struct pl_rng *rng) {
    size_t elements = (size_t)options->elements;
    world->options = options;
    for (long i = 0; i < options->permutations; i++) do
            pl_rng_permutation(rng, world->set[i], elements);
        while (!is_new(world, i, elements * sizeof world->set[i][0]));
}

static int32_t show(const void *context, uint64_t code, struct pl_rng *rng, float *x) {
    const struct world *world = context;
    uint64_t elements = (uint64_t)world->options->elements;
    uint64_t count = (uint64_t)world->options->permutations;
    uint32_t element = (uint32_t)(code % elements);
    (void)rng; /* the choices are all there is */
    x[element] = 1;
    x += elements;
    code /= elements;
    for (long i = 0; i < world->options->hops; i++, code /= count, x += count) {
        x[code % count] = 1;
        element = world->set[code % count][element];
    }
    return (int32_t)element;
}

static uint64_t inputs_of(const struct composition *own) {
    uint64_t inputs = (uint64_t)own->elements;
    for (long i = 0; i < own->hops; i++) inputs *= (uint64_t)own->permutations;
    return inputs;
}

static enum pl_status check(const void *options, const char **key) {
    const struct composition *own = options;
    long exist = 1; /* n!, as far as it matters */
    PL_TRY(pl_labels_check(&own->common, key));
    for (long i = 2; i <= own->elements && exist <= MOST; i++) exist *= i;
    *key = "permutations";
    if (own->permutations > exist)
        return pl_fail(PL_ECONFIG,
                       "permutations is %ld, but %ld elements have only %ld different ones; take "
                       "fewer, or more elements",
                       own->permutations, own->elements, exist);
    *key = NULL;
    return PL_OK;
}

static void shape(const void *options, struct pl_data_shape *out) {
    const struct composition *own = options;
    *out = (struct pl_data_shape){PL_INPUT_REAL, PL_TARGET_CLASS,
                                  own->elements + own->hops * own->permutations, own->elements, 1};
}

static enum pl_status generate(const void *options, uint64_t seed, struct pl_dataset *out) {
    const struct composition *own = options;
    struct pl_rng rng;
    struct world world;
    pl_rng_init(&rng, seed, "task-world");
    world_init(&world, own, &rng);
    struct pl_finite finite = {.labels = {&own->common, (size_t)own->elements, NULL},
                               .inputs = inputs_of(own),
                               .train_share = 0.5,
                               .show = show,
                               .world = &world};
    shape(options, &finite.shape);
    return pl_finite_generate(&finite, &rng, seed, out);
}

static enum pl_status points(const void *options, uint64_t seed, const struct pl_dataset *data,
                             struct pl_task_points *out) {
    const struct composition *own = options;
    struct pl_labels labels = {&own->common, (size_t)own->elements, NULL};
    (void)seed, (void)data; /* a formula knows better */
    pl_labels_points(&labels, out);
    return PL_OK;
}

const struct pl_task pl_task_composition = {
    .name = "composition",
    .summary = "a product of k permutations: composition whose depth is an option",
    .formula = "one-hot e, one-hot i_1 .. i_k -> pi_{i_k}( ... pi_{i_1}(e))",
    .citation = "",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct composition),
    .check = check,
    .shape = shape,
    .generate = generate,
    .points = points,
};
