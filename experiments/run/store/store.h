/* Store: the life of every cell of a study, in results/STUDY/cells.db.
 *
 *                          pl_store_register
 *                                  │
 *                                  ▼
 *        pl_store_release     ┌─────────┐
 *      ┌─────────────────────►│ pending │
 *      │  or the holder died  └────┬────┘
 *      │                           │ pl_store_lease
 *      │                           ▼
 *      │                      ┌─────────┐     pl_store_lease (the next run tries again)
 *      └──────────────────────┤ running │◄──────────────────────────────────────────┐
 *                             └────┬────┘                                           │
 *                                  │ pl_store_put: one transaction, all or nothing  │
 *                     ┌────────────┼──────────────┐                                 │
 *                     ▼            ▼              ▼                                 │
 *                 ┌──────┐   ┌──────────┐    ┌────────┐                             │
 *                 │ done │   │ diverged │    │ failed ├─────────────────────────────┘
 *                 └──────┘   └──────────┘    └────────┘
 *
 * A cell lives one such life for every numerics stamp under which it is computed; finished rows of
 * other stamps stay beside it, untouched. What may be relied on:
 *
 *   pending    what was asked is stored (text, label, seed, axes); no process works on it.
 *   running    exactly one live process holds the lease (its pid, its start time and the boot of the
 *              machine are stored). A holder that is gone holds nothing: at the next look the cell
 *              is what it was before, pending or failed. A failed cell's message is kept meanwhile.
 *   done       metrics, diagnostics, times and provenance are stored, whole, with digests of the first two
 *   diverged   that every reader compares: where the metrics are not those that were put (damage, a
 *              hand), the cell is pending again; where the diagnostics are not, it has none. Final: nothing else overwrites it but a put of done or
 *              diverged for the same cell and stamp, which has the same numbers, but may have other
 *              diagnostics (pl_store_lease_again).
 *   failed     the message is stored and no metrics. It counts as not finished: the next run leases
 *              it again.
 *
 * Two `run`s of one study at once share the work: each takes only cells that nobody holds. (Processes
 * that cannot see each other's pids, in two containers say, may compute a cell twice; the results are
 * equal and one of them stays.)
 *
 * Safety. A put is one transaction of a write-ahead log with synchronous=NORMAL: a process killed at
 * any instant, by anything, loses no put that had returned. A power cut or a crash of the machine
 * may also take back the last puts, back to the last checkpoint (about 4 MB of log); the file stays
 * sound, and the cells concerned are pending again. Forcing each put to the disk would cost
 * milliseconds a cell to save work that can be repeated.
 *
 * Every function that returns a status fails with PL_ESTORE and a sentence that names the file and a
 * way out: a locked, damaged, foreign or newer file, a read-only folder, a full disk. A failed call
 * changed nothing. A file of an older schema is brought up to date: in place when it is opened for
 * writing, else in a copy in memory. A store belongs to the process that opened it; a forked child must not touch it.
 */
#ifndef PL_EXPERIMENTS_RUN_STORE_STORE_H
#define PL_EXPERIMENTS_RUN_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/hash.h"
#include "core/base/status.h"
#include "experiments/cell/cell.h"
#include "experiments/run/result.h"
#include "experiments/study/experiment.h"

enum { PL_STORE_SCHEMA = 4 }; /* user_version of a file (results/schema.sql) */

struct pl_store;

enum pl_store_mode {
    PL_STORE_READ, /* the file must exist; nothing is written, the folder may be read-only */
    PL_STORE_WRITE /* folder and file are made when missing */
};

/* ---- opening and ending ----------------------------------------------------------------------- */

/* Opens [results_dir]/[study]/cells.db. On failure *out is NULL. A file that another program locks
 * is waited for, 10 seconds by default. */
enum pl_status pl_store_open(struct pl_store **out, const char *results_dir, const char *study,
                             enum pl_store_mode mode) PL_NODISCARD;

/* Opens a file by its own path, for reading: what `report DB` was given. */
enum pl_status pl_store_open_file(struct pl_store **out, const char *path) PL_NODISCARD;
/* The same in either mode; the file must exist. */
enum pl_status pl_store_open_at(struct pl_store **out, const char *path,
                                enum pl_store_mode mode) PL_NODISCARD;

/* Releases this process's leases and closes; NULL is fine. */
void pl_store_close(struct pl_store *store);

/* Whether [path] names a database and not a study file: it ends in ".db". */
bool pl_path_is_database(const char *path);

/* Whether the study has a database: a dry run without one has everything still to do. */
bool pl_store_exists(const char *results_dir, const char *study);

