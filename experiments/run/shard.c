/* Databases travel whole, and SQLite opens files of the local disk only. To publish, what the shard has is
 * merged into a new local database, which is settled (no log is left beside it) and copied to the folder,
 * where the copy is renamed into place. To take, a published database is copied first and merged from the
 * copy. Local copies are removed, whatever happened.
 */
#include "experiments/run/shard.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/log.h"

enum pl_status pl_shard_read(struct pl_shard *out, const char *text) {
    char rest = 0;
    *out = (struct pl_shard){0};
    if (!text) return PL_OK;
    if (sscanf(text, "%zu/%zu%c", &out->index, &out->count, &rest) == 2 && out->index >= 1 &&
        out->index <= out->count && out->count <= PL_SHARDS_MOST && !strchr(text, '-'))
        return PL_OK;
    return pl_fail(PL_ECONFIG,
                   "a shard is I/N, with I from 1 to N and N at most %d, as in --shard 2/8; found "
                   "\"%s\"",
                   PL_SHARDS_MOST, text);
}

bool pl_shard_has(const struct pl_shard *shard, const char *id) {
    char head[17];
    if (shard->count == 0) return true;
    snprintf(head, sizeof head, "%.16s", id);
    return strtoull(head, NULL, 16) % shard->count == shard->index - 1;
}

const char *pl_shard_folder(const char *results, const char *study, struct pl_arena *arena) {
    return pl_arena_printf(arena, "%s/%s/shards", results, study);
}

static const char *shard_path(const struct pl_shard *shard, const char *folder, const char *study,
                              struct pl_arena *arena) {
    struct pl_shard named = shard->count ? *shard : (struct pl_shard){1, 1};
    return pl_arena_printf(arena, "%s/%zu-of-%zu.db", pl_shard_folder(folder, study, arena),
                           named.index, named.count);
}

/* ---- copies ---- */

static enum pl_status copy_file(const char *from, const char *to) {
    static char block[1 << 16];
    struct pl_file file;
    FILE *stream = fopen(from, "rb");
    if (!stream) return pl_fail(PL_ESTORE, "%s: %s", from, strerror(errno));
    enum pl_status status = pl_file_create_beside(&file, to, NULL);
    if (status == PL_OK) {
        size_t count;
        while ((count = fread(block, 1, sizeof block, stream)) > 0)
            pl_file_put(&file, block, count);
        if (ferror(stream)) {
            pl_file_discard(&file);
            status = pl_fail(PL_ESTORE, "%s: it cannot be read", from);
        } else {
            status = pl_file_commit(&file);
        }
    }
    fclose(stream);
    return status;
}

/* A database and what SQLite may have left beside it. */
static void remove_database(const char *path, struct pl_arena *arena) {
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    for (int k = 0; k < 4; k++) unlink(pl_arena_printf(arena, "%s%s", path, ends[k]));
}

/* "LOCAL/STUDY/[name]", beside the database. */
static const char *beside(const struct pl_store *store, const char *name, struct pl_arena *arena) {
    const char *path = pl_store_path(store), *slash = strrchr(path, '/');
    return pl_arena_printf(arena, "%.*s%s", slash ? (int)(slash + 1 - path) : 0, path, name);
}

/* ---- taking ---- */

/* The file is copied first: SQLite is not to write beside it, where other nodes read. */
static enum pl_status take_file(struct pl_store *store, const char *path, struct pl_arena *arena) {
    const char *copy = beside(store, "taken.db", arena);
    struct pl_store *from = NULL;
    struct pl_store_merge taken;
    if (access(path, F_OK) != 0) return PL_OK;
    enum pl_status status = copy_file(path, copy);
    if (status == PL_OK) status = pl_store_open_file(&from, copy);
    if (status == PL_OK) status = pl_store_merge(store, from, &taken);
    pl_store_close(from);
    remove_database(copy, arena);
    if (status != PL_OK)
        pl_warn("%s (a copy of %s); its cells are computed again", pl_message(), path);
    else if (taken.added)
        pl_info("%s: %zu cells taken", path, taken.added);
    return pl_store_in_place(store);
}

