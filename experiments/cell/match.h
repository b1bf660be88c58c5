/* Match: the same number of parameters for every variant (docs/variants.md 8, item 12). With
 * `match: params` the hidden width of each entry is moved so that its trained parameters, connection
 * included, equal the baseline's at the same point of the axes within 1 %. */
#ifndef PL_EXPERIMENTS_CELL_MATCH_H
#define PL_EXPERIMENTS_CELL_MATCH_H

#include "core/model/model.h"

#define PL_MATCH_WITHIN 0.01

/* Trained parameters of a bound model. */
size_t pl_match_params(const struct pl_model *model, const struct pl_model_io *io);

/* Moves model->host.hidden so that the model has [target] parameters as nearly as it can; refuses,
 * without a place, when the nearest width is further off than PL_MATCH_WITHIN. */
enum pl_status pl_match_hidden(struct pl_model *model, const struct pl_model_io *io,
                               size_t target) PL_NODISCARD;

#endif
