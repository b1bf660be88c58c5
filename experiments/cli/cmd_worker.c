/* worker: what `run` starts; answers cells until there are no more. */
#include "experiments/cli/args.h"
#include "experiments/run/cell_run.h"
#include "experiments/run/checkpoint.h"
#include "experiments/run/pool.h"
#include "experiments/run/work.h"

static int run(const struct pl_args *args) {
    struct pl_checkpoint_place place = pl_checkpoint_place();
    enum pl_status status = pl_work_check_plugins(args->words, args->word_count);
    if (status == PL_OK) status = pl_pool_serve(pl_cell_run_text, &place);
    return status == PL_OK ? 0 : pl_cli_fail(status);
}

const struct pl_command pl_command_worker = {.name = "worker",
                                             .summary = "Computes cells for a run",
                                             .usage = "",
                                             .hidden = true,
                                             .run = run};
