/* merge: the databases of shards into the study's. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/log.h"
#include "experiments/cli/args.h"
#include "experiments/run/shards.h"

struct options {
    const char *results;
};

static const struct pl_flag flags[] = {PL_FLAG_RESULTS(struct options, results), {0}};

/* Words after the study: key=value changes its plan, as for run; anything else is a place to look in. */
struct request {
    const char **overrides, **places;
    size_t override_count, place_count;
};

static void read_words(struct request *out, const struct pl_args *args, struct pl_arena *arena) {
    *out = (struct request){.overrides = PL_ARENA_ARRAY(arena, const char *, args->word_count),
                            .places = PL_ARENA_ARRAY(arena, const char *, args->word_count + 1)};
    for (size_t k = 1; k < args->word_count; k++) {
        /* "train.lr=1e-3", and no file of that name. */
        size_t key = strspn(args->words[k], "abcdefghijklmnopqrstuvwxyz0123456789_.");
        if (key > 0 && args->words[k][key] == '=' && access(args->words[k], F_OK) != 0)
            out->overrides[out->override_count++] = args->words[k];
        else
            out->places[out->place_count++] = args->words[k];
    }
}

static enum pl_status find_files(struct request *request, const struct pl_ledger *ledger,
                                 const char *results, struct pl_arena *arena,
                                 struct pl_shards_files *out) {
    const char *study = ledger->experiment.name;
    if (request->place_count == 0)
        request->places[request->place_count++] = pl_shard_folder(results, study, arena);
    *out = (struct pl_shards_files){0};
    for (size_t k = 0; k < request->place_count; k++) {
        struct pl_shards_files more;
        PL_TRY(pl_shards_find(request->places[k], study, arena, &more));
        const char **all = PL_ARENA_ARRAY(arena, const char *, out->count + more.count);
        for (size_t i = 0; i < out->count; i++) all[i] = out->paths[i];
        for (size_t i = 0; i < more.count; i++) all[out->count + i] = more.paths[i];
        *out = (struct pl_shards_files){all, out->count + more.count};
    }
    return PL_OK;
}

static enum pl_status merge(const struct pl_ledger *ledger, const struct pl_shards_files *files,
                            const char *results) {
    struct pl_shards_merged merged = {0};
    struct pl_store *store;
    PL_TRY(pl_store_open(&store, results, ledger->experiment.name, PL_STORE_WRITE));
    enum pl_status status = pl_ledger_register(ledger, store);
    if (status == PL_OK) status = pl_shards_merge(store, files, &merged);
    printf("%s: %zu databases, %zu cells taken, %zu known already, %zu failed\n",
           pl_store_path(store), merged.files, merged.total.added, merged.total.known,
           merged.total.failed);
    pl_store_set_patience(store, 0);
    if (pl_store_settle(store) != PL_OK) pl_debug("%s", pl_message());
    pl_store_close(store);
    if (merged.refused)
        return pl_fail(status, "%zu of %zu databases were refused", merged.refused, merged.files);
    return status;
}

static int run(const struct pl_args *args) {
    const struct options *options = args->options;
    struct pl_arena arena = {0};
    struct pl_ledger ledger = {0};
    struct pl_shards_files files;
    struct request request;
    if (args->word_count == 0) return pl_cli_fail(pl_fail(PL_ECONFIG, "merge needs a study file"));
    read_words(&request, args, &arena);
    enum pl_status status =
        pl_ledger_plan(&ledger, args->words[0], request.overrides, request.override_count);
    if (status == PL_OK) status = find_files(&request, &ledger, options->results, &arena, &files);
    if (status == PL_OK) status = merge(&ledger, &files, options->results);
    pl_ledger_finish(&ledger);
    pl_arena_finish(&arena);
    return status == PL_OK ? 0 : pl_cli_fail(status);
}

const struct pl_command pl_command_merge = {
    .name = "merge",
    .summary = "Puts the databases of shards into the study's",
    .usage = "STUDY.yaml [key=value ...] [DIR|DB ...] [--results DIR]",
    .details =
        "Without DIR, takes what was published beside the study's database, in\n"
        "RESULTS/STUDY/shards. DIR may be a folder with databases, or another folder of results.\n"
        "Another study is refused. A cell that two databases have must agree bit for bit: where\n"
        "it does not, the two values are shown, nothing of that database is taken, and the\n"
        "status is 5. The same command again changes nothing.\n",
    .examples = "  plumbline merge quickstart\n"
                "  plumbline merge quickstart /mnt/other/results\n",
    .flags = flags,
    .options_size = sizeof(struct options),
    .run = run,
};
