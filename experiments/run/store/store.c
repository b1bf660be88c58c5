#include "experiments/run/store/store.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/strbuf.h"
#include "core/base/vec.h"
#include "experiments/study/registration.h"

extern const char pl_schema_sql[]; /* results/schema.sql, embedded at build */
extern const char pl_upgrade_2_sql[];

/* What brings a file to the version of its index from the one before; the first there was is 1. */
static const char *const upgrades[] = {NULL, NULL, pl_upgrade_2_sql};

enum {
    SCHEMA_VERSION = sizeof upgrades / sizeof upgrades[0] - 1,
    APPLICATION_ID = 0x504C4D42, /* "PLMB" */
    BOOT_TEXT = 40,
};

/* ---- statements ------------------------------------------------------------------------------- */

#define FINISHED "('done', 'diverged')"

/* Prepared once, at first use. */
#define STATEMENT_LIST(X)                                                                          \
    X(BEGIN, "BEGIN")                                                                              \
    X(BEGIN_WRITE, "BEGIN IMMEDIATE")                                                              \
    X(COMMIT, "COMMIT")                                                                            \
    X(META_SET, "INSERT INTO meta (name, value) VALUES (?1, ?2) "                                  \
                "ON CONFLICT DO UPDATE SET value = excluded.value")                                \
    X(META_GET, "SELECT value FROM meta WHERE name = ?1")                                          \
    X(PLAN_CLEAR, "UPDATE cells SET position = NULL WHERE position IS NOT NULL")                   \
    X(PLAN_ADD, "INSERT INTO cells (id, text, variant, label, seed, axes, position) "              \
                "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET "                   \
                "label = excluded.label, axes = excluded.axes, position = excluded.position")      \
    X(PLAN_GET, "SELECT id, text, variant, label, seed, axes FROM cells "                          \
                "WHERE position IS NOT NULL ORDER BY position")                                    \
    X(FORMER_GET, "SELECT id, text, variant, label, seed, '[]' FROM cells "                        \
                  "WHERE position IS NULL ORDER BY id")                                            \
    X(PLAN_HAS, "SELECT 1 FROM cells WHERE id = ?1 AND position IS NOT NULL")                      \
    X(PLAN_COUNTS, "SELECT (SELECT count(*) FROM cells WHERE position IS NOT NULL), "              \
                   "(SELECT count(DISTINCT cell) FROM runs WHERE outcome IN " FINISHED ")")        \
    X(RECORD_PUT, "INSERT INTO plans (digest, statement, recorded, cells, added, removed, "        \
                  "finished) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")                                 \
    X(RECORD_NEWEST, "SELECT digest FROM plans ORDER BY plan DESC LIMIT 1")                        \
    X(RECORDS_GET, "SELECT digest, statement, recorded, cells, added, removed, finished "          \
                   "FROM plans ORDER BY plan")                                                     \
    X(PRESENT_ADD, "INSERT OR IGNORE INTO temp.present (stamp) VALUES (?1)")                       \
    X(HELD_GET, "SELECT run, lease_pid, lease_start, lease_boot FROM runs "                        \
                "WHERE lease_pid IS NOT NULL")                                                     \
    X(HELD_ADD, "INSERT INTO temp.held (run) VALUES (?1)")                                         \
    X(SORT_RUNS, "INSERT INTO temp.sorted (run, former, kind) SELECT run, "                        \
                 "cell IN (SELECT id FROM cells WHERE position IS NULL), "                         \
                 "CASE WHEN stamp IN (SELECT stamp FROM temp.present) THEN 'present' "             \
                 "WHEN outcome IN " FINISHED " AND NOT EXISTS (SELECT 1 FROM runs AS better "      \
                 "WHERE better.cell = runs.cell AND better.outcome IN " FINISHED " AND "           \
                 "(better.stamp IN (SELECT stamp FROM temp.present) OR "                           \
                 "(better.finished, better.run) > (runs.finished, runs.run))) "                    \
                 "THEN 'alone' ELSE 'replaced' END "                                               \
                 "FROM runs WHERE run NOT IN (SELECT run FROM temp.held)")                         \
    X(SORTED_COUNTS, "SELECT count(*) FILTER (WHERE kind = 'replaced' AND NOT former), "           \
                     "count(*) FILTER (WHERE kind = 'alone' AND NOT former), "                     \
                     "count(*) FILTER (WHERE former), "                                            \
                     "(SELECT count(*) FROM cells WHERE position IS NULL) FROM temp.sorted")       \
    X(DOOM, "DELETE FROM temp.sorted WHERE CASE WHEN former THEN NOT ?2 "                          \
            "ELSE NOT (kind = 'replaced' OR (kind = 'alone' AND ?1)) END")                         \
    X(DOOMED, "SELECT count(*) FROM temp.sorted")                                                  \
    X(LOOKUP, "SELECT id FROM cells WHERE substr(id, 1, length(?1)) = ?1 LIMIT 2")                 \
    X(RUN_GET, "SELECT run, outcome, message, seconds, step_ms, provenance, "                      \
               "lease_pid, lease_start, lease_boot, attempts, diagnosed "                          \
               "FROM runs WHERE cell = ?1 AND stamp = ?2")                                         \
    X(ELSEWHERE, "SELECT 1 FROM runs WHERE cell = ?1 AND stamp <> ?2 "                             \
                 "AND outcome IN " FINISHED " LIMIT 1")                                            \
    X(NEWEST, "SELECT stamp FROM runs WHERE cell = ?1 AND outcome IN " FINISHED                    \
              " ORDER BY finished DESC, run DESC LIMIT 1")                                         \
    X(LEASE, "INSERT INTO runs (cell, stamp, lease_pid, lease_start, lease_boot, attempts) "       \
             "VALUES (?1, ?2, ?3, ?4, ?5, 1) ON CONFLICT DO UPDATE SET "                           \
             "lease_pid = excluded.lease_pid, lease_start = excluded.lease_start, "                \
             "lease_boot = excluded.lease_boot, attempts = attempts + 1")                          \
    X(RELEASE, "UPDATE runs SET lease_pid = NULL, lease_start = NULL, lease_boot = NULL "          \
               "WHERE cell = ?1 AND stamp = ?2 "                                                   \
               "AND lease_pid = ?3 AND lease_start = ?4 AND lease_boot = ?5")                      \
    X(RELEASE_ALL, "UPDATE runs SET lease_pid = NULL, lease_start = NULL, lease_boot = NULL "      \
                   "WHERE lease_pid = ?1 AND lease_start = ?2 AND lease_boot = ?3")                \
    X(RUN_PUT,                                                                                     \
      "INSERT INTO runs (cell, stamp, outcome, message, seconds, step_ms, provenance, "            \
      "finished, diagnosed, attempts) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1) "             \
      "ON CONFLICT DO UPDATE SET outcome = excluded.outcome, message = excluded.message, "         \
      "seconds = excluded.seconds, step_ms = excluded.step_ms, "                                   \
      "provenance = excluded.provenance, finished = excluded.finished, "                           \
      "diagnosed = excluded.diagnosed, "                                                           \
      "lease_pid = NULL, lease_start = NULL, lease_boot = NULL "                                   \
      "WHERE excluded.outcome <> 'failed' OR runs.outcome NOT IN " FINISHED " RETURNING run")      \
    X(METRICS_CLEAR, "DELETE FROM metrics WHERE run = ?1")                                         \
    X(METRIC_PUT, "INSERT INTO metrics (run, position, name, step, value) "                        \
                  "VALUES (?1, ?2, ?3, ?4, ?5)")                                                   \
    X(METRICS_GET, "SELECT name, step, value FROM metrics WHERE run = ?1 ORDER BY position")       \
    X(DIAGNOSTICS_CLEAR, "DELETE FROM diagnostics WHERE run = ?1")                                 \
    X(DIAGNOSTIC_PUT, "INSERT INTO diagnostics (run, position, name, step, layer, source, value) " \
                      "VALUES (?1, ?2, ?3, ?4, nullif(?5, -1), nullif(?6, -1), ?7)")               \
    X(DIAGNOSTICS_GET, "SELECT name, step, ifnull(layer, -1), ifnull(source, -1), value "          \
                       "FROM diagnostics WHERE run = ?1 ORDER BY position")

