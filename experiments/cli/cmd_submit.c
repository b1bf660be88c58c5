/* submit: a study as a job array of Slurm and a merge job that follows it. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/file.h"
#include "experiments/cli/submit_script.h"
#include "experiments/run/shards.h"

struct options {
    bool print;
    long shards, cpus;
    const char *time, *memory, *partition, *sbatch, *results;
};

static const struct pl_flag flags[] = {
    {"print", 0, NULL, "print both scripts and submit nothing", PL_SWITCH(struct options, print)},
    {"shards", 0, "N", "tasks of the array", PL_COUNT(struct options, shards, "4", PL_SHARDS_MOST)},
    {"cpus", 0, "C", "processors of a task: cells at a time",
     PL_COUNT(struct options, cpus, "1", 4096)},
    {"time", 0, "T", "time limit of a task, as Slurm writes it: 2:00:00",
     PL_TEXT(struct options, time, NULL)},
    {"mem", 0, "M", "memory of a task: 2G", PL_TEXT(struct options, memory, NULL)},
    {"partition", 0, "P", "where the jobs go", PL_TEXT(struct options, partition, NULL)},
    {"sbatch", 0, "OPTIONS", "more options of sbatch, for both jobs: \"--account=x --qos=low\"",
     PL_TEXT(struct options, sbatch, NULL)},
    PL_FLAG_RESULTS(struct options, results),
    {0},
};

/* Nodes see paths from their own folders. */
static enum pl_status make_absolute(const char *path, struct pl_arena *arena, const char **out) {
    char *real = realpath(path, NULL);
    if (!real) return pl_fail(PL_ESTORE, "%s: %s", path, strerror(errno));
    *out = pl_arena_strdup(arena, real);
    free(real);
    return PL_OK;
}

static enum pl_status describe(struct pl_submit *out, const struct pl_args *args,
                               const struct pl_ledger *ledger, struct pl_arena *arena) {
    const struct options *options = args->options;
    char folder[PATH_MAX];
    const char **plugins = PL_ARENA_ARRAY(arena, const char *, args->plugin_count + 1);
    *out = (struct pl_submit){.name = ledger->experiment.name,
                              .overrides = args->words + 1,
                              .override_count = args->word_count - 1,
                              .plugins = plugins,
                              .plugin_count = args->plugin_count,
                              .shards = options->shards,
                              .cpus = options->cpus,
                              .time = options->time,
                              .memory = options->memory,
                              .partition = options->partition,
                              .sbatch = options->sbatch};
    if (!getcwd(folder, sizeof folder))
        return pl_fail(PL_ESTORE, "the working folder has no path: %s", strerror(errno));
    out->folder = pl_arena_strdup(arena, folder);
    PL_TRY(pl_folder_make(
        pl_arena_printf(arena, "%s/%s/submit", options->results, ledger->experiment.name)));
    PL_TRY(make_absolute(options->results, arena, &out->results));
    PL_TRY(make_absolute(ledger->experiment.path, arena, &out->study));
    for (size_t k = 0; k < args->plugin_count; k++)
        PL_TRY(make_absolute(args->plugins[k], arena, &plugins[k]));
    return make_absolute("/proc/self/exe", arena, &out->program);
}

static enum pl_status submit(const struct pl_args *args, const struct pl_ledger *ledger,
                             struct pl_arena *arena) {
    const struct options *options = args->options;
    struct pl_submit submit;
    struct pl_strbuf array, merge;
    PL_TRY(describe(&submit, args, ledger, arena));
    pl_strbuf_init(&array);
    pl_strbuf_init(&merge);
    pl_submit_array(&submit, &array);
    pl_submit_merge(&submit, &merge);
    enum pl_status status = PL_OK;
    if (options->print)
        printf("# the array\n%s\n# the merge job, after it\n%s", array.text, merge.text);
    else
        status = pl_submit_hand_over(&submit, &array, &merge, arena);
    pl_strbuf_finish(&array);
    pl_strbuf_finish(&merge);
    return status;
}

static int run(const struct pl_args *args) {
    const struct options *options = args->options;
    struct pl_arena arena = {0};
    struct pl_ledger ledger = {0};
    struct pl_shards_progress progress;
    if (args->word_count == 0) return pl_cli_fail(pl_fail(PL_ECONFIG, "submit needs a study file"));
    enum pl_status status =
        pl_ledger_plan(&ledger, args->words[0], args->words + 1, args->word_count - 1);
    if (status == PL_OK)
        status = pl_shards_progress(&ledger, options->results, 0, &arena, &progress);
    if (status == PL_OK && progress.done == progress.cells && !options->print)
        printf("%s: all %zu cells are done; nothing is submitted\n", ledger.experiment.name,
               progress.cells);
    else if (status == PL_OK)
        status = submit(args, &ledger, &arena);
    pl_ledger_finish(&ledger);
    pl_arena_finish(&arena);
    return status == PL_OK ? 0 : pl_cli_fail(status);
}

const struct pl_command pl_command_submit = {
    .name = "submit",
    .summary = "Hands a study to Slurm: an array of shards, and a merge after it",
    .usage = "STUDY.yaml [key=value ...] [--print] [--shards N] [--time T] [--mem M] [--cpus C]\n"
             "                        [--partition P] [--sbatch \"...\"] [--results DIR]",
    .details =
        "Program, study and DIR must have the same paths on every node. A task computes on its\n"
        "node's own disk ($TMPDIR) and publishes beside the study's database. Submitting again\n"
        "is safe, after whatever happened: only what is missing is computed.\n",
    .examples = "  plumbline submit liu-post1 --shards 64 --time 2:00:00 --print\n"
                "  plumbline submit liu-post1 --shards 64 --time 2:00:00\n",
    .flags = flags,
    .options_size = sizeof(struct options),
    .run = run,
};
