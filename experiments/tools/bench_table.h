/* What bench prints for people: a line a row, beside the times of an earlier bench if there is one. */
#ifndef PL_EXPERIMENTS_TOOLS_BENCH_TABLE_H
#define PL_EXPERIMENTS_TOOLS_BENCH_TABLE_H

#include "core/base/strbuf.h"
#include "experiments/tools/bench.h"

/* Reads what bench --json wrote to [path]; *out is the caller's. A NULL path gives NULL. PL_EMISMATCH when
 * the file is not of PL_BENCH_SCHEMA. */
enum pl_status pl_bench_read(struct pl_json **out, const char *path) PL_NODISCARD;

/* Appends the best product rate and the rows; where there is any, the share of a
 * step's time that is attention over tokens; with [memory] also their memory, and with an [earlier]
 * bench (NULL: none) the times now as multiples of the times there. */
void pl_bench_table(const struct pl_bench *bench, const struct pl_json *earlier, bool memory,
                    struct pl_strbuf *out);

#endif
