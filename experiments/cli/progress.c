#include "experiments/cli/progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/train/metric.h"

static void begin(void *ctx, size_t total) {
    struct pl_progress *progress = ctx;
    *progress = (struct pl_progress){.total = total, .start = pl_clock_seconds()};
    progress->terminal = isatty(STDERR_FILENO) && pl_log_level() >= PL_LOG_INFO;
}

static void started(void *ctx) {
    ((struct pl_progress *)ctx)->running++;
}

void pl_progress_duration(char *out, size_t size, double seconds) {
    long whole = (long)(seconds + 0.5);
    if (whole < 60)
        snprintf(out, size, "%lds", whole);
    else if (whole < 3600)
        snprintf(out, size, "%ldm%02lds", whole / 60, whole % 60);
    else
        snprintf(out, size, "%ldh%02ldm", whole / 3600, whole / 60 % 60);
}

static void eta(const struct pl_progress *progress, char *out, size_t size) {
    double spent = pl_clock_seconds() - progress->start;
    if (progress->done == 0)
        snprintf(out, size, "?");
    else
        pl_progress_duration(
            out, size, spent / (double)progress->done * (double)(progress->total - progress->done));
}

static void tick(void *ctx) {
    struct pl_progress *progress = ctx;
    char left[32];
    if (!progress->terminal) return;
    eta(progress, left, sizeof left);
    fprintf(stderr, "\r\033[K%zu/%zu done, %zu running, %zu failed, %s left  %.*s", progress->done,
            progress->total, progress->running, progress->failed, left, 40, progress->last);
    fflush(stderr);
    progress->shown = true;
}

static void end(void *ctx) {
    struct pl_progress *progress = ctx;
    if (progress->shown) fprintf(stderr, "\r\033[K");
    progress->shown = false;
}

static void finished(void *ctx, const struct pl_experiment *experiment, const struct pl_cell *cell,
                     const struct pl_result *result) {
    struct pl_progress *progress = ctx;
    char left[32];
    progress->done++;
    progress->running--;
    progress->failed += result->outcome == PL_FAILED;

    size_t size = sizeof progress->last;
    size_t used = (size_t)snprintf(progress->last, size, "%s", cell->label);
    for (size_t a = 0; a < experiment->axis_count && used < size; a++)
        used += (size_t)snprintf(progress->last + used, size - used, " %s=%s",
                                 experiment->axes[a].key, cell->axis_values[a]);
    if (used < size)
        snprintf(progress->last + used, size - used, " seed %llu: %s, test loss %.3g",
                 (unsigned long long)cell->seed, pl_outcome_name(result->outcome),
                 pl_result_final(result, PL_METRIC_DEFAULT));

    if (!progress->terminal) {
        eta(progress, left, sizeof left);
        pl_info("%zu/%zu %s (%s left)", progress->done, progress->total, progress->last, left);
    }
    if (result->outcome != PL_FAILED) return;
    end(progress);
    pl_error("cell %.8s (%s, seed %llu) failed: %s", cell->id, cell->label,
             (unsigned long long)cell->seed, result->message);
}

struct pl_work_events pl_progress_events(struct pl_progress *progress) {
    return (struct pl_work_events){progress, begin, started, finished, tick, end};
}