const char *pl_store_path(const struct pl_store *store);            /* borrowed */
void pl_store_set_patience(struct pl_store *store, double seconds); /* with a locked file */

/* PL_ESTORE when the file that is open for writing is no longer the one of its name, which every put and
 * every lease looks at, too: what is put there would be lost. */
enum pl_status pl_store_in_place(struct pl_store *store) PL_NODISCARD;

/* ---- about the study -------------------------------------------------------------------------- */

/* Name and value of the caller's choice: study, question, command, ... ("axes" and "digest" are the
 * store's own) */
enum pl_status pl_store_meta_set(struct pl_store *store, const char *name,
                                 const char *value) PL_NODISCARD;
/* *out is a copy in [arena], or NULL when nothing of that name was set. */
enum pl_status pl_store_meta_get(struct pl_store *store, const char *name, struct pl_arena *arena,
                                 const char **out) PL_NODISCARD;

/* Between these two, what is written is one transaction: all or nothing. The second undoes it unless [status],
 * of what was done between, is PL_OK, and returns that status or its own. */
enum pl_status pl_store_begin(struct pl_store *store, const char *doing) PL_NODISCARD;
enum pl_status pl_store_end(struct pl_store *store, enum pl_status status,
                            const char *doing) PL_NODISCARD;

/* ---- what is asked ---------------------------------------------------------------------------- */

/* Makes [cells] the plan of the study: inserts what is missing, brings label, axes and order up to
 * date. Cells of earlier plans keep their rows and results. [axes] are the study's, axis_count long,
 * as are the axis_values of every cell. */
enum pl_status pl_store_register(struct pl_store *store, const struct pl_cells *cells,
                                 const struct pl_axis *axes, size_t axis_count) PL_NODISCARD;

/* Records what is going to be run and judged (registration.h), unless the newest record has that digest.
 * To be called before pl_store_register, which makes [cells] the present plan. */
struct pl_registration;
enum pl_status pl_store_note_plan(struct pl_store *store,
                                  const struct pl_registration *registration,
                                  const struct pl_cells *cells) PL_NODISCARD;

/* One such record: see the table plans of schema.sql. */
struct pl_store_record {
    const char *digest, *statement, *recorded;
    size_t cells, added, removed, finished;
};
/* All of them, oldest first, in [arena]. */
enum pl_status pl_store_records(struct pl_store *store, struct pl_arena *arena,
                                const struct pl_store_record **out, size_t *count) PL_NODISCARD;

/* The plan as it was last registered, for a reader that has no study file. */
struct pl_store_plan {
    struct pl_cells cells; /* in the order of the plan; its arena owns all strings here */
    const char **axes;     /* dotted names */
    size_t axis_count;
};
enum pl_status pl_store_plan(struct pl_store *store, struct pl_store_plan *out) PL_NODISCARD;
void pl_store_plan_finish(struct pl_store_plan *plan);

/* Cells of earlier plans, which the last one no longer has; without axes, since those are not known any
 * more (axis_count is 0). The caller ends [out] in the same way. */
enum pl_status pl_store_former(struct pl_store *store, struct pl_store_plan *out) PL_NODISCARD;

/* The whole identity of the one cell whose identity begins with [prefix]; none, or several, fails. */
enum pl_status pl_store_lookup(struct pl_store *store, const char *prefix,
                               char id[PL_HASH_TEXT]) PL_NODISCARD;

/* ---- the life of a cell ----------------------------------------------------------------------- */

struct pl_store_state {
    enum pl_outcome outcome; /* under the stamp asked for; RUNNING only while the holder lives */
    long holder;             /* RUNNING: the pid; otherwise 0 */
    long attempts;           /* leases taken under this stamp so far */
    bool elsewhere;          /* done or diverged under some other stamp */
};
enum pl_status pl_store_state(struct pl_store *store, const char *id, const char *stamp,
                              struct pl_store_state *out) PL_NODISCARD;

/* pending or failed -> running. *taken is false when a live process (this one included) holds the
 * cell or it is finished by now: not a failure, somebody else was faster. */
enum pl_status pl_store_lease(struct pl_store *store, const char *id, const char *stamp,
                              bool *taken) PL_NODISCARD;

/* The same for a cell that is finished but lacks diagnostics: taken unless a live process holds it, or what
 * it was diagnosed under is no longer [seen] (pl_result.diagnosed). It stays finished meanwhile, and
 * whatever comes of it. */
enum pl_status pl_store_lease_again(struct pl_store *store, const char *id, const char *stamp,
                                    const char *seen, bool *taken) PL_NODISCARD;

