/* Tiles: which width of a tile is fastest, for a table that is then committed (core/backend/cpu/cpu.c).
 *
 *     {10, 40, 336},  //  32 x1.52   64 x1.14   128 x1.06   336 x1.00   512 x1.03
 *
 * For each shape, networks of 10 layers are trained on 1024 tokens in tiles of several widths, in turn and
 * round after round; what counts is the median time of standard times that of attnres_full. Of widths
 * within 1% of the best the smallest is taken. Nothing is timed when a study runs. */
#ifndef PL_EXPERIMENTS_BENCH_TILES_H
#define PL_EXPERIMENTS_BENCH_TILES_H

#include "experiments/bench/bench.h"

/* Prints the table for config->backend. */
enum pl_status pl_tiles_run(const struct pl_bench_config *config) PL_NODISCARD;

#endif
