#include "experiments/run/weights.h"

#include "core/model/init.h"

void pl_weights_draw(struct pl_program *program, const struct pl_graph *graph, uint64_t seed) {
    for (int n = 0; n < (int)graph->nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(graph, n);
        if (node->kind != PL_KIND_PARAM) continue;
        double *values = pl_alloc((size_t)node->rows * (size_t)node->cols * sizeof *values);
        pl_init_draw(graph, n, seed, values);
        pl_program_write(program, n, values);
        pl_free(values);
    }
}
