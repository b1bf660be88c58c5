/* Network: a graph, and which of its nodes mean what. The model writes it (core/model/model.h);
 * trainer, feeder and probe read it and know of no host or variant.
 *
 *     feeds      what a batch of samples must be written into, by meaning      core/train/feeder.c
 *     measures   what a pass over samples is for: the loss, the accuracy       core/train/trainer.c
 *     stack      outputs v, states h, mixing rows, sites over depth, streams   core/train/probe.h
 *
 *            x, ids, position ──► v_0 ──► h_1 ─F_1─► v_1 ... h_{L+1} ──► output ──► measures
 *                                                                y, labels, weight ──┘
 *
 * A new feed is a row of PL_FEED_LIST and says in feeder.c where its values come from. A new measure is
 * a row of PL_MEASURE_LIST, and a node that a host writes. Nobody else changes.
 */
#ifndef PL_GRAPH_NETWORK_H
#define PL_GRAPH_NETWORK_H

#include "core/graph/graph.h"

/* ENUM, name of the node, level, numbers or indices, what it holds. */
#define PL_FEED_LIST(ROW)                                                                          \
    ROW(X, x, TILE, NUMBER, "the input: numbers of a token")                                       \
    ROW(IDS, ids, TILE, INDEX, "the input: the token's id")                                        \
    ROW(POSITION, position, TILE, INDEX, "number of the token in its sample, from 0")              \
    ROW(TOKEN, token, TILE, INDEX, "number of the token in its split, from 0")                     \
    ROW(ASKED, asked, TILE, INDEX, "position of each asked token in its sample")                   \
    ROW(PRESENT, present, TILE, NUMBER, "1, or 0 where the tile is padded")                        \
    ROW(Y, y, TILE, NUMBER, "the target: numbers of a token")                                      \
    ROW(LABELS, labels, TILE, INDEX, "the target: the token's class")                              \
    ROW(WEIGHT, weight, TILE, NUMBER, "what the token weighs in every measure; 0 where padded")    \
    ROW(INVERSE_WEIGHT, inverse_weight, STEP, NUMBER,                                              \
        "1 / total weight of the batch; 0 of nothing")                                             \
    ROW(INVERSE_SAMPLES, inverse_samples, STEP, NUMBER,                                            \
        "1 / samples of the batch that have weight; 0 of nothing")                                 \
    ROW(DROPOUT, dropout, STEP, NUMBER, "rate and key of the step (pl_dropout); rate 0: none")

/* ENUM, name, what it says of the batch. Each is a step-level number. Loss and accuracy: a sum over
 * tokens of weight x term, divided by the total weight. Exact: samples, divided by those that have weight;
 * only where a sample can ask for more than one token (with one it is the accuracy). */
#define PL_MEASURE_LIST(X)                                                                         \
    X(LOSS, loss, "what training makes smaller")                                                   \
    X(ACCURACY, accuracy, "share of hits")                                                         \
    X(EXACT, exact, "share of samples with a hit at every token that has weight")

enum pl_feed {
#define PL_FEED_ENUM(id, name, level, dtype, help) PL_FEED_##id,
    PL_FEED_LIST(PL_FEED_ENUM)
#undef PL_FEED_ENUM
        PL_FEEDS
};

enum pl_measure {
#define PL_MEASURE_ENUM(id, name, help) PL_MEASURE_##id,
    PL_MEASURE_LIST(PL_MEASURE_ENUM)
#undef PL_MEASURE_ENUM
        PL_MEASURES
};

/* "loss", "accuracy", ... */
const char *pl_measure_name(enum pl_measure measure);

/* A site over depth: weights over sources that layer [l] (or, at L+1, the readout) mixes with, as they
 * are before any mask. Entry k, of [count] with [heads] rows each, stands for the outputs from from[k]
 * on, up to the next entry's (or, in a variant that mixes states, for state from[k]). */
struct pl_depth_site {
    long l;
    int weights;
    int mask; /* a parameter of [count] entries, each 1; PL_NONE: has none */
    int count, heads;
    const int *from;
    bool by_head;      /* weights lie head by head; else entry by entry */
    const int *values; /* nodes of what is mixed, [count]; NULL where a probe is not told */
};

/* n streams that a site reads, one under another in [node]; PL_NONE: there are none. */
struct pl_site_streams {
    int node, n;
};

struct pl_network {
    struct pl_graph *graph;   /* borrowed; its arena owns every list */
    int feed[PL_FEEDS];       /* PL_NONE where the network has none */
    int measure[PL_MEASURES]; /* likewise */
    int output;               /* [out][tokens]: predictions, or logits; of asked tokens alone, where
                                 there is a feed of them */
    double dropout;           /* the rate while training */
    long width, hidden;       /* features of the stream, and within a layer: the key of the
                                  backend's table of tile widths (pl_backend_tile) */
    int tile;                 /* tokens of a tile; 0: what that table says */

    /* The stack, for who looks into it. */
    long depth;  /* L; 0: nobody can look */
    int *v;      /* v_0 .. v_L: e, and what each layer gave */
    int *h;      /* h_1 .. h_{L+1} at l - 1: what each layer was handed; the readout */
    int *row;    /* M_{. -> l} at l - 1 (PL_NONE: has none): l outputs, some rows each */
    int *attend; /* at l - 1: the node of attention over tokens in layer l; PL_NONE: has none */
    int *source_mask; /* a parameter of one entry for each output; PL_NONE: has none */
    struct pl_site_streams *streams; /* at l - 1 */
    struct pl_depth_site *sites;
    size_t site_count;
    bool renormalises; /* masks leave the sum of a site's weights as it was */
};

/* No feeds, no measures, no stack. */
void pl_network_init(struct pl_network *network, struct pl_graph *graph);

/* Appends the feed's node, of [rows] features (1 for indices), under its name; the network notes it. Asked
 * positions, and then targets and weights, are those of asked tokens. */
int pl_network_feed(struct pl_network *network, enum pl_feed feed, long rows);

/* Lists for a stack of [depth] layers, every entry PL_NONE. */
void pl_network_stack(struct pl_network *network, long depth);

/* Notes a site; [from] is copied (NULL: entry k stands for k). */
void pl_network_site(struct pl_network *network, struct pl_depth_site site);
/* Notes what the last site mixes: a node of [width] rows for each of its entries; copied. */
void pl_network_site_values(struct pl_network *network, const int *values);

#endif
