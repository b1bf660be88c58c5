#include "experiments/run/found.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "core/base/alloc.h"
#include "experiments/run/ledger.h"

void pl_found_finish(struct pl_found *found) {
    if (!found->path) return;
    pl_result_finish(&found->result);
    pl_store_plan_finish(&found->plan);
    pl_free(found->path);
    found->path = NULL;
}

static const struct pl_cell *match(const struct pl_cells *cells, const char *prefix,
                                   size_t *count) {
    const struct pl_cell *cell = NULL;
    *count = 0;
    for (size_t k = 0; k < cells->count; k++) {
        if (strncmp(cells->items[k].id, prefix, strlen(prefix)) != 0) continue;
        cell = &cells->items[k];
        ++*count;
    }
    return cell;
}

/* The newest finished result, else what there is under the numerics of here and now. */
static enum pl_status read_result(struct pl_found *found, struct pl_store *store) {
    PL_TRY(pl_store_newest(store, found->cell->id, found->stamp));
    if (!found->stamp[0]) pl_ledger_stamp(found->cell, found->stamp);
    PL_TRY(pl_store_find(store, found->cell->id, found->stamp, &found->result));
    return pl_store_diagnostics(store, found->cell->id, found->stamp, &found->result);
}

/* In the present plan, else among the cells of earlier ones. */
static enum pl_status match_any(struct pl_found *found, struct pl_store *store, const char *prefix,
                                size_t *count) {
    PL_TRY(pl_store_plan(store, &found->plan));
    found->cell = match(&found->plan.cells, prefix, count);
    if (*count > 0) return PL_OK;
    pl_store_plan_finish(&found->plan);
    PL_TRY(pl_store_former(store, &found->plan));
    found->cell = match(&found->plan.cells, prefix, count);
    found->former = true;
    return PL_OK;
}

/* Looks into one database; [found] stays empty when the cell is not in it. */
static enum pl_status look_into(struct pl_found *found, struct pl_store *store, const char *path,
                                const char *prefix) {
    size_t count = 0;
    enum pl_status status = match_any(found, store, prefix, &count);
    if (status == PL_OK && count > 1)
        status = pl_fail(PL_ECONFIG,
                         "%s: %zu cells have an identity that begins with %s; give more of its "
                         "digits",
                         path, count, prefix);
    if (status == PL_OK && count == 1) status = read_result(found, store);
    if (status == PL_OK && count == 1)
        found->path = pl_strdup(path);
    else
        pl_store_plan_finish(&found->plan);
    return status;
}

static enum pl_status open_and_look(struct pl_found *found, const char *path, const char *prefix) {
    struct pl_store *store;
    PL_TRY(pl_store_open_file(&store, path));
    enum pl_status status = look_into(found, store, path, prefix);
    pl_store_close(store);
    return status;
}

/* Of one cell in two databases the finished one is kept; two cells are one too many. */
static enum pl_status keep_better(struct pl_found *best, struct pl_found *other) {
    enum pl_status status = PL_OK;
    if (!other->path) return PL_OK;
    if (best->path && strcmp(best->cell->id, other->cell->id) != 0)
        status = pl_fail(PL_ECONFIG, "%s and %s have different cells of that beginning: %s and %s",
                         best->path, other->path, best->cell->id, other->cell->id);
    if (!best->path || (!pl_outcome_is_finished(best->result.outcome) &&
                        pl_outcome_is_finished(other->result.outcome))) {
        struct pl_found kept = *best;
        *best = *other;
        *other = kept;
    }
    pl_found_finish(other);
    return status;
}

enum pl_status pl_found_find(struct pl_found *out, const char *results, const char *prefix) {
    *out = (struct pl_found){0};
    char pattern[1024];
    glob_t paths = {0};
    enum pl_status status = PL_OK;
    snprintf(pattern, sizeof pattern, "%s/*/cells.db", results);
    if (glob(pattern, 0, NULL, &paths) != 0) paths.gl_pathc = 0;
    for (size_t k = 0; status == PL_OK && k < paths.gl_pathc; k++) {
        struct pl_found other = {0};
        status = open_and_look(&other, paths.gl_pathv[k], prefix);
        if (status == PL_OK) status = keep_better(out, &other);
    }
    if (status == PL_OK && !out->path)
        status = pl_fail(PL_ECONFIG,
                         "no cell in %s (%zu found) has an identity that begins with \"%s\"; "
                         "`plumbline report STUDY --format csv` lists the cells of a study",
                         pattern, (size_t)paths.gl_pathc, prefix);
    globfree(&paths);
    if (status != PL_OK) pl_found_finish(out);
    return status;
}
