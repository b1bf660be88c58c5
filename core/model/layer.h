/* Layer: reusable subgraphs. Each adds its parameters under the names of docs/variants.md 7. */
#ifndef PL_MODEL_LAYER_H
#define PL_MODEL_LAYER_H

#include "core/graph/graph.h"
#include "core/model/host.h"

/* W x + b; parameters [name_w] [out, in] and [name_b] [out]. W starts at [factor] times what [init]
 * says. */
int pl_layer_linear(struct pl_graph *graph, int x, long out, const char *name_w, const char *name_b,
                    int init, double factor);

/* gain * norm(x), gain 1 at the start; parameter [name] [rows of x]. */
int pl_layer_norm(struct pl_graph *graph, int x, const char *name, const struct pl_host *host,
                  enum pl_group group);

/* F_l(u) = W2 act(W1 u + b1) + b2; parameters layers.l.w1 [hidden, d], .b1, .w2 [d, hidden], .b2. Both
 * matrices start at [factor] times what the host's init says. *inner is act(W1 u + b1). */
int pl_layer_mlp(struct pl_graph *graph, int u, long layer, const struct pl_host *host,
                 double factor, int *inner);

#endif
