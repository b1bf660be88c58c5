/* Growth: the rows of a bench as tables of how cost grows, one a thing that grows, in Markdown. */
#ifndef PL_EXPERIMENTS_TOOLS_BENCH_GROWTH_H
#define PL_EXPERIMENTS_TOOLS_BENCH_GROWTH_H

#include "core/base/strbuf.h"
#include "experiments/tools/bench.h"

/* The best product rate, then a table an axis, for models that pl_bench_choose_growth chose. Columns: the
 * model; the variant; time of a step; the same a token and layer, flat where cost is in proportion; share
 * of the product rate; ratio to standard; time beyond standard a token and half a squared depth, flat where
 * the sources of depth attention are what costs; memory by the plan, and as measured beyond an empty
 * process. */
void pl_growth_write(const struct pl_bench *bench, struct pl_strbuf *out);

#endif
