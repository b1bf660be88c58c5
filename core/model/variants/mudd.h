/* Mudd: multiway dynamic dense connections (Xiao et al., 2502.12170; Caiyun-AI/MUDDFormer). Each state computes
 * from itself how the states so far are mixed, once for each stream that the next block reads. The variants
 * muddformer and muddformer_r differ in the number of streams.
 *
 *     X_0 = e;   X_b = r + y of the layers of block b
 *     w_b = gelu(rms(X_b) W1_b) W2_b + a_b,   C (b + 1) numbers, stream by stream
 *     stream c = sum_{j <= b} w_{b,c,j} X_j,   c = q, k, v, r
 *
 * Attention of block b + 1 reads q, k and v, and r is its residual; an MLP layer adds to that as usual. The last
 * block has the stream r alone, which is the readout. K = C (b + 1) hidden numbers, 4 (B + 1) at the last.
 * W2 = 0 and a_b is 1 at X_b, 0 elsewhere, at the start: the residual connection. Block 1 reads e, and owns
 * nothing. Names have the block's last layer; a block of an MLP model is one layer, of a transformer two.
 */
#ifndef PL_MODEL_VARIANTS_MUDD_H
#define PL_MODEL_VARIANTS_MUDD_H

#include "core/model/variants/depth.h"

/* The member's own choice, in its options_start. */
struct pl_mudd_options {
    bool ports; /* a stream for each port of attention; else r alone */
};

struct pl_mudd {
    struct pl_sources states; /* X_0 .. */
    int stream[PL_PORTS];     /* what the present block reads; all the same where there is one */
    int h;                    /* r, and what the block has added */
};

void pl_mudd_begin(struct pl_build *build, int e);
int pl_mudd_input(struct pl_build *build, long l, int port);
void pl_mudd_output(struct pl_build *build, long l, int y);
int pl_mudd_readout(struct pl_build *build);
size_t pl_mudd_param_count(const struct pl_host *host, const void *options);
double pl_mudd_flops(const struct pl_host *host, const void *options, long l);

/* The lines of a member's row that are the same for both. */
#define PL_MUDD_MEMBER                                                                             \
    .family = "cross-layer", .evidence = "[C] [D]", .version = 1,                                  \
    .citation = "Xiao et al. 2025, \"MUDDFormer\", arXiv 2502.12170; Caiyun-AI/MUDDFormer",        \
    .options_size = sizeof(struct pl_mudd_options), .state_size = sizeof(struct pl_mudd),          \
    .begin = pl_mudd_begin, .layer_input = pl_mudd_input, .layer_output = pl_mudd_output,          \
    .readout = pl_mudd_readout, .param_count = pl_mudd_param_count, .flops = pl_mudd_flops

#endif
