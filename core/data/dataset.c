#include "core/data/dataset.h"

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/base/hash.h"
#include "core/base/strbuf.h"

#define ALIGNMENT 64

static const char *const split_names[PL_SPLITS] = {"train", "valid", "test", "test_clean"};

const char *pl_split_name(enum pl_split split) {
    PL_ASSERT(split >= 0 && split < PL_SPLITS);
    return split_names[split];
}

/* One zeroed array of count x width items; the product must fit before memory is asked for. */
static enum pl_status array_new(void **out, size_t count, size_t width, size_t size,
                                enum pl_split split, const char *name) {
    if (width != 0 && count > SIZE_MAX / size / width)
        return pl_fail(PL_EMEMORY,
                       "the array %s of the split %s would have %zu x %zu items, more than memory "
                       "can address; ask for fewer samples, tokens or features",
                       name, pl_split_name(split), count, width);
    char what[64];
    snprintf(what, sizeof what, "the array %s of the split %s", name, pl_split_name(split));
    return pl_alloc_try(out, count * width * size, ALIGNMENT, what);
}

static void samples_finish(struct pl_samples *samples) {
    pl_free(samples->x);
    pl_free(samples->ids);
    pl_free(samples->y);
    pl_free(samples->labels);
    pl_free(samples->weight);
    pl_free(samples->corrupted);
    *samples = (struct pl_samples){0};
}

static enum pl_status inputs_new(struct pl_samples *samples, const struct pl_data_shape *shape,
                                 enum pl_split split) {
    size_t tokens = (size_t)shape->tokens;
    if (shape->input == PL_INPUT_ID)
        return array_new((void **)&samples->ids, samples->count, tokens, sizeof *samples->ids,
                         split, "ids");
    return array_new((void **)&samples->x, samples->count, tokens * (size_t)shape->in,
                     sizeof *samples->x, split, "x");
}

static enum pl_status targets_new(struct pl_samples *samples, const struct pl_data_shape *shape,
                                  enum pl_split split) {
    size_t tokens = (size_t)shape->tokens;
    if (shape->target == PL_TARGET_CLASS)
        return array_new((void **)&samples->labels, samples->count, tokens, sizeof *samples->labels,
                         split, "labels");
    return array_new((void **)&samples->y, samples->count, tokens * (size_t)shape->out,
                     sizeof *samples->y, split, "y");
}

static enum pl_status samples_new(struct pl_samples *samples, const struct pl_data_shape *shape,
                                  enum pl_split split) {
    PL_TRY(inputs_new(samples, shape, split));
    PL_TRY(targets_new(samples, shape, split));
    return array_new((void **)&samples->corrupted, samples->count, (size_t)shape->tokens,
                     sizeof *samples->corrupted, split, "corrupted");
}

/* tokens x features of one sample must fit a long; beyond that no array could be made anyway. */
static enum pl_status shape_check(const struct pl_data_shape *shape) {
    PL_ASSERT(shape->in >= 1 && shape->out >= 1 && shape->tokens >= 1);
    long widest = shape->in > shape->out ? shape->in : shape->out;
    if (shape->tokens > (long)(SIZE_MAX / 2) / widest)
        return pl_fail(PL_EMEMORY,
                       "a sample of %ld tokens with %ld features is more than memory can address; "
                       "ask for fewer tokens or features",
                       shape->tokens, widest);
    return PL_OK;
}

enum pl_status pl_dataset_add(struct pl_dataset *data, enum pl_split split, size_t count) {
    struct pl_samples *samples = &data->split[split];
    PL_ASSERT(samples->count == 0);
    if (count == 0) return PL_OK;
    PL_TRY(shape_check(&data->shape));
    struct pl_samples fresh = {.count = count};
    enum pl_status status = samples_new(&fresh, &data->shape, split);
    if (status == PL_OK)
        *samples = fresh;
    else
        samples_finish(&fresh);
    return status;
}

enum pl_status pl_dataset_add_weights(struct pl_dataset *data, enum pl_split split) {
    struct pl_samples *samples = &data->split[split];
    PL_ASSERT(samples->weight == NULL);
    if (samples->count == 0) return PL_OK;
    size_t tokens = (size_t)data->shape.tokens;
    PL_TRY(array_new((void **)&samples->weight, samples->count, tokens, sizeof *samples->weight,
                     split, "weight"));
    for (size_t i = 0; i < samples->count * tokens; i++) samples->weight[i] = 1;
    return PL_OK;
}

void pl_dataset_finish(struct pl_dataset *data) {
    if (data == NULL) return;
    for (int split = 0; split < PL_SPLITS; split++) samples_finish(&data->split[split]);
}

double pl_dataset_weight(const struct pl_dataset *data, enum pl_split split) {
    const struct pl_samples *samples = &data->split[split];
    size_t tokens = samples->count * (size_t)data->shape.tokens;
    if (samples->weight == NULL) return (double)tokens;
    double sum = 0;
    for (size_t i = 0; i < tokens; i++) sum += (double)samples->weight[i];
    return sum;
}

/* "train.x 0123...\n": the digest is the hash of such lines, so that an array that is absent, or
 * that moved to another name, changes it. */
static void digest_array(struct pl_strbuf *text, enum pl_split split, const char *name,
                         const void *bytes, size_t count) {
    if (bytes == NULL) return;
    char hash[PL_HASH_TEXT];
    pl_hash(hash, bytes, count);
    pl_strbuf_addf(text, "%s.%s %s\n", pl_split_name(split), name, hash);
}

static void digest_split(struct pl_strbuf *text, const struct pl_dataset *data,
                         enum pl_split split) {
    const struct pl_samples *samples = &data->split[split];
    size_t tokens = samples->count * (size_t)data->shape.tokens;
    size_t in = (size_t)data->shape.in, out = (size_t)data->shape.out;
    pl_strbuf_addf(text, "%s %zu\n", pl_split_name(split), samples->count);
    digest_array(text, split, "x", samples->x, tokens * in * sizeof *samples->x);
    digest_array(text, split, "ids", samples->ids, tokens * sizeof *samples->ids);
    digest_array(text, split, "y", samples->y, tokens * out * sizeof *samples->y);
    digest_array(text, split, "labels", samples->labels, tokens * sizeof *samples->labels);
    digest_array(text, split, "weight", samples->weight, tokens * sizeof *samples->weight);
    digest_array(text, split, "corrupted", samples->corrupted, tokens * sizeof *samples->corrupted);
}

void pl_dataset_digest(const struct pl_dataset *data, char *out) {
    const struct pl_data_shape *shape = &data->shape;
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_strbuf_addf(&text, "shape %d %d %ld %ld %ld\n", (int)shape->input, (int)shape->target,
                   shape->in, shape->out, shape->tokens);
    for (int split = 0; split < PL_SPLITS; split++) digest_split(&text, data, (enum pl_split)split);
    pl_hash_text(out, text.text);
    pl_strbuf_finish(&text);
}
