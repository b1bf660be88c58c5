#include "experiments/cli/progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/escape.h"
#include "core/base/log.h"
#include "core/base/terminal.h"
#include "core/base/utf8.h"
#include "core/train/metric.h"

/* Seconds after which a line is written though no tenth is full: the first time, and then. */
static const double first_sign = 60, next_sign = 900;

void pl_progress_duration(char *out, size_t size, double seconds) {
    long whole = (long)(seconds + 0.5);
    if (whole < 60)
        snprintf(out, size, "%lds", whole);
    else if (whole < 3600)
        snprintf(out, size, "%ldm%02lds", whole / 60, whole % 60);
    else
        snprintf(out, size, "%ldh%02ldm", whole / 3600, whole / 60 % 60);
}

void pl_progress_text(const struct pl_progress *progress, int room, char *out, size_t size) {
    char counts[96], running[48], failed[48] = "", left[64] = "", duration[32];
    bool known = progress->left >= 0;
    snprintf(counts, sizeof counts, "%zu/%zu done", progress->done, progress->total);
    snprintf(running, sizeof running, ", %zu running", progress->running);
    if (progress->failed) snprintf(failed, sizeof failed, ", %zu failed", progress->failed);
    pl_progress_duration(duration, sizeof duration,
                         known ? progress->left : progress->now - progress->start);
    if (!known || progress->left >= 1)
        snprintf(left, sizeof left, ", %s %s", duration, known ? "left" : "so far");
    snprintf(out, size, "%s%s%s%s", counts, running, failed, left);
    if (room > 0 && pl_utf8_columns(out, strlen(out)) > (size_t)room)
        snprintf(out, size, "%s%s%s", counts, failed, left);
    size_t used = strlen(out);
    if (*progress->last && used + 3 < size)
        snprintf(out + used, size - used, "  %s", progress->last);
}

void pl_progress_advance(struct pl_progress *progress, double now) {
    progress->busy += (now - progress->now) * (double)progress->running;
    progress->now = now;
    if (progress->expected <= 0) return;
    double left = fmax(0, progress->expected - (now - progress->expected_at));
    if (progress->left < 0 || left < progress->left || left > 2 * progress->left + 10)
        progress->left = left;
}

/* A cell that runs counts as half done. */
void pl_progress_expect(struct pl_progress *progress) {
    double half = (double)progress->running / 2, done = (double)progress->done;
    double mean = progress->busy / (done + half), workers = (double)progress->running + 1;
    progress->expected = mean * ((double)progress->total - done - half) / workers;
    progress->expected_at = progress->now;
    pl_progress_advance(progress, progress->now);
}

static void begin(void *ctx, size_t total) {
    struct pl_progress *progress = ctx;
    double now = pl_clock_seconds();
    *progress =
        (struct pl_progress){.total = total, .start = now, .now = now, .left = -1, .spoken = now};
}

static void started(void *ctx) {
    struct pl_progress *progress = ctx;
    pl_progress_advance(progress, pl_clock_seconds());
    progress->running++;
}

static void tick(void *ctx) {
    struct pl_progress *progress = ctx;
    char text[512];
    pl_progress_advance(progress, pl_clock_seconds());
    pl_progress_text(progress, pl_terminal_width(STDERR_FILENO) - 1, text, sizeof text);
    if (pl_log_has_status()) {
        pl_log_status(text);
    } else if (progress->now - progress->spoken >= (progress->done ? next_sign : first_sign)) {
        pl_info("%s", text);
        progress->spoken = progress->now;
    }
}

static void end(void *ctx) {
    (void)ctx;
    pl_log_status("");
}

static void finished(void *ctx, const struct pl_experiment *experiment, const struct pl_cell *cell,
                     const struct pl_result *result) {
    struct pl_progress *progress = ctx;
    struct pl_strbuf text, visible;
    pl_progress_advance(progress, pl_clock_seconds());
    progress->done++;
    progress->running--;
    progress->failed += result->outcome == PL_FAILED;
    pl_progress_expect(progress);

    pl_strbuf_init(&text);
    pl_strbuf_init(&visible);
    pl_strbuf_add(&text, cell->label);
    for (size_t a = 0; a < experiment->axis_count; a++)
        pl_strbuf_addf(&text, " %s=%s", experiment->axes[a].key, cell->axis_values[a]);
    pl_strbuf_addf(&text, " seed %llu: %s", (unsigned long long)cell->seed,
                   pl_outcome_name(result->outcome));
    double loss = pl_result_final(result, PL_METRIC_DEFAULT);
    if (!isnan(loss)) pl_strbuf_addf(&text, ", test loss %.3g", loss);
    pl_escape_visible(&visible, text.text);
    size_t cut = pl_utf8_cut(visible.text, sizeof progress->last - 1);
    memcpy(progress->last, visible.text, cut);
    progress->last[cut] = '\0';
    pl_strbuf_finish(&visible);
    pl_strbuf_finish(&text);

    size_t tenths = 10 * progress->done / progress->total;
    bool tenth = tenths > 10 * (progress->done - 1) / progress->total;
    if (!pl_log_has_status() && (tenth || pl_log_level() >= PL_LOG_DEBUG)) {
        char left[32];
        pl_progress_duration(left, sizeof left, progress->left);
        pl_info("%zu/%zu %s (%s left)", progress->done, progress->total, progress->last, left);
        progress->spoken = progress->now;
    }
    if (result->outcome == PL_FAILED)
        pl_error("cell %.8s (%s, seed %llu) failed: %s", cell->id, cell->label,
                 (unsigned long long)cell->seed, result->message);
}

struct pl_work_events pl_progress_events(struct pl_progress *progress) {
    return (struct pl_work_events){progress, begin, started, finished, tick, end};
}
