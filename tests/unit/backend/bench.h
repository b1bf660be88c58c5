/* One operator, or a few, over one feed: a graph planned for tiles of some width and bound to a backend. */
#ifndef PL_TESTS_UNIT_BACKEND_BENCH_H
#define PL_TESTS_UNIT_BACKEND_BENCH_H

#include <string.h>

#include "core/backend/backend.h"
#include "tests/support/support.h"

struct bench {
    struct pl_graph graph;
    struct pl_plan plan;
    struct pl_program *program;
    int x; /* the feed */
};

static inline void bench_init(struct bench *b, int rows) {
    memset(b, 0, sizeof *b);
    pl_graph_init(&b->graph);
    b->x = pl_feed_tile(&b->graph, "x", rows, PL_NUMBER);
}

static inline void bench_plan(struct bench *b, const struct pl_backend *backend, const int *targets,
                              int count, int tokens) {
    pl_plan_make(&b->plan, &b->graph, tokens, &(struct pl_pass_spec){"value", targets, count}, 1);
    pl_plan_check(&b->plan);
    PL_REQUIRE_OK(pl_program_create(&b->program, backend, &b->plan));
}

static inline void bench_finish(struct bench *b) {
    pl_program_destroy(b->program);
    pl_plan_finish(&b->plan);
    pl_graph_finish(&b->graph);
}

#endif
