#include "core/base/rng.h"
#include "core/graph/grad.h"
#include "core/train/probe_impl.h"

/* ---- making ---- */

/* The first of a permutation of the split; all of a small split, in stored order. */
static enum pl_status draw_batch(struct pl_probe *probe, uint64_t seed) {
    const struct pl_dataset *data = probe->feeder.data;
    const struct pl_samples *from = &data->split[probe->options.split];
    size_t wanted = (size_t)probe->options.samples;
    if (from->count == 0)
        return pl_fail(PL_ECONFIG,
                       "diagnostics.split is %s, but the task has no such samples; choose another "
                       "split, or have the task make some",
                       pl_split_name((enum pl_split)probe->options.split));
    probe->batch = (struct pl_selection){from, NULL, from->count};
    if (wanted >= from->count) return PL_OK;
    struct pl_rng rng;
    pl_rng_init(&rng, seed, "probe");
    uint32_t *order = PL_ARENA_ARRAY(&probe->arena, uint32_t, from->count);
    pl_rng_permutation(&rng, order, from->count);
    probe->batch.which = order;
    probe->batch.count = wanted;
    return PL_OK;
}

/* Room for the largest node that is read, in numbers. */
static size_t largest(const struct pl_probe *probe, const int *targets, int count, int tile) {
    size_t most = 1;
    for (int k = 0; k < count; k++) {
        const struct pl_node *node = pl_probe_node(probe, targets[k]);
        int width = node->domain == PL_TILE ? tile : node->cols;
        size_t size = (size_t)node->rows * (size_t)width;
        if (size > most) most = size;
    }
    return most;
}

static void make_plan(struct pl_probe *probe, int tile) {
    const struct pl_network *network = &probe->network;
    struct pl_graph *graph = network->graph;
    size_t states = pl_probe_states(probe);
    if (probe->options.gradients)
        pl_graph_grad(graph, network->measure[PL_MEASURE_LOSS], network->h, (int)states);
    pl_probe_sources_build(probe);
    size_t most = 1 + 6 * states + network->site_count;
    for (size_t k = 0; k < network->site_count; k++) most += 1 + (size_t)network->sites[k].count;
    int *targets = PL_ARENA_ARRAY(&probe->arena, int, most);
    int count = pl_probe_targets(probe, targets + 1) + 1;
    count += pl_probe_sources_targets(probe, targets + count);
    targets[0] = network->measure[PL_MEASURE_LOSS];
    const struct pl_pass_spec passes[PL_PROBE_PASSES] = {
        [PL_PASS_PROBE] = {"probe", targets, count},
        [PL_PASS_LOSS] = {"loss", targets, 1},
    };
    pl_plan_make(&probe->plan, graph, tile, passes, PL_PROBE_PASSES);
#ifdef PL_DEBUG
    pl_graph_check(graph);
    pl_plan_check(&probe->plan);
#endif
    probe->tile = pl_alloc(largest(probe, targets, count, tile) * sizeof *probe->tile);
}

enum pl_status pl_probe_create(struct pl_probe **out, const struct pl_network *network,
                               const struct pl_probe_options *options,
                               const struct pl_backend *backend, const struct pl_dataset *data,
                               uint64_t seed) {
    struct pl_probe *probe = pl_alloc_zero(1, sizeof *probe);
    *out = NULL;
    probe->network = *network;
    probe->options = *options;
    probe->feeder = (struct pl_feeder){.network = *network, .data = data};
    enum pl_status status = draw_batch(probe, seed);
    if (status == PL_OK) {
        make_plan(probe, pl_feeder_tile(&probe->feeder, backend, probe->batch.count));
        pl_probe_take_room(probe);
        pl_probe_sources_take_room(probe);
        status = pl_program_create(&probe->program, backend, &probe->plan);
    }
    if (status != PL_OK) {
        pl_probe_destroy(probe);
        return status;
    }
    pl_feeder_init(&probe->feeder, probe->program);
    *out = probe;
    return PL_OK;
}

void pl_probe_destroy(struct pl_probe *probe) {
    if (!probe) return;
    pl_program_destroy(probe->program);
    pl_plan_finish(&probe->plan);
    pl_feeder_finish(&probe->feeder);
    pl_free(probe->tile);
    pl_free(probe->read);
    pl_arena_finish(&probe->arena);
    pl_free(probe);
}

/* ---- measuring ---- */

/* Masks are not in the trained graph: they take what they start with. */
static void copy_params(struct pl_probe *probe, struct pl_program *trained) {
    const struct pl_graph *from = pl_program_plan(trained)->graph;
    const struct pl_graph *to = probe->network.graph;
    for (int n = 0; n < (int)to->nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(to, n);
        if (node->kind != PL_KIND_PARAM) continue;
        int source = pl_graph_find(from, node->name);
        double *values = pl_alloc((size_t)node->rows * (size_t)node->cols * sizeof *values);
        for (int k = 0; k < node->rows * node->cols; k++) values[k] = node->fill_a;
        if (source != PL_NONE) pl_program_read(trained, source, values);
        pl_program_write(probe->program, n, values);
        pl_free(values);
    }
}

void pl_probe_tell(const struct pl_probe *probe, const char *name, int layer, int source,
                   double value) {
    probe->note(probe->ctx, name, probe->step, layer, source, value);
}

enum pl_status pl_probe_measure(struct pl_probe *probe, struct pl_program *trained, long step,
                                pl_probe_note *note, void *ctx) {
    probe->step = step;
    probe->note = note;
    probe->ctx = ctx;
    copy_params(probe, trained);
    if (!probe->network.renormalises) pl_probe_look(probe);
    pl_probe_ablate(probe);
    return pl_program_check(probe->program);
}
