/* What run tells while it computes: progress to who watches, and its database to other machines. */
#ifndef PL_CLI_RUN_PUBLISH_H
#define PL_CLI_RUN_PUBLISH_H

#include "experiments/cli/progress.h"
#include "experiments/run/shard.h"

struct pl_run_publish {
    struct pl_work_events events; /* for pl_work_run */

    struct pl_progress progress;
    struct pl_work_events shown; /* of the progress */
    const struct pl_shard *shard;
    const struct pl_ledger *ledger;
    struct pl_store *store;
    const char *folder; /* NULL: nothing is published */
    double begun, last, took;
    size_t started, finished;
};

/* [out] must stay where it is while the work runs. [folder] is that of --publish. */
void pl_run_publish_init(struct pl_run_publish *out, const struct pl_shard *shard,
                         const struct pl_ledger *ledger, struct pl_store *store,
                         const char *folder);

/* The last word, whatever ended the work with [status]: what is stored is published. Returns [status], or
 * why that failed. */
enum pl_status pl_run_publish_end(struct pl_run_publish *publish,
                                  enum pl_status status) PL_NODISCARD;

#endif
