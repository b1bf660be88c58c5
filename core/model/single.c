#include "core/model/single.h"

struct pl_single *pl_single(struct pl_build *build) {
    return build->state;
}

void pl_single_begin(struct pl_build *build, int e) {
    pl_single(build)->h = e;
}

int pl_single_input(struct pl_build *build, long l, int port) {
    (void)l, (void)port;
    return pl_single(build)->h;
}

int pl_single_readout(struct pl_build *build) {
    return pl_single(build)->h;
}
