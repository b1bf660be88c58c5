/* Model: from a description to a graph with named parameters and a loss.
 *
 *     pl_model_bind    settings ─► host, variant, the variant's options (checked against each other)
 *     pl_model_build   those, and the shape of the data ─► nodes in a graph
 */
#ifndef PL_MODEL_MODEL_H
#define PL_MODEL_MODEL_H

#include "core/config/settings.h"
#include "core/model/residual.h"

/* What is needed of the data (core/data/dataset.h), so that a model can be built without any. */
struct pl_model_io {
    long in;      /* features of a token */
    long out;     /* features of a target, or classes */
    bool classes; /* labels and cross-entropy, or reals and mean squared error */
};

struct pl_model {
    struct pl_host host; /* prenorm, final_norm and hidden settled */
    const struct pl_residual *residual;
    const void *options; /* the variant's; the arena's */
    struct pl_model_io io;

    /* What a probe asks for before pl_model_build; nothing otherwise. */
    int masking; /* enum pl_masking */
    bool rows;   /* the mixing rows, below */
    struct pl_seen
        *seen; /* the caller's, zeroed: gets sites and streams; its sites are the caller's to
                             end (PL_VEC_FINISH) */

    /* The stack, after pl_model_build; lists are the graph's. */
    const int *v;   /* v_0 .. v_L: e, and what each layer gave */
    const int *h;   /* h_1 .. h_{L+1} at l - 1: what each layer was handed, and the readout */
    const int *row; /* with [rows]: M_{. -> l} at l - 1, or PL_NONE (mix_row in residual.h) */

    /* Nodes, after pl_model_build. */
    int x, y, labels, weight; /* tile feeds; y or labels is PL_NONE */
    int inverse_weight;       /* step feed: 1 / total weight of the batch */
    int pred;                 /* [out][tokens]: outputs, or logits */
    int loss;     /* step level: sum over tokens of weight x term, divided by the total weight */
    int accuracy; /* likewise, share of hits; PL_NONE for regression */
};

/* Reads model.* and variant.* (variant.name names it). A contradiction (prenorm against the variant's
 * nature, heads that do not divide the width) is refused at the place of the setting. */
enum pl_status pl_model_bind(struct pl_model *out, const struct pl_settings *settings,
                             struct pl_arena *arena) PL_NODISCARD;

/* Checks the model against the data's shape: `embed: none` needs inputs of the model's width, `head:
 * none` targets of it. */
enum pl_status pl_model_fit(const struct pl_model *model, const struct pl_settings *settings,
                            const struct pl_model_io *io) PL_NODISCARD;

/* Builds the forward pass and the loss; gradients are the caller's step (pl_graph_grad). */
void pl_model_build(struct pl_model *model, struct pl_graph *graph, const struct pl_model_io *io);

/* Two descriptions that build the same graph have the same digest (PL_HASH_TEXT characters). */
void pl_model_digest(const struct pl_graph *graph, char *out);

#endif
