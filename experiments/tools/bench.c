/* Every round measures each variant once, so that a slow moment of the machine hits all of them; a
 * row's time is the median over rounds. Round -1 warms up. The first variant is `standard`, and the
 * ratios of a model's rows are to its row. Peak memory (rss_mb) is measured before anything else, in a
 * process of its own for each subject: a process that has held more would tell too much. */
#include "experiments/tools/bench.h"

#include <math.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/stats/summary.h"
#include "experiments/tools/bench_memory.h"
#include "experiments/tools/bench_subject.h"

/* A subject and its measurements, one a round. */
struct timed {
    struct pl_subject subject;
    double *step_ms, *forward_ms, *attention_ms;
    double rss_mb;
};

static void timed_finish(struct timed *timed) {
    pl_subject_finish(&timed->subject);
    pl_free(timed->step_ms);
    pl_free(timed->forward_ms);
    pl_free(timed->attention_ms);
}

/* Milliseconds of a step that go to attention over tokens; NaN: the model has none, or the backend does not
 * tell. Apart from the other times, since the clock is read around every operator. */
static double attention_ms(struct pl_subject *subject) {
    const struct pl_graph *graph = &subject->job.graph;
    const struct pl_node_times times = {pl_alloc_zero(graph->nodes.count, sizeof(double)),
                                        pl_alloc_zero(graph->nodes.count, sizeof(long))};
    double total = NAN;
    if (graph->sequence > 1 && pl_program_time(subject->job.program, &times) == PL_OK) {
        for (long k = 0; k < subject->steps; k++) pl_subject_step(subject);
        total = 0;
        for (int n = 0; n < (int)graph->nodes.count; n++) {
            enum pl_op op = pl_graph_node(graph, n)->op;
            if (op == PL_OP_ATTEND_LSE || op == PL_OP_ATTEND || op == PL_OP_ATTEND_GRAD)
                total += 1e3 * times.seconds[n] / (double)subject->steps;
        }
        enum pl_status status = pl_program_time(subject->job.program, NULL);
        PL_ASSERT(status == PL_OK);
    }
    pl_free(times.seconds);
    pl_free(times.calls);
    return total;
}

static void measure(struct timed *timed, int round) {
    struct pl_subject *subject = &timed->subject;
    pl_subject_step(subject); /* the others had the caches */
    double start = pl_clock_seconds();
    for (long k = 0; k < subject->steps; k++) pl_subject_step(subject);
    double middle = pl_clock_seconds();
    for (long k = 0; k < subject->steps; k++) pl_trainer_evaluate(subject->job.trainer, PL_TRAIN);
    double end = pl_clock_seconds();
    timed->step_ms[round] = (middle - start) * 1e3 / (double)subject->steps;
    timed->forward_ms[round] = (end - middle) * 1e3 / (double)subject->steps;
    timed->attention_ms[round] = attention_ms(subject);
}

/* ---- one model, all variants ---- */

/* What the run in hand knows: the configuration, and its variants, standard first. */
struct session {
    const struct pl_bench_config *config;
    const struct pl_residual **variants;
    size_t variant_count;
    double *rss_mb; /* [models][variants]; measured before anything else */
    struct pl_bench *bench;
};

static void add_rows(struct session *session, const struct timed *all, size_t count,
                     const struct pl_bench_model *model) {
    const struct pl_bench_config *config = session->config;
    size_t rounds = (size_t)config->rounds;
    struct pl_bench_row *first = &session->bench->rows[session->bench->row_count];
    for (size_t v = 0; v < count; v++) {
        const struct pl_subject *subject = &all[v].subject;
        struct pl_bench_row *row = &session->bench->rows[session->bench->row_count++];
        row->model = model;
        row->variant = subject->bound.model.residual->name;
        row->step_ms = pl_stats_median(all[v].step_ms, rounds);
        row->forward_ms = pl_stats_median(all[v].forward_ms, rounds);
        row->attention_ms = pl_stats_median(all[v].attention_ms, rounds);
        row->gflops = subject->flops / row->step_ms / 1e6;
        row->ratio = row->step_ms / first->step_ms;
        row->forward_ratio = row->forward_ms / first->forward_ms;
        row->extra_share = (row->step_ms - first->step_ms) * 1e6 / all[0].subject.flops;
        row->plan_mb = 1e-6 * (double)pl_plan_bytes(pl_trainer_plan(subject->job.trainer),
                                                    pl_backend_element_size(config->backend));
        row->rss_mb = all[v].rss_mb;
        if (config->progress) config->progress(row);
    }
}

/* One more subject. A variant whose defaults do not fit the size (parts that do not divide the width) is
 * passed over with a word. */
