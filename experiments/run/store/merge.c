/* Union of databases. What is taken from another database, one transaction for all of it:
 *
 *     theirs        ours                 then
 *     finished      finished, same       nothing; diagnostics, when only theirs has them
 *     finished      finished, differs    refused, with the two values
 *     finished      anything else        put, with its times
 *     failed        not finished         put, with its times
 *     anything else anything             nothing
 *
 * Same means outcome, and name, step and bits of every metric, under the same numerics stamp: two machines
 * that computed a cell under one stamp must agree. Numbers that are not those which were stored (their digest
 * says so) are refused, too; where ours are not, theirs take their place. Cells that our plan does not have
 * are left out. Leases are not taken: a process of another machine holds nothing here.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "experiments/run/store/store_impl.h"

/* ---- their runs, one after the other ---------------------------------------------------------- */

struct their_run {
    int64_t run, attempts;
    char id[PL_HASH_TEXT], stamp[PL_HASH_TEXT], finished[32];
    bool failed;
};

static const char NEXT_RUN[] =
    "SELECT run, cell, stamp, outcome, ifnull(finished, ''), attempts FROM runs "
    "WHERE run > ?1 AND outcome <> 'pending' ORDER BY run LIMIT 1";

static enum pl_status next_run(struct pl_store *from, struct their_run *run, bool *found) {
    sqlite3_stmt *statement;
    PL_TRY(pl_sql_ready(from, &statement, NEXT_RUN, "merging", "i", run->run));
    PL_TRY(pl_sql_next(from, statement, "merging", found));
    if (!*found) return PL_OK;
    run->run = sqlite3_column_int64(statement, 0);
    snprintf(run->id, sizeof run->id, "%s", pl_sql_text(statement, 1));
    snprintf(run->stamp, sizeof run->stamp, "%s", pl_sql_text(statement, 2));
    run->failed = strcmp(pl_sql_text(statement, 3), "failed") == 0;
    snprintf(run->finished, sizeof run->finished, "%s", pl_sql_text(statement, 4));
    run->attempts = sqlite3_column_int64(statement, 5);
    pl_sql_reset(statement);
    return PL_OK;
}

static const char PLANNED[] =
    "SELECT label, seed FROM cells WHERE id = ?1 AND position IS NOT NULL";

/* Whether our plan has the cell, and how it is called: "attnres_full, seed 3". */
static enum pl_status find_planned(struct pl_store *store, const char *id, char *name, size_t size,
                                   bool *planned) {
    sqlite3_stmt *statement;
    PL_TRY(pl_sql_ready(store, &statement, PLANNED, "merging", "t", id));
    PL_TRY(pl_sql_next(store, statement, "merging", planned));
    if (!*planned) return PL_OK;
    snprintf(name, size, "%s, seed %" PRIu64, pl_sql_text(statement, 0),
             (uint64_t)sqlite3_column_int64(statement, 1));
    pl_sql_reset(statement);
    return PL_OK;
}

/* ---- one run, on both sides ------------------------------------------------------------------- */

struct side {
    struct pl_store_row row;
    struct pl_result result; /* metrics as they stand there, sound or not */
    bool finished, sound;
};

static enum pl_status read_side(struct pl_store *store, const char *id, const char *stamp,
                                struct side *out) {
    *out = (struct side){0};
    PL_TRY(pl_store_row_read(store, id, stamp, &out->row, &out->result));
    out->result.outcome = out->row.outcome;
    out->finished = pl_outcome_is_finished(out->row.outcome);
    if (!out->finished) return PL_OK;
    return pl_store_is_sound(store, &out->row, id, stamp, &out->result, &out->sound);
}

static bool same_metric(const struct pl_metric *a, const struct pl_metric *b) {
    return strcmp(a->name, b->name) == 0 && a->step == b->step && pl_real_same(a->value, b->value);
}

/* The two values, at the first place where they part. */
static enum pl_status compare(const struct side *theirs, const struct side *ours,
                              const char *their_path, const char *our_path, const char *id,
                              const char *name) {
    const struct pl_result *a = &theirs->result, *b = &ours->result;
    size_t k = 0;
    while (k < a->metric_count && k < b->metric_count &&
           same_metric(&a->metrics[k], &b->metrics[k]))
        k++;
    if (k < a->metric_count && k < b->metric_count)
        return pl_fail(
            PL_EMISMATCH,
            "cell %.8s (%s) differs: %s at step %ld is %.17g in %s and %s at step %ld is "
            "%.17g in %s, under the same numerics; one of them was altered or computed on "
            "a faulty machine: nothing was taken from the first",
            id, name, a->metrics[k].name, a->metrics[k].step, a->metrics[k].value, their_path,
            b->metrics[k].name, b->metrics[k].step, b->metrics[k].value, our_path);
    if (a->metric_count == b->metric_count && a->outcome == b->outcome) return PL_OK;
    return pl_fail(PL_EMISMATCH,
                   "cell %.8s (%s) differs: %s with %zu numbers in %s and %s with %zu in %s, under "
                   "the same numerics: nothing was taken from the first",
                   id, name, pl_outcome_name(a->outcome), a->metric_count, their_path,
                   pl_outcome_name(b->outcome), b->metric_count, our_path);
}

