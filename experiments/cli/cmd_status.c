/* status: how far a study is, over its database and all published shards. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "experiments/cli/progress.h"
#include "experiments/cli/request.h"
#include "experiments/run/shards.h"

struct options {
    struct pl_source_flags source;
};

static const struct pl_flag flags[] = {PL_SOURCE_FLAGS(struct options, source), {0}};

/* A run publishes about once a minute, less often where that takes long. */
static const double stale_seconds = 1200;

static void print_total(const struct pl_ledger *ledger, const struct pl_shards_progress *progress) {
    char left[32];
    printf("study     %s\n", ledger->experiment.name);
    printf("cells     %zu\n", progress->cells);
    printf("done      %zu", progress->done);
    if (progress->diverged) printf(" (%zu diverged)", progress->diverged);
    printf("\nrunning   %zu\n", progress->running);
    printf("failed    %zu\n", progress->failed);
    printf("pending   %zu\n", progress->pending);
    if (progress->rate <= 0) return;
    pl_progress_duration(left, sizeof left,
                         (double)(progress->running + progress->pending) / progress->rate);
    printf("rate      %.3g cells an hour\n", 3600 * progress->rate);
    printf("left      %s\n", left);
}

static void print_progress(const struct pl_ledger *ledger,
                           const struct pl_shards_progress *progress) {
    print_total(ledger, progress);
    if (progress->row_count == 0) return;
    printf("\n%-20s %9s %9s %9s %9s  %s\n", "database", "cells", "done", "running", "failed",
           "published, ago");
    for (size_t k = 0; k < progress->row_count; k++) {
        char age[32] = "";
        const char *slash = strrchr(progress->rows[k].path, '/');
        if (!isnan(progress->rows[k].age))
            pl_progress_duration(age, sizeof age, progress->rows[k].age);
        printf("%-20s %9zu %9zu %9zu %9zu  %s\n", slash ? slash + 1 : progress->rows[k].path,
               progress->rows[k].cells, progress->rows[k].done, progress->rows[k].news.running,
               progress->rows[k].failed, age);
    }
}

static int run(const struct pl_args *args) {
    const struct options *options = args->options;
    struct pl_arena arena = {0};
    struct pl_ledger ledger = {0};
    struct pl_shards_progress progress;
    if (args->word_count == 0) return pl_cli_fail(pl_fail(PL_ECONFIG, "status needs a study file"));
    struct pl_ledger_source source;
    enum pl_status status = pl_request_source(&source, args->words[0], args->words + 1,
                                              args->word_count - 1, &options->source, &arena);
    if (status == PL_OK)
        status = pl_ledger_plan(&ledger, source.path, source.overrides, source.override_count);
    if (status == PL_OK)
        status = pl_shards_progress(&ledger, source.results, stale_seconds, &arena, &progress);
    if (status == PL_OK) print_progress(&ledger, &progress);
    pl_ledger_finish(&ledger);
    pl_arena_finish(&arena);
    return status == PL_OK ? 0 : pl_cli_fail(status);
}

const struct pl_command pl_command_status = {
    .name = "status",
    .summary = "Says how far a study is, over all its shards",
    .usage = "STUDY.yaml [key=value ...] [--backend NAME] [--results DIR]",
    .details =
        "Looks at the study's database and at what shards have published beside it; a shard\n"
        "publishes when it ends, and about once a minute before. A cell counts as done when\n"
        "any of them has it, under the numerics of this program.\n",
    .examples = "  plumbline status quickstart\n",
    .flags = flags,
    .options_size = sizeof(struct options),
    .run = run,
};
