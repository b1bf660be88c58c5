#include "core/model/layer.h"

#include "core/model/init.h"

int pl_layer_linear(struct pl_graph *graph, int x, long out, const char *name_w, const char *name_b,
                    int init, double factor) {
    long in = pl_graph_node(graph, x)->rows;
    int w = pl_init_weight(graph, name_w, out, in, init, factor);
    int b = pl_init_bias(graph, name_b, out, in, init);
    return pl_bias(graph, pl_matmul(graph, w, x), b);
}

int pl_layer_norm(struct pl_graph *graph, int x, const char *name, const struct pl_host *host,
                  enum pl_group group) {
    int gain = pl_param(graph, name, pl_graph_node(graph, x)->rows, 1, group, PL_FILL_VALUE, 1);
    enum pl_norm kind = (enum pl_norm)host->norm;
    int stats = pl_norm_stats(graph, x, kind, host->norm_eps, 1);
    return pl_norm_apply(graph, x, stats, gain, kind);
}

int pl_layer_mlp(struct pl_graph *graph, int u, long layer, const struct pl_host *host,
                 double factor, int *inner) {
    struct pl_arena names = {0};
    const char *part[4];
    static const char *const parts[4] = {"w1", "b1", "w2", "b2"};
    for (int k = 0; k < 4; k++) part[k] = pl_arena_printf(&names, "layers.%ld.%s", layer, parts[k]);
    int w1 = pl_init_weight(graph, part[0], host->hidden, host->width, host->init, factor);
    int b1 = pl_init_bias(graph, part[1], host->hidden, host->width, host->init);
    *inner = pl_activate(graph, pl_matmul(graph, w1, u), b1, (enum pl_act)host->activation);
    int y = pl_layer_linear(graph, *inner, host->width, part[2], part[3], host->init, factor);
    pl_arena_finish(&names);
    return y;
}
