#include "experiments/tools/replica.h"

#include <string.h>

#include "core/train/feeder.h"

/* ---- the whole cell ---- */

enum pl_status pl_replica_init(struct pl_replica *out, const char *text) {
    memset(out, 0, sizeof *out);
    PL_TRY(pl_bound_read(&out->bound, text));
    out->job.bound = &out->bound;
    enum pl_status status = pl_job_make(&out->job);
    if (status == PL_OK)
        pl_batches_init(&out->batches, out->job.data->split[PL_TRAIN].count,
                        (size_t)out->bound.train.batch, out->bound.seed);
    else
        pl_replica_finish(out);
    return status;
}

void pl_replica_finish(struct pl_replica *replica) {
    if (!replica) return;
    pl_batches_finish(&replica->batches);
    pl_dataset_finish(&replica->fresh);
    pl_job_finish(&replica->job);
    pl_bound_finish(&replica->bound);
    memset(replica, 0, sizeof *replica);
}

enum pl_status pl_replica_draw(struct pl_replica *replica) {
    if (!replica->bound.train.fresh) {
        replica->batch = pl_batches_next(&replica->batches, &replica->batch_count);
        return PL_OK;
    }
    pl_dataset_finish(&replica->fresh);
    PL_TRY(pl_job_fresh(&replica->job, replica->step + 1, &replica->fresh));
    replica->batch_count = replica->fresh.split[PL_TRAIN].count;
    return PL_OK;
}

enum pl_status pl_replica_step(struct pl_replica *replica, double *loss) {
    struct pl_trainer *trainer = replica->job.trainer;
    replica->step++;
    if (replica->bound.train.fresh)
        PL_TRY(pl_trainer_step_fresh(trainer, loss));
    else
        *loss = pl_trainer_step(trainer, replica->batch, replica->batch_count);
    return pl_program_check(replica->job.program);
}

void pl_replica_weights(struct pl_replica *replica, int node, double *out) {
    pl_program_read(replica->job.program, node, out);
}

bool pl_replica_gradient(struct pl_replica *replica, int node, double *out) {
    int gradient = (size_t)node < replica->job.graph.grads.count
                       ? replica->job.graph.grads.items[node]
                       : PL_NONE;
    if (gradient == PL_NONE) return false;
    pl_program_read(replica->job.program, gradient, out);
    return true;
}

/* ---- the first forward pass ---- */

static bool has_numbers(const struct pl_node *node) {
    return node->kind == PL_KIND_OP && node->dtype == PL_NUMBER;
}

/* The whole samples of the first batch, which has been drawn, that fit into a tile. */
static void run(struct pl_glance *glance, const struct pl_replica *replica) {
    const struct pl_samples *from =
        replica->batch ? &replica->job.data->split[PL_TRAIN] : &replica->fresh.split[PL_TRAIN];
    size_t count = replica->batch_count, tokens = (size_t)replica->job.data->shape.tokens;
    size_t fit = (size_t)glance->plan.tokens / tokens;
    struct pl_feeder feeder = {
        .network = glance->network, .data = replica->job.data, .samples = (int)fit};
    const struct pl_selection first = {from, replica->batch, count < fit ? count : fit};
    glance->tokens = (int)(first.count * tokens);
    pl_feeder_init(&feeder, glance->program);
    pl_feeder_run(&feeder, 0, &first, NULL, NULL);
    pl_feeder_finish(&feeder);
}

enum pl_status pl_glance_init(struct pl_glance *out, struct pl_replica *replica, int tile) {
    memset(out, 0, sizeof *out);
    pl_graph_init(&out->graph);
    pl_model_build(&replica->bound.model, &replica->bound.io, &out->graph, &out->network);

    int count = (int)out->graph.nodes.count, wanted = 0;
    int *targets = pl_alloc((size_t)count * sizeof *targets);
    for (int n = 0; n < count; n++)
        if (has_numbers(pl_graph_node(&out->graph, n))) targets[wanted++] = n;
    struct pl_pass_spec pass = {"glance", targets, wanted};
    pl_plan_make(&out->plan, &out->graph, tile, &pass, 1);
    pl_free(targets);

    enum pl_status status = pl_program_create(&out->program, replica->bound.backend, &out->plan);
    if (status == PL_OK) {
        pl_job_draw(out->program, &out->graph, replica->bound.seed);
        run(out, replica);
        status = pl_program_check(out->program);
    }
    if (status != PL_OK) pl_glance_finish(out);
    return status;
}

void pl_glance_finish(struct pl_glance *glance) {
    if (!glance) return;
    pl_program_destroy(glance->program);
    pl_plan_finish(&glance->plan);
    pl_graph_finish(&glance->graph);
    memset(glance, 0, sizeof *glance);
}

size_t pl_glance_read(struct pl_glance *glance, int node, double *out) {
    const struct pl_node *info = pl_graph_node(&glance->graph, node);
    bool tile = info->domain == PL_TILE;
    if (!has_numbers(info)) return 0;
    size_t rows = (size_t)info->rows;
    /* A tile is read whole; the tokens that count move to the front of each row. */
    if (out && tile) {
        size_t width = (size_t)glance->plan.tokens, kept = (size_t)glance->tokens;
        double *whole = pl_alloc(rows * width * sizeof *whole);
        pl_program_read_tile(glance->program, 0, node, whole);
        for (size_t r = 0; r < rows; r++)
            memcpy(out + r * kept, whole + r * width, kept * sizeof *out);
        pl_free(whole);
    }
    if (out && !tile) pl_program_read(glance->program, node, out);
    return rows * (size_t)(tile ? glance->tokens : info->cols);
}
