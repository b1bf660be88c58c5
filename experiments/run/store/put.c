/* Results, in and out. A result is one row of runs and its rows of metrics and diagnostics, whose
 * positions keep the order in which the worker gave them. A put writes all of it in one transaction;
 * reads are transactions too, so that row and metrics are of one instant.
 *
 * The digest of a finished run is the hash of these bytes, numbers little-endian:
 *
 *     cell 0 stamp 0 outcome 0    and for each metric    name 0 step(8) value(8)
 *
 * Every NaN counts as one, as it is stored.
 */
#include "experiments/run/store/store_impl.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/strbuf.h"

/* ---- digests ---------------------------------------------------------------------------------- */

static void add_number(struct pl_strbuf *bytes, uint64_t number) {
    char little[8];
    for (int i = 0; i < 8; i++) little[i] = (char)(number >> (8 * i));
    pl_strbuf_add_bytes(bytes, little, sizeof little);
}

static void digest_begin(struct pl_strbuf *bytes, const char *id, const char *stamp,
                         enum pl_outcome outcome) {
    const char *const texts[] = {id, stamp, pl_outcome_name(outcome)};
    pl_strbuf_init(bytes);
    for (int i = 0; i < 3; i++) pl_strbuf_add_bytes(bytes, texts[i], strlen(texts[i]) + 1);
}

static void digest_metric(struct pl_strbuf *bytes, const char *name, int64_t step, double value) {
    static const uint64_t nan = 0x7ff8000000000000u;
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    pl_strbuf_add_bytes(bytes, name, strlen(name) + 1);
    add_number(bytes, (uint64_t)step);
    add_number(bytes, isnan(value) ? nan : bits);
}

static void digest_end(struct pl_strbuf *bytes, char out[PL_HASH_TEXT]) {
    pl_hash(out, bytes->text, bytes->length);
    pl_strbuf_finish(bytes);
}

/* ---- storing ---------------------------------------------------------------------------------- */

static const char METRICS_CLEAR[] = "DELETE FROM metrics WHERE run = ?1";

static const char METRIC_PUT[] = "INSERT INTO metrics (run, position, name, step, value) "
                                 "VALUES (?1, ?2, ?3, ?4, ?5)";

static enum pl_status put_metrics(struct pl_store *store, int64_t run,
                                  const struct pl_result *result) {
    const char *doing = "storing a result";
    PL_TRY(pl_sql_run(store, METRICS_CLEAR, doing, "i", run));
    for (size_t i = 0; i < result->metric_count; i++) {
        const struct pl_metric *metric = &result->metrics[i];
        PL_TRY(pl_sql_run(store, METRIC_PUT, doing, "iitir", run, (int64_t)i, metric->name,
                          (int64_t)metric->step, metric->value));
    }
    return PL_OK;
}

static const char DIAGNOSTICS_CLEAR[] = "DELETE FROM diagnostics WHERE run = ?1";

static const char DIAGNOSTIC_PUT[] =
    "INSERT INTO diagnostics (run, position, name, step, layer, source, value) "
    "VALUES (?1, ?2, ?3, ?4, nullif(?5, -1), nullif(?6, -1), ?7)";

static enum pl_status put_diagnostics(struct pl_store *store, int64_t run,
                                      const struct pl_result *result) {
    const char *doing = "storing a result";
    PL_TRY(pl_sql_run(store, DIAGNOSTICS_CLEAR, doing, "i", run));
    for (size_t i = 0; i < result->diagnostic_count; i++) {
        const struct pl_diagnostic *row = &result->diagnostics[i];
        PL_TRY(pl_sql_run(store, DIAGNOSTIC_PUT, doing, "iitiiir", run, (int64_t)i, row->name,
                          (int64_t)row->step, (int64_t)row->layer, (int64_t)row->source,
                          row->value));
    }
    return PL_OK;
}

static const char RUN_PUT[] =
    "INSERT INTO runs (cell, stamp, outcome, message, seconds, step_ms, provenance, "
    "finished, diagnosed, digest, attempts) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 1) "
    "ON CONFLICT DO UPDATE SET outcome = excluded.outcome, message = excluded.message, "
    "seconds = excluded.seconds, step_ms = excluded.step_ms, "
    "provenance = excluded.provenance, finished = excluded.finished, "
    "diagnosed = excluded.diagnosed, digest = excluded.digest, "
    "lease_pid = NULL, lease_start = NULL, lease_boot = NULL "
    "WHERE excluded.outcome <> 'failed' OR runs.outcome NOT IN " PL_FINISHED " RETURNING run";

