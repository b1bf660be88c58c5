/* modular: the table of an operation modulo p.
 *
 *     x = one-hot a, one-hot b in 0 .. p-1 (2p features)     label = a op b mod p
 *
 * Of the p^2 pairs the share train_fraction, drawn by the seed, is seen in training; valid and test
 * have the others (tasks/finite.h: pairs are dealt once, and a split with more samples than pairs
 * repeats itself; with the defaults training has 264 different pairs). What is fitted at once and
 * generalises late, if at all.
 *
 * The marginal q counts the table: uniform for add and subtract; for multiply, 0 is more frequent.
 * Points: those of tasks/labels.h; at structure 1 trivial = H(q), which is ln p when q is uniform, and
 * best = 0. The share of test pairs with a label varies about q with the seed.
 */
#include "core/base/alloc.h"
#include "tasks/finite.h"
#include "tasks/task.h"

enum op { OP_ADD, OP_SUBTRACT, OP_MULTIPLY };

struct modular {
    struct pl_task_common common;
    long modulus;
    int op; /* enum op */
    double train_fraction;
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS(struct modular),
    PL_OPTION_INT(struct modular, modulus, "23", 2, 1024, "p; inputs have 2 p features"),
    PL_OPTION_CHOICE(struct modular, op, "add", "add|subtract|multiply", "the operation"),
    PL_OPTION_REAL(struct modular, train_fraction, "0.5", 0.01, 0.95,
                   "share of the p^2 pairs that training may see; valid and test halve the rest"),
};

static uint64_t apply(const struct modular *own, uint64_t a, uint64_t b) {
    uint64_t p = (uint64_t)own->modulus;
    if (own->op == OP_ADD) return (a + b) % p;
    return own->op == OP_SUBTRACT ? (a + p - b) % p : a * b % p;
}

static int32_t show(const void *world, uint64_t code, struct pl_rng *rng, float *x) {
    const struct modular *own = world;
    uint64_t p = (uint64_t)own->modulus, a = code / p, b = code % p;
    (void)rng; /* the pair is all there is */
    x[a] = 1;
    x[p + b] = 1;
    return (int32_t)apply(own, a, b);
}

/* q, counted over the table; the caller frees it. */
static enum pl_status prior_make(double **out, const struct modular *own) {
    uint64_t p = (uint64_t)own->modulus;
    void *memory;
    PL_TRY(pl_alloc_try(&memory, p * sizeof(double), 64, "the label frequencies of modular"));
    *out = memory;
    for (uint64_t code = 0; code < p * p; code++) (*out)[apply(own, code / p, code % p)]++;
    for (uint64_t c = 0; c < p; c++) (*out)[c] /= (double)(p * p);
    return PL_OK;
}

static enum pl_status check(const void *options, const char **key) {
    return pl_labels_check(&((const struct modular *)options)->common, key);
}

static void shape(const void *options, struct pl_data_shape *out) {
    long p = ((const struct modular *)options)->modulus;
    *out = (struct pl_data_shape){PL_INPUT_REAL, PL_TARGET_CLASS, 2 * p, p, 1};
}

static enum pl_status generate(const void *options, uint64_t seed, struct pl_dataset *out) {
    const struct modular *own = options;
    uint64_t p = (uint64_t)own->modulus;
    double *prior;
    PL_TRY(prior_make(&prior, own));
    struct pl_rng rng;
    pl_rng_init(&rng, seed, "task-world");
    struct pl_finite finite = {.labels = {&own->common, p, prior},
                               .inputs = p * p,
                               .train_share = own->train_fraction,
                               .show = show,
                               .world = own};
    shape(options, &finite.shape);
    enum pl_status status = pl_finite_generate(&finite, &rng, seed, out);
    pl_free(prior);
    return status;
}

static enum pl_status points(const void *options, uint64_t seed, const struct pl_dataset *data,
                             struct pl_task_points *out) {
    const struct modular *own = options;
    double *prior;
    (void)seed, (void)data; /* a formula knows better */
    PL_TRY(prior_make(&prior, own));
    struct pl_labels labels = {&own->common, (size_t)own->modulus, prior};
    pl_labels_points(&labels, out);
    pl_free(prior);
    return PL_OK;
}

const struct pl_task pl_task_modular = {
    .name = "modular",
    .summary = "the table of an operation modulo p, of which training sees a part",
    .formula = "one-hot a, one-hot b -> (a op b) mod p",
    .citation = "Power et al., Grokking: generalization beyond overfitting on small algorithmic "
                "datasets (arXiv 2201.02177)",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct modular),
    .check = check,
    .shape = shape,
    .generate = generate,
    .points = points,
};