enum statement {
#define STATEMENT_ENUM(name, sql) name,
    STATEMENT_LIST(STATEMENT_ENUM)
#undef STATEMENT_ENUM
        STATEMENT_COUNT
};

static const char *const statement_sql[] = {
#define STATEMENT_SQL(name, sql) sql,
    STATEMENT_LIST(STATEMENT_SQL)
#undef STATEMENT_SQL
};

/* A process, told apart from every other one that ever had its number. */
struct holder {
    int64_t pid, start;
    char boot[BOOT_TEXT];
};

struct pl_store {
    sqlite3 *db;
    char *path;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    struct holder self;
    enum pl_store_mode mode;
    bool leased; /* something was leased through this handle */
};

/* ---- sentences -------------------------------------------------------------------------------- */

#define SAFE "what was stored before is safe"

static const struct {
    int code; /* primary result code of SQLite */
    const char *what, *way_out;
} advice[] = {
    {SQLITE_BUSY, "another program keeps it locked", "wait until that ends and try again; " SAFE},
    {SQLITE_LOCKED, "another program keeps it locked", "wait until that ends and try again; " SAFE},
    {SQLITE_FULL, "the disk or its quota is full", "free some space and run again; " SAFE},
    {SQLITE_IOERR, "the system could not read or write it",
     "look at the disk (space, quota, health) and run again; " SAFE},
    {SQLITE_CORRUPT, "the file is damaged",
     "move it away and run again; what is readable of it, `sqlite3 cells.db .recover` prints"},
    {SQLITE_NOTADB, "it is not a SQLite database",
     "move it away, or name another folder with --results"},
    {SQLITE_READONLY, "it may not be written",
     "change the permissions of file and folder, or name another folder with --results"},
    {SQLITE_PERM, "it may not be used",
     "change the permissions of file and folder, or name another folder with --results"},
    {SQLITE_CANTOPEN, "it could not be opened",
     "see that its folder exists and that you may write there, or name another with --results"},
    {SQLITE_NOMEM, "there is not enough memory", "end other programs and try again; " SAFE},
    {SQLITE_CONSTRAINT, "the new row does not fit what is stored (was the cell registered?)",
     "run the study again; " SAFE},
};

static enum pl_status complain(const char *path, int code, const char *saying, const char *doing) {
    const char *what = "SQLite refused",
               *way_out = "try again, or name another folder with --results";
    for (size_t i = 0; i < sizeof advice / sizeof advice[0]; i++) {
        if (advice[i].code != (code & 0xFF)) continue;
        what = advice[i].what;
        way_out = advice[i].way_out;
    }
    return pl_fail(PL_ESTORE, "%s: while %s: %s (SQLite: %s); %s", path, doing, what, saying,
                   way_out);
}

static enum pl_status trouble(const struct pl_store *store, const char *doing) {
    return complain(store->path, sqlite3_extended_errcode(store->db), sqlite3_errmsg(store->db),
                    doing);
}

static enum pl_status damaged(const struct pl_store *store, const char *what) {
    return complain(store->path, SQLITE_CORRUPT, what, "reading");
}

/* ---- running statements ----------------------------------------------------------------------- */

static void bind_real(sqlite3_stmt *statement, int index, double value) {
    const char *name = pl_real_name(value);
    if (name)
        sqlite3_bind_text(statement, index, name, -1, SQLITE_STATIC);
    else
        sqlite3_bind_double(statement, index, value);
}

/* Takes the statement [which] and binds its parameters in order: t text, i int64_t, r double. Text
 * is borrowed until the statement is reset. */
static enum pl_status ready(struct pl_store *store, sqlite3_stmt **out, enum statement which,
                            const char *doing, const char *kinds, ...) {
    sqlite3_stmt **slot = &store->statements[which];
    if (!*slot && sqlite3_prepare_v3(store->db, statement_sql[which], -1, SQLITE_PREPARE_PERSISTENT,
                                     slot, NULL) != SQLITE_OK)
        return trouble(store, doing);
    va_list values;
    va_start(values, kinds);
    for (int i = 0; kinds[i]; i++) {
        if (kinds[i] == 't')
            sqlite3_bind_text(*slot, i + 1, va_arg(values, const char *), -1, SQLITE_STATIC);
        else if (kinds[i] == 'i')
            sqlite3_bind_int64(*slot, i + 1, va_arg(values, int64_t));
        else
            bind_real(*slot, i + 1, va_arg(values, double));
    }
    va_end(values);
    *out = *slot;
    return PL_OK;
}

