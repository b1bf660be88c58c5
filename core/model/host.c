#include "core/model/host.h"

#include "core/config/names.h"

/* In the order of PL_HOST_NAMES. */
extern const struct pl_host_kind pl_host_mlp, pl_host_transformer;
const struct pl_host_kind *const pl_host_kinds[] = {&pl_host_mlp, &pl_host_transformer, NULL};

enum { KINDS = sizeof pl_host_kinds / sizeof pl_host_kinds[0] - 1 };

enum pl_status pl_host_find(const struct pl_host_kind **out, const char *name) {
    const char *names[KINDS];
    for (int k = 0; k < KINDS; k++) names[k] = pl_host_kinds[k]->name;
    size_t row = name ? pl_names_find(PL_NAME_LIST(names, KINDS), name) : 0;
    *out = pl_host_kinds[row];
    if (*out) return PL_OK;
    return pl_names_fail(PL_NAME_LIST(names, KINDS), PL_NO_PLACE, name,
                         "`plumbline list models` shows all", "no host is called \"%s\"", name);
}

long pl_host_period(const struct pl_host *host) {
    return pl_host_kinds[host->kind]->period;
}

void pl_host_measures(struct pl_network *network, const struct pl_model_io *io, int output) {
    struct pl_graph *graph = network->graph;
    int weight = pl_network_feed(network, PL_FEED_WEIGHT, 1);
    int inverse = pl_network_feed(network, PL_FEED_INVERSE_WEIGHT, 1);
    int sum;
    network->output = output;
    if (io->classes) {
        int labels = pl_network_feed(network, PL_FEED_LABELS, 1);
        sum = pl_xent(graph, output, labels, weight);
        int hits = pl_hits(graph, output, labels, weight);
        network->measure[PL_MEASURE_ACCURACY] = pl_mul(graph, hits, inverse);
        if (graph->asked > 1) {
            int samples = pl_network_feed(network, PL_FEED_INVERSE_SAMPLES, 1);
            network->measure[PL_MEASURE_EXACT] =
                pl_mul(graph, pl_exact(graph, output, labels, weight), samples);
        }
    } else {
        sum = pl_mse(graph, output, pl_network_feed(network, PL_FEED_Y, io->out), weight);
    }
    network->measure[PL_MEASURE_LOSS] = pl_mul(graph, sum, inverse);
}
