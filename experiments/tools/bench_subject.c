#include "experiments/tools/bench_subject.h"

#include "core/base/rng.h"
#include "experiments/run/weights.h"
#include "experiments/run/worker.h"

static void set(struct pl_subject *subject, const char *key, const char *value) {
    pl_settings_set(&subject->settings, key, value, (struct pl_place){"bench", 0, 0});
}

static const char *number(struct pl_subject *subject, long value) {
    return pl_arena_printf(&subject->arena, "%ld", value);
}

static void describe(struct pl_subject *subject, const struct pl_bench_model *model,
                     const char *variant) {
    const struct pl_bench_size *size = &model->size;
    set(subject, "model.width", number(subject, size->width));
    set(subject, "model.hidden", number(subject, size->hidden));
    set(subject, "model.depth", number(subject, size->depth));
    set(subject, "model.activation", model->activation);
    set(subject, "model.final_norm", "false");
    set(subject, "model.embed", "none");
    set(subject, "model.head", "none");
    set(subject, "variant.name", variant);
    set(subject, "train.eval_points", "1");
}

void pl_subject_finish(struct pl_subject *subject) {
    pl_trainer_destroy(subject->trainer);
    pl_graph_finish(&subject->graph);
    pl_settings_finish(&subject->settings);
    pl_arena_finish(&subject->arena);
}

enum pl_status pl_subject_init(struct pl_subject *out, const struct pl_bench_model *model,
                               const char *variant, const struct pl_backend *backend,
                               const struct pl_dataset *data) {
    struct pl_model_io io = {model->size.width, model->size.width, false};
    *out = (struct pl_subject){.data = data};
    describe(out, model, variant);
    PL_TRY(pl_model_bind(&out->model, &out->settings, &out->arena));
    PL_TRY(pl_settings_bind(&out->settings, &pl_train_options, &out->options, &out->arena));
    pl_model_build(&out->model, &out->graph, &io);
    struct pl_network network = pl_worker_network(&out->graph, &out->model);
    network.tile = model->tile;
    PL_TRY(pl_trainer_create(&out->trainer, &network, &out->options, backend, data,
                             model->size.width));
    pl_weights_draw(pl_trainer_program(out->trainer), &out->graph, 1);
    out->flops = pl_plan_product_flops(pl_trainer_plan(out->trainer), 0) *
                 (double)data->split[PL_TRAIN].count;
    out->steps = (long)(6e8 / out->flops) + 1;
    return PL_OK;
}

void pl_subject_step(struct pl_subject *subject) {
    pl_trainer_step(subject->trainer, NULL, subject->data->split[PL_TRAIN].count);
}

enum pl_status pl_subject_data(struct pl_dataset *data, const struct pl_bench_size *size) {
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
