/* densenet_diag: densenet with a gain a channel for each pair of layers (densenet.h).
 *
 *     h_l = sum_{i<l} w_{l,i} * v_i
 */
#include "core/model/variants/densenet.h"

static const struct pl_option rows[] = {PL_DENSENET_ROWS};

static const struct pl_densenet_options start = {.diagonal = true};

const struct pl_residual pl_residual_densenet_diag = {
    .name = "densenet_diag",
    PL_DENSENET_MEMBER,
    .formula = "h_l = sum_i w_{l,i} * v_i, gains a channel of each pair of layers",
    .citation = "Huang et al. 2016, arXiv 1608.06993, transposed as in arXiv 2603.15031; per-token "
                "adaptation",
    .evidence = "[P] [D]",
    .version = 1,
    .flags = PL_RESIDUAL_STARTS_STANDARD,
    .options = PL_OPTIONS("variant", rows),
    .options_start = &start,
};
