#include "experiments/tools/bench_subject.h"

#include "core/base/rng.h"
#include "core/base/strbuf.h"

enum { VOCABULARY = 64 };

/* The task only gives the data's shape. */
static enum pl_status bind(struct pl_bound *out, const struct pl_bench_model *model,
                           const char *variant, const struct pl_backend *backend) {
    const struct pl_bench_size *size = &model->size;
    struct pl_strbuf text;
    pl_strbuf_init(&text);
    pl_strbuf_addf(&text,
                   "backend = %s\nmodel.activation = %s\nmodel.depth = %ld\nmodel.hidden = %ld\n"
                   "model.width = %ld\nseed = 1\ntrain.eval_points = 1\nvariant.name = %s\n",
                   pl_backend_name(backend), model->activation, size->depth, size->hidden,
                   size->width, variant);
    if (size->sequences)
        pl_strbuf_addf(&text,
                       "model.kind = transformer\ntask.length = %ld\n"
                       "task.name = random_sequence\ntask.samples = %ld\ntask.vocabulary = %d\n",
                       size->tokens, size->sequences, VOCABULARY);
    else
        pl_strbuf_addf(&text,
                       "model.embed = none\nmodel.final_norm = false\nmodel.head = none\n"
                       "task.dim = %ld\ntask.name = linear_mix\ntask.samples = %ld\n",
                       size->width, size->tokens);
    enum pl_status status = pl_bound_read(out, text.text);
    pl_strbuf_finish(&text);
    return status;
}

void pl_subject_finish(struct pl_subject *subject) {
    pl_job_finish(&subject->job);
    pl_bound_finish(&subject->bound);
}

enum pl_status pl_subject_init(struct pl_subject *out, const struct pl_bench_model *model,
                               const char *variant, const struct pl_backend *backend,
                               const struct pl_dataset *data) {
    *out = (struct pl_subject){.job = {.bound = &out->bound, .data = data, .tile = model->tile}};
    PL_TRY(bind(&out->bound, model, variant, backend));
    enum pl_status status = pl_job_make(&out->job);
    if (status != PL_OK) {
        pl_subject_finish(out);
        return status;
    }
    out->flops = pl_plan_product_flops(pl_trainer_plan(out->job.trainer), 0) *
                 (double)data->shape.tokens * (double)data->split[PL_TRAIN].count;
    out->steps = (long)(6e8 / out->flops) + 1;
    return PL_OK;
}

void pl_subject_step(struct pl_subject *subject) {
    pl_trainer_step(subject->job.trainer, NULL, subject->job.data->split[PL_TRAIN].count);
}

static enum pl_status sequences(struct pl_dataset *data, const struct pl_bench_size *size) {
    struct pl_rng rng;
    size_t count = (size_t)size->tokens * (size_t)size->sequences;
    *data = (struct pl_dataset){.shape = {.input = PL_INPUT_ID,
                                          .target = PL_TARGET_CLASS,
                                          .in = VOCABULARY,
                                          .out = VOCABULARY,
                                          .tokens = size->tokens}};
    pl_rng_init(&rng, 1, "bench-data");
    PL_TRY(pl_dataset_add(data, PL_TRAIN, (size_t)size->sequences));
    for (size_t k = 0; k < count; k++) {
        data->split[PL_TRAIN].ids[k] = (int32_t)pl_rng_below(&rng, VOCABULARY);
        data->split[PL_TRAIN].labels[k] = (int32_t)pl_rng_below(&rng, VOCABULARY);
    }
    return PL_OK;
}

enum pl_status pl_subject_data(struct pl_dataset *data, const struct pl_bench_size *size) {
    if (size->sequences) return sequences(data, size);
    struct pl_rng rng;
    size_t count = (size_t)size->tokens * (size_t)size->width;
    *data = (struct pl_dataset){.shape = {.in = size->width, .out = size->width, .tokens = 1}};
    PL_TRY(pl_dataset_add(data, PL_TRAIN, (size_t)size->tokens));
    pl_rng_init(&rng, 1, "data-train");
    for (size_t k = 0; k < count; k++) {
        data->split[PL_TRAIN].x[k] = (float)pl_rng_normal(&rng);
        data->split[PL_TRAIN].y[k] = (float)pl_rng_normal(&rng);
    }
    return PL_OK;
}
