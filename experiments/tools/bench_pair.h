/* Pair: how many times as long a training step of one cell takes as one of another, on this core, now.
 *
 *     for each round:  a few steps of a, a few steps of b       (in the next round b first)
 *
 * The two alternate, so that a slow moment hits both alike; a round gives one ratio.
 */
#ifndef PL_EXPERIMENTS_TOOLS_BENCH_PAIR_H
#define PL_EXPERIMENTS_TOOLS_BENCH_PAIR_H

#include <stddef.h>

#include "core/base/status.h"

/* Two cells by their canonical text (cell/cell.h). [logs] has room for [rounds] numbers, each the log of
 * a's step time over b's. A round lasts about a fortieth of a second. */
enum pl_status pl_bench_pair(double *logs, size_t rounds, const char *a,
                             const char *b) PL_NODISCARD;

#endif
