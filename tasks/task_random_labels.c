/* random_labels: memorisation and nothing else.
 *
 *     x ~ N(0, I_d)    label uniform in 0 .. V-1, whatever x is
 *
 * The random end by nature: structure is 0 and cannot be otherwise, every label is marked corrupted,
 * and there is no test_clean since no label was ever clean. Test inputs are new, so nothing learned in
 * training can help there: trivial and best test loss are both ln V. What a model can show is how many
 * bits it stores, (ln V - training loss) samples / ln 2: bits_per_param among the metrics, by trained
 * parameter.
 *
 * load asks for a number of bits to store a parameter, and so for a number of samples that grows with the
 * model: samples = load params / log2 V.
 */
#include <math.h>
#include <string.h>

#include "core/base/math.h"
#include "core/base/rng.h"
#include "tasks/split.h"
#include "tasks/task.h"

struct random_labels {
    struct pl_task_common common;
    long classes;
    long dim;
    double load;
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS_AT(struct random_labels, "0"),
    PL_OPTION_INT(struct random_labels, classes, "5", 2, 65536, "labels to choose from"),
    PL_OPTION_INT(struct random_labels, dim, "10", 1, 65536, "features of an input"),
    PL_OPTION_REAL(
        struct random_labels, load, "0", 0, 1000,
        "bits of training labels a trained parameter, which then decide on samples; 0 leaves "
        "samples as it is"),
};

static enum pl_status check(const void *options, const char **key) {
    const struct random_labels *own = options;
    return pl_task_refuse_dial(&own->common, 0, "the labels of random_labels follow no rule", key);
}

static void shape(const void *options, struct pl_data_shape *out) {
    const struct random_labels *own = options;
    *out = (struct pl_data_shape){PL_INPUT_REAL, PL_TARGET_CLASS, own->dim, own->classes, 1};
}

static enum pl_status draw(const void *world, enum pl_split split, struct pl_rng *rng,
                           struct pl_samples *out, struct pl_samples *clean) {
    const struct random_labels *own = world;
    size_t dim = (size_t)own->dim;
    (void)split; /* all alike */
    PL_ASSERT(clean == NULL);
    for (size_t i = 0; i < out->count; i++) {
        for (size_t j = 0; j < dim; j++) out->x[i * dim + j] = (float)pl_rng_normal(rng);
        out->labels[i] = (int32_t)pl_rng_below(rng, (uint64_t)own->classes);
    }
    memset(out->corrupted, 1, out->count);
    return PL_OK;
}

static enum pl_status generate(const void *options, uint64_t seed, struct pl_dataset *out) {
    const struct random_labels *own = options;
    struct pl_split_draw split = {.draw = draw, .world = own, .clean = false};
    shape(options, &out->shape);
    return pl_split_generate(&split, &own->common, seed, out);
}

static enum pl_status points(const void *options, uint64_t seed, const struct pl_dataset *data,
                             struct pl_task_points *out) {
    (void)seed;
    (void)data;
    double prior = pl_log((double)((const struct random_labels *)options)->classes);
    pl_points_set(out, prior, prior);
    return PL_OK;
}

static double samples(const void *options, double params) {
    const struct random_labels *own = options;
    return floor(own->load * params * pl_log(2) / pl_log((double)own->classes) + 0.5);
}

const struct pl_task pl_task_random_labels = {
    .name = "random_labels",
    .summary = "random classes for random inputs: how much can be memorised",
    .formula = "x ~ N(0, I) -> a uniform class, drawn once a sample",
    .citation = "Zhang et al., Understanding deep learning requires rethinking generalization "
                "(arXiv 1611.03530)",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct random_labels),
    .check = check,
    .shape = shape,
    .generate = generate,
    .points = points,
    .samples = samples,
};
