/* Pictures of graphs and plans. */
#include "core/graph/op.h"
#include "core/graph/plan.h"

static const char *const kind_names[] = {
    [PL_KIND_OP] = "op",         [PL_KIND_PARAM] = "param", [PL_KIND_STATE] = "state",
    [PL_KIND_FEED] = "feed",     [PL_KIND_CONST] = "const", [PL_KIND_VIEW] = "view",
    [PL_KIND_PARAMS] = "params", [PL_KIND_GRADS] = "grads",
};

static const char *what(const struct pl_node *node) {
    return node->kind == PL_KIND_OP ? pl_op_info(node->op)->name : kind_names[node->kind];
}

static void add_shape(const struct pl_node *node, struct pl_strbuf *out) {
    if (node->domain == PL_TILE)
        pl_strbuf_addf(out, node->asked ? "[%d][asked]" : "[%d][tokens]", node->rows);
    else
        pl_strbuf_addf(out, "[%d,%d]", node->rows, node->cols);
}

void pl_graph_dump_text(const struct pl_graph *graph, struct pl_strbuf *out) {
    for (int n = 0; n < (int)graph->nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(graph, n);
        pl_strbuf_addf(out, "%5d  %-18s ", n, what(node));
        add_shape(node, out);
        if (node->name) pl_strbuf_addf(out, "  %s", node->name);
        for (int k = 0; k < node->in_count; k++)
            pl_strbuf_addf(out, "%s%d", k ? " " : "  <- ", node->in[k]);
        pl_strbuf_add(out, "\n");
    }
}

void pl_graph_dump_dot(const struct pl_graph *graph, struct pl_strbuf *out) {
    pl_strbuf_add(out, "digraph plumbline {\n    node [shape=box];\n");
    for (int n = 0; n < (int)graph->nodes.count; n++) {
        const struct pl_node *node = pl_graph_node(graph, n);
        pl_strbuf_addf(out, "    n%d [label=\"%d %s%s%s\\n", n, n, what(node),
                       node->name ? " " : "", node->name ? node->name : "");
        add_shape(node, out);
        pl_strbuf_addf(out, "\"%s];\n", node->domain == PL_STEP ? ", style=rounded" : "");
        for (int k = 0; k < node->in_count; k++)
            pl_strbuf_addf(out, "    n%d -> n%d;\n", node->in[k], n);
    }
    pl_strbuf_add(out, "}\n");
}

static const char *const phase_names[PL_PHASES] = {"before", "tiles", "after", "update"};
static const char *const region_names[PL_REGIONS] = {"none", "scratch", "step", "run"};

void pl_plan_dump(const struct pl_plan *plan, size_t element_size, struct pl_strbuf *out) {
    pl_strbuf_addf(out, "tile    %d tokens\n", plan->tokens);
    for (int region = PL_REGION_SCRATCH; region < PL_REGIONS; region++)
        pl_strbuf_addf(out, "%-7s %zu bytes\n", region_names[region],
                       plan->size[region] * element_size);
    for (int p = 0; p < plan->pass_count; p++) {
        const struct pl_pass *pass = &plan->passes[p];
        pl_strbuf_addf(out, "\npass %s: scratch %zu bytes, clears %zu bytes\n", pass->name,
                       pass->scratch * element_size, pass->clear * element_size);
        for (int phase = 0; phase < PL_PHASES; phase++)
            for (int k = 0; k < pass->phase[phase].count; k++) {
                int n = pass->phase[phase].nodes[k];
                const struct pl_node *node = pl_graph_node(plan->graph, n);
                pl_strbuf_addf(out, "%-7s %5d  %-18s ", phase_names[phase], n, what(node));
                add_shape(node, out);
                pl_strbuf_addf(out, "  %s+%zu\n", region_names[pass->slot[n].region],
                               pass->slot[n].offset * element_size);
            }
    }
}
