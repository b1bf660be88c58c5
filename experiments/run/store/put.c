/* Results, in and out. A result is one row of runs and its rows of metrics and diagnostics, whose
 * positions keep the order in which the worker gave them. A put writes all of it in one transaction;
 * reads are transactions too, so that row and metrics are of one instant.
 *
 * The digest of a finished run is the hash of these bytes, numbers little-endian:
 *
 *     cell 0 stamp 0 outcome 0    and for each metric    name 0 step(8) value(8)
 *
 * That of its diagnostics ("" where it has none) begins alike, and has for each diagnostic
 *
 *     name 0 step(8) layer(8) source(8) value(8)
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

static void add_real(struct pl_strbuf *bytes, double value) {
    static const uint64_t nan = 0x7ff8000000000000u;
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    add_number(bytes, isnan(value) ? nan : bits);
}

void pl_digest_begin(struct pl_strbuf *bytes, const char *id, const char *stamp,
                     enum pl_outcome outcome) {
    const char *const texts[] = {id, stamp, pl_outcome_name(outcome)};
    pl_strbuf_init(bytes);
    for (int i = 0; i < 3; i++) pl_strbuf_add_bytes(bytes, texts[i], strlen(texts[i]) + 1);
}

void pl_digest_metric(struct pl_strbuf *bytes, const char *name, int64_t step, double value) {
    pl_strbuf_add_bytes(bytes, name, strlen(name) + 1);
    add_number(bytes, (uint64_t)step);
    add_real(bytes, value);
}

void pl_digest_diagnostic(struct pl_strbuf *bytes, const struct pl_diagnostic *diagnostic) {
    pl_strbuf_add_bytes(bytes, diagnostic->name, strlen(diagnostic->name) + 1);
    add_number(bytes, (uint64_t)diagnostic->step);
    add_number(bytes, (uint64_t)diagnostic->layer);
    add_number(bytes, (uint64_t)diagnostic->source);
    add_real(bytes, diagnostic->value);
}

void pl_digest_end(struct pl_strbuf *bytes, char out[PL_HASH_TEXT]) {
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
    "INSERT INTO runs (cell, stamp, outcome, message, seconds, step_ms, provenance_text, "
    "finished, diagnosed, digest, inside, attempts) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 1) "
    "ON CONFLICT DO UPDATE SET outcome = excluded.outcome, message = excluded.message, "
    "seconds = excluded.seconds, step_ms = excluded.step_ms, "
    "provenance_text = excluded.provenance_text, finished = excluded.finished, "
    "diagnosed = excluded.diagnosed, digest = excluded.digest, inside = excluded.inside, "
    "lease_pid = NULL, lease_start = NULL, lease_boot = NULL "
    "WHERE excluded.outcome <> 'failed' OR runs.outcome NOT IN " PL_FINISHED " RETURNING run";

/* The digests of metrics and of diagnostics; "" for a run that did not finish. */
static void make_digests(const char *id, const char *stamp, const struct pl_result *result,
                         char digest[PL_HASH_TEXT], char inside[PL_HASH_TEXT]) {
    struct pl_strbuf bytes;
    digest[0] = inside[0] = 0;
    if (!pl_outcome_is_finished(result->outcome)) return;
    pl_digest_begin(&bytes, id, stamp, result->outcome);
    for (size_t i = 0; i < result->metric_count; i++)
        pl_digest_metric(&bytes, result->metrics[i].name, result->metrics[i].step,
                         result->metrics[i].value);
    pl_digest_end(&bytes, digest);
    if (result->diagnostic_count == 0) return;
    pl_digest_begin(&bytes, id, stamp, result->outcome);
    for (size_t i = 0; i < result->diagnostic_count; i++)
        pl_digest_diagnostic(&bytes, &result->diagnostics[i]);
    pl_digest_end(&bytes, inside);
}

/* Shares the provenance, but for its time, which is that of the run; now, where it has none. */
static enum pl_status put_provenance(struct pl_store *store, const struct pl_result *result,
                                     const char *doing, char finished[24], int64_t *out) {
    struct pl_strbuf text;
    pl_clock_wall(finished);
    *out = 0;
    if (!result->provenance || !*result->provenance) return PL_OK;
    pl_strbuf_init(&text);
    pl_text_open_time(&text, result->provenance, finished, 24);
    enum pl_status status = pl_text_share(store, text.text, doing, out);
    pl_strbuf_finish(&text);
    return status;
}

enum pl_status pl_store_put_within(struct pl_store *store, const char *id, const char *stamp,
                                   const struct pl_result *result) {
    const char *doing = "storing a result";
    sqlite3_stmt *statement;
    char finished[24], digest[PL_HASH_TEXT], inside[PL_HASH_TEXT];
    int64_t provenance;
    bool row;
    make_digests(id, stamp, result, digest, inside);
    PL_TRY(put_provenance(store, result, doing, finished, &provenance));
    PL_TRY(pl_sql_ready(store, &statement, RUN_PUT, doing, "ttttrritttt", id, stamp,
                        pl_outcome_name(result->outcome), result->message ? result->message : "",
                        result->seconds, result->step_ms, provenance, finished,
                        result->diagnosed ? result->diagnosed : "", digest, inside));
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
        pl_digest_metric(bytes, name, step, value);
        if (out) pl_result_add(out, name, (long)step, value);
    }
}

