/* parity: the parity of a hidden subset of bits.
 *
 *     x in {-1, 1}^n, uniform     label = 1 where an odd number of the k hidden bits is 1, else 0
 *
 * The subset is the seed's: k places of the first numbers of a random order. Any k - 1 of the hidden
 * bits, and any other bits, say nothing about the label, so no local statistic shows the rule. Each of
 * the 2^n inputs belongs to one split (tasks/finite.h): half of them to train, a quarter to valid, a
 * quarter to test.
 *
 * Points: labels are even, so by tasks/labels.h trivial = ln 2 and best = 0 at structure 1.
 */
#include "tasks/deal.h"
#include "tasks/finite.h"
#include "tasks/task.h"

#define MOST_BITS 62

struct parity {
    struct pl_task_common common;
    long bits, subset;
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS(struct parity),
    PL_OPTION_INT(struct parity, bits, "20", 2, MOST_BITS, "n, bits of an input"),
    PL_OPTION_INT(struct parity, subset, "3", 1, MOST_BITS, "k, bits that count, at most n"),
};

static uint64_t draw_subset(const struct parity *own, struct pl_rng *rng) {
    uint32_t order[MOST_BITS];
    uint64_t subset = 0;
    pl_rng_permutation(rng, order, (size_t)own->bits);
    for (long i = 0; i < own->subset; i++) subset |= UINT64_C(1) << order[i];
    return subset;
}

/* What a seed decides. */
struct world {
    long n;
    uint64_t subset;
};

static int32_t show(const void *context, uint64_t code, struct pl_rng *rng, float *x) {
    const struct world *world = context;
    int32_t odd = 0;
    (void)rng; /* the bits are all there is */
    for (long i = 0; i < world->n; i++) x[i] = code >> i & 1 ? 1 : -1;
    for (uint64_t counted = code & world->subset; counted; counted &= counted - 1) odd ^= 1;
    return odd;
}

static enum pl_status check(const void *options, const char **key) {
    const struct parity *own = options;
    PL_TRY(pl_labels_check(&own->common, key));
    *key = "subset";
    if (own->subset > own->bits)
        return pl_fail(
            PL_ECONFIG,
            "subset is %ld, but there are only %ld bits to choose from; take at most %ld, or more "
            "bits",
            own->subset, own->bits, own->bits);
    *key = NULL;
    return PL_OK;
}

static void shape(const void *options, struct pl_data_shape *out) {
    long n = ((const struct parity *)options)->bits;
    *out = (struct pl_data_shape){PL_INPUT_REAL, PL_TARGET_CLASS, n, 2, 1};
}

static enum pl_status generate(const void *options, uint64_t seed, struct pl_dataset *out) {
    const struct parity *own = options;
    struct pl_rng rng;
    pl_rng_init(&rng, seed, "task-world");
    struct world world = {.n = own->bits, .subset = draw_subset(own, &rng)};
    struct pl_finite finite = {.labels = {&own->common, 2, NULL},
                               .inputs = UINT64_C(1) << own->bits,
                               .train_share = 0.5,
                               .show = show,
                               .world = &world};
    shape(options, &finite.shape);
    return pl_finite_generate(&finite, &rng, seed, out);
}

static enum pl_status points(const void *options, uint64_t seed, const struct pl_dataset *data,
                             struct pl_task_points *out) {
    struct pl_labels labels = {&((const struct parity *)options)->common, 2, NULL};
    (void)seed, (void)data; /* a formula knows better */
    pl_labels_points(&labels, out);
    return PL_OK;
}

const struct pl_task pl_task_parity = {
    .name = "parity",
    .summary = "the parity of a hidden subset of bits: structure that no local statistic shows",
    .formula = "x in {-1, 1}^n -> number of ones among k hidden bits, modulo 2",
    .citation = "Barak et al., Hidden progress in deep learning: SGD learns parities near the "
                "computational limit (arXiv 2207.08799)",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct parity),
    .check = check,
    .shape = shape,
    .generate = generate,
    .points = points,
};
