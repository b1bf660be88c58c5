/* The backend adds up seconds and calls of each node over a step (pl_program_time). Nodes of one
 * operator, and for products of one matrix size, share a row. [ms] has a line for each row and a last
 * one for the whole step, one column a step; a printed time is the median of its line. */
#include "experiments/tools/bench_profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/graph/op.h"
#include "core/stats/summary.h"
#include "experiments/tools/bench_subject.h"

/* Entries of a product's matrix: of the weights, or of their gradient. */
static const struct pl_node *matrix_of(const struct pl_graph *graph, const struct pl_node *node) {
    if (node->op == PL_OP_MATMUL) return pl_graph_node(graph, node->in[0]);
    return node->op == PL_OP_OUTER ? node : NULL;
}

static void describe(char *out, size_t size, const struct pl_graph *graph,
                     const struct pl_node *node) {
    const struct pl_node *matrix = matrix_of(graph, node);
    const char *name = pl_op_info(node->op)->name;
    if (matrix)
        snprintf(out, size, "%s %d x %d%s", name, matrix->rows, matrix->cols,
                 node->attr.matmul.transpose ? " '" : "");
    else
        snprintf(out, size, "%s", name);
}

static struct pl_profile_row *row_called(struct pl_profile *profile, const char *what) {
    for (size_t k = 0; k < profile->row_count; k++)
        if (strcmp(profile->rows[k].what, what) == 0) return &profile->rows[k];
    struct pl_profile_row *row = &profile->rows[profile->row_count++];
    snprintf(row->what, sizeof row->what, "%s", what);
    return row;
}

static int dearest_first(const void *a, const void *b) {
    double x = ((const struct pl_profile_row *)a)->ms, y = ((const struct pl_profile_row *)b)->ms;
    return (x < y) - (x > y);
}

/* Useful operations of a call, 10^9: of products, and of attention over half the square. */
static double gflop_of(const struct pl_plan *plan, const struct pl_node *node) {
    const struct pl_node *matrix = matrix_of(plan->graph, node);
    double seen = (plan->graph->sequence + 1) / 2.0, tokens = plan->tokens;
    if (matrix) {
        const struct pl_node *x = pl_graph_node(plan->graph, node->in[node->in_count - 1]);
        return 2e-9 * matrix->rows * matrix->cols * pl_plan_cols(plan, x);
    }
    if (node->op == PL_OP_ATTEND) return 2e-9 * 2 * node->rows * seen * tokens;
    if (node->op == PL_OP_ATTEND_GRAD) return 2e-9 * 4 * node->rows / 3 * seen * tokens;
    return 0;
}

/* One row for all nodes that read alike, and which row each node counts for. */
static void make_rows(struct pl_profile *profile, const struct pl_plan *plan,
                      const struct pl_node_times *times, size_t *row_of) {
    const struct pl_graph *graph = plan->graph;
    profile->rows = pl_alloc_zero(graph->nodes.count, sizeof *profile->rows);
    for (int n = 0; n < (int)graph->nodes.count; n++) {
        if (times->calls[n] == 0) continue;
        const struct pl_node *node = pl_graph_node(graph, n);
        char what[sizeof profile->rows->what];
        describe(what, sizeof what, graph, node);
        struct pl_profile_row *row = row_called(profile, what);
        row_of[n] = (size_t)(row - profile->rows);
        row->calls += (double)times->calls[n];
        row->gflop += gflop_of(plan, node) * (double)times->calls[n];
    }
}

/* Takes one step; its times go to column [step] of [ms], [row_count + 1] rows of [steps], the last for
 * the whole. */
static void take_step(const struct pl_profile *profile, struct pl_subject *subject,
                      const struct pl_node_times *times, const size_t *row_of, double *ms,
                      size_t step, size_t steps) {
    size_t nodes = subject->job.graph.nodes.count;
    memset(times->seconds, 0, nodes * sizeof *times->seconds);
    double start = pl_clock_seconds();
    pl_subject_step(subject);
    ms[profile->row_count * steps + step] = 1e3 * (pl_clock_seconds() - start);
    for (size_t n = 0; n < nodes; n++)
        if (times->calls[n]) ms[row_of[n] * steps + step] += 1e3 * times->seconds[n];
}

