/* Removing runs. Three temporary tables, outside the file, sort the rows of runs:
 *
 *     present   stamps of the numerics of here and now
 *     held      runs that a live process works on: they stay whatever is asked
 *     sorted    every other run: of a former cell or not; present, alone or replaced (store.h)
 *
 * What is not wanted gone is then deleted from sorted, and what is left there is deleted from the file.
 */
#include "experiments/run/store/store_impl.h"

#include <stdio.h>

#include "core/base/log.h"

static const char pruning[] = "pruning";

static const char PRESENT_ADD[] = "INSERT OR IGNORE INTO temp.present (stamp) VALUES (?1)";

static const char HELD_GET[] = "SELECT run, lease_pid, lease_start, lease_boot FROM runs "
                               "WHERE lease_pid IS NOT NULL";

static const char HELD_ADD[] = "INSERT INTO temp.held (run) VALUES (?1)";

static enum pl_status list_held(struct pl_store *store) {
    sqlite3_stmt *leases;
    bool row;
    PL_TRY(pl_sql_ready(store, &leases, HELD_GET, pruning, ""));
    for (;;) {
        struct pl_holder holder = {0};
        PL_TRY(pl_sql_next(store, leases, pruning, &row));
        if (!row) return PL_OK;
        holder.pid = sqlite3_column_int64(leases, 1);
        holder.start = sqlite3_column_int64(leases, 2);
        snprintf(holder.boot, sizeof holder.boot, "%s", pl_sql_text(leases, 3));
        if (!pl_holder_lives(store, &holder)) continue;
        enum pl_status status =
            pl_sql_run(store, HELD_ADD, pruning, "i", sqlite3_column_int64(leases, 0));
        if (status != PL_OK) pl_sql_reset(leases);
        PL_TRY(status);
    }
}

static const char SORT_RUNS[] =
    "INSERT INTO temp.sorted (run, former, kind) SELECT run, "
    "cell IN (SELECT id FROM cells WHERE position IS NULL), "
    "CASE WHEN stamp IN (SELECT stamp FROM temp.present) THEN 'present' "
    "WHEN outcome IN " PL_FINISHED " AND NOT EXISTS (SELECT 1 FROM runs AS better "
    "WHERE better.cell = runs.cell AND better.outcome IN " PL_FINISHED " AND "
    "(better.stamp IN (SELECT stamp FROM temp.present) OR "
    "(better.finished, better.run) > (runs.finished, runs.run))) "
    "THEN 'alone' ELSE 'replaced' END "
    "FROM runs WHERE run NOT IN (SELECT run FROM temp.held)";

static const char SORTED_COUNTS[] =
    "SELECT count(*) FILTER (WHERE kind = 'replaced' AND NOT former), "
    "count(*) FILTER (WHERE kind = 'alone' AND NOT former), "
    "count(*) FILTER (WHERE former), "
    "(SELECT count(*) FROM cells WHERE position IS NULL) FROM temp.sorted";

static const char DOOM[] = "DELETE FROM temp.sorted WHERE CASE WHEN former THEN NOT ?2 "
                           "ELSE NOT (kind = 'replaced' OR (kind = 'alone' AND ?1)) END";

static const char DOOMED[] = "SELECT count(*) FROM temp.sorted";

static enum pl_status sort_runs(struct pl_store *store, struct pl_store_prune *prune) {
    sqlite3_stmt *statement;
    bool row;
    for (size_t k = 0; k < prune->stamp_count; k++)
        PL_TRY(pl_sql_run(store, PRESENT_ADD, pruning, "t", prune->stamps[k]));
    PL_TRY(list_held(store));
    PL_TRY(pl_sql_run(store, SORT_RUNS, pruning, ""));
    PL_TRY(pl_sql_ready(store, &statement, SORTED_COUNTS, pruning, ""));
    PL_TRY(pl_sql_next(store, statement, pruning, &row));
    prune->replaced = (size_t)sqlite3_column_int64(statement, 0);
    prune->alone = (size_t)sqlite3_column_int64(statement, 1);
    prune->former_runs = (size_t)sqlite3_column_int64(statement, 2);
    prune->former_cells = (size_t)sqlite3_column_int64(statement, 3);
    pl_sql_reset(statement);
    PL_TRY(pl_sql_run(store, DOOM, pruning, "ii", (int64_t)prune->only, (int64_t)prune->former));
    PL_TRY(pl_sql_ready(store, &statement, DOOMED, pruning, ""));
    PL_TRY(pl_sql_next(store, statement, pruning, &row));
    prune->removed = (size_t)sqlite3_column_int64(statement, 0);
    pl_sql_reset(statement);
    return PL_OK;
}

static enum pl_status remove_runs(struct pl_store *store, const struct pl_store_prune *prune) {
    PL_TRY(pl_sql_execute(store,
                          "DELETE FROM metrics WHERE run IN (SELECT run FROM temp.sorted);"
                          "DELETE FROM diagnostics WHERE run IN (SELECT run FROM temp.sorted);"
                          "DELETE FROM runs WHERE run IN (SELECT run FROM temp.sorted)",
                          pruning));
    if (prune->former)
        PL_TRY(pl_sql_execute(store,
                              "DELETE FROM cells WHERE position IS NULL "
                              "AND id NOT IN (SELECT cell FROM runs)",
                              pruning));
    return pl_sql_execute(store,
                          "DELETE FROM texts WHERE text NOT IN "
                          "(SELECT settings FROM cells UNION SELECT provenance_text FROM runs)",
                          pruning);
}

enum pl_status pl_store_prune(struct pl_store *store, struct pl_store_prune *prune, bool apply) {
    /* Temporary tables, outside the file: what is present, what is held, and what every other run is. */
    PL_TRY(pl_sql_execute(store,
                          "DROP TABLE IF EXISTS temp.present; DROP TABLE IF EXISTS temp.held;"
                          "DROP TABLE IF EXISTS temp.sorted;"
                          "CREATE TEMP TABLE present (stamp TEXT PRIMARY KEY);"
                          "CREATE TEMP TABLE held (run INTEGER PRIMARY KEY);"
                          "CREATE TEMP TABLE sorted (run INTEGER PRIMARY KEY, former, kind)",
                          pruning));
    PL_TRY(pl_sql_begin(store, apply ? PL_SQL_WRITE : PL_SQL_READ, pruning));
    enum pl_status status = sort_runs(store, prune);
    if (status == PL_OK && apply) status = remove_runs(store, prune);
    PL_TRY(pl_sql_end(store, status, pruning));
    /* Another process that reads or writes right now keeps the file as large as it is: no harm. */
    if (apply) {
        if (sqlite3_exec(store->db, "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL) !=
            SQLITE_OK)
            pl_warn("%s keeps its size for now (SQLite: %s)", store->path,
                    sqlite3_errmsg(store->db));
    }
    return PL_OK;
}