static void reset(sqlite3_stmt *statement) {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

/* The next row, or the end. The statement is reset unless there is a row. */
static enum pl_status next(struct pl_store *store, sqlite3_stmt *statement, const char *doing,
                           bool *row) {
    int code = sqlite3_step(statement);
    *row = code == SQLITE_ROW;
    if (*row) return PL_OK;
    enum pl_status status = code == SQLITE_DONE ? PL_OK : trouble(store, doing);
    reset(statement);
    return status;
}

/* Runs a statement whose rows, if any, do not matter. */
static enum pl_status finish(struct pl_store *store, sqlite3_stmt *statement, const char *doing) {
    bool row = true;
    while (row) PL_TRY(next(store, statement, doing, &row));
    return PL_OK;
}

static enum pl_status begin(struct pl_store *store, enum statement how, const char *doing) {
    sqlite3_stmt *statement;
    PL_TRY(ready(store, &statement, how, doing, ""));
    return finish(store, statement, doing);
}

/* Ends a transaction: commits when all went well so far, otherwise undoes it. */
static enum pl_status end(struct pl_store *store, enum pl_status status, const char *doing) {
    sqlite3_stmt *statement = NULL;
    if (status == PL_OK) status = ready(store, &statement, COMMIT, doing, "");
    if (status == PL_OK) status = finish(store, statement, doing);
    if (status != PL_OK && !sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

static enum pl_status execute(struct pl_store *store, const char *sql, const char *doing) {
    if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK) return PL_OK;
    return trouble(store, doing);
}

static const char *column_text(sqlite3_stmt *statement, int column) {
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return text ? text : "";
}

static double column_real(sqlite3_stmt *statement, int column) {
    double value = NAN;
    if (sqlite3_column_type(statement, column) != SQLITE_TEXT)
        return sqlite3_column_double(statement, column);
    pl_real_find(&value, column_text(statement, column));
    return value;
}

/* ---- who holds a lease ------------------------------------------------------------------------ */

static size_t read_small_file(const char *path, char *out, size_t size) {
    FILE *file = fopen(path, "r");
    size_t count = file ? fread(out, 1, size - 1, file) : 0;
    out[count] = 0;
    if (file) fclose(file);
    return count;
}

/* Whether process [pid] lives (a zombie does not), and when it started. Where there is no /proc, the
 * start is 0 and the answer is that of kill(). */
static bool process_find(int64_t pid, int64_t *start) {
    char path[64], text[1024], state = 0;
    long long ticks = 0;

    *start = 0;
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    if (read_small_file(path, text, sizeof text) == 0) {
        if (access("/proc/self/stat", R_OK) == 0) return false;
        return kill((pid_t)pid, 0) == 0 || errno == EPERM;
    }
    /* the name, in parentheses, may hold anything: fields are counted from its end */
    char *at = strrchr(text, ')');
    if (!at || sscanf(at + 1, " %c", &state) != 1) return false;
    for (int field = 3; at && field <= 22; field++) at = strchr(at + 1, ' ');
    if (at) ticks = atoll(at + 1);
    *start = ticks;
    return state != 'Z' && state != 'X';
}

static void holder_self(struct holder *out) {
    *out = (struct holder){.pid = getpid()};
    process_find(out->pid, &out->start);
    read_small_file("/proc/sys/kernel/random/boot_id", out->boot, sizeof out->boot);
    out->boot[strcspn(out->boot, "\n")] = 0;
}

static bool holder_lives(const struct pl_store *store, const struct holder *holder) {
    int64_t start;
    return holder->pid > 0 && strcmp(holder->boot, store->self.boot) == 0 &&
           process_find(holder->pid, &start) && start == holder->start;
}

/* ---- opening: files and folders --------------------------------------------------------------- */

static char *store_path(const char *results_dir, const char *study) {
    struct pl_strbuf path;
    pl_strbuf_init(&path);
    pl_strbuf_addf(&path, "%s/%s/cells.db", results_dir, study);
    return pl_strbuf_take(&path);
}

bool pl_store_exists(const char *results_dir, const char *study) {
    struct stat info;
    char *path = store_path(results_dir, study);
    bool exists = stat(path, &info) == 0;
    pl_free(path);
    return exists;
}

static enum pl_status make_folder(const char *path) {
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) return PL_OK;
    if (mkdir(path, 0777) == 0 || errno == EEXIST) return PL_OK; /* a file there: sqlite3_open */
    return pl_fail(PL_ESTORE, "%s: the folder could not be made: %s; %s", path, strerror(errno),
                   "change the permissions above it, or name another folder with --results");
}

/* Makes every folder on the way to the file [path]. */
static enum pl_status make_folders(const char *path) {
    char *part = pl_strdup(path);
    enum pl_status status = PL_OK;
    for (char *at = strchr(part + 1, '/'); at && status == PL_OK; at = strchr(at + 1, '/')) {
        *at = 0;
        status = make_folder(part);
        *at = '/';
    }
    pl_free(part);
    return status;
}

/* "file:PATH?immutable=1": SQLite then writes nothing at all beside the file, as a reader in a
 * read-only folder needs. */
static char *immutable_uri(const char *path) {
    struct pl_strbuf uri;
    pl_strbuf_init(&uri);
    pl_strbuf_add(&uri, "file:");
    for (const char *at = path; *at; at++) {
        if (strchr("?#%", *at))
            pl_strbuf_addf(&uri, "%%%02X", (unsigned)*at);
        else
            pl_strbuf_add_bytes(&uri, at, 1);
    }
    pl_strbuf_add(&uri, "?immutable=1");
    return pl_strbuf_take(&uri);
}

static bool has_log(const char *path) {
    struct pl_strbuf name;
    struct stat info;
    pl_strbuf_init(&name);
    pl_strbuf_addf(&name, "%s-wal", path);
    bool found = stat(name.text, &info) == 0 && info.st_size > 0;
    pl_strbuf_finish(&name);
    return found;
}

/* SQLite would call a folder of that name a failing disk. */
static enum pl_status check_kind(const char *path) {
    struct stat info;
    if (stat(path, &info) != 0 || S_ISREG(info.st_mode)) return PL_OK;
    return pl_fail(PL_ESTORE,
                   "%s: this is not a file; move it away, or name another folder with "
                   "--results",
                   path);
}

static enum pl_status connect_to(struct pl_store *store, const char *name, int flags) {
    sqlite3_close(store->db);
    store->db = NULL;
    PL_TRY(check_kind(store->path));
    int code = sqlite3_open_v2(name, &store->db, flags, NULL);
    if (!store->db) return complain(store->path, SQLITE_NOMEM, "no memory", "opening");
    if (code != SQLITE_OK) return trouble(store, "opening");
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    pl_store_set_patience(store, 10);
    return execute(store,
                   "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
                   "PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL",
                   "opening");
}

/* ---- opening: whose file, which schema -------------------------------------------------------- */

struct header {
    int64_t application, version, tables;
};

static enum pl_status read_header(struct pl_store *store, struct header *out) {
    sqlite3_stmt *statement = NULL;
    bool row;
    const char *sql = "SELECT (SELECT application_id FROM pragma_application_id), "
                      "(SELECT user_version FROM pragma_user_version), "
                      "(SELECT count(*) FROM sqlite_master)";
    *out = (struct header){0};
    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return trouble(store, "opening");
    enum pl_status status = next(store, statement, "opening", &row);
    if (status == PL_OK && row) {
        out->application = sqlite3_column_int64(statement, 0);
        out->version = sqlite3_column_int64(statement, 1);
        out->tables = sqlite3_column_int64(statement, 2);
    }
    sqlite3_finalize(statement);
    return status;
}

static bool header_is_empty(const struct header *header) {
    return header->application == 0 && header->version == 0 && header->tables == 0;
}

static enum pl_status check_header(const struct pl_store *store, const struct header *header) {
    if (header_is_empty(header))
        return pl_fail(PL_ESTORE,
                       "%s: the file is empty, since a run was stopped before it began; "
                       "run the study first",
                       store->path);
    if (header->application != APPLICATION_ID)
        return pl_fail(PL_ESTORE,
                       "%s: this is a database of some other program; move it away, or "
                       "name another folder with --results",
                       store->path);
    if (header->version < 1 || header->version > SCHEMA_VERSION)
        return pl_fail(PL_ESTORE,
                       "%s: the file has schema version %lld and this program knows %d; "
                       "use the program that wrote it, or name another folder with --results",
                       store->path, (long long)header->version, SCHEMA_VERSION);
    return PL_OK;
}

/* Inside a transaction: another process may have made the tables a moment ago. */
static enum pl_status make_tables(struct pl_store *store) {
    char marks[96];
    struct header header;
    PL_TRY(read_header(store, &header));
    if (!header_is_empty(&header)) return PL_OK;
    PL_TRY(execute(store, pl_schema_sql, "making the tables"));
    snprintf(marks, sizeof marks, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             APPLICATION_ID, SCHEMA_VERSION);
    return execute(store, marks, "making the tables");
}

/* Inside a transaction: another process may have done it a moment ago. */
static enum pl_status upgrade(struct pl_store *store) {
    char mark[64];
    struct header header;
    PL_TRY(read_header(store, &header));
    for (int64_t version = header.version + 1; version <= SCHEMA_VERSION; version++)
        PL_TRY(execute(store, upgrades[version], "bringing the tables up to date"));
    snprintf(mark, sizeof mark, "PRAGMA user_version = %d", SCHEMA_VERSION);
    return execute(store, mark, "bringing the tables up to date");
}

static bool is_older(const struct header *header) {
    return !header_is_empty(header) && header->version < SCHEMA_VERSION;
}

static enum pl_status upgrade_all(struct pl_store *store) {
    PL_TRY(begin(store, BEGIN_WRITE, "bringing the tables up to date"));
    return end(store, upgrade(store), "bringing the tables up to date");
}

/* A reader may not touch the file: a copy in memory takes its place. */
static enum pl_status upgrade_copy(struct pl_store *store) {
    sqlite3 *copy = NULL, *file = store->db;
    if (sqlite3_open(":memory:", &copy) != SQLITE_OK) {
        sqlite3_close(copy);
        return complain(store->path, SQLITE_NOMEM, "no memory", "opening");
    }
    sqlite3_backup *backup = sqlite3_backup_init(copy, "main", file, "main");
    if (backup) sqlite3_backup_step(backup, -1);
    int code = backup ? sqlite3_backup_finish(backup) : sqlite3_errcode(copy);
    enum pl_status status = PL_OK;
    if (code != SQLITE_OK) status = complain(store->path, code, sqlite3_errmsg(copy), "opening");
    store->db = copy;
    sqlite3_close(file);
    return status == PL_OK ? upgrade_all(store) : status;
}

/* The switch to a write-ahead log does not wait for others by itself (two runs that start at once),
 * hence the loop. */
static enum pl_status use_log(struct pl_store *store) {
    for (int attempt = 0;; attempt++) {
        sqlite3_stmt *statement = NULL;
        int code = sqlite3_prepare_v2(store->db, "PRAGMA journal_mode = WAL", -1, &statement, NULL);
        if (code == SQLITE_OK) code = sqlite3_step(statement);
        bool is_log = code == SQLITE_ROW && strcmp(column_text(statement, 0), "wal") == 0;
        enum pl_status status = code == SQLITE_ROW ? PL_OK : trouble(store, "opening");
        sqlite3_finalize(statement);
        if (is_log) return PL_OK;
        if (status == PL_OK)
            return pl_fail(PL_ESTORE,
                           "%s: its file system cannot keep a write-ahead log; name a "
                           "folder on a local disk with --results",
                           store->path);
        if ((code & 0xFF) != SQLITE_BUSY || attempt == 100) return status;
        sqlite3_sleep(20);
    }
}

static enum pl_status open_for_writing(struct pl_store *store) {
    struct header header;
    PL_TRY(make_folders(store->path));
    PL_TRY(connect_to(store, store->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
    if (sqlite3_db_readonly(store->db, "main") == 1)
        return complain(store->path, SQLITE_READONLY, "read-only file", "opening");
    PL_TRY(read_header(store, &header));
    if (!header_is_empty(&header)) PL_TRY(check_header(store, &header));
    PL_TRY(use_log(store));
    if (header_is_empty(&header)) {
        PL_TRY(begin(store, BEGIN_WRITE, "making the tables"));
        PL_TRY(end(store, make_tables(store), "making the tables"));
        PL_TRY(read_header(store, &header));
    }
    PL_TRY(check_header(store, &header));
    return is_older(&header) ? upgrade_all(store) : PL_OK;
}

static enum pl_status open_for_reading(struct pl_store *store) {
    struct header header;
    if (access(store->path, F_OK) != 0)
        return pl_fail(PL_ESTORE,
                       "%s: %s; `plumbline run` computes a study and stores it there, "
                       "--results names another folder",
                       store->path, strerror(errno));
    enum pl_status status = connect_to(store, store->path, SQLITE_OPEN_READONLY);
    if (status == PL_OK) status = read_header(store, &header);
    int code = sqlite3_errcode(store->db) & 0xFF;
    if (status != PL_OK && (code == SQLITE_CANTOPEN || code == SQLITE_READONLY) &&
        !has_log(store->path)) {
        char *uri = immutable_uri(store->path);
        status = connect_to(store, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
        if (status == PL_OK) status = read_header(store, &header);
        pl_free(uri);
    }
    PL_TRY(status);
    PL_TRY(check_header(store, &header));
    return is_older(&header) ? upgrade_copy(store) : PL_OK;
}

/* Takes over [path]. */
static enum pl_status open_path(struct pl_store **out, char *path, enum pl_store_mode mode) {
    struct pl_store *store = pl_alloc_zero(1, sizeof *store);
    *out = NULL;
    store->path = path;
    store->mode = mode;
    holder_self(&store->self);
    enum pl_status status =
        mode == PL_STORE_WRITE ? open_for_writing(store) : open_for_reading(store);
    if (status == PL_OK)
        *out = store;
    else
        pl_store_close(store);
    return status;
}

enum pl_status pl_store_open(struct pl_store **out, const char *results_dir, const char *study,
                             enum pl_store_mode mode) {
    return open_path(out, store_path(results_dir, study), mode);
}

enum pl_status pl_store_open_file(struct pl_store **out, const char *path) {
    return open_path(out, pl_strdup(path), PL_STORE_READ);
}

enum pl_status pl_store_open_at(struct pl_store **out, const char *path, enum pl_store_mode mode) {
    *out = NULL;
    if (access(path, F_OK) != 0)
        return pl_fail(PL_ESTORE, "%s: %s; name a database that `plumbline run` has made", path,
                       strerror(errno));
    return open_path(out, pl_strdup(path), mode);
}

void pl_store_close(struct pl_store *store) {
    if (!store) return;
    if (store->leased && pl_store_release_all(store) != PL_OK)
        pl_debug("%s: leases stay until this process ends", store->path);
    for (int i = 0; i < STATEMENT_COUNT; i++) sqlite3_finalize(store->statements[i]);
    sqlite3_close(store->db);
    pl_free(store->path);
    pl_free(store);
}

const char *pl_store_path(const struct pl_store *store) {
    return store->path;
}

void pl_store_set_patience(struct pl_store *store, double seconds) {
    sqlite3_busy_timeout(store->db, (int)(seconds * 1000));
}

/* ---- about the study -------------------------------------------------------------------------- */

enum pl_status pl_store_meta_set(struct pl_store *store, const char *name, const char *value) {
    sqlite3_stmt *statement;
    const char *doing = "storing facts of the study";
    PL_TRY(ready(store, &statement, META_SET, doing, "tt", name, value));
    return finish(store, statement, doing);
}

enum pl_status pl_store_meta_get(struct pl_store *store, const char *name, struct pl_arena *arena,
                                 const char **out) {
    sqlite3_stmt *statement;
    bool row;
    *out = NULL;
    PL_TRY(ready(store, &statement, META_GET, "reading facts of the study", "t", name));
    PL_TRY(next(store, statement, "reading facts of the study", &row));
    if (!row) return PL_OK;
    *out = pl_arena_strdup(arena, column_text(statement, 0));
    reset(statement);
    return PL_OK;
}

/* ---- what is asked ---------------------------------------------------------------------------- */

static char *list_write(const char *const *texts, size_t count) {
    struct pl_json *list = pl_json_array();
    for (size_t i = 0; i < count; i++) pl_json_append(list, pl_json_text(texts[i]));
    char *text = pl_json_write(list, false);
    pl_json_destroy(list);
    return text;
}

/* A list of texts, in [arena]; NULL when [text] is none. */
static const char **list_read(const char *text, struct pl_arena *arena, size_t *count) {
    struct pl_json *list = NULL;
    if (pl_json_parse(&list, text, strlen(text)) != PL_OK) return NULL;
    *count = pl_json_count(list);
    const char **items = PL_ARENA_ARRAY(arena, const char *, *count + 1);
    for (size_t i = 0; i < *count; i++)
        items[i] = pl_arena_strdup(arena, pl_json_as_text(pl_json_at(list, i), ""));
    pl_json_destroy(list);
    return items;
}

static enum pl_status put_axes(struct pl_store *store, const struct pl_axis *axes, size_t count) {
    const char **names = pl_alloc_zero(count + 1, sizeof *names);
    for (size_t i = 0; i < count; i++) names[i] = axes[i].key;
    char *text = list_write(names, count);
    enum pl_status status = pl_store_meta_set(store, "axes", text);
    pl_free(text);
    pl_free(names);
    return status;
}

static enum pl_status put_cell(struct pl_store *store, const struct pl_cell *cell,
                               size_t axis_count, size_t position) {
    const char *doing = "storing the plan";
    sqlite3_stmt *statement;
    char *values = list_write(cell->axis_values, axis_count);
    enum pl_status status =
        ready(store, &statement, PLAN_ADD, doing, "ttttiti", cell->id, cell->text, cell->variant,
              cell->label, (int64_t)cell->seed, values, (int64_t)position);
    if (status == PL_OK) status = finish(store, statement, doing);
    pl_free(values);
    return status;
}

static enum pl_status put_plan(struct pl_store *store, const struct pl_cells *cells,
                               const struct pl_axis *axes, size_t axis_count) {
    sqlite3_stmt *statement;
    PL_TRY(put_axes(store, axes, axis_count));
    PL_TRY(ready(store, &statement, PLAN_CLEAR, "storing the plan", ""));
    PL_TRY(finish(store, statement, "storing the plan"));
    for (size_t i = 0; i < cells->count; i++)
        PL_TRY(put_cell(store, &cells->items[i], axis_count, i));
    return PL_OK;
}

enum pl_status pl_store_register(struct pl_store *store, const struct pl_cells *cells,
                                 const struct pl_axis *axes, size_t axis_count) {
    PL_TRY(begin(store, BEGIN_WRITE, "storing the plan"));
    return end(store, put_plan(store, cells, axes, axis_count), "storing the plan");
}

/* ---- plans that were recorded ---- */

static enum pl_status is_newest(struct pl_store *store, const char *digest, bool *out) {
    const char *doing = "recording the plan";
    sqlite3_stmt *statement;
    bool row;
    *out = false;
    PL_TRY(ready(store, &statement, RECORD_NEWEST, doing, ""));
    PL_TRY(next(store, statement, doing, &row));
    if (!row) return PL_OK;
    *out = strcmp(column_text(statement, 0), digest) == 0;
    reset(statement);
    return PL_OK;
}

/* How many of [cells] the present plan has. */
static enum pl_status count_kept(struct pl_store *store, const struct pl_cells *cells,
                                 int64_t *out) {
    const char *doing = "recording the plan";
    sqlite3_stmt *statement;
    bool row;
    *out = 0;
    for (size_t i = 0; i < cells->count; i++) {
        PL_TRY(ready(store, &statement, PLAN_HAS, doing, "t", cells->items[i].id));
        PL_TRY(next(store, statement, doing, &row));
        *out += row;
        if (row) reset(statement);
    }
    return PL_OK;
}

static enum pl_status count_plan(struct pl_store *store, int64_t *planned, int64_t *finished) {
    const char *doing = "recording the plan";
    sqlite3_stmt *statement;
    bool row;
    PL_TRY(ready(store, &statement, PLAN_COUNTS, doing, ""));
    PL_TRY(next(store, statement, doing, &row));
    *planned = row ? sqlite3_column_int64(statement, 0) : 0;
    *finished = row ? sqlite3_column_int64(statement, 1) : 0;
    if (row) reset(statement);
    return PL_OK;
}

static enum pl_status note_plan(struct pl_store *store, const struct pl_registration *registration,
                                const struct pl_cells *cells) {
    const char *doing = "recording the plan";
    sqlite3_stmt *statement;
    int64_t kept, planned, finished, count = (int64_t)cells->count;
    char now[24];
    bool known;
    PL_TRY(is_newest(store, registration->digest, &known));
    if (known) return PL_OK;
    PL_TRY(count_kept(store, cells, &kept));
    PL_TRY(count_plan(store, &planned, &finished));
    pl_clock_wall(now);
    PL_TRY(ready(store, &statement, RECORD_PUT, doing, "tttiiii", registration->digest,
                 registration->statement, now, count, count - kept, planned - kept, finished));
    return finish(store, statement, doing);
}

enum pl_status pl_store_note_plan(struct pl_store *store,
                                  const struct pl_registration *registration,
                                  const struct pl_cells *cells) {
    PL_TRY(begin(store, BEGIN_WRITE, "recording the plan"));
    return end(store, note_plan(store, registration, cells), "recording the plan");
}

static struct pl_store_record read_record(sqlite3_stmt *statement, struct pl_arena *arena) {
    return (struct pl_store_record){
        .digest = pl_arena_strdup(arena, column_text(statement, 0)),
        .statement = pl_arena_strdup(arena, column_text(statement, 1)),
        .recorded = pl_arena_strdup(arena, column_text(statement, 2)),
        .cells = (size_t)sqlite3_column_int64(statement, 3),
        .added = (size_t)sqlite3_column_int64(statement, 4),
        .removed = (size_t)sqlite3_column_int64(statement, 5),
        .finished = (size_t)sqlite3_column_int64(statement, 6),
    };
}

enum pl_status pl_store_records(struct pl_store *store, struct pl_arena *arena,
                                const struct pl_store_record **out, size_t *count) {
    const char *doing = "reading the recorded plans";
    PL_VEC(struct pl_store_record) found = {0};
    sqlite3_stmt *statement;
    enum pl_status status = ready(store, &statement, RECORDS_GET, doing, "");
    bool row = status == PL_OK;
    while (row) {
        status = next(store, statement, doing, &row);
        if (row) PL_VEC_PUSH(&found, read_record(statement, arena));
    }
    *count = status == PL_OK ? found.count : 0;
    *out =
        found.count ? pl_arena_copy(arena, found.items, found.count * sizeof *found.items) : NULL;
    PL_VEC_FINISH(&found);
    return status;
}

static enum pl_status read_plan_cell(const struct pl_store *store, sqlite3_stmt *statement,
                                     struct pl_arena *arena, size_t axis_count,
                                     struct pl_cell *out) {
    size_t count = 0;
    snprintf(out->id, sizeof out->id, "%s", column_text(statement, 0));
    out->text = pl_arena_strdup(arena, column_text(statement, 1));
    out->variant = pl_arena_strdup(arena, column_text(statement, 2));
    out->label = pl_arena_strdup(arena, column_text(statement, 3));
    out->seed = (uint64_t)sqlite3_column_int64(statement, 4);
    out->axis_values = list_read(column_text(statement, 5), arena, &count);
    if (!out->axis_values || count != axis_count)
        return damaged(store, "a cell whose values are not those of the axes");
    return PL_OK;
}

static enum pl_status read_cells(struct pl_store *store, enum statement which,
                                 struct pl_store_plan *out) {
    sqlite3_stmt *statement;
    size_t capacity = 0;
    bool row;
    PL_TRY(ready(store, &statement, which, "reading the plan", ""));
    for (;;) {
        PL_TRY(next(store, statement, "reading the plan", &row));
        if (!row) return PL_OK;
        if (out->cells.count == capacity) {
            capacity = capacity ? 2 * capacity : 64;
            out->cells.items = pl_realloc(out->cells.items, capacity * sizeof *out->cells.items);
        }
        enum pl_status status = read_plan_cell(store, statement, &out->cells.arena, out->axis_count,
                                               &out->cells.items[out->cells.count++]);
        if (status != PL_OK) reset(statement);
        PL_TRY(status);
    }
}

/* The arena owns the cells, as it does in every struct pl_cells. */
static enum pl_status read_plan_cells(struct pl_store *store, enum statement which,
                                      struct pl_store_plan *out) {
    enum pl_status status = read_cells(store, which, out);
    struct pl_cell *grown = out->cells.items;
    if (grown)
        out->cells.items =
            pl_arena_copy(&out->cells.arena, grown, out->cells.count * sizeof *grown);
    pl_free(grown);
    return status;
}

static enum pl_status read_plan(struct pl_store *store, struct pl_store_plan *out) {
    const char *axes;
    PL_TRY(pl_store_meta_get(store, "axes", &out->cells.arena, &axes));
    out->axes = list_read(axes ? axes : "[]", &out->cells.arena, &out->axis_count);
    if (!out->axes) return damaged(store, "the list of axes cannot be read");
    return read_plan_cells(store, PLAN_GET, out);
}

enum pl_status pl_store_plan(struct pl_store *store, struct pl_store_plan *out) {
    *out = (struct pl_store_plan){0};
    PL_TRY(begin(store, BEGIN, "reading the plan"));
    enum pl_status status = end(store, read_plan(store, out), "reading the plan");
    if (status != PL_OK) pl_store_plan_finish(out);
    return status;
}

enum pl_status pl_store_former(struct pl_store *store, struct pl_store_plan *out) {
    *out = (struct pl_store_plan){0};
    PL_TRY(begin(store, BEGIN, "reading the plan"));
    enum pl_status status = end(store, read_plan_cells(store, FORMER_GET, out), "reading the plan");
    if (status != PL_OK) pl_store_plan_finish(out);
    return status;
}

void pl_store_plan_finish(struct pl_store_plan *plan) {
    if (!plan) return;
    pl_cells_finish(&plan->cells);
    *plan = (struct pl_store_plan){0};
}

enum pl_status pl_store_lookup(struct pl_store *store, const char *prefix, char id[PL_HASH_TEXT]) {
    const char *doing = "looking for a cell";
    sqlite3_stmt *statement;
    bool row;
    PL_TRY(ready(store, &statement, LOOKUP, doing, "t", prefix));
    PL_TRY(next(store, statement, doing, &row));
    if (!row)
        return pl_fail(PL_ECONFIG,
                       "%s: no cell's identity begins with '%s'; `plumbline report` "
                       "lists them",
                       store->path, prefix);
    snprintf(id, PL_HASH_TEXT, "%s", column_text(statement, 0));
    PL_TRY(next(store, statement, doing, &row));
    if (!row) return PL_OK;
    reset(statement);
    return pl_fail(PL_ECONFIG,
                   "%s: several cells have an identity that begins with '%s'; give "
                   "more of its digits",
                   store->path, prefix);
}

/* ---- one row of runs -------------------------------------------------------------------------- */

struct run {
    int64_t id;              /* 0: there is no row */
    enum pl_outcome outcome; /* as stored */
    struct holder holder;    /* pid 0: no lease */
    int64_t attempts;
};

static enum pl_status read_run_row(const struct pl_store *store, sqlite3_stmt *statement,
                                   struct run *run, struct pl_result *result) {
    run->id = sqlite3_column_int64(statement, 0);
    if (!pl_outcome_find(&run->outcome, column_text(statement, 1)))
        return damaged(store, "a run with an unknown outcome");
    run->holder.pid = sqlite3_column_int64(statement, 6);
    run->holder.start = sqlite3_column_int64(statement, 7);
    snprintf(run->holder.boot, BOOT_TEXT, "%s", column_text(statement, 8));
    run->attempts = sqlite3_column_int64(statement, 9);
    if (!result) return PL_OK;
    result->message = pl_arena_strdup(&result->arena, column_text(statement, 2));
    result->seconds = column_real(statement, 3);
    result->step_ms = column_real(statement, 4);
    result->provenance = pl_arena_strdup(&result->arena, column_text(statement, 5));
    result->diagnosed = pl_arena_strdup(&result->arena, column_text(statement, 10));
    return PL_OK;
}

/* The row of a cell under a stamp; the plain columns of [result] too, unless it is NULL. */
static enum pl_status read_run(struct pl_store *store, const char *id, const char *stamp,
                               struct run *run, struct pl_result *result) {
    sqlite3_stmt *statement;
    bool row;
    *run = (struct run){.outcome = PL_PENDING};
    PL_TRY(ready(store, &statement, RUN_GET, "reading a cell", "tt", id, stamp));
    PL_TRY(next(store, statement, "reading a cell", &row));
    if (!row) return PL_OK;
    enum pl_status status = read_run_row(store, statement, run, result);
    reset(statement);
    return status;
}

static bool is_finished(enum pl_outcome outcome) {
    return outcome == PL_DONE || outcome == PL_DIVERGED;
}

static enum pl_outcome outcome_now(const struct pl_store *store, const struct run *run) {
    if (is_finished(run->outcome)) return run->outcome;
    return holder_lives(store, &run->holder) ? PL_RUNNING : run->outcome;
}

/* ---- the life of a cell ----------------------------------------------------------------------- */

static enum pl_status read_elsewhere(struct pl_store *store, const char *id, const char *stamp,
                                     bool *out) {
    sqlite3_stmt *statement;
    PL_TRY(ready(store, &statement, ELSEWHERE, "reading a cell", "tt", id, stamp));
    PL_TRY(next(store, statement, "reading a cell", out));
    if (*out) reset(statement);
    return PL_OK;
}

enum pl_status pl_store_state(struct pl_store *store, const char *id, const char *stamp,
                              struct pl_store_state *out) {
    struct run run;
    *out = (struct pl_store_state){0};
    PL_TRY(read_run(store, id, stamp, &run, NULL));
    PL_TRY(read_elsewhere(store, id, stamp, &out->elsewhere));
    out->outcome = outcome_now(store, &run);
    out->holder = out->outcome == PL_RUNNING ? (long)run.holder.pid : 0;
    out->attempts = (long)run.attempts;
    return PL_OK;
}

/* Whether a lease may be had: of what is not finished, or (with [seen]) of what is and was not diagnosed
 * anew since. */
static enum pl_status may_lease(struct pl_store *store, const char *id, const char *stamp,
                                const char *seen, bool *may) {
    struct pl_result result = {0};
    struct run run;
    enum pl_status status = read_run(store, id, stamp, &run, &result);
    bool finished = is_finished(run.outcome);
    bool same = finished && seen && status == PL_OK && strcmp(result.diagnosed, seen) == 0;
    *may = !holder_lives(store, &run.holder) && (seen ? same : !finished);
    pl_result_finish(&result);
    return status;
}

static enum pl_status lease(struct pl_store *store, const char *id, const char *stamp,
                            const char *seen, bool *taken) {
    const struct holder *self = &store->self;
    sqlite3_stmt *statement;
    bool may;
    PL_TRY(may_lease(store, id, stamp, seen, &may));
    if (!may) return PL_OK;
    PL_TRY(ready(store, &statement, LEASE, "leasing a cell", "ttiit", id, stamp, self->pid,
                 self->start, self->boot));
    *taken = true;
    return finish(store, statement, "leasing a cell");
}

static enum pl_status lease_once(struct pl_store *store, const char *id, const char *stamp,
                                 const char *seen, bool *taken) {
    bool took = false;
    *taken = false;
    PL_TRY(begin(store, BEGIN_WRITE, "leasing a cell"));
    PL_TRY(end(store, lease(store, id, stamp, seen, &took), "leasing a cell"));
    *taken = took;
    store->leased = store->leased || took;
    return PL_OK;
}

enum pl_status pl_store_lease(struct pl_store *store, const char *id, const char *stamp,
                              bool *taken) {
    return lease_once(store, id, stamp, NULL, taken);
}

enum pl_status pl_store_lease_again(struct pl_store *store, const char *id, const char *stamp,
                                    const char *seen, bool *taken) {
    return lease_once(store, id, stamp, seen, taken);
}

static enum pl_status put_metrics(struct pl_store *store, int64_t run,
                                  const struct pl_result *result) {
    const char *doing = "storing a result";
    sqlite3_stmt *statement;
    PL_TRY(ready(store, &statement, METRICS_CLEAR, doing, "i", run));
    PL_TRY(finish(store, statement, doing));
    for (size_t i = 0; i < result->metric_count; i++) {
        const struct pl_metric *metric = &result->metrics[i];
        PL_TRY(ready(store, &statement, METRIC_PUT, doing, "iitir", run, (int64_t)i, metric->name,
                     (int64_t)metric->step, metric->value));
        PL_TRY(finish(store, statement, doing));
    }
    return PL_OK;
}

static enum pl_status put_diagnostics(struct pl_store *store, int64_t run,
                                      const struct pl_result *result) {
    const char *doing = "storing a result";
    sqlite3_stmt *statement;
    PL_TRY(ready(store, &statement, DIAGNOSTICS_CLEAR, doing, "i", run));
    PL_TRY(finish(store, statement, doing));
    for (size_t i = 0; i < result->diagnostic_count; i++) {
        const struct pl_diagnostic *row = &result->diagnostics[i];
        PL_TRY(ready(store, &statement, DIAGNOSTIC_PUT, doing, "iitiiir", run, (int64_t)i,
                     row->name, (int64_t)row->step, (int64_t)row->layer, (int64_t)row->source,
                     row->value));
        PL_TRY(finish(store, statement, doing));
    }
    return PL_OK;
}

static enum pl_status put(struct pl_store *store, const char *id, const char *stamp,
                          const struct pl_result *result) {
    const char *doing = "storing a result";
    sqlite3_stmt *statement;
    char now[24];
    bool row;
    pl_clock_wall(now);
    PL_TRY(ready(store, &statement, RUN_PUT, doing, "ttttrrttt", id, stamp,
                 pl_outcome_name(result->outcome), result->message ? result->message : "",
                 result->seconds, result->step_ms, result->provenance ? result->provenance : "",
                 now, result->diagnosed ? result->diagnosed : ""));
    PL_TRY(next(store, statement, doing, &row));
    if (!row) return pl_store_release(store, id, stamp); /* a failed one beside a finished one */
    int64_t run = sqlite3_column_int64(statement, 0);
    PL_TRY(finish(store, statement, doing));
    if (result->outcome == PL_FAILED) return PL_OK;
    PL_TRY(put_metrics(store, run, result));
    return put_diagnostics(store, run, result);
}

enum pl_status pl_store_put(struct pl_store *store, const char *id, const char *stamp,
                            const struct pl_result *result) {
    PL_ASSERT(is_finished(result->outcome) || result->outcome == PL_FAILED);
    PL_TRY(begin(store, BEGIN_WRITE, "storing a result"));
    return end(store, put(store, id, stamp, result), "storing a result");
}

enum pl_status pl_store_release(struct pl_store *store, const char *id, const char *stamp) {
    const struct holder *self = &store->self;
    sqlite3_stmt *statement;
    PL_TRY(ready(store, &statement, RELEASE, "releasing a cell", "ttiit", id, stamp, self->pid,
                 self->start, self->boot));
    return finish(store, statement, "releasing a cell");
}

enum pl_status pl_store_release_all(struct pl_store *store) {
    const struct holder *self = &store->self;
    sqlite3_stmt *statement;
    PL_TRY(ready(store, &statement, RELEASE_ALL, "releasing cells", "iit", self->pid, self->start,
                 self->boot));
    return finish(store, statement, "releasing cells");
}

/* ---- tidying up ------------------------------------------------------------------------------ */

static const char pruning[] = "pruning";

/* Temporary tables, outside the file: what is present, what is held, and what every other run is. */
static enum pl_status make_lists(struct pl_store *store) {
    return execute(store,
                   "DROP TABLE IF EXISTS temp.present; DROP TABLE IF EXISTS temp.held;"
                   "DROP TABLE IF EXISTS temp.sorted;"
                   "CREATE TEMP TABLE present (stamp TEXT PRIMARY KEY);"
                   "CREATE TEMP TABLE held (run INTEGER PRIMARY KEY);"
                   "CREATE TEMP TABLE sorted (run INTEGER PRIMARY KEY, former, kind)",
                   pruning);
}

static enum pl_status list_present(struct pl_store *store, const struct pl_store_prune *prune) {
    sqlite3_stmt *statement;
    for (size_t k = 0; k < prune->stamp_count; k++) {
        PL_TRY(ready(store, &statement, PRESENT_ADD, pruning, "t", prune->stamps[k]));
        PL_TRY(finish(store, statement, pruning));
    }
    return PL_OK;
}

static enum pl_status list_held(struct pl_store *store) {
    sqlite3_stmt *leases, *statement;
    bool row;
    PL_TRY(ready(store, &leases, HELD_GET, pruning, ""));
    for (;;) {
        struct holder holder = {0};
        PL_TRY(next(store, leases, pruning, &row));
        if (!row) return PL_OK;
        holder.pid = sqlite3_column_int64(leases, 1);
        holder.start = sqlite3_column_int64(leases, 2);
        snprintf(holder.boot, BOOT_TEXT, "%s", column_text(leases, 3));
        if (!holder_lives(store, &holder)) continue;
        enum pl_status status =
            ready(store, &statement, HELD_ADD, pruning, "i", sqlite3_column_int64(leases, 0));
        if (status == PL_OK) status = finish(store, statement, pruning);
        if (status != PL_OK) reset(leases);
        PL_TRY(status);
    }
}

static enum pl_status sort_runs(struct pl_store *store, struct pl_store_prune *prune) {
    sqlite3_stmt *statement;
    bool row;
    PL_TRY(list_present(store, prune));
    PL_TRY(list_held(store));
    PL_TRY(ready(store, &statement, SORT_RUNS, pruning, ""));
    PL_TRY(finish(store, statement, pruning));
    PL_TRY(ready(store, &statement, SORTED_COUNTS, pruning, ""));
    PL_TRY(next(store, statement, pruning, &row));
    prune->replaced = (size_t)sqlite3_column_int64(statement, 0);
    prune->alone = (size_t)sqlite3_column_int64(statement, 1);
    prune->former_runs = (size_t)sqlite3_column_int64(statement, 2);
    prune->former_cells = (size_t)sqlite3_column_int64(statement, 3);
    reset(statement);
    PL_TRY(ready(store, &statement, DOOM, pruning, "ii", (int64_t)prune->only,
                 (int64_t)prune->former));
    PL_TRY(finish(store, statement, pruning));
    PL_TRY(ready(store, &statement, DOOMED, pruning, ""));
    PL_TRY(next(store, statement, pruning, &row));
    prune->removed = (size_t)sqlite3_column_int64(statement, 0);
    reset(statement);
    return PL_OK;
}

static enum pl_status remove_runs(struct pl_store *store, const struct pl_store_prune *prune) {
    PL_TRY(execute(store,
                   "DELETE FROM metrics WHERE run IN (SELECT run FROM temp.sorted);"
                   "DELETE FROM diagnostics WHERE run IN (SELECT run FROM temp.sorted);"
                   "DELETE FROM runs WHERE run IN (SELECT run FROM temp.sorted)",
                   pruning));
    if (!prune->former) return PL_OK;
    return execute(store,
                   "DELETE FROM cells WHERE position IS NULL "
                   "AND id NOT IN (SELECT cell FROM runs)",
                   pruning);
}

/* Another process that reads or writes right now keeps the file as large as it is: no harm. */
static void give_back_space(struct pl_store *store) {
    if (sqlite3_exec(store->db, "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL) !=
        SQLITE_OK)
        pl_warn("%s keeps its size for now (SQLite: %s)", store->path, sqlite3_errmsg(store->db));
}

enum pl_status pl_store_prune(struct pl_store *store, struct pl_store_prune *prune, bool apply) {
    PL_TRY(make_lists(store));
    PL_TRY(begin(store, apply ? BEGIN_WRITE : BEGIN, pruning));
    enum pl_status status = sort_runs(store, prune);
    if (status == PL_OK && apply) status = remove_runs(store, prune);
    PL_TRY(end(store, status, pruning));
    if (apply) give_back_space(store);
    return PL_OK;
}

/* ---- reading results -------------------------------------------------------------------------- */

static enum pl_status read_metrics(struct pl_store *store, int64_t run, struct pl_result *out) {
    sqlite3_stmt *statement;
    bool row;
    PL_TRY(ready(store, &statement, METRICS_GET, "reading a result", "i", run));
    for (;;) {
        PL_TRY(next(store, statement, "reading a result", &row));
        if (!row) return PL_OK;
        pl_result_add(out, column_text(statement, 0), (long)sqlite3_column_int64(statement, 1),
                      column_real(statement, 2));
    }
}

static enum pl_status read_diagnostics(struct pl_store *store, int64_t run, struct pl_result *out) {
    sqlite3_stmt *statement;
    bool row;
    PL_TRY(ready(store, &statement, DIAGNOSTICS_GET, "reading diagnostics", "i", run));
    for (;;) {
        PL_TRY(next(store, statement, "reading diagnostics", &row));
        if (!row) return PL_OK;
        const struct pl_diagnostic diagnostic = {
            column_text(statement, 0), (long)sqlite3_column_int64(statement, 1),
            sqlite3_column_int(statement, 2), sqlite3_column_int(statement, 3),
            column_real(statement, 4)};
        pl_result_diagnose(out, &diagnostic);
    }
}

enum pl_status pl_store_diagnostics(struct pl_store *store, const char *id, const char *stamp,
                                    struct pl_result *result) {
    struct run run;
    PL_TRY(read_run(store, id, stamp, &run, NULL));
    return run.id ? read_diagnostics(store, run.id, result) : PL_OK;
}

/* Inside a transaction, so that row and metrics are of one instant. */
static enum pl_status find(struct pl_store *store, const char *id, const char *stamp,
                           struct pl_result *out) {
    struct run run;
    *out = (struct pl_result){.message = "", .provenance = "", .diagnosed = ""};
    PL_TRY(read_run(store, id, stamp, &run, out));
    out->outcome = outcome_now(store, &run);
    return is_finished(out->outcome) ? read_metrics(store, run.id, out) : PL_OK;
}

enum pl_status pl_store_find(struct pl_store *store, const char *id, const char *stamp,
                             struct pl_result *out) {
    *out = (struct pl_result){0};
    PL_TRY(begin(store, BEGIN, "reading a result"));
    enum pl_status status = end(store, find(store, id, stamp, out), "reading a result");
    if (status != PL_OK) pl_result_finish(out);
    return status;
}

enum pl_status pl_store_newest(struct pl_store *store, const char *id, char stamp[PL_HASH_TEXT]) {
    sqlite3_stmt *statement;
    bool row;
    stamp[0] = 0;
    PL_TRY(ready(store, &statement, NEWEST, "reading a cell", "t", id));
    PL_TRY(next(store, statement, "reading a cell", &row));
    if (!row) return PL_OK;
    snprintf(stamp, PL_HASH_TEXT, "%s", column_text(statement, 0));
    reset(statement);
    return PL_OK;
}

static enum pl_status
visit_each(struct pl_store *store, const struct pl_cells *cells, const char *stamp,
           enum pl_status (*visit)(void *ctx, size_t index, const struct pl_result *result),
           void *ctx) {
    for (size_t i = 0; i < cells->count; i++) {
        struct pl_result result;
        enum pl_status status = find(store, cells->items[i].id, stamp, &result);
        if (status == PL_OK) status = visit(ctx, i, &result);
        pl_result_finish(&result);
        PL_TRY(status);
    }
    return PL_OK;
}

enum pl_status
pl_store_each(struct pl_store *store, const struct pl_cells *cells, const char *stamp,
              enum pl_status (*visit)(void *ctx, size_t index, const struct pl_result *result),
              void *ctx) {
    PL_TRY(begin(store, BEGIN, "reading results"));
    return end(store, visit_each(store, cells, stamp, visit, ctx), "reading results");
}