enum pl_status pl_store_put_within(struct pl_store *store, const char *id, const char *stamp,
                                   const struct pl_result *result) {
    const char *doing = "storing a result";
    sqlite3_stmt *statement;
    struct pl_strbuf bytes;
    char now[24], digest[PL_HASH_TEXT] = "";
    bool row;
    pl_clock_wall(now);
    if (pl_outcome_is_finished(result->outcome)) {
        digest_begin(&bytes, id, stamp, result->outcome);
        for (size_t i = 0; i < result->metric_count; i++)
            digest_metric(&bytes, result->metrics[i].name, result->metrics[i].step,
                          result->metrics[i].value);
        digest_end(&bytes, digest);
    }
    PL_TRY(pl_sql_ready(store, &statement, RUN_PUT, doing, "ttttrrtttt", id, stamp,
                        pl_outcome_name(result->outcome), result->message ? result->message : "",
                        result->seconds, result->step_ms,
                        result->provenance ? result->provenance : "", now,
                        result->diagnosed ? result->diagnosed : "", digest));
    PL_TRY(pl_sql_next(store, statement, doing, &row));
    if (!row) return pl_store_release(store, id, stamp); /* a failed one beside a finished one */
    int64_t run = sqlite3_column_int64(statement, 0);
    PL_TRY(pl_sql_next(store, statement, doing, &row)); /* there is one; this ends it */
    if (result->outcome == PL_FAILED) return PL_OK;
    PL_TRY(put_metrics(store, run, result));
    return put_diagnostics(store, run, result);
}

enum pl_status pl_store_put(struct pl_store *store, const char *id, const char *stamp,
                            const struct pl_result *result) {
    PL_ASSERT(pl_outcome_is_finished(result->outcome) || result->outcome == PL_FAILED);
    PL_TRY(pl_sql_begin(store, PL_SQL_WRITE, "storing a result"));
    return pl_sql_end(store, pl_store_put_within(store, id, stamp, result), "storing a result");
}

/* ---- reading results -------------------------------------------------------------------------- */

static const char METRICS_GET[] =
    "SELECT name, step, value FROM metrics WHERE run = ?1 ORDER BY position";

/* The metrics of a run into [out] (NULL: nobody wants them) and into the bytes of its digest. */
static enum pl_status read_metrics(struct pl_store *store, int64_t run, struct pl_result *out,
                                   struct pl_strbuf *bytes) {
    sqlite3_stmt *statement;
    bool row;
    PL_TRY(pl_sql_ready(store, &statement, METRICS_GET, "reading a result", "i", run));
    for (;;) {
        PL_TRY(pl_sql_next(store, statement, "reading a result", &row));
        if (!row) return PL_OK;
        const char *name = pl_sql_text(statement, 0);
        int64_t step = sqlite3_column_int64(statement, 1);
        double value = pl_sql_real(statement, 2);
        digest_metric(bytes, name, step, value);
        if (out) pl_result_add(out, name, (long)step, value);
    }
}

/* The digest that the metrics of a finished run have now. A run without metrics is no result. */
static enum pl_status digest_of(struct pl_store *store, int64_t run, const char *id,
                                const char *stamp, enum pl_outcome outcome, struct pl_result *out,
                                char digest[PL_HASH_TEXT]) {
    struct pl_strbuf bytes;
    digest_begin(&bytes, id, stamp, outcome);
    size_t head = bytes.length;
    enum pl_status status = read_metrics(store, run, out, &bytes);
    bool empty = bytes.length == head;
    digest_end(&bytes, digest);
    if (empty) digest[0] = 0;
    return status;
}

enum pl_status pl_store_is_sound(struct pl_store *store, const struct pl_store_row *run,
                                 const char *id, const char *stamp, struct pl_result *out,
                                 bool *sound) {
    char digest[PL_HASH_TEXT];
    PL_TRY(digest_of(store, run->id, id, stamp, run->outcome, out, digest));
    *sound = *digest && strcmp(digest, run->digest) == 0;
    return PL_OK;
}

static const char UNSEALED[] = "SELECT run, cell, stamp, outcome FROM runs WHERE digest = '' "
                               "AND outcome IN " PL_FINISHED " AND run > ?1 ORDER BY run LIMIT 1";

static const char SEAL[] = "UPDATE runs SET digest = ?2 WHERE run = ?1";

