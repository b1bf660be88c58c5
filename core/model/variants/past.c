#include "core/model/variants/past.h"

#include "core/model/variants/depth.h"

struct pl_past *pl_past(struct pl_build *build) {
    return build->state;
}

void pl_past_begin(struct pl_build *build, int e) {
    struct pl_past *past = pl_past(build);
    size_t sites = (size_t)build->host->depth + 2;
    past->h = PL_ARENA_ARRAY(build->arena, int, sites);
    past->number = PL_ARENA_ARRAY(build->arena, int, sites);
    for (size_t l = 0; l < sites; l++) past->number[l] = PL_NONE;
    past->h[1] = e;
}

int pl_past_input(struct pl_build *build, long l, int port) {
    (void)port;
    return pl_past(build)->h[l];
}

void pl_past_output(struct pl_build *build, long l, int y) {
    struct pl_past *past = pl_past(build);
    past->h[l + 1] = pl_add(build->graph, past->h[l], y);
}

int pl_past_row(struct pl_build *build, long count, const struct pl_past_part *parts, long n) {
    struct pl_graph *graph = build->graph;
    int row = pl_depth_ones(build, 0, count);
    int *entries = PL_ARENA_ARRAY(build->arena, int, (size_t)count + 1);
    for (long k = 0; k < n; k++) {
        if (parts[k].number == PL_NONE) continue;
        entries[0] = row;
        for (long i = 0; i < parts[k].at; i++) {
            struct pl_attr attr = {.place = {(int)i, (int)count}};
            entries[i + 1] = pl_op(graph, PL_OP_PLACE, attr, &parts[k].number, 1);
        }
        row = pl_sum(graph, entries, (int)parts[k].at + 1);
    }
    return row;
}
