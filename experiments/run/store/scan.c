/* The results of all cells in one pass, for studies of many cells: a question a cell costs a search in three
 * trees and a transaction, and a hundred thousand of them cost seconds.
 *
 *     choose      over the runs: which of a cell's counts
 *     fill        over the runs that were chosen, and beside them over their metrics and diagnostics: the
 *                 three tables are in the order of runs, so each is read once from its start to its end
 *
 * What is alike in many cells is in the arena once: names, provenances, settings of diagnostics.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"
#include "experiments/run/store/store_impl.h"

static const char doing[] = "reading results";

struct choice {
    int64_t present, older; /* runs; 0: there is none */
    bool finished;          /* the present one is */
    char when[24];          /* the older one was finished */
};

/* A table that is read in the order of runs. */
struct walk {
    sqlite3_stmt *statement;
    int64_t run; /* of the row that it stands at; INT64_MAX: at the end */
};

struct scan {
    struct pl_store *store;
    const struct pl_store_scan *wanted;
    const struct pl_cell **sorted; /* by identity */
    struct choice *choices;        /* one a cell */
    struct pl_texts texts;
    PL_VEC(const char *) names;
    PL_VEC(struct pl_metric) metrics; /* of one run */
    struct walk metric, diagnostic;
};

static const char *shared_name(struct scan *scan, const char *text, size_t guess) {
    const char *const *items = scan->names.items;
    if (guess < scan->names.count && strcmp(items[guess], text) == 0) return items[guess];
    for (size_t k = 0; k < scan->names.count; k++)
        if (strcmp(items[k], text) == 0) return items[k];
    const char *name = pl_arena_strdup(scan->wanted->arena, text);
    PL_VEC_PUSH(&scan->names, name);
    return name;
}

/* ---- choosing ---- */

