/* prune: removes results that nothing uses any more. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/backend/backend.h"
#include "core/base/vec.h"
#include "experiments/cli/args.h"
#include "experiments/run/catalogue.h"
#include "experiments/run/ledger.h"
#include "experiments/run/stamp.h"
#include "tasks/plugin.h"

static const struct pl_flag flags[] = {
    {"yes", 'y', NULL, "do it; without this only what would be removed is told"},
    {"dry-run", 'n', NULL, "only tell, even with --yes"},
    {"only-results", 0, NULL, "also results of other numerics that nothing has replaced yet"},
    {"former", 0, NULL, "also cells that the last plan no longer has, with all their results"},
    {"results", 0, "DIR", "where results are kept (default: results)"},
    {0},
};

static const char *flag(const struct pl_args *args, const char *name) {
    return pl_args_get(args, &pl_command_prune, name);
}

/* ---- the present numerics ---- */

struct stamps {
    struct pl_arena arena;
    PL_VEC(const char *) list;
};

static void add_stamp(struct stamps *stamps, const char *stamp) {
    for (size_t k = 0; k < stamps->list.count; k++)
        if (strcmp(stamps->list.items[k], stamp) == 0) return;
    PL_VEC_PUSH(&stamps->list, pl_arena_strdup(&stamps->arena, stamp));
}

/* Of every backend that can run here, with every plug-in that was named, whether the study asks for them or
 * not: what could be used again as it is stays. */
static void gather_stamps(struct stamps *stamps) {
    char stamp[PL_HASH_TEXT];
    for (int k = 0; pl_backend_here(k); k++) {
        pl_stamp(stamp, pl_backend_here(k), NULL);
        add_stamp(stamps, stamp);
        for (size_t p = 0; pl_plugin_at(p); p++) {
            pl_stamp(stamp, pl_backend_here(k), pl_plugin_at(p)->tasks[0]);
            add_stamp(stamps, stamp);
        }
    }
}

static void stamps_finish(struct stamps *stamps) {
    PL_VEC_FINISH(&stamps->list);
    pl_arena_finish(&stamps->arena);
}

/* ---- telling it ---- */

static void tell(const char *what, size_t count, bool goes, bool done, const char *way) {
    const char *fate = goes ? (done ? "removed" : "to be removed") : "kept";
    if (count == 0) return;
    printf("%8zu %s: %s%s%s%s\n", count, what, fate, goes ? "" : " (", goes ? "" : way,
           goes ? "" : " removes them)");
}

static double megabytes(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 ? (double)info.st_size / 1e6 : 0;
}

static void tell_all(const struct pl_store_prune *prune, const char *path, bool done,
                     double before) {
    printf("%s\n", path);
    tell("runs of other numerics, replaced or unfinished", prune->replaced, true, done, "");
    tell("runs of other numerics, the only result of their cell", prune->alone, prune->only, done,
         "--only-results");
    tell("cells that are no longer planned", prune->former_cells, prune->former, done, "--former");
    tell("runs of these", prune->former_runs, prune->former, done, "--former");
    if (prune->removed == 0 && !(prune->former && prune->former_cells))
        printf("nothing is to be removed\n");
    else if (done)
        printf("%.1f MB, %.1f MB before\n", megabytes(path), before);
    else
        printf("nothing was removed: --yes does it\n");
}

/* ---- doing it ---- */

static enum pl_status prune_store(struct pl_store *store, const struct pl_args *args, bool apply) {
    struct stamps stamps = {0};
    gather_stamps(&stamps);
    struct pl_store_prune prune = {.stamps = stamps.list.items,
                                   .stamp_count = stamps.list.count,
                                   .only = flag(args, "only-results") != NULL,
                                   .former = flag(args, "former") != NULL};
    double before = megabytes(pl_store_path(store));
    enum pl_status status = pl_store_prune(store, &prune, apply);
    if (status == PL_OK) tell_all(&prune, pl_store_path(store), apply, before);
    stamps_finish(&stamps);
    return status;
}

/* The database of a study file, or the one that is named; for writing only when something is to go. */
static enum pl_status open_store(struct pl_store **store, const struct pl_args *args, bool apply) {
    const char *path = args->words[0], *results = flag(args, "results");
    enum pl_store_mode mode = apply ? PL_STORE_WRITE : PL_STORE_READ;
    struct pl_experiment experiment;
    if (!results) results = "results";
    if (pl_path_is_database(path)) return pl_store_open_at(store, path, mode);
    PL_TRY(pl_experiment_load(&experiment, path, args->words + 1, args->word_count - 1));
    enum pl_status status = PL_OK;
    if (!pl_store_exists(results, experiment.name))
        status = pl_fail(PL_ESTORE, "nothing of %s has run in %s, so there is nothing to prune",
                         experiment.name, results);
    if (status == PL_OK) status = pl_store_open(store, results, experiment.name, mode);
    pl_experiment_finish(&experiment);
    return status;
}

static int run(const struct pl_args *args) {
    struct pl_store *store;
    bool apply = flag(args, "yes") && !flag(args, "dry-run");
    if (args->word_count == 0)
        return pl_cli_fail(pl_fail(PL_ECONFIG, "prune needs a study file or a database"));
    enum pl_status status = open_store(&store, args, apply);
    if (status != PL_OK) return pl_cli_fail(status);
    status = prune_store(store, args, apply);
    pl_store_close(store);
    return status == PL_OK ? 0 : pl_cli_fail(status);
}

const struct pl_command pl_command_prune = {
    .name = "prune",
    .summary = "Removes results of old numerics, and cells that are no longer planned",
    .usage = "STUDY.yaml|DB [--yes] [--only-results] [--former] [--results DIR]",
    .details =
        "Every change of the engine, the compiler or a library leaves the results of before in "
        "the\n"
        "database. prune removes those that a newer or present result has replaced. What the\n"
        "present numerics computed stays always, and so does what a live process works on.\n"
        "Nothing is asked: without --yes, what would go is told and nothing happens. It is one\n"
        "transaction: killed at any moment, it has happened or it has not.\n",
    .examples = "  plumbline prune configs/quickstart.yaml\n"
                "  plumbline prune results/quickstart/cells.db --former --yes\n",
    .flags = flags,
    .run = run,
};
