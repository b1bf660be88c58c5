/* Delta: the update of deep delta learning (docs/variants.md 3.5), for any number of columns,
 * H [d, columns]:
 *
 *     H ← H + beta k (v' - k'H)      k = y / |y|,  beta = 2 sigmoid(w_beta . rms(h) + b_beta),
 *                                    v = 4 sigmoid(W_v h + b_v)
 *
 * One column is a block of d rows.
 */
#ifndef PL_MODEL_VARIANTS_DELTA_H
#define PL_MODEL_VARIANTS_DELTA_H

#include "core/model/residual.h"

/* H of [columns] blocks after layer [l], which read h_l = [read] and gave [y]; parameters beta_w, beta_b, value_w, value_b. */
int pl_delta_update(struct pl_build *build, long l, int columns, int h, int read, int y);

size_t pl_delta_params(long width, int columns); /* of a layer */

#endif
