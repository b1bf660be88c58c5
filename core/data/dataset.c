/* Arrays of samples in four splits. A split has the arrays that its shape asks for (x or ids, y or
 * labels, and a weight and a mark of corruption where a task adds them), sample by sample, aligned
 * to 64 bytes and zeroed. A size is multiplied out only after it is known to fit. The digest is
 * the hash of one line an array, in the order of splits and names, so that two data sets are equal
 * exactly when their digests are. */
#include "core/data/dataset.h"

#include <math.h>
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

/* ---- is it data? -------------------------------------------------------------------------------- */

static enum pl_status fail_at(enum pl_split split, size_t index, size_t width, const char *what) {
    return pl_fail(PL_ECONFIG, "%s at sample %zu of the split %s", what, index / width,
                   pl_split_name(split));
}

static enum pl_status check_reals(const float *values, size_t count, size_t width,
                                  enum pl_split split, const char *what) {
    for (size_t k = 0; values && k < count; k++)
        if (!isfinite(values[k])) return fail_at(split, k, width, what);
    return PL_OK;
}

static enum pl_status check_ids(const int32_t *values, size_t count, long end, size_t width,
                                enum pl_split split, const char *what) {
    for (size_t k = 0; values && k < count; k++)
        if (values[k] < 0 || values[k] >= end)
            return pl_fail(PL_ECONFIG,
                           "%s at sample %zu of the split %s: token %zu has %ld, and there are 0 "
                           "to %ld",
                           what, k / width, pl_split_name(split), k % width, (long)values[k],
                           end - 1);
    return PL_OK;
}

static enum pl_status check_weights(const struct pl_dataset *data, enum pl_split split) {
    const struct pl_samples *samples = &data->split[split];
    size_t tokens = (size_t)data->shape.tokens;
    for (size_t k = 0; samples->weight && k < samples->count * tokens; k++)
        if (!(samples->weight[k] >= 0) || isinf(samples->weight[k]))
            return fail_at(split, k, tokens, "a weight is negative or not finite");
    if (pl_dataset_weight(data, split) > 0) return PL_OK;
    return pl_fail(PL_ECONFIG, "nothing in the split %s has weight", pl_split_name(split));
}

/* No sample has more tokens with weight than the shape promises. */
static enum pl_status check_asked(const struct pl_dataset *data, enum pl_split split) {
    const struct pl_samples *s = &data->split[split];
    size_t tokens = (size_t)data->shape.tokens;
    for (size_t n = 0; data->shape.asked && n < s->count; n++) {
        long asked = 0;
        for (size_t t = 0; t < tokens; t++) asked += !s->weight || s->weight[n * tokens + t] > 0;
        if (asked > data->shape.asked)
            return fail_at(split, n, 1, "more tokens have weight than its shape promises");
    }
    return PL_OK;
}

static enum pl_status check_split(const struct pl_dataset *data, enum pl_split split) {
    const struct pl_samples *s = &data->split[split];
    const struct pl_data_shape *shape = &data->shape;
    size_t tokens = (size_t)shape->tokens, in = tokens * (size_t)shape->in;
    size_t out = tokens * (size_t)shape->out;
    bool ids = shape->input == PL_INPUT_ID, classes = shape->target == PL_TARGET_CLASS;
    if ((s->ids != NULL) != ids || (s->x != NULL) == ids || (s->labels != NULL) != classes ||
        (s->y != NULL) == classes)
        return pl_fail(PL_ECONFIG,
                       "the split %s has not the arrays of its shape; pl_dataset_add makes them",
                       pl_split_name(split));
    PL_TRY(check_reals(s->x, s->count * in, in, split, "an input is not finite"));
    PL_TRY(check_reals(s->y, s->count * out, out, split, "a target is not finite"));
    PL_TRY(check_ids(s->ids, s->count * tokens, shape->in, tokens, split, "an id is out of range"));
    PL_TRY(check_ids(s->labels, s->count * tokens, shape->out, tokens, split,
                     "a label is out of range"));
    PL_TRY(check_weights(data, split));
    return check_asked(data, split);
}

static bool same_shape(const struct pl_data_shape *a, const struct pl_data_shape *b) {
    return a->input == b->input && a->target == b->target && a->in == b->in && a->out == b->out &&
           a->tokens == b->tokens && a->asked == b->asked;
}

enum pl_status pl_dataset_check(const struct pl_dataset *data,
                                const struct pl_data_shape *promised) {
    if (!same_shape(&data->shape, promised))
        return pl_fail(PL_ECONFIG, "its data have another shape than shape() promises");
    if (data->split[PL_TRAIN].count == 0) return pl_fail(PL_ECONFIG, "the split train is empty");
    for (int split = 0; split < PL_SPLITS; split++)
        if (data->split[split].count) PL_TRY(check_split(data, (enum pl_split)split));
    return PL_OK;
}

/* ---- digest ------------------------------------------------------------------------------------- */

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
