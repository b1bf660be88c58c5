#include "experiments/bench/bench.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/stats/summary.h"
#include "experiments/bench/subject.h"

enum { MOST_VARIANTS = 64 };

/* A subject and its measurements, one a round. */
struct timed {
    struct pl_subject subject;
    double *step_ms, *forward_ms;
};

static void timed_finish(struct timed *timed) {
    pl_subject_finish(&timed->subject);
    pl_free(timed->step_ms);
    pl_free(timed->forward_ms);
}

static void measure(struct timed *timed, int round) {
    struct pl_subject *subject = &timed->subject;
    pl_subject_step(subject); /* the others had the caches */
    double start = pl_clock_seconds();
    for (long k = 0; k < subject->steps; k++) pl_subject_step(subject);
    double middle = pl_clock_seconds();
    for (long k = 0; k < subject->steps; k++) pl_trainer_evaluate(subject->trainer, PL_TRAIN);
    double end = pl_clock_seconds();
    timed->step_ms[round] = (middle - start) * 1e3 / (double)subject->steps;
    timed->forward_ms[round] = (end - middle) * 1e3 / (double)subject->steps;
}

/* ---- one model, all variants ---- */

static void add_rows(struct pl_bench *bench, const struct timed *all, int count, const char *model,
                     const struct pl_bench_config *config) {
    double first_step = 0, first_forward = 0;
    size_t rounds = (size_t)config->rounds;
    for (int v = 0; v < count; v++) {
        const struct pl_subject *subject = &all[v].subject;
        struct pl_bench_row *row = &bench->rows[bench->row_count++];
        row->model = model;
        row->variant = subject->model.residual->name;
        row->step_ms = pl_stats_median(all[v].step_ms, rounds);
        row->forward_ms = pl_stats_median(all[v].forward_ms, rounds);
        if (v == 0) first_step = row->step_ms, first_forward = row->forward_ms;
        row->gflops = subject->flops / row->step_ms / 1e6;
        row->ratio = row->step_ms / first_step;
        row->forward_ratio = row->forward_ms / first_forward;
        row->share = row->gflops / bench->peak_gflops;
        row->extra_share =
            (row->step_ms - first_step) * 1e6 * bench->peak_gflops / all[0].subject.flops;
        if (config->progress) config->progress(row);
    }
}

/* One more subject. A variant whose defaults do not fit the size (parts that do not divide the width) is
 * passed over with a word. */
static enum pl_status add_subject(struct timed *all, int *count, const struct pl_bench_size *size,
                                  const char *activation, const char *variant,
                                  const struct pl_bench_config *config,
                                  const struct pl_dataset *data) {
    struct timed *timed = &all[*count];
    enum pl_status status =
        pl_subject_init(&timed->subject, size, activation, variant, config->backend, data);
    timed->step_ms = pl_alloc_zero((size_t)config->rounds, sizeof(double));
    timed->forward_ms = pl_alloc_zero((size_t)config->rounds, sizeof(double));
    if (status == PL_OK) {
        ++*count;
        return PL_OK;
    }
    timed_finish(timed);
    if (status != PL_ECONFIG) return status;
    pl_info("%s is left out at width %ld: %s", variant, size->width, pl_message());
    return PL_OK;
}

static enum pl_status bench_model(struct pl_bench *bench, const struct pl_bench_size *size,
                                  const char *activation, const char *model,
                                  const struct pl_bench_config *config) {
    struct timed all[MOST_VARIANTS];
    struct pl_dataset data;
    int count = 0;
    enum pl_status status = pl_subject_data(&data, size);
    for (int k = 0; status == PL_OK && pl_residuals[k] && count < MOST_VARIANTS; k++)
        if (k == 0 || !config->variant || strstr(pl_residuals[k]->name, config->variant))
            status =
                add_subject(all, &count, size, activation, pl_residuals[k]->name, config, &data);
    for (int round = -1; status == PL_OK && round < config->rounds; round++)
        for (int v = 0; v < count; v++) measure(&all[v], round < 0 ? 0 : round); /* -1 warms up */
    if (status == PL_OK) add_rows(bench, all, count, model, config);
    for (int v = 0; v < count; v++) timed_finish(&all[v]);
    pl_dataset_finish(&data);
    return status;
}

enum pl_status pl_bench_run(struct pl_bench *out, const struct pl_bench_config *config) {
    memset(out, 0, sizeof *out);
    size_t most = (size_t)PL_BENCH_SIZES * PL_BENCH_ACTIVATIONS * MOST_VARIANTS;
    out->rows = PL_ARENA_ARRAY(&out->arena, struct pl_bench_row, most);
    out->peak_gflops = pl_backend_peak(config->backend);
    for (int s = 0; s < PL_BENCH_SIZES; s++)
        for (int a = 0; a < PL_BENCH_ACTIVATIONS; a++) {
            const struct pl_bench_size *size = &pl_bench_sizes[s];
            const char *model = pl_bench_model_name(&out->arena, size, pl_bench_activations[a]);
            if (config->model && !strstr(model, config->model)) continue;
            enum pl_status status = bench_model(out, size, pl_bench_activations[a], model, config);
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
