/* Opening a store: files and folders, whose file it is, which version of the schema.
 *
 *     for writing    folders made, tables made when the file is empty, brought up to date in place;
 *                    a write-ahead log, so that readers and the writer do not wait for each other
 *     for reading    nothing is written, not even beside the file: where SQLite would have to (a folder
 *                    that may not be written), the file is opened as immutable; a file of an older
 *                    schema is copied into memory and brought up to date there
 *
 * A log that is there before a file is opened for writing was left by a process that did not end as it
 * should, or belongs to one that lives: the file is then looked through (PRAGMA quick_check).
 *
 * Whatever is made or brought up to date is so in one transaction, inside which the header is read once
 * more: another process may have been faster.
 */
#include "experiments/run/store/store_impl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/strbuf.h"

extern const char pl_schema_sql[]; /* results/schema.sql, embedded at build */
extern const char pl_upgrade_2_sql[];
extern const char pl_upgrade_3_sql[];
extern const char pl_upgrade_4_sql[];

/* What brings a file to the version of its index from the one before; the first there was is 1. */
static const char *const upgrades[] = {NULL, NULL, pl_upgrade_2_sql, pl_upgrade_3_sql,
                                       pl_upgrade_4_sql};

enum {
    APPLICATION_ID = 0x504C4D42, /* "PLMB" */
};
_Static_assert(sizeof upgrades / sizeof upgrades[0] - 1 == PL_STORE_SCHEMA,
               "the last upgrade leads there");

/* ---- opening: files and folders --------------------------------------------------------------- */

static char *store_path(const char *results_dir, const char *study) {
    struct pl_strbuf path;
    pl_strbuf_init(&path);
    pl_strbuf_addf(&path, "%s/%s/cells.db", results_dir, study);
    return pl_strbuf_take(&path);
}

bool pl_path_is_database(const char *path) {
    size_t length = strlen(path);
    return length > 3 && strcmp(path + length - 3, ".db") == 0;
}

bool pl_store_exists(const char *results_dir, const char *study) {
    struct stat info;
    char *path = store_path(results_dir, study);
    bool exists = stat(path, &info) == 0;
    pl_free(path);
    return exists;
}

static enum pl_status make_folders(const char *path) {
    if (pl_folder_make_for(path) == PL_OK) return PL_OK;
    return pl_fail(PL_ESTORE, "%s; change the permissions above it, or name another folder with %s",
                   pl_message(), "--results");
}

/* "file:PATH?immutable=1": SQLite then writes nothing at all beside the file, as a reader in a
 * read-only folder needs. What follows "file://" up to the next slash is a host, here none. */
