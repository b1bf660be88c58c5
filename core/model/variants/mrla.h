/* MRLA: multi-head recurrent layer attention (Fang et al., 2302.03985; joyfang1106/MRLA), per token: the
 * descriptors that the original pools over an image are the token's own channels, and its value
 * convolution is a gain a channel. The variants mrla_base and mrla_light share what is here.
 *
 *     s = h + y,  x = rms(s),  q = conv(x),  k_l = conv'(x),  val_l = omega_l * x
 *     h ← s + o_l
 *
 * conv and conv' run over neighbouring channels with one kernel each; heads are groups of channels, and
 * scores are divided by the square root of a head's width.
 */
#ifndef PL_MODEL_VARIANTS_MRLA_H
#define PL_MODEL_VARIANTS_MRLA_H

#include "core/model/variants/single.h"

struct pl_mrla_options {
    long head_width; /* auto (-1): the largest divisor of the width up to 16 */
};

#define PL_MRLA_ROWS                                                                               \
    PL_OPTION_AUTO_INT(struct pl_mrla_options, head_width, "auto", 1, 65536,                       \
                       "channels of a head, a divisor of the width; auto: the largest up to 16")

/* What attention needs at layer l, and s. */
struct pl_mrla {
    int s, q, k, val;
    struct pl_depth score; /* softmax over layers; heads; temperature */
};

struct pl_mrla pl_mrla_parts(struct pl_build *build, long l, int y);

/* Entries of a convolution's kernel: odd, growing with the logarithm of the width. */
long pl_mrla_kernel(long width);

enum pl_status pl_mrla_check(const struct pl_host *host, const void *options, const char **key);

#endif
