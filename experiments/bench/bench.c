#include "experiments/bench/bench.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/rng.h"
#include "core/model/model.h"
#include "core/stats/summary.h"
#include "core/train/train.h"
#include "experiments/run/weights.h"
#include "experiments/run/worker.h"

struct size {
    long width, hidden, depth, tokens;
};

/* DESIGN.md section 5 and two larger ones. */
static const struct size sizes[] = {{10, 40, 10, 1000},
                                    {20, 80, 10, 1000},
                                    {50, 200, 10, 1000},
                                    {64, 256, 20, 512},
                                    {128, 512, 32, 512}};
static const char *const activations[] = {"silu", "relu"};
enum { SIZES = sizeof sizes / sizeof sizes[0], ACTIVATIONS = 2, MOST_VARIANTS = 64 };

/* ---- one network ready to be timed ---- */

struct subject {
    struct pl_arena arena;
    struct pl_settings settings;
    struct pl_model model;
    struct pl_graph graph;
    struct pl_train_options options;
    struct pl_trainer *trainer;
    const struct pl_dataset *data;
    long steps;                   /* of one measurement */
    double *step_ms, *forward_ms; /* a measurement a round */
    double flops;                 /* useful, of a step */
};

static void set(struct subject *subject, const char *key, const char *value) {
    pl_settings_set(&subject->settings, key, value, (struct pl_place){"bench", 0, 0});
}

static const char *number(struct subject *subject, long value) {
    return pl_arena_printf(&subject->arena, "%ld", value);
}

static void describe(struct subject *subject, const struct size *size, const char *activation,
                     const char *variant) {
    set(subject, "model.width", number(subject, size->width));
    set(subject, "model.hidden", number(subject, size->hidden));
    set(subject, "model.depth", number(subject, size->depth));
    set(subject, "model.activation", activation);
    set(subject, "model.final_norm", "false");
    set(subject, "model.embed", "none");
    set(subject, "model.head", "none");
    set(subject, "variant.name", variant);
    set(subject, "train.eval_points", "1");
}

/* 2 m k a token and product, forward and backward alike. */
static double useful_flops(const struct pl_plan *plan, size_t tokens) {
    const struct pl_schedule *tiles = &plan->passes[0].phase[PL_PHASE_TILES];
    double total = 0;
    for (int k = 0; k < tiles->count; k++) {
        const struct pl_node *node = pl_graph_node(plan->graph, tiles->nodes[k]);
        const struct pl_node *w = pl_graph_node(plan->graph, node->in_count ? node->in[0] : 0);
        if (node->op == PL_OP_MATMUL) total += 2.0 * w->rows * w->cols;
        if (node->op == PL_OP_OUTER) total += 2.0 * node->rows * node->cols;
    }
    return total * (double)tokens;
}

static void subject_finish(struct subject *subject) {
    pl_trainer_destroy(subject->trainer);
    pl_graph_finish(&subject->graph);
    pl_settings_finish(&subject->settings);
    pl_arena_finish(&subject->arena);
    pl_free(subject->step_ms);
    pl_free(subject->forward_ms);
}

static enum pl_status subject_init(struct subject *out, const struct size *size,
                                   const char *activation, const char *variant,
                                   const struct pl_bench_config *config,
                                   const struct pl_dataset *data) {
    struct pl_model_io io = {size->width, size->width, false};
    *out = (struct subject){.data = data};
    describe(out, size, activation, variant);
    PL_TRY(pl_model_bind(&out->model, &out->settings, &out->arena));
    PL_TRY(pl_settings_bind(&out->settings, &pl_train_options, &out->options, &out->arena));
    pl_model_build(&out->model, &out->graph, &io);
    struct pl_network network = pl_worker_network(&out->graph, &out->model);
    PL_TRY(pl_trainer_create(&out->trainer, &network, &out->options, config->backend, data,
                             size->width));
    pl_weights_draw(pl_trainer_program(out->trainer), &out->graph, 1);
    out->flops = useful_flops(pl_trainer_plan(out->trainer), data->split[PL_TRAIN].count);
    out->steps = (long)(3e8 / out->flops) + 1;
    out->step_ms = pl_alloc_zero((size_t)config->rounds, sizeof(double));
    out->forward_ms = pl_alloc_zero((size_t)config->rounds, sizeof(double));
    return PL_OK;
}

static void measure(struct subject *subject, int round) {
    size_t count = subject->data->split[PL_TRAIN].count;
    double start = pl_clock_seconds();
    for (long k = 0; k < subject->steps; k++) pl_trainer_step(subject->trainer, NULL, count);
    double middle = pl_clock_seconds();
    for (long k = 0; k < subject->steps; k++) pl_trainer_evaluate(subject->trainer, PL_TRAIN);
    double end = pl_clock_seconds();
    subject->step_ms[round] = (middle - start) * 1e3 / (double)subject->steps;
    subject->forward_ms[round] = (end - middle) * 1e3 / (double)subject->steps;
}

/* ---- one model, all variants ---- */

