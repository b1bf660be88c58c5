/* Who computes a cell. A lease is three columns of its row in runs: the pid of the holder, when that
 * process started, and the boot of the machine it runs on. Together they name one process for good: a
 * number that is used again has another start, and after a reboot no holder lives. So nobody has to
 * clean up after a process that was killed: its leases have expired for whoever looks
 * next (may_lease). No lease expires by time.
 *
 * A lease is taken inside a transaction that looks at the row first, so that of two processes only one
 * gets it.
 */
#include "experiments/run/store/store_impl.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

void pl_holder_self(struct pl_holder *out) {
    *out = (struct pl_holder){.pid = getpid()};
    process_find(out->pid, &out->start);
    read_small_file("/proc/sys/kernel/random/boot_id", out->boot, sizeof out->boot);
    out->boot[strcspn(out->boot, "\n")] = 0;
}

bool pl_holder_lives(const struct pl_store *store, const struct pl_holder *holder) {
    int64_t start;
    return holder->pid > 0 && strcmp(holder->boot, store->self.boot) == 0 &&
           process_find(holder->pid, &start) && start == holder->start;
}

/* ---- one row of runs -------------------------------------------------------------------------- */

static enum pl_status read_run_row(const struct pl_store *store, sqlite3_stmt *statement,
                                   struct pl_store_row *run, struct pl_result *result) {
    run->id = sqlite3_column_int64(statement, 0);
    if (!pl_outcome_find(&run->outcome, pl_sql_text(statement, 1)))
        return pl_sql_damaged(store, "a run with an unknown outcome");
    run->holder.pid = sqlite3_column_int64(statement, 6);
    run->holder.start = sqlite3_column_int64(statement, 7);
    snprintf(run->holder.boot, sizeof run->holder.boot, "%s", pl_sql_text(statement, 8));
    run->attempts = sqlite3_column_int64(statement, 9);
    snprintf(run->digest, sizeof run->digest, "%s", pl_sql_text(statement, 11));
    snprintf(run->inside, sizeof run->inside, "%s", pl_sql_text(statement, 12));
    if (!result) return PL_OK;
    result->message = pl_arena_strdup(&result->arena, pl_sql_text(statement, 2));
    result->seconds = pl_sql_real(statement, 3);
    result->step_ms = pl_sql_real(statement, 4);
    result->provenance =
        pl_text_fill_time(&result->arena, pl_sql_text(statement, 5), pl_sql_text(statement, 13));
    result->diagnosed = pl_arena_strdup(&result->arena, pl_sql_text(statement, 10));
    return PL_OK;
}

static const char RUN_GET[] =
    "SELECT run, outcome, message, seconds, step_ms, content, lease_pid, lease_start, lease_boot, "
    "attempts, diagnosed, digest, inside, finished FROM runs "
    "LEFT JOIN texts ON texts.text = runs.provenance_text WHERE cell = ?1 AND stamp = ?2";

/* The row of a cell under a stamp; the plain columns of [result] too, unless it is NULL. */
enum pl_status pl_store_row_read(struct pl_store *store, const char *id, const char *stamp,
                                 struct pl_store_row *run, struct pl_result *result) {
    sqlite3_stmt *statement;
    bool row;
    *run = (struct pl_store_row){.outcome = PL_PENDING};
    PL_TRY(pl_sql_ready(store, &statement, RUN_GET, "reading a cell", "tt", id, stamp));
    PL_TRY(pl_sql_next(store, statement, "reading a cell", &row));
    if (!row) return PL_OK;
    enum pl_status status = read_run_row(store, statement, run, result);
    pl_sql_reset(statement);
    return status;
}

enum pl_outcome pl_store_row_outcome(const struct pl_store *store, const struct pl_store_row *run) {
    if (pl_outcome_is_finished(run->outcome)) return run->outcome;
    return pl_holder_lives(store, &run->holder) ? PL_RUNNING : run->outcome;
}

/* ---- the life of a cell ----------------------------------------------------------------------- */

static const char ELSEWHERE[] = "SELECT 1 FROM runs WHERE cell = ?1 AND stamp <> ?2 "
                                "AND outcome IN " PL_FINISHED " LIMIT 1";

enum pl_status pl_store_state(struct pl_store *store, const char *id, const char *stamp,
                              struct pl_store_state *out) {
    struct pl_store_row run;
    *out = (struct pl_store_state){0};
    PL_TRY(pl_store_row_read(store, id, stamp, &run, NULL));

    sqlite3_stmt *statement;
    PL_TRY(pl_sql_ready(store, &statement, ELSEWHERE, "reading a cell", "tt", id, stamp));
    PL_TRY(pl_sql_next(store, statement, "reading a cell", &out->elsewhere));
    if (out->elsewhere) pl_sql_reset(statement);

    out->outcome = pl_store_row_outcome(store, &run);
    out->holder = out->outcome == PL_RUNNING ? (long)run.holder.pid : 0;
    out->attempts = (long)run.attempts;
    return PL_OK;
}