/* The digest that the metrics of a finished run have now. A run without metrics is no result. */
static enum pl_status digest_of(struct pl_store *store, int64_t run, const char *id,
                                const char *stamp, enum pl_outcome outcome, struct pl_result *out,
                                char digest[PL_HASH_TEXT]) {
    struct pl_strbuf bytes;
    pl_digest_begin(&bytes, id, stamp, outcome);
    size_t head = bytes.length;
    enum pl_status status = read_metrics(store, run, out, &bytes);
    bool empty = bytes.length == head;
    pl_digest_end(&bytes, digest);
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

static const char DIAGNOSTICS_GET[] =
    "SELECT name, step, ifnull(layer, -1), ifnull(source, -1), value "
    "FROM diagnostics WHERE run = ?1 ORDER BY position";

/* The digest that the diagnostics of a finished run have now, "" without any. They are added to [out], unless
 * it is NULL. */
static enum pl_status inside_of(struct pl_store *store, const struct pl_store_row *run,
                                const char *id, const char *stamp, struct pl_result *out,
                                char inside[PL_HASH_TEXT]) {
    const char *doing = "reading diagnostics";
    struct pl_strbuf bytes;
    sqlite3_stmt *statement;
    size_t count = 0;
    pl_digest_begin(&bytes, id, stamp, run->outcome);
    enum pl_status status = pl_sql_ready(store, &statement, DIAGNOSTICS_GET, doing, "i", run->id);
    for (bool row = status == PL_OK; row;) {
        status = pl_sql_next(store, statement, doing, &row);
        if (!row) break;
        const struct pl_diagnostic diagnostic = {
            pl_sql_text(statement, 0), (long)sqlite3_column_int64(statement, 1),
            sqlite3_column_int(statement, 2), sqlite3_column_int(statement, 3),
            pl_sql_real(statement, 4)};
        pl_digest_diagnostic(&bytes, &diagnostic);
        if (out) pl_result_diagnose(out, &diagnostic);
        count++;
    }
    pl_digest_end(&bytes, inside);
    if (count == 0) inside[0] = 0;
    return status;
}

enum pl_status pl_store_is_sound_inside(struct pl_store *store, const struct pl_store_row *run,
                                        const char *id, const char *stamp, struct pl_result *out,
                                        bool *sound) {
    char inside[PL_HASH_TEXT];
    PL_TRY(inside_of(store, run, id, stamp, out, inside));
    *sound = strcmp(inside, run->inside) == 0;
    return PL_OK;
}

static const char UNSEALED[] = "SELECT run, cell, stamp, outcome FROM runs "
                               "WHERE outcome IN " PL_FINISHED " AND (digest = '' OR inside = '') "
                               "AND run > ?1 ORDER BY run LIMIT 1";

static const char SEAL[] = "UPDATE runs SET digest = iif(digest = '', ?2, digest), inside = ?3 "
                           "WHERE run = ?1";

enum pl_status pl_store_seal(struct pl_store *store) {
    const char *doing = "bringing the tables up to date";
    struct pl_store_row run = {0};
    for (;;) {
        char id[PL_HASH_TEXT], stamp[PL_HASH_TEXT], digest[PL_HASH_TEXT], inside[PL_HASH_TEXT];
        sqlite3_stmt *statement;
        bool row;
        PL_TRY(pl_sql_ready(store, &statement, UNSEALED, doing, "i", run.id));
        PL_TRY(pl_sql_next(store, statement, doing, &row));
        if (!row) return PL_OK;
        run.id = sqlite3_column_int64(statement, 0);
        snprintf(id, sizeof id, "%s", pl_sql_text(statement, 1));
        snprintf(stamp, sizeof stamp, "%s", pl_sql_text(statement, 2));
        (void)!pl_outcome_find(&run.outcome, pl_sql_text(statement, 3)); /* one of PL_FINISHED */
        pl_sql_reset(statement);
        PL_TRY(digest_of(store, run.id, id, stamp, run.outcome, NULL, digest));
        PL_TRY(inside_of(store, &run, id, stamp, NULL, inside));
        PL_TRY(pl_sql_run(store, SEAL, doing, "itt", run.id, digest, inside));
    }
}

enum pl_status pl_store_diagnostics(struct pl_store *store, const char *id, const char *stamp,
                                    struct pl_result *result) {
    struct pl_store_row run;
    bool sound;
    PL_TRY(pl_store_row_read(store, id, stamp, &run, NULL));
    if (!run.id) return PL_OK;
    PL_TRY(pl_store_is_sound_inside(store, &run, id, stamp, result, &sound));
    if (!sound) result->diagnostic_count = 0;
    return PL_OK;
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
    if (!sound) {
        out->outcome = PL_PENDING;
        out->damaged = true;
        out->metric_count = 0;
    } else if (*out->diagnosed) {
        PL_TRY(pl_store_is_sound_inside(store, &run, id, stamp, NULL, &sound));
        out->damaged_inside = !sound;
    }
    if (!sound) out->diagnosed = "";
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