static enum pl_status draw_data(struct pl_dataset *data, const struct size *size) {
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

static void add_rows(struct pl_bench *bench, const struct subject *subjects, int count,
                     const char *model, const struct pl_bench_config *config) {
    double first_step = 0, first_forward = 0;
    size_t rounds = (size_t)config->rounds;
    for (int v = 0; v < count; v++) {
        const struct subject *subject = &subjects[v];
        struct pl_bench_row *row = &bench->rows[bench->row_count++];
        row->model = model;
        row->variant = subject->model.residual->name;
        row->step_ms = pl_stats_median(subject->step_ms, rounds);
        row->forward_ms = pl_stats_median(subject->forward_ms, rounds);
        if (v == 0) first_step = row->step_ms, first_forward = row->forward_ms;
        row->gflops = subject->flops / row->step_ms / 1e6;
        row->ratio = row->step_ms / first_step;
        row->forward_ratio = row->forward_ms / first_forward;
        row->share = row->gflops / bench->peak_gflops;
        row->extra_share =
            (row->step_ms - first_step) * 1e6 * bench->peak_gflops / subjects[0].flops;
        if (config->progress) config->progress(row);
    }
}

/* One more subject. A variant whose defaults do not fit the size (parts that do not divide the width) is
 * passed over with a word. */
static enum pl_status add_subject(struct subject *subjects, int *count, const struct size *size,
                                  const char *activation, const char *variant,
                                  const struct pl_bench_config *config,
                                  const struct pl_dataset *data) {
    struct subject *subject = &subjects[*count];
    enum pl_status status = subject_init(subject, size, activation, variant, config, data);
    if (status == PL_OK) {
        ++*count;
        return PL_OK;
    }
    subject_finish(subject);
    if (status != PL_ECONFIG) return status;
    pl_info("%s is left out at width %ld: %s", variant, size->width, pl_message());
    return PL_OK;
}

static enum pl_status bench_model(struct pl_bench *bench, const struct size *size,
                                  const char *activation, const char *model,
                                  const struct pl_bench_config *config) {
    struct subject subjects[MOST_VARIANTS];
    struct pl_dataset data;
    int count = 0;
    enum pl_status status = draw_data(&data, size);
    for (int k = 0; status == PL_OK && pl_residuals[k] && count < MOST_VARIANTS; k++)
        if (k == 0 || !config->variant || strstr(pl_residuals[k]->name, config->variant))
            status = add_subject(subjects, &count, size, activation, pl_residuals[k]->name, config,
                                 &data);
    for (int round = -1; status == PL_OK && round < config->rounds; round++)
        for (int v = 0; v < count; v++)
            measure(&subjects[v], round < 0 ? 0 : round); /* -1 warms up */
    if (status == PL_OK) add_rows(bench, subjects, count, model, config);
    for (int v = 0; v < count; v++) subject_finish(&subjects[v]);
    pl_dataset_finish(&data);
    return status;
}

enum pl_status pl_bench_run(struct pl_bench *out, const struct pl_bench_config *config) {
    memset(out, 0, sizeof *out);
    size_t most = (size_t)SIZES * ACTIVATIONS * MOST_VARIANTS;
    out->rows = PL_ARENA_ARRAY(&out->arena, struct pl_bench_row, most);
    out->peak_gflops = pl_backend_peak(config->backend);
    for (int s = 0; s < SIZES; s++)
        for (int a = 0; a < ACTIVATIONS; a++) {
            const struct size *size = &sizes[s];
            const char *model =
                pl_arena_printf(&out->arena, "%ld/%ld/%ld/%ld %s", size->width, size->hidden,
                                size->depth, size->tokens, activations[a]);
            if (config->model && !strstr(model, config->model)) continue;
            enum pl_status status = bench_model(out, size, activations[a], model, config);
            if (status != PL_OK) {
                pl_bench_finish(out);
                return status;
            }
        }
    return PL_OK;
}

void pl_bench_finish(struct pl_bench *bench) {
    pl_arena_finish(&bench->arena);
    memset(bench, 0, sizeof *bench);
}

static struct pl_json *row_json(const struct pl_bench_row *row) {
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"step_ms", row->step_ms},
                   {"forward_ms", row->forward_ms},
                   {"gflops", row->gflops},
                   {"share", row->share},
                   {"ratio", row->ratio},
                   {"forward_ratio", row->forward_ratio},
                   {"extra_share", row->extra_share}};
    struct pl_json *out = pl_json_object();
    pl_json_set(out, "model", pl_json_text(row->model));
    pl_json_set(out, "variant", pl_json_text(row->variant));
    for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++)
        pl_json_set(out, numbers[k].name, pl_json_real(numbers[k].value));
    return out;
}

struct pl_json *pl_bench_json(const struct pl_bench *bench, const struct pl_backend *backend) {
    struct pl_json *out = pl_json_object(), *rows = pl_json_array();
    struct pl_strbuf numerics;
    pl_strbuf_init(&numerics);
    pl_backend_numerics(backend, &numerics);
    for (size_t k = 0; k < bench->row_count; k++) pl_json_append(rows, row_json(&bench->rows[k]));
    pl_json_set(out, "schema", pl_json_int(PL_BENCH_SCHEMA));
    pl_json_set(out, "backend", pl_json_text(pl_backend_name(backend)));
    pl_json_set(out, "numerics", pl_json_text(numerics.text));
    pl_json_set(out, "peak_gflops", pl_json_real(bench->peak_gflops));
    pl_json_set(out, "rows", rows);
    pl_strbuf_finish(&numerics);
    return out;
}
