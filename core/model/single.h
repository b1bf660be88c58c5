/* Single: the state of a single-state variant, one node h. Such a variant brings layer_output and its
 * formula; begin, layer_input and readout are these.
 *
 *     begin: h ← e       layer_input: h_l = h       readout: r = h
 */
#ifndef PL_MODEL_SINGLE_H
#define PL_MODEL_SINGLE_H

#include "core/model/residual.h"

struct pl_single {
    int h;
};

void pl_single_begin(struct pl_build *build, int e);
int pl_single_input(struct pl_build *build, long l, int port);
int pl_single_readout(struct pl_build *build);

/* The state of [build], for layer_output. */
struct pl_single *pl_single(struct pl_build *build);

#endif
