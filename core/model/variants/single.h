/* Single: the state of a single-state variant, one node h. Such a variant brings layer_output and its
 * formula; begin, layer_input and readout are these.
 *
 *     begin: h ← e       layer_input: h_l = h       readout: r = h
 *
 * A variant that is h ← keep_l h + write_l y_l may note both coefficients, and has its mixing rows from
 * here: output i reaches site l by write_i keep_{i+1} ... keep_{l-1}.
 */
#ifndef PL_MODEL_VARIANTS_SINGLE_H
#define PL_MODEL_VARIANTS_SINGLE_H

#include "core/model/residual.h"

/* A coefficient: number x node. The node has one row or one a channel; PL_NONE stands for 1. */
struct pl_coefficient {
    double number;
    int node;
    bool complement; /* the node is a sigmoid, and 1 - node is meant */
};

struct pl_single {
    int h;
    struct pl_coefficient *keep, *write; /* of layer l at l, once noted */
};

void pl_single_begin(struct pl_build *build, int e);
int pl_single_input(struct pl_build *build, long l, int port);
int pl_single_readout(struct pl_build *build);
int pl_single_mix_row(struct pl_build *build, long l); /* for variants that note */

/* Variants with a norm of their own at each layer, residual.norm.l, and if asked for one of the embedding,
 * residual.embed_norm.0. Their options are these, or begin with them. */
struct pl_single_norms {
    bool embed_norm;
};
#define PL_SINGLE_NORMS_ROW(S)                                                                     \
    PL_OPTION_BOOL(S, embed_norm, "false", "a norm of the embedding before layer 1")
void pl_single_norms_begin(struct pl_build *build, int e);
size_t pl_single_norms_params(const struct pl_host *host, const void *options);

/* The state of [build], for layer_output. */
struct pl_single *pl_single(struct pl_build *build);

void pl_single_note(struct pl_build *build, long l, struct pl_coefficient keep,
                    struct pl_coefficient write);
struct pl_coefficient pl_number(double number);
struct pl_coefficient pl_node_of(int node);

#endif
