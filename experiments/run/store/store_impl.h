/* What the files of the store share: the handle, statements, the row of a run. They alone know SQLite.
 *
 *     open.c       files and folders, the schema and its versions, opening and closing
 *     plan.c       the facts of the study, its plan, the plans that were recorded
 *     lease.c      who computes a cell: taking, returning, and holders that are gone
 *     put.c        results, in and out
 *     scan.c       the results of all cells in one pass
 *     text.c       texts that many cells share
 *     merge.c      union of two databases
 *     prune.c      removing results of other numerics
 *     statement.c  running SQL, and the sentences for what SQLite refuses
 */
#ifndef PL_EXPERIMENTS_RUN_STORE_STORE_IMPL_H
#define PL_EXPERIMENTS_RUN_STORE_STORE_IMPL_H

#include <sqlite3.h>
#include <stdint.h>

#include "core/base/strbuf.h"
#include "core/base/vec.h"
#include "experiments/run/store/store.h"

/* A process, told apart from every other one that ever had its number. */
struct pl_holder {
    int64_t pid, start;
    char boot[40];
};

struct pl_prepared {
    const char *sql;
    sqlite3_stmt *statement;
};

struct pl_store {
    sqlite3 *db;
    char *path;
    PL_VEC(struct pl_prepared) prepared;
    struct pl_holder self;
    enum pl_store_mode mode;
    bool leased;  /* something was leased through this handle */
    bool in_file; /* opened for writing and ready: its place is looked at (pl_store_in_place) */
    int depth;    /* transactions begun inside one another; the outermost is SQLite's */
};

/* Outcomes that are final, in SQL. */
#define PL_FINISHED "('done', 'diverged')"

/* ---- statements (statement.c) ------------------------------------------------------------------
 *
 * [sql] is a static array: a statement is prepared once and found again by its address. [doing] is
 * what a failure says was being done. [kinds] are the parameters in order: t text, i int64_t,
 * r double; text is borrowed until the statement is reset. */

enum pl_status pl_sql_ready(struct pl_store *store, sqlite3_stmt **out, const char *sql,
                            const char *doing, const char *kinds, ...) PL_NODISCARD;
/* The next row, or the end. The statement is reset unless there is a row. */
enum pl_status pl_sql_next(struct pl_store *store, sqlite3_stmt *statement, const char *doing,
                           bool *row) PL_NODISCARD;
void pl_sql_reset(sqlite3_stmt *statement);
/* All of it, for a statement whose rows, if any, do not matter. */
enum pl_status pl_sql_run(struct pl_store *store, const char *sql, const char *doing,
                          const char *kinds, ...) PL_NODISCARD;
/* Statements without parameters that are run once and not kept. */
enum pl_status pl_sql_execute(struct pl_store *store, const char *sql,
                              const char *doing) PL_NODISCARD;

enum pl_sql_transaction { PL_SQL_READ, PL_SQL_WRITE };
enum pl_status pl_sql_begin(struct pl_store *store, enum pl_sql_transaction what,
                            const char *doing) PL_NODISCARD;
/* A transaction inside another is part of it.
 * Commits when [status], of what was done in the transaction, is PL_OK; otherwise undoes it and returns
 * [status]. */
enum pl_status pl_sql_end(struct pl_store *store, enum pl_status status,
                          const char *doing) PL_NODISCARD;

const char *pl_sql_text(sqlite3_stmt *statement, int column); /* "" for NULL */
double pl_sql_real(sqlite3_stmt *statement, int column);      /* text names an infinity or NaN */

/* The sentence for a result code of SQLite; for what it said last; for contents that make no sense. */
enum pl_status pl_sql_complain(const char *path, int code, const char *saying,
                               const char *doing) PL_NODISCARD;
enum pl_status pl_sql_trouble(const struct pl_store *store, const char *doing) PL_NODISCARD;
enum pl_status pl_sql_damaged(const struct pl_store *store, const char *what) PL_NODISCARD;

/* ---- one row of the table runs (lease.c) ------------------------------------------------------- */

struct pl_store_row {
    int64_t id;              /* 0: there is no row */
    enum pl_outcome outcome; /* as stored */
    struct pl_holder holder; /* pid 0: no lease */
    int64_t attempts;
    char digest[PL_HASH_TEXT], inside[PL_HASH_TEXT];
};

/* The row of a cell under a stamp; the plain columns of [result] too, unless it is NULL. */
enum pl_status pl_store_row_read(struct pl_store *store, const char *id, const char *stamp,
                                 struct pl_store_row *row, struct pl_result *result) PL_NODISCARD;
/* What is stored, or RUNNING while the holder lives. */
enum pl_outcome pl_store_row_outcome(const struct pl_store *store, const struct pl_store_row *row);

/* ---- texts (text.c) ----------------------------------------------------------------------------- */

enum { PL_TEXTS_KNOWN = 64 };
struct pl_text {
    int64_t number;
    const char *content;
};
/* Texts that were read lately, in an arena of the caller's. */
struct pl_texts {
    struct pl_arena *arena;
    PL_VEC(struct pl_text) known;
};

/* The number of [content] in the table texts, which has it from now on. */
enum pl_status pl_text_share(struct pl_store *store, const char *content, const char *doing,
                             int64_t *out) PL_NODISCARD;
/* The text of that number; "" for 0. */
enum pl_status pl_text_get(struct pl_store *store, struct pl_texts *texts, int64_t number,
                           const char **out) PL_NODISCARD;
/* A provenance with its time left open, which is put into [finished] if there is one; and filled again. */
void pl_text_open_time(struct pl_strbuf *out, const char *provenance, char *finished, size_t size);
const char *pl_text_fill_time(struct pl_arena *arena, const char *provenance, const char *finished);

/* ---- digests (put.c) ---------------------------------------------------------------------------- */

void pl_digest_begin(struct pl_strbuf *bytes, const char *id, const char *stamp,
                     enum pl_outcome outcome);
void pl_digest_metric(struct pl_strbuf *bytes, const char *name, int64_t step, double value);
void pl_digest_diagnostic(struct pl_strbuf *bytes, const struct pl_diagnostic *diagnostic);
/* Ends [bytes]. "" when nothing was added. */
void pl_digest_end(struct pl_strbuf *bytes, char out[PL_HASH_TEXT]);

/* Whether the metrics of a finished run are those that were put: their digest says so (put.c). They are
 * added to [out], unless it is NULL. */
enum pl_status pl_store_is_sound(struct pl_store *store, const struct pl_store_row *run,
                                 const char *id, const char *stamp, struct pl_result *out,
                                 bool *sound) PL_NODISCARD;
/* The same of its diagnostics. */
enum pl_status pl_store_is_sound_inside(struct pl_store *store, const struct pl_store_row *run,
                                        const char *id, const char *stamp, struct pl_result *out,
                                        bool *sound) PL_NODISCARD;
/* pl_store_put inside the caller's transaction. */
enum pl_status pl_store_put_within(struct pl_store *store, const char *id, const char *stamp,
                                   const struct pl_result *result) PL_NODISCARD;
/* Gives every finished run its digest: an upgrade of files that have none. */
enum pl_status pl_store_seal(struct pl_store *store) PL_NODISCARD;

void pl_holder_self(struct pl_holder *out);
bool pl_holder_lives(const struct pl_store *store, const struct pl_holder *holder);

#endif
