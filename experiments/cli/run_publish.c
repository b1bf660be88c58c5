#include "experiments/cli/run_publish.h"

#include "core/base/clock.h"
#include "core/base/interrupt.h"
#include "core/base/log.h"

/* Seconds between two publications; more where one takes long, so that it costs a twentieth of the time. */
static const double every = 60, share = 20;

static enum pl_status publish(struct pl_run_publish *self, size_t running) {
    const struct pl_shard_news news = {.running = running,
                                       .computed = self->finished,
                                       .seconds = pl_clock_seconds() - self->begun};
    double start = pl_clock_seconds();
    enum pl_status status =
        pl_shard_publish(self->shard, self->ledger, self->store, self->folder, &news);
    self->last = pl_clock_seconds();
    self->took = self->last - start;
    return status;
}

static void begin(void *ctx, size_t total) {
    struct pl_run_publish *self = ctx;
    self->shown.begin(self->shown.ctx, total);
}

static void started(void *ctx) {
    struct pl_run_publish *self = ctx;
    self->started++;
    self->shown.started(self->shown.ctx);
}

static void finished(void *ctx, const struct pl_experiment *experiment, const struct pl_cell *cell,
                     const struct pl_result *result) {
    struct pl_run_publish *self = ctx;
    self->finished++;
    self->shown.finished(self->shown.ctx, experiment, cell, result);
}

static void tick(void *ctx) {
    struct pl_run_publish *self = ctx;
    double gap = self->took * share > every ? self->took * share : every;
    self->shown.tick(self->shown.ctx);
    if (!self->folder || pl_clock_seconds() - self->last < gap) return;
    if (publish(self, self->started - self->finished) != PL_OK)
        pl_warn("not published, and tried again later: %s", pl_message());
}

static void end(void *ctx) {
    struct pl_run_publish *self = ctx;
    self->shown.end(self->shown.ctx);
}

void pl_run_publish_init(struct pl_run_publish *out, const struct pl_shard *shard,
                         const struct pl_ledger *ledger, struct pl_store *store,
                         const char *folder) {
    *out =
        (struct pl_run_publish){.shard = shard, .ledger = ledger, .store = store, .folder = folder};
    out->events = (struct pl_work_events){out, begin, started, finished, tick, end};
    out->shown = pl_progress_events(&out->progress);
    out->begun = pl_clock_seconds();
    out->last = out->begun - every + 5; /* soon once, so that others see that it runs */
}

enum pl_status pl_run_publish_end(struct pl_run_publish *self, enum pl_status status) {
    if (!self->folder) return status;
    (void)pl_interrupt_hold(); /* a signal that comes now has nothing left to end */
    enum pl_status published = publish(self, 0);
    bool interrupted = pl_interrupt_release();
    if (published != PL_OK) return published;
    pl_info("published under %s", self->folder);
    if (status == PL_EINTERRUPT || (status == PL_OK && interrupted))
        return pl_fail(PL_EINTERRUPT, PL_INTERRUPTED);
    return status;
}