static const char FORGET[] = "UPDATE runs SET outcome = 'pending', diagnosed = '', digest = '', "
                             "inside = '' WHERE cell = ?1 AND stamp = ?2";

static const char FORGET_INSIDE[] = "UPDATE runs SET diagnosed = '', inside = '' "
                                    "WHERE cell = ?1 AND stamp = ?2";

/* A finished run whose numbers are not those that were put becomes pending; one whose diagnostics are not,
 * one without diagnostics. */
static enum pl_status forget_damaged(struct pl_store *store, const char *id, const char *stamp) {
    struct pl_store_row run;
    bool sound = true;
    PL_TRY(pl_store_row_read(store, id, stamp, &run, NULL));
    if (pl_outcome_is_finished(run.outcome))
        PL_TRY(pl_store_is_sound(store, &run, id, stamp, NULL, &sound));
    if (!sound) return pl_sql_run(store, FORGET, "leasing a cell", "tt", id, stamp);
    if (pl_outcome_is_finished(run.outcome))
        PL_TRY(pl_store_is_sound_inside(store, &run, id, stamp, NULL, &sound));
    return sound ? PL_OK : pl_sql_run(store, FORGET_INSIDE, "leasing a cell", "tt", id, stamp);
}

/* Whether a lease may be had: of what is not finished, or (with [seen]) of what is and was not diagnosed
 * anew since. */
static enum pl_status may_lease(struct pl_store *store, const char *id, const char *stamp,
                                const char *seen, bool *may) {
    struct pl_result result = {0};
    struct pl_store_row run;
    enum pl_status status = pl_store_row_read(store, id, stamp, &run, &result);
    bool finished = pl_outcome_is_finished(run.outcome);
    bool same = finished && seen && status == PL_OK && strcmp(result.diagnosed, seen) == 0;
    *may = !pl_holder_lives(store, &run.holder) && (seen ? same : !finished);
    pl_result_finish(&result);
    return status;
}

static const char LEASE[] =
    "INSERT INTO runs (cell, stamp, lease_pid, lease_start, lease_boot, attempts) "
    "VALUES (?1, ?2, ?3, ?4, ?5, 1) ON CONFLICT DO UPDATE SET "
    "lease_pid = excluded.lease_pid, lease_start = excluded.lease_start, "
    "lease_boot = excluded.lease_boot, attempts = attempts + 1";

static enum pl_status lease(struct pl_store *store, const char *id, const char *stamp,
                            const char *seen, bool *taken) {
    const struct pl_holder *self = &store->self;
    bool may;
    PL_TRY(forget_damaged(store, id, stamp));
    PL_TRY(may_lease(store, id, stamp, seen, &may));
    if (!may) return PL_OK;
    *taken = true;
    return pl_sql_run(store, LEASE, "leasing a cell", "ttiit", id, stamp, self->pid, self->start,
                      self->boot);
}

static enum pl_status lease_once(struct pl_store *store, const char *id, const char *stamp,
                                 const char *seen, bool *taken) {
    bool took = false;
    *taken = false;
    PL_TRY(pl_sql_begin(store, PL_SQL_WRITE, "leasing a cell"));
    PL_TRY(pl_sql_end(store, lease(store, id, stamp, seen, &took), "leasing a cell"));
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

static const char RELEASE[] =
    "UPDATE runs SET lease_pid = NULL, lease_start = NULL, lease_boot = NULL "
    "WHERE cell = ?1 AND stamp = ?2 "
    "AND lease_pid = ?3 AND lease_start = ?4 AND lease_boot = ?5";

enum pl_status pl_store_release(struct pl_store *store, const char *id, const char *stamp) {
    const struct pl_holder *self = &store->self;
    return pl_sql_run(store, RELEASE, "releasing a cell", "ttiit", id, stamp, self->pid,
                      self->start, self->boot);
}

static const char RELEASE_ALL[] =
    "UPDATE runs SET lease_pid = NULL, lease_start = NULL, lease_boot = NULL "
    "WHERE lease_pid = ?1 AND lease_start = ?2 AND lease_boot = ?3";

enum pl_status pl_store_release_all(struct pl_store *store) {
    const struct pl_holder *self = &store->self;
    return pl_sql_run(store, RELEASE_ALL, "releasing cells", "iit", self->pid, self->start,
                      self->boot);
}
