/* Shards: all that was published of a study (shard.h), put together and looked at. */
#ifndef PL_EXPERIMENTS_RUN_SHARDS_H
#define PL_EXPERIMENTS_RUN_SHARDS_H

#include "experiments/run/shard.h"

struct pl_shards_files {
    const char **paths; /* the arena's */
    size_t count;
};

/* Databases that [place] has of the study, sorted by name: a database itself; a folder with databases; a
 * folder of results, with [place]/[study]/cells.db and [place]/[study]/shards/. PL_ESTORE when it cannot be
 * read, or has none. */
enum pl_status pl_shards_find(const char *place, const char *study, struct pl_arena *arena,
                              struct pl_shards_files *out) PL_NODISCARD;

struct pl_shards_merged {
    struct pl_store_merge total;
    size_t files, refused;
};

/* Takes every one of [files] into [store] (pl_store_merge), each whole or not at all. A refused one is told
 * as an error and does not keep the others out; the first refusal's status is returned. */
enum pl_status pl_shards_merge(struct pl_store *store, const struct pl_shards_files *files,
                               struct pl_shards_merged *out) PL_NODISCARD;

/* ---- how far the study is ---------------------------------------------------------------------- */

/* One database, and what it told when it was published. */
struct pl_shards_row {
    const char *path;
    struct pl_shard shard;      /* count 0: the study's own */
    size_t cells, done, failed; /* of the study's plan; diverged cells are done */
    struct pl_shard_news news;  /* zero in the study's own */
    double age;                 /* seconds since it was published; NaN: not known */
};

struct pl_shards_progress {
    size_t cells, done, diverged, failed, running, pending; /* diverged cells are done, too */
    double rate;                                            /* cells a second, of runs under way */
    struct pl_shards_row *rows;                             /* the arena's */
    size_t row_count;
};

/* Over the study's database under [results] and all that is published beside it, under the present
 * numerics; nothing there is PL_OK. A run that has not published for [stale] seconds counts no more as
 * running. */
enum pl_status pl_shards_progress(struct pl_ledger *ledger, const char *results, double stale,
                                  struct pl_arena *arena,
                                  struct pl_shards_progress *out) PL_NODISCARD;

#endif
