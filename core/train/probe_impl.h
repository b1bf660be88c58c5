/* Probe, for its own files.
 *
 *     probe_options.c   what may be asked for
 *     probe.c           the batch, the plan, a measurement from start to end
 *     probe_look.c      one pass: sums over tokens, and what they come to
 *     probe_sources.c   in that pass: sources by size, and the heads of attention over tokens
 *     probe_ablate.c    many passes: the loss without this source or that
 */
#ifndef PL_TRAIN_PROBE_IMPL_H
#define PL_TRAIN_PROBE_IMPL_H

#include "core/train/feeder.h"
#include "core/train/probe.h"

enum { PL_PASS_PROBE, PL_PASS_LOSS, PL_PROBE_PASSES };

/* What is summed over the tokens of the batch. Lists are numbered as their nodes are. */
struct pl_probe_sums {
    double tokens;        /* that weigh something */
    double *h, *v, *grad; /* squares */
    double **row;         /* [l - 1][i]: weights, mean over groups */
    double *entropy, *largest,
        *first;      /* of each site, mean over depth heads; NaN: not a distribution */
    double *cosine;  /* of streams: mean over pairs */
    double **moment; /* [l - 1]: of h, d means, then d x d products (lower triangle) */

    /* [site][entry], of sites that say what they mix: weight, norm, share of the sum of weight x norm */
    double **weight, **norm, **share;
    /* [l - 1][head] of layers with attention over tokens: entropy, and over the log of how many are in reach */
    double **look, **look_share;
    double reaching; /* tokens that have more than themselves in reach */
};

struct pl_probe {
    struct pl_arena arena;
    struct pl_network network;
    struct pl_probe_options options;
    struct pl_feeder feeder;
    struct pl_plan plan;
    struct pl_program *program;
    struct pl_selection batch;
    double *tile;  /* [rows of the largest target][tokens] */
    double *read;  /* [rows of the most weights of a site, and as many of norms][tokens] */
    float *counts; /* [tokens]: 1 where the token's sample has weight anywhere */
    int *entropy;  /* [L]: of attention over tokens, at l - 1; PL_NONE: has none */
    double *mask;  /* [L + 2], to be written */
    struct pl_probe_sums sums;
    /* The measurement at hand. */
    long step;
    pl_probe_note *note;
    void *ctx;
};

/* L + 1: the layers and the readout. */
static inline size_t pl_probe_states(const struct pl_probe *probe) {
    return (size_t)probe->network.depth + 1;
}

static inline const struct pl_node *pl_probe_node(const struct pl_probe *probe, int node) {
    return pl_graph_node(probe->network.graph, node);
}

/* The gradient at h_l, at l - 1; PL_NONE when the loss does not depend on it. */
static inline int pl_probe_grad(const struct pl_probe *probe, size_t site) {
    return probe->network.graph->grads.items[probe->network.h[site]];
}

/* An index that a number does not have is -1. */
void pl_probe_tell(const struct pl_probe *probe, const char *name, int layer, int source,
                   double value);

/* Nodes that looking needs, appended to [out]; how many. */
int pl_probe_targets(const struct pl_probe *probe, int *out);
void pl_probe_take_room(struct pl_probe *probe);
/* The same for sources and heads: nodes to be made and to be seen, sums to be emptied, a tile of [count] tokens
 * to be added, and what it comes to. */
void pl_probe_sources_build(struct pl_probe *probe);
int pl_probe_sources_targets(const struct pl_probe *probe, int *out);
void pl_probe_sources_take_room(struct pl_probe *probe);
void pl_probe_sources_clear(struct pl_probe *probe);
void pl_probe_sources_tile(struct pl_probe *probe, int count);
void pl_probe_sources_tell(struct pl_probe *probe);

/* One pass over the batch, and everything that it shows. */
void pl_probe_look(struct pl_probe *probe);

void pl_probe_ablate(struct pl_probe *probe);

#endif