/* running -> done, diverged or failed; ends the lease. Metrics, diagnostics, message, times and
 * provenance go in together or not at all. A failed result never replaces a finished one. */
enum pl_status pl_store_put(struct pl_store *store, const char *id, const char *stamp,
                            const struct pl_result *result) PL_NODISCARD;

/* running -> what it was before, when this process holds the lease; otherwise nothing happens. */
enum pl_status pl_store_release(struct pl_store *store, const char *id,
                                const char *stamp) PL_NODISCARD;
/* The same for every cell this process holds: after an interrupt. */
enum pl_status pl_store_release_all(struct pl_store *store) PL_NODISCARD;

/* ---- more than one database ------------------------------------------------------------------ */

struct pl_store_merge {
    size_t added, failed; /* finished and failed runs that were taken */
    size_t known;         /* finished runs that both had, equal bit for bit */
    size_t unplanned;     /* runs of cells that the plan of [store] does not have: left out */
};

/* Adds to [store] what [from] has of cells of its plan, in one transaction: all or nothing, and once more
 * changes nothing. PL_EMISMATCH when [from] is of another study, when a finished cell of both has other
 * numbers under the same stamp (the sentence has the two values), or when its numbers are not those that
 * were stored. */
enum pl_status pl_store_merge(struct pl_store *store, struct pl_store *from,
                              struct pl_store_merge *out) PL_NODISCARD;

/* Makes the file whole in itself, with no log beside it, for readers on other machines; the last thing done
 * with [store] but closing it. PL_ESTORE while somebody else has it open. */
enum pl_status pl_store_settle(struct pl_store *store) PL_NODISCARD;

/* ---- tidying up ------------------------------------------------------------------------------ */

struct pl_store_prune {
    /* What is wanted. */
    const char *const *stamps; /* the present numerics: their runs stay */
    size_t stamp_count;
    bool only;   /* also runs that are the only result of their cell */
    bool former; /* also cells that the last plan no longer has, with all their runs */

    /* Filled: how many of each there are, whether wanted or not. */
    size_t replaced;     /* runs of other numerics, unfinished, or of a cell with a better result */
    size_t alone;        /* runs of other numerics that are the only result of a planned cell */
    size_t former_cells; /* cells of earlier plans, and */
    size_t former_runs;  /* runs of these, of whatever numerics */
    size_t removed;      /* runs that go, or went */
};

/* Counts what pruning would remove; with [apply] removes it, in one transaction, and gives the space back
 * to the file system. A run that a live process holds stays, and so does its cell. "Better" is a result
 * of the present numerics, or a newer one. */
enum pl_status pl_store_prune(struct pl_store *store, struct pl_store_prune *prune,
                              bool apply) PL_NODISCARD;

/* ---- reading results -------------------------------------------------------------------------- */

/* What became of the cell under [stamp]; the caller ends [out] with pl_result_finish. A cell that is
 * not finished gives PENDING, RUNNING or FAILED with whatever message is stored and no metrics. Of
 * diagnostics, which may be many, only [diagnosed] is read. */
enum pl_status pl_store_find(struct pl_store *store, const char *id, const char *stamp,
                             struct pl_result *out) PL_NODISCARD;

/* Adds the diagnostics of the cell to [result], which pl_store_find gave under this stamp. */
enum pl_status pl_store_diagnostics(struct pl_store *store, const char *id, const char *stamp,
                                    struct pl_result *result) PL_NODISCARD;

/* The stamp of the cell's newest done or diverged row, "" when it has none (for --reuse-old). */
enum pl_status pl_store_newest(struct pl_store *store, const char *id,
                               char stamp[PL_HASH_TEXT]) PL_NODISCARD;

/* The results of many cells in one pass over the file, all seen at one instant. */
struct pl_store_scan {
    const struct pl_cells *cells;
    char (*present)[PL_HASH_TEXT]; /* of each cell: the stamp asked for */
    bool newest; /* where that one has no finished result, the newest of another stamp counts */
    char (*stamps)
        [PL_HASH_TEXT];        /* filled: the stamp of what counts, present[k] where nothing does */
    struct pl_result *results; /* filled, as pl_store_find would; their own arenas stay empty */
    struct pl_arena *arena;    /* what the results hold */
};
enum pl_status pl_store_read(struct pl_store *store, const struct pl_store_scan *scan) PL_NODISCARD;

/* Mean seconds of finished cells of the plan, whatever their numerics; 0 when there is none. */
enum pl_status pl_store_typical_seconds(struct pl_store *store, double *out) PL_NODISCARD;

#endif
