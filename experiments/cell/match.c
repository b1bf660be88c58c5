#include "experiments/cell/match.h"

#include <math.h>

size_t pl_match_params(const struct pl_model *model, const struct pl_model_io *io) {
    struct pl_graph graph;
    struct pl_network network;
    pl_graph_init(&graph);
    pl_model_build(model, io, &graph, &network);
    size_t total = pl_graph_trained_count(&graph);
    pl_graph_finish(&graph);
    return total;
}

/* The count is a + b hidden, so two builds tell the width. */
enum pl_status pl_match_hidden(struct pl_model *model, const struct pl_model_io *io,
                               size_t target) {
    struct pl_model one = *model, two = *model;
    one.host.hidden = 1;
    two.host.hidden = 2;
    double first = (double)pl_match_params(&one, io);
    double slope = (double)pl_match_params(&two, io) - first;
    double wanted = 1 + ((double)target - first) / slope;
    model->host.hidden = wanted > 1 ? (long)floor(wanted + 0.5) : 1;
    double found = first + slope * (double)(model->host.hidden - 1);
    if (fabs(found - (double)target) <= PL_MATCH_WITHIN * (double)target) return PL_OK;
    return pl_fail(
        PL_ECONFIG,
        "match: params cannot give %s the baseline's %zu parameters within 1 %%: with the "
        "nearest hidden width, %ld, it has %.0f; leave match out, or make the model larger",
        model->residual->name, target, model->host.hidden, found);
}