static void take_steps(struct pl_profile *out, struct pl_subject *subject,
                       const struct pl_node_times *times, size_t steps) {
    size_t *row_of = pl_alloc_zero(subject->job.graph.nodes.count, sizeof *row_of);
    pl_subject_step(subject);
    make_rows(out, pl_trainer_plan(subject->job.trainer), times, row_of);
    double *ms = pl_alloc_zero((out->row_count + 1) * steps, sizeof *ms);
    for (size_t k = 0; k < steps; k++) take_step(out, subject, times, row_of, ms, k, steps);
    for (size_t k = 0; k < out->row_count; k++)
        out->rows[k].ms = pl_stats_median(ms + k * steps, steps);
    out->step_ms = pl_stats_median(ms + out->row_count * steps, steps);
    qsort(out->rows, out->row_count, sizeof *out->rows, dearest_first);
    pl_free(ms);
    pl_free(row_of);
}

enum pl_status pl_profile_take(struct pl_profile *out, struct pl_subject *subject, size_t steps) {
    size_t count = subject->job.graph.nodes.count;
    const struct pl_node_times times = {pl_alloc_zero(count, sizeof(double)),
                                        pl_alloc_zero(count, sizeof(long))};
    struct pl_program *program = subject->job.program;
    *out = (struct pl_profile){.tile = pl_trainer_plan(subject->job.trainer)->tokens};
    pl_subject_step(subject); /* warms up */
    enum pl_status status = pl_program_time(program, &times);
    if (status == PL_OK) {
        take_steps(out, subject, &times, steps);
        status = pl_program_time(program, NULL);
    }
    pl_free(times.seconds);
    pl_free(times.calls);
    return status;
}

void pl_profile_finish(struct pl_profile *profile) {
    pl_free(profile->rows);
    memset(profile, 0, sizeof *profile);
}

static void print(const struct pl_profile *profile, const char *model, const char *variant) {
    double rest = profile->step_ms;
    printf("%s  %s: %.3f ms a step, tiles of %d tokens\n", model, variant, profile->step_ms,
           profile->tile);
    printf("  %-28s %8s %11s %11s %8s %9s\n", "operator", "calls", "us a call", "ms a step",
           "share", "GFLOP/s");
    for (size_t k = 0; k < profile->row_count; k++) {
        const struct pl_profile_row *row = &profile->rows[k];
        printf("  %-28s %8.0f %11.2f %11.4f %7.1f%%", row->what, row->calls,
               1e3 * row->ms / row->calls, row->ms, 100 * row->ms / profile->step_ms);
        if (row->gflop > 0) printf(" %9.1f", 1e3 * row->gflop / row->ms);
        printf("\n");
        rest -= row->ms;
    }
    printf("  %-28s %8s %11s %11.4f %7.1f%%\n\n", "the rest", "", "", rest,
           100 * rest / profile->step_ms);
}

static enum pl_status profile_one(const struct pl_bench_config *config,
                                  const struct pl_bench_model *model, const char *variant,
                                  const struct pl_dataset *data) {
    struct pl_subject subject;
    struct pl_profile profile = {0};
    enum pl_status status = pl_subject_init(&subject, model, variant, config->backend, data);
    if (status == PL_OK)
        status = pl_profile_take(&profile, &subject, (size_t)(config->rounds * subject.steps));
    if (status == PL_OK) print(&profile, model->name, variant);
    pl_profile_finish(&profile);
    pl_subject_finish(&subject);
    if (status != PL_ECONFIG) return status;
    pl_info("%s is left out at width %ld: %s", variant, model->size.width, pl_message());
    return PL_OK;
}

static enum pl_status profile_model(const struct pl_bench_config *config,
                                    const struct pl_bench_model *model) {
    const struct pl_bench_choice *choice = config->choice;
    struct pl_dataset data;
    enum pl_status status = pl_subject_data(&data, &model->size);
    for (size_t k = 0; status == PL_OK && k < choice->variant_count; k++)
        status = profile_one(config, model, choice->variants[k]->name, &data);
    pl_dataset_finish(&data);
    return status;
}

enum pl_status pl_profile_run(const struct pl_bench_config *config) {
    enum pl_status status = PL_OK;
    for (size_t k = 0; status == PL_OK && k < config->choice->model_count; k++)
        status = profile_model(config, &config->choice->models[k]);
    return status;
}