/* The index of a cell; the number of cells when none has that identity. */
static size_t find_cell(const struct scan *scan, const char *id) {
    size_t low = 0, high = scan->wanted->cells->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(scan->sorted[middle]->id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < scan->wanted->cells->count && strcmp(scan->sorted[low]->id, id) == 0;
    return found ? (size_t)(scan->sorted[low] - scan->wanted->cells->items)
                 : scan->wanted->cells->count;
}

static const char CHOOSE[] = "SELECT run, cell, stamp, outcome IN " PL_FINISHED
                             ", ifnull(finished, '') FROM runs ORDER BY run";

static enum pl_status choose(struct scan *scan) {
    sqlite3_stmt *statement;
    bool row;
    PL_TRY(pl_sql_ready(scan->store, &statement, CHOOSE, doing, ""));
    for (;;) {
        PL_TRY(pl_sql_next(scan->store, statement, doing, &row));
        if (!row) return PL_OK;
        size_t cell = find_cell(scan, pl_sql_text(statement, 1));
        if (cell == scan->wanted->cells->count) continue;
        struct choice *choice = &scan->choices[cell];
        bool finished = sqlite3_column_int(statement, 3) != 0;
        const char *when = pl_sql_text(statement, 4);
        if (strcmp(pl_sql_text(statement, 2), scan->wanted->present[cell]) == 0) {
            choice->present = sqlite3_column_int64(statement, 0);
            choice->finished = finished;
        } else if (finished && strcmp(when, choice->when) >= 0) {
            choice->older = sqlite3_column_int64(statement, 0);
            snprintf(choice->when, sizeof choice->when, "%s", when);
        }
    }
}

/* ---- filling ---- */

static enum pl_status advance(struct scan *scan, struct walk *walk) {
    bool row;
    PL_TRY(pl_sql_next(scan->store, walk->statement, doing, &row));
    walk->run = row ? sqlite3_column_int64(walk->statement, 0) : INT64_MAX;
    return PL_OK;
}

static const char METRICS[] = "SELECT run, name, step, value FROM metrics ORDER BY run, position";
static const char DIAGNOSTICS[] =
    "SELECT run, name, step, ifnull(layer, -1), ifnull(source, -1), value FROM diagnostics "
    "ORDER BY run, position";

/* The metrics of a finished run; *sound: they are those that were put. */
static enum pl_status read_metrics(struct scan *scan, int64_t run, const char *id,
                                   const char *stamp, const char *expected,
                                   struct pl_result *result, bool *sound) {
    struct walk *walk = &scan->metric;
    char digest[PL_HASH_TEXT];
    struct pl_strbuf bytes;
    enum pl_status status = PL_OK;
    scan->metrics.count = 0;
    while (status == PL_OK && walk->run < run) status = advance(scan, walk);
    PL_TRY(status);
    pl_digest_begin(&bytes, id, stamp, result->outcome);
    while (status == PL_OK && walk->run == run) {
        const struct pl_metric metric = {
            shared_name(scan, pl_sql_text(walk->statement, 1), scan->metrics.count),
            (long)sqlite3_column_int64(walk->statement, 2), pl_sql_real(walk->statement, 3)};
        pl_digest_metric(&bytes, metric.name, metric.step, metric.value);
        PL_VEC_PUSH(&scan->metrics, metric);
        status = advance(scan, walk);
    }
    pl_digest_end(&bytes, digest);
    size_t count = scan->metrics.count;
    *sound = count > 0 && strcmp(digest, expected) == 0;
    if (!*sound || status != PL_OK) return status;
    result->metrics =
        pl_arena_copy(scan->wanted->arena, scan->metrics.items, count * sizeof *result->metrics);
    result->metric_count = result->metric_capacity = count;
    return PL_OK;
}

static enum pl_status check_diagnostics(struct scan *scan, int64_t run, const char *id,
                                        const char *stamp, const char *expected,
                                        enum pl_outcome outcome, bool *sound) {
    struct walk *walk = &scan->diagnostic;
    char inside[PL_HASH_TEXT];
    struct pl_strbuf bytes;
    bool any = false;
    enum pl_status status = PL_OK;
    if (!walk->statement) {
        PL_TRY(pl_sql_ready(scan->store, &walk->statement, DIAGNOSTICS, doing, ""));
        PL_TRY(advance(scan, walk));
    }
    while (status == PL_OK && walk->run < run) status = advance(scan, walk);
    PL_TRY(status);
    pl_digest_begin(&bytes, id, stamp, outcome);
    while (status == PL_OK && walk->run == run) {
        const struct pl_diagnostic diagnostic = {
            pl_sql_text(walk->statement, 1), (long)sqlite3_column_int64(walk->statement, 2),
            sqlite3_column_int(walk->statement, 3), sqlite3_column_int(walk->statement, 4),
            pl_sql_real(walk->statement, 5)};
        pl_digest_diagnostic(&bytes, &diagnostic);
        any = true;
        status = advance(scan, walk);
    }
    pl_digest_end(&bytes, inside);
    *sound = strcmp(any ? inside : "", expected) == 0;
    return status;
}

static const char FILL[] =
    "SELECT run, cell, stamp, outcome, message, seconds, step_ms, provenance_text, diagnosed, "
    "digest, inside, lease_pid, lease_start, lease_boot FROM runs ORDER BY run";

static enum pl_status fill_one(struct scan *scan, sqlite3_stmt *statement, size_t cell) {
    const struct pl_store_scan *wanted = scan->wanted;
    struct pl_result *result = &wanted->results[cell];
    int64_t run = sqlite3_column_int64(statement, 0);
    const char *id = wanted->cells->items[cell].id, *message = pl_sql_text(statement, 4);
    struct pl_store_row row = {.holder.pid = sqlite3_column_int64(statement, 11),
                               .holder.start = sqlite3_column_int64(statement, 12)};
    bool sound = true;
    snprintf(wanted->stamps[cell], PL_HASH_TEXT, "%s", pl_sql_text(statement, 2));
    snprintf(row.holder.boot, sizeof row.holder.boot, "%s", pl_sql_text(statement, 13));
    if (!pl_outcome_find(&row.outcome, pl_sql_text(statement, 3)))
        return pl_sql_damaged(scan->store, "a run with an unknown outcome");
    result->outcome = pl_store_row_outcome(scan->store, &row);
    if (*message) result->message = pl_arena_strdup(wanted->arena, message);
    result->seconds = pl_sql_real(statement, 5);
    result->step_ms = pl_sql_real(statement, 6);
    PL_TRY(pl_text_get(scan->store, &scan->texts, sqlite3_column_int64(statement, 7),
                       &result->provenance));
    if (!pl_outcome_is_finished(result->outcome)) return PL_OK;
    PL_TRY(read_metrics(scan, run, id, wanted->stamps[cell], pl_sql_text(statement, 9), result,
                        &sound));
    if (!sound) {
        result->outcome = PL_PENDING;
        result->damaged = true;
        return PL_OK;
    }
    const char *diagnosed = pl_sql_text(statement, 8);
    if (!*diagnosed) return PL_OK;
    PL_TRY(check_diagnostics(scan, run, id, wanted->stamps[cell], pl_sql_text(statement, 10),
                             row.outcome, &sound));
    result->damaged_inside = !sound;
    if (sound) result->diagnosed = shared_name(scan, diagnosed, 0);
    return PL_OK;
}

static enum pl_status fill(struct scan *scan) {
    sqlite3_stmt *statement;
    bool row = true;
    PL_TRY(pl_sql_ready(scan->store, &scan->metric.statement, METRICS, doing, ""));
    PL_TRY(advance(scan, &scan->metric));
    PL_TRY(pl_sql_ready(scan->store, &statement, FILL, doing, ""));
    enum pl_status status = PL_OK;
    while (status == PL_OK) {
        status = pl_sql_next(scan->store, statement, doing, &row);
        if (!row) break;
        size_t cell = find_cell(scan, pl_sql_text(statement, 1));
        if (cell == scan->wanted->cells->count) continue;
        const struct choice *choice = &scan->choices[cell];
        bool older = scan->wanted->newest && !choice->finished && choice->older;
        if (sqlite3_column_int64(statement, 0) == (older ? choice->older : choice->present))
            status = fill_one(scan, statement, cell);
    }
    if (row) pl_sql_reset(statement);
    if (scan->metric.run != INT64_MAX) pl_sql_reset(scan->metric.statement);
    if (scan->diagnostic.statement && scan->diagnostic.run != INT64_MAX)
        pl_sql_reset(scan->diagnostic.statement);
    return status;
}

enum pl_status pl_store_read(struct pl_store *store, const struct pl_store_scan *wanted) {
    size_t count = wanted->cells->count;
    struct scan scan = {.store = store,
                        .wanted = wanted,
                        .sorted = pl_cells_sorted(wanted->cells),
                        .choices = pl_alloc_zero(count + 1, sizeof *scan.choices),
                        .texts.arena = wanted->arena};
    for (size_t k = 0; k < count; k++) {
        wanted->results[k] = (struct pl_result){.message = "", .provenance = "", .diagnosed = ""};
        strcpy(wanted->stamps[k], wanted->present[k]);
    }
    enum pl_status status = pl_sql_begin(store, PL_SQL_READ, doing);
    if (status == PL_OK) {
        status = choose(&scan);
        if (status == PL_OK) status = fill(&scan);
        status = pl_sql_end(store, status, doing);
    }
    PL_VEC_FINISH(&scan.metrics);
    PL_VEC_FINISH(&scan.names);
    PL_VEC_FINISH(&scan.texts.known);
    pl_free(scan.choices);
    pl_free(scan.sorted);
    return status;
}

static const char SECONDS[] =
    "SELECT ifnull(avg(seconds), 0) FROM runs WHERE outcome IN " PL_FINISHED
    " AND cell IN (SELECT id FROM cells WHERE position IS NOT NULL)";

enum pl_status pl_store_typical_seconds(struct pl_store *store, double *out) {
    sqlite3_stmt *statement;
    bool row;
    *out = 0;
    PL_TRY(pl_sql_ready(store, &statement, SECONDS, doing, ""));
    PL_TRY(pl_sql_next(store, statement, doing, &row));
    if (!row) return PL_OK;
    *out = sqlite3_column_double(statement, 0);
    pl_sql_reset(statement);
    return PL_OK;
}
