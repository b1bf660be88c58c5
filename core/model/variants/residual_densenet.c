/* densenet: every layer reads a projection of all earlier outputs together (Huang et al., 1608.06993,
 * transposed as in Table 5 of 2603.15031; densenet.h).
 *
 *     h_l = sum_{i<l} W_{l,i} v_i, W_{l,i} [d, d]
 */
#include "core/model/variants/densenet.h"

static const struct pl_option rows[] = {PL_DENSENET_ROWS};

const struct pl_residual pl_residual_densenet = {
    .name = "densenet",
    PL_DENSENET_MEMBER,
    .formula = "h_l = sum_i W_{l,i} v_i, matrices of each pair of layers",
    .citation = "Huang et al. 2016, arXiv 1608.06993, transposed as in arXiv 2603.15031; per-token "
                "adaptation",
    .evidence = "[P] [D]",
    .version = 1,
    .flags = PL_RESIDUAL_STARTS_STANDARD,
    .options = PL_OPTIONS("variant", rows),
};