static enum pl_status refuse_unsound(const struct side *theirs, const char *path, const char *id,
                                     const char *name) {
    const struct pl_result *result = &theirs->result;
    size_t last = result->metric_count;
    return pl_fail(
        PL_EMISMATCH,
        "%s: the numbers of cell %.8s (%s) are not the ones that were stored (%s is %.17g "
        "there): they were altered, or the disk is bad; nothing was taken from it. Remove "
        "the file, and what is missing is computed again",
        path, id, name, last ? result->metrics[last - 1].name : "nothing",
        last ? result->metrics[last - 1].value : 0.0);
}

static const char TIMES[] = "UPDATE runs SET finished = ?3, attempts = ?4 "
                            "WHERE cell = ?1 AND stamp = ?2";

static enum pl_status take(struct pl_store *store, struct pl_store *from,
                           const struct their_run *run, struct side *theirs) {
    PL_TRY(pl_store_diagnostics(from, run->id, run->stamp, &theirs->result));
    PL_TRY(pl_store_put_within(store, run->id, run->stamp, &theirs->result));
    return pl_sql_run(store, TIMES, "merging", "ttti", run->id, run->stamp, run->finished,
                      run->attempts);
}

static bool has_text(const char *text) {
    return text && *text;
}

static enum pl_status merge_sides(struct pl_store *store, struct pl_store *from,
                                  const struct their_run *run, const char *name,
                                  struct side *theirs, const struct side *ours,
                                  struct pl_store_merge *out) {
    if (run->failed) {
        if (ours->finished || ours->row.outcome == PL_FAILED) return PL_OK;
        out->failed++;
        return take(store, from, run, theirs);
    }
    if (ours->finished && ours->sound) {
        PL_TRY(compare(theirs, ours, from->path, store->path, run->id, name));
        out->known++;
        if (has_text(ours->result.diagnosed) || !has_text(theirs->result.diagnosed)) return PL_OK;
        return take(store, from, run, theirs);
    }
    if (!theirs->sound) return refuse_unsound(theirs, from->path, run->id, name);
    out->added++;
    return take(store, from, run, theirs);
}

static enum pl_status merge_run(struct pl_store *store, struct pl_store *from,
                                const struct their_run *run, struct pl_store_merge *out) {
    struct side theirs, ours = {0};
    char name[160];
    bool planned;
    PL_TRY(find_planned(store, run->id, name, sizeof name, &planned));
    if (!planned) {
        out->unplanned++;
        return PL_OK;
    }
    enum pl_status status = read_side(from, run->id, run->stamp, &theirs);
    if (status == PL_OK) status = read_side(store, run->id, run->stamp, &ours);
    if (status == PL_OK) status = merge_sides(store, from, run, name, &theirs, &ours, out);
    pl_result_finish(&theirs.result);
    pl_result_finish(&ours.result);
    return status;
}

static enum pl_status merge_all(struct pl_store *store, struct pl_store *from,
                                struct pl_store_merge *out) {
    struct their_run run = {0};
    for (;;) {
        bool found;
        PL_TRY(next_run(from, &run, &found));
        if (!found) return PL_OK;
        PL_TRY(merge_run(store, from, &run, out));
    }
}

static enum pl_status check_study(struct pl_store *store, struct pl_store *from) {
    struct pl_arena arena = {0};
    const char *ours, *theirs;
    enum pl_status status = pl_store_meta_get(store, "study", &arena, &ours);
    if (status == PL_OK) status = pl_store_meta_get(from, "study", &arena, &theirs);
    if (status == PL_OK && (!ours || !theirs || strcmp(ours, theirs) != 0))
        status =
            pl_fail(PL_EMISMATCH, "%s holds the study %s, and %s holds %s: they do not mix",
                    from->path, theirs ? theirs : "of no name", store->path, ours ? ours : "none");
    pl_arena_finish(&arena);
    return status;
}

enum pl_status pl_store_merge(struct pl_store *store, struct pl_store *from,
                              struct pl_store_merge *out) {
    *out = (struct pl_store_merge){0};
    PL_TRY(check_study(store, from));
    PL_TRY(pl_store_in_place(store));
    PL_TRY(pl_sql_begin(store, PL_SQL_WRITE, "merging"));
    return pl_sql_end(store, merge_all(store, from, out), "merging");
}

enum pl_status pl_store_settle(struct pl_store *store) {
    store->in_file = false; /* there is no log to be looked for any more */
    return pl_sql_execute(store, "PRAGMA journal_mode = DELETE", "closing the log");
}
