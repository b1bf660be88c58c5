/* Streams: the state of a multi-state variant, n streams one under another in one node, and the
 * coefficients of hyper-connections (docs/variants.md 3.2). A variant decides where coefficients
 * come from.
 *
 *     H [n d] ──┬─► read ──► h_l ─► F_l ─► y_l
 *               │                           │ write
 *               └─► mix ────────────────► + ┴──► H'
 */
#ifndef PL_MODEL_VARIANTS_STREAMS_H
#define PL_MODEL_VARIANTS_STREAMS_H

#include "core/model/residual.h"

/* Coefficients of a site: step-level, or rows for each token. mix may be PL_NONE: streams are kept. */
struct pl_site {
    int read, mix, write;
};

struct pl_streams {
    int n;
    bool from_to;          /* mix is [from][to]; else [to][from] */
    int e;                 /* what the streams start as */
    int h;                 /* the streams before the layer at hand */
    struct pl_site *sites; /* at l; read of L + 1 is the readout's, PL_NONE: the sum */
};

/* [n] copies of e. */
void pl_streams_begin(struct pl_build *build, struct pl_streams *streams, int e, int n,
                      bool from_to);
/* h_l, by the coefficients of site [l]. */
int pl_streams_read(struct pl_build *build, struct pl_streams *streams, long l,
                    struct pl_site site);
/* The streams after layer [l] gave [y]. */
void pl_streams_write(struct pl_build *build, struct pl_streams *streams, long l, int y);
int pl_streams_sum(struct pl_build *build, const struct pl_streams *streams);

/* The row M_{. -> l}: v_i entered stream k by write_i[k], and was mixed by every layer since. */
int pl_streams_mix_row(struct pl_build *build, const struct pl_streams *streams, long l);

/* e, [n] times. */
int pl_streams_copy(struct pl_build *build, int e, int n);

/* Parameter residual.WHAT.l [] of the connection group. */
int pl_streams_scalar(struct pl_build *build, const char *what, long l, double start);

/* Where hyper-connections' coefficients come from: learned, and with [dynamic] moved by the streams,
 *     C = static + s tanh(rms(H_j) W)
 * for [n] streams of [width] rows; read.l has [reads] columns: 1, or n where blocks of h are read. */
struct pl_hyper {
    long n, width, reads;
    bool dynamic, tanh;
};
/* Coefficients (from, to) of site [l] over streams [h]. */
struct pl_site pl_hyper_site(struct pl_build *build, const struct pl_hyper *hyper, long l, int h);
size_t pl_hyper_site_params(const struct pl_hyper *hyper);

#endif
