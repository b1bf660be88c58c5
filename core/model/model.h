/* Model: from a description to a graph with named parameters and a loss.
 *
 *     pl_model_bind    settings ─► host, variant, the variant's options (checked against each other)
 *     pl_model_build   those, and the shape of the data ─► nodes in a graph
 */
#ifndef PL_MODEL_MODEL_H
#define PL_MODEL_MODEL_H

#include "core/config/settings.h"
#include "core/model/residual.h"

struct pl_model {
    const struct pl_host_kind *kind;
    struct pl_host host; /* prenorm, final_norm and hidden settled */
    const struct pl_residual *residual;
    const void *options; /* the variant's; the arena's */

    /* What a probe asks for before pl_model_build; nothing otherwise. */
    int masking; /* enum pl_masking */
    bool rows;   /* the mixing rows of the network */
    bool look;   /* its streams */
};

/* Reads model.* and variant.* (variant.name names it). A contradiction (prenorm against the variant's
 * nature, depth heads that do not divide the width) is refused at the place of the setting. */
enum pl_status pl_model_bind(struct pl_model *out, const struct pl_settings *settings,
                             struct pl_arena *arena) PL_NODISCARD;

/* Checks the model against the data's shape, as its host says. */
enum pl_status pl_model_fit(const struct pl_model *model, const struct pl_settings *settings,
                            const struct pl_model_io *io) PL_NODISCARD;

/* Builds the forward pass and the measures in [graph], which is empty; *out says which node is what, and
 * borrows the graph. Gradients are the caller's step (pl_graph_grad). */
void pl_model_build(const struct pl_model *model, const struct pl_model_io *io,
                    struct pl_graph *graph, struct pl_network *out);

/* Two descriptions that build the same graph have the same digest (PL_HASH_TEXT characters). */
void pl_model_digest(const struct pl_graph *graph, char *out);

#endif
