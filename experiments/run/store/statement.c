/* How statements are run, and the sentences for what SQLite refuses.
 *
 * A statement is the text of a static array beside the function that uses it. It is prepared at its
 * first use and kept in store->prepared, found by the address of its text. The order of calls:
 *
 *     pl_sql_ready    prepared, its parameters bound
 *     pl_sql_next     a row, until there is none: then it is reset by itself
 *     pl_sql_reset    when rows are left that nobody wants
 *
 * pl_sql_run is all three for a statement without rows. Every function that fails has said so with the
 * path of the file and a way out.
 */
#include "experiments/run/store/store_impl.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "core/base/json.h"

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
     "look at the disk (space, quota, a limit of file size, health) and run again; " SAFE},
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

enum pl_status pl_sql_complain(const char *path, int code, const char *saying, const char *doing) {
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

enum pl_status pl_sql_trouble(const struct pl_store *store, const char *doing) {
    return pl_sql_complain(store->path, sqlite3_extended_errcode(store->db),
                           sqlite3_errmsg(store->db), doing);
}

enum pl_status pl_sql_damaged(const struct pl_store *store, const char *what) {
    return pl_sql_complain(store->path, SQLITE_CORRUPT, what, "reading");
}

/* ---- running statements ----------------------------------------------------------------------- */

static void bind_real(sqlite3_stmt *statement, int index, double value) {
    const char *name = pl_real_name(value);
    if (name)
        sqlite3_bind_text(statement, index, name, -1, SQLITE_STATIC);
    else
        sqlite3_bind_double(statement, index, value);
}

/* The kept statement of [sql], prepared if this is its first use. */
static enum pl_status prepare(struct pl_store *store, sqlite3_stmt **out, const char *sql,
                              const char *doing) {
    for (size_t k = 0; k < store->prepared.count; k++)
        if (store->prepared.items[k].sql == sql) {
            *out = store->prepared.items[k].statement;
            return PL_OK;
        }
    if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL) != SQLITE_OK)
        return pl_sql_trouble(store, doing);
    PL_VEC_PUSH(&store->prepared, ((struct pl_prepared){sql, *out}));
    return PL_OK;
}

static enum pl_status ready(struct pl_store *store, sqlite3_stmt **out, const char *sql,
                            const char *doing, const char *kinds, va_list values) {
    PL_TRY(prepare(store, out, sql, doing));
    for (int i = 0; kinds[i]; i++) {
        if (kinds[i] == 't')
            sqlite3_bind_text(*out, i + 1, va_arg(values, const char *), -1, SQLITE_STATIC);
        else if (kinds[i] == 'i')
            sqlite3_bind_int64(*out, i + 1, va_arg(values, int64_t));
        else
            bind_real(*out, i + 1, va_arg(values, double));
    }
    return PL_OK;
}

enum pl_status pl_sql_ready(struct pl_store *store, sqlite3_stmt **out, const char *sql,
                            const char *doing, const char *kinds, ...) {
    va_list values;
    va_start(values, kinds);
    enum pl_status status = ready(store, out, sql, doing, kinds, values);
    va_end(values);
    return status;
}

enum pl_status pl_sql_run(struct pl_store *store, const char *sql, const char *doing,
                          const char *kinds, ...) {
    sqlite3_stmt *statement;
    va_list values;
    va_start(values, kinds);
    enum pl_status status = ready(store, &statement, sql, doing, kinds, values);
    va_end(values);
    bool row = status == PL_OK;
    while (row) status = pl_sql_next(store, statement, doing, &row);
    return status;
}

void pl_sql_reset(sqlite3_stmt *statement) {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

enum pl_status pl_sql_next(struct pl_store *store, sqlite3_stmt *statement, const char *doing,
                           bool *row) {
    int code = sqlite3_step(statement);
    *row = code == SQLITE_ROW;
    if (*row) return PL_OK;
    enum pl_status status = code == SQLITE_DONE ? PL_OK : pl_sql_trouble(store, doing);
    pl_sql_reset(statement);
    return status;
}

enum pl_status pl_sql_begin(struct pl_store *store, enum pl_sql_transaction what,
                            const char *doing) {
    static const char READ[] = "BEGIN", WRITE[] = "BEGIN IMMEDIATE";
    if (store->depth == 0) {
        if (what == PL_SQL_WRITE) PL_TRY(pl_store_in_place(store));
        PL_TRY(pl_sql_run(store, what == PL_SQL_READ ? READ : WRITE, doing, ""));
    }
    store->depth++;
    return PL_OK;
}

enum pl_status pl_sql_end(struct pl_store *store, enum pl_status status, const char *doing) {
    static const char COMMIT[] = "COMMIT";
    if (--store->depth > 0) return status;
    if (status == PL_OK) status = pl_sql_run(store, COMMIT, doing, "");
    if (status != PL_OK && !sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

enum pl_status pl_store_begin(struct pl_store *store, const char *doing) {
    return pl_sql_begin(store, PL_SQL_WRITE, doing);
}

enum pl_status pl_store_end(struct pl_store *store, enum pl_status status, const char *doing) {
    return pl_sql_end(store, status, doing);
}

enum pl_status pl_sql_execute(struct pl_store *store, const char *sql, const char *doing) {
    if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK) return PL_OK;
    return pl_sql_trouble(store, doing);
}

const char *pl_sql_text(sqlite3_stmt *statement, int column) {
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return text ? text : "";
}

double pl_sql_real(sqlite3_stmt *statement, int column) {
    double value = NAN;
    if (sqlite3_column_type(statement, column) != SQLITE_TEXT)
        return sqlite3_column_double(statement, column);
    pl_real_find(&value, pl_sql_text(statement, column));
    return value;
}
