/* Shard: one of N parts of a study that are computed apart from each other, on other machines say, and the
 * database that each part publishes.
 *
 *     node-local disk                            folder of results that all nodes see
 *     LOCAL/STUDY/cells.db  ── publish ──────►   DIR/STUDY/shards/I-of-N.db    one a shard, whole or not there
 *          ▲                                          │
 *          │ take                                     │ pl_shards_merge (shards.h)
 *          │                                          ▼
 *          └───────────────────────────────────  DIR/STUDY/cells.db            the study's
 *
 *     LOCAL/STUDY/checkpoints  ─ a link ─────►   DIR/STUDY/checkpoints         small files, renamed into place
 *
 * A cell's shard follows from its identity alone: the number in its first 16 digits, modulo N. So it
 * depends neither on the order in a file nor on what else the study has, and more seeds or variants move no
 * cell to another shard.
 *
 * A published database has no log beside it (pl_store_settle) and is never written again, only replaced:
 * so it may lie on a network file system, for which SQLite's write-ahead log is not made. While a run is
 * under way it publishes now and then, so that what others see is at most some minutes old and a node that
 * dies takes no more than that with it.
 */
#ifndef PL_EXPERIMENTS_RUN_SHARD_H
#define PL_EXPERIMENTS_RUN_SHARD_H

#include "experiments/run/ledger.h"

struct pl_shard {
    size_t index, count; /* from 1 to count; count 0: no shard, the whole study */
};

#define PL_SHARDS_MOST 100000

/* "3/8"; NULL is the whole study. PL_ECONFIG and a sentence for anything else. */
enum pl_status pl_shard_read(struct pl_shard *out, const char *text) PL_NODISCARD;

/* Whether the cell of this identity is the shard's; every cell is of the whole study. */
bool pl_shard_has(const struct pl_shard *shard, const char *id);

/* Puts what is published of the study under [folder] (its database, and this shard's) into [store]. What
 * cannot be read is told as a warning and computed again. Checkpoints are kept under [folder] from then on. */
enum pl_status pl_shard_take(const struct pl_shard *shard, const struct pl_ledger *ledger,
                             struct pl_store *store, const char *folder) PL_NODISCARD;

/* What a run tells of itself with what it publishes. */
struct pl_shard_news {
    size_t running;  /* cells that are being computed; 0 when the run is over */
    size_t computed; /* by this run, in */
    double seconds;
};

/* Publishes the finished and failed cells of [shard] that [store] has; the whole study as shard 1 of 1. */
enum pl_status pl_shard_publish(const struct pl_shard *shard, const struct pl_ledger *ledger,
                                struct pl_store *store, const char *folder,
                                const struct pl_shard_news *news) PL_NODISCARD;

/* "[results]/[study]/shards", in [arena]. */
const char *pl_shard_folder(const char *results, const char *study, struct pl_arena *arena);

#endif
