#include "core/graph/network.h"

#include <string.h>

static const struct {
    const char *name;
    enum pl_domain domain;
    enum pl_dtype dtype;
} feeds[PL_FEEDS] = {
#define PL_FEED_ROW(id, name, level, dtype, help) [PL_FEED_##id] = {#name, PL_##level, PL_##dtype},
    PL_FEED_LIST(PL_FEED_ROW)
#undef PL_FEED_ROW
};

const char *pl_measure_name(enum pl_measure measure) {
    static const char *const names[PL_MEASURES] = {
#define PL_MEASURE_NAME(id, name, help) [PL_MEASURE_##id] = #name,
        PL_MEASURE_LIST(PL_MEASURE_NAME)
#undef PL_MEASURE_NAME
    };
    return names[measure];
}

void pl_network_init(struct pl_network *network, struct pl_graph *graph) {
    *network = (struct pl_network){.graph = graph, .output = PL_NONE};
    for (int k = 0; k < PL_FEEDS; k++) network->feed[k] = PL_NONE;
    for (int k = 0; k < PL_MEASURES; k++) network->measure[k] = PL_NONE;
}

int pl_network_feed(struct pl_network *network, enum pl_feed feed, long rows) {
    struct pl_graph *graph = network->graph;
    const char *name = feeds[feed].name;
    enum pl_dtype dtype = feeds[feed].dtype;
    bool asked = network->feed[PL_FEED_ASKED] != PL_NONE || feed == PL_FEED_ASKED;
    bool target = feed == PL_FEED_ASKED || feed == PL_FEED_Y || feed == PL_FEED_LABELS ||
                  feed == PL_FEED_WEIGHT;
    PL_ASSERT(rows > 0 && (dtype == PL_NUMBER || rows == 1));
    network->feed[feed] = feeds[feed].domain == PL_STEP ? pl_feed_step(graph, name, (int)rows)
                          : asked && target ? pl_feed_asked(graph, name, (int)rows, dtype)
                                            : pl_feed_tile(graph, name, (int)rows, dtype);
    return network->feed[feed];
}

static int *none_list(struct pl_arena *arena, size_t count) {
    int *list = PL_ARENA_ARRAY(arena, int, count);
    for (size_t k = 0; k < count; k++) list[k] = PL_NONE;
    return list;
}

void pl_network_stack(struct pl_network *network, long depth) {
    struct pl_arena *arena = &network->graph->arena;
    size_t states = (size_t)depth + 1;
    network->depth = depth;
    network->v = none_list(arena, states);
    network->h = none_list(arena, states);
    network->row = none_list(arena, states);
    network->attend = none_list(arena, states);
    network->source_mask = none_list(arena, states);
    network->streams = PL_ARENA_ARRAY(arena, struct pl_site_streams, states);
    for (size_t k = 0; k < states; k++) network->streams[k].node = PL_NONE;
}

/* The list doubles, in the arena: room is there unless the count is a power of two. */
void pl_network_site(struct pl_network *network, struct pl_depth_site site) {
    struct pl_arena *arena = &network->graph->arena;
    size_t count = network->site_count;
    if ((count & (count - 1)) == 0) {
        struct pl_depth_site *grown =
            PL_ARENA_ARRAY(arena, struct pl_depth_site, count ? 2 * count : 1);
        if (count) memcpy(grown, network->sites, count * sizeof *grown);
        network->sites = grown;
    }
    int *from = PL_ARENA_ARRAY(arena, int, (size_t)site.count);
    for (int k = 0; k < site.count; k++) from[k] = site.from ? site.from[k] : k;
    site.from = from;
    network->sites[network->site_count++] = site;
}

void pl_network_site_values(struct pl_network *network, const int *values) {
    struct pl_depth_site *site = &network->sites[network->site_count - 1];
    site->values =
        pl_arena_copy(&network->graph->arena, values, (size_t)site->count * sizeof *values);
}
