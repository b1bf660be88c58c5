/* Tiles: which width of a tile is fastest, for a table that is then committed (core/backend/cpu/cpu.c).
 *
 *     {10, 40, 144}, //  64 x1.15  80 x1.13  144 x1.00  176 x1.05  256 x1.02  336 x0.98  512 x1.01
 *
 * For each shape, networks of 20 layers are trained on 1008 tokens in tiles of several widths, in turn and
 * round after round; what counts is the median time of standard times that of attnres_full. Of widths
 * within 4% of the best the smallest is taken: it needs the least memory, and leaves the caches to deeper
 * models and to more sources. Widths that are no power of two do better than one would think: rows a power
 * of two apart share few places of a cache. Nothing is timed when a study runs. */
#ifndef PL_EXPERIMENTS_TOOLS_BENCH_TILES_H
#define PL_EXPERIMENTS_TOOLS_BENCH_TILES_H

#include "experiments/tools/bench.h"

/* Prints the table for config->backend. */
enum pl_status pl_tiles_run(const struct pl_bench_config *config) PL_NODISCARD;

#endif