static enum pl_status add_subject(struct timed *all, size_t *count,
                                  const struct pl_bench_model *model, const struct session *session,
                                  size_t k, const struct pl_dataset *data) {
    const struct pl_bench_config *config = session->config;
    const char *variant = session->variants[k]->name;
    struct timed *timed = &all[*count];
    enum pl_status status = pl_subject_init(&timed->subject, model, variant, config->backend, data);
    timed->step_ms = pl_alloc_zero((size_t)config->rounds, sizeof(double));
    timed->forward_ms = pl_alloc_zero((size_t)config->rounds, sizeof(double));
    timed->attention_ms = pl_alloc_zero((size_t)config->rounds, sizeof(double));
    timed->rss_mb =
        session->rss_mb[(size_t)(model - config->choice->models) * session->variant_count + k];
    if (status == PL_OK) {
        ++*count;
        return PL_OK;
    }
    timed_finish(timed);
    if (status != PL_ECONFIG || *count == 0) return status;
    pl_info("%s is left out at width %ld: %s", variant, model->size.width, pl_message());
    return PL_OK;
}

static enum pl_status bench_model(struct session *session, const struct pl_bench_model *model) {
    const struct pl_bench_config *config = session->config;
    struct timed *all = pl_alloc_zero(session->variant_count, sizeof *all);
    struct pl_dataset data;
    size_t count = 0;
    double peak = pl_backend_peak(config->backend);
    if (!(session->bench->peak_gflops >= peak)) session->bench->peak_gflops = peak;
    enum pl_status status = pl_subject_data(&data, &model->size);
    for (size_t k = 0; status == PL_OK && k < session->variant_count; k++)
        status = add_subject(all, &count, model, session, k, &data);
    for (int round = -1; status == PL_OK && round < config->rounds; round++)
        for (size_t v = 0; v < count; v++)
            measure(&all[v], round < 0 ? 0 : round); /* -1 warms up */
    if (status == PL_OK) add_rows(session, all, count, model);
    for (size_t v = 0; v < count; v++) timed_finish(&all[v]);
    pl_dataset_finish(&data);
    pl_free(all);
    return status;
}

/* ---- all models ---- */

/* Standard is what ratios are to. */
static void order_variants(struct session *session) {
    const struct pl_bench_choice *choice = session->config->choice;
    session->variants = PL_ARENA_ARRAY(&session->bench->arena, const struct pl_residual *,
                                       choice->variant_count + 1);
    session->variants[session->variant_count++] = pl_residuals[0];
    for (size_t k = 0; k < choice->variant_count; k++)
        if (choice->variants[k] != pl_residuals[0])
            session->variants[session->variant_count++] = choice->variants[k];
}

/* In processes of their own, while this one has not used a backend. */
static void measure_memory(struct session *session) {
    const struct pl_bench_config *config = session->config;
    size_t models = config->choice->model_count, at = 0;
    session->rss_mb =
        PL_ARENA_ARRAY(&session->bench->arena, double, models * session->variant_count);
    for (size_t k = 0; k < models; k++)
        for (size_t v = 0; v < session->variant_count; v++)
            session->rss_mb[at++] =
                config->memory ? pl_bench_memory(&config->choice->models[k],
                                                 session->variants[v]->name, config->backend)
                               : NAN;
    if (config->memory) session->bench->empty_mb = pl_bench_memory(NULL, NULL, config->backend);
}

/* The peak is the best of all models, so what is in units of it comes last. */
static void add_shares(struct pl_bench *bench) {
    for (size_t k = 0; k < bench->row_count; k++) {
        bench->rows[k].share = bench->rows[k].gflops / bench->peak_gflops;
        bench->rows[k].extra_share *= bench->peak_gflops;
    }
}

enum pl_status pl_bench_run(struct pl_bench *out, const struct pl_bench_config *config) {
    struct session session = {.config = config, .bench = out};
    enum pl_status status = PL_OK;
    *out = (struct pl_bench){.peak_gflops = NAN, .empty_mb = NAN};
    order_variants(&session);
    measure_memory(&session);
    out->rows = PL_ARENA_ARRAY(&out->arena, struct pl_bench_row,
                               config->choice->model_count * session.variant_count);
    for (size_t k = 0; status == PL_OK && k < config->choice->model_count; k++)
        status = bench_model(&session, &config->choice->models[k]);
    if (status == PL_OK)
        add_shares(out);
    else
        pl_bench_finish(out);
    return status;
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
                   {"extra_share", row->extra_share},
                   {"attention_ms", row->attention_ms},
                   {"plan_mb", row->plan_mb},
                   {"rss_mb", row->rss_mb}};
    struct pl_json *out = pl_json_object();
    pl_json_set(out, "model", pl_json_text(row->model->name));
    pl_json_set(out, "variant", pl_json_text(row->variant));
    if (row->model->axis) pl_json_set(out, "axis", pl_json_text(row->model->axis));
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
    pl_json_set(out, "empty_mb", pl_json_real(bench->empty_mb));
    pl_json_set(out, "rows", rows);
    pl_strbuf_finish(&numerics);
    return out;
}
