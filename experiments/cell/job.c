#include "experiments/cell/job.h"

#include "core/model/init.h"

struct pl_network pl_job_network(struct pl_graph *graph, const struct pl_model *model) {
    return (struct pl_network){.graph = graph,
                               .x = model->x,
                               .y = model->y,
                               .labels = model->labels,
                               .weight = model->weight,
                               .inverse_weight = model->inverse_weight,
                               .loss = model->loss,
                               .accuracy = model->accuracy,
                               .hidden = model->host.hidden};
}

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

static enum pl_status build(struct pl_job *job) {
    const struct pl_bound *bound = job->bound;
    if (!job->data) PL_TRY(generate(job));
    job->model = bound->model;
    pl_model_build(&job->model, &job->graph, &bound->io);
    struct pl_network network = pl_job_network(&job->graph, &job->model);
    network.tile = job->tile;
    PL_TRY(pl_trainer_create(&job->trainer, &network, &bound->train, bound->backend, job->data,
                             bound->model.host.width));
    job->program = pl_trainer_program(job->trainer);
    pl_job_draw(job->program, &job->graph, bound->seed);
    return PL_OK;
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
