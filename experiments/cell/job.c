#include "experiments/cell/job.h"

#include <string.h>

#include "core/model/init.h"

void pl_job_draw(struct pl_program *program, const struct pl_graph *graph, uint64_t seed) {
    for (int n = 0; n < (int)graph->nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(graph, n);
        if (node->kind != PL_KIND_PARAM) continue;
        double *values = pl_alloc((size_t)node->rows * (size_t)node->cols * sizeof *values);
        pl_init_draw(graph, n, seed, values);
        pl_program_write(program, n, values);
        pl_free(values);
    }
}

static enum pl_status generate(struct pl_job *job) {
    const struct pl_bound *bound = job->bound;
    PL_TRY(bound->task->generate(bound->task_options, bound->seed, &job->generated));
    job->data = &job->generated;
    enum pl_status status = pl_dataset_check(job->data, &bound->shape);
    return status == PL_OK ? PL_OK
                           : pl_fail_within(status, "the task %s made no data", bound->task->name);
}

/* New samples: what the task draws when [count] are asked for. */
static enum pl_status draw_fresh(void *job, size_t count, struct pl_dataset *out) {
    const struct pl_bound *bound = ((const struct pl_job *)job)->bound;
    struct pl_task_common *common = pl_alloc(bound->task->options_size);
    memcpy(common, bound->task_options, bound->task->options_size);
    common->samples = (long)count;
    enum pl_status status = bound->task->generate(common, bound->seed, out);
    if (status == PL_OK) status = pl_dataset_check(out, &bound->shape);
    if (status == PL_OK && (out->split[PL_TRAIN].count != count || out->split[PL_TEST].count))
        status = pl_fail(PL_ECONFIG, "it made all its splits again; leave train.fresh out");
    if (status != PL_OK) {
        pl_dataset_finish(out);
        pl_fail_within(status, "the task %s made no new samples", bound->task->name);
    }
    pl_free(common);
    return status;
}

static enum pl_status build(struct pl_job *job) {
    const struct pl_bound *bound = job->bound;
    if (!job->data) PL_TRY(generate(job));
    pl_model_build(&bound->model, &bound->io, &job->graph, &job->network);
    job->network.tile = job->tile;
    PL_TRY(
        pl_trainer_create(&job->trainer, &job->network, &bound->train, bound->backend, job->data));
    job->program = pl_trainer_program(job->trainer);
    pl_trainer_seed(job->trainer, bound->seed);
    pl_trainer_supply(job->trainer, (struct pl_supply){draw_fresh, job});
    pl_job_draw(job->program, &job->graph, bound->seed);
    return PL_OK;
}

enum pl_status pl_job_fresh(const struct pl_job *job, long step, struct pl_dataset *out) {
    size_t batch = (size_t)job->bound->train.batch;
    *out = (struct pl_dataset){.fresh = (uint64_t)step};
    return draw_fresh((struct pl_job *)job, batch ? batch : job->data->split[PL_TRAIN].count, out);
}

enum pl_status pl_job_make(struct pl_job *job) {
    pl_graph_init(&job->graph);
    enum pl_status status = build(job);
    if (status != PL_OK) pl_job_finish(job);
    return status;
}

void pl_job_finish(struct pl_job *job) {
    if (!job) return;
    pl_trainer_destroy(job->trainer);
    pl_graph_finish(&job->graph);
    pl_dataset_finish(&job->generated);
    *job = (struct pl_job){0};
}