static enum pl_status link_checkpoints(const struct pl_store *store, const char *folder,
                                       struct pl_arena *arena) {
    const char *link = beside(store, "checkpoints", arena);
    PL_TRY(pl_folder_make(folder));
    char *target = realpath(folder, NULL);
    int error = target && symlink(target, link) != 0 && errno != EEXIST ? errno : 0;
    free(target);
    return error ? pl_fail(PL_ESTORE, "%s: %s", link, strerror(error)) : PL_OK;
}

enum pl_status pl_shard_take(const struct pl_shard *shard, const struct pl_ledger *ledger,
                             struct pl_store *store, const char *folder) {
    struct pl_arena arena = {0};
    const char *study = ledger->experiment.name;
    const char *whole = pl_arena_printf(&arena, "%s/%s/cells.db", folder, study);
    enum pl_status status = PL_OK;
    if (pl_file_is_same(whole, pl_store_path(store)))
        status = pl_fail(PL_ECONFIG,
                         "--publish names the folder that this run computes in (%s): compute on a "
                         "local disk, with --results, and publish to another folder",
                         folder);
    if (status == PL_OK) status = take_file(store, whole, &arena);
    if (status == PL_OK)
        status = take_file(store, shard_path(shard, folder, study, &arena), &arena);
    if (status == PL_OK && ledger->experiment.checkpoint_minutes > 0)
        status = link_checkpoints(
            store, pl_arena_printf(&arena, "%s/%s/checkpoints", folder, study), &arena);
    pl_arena_finish(&arena);
    return status;
}

/* ---- publishing ---- */

static enum pl_status write_news(struct pl_store *store, const struct pl_shard *shard,
                                 const struct pl_shard_news *news) {
    const struct {
        const char *name;
        double value;
    } rows[] = {
        {"shard_index", (double)shard->index},    {"shard_count", (double)shard->count},
        {"shard_running", (double)news->running}, {"shard_computed", (double)news->computed},
        {"shard_seconds", news->seconds},         {"shard_published", (double)time(NULL)}};
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        char text[40];
        snprintf(text, sizeof text, "%.17g", rows[k].value);
        PL_TRY(pl_store_meta_set(store, rows[k].name, text));
    }
    return PL_OK;
}

/* A database of the shard alone, on the local disk: its cells are the plan, so that others are left out. */
static enum pl_status gather(const struct pl_shard *shard, const struct pl_ledger *ledger,
                             struct pl_store *store, struct pl_store *out,
                             const struct pl_shard_news *news, struct pl_arena *arena) {
    struct pl_ledger part = *ledger;
    struct pl_store_merge taken;
    part.cells.items = PL_ARENA_ARRAY(arena, struct pl_cell, ledger->cells.count + 1);
    part.cells.count = 0;
    for (size_t k = 0; k < ledger->cells.count; k++)
        if (pl_shard_has(shard, ledger->cells.items[k].id))
            part.cells.items[part.cells.count++] = ledger->cells.items[k];
    PL_TRY(pl_ledger_register(&part, out));
    PL_TRY(write_news(out, shard, news));
    PL_TRY(pl_store_merge(out, store, &taken));
    return pl_store_settle(out);
}

enum pl_status pl_shard_publish(const struct pl_shard *shard, const struct pl_ledger *ledger,
                                struct pl_store *store, const char *folder,
                                const struct pl_shard_news *news) {
    struct pl_arena arena = {0};
    struct pl_store *out = NULL;
    const char *study = ledger->experiment.name;
    const char *place = beside(store, "publish", &arena);
    const char *local = pl_arena_printf(&arena, "%s/%s/cells.db", place, study);
    const char *path = shard_path(shard, folder, study, &arena);
    remove_database(local, &arena);
    enum pl_status status = pl_store_open(&out, place, study, PL_STORE_WRITE);
    if (status == PL_OK) status = gather(shard, ledger, store, out, news, &arena);
    pl_store_close(out);
    if (status == PL_OK) status = pl_folder_make_for(path);
    if (status == PL_OK) status = copy_file(local, path);
    remove_database(local, &arena);
    pl_arena_finish(&arena);
    return status;
}