static char *immutable_uri(const char *path) {
    struct pl_strbuf uri;
    pl_strbuf_init(&uri);
    pl_strbuf_add(&uri, *path == '/' ? "file://" : "file:");
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

static char *plain_path(const char *relative) {
    struct pl_strbuf path;
    pl_strbuf_init(&path);
    pl_strbuf_addf(&path, "./%s", relative);
    return pl_strbuf_take(&path);
}

static enum pl_status connect_to(struct pl_store *store, const char *name, int flags) {
    sqlite3_close(store->db);
    store->db = NULL;
    PL_TRY(check_kind(store->path));
    /* a relative name that begins with "file:" would be read as a URI */
    char *plain = *name == '/' || flags & SQLITE_OPEN_URI ? pl_strdup(name) : plain_path(name);
    int code = sqlite3_open_v2(plain, &store->db, flags, NULL);
    pl_free(plain);
    if (!store->db) return pl_sql_complain(store->path, SQLITE_NOMEM, "no memory", "opening");
    if (code != SQLITE_OK) return pl_sql_trouble(store, "opening");
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    pl_store_set_patience(store, 10);
    return pl_sql_execute(store,
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
        return pl_sql_trouble(store, "opening");
    enum pl_status status = pl_sql_next(store, statement, "opening", &row);
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
    if (header->version < 1 || header->version > PL_STORE_SCHEMA)
        return pl_fail(PL_ESTORE,
                       "%s: the file has schema version %lld and this program knows %d; "
                       "use the program that wrote it, or name another folder with --results",
                       store->path, (long long)header->version, PL_STORE_SCHEMA);
    return PL_OK;
}

/* Inside a transaction: another process may have made the tables a moment ago. */
static enum pl_status make_tables(struct pl_store *store) {
    char marks[96];
    struct header header;
    PL_TRY(read_header(store, &header));
    if (!header_is_empty(&header)) return PL_OK;
    PL_TRY(pl_sql_execute(store, pl_schema_sql, "making the tables"));
    snprintf(marks, sizeof marks, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             APPLICATION_ID, PL_STORE_SCHEMA);
    return pl_sql_execute(store, marks, "making the tables");
}

/* The first fault that SQLite finds, as a sentence. */
static enum pl_status check_whole(struct pl_store *store) {
    sqlite3_stmt *statement = NULL;
    bool row;
    if (sqlite3_prepare_v2(store->db, "PRAGMA quick_check(1)", -1, &statement, NULL) != SQLITE_OK)
        return pl_sql_trouble(store, "looking it through");
    enum pl_status status = pl_sql_next(store, statement, "looking it through", &row);
    if (status == PL_OK && (!row || strcmp(pl_sql_text(statement, 0), "ok") != 0))
        status = pl_sql_damaged(store, row ? pl_sql_text(statement, 0) : "no answer");
    sqlite3_finalize(statement);
    return status;
}

/* hash(TEXT), for upgrade-4.sql. */
static void sql_hash(sqlite3_context *context, int count, sqlite3_value **values) {
    const char *text = count == 1 ? (const char *)sqlite3_value_text(values[0]) : NULL;
    char hash[PL_HASH_TEXT];
    pl_hash_text(hash, text ? text : "");
    sqlite3_result_text(context, hash, -1, SQLITE_TRANSIENT);
}

/* Inside a transaction: another process may have done it a moment ago. */
static enum pl_status upgrade(struct pl_store *store) {
    char mark[64];
    struct header header;
    PL_TRY(read_header(store, &header));
    if (sqlite3_create_function(store->db, "hash", 1, SQLITE_UTF8, NULL, sql_hash, NULL, NULL) !=
        SQLITE_OK)
        return pl_sql_trouble(store, "bringing the tables up to date");
    for (int64_t version = header.version + 1; version <= PL_STORE_SCHEMA; version++)
        PL_TRY(pl_sql_execute(store, upgrades[version], "bringing the tables up to date"));
    if (header.version < PL_STORE_SCHEMA) PL_TRY(pl_store_seal(store));
    snprintf(mark, sizeof mark, "PRAGMA user_version = %d", PL_STORE_SCHEMA);
    return pl_sql_execute(store, mark, "bringing the tables up to date");
}

static bool is_older(const struct header *header) {
    return !header_is_empty(header) && header->version < PL_STORE_SCHEMA;
}

static enum pl_status upgrade_all(struct pl_store *store) {
    PL_TRY(pl_sql_begin(store, PL_SQL_WRITE, "bringing the tables up to date"));
    return pl_sql_end(store, upgrade(store), "bringing the tables up to date");
}

/* A reader may not touch the file: a copy in memory takes its place. */
static enum pl_status upgrade_copy(struct pl_store *store) {
    sqlite3 *copy = NULL, *file = store->db;
    if (sqlite3_open(":memory:", &copy) != SQLITE_OK) {
        sqlite3_close(copy);
        return pl_sql_complain(store->path, SQLITE_NOMEM, "no memory", "opening");
    }
    sqlite3_backup *backup = sqlite3_backup_init(copy, "main", file, "main");
    if (backup) sqlite3_backup_step(backup, -1);
    int code = backup ? sqlite3_backup_finish(backup) : sqlite3_errcode(copy);
    enum pl_status status = PL_OK;
    if (code != SQLITE_OK)
        status = pl_sql_complain(store->path, code, sqlite3_errmsg(copy), "opening");
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
        bool is_log = code == SQLITE_ROW && strcmp(pl_sql_text(statement, 0), "wal") == 0;
        enum pl_status status = code == SQLITE_ROW ? PL_OK : pl_sql_trouble(store, "opening");
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
    bool unclean = has_log(store->path);
    PL_TRY(make_folders(store->path));
    PL_TRY(connect_to(store, store->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
    if (sqlite3_db_readonly(store->db, "main") == 1)
        return pl_sql_complain(store->path, SQLITE_READONLY, "read-only file", "opening");
    PL_TRY(read_header(store, &header));
    if (!header_is_empty(&header)) PL_TRY(check_header(store, &header));
    PL_TRY(use_log(store));
    if (header_is_empty(&header)) {
        PL_TRY(pl_sql_begin(store, PL_SQL_WRITE, "making the tables"));
        PL_TRY(pl_sql_end(store, make_tables(store), "making the tables"));
    }
    PL_TRY(read_header(store, &header)); /* also makes the log, which is looked for from now on */
    PL_TRY(check_header(store, &header));
    if (unclean) PL_TRY(check_whole(store));
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
    pl_holder_self(&store->self);
    enum pl_status status =
        mode == PL_STORE_WRITE ? open_for_writing(store) : open_for_reading(store);
    store->in_file = status == PL_OK && mode == PL_STORE_WRITE;
    if (status == PL_OK)
        *out = store;
    else
        pl_store_close(store);
    return status;
}

/* SQLite compares the file that is open with the one that has its name; of the log, which holds what is
 * not in the file yet, it does not, so that one is looked for. */
enum pl_status pl_store_in_place(struct pl_store *store) {
    int moved = 0;
    if (!store->in_file) return PL_OK;
    sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    if (!moved) {
        struct pl_strbuf log;
        pl_strbuf_init(&log);
        pl_strbuf_addf(&log, "%s-wal", store->path);
        moved = access(log.text, F_OK) != 0 && errno == ENOENT;
        pl_strbuf_finish(&log);
    }
    if (!moved) return PL_OK;
    return pl_fail(
        PL_ESTORE,
        "%s: the file, or its log beside it, was removed, renamed or replaced while this "
        "run wrote to it; what was computed since is lost, so run again, and leave the "
        "folder alone meanwhile",
        store->path);
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
    for (size_t i = 0; i < store->prepared.count; i++)
        sqlite3_finalize(store->prepared.items[i].statement);
    PL_VEC_FINISH(&store->prepared);
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
