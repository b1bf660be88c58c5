/* sequence: say the token before. A task of token sequences with masks, as a plug-in: what the sequence suite
 * will be made of, held to the same promises (tests/e2e/plugin.sh).
 *
 *     ids_t uniform in 0 .. V-1    label_t = ids_{t-1} with probability s, else uniform    weight_0 = 0
 *
 * The first token has nothing before it and is masked; its label is its own id. Short sequences of few
 * tokens would occur in two splits, so they are not offered. The rule has no error, and the
 * points are those of labels.h with a uniform prior.
 */
#include <plumbline/task.h>

struct sequence {
    struct pl_task_common common;
    long vocabulary, length;
};

static const struct pl_option rows[] = {
    PL_TASK_COMMON_ROWS(struct sequence),
    PL_OPTION_INT(struct sequence, vocabulary, "32", 32, 1024, "tokens to choose from, V"),
    PL_OPTION_INT(struct sequence, length, "8", 6, 512, "tokens of a sample"),
};

static enum pl_status check(const void *options, const char **key) {
    return pl_labels_check(&((const struct sequence *)options)->common, key);
}

static void shape(const void *options, struct pl_data_shape *out) {
    const struct sequence *own = options;
    *out = (struct pl_data_shape){PL_INPUT_ID,     PL_TARGET_CLASS, own->vocabulary,
                                  own->vocabulary, own->length,     own->length};
}

static enum pl_status draw(const void *world, enum pl_split split, struct pl_rng *rng,
                           struct pl_samples *out, struct pl_samples *clean) {
    const struct sequence *own = world;
    struct pl_labels labels = {&own->common, (size_t)own->vocabulary, NULL};
    size_t length = (size_t)own->length;
    (void)split; /* all alike */
    for (size_t t = 0; t < out->count * length; t++) {
        bool first = t % length == 0;
        out->ids[t] = (int32_t)pl_rng_below(rng, (uint64_t)own->vocabulary);
        int32_t rule = first ? out->ids[t] : out->ids[t - 1];
        pl_labels_draw(&labels, rng, rule, &out->labels[t], &out->corrupted[t]);
        if (clean) clean->ids[t] = out->ids[t];
        if (clean) clean->labels[t] = rule;
    }
    return PL_OK;
}

static enum pl_status generate(const void *options, uint64_t seed, struct pl_dataset *out) {
    struct pl_split_draw split = {.draw = draw, .world = options, .clean = true};
    size_t length = (size_t)((const struct sequence *)options)->length;
    shape(options, &out->shape);
    enum pl_status status = pl_split_generate(&split, options, seed, out);
    for (int s = 0; status == PL_OK && s < PL_SPLITS; s++) {
        status = pl_dataset_add_weights(out, (enum pl_split)s);
        for (size_t n = 0; status == PL_OK && n < out->split[s].count; n++)
            out->split[s].weight[n * length] = 0;
    }
    if (status != PL_OK) pl_dataset_finish(out);
    return status;
}

static enum pl_status points(const void *options, uint64_t seed, const struct pl_dataset *data,
                             struct pl_task_points *out) {
    const struct sequence *own = options;
    struct pl_labels labels = {&own->common, (size_t)own->vocabulary, NULL};
    (void)seed, (void)data;
    pl_labels_points(&labels, out);
    return PL_OK;
}

const struct pl_task pl_task_sequence = {
    .name = "sequence",
    .summary = "say the token before",
    .formula = "ids_t -> ids_{t-1}, or with probability 1-s any token; the first is masked",
    .citation = "",
    .version = 1,
    .options = PL_OPTIONS("task", rows),
    .options_size = sizeof(struct sequence),
    .check = check,
    .shape = shape,
    .generate = generate,
    .points = points,
};

PL_TASK_PLUGIN(&pl_task_sequence);