enum pl_status pl_store_seal(struct pl_store *store) {
    const char *doing = "bringing the tables up to date";
    int64_t run = 0;
    for (;;) {
        char id[PL_HASH_TEXT], stamp[PL_HASH_TEXT], digest[PL_HASH_TEXT];
        enum pl_outcome outcome;
        sqlite3_stmt *statement;
        bool row;
        PL_TRY(pl_sql_ready(store, &statement, UNSEALED, doing, "i", run));
        PL_TRY(pl_sql_next(store, statement, doing, &row));
        if (!row) return PL_OK;
        run = sqlite3_column_int64(statement, 0);
        snprintf(id, sizeof id, "%s", pl_sql_text(statement, 1));
        snprintf(stamp, sizeof stamp, "%s", pl_sql_text(statement, 2));
        (void)!pl_outcome_find(&outcome, pl_sql_text(statement, 3)); /* one of PL_FINISHED */
        pl_sql_reset(statement);
        PL_TRY(digest_of(store, run, id, stamp, outcome, NULL, digest));
        PL_TRY(pl_sql_run(store, SEAL, doing, "it", run, digest));
    }
}

static const char DIAGNOSTICS_GET[] =
    "SELECT name, step, ifnull(layer, -1), ifnull(source, -1), value "
    "FROM diagnostics WHERE run = ?1 ORDER BY position";

static enum pl_status read_diagnostics(struct pl_store *store, int64_t run, struct pl_result *out) {
    sqlite3_stmt *statement;
    bool row;
    PL_TRY(pl_sql_ready(store, &statement, DIAGNOSTICS_GET, "reading diagnostics", "i", run));
    for (;;) {
        PL_TRY(pl_sql_next(store, statement, "reading diagnostics", &row));
        if (!row) return PL_OK;
        const struct pl_diagnostic diagnostic = {
            pl_sql_text(statement, 0), (long)sqlite3_column_int64(statement, 1),
            sqlite3_column_int(statement, 2), sqlite3_column_int(statement, 3),
            pl_sql_real(statement, 4)};
        pl_result_diagnose(out, &diagnostic);
    }
}

enum pl_status pl_store_diagnostics(struct pl_store *store, const char *id, const char *stamp,
                                    struct pl_result *result) {
    struct pl_store_row run;
    PL_TRY(pl_store_row_read(store, id, stamp, &run, NULL));
    return run.id ? read_diagnostics(store, run.id, result) : PL_OK;
}

/* Inside a transaction, so that row and metrics are of one instant. */
static enum pl_status find(struct pl_store *store, const char *id, const char *stamp,
                           struct pl_result *out) {
    struct pl_store_row run;
    *out = (struct pl_result){.message = "", .provenance = "", .diagnosed = ""};
    PL_TRY(pl_store_row_read(store, id, stamp, &run, out));
    out->outcome = pl_store_row_outcome(store, &run);
    if (!pl_outcome_is_finished(out->outcome)) return PL_OK;
    bool sound;
    PL_TRY(pl_store_is_sound(store, &run, id, stamp, out, &sound));
    if (sound) return PL_OK;
    out->outcome = PL_PENDING;
    out->damaged = true;
    out->metric_count = 0;
    out->diagnosed = "";
    return PL_OK;
}

enum pl_status pl_store_find(struct pl_store *store, const char *id, const char *stamp,
                             struct pl_result *out) {
    *out = (struct pl_result){0};
    PL_TRY(pl_sql_begin(store, PL_SQL_READ, "reading a result"));
    enum pl_status status = pl_sql_end(store, find(store, id, stamp, out), "reading a result");
    if (status != PL_OK) pl_result_finish(out);
    return status;
}

static const char NEWEST[] = "SELECT stamp FROM runs WHERE cell = ?1 AND outcome IN " PL_FINISHED
                             " ORDER BY finished DESC, run DESC LIMIT 1";

enum pl_status pl_store_newest(struct pl_store *store, const char *id, char stamp[PL_HASH_TEXT]) {
    sqlite3_stmt *statement;
    bool row;
    stamp[0] = 0;
    PL_TRY(pl_sql_ready(store, &statement, NEWEST, "reading a cell", "t", id));
    PL_TRY(pl_sql_next(store, statement, "reading a cell", &row));
    if (!row) return PL_OK;
    snprintf(stamp, PL_HASH_TEXT, "%s", pl_sql_text(statement, 0));
    pl_sql_reset(statement);
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
    PL_TRY(pl_sql_begin(store, PL_SQL_READ, "reading results"));
    return pl_sql_end(store, visit_each(store, cells, stamp, visit, ctx), "reading results");
}
