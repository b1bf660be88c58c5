/* All shards of a study, from one machine.
 *
 * The databases of a study are its own and those that its folder of shards holds; others may be named.
 * Each is opened, read and closed by itself, so memory does not grow with their number, and one that is
 * refused keeps no other from being taken. The study's own file is told from the rest by what it is, not
 * by its name (pl_file_is_same).
 */
#include "experiments/run/shards.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/log.h"

/* ---- which databases there are ---- */

struct found {
    struct pl_arena *arena;
    PL_VEC(const char *) paths;
};

/* Databases of a folder; false when it cannot be read. */
static bool add_folder(struct found *found, const char *path) {
    DIR *folder = opendir(path);
    if (!folder) return false;
    for (struct dirent *entry; (entry = readdir(folder));)
        if (*entry->d_name != '.' && pl_path_is_database(entry->d_name))
            PL_VEC_PUSH(&found->paths, pl_arena_printf(found->arena, "%s/%s", path, entry->d_name));
    closedir(folder);
    return true;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

enum pl_status pl_shards_find(const char *place, const char *study, struct pl_arena *arena,
                              struct pl_shards_files *out) {
    struct found found = {.arena = arena};
    *out = (struct pl_shards_files){0};
    if (access(place, R_OK) != 0) return pl_fail(PL_ESTORE, "%s: %s", place, strerror(errno));
    if (pl_path_is_database(place)) {
        PL_VEC_PUSH(&found.paths, pl_arena_strdup(arena, place));
    } else {
        if (!add_folder(&found, place)) return pl_fail(PL_ESTORE, "%s: %s", place, strerror(errno));
        (void)add_folder(&found, pl_arena_printf(arena, "%s/%s", place, study));
        (void)add_folder(&found, pl_shard_folder(place, study, arena));
    }
    out->count = found.paths.count;
    if (out->count > 0) {
        qsort(found.paths.items, out->count, sizeof *found.paths.items, by_name);
        out->paths = pl_arena_copy(arena, found.paths.items, out->count * sizeof *out->paths);
    }
    PL_VEC_FINISH(&found.paths);
    if (out->count > 0) return PL_OK;
    return pl_fail(PL_ESTORE, "%s has no database (*.db) of the study %s", place, study);
}

/* ---- putting together ---- */

static enum pl_status merge_file(struct pl_store *store, const char *path,
                                 struct pl_store_merge *taken) {
    struct pl_store *from;
    *taken = (struct pl_store_merge){0};
    PL_TRY(pl_store_open_file(&from, path));
    enum pl_status status = pl_store_merge(store, from, taken);
    pl_store_close(from);
    if (status == PL_OK && taken->unplanned && !taken->added && !taken->known && !taken->failed)
        status = pl_fail(PL_EMISMATCH,
                         "%s holds another study of that name: none of its %zu results is of a "
                         "cell that is planned",
                         path, taken->unplanned);
    return status;
}

enum pl_status pl_shards_merge(struct pl_store *store, const struct pl_shards_files *files,
                               struct pl_shards_merged *out) {
    enum pl_status first = PL_OK;
    for (size_t k = 0; k < files->count; k++) {
        struct pl_store_merge taken;
        if (pl_file_is_same(files->paths[k], pl_store_path(store))) continue;
        enum pl_status status = merge_file(store, files->paths[k], &taken);
        out->files++;
        if (status != PL_OK) {
            pl_error("%s", pl_message());
            out->refused++;
            if (first == PL_OK) first = status;
            continue;
        }
        pl_info("%s: %zu cells taken, %zu known, %zu failed", files->paths[k], taken.added,
                taken.known, taken.failed);
        if (taken.unplanned)
            pl_info("%s: %zu results of cells that are not planned are left out", files->paths[k],
                    taken.unplanned);
        out->total.added += taken.added;
        out->total.known += taken.known;
        out->total.failed += taken.failed;
        out->total.unplanned += taken.unplanned;
    }
    return first;
}

/* ---- how far the study is ---- */

static enum pl_status read_number(struct pl_store *store, const char *name, struct pl_arena *arena,
                                  double *out) {
    const char *text;
    PL_TRY(pl_store_meta_get(store, name, arena, &text));
    *out = text ? strtod(text, NULL) : 0;
    return PL_OK;
}

static enum pl_status read_news(struct pl_store *store, struct pl_arena *arena,
                                struct pl_shards_row *row) {
    double index, count, running, computed, published;
    PL_TRY(read_number(store, "shard_index", arena, &index));
    PL_TRY(read_number(store, "shard_count", arena, &count));
    PL_TRY(read_number(store, "shard_running", arena, &running));
    PL_TRY(read_number(store, "shard_computed", arena, &computed));
    PL_TRY(read_number(store, "shard_published", arena, &published));
    PL_TRY(read_number(store, "shard_seconds", arena, &row->news.seconds));
    row->shard = (struct pl_shard){(size_t)index, (size_t)count};
    row->news.running = (size_t)running;
    row->news.computed = (size_t)computed;
    row->age = published > 0 ? (double)time(NULL) - published : (double)NAN;
    return PL_OK;
}

static enum pl_status read_row(const struct pl_ledger *ledger, struct pl_store *store,
                               struct pl_arena *arena, enum pl_outcome *known,
                               struct pl_shards_row *row) {
    struct pl_arena read = {0};
    const struct pl_store_scan scan = {.cells = &ledger->cells,
                                       .present = ledger->present,
                                       .stamps = ledger->stamps,
                                       .results = ledger->results,
                                       .arena = &read};
    PL_TRY(read_news(store, arena, row));
    enum pl_status status = pl_store_read(store, &scan);
    for (size_t k = 0; k < ledger->cells.count && status == PL_OK; k++) {
        enum pl_outcome outcome = ledger->results[k].outcome;
        if (!pl_shard_has(&row->shard, ledger->cells.items[k].id)) continue;
        row->cells++;
        row->done += pl_outcome_is_finished(outcome);
        row->failed += outcome == PL_FAILED;

        /* The best that any database says of a cell is what becomes of it. */
        static const int rank[] = {
            [PL_PENDING] = 0, [PL_FAILED] = 1, [PL_RUNNING] = 2, [PL_DIVERGED] = 3, [PL_DONE] = 3};
        if (rank[outcome] > rank[known[k]]) known[k] = outcome;
    }
    for (size_t k = 0; k < ledger->cells.count; k++) ledger->results[k] = (struct pl_result){0};
    pl_arena_finish(&read);
    return status;
}

static enum pl_status read_rows(const struct pl_ledger *ledger, const char *results,
                                struct pl_arena *arena, enum pl_outcome *known,
                                struct pl_shards_progress *out) {
    const char *study = ledger->experiment.name;
    struct pl_shards_files files;
    if (pl_shards_find(pl_arena_printf(arena, "%s/%s", results, study), study, arena, &files) !=
        PL_OK)
        files.count = 0; /* nothing of the study itself yet */
    struct pl_shards_files shards = {0};
    const char *folder = pl_shard_folder(results, study, arena);
    if (access(folder, F_OK) == 0 && pl_shards_find(folder, study, arena, &shards) != PL_OK)
        shards.count = 0;
    out->rows = PL_ARENA_ARRAY(arena, struct pl_shards_row, files.count + shards.count + 1);
    for (size_t k = 0; k < files.count + shards.count; k++) {
        struct pl_store *store;
        struct pl_shards_row *row = &out->rows[out->row_count++];
        row->path = k < files.count ? files.paths[k] : shards.paths[k - files.count];
        PL_TRY(pl_store_open_file(&store, row->path));
        enum pl_status status = read_row(ledger, store, arena, known, row);
        pl_store_close(store);
        PL_TRY(status);
    }
    return PL_OK;
}

enum pl_status pl_shards_progress(struct pl_ledger *ledger, const char *results, double stale,
                                  struct pl_arena *arena, struct pl_shards_progress *out) {
    enum pl_outcome *known = PL_ARENA_ARRAY(arena, enum pl_outcome, ledger->cells.count + 1);
    *out = (struct pl_shards_progress){.cells = ledger->cells.count};
    pl_ledger_stamps(&ledger->cells, ledger->present);
    PL_TRY(read_rows(ledger, results, arena, known, out));
    for (size_t k = 0; k < out->cells; k++) {
        out->done += pl_outcome_is_finished(known[k]);
        out->diverged += known[k] == PL_DIVERGED;
        out->failed += known[k] == PL_FAILED;
        out->running += known[k] == PL_RUNNING;
    }
    for (size_t k = 0; k < out->row_count; k++) {
        struct pl_shards_row *row = &out->rows[k];
        if (row->age > stale) row->news.running = 0;
        out->running += row->news.running;
        if (row->news.running && row->news.seconds > 0)
            out->rate += (double)row->news.computed / row->news.seconds;
    }
    size_t told = out->done + out->failed + out->running;
    out->pending = told < out->cells ? out->cells - told : 0;
    return PL_OK;
}
