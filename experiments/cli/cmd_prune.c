/* prune: removes results that nothing uses any more. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "experiments/cli/args.h"
#include "experiments/run/ledger.h"

struct options {
    const char *results;
    bool yes, dry_run, only_results, former;
};

static const struct pl_flag flags[] = {
    {"yes", 'y', NULL, "do it; without this only what would be removed is told",
     PL_SWITCH(struct options, yes)},
    {"dry-run", 'n', NULL, "only tell, even with --yes", PL_SWITCH(struct options, dry_run)},
    {"only-results", 0, NULL, "also results of other numerics that nothing has replaced yet",
     PL_SWITCH(struct options, only_results)},
    {"former", 0, NULL, "also cells that the last plan no longer has, with all their results",
     PL_SWITCH(struct options, former)},
    PL_FLAG_RESULTS(struct options, results),
    {0},
};

/* ---- printing ---- */

static void print_row(const char *what, size_t count, bool goes, bool done, const char *way) {
    const char *fate = goes ? (done ? "removed" : "to be removed") : "kept";
    if (count == 0) return;
    printf("%8zu %s: %s%s%s%s\n", count, what, fate, goes ? "" : " (", goes ? "" : way,
           goes ? "" : " removes them)");
}

static double megabytes(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 ? (double)info.st_size / 1e6 : 0;
}

static void print_counts(const struct pl_store_prune *prune, const char *path, bool done,
                         double before) {
    printf("%s\n", path);
    print_row("runs of other numerics, replaced or unfinished", prune->replaced, true, done, "");
    print_row("runs of other numerics, the only result of their cell", prune->alone, prune->only,
              done, "--only-results");
    print_row("cells that are no longer planned", prune->former_cells, prune->former, done,
              "--former");
    print_row("runs of these", prune->former_runs, prune->former, done, "--former");
    if (prune->removed == 0 && !(prune->former && prune->former_cells))
        printf("nothing is to be removed\n");
    else if (done)
        printf("%.1f MB, %.1f MB before\n", megabytes(path), before);
    else
        printf("nothing was removed: --yes does it\n");
}

/* ---- doing it ---- */

/* The stamps that the cells of a plan would get here and now are the numerics that stay. */
static enum pl_status add_stamps(struct pl_store *store,
                                 enum pl_status (*read)(struct pl_store *, struct pl_store_plan *),
                                 struct pl_arena *arena, struct pl_store_prune *out) {
    struct pl_store_plan plan;
    PL_TRY(read(store, &plan));
    const size_t count = plan.cells.count;
    char(*stamps)[PL_HASH_TEXT] = pl_arena_alloc(arena, (count + 1) * sizeof *stamps);
    const char **list = PL_ARENA_ARRAY(arena, const char *, out->stamp_count + count + 1);
    pl_ledger_stamps(&plan.cells, stamps);
    for (size_t k = 0; k < out->stamp_count; k++) list[k] = out->stamps[k];
    for (size_t k = 0; k < count; k++) list[out->stamp_count + k] = stamps[k];
    out->stamps = list;
    out->stamp_count += count;
    pl_store_plan_finish(&plan);
    return PL_OK;
}

static enum pl_status prune_store(struct pl_store *store, const struct options *options,
                                  bool apply) {
    struct pl_arena arena = {0};
    struct pl_store_prune prune = {.only = options->only_results, .former = options->former};
    double before = megabytes(pl_store_path(store));
    enum pl_status status = add_stamps(store, pl_store_plan, &arena, &prune);
    if (status == PL_OK) status = add_stamps(store, pl_store_former, &arena, &prune);
    if (status == PL_OK) status = pl_store_prune(store, &prune, apply);
    if (status == PL_OK) print_counts(&prune, pl_store_path(store), apply, before);
    pl_arena_finish(&arena);
    return status;
}

/* The database of a study file, or the one that is named; for writing only when something is to go. */
static enum pl_status open_store(struct pl_store **store, const struct pl_args *args,
                                 const char *results, bool apply) {
    const char *path = args->words[0];
    enum pl_store_mode mode = apply ? PL_STORE_WRITE : PL_STORE_READ;
    struct pl_experiment experiment;
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
    const struct options *options = args->options;
    const bool apply = options->yes && !options->dry_run;
    struct pl_store *store;
    if (args->word_count == 0)
        return pl_cli_fail(pl_fail(PL_ECONFIG, "prune needs a study file or a database"));
    enum pl_status status = open_store(&store, args, options->results, apply);
    if (status != PL_OK) return pl_cli_fail(status);
    status = prune_store(store, options, apply);
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
    .examples = "  plumbline prune quickstart\n"
                "  plumbline prune results/quickstart/cells.db --former --yes\n",
    .flags = flags,
    .options_size = sizeof(struct options),
    .run = run,
};
