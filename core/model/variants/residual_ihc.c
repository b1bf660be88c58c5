/* ihc: mHC without mixing, an ablation of it (named in Chimera, 2607.28611).
 *
 *     res = I: streams are read and written adaptively, and otherwise carried
 */
#include "core/model/variants/manifold.h"

static const struct pl_option rows[] = {
    PL_OPTION_INT(struct pl_manifold_options, streams, "4", 1, PL_STREAMS,
                  "copies of the state that are read, mixed and written"),
    PL_MANIFOLD_ROWS,
};

static struct pl_manifold describe(const struct pl_manifold_options *options) {
    return (struct pl_manifold){.n = (int)options->streams};
}

static const struct pl_manifold_options start = {.describe = describe};

const struct pl_residual pl_residual_ihc = {
    .name = "ihc",
    PL_MANIFOLD_MEMBER,
    .formula = "h_l = sum_j pre_j H_j, H'_k = H_k + post_k y, r = sum_k H_k",
    .citation =
        "ablation in a later version of arXiv 2512.24880; named in Chimera 2026, arXiv 2607.28611",
    .evidence = "[A]",
    .version = 1,
    .options = PL_OPTIONS("variant", rows),
};
