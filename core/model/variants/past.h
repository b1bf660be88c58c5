/* Past: the residual stream with its states kept, for variants that read an earlier state again.
 *
 *     h_1 = e,  h_{l+1} = h_l + y_l;   past(l) = h_l
 *
 * A variant may replace h[l] before its layer reads it.
 */
#ifndef PL_MODEL_VARIANTS_PAST_H
#define PL_MODEL_VARIANTS_PAST_H

#include "core/model/residual.h"

struct pl_past {
    int *h;      /* h_l at l, 1 .. L+1 */
    int *number; /* the variant's learned number of site l, at l; PL_NONE without */
};

void pl_past_begin(struct pl_build *build, int e);
int pl_past_input(struct pl_build *build, long l, int port);
void pl_past_output(struct pl_build *build, long l, int y);
struct pl_past *pl_past(struct pl_build *build);

/* 1 for each of the [count] outputs before a site, a step-level vector, plus for each part a number for all
 * outputs before state h_at: sum_{i < at} v_i = h_at. PL_NONE parts are left out. */
struct pl_past_part {
    int number;
    long at;
};
int pl_past_row(struct pl_build *build, long count, const struct pl_past_part *parts, long n);

#endif
