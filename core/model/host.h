/* Host: the settings of the model that carries a residual variant (docs/hosts.md).
 *
 *     x ─► embed ─► e ─► begin            h_l = layer_input(l)              readout ─► r
 *                           │    ┌──────────────────────────────────────┐             │
 *                           └───►│ h_l ─► Norm_l ─► W1 ─► act ─► W2 ─► y_l ─► layer_output │──► final norm ─► head
 *                                └──────────────── l = 1 .. depth ──────┘
 */
#ifndef PL_MODEL_HOST_H
#define PL_MODEL_HOST_H

#include "core/config/option.h"

enum pl_choice { PL_AUTO, PL_TRUE, PL_FALSE }; /* auto | true | false */
enum pl_map { PL_MAP_NONE, PL_MAP_LINEAR };    /* none | linear */

struct pl_host {
    int kind;       /* mlp */
    long width;     /* d, features of the residual stream */
    long hidden;    /* of each layer's MLP; auto (-1) is 4 d */
    long depth;     /* L, number of layers */
    int activation; /* enum pl_act */
    int norm;       /* enum pl_norm, of host and outer norms */
    double norm_eps;
    int prenorm; /* enum pl_choice; auto = what the variant says */
    int final_norm;
    int embed; /* enum pl_map */
    int head;
    int init; /* row of the table in init.h */
};

extern const struct pl_options pl_host_options; /* section "model" */

/* Layers of a block, for variants whose papers count transformer blocks: in an MLP model 1. */
static inline long pl_host_period(const struct pl_host *host) {
    (void)host;
    return 1;
}

#endif
