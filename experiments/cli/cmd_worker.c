/* worker: what `run` starts; answers cells until there are no more. */
#include <string.h>

#include "experiments/cli/args.h"
#include "experiments/run/checkpoint.h"
#include "experiments/run/pool.h"
#include "experiments/run/worker.h"
#include "tasks/plugin.h"

/* The words are what the plug-ins held when the run began: its cells are stamped with that. */
static enum pl_status same_plugins(const struct pl_args *args) {
    for (size_t k = 0; k < args->word_count; k++) {
        const struct pl_plugin *plugin = pl_plugin_at(k);
        if (plugin && strcmp(plugin->digest, args->words[k]) == 0) continue;
        return pl_fail(PL_ECONFIG, "the plug-in %s has changed since the run began; run it again",
                       plugin ? plugin->path : "that was named");
    }
    return PL_OK;
}

static int run(const struct pl_args *args) {
    struct pl_checkpoint_place place = pl_checkpoint_place();
    enum pl_status status = same_plugins(args);
    if (status == PL_OK) status = pl_pool_serve(pl_worker_run, &place);
    return status == PL_OK ? 0 : pl_cli_fail(status);
}

const struct pl_command pl_command_worker = {.name = "worker",
                                             .summary = "Computes cells for a run",
                                             .usage = "",
                                             .hidden = true,
                                             .run = run};
